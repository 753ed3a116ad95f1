//! Reads a text in which characters are written as escapes: those of URLs, of JSON and other program
//! text, and of HTML.

/// A character, and which characters it was read from, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) character: char,
    pub(super) first: usize,
    pub(super) last: usize,
}

impl Read {
    /// A character that stands for itself.
    pub(super) fn as_is(at: usize, character: char) -> Self {
        Self {
            character,
            first: at,
            last: at,
        }
    }
}

/// The longest name of a character in HTML that is known here.
const NAME_CHARS_MAX: usize = 6;

/// Names that HTML has for characters that a secret may hold.
const NAMES: [(&str, char); 32] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("plus", '+'),
    ("sol", '/'),
    ("equals", '='),
    ("colon", ':'),
    ("lowbar", '_'),
    ("period", '.'),
    ("comma", ','),
    ("semi", ';'),
    ("excl", '!'),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("quest", '?'),
    ("commat", '@'),
    ("lsqb", '['),
    ("bsol", '\\'),
    ("rsqb", ']'),
    ("Hat", '^'),
    ("grave", '`'),
    ("lcub", '{'),
    ("verbar", '|'),
    ("rcub", '}'),
    ("dash", '-'),
    ("tilde", '~'),
];

/// Undoes escapes once; `None` if there are none.
pub(super) fn decoded(text: &[Read]) -> Option<Vec<Read>> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let (character, length) = escape(&text[at..]).unwrap_or((text[at].character, 1));
        out.push(Read {
            character,
            first: text[at].first,
            last: text[at + length - 1].last,
        });
        at += length;
    }
    (out.len() < text.len()).then_some(out)
}

/// The character that the escape at the beginning stands for, and how long the escape is.
fn escape(text: &[Read]) -> Option<(char, usize)> {
    match text.first()?.character {
        '%' => hex(text, 1, 2).or_else(|| after(text, 1, 'u').and_then(|()| hex(text, 2, 4))),
        '\\' => backslash(text),
        '&' => entity(text),
        _ => None,
    }
}

fn backslash(text: &[Read]) -> Option<(char, usize)> {
    match text.get(1)?.character {
        'u' if text.get(2)?.character == '{' => {
            let end = text.iter().take(10).position(|one| one.character == '}')?;
            let (character, length) = hex(text, 3, end.checked_sub(3)?)?;
            Some((character, length + 1))
        }
        'u' => hex(text, 2, 4),
        'x' => hex(text, 2, 2),
        'n' | 'r' | 't' => Some((' ', 2)),
        sign if sign.is_ascii_punctuation() => Some((sign, 2)),
        _ => None,
    }
}

fn entity(text: &[Read]) -> Option<(char, usize)> {
    let (character, length) = if after(text, 1, '#').is_some() {
        let is_hex = text.get(2)?.character.eq_ignore_ascii_case(&'x');
        let (start, radix) = if is_hex { (3, 16) } else { (2, 10) };
        let digits = text[start.min(text.len())..].iter().take(7);
        let count = digits
            .take_while(|one| one.character.is_digit(radix))
            .count();
        number(text, start, count, radix)?
    } else {
        let name: String = text[1..]
            .iter()
            .map(|one| one.character)
            .take_while(char::is_ascii_alphabetic)
            .take(NAME_CHARS_MAX)
            .collect();
        let (_, character) = NAMES.iter().find(|(known, _)| *known == name)?;
        (*character, 1 + name.len())
    };
    // Browsers do without the semicolon, too.
    let semicolon = usize::from(after(text, length, ';').is_some());
    Some((character, length + semicolon))
}

fn after(text: &[Read], at: usize, expected: char) -> Option<()> {
    (text.get(at)?.character == expected).then_some(())
}

fn hex(text: &[Read], start: usize, count: usize) -> Option<(char, usize)> {
    number(text, start, count, 16)
}

fn number(text: &[Read], start: usize, count: usize, radix: u32) -> Option<(char, usize)> {
    let digits = text
        .get(start..start + count)
        .filter(|digits| !digits.is_empty())?;
    let mut value = 0_u32;
    for digit in digits {
        let digit = digit.character.to_digit(radix)?;
        value = value.checked_mul(radix)?.checked_add(digit)?;
    }
    Some((char::from_u32(value)?, start + count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let text: Vec<Read> = text
            .chars()
            .enumerate()
            .map(|(at, c)| Read::as_is(at, c))
            .collect();
        let text = decoded(&text).unwrap_or(text);
        text.into_iter().map(|one| one.character).collect()
    }

    #[test]
    fn each_kind_of_escape_is_undone_once() {
        for (text, expected) in [
            ("a%2Bb%2f%u0041", "a+b/A"),
            (r#"\u0041\x41\u{41}\/\"\\"#, r#"AAA/"\"#),
            ("&amp;&#43;&#x2F;&#X2f&plus;&lt", "&+//+<"),
            ("%252B", "%2B"),
            (r"\\u0041", r"\u0041"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [
            "100%", "%zz", "&", "&nope;", "&#;", "&#x;", "a\\", "\\u00", "\\u{}", "%u12",
        ] {
            assert_eq!(read(text), text);
        }
    }
}

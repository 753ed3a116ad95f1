//! Makes a server's words fit for a terminal: one line, bounded, nothing that moves the cursor.

use crate::model::fault::CUT;

/// Longest message that is kept, in characters.
pub(super) const MESSAGE_CHARS_MAX: usize = 500;

/// Longest excerpt of a body that is no JSON, in characters.
pub(super) const EXCERPT_CHARS_MAX: usize = 200;

/// How much of such a body is looked at, in bytes.
const EXCERPT_BYTES_MAX: usize = 16 * 1024;

/// Puts a text on one line of at most `chars_max` characters: runs of white space become one
/// space, control characters and marks that reorder text are dropped.
pub(super) fn one_line(text: &str, chars_max: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut space = false;
    for character in text.chars() {
        if character.is_whitespace() {
            space = length > 0;
            continue;
        }
        if is_unprintable(character) {
            continue;
        }
        let needed = 1 + usize::from(space);
        if length + needed > chars_max {
            break;
        }
        if std::mem::take(&mut space) {
            line.push(' ');
        }
        line.push(character);
        length += needed;
    }
    line
}

/// The same; what is too long ends with [`CUT`].
pub(super) fn one_line_or_cut(text: &str, chars_max: usize) -> String {
    let line = one_line(text, chars_max);
    // Two more hold at least a space and the character after it.
    if line == one_line(text, chars_max + 2) {
        return line;
    }
    let mut cut = one_line(text, chars_max - 1);
    cut.push(CUT);
    cut
}

/// The readable beginning of a body that is no JSON, with tags cut out crudely.
pub(super) fn excerpt(body: &[u8]) -> String {
    let head = &body[..body.len().min(EXCERPT_BYTES_MAX)];
    let text = String::from_utf8_lossy(head);
    one_line(&without_tags(&text), EXCERPT_CHARS_MAX)
}

/// Control characters, and those of Unicode that are invisible or turn the reading direction.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

fn without_tags(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        plain.push_str(&rest[..start]);
        let tag = &rest[start + 1..];
        if !tag.starts_with(|next: char| next.is_ascii_alphabetic() || "/!?".contains(next)) {
            plain.push('<');
            rest = tag;
            continue;
        }
        plain.push(' ');
        rest = tag.find('>').map_or("", |end| &tag[end + 1..]);
        for unread in ["style", "script"] {
            if tag
                .get(..unread.len())
                .is_some_and(|name| name.eq_ignore_ascii_case(unread))
            {
                rest = rest.find("</").map_or("", |end| &rest[end..]);
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_without_control_characters() {
        assert_eq!(
            one_line("  a\r\n\tb\u{1b}[31m\u{202e}c \u{0} ", 100),
            "a b[31mc"
        );
    }

    #[test]
    fn a_line_is_bounded_in_characters_not_bytes() {
        assert_eq!(one_line("äöü äöü", 5), "äöü ä");
        assert_eq!(one_line("äöü äöü", 4), "äöü");
    }

    #[test]
    fn what_was_cut_off_says_so_and_nothing_else_does() {
        for (text, expected) in [
            ("abcd", "abcd"),
            ("abcd  ", "abcd"),
            ("abcde", "abc…"),
            ("abcd e", "abc…"),
            ("abc de", "abc…"),
        ] {
            assert_eq!(one_line_or_cut(text, 4), expected, "{text}");
        }
    }

    #[test]
    fn an_excerpt_has_no_tags_and_keeps_a_lonely_angle() {
        let html = b"<!DOCTYPE html><html><head><style>p { x }</style><title>502 Bad\nGateway</title></head>\
            <body>1 < 2<br/>";
        assert_eq!(excerpt(html), "502 Bad Gateway 1 < 2");
    }

    #[test]
    fn an_excerpt_of_bytes_that_are_no_text_is_still_text() {
        assert_eq!(excerpt(b"\xff\xfe<"), "\u{fffd}\u{fffd}<");
    }
}

//! Displays untrusted text: names of files and columns, cells, settings, and server messages.
//!
//! A terminal obeys some characters instead of showing them: it moves the cursor, overwrites lines,
//! changes its title. Other characters change the reading direction or are invisible. Each of them
//! is written as its own escape, such as `\u{1b}`, not as one replacement character. So the user
//! can see which character it is and search the file for it, and two names that differ only in such
//! a character still differ.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

/// Reports whether a character affects the terminal or its neighbours instead of being visible.
///
/// U+200C and U+200D are not escaped: scripts and emoji need them, and they only join or separate
/// their neighbours.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Shows a text on one line, with hidden characters escaped.
pub fn shown(text: &str) -> Cow<'_, str> {
    replaced(text, is_hidden, |hidden, out| {
        out.extend(hidden.escape_default());
    })
}

/// Shows a text whose line breaks are our own: they are kept.
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    let is_foreign = |character| is_hidden(character) && character != '\n';
    replaced(text, is_foreign, |hidden, out| {
        out.extend(hidden.escape_default());
    })
}

/// Shows a path.
pub fn shown_path(path: &Path) -> String {
    shown(&path.to_string_lossy()).into_owned()
}

/// Quotes a text as a shell argument. Hidden characters are written as escapes, which all but the
/// most basic shells understand.
pub fn typed(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@%+,=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    if !text.contains(is_hidden) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut out = "$'".to_owned();
    for character in text.chars() {
        if is_hidden(character) {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                let _writing_to_a_string_cannot_fail = write!(out, "\\x{byte:02x}");
            }
        } else {
            out.extend(matches!(character, '\'' | '\\').then_some('\\'));
            out.push(character);
        }
    }
    out.push('\'');
    out
}

/// Shows JSON: the same value, with hidden characters escaped in its strings. serde_json escapes
/// only the characters below U+0020.
pub fn shown_json(json: &str) -> Cow<'_, str> {
    // Outside strings, the only such characters in JSON are the line breaks and tabs that indent
    // it.
    let is_raw = |character| is_hidden(character) && !matches!(character, '\n' | '\t' | '\r');
    replaced(json, is_raw, |hidden, out| {
        for unit in hidden.encode_utf16(&mut [0; 2]) {
            let _writing_to_a_string_cannot_fail = write!(out, "\\u{unit:04x}");
        }
    })
}

/// Puts a sentence on one line of at most `chars_max` characters. Runs of white space become one
/// space, and hidden characters are escaped.
pub fn one_line(text: &str, chars_max: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut space = false;
    for character in text.chars() {
        if character.is_whitespace() {
            space = length > 0;
            continue;
        }
        let width = if is_hidden(character) {
            character.escape_default().count()
        } else {
            1
        };
        if length + usize::from(space) + width > chars_max {
            break;
        }
        length += usize::from(space) + width;
        if std::mem::take(&mut space) {
            line.push(' ');
        }
        if is_hidden(character) {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

fn replaced(
    text: &str,
    is_replaced: impl Fn(char) -> bool,
    replace: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    if !text.chars().any(&is_replaced) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_replaced(character) {
            replace(character, &mut out);
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_written_as_its_escape() {
        for (text, expected) in [
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("a\u{7f}\u{9b}31m", "a\\u{7f}\\u{9b}31m"),
            ("x\u{202e}cba\u{2066}", "x\\u{202e}cba\\u{2066}"),
            ("two\nlines\tand\r", "two\\nlines\\tand\\r"),
            ("no\u{200b}thing\u{feff}", "no\\u{200b}thing\\u{feff}"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

    #[test]
    fn what_people_write_is_shown_as_it_is() {
        for text in [
            "Größe „x“ 日本語",
            "👩\u{200d}👧 e\u{301}",
            r#"C:\a "b" 'c'"#,
        ] {
            assert!(matches!(shown(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn an_argument_is_quoted_where_a_shell_would_take_it_apart() {
        for (text, expected) in [
            ("exports/tickets-1.csv", "exports/tickets-1.csv"),
            ("Geschäfte.csv", "Geschäfte.csv"),
            ("my tickets.csv", "'my tickets.csv'"),
            ("it's $HOME.csv", r"'it'\''s $HOME.csv'"),
            ("", "''"),
            ("it's\u{1b}[2J\u{9b}\\", r"$'it\'s\x1b[2J\xc2\x9b\\'"),
        ] {
            assert_eq!(typed(text), expected);
        }
    }

    #[test]
    fn lines_of_ours_stay_lines() {
        assert_eq!(shown_lines("a\nb\u{1b}\r\n"), "a\nb\\u{1b}\\r\n");
    }

    #[test]
    fn a_sentence_is_one_line_and_bounded_in_characters_not_bytes() {
        assert_eq!(
            one_line("  a\r\n\tb\u{1b}[31m\u{202e}c \u{0} ", 100),
            "a b\\u{1b}[31m\\u{202e}c \\u{0}"
        );
        assert_eq!(one_line("äöü äöü", 5), "äöü ä");
        assert_eq!(one_line("äöü äöü", 4), "äöü");
        assert_eq!(one_line("ab\u{1b}c", 5), "ab", "no half of an escape");
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_left(text in any::<String>(), most in 0..80_usize) {
            prop_assert!(!shown(&text).contains(is_hidden));
            prop_assert!(shown_lines(&text).chars().all(|c| c == '\n' || !is_hidden(c)));
            let line = one_line(&text, most);
            prop_assert!(!line.contains(is_hidden) && line.chars().count() <= most);
        }

        #[test]
        fn json_keeps_its_value(text in "(\\PC|[\u{0}-\u{a0}]|[\u{2028}-\u{202e}]|[\u{e0000}-\u{e007f}]){0,20}") {
            let json = serde_json::to_string_pretty(&[&text]).unwrap();
            let shown = shown_json(&json);
            prop_assert!(shown.chars().all(|c| c == '\n' || !is_hidden(c)));
            prop_assert_eq!(serde_json::from_str::<[String; 1]>(&shown).unwrap(), [text]);
        }
    }
}

//! Shows a short excerpt of the data in a message: on one line, without control characters.

use memchr::{memchr2, memrchr2};

use crate::model::shown::is_hidden;

/// The maximum number of characters shown.
const CHARS_MAX: usize = 60;

/// How many characters are shown before the position.
const CHARS_BEFORE: usize = 20;

/// Shortens a value for a message and escapes control characters.
pub(super) fn shown(value: &str) -> String {
    let mut shown: String = value.chars().take(CHARS_MAX).map(escape).collect();
    if value.chars().nth(CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// Shows the bytes around a position; bytes that are not UTF-8 appear as `\xff`.
pub(super) fn around(bytes: &[u8], place: usize) -> String {
    let place = place.min(bytes.len());
    // More bytes than will be shown, so that no visible character is cut.
    let from = place.saturating_sub(CHARS_BEFORE * 4);
    let to = bytes.len().min(place + CHARS_MAX * 4);
    let before = escaped(&bytes[from..place]);
    let skipped = before.len().saturating_sub(CHARS_BEFORE);
    let mut shown = String::new();
    if from > 0 || skipped > 0 {
        shown.push('…');
    }
    shown.extend(before.into_iter().skip(skipped));
    let after = escaped(&bytes[place..to]);
    let more = to < bytes.len() || after.len() > CHARS_MAX - CHARS_BEFORE;
    shown.extend(after.into_iter().take(CHARS_MAX - CHARS_BEFORE));
    if more {
        shown.push('…');
    }
    shown
}

/// Shows a line with a mark under a position, below the sentence that refers to it. Both are
/// located in `bytes`, which extend beyond the line.
pub(super) fn pointed(line: u64, bytes: &[u8], place: usize) -> String {
    let (before, after) = bytes.split_at(place.min(bytes.len()));
    let start = memrchr2(b'\n', b'\r', before).map_or(0, |at| at + 1);
    let end = memchr2(b'\n', b'\r', after).unwrap_or(after.len());
    let before = plain(&before[start..]);
    let skipped = before.len().saturating_sub(CHARS_MAX - CHARS_BEFORE);
    let cut = if skipped > 0 { "…" } else { "" };
    let before = cut.to_owned() + &before[skipped..].concat();
    let after = plain(&after[..end]);
    let more = if after.len() > CHARS_BEFORE {
        "…"
    } else {
        ""
    };
    let after = after.into_iter().take(CHARS_BEFORE);
    let number = line.to_string();
    format!(
        "\n  {number} | {before}{}{more}\n  {} | {}^",
        after.collect::<String>(),
        " ".repeat(number.len()),
        " ".repeat(before.chars().count())
    )
}

/// Returns each character of the bytes; only invisible ones are escaped.
fn plain(bytes: &[u8]) -> Vec<String> {
    let visible = |c: char| match c {
        '\t' => " ".to_owned(),
        _ if is_hidden(c) => c.escape_default().collect(),
        _ => c.to_string(),
    };
    let mut all = Vec::new();
    for chunk in bytes.utf8_chunks() {
        all.extend(chunk.valid().chars().map(visible));
        all.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    all
}

/// Escapes characters that would end the excerpt or break its line; apostrophes do neither.
fn escape(c: char) -> String {
    match c {
        '\'' => c.to_string(),
        _ => c.escape_debug().collect(),
    }
}

/// Returns each character of the bytes, escaped.
fn escaped(bytes: &[u8]) -> Vec<String> {
    let mut all = Vec::new();
    for chunk in bytes.utf8_chunks() {
        all.extend(chunk.valid().chars().map(escape));
        all.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    all
}

/// Finds the first byte that is not valid UTF-8.
pub(super) fn first_fault(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) => error.valid_up_to(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_and_has_no_control_characters() {
        assert_eq!(shown("a\n\"b\"\u{7}"), "a\\n\\\"b\\\"\\u{7}");
        assert_eq!(shown("it's"), "it's");
        assert_eq!(shown(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }

    #[test]
    fn a_mark_stands_under_the_place() {
        assert_eq!(
            pointed(12, b"\nx\n1,\"a\xff\n", 5),
            "\n  12 | 1,\"a\\xff\n     |   ^"
        );
        let long = format!("{}\"{}", "ä".repeat(100), "b".repeat(100));
        let shown = pointed(1, long.as_bytes(), 200);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[1].chars().position(|c| c == '"'), lines[2].find('^'));
        assert!(lines[1].ends_with('…') && lines[1].chars().count() < 80);
    }

    #[test]
    fn the_place_that_matters_is_in_the_excerpt() {
        assert_eq!(around(b"caf\xe9\n", 3), "caf\\xe9\\n");
        let long = [b"x".repeat(500), b"\xff".to_vec(), b"y".repeat(500)].concat();
        let shown = around(&long, first_fault(&long));
        assert_eq!(
            shown,
            format!("…{}\\xff{}…", "x".repeat(20), "y".repeat(39))
        );
        assert_eq!(around(b"", 9), "");
    }
}

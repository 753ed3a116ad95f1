//! Shows a little of the data in a message: short, on one line, and without control characters.

/// The most characters that are shown.
const CHARS_MAX: usize = 60;

/// How much is shown before the place that matters.
const CHARS_BEFORE: usize = 20;

/// Shortens a value for a message, and takes the control characters out.
pub(super) fn shown(value: &str) -> String {
    let mut shown: String = value.chars().take(CHARS_MAX).map(escape).collect();
    if value.chars().nth(CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// Shows bytes around a place; those that are not UTF-8 appear as `\xff`.
pub(super) fn around(bytes: &[u8], place: usize) -> String {
    let place = place.min(bytes.len());
    // More bytes than will be shown, so that characters are not cut where it shows.
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

/// Escapes what would end the excerpt or leave its line; apostrophes do neither.
fn escape(c: char) -> String {
    match c {
        '\'' => c.to_string(),
        _ => c.escape_debug().collect(),
    }
}

/// Gives each character of the bytes, escaped.
fn escaped(bytes: &[u8]) -> Vec<String> {
    let mut all = Vec::new();
    for chunk in bytes.utf8_chunks() {
        all.extend(chunk.valid().chars().map(escape));
        all.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    all
}

/// Finds the first byte that is not UTF-8.
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

//! When Zendesk may treat two `external_id` values as the same.

/// Reports whether `theirs` could be what Zendesk made of `ours`: the two are equal except for
/// letter case and white space.
pub fn is_near(ours: &str, theirs: &str) -> bool {
    folded(ours).eq(folded(theirs))
}

/// Yields the characters of an `external_id` in lower case, without white space.
pub fn folded(external_id: &str) -> impl Iterator<Item = char> + '_ {
    external_id
        .chars()
        .filter(|character| !character.is_whitespace())
        .flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_and_white_space_do_not_tell_two_ids_apart_and_nothing_else_is_overlooked() {
        for (ours, theirs, expected) in [
            ("A-1", "A-1", true),
            ("A-1", "a-1", true),
            (" A-1\t", "A-1", true),
            ("A 1", "A\u{a0}1", true),
            ("ÄB", "äb", true),
            ("A-1", "A-10", false),
            ("A-1", "A1", false),
            ("A-1", "", false),
        ] {
            assert_eq!(is_near(ours, theirs), expected, "{ours:?} {theirs:?}");
        }
    }
}

//! The faults that Zendesk finds in a row: how they are written into a problem's message, and how
//! they are parsed out of it again. One message may hold several faults.

/// Separates two faults, and the first fault from the text before it.
pub const SEPARATOR: &str = "; ";

/// Ends a message that was truncated because it was too long.
pub const CUT: char = '…';

/// The longest prefix, in characters, that is still taken for a field's title.
const TITLE_CHARS_MAX: usize = 40;

/// One fault in a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault<'a> {
    /// Identical for all rows with the same fault: the field, plus Zendesk's code if there is one.
    pub kind: String,
    /// Zendesk's message for this row.
    pub said: &'a str,
}

/// Formats a fault: `status: Status: x is not allowed (InvalidValue)`. Returns `None` if Zendesk
/// gave neither a message nor a code.
pub fn worded(field: &str, said: Option<&str>, code: Option<&str>) -> Option<String> {
    let said = said.map(|said| said.replace(SEPARATOR, ", "));
    match (said, code) {
        (Some(said), Some(code)) => Some(format!("{field}: {said} ({code})")),
        (Some(said), None) => Some(format!("{field}: {said}")),
        (None, Some(code)) => Some(format!("{field}: {code}")),
        (None, None) => None,
    }
}

/// Parses the faults in a message and returns each kind once. A truncated fault has lost its code
/// and would look like a different kind, so it is skipped.
pub fn faults(message: &str) -> Vec<Fault<'_>> {
    let whole = if message.ends_with(CUT) {
        message
            .rsplit_once(SEPARATOR)
            .map_or("", |(whole, _)| whole)
    } else {
        message
    };
    let mut found: Vec<Fault<'_>> = Vec::new();
    for fault in whole.split(SEPARATOR).filter_map(read) {
        if found.iter().all(|known| known.kind != fault.kind) {
            found.push(fault);
        }
    }
    found
}

fn read(part: &str) -> Option<Fault<'_>> {
    let (field, rest) = part.split_once(": ")?;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if field.is_empty() || !field.chars().all(is_name) {
        return None;
    }
    let with_code = rest.strip_suffix(')').and_then(|rest| {
        let (said, code) = rest.rsplit_once(" (")?;
        let is_code = !code.is_empty() && code.chars().all(|c| c.is_ascii_alphanumeric());
        is_code.then_some((said, code))
    });
    let (said, code) = with_code.map_or((rest, None), |(said, code)| (said, Some(code)));
    // Zendesk may list faults of any field under "base"; the message then starts with the field's
    // title.
    let title = said.split_once(": ").map(|(title, _)| title.trim());
    let place = match title {
        Some(title) if field == "base" && title.chars().count() <= TITLE_CHARS_MAX => title,
        _ => field,
    };
    let kind = code.map_or_else(|| place.to_owned(), |code| format!("{place}: {code}"));
    Some(Fault { kind, said })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(message: &str) -> Vec<String> {
        faults(message)
            .into_iter()
            .map(|fault| fault.kind)
            .collect()
    }

    #[test]
    fn what_was_worded_is_found_again_whatever_the_words_are() {
        for said in [
            "Status: a; b: c (X) is not allowed",
            "é",
            "",
            "; ",
            "minimum is 1 character (x y)",
        ] {
            let one = worded("status", Some(said), Some("InvalidValue")).unwrap();
            let other = worded("name", Some(said), Some("ValueTooShort")).unwrap();
            let message = format!("Record validation errors; {one}; {other}");
            assert_eq!(
                kinds(&message),
                ["status: InvalidValue", "name: ValueTooShort"],
                "{message}"
            );
        }
    }

    #[test]
    fn a_kind_is_the_field_and_the_code_and_never_a_value() {
        for (message, expected) in [
            (
                "base: Description: cannot be blank (BlankValue)",
                "Description: BlankValue",
            ),
            ("base: Descrição: não pode ficar em branco", "Descrição"),
            (
                "base: Custom field 7 does not exist (InvalidValue)",
                "base: InvalidValue",
            ),
            (
                "requester: Requester: A B is suspended. (UserSuspended)",
                "requester: UserSuspended",
            ),
            ("name: too short (minimum is 1 character)", "name"),
        ] {
            assert_eq!(kinds(message), [expected]);
        }
        let fault = &faults("x; status: Status: a is not allowed (InvalidValue)")[0];
        assert_eq!(fault.said, "Status: a is not allowed");
    }

    #[test]
    fn a_fault_that_was_cut_off_is_no_other_kind() {
        let cut = "no; base: Age: a (InvalidValue); base: Size: b is not all…";
        assert_eq!(kinds(cut), ["Age: InvalidValue"]);
        assert_eq!(kinds("base: Size: b is not all…"), Vec::<String>::new());
        assert_eq!(
            kinds("base: Size: b… (InvalidValue)"),
            ["Size: InvalidValue"]
        );
    }

    #[test]
    fn a_sentence_without_faults_has_none_and_a_kind_counts_once() {
        for message in [
            "",
            "Record validation errors",
            "Error: no",
            "the reply gives no reason",
        ] {
            assert_eq!(kinds(message), Vec::<String>::new(), "{message}");
        }
        let twice = "base: Age: a (InvalidValue); base: Age: b (InvalidValue)";
        assert_eq!(kinds(twice), ["Age: InvalidValue"]);
    }
}

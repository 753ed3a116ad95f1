//! Formats values as table cells for spreadsheets.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::model::time::ServerTime;

/// Makes a spreadsheet treat a text as text: prefixes an apostrophe if it would be run as a
/// formula.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Formats a time in UTC, to the second: `2026-01-31T08:00:00Z`.
pub fn time(time: ServerTime) -> String {
    Timestamp::from_millisecond(time.0).map_or_else(
        |_| time.0.to_string(),
        |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_spreadsheet_would_run_gets_an_apostrophe() {
        for text in ["=cmd()", "+1", "-1", "@a", "\tx", "\rx"] {
            assert_eq!(guarded(text), format!("'{text}"));
        }
        for text in ["", "a=1", "'=1", "7", " =1"] {
            assert_eq!(guarded(text), text);
        }
    }

    #[test]
    fn a_time_is_in_utc() {
        assert_eq!(time(ServerTime(1_790_000_000_123)), "2026-09-21T14:13:20Z");
    }
}

//! Instants in the two spellings of the wire.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::tz::TimeZone;

/// The form of `date` and `retry-after` headers; the fraction of the second is dropped.
pub(super) fn http_date(now_ms: i64) -> String {
    DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&whole_second(now_ms))
        .unwrap_or_default()
}

/// The form of `created_at`; the fraction of the second is dropped, as the real service does.
pub(super) fn iso(now_ms: i64) -> String {
    whole_second(now_ms).to_string()
}

/// Reads an instant as a client may write it, in epoch milliseconds: with an offset, or else in
/// UTC, with or without a time. What lies before 1970 is taken for the beginning of 1970.
pub(super) fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let zoned = || text.parse::<Timestamp>().ok();
    let civil = || {
        TimeZone::UTC
            .to_timestamp(text.parse::<DateTime>().ok()?)
            .ok()
    };
    let instant = zoned().or_else(civil)?;
    Some(instant.as_millisecond().max(0))
}

fn whole_second(now_ms: i64) -> Timestamp {
    // Outside jiff's range (years -9999 to 9999) there is nothing sensible to say.
    Timestamp::from_second(now_ms.div_euclid(1000)).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_drop_the_fraction() {
        let now_ms = 1_725_648_731_999;
        assert_eq!(http_date(now_ms), "Fri, 06 Sep 2024 18:52:11 GMT");
        assert_eq!(iso(now_ms), "2024-09-06T18:52:11Z");
    }

    #[test]
    fn instants_of_clients_are_read_with_and_without_an_offset() {
        for (text, expected) in [
            ("2010-12-31T02:46:15+01:00", "2010-12-31T01:46:15Z"),
            ("2010-12-31T02:46:15Z", "2010-12-31T02:46:15Z"),
            ("2010-12-31 02:46:15", "2010-12-31T02:46:15Z"),
            ("2010-12-31", "2010-12-31T00:00:00Z"),
            ("1950-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(parse(text).map(iso).as_deref(), Some(expected), "{text}");
        }
        for bad in ["", "yesterday", "2010-13-01T00:00:00Z"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}

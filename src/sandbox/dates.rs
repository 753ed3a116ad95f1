//! Instants in the two spellings of the wire.

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;

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
}

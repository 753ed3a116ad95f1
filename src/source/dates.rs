//! Reads dates and times, and writes them in the format of Zendesk's imports endpoint.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

/// How the dates of a file are read.
#[derive(Debug, Clone)]
pub(super) struct Dates {
    /// The time zone of dates without an offset.
    pub(super) zone: TimeZone,
    /// The latest time that is not in the future, if the caller knows it.
    pub(super) latest: Option<Timestamp>,
}

/// Why a date cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The text is not a date.
    Unreadable,
    /// The date is before 1970.
    Ancient,
    /// The date is in the future.
    Future,
}

impl Dates {
    /// Reads a date in its format, or in one of the usual ones, and writes it in UTC.
    pub(super) fn utc(&self, text: &str, format: Option<&str>) -> Result<String, Fault> {
        let read = match format {
            Some(format) => self.by_format(text, format),
            None => self.by_standard(text),
        };
        let moment = read.ok_or(Fault::Unreadable)?;
        if moment < Timestamp::UNIX_EPOCH {
            return Err(Fault::Ancient);
        }
        if self.latest.is_some_and(|latest| moment > latest) {
            return Err(Fault::Future);
        }
        Ok(moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    fn by_format(&self, text: &str, format: &str) -> Option<Timestamp> {
        let read = BrokenDownTime::parse(format, text).ok()?;
        if read.offset().is_some() || read.timestamp().is_some() {
            return read.to_timestamp().ok();
        }
        self.place(civil(&read)?)
    }

    /// Reads RFC 3339, or `YYYY-MM-DD` with or without a time.
    fn by_standard(&self, text: &str) -> Option<Timestamp> {
        let bytes = text.as_bytes();
        if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
            return None;
        }
        match text.parse::<Timestamp>() {
            Ok(moment) => Some(moment),
            Err(_) => self.place(text.parse().ok()?),
        }
    }

    /// Finds the moment at which a clock showed a time. A time that the clocks skipped is read as
    /// if they had not changed yet; of a time that they showed twice, the first is taken.
    fn place(&self, local: DateTime) -> Option<Timestamp> {
        let placed = self.zone.to_ambiguous_timestamp(local).compatible();
        placed.ok()
    }
}

/// Reads the local time; midnight if there is only a date.
fn civil(read: &BrokenDownTime) -> Option<DateTime> {
    if read.hour().is_some() {
        read.to_datetime().ok()
    } else {
        Some(
            read.to_date()
                .ok()?
                .to_datetime(jiff::civil::Time::midnight()),
        )
    }
}

/// Checks a format by formatting a moment with it and parsing the result.
pub(super) fn check_format(format: &str) -> Result<(), String> {
    let moment = Timestamp::UNIX_EPOCH.to_zoned_datetime(TimeZone::UTC);
    let fault = |why: &dyn fmt::Display| {
        format!(
            "date_format \"{format}\" cannot read a date ({why}); write it like \"%d/%m/%Y %H:%M\""
        )
    };
    let written = BrokenDownTime::from(&moment)
        .to_string(format)
        .map_err(|error| fault(&error))?;
    let read = BrokenDownTime::parse(format, &written).map_err(|error| fault(&error))?;
    let date = civil(&read).map(DateTime::date);
    if read.timestamp().is_some() || date == Some(moment.date()) {
        Ok(())
    } else {
        Err(fault(&"it lacks the day, the month or the year"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> Dates {
        Dates {
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            latest: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        }
    }

    fn utc(text: &str, format: Option<&str>) -> String {
        match berlin().utc(text, format) {
            Ok(date) => date,
            Err(fault) => format!("{fault:?}"),
        }
    }

    #[test]
    fn the_usual_forms_need_no_format() {
        assert_eq!(utc("2024-07-01T10:00:00Z", None), "2024-07-01T10:00:00Z");
        assert_eq!(
            utc("2024-07-01 10:00:00.5+02:00", None),
            "2024-07-01T08:00:00Z"
        );
        assert_eq!(utc("2024-07-01 10:00", None), "2024-07-01T08:00:00Z");
        assert_eq!(utc("2024-01-01 10:00:07", None), "2024-01-01T09:00:07Z");
        assert_eq!(utc("2024-01-01", None), "2023-12-31T23:00:00Z");
        for wrong in [
            "",
            "soon",
            "01/02/2024",
            "20240101",
            "2024-13-01",
            "2024-02-30",
        ] {
            assert_eq!(utc(wrong, None), "Unreadable", "{wrong}");
        }
    }

    #[test]
    fn a_format_decides_what_the_numbers_mean() {
        assert_eq!(
            utc("03/04/2024 05:06", Some("%d/%m/%Y %H:%M")),
            "2024-04-03T03:06:00Z"
        );
        assert_eq!(
            utc("3/4/2024 5:06 PM", Some("%m/%d/%Y %I:%M %p")),
            "2024-03-04T16:06:00Z"
        );
        assert_eq!(utc("03.04.2024", Some("%d.%m.%Y")), "2024-04-02T22:00:00Z");
        assert_eq!(
            utc("2024-04-03 05:06 -0500", Some("%Y-%m-%d %H:%M %z")),
            "2024-04-03T10:06:00Z"
        );
        assert_eq!(utc("1700000000", Some("%s")), "2023-11-14T22:13:20Z");
        assert_eq!(utc("2024-04-03", Some("%d/%m/%Y")), "Unreadable");
    }

    #[test]
    fn skipped_and_repeated_hours_are_read_the_compatible_way() {
        assert_eq!(utc("2024-03-31 02:30", None), "2024-03-31T01:30:00Z");
        assert_eq!(utc("2024-10-27 02:30", None), "2024-10-27T00:30:00Z");
    }

    #[test]
    fn dates_before_1970_and_in_the_future_are_told_apart() {
        assert_eq!(utc("1969-12-31", None), "Ancient");
        assert_eq!(utc("2026-01-02", None), "Future");
    }

    #[test]
    fn a_format_that_finds_no_date_is_refused() {
        for good in [
            "%d/%m/%Y",
            "%Y-%m-%dT%H:%M:%S%z",
            "%s",
            "%b %d, %Y %I:%M %p",
        ] {
            assert!(check_format(good).is_ok(), "{good}");
        }
        for bad in ["%H:%M", "%d/%m", "%Y-%m", "%ö", "", "dd/mm/yyyy"] {
            assert!(check_format(bad).is_err(), "{bad}");
        }
    }
}

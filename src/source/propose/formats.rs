//! Detects the format of a column of dates from its cells.

use std::fmt::Write;

use jiff::tz::TimeZone;

use crate::source::dates::Dates;

/// A column's format, and how sure it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// `None` is RFC 3339 or `YYYY-MM-DD HH:MM:SS`.
    pub(super) format: Option<String>,
    /// The cells that it cannot read.
    pub(super) unread: usize,
    /// Another format that reads as many cells, with day and month swapped.
    pub(super) rival: Option<String>,
}

/// Times of day, as they appear after a date.
const TIMES: [&str; 8] = [
    "",
    " %H:%M",
    " %H:%M:%S",
    " %I:%M %p",
    " %I:%M:%S %p",
    ", %H:%M",
    ", %H:%M:%S",
    ", %I:%M:%S %p",
];

/// Formats that leave no doubt about the order.
const PLAIN: [&str; 10] = [
    "%Y-%m-%d %H:%M:%S UTC",
    "%Y-%m-%d %H:%M:%S %z",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%d %b %Y",
    "%d %b %Y %H:%M",
    "%b %d, %Y",
    "%b %d, %Y %I:%M %p",
    "%d-%b-%Y",
];

/// Finds the format that reads the most cells; `None` if it reads fewer than nine in ten.
pub(super) fn find(cells: &[&str]) -> Option<Found> {
    let reader = Dates {
        zone: TimeZone::UTC,
        latest: None,
    };
    let first = cells.iter().find(|cell| !cell.trim().is_empty())?;
    let unread = |format: Option<&str>| {
        let read = |cell: &&&str| reader.utc(cell.trim(), format).is_ok();
        cells.len() - cells.iter().filter(read).count()
    };
    let mut best = Found {
        format: None,
        unread: unread(None),
        rival: None,
    };
    for (format, swapped) in candidates(first) {
        if best.unread == 0 {
            break;
        }
        let misses = unread(Some(&format));
        if misses < best.unread {
            let as_good = |other: &String| unread(Some(other)) == misses;
            best = Found {
                rival: swapped.filter(as_good),
                format: Some(format),
                unread: misses,
            };
        }
    }
    (best.unread * 10 <= cells.len()).then_some(best)
}

/// Lists the formats that may fit, each with the one that swaps day and month. A 12-hour clock
/// suggests that the month comes first, everything else that the day does.
fn candidates(sample: &str) -> Vec<(String, Option<String>)> {
    let mut all: Vec<_> = PLAIN
        .iter()
        .map(|plain| ((*plain).to_owned(), None))
        .collect();
    let american = sample.to_lowercase().ends_with('m');
    for separator in ['/', '.', '-'].into_iter().filter(|c| sample.contains(*c)) {
        for year in ["%Y", "%y"] {
            for time in TIMES {
                let day_first = format!("%d{separator}%m{separator}{year}{time}");
                let month_first = format!("%m{separator}%d{separator}{year}{time}");
                let (one, other) = if american {
                    (month_first, day_first)
                } else {
                    (day_first, month_first)
                };
                all.push((one.clone(), Some(other.clone())));
                all.push((other, Some(one)));
            }
        }
    }
    all
}

impl Found {
    /// Resolves an ambiguous order of day and month with a column that proves it.
    pub(super) fn settle(&mut self, others: impl Iterator<Item = Found>) -> bool {
        let start = |format: Option<&String>| format.map(|format| format[..2].to_owned());
        let (here, there) = (start(self.format.as_ref()), start(self.rival.as_ref()));
        // The name of a month proves nothing about numbers.
        let proofs = others.filter(|other| other.rival.is_none());
        let proof = proofs
            .filter_map(|other| other.format.filter(|format| !format.contains("%b")))
            .map(|format| start(Some(&format)))
            .find(|proof| *proof == here || *proof == there);
        let (Some(_), Some(proved)) = (&there, proof) else {
            return false;
        };
        let rival = self.rival.take();
        if proved == there {
            self.format = rival;
        }
        true
    }
}

/// Describes a format in words, for a comment.
pub(super) fn order(found: &Found) -> String {
    let mut told = match &found.format {
        None => "the dates are in the usual form".to_owned(),
        Some(format) if format.starts_with("%d") => "the day comes first".to_owned(),
        Some(format) if format.starts_with("%m") => "the month comes first".to_owned(),
        Some(_) => "the dates have one form".to_owned(),
    };
    if let Some(rival) = &found.rival {
        let _writing_to_a_string_cannot_fail = write!(
            told,
            ", but no date in the sample proves it: if the other order is right, write \"{rival}\""
        );
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(cells: &[&str]) -> String {
        match find(cells) {
            None => "none".to_owned(),
            Some(found) => format!(
                "{}{}",
                found.format.as_deref().unwrap_or("usual"),
                if found.rival.is_some() { "?" } else { "" }
            ),
        }
    }

    #[test]
    fn the_cells_prove_the_order_of_day_and_month() {
        assert_eq!(format(&["03/04/2024", "13/04/2024"]), "%d/%m/%Y");
        assert_eq!(format(&["03/04/2024", "04/13/2024"]), "%m/%d/%Y");
        assert_eq!(format(&["03/04/2024", "04/05/2024"]), "%d/%m/%Y?");
        assert_eq!(format(&["3/4/24 5:06 PM"]), "%m/%d/%y %I:%M %p?");
        assert_eq!(format(&["31.12.2023 23:59"]), "%d.%m.%Y %H:%M");
    }

    #[test]
    fn usual_and_other_forms_are_found() {
        assert_eq!(
            format(&["2024-01-01 10:00", "2024-01-02T10:00:00Z"]),
            "usual"
        );
        assert_eq!(
            format(&["2024-01-01 10:00:00 UTC"]),
            "%Y-%m-%d %H:%M:%S UTC"
        );
        assert_eq!(format(&["Jan 31, 2024"]), "%b %d, %Y");
        assert_eq!(format(&["soon", "later"]), "none");
        assert_eq!(format(&[]), "none");
    }
}

//! Decides what a line in a file with fixed rows (`error.csv`, fed back) means for the row that it
//! names.

use crate::model::ids::CellsHash;

/// What the checkpoint knows of the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its `external_id`.
    pub id: KnownId,
    /// Whether a request was ever made for the row.
    pub was_sent: bool,
    /// Whether the CSV no longer has it.
    pub is_gone: bool,
    /// Whether the row is already read from this very file.
    pub is_fixed_here: bool,
    /// Its cells in the CSV.
    pub cells: CellsHash,
}

/// The `external_id` of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnownId {
    /// The one that the row has in the CSV.
    Own(String),
    /// The row has none of its own in the CSV; a fixed line gave it this one.
    Given(String),
    /// The row has none yet because the value in the CSV is malformed. Spaces around it, for
    /// example, do not affect the hash of the row's cells.
    Malformed,
    /// The row has none yet.
    Missing,
}

impl KnownId {
    /// Returns the `external_id` that the row has now.
    pub fn now(&self) -> Option<&str> {
        match self {
            Self::Own(id) | Self::Given(id) => Some(id),
            Self::Malformed | Self::Missing => None,
        }
    }

    /// Returns the `external_id` that the row has in the CSV.
    pub fn own(&self) -> Option<&str> {
        match self {
            Self::Own(id) => Some(id),
            Self::Given(_) | Self::Malformed | Self::Missing => None,
        }
    }
}

/// The content of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'l> {
    /// Its `external_id`.
    pub external_id: Option<&'l str>,
    /// Whether that belongs to another row, exactly or except for the zeros that a spreadsheet
    /// drops.
    pub is_anothers_id: bool,
    /// Whether the body that would be sent is the recorded one.
    pub is_known_body: bool,
    /// Its cells.
    pub cells: CellsHash,
}

/// The decision about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fed {
    /// The row takes the content of the line.
    Taken,
    /// The row takes it but cannot be sent, because its `external_id` belongs to another row.
    TakenWithoutId,
    /// The row takes it but cannot be sent, because a spreadsheet has shortened its `external_id`.
    Shortened,
    /// The line still reads as in the CSV: it was not fixed.
    Unchanged,
    /// The CSV no longer has the row, so it was fixed there or removed.
    Gone,
    /// The row was sent with another `external_id`, under which its ticket would be looked up.
    SentAs,
    /// The row has an `external_id` of its own, but the line has another row's: cells may have been
    /// moved between rows.
    AnothersId,
}

/// Decides what a line does to the row that it names.
///
/// The `external_id` that a row has in the CSV stays, whatever the line says, because spreadsheets
/// change ids. Only a row that has none of its own takes the line's, until it is sent.
pub fn fed(known: &Known, line: &Line<'_>) -> Fed {
    let is_new_id = line.external_id.is_some() && line.external_id != known.id.now();
    if known.is_gone {
        Fed::Gone
    } else if says_nothing(known, line, is_new_id) {
        Fed::Unchanged
    } else if known.id.own().is_some() {
        if is_new_id && line.is_anothers_id {
            Fed::AnothersId
        } else {
            Fed::Taken
        }
    } else if !is_new_id {
        Fed::Taken
    } else if known.was_sent {
        Fed::SentAs
    } else if line.is_anothers_id {
        Fed::TakenWithoutId
    } else if line.external_id.is_some_and(is_shortened) {
        Fed::Shortened
    } else {
        Fed::Taken
    }
}

/// Reports whether a line has the same cells as the CSV and so was not fixed. Cells added by the
/// export, and zeros and spaces changed by a spreadsheet, may make the line valid; that does not
/// count as a fix.
fn says_nothing(known: &Known, line: &Line<'_>, is_new_id: bool) -> bool {
    let is_fix = match known.id {
        // The fix was reverted in its own file.
        KnownId::Own(_) => known.is_fixed_here,
        KnownId::Malformed => is_new_id && !line.is_anothers_id,
        KnownId::Given(_) | KnownId::Missing => false,
    };
    line.cells == known.cells && !line.is_known_body && !is_fix
}

/// The most leading zeros that a spreadsheet is assumed to have dropped from a number.
const ZEROS_MAX: usize = 9;

/// Yields the ids that differ from this one only in the leading zeros of one of its numbers, which
/// a spreadsheet drops.
pub fn but_for_zeros(id: &str) -> impl Iterator<Item = String> {
    let is_digit = |at: usize| id.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let starts = (0..id.len()).filter(move |at| {
        is_digit(*at) && at.checked_sub(1).is_none_or(|before| !is_digit(before))
    });
    starts.flat_map(move |at| {
        let (before, number) = id.split_at(at);
        let bare = number.trim_start_matches('0');
        let zeros = number.len() - bare.len();
        (0..=ZEROS_MAX.max(zeros))
            .filter(move |other| *other != zeros)
            .map(move |zeros| format!("{before}{}{bare}", "0".repeat(zeros)))
    })
}

/// Reports whether an id is a long number that a spreadsheet has shortened, such as `1.23457E+11`,
/// so that its original value is lost.
pub fn is_shortened(id: &str) -> bool {
    let Some((number, exponent)) = id.split_once(['E', 'e']) else {
        return false;
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, decimals) = number.split_once(['.', ',']).unwrap_or((number, "0"));
    let exponent = exponent.strip_prefix('+');
    whole.len() == 1 && is_digits(whole) && is_digits(decimals) && exponent.is_some_and(is_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELLS: CellsHash = CellsHash(1);

    fn known(id: KnownId) -> Known {
        Known {
            id,
            was_sent: false,
            is_gone: false,
            is_fixed_here: false,
            cells: CELLS,
        }
    }

    fn own() -> Known {
        known(KnownId::Own("007".to_owned()))
    }

    fn given() -> Known {
        known(KnownId::Given("2".to_owned()))
    }

    fn line(external_id: Option<&str>) -> Line<'_> {
        Line {
            external_id,
            is_anothers_id: false,
            is_known_body: false,
            cells: CellsHash(2),
        }
    }

    fn anothers(external_id: &str) -> Line<'_> {
        Line {
            is_anothers_id: true,
            ..line(Some(external_id))
        }
    }

    fn unfixed(line: Line<'_>) -> Line<'_> {
        Line {
            cells: CELLS,
            ..line
        }
    }

    #[test]
    fn an_id_that_a_spreadsheet_has_changed_is_known_again_or_seen_to_be_no_id() {
        let others: Vec<String> = but_for_zeros("a7-0042").collect();
        assert_eq!(others.len(), 2 * ZEROS_MAX);
        for id in ["a07-0042", "a0007-0042", "a7-42", "a7-042", "a7-00042"] {
            assert!(others.contains(&id.to_owned()), "{id}");
        }
        assert!(!others.contains(&"a7-0042".to_owned()));
        assert_eq!(but_for_zeros("äbc").count(), 0);
        for id in ["1.23457E+11", "1,2E+5", "1E+05"] {
            assert!(is_shortened(id), "{id}");
        }
        for id in ["1.23457E11", "12E+5", "E+5", "1E+", "abcE+5", "7", "1.2"] {
            assert!(!is_shortened(id), "{id}");
        }
    }

    #[test]
    fn a_row_without_an_id_takes_the_one_of_the_line_until_it_is_sent() {
        let missing = known(KnownId::Missing);
        assert_eq!(fed(&missing, &line(Some("2"))), Fed::Taken);
        assert_eq!(fed(&missing, &line(None)), Fed::Taken);
        assert_eq!(fed(&missing, &anothers("1")), Fed::TakenWithoutId);
        assert_eq!(fed(&missing, &line(Some("1.2E+10"))), Fed::Shortened);
        assert_eq!(fed(&given(), &line(Some("3"))), Fed::Taken);
        let sent = Known {
            was_sent: true,
            ..given()
        };
        assert_eq!(fed(&sent, &line(Some("2"))), Fed::Taken);
        assert_eq!(fed(&sent, &line(None)), Fed::Taken);
        assert_eq!(fed(&sent, &line(Some("3"))), Fed::SentAs);
    }

    #[test]
    fn the_id_that_a_row_has_in_the_csv_stays_unless_cells_were_moved() {
        for id in [Some("7"), None, Some("007"), Some("1.2E+10")] {
            assert_eq!(fed(&own(), &line(id)), Fed::Taken);
        }
        assert_eq!(fed(&own(), &anothers("8")), Fed::AnothersId);
    }

    #[test]
    fn a_line_that_nobody_has_fixed_says_nothing() {
        for known in [known(KnownId::Missing), known(KnownId::Malformed), given()] {
            assert_eq!(fed(&known, &unfixed(line(None))), Fed::Unchanged);
            assert_eq!(fed(&known, &unfixed(anothers("1"))), Fed::Unchanged);
        }
        // Too few cells were padded.
        let padded = unfixed(line(Some("2")));
        assert_eq!(fed(&known(KnownId::Missing), &padded), Fed::Unchanged);
        assert_eq!(fed(&given(), &padded), Fed::Unchanged);
        assert_eq!(fed(&own(), &padded), Fed::Unchanged);
    }

    #[test]
    fn a_fix_that_does_not_show_in_the_hash_of_the_cells_is_one() {
        let trimmed = unfixed(line(Some("2")));
        assert_eq!(fed(&known(KnownId::Malformed), &trimmed), Fed::Taken);
        let again = Line {
            is_known_body: true,
            ..trimmed
        };
        assert_eq!(fed(&given(), &again), Fed::Taken);
        let taken_back = Known {
            is_fixed_here: true,
            ..own()
        };
        assert_eq!(fed(&taken_back, &unfixed(line(Some("007")))), Fed::Taken);
    }

    #[test]
    fn a_line_whose_row_is_gone_changes_nothing() {
        let gone = Known {
            is_gone: true,
            was_sent: true,
            ..given()
        };
        assert_eq!(fed(&gone, &line(Some("3"))), Fed::Gone);
    }
}

//! Detects that the ids of a CSV changed their format. A spreadsheet drops zeros and adds
//! separators. Every sent row then seems to be gone, and a new row in its place would make its
//! ticket again.

use std::collections::HashMap;

/// How many rows a newer version of a CSV has lost and gained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turnover {
    /// Rows that have or may have a ticket and were still in the previous version.
    pub with_ticket: u64,
    /// Of these, the rows that are missing from this version.
    pub gone: u64,
    /// Rows that this version would send and that no earlier version had.
    pub new: u64,
}

/// Below this number of missing rows, the change counts as an edit by hand.
const ROWS_MIN: u64 = 10;

/// One in this many rows with a ticket may be missing.
const SHARE: u64 = 10;

/// The minimum similarity, from 0 to 1, of two ids that are shown as a pair.
const ALIKE_MIN: f64 = 0.5;

impl Turnover {
    /// Reports whether the operator must confirm that the new rows are different tickets.
    pub fn is_doubtful(self) -> bool {
        self.gone >= ROWS_MIN
            && self.gone.saturating_mul(SHARE) >= self.with_ticket
            && self.new >= self.gone
    }
}

/// Pairs up to `most` old and new ids that may be the same, in the order of the old ones: first
/// pairs that differ only in what a spreadsheet changes, then pairs with a similar spelling.
pub fn alike<'i>(old: &'i [String], new: &'i [String], most: usize) -> Vec<(&'i str, &'i str)> {
    let mut by_core = HashMap::new();
    for id in new {
        by_core.entry(core(id)).or_insert(id);
    }
    let same = |id: &'i String| Some((&**id, &***by_core.get(&core(id))?));
    let pairs: Vec<_> = old.iter().filter_map(same).take(most).collect();
    if !pairs.is_empty() {
        return pairs;
    }
    let spelt_alike = |id: &'i String| {
        let likeness = |other: &String| strsim::normalized_damerau_levenshtein(id, other);
        let scored = new.iter().map(|other| (likeness(other), other));
        let (score, other) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (score >= ALIKE_MIN).then_some((&**id, &**other))
    };
    old.iter().take(most).filter_map(spelt_alike).collect()
}

/// Finds the new ids that differ from a gone one only in what a spreadsheet changes.
#[derive(Debug)]
pub struct Reshaped<'i> {
    gone: HashMap<String, &'i str>,
}

impl<'i> Reshaped<'i> {
    /// Remembers the ids of rows that have a ticket and are gone.
    pub fn of(gone: &'i [String]) -> Self {
        let gone = gone.iter().map(|id| (core(id), id.as_str()));
        Self {
            gone: gone.collect(),
        }
    }

    /// Returns the gone id that a new one may be.
    pub fn was(&self, new: &str) -> Option<&'i str> {
        self.gone.get(&core(new)).copied()
    }
}

/// Strips what a spreadsheet changes from an id: letter case, separators, and the leading and
/// trailing zeros of a number.
fn core(id: &str) -> String {
    let whole = id.trim().trim_end_matches('0');
    let whole = whole.strip_suffix(['.', ',']).unwrap_or(id);
    let mut core = String::new();
    for letter in whole.chars().filter(|letter| letter.is_alphanumeric()) {
        let in_number = core.ends_with(|before: char| before.is_ascii_digit());
        if letter != '0' || in_number {
            core.extend(letter.to_lowercase());
        }
    }
    core
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_many_rows_that_are_replaced_by_as_many_are_doubtful() {
        let doubtful = |with_ticket, gone, new| {
            Turnover {
                with_ticket,
                gone,
                new,
            }
            .is_doubtful()
        };
        for with_ticket in [0, 9, 10, 11, 100, 101, 1_000, u64::MAX] {
            for gone in [0, 1, 9, 10, 11, 100, 101, u64::MAX] {
                for new in [0, 9, 10, 11, 100, u64::MAX] {
                    let many = gone >= 10 && u128::from(gone) * 10 >= u128::from(with_ticket);
                    // No more rows can be missing than there were.
                    if gone <= with_ticket {
                        let expected = many && new >= gone;
                        assert_eq!(
                            doubtful(with_ticket, gone, new),
                            expected,
                            "{with_ticket} {gone} {new}"
                        );
                    }
                }
            }
        }
        assert!(doubtful(30, 30, 30) && doubtful(100, 10, 10));
        assert!(!doubtful(101, 10, 10) && !doubtful(30, 30, 29) && !doubtful(9, 9, 9));
    }

    #[test]
    fn what_a_spreadsheet_makes_of_an_id_is_recognised() {
        for (old, new) in [
            ("00042", "42"),
            ("1001", "1001.0"),
            ("1001", "1,001"),
            ("1000", "1.000,00"),
            ("OLD-0042", "old-42"),
            ("x-007", "x 7"),
            ("2019-01", "2019/1"),
        ] {
            let others = ["77".to_owned(), new.to_owned(), "old-43".to_owned()];
            let old = [old.to_owned()];
            assert_eq!(alike(&old, &others, 5), [(&*old[0], new)]);
        }
    }

    #[test]
    fn an_id_that_was_written_anew_is_known_as_the_one_that_it_was() {
        let gone = ["00042".to_owned(), "1001".to_owned()];
        let reshaped = Reshaped::of(&gone);
        assert_eq!(reshaped.was("42"), Some("00042"));
        assert_eq!(reshaped.was("1,001"), Some("1001"));
        assert_eq!(reshaped.was("1002"), None);
        assert_eq!(Reshaped::of(&[]).was("42"), None);
    }

    #[test]
    fn ids_that_have_nothing_in_common_make_no_pair() {
        let texts = |ids: &[&str]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(alike(&texts(&["jan-1", "jan-2"]), &texts(&["7f3a", "990b"]), 5).is_empty());
        assert!(alike(&texts(&["1"]), &[], 5).is_empty());
        let (old, new) = (texts(&["ticket-17"]), texts(&["tickets-17"]));
        assert_eq!(alike(&old, &new, 5).len(), 1, "spelt alike");
        let (old, new) = (texts(&["01", "02", "03"]), texts(&["3", "2", "1"]));
        assert_eq!(alike(&old, &new, 2), [("01", "1"), ("02", "2")]);
    }
}

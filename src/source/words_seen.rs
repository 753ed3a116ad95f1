//! Counts the words that the rows have for status, priority and type, and what each becomes.
//!
//! Each piece of the file is counted separately and the counts are merged in file order, so the
//! same file always gives the same table.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use super::mapping::{Mapping, Row, Rule};
use crate::model::words::{By, FieldWords, WordRows};

/// How many distinct words of a field are tracked; only the rows of further words are counted.
const TOLD_APART_MAX: usize = 1000;

/// How many words of a field are listed.
const LISTED_MAX: usize = 100;

/// How many bytes of a word are kept.
const WORD_BYTES_MAX: usize = 200;

/// The words of the rows of a file, or of a piece of it.
#[derive(Debug, Clone, Default)]
pub(super) struct WordsSeen {
    /// The words for status, priority and type.
    fields: [FieldSeen; 3],
}

#[derive(Debug, Clone, Default)]
struct FieldSeen {
    words: HashMap<String, Seen>,
    more_rows: u64,
}

#[derive(Debug, Clone)]
struct Seen {
    becomes: Option<String>,
    by: By,
    /// The order of first appearance.
    place: usize,
    rows: u64,
}

impl WordsSeen {
    /// Counts the words of a row, valid or not. An unreadable cell has none.
    pub(super) fn take(&mut self, mapping: &Mapping, row: Row<'_>) {
        for (rule, seen) in rules(mapping).into_iter().zip(&mut self.fields) {
            if let Some(rule) = rule
                && let Some(word) = rule.word(row)
            {
                seen.take(rule, &word);
            }
        }
    }

    /// Adds the counts of a later piece of the file.
    pub(super) fn add(&mut self, later: WordsSeen) {
        for (all, later) in self.fields.iter_mut().zip(later.fields) {
            all.add(later);
        }
    }

    /// Returns the table, without fields that are not mapped.
    pub(super) fn table(&self, mapping: &Mapping) -> Vec<FieldWords> {
        let fields = rules(mapping).into_iter().zip(&self.fields);
        let mapped = fields.filter_map(|(rule, seen)| Some(seen.listed(rule?)));
        mapped.collect()
    }
}

fn rules(mapping: &Mapping) -> [Option<&Rule>; 3] {
    [&mapping.status, &mapping.priority, &mapping.kind].map(Option::as_ref)
}

impl FieldSeen {
    fn take(&mut self, rule: &Rule, word: &str) {
        let key = cut(word);
        if let Some(seen) = self.words.get_mut(&*key) {
            seen.rows += 1;
        } else if self.words.len() < TOLD_APART_MAX {
            let (becomes, by) = rule.meaning(word);
            let seen = Seen {
                becomes: becomes.map(Cow::into_owned),
                by,
                place: self.words.len(),
                rows: 1,
            };
            self.words.insert(key.into_owned(), seen);
        } else {
            self.more_rows += 1;
        }
    }

    fn add(&mut self, later: FieldSeen) {
        let mut words: Vec<_> = later.words.into_iter().collect();
        words.sort_by_key(|(_, seen)| seen.place);
        for (word, seen) in words {
            if let Some(known) = self.words.get_mut(&word) {
                known.rows += seen.rows;
            } else if self.words.len() < TOLD_APART_MAX {
                let place = self.words.len();
                self.words.insert(word, Seen { place, ..seen });
            } else {
                self.more_rows += seen.rows;
            }
        }
        self.more_rows += later.more_rows;
    }

    fn listed(&self, rule: &Rule) -> FieldWords {
        let mut words: Vec<_> = self.words.iter().collect();
        words.sort_by_key(|(_, seen)| (Reverse(seen.rows), seen.place));
        let more = words.split_off(words.len().min(LISTED_MAX));
        FieldWords {
            field: rule.field().word_name(),
            words: words
                .into_iter()
                .map(|(word, seen)| WordRows {
                    word: word.clone(),
                    becomes: seen.becomes.clone(),
                    by: seen.by,
                    rows: seen.rows,
                })
                .collect(),
            more_words: more.len() as u64,
            more_rows: self.more_rows + more.iter().map(|(_, seen)| seen.rows).sum::<u64>(),
        }
    }
}

/// Truncates a long word between two characters.
fn cut(word: &str) -> Cow<'_, str> {
    if word.len() <= WORD_BYTES_MAX {
        return Cow::Borrowed(word);
    }
    let kept = word.char_indices().map(|(at, _)| at);
    let end = kept.take_while(|at| *at <= WORD_BYTES_MAX).last();
    Cow::Owned(format!("{}…", &word[..end.unwrap_or(0)]))
}

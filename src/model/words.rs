//! How the words of a CSV are mapped: the status, priority or type that each cell stands for.

use serde::Serialize;

/// The words of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldWords {
    /// `status`, `priority` or `type`.
    pub field: &'static str,
    /// The words, the most frequent first.
    pub words: Vec<WordRows>,
    /// How many distinct words are not listed, as far as they were distinguished.
    pub more_words: u64,
    /// How many rows have one of the unlisted words.
    pub more_rows: u64,
}

/// A word and the number of its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordRows {
    /// The cell's text, truncated if long; empty for an empty cell and for a constant.
    pub word: String,
    /// Zendesk's word; `None` if the field stays unset or the row is invalid.
    pub becomes: Option<String>,
    /// The rule that maps it.
    pub by: By,
    /// How many rows have it.
    pub rows: u64,
}

/// The part of the mapping that maps a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// It is already Zendesk's word.
    Same,
    /// It is listed in `values`.
    Values,
    /// It is not in `values`, and `otherwise` covers the rest.
    Otherwise,
    /// The cell is empty, and `default` gives the value.
    Default,
    /// The mapping sets this constant for all rows.
    Constant,
    /// The cell is empty, and the field stays unset.
    Empty,
    /// No rule covers it, so its rows are invalid.
    Unknown,
}

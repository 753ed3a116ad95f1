//! What the words of a CSV become: which status, priority and type each cell stands for.

use serde::Serialize;

/// The words of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldWords {
    /// `status`, `priority` or `type`.
    pub field: &'static str,
    /// The words, the commonest first.
    pub words: Vec<WordRows>,
    /// How many words are not listed, as far as they were told apart.
    pub more_words: u64,
    /// The rows that have one of these.
    pub more_rows: u64,
}

/// A word and its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WordRows {
    /// What stands in the CSV, cut off where it is long; empty for an empty cell and for a constant.
    pub word: String,
    /// Zendesk's word; `None` if the field stays unset, or the row is invalid.
    pub becomes: Option<String>,
    /// By what.
    pub by: By,
    /// How many rows have it.
    pub rows: u64,
}

/// By which part of the mapping a word becomes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// It is Zendesk's word already.
    Same,
    /// It is listed in `values`.
    Values,
    /// It is not, and `otherwise` takes the rest.
    Otherwise,
    /// The cell is empty, and `default` says what that means.
    Default,
    /// The mapping gives all rows this word.
    Constant,
    /// The cell is empty, and the field stays unset.
    Empty,
    /// Nothing says what it means, so its rows are invalid.
    Unknown,
}

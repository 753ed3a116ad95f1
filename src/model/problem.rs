//! What is wrong with a row, in a form that is stored and shown.

use std::borrow::Cow;

use serde::Serialize;

/// Says what is wrong with a row: a stable code for scripts and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// CamelCase and stable: ours (`MissingExternalId`) or Zendesk's own (`RecordInvalid`).
    pub code: Cow<'static, str>,
    /// One sentence, lower-case, without a full stop.
    pub message: String,
}

/// One cause, with the rows that it keeps from having a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// `rejected`, `invalid` or `unknown`.
    pub state: &'static str,
    /// The problem's code.
    pub code: String,
    /// How many rows.
    pub rows: u64,
    /// The lines of the first few.
    pub lines: Vec<u64>,
    /// What is said of the first of them.
    pub message: String,
}

impl Problem {
    /// Makes a problem of a code and a sentence.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

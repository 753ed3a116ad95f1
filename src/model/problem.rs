//! What is wrong with one row, in words for a person and a code for a program.

use std::borrow::Cow;

/// Says why a row cannot become a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable word in CamelCase (`MissingExternalId`); it ends up in the checkpoint and in
    /// `error.csv`, so a code that was released keeps its meaning.
    pub code: Cow<'static, str>,
    /// One sentence without a full stop that names the column and says what to do.
    pub message: String,
}

impl Problem {
    /// Makes a problem of one of this program's own codes.
    pub fn new(code: &'static str, message: impl Into<String>) -> Problem {
        Problem {
            code: Cow::Borrowed(code),
            message: message.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}", self.code, self.message)
    }
}

//! What is wrong with a row, in the form that is stored and shown.

use std::borrow::Cow;

/// Describes what is wrong with a row: a stable code for scripts and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// A stable CamelCase code: ours (`MissingExternalId`) or Zendesk's own (`RecordInvalid`).
    pub code: Cow<'static, str>,
    /// One sentence, lower-case, without a full stop.
    pub message: String,
}

impl Problem {
    /// Makes a problem from a code and a sentence.
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

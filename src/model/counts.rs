//! How many rows are where.

use serde::Serialize;

/// Counts the rows of a checkpoint by state. Every row is in exactly one of the seven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Rows that have a ticket.
    pub created: u64,
    /// Of `created`: those answered from Zendesk's memory of the key.
    pub created_hit: u64,
    /// Of `created`: those found by a lookup, or named by a person.
    pub created_found: u64,
    /// Rows that Zendesk refused for good.
    pub rejected: u64,
    /// Rows that our own validation refused.
    pub invalid: u64,
    /// Rows of which certainty is not to be had.
    pub unknown: u64,
    /// Rows that wait to be sent.
    pub pending: u64,
    /// Rows with an intent on disk and no outcome.
    pub sending: u64,
    /// Rows that left the CSV before they were sent.
    pub withdrawn: u64,
    /// Of `rejected` and `unknown`: those whose ticket a person has named, which is to be checked.
    pub claimed: u64,
}

impl Counts {
    /// All rows: the sum of the seven states, so that a report adds up by construction.
    pub fn rows(&self) -> u64 {
        self.created
            + self.rejected
            + self.invalid
            + self.unknown
            + self.pending
            + self.sending
            + self.withdrawn
    }

    /// Rows that may still become tickets without anybody's help.
    pub fn open(&self) -> u64 {
        self.pending + self.sending
    }

    /// Rows that a person should look at.
    pub fn problems(&self) -> u64 {
        self.rejected + self.invalid + self.unknown
    }
}

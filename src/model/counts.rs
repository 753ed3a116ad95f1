//! Row counts by state.

use serde::Serialize;

/// Counts the rows of a checkpoint by state. Every row is in exactly one of the seven states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Rows that have a ticket.
    pub created: u64,
    /// Of `created`: rows whose create was answered from Zendesk's memory of the key.
    pub created_hit: u64,
    /// Of `created`: rows whose ticket was found by a lookup or named by the operator.
    pub created_found: u64,
    /// Rows that Zendesk rejected for good.
    pub rejected: u64,
    /// Rows that our own validation rejected.
    pub invalid: u64,
    /// Rows whose outcome the API cannot settle.
    pub unknown: u64,
    /// Rows waiting to be sent.
    pub pending: u64,
    /// Rows with an intent on disk but no outcome.
    pub sending: u64,
    /// Rows that left the CSV before they were sent.
    pub withdrawn: u64,
    /// Of `rejected` and `unknown`: rows whose ticket the operator has named but Zendesk has not
    /// confirmed.
    pub claimed: u64,
}

impl Counts {
    /// Returns the number of all rows: the sum of the seven states, so a report always adds up.
    pub fn rows(&self) -> u64 {
        self.created
            + self.rejected
            + self.invalid
            + self.unknown
            + self.pending
            + self.sending
            + self.withdrawn
    }

    /// Counts the rows that may still become tickets without anyone's help.
    pub fn open(&self) -> u64 {
        self.pending + self.sending
    }

    /// Counts the rows that the operator should look at.
    pub fn problems(&self) -> u64 {
        self.rejected + self.invalid + self.unknown
    }
}

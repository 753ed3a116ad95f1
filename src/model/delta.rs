//! How a CSV changed between two runs.

/// Counts what changed in a CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delta {
    /// Rows that are new.
    pub new: u64,
    /// Rows waiting to be sent that have a new body or are being retried.
    pub renewed: u64,
    /// Rows that are no longer valid.
    pub invalid: u64,
    /// Rows that left the CSV before they were sent.
    pub withdrawn: u64,
    /// Rows whose text changed after they were sent; their tickets stay as they are.
    pub changed_since: u64,
    /// Rows that were removed from the file after they were sent.
    pub gone_since: u64,
}

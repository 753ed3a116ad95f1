//! What a CSV that has changed between two runs brings.

/// What a changed CSV has brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delta {
    /// Rows that were not there before.
    pub new: u64,
    /// Rows that wait to be sent with another body than before, or are tried again.
    pub renewed: u64,
    /// Rows that are no longer valid.
    pub invalid: u64,
    /// Rows that left before they were sent.
    pub withdrawn: u64,
    /// Rows that were sent and now read otherwise; they stay as they were sent.
    pub changed_since: u64,
    /// Rows that were sent and are no longer in the file.
    pub gone_since: u64,
}

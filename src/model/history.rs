//! What runs have done, as it is remembered and shown.

use serde::Serialize;

use super::time::ServerTime;

/// What one run has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ThisRun {
    /// Rows that got their ticket.
    pub created: u64,
    /// Requests made.
    pub requests: u64,
    /// Requests answered with 429.
    pub throttled: u64,
    /// Creates sent again under the same key.
    pub retried: u64,
    /// Lookups made.
    pub lookups: u64,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
}

/// A run that made requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When it began, on Zendesk's clock.
    pub began_at: ServerTime,
    /// When it ended; `None` while it is running, or if it was killed.
    pub ended_at: Option<ServerTime>,
    /// The program's version.
    pub version: String,
    /// Its settings, as a JSON object.
    pub arguments: String,
    /// The rate that it was last allowed, in requests a minute; `None` if it knew of no limit.
    pub allowed_rpm: Option<u32>,
    /// Why it ended, as scripts get it.
    pub stopped_because: Option<String>,
    /// What was wrong, if something was.
    pub message: Option<String>,
    /// What it has done, as of the last thing that it wrote.
    pub done: ThisRun,
}

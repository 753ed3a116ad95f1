//! The history of runs, as it is stored and shown.

use serde::Serialize;

use super::time::ServerTime;

/// Counts what one run has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ThisRun {
    /// Rows that got a ticket.
    pub created: u64,
    /// Requests made.
    pub requests: u64,
    /// Requests answered with 429.
    pub throttled: u64,
    /// Creates that were sent again under the same key.
    pub retried: u64,
    /// Lookups made.
    pub lookups: u64,
    /// The run's duration in milliseconds.
    pub elapsed_ms: u64,
}

/// A run that made requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When the run began, on Zendesk's clock.
    pub began_at: ServerTime,
    /// When the run ended; `None` while it is running or if it was killed.
    pub ended_at: Option<ServerTime>,
    /// The program's version.
    pub version: String,
    /// The run's settings, as a JSON object.
    pub arguments: String,
    /// The last rate that the run was allowed, in requests a minute; `None` if it knew of no limit.
    pub allowed_rpm: Option<u32>,
    /// Why the run ended, as a code for scripts.
    pub stopped_because: Option<String>,
    /// The error message, if there was an error.
    pub message: Option<String>,
    /// What the run has done, as of its last write.
    pub done: ThisRun,
}

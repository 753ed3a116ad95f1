//! What a run shows while it is at work, and at its end: less than the driver knows.

use crate::lifecycle::Stop;
use crate::model::counts::Counts;

/// What this run has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Tally {
    /// Rows that got their ticket.
    pub created: u64,
    /// Requests made, lookups included.
    pub requests: u64,
    /// Requests answered with 429.
    pub throttled: u64,
    /// Creates sent again under the same key.
    pub retried: u64,
    /// Lookups made.
    pub lookups: u64,
}

/// Why nothing is being sent just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Zendesk asked for it with a 429; milliseconds left.
    Throttled(u64),
    /// Others use the account so much that the rest is left to them; milliseconds left.
    Others(u64),
    /// Only the reserve is left of the account's limit; milliseconds left.
    Reserve(u64),
    /// Zendesk does not answer; milliseconds until the next probe.
    Outage(u64),
    /// Rows must settle before they are tried again; milliseconds until the next one is.
    Settling(u64),
}

/// How far the authors of comments are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorsKnown {
    /// Authors who are known to be users, or not to be.
    pub known: u64,
    /// Authors that the rows of this run need.
    pub total: u64,
}

/// A picture of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// All rows by state.
    pub counts: Counts,
    /// What this run has done.
    pub tally: Tally,
    /// The allowed rate in requests a minute; `None` if there is no limit.
    pub allowed_rpm: Option<u32>,
    /// Why nothing is sent, if so.
    pub waiting: Option<Waiting>,
    /// The authors of comments, if some have to be asked for.
    pub authors: Option<AuthorsKnown>,
    /// Milliseconds until the last of the rows that rest has its turn; 0 if none rests.
    pub resting_ms: u64,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub stop: Stop,
    /// All rows by state.
    pub counts: Counts,
    /// What this run has done.
    pub tally: Tally,
}

/// Looks at a run. Called from the thread that drives it, so it has to be quick.
pub trait Monitor: Send {
    /// So many bytes of the CSV have been scanned.
    fn scanned(&mut self, bytes: u64, rows: u64);
    /// The run has moved on.
    fn moved(&mut self, picture: &Picture);
    /// Something that a person should know, once.
    fn tell(&mut self, sentence: &str);
}

//! The facts in the form that scripts get: the names and their order are fixed.

use std::borrow::Cow;

use serde::Serialize;

use crate::lifecycle::Stop;
use crate::model::counts::Counts;
pub use crate::model::history::ThisRun;

/// The final object of `run --json`, `run -n --json` and `status --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Facts {
    /// All rows.
    pub rows: u64,
    /// Rows that have a ticket.
    pub created: u64,
    /// Of these, rows whose create was answered from Zendesk's memory of the key.
    pub created_hit: u64,
    /// Of these, rows whose ticket was found by a lookup.
    pub created_found: u64,
    /// Rows that Zendesk rejected for good.
    pub rejected: u64,
    /// Rows that our own validation rejected.
    pub invalid: u64,
    /// Rows whose outcome the API cannot settle.
    pub unknown: u64,
    /// Rows waiting to be sent.
    pub pending: u64,
    /// Rows with an intent but no outcome.
    pub sending: u64,
    /// Rows that left the CSV before they were sent.
    pub withdrawn: u64,
    /// Of the rejected and unknown rows, those whose ticket the operator has named and the next run
    /// checks.
    pub claimed: u64,
    /// What this run has done.
    pub this_run: ThisRun,
    /// Why it ended.
    pub stopped_because: Cow<'static, str>,
    /// What a run would do; only in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub would: Option<Would>,
    /// How long a run would take, in milliseconds; only in a dry run, and only if a rate is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate_ms: Option<u64>,
}

/// What a run would do.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Would {
    /// Rows that would be sent for the first time.
    pub create: u64,
    /// Rows that would be sent again.
    pub resend: u64,
    /// Rows that would be looked up.
    pub look_up: u64,
    /// Authors of comments that would be looked up, and created as users if they are not users yet.
    pub authors: u64,
    /// The minimum number of requests that would be made; two for each author.
    pub requests: u64,
    /// How many of those requests are made before the first create: reads of the account, and
    /// lookups of a sample.
    pub at_start: u64,
}

impl Facts {
    /// Combines the facts.
    pub fn new(counts: &Counts, this_run: ThisRun, stop: &Stop) -> Self {
        Self {
            rows: counts.rows(),
            created: counts.created,
            created_hit: counts.created_hit,
            created_found: counts.created_found,
            rejected: counts.rejected,
            invalid: counts.invalid,
            unknown: counts.unknown,
            pending: counts.pending,
            sending: counts.sending,
            withdrawn: counts.withdrawn,
            claimed: counts.claimed,
            this_run,
            stopped_because: because(stop).into(),
            would: None,
            estimate_ms: None,
        }
    }
}

/// The `stopped_because` of a run that is still active.
pub const RUNNING: &str = "running";

/// The `stopped_because` of a run that did not end by itself.
pub const KILLED: &str = "killed";

/// The `stopped_because` of a run that was done, if rows have been waiting to be sent since.
pub const WAITING: &str = "waiting";

/// Returns the code that scripts get for the end of a run.
pub fn because(stop: &Stop) -> &'static str {
    match stop {
        Stop::Done => "done",
        Stop::Interrupted => "interrupted",
        Stop::Limit => "limit",
        Stop::MaxErrors => "max_errors",
        Stop::MaxDuration => "max_duration",
        Stop::Outage => "outage",
        Stop::Credentials(_) => "credentials",
        Stop::Account(_) => "account",
        Stop::Disk(_) => "disk",
        Stop::Input(_) => "input",
    }
}

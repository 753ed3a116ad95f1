//! The results of rows and requests, in the form that is shown.

use serde::Serialize;

/// The rows that have no ticket for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// `rejected`, `invalid` or `unknown`.
    pub state: &'static str,
    /// The problem's code.
    pub code: String,
    /// How many rows.
    pub rows: u64,
    /// The lines of the first few of them.
    pub lines: Vec<u64>,
    /// The message of each of these.
    pub messages: Vec<String>,
    /// The first of these rows.
    pub first: Troubled,
    /// Zendesk's objections to these rows, the most frequent first, as far as their messages name
    /// them. A row may have several faults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultRows>,
}

/// The rows of one cause that share one fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FaultRows {
    /// The field and Zendesk's code: `status: InvalidValue`.
    pub kind: String,
    /// How many rows have it.
    pub rows: u64,
    /// The line of the first of them.
    pub line: u64,
    /// The message for that row.
    pub said: String,
}

/// A row that needs the operator's attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Troubled {
    /// The line on which it starts in the CSV.
    pub line: u64,
    /// The byte at which it starts there.
    #[serde(skip)]
    pub offset: u64,
    /// Its `external_id`, if it has one.
    pub external_id: Option<String>,
    /// `rejected`, `invalid` or `unknown`.
    pub state: &'static str,
    /// The problem's code.
    pub code: String,
    /// The problem as a sentence.
    pub message: String,
}

/// The finished requests of one kind that got the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replies {
    /// `create`, `list` or `search`.
    pub kind: &'static str,
    /// The HTTP status; `None` if there was no reply.
    pub status: Option<u16>,
    /// `miss` or `hit`, if the reply says how the key was answered.
    pub key: Option<&'static str>,
    /// How many requests.
    pub requests: u64,
}

/// How long the answered creates took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// How many creates were answered.
    pub creates: u64,
    /// The median.
    pub p50: u64,
    /// The 90th percentile.
    pub p90: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

/// Tickets and requests over time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Timeline {
    /// When the first bucket begins, in milliseconds since 1970 on Zendesk's clock.
    pub from: i64,
    /// How long a bucket is, in milliseconds.
    pub bucket_ms: u64,
    /// The buckets, without gaps.
    pub buckets: Vec<Bucket>,
}

/// Counts for one time bucket. The last five fields add up to all requests for rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Bucket {
    /// Rows that got a ticket.
    pub tickets: u64,
    /// Creates, however they were answered.
    pub creates: u64,
    /// Creates that were answered with a ticket.
    pub answered: u64,
    /// Lookups that were answered.
    pub lookups: u64,
    /// Requests that were refused for a reason other than the rate limit.
    pub refused: u64,
    /// Requests answered with 429.
    pub throttled: u64,
    /// Requests that got no reply or a server error.
    pub failed: u64,
}

impl Bucket {
    /// Returns the number of all requests.
    pub fn requests(&self) -> u64 {
        self.answered + self.lookups + self.refused + self.throttled + self.failed
    }
}

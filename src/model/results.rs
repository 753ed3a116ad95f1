//! What came of the rows and the requests, in a form that is shown.

use serde::Serialize;

/// Rows that have no ticket for one reason.
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
    /// What was said of each of these.
    pub messages: Vec<String>,
    /// The first of them.
    pub first: Troubled,
    /// What Zendesk objects to in them, the commonest first, as far as their messages tell. A row
    /// may have several faults.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<FaultRows>,
}

/// Rows of one cause that have one fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FaultRows {
    /// The field and Zendesk's code: `status: InvalidValue`.
    pub kind: String,
    /// How many rows have it.
    pub rows: u64,
    /// The line of the first of them.
    pub line: u64,
    /// What was said of that one.
    pub said: String,
}

/// A row that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Troubled {
    /// The line on which it starts in the CSV.
    pub line: u64,
    /// The byte at which it starts there.
    #[serde(skip)]
    pub offset: u64,
    /// Its `external_id`, where it has one.
    pub external_id: Option<String>,
    /// `rejected`, `invalid` or `unknown`.
    pub state: &'static str,
    /// The problem's code.
    pub code: String,
    /// The problem as a sentence.
    pub message: String,
}

/// Finished requests of one kind that were answered in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replies {
    /// `create`, `list` or `search`.
    pub kind: &'static str,
    /// The HTTP status; `None` if there was no reply.
    pub status: Option<u16>,
    /// `miss` or `hit`, if the reply said what became of the key.
    pub key: Option<&'static str>,
    /// How many.
    pub requests: u64,
}

/// How long answered creates took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// How many creates were answered.
    pub creates: u64,
    /// Half of them took no longer.
    pub p50: u64,
    /// Nine in ten took no longer.
    pub p90: u64,
    /// Ninety-nine in a hundred took no longer.
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

/// What happened in one stretch of time. The last five add up to all requests for rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Bucket {
    /// Rows that got their ticket.
    pub tickets: u64,
    /// Creates, however they were answered.
    pub creates: u64,
    /// Creates that were answered with a ticket.
    pub answered: u64,
    /// Lookups that were answered.
    pub lookups: u64,
    /// Requests that were refused for another reason than their number.
    pub refused: u64,
    /// Requests answered with 429.
    pub throttled: u64,
    /// Requests without a reply, or answered by a failure of the server.
    pub failed: u64,
}

impl Bucket {
    /// All requests.
    pub fn requests(&self) -> u64 {
        self.answered + self.lookups + self.refused + self.throttled + self.failed
    }
}

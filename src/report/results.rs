//! The data of a migration's report: the one source of the page, the text and the JSON.

use serde::Serialize;
use serde_json::Value;

use super::cells::time;
use super::facts::{Facts, KILLED, RUNNING, ThisRun};
use super::origins::Origins;
use super::requesters::NoRequester;
use crate::model::history::Run;
use crate::model::results::{Cause, Latency, Replies, Timeline, Troubled};
use crate::model::words::FieldWords;

/// How many rows that need the operator are listed; the rest are counted.
pub const LISTED_MAX: usize = 200;

/// How many runs are listed; older ones are counted.
pub const RUNS_MAX: usize = 20;

/// The approximate maximum number of time buckets.
pub const BUCKETS_MAX: u64 = 240;

/// The report about a migration, or about one that has not started.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The row counts; `this_run` holds what the last run has done.
    #[serde(flatten)]
    pub facts: Facts,
    /// The files and the account that it is about.
    #[serde(flatten)]
    pub origins: Origins,
    /// When it was written, in UTC.
    pub written_at: String,
    /// What all runs together have done.
    pub all_runs: ThisRun,
    /// Why rows have no ticket. The rows add up to those that are rejected, invalid or unknown.
    pub causes: Vec<Cause>,
    /// How the requests for rows were answered.
    pub replies: Vec<Replies>,
    /// How long answered creates took.
    pub latency: Option<Latency>,
    /// Tickets and requests over time.
    pub timeline: Timeline,
    /// The first rows that need the operator: unknown ones, then the others, in CSV order.
    pub needs_person: Vec<Troubled>,
    /// How many further rows need the operator.
    pub needs_person_more: u64,
    /// The last runs, the oldest first.
    pub runs: Vec<RunTold>,
    /// How many earlier runs there were.
    pub runs_before: u64,
    /// The files with rows waiting to be sent, if the last run finished its own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
    /// Tickets without a requester, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_requester: Option<NoRequester>,
    /// What the words for status, priority and type become; only in a dry run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<FieldWords>,
    /// Sample requests for a few rows; only in a dry run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Sample>,
}

/// Rows waiting to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// The file that they are read from.
    pub file: String,
    /// How many.
    pub rows: u64,
}

/// The request that would be sent for a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The line on which the row starts in the CSV.
    pub line: u64,
    /// Its `external_id`.
    pub external_id: String,
    /// The body of the request.
    pub body: String,
}

/// A run, as it is reported.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunTold {
    /// When it began, in UTC on Zendesk's clock.
    pub began_at: String,
    /// When it ended; `None` while it is running, or if it was killed.
    pub ended_at: Option<String>,
    /// The program's version.
    pub version: String,
    /// Its settings.
    pub settings: Value,
    /// The last rate that it was allowed, in requests a minute; `None` if it knew of no limit.
    pub allowed_rpm: Option<u32>,
    /// Why it ended; `running` while it runs, `killed` if it did not end by itself.
    pub stopped_because: String,
    /// The error message, if there was an error.
    pub message: Option<String>,
    /// What it has done.
    #[serde(flatten)]
    pub done: ThisRun,
    /// When it began, and when it ended or was last updated, in milliseconds since 1970.
    #[serde(skip)]
    pub span: (i64, i64),
}

impl RunTold {
    /// Describes a run. `goes_on` is true if it is the last one and holds the checkpoint.
    pub fn new(run: Run, goes_on: bool) -> Self {
        let noted = run.began_at.0 + i64::try_from(run.done.elapsed_ms).unwrap_or(0);
        let without_end = if goes_on { RUNNING } else { KILLED };
        Self {
            began_at: time(run.began_at),
            ended_at: run.ended_at.map(time),
            version: run.version,
            settings: serde_json::from_str(&run.arguments).unwrap_or(Value::Null),
            allowed_rpm: run.allowed_rpm,
            stopped_because: run
                .stopped_because
                .unwrap_or_else(|| without_end.to_owned()),
            message: run.message,
            done: run.done,
            span: (run.began_at.0, run.ended_at.map_or(noted, |end| end.0)),
        }
    }
}

impl Report {
    /// Makes the report of a dry run: what is wrong with rows, and what would be sent for a few of
    /// the others.
    pub fn of_dry_run(
        facts: Facts,
        origins: Origins,
        written_at: String,
        causes: Vec<Cause>,
        needs_person: Vec<Troubled>,
        samples: Vec<Sample>,
    ) -> Self {
        let problems = facts.rejected + facts.invalid + facts.unknown;
        Self {
            needs_person_more: problems.saturating_sub(needs_person.len() as u64),
            facts,
            origins,
            written_at,
            all_runs: ThisRun::default(),
            causes,
            replies: Vec::new(),
            latency: None,
            timeline: Timeline::default(),
            needs_person,
            runs: Vec::new(),
            runs_before: 0,
            waiting: Vec::new(),
            no_requester: None,
            words: Vec::new(),
            samples,
        }
    }

    /// Reports whether this is about a migration that has not started.
    pub fn is_dry_run(&self) -> bool {
        self.facts.would.is_some()
    }

    /// Returns the name of the CSV, without its folder.
    pub(super) fn csv_name(&self) -> &str {
        let csv = &self.origins.csv.path;
        csv.rsplit(['/', '\\']).next().unwrap_or(csv)
    }

    /// Describes the outcome in one sentence, without a full stop.
    pub fn outcome(&self) -> String {
        let facts = &self.facts;
        let tickets = |n: u64| numbered(n, "row", "rows");
        let (open, problems) = (
            facts.pending + facts.sending,
            facts.rejected + facts.invalid + facts.unknown,
        );
        let all = facts.rows - facts.withdrawn;
        if let Some(would) = &facts.would {
            return match facts.invalid {
                0 => format!(
                    "All {} are valid; a run would create {}",
                    tickets(all),
                    numbered(would.create, "ticket", "tickets")
                ),
                n => format!(
                    "{} of {} cannot be sent; a run would create {}",
                    thousands(n),
                    tickets(all),
                    numbered(would.create, "ticket", "tickets")
                ),
            };
        }
        let created = format!("{} of {}", thousands(facts.created), tickets(all));
        let verb = if facts.created == 1 {
            "has its"
        } else {
            "have their"
        };
        match (open, problems) {
            (0, 0) if all == 1 => "The one row has its ticket".to_owned(),
            (0, 0) => format!("All {} have their ticket", tickets(all)),
            (0, n) => format!(
                "{created} {verb} ticket; {} {} a person",
                thousands(n),
                if n == 1 { "needs" } else { "need" }
            ),
            (open, 0) => format!("{created} {verb} ticket; {} to go", thousands(open)),
            (open, n) => format!(
                "{created} {verb} ticket; {} to go, and {} {} a person",
                thousands(open),
                thousands(n),
                if n == 1 { "needs" } else { "need" }
            ),
        }
    }
}

/// Formats a number with its noun: `1 row`, `8,469 rows`.
pub(super) fn numbered(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { many })
}

/// Formats a number with separators: `8,469`.
pub(super) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

//! The background jobs of the account.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sandbox::dice;

/// A job: its work and its progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its number, from which its id is made.
    pub number: u64,
    /// What it does.
    pub kind: JobKind,
    /// The items, in the order of the request; none once it has ended.
    pub items: Vec<String>,
    /// How many there were.
    pub total: usize,
    /// How many are done.
    pub done: usize,
    /// When it was queued, by the double's clock.
    pub queued_ms: i64,
    /// When the next item will be done.
    pub next_ms: i64,
    /// What became of each item that is done.
    pub results: Vec<Value>,
    /// How and when it ended.
    pub end: Option<(JobEnd, i64)>,
}

/// What a job does with its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobKind {
    /// Creates tickets.
    CreateTickets,
    /// Imports tickets.
    ImportTickets {
        /// Closed ones go straight to the archive.
        to_archive: bool,
    },
    /// Deletes tickets.
    DeleteTickets,
    /// Creates users, and refuses those who are there.
    CreateUsers,
    /// Creates users, or updates them.
    CreateOrUpdateUsers,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobEnd {
    /// It has gone through all its items, with or without success.
    Completed,
    /// Not one item succeeded.
    Failed,
    /// The service gave it up.
    Killed,
}

impl Job {
    /// The id.
    pub(in crate::sandbox) fn id(&self) -> String {
        id(self.number)
    }
}

fn id(number: u64) -> String {
    format!("V3-{}", dice::hex(number))
}

/// All jobs.
#[derive(Debug)]
pub(in crate::sandbox) struct Jobs {
    all: BTreeMap<u64, Job>,
    by_id: HashMap<String, u64>,
    active: Vec<u64>,
    due_ms: i64,
}

impl Default for Jobs {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            by_id: HashMap::new(),
            active: Vec::new(),
            due_ms: i64::MAX,
        }
    }
}

impl Jobs {
    /// The number that the next job gets.
    pub(in crate::sandbox) fn next_number(&self) -> u64 {
        self.all
            .last_key_value()
            .map_or(1, |(number, _)| number + 1)
    }

    /// When the next job has something to do; `i64::MAX` if none has.
    pub(in crate::sandbox) fn due_ms(&self) -> i64 {
        self.due_ms
    }

    /// The ids of those that are queued or working.
    pub(in crate::sandbox) fn active_ids(&self) -> Vec<String> {
        self.active.iter().map(|number| id(*number)).collect()
    }

    /// One that has something to do, the oldest first.
    pub(in crate::sandbox) fn due(&self, now_ms: i64) -> Option<&Job> {
        let jobs = self.active.iter().filter_map(|number| self.all.get(number));
        jobs.into_iter().find(|job| job.next_ms <= now_ms)
    }

    /// The job of that id.
    pub(in crate::sandbox) fn get(&self, id: &str) -> Option<&Job> {
        self.all.get(self.by_id.get(id)?)
    }

    /// All jobs, the oldest first.
    pub(in crate::sandbox) fn all(&self) -> impl Iterator<Item = &Job> {
        self.all.values()
    }

    /// Adds a job, or replaces what is known of it.
    pub(in crate::sandbox) fn put(&mut self, job: Job) {
        self.active.retain(|number| *number != job.number);
        if job.end.is_none() {
            self.active.push(job.number);
        }
        self.by_id.insert(job.id(), job.number);
        self.all.insert(job.number, job);
        let due = |number: &u64| self.all.get(number).map(|job| job.next_ms);
        self.due_ms = self.active.iter().filter_map(due).min().unwrap_or(i64::MAX);
    }
}

//! The history of runs: one entry when a run begins, updated with every write, and closed when it
//! ends. An entry without an end belongs to a run that is running or was killed.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use super::error::CheckpointError;
use super::handle::{Checkpoint, Reader};
use super::lock::is_held;
use crate::model::history::{Run, ThisRun};
use crate::model::time::ServerTime;

/// The id of a run's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunId(i64);

#[cfg(test)]
impl RunId {
    /// Returns the entry of a checkpoint's first run.
    pub(super) fn first() -> Self {
        Self(1)
    }
}

/// What a run has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunNote {
    /// The run's entry.
    pub run: RunId,
    /// What it has done.
    pub done: ThisRun,
    /// The permitted rate in requests a minute, if there is a limit.
    pub allowed_rpm: Option<u32>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy)]
pub struct RunEnd<'a> {
    /// When, on Zendesk's clock.
    pub at: ServerTime,
    /// Why it ended, as a code for scripts.
    pub stopped_because: &'a str,
    /// The error message, if there was an error.
    pub message: Option<&'a str>,
}

impl Checkpoint {
    /// Records that a run begins. `arguments` is a JSON object without secrets.
    pub fn begin_run(
        &mut self,
        began_at: ServerTime,
        version: &str,
        arguments: &str,
    ) -> Result<RunId, CheckpointError> {
        self.write(|tx| {
            tx.execute(
                "INSERT INTO run (began_at, version, arguments) VALUES (?1, ?2, ?3)",
                params![began_at.0, version, arguments],
            )?;
            Ok(RunId(tx.last_insert_rowid()))
        })
    }

    /// Records what a run has done in total and why it ended.
    pub fn end_run(&mut self, note: &RunNote, end: RunEnd<'_>) -> Result<(), CheckpointError> {
        self.write(|tx| {
            write_note(tx, note)?;
            tx.execute(
                "UPDATE run SET ended_at = ?2, stopped_because = ?3, message = ?4 WHERE id = ?1",
                params![note.run.0, end.at.0, end.stopped_because, end.message],
            )?;
            Ok(())
        })
    }
}

/// Updates a run's entry.
pub(super) fn write_note(db: &Connection, note: &RunNote) -> rusqlite::Result<()> {
    let mut update = db.prepare_cached(
        "UPDATE run SET created = ?2, requests = ?3, throttled = ?4, retried = ?5, lookups = ?6,
                elapsed_ms = ?7, allowed_rpm = ?8
         WHERE id = ?1",
    )?;
    let done = &note.done;
    update.execute(params![
        note.run.0,
        done.created,
        done.requests,
        done.throttled,
        done.retried,
        done.lookups,
        done.elapsed_ms,
        note.allowed_rpm,
    ])?;
    Ok(())
}

impl Reader {
    /// Returns the last run that made requests.
    pub fn last_run(&self) -> Result<Option<Run>, CheckpointError> {
        self.wrap(last_run(&self.db))
    }

    /// Returns the last `most` runs that made requests, oldest first, and how many there are in
    /// total.
    pub fn runs(&self, most: usize) -> Result<(Vec<Run>, u64), CheckpointError> {
        self.wrap(runs(&self.db, most))
    }

    /// Reports whether a run holds the checkpoint right now.
    pub fn is_held(&self) -> bool {
        is_held(&self.path)
    }
}

const COLUMNS: &str = "began_at, ended_at, version, arguments, allowed_rpm, stopped_because,
                       message, created, requests, throttled, retried, lookups, elapsed_ms";

fn last_run(db: &Connection) -> rusqlite::Result<Option<Run>> {
    db.query_row(
        &format!("SELECT {COLUMNS} FROM run ORDER BY id DESC LIMIT 1"),
        [],
        run,
    )
    .optional()
}

fn runs(db: &Connection, most: usize) -> rusqlite::Result<(Vec<Run>, u64)> {
    let all = db.query_row("SELECT count(*) FROM run", [], |r| r.get(0))?;
    let mut query = db.prepare(&format!(
        "SELECT {COLUMNS} FROM run ORDER BY id DESC LIMIT ?1"
    ))?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut runs: Vec<Run> = query
        .query_map([most], run)?
        .collect::<rusqlite::Result<_>>()?;
    runs.reverse();
    Ok((runs, all))
}

fn run(r: &SqlRow<'_>) -> rusqlite::Result<Run> {
    Ok(Run {
        began_at: ServerTime(r.get(0)?),
        ended_at: r.get::<_, Option<i64>>(1)?.map(ServerTime),
        version: r.get(2)?,
        arguments: r.get(3)?,
        allowed_rpm: r.get(4)?,
        stopped_because: r.get(5)?,
        message: r.get(6)?,
        done: ThisRun {
            created: r.get(7)?,
            requests: r.get(8)?,
            throttled: r.get(9)?,
            retried: r.get(10)?,
            lookups: r.get(11)?,
            elapsed_ms: r.get(12)?,
        },
    })
}

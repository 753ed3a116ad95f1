//! The first scan into an empty checkpoint: stores every row with its key before anything is sent.

use rusqlite::{Connection, params};

use super::codes;
use super::duplicates::{ROW, index_external_ids};
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::rows::counts;
use super::settings::{Setting, write, write_row_count};
use crate::model::counts::Counts;
use crate::model::ids::{CellsHash, Fingerprint, Key};
use crate::model::problem::Problem;

/// The approximate number of rows per transaction: enough to make a COMMIT cheap, few enough to
/// keep the WAL small.
const ROWS_A_TRANSACTION: u64 = 50_000;

/// A row as the scan found it.
#[derive(Debug, Clone, Copy)]
pub struct NewRow<'a> {
    /// The line on which it starts, from 1.
    pub line: u64,
    /// The byte at which it starts.
    pub offset: u64,
    /// The hash of its cells.
    pub cells: CellsHash,
    /// Its `external_id`, if it has one.
    pub external_id: Option<&'a str>,
    /// Whether its ticket names a requester.
    pub has_requester: bool,
    /// The hash of its body and the key under which it will be sent (neither in a dry run, which
    /// sends nothing), or why it is not sent.
    pub body: Result<Option<(Fingerprint, Key)>, &'a Problem>,
}

/// A first scan in progress. If it is dropped before [`Load::finish`], the rows that it leaves are
/// discarded by the next [`Checkpoint::load`]; none of them can have been sent.
#[derive(Debug)]
pub struct Load<'c> {
    checkpoint: &'c mut Checkpoint,
    found: Counts,
    in_transaction: u64,
    /// The usual `synchronous` setting, as SQLite numbers it.
    synchronous: i64,
}

impl Checkpoint {
    /// Reports whether a scan was ever completed here.
    pub fn is_loaded(&self) -> Result<bool, CheckpointError> {
        Ok(self.setting(Setting::CsvSha256)?.is_some())
    }

    /// Starts the first scan.
    pub fn load(&mut self) -> Result<Load<'_>, CheckpointError> {
        self.refuse_if_poisoned()?;
        let result = begin(&self.db);
        let synchronous = self.written(result)?;
        Ok(Load {
            checkpoint: self,
            found: Counts::default(),
            in_transaction: 0,
            synchronous,
        })
    }
}

impl Load<'_> {
    /// Adds rows in file order.
    pub fn add<'r>(
        &mut self,
        rows: impl IntoIterator<Item = NewRow<'r>>,
    ) -> Result<(), CheckpointError> {
        if self.in_transaction >= ROWS_A_TRANSACTION {
            let result = self.checkpoint.db.execute_batch("COMMIT; BEGIN IMMEDIATE;");
            self.checkpoint.written(result)?;
            self.in_transaction = 0;
        }
        let before = self.found.rows();
        let result = insert(&self.checkpoint.db, &mut self.found, rows);
        self.checkpoint.written(result)?;
        self.in_transaction += self.found.rows() - before;
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn checkpoint(&self) -> &Checkpoint {
        self.checkpoint
    }

    /// Ends the scan: marks the rows whose `external_id` an earlier row has, and stores `settings`,
    /// which record the file that the rows came from. Everything is on disk when this returns.
    /// Returns the rows by state.
    pub fn finish(self, settings: &[(Setting, String)]) -> Result<Counts, CheckpointError> {
        let result = finish(&self.checkpoint.db, self.synchronous, self.found, settings);
        self.checkpoint.written(result)
    }
}

impl Drop for Load<'_> {
    fn drop(&mut self) {
        if !self.checkpoint.db.is_autocommit() {
            let _rolled_back_by_the_close_anyway = self.checkpoint.db.execute_batch("ROLLBACK");
        }
        let _the_next_load_starts_anew = wait_for(&self.checkpoint.db, self.synchronous);
    }
}

/// Lowers `synchronous` for the scan. Until the end of the scan its rows need not be on disk, only
/// in order, so COMMITs do not wait for the disk: `NORMAL` keeps the file consistent whatever
/// happens, and an interrupted scan is discarded. Returns the usual setting.
fn begin(db: &Connection) -> rusqlite::Result<i64> {
    let synchronous = db.query_row("PRAGMA synchronous", [], |r| r.get(0))?;
    wait_for(db, NORMAL.min(synchronous))?;
    db.execute_batch(
        "BEGIN IMMEDIATE;
         DROP INDEX IF EXISTS row_external_id;
         DELETE FROM row;",
    )?;
    Ok(synchronous)
}

/// `PRAGMA synchronous = NORMAL`; `OFF` is lower.
const NORMAL: i64 = 1;

fn wait_for(db: &Connection, synchronous: i64) -> rusqlite::Result<()> {
    db.pragma_update(None, "synchronous", synchronous)
}

/// Inserts rows, numbered after those found before, and counts them.
fn insert<'r>(
    db: &Connection,
    found: &mut Counts,
    rows: impl IntoIterator<Item = NewRow<'r>>,
) -> rusqlite::Result<()> {
    // Prepared once for many rows, because that shows in a profile.
    let mut insert = db.prepare_cached(
        "INSERT INTO row (number, line, byte_offset, external_id, fingerprint, key, state, keys,
                          attempts, problem_code, problem_message, cells, no_requester)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, 0, ?8, ?9, ?10, ?11)",
    )?;
    for row in rows {
        let number = found.rows() + 1;
        let body = row.body.ok().flatten();
        let problem = row.body.err();
        insert.execute(params![
            number,
            row.line,
            row.offset,
            row.external_id,
            body.as_ref().map(|(fingerprint, _)| fingerprint.as_bytes()),
            body.as_ref().map(|(_, key)| key.as_bytes()),
            if problem.is_none() {
                codes::PENDING
            } else {
                codes::INVALID
            },
            problem.map(|problem| &*problem.code),
            problem.map(|problem| &*problem.message),
            row.cells.0,
            no_requester(&row),
        ])?;
        match problem {
            None => found.pending += 1,
            Some(_) => found.invalid += 1,
        }
    }
    Ok(())
}

/// Returns a row's `no_requester`: NULL unless there is something to record.
pub(super) fn no_requester(row: &NewRow<'_>) -> Option<bool> {
    (row.body.is_ok() && !row.has_requester).then_some(true)
}

fn finish(
    db: &Connection,
    synchronous: i64,
    found: Counts,
    settings: &[(Setting, String)],
) -> rusqlite::Result<Counts> {
    db.execute_batch("COMMIT")?;
    // The next COMMIT takes the earlier ones to disk with it.
    wait_for(db, synchronous)?;
    db.execute_batch("BEGIN IMMEDIATE")?;
    let duplicates = index_external_ids(db, ROW)?;
    for (setting, value) in settings {
        write(db, *setting, value)?;
    }
    write_row_count(db)?;
    let found = if duplicates { counts(db)? } else { found };
    db.execute_batch("COMMIT; PRAGMA optimize;")?;
    Ok(found)
}

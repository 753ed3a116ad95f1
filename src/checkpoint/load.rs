//! The first scan into an empty checkpoint: every row with its key, before anything is sent.

use rusqlite::{Connection, params};

use super::codes;
use super::duplicates::{ROW, mark_duplicates};
use super::error::CheckpointError;
use super::open::Checkpoint;
use super::settings::{Setting, write, write_row_count};
use crate::model::ids::{Fingerprint, Key};
use crate::model::problem::Problem;

/// Rows in one transaction, about: enough to make its fsync cheap, few enough to keep the WAL small.
const ROWS_A_TRANSACTION: u64 = 50_000;

/// A row as the scan found it.
#[derive(Debug, Clone, Copy)]
pub struct NewRow<'a> {
    /// The line on which it starts, from 1.
    pub line: u64,
    /// The byte at which it starts.
    pub offset: u64,
    /// Its `external_id`, where it has one.
    pub external_id: Option<&'a str>,
    /// The hash of its body and the key it will be sent under, or why it is not sent.
    pub body: Result<(Fingerprint, Key), &'a Problem>,
}

/// A first scan in progress. Dropped before [`Load::finish`], it leaves rows behind that the next
/// [`Checkpoint::load`] throws away: none of them can have been sent.
#[derive(Debug)]
pub struct Load<'c> {
    checkpoint: &'c mut Checkpoint,
    next_number: u64,
    in_transaction: u64,
}

impl Checkpoint {
    /// Says whether a scan has ever come to its end here.
    pub fn is_loaded(&self) -> Result<bool, CheckpointError> {
        Ok(self.setting(Setting::CsvSha256)?.is_some())
    }

    /// Starts the first scan.
    pub fn load(&mut self) -> Result<Load<'_>, CheckpointError> {
        let result = self.db.execute_batch(
            "BEGIN IMMEDIATE;
             DROP INDEX IF EXISTS row_external_id;
             DELETE FROM row;",
        );
        self.wrap(result)?;
        Ok(Load {
            checkpoint: self,
            next_number: 1,
            in_transaction: 0,
        })
    }
}

impl Load<'_> {
    /// Adds rows, in file order.
    pub fn add<'r>(
        &mut self,
        rows: impl IntoIterator<Item = NewRow<'r>>,
    ) -> Result<(), CheckpointError> {
        if self.in_transaction >= ROWS_A_TRANSACTION {
            let result = self.checkpoint.db.execute_batch("COMMIT; BEGIN IMMEDIATE;");
            self.checkpoint.wrap(result)?;
            self.in_transaction = 0;
        }
        let result = insert(&self.checkpoint.db, self.next_number, rows);
        let added = self.checkpoint.wrap(result)?;
        self.next_number += added;
        self.in_transaction += added;
        Ok(())
    }

    /// Ends the scan: marks the rows whose `external_id` an earlier row has, and stores `settings`,
    /// which say from which file the rows came.
    pub fn finish(mut self, settings: &[(Setting, String)]) -> Result<(), CheckpointError> {
        let result = finish(&self.checkpoint.db, settings);
        self.checkpoint.wrap(result)?;
        self.in_transaction = 0;
        Ok(())
    }
}

impl Drop for Load<'_> {
    fn drop(&mut self) {
        if !self.checkpoint.db.is_autocommit() {
            let _rolled_back_by_the_close_anyway = self.checkpoint.db.execute_batch("ROLLBACK");
        }
    }
}

/// Inserts rows numbered from `first`, and says how many.
fn insert<'r>(
    db: &Connection,
    first: u64,
    rows: impl IntoIterator<Item = NewRow<'r>>,
) -> rusqlite::Result<u64> {
    // Looked up once for many rows, since that shows in a profile.
    let mut insert = db.prepare_cached(
        "INSERT INTO row (number, line, byte_offset, external_id, fingerprint, key, state, keys,
                          attempts, problem_code, problem_message)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, 0, ?8, ?9)",
    )?;
    let mut number = first;
    for row in rows {
        let body = row.body.as_ref().ok();
        let problem = row.body.as_ref().err();
        insert.execute(params![
            number,
            row.line,
            row.offset,
            row.external_id,
            body.map(|(fingerprint, _)| fingerprint.as_bytes()),
            body.map(|(_, key)| key.as_bytes()),
            if body.is_some() {
                codes::PENDING
            } else {
                codes::INVALID
            },
            problem.map(|problem| &*problem.code),
            problem.map(|problem| &*problem.message),
        ])?;
        number += 1;
    }
    Ok(number - first)
}

fn finish(db: &Connection, settings: &[(Setting, String)]) -> rusqlite::Result<()> {
    db.execute_batch("CREATE INDEX row_external_id ON row (external_id)")?;
    mark_duplicates(db, ROW)?;
    for (setting, value) in settings {
        write(db, *setting, value)?;
    }
    write_row_count(db)?;
    db.execute_batch("COMMIT; PRAGMA optimize;")
}

//! Drift: rows whose CSV text changed or disappeared after they were sent. They are never resent;
//! the run lists them.

use rusqlite::{Connection, params};

use super::error::CheckpointError;
use super::handle::{Checkpoint, Reader};
use crate::model::ids::RowNumber;

/// How a row in the file has changed since it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Its text changed.
    Changed,
    /// It is no longer in the file.
    Gone,
}

/// A row that changed after it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinceRow {
    /// The line on which it starts, or started when it was last in the file.
    pub line: u64,
    /// Its `external_id`.
    pub external_id: String,
    /// Its ticket, if it has one.
    pub ticket: Option<u64>,
}

impl Since {
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Changed => 1,
            Self::Gone => 2,
        }
    }
}

impl Checkpoint {
    /// Returns the first `most` rows of a kind, in file order.
    pub fn since(&self, kind: Since, most: usize) -> Result<Vec<SinceRow>, CheckpointError> {
        self.wrap(read(&self.db, kind, most))
    }
}

impl Reader {
    /// Returns the first `most` rows of a kind, in file order.
    pub fn since(&self, kind: Since, most: usize) -> Result<Vec<SinceRow>, CheckpointError> {
        read(&self.db, kind, most).map_err(|source| CheckpointError::sqlite(&self.path, source))
    }
}

/// Marks a row.
pub(super) fn mark(db: &Connection, row: RowNumber, kind: Since) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE row SET since = ?2 WHERE number = ?1")?
        .execute(params![row.0, kind.code()])?;
    Ok(())
}

/// Removes all marks, before a scan sets them anew.
pub(super) fn clear(db: &Connection) -> rusqlite::Result<()> {
    db.execute("UPDATE row SET since = NULL WHERE since IS NOT NULL", [])?;
    Ok(())
}

fn read(db: &Connection, kind: Since, most: usize) -> rusqlite::Result<Vec<SinceRow>> {
    let mut query = db.prepare(
        "SELECT line, coalesce(external_id, ''), ticket_id FROM row WHERE since = ?1
         ORDER BY line LIMIT ?2",
    )?;
    query
        .query_map(
            params![kind.code(), i64::try_from(most).unwrap_or(i64::MAX)],
            |r| {
                Ok(SinceRow {
                    line: r.get(0)?,
                    external_id: r.get(1)?,
                    ticket: r.get(2)?,
                })
            },
        )?
        .collect()
}

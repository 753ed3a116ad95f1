//! Tickets without a requester, for which Zendesk takes the user who creates them.

use rusqlite::{Connection, params};

use super::codes;
use super::error::CheckpointError;
use super::handle::{Checkpoint, Reader};

/// How many lines a message names.
const NAMED_MAX: usize = 5;

/// Rows that wait to be sent and have no requester.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoRequester {
    /// How many.
    pub rows: u64,
    /// The lines of the first few.
    pub lines: Vec<u64>,
}

impl Checkpoint {
    /// Finds the rows without a requester among the pending rows of the current file, or among the
    /// first `most` of them if there is a limit.
    pub fn no_requester(&self, most: Option<u64>) -> Result<NoRequester, CheckpointError> {
        self.wrap(to_send(&self.db, self.file.as_deref(), most))
    }
}

impl Reader {
    /// Counts the rows without a requester that have a ticket, and those that may still get one.
    pub fn no_requester(&self) -> Result<[u64; 2], CheckpointError> {
        self.db
            .query_row(
                "SELECT count(*) FILTER (WHERE state = ?1), count(*) FILTER (WHERE state IN (?2, ?3))
                 FROM row WHERE no_requester",
                params![codes::CREATED, codes::PENDING, codes::SENDING],
                |r| Ok([r.get(0)?, r.get(1)?]),
            )
            .map_err(|source| CheckpointError::sqlite(&self.path, source))
    }
}

fn to_send(
    db: &Connection,
    file: Option<&str>,
    most: Option<u64>,
) -> rusqlite::Result<NoRequester> {
    let most = most.map_or(-1, |most| i64::try_from(most).unwrap_or(i64::MAX));
    let mut query = db.prepare(
        "SELECT line FROM (
           SELECT coalesce(f.line, r.line) AS line, r.no_requester
           FROM row r LEFT JOIN fix f ON f.row = r.number
           WHERE r.state = ?1 AND f.file IS ?2 ORDER BY r.number LIMIT ?3)
         WHERE no_requester",
    )?;
    let mut found = NoRequester::default();
    let mut rows = query.query(params![codes::PENDING, file, most])?;
    while let Some(row) = rows.next()? {
        found.rows += 1;
        if found.lines.len() < NAMED_MAX {
            found.lines.push(row.get(0)?);
        }
    }
    Ok(found)
}

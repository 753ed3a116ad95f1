//! The file from which a row is read: the recorded CSV, or another one in which the row was fixed.

use rusqlite::{Connection, params};

use super::codes;
use super::error::CheckpointError;
use super::handle::{Checkpoint, Reader};
use super::rows::pending_of;
use super::settings::Setting;

/// Rows that wait to be sent from a file but are no longer fixed in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Left {
    /// The `external_id`s of the first few.
    pub external_ids: Vec<String>,
    /// How many there are.
    pub rows: u64,
}

/// How many rows a message names.
const NAMED_MAX: usize = 5;

impl Checkpoint {
    /// Selects this other file as the one whose rows are sent from here on.
    pub fn work_on(&mut self, file: &str) {
        self.file = Some(file.to_owned());
    }

    /// Makes the next start read the whole current file again, whatever its hash. A file other than
    /// the recorded one is read at every start anyway.
    pub fn read_anew(&mut self) -> Result<(), CheckpointError> {
        match self.file {
            Some(_) => Ok(()),
            None => self.set(&[(Setting::CsvSha256, "")]),
        }
    }

    /// Counts the rows that the current file can settle: its pending rows and those in flight.
    pub fn open_here(&self) -> Result<u64, CheckpointError> {
        let in_flight = self
            .db
            .query_row("SELECT count(*) FROM flight", [], |r| r.get::<_, u64>(0));
        let (fresh, waiting) = self.wrap(pending_of(&self.db, self.file.as_deref()))?;
        Ok(self.wrap(in_flight)? + fresh + waiting)
    }
}

impl Reader {
    /// Counts the pending rows by the file that they are read from; `None` is the recorded CSV.
    pub fn pending_files(&self) -> Result<Vec<(Option<String>, u64)>, CheckpointError> {
        self.wrap(pending_files(&self.db))
    }

    /// Counts the rejected and invalid rows by the file in which they were fixed without success.
    pub fn fixed_in_vain(&self) -> Result<Vec<(String, u64)>, CheckpointError> {
        self.wrap(fixed_in_vain(&self.db))
    }

    /// Returns the files with fixed rows that have no ticket.
    pub fn files_in_use(&self) -> Result<Vec<String>, CheckpointError> {
        self.wrap(files_in_use(&self.db))
    }
}

fn pending_files(db: &Connection) -> rusqlite::Result<Vec<(Option<String>, u64)>> {
    let (fresh, waiting) = pending_of(db, None)?;
    let recorded = Some((None, fresh + waiting)).filter(|(_, rows)| *rows > 0);
    let mut files = Vec::from_iter(recorded);
    let mut query = db.prepare(
        "SELECT f.file, count(*) FROM fix f CROSS JOIN row r ON r.number = f.row
         WHERE r.state = ?1 GROUP BY f.file ORDER BY f.file",
    )?;
    let fixed = query.query_map([codes::PENDING], |r| Ok((r.get(0)?, r.get(1)?)))?;
    for file in fixed {
        files.push(file?);
    }
    Ok(files)
}

fn fixed_in_vain(db: &Connection) -> rusqlite::Result<Vec<(String, u64)>> {
    db.prepare(
        "SELECT f.file, count(*) FROM fix f JOIN row r ON r.number = f.row
         WHERE r.state IN (?1, ?2) GROUP BY f.file ORDER BY f.file",
    )?
    .query_map([codes::REJECTED, codes::INVALID], |r| {
        Ok((r.get(0)?, r.get(1)?))
    })?
    .collect()
}

fn files_in_use(db: &Connection) -> rusqlite::Result<Vec<String>> {
    db.prepare(
        "SELECT DISTINCT f.file FROM fix f JOIN row r ON r.number = f.row
         WHERE r.state NOT IN (?1, ?2)",
    )?
    .query_map([codes::CREATED, codes::WITHDRAWN], |r| r.get(0))?
    .collect()
}

/// Finds rows that wait to be sent from this file but are no longer taken from it.
pub(super) fn left(db: &Connection, file: &str) -> rusqlite::Result<Left> {
    let mut query = db.prepare(
        "SELECT r.external_id FROM fix f JOIN row r ON r.number = f.row
         WHERE f.file = ?1 AND r.state = ?2
           AND NOT EXISTS (SELECT 1 FROM scanned s WHERE s.row = r.number)
         ORDER BY r.number",
    )?;
    let mut left = Left::default();
    let mut rows = query.query(params![file, codes::PENDING])?;
    while let Some(r) = rows.next()? {
        if left.external_ids.len() < NAMED_MAX {
            left.external_ids.push(r.get(0)?);
        }
        left.rows += 1;
    }
    Ok(left)
}

/// Stores the places of the rows that are read from this file from now on: those that it changes,
/// and those that were fixed before and read the same here.
pub(super) fn note_places(db: &Connection, file: &str) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO fix (row, file, line, byte_offset, recorded, named)
         SELECT r.number, ?1, s.line, s.byte_offset, r.cells,
                r.external_id IS NULL OR f.named IS 1
         FROM scanned s JOIN row r ON r.number = s.row
         LEFT JOIN fix f ON f.row = r.number
         WHERE (r.state IN (?2, ?3, ?4) AND r.claim IS NULL
                AND (r.fingerprint IS NOT s.fingerprint OR s.fingerprint IS NULL))
            OR (f.row IS NOT NULL AND r.fingerprint IS s.fingerprint)
         ON CONFLICT (row) DO UPDATE
           SET file = excluded.file, line = excluded.line, byte_offset = excluded.byte_offset",
        params![file, codes::PENDING, codes::INVALID, codes::REJECTED],
    )?;
    Ok(())
}

/// Gives rows that have no `external_id` of their own the one in their line, until they are sent.
pub(super) fn give_ids(db: &Connection) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE row SET external_id = s.external_id
         FROM scanned s JOIN fix f ON f.row = s.row
         WHERE row.number = s.row AND f.named AND row.first_sent_at IS NULL
           AND row.state IN (?1, ?2)",
        [codes::PENDING, codes::INVALID],
    )?;
    Ok(())
}

//! Rows that were mended in another file than the one the checkpoint was made from: `error.csv`,
//! fed back.
//!
//! Such a file changes rows and nothing else: it brings no new ones, and a row that is not in it
//! is not gone. A row that was changed by it is read again from it, so its place there is kept, and
//! a run of the recorded CSV leaves it alone. Of two versions the later counts: what the recorded
//! CSV said of the row at the time is kept too, and only another word than that overrules the
//! mended one.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::codes;
use super::duplicates::{Table, index_external_ids};
use super::error::CheckpointError;
use super::open::{Checkpoint, Reader};
use super::refusals::{Refusal, Twice, left, stranger, twice};
use super::rescan::{Rescan, see};
use super::rows::pending_of;
use super::settings::{Setting, read};
use super::since::Since;
use crate::model::delta::Delta;
use crate::model::ids::Fingerprint;

/// What a file with mended rows has brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mended {
    /// Rows that changed.
    pub delta: Delta,
    /// Rows that say neither by their `external_id` nor by what they were which one they are.
    pub nameless: u64,
}

impl Checkpoint {
    /// Says whose rows are sent from here on: those of this other file.
    pub fn work_on(&mut self, file: &str) {
        self.file = Some(file.to_owned());
    }

    /// Has the next start read the whole file that is worked on again, whatever its hash. Another
    /// file than the recorded one is read at every start.
    pub fn read_anew(&mut self) -> Result<(), CheckpointError> {
        match self.file {
            Some(_) => Ok(()),
            None => self.set(&[(Setting::CsvSha256, "")]),
        }
    }

    /// Rows that the file that is worked on can settle: its pending ones, and those in flight.
    pub fn open_here(&self) -> Result<u64, CheckpointError> {
        let in_flight = self
            .db
            .query_row("SELECT count(*) FROM flight", [], |r| r.get::<_, u64>(0));
        let (fresh, waiting) = self.wrap(pending_of(&self.db, self.file.as_deref()))?;
        Ok(self.wrap(in_flight)? + fresh + waiting)
    }
}

impl Reader {
    /// Pending rows by the file that they are read from, `None` being the recorded CSV.
    pub fn pending_files(&self) -> Result<Vec<(Option<String>, u64)>, CheckpointError> {
        self.wrap(pending_files(&self.db))
    }

    /// Rejected and invalid rows by the file in which they were mended.
    pub fn mended_in_vain(&self) -> Result<Vec<(String, u64)>, CheckpointError> {
        self.wrap(mended_in_vain(&self.db))
    }

    /// The files in which rows were mended that have no ticket.
    pub fn files_to_mend_further(&self) -> Result<Vec<String>, CheckpointError> {
        self.wrap(files_to_mend_further(&self.db))
    }

    /// What rows were in the recorded CSV that had no identity there, by the `external_id` that they
    /// were given elsewhere.
    pub fn origins(&self) -> Result<BTreeMap<String, Fingerprint>, CheckpointError> {
        self.wrap(origins(&self.db))
    }
}

fn pending_files(db: &Connection) -> rusqlite::Result<Vec<(Option<String>, u64)>> {
    let (fresh, waiting) = pending_of(db, None)?;
    let recorded = Some((None, fresh + waiting)).filter(|(_, rows)| *rows > 0);
    let mut files = Vec::from_iter(recorded);
    let mut query = db.prepare(
        "SELECT m.file, count(*) FROM mended m CROSS JOIN row r ON r.number = m.row
         WHERE r.state = ?1 GROUP BY m.file ORDER BY m.file",
    )?;
    let mended = query.query_map([codes::PENDING], |r| Ok((r.get(0)?, r.get(1)?)))?;
    for file in mended {
        files.push(file?);
    }
    Ok(files)
}

fn mended_in_vain(db: &Connection) -> rusqlite::Result<Vec<(String, u64)>> {
    db.prepare(
        "SELECT m.file, count(*) FROM mended m JOIN row r ON r.number = m.row
         WHERE r.state IN (?1, ?2) GROUP BY m.file ORDER BY m.file",
    )?
    .query_map([codes::REJECTED, codes::INVALID], |r| {
        Ok((r.get(0)?, r.get(1)?))
    })?
    .collect()
}

fn files_to_mend_further(db: &Connection) -> rusqlite::Result<Vec<String>> {
    db.prepare(
        "SELECT DISTINCT m.file FROM mended m JOIN row r ON r.number = m.row WHERE r.state <> ?1",
    )?
    .query_map([codes::CREATED], |r| r.get(0))?
    .collect()
}

fn origins(db: &Connection) -> rusqlite::Result<BTreeMap<String, Fingerprint>> {
    db.prepare(
        "SELECT r.external_id, m.recorded FROM mended m JOIN row r ON r.number = m.row
         WHERE m.nameless AND r.external_id IS NOT NULL",
    )?
    .query_map([], |r| Ok((r.get(0)?, Fingerprint::from_bytes(r.get(1)?))))?
    .collect()
}

impl Rescan<'_> {
    /// Ends the scan of another file. A file that leaves a doubt which rows are meant changes
    /// nothing. `sha256_of` reads the row on a line, at a byte, of the recorded
    /// CSV.
    pub fn mend<E: From<CheckpointError>>(
        self,
        file: &str,
        sha256_of: impl FnMut(u64, u64) -> Result<Fingerprint, E>,
    ) -> Result<Result<Mended, Refusal>, E> {
        let twice = self.checkpoint.wrap(twice(&self.checkpoint.db))?;
        let result = index_external_ids(&self.checkpoint.db, Table::scanned_in(Some(file)));
        self.checkpoint.written(result)?;
        read_nameless(self.checkpoint, sha256_of)?;
        let result = mend(&self.checkpoint.db, file, twice);
        Ok(self.checkpoint.written(result)?)
    }
}

fn mend(
    db: &Connection,
    file: &str,
    twice: Option<Twice>,
) -> rusqlite::Result<Result<Mended, Refusal>> {
    name_the_nameless(db, file)?;
    if let Some(stranger) = stranger(db)? {
        return Ok(Err(Refusal::Stranger(stranger)));
    }
    if let Some(twice) = twice {
        return Ok(Err(Refusal::Twice(twice)));
    }
    if let Some(left) = left(db, file)? {
        return Ok(Err(Refusal::Left(left)));
    }
    note_places(db, file)?;
    let mut delta = Delta::default();
    see(db, true, &mut delta)?;
    let nameless = db.query_row(
        "SELECT count(*) FROM scanned WHERE external_id IS NULL",
        [],
        |r| r.get(0),
    )?;
    db.execute_batch(
        "DROP TABLE temp.scanned; DROP TABLE temp.kept; DROP TABLE temp.nameless; COMMIT;",
    )?;
    Ok(Ok(Mended { delta, nameless }))
}

/// A row `s` of another file, of which it is certain that it is the row `r` with its `external_id`:
/// it always had it, or was given it by such a file, or says nothing that `r` does not.
pub(super) const IS_KNOWN: &str = "(s.origin IS NULL OR r.fingerprint = s.fingerprint OR EXISTS (
    SELECT 1 FROM mended m WHERE m.row = r.number AND m.nameless AND m.recorded = s.origin))";

/// Reads the rows without an identity in the recorded CSV, if rows of another file say that they
/// were such.
fn read_nameless<E: From<CheckpointError>>(
    checkpoint: &Checkpoint,
    sha256_of: impl FnMut(u64, u64) -> Result<Fingerprint, E>,
) -> Result<(), E> {
    let is_asked_for = format!(
        "SELECT 1 FROM scanned s LEFT JOIN row r ON r.external_id = s.external_id
         WHERE s.origin IS NOT NULL AND (r.number IS NULL OR ({IS_KNOWN}) IS NOT TRUE)"
    );
    let places = format!(
        "SELECT number, line, byte_offset FROM row
         WHERE external_id IS NULL AND state = {}",
        codes::INVALID
    );
    read_rows(checkpoint, &is_asked_for, &places, sha256_of)
}

/// Reads the rows without an identity in another scan of the recorded CSV, if such rows were mended.
pub(super) fn read_nameless_scanned<E: From<CheckpointError>>(
    checkpoint: &Checkpoint,
    sha256_of: impl FnMut(u64, u64) -> Result<Fingerprint, E>,
) -> Result<(), E> {
    let is_asked_for = "SELECT 1 FROM mended WHERE nameless";
    let places = "SELECT number, line, byte_offset FROM scanned WHERE external_id IS NULL";
    read_rows(checkpoint, is_asked_for, places, sha256_of)
}

fn read_rows<E: From<CheckpointError>>(
    checkpoint: &Checkpoint,
    is_asked_for: &str,
    places: &str,
    mut sha256_of: impl FnMut(u64, u64) -> Result<Fingerprint, E>,
) -> Result<(), E> {
    let db = &checkpoint.db;
    let mut asked = checkpoint.wrap(db.prepare(is_asked_for))?;
    if !checkpoint.wrap(asked.exists([]))? {
        return Ok(());
    }
    let mut note = checkpoint
        .wrap(db.prepare("INSERT INTO temp.nameless (number, sha256) VALUES (?1, ?2)"))?;
    let mut query = checkpoint.wrap(db.prepare(places))?;
    let mut rows = checkpoint.wrap(query.query([]))?;
    while let Some(r) = checkpoint.wrap(rows.next())? {
        let place = || Ok::<(i64, u64, u64), rusqlite::Error>((r.get(0)?, r.get(1)?, r.get(2)?));
        let (number, line, offset) = checkpoint.wrap(place())?;
        let sha256 = sha256_of(line, offset)?;
        checkpoint.wrap(note.execute(params![number, sha256.as_bytes()]))?;
    }
    Ok(())
}

/// Rows that had no identity of their own are known by their bytes; of several with the same bytes
/// it does not matter which is which. They get the identity that they have now, unless it is another
/// row's already.
fn name_the_nameless(db: &Connection, file: &str) -> rusqlite::Result<()> {
    db.execute_batch(&format!(
        "DROP TABLE IF EXISTS temp.named;
         CREATE TEMP TABLE named AS
           SELECT m.number AS scanned, n.number AS row, m.origin AS sha256,
                  EXISTS (SELECT 1 FROM row t WHERE t.external_id = m.external_id) AS taken
           FROM (SELECT s.number, s.external_id, s.origin,
                        row_number() OVER (PARTITION BY s.origin
                                           ORDER BY s.external_id IS NULL, s.number) AS nth
                 FROM scanned s LEFT JOIN row r ON r.external_id = s.external_id
                 WHERE s.origin IS NOT NULL AND (r.number IS NULL OR ({IS_KNOWN}) IS NOT TRUE)) m
           JOIN (SELECT number, sha256, row_number() OVER (PARTITION BY sha256 ORDER BY number) AS nth
                 FROM temp.nameless) n
           ON n.sha256 = m.origin AND n.nth = m.nth;
         UPDATE row SET problem_code = 'DuplicateExternalId', problem_message =
             'external_id ' || s.external_id || ' is already that of another row; only that one is sent'
           FROM named n JOIN scanned s ON s.number = n.scanned
           WHERE row.number = n.row AND n.taken;
         UPDATE row SET problem_code = s.problem_code, problem_message = s.problem_message
           FROM named n JOIN scanned s ON s.number = n.scanned
           WHERE row.number = n.row AND s.external_id IS NULL;
         UPDATE row SET external_id = s.external_id
           FROM named n JOIN scanned s ON s.number = n.scanned
           WHERE row.number = n.row AND s.external_id IS NOT NULL AND NOT n.taken;
         DELETE FROM scanned WHERE number IN (
           SELECT n.scanned FROM named n JOIN scanned s ON s.number = n.scanned
           WHERE n.taken OR s.external_id IS NULL);"
    ))?;
    db.execute(
        "INSERT INTO mended (row, file, line, byte_offset, recorded, nameless)
         SELECT n.row, ?1, s.line, s.byte_offset, n.sha256, 1
         FROM named n JOIN scanned s ON s.number = n.scanned",
        [file],
    )?;
    db.execute_batch("DROP TABLE temp.named")
}

/// Notes where the rows are that are read from this file from now on: those that it changes, and
/// those that were mended before and read the same here. A row that was mended in part, so that it
/// still cannot be sent, is to be mended further here.
fn note_places(db: &Connection, file: &str) -> rusqlite::Result<()> {
    db.execute(
        "INSERT INTO mended (row, file, line, byte_offset, recorded, nameless)
         SELECT r.number, ?1, s.line, s.byte_offset, r.fingerprint, 0
         FROM scanned s JOIN row r ON r.external_id = s.external_id
         LEFT JOIN mended m ON m.row = r.number
         WHERE (r.state IN (?2, ?3, ?4, ?5) AND (r.state = ?4 OR r.fingerprint IS NOT s.fingerprint))
            OR (r.state = ?3 AND (r.problem_code, r.problem_message)
                                 IS NOT (s.problem_code, s.problem_message))
            OR (m.row IS NOT NULL AND r.fingerprint IS s.fingerprint)
         ON CONFLICT (row) DO UPDATE
           SET file = excluded.file, line = excluded.line, byte_offset = excluded.byte_offset",
        params![
            file,
            codes::PENDING,
            codes::INVALID,
            codes::WITHDRAWN,
            codes::REJECTED
        ],
    )?;
    Ok(())
}

/// A row that was mended because it has no identity in the recorded CSV is still there without one:
/// it is not a new row. It is known by its bytes, wherever it is now.
pub(super) fn leave_nameless(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "DROP TABLE IF EXISTS temp.named;
         CREATE TEMP TABLE named AS
           SELECT n.number AS scanned, m.row
           FROM (SELECT m.row, m.recorded,
                        row_number() OVER (PARTITION BY m.recorded ORDER BY m.row) AS nth
                 FROM mended m JOIN row r ON r.number = m.row
                 WHERE m.nameless AND NOT EXISTS (
                   SELECT 1 FROM scanned s WHERE s.external_id = r.external_id)) m
           JOIN (SELECT number, sha256, row_number() OVER (PARTITION BY sha256 ORDER BY number) AS nth
                 FROM temp.nameless) n
           ON n.sha256 = m.recorded AND n.nth = m.nth;
         UPDATE row SET line = s.line, byte_offset = s.byte_offset
           FROM named n JOIN scanned s ON s.number = n.scanned WHERE row.number = n.row;
         DELETE FROM scanned WHERE number IN (SELECT scanned FROM named);",
    )?;
    // Another row may be where one was that is not found again.
    db.execute(
        "UPDATE row SET since = ?1 WHERE number IN (
           SELECT m.row FROM mended m JOIN row r ON r.number = m.row
           WHERE m.nameless AND m.row NOT IN (SELECT row FROM named) AND NOT EXISTS (
             SELECT 1 FROM scanned s WHERE s.external_id = r.external_id))",
        [Since::Gone.code()],
    )?;
    db.execute_batch("DROP TABLE temp.named")
}

/// Keeps the mended version of rows of which the recorded CSV says what it said before. If the CSV
/// is the same, or its bodies are made in another way now, it says nothing new of any row.
pub(super) fn keep(
    db: &Connection,
    same_bodies: bool,
    settings: &[(Setting, String)],
) -> rusqlite::Result<()> {
    let before = read(db, Setting::CsvSha256)?;
    let is_same_csv = settings
        .iter()
        .any(|(setting, value)| *setting == Setting::CsvSha256 && Some(value) == before.as_ref());
    db.execute(
        "INSERT INTO temp.kept (row)
         SELECT m.row FROM mended m JOIN row r ON r.number = m.row
         JOIN scanned s ON s.external_id = r.external_id
         WHERE ?1 OR m.recorded IS s.fingerprint",
        [is_same_csv || !same_bodies],
    )?;
    db.execute(
        "UPDATE mended SET recorded = s.fingerprint
         FROM temp.kept k JOIN row r ON r.number = k.row
         JOIN scanned s ON s.external_id = r.external_id
         WHERE mended.row = k.row AND NOT mended.nameless",
        [],
    )?;
    Ok(())
}

/// A row that reads in the recorded CSV as it will be sent is read from there again. A refused one
/// that was mended only in part reads as it ever did, and says nothing new.
pub(super) fn forget_caught_up(db: &Connection) -> rusqlite::Result<()> {
    db.execute(
        "DELETE FROM mended WHERE row IN (
           SELECT r.number FROM scanned s JOIN row r ON r.external_id = s.external_id
           WHERE r.fingerprint = s.fingerprint
             AND NOT (r.state = ?1 AND mended.recorded IS r.fingerprint))",
        [codes::REJECTED],
    )?;
    Ok(())
}

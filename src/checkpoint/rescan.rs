//! A rescan of a changed CSV: compares its rows with the known ones and lets `lifecycle` decide row
//! by row what a difference means.

use rusqlite::{Connection, Row as SqlRow, params};

use super::codes;
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::lease;
use super::load::{NewRow, no_requester};
use super::row_update::write_row;
use super::rows::past_at;
use super::settings::{Setting, last_row, write, write_row_count};
use super::since::{self, Since};
use crate::lifecycle::{Event, Row, Rules, Sighting, State, Step, next};
use crate::model::delta::Delta;
use crate::model::ids::{Key, RowNumber};
use crate::model::problem::Problem;

/// A rescan in progress. If it is dropped before [`Rescan::finish`], nothing changes.
#[derive(Debug)]
pub struct Rescan<'c> {
    pub(super) checkpoint: &'c mut Checkpoint,
    /// Whether each line has been matched to its row.
    pub(super) is_identified: bool,
}

impl Checkpoint {
    /// Starts a rescan. Its rows are collected in a temporary table first.
    pub fn rescan(&mut self) -> Result<Rescan<'_>, CheckpointError> {
        self.refuse_if_poisoned()?;
        let result = self.db.execute_batch(
            "DROP TABLE IF EXISTS temp.scanned;
             CREATE TEMP TABLE scanned (
               number          INTEGER PRIMARY KEY,
               line            INTEGER NOT NULL,
               byte_offset     INTEGER NOT NULL,
               cells           INTEGER NOT NULL,
               external_id     TEXT,
               fingerprint     BLOB,
               key             BLOB,
               state           INTEGER NOT NULL,
               problem_code    TEXT,
               problem_message TEXT,
               row             INTEGER,
               no_requester    INTEGER
             ) STRICT;
             BEGIN IMMEDIATE;",
        );
        self.written(result)?;
        let rescan = Rescan {
            checkpoint: self,
            is_identified: false,
        };
        let Checkpoint {
            db, path, lease, ..
        } = &*rescan.checkpoint;
        lease::guard(db, path, *lease)?;
        Ok(rescan)
    }

    /// Reports whether a request was ever made for any row.
    pub fn was_anything_sent(&self) -> Result<bool, CheckpointError> {
        self.wrap(self.db.query_row(
            "SELECT EXISTS (SELECT 1 FROM row WHERE first_sent_at IS NOT NULL)
                 OR EXISTS (SELECT 1 FROM attempt WHERE kind = 0)",
            [],
            |row| row.get(0),
        ))
    }
}

impl Rescan<'_> {
    /// Adds a row in file order.
    pub fn add(&mut self, row: NewRow<'_>) -> Result<(), CheckpointError> {
        let result = stage(&self.checkpoint.db, &row, None);
        self.checkpoint.written(result)
    }

    /// Ends the scan and stores `settings`. `same_bodies` is false if this program builds different
    /// bytes from the same row than the program of the last scan; then no sent row counts as
    /// changed.
    pub fn finish(
        mut self,
        settings: &[(Setting, String)],
        same_bodies: bool,
    ) -> Result<Delta, CheckpointError> {
        let result = self
            .identified()
            .and_then(|db| merge(db, settings, same_bodies));
        self.checkpoint.written(result)
    }
}

impl Drop for Rescan<'_> {
    fn drop(&mut self) {
        if !self.checkpoint.db.is_autocommit() {
            let _rolled_back_by_the_close_anyway = self.checkpoint.db.execute_batch("ROLLBACK");
        }
    }
}

/// Puts a row into the temporary table, with its number if that is known already.
pub(super) fn stage(
    db: &Connection,
    row: &NewRow<'_>,
    number: Option<RowNumber>,
) -> rusqlite::Result<()> {
    let body = row.body.ok().flatten();
    let problem = row.body.err();
    db.prepare_cached(
        "INSERT INTO scanned (line, byte_offset, cells, external_id, fingerprint, key, state,
                              problem_code, problem_message, row, no_requester)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        row.line,
        row.offset,
        row.cells.0,
        row.external_id,
        body.as_ref().map(|(fingerprint, _)| fingerprint.as_bytes()),
        body.as_ref().map(|(_, key)| key.as_bytes()),
        if problem.is_none() {
            codes::PENDING
        } else {
            codes::INVALID
        },
        problem.map(|p| &*p.code),
        problem.map(|p| &p.message),
        number.map(|number| number.0),
        no_requester(row),
    ])?;
    Ok(())
}

fn merge(
    db: &Connection,
    settings: &[(Setting, String)],
    same_bodies: bool,
) -> rusqlite::Result<Delta> {
    let mut delta = Delta::default();
    since::clear(db)?;
    see(db, See::Csv { same_bodies }, &mut delta)?;
    miss(db, &mut delta)?;
    forget_fixes(db)?;
    db.execute_batch(
        "UPDATE row SET line = s.line, byte_offset = s.byte_offset, cells = s.cells
         FROM pair p JOIN scanned s ON s.number = p.scanned
         WHERE row.number = p.row
           AND (row.line, row.byte_offset, row.cells) <> (s.line, s.byte_offset, s.cells);",
    )?;
    delta.new = add_new(db)?;
    for (setting, value) in settings {
        write(db, *setting, value)?;
    }
    write_row_count(db)?;
    db.execute_batch("DROP VIEW temp.pair; DROP TABLE temp.scanned; COMMIT;")?;
    Ok(delta)
}

fn add_new(db: &Connection) -> rusqlite::Result<u64> {
    let added = db.execute(
        "INSERT INTO row (number, line, byte_offset, cells, external_id, fingerprint, key, state,
                          keys, attempts, problem_code, problem_message, no_requester)
         SELECT ?1 + row_number() OVER (ORDER BY s.number), s.line, s.byte_offset, s.cells,
                s.external_id, s.fingerprint, s.key, s.state, 1, 0, s.problem_code,
                s.problem_message, s.no_requester
         FROM scanned s LEFT JOIN row r ON r.external_id = s.external_id
         WHERE r.number IS NULL AND s.row IS NULL",
        [last_row(db)?],
    )?;
    Ok(u64::try_from(added).unwrap_or(0))
}

/// Forgets the fix of a row whose recorded CSV has changed since and is what will be sent; the row
/// is read from there again. The same applies to a row that comes back with an `external_id` of its
/// own.
fn forget_fixes(db: &Connection) -> rusqlite::Result<()> {
    db.execute(
        "DELETE FROM fix WHERE row IN (
           SELECT f.row FROM fix f JOIN row r ON r.number = f.row
           JOIN scanned s ON s.external_id = r.external_id
           WHERE s.cells <> f.recorded AND r.fingerprint IS s.fingerprint)",
        [],
    )?;
    db.execute(
        "DELETE FROM fix WHERE NOT named
           AND EXISTS (SELECT 1 FROM row r WHERE r.number = fix.row AND r.state = ?1)",
        [codes::WITHDRAWN],
    )?;
    Ok(())
}

/// The source of the lines.
#[derive(Debug, Clone, Copy)]
pub(super) enum See {
    /// The recorded CSV. It does not affect a row that was fixed elsewhere while its cells are the
    /// same as at the time of the fix.
    Csv {
        /// Whether this program builds the same bytes from the same row as the program of the last
        /// scan.
        same_bodies: bool,
    },
    /// Fixed rows in another file.
    Fixes,
}

/// Applies a scan to the known rows that are in it.
pub(super) fn see(db: &Connection, what: See, delta: &mut Delta) -> rusqlite::Result<()> {
    let (same_bodies, keeps_fixes) = match what {
        See::Csv { same_bodies } => (same_bodies, true),
        See::Fixes => (true, false),
    };
    let mut query = db.prepare(
        "SELECT r.number, r.state, r.problem_code, r.problem_message,
                r.keys, r.first_sent_at, r.last_sent_at, r.look_up_since, r.claim,
                s.problem_code, s.problem_message, s.fingerprint, s.key,
                r.fingerprint IS s.fingerprint, s.no_requester
         FROM pair p JOIN scanned s ON s.number = p.scanned JOIN row r ON r.number = p.row
         LEFT JOIN fix f ON f.row = r.number
         WHERE (r.fingerprint IS NOT s.fingerprint OR r.state IN (?1, ?2))
           AND NOT (?3 AND f.recorded IS s.cells AND r.state <> ?2)",
    )?;
    let mut found = query.query(params![codes::INVALID, codes::WITHDRAWN, keeps_fixes])?;
    while let Some(r) = found.next()? {
        let number = RowNumber(r.get(0)?);
        let (Some(row), sent) = known_row(r)? else {
            if same_bodies {
                delta.changed_since += 1;
                since::mark(db, number, Since::Changed)?;
            }
            continue;
        };
        let is_refused = matches!(row.state, State::Rejected(_));
        if is_refused && !same_bodies {
            continue;
        }
        let sighting = match problem_at(r, 9)? {
            Some(problem) => Sighting::Invalid(problem),
            None if r.get(13)? => Sighting::Same,
            None => Sighting::Changed,
        };
        let (after, step) = next(row.clone(), Event::Scanned(sighting), &Rules::at_rest());
        if step != Step::NewKey && after == row {
            if sent {
                delta.changed_since += 1;
                since::mark(db, number, Since::Changed)?;
            }
            continue;
        }
        let key = (step == Step::NewKey)
            .then(|| r.get(12))
            .transpose()?
            .map(Key::from_bytes);
        write_row(db, number, &after, key)?;
        let fingerprint: Option<[u8; 32]> = r.get(11)?;
        let no_requester: Option<bool> = r.get(14)?;
        db.prepare_cached("UPDATE row SET fingerprint = ?2, no_requester = ?3 WHERE number = ?1")?
            .execute(params![number.0, fingerprint, no_requester])?;
        match (row.state, after.state) {
            // The wording of the problem changed, but the row is still invalid.
            (State::Invalid(_), State::Invalid(_)) => (),
            (_, State::Invalid(_)) => delta.invalid += 1,
            _ => delta.renewed += 1,
        }
    }
    Ok(())
}

/// Applies a scan to the known rows that are missing from it. Those that never had an `external_id`
/// are deleted, because no request can have been made for them.
fn miss(db: &Connection, delta: &mut Delta) -> rusqlite::Result<()> {
    db.execute(
        "DELETE FROM row WHERE external_id IS NULL AND state = ?1
           AND number NOT IN (SELECT row FROM scanned WHERE row IS NOT NULL)
           AND number NOT IN (SELECT row FROM fix)",
        [codes::INVALID],
    )?;
    let mut query = db.prepare(
        "SELECT r.number, r.state, r.problem_code, r.problem_message,
                r.keys, r.first_sent_at, r.last_sent_at, r.look_up_since, r.claim
         FROM row r LEFT JOIN scanned s ON s.external_id = r.external_id
         WHERE s.number IS NULL AND r.state <> ?1
           AND r.number NOT IN (SELECT row FROM scanned WHERE row IS NOT NULL)",
    )?;
    let mut gone = query.query([codes::WITHDRAWN])?;
    while let Some(r) = gone.next()? {
        let number = RowNumber(r.get(0)?);
        let after = known_row(r)?.0.and_then(|row| {
            let (after, _) = next(
                row.clone(),
                Event::Scanned(Sighting::Gone),
                &Rules::at_rest(),
            );
            (after != row).then_some(after)
        });
        let Some(after) = after else {
            delta.gone_since += 1;
            since::mark(db, number, Since::Gone)?;
            continue;
        };
        write_row(db, number, &after, None)?;
        delta.withdrawn += 1;
    }
    Ok(())
}

/// Returns the row as the lifecycle sees it, and whether it was sent; `None` for the states that no
/// scan changes (in flight, created, unknown), which need not be built.
fn known_row(r: &SqlRow<'_>) -> rusqlite::Result<(Option<Row>, bool)> {
    let problem = || Ok::<_, rusqlite::Error>(problem_at(r, 2)?.unwrap_or_else(no_reason));
    let state = match r.get(1)? {
        codes::PENDING => Some(State::Pending),
        codes::INVALID => Some(State::Invalid(problem()?)),
        codes::REJECTED => Some(State::Rejected(problem()?)),
        codes::WITHDRAWN => Some(State::Withdrawn),
        _ => None,
    };
    let past = past_at(r, 4)?;
    let row = state.map(|state| Row { state, past });
    Ok((row, past.first_sent_at.is_some()))
}

fn problem_at(r: &SqlRow<'_>, at: usize) -> rusqlite::Result<Option<Problem>> {
    let (code, message): (Option<String>, Option<String>) = (r.get(at)?, r.get(at + 1)?);
    Ok(code.map(|code| Problem::new(code, message.unwrap_or_default())))
}

fn no_reason() -> Problem {
    Problem::new("NoReason", "the checkpoint holds no reason")
}

//! Reads rows: the next ones to send, and the counts by state.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::codes;
use super::error::CheckpointError;
use super::handle::{Checkpoint, Reader};
use crate::lifecycle::Past;
use crate::model::counts::Counts;
use crate::model::ids::{Fingerprint, Key, RowNumber, TicketId};
use crate::model::problem::Problem;
use crate::model::time::ServerTime;

/// A row that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingRow {
    /// The row.
    pub number: RowNumber,
    /// The line on which it starts in the CSV.
    pub line: u64,
    /// The byte at which it starts there.
    pub offset: u64,
    /// Its `external_id`.
    pub external_id: Arc<str>,
    /// The hash of its body when it was scanned.
    pub fingerprint: Fingerprint,
    /// The key under which it will be sent.
    pub key: Key,
    /// Its past.
    pub past: Past,
    /// Whether it is read from a file other than the recorded CSV.
    pub is_fixed: bool,
}

/// A row as a look-ahead shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstRow {
    /// The row.
    pub number: RowNumber,
    /// The line on which it starts in the CSV.
    pub line: u64,
    /// The byte at which it starts there.
    pub offset: u64,
    /// Its `external_id`.
    pub external_id: String,
    /// Whether it is read from a file other than the recorded CSV.
    pub is_fixed: bool,
}

/// A row that has a problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemRow {
    /// The line on which it starts in the CSV.
    pub line: u64,
    /// `rejected`, `invalid` or `unknown`.
    pub state: &'static str,
    /// What is wrong.
    pub problem: Problem,
}

/// What a run would do with the rows as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outlook {
    /// Rows that would be sent for the first time under their key.
    pub create: u64,
    /// Rows that would be sent again under their key, or looked up if the key has become too old.
    pub resend: u64,
    /// Rows that would be looked up.
    pub look_up: u64,
}

impl Checkpoint {
    /// Returns up to `most` pending rows of the current file with numbers above `after`, in order.
    pub fn pending(
        &self,
        after: RowNumber,
        most: usize,
    ) -> Result<Vec<PendingRow>, CheckpointError> {
        self.wrap(pending(&self.db, self.file.as_deref(), after, most))
    }

    /// Returns the places of up to `most` pending rows of the current file with numbers above
    /// `after`, in order.
    pub fn first_pending(
        &self,
        after: RowNumber,
        most: usize,
    ) -> Result<Vec<FirstRow>, CheckpointError> {
        self.wrap(first_pending(&self.db, self.file.as_deref(), after, most))
    }

    /// Returns pending rows for a sample: the first `first` ones, and `random` ones from anywhere,
    /// chosen by a seed. Rows that must be looked up anyway are left out.
    pub fn sample(
        &self,
        first: usize,
        random: usize,
        seed: u64,
    ) -> Result<Vec<PendingRow>, CheckpointError> {
        self.wrap(sample(&self.db, first, random, seed))
    }

    /// Returns the row created last before `before`, with its `external_id`: we know that its
    /// ticket exists.
    pub fn control_row(
        &self,
        before: ServerTime,
    ) -> Result<Option<(RowNumber, Arc<str>)>, CheckpointError> {
        self.wrap(
            self.db
                .query_row(
                    "SELECT number, external_id FROM row WHERE state = ?1 AND last_sent_at < ?2
                     ORDER BY last_sent_at DESC LIMIT 1",
                    params![codes::CREATED, before.0],
                    |r| Ok((RowNumber(r.get(0)?), r.get::<_, String>(1)?.into())),
                )
                .optional(),
        )
    }

    /// Returns the ticket of the row with exactly this `external_id`, if it has one.
    pub fn ticket_of(&self, external_id: &str) -> Result<Option<TicketId>, CheckpointError> {
        let found = self
            .db
            .prepare_cached("SELECT ticket_id FROM row WHERE external_id = ?1")
            .and_then(|mut query| {
                query
                    .query_row([external_id], |r| r.get::<_, Option<u64>>(0))
                    .optional()
            });
        Ok(self.wrap(found)?.flatten().map(TicketId))
    }

    /// Counts the rows by state.
    pub fn counts(&self) -> Result<Counts, CheckpointError> {
        self.wrap(counts(&self.db))
    }

    /// Returns the highest ticket id that a row has.
    pub fn highest_ticket(&self) -> Result<Option<TicketId>, CheckpointError> {
        let read = self
            .db
            .query_row("SELECT max(ticket_id) FROM row", [], |r| {
                r.get::<_, Option<u64>>(0)
            });
        Ok(self.wrap(read)?.map(TicketId))
    }

    /// Returns what a run would do with the rows as they are and with the current file.
    pub fn outlook(&self) -> Result<Outlook, CheckpointError> {
        self.wrap(outlook(&self.db, self.file.as_deref()))
    }

    /// Returns up to `most` rows that have a problem, in order.
    pub fn problems(&self, most: usize) -> Result<Vec<ProblemRow>, CheckpointError> {
        self.wrap(problems(&self.db, most))
    }
}

impl Reader {
    /// Counts the rows by state.
    pub fn counts(&self) -> Result<Counts, CheckpointError> {
        counts(&self.db).map_err(|source| CheckpointError::sqlite(&self.path, source))
    }

    /// Returns up to `most` rows that have a problem, in order.
    pub fn problems(&self, most: usize) -> Result<Vec<ProblemRow>, CheckpointError> {
        problems(&self.db, most).map_err(|source| CheckpointError::sqlite(&self.path, source))
    }
}

/// The columns of a [`PendingRow`].
const COLUMNS: &str = "number, line, byte_offset, external_id, fingerprint, key,
                       keys, first_sent_at, last_sent_at, look_up_since, claim, 0";

fn pending(
    db: &Connection,
    file: Option<&str>,
    after: RowNumber,
    most: usize,
) -> rusqlite::Result<Vec<PendingRow>> {
    let mut query = db.prepare_cached(
        "SELECT r.number, coalesce(f.line, r.line), coalesce(f.byte_offset, r.byte_offset),
                r.external_id, r.fingerprint, r.key,
                r.keys, r.first_sent_at, r.last_sent_at, r.look_up_since, r.claim,
                f.row IS NOT NULL
         FROM row r LEFT JOIN fix f ON f.row = r.number
         WHERE r.number > ?1 AND r.state = ?2 AND f.file IS ?4 ORDER BY r.number LIMIT ?3",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    query
        .query_map(params![after.0, codes::PENDING, most, file], pending_row)?
        .collect()
}

fn first_pending(
    db: &Connection,
    file: Option<&str>,
    after: RowNumber,
    most: usize,
) -> rusqlite::Result<Vec<FirstRow>> {
    let mut query = db.prepare(
        "SELECT coalesce(f.line, r.line), coalesce(f.byte_offset, r.byte_offset), r.external_id,
                f.row IS NOT NULL, r.number
         FROM row r LEFT JOIN fix f ON f.row = r.number
         WHERE r.number > ?4 AND r.state = ?1 AND f.file IS ?3 ORDER BY r.number LIMIT ?2",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = query.query_map(params![codes::PENDING, most, file, after.0], |r| {
        Ok(FirstRow {
            number: RowNumber(r.get(4)?),
            line: r.get(0)?,
            offset: r.get(1)?,
            external_id: r.get(2)?,
            is_fixed: r.get(3)?,
        })
    })?;
    rows.collect()
}

/// Samples rows. The random part is ordered by the row number times a large odd number, without the
/// carry: scattered, and the same for the same seed.
fn sample(
    db: &Connection,
    first: usize,
    random: usize,
    seed: u64,
) -> rusqlite::Result<Vec<PendingRow>> {
    let mut query = db.prepare(&format!(
        "WITH open AS (SELECT {COLUMNS} FROM row WHERE state = ?1 AND look_up_since IS NULL),
              first AS (SELECT * FROM open ORDER BY number LIMIT ?2)
         SELECT * FROM first
         UNION ALL
         SELECT * FROM (SELECT * FROM open WHERE number > (SELECT max(number) FROM first)
                        ORDER BY (number * ?4) & 0x7fffffff LIMIT ?3)"
    ))?;
    let scatter = i64::from(u32::try_from(seed & 0x3fff_ffff).unwrap_or(0)) * 2 + 1;
    let limit = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    query
        .query_map(
            params![codes::PENDING, limit(first), limit(random), scatter],
            pending_row,
        )?
        .collect()
}

fn pending_row(r: &Row<'_>) -> rusqlite::Result<PendingRow> {
    Ok(PendingRow {
        number: RowNumber(r.get(0)?),
        line: r.get(1)?,
        offset: r.get(2)?,
        external_id: r.get::<_, String>(3)?.into(),
        fingerprint: Fingerprint::from_bytes(r.get(4)?),
        key: Key::from_bytes(r.get(5)?),
        past: past_at(r, 6)?,
        is_fixed: r.get(11)?,
    })
}

/// Reads `keys, first_sent_at, last_sent_at, look_up_since, claim` from column `at` on.
pub(super) fn past_at(row: &Row<'_>, at: usize) -> rusqlite::Result<Past> {
    let time =
        |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(ServerTime));
    Ok(Past {
        keys: row.get(at)?,
        first_sent_at: time(at + 1)?,
        last_sent_at: time(at + 2)?,
        look_up_since: time(at + 3)?,
        claim: row.get::<_, Option<u64>>(at + 4)?.map(TicketId),
    })
}

/// Counts the rows in one pass without GROUP BY, which would sort all rows. A state unknown to this
/// program needs the operator, like the unknown rows.
pub(super) fn counts(db: &Connection) -> rusqlite::Result<Counts> {
    db.query_row(
        "SELECT count(*) FILTER (WHERE state = ?1), count(*) FILTER (WHERE state = ?2),
                count(*) FILTER (WHERE state = ?3), count(*) FILTER (WHERE state = ?4),
                count(*) FILTER (WHERE state = ?5), count(*) FILTER (WHERE state = ?6),
                count(*) FILTER (WHERE state = ?3 AND how = ?7),
                count(*) FILTER (WHERE state = ?3 AND how IN (?8, ?9)),
                count(*), count(claim)
         FROM row",
        params![
            codes::PENDING,
            codes::SENDING,
            codes::CREATED,
            codes::REJECTED,
            codes::INVALID,
            codes::WITHDRAWN,
            codes::HIT,
            codes::FOUND,
            codes::NAMED,
        ],
        |r| {
            let known = Counts {
                pending: r.get(0)?,
                sending: r.get(1)?,
                created: r.get(2)?,
                rejected: r.get(3)?,
                invalid: r.get(4)?,
                withdrawn: r.get(5)?,
                unknown: 0,
                created_hit: r.get(6)?,
                created_found: r.get(7)?,
                claimed: r.get(9)?,
            };
            let unknown = r.get::<_, u64>(8)? - known.rows();
            Ok(Counts { unknown, ..known })
        },
    )
}

/// Counts the rows that wait to be read from a file: those never sent under their key, and those
/// that must be looked up.
///
/// Only a few rows are read from a file other than the recorded one, so these are subtracted; a
/// join would query every row.
pub(super) fn pending_of(db: &Connection, file: Option<&str>) -> rusqlite::Result<(u64, u64)> {
    const COUNT: &str = "SELECT count(*) FILTER (WHERE r.look_up_since IS NULL),
                                count(*) FILTER (WHERE r.look_up_since IS NOT NULL)";
    let pair = |r: &Row<'_>| Ok((r.get::<_, u64>(0)?, r.get::<_, u64>(1)?));
    let fixed = db.query_row(
        &format!(
            "{COUNT} FROM fix f CROSS JOIN row r ON r.number = f.row
             WHERE r.state = ?1 AND (?2 IS NULL OR f.file = ?2)"
        ),
        params![codes::PENDING, file],
        pair,
    )?;
    if file.is_some() {
        return Ok(fixed);
    }
    let all = db.query_row(
        &format!("{COUNT} FROM row r WHERE r.state = ?1"),
        [codes::PENDING],
        pair,
    )?;
    Ok((all.0 - fixed.0, all.1 - fixed.1))
}

fn outlook(db: &Connection, file: Option<&str>) -> rusqlite::Result<Outlook> {
    let (create, waiting) = pending_of(db, file)?;
    db.query_row(
        "SELECT count(*) FILTER (WHERE trust = 0), count(*) FILTER (WHERE trust <> 0) FROM flight",
        [],
        |r| {
            Ok(Outlook {
                create,
                resend: r.get(0)?,
                look_up: waiting + r.get::<_, u64>(1)?,
            })
        },
    )
}

fn problems(db: &Connection, most: usize) -> rusqlite::Result<Vec<ProblemRow>> {
    let mut query = db.prepare(
        "SELECT line, state, problem_code, problem_message FROM row
         WHERE state BETWEEN ?1 AND ?2 ORDER BY state = ?2 DESC, line LIMIT ?3",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    // Rejected, invalid, unknown: their codes are contiguous; a list would be looked up for each
    // row.
    let states = params![codes::REJECTED, codes::UNKNOWN, most];
    let rows = query.query_map(states, |r| {
        let state = codes::problem_word(r.get(1)?);
        let code: Option<String> = r.get(2)?;
        let message: Option<String> = r.get(3)?;
        let problem = Problem::new(code.unwrap_or_default(), message.unwrap_or_default());
        Ok(ProblemRow {
            line: r.get(0)?,
            state,
            problem,
        })
    })?;
    rows.collect()
}

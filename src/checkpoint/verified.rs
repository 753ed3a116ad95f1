//! What a verification has read back, so that an interrupted one continues where it stopped.
//!
//! It ends when the ticket of each row in its scope has been compared and a second ticket has been
//! looked for.

use std::sync::Arc;

use rusqlite::{Connection, Row as SqlRow, params};

use super::codes;
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::settings::{Setting, write};
use crate::model::difference::Difference;
use crate::model::ids::{Fingerprint, RowNumber, TicketId};
use crate::model::time::ServerTime;

/// A row that has a ticket, with its place in the file that it was sent from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentRow {
    /// The row.
    pub number: RowNumber,
    /// The line on which it starts.
    pub line: u64,
    /// The byte at which it starts.
    pub offset: u64,
    /// The file, if it is not the recorded CSV.
    pub file: Option<String>,
    /// Its `external_id`.
    pub external_id: Arc<str>,
    /// The hash of its body when it was scanned.
    pub fingerprint: Fingerprint,
    /// Its ticket.
    pub ticket: TicketId,
}

/// How a ticket compares with its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// The ticket has everything that was sent.
    Agrees,
    /// The ticket exists with its `external_id`; the row cannot be read again, so no more is known.
    IsThere,
    /// The ticket differs.
    Differs(Vec<Difference>),
    /// The ticket is gone.
    Missing,
}

/// The progress and findings of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Verification {
    /// Rows in its scope.
    pub rows: u64,
    /// Rows whose ticket has been compared.
    pub compared: u64,
    /// Of these, rows whose ticket has everything that was sent.
    pub agreeing: u64,
    /// Of these, rows whose ticket exists but which cannot be read again as they were sent.
    pub only_there: u64,
    /// Of these, rows whose ticket differs.
    pub differing: u64,
    /// Of these, rows whose ticket is gone.
    pub missing: u64,
    /// Rows for which a second ticket has been looked for.
    pub searched: u64,
    /// Second tickets found.
    pub second_tickets: u64,
}

/// A row with findings.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct VerifiedRow {
    /// The line on which it starts in the CSV.
    pub line: u64,
    /// Its `external_id`.
    pub external_id: String,
    /// Its ticket.
    pub ticket: u64,
    /// Whether the ticket is gone.
    pub missing: bool,
    /// The differences.
    pub differences: Vec<Difference>,
    /// Other tickets with the same `external_id`.
    pub second_tickets: Vec<u64>,
}

const AGREES: i64 = 0;
const IS_THERE: i64 = 1;
const DIFFERS: i64 = 2;
pub(super) const MISSING: i64 = 3;

/// The columns of a [`SentRow`].
const COLUMNS: &str = "r.number, coalesce(f.line, r.line), coalesce(f.byte_offset, r.byte_offset),
                       f.file, r.external_id, r.fingerprint, r.ticket_id";

impl Checkpoint {
    /// Returns the progress of the verification.
    pub fn verification(&self) -> Result<Verification, CheckpointError> {
        self.wrap(verification(&self.db))
    }

    /// Returns up to `most` rows after a given one whose ticket still has to be compared, in order.
    pub fn to_compare(
        &self,
        after: RowNumber,
        most: usize,
    ) -> Result<Vec<SentRow>, CheckpointError> {
        self.wrap(waiting(&self.db, "v.at IS NULL", after, most))
    }

    /// Returns up to `most` rows after a given one for which a second ticket still has to be looked
    /// for, in order.
    pub fn to_search(
        &self,
        after: RowNumber,
        most: usize,
    ) -> Result<Vec<SentRow>, CheckpointError> {
        self.wrap(waiting(&self.db, "v.searched_at IS NULL", after, most))
    }

    /// Stores how tickets compare with their rows.
    pub fn note_compared(
        &mut self,
        compared: &[(RowNumber, Compared)],
        at: ServerTime,
    ) -> Result<(), CheckpointError> {
        self.write(|tx| {
            for (row, compared) in compared {
                let (outcome, differences) = match compared {
                    Compared::Agrees => (AGREES, None),
                    Compared::IsThere => (IS_THERE, None),
                    Compared::Differs(differences) => (DIFFERS, Some(differences)),
                    Compared::Missing => (MISSING, None),
                };
                let differences = differences.and_then(|list| serde_json::to_string(list).ok());
                tx.prepare_cached(
                    "UPDATE verified SET at = ?2, outcome = ?3, differences = ?4 WHERE row = ?1",
                )?
                .execute(params![row.0, at.0, outcome, differences])?;
            }
            Ok(())
        })
    }

    /// Stores the tickets that a lookup of a row has found, including its own.
    pub fn note_searched(
        &mut self,
        row: RowNumber,
        tickets: &[TicketId],
        at: ServerTime,
    ) -> Result<(), CheckpointError> {
        self.write(|tx| {
            for ticket in tickets {
                second(tx, "r.number = ?1", &row.0, *ticket)?;
            }
            tx.execute(
                "UPDATE verified SET searched_at = ?2 WHERE row = ?1",
                params![row.0, at.0],
            )?;
            Ok(())
        })
    }

    /// Stores a page of the export of all tickets, and where the next page begins.
    pub fn note_exported_page<'a>(
        &mut self,
        tickets: impl Iterator<Item = (&'a str, TicketId)>,
        after: &str,
    ) -> Result<(), CheckpointError> {
        self.write(|tx| {
            for (external_id, ticket) in tickets {
                second(tx, "r.external_id = ?1", &external_id, ticket)?;
            }
            write(tx, Setting::VerifyingFrom, after)
        })
    }

    /// Records that the export has been read to its end.
    pub fn note_all_searched(&mut self, at: ServerTime) -> Result<(), CheckpointError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE verified SET searched_at = ?1 WHERE searched_at IS NULL",
                [at.0],
            )?;
            Ok(())
        })
    }

    /// Returns when the last create of any row was sent, on Zendesk's clock.
    pub fn last_sent_at(&self) -> Result<Option<ServerTime>, CheckpointError> {
        self.wrap(
            self.db
                .query_row("SELECT max(last_sent_at) FROM row", [], |r| {
                    Ok(r.get::<_, Option<i64>>(0)?.map(ServerTime))
                }),
        )
    }

    /// Passes every row whose ticket differs, is gone, or is not the only one to a function, in CSV
    /// order.
    pub fn each_difference(
        &self,
        mut each: impl FnMut(VerifiedRow),
    ) -> Result<(), CheckpointError> {
        let mut read = || {
            let mut query = self.db.prepare(
                "SELECT r.line, r.external_id, r.ticket_id, v.outcome, v.differences,
                        group_concat(s.ticket_id)
                 FROM verified v JOIN row r ON r.number = v.row
                 LEFT JOIN second_ticket s ON s.row = v.row
                 WHERE v.outcome IN (?1, ?2) OR s.ticket_id IS NOT NULL
                 GROUP BY v.row ORDER BY r.line, r.number",
            )?;
            let mut rows = query.query([DIFFERS, MISSING])?;
            while let Some(row) = rows.next()? {
                each(verified_row(row)?);
            }
            Ok(())
        };
        self.wrap(read())
    }
}

fn waiting(
    db: &Connection,
    which: &str,
    after: RowNumber,
    most: usize,
) -> rusqlite::Result<Vec<SentRow>> {
    let mut query = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM verified v JOIN row r ON r.number = v.row
         LEFT JOIN fix f ON f.row = r.number
         WHERE {which} AND v.row > ?3 AND r.state = ?1 ORDER BY v.row LIMIT ?2"
    ))?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    query
        .query_map(params![codes::CREATED, most, after.0], |r| {
            Ok(SentRow {
                number: RowNumber(r.get(0)?),
                line: r.get(1)?,
                offset: r.get(2)?,
                file: r.get(3)?,
                external_id: r.get::<_, String>(4)?.into(),
                fingerprint: Fingerprint::from_bytes(r.get(5)?),
                ticket: TicketId(r.get(6)?),
            })
        })?
        .collect()
}

/// Stores a ticket that is not the row's own and was not its own before a deletion; rows outside
/// the verification are ignored.
fn second(
    db: &Connection,
    which: &str,
    value: &dyn rusqlite::ToSql,
    ticket: TicketId,
) -> rusqlite::Result<()> {
    db.prepare_cached(&format!(
        "INSERT OR IGNORE INTO second_ticket (row, ticket_id)
         SELECT r.number, ?2 FROM row r JOIN verified v ON v.row = r.number
         WHERE {which} AND r.ticket_id <> ?2
           AND NOT EXISTS (SELECT 1 FROM deleted_ticket d WHERE d.row = r.number AND d.ticket_id = ?2)"
    ))?
    .execute(params![value, ticket.0])?;
    Ok(())
}

fn verification(db: &Connection) -> rusqlite::Result<Verification> {
    db.query_row(
        "SELECT count(*), count(at),
                count(*) FILTER (WHERE outcome = ?1), count(*) FILTER (WHERE outcome = ?2),
                count(*) FILTER (WHERE outcome = ?3), count(*) FILTER (WHERE outcome = ?4),
                count(searched_at), (SELECT count(*) FROM second_ticket)
         FROM verified",
        [AGREES, IS_THERE, DIFFERS, MISSING],
        |r| {
            Ok(Verification {
                rows: r.get(0)?,
                compared: r.get(1)?,
                agreeing: r.get(2)?,
                only_there: r.get(3)?,
                differing: r.get(4)?,
                missing: r.get(5)?,
                searched: r.get(6)?,
                second_tickets: r.get(7)?,
            })
        },
    )
}

fn verified_row(r: &SqlRow<'_>) -> rusqlite::Result<VerifiedRow> {
    let differences: Option<String> = r.get(4)?;
    let second: Option<String> = r.get(5)?;
    let numbers = second.iter().flat_map(|list| list.split(','));
    Ok(VerifiedRow {
        line: r.get(0)?,
        external_id: r.get(1)?,
        ticket: r.get(2)?,
        missing: r.get::<_, Option<i64>>(3)? == Some(MISSING),
        differences: differences
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
        second_tickets: numbers.filter_map(|text| text.parse().ok()).collect(),
    })
}

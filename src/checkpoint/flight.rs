//! The rows in flight, that is, with an intent on disk and no outcome, and the bytes that were
//! sent.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::codes;
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::rows::past_at;
use crate::lifecycle::{Flight, Past};
use crate::model::ids::{Fingerprint, Key, RowNumber, TicketId};
use crate::model::intent::{Intent, Route};
use crate::model::problem::Problem;
use crate::model::time::ServerTime;

/// A row in `sending`, without its body.
#[derive(Debug, Clone)]
pub struct InFlight {
    /// The row.
    pub number: RowNumber,
    /// Its line in the CSV.
    pub line: u64,
    /// Its `external_id`.
    pub external_id: Arc<str>,
    /// The key that was sent.
    pub key: Key,
    /// The endpoint, account and user that it was sent to.
    pub route: Route,
    /// What has happened under the key.
    pub flight: Flight,
    /// The row's past.
    pub past: Past,
}

impl Checkpoint {
    /// Returns all rows in flight, as a start finds them.
    pub fn in_flight(&self) -> Result<Vec<InFlight>, CheckpointError> {
        self.wrap(read_all(&self.db))
    }

    /// Returns the bytes that were sent for a row in flight, checked against their hash.
    pub fn body(&self, row: RowNumber) -> Result<(Arc<[u8]>, Fingerprint), CheckpointError> {
        let found: Option<(Vec<u8>, [u8; 32])> = self.wrap(
            self.db
                .prepare_cached("SELECT body, fingerprint FROM flight WHERE row = ?1")
                .and_then(|mut query| {
                    query
                        .query_row([row.0], |r| Ok((r.get(0)?, r.get(1)?)))
                        .optional()
                }),
        )?;
        let inconsistent = |detail| CheckpointError::Inconsistent {
            path: self.path.clone(),
            detail,
        };
        let (body, stored) =
            found.ok_or_else(|| inconsistent(format!("row {row} is in flight without a body")))?;
        let stored = Fingerprint::from_bytes(stored);
        if Fingerprint::of(&body) != stored {
            return Err(inconsistent(format!(
                "the stored body of row {row} is not what was sent"
            )));
        }
        Ok((body.into(), stored))
    }
}

fn read_all(db: &Connection) -> rusqlite::Result<Vec<InFlight>> {
    let mut query = db.prepare(
        "SELECT f.row, r.line, r.external_id, f.key, f.method, f.path, f.host, f.user_id, f.trust,
                f.highest_ticket, f.attempts, f.open, f.first_sent_at, f.last_sent_at,
                f.refusal_code, f.refusal_message,
                r.keys, r.first_sent_at, r.last_sent_at, r.look_up_since, r.claim,
                f.unanswered
         FROM flight f JOIN row r ON r.number = f.row ORDER BY f.row",
    )?;
    let rows = query.query_map([], |r| {
        let refusal = match (
            r.get::<_, Option<String>>(14)?,
            r.get::<_, Option<String>>(15)?,
        ) {
            (Some(code), Some(message)) => Some(Problem::new(code, message)),
            (None | Some(_), None) | (None, Some(_)) => None,
        };
        Ok(InFlight {
            number: RowNumber(r.get(0)?),
            line: r.get(1)?,
            external_id: r.get::<_, String>(2)?.into(),
            key: Key::from_bytes(r.get(3)?),
            route: Route {
                method: r.get(4)?,
                path: r.get(5)?,
                host: r.get(6)?,
                user: r.get(7)?,
            },
            flight: Flight {
                trust: codes::trust_from(r.get(8)?),
                highest_ticket: r.get::<_, Option<u64>>(9)?.map(TicketId),
                attempts: r.get(10)?,
                open: r.get(11)?,
                first_sent_at: ServerTime(r.get(12)?),
                last_sent_at: ServerTime(r.get(13)?),
                refusal,
                unanswered: r.get(21)?,
            },
            past: past_at(r, 16)?,
        })
    })?;
    rows.collect()
}

/// Stores the flight of a row with the body and route of its intent.
pub(super) fn store(db: &Connection, intent: &Intent, flight: &Flight) -> rusqlite::Result<()> {
    // OR REPLACE would make SQLite copy every page that it touches, to be able to roll back.
    remove(db, intent.row)?;
    db.prepare_cached(
        "INSERT INTO flight (row, key, body, fingerprint, method, path, host, user_id,
                trust, highest_ticket, attempts, open, first_sent_at, last_sent_at, unanswered)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?
    .execute(params![
        intent.row.0,
        intent.key.as_bytes(),
        &*intent.body,
        intent.fingerprint.as_bytes(),
        intent.route.method,
        intent.route.path,
        intent.route.host,
        intent.route.user,
        codes::trust(flight.trust),
        flight.highest_ticket.map(|t| t.0),
        flight.attempts,
        flight.open,
        flight.first_sent_at.0,
        flight.last_sent_at.0,
        flight.unanswered,
    ])?;
    Ok(())
}

/// Updates the parts of a flight that change; its key, body and route stay as they were sent.
pub(super) fn update(db: &Connection, row: RowNumber, flight: &Flight) -> rusqlite::Result<()> {
    db.prepare_cached(
        "UPDATE flight SET trust = ?2, attempts = ?3, open = ?4, first_sent_at = ?5,
                last_sent_at = ?6, refusal_code = ?7, refusal_message = ?8, unanswered = ?9
         WHERE row = ?1",
    )?
    .execute(params![
        row.0,
        codes::trust(flight.trust),
        flight.attempts,
        flight.open,
        flight.first_sent_at.0,
        flight.last_sent_at.0,
        flight.refusal.as_ref().map(|p| &*p.code),
        flight.refusal.as_ref().map(|p| &p.message),
        flight.unanswered,
    ])?;
    Ok(())
}

/// Deletes the flight of a settled row, with its body.
pub(super) fn remove(db: &Connection, row: RowNumber) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM flight WHERE row = ?1")?
        .execute([row.0])?;
    Ok(())
}

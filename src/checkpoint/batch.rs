//! The only way in which a run writes: finished requests and new intents, in one transaction.

use rusqlite::{Connection, params};

use super::authors::{AuthorIs, write_authors};
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::history::{RunNote, write_note};
use super::row_update::{write_row, write_row_sent};
use super::{codes, flight};
use crate::lifecycle::{Row, State};
use crate::model::ids::{Key, RowNumber};
use crate::model::intent::{Durable, Intent};
use crate::model::reply::KeyLookup;
use crate::model::time::ServerTime;

/// The kind of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A create.
    Create,
    /// A lookup through the ticket list.
    List,
    /// A lookup through the search.
    Search,
    /// Not a request: the operator named the ticket.
    Person,
    /// Not a request of the row's own: the incremental export showed the ticket.
    Export,
}

/// One finished request, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The row it was for.
    pub row: RowNumber,
    /// Its kind.
    pub kind: Kind,
    /// The key sent with a create.
    pub key: Option<Key>,
    /// When it was sent, on Zendesk's clock.
    pub sent_at: ServerTime,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The HTTP status, if there was a reply.
    pub status: Option<u16>,
    /// The `x-idempotency-lookup` of the reply.
    pub key_lookup: Option<KeyLookup>,
    /// Zendesk's id for the request.
    pub request_id: Option<String>,
    /// How many tickets a lookup found.
    pub found: Option<u64>,
}

/// The new state of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The row.
    pub number: RowNumber,
    /// Its state and past.
    pub row: Row,
    /// Its new key, if it gets one.
    pub key: Option<Key>,
}

/// A request to make once its intent is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIntent {
    /// The request.
    pub intent: Intent,
    /// The row's state while the request is in flight.
    pub row: Row,
}

/// Everything that one turn of the engine writes.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Finished requests.
    pub attempts: Vec<Attempt>,
    /// Rows that changed.
    pub outcomes: Vec<Outcome>,
    /// Requests to make.
    pub intents: Vec<NewIntent>,
    /// What the account has answered about authors, by lower-case address.
    pub authors: Vec<(String, AuthorIs)>,
    /// What the run has done so far.
    pub note: Option<RunNote>,
}

impl Batch {
    /// Reports whether there is nothing to write. A note alone does not count.
    pub fn is_empty(&self) -> bool {
        self.attempts.is_empty()
            && self.outcomes.is_empty()
            && self.intents.is_empty()
            && self.authors.is_empty()
    }
}

impl Checkpoint {
    /// Writes the batch in one transaction. After its COMMIT has returned, hands out the intents as
    /// durable.
    ///
    /// # Errors
    ///
    /// After an error this checkpoint accepts no further batch: the caller has to stop sending. If
    /// the file is no longer at its place, everything except the intents is written.
    pub fn commit(&mut self, mut batch: Batch) -> Result<Vec<Durable<Intent>>, CheckpointError> {
        let at_its_place = match &self.place {
            Some(place) if !batch.intents.is_empty() => place.refuse_moved(),
            Some(_) | None => Ok(()),
        };
        if at_its_place.is_err() {
            batch.intents.clear();
        }
        self.write(|tx| write_batch(tx, &batch))?;
        if at_its_place.is_err() {
            self.empty_wal();
            self.poisoned = true;
            at_its_place?;
        }
        Ok(batch
            .intents
            .into_iter()
            .map(|new| Durable::mint(new.intent))
            .collect())
    }

    /// Checkpoints the WAL of a file that was moved. The WAL stays behind under the old name, where
    /// nothing would find it. If this fails, the next start detects it like a lost WAL.
    fn empty_wal(&self) {
        let query = "PRAGMA wal_checkpoint(TRUNCATE)";
        let _noticed_later = self.db.query_row(query, [], |_| Ok(()));
    }
}

fn write_batch(db: &Connection, batch: &Batch) -> rusqlite::Result<()> {
    if let Some(note) = &batch.note {
        write_note(db, note)?;
    }
    write_authors(db, &batch.authors)?;
    for attempt in &batch.attempts {
        log(db, attempt)?;
    }
    for outcome in &batch.outcomes {
        write_row(db, outcome.number, &outcome.row, outcome.key)?;
        match &outcome.row.state {
            State::Sending(flight) => flight::update(db, outcome.number, flight)?,
            State::Invalid(_)
            | State::Pending
            | State::Created { .. }
            | State::Rejected(_)
            | State::Unknown(_)
            | State::Withdrawn => flight::remove(db, outcome.number)?,
        }
    }
    for NewIntent { intent, row } in &batch.intents {
        write_row_sent(db, intent.row, row, None, 1)?;
        if let State::Sending(flight) = &row.state {
            match flight.attempts {
                0 | 1 => flight::store(db, intent, flight)?,
                2.. => flight::update(db, intent.row, flight)?,
            }
        }
    }
    Ok(())
}

pub(super) fn log(db: &Connection, attempt: &Attempt) -> rusqlite::Result<()> {
    let kind = match attempt.kind {
        Kind::Create => 0,
        Kind::List => 1,
        Kind::Search => 2,
        Kind::Person => 3,
        Kind::Export => 4,
    };
    db.prepare_cached(
        "INSERT INTO attempt (row, kind, key, sent_at, duration_ms, status, key_lookup,
                              request_id, found)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        attempt.row.0,
        kind,
        attempt.key.as_ref().map(Key::as_bytes),
        attempt.sent_at.0,
        attempt.duration_ms,
        attempt.status,
        attempt.key_lookup.map(codes::key_lookup),
        attempt.request_id,
        attempt.found,
    ])?;
    Ok(())
}

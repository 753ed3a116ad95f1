//! After a loss: every row that is still open is looked up before it is sent.

use rusqlite::{Connection, TransactionBehavior, params};

use super::batch::{Attempt, Kind, log, write_row};
use super::codes;
use super::error::CheckpointError;
use super::open::Checkpoint;
use super::rows::past_at;
use crate::lifecycle::{Event, Finding, Row, Rules, State, next};
use crate::model::ids::{RowNumber, TicketId};
use crate::model::intent::Trust;
use crate::model::reply::Candidate;
use crate::model::time::ServerTime;

impl Checkpoint {
    /// Lets [`Event::Recover`] happen to every row at once; a test
    /// compares this with the event, state by state.
    pub fn recover(&mut self, now: ServerTime) -> Result<(), CheckpointError> {
        let result = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|tx| recover(&tx, now).and_then(|()| tx.commit()));
        self.wrap(result)
    }

    /// Forgets what an earlier export has shown.
    pub fn forget_exported(&mut self) -> Result<(), CheckpointError> {
        let result = self.db.execute_batch(
            "DROP TABLE IF EXISTS temp.exported;
             CREATE TEMP TABLE exported (
               external_id TEXT NOT NULL,
               ticket_id   INTEGER NOT NULL,
               created_at  INTEGER,
               PRIMARY KEY (external_id, ticket_id)
             ) STRICT, WITHOUT ROWID;",
        );
        self.wrap(result)
    }

    /// Notes tickets of the export, those that carry an `external_id` of ours. Another one is not kept:
    /// whatever it holds, it is not on disk.
    pub fn note_exported<'a>(
        &mut self,
        tickets: impl Iterator<Item = (&'a str, TicketId, Option<ServerTime>)>,
    ) -> Result<(), CheckpointError> {
        let result = self.db.transaction().and_then(|tx| {
            for (external_id, ticket, created_at) in tickets {
                tx.prepare_cached(
                    "INSERT OR IGNORE INTO exported
                     SELECT external_id, ?2, ?3 FROM row WHERE external_id = ?1",
                )?
                .execute(params![
                    external_id,
                    ticket.0,
                    created_at.map(|t| t.0)
                ])?;
            }
            tx.commit()
        });
        self.wrap(result)
    }

    /// Lets a lookup that found what the export has shown happen to every pending row that was to be
    /// looked up. The export has been read to its end, after everything had settled.
    pub fn settle_recovered(&mut self) -> Result<(), CheckpointError> {
        let result = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|tx| settle(&tx).and_then(|()| tx.commit()));
        self.wrap(result)
    }
}

fn settle(db: &Connection) -> rusqlite::Result<()> {
    let mut query = db.prepare(
        "SELECT r.number, r.keys, r.first_sent_at, r.last_sent_at, r.look_up_since,
                group_concat(e.ticket_id || ':' || coalesce(e.created_at, ''))
         FROM row r LEFT JOIN exported e ON e.external_id = r.external_id
         WHERE r.state = ?1 AND r.look_up_since IS NOT NULL GROUP BY r.number",
    )?;
    let mut rows = query.query([codes::PENDING])?;
    while let Some(r) = rows.next()? {
        let number = RowNumber(r.get(0)?);
        let tickets: Option<String> = r.get(5)?;
        let candidates: Vec<Candidate> = tickets
            .iter()
            .flat_map(|list| list.split(','))
            .filter_map(candidate)
            .collect();
        let found = candidates.len() as u64;
        let row = Row {
            state: State::Pending,
            past: past_at(r, 1)?,
        };
        let finding = Finding {
            candidates,
            asked_at: ServerTime(i64::MAX),
            quiet_ms: u64::MAX,
            obstacle: None,
        };
        let (after, _) = next(row, Event::LookedUp(finding), &rules());
        write_row(db, number, &after, None)?;
        if found > 0 {
            log(db, &exported(number, found))?;
        }
    }
    Ok(())
}

/// Reads `ticket:created_at`, where the second may be empty.
fn candidate(text: &str) -> Option<Candidate> {
    let (ticket, created_at) = text.split_once(':')?;
    Some(Candidate {
        ticket: TicketId(ticket.parse().ok()?),
        created_at: created_at.parse().ok().map(ServerTime),
    })
}

fn exported(row: RowNumber, found: u64) -> Attempt {
    Attempt {
        row,
        kind: Kind::Export,
        key: None,
        sent_at: ServerTime(0),
        duration_ms: 0,
        status: None,
        key_lookup: None,
        request_id: None,
        found: Some(found),
    }
}

/// That everything has settled is seen to by the caller.
fn rules() -> Rules {
    Rules {
        trust: Trust::LookupOnly,
        lookup_settle_ms: 0,
        request_timeout_ms: 0,
        resend_after_ms: 0,
        keys_max: crate::model::limits::KEYS_PER_ROW_MAX,
    }
}

fn recover(db: &Connection, now: ServerTime) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE row SET look_up_since = max(coalesce(look_up_since, ?1), ?1)
         WHERE state IN (?2, ?3, ?4, ?5)",
        params![
            now.0,
            codes::PENDING,
            codes::SENDING,
            codes::INVALID,
            codes::WITHDRAWN
        ],
    )?;
    db.execute(
        "UPDATE flight SET trust = ?1",
        [codes::trust(Trust::LookupOnly)],
    )?;
    Ok(())
}

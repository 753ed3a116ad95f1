//! Recovery after a loss: every open row is looked up before it is sent.

use rusqlite::{Connection, params};

use super::batch::{Attempt, Kind, log};
use super::codes;
use super::deleted::deleted_tickets;
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::row_update::write_row;
use super::rows::past_at;
use crate::lifecycle::{Event, Finding, Row, Rules, State, next, without_deleted};
use crate::model::external_id::folded;
use crate::model::ids::{RowNumber, TicketId};
use crate::model::intent::Trust;
use crate::model::reply::{Candidate, Found, NearMatch};
use crate::model::time::ServerTime;

impl Checkpoint {
    /// Applies [`Event::Recover`] to every row at once; a test compares this with the event, state
    /// by state.
    pub fn recover(&mut self, now: ServerTime) -> Result<(), CheckpointError> {
        self.write(|tx| recover(tx, now))
    }

    /// Forgets the tickets of an earlier export and prepares for another one.
    pub fn forget_exported(&mut self) -> Result<(), CheckpointError> {
        self.write(|tx| {
            tx.execute_batch(EXPORTED)?;
            fold_open_rows(tx)
        })
    }

    /// Stores tickets of the export: those with an `external_id` of ours, and those whose
    /// `external_id` is so similar that Zendesk may have derived it from ours. No other ticket is
    /// stored, so nothing in it reaches the disk.
    pub fn note_exported<'a>(
        &mut self,
        tickets: impl Iterator<Item = (&'a str, TicketId, Option<ServerTime>)>,
    ) -> Result<(), CheckpointError> {
        self.write(|tx| {
            for (external_id, ticket, created_at) in tickets {
                let is_known = tx
                    .prepare_cached("SELECT 1 FROM row WHERE external_id = ?1")?
                    .exists([external_id])?;
                if is_known {
                    tx.prepare_cached("INSERT OR IGNORE INTO exported VALUES (?1, ?2, ?3)")?
                        .execute(params![external_id, ticket.0, created_at.map(|t| t.0)])?;
                } else {
                    let folded: String = folded(external_id).collect();
                    tx.prepare_cached(
                        "INSERT OR IGNORE INTO near
                         SELECT external_id, ?2, ?3 FROM folded WHERE folded = ?1",
                    )?
                    .execute(params![folded, ticket.0, external_id])?;
                }
            }
            Ok(())
        })
    }

    /// Settles the pending rows that had to be looked up with the tickets that the export has
    /// shown. The export has been read to its end, after everything had settled.
    pub fn settle_recovered(&mut self) -> Result<(), CheckpointError> {
        self.write(|tx| settle(tx))
    }
}

/// The tickets that the export has shown. `folded` has the rows that must be looked up, because
/// SQLite cannot fold case as Rust does.
const EXPORTED: &str = "
DROP TABLE IF EXISTS temp.exported;
CREATE TEMP TABLE exported (
  external_id TEXT NOT NULL,
  ticket_id   INTEGER NOT NULL,
  created_at  INTEGER,
  PRIMARY KEY (external_id, ticket_id)
) STRICT, WITHOUT ROWID;

DROP TABLE IF EXISTS temp.near;
CREATE TEMP TABLE near (
  external_id TEXT PRIMARY KEY,
  ticket_id   INTEGER NOT NULL,
  theirs      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

DROP TABLE IF EXISTS temp.folded;
CREATE TEMP TABLE folded (
  folded      TEXT NOT NULL,
  external_id TEXT NOT NULL,
  PRIMARY KEY (folded, external_id)
) STRICT, WITHOUT ROWID;
";

fn fold_open_rows(db: &Connection) -> rusqlite::Result<()> {
    let mut query = db.prepare(
        "SELECT external_id FROM row
         WHERE state = ?1 AND look_up_since IS NOT NULL AND external_id IS NOT NULL",
    )?;
    let mut insert = db.prepare("INSERT OR IGNORE INTO folded VALUES (?1, ?2)")?;
    let mut rows = query.query([codes::PENDING])?;
    while let Some(row) = rows.next()? {
        let external_id: String = row.get(0)?;
        let folded: String = folded(&external_id).collect();
        insert.execute([&folded, &external_id])?;
    }
    Ok(())
}

fn settle(db: &Connection) -> rusqlite::Result<()> {
    let mut query = db.prepare(
        "SELECT r.number, r.keys, r.first_sent_at, r.last_sent_at, r.look_up_since, r.claim,
                (SELECT group_concat(e.ticket_id || ':' || coalesce(e.created_at, ''))
                 FROM exported e WHERE e.external_id = r.external_id),
                n.ticket_id, n.theirs
         FROM row r LEFT JOIN near n ON n.external_id = r.external_id
         WHERE r.state = ?1 AND r.look_up_since IS NOT NULL",
    )?;
    let mut rows = query.query([codes::PENDING])?;
    while let Some(r) = rows.next()? {
        let number = RowNumber(r.get(0)?);
        let tickets: Option<String> = r.get(6)?;
        let candidates: Vec<Candidate> = tickets
            .iter()
            .flat_map(|list| list.split(','))
            .filter_map(candidate)
            .collect();
        let near: Option<u64> = r.get(7)?;
        let near = match near {
            Some(ticket) => Some(NearMatch {
                ticket: TicketId(ticket),
                external_id: r.get(8)?,
            }),
            None => None,
        };
        let found = Found {
            exact: candidates,
            near: Vec::from_iter(near),
        };
        let Found {
            exact: candidates,
            near,
        } = without_deleted(found, &deleted_tickets(db, number)?);
        let near = near.into_iter().next();
        let found = candidates.len() as u64;
        let row = Row {
            state: State::Pending,
            past: past_at(r, 1)?,
        };
        let finding = Finding {
            candidates,
            near,
            asked_at: ServerTime(i64::MAX),
            quiet_ms: u64::MAX,
            obstacle: None,
        };
        let (after, _) = next(row, Event::LookedUp(finding), &Rules::at_rest());
        write_row(db, number, &after, None)?;
        if found > 0 {
            log(db, &exported(number, found))?;
        }
    }
    Ok(())
}

/// Parses `ticket:created_at`, where the second part may be empty.
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

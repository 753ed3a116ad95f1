//! Tickets of rows that were deleted in Zendesk. They are remembered because an index may show them
//! for a while.

use rusqlite::{Connection, params};

use super::claims::{Claim, claim_of, settled_row};
use super::codes;
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::row_update::write_row;
use super::settings::{Setting, write};
use super::since::Since;
use super::verified::MISSING;
use crate::lifecycle::{Event, Rules, Step, next};
use crate::model::ids::{Key, RowNumber, TicketId};
use crate::model::time::ServerTime;

impl Checkpoint {
    /// Returns the rows whose tickets the last verification did not find, or the row on this line
    /// if it has a ticket, each with its ticket. Rows that the CSV no longer has cannot be sent
    /// again.
    pub fn perhaps_deleted(&self, line: Option<u64>) -> Result<Vec<Claim>, CheckpointError> {
        let query = "SELECT number, line, external_id, ticket_id FROM row
                     WHERE state = ?1 AND since IS NOT ?2
                       AND CASE WHEN ?3 IS NULL
                           THEN number IN (SELECT row FROM verified WHERE outcome = ?4)
                           ELSE line = ?3 END
                     ORDER BY number";
        self.wrap(self.db.prepare(query).and_then(|mut query| {
            let gone = Since::Gone.code();
            let rows = query.query_map(params![codes::CREATED, gone, line, MISSING], claim_of)?;
            rows.collect()
        }))
    }

    /// Puts a row whose ticket is deleted, according to Zendesk, back to pending with a new key; it
    /// must be looked up before it is sent. The next run reads the whole CSV again. Reports whether
    /// the row still had the ticket.
    pub fn put_back(
        &mut self,
        row: &Claim,
        now: ServerTime,
        key: Key,
    ) -> Result<bool, CheckpointError> {
        self.write(|tx| {
            let Some(before) = settled_row(tx, row.row)? else {
                return Ok(false);
            };
            let event = Event::Deleted {
                ticket: row.ticket,
                now,
            };
            let (after, step) = next(before, event, &Rules::at_rest());
            if step != Step::NewKey {
                return Ok(false);
            }
            write_row(tx, row.row, &after, Some(key))?;
            tx.execute(
                "INSERT OR REPLACE INTO deleted_ticket (row, ticket_id, at) VALUES (?1, ?2, ?3)",
                params![row.row.0, row.ticket.0, now.0],
            )?;
            tx.execute("DELETE FROM verified WHERE row = ?1", [row.row.0])?;
            tx.execute("DELETE FROM second_ticket WHERE row = ?1", [row.row.0])?;
            write(tx, Setting::CsvSha256, "")?;
            Ok(true)
        })
    }

    /// Returns the row's tickets that were deleted in Zendesk.
    pub fn deleted_tickets(&self, row: RowNumber) -> Result<Vec<TicketId>, CheckpointError> {
        self.wrap(deleted_tickets(&self.db, row))
    }
}

pub(super) fn deleted_tickets(db: &Connection, row: RowNumber) -> rusqlite::Result<Vec<TicketId>> {
    db.prepare_cached("SELECT ticket_id FROM deleted_ticket WHERE row = ?1")?
        .query_map([row.0], |r| r.get(0).map(TicketId))?
        .collect()
}

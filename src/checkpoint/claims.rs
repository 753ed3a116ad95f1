//! Tickets that the operator has named for rows. A claim may still need checking or may be
//! confirmed by Zendesk; either can be taken back.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use super::batch::{Attempt, Kind, log};
use super::codes;
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::retry::{Selection, select};
use super::row_update::write_row;
use super::rows::past_at;
use super::since::Since;
use crate::lifecycle::{Event, How, Past, Row, Rules, State, next};
use crate::model::ids::{RowNumber, TicketId};
use crate::model::problem::Problem;
use crate::model::time::ServerTime;

/// A row and the ticket that the operator says is its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The row.
    pub row: RowNumber,
    /// The line on which it starts in the CSV.
    pub line: u64,
    /// Its `external_id`.
    pub external_id: String,
    /// The ticket.
    pub ticket: TicketId,
}

/// The result of selecting a row to name a ticket for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// This row can have the ticket, as far as the checkpoint knows.
    Row(Claim),
    /// The selection matches this many rows instead of one.
    Selected(u64),
    /// The row on this line already has the ticket, or may have it.
    Taken(u64),
}

impl Checkpoint {
    /// Finds the row to name a ticket for. Nothing is stored yet.
    pub fn to_name(
        &self,
        selection: &Selection,
        ticket: TicketId,
    ) -> Result<Name, CheckpointError> {
        let selected = self.wrap(select(&self.db, selection))?;
        let [row] = &selected[..] else {
            return Ok(Name::Selected(selected.len() as u64));
        };
        if let Some(line) = self.wrap(holder(&self.db, ticket, row.number, true))? {
            return Ok(Name::Taken(line));
        }
        Ok(Name::Row(Claim {
            row: row.number,
            line: row.line,
            external_id: row.external_id.clone(),
            ticket,
        }))
    }

    /// Stores a claim that Zendesk still has to confirm.
    pub fn claim(&mut self, claim: &Claim) -> Result<(), CheckpointError> {
        self.write(|tx| happen(tx, claim.row, Event::Claim(claim.ticket)).map(drop))
    }

    /// Stores a claim that Zendesk has confirmed.
    pub fn assign(&mut self, claim: &Claim) -> Result<(), CheckpointError> {
        self.write(|tx| {
            let past = happen(tx, claim.row, Event::Assign(claim.ticket))?;
            let sent_at = past.and_then(|past| past.last_sent_at);
            let sent_at = sent_at.unwrap_or(ServerTime(0));
            log(tx, &named_by_a_person(claim.row, sent_at))
        })
    }

    /// Takes back the claim on a row's ticket.
    pub fn take_back(&mut self, row: RowNumber) -> Result<(), CheckpointError> {
        self.write(|tx| happen(tx, row, Event::TakeBack).map(drop))
    }

    /// Returns the claims that still have to be checked, in row order.
    pub fn claims(&self) -> Result<Vec<Claim>, CheckpointError> {
        let query = "SELECT number, line, external_id, claim FROM row WHERE claim IS NOT NULL
                     ORDER BY number";
        self.wrap(self.db.prepare(query).and_then(|mut query| {
            let rows = query.query_map([], claim_of)?;
            rows.collect()
        }))
    }

    /// Returns the tickets that the operator has named and can take back; if a line is given, only
    /// that of the row on this line.
    pub fn named(&self, line: Option<u64>) -> Result<Vec<Claim>, CheckpointError> {
        let query = "SELECT number, line, external_id, coalesce(claim, ticket_id) FROM row
                     WHERE (claim IS NOT NULL OR state = ?1 AND how = ?2)
                       AND (?3 IS NULL OR line = ?3 AND since IS NOT ?4) ORDER BY number";
        let gone = Since::Gone.code();
        self.wrap(self.db.prepare(query).and_then(|mut query| {
            let meant = params![codes::CREATED, codes::NAMED, line, gone];
            let rows = query.query_map(meant, claim_of)?;
            rows.collect()
        }))
    }

    /// Returns the line of another row that certainly has this ticket.
    pub fn holder(&self, claim: &Claim) -> Result<Option<u64>, CheckpointError> {
        self.wrap(holder(&self.db, claim.ticket, claim.row, false))
    }

    /// Applies [`Event::Started`] to every row at once; a test compares this with the event.
    pub fn start_at(&mut self, now: ServerTime) -> Result<(), CheckpointError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE row SET look_up_since = ?1 WHERE state = ?2 AND look_up_since = ?3",
                params![now.0, codes::PENDING, Past::NEXT_RUN.0],
            )?;
            Ok(())
        })
    }
}

pub(super) fn claim_of(r: &SqlRow<'_>) -> rusqlite::Result<Claim> {
    Ok(Claim {
        row: RowNumber(r.get(0)?),
        line: r.get(1)?,
        external_id: r.get(2)?,
        ticket: TicketId(r.get(3)?),
    })
}

/// Returns the line of another row that has or claims the ticket.
fn holder(
    db: &Connection,
    ticket: TicketId,
    row: RowNumber,
    or_claims: bool,
) -> rusqlite::Result<Option<u64>> {
    db.query_row(
        "SELECT line FROM row
         WHERE number <> ?2 AND (ticket_id = ?1 OR ?3 AND claim = ?1) LIMIT 1",
        params![ticket.0, row.0, or_claims],
        |r| r.get(0),
    )
    .optional()
}

/// Applies an event to a row that is not in flight. Returns the row's past.
fn happen(db: &Connection, number: RowNumber, event: Event) -> rusqlite::Result<Option<Past>> {
    let Some(row) = settled_row(db, number)? else {
        return Ok(None);
    };
    let (after, _) = next(row.clone(), event, &Rules::at_rest());
    if after != row {
        write_row(db, number, &after, None)?;
    }
    Ok(Some(after.past))
}

/// Returns a row that is created, rejected or unknown.
pub(super) fn settled_row(db: &Connection, number: RowNumber) -> rusqlite::Result<Option<Row>> {
    let row = db
        .query_row(
            "SELECT state, ticket_id, how, problem_code, problem_message,
                    keys, first_sent_at, last_sent_at, look_up_since, claim
             FROM row WHERE number = ?1",
            [number.0],
            |r| {
                let problem = || {
                    let (code, message): (Option<String>, Option<String>) = (r.get(3)?, r.get(4)?);
                    Ok::<_, rusqlite::Error>(Problem::new(
                        code.unwrap_or_default(),
                        message.unwrap_or_default(),
                    ))
                };
                let state = match r.get(0)? {
                    codes::CREATED => Some(State::Created {
                        ticket: TicketId(r.get(1)?),
                        how: how(r.get(2)?),
                    }),
                    codes::REJECTED => Some(State::Rejected(problem()?)),
                    codes::UNKNOWN => Some(State::Unknown(problem()?)),
                    _ => None,
                };
                let past = past_at(r, 5)?;
                Ok(state.map(|state| Row { state, past }))
            },
        )
        .optional()?;
    Ok(row.flatten())
}

fn how(code: i64) -> How {
    match code {
        0 => How::Miss,
        codes::HIT => How::Hit,
        codes::FOUND => How::Found,
        codes::NAMED => How::Named,
        _ => How::Unmarked,
    }
}

/// Records in the log why a row is created when no request shows it.
fn named_by_a_person(row: RowNumber, sent_at: ServerTime) -> Attempt {
    Attempt {
        row,
        kind: Kind::Person,
        key: None,
        sent_at,
        duration_ms: 0,
        status: None,
        key_lookup: None,
        request_id: None,
        found: Some(1),
    }
}

//! Tickets that a person names as a row's: some wait to be checked, some the account has agreed to, and
//! all can be taken back.

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

/// A row and the ticket that a person says is its own.
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

/// What became of a wish to name a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// This row can have it, for all that the checkpoint knows.
    Row(Claim),
    /// Not one row is selected, but so many.
    Selected(u64),
    /// The row on this line has the ticket already, or may have it.
    Taken(u64),
}

impl Checkpoint {
    /// Finds the row whose ticket this is to be. Nothing is noted yet.
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

    /// Notes that the account is still to be asked about a ticket.
    pub fn claim(&mut self, claim: &Claim) -> Result<(), CheckpointError> {
        self.write(|tx| happen(tx, claim.row, Event::Claim(claim.ticket)).map(drop))
    }

    /// Notes a ticket that the account has agreed to.
    pub fn assign(&mut self, claim: &Claim) -> Result<(), CheckpointError> {
        self.write(|tx| {
            let past = happen(tx, claim.row, Event::Assign(claim.ticket))?;
            let sent_at = past.and_then(|past| past.last_sent_at);
            let sent_at = sent_at.unwrap_or(ServerTime(0));
            log(tx, &named_by_a_person(claim.row, sent_at))
        })
    }

    /// Takes back what a person said of the row's ticket.
    pub fn take_back(&mut self, row: RowNumber) -> Result<(), CheckpointError> {
        self.write(|tx| happen(tx, row, Event::TakeBack).map(drop))
    }

    /// The tickets that are still to be checked, in the order of the rows.
    pub fn claims(&self) -> Result<Vec<Claim>, CheckpointError> {
        let query = "SELECT number, line, external_id, claim FROM row WHERE claim IS NOT NULL
                     ORDER BY number";
        self.wrap(self.db.prepare(query).and_then(|mut query| {
            let rows = query.query_map([], claim_of)?;
            rows.collect()
        }))
    }

    /// The tickets that a person has named and can take back, with the row on this line alone if one is
    /// given.
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

    /// The line of another row that has this ticket for certain.
    pub fn holder(&self, claim: &Claim) -> Result<Option<u64>, CheckpointError> {
        self.wrap(holder(&self.db, claim.ticket, claim.row, false))
    }

    /// Lets [`Event::Started`] happen to every row at once; a test compares this with the event.
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

/// The line of another row that has a ticket, or of which somebody says so.
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

/// Lets something happen to a row that is not in flight. Returns its past.
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

/// A row that is created, rejected or unknown.
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

/// The log holds why a row is created, also where no request told it.
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

//! What a person decides about rows that the program has given up: to have them tried again, or
//! which ticket is theirs.

use rusqlite::{Connection, OptionalExtension, params};

use super::batch::{Attempt, Kind, log, write_row};
use super::codes;
use super::error::CheckpointError;
use super::open::Checkpoint;
use super::rows::past_at;
use super::settings::{Setting, write};
use super::since::Since;
use crate::lifecycle::{Event, Past, Row, Rules, State, Step, next};
use crate::model::ids::{Key, RowNumber, TicketId};
use crate::model::intent::Trust;
use crate::model::problem::Problem;
use crate::model::time::ServerTime;

/// Which rows a person means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// The unknown rows instead of the rejected ones.
    pub unknown: bool,
    /// Only those with this problem code.
    pub code: Option<String>,
    /// Only the one that starts on this line of the CSV.
    pub line: Option<u64>,
}

/// What became of a wish to note a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// It is noted.
    Done,
    /// Nothing is noted: not one row is selected, but so many.
    Selected(u64),
    /// Nothing is noted: the row on this line has the ticket already.
    Taken(u64),
}

/// A row that was selected.
struct Selected {
    number: RowNumber,
    state: State,
    past: Past,
}

impl Checkpoint {
    /// Puts the selected rows back to pending, each with a new key, to be looked up before they are
    /// sent. Returns how many they are. The next run reads the whole CSV again: rows that were given
    /// up may read otherwise by now.
    pub fn retry(
        &mut self,
        selection: &Selection,
        mut make_key: impl FnMut() -> Key,
    ) -> Result<u64, CheckpointError> {
        self.decide(selection, |db, selected| {
            let row = Row {
                state: selected.state,
                past: selected.past,
            };
            let (after, step) = next(row, Event::Retry, &rules());
            let key = (step == Step::NewKey).then(&mut make_key);
            write(db, Setting::CsvSha256, "")?;
            write_row(db, selected.number, &after, key)
        })
    }

    /// Notes that a ticket belongs to the selected row, if one is selected and no other row has the
    /// ticket.
    pub fn assign(
        &mut self,
        selection: &Selection,
        ticket: TicketId,
    ) -> Result<Assigned, CheckpointError> {
        let found = self.wrap(select(&self.db, selection))?.len() as u64;
        if found != 1 {
            return Ok(Assigned::Selected(found));
        }
        if let Some(line) = self.wrap(line_of(&self.db, ticket))? {
            return Ok(Assigned::Taken(line));
        }
        self.decide(selection, |db, selected| {
            let sent_at = selected.past.last_sent_at.unwrap_or(ServerTime(0));
            let row = Row {
                state: selected.state,
                past: selected.past,
            };
            let (after, _) = next(row, Event::Assign(ticket), &rules());
            write_row(db, selected.number, &after, None)?;
            log(db, &named_by_a_person(selected.number, sent_at))
        })?;
        Ok(Assigned::Done)
    }

    fn decide(
        &mut self,
        selection: &Selection,
        mut each: impl FnMut(&Connection, Selected) -> rusqlite::Result<()>,
    ) -> Result<u64, CheckpointError> {
        self.write(|tx| {
            let selected = select(tx, selection)?;
            let count = selected.len() as u64;
            selected.into_iter().try_for_each(|row| each(tx, row))?;
            Ok(count)
        })
    }
}

/// The line of the row that has a ticket, if one has.
fn line_of(db: &Connection, ticket: TicketId) -> rusqlite::Result<Option<u64>> {
    db.query_row(
        "SELECT line FROM row WHERE ticket_id = ?1",
        [ticket.0],
        |row| row.get(0),
    )
    .optional()
}

fn select(db: &Connection, selection: &Selection) -> rusqlite::Result<Vec<Selected>> {
    let state = if selection.unknown {
        codes::UNKNOWN
    } else {
        codes::REJECTED
    };
    let mut query = db.prepare(
        "SELECT number, problem_code, problem_message,
                keys, first_sent_at, last_sent_at, look_up_since
         FROM row WHERE state = ?1 AND (?2 IS NULL OR problem_code = ?2)
                    AND (?3 IS NULL OR line = ?3 AND since IS NOT ?4) ORDER BY number",
    )?;
    // The line of a row that is gone may be that of another row by now.
    let gone = Since::Gone.code();
    let meant = params![state, selection.code, selection.line, gone];
    let rows = query.query_map(meant, |r| {
        let (code, message): (Option<String>, Option<String>) = (r.get(1)?, r.get(2)?);
        let problem = Problem::new(code.unwrap_or_default(), message.unwrap_or_default());
        Ok(Selected {
            number: RowNumber(r.get(0)?),
            state: if selection.unknown {
                State::Unknown(problem)
            } else {
                State::Rejected(problem)
            },
            past: past_at(r, 3)?,
        })
    })?;
    rows.collect()
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

/// No time passes while a person decides.
fn rules() -> Rules {
    Rules {
        trust: Trust::LookupOnly,
        lookup_settle_ms: 0,
        request_timeout_ms: 0,
        resend_after_ms: 0,
        keys_max: crate::model::limits::KEYS_PER_ROW_MAX,
    }
}

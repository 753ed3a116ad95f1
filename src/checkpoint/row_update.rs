//! Writes the new state of a row.

use rusqlite::{Connection, params};

use super::codes;
use crate::lifecycle::{Row, State};
use crate::model::ids::{Key, RowNumber};
use crate::model::problem::Problem;

/// Writes a row that was not sent in the meantime, with a new key if it has one.
pub(super) fn write_row(
    db: &Connection,
    number: RowNumber,
    row: &Row,
    key: Option<Key>,
) -> rusqlite::Result<()> {
    write_row_sent(db, number, row, key, 0)
}

/// Writes a row that was sent this many more times.
pub(super) fn write_row_sent(
    db: &Connection,
    number: RowNumber,
    row: &Row,
    key: Option<Key>,
    times: u32,
) -> rusqlite::Result<()> {
    let (ticket, how) = match row.state {
        State::Created { ticket, how } => (Some(ticket.0), Some(codes::how(how))),
        State::Invalid(_)
        | State::Pending
        | State::Sending(_)
        | State::Rejected(_)
        | State::Unknown(_)
        | State::Withdrawn => (None, None),
    };
    let problem = problem(&row.state);
    db.prepare_cached(
        "UPDATE row SET state = ?2, keys = ?3, first_sent_at = ?4, last_sent_at = ?5,
                look_up_since = ?6, ticket_id = ?7, how = ?8, problem_code = ?9,
                problem_message = ?10, key = coalesce(?11, key), attempts = attempts + ?12,
                claim = ?13
         WHERE number = ?1",
    )?
    .execute(params![
        number.0,
        codes::state(&row.state),
        row.past.keys,
        row.past.first_sent_at.map(|t| t.0),
        row.past.last_sent_at.map(|t| t.0),
        row.past.look_up_since.map(|t| t.0),
        ticket,
        how,
        problem.map(|p| &*p.code),
        problem.map(|p| &p.message),
        key.as_ref().map(Key::as_bytes),
        times,
        row.past.claim.map(|ticket| ticket.0),
    ])?;
    Ok(())
}

fn problem(state: &State) -> Option<&Problem> {
    match state {
        State::Invalid(problem) | State::Rejected(problem) | State::Unknown(problem) => {
            Some(problem)
        }
        State::Pending | State::Sending(_) | State::Created { .. } | State::Withdrawn => None,
    }
}

//! The operator's decisions about a row: to retry it, which ticket is its own, or that its ticket
//! was deleted.

use super::event::Step;
use super::scanned::retried;
use super::state::{How, Past, Row, State};
use crate::model::ids::TicketId;
use crate::model::problem::Problem;
use crate::model::time::ServerTime;

/// Retries a row, unless the operator has named its ticket: it may have that ticket, so it is not
/// sent.
pub(super) fn retry(row: Row) -> (Row, Step) {
    let Row { state, past } = row;
    match state {
        State::Rejected(_) | State::Unknown(_) if past.claim.is_none() => {
            (retried(past), Step::NewKey)
        }
        state @ (State::Rejected(_)
        | State::Unknown(_)
        | State::Invalid(_)
        | State::Pending
        | State::Sending(_)
        | State::Created { .. }
        | State::Withdrawn) => (Row { state, past }, Step::Rest),
    }
}

pub(super) fn claim(row: Row, ticket: TicketId) -> (Row, Step) {
    let Row { state, past } = row;
    let claim = match state {
        State::Rejected(_) | State::Unknown(_) => Some(ticket),
        State::Invalid(_)
        | State::Pending
        | State::Sending(_)
        | State::Created { .. }
        | State::Withdrawn => past.claim,
    };
    let past = Past { claim, ..past };
    (Row { state, past }, Step::Rest)
}

pub(super) fn assign(row: Row, ticket: TicketId) -> (Row, Step) {
    let Row { state, past } = row;
    match state {
        State::Rejected(_) | State::Unknown(_) => {
            let how = How::Named;
            let state = State::Created { ticket, how };
            (without_claim(state, past), Step::Rest)
        }
        state @ (State::Invalid(_)
        | State::Pending
        | State::Sending(_)
        | State::Created { .. }
        | State::Withdrawn) => (Row { state, past }, Step::Rest),
    }
}

/// Takes back a claim. If Zendesk has not confirmed the claim yet, the row stays as it was before.
/// If the claim was the only reason why the row had its ticket, the row becomes unknown, because
/// whether it has a ticket is now uncertain. If it is tried again, changes made in the account
/// until then have time to settle.
pub(super) fn take_back(row: Row) -> (Row, Step) {
    let Row { state, past } = row;
    match state {
        State::Created {
            ticket,
            how: How::Named,
        } => {
            let past = Past {
                look_up_since: Some(Past::NEXT_RUN),
                ..past
            };
            let state = State::Unknown(taken_back(ticket));
            (Row { state, past }, Step::Rest)
        }
        state @ (State::Rejected(_) | State::Unknown(_)) => {
            (without_claim(state, past), Step::Rest)
        }
        state @ (State::Created {
            how: How::Miss | How::Hit | How::Unmarked | How::Found,
            ..
        }
        | State::Invalid(_)
        | State::Pending
        | State::Sending(_)
        | State::Withdrawn) => (Row { state, past }, Step::Rest),
    }
}

/// Puts a row whose ticket was deleted back to pending. It gets a new key, because Zendesk may
/// answer the old one with the deleted ticket, and it is looked up before it is sent, because its
/// ticket may have been created anew.
pub(super) fn deleted(row: Row, deleted: TicketId, now: ServerTime) -> (Row, Step) {
    let Row { state, past } = row;
    match state {
        State::Created { ticket, .. } if ticket == deleted => {
            let past = Past {
                look_up_since: past.look_up_since.max(Some(now)),
                ..past
            };
            (retried(past), Step::NewKey)
        }
        state @ (State::Created { .. }
        | State::Invalid(_)
        | State::Pending
        | State::Sending(_)
        | State::Rejected(_)
        | State::Unknown(_)
        | State::Withdrawn) => (Row { state, past }, Step::Rest),
    }
}

/// Starts the settling time of a row that was put back while Zendesk's clock was unknown.
pub(super) fn started(row: Row, now: ServerTime) -> (Row, Step) {
    let Row { state, past } = row;
    let look_up_since = match state {
        State::Pending if past.look_up_since == Some(Past::NEXT_RUN) => Some(now),
        State::Pending
        | State::Invalid(_)
        | State::Sending(_)
        | State::Created { .. }
        | State::Rejected(_)
        | State::Unknown(_)
        | State::Withdrawn => past.look_up_since,
    };
    let past = Past {
        look_up_since,
        ..past
    };
    (Row { state, past }, Step::Rest)
}

fn without_claim(state: State, past: Past) -> Row {
    let past = Past {
        claim: None,
        ..past
    };
    Row { state, past }
}

fn taken_back(ticket: TicketId) -> Problem {
    Problem::new(
        "TakenBack",
        format!(
            "ticket {ticket} was named as the row's and taken back; look for its external_id in \
             Zendesk, then name its ticket with retry --unknown --as-ticket, or retry it"
        ),
    )
}

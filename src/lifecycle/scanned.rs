//! What another scan of the CSV does to a row that the checkpoint knows.

use super::event::{Sighting, Step};
use super::state::{Past, Row, State};
use crate::model::time::ServerTime;

/// A row that was ever sent keeps what it has: the CSV of today does not undo a request of
/// yesterday. Only a rejected row that was fixed is tried again, after a lookup, unless a person has
/// named its ticket.
pub(super) fn scanned(row: Row, sighting: Sighting) -> (Row, Step) {
    let Row { state, past } = row;
    match (state, sighting) {
        (State::Invalid(_) | State::Withdrawn, Sighting::Same | Sighting::Changed)
        | (State::Pending, Sighting::Changed) => (
            Row {
                state: State::Pending,
                past,
            },
            Step::NewKey,
        ),
        (State::Rejected(_), Sighting::Changed) if past.claim.is_none() => {
            (retried(past), Step::NewKey)
        }
        (State::Invalid(_) | State::Pending | State::Withdrawn, Sighting::Invalid(problem)) => (
            Row {
                state: State::Invalid(problem),
                past,
            },
            Step::Rest,
        ),
        (State::Invalid(_) | State::Pending | State::Withdrawn, Sighting::Gone) => (
            Row {
                state: State::Withdrawn,
                past,
            },
            Step::Rest,
        ),
        (state @ (State::Pending | State::Rejected(_)), Sighting::Same)
        | (state @ State::Rejected(_), Sighting::Changed | Sighting::Invalid(_) | Sighting::Gone)
        | (
            state @ (State::Sending(_) | State::Created { .. } | State::Unknown(_)),
            Sighting::Same | Sighting::Changed | Sighting::Invalid(_) | Sighting::Gone,
        ) => (Row { state, past }, Step::Rest),
    }
}

/// A row that is tried again after it was refused or given up: looked up first, since a request of
/// the past may have made its ticket after all, with a fresh budget of keys.
pub(super) fn retried(past: Past) -> Row {
    let since = past.look_up_since.max(past.last_sent_at);
    // Also a row that this checkpoint never sent may have a ticket, if it was lost or copied.
    let look_up_since = since.or(Some(ServerTime(0)));
    Row {
        state: State::Pending,
        past: Past {
            keys: 1,
            look_up_since,
            ..past
        },
    }
}

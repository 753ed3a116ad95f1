//! How another scan of the CSV changes a row that the checkpoint knows.

use super::event::{Sighting, Step};
use super::state::{Past, Row, State};
use crate::model::time::ServerTime;

/// Applies a new scan to a row. A row that was ever sent keeps its state, because editing the CSV
/// does not undo a request. Only a rejected row that was fixed is tried again, after a lookup,
/// unless the operator has named its ticket.
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

/// Makes a rejected or unknown row pending again with a fresh budget of keys. It must be looked up
/// first, because an earlier request may have made its ticket after all.
pub(super) fn retried(past: Past) -> Row {
    let since = past.look_up_since.max(past.last_sent_at);
    // A row that this checkpoint never sent may have a ticket too, if the checkpoint was lost or
    // copied.
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

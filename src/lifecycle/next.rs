//! The one total function over (state, event). There is no catch-all arm, so a new state or event
//! does not compile until every cell of the grid has been considered.

use super::event::{Event, Evidence, Finding, Rules, Step};
use super::person::{assign, claim, deleted, retry, started, take_back};
use super::replied::replied;
use super::scanned::scanned;
use super::state::{Flight, Past, Row, State};
use super::{verdict, window};
use crate::model::ids::TicketId;
use crate::model::intent::Trust;
use crate::model::limits::ATTEMPTS_PER_KEY_MAX;
use crate::model::time::ServerTime;

/// Returns the row after an event, and the step to take.
///
/// Events that have no meaning in a state (such as a second reply) leave the row unchanged.
pub fn next(row: Row, event: Event, rules: &Rules) -> (Row, Step) {
    match event {
        Event::Due {
            now,
            evidence,
            local_age_ms,
            same_route,
            highest_ticket,
        } => {
            let turn = Turn {
                now,
                evidence,
                local_age_ms,
                same_route,
                highest_ticket,
            };
            due(row, &turn, rules)
        }
        Event::Replied {
            verdict,
            key_lookup,
            ours,
            evidence,
            now,
            jitter,
        } => match row.state {
            State::Sending(flight) => {
                let reply = super::replied::Told {
                    key_lookup,
                    ours,
                    evidence,
                    now,
                    jitter,
                };
                replied(row.past, flight, verdict, &reply, rules)
            }
            State::Invalid(_)
            | State::Pending
            | State::Created { .. }
            | State::Rejected(_)
            | State::Unknown(_)
            | State::Withdrawn => (row, Step::Rest),
        },
        Event::LookedUp(finding) => looked_up(row, &finding, rules),
        Event::KeysDropped => keys_dropped(row),
        Event::NeverSent => never_sent(row),
        Event::Scanned(sighting) => scanned(row, sighting),
        Event::Retry => retry(row),
        Event::Claim(ticket) => claim(row, ticket),
        Event::Assign(ticket) => assign(row, ticket),
        Event::TakeBack => take_back(row),
        Event::Deleted { ticket, now } => deleted(row, ticket, now),
        Event::Started { now } => started(row, now),
        Event::Recover { now } => recover(row, now),
    }
}

/// The contents of [`Event::Due`].
struct Turn {
    now: ServerTime,
    evidence: Evidence,
    local_age_ms: u64,
    same_route: bool,
    highest_ticket: Option<TicketId>,
}

fn due(row: Row, turn: &Turn, rules: &Rules) -> (Row, Step) {
    let Row { state, past } = row;
    match state {
        State::Pending if past.look_up_since.is_some() => (
            Row {
                state: State::Pending,
                past,
            },
            look_up_when_settled(past, turn.now, rules),
        ),
        State::Pending => depart(past, turn, rules),
        // Nothing was ever sent under this key, but its body was built for a different endpoint,
        // account or user.
        State::Sending(flight)
            if flight.attempts == 0 && past.look_up_since.is_none() && !turn.same_route =>
        {
            (
                Row {
                    state: State::Pending,
                    past,
                },
                Step::NewKey,
            )
        }
        // Nothing was ever sent under this key, so this may count as its first request.
        State::Sending(flight) if flight.attempts == 0 && past.look_up_since.is_none() => {
            depart(past, turn, rules)
        }
        State::Sending(flight) if may_resend(&flight, turn, rules) => {
            if let Some(finished_at) = may_be_at_work(&flight, past, turn.now, rules) {
                let step = Step::WaitUntil(finished_at);
                return (
                    Row {
                        state: State::Sending(flight),
                        past,
                    },
                    step,
                );
            }
            let flight = Flight {
                attempts: flight.attempts + 1,
                open: flight.open + 1,
                last_sent_at: turn.now,
                unanswered: true,
                ..flight
            };
            let past = Past {
                last_sent_at: Some(turn.now),
                ..past
            };
            (
                Row {
                    state: State::Sending(flight),
                    past,
                },
                Step::Resend,
            )
        }
        State::Sending(flight) => {
            let step = look_up_when_settled(past, turn.now, rules);
            (
                Row {
                    state: State::Sending(flight),
                    past,
                },
                step,
            )
        }
        state @ (State::Invalid(_)
        | State::Created { .. }
        | State::Rejected(_)
        | State::Unknown(_)
        | State::Withdrawn) => (Row { state, past }, Step::Rest),
    }
}

fn depart(past: Past, turn: &Turn, rules: &Rules) -> (Row, Step) {
    let flight = Flight {
        attempts: 1,
        open: 1,
        first_sent_at: turn.now,
        last_sent_at: turn.now,
        trust: trust_at_departure(turn, rules),
        unanswered: true,
        highest_ticket: turn.highest_ticket,
        refusal: None,
    };
    let past = Past {
        first_sent_at: past.first_sent_at.or(Some(turn.now)),
        last_sent_at: Some(turn.now),
        ..past
    };
    (
        Row {
            state: State::Sending(flight),
            past,
        },
        Step::Send,
    )
}

/// Decides how far a key can be trusted from what is known when it is first sent. That keys arrived
/// earlier, later or by another route proves nothing about this one.
fn trust_at_departure(turn: &Turn, rules: &Rules) -> Trust {
    match turn.evidence {
        Evidence::Honoured => rules.trust,
        Evidence::Unproven | Evidence::Dropped => Trust::LookupOnly,
    }
}

/// Returns until when Zendesk may still be processing the last request, if it may be.
fn may_be_at_work(
    flight: &Flight,
    past: Past,
    now: ServerTime,
    rules: &Rules,
) -> Option<ServerTime> {
    let finished_at = past.last_sent_at?.plus(rules.resend_after_ms);
    (flight.unanswered && now < finished_at).then_some(finished_at)
}

fn may_resend(flight: &Flight, turn: &Turn, rules: &Rules) -> bool {
    let trusted = match (flight.trust, turn.evidence) {
        (Trust::Key, Evidence::Honoured) => true,
        (Trust::Key, Evidence::Unproven | Evidence::Dropped) | (Trust::LookupOnly, _) => false,
    };
    trusted
        && turn.same_route
        && flight.refusal.is_none()
        && flight.attempts < ATTEMPTS_PER_KEY_MAX
        && window::is_open(flight.first_sent_at, turn.now, rules.request_timeout_ms)
        && window::is_young(turn.local_age_ms, rules.request_timeout_ms)
}

/// Delays a lookup until the row has settled: before that, only a positive result could be
/// believed.
fn look_up_when_settled(past: Past, now: ServerTime, rules: &Rules) -> Step {
    match verdict::settled_at(&past, rules) {
        Some(settled_at) if now < settled_at => Step::WaitUntil(settled_at),
        Some(_) | None => Step::LookUp,
    }
}

fn looked_up(row: Row, finding: &Finding, rules: &Rules) -> (Row, Step) {
    let Row { state, past } = row;
    match state {
        State::Sending(flight) => verdict::of_flight(past, flight, finding, rules),
        State::Pending if past.look_up_since.is_some() => verdict::of_pending(past, finding, rules),
        state @ (State::Pending
        | State::Invalid(_)
        | State::Created { .. }
        | State::Rejected(_)
        | State::Unknown(_)
        | State::Withdrawn) => (Row { state, past }, Step::Rest),
    }
}

/// Withdraws trust from a key in flight: from now on only a lookup can show what became of its
/// request.
fn keys_dropped(row: Row) -> (Row, Step) {
    let Row { state, past } = row;
    let state = match state {
        State::Sending(flight) => State::Sending(Flight {
            trust: Trust::LookupOnly,
            ..flight
        }),
        state @ (State::Invalid(_)
        | State::Pending
        | State::Created { .. }
        | State::Rejected(_)
        | State::Unknown(_)
        | State::Withdrawn) => state,
    };
    (Row { state, past }, Step::Rest)
}

/// Takes the last intent back. The row becomes pending again if the intent was the first under its
/// key and no earlier key was ever sent. Otherwise it keeps waiting in `sending`.
fn never_sent(row: Row) -> (Row, Step) {
    let Row { state, past } = row;
    match state {
        State::Sending(flight) => {
            let flight = flight.without_last_attempt();
            if flight.attempts == 0 && flight.refusal.is_none() {
                let past = if past.keys <= 1 && past.first_sent_at == Some(flight.first_sent_at) {
                    Past {
                        first_sent_at: None,
                        last_sent_at: None,
                        ..past
                    }
                } else {
                    past
                };
                return (
                    Row {
                        state: State::Pending,
                        past,
                    },
                    Step::Rest,
                );
            }
            (
                Row {
                    state: State::Sending(flight),
                    past,
                },
                Step::Rest,
            )
        }
        state @ (State::Invalid(_)
        | State::Pending
        | State::Created { .. }
        | State::Rejected(_)
        | State::Unknown(_)
        | State::Withdrawn) => (Row { state, past }, Step::Rest),
    }
}

impl Flight {
    /// Returns the flight without its last request, which certainly had no effect.
    pub(super) fn without_last_attempt(self) -> Self {
        Self {
            attempts: self.attempts.saturating_sub(1),
            open: self.open.saturating_sub(1),
            ..self
        }
    }
}

/// Handles a loss: no open row may be sent without a lookup, and a request that another copy of the
/// checkpoint made a moment ago must have had time to settle.
fn recover(row: Row, now: ServerTime) -> (Row, Step) {
    let Row { state, past } = row;
    let indebted = Past {
        look_up_since: past.look_up_since.max(Some(now)),
        ..past
    };
    match state {
        State::Pending => (
            Row {
                state: State::Pending,
                past: indebted,
            },
            Step::Rest,
        ),
        State::Sending(flight) => {
            let flight = Flight {
                trust: Trust::LookupOnly,
                ..flight
            };
            (
                Row {
                    state: State::Sending(flight),
                    past: indebted,
                },
                Step::Rest,
            )
        }
        state @ (State::Invalid(_) | State::Withdrawn) => (
            Row {
                state,
                past: indebted,
            },
            Step::Rest,
        ),
        state @ (State::Created { .. } | State::Rejected(_) | State::Unknown(_)) => {
            (Row { state, past }, Step::Rest)
        }
    }
}

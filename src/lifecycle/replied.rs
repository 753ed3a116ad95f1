//! How the reply to a create changes a row in `sending`.

use super::event::{Evidence, Rules, Step, Stop};
use super::retry::delay_ms;
use super::state::{Flight, How, Past, Row, State};
use crate::model::intent::Trust;
use crate::model::problem::Problem;
use crate::model::reply::{KeyLookup, RetryAfter, Verdict};
use crate::model::time::ServerTime;

/// The contents of [`super::Event::Replied`] other than the verdict.
pub(super) struct Told {
    pub(super) key_lookup: Option<KeyLookup>,
    pub(super) ours: bool,
    pub(super) evidence: Evidence,
    pub(super) now: ServerTime,
    pub(super) jitter: u64,
}

pub(super) fn replied(
    past: Past,
    flight: Flight,
    verdict: Verdict,
    told: &Told,
    rules: &Rules,
) -> (Row, Step) {
    match verdict {
        Verdict::Created { ticket, .. } if told.ours => settled(
            past,
            State::Created {
                ticket,
                how: how(told.key_lookup),
            },
            Step::Rest,
        ),
        Verdict::Created {
            ticket,
            external_id,
        } => {
            let problem = foreign_external_id(ticket.0, external_id.as_deref());
            settled(
                past,
                State::Unknown(problem.clone()),
                Step::Halt(Stop::Account(problem)),
            )
        }
        Verdict::Refused(problem) | Verdict::Forbidden(problem) => refused(past, flight, problem),
        Verdict::ServerError(asked) if keeps_trust(told) => open_again(past, flight, asked, told),
        Verdict::KeyMismatch | Verdict::ServerError(_) => look_up(past, flight, told, rules),
        Verdict::Unreadable | Verdict::Cached | Verdict::Conflict => {
            let unanswered = false;
            open_again(
                past,
                Flight {
                    unanswered,
                    ..flight
                },
                None,
                told,
            )
        }
        Verdict::Lost(_) => open_again(past, flight, None, told),
        Verdict::Throttled(asked) => again(past, flight.without_last_attempt(), asked, told),
        Verdict::NotSent(_) | Verdict::Expired => {
            again(past, flight.without_last_attempt(), None, told)
        }
        Verdict::Unauthorized => {
            let problem = Problem::new(
                "Unauthorized",
                "Zendesk refuses the credentials; check them, then run the same command again",
            );
            halted(past, flight, Stop::Credentials(problem))
        }
        Verdict::WrongAccount(problem) => halted(past, flight, Stop::Account(problem)),
    }
}

fn how(key_lookup: Option<KeyLookup>) -> How {
    match key_lookup {
        Some(KeyLookup::Miss) => How::Miss,
        Some(KeyLookup::Hit) => How::Hit,
        None => How::Unmarked,
    }
}

/// Handles a refusal, which settles only its own request. If an earlier request is still open, that
/// one may have made the ticket, so the row is looked up before it counts as rejected.
fn refused(past: Past, mut flight: Flight, problem: Problem) -> (Row, Step) {
    flight.open = flight.open.saturating_sub(1);
    if flight.open == 0 {
        return settled(past, State::Rejected(problem), Step::Rest);
    }
    flight.refusal = Some(problem);
    settled(past, State::Sending(flight), Step::Wait(0))
}

fn settled(past: Past, state: State, step: Step) -> (Row, Step) {
    (Row { state, past }, step)
}

/// Reports whether the key stays trusted after a server error. It does not if the error is a
/// remembered one, because every resend would get it again, or if the reply is unmarked while
/// nothing has shown yet that keys arrive at all.
fn keeps_trust(told: &Told) -> bool {
    match (told.key_lookup, told.evidence) {
        (Some(KeyLookup::Hit), _) | (None, Evidence::Unproven | Evidence::Dropped) => false,
        (Some(KeyLookup::Miss), _) | (None, Evidence::Honoured) => true,
    }
}

/// Sends the row again after a delay. A request of unknown outcome may have been under way until
/// now, so its ticket can only be expected to be visible from now on.
fn open_again(past: Past, flight: Flight, asked: Option<RetryAfter>, told: &Told) -> (Row, Step) {
    let last_sent_at = past.last_sent_at.max(Some(told.now));
    again(
        Past {
            last_sent_at,
            ..past
        },
        flight,
        asked,
        told,
    )
}

/// Sends the row again after a delay.
fn again(past: Past, flight: Flight, asked: Option<RetryAfter>, told: &Told) -> (Row, Step) {
    let delay = delay_ms(flight.attempts.max(1), asked, told.now, told.jitter);
    (
        Row {
            state: State::Sending(flight),
            past,
        },
        Step::Wait(delay),
    )
}

/// Gives up on the key. Only a lookup can settle the row, once the request can no longer be under
/// way.
fn look_up(past: Past, flight: Flight, told: &Told, rules: &Rules) -> (Row, Step) {
    let last_sent_at = past.last_sent_at.max(Some(told.now));
    let past = Past {
        last_sent_at,
        ..past
    };
    let flight = Flight {
        trust: Trust::LookupOnly,
        ..flight
    };
    let settled_at = super::verdict::settled_at(&past, rules).unwrap_or(told.now);
    (
        Row {
            state: State::Sending(flight),
            past,
        },
        Step::WaitUntil(settled_at),
    )
}

/// Ends the run after a request that had no effect; the next run takes the row up again.
fn halted(past: Past, flight: Flight, stop: Stop) -> (Row, Step) {
    let flight = flight.without_last_attempt();
    (
        Row {
            state: State::Sending(flight),
            past,
        },
        Step::Halt(stop),
    )
}

fn foreign_external_id(ticket: u64, external_id: Option<&str>) -> Problem {
    let theirs = external_id.map_or_else(|| "none".to_owned(), |id| format!("{id:?}"));
    Problem::new(
        "ForeignExternalId",
        format!(
            "the create was answered with ticket {ticket}, whose external_id is not the row's \
             but {theirs}; something changes tickets on the way in: find it before going on"
        ),
    )
}

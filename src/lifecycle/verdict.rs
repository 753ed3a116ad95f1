//! The lookup verdict: what a lookup by `external_id` proves about a row.

use super::event::{Finding, Rules, Step};
use super::state::{Flight, How, Past, Row, State};
use crate::model::intent::Trust;
use crate::model::limits::{CREATED_AT_SLACK_MS, KEYS_PER_ROW_MAX_UNTRUSTED};
use crate::model::problem::Problem;
use crate::model::reply::{Candidate, NearMatch};
use crate::model::time::ServerTime;

/// Returns the time from which a ticket that is not found counts as not made. It is a whole second
/// because the answer is judged by its `Date`: a lookup earlier in that second would be too early
/// and would be repeated at once.
pub(super) fn settled_at(past: &Past, rules: &Rules) -> Option<ServerTime> {
    let since = past.last_sent_at.max(past.look_up_since)?;
    Some(since.plus(rules.lookup_settle_ms).told_from())
}

/// Judges the lookup of a row whose create has an unknown outcome.
pub(super) fn of_flight(
    past: Past,
    flight: Flight,
    finding: &Finding,
    rules: &Rules,
) -> (Row, Step) {
    let settled = |state| {
        (
            Row {
                state,
                past: without_debt(past),
            },
            Step::Rest,
        )
    };
    match (finding.candidates.as_slice(), &finding.near) {
        ([], Some(near)) => settled(State::Unknown(near_match(near))),
        ([], None) if finding.quiet_ms < rules.lookup_settle_ms => (
            Row {
                state: State::Sending(flight),
                past,
            },
            Step::Wait(rules.lookup_settle_ms - finding.quiet_ms),
        ),
        ([], None) => match not_found(past, finding, rules) {
            Err(early) => (
                Row {
                    state: State::Sending(flight),
                    past,
                },
                early,
            ),
            Ok(Some(problem)) => settled(State::Unknown(problem)),
            Ok(None) => not_made(past, flight, rules),
        },
        ([one], _) if may_be_ours(one, past, &flight, rules) => settled(State::Created {
            ticket: one.ticket,
            how: How::Found,
        }),
        ([one], _) => settled(State::Unknown(foreign_ticket(one))),
        (several, _) => settled(State::Unknown(several_tickets(several))),
    }
}

/// Judges the lookup of a row that must be looked up before it is sent.
pub(super) fn of_pending(past: Past, finding: &Finding, rules: &Rules) -> (Row, Step) {
    let settled = |state| {
        (
            Row {
                state,
                past: without_debt(past),
            },
            Step::Rest,
        )
    };
    match (finding.candidates.as_slice(), &finding.near) {
        ([], Some(near)) => settled(State::Unknown(near_match(near))),
        ([], None) => match not_found(past, finding, rules) {
            Err(early) => (
                Row {
                    state: State::Pending,
                    past,
                },
                early,
            ),
            Ok(Some(problem)) => settled(State::Unknown(problem)),
            Ok(None) => settled(State::Pending),
        },
        // The row was sent before, so its ticket must be younger than that send; an older one is
        // not ours.
        ([one], _) if is_older(one, past) => settled(State::Unknown(foreign_ticket(one))),
        ([one], _) => settled(State::Created {
            ticket: one.ticket,
            how: How::Found,
        }),
        (several, _) => settled(State::Unknown(several_tickets(several))),
    }
}

/// Decides whether "not found" can be believed: `Err` if it is too early, `Ok(Some)` if it can
/// never be believed, `Ok(None)` if there is no ticket.
fn not_found(past: Past, finding: &Finding, rules: &Rules) -> Result<Option<Problem>, Step> {
    if let Some(settled_at) = settled_at(&past, rules)
        && finding.asked_at < settled_at
    {
        return Err(Step::WaitUntil(settled_at));
    }
    Ok(finding.obstacle.clone())
}

/// Handles a row that certainly has no ticket: it is rejected, gets another key, or has used up its
/// keys.
fn not_made(past: Past, flight: Flight, rules: &Rules) -> (Row, Step) {
    if let Some(refusal) = flight.refusal {
        return (
            Row {
                state: State::Rejected(refusal),
                past: without_debt(past),
            },
            Step::Rest,
        );
    }
    if past.keys >= keys_max(&flight, rules) {
        let problem = Problem::new(
            "KeysUsedUp",
            format!(
                "sent under {} keys without an answer, and no ticket was found",
                past.keys
            ),
        );
        return (
            Row {
                state: State::Unknown(problem),
                past: without_debt(past),
            },
            Step::Rest,
        );
    }
    let past = Past {
        keys: past.keys + 1,
        ..without_debt(past)
    };
    (
        Row {
            state: State::Pending,
            past,
        },
        Step::NewKey,
    )
}

/// Returns the key limit. Every lost reply uses up an untrusted key, so the row needs more of them.
fn keys_max(flight: &Flight, rules: &Rules) -> u32 {
    match (rules.trust, flight.trust) {
        (Trust::Key, Trust::LookupOnly) => rules.keys_max.max(KEYS_PER_ROW_MAX_UNTRUSTED),
        (Trust::Key, Trust::Key) | (Trust::LookupOnly, _) => rules.keys_max,
    }
}

/// Reports whether a ticket can be ours, that is, was made after our first send. This is decided by
/// its date if the endpoint sets it, otherwise by its id.
fn may_be_ours(found: &Candidate, past: Past, flight: &Flight, rules: &Rules) -> bool {
    match rules.trust {
        Trust::Key => {
            let first = past.first_sent_at.unwrap_or(flight.first_sent_at);
            found
                .created_at
                .is_some_and(|at| at.plus(CREATED_AT_SLACK_MS) >= first)
        }
        Trust::LookupOnly => flight
            .highest_ticket
            .is_some_and(|highest| found.ticket > highest),
    }
}

fn is_older(found: &Candidate, past: Past) -> bool {
    match (found.created_at, past.first_sent_at) {
        (Some(made), Some(first)) => made.plus(CREATED_AT_SLACK_MS) < first,
        (None | Some(_), None) | (None, Some(_)) => false,
    }
}

fn foreign_ticket(found: &Candidate) -> Problem {
    Problem::new(
        "ForeignTicket",
        format!(
            "ticket {} carries this external_id but may be older than our first send; look at it: \
             if it is the row's, name it with retry --unknown --as-ticket, else take its \
             external_id away and retry",
            found.ticket
        ),
    )
}

fn near_match(near: &NearMatch) -> Problem {
    let theirs = near
        .external_id
        .as_ref()
        .map_or_else(|| "no external_id".to_owned(), |id| format!("{id:?}"));
    Problem::new(
        "NearMatch",
        format!(
            "the lookup returned ticket {}, which carries {theirs} and may be this row's; look at it: \
             if it is the row's, name it with retry --unknown --as-ticket, else change its \
             external_id and retry",
            near.ticket
        ),
    )
}

fn without_debt(past: Past) -> Past {
    Past {
        look_up_since: None,
        ..past
    }
}

fn several_tickets(candidates: &[Candidate]) -> Problem {
    let ids: Vec<String> = candidates
        .iter()
        .take(5)
        .map(|c| c.ticket.to_string())
        .collect();
    Problem::new(
        "SeveralTickets",
        format!(
            "{} tickets carry this external_id ({}); keep one, delete the others, and name it with \
             retry --unknown --as-ticket. If this import made them all, a proxy on the way repeats \
             requests: switch that off before you run the import again",
            candidates.len(),
            ids.join(", ")
        ),
    )
}

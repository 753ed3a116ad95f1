use super::event::{Event, Finding, Rules, Step};
use super::next::next;
use super::state::{Flight, Past, Row, State};
use crate::model::ids::TicketId;
use crate::model::intent::Trust;
use crate::model::reply::Candidate;
use crate::model::time::ServerTime;

const START: ServerTime = ServerTime(1_790_000_000_000);
const KEYS: Rules = Rules {
    trust: Trust::Key,
    lookup_settle_ms: 300_000,
    request_timeout_ms: 60_000,
    resend_after_ms: 0,
    keys_max: crate::model::limits::KEYS_PER_ROW_MAX,
};
const SENT: Past = Past {
    keys: 1,
    first_sent_at: Some(START),
    last_sent_at: Some(START),
    look_up_since: None,
    claim: None,
};

fn finding(ticket: Option<(u64, i64)>, quiet_ms: u64) -> Event {
    let candidate = |(id, at)| Candidate {
        ticket: TicketId(id),
        created_at: Some(ServerTime(START.0 + at)),
    };
    Event::LookedUp(Finding {
        candidates: ticket.map(candidate).into_iter().collect(),
        asked_at: START.plus(600_000),
        near: None,
        quiet_ms,
        obstacle: None,
    })
}

fn sending() -> Row {
    let flight = Flight {
        attempts: 1,
        open: 1,
        first_sent_at: START,
        last_sent_at: START,
        trust: Trust::LookupOnly,
        unanswered: true,
        highest_ticket: Some(TicketId(100)),
        refusal: None,
    };
    Row {
        state: State::Sending(flight),
        past: SENT,
    }
}

#[test]
fn absence_that_comes_too_early_on_this_machines_clock_waits_for_the_rest() {
    let (_, step) = next(sending(), finding(None, 100_000), &KEYS);
    assert_eq!(step, Step::Wait(200_000));
}

#[test]
fn where_dates_are_of_the_past_a_ticket_is_ours_by_its_number() {
    let imports = Rules {
        trust: Trust::LookupOnly,
        ..KEYS
    };
    for (ticket, ours) in [(99, false), (100, false), (101, true)] {
        let (row, _) = next(sending(), finding(Some((ticket, 0)), 600_000), &imports);
        assert_eq!(
            matches!(row.state, State::Created { .. }),
            ours,
            "ticket {ticket}"
        );
    }
}

#[test]
fn a_retried_row_does_not_take_a_ticket_that_is_older_than_its_first_send() {
    for (made_at, ours) in [(-2_001, false), (-2_000, true), (5_000, true)] {
        let retried = Row {
            state: State::Pending,
            past: Past {
                look_up_since: Some(START),
                ..SENT
            },
        };
        let (row, _) = next(retried, finding(Some((7, made_at)), 600_000), &KEYS);
        assert_eq!(
            matches!(row.state, State::Created { .. }),
            ours,
            "{made_at}"
        );
    }
}

#[test]
fn a_lookup_waits_for_the_whole_second_from_which_its_date_can_prove_absence() {
    let sent = START.plus(3);
    let row = Row {
        past: Past {
            last_sent_at: Some(sent),
            ..SENT
        },
        ..sending()
    };
    let due = |now| Event::Due {
        now,
        evidence: crate::lifecycle::Evidence::Dropped,
        local_age_ms: 400_000,
        same_route: true,
        highest_ticket: None,
    };
    let settled = START.plus(301_000);
    let early = next(row.clone(), due(START.plus(300_500)), &KEYS);
    assert_eq!(early.1, Step::WaitUntil(settled));
    assert_eq!(next(row, due(settled), &KEYS).1, Step::LookUp);
}

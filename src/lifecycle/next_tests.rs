//! Properties that hold for every history of a row.

use proptest::prelude::{Just, Strategy, any, prop_assert, prop_oneof, proptest};

use super::claim::without_deleted;
use super::event::{Event, Evidence, Finding, Rules, Sighting, Step};
use super::next::next;
use super::state::{How, Row, State};
use crate::model::ids::TicketId;
use crate::model::intent::Trust;
use crate::model::limits::{
    ATTEMPTS_PER_KEY_MAX, KEY_LIFETIME_MS, KEY_MARGIN_MS, KEYS_PER_ROW_MAX_UNTRUSTED,
};
use crate::model::problem::Problem;
use crate::model::reply::{Candidate, Found, KeyLookup, Verdict};
use crate::model::time::ServerTime;

const START: ServerTime = ServerTime(1_790_000_000_000);
const RULES: Rules = Rules {
    trust: Trust::Key,
    lookup_settle_ms: 300_000,
    request_timeout_ms: 60_000,
    resend_after_ms: 30_000,
    keys_max: crate::model::limits::KEYS_PER_ROW_MAX,
};

/// One thing that the world does, after `wait_ms` more on Zendesk's clock.
#[derive(Debug, Clone)]
enum Deed {
    Turn {
        evidence: Evidence,
        same_route: bool,
    },
    Reply {
        verdict: Verdict,
        key_lookup: Option<KeyLookup>,
        ours: bool,
        evidence: Evidence,
    },
    Look {
        tickets: Vec<u64>,
        sees_all: bool,
    },
    NextRun,
    Delete(u64),
    Other(Event),
}

fn evidence() -> impl Strategy<Value = Evidence> {
    prop_oneof![
        Just(Evidence::Unproven),
        Just(Evidence::Honoured),
        Just(Evidence::Dropped)
    ]
}

fn verdict() -> impl Strategy<Value = Verdict> {
    let problem = || Problem::new("X", "x");
    prop_oneof![
        Just(Verdict::Created {
            ticket: TicketId(5),
            external_id: None
        }),
        Just(Verdict::Unreadable),
        Just(Verdict::KeyMismatch),
        Just(Verdict::Refused(problem())),
        Just(Verdict::Unauthorized),
        Just(Verdict::Expired),
        Just(Verdict::Forbidden(problem())),
        Just(Verdict::WrongAccount(problem())),
        Just(Verdict::Conflict),
        Just(Verdict::Throttled(None)),
        Just(Verdict::ServerError(None)),
        Just(Verdict::NotSent(String::new())),
        Just(Verdict::Lost(String::new())),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let key = prop_oneof![
        Just(None),
        Just(Some(KeyLookup::Hit)),
        Just(Some(KeyLookup::Miss))
    ];
    prop_oneof![
        4 => (evidence(), any::<bool>())
            .prop_map(|(evidence, same_route)| Deed::Turn { evidence, same_route }),
        4 => (verdict(), key, any::<bool>(), evidence()).prop_map(
            |(verdict, key_lookup, ours, evidence)| Deed::Reply { verdict, key_lookup, ours, evidence }
        ),
        2 => (proptest::collection::vec(0..3_u64, 0..3), any::<bool>())
            .prop_map(|(tickets, sees_all)| Deed::Look { tickets, sees_all }),
        1 => prop_oneof![
            Just(Event::NeverSent),
            Just(Event::KeysDropped),
            Just(Event::Scanned(Sighting::Same)),
            Just(Event::Scanned(Sighting::Changed)),
            Just(Event::Scanned(Sighting::Gone)),
            Just(Event::Scanned(Sighting::Invalid(Problem::new("X", "x")))),
            Just(Event::Retry),
            Just(Event::Recover { now: START }),
        ].prop_map(Deed::Other),
        1 => person().prop_map(Deed::Other),
        1 => Just(Deed::NextRun),
        1 => (0..6_u64).prop_map(Deed::Delete),
    ]
}

fn person() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..6_u64).prop_map(|ticket| Event::Claim(TicketId(ticket))),
        (0..6_u64).prop_map(|ticket| Event::Assign(TicketId(ticket))),
        Just(Event::TakeBack),
        Just(Event::Retry),
    ]
}

fn event(deed: Deed, now: ServerTime) -> Event {
    match deed {
        Deed::Turn {
            evidence,
            same_route,
        } => Event::Due {
            now,
            evidence,
            local_age_ms: 0,
            same_route,
            highest_ticket: None,
        },
        Deed::Reply {
            verdict,
            key_lookup,
            ours,
            evidence,
        } => Event::Replied {
            verdict,
            key_lookup,
            ours,
            evidence,
            now,
            jitter: 0,
        },
        Deed::Look { tickets, sees_all } => {
            let candidate = |id| Candidate {
                ticket: TicketId(id),
                created_at: Some(now),
            };
            let candidates = tickets.into_iter().map(candidate).collect();
            Event::LookedUp(Finding {
                candidates,
                asked_at: now,
                quiet_ms: u64::MAX,
                near: None,
                obstacle: (!sees_all).then(|| Problem::new("NotVisible", "no")),
            })
        }
        Deed::NextRun => Event::Started { now },
        Deed::Delete(ticket) => Event::Deleted {
            ticket: TicketId(ticket),
            now,
        },
        Deed::Other(event) => event,
    }
}

/// Takes what is deleted out of a lookup, as whoever asks does.
fn unless_deleted(deed: Deed, deleted: &[TicketId]) -> Deed {
    let Deed::Look { tickets, sees_all } = deed else {
        return deed;
    };
    let exact = tickets.into_iter().map(|id| Candidate {
        ticket: TicketId(id),
        created_at: None,
    });
    let found = Found {
        exact: exact.collect(),
        near: Vec::new(),
    };
    let found = without_deleted(found, deleted).exact.into_iter();
    Deed::Look {
        tickets: found.map(|one| one.ticket.0).collect(),
        sees_all,
    }
}

#[test]
fn a_fresh_row_has_its_first_key_and_no_past() {
    let Row { state, past } = Row::fresh();
    assert_eq!(state, State::Pending);
    assert_eq!(
        (past.keys, past.first_sent_at, past.look_up_since),
        (1, None, None)
    );
}

proptest! {
    #[test]
    fn no_history_sends_when_it_must_not(
        history in proptest::collection::vec((deed(), 0..3_600_000_u64), 1..60)
    ) {
        let mut row = Row::fresh();
        let mut now = START;
        for (deed, wait_ms) in history {
            now = now.plus(wait_ms);
            let before = row.clone();
            let may_be_forgotten = match (&deed, &before.state) {
                (Deed::Other(Event::TakeBack), State::Created { how: How::Named, .. }) => true,
                (Deed::Delete(gone), State::Created { ticket, .. }) => ticket.0 == *gone,
                _ => false,
            };
            let (after, step) = next(row, event(deed, now), &RULES);
            match (&step, &before.state, &after.state) {
                (Step::Send, State::Pending, State::Sending(flight)) => {
                    prop_assert!(before.past.look_up_since.is_none(), "sent without its lookup");
                    prop_assert!(flight.open == 1 && flight.attempts == 1);
                }
                (Step::Send, State::Sending(was), State::Sending(_)) => {
                    prop_assert!(was.open == 0, "a fresh start while a request is open");
                }
                (Step::Resend, State::Sending(was), State::Sending(flight)) => {
                    let age = now.since(was.first_sent_at).cast_unsigned();
                    prop_assert!(age + RULES.request_timeout_ms < KEY_LIFETIME_MS - KEY_MARGIN_MS);
                    prop_assert!(flight.first_sent_at == was.first_sent_at);
                    prop_assert!(flight.attempts <= ATTEMPTS_PER_KEY_MAX);
                    prop_assert!(was.trust == Trust::Key);
                }
                (Step::Send | Step::Resend, was, is) => {
                    prop_assert!(false, "sent from {was:?} to {is:?}");
                }
                _ => {}
            }
            let sends = matches!(step, Step::Send | Step::Resend | Step::LookUp | Step::NewKey);
            prop_assert!(before.past.claim.is_none() || !sends, "sent although a person named a ticket");
            let may_claim = matches!(after.state, State::Rejected(_) | State::Unknown(_));
            prop_assert!(after.past.claim.is_none() || may_claim, "a claim in {:?}", after.state);
            let is_new_key = after.past.keys != before.past.keys;
            prop_assert!(!is_new_key || step == Step::NewKey, "another key, and nobody made it");
            prop_assert!(after.past.keys <= KEYS_PER_ROW_MAX_UNTRUSTED);
            if let State::Created { ticket, .. } = before.state {
                let kept = matches!(after.state, State::Created { ticket: now, .. } if now == ticket);
                prop_assert!(kept || may_be_forgotten, "a ticket was forgotten");
            }
            if let State::Sending(flight) = &after.state {
                prop_assert!(flight.open <= flight.attempts);
            }
            row = after;
        }
    }

    #[test]
    fn a_request_of_unknown_outcome_is_followed_by_nothing_but_itself_or_a_lookup(
        history in proptest::collection::vec((deed(), 0..3_600_000_u64), 1..60)
    ) {
        let mut row = Row::fresh();
        let mut now = START;
        for (deed, wait_ms) in history {
            now = now.plus(wait_ms);
            let looked_up = matches!(deed, Deed::Look { .. });
            // `never sent` is said only of a request that was not begun.
            let begun = !matches!(deed, Deed::Other(Event::NeverSent));
            let (after, step) = next(row.clone(), event(deed, now), &RULES);
            if let State::Sending(was) = &row.state
                && was.open > 1
                && begun
                && !looked_up
            {
                let settled_by_reply = matches!(after.state, State::Created { .. } | State::Unknown(_));
                let still_sending = matches!(after.state, State::Sending(_));
                prop_assert!(settled_by_reply || still_sending, "{:?} by {step:?}", after.state);
            }
            row = after;
        }
    }

    #[test]
    fn a_row_that_had_a_ticket_is_sent_again_only_after_a_lookup_that_settled_and_with_another_key(
        history in proptest::collection::vec((deed(), 0..600_000_u64), 1..80)
    ) {
        let mut row = Row::fresh();
        let mut now = START;
        let mut deleted: Vec<TicketId> = Vec::new();
        // Since when the row, which had a ticket, has owed a lookup; and whether it has another key.
        let mut debt: Option<ServerTime> = None;
        let mut has_new_key = true;
        for (deed, wait_ms) in history {
            now = now.plus(wait_ms);
            let deed = unless_deleted(deed, &deleted);
            let looks = matches!(deed, Deed::Look { .. });
            let is_gone = matches!(deed, Deed::Delete(_));
            let (after, step) = next(row.clone(), event(deed, now), &RULES);
            has_new_key |= step == Step::NewKey;
            match (&row.state, &after.state) {
                (State::Created { ticket, .. }, State::Pending | State::Unknown(_)) => {
                    if is_gone {
                        deleted.push(*ticket);
                    }
                    debt = Some(now);
                    has_new_key = step == Step::NewKey;
                }
                (State::Pending, State::Pending) if looks => {
                    let is_paid = row.past.look_up_since.is_some() && after.past.look_up_since.is_none();
                    if let (true, Some(since)) = (is_paid, debt) {
                        prop_assert!(now >= since.plus(RULES.lookup_settle_ms), "looked up too early");
                        debt = None;
                    }
                }
                (State::Created { .. }, State::Created { .. }) => {}
                (_, State::Created { ticket, .. }) => {
                    prop_assert!(!looks || !deleted.contains(ticket), "a deleted ticket was found");
                    debt = None;
                }
                _ => {}
            }
            if step == Step::Send {
                prop_assert!(debt.is_none(), "sent without its lookup");
                prop_assert!(has_new_key, "sent under the key of its old ticket");
            }
            row = after;
        }
    }
}

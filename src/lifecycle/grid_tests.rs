//! Prints every cell of (state, event), so that a reader sees the whole machine on one page and a
//! change of any cell shows in a diff.

use std::fmt::Write;

use super::event::{Event, Evidence, Rules, Sighting};
use super::grid_lookups_tests::lookups;
use super::grid_replies_tests::replies;
use super::grid_words_tests::{START, show, show_step};
use super::next::next;
use super::state::{Flight, How, Past, Row, State};
use crate::model::ids::TicketId;
use crate::model::intent::Trust;
use crate::model::problem::Problem;
use crate::model::time::ServerTime;

pub(super) const SETTLE_MS: u64 = 300_000;
const RULES: Rules = Rules {
    trust: Trust::Key,
    lookup_settle_ms: SETTLE_MS,
    request_timeout_ms: 60_000,
    resend_after_ms: 30_000,
    keys_max: crate::model::limits::KEYS_PER_ROW_MAX,
};

#[test]
fn every_cell_of_the_grid_is_as_written_down() {
    let mut page = String::new();
    for (state_name, row) in rows() {
        writeln!(page, "{state_name}").unwrap();
        for (event_name, event) in events() {
            let (after, step) = next(row.clone(), event, &RULES);
            let change = if after == row {
                "unchanged".to_owned()
            } else {
                show(&after)
            };
            writeln!(page, "  {event_name:<34} {change} | {}", show_step(&step)).unwrap();
        }
    }
    insta::assert_snapshot!(page);
}

fn flight() -> Flight {
    Flight {
        attempts: 1,
        open: 1,
        first_sent_at: START,
        last_sent_at: START,
        trust: Trust::Key,
        unanswered: false,
        highest_ticket: Some(TicketId(100)),
        refusal: None,
    }
}

#[expect(clippy::too_many_lines, reason = "a list, read from top to bottom")]
fn rows() -> Vec<(&'static str, Row)> {
    let never = Past {
        keys: 1,
        ..Past::default()
    };
    let sent = Past {
        first_sent_at: Some(START),
        last_sent_at: Some(START),
        ..never
    };
    let claimed = Past {
        claim: Some(TicketId(8)),
        ..sent
    };
    let problem = || Problem::new("Problem", "stored");
    let sending = |past, flight| Row {
        state: State::Sending(flight),
        past,
    };
    vec![
        (
            "invalid",
            Row {
                state: State::Invalid(problem()),
                past: never,
            },
        ),
        (
            "pending",
            Row {
                state: State::Pending,
                past: never,
            },
        ),
        (
            "pending, to be looked up first",
            Row {
                state: State::Pending,
                past: Past {
                    look_up_since: Some(START),
                    ..never
                },
            },
        ),
        ("sending, first request out", sending(sent, flight())),
        (
            "sending, first request unanswered",
            sending(
                sent,
                Flight {
                    unanswered: true,
                    ..flight()
                },
            ),
        ),
        (
            "sending, nothing has left yet",
            sending(
                sent,
                Flight {
                    attempts: 0,
                    open: 0,
                    ..flight()
                },
            ),
        ),
        (
            "sending, third request out, two open",
            sending(
                sent,
                Flight {
                    attempts: 3,
                    open: 2,
                    ..flight()
                },
            ),
        ),
        (
            "sending, attempts used up",
            sending(
                sent,
                Flight {
                    attempts: 8,
                    open: 8,
                    ..flight()
                },
            ),
        ),
        (
            "sending, key not trusted",
            sending(
                sent,
                Flight {
                    trust: Trust::LookupOnly,
                    ..flight()
                },
            ),
        ),
        (
            "sending, refused with one open",
            sending(
                sent,
                Flight {
                    attempts: 2,
                    refusal: Some(problem()),
                    ..flight()
                },
            ),
        ),
        (
            "sending, second key",
            sending(Past { keys: 2, ..sent }, flight()),
        ),
        (
            "created",
            Row {
                state: State::Created {
                    ticket: TicketId(7),
                    how: How::Miss,
                },
                past: sent,
            },
        ),
        (
            "rejected",
            Row {
                state: State::Rejected(problem()),
                past: sent,
            },
        ),
        (
            "created, named by a person",
            Row {
                state: State::Created {
                    ticket: TicketId(7),
                    how: How::Named,
                },
                past: sent,
            },
        ),
        (
            "rejected, second key",
            Row {
                state: State::Rejected(problem()),
                past: Past { keys: 2, ..sent },
            },
        ),
        (
            "unknown",
            Row {
                state: State::Unknown(problem()),
                past: sent,
            },
        ),
        (
            "rejected, claimed",
            Row {
                state: State::Rejected(problem()),
                past: claimed,
            },
        ),
        (
            "unknown, claimed",
            Row {
                state: State::Unknown(problem()),
                past: claimed,
            },
        ),
        (
            "pending, to be looked up in the next run",
            Row {
                state: State::Pending,
                past: Past {
                    look_up_since: Some(Past::NEXT_RUN),
                    ..sent
                },
            },
        ),
        (
            "withdrawn",
            Row {
                state: State::Withdrawn,
                past: never,
            },
        ),
    ]
}

fn events() -> Vec<(String, Event)> {
    let mut events = Vec::new();
    events.extend(turns());
    events.extend(replies());
    events.extend(lookups());
    events.push(("keys dropped".into(), Event::KeysDropped));
    events.push(("never sent".into(), Event::NeverSent));
    let problem = Problem::new("Invalid", "no text");
    for (name, sighting) in [
        ("same", Sighting::Same),
        ("changed", Sighting::Changed),
        ("invalid", Sighting::Invalid(problem)),
        ("gone", Sighting::Gone),
    ] {
        events.push((format!("scanned: {name}"), Event::Scanned(sighting)));
    }
    events.push(("retry".into(), Event::Retry));
    events.push(("claim ticket 9".into(), Event::Claim(TicketId(9))));
    events.push(("assign ticket 9".into(), Event::Assign(TicketId(9))));
    events.push(("take back".into(), Event::TakeBack));
    for ticket in [7, 9] {
        let deleted = Event::Deleted {
            ticket: TicketId(ticket),
            now: START.plus(1_000),
        };
        events.push((format!("deleted: ticket {ticket}"), deleted));
    }
    events.push((
        "started".into(),
        Event::Started {
            now: START.plus(1_000),
        },
    ));
    events.push((
        "recover".into(),
        Event::Recover {
            now: START.plus(1_000),
        },
    ));
    events
}

fn turns() -> Vec<(String, Event)> {
    let due = |after_ms, evidence, same_route| Event::Due {
        now: START.plus(after_ms),
        evidence,
        local_age_ms: after_ms,
        same_route,
        highest_ticket: Some(TicketId(200)),
    };
    vec![
        ("due after 1 s".into(), due(1_000, Evidence::Honoured, true)),
        (
            "due after 30 s".into(),
            due(30_000, Evidence::Honoured, true),
        ),
        (
            "due after 5 min, other route".into(),
            due(SETTLE_MS, Evidence::Honoured, false),
        ),
        (
            "due after 88 min".into(),
            due(88 * 60_000, Evidence::Honoured, true),
        ),
        (
            "due after 89 min".into(),
            due(89 * 60_000, Evidence::Honoured, true),
        ),
        ("due, clock set back".into(), {
            let now = ServerTime(START.0 - 3_600_000);
            Event::Due {
                now,
                evidence: Evidence::Honoured,
                local_age_ms: 0,
                same_route: true,
                highest_ticket: None,
            }
        }),
        (
            "due after 1 s, other route".into(),
            due(1_000, Evidence::Honoured, false),
        ),
        (
            "due after 1 s, keys unproven".into(),
            due(1_000, Evidence::Unproven, true),
        ),
        (
            "due after 10 min, keys dropped".into(),
            due(600_000, Evidence::Dropped, true),
        ),
    ]
}

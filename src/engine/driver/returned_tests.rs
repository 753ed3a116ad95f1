//! Rows in flight that are found not to be in Zendesk, and go back to pending.

use std::path::Path;
use std::sync::Arc;

use super::test_rows::{Bodies, SENT, START, body, keys_from, new_row, plan, route};
use super::{Driver, Effect, Message, Timing};
use crate::checkpoint::{Batch, Checkpoint, Naming, NewIntent};
use crate::lifecycle::{Flight, Past, Row, State};
use crate::model::ids::{Fingerprint, Key, RowNumber};
use crate::model::intent::{Intent, Trust};
use crate::model::reply::{Answer, Found, Meta};
use crate::model::time::{Monotonic, ServerClock, ServerTime};

const HOUR_MS: i64 = 3_600_000;

/// Two rows in flight; the first was fixed in another file.
fn two_in_flight(path: &Path) -> Checkpoint {
    let mut checkpoint = Checkpoint::open(path, "a test").unwrap();
    let mut load = checkpoint.load().unwrap();
    load.add([
        new_row(2, "a", b"as it was", 1),
        new_row(3, "b", &body("b"), 2),
    ])
    .unwrap();
    load.finish(&[]).unwrap();
    let mut other = checkpoint.feed("other.csv").unwrap();
    let Naming::Row(named) = other.find(None, Some("a")).unwrap() else {
        panic!("the row is not found");
    };
    let fixed = new_row(2, "a", &body("a"), 3);
    other.add(&named, Some("a"), fixed).unwrap().unwrap();
    assert_eq!(other.finish().unwrap().unwrap().delta.renewed, 1);
    let intents = [(1, "a", 3), (2, "b", 2)].map(|(number, external_id, key)| NewIntent {
        intent: Intent {
            row: RowNumber(number),
            external_id: external_id.into(),
            key: Key::from_bytes([key; 16]),
            fingerprint: Fingerprint::of(&body(external_id)),
            body: Arc::from(body(external_id)),
            route: route(),
            trust: Trust::LookupOnly,
            highest_ticket: None,
            first_sent_at: SENT,
            sent_at: SENT,
            attempt: 1,
        },
        row: Row {
            state: State::Sending(Flight {
                attempts: 1,
                open: 1,
                first_sent_at: SENT,
                last_sent_at: SENT,
                trust: Trust::LookupOnly,
                unanswered: true,
                highest_ticket: None,
                refusal: None,
            }),
            past: Past {
                keys: 1,
                first_sent_at: Some(SENT),
                last_sent_at: Some(SENT),
                look_up_since: None,
                claim: None,
            },
        },
    });
    let batch = Batch {
        intents: intents.into(),
        ..Batch::default()
    };
    checkpoint.commit(batch).unwrap();
    checkpoint
}

/// "Nothing found" to every lookup.
fn nothing_found(effects: Vec<Effect>, now: Monotonic) -> Vec<Message> {
    let answered = |effect| match effect {
        Effect::LookUp { subject, way, .. } => Message::LookedUp {
            subject,
            way,
            answer: Answer {
                answer: Ok(Found::default()),
                meta: Meta::default(),
            },
            timing: Timing {
                sent: now,
                arrived: now,
            },
        },
        other => panic!("{other:?}"),
    };
    effects.into_iter().map(answered).collect()
}

#[test]
fn a_row_of_another_file_that_came_back_does_not_keep_the_next_one_from_being_sent() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = two_in_flight(&folder.path().join("c.sqlite3"));
    let clock = ServerClock::new(ServerTime(SENT.0 + HOUR_MS), START);
    let mut driver = Driver::new(plan(), checkpoint, Bodies, keys_from(10), clock, START).unwrap();
    let (mut now, mut messages) = (START, Vec::new());
    for _ in 0..1_000 {
        let effects = driver.turn(now, messages.drain(..)).unwrap();
        let sent = effects.iter().find_map(|effect| match effect {
            Effect::Create { intent, .. } => Some(intent.row),
            _ => None,
        });
        if let Some(row) = sent {
            assert_eq!(row, RowNumber(2));
            return;
        }
        messages = nothing_found(effects, now);
        if messages.is_empty() {
            now = driver.wake_at().expect("nothing will ever wake the run");
        }
    }
    panic!("no row was sent");
}

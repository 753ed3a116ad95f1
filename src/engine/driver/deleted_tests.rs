//! A row whose ticket was deleted, while lookups still show that ticket.

use super::test_rows::{Bodies, SENT, START, body, keys_from, new_row, plan};
use super::{Driver, Effect, Message, Timing};
use crate::checkpoint::{Batch, Checkpoint, Claim, Outcome};
use crate::lifecycle::{How, Past, Row, State};
use crate::model::ids::{Key, RowNumber, TicketId};
use crate::model::reply::{Answer, Candidate, Found, Meta};
use crate::model::time::{Monotonic, ServerClock, ServerTime};

const HOUR_MS: i64 = 3_600_000;
const TICKET: TicketId = TicketId(7);

/// A row whose ticket was deleted, and that was looked up since if it `is_looked_up`: its run was killed
/// before it could be sent.
fn deleted(path: &std::path::Path, is_looked_up: bool) -> Checkpoint {
    let mut checkpoint = Checkpoint::open(path, "a test").unwrap();
    let mut load = checkpoint.load().unwrap();
    load.add([new_row(2, "a", &body("a"), 1)]).unwrap();
    load.finish(&[]).unwrap();
    let past = Past {
        keys: 1,
        first_sent_at: Some(SENT),
        last_sent_at: Some(SENT),
        ..Past::default()
    };
    let put = |checkpoint: &mut Checkpoint, state| {
        let outcome = Outcome {
            number: RowNumber(1),
            row: Row { state, past },
            key: None,
        };
        let batch = Batch {
            outcomes: vec![outcome],
            ..Batch::default()
        };
        checkpoint.commit(batch).unwrap();
    };
    let (ticket, how) = (TICKET, How::Found);
    put(&mut checkpoint, State::Created { ticket, how });
    let row = Claim {
        row: RowNumber(1),
        line: 2,
        external_id: "a".to_owned(),
        ticket,
    };
    let key = Key::from_bytes([2; 16]);
    assert!(checkpoint.put_back(&row, SENT, key).unwrap());
    if is_looked_up {
        put(&mut checkpoint, State::Pending);
    }
    checkpoint
}

/// The deleted ticket to every lookup.
fn found_again(effects: Vec<Effect>, now: Monotonic) -> Vec<Message> {
    let exact = vec![Candidate {
        ticket: TICKET,
        created_at: Some(SENT),
    }];
    let answered = |effect| match effect {
        Effect::LookUp { subject, way, .. } => Message::LookedUp {
            subject,
            way,
            answer: Answer {
                answer: Ok(Found {
                    exact: exact.clone(),
                    near: Vec::new(),
                }),
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
fn neither_a_lookup_nor_the_sample_takes_a_deleted_ticket_for_the_rows() {
    for is_looked_up in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = deleted(&folder.path().join("c.sqlite3"), is_looked_up);
        let clock = ServerClock::new(ServerTime(SENT.0 + HOUR_MS), START);
        let mut driver =
            Driver::new(plan(), checkpoint, Bodies, keys_from(10), clock, START).unwrap();
        let (mut now, mut messages) = (START, Vec::new());
        let mut is_sent = false;
        for _ in 0..100 {
            let effects = driver.turn(now, messages.drain(..)).unwrap();
            assert_eq!(driver.finished(), None, "{is_looked_up}");
            is_sent = effects
                .iter()
                .any(|effect| matches!(effect, Effect::Create { .. }));
            if is_sent {
                break;
            }
            messages = found_again(effects, now);
            if messages.is_empty() {
                now = driver.wake_at().expect("nothing will ever wake the run");
            }
        }
        assert!(is_sent, "{is_looked_up}");
    }
}

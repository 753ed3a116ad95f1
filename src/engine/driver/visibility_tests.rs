//! A cache on the way that repeats what it answered before the tickets were made.

use super::test_rows::{Bodies, SENT, START, body, keys_from, new_row, plan};
use super::{Driver, Effect, Message, Timing};
use crate::checkpoint::Checkpoint;
use crate::model::ids::{RowNumber, TicketId};
use crate::model::reply::{Answer, Found, Meta, Reply, Verdict};
use crate::model::time::{Monotonic, ServerClock};

/// The row whose reply is lost.
const LOST: RowNumber = RowNumber(4);
const ROWS: u8 = 6;

fn checkpoint(path: &std::path::Path) -> Checkpoint {
    let mut checkpoint = Checkpoint::open(path, "a test").unwrap();
    let mut load = checkpoint.load().unwrap();
    for row in 1..=ROWS {
        let external_id = format!("old-{row}");
        let body = body(&external_id);
        load.add([new_row(u64::from(row) + 1, &external_id, &body, row)])
            .unwrap();
    }
    load.finish(&[]).unwrap();
    checkpoint
}

/// Answers a create with a ticket, but loses the reply to one, and finds no ticket, ever. The reply to
/// the last create sets Zendesk's clock forward, so that a lookup comes early.
fn answer(effect: Effect, now: Monotonic) -> (Monotonic, Message) {
    match effect {
        Effect::Create { intent, .. } => {
            let is_last = intent.row == RowNumber(ROWS.into());
            let arrived = now.plus(if is_last { 20 } else { 1 });
            let date = is_last.then(|| SENT.plus(3_000));
            let verdict = if intent.row == LOST {
                Verdict::Lost("cut".to_owned())
            } else {
                Verdict::Created {
                    ticket: TicketId(intent.row.0 + 100),
                    external_id: Some(intent.external_id.to_string()),
                }
            };
            let meta = Meta {
                date,
                request_id: Some("a request".to_owned()),
                ..Meta::default()
            };
            let message = Message::Replied {
                row: intent.row,
                reply: Reply { verdict, meta },
                timing: Timing { sent: now, arrived },
            };
            (arrived, message)
        }
        Effect::LookUp { subject, way, .. } => {
            let arrived = now.plus(1);
            let message = Message::LookedUp {
                subject,
                way,
                answer: Answer {
                    answer: Ok(Found::default()),
                    meta: Meta::default(),
                },
                timing: Timing { sent: now, arrived },
            };
            (arrived, message)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_early_lookup_does_not_let_a_later_one_count_without_a_control_ticket() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = checkpoint(&folder.path().join("c.sqlite3"));
    let clock = ServerClock::new(SENT, START);
    let mut driver = Driver::new(plan(), checkpoint, Bodies, keys_from(10), clock, START).unwrap();
    let (mut now, mut out, mut sends) = (START, Vec::new(), Vec::new());
    loop {
        let (arrived, waiting): (Vec<_>, Vec<_>) =
            out.into_iter().partition(|(time, _)| *time <= now);
        out = waiting;
        let messages = arrived.into_iter().map(|(_, message)| message);
        for effect in driver.turn(now, messages).unwrap() {
            if let Effect::Create { intent, .. } = &effect {
                sends.push(intent.row);
            }
            out.push(answer(effect, now));
        }
        let next = out.iter().map(|(time, _)| *time).min();
        let Some(time) = next.into_iter().chain(driver.wake_at()).min() else {
            break;
        };
        now = time.max(now);
    }
    sends.sort();
    let once: Vec<RowNumber> = (1..=ROWS).map(|row| RowNumber(row.into())).collect();
    assert_eq!(sends, once);
}

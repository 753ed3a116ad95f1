//! Rows in flight that are found not to be in Zendesk, and go back to pending.

use std::path::Path;
use std::sync::Arc;

use super::{Driver, Effect, Message, Rows, Timing};
use crate::checkpoint::{Batch, Checkpoint, Naming, NewIntent, NewRow, PendingRow};
use crate::engine::conversation::UnknownAuthor;
use crate::engine::plan::Plan;
use crate::lifecycle::{Flight, Past, Row, Rules, State};
use crate::model::ids::{CellsHash, Fingerprint, Key, RowNumber};
use crate::model::intent::{Intent, Route, Trust};
use crate::model::problem::Problem;
use crate::model::reply::{Answer, Found, Meta};
use crate::model::time::{Monotonic, ServerClock, ServerTime};
use crate::zendesk::pacer::Policy;

const SENT: ServerTime = ServerTime(1_790_000_000_000);
const START: Monotonic = Monotonic(1_000_000);
const HOUR_MS: i64 = 3_600_000;

struct Bodies;

impl Rows for Bodies {
    fn read_again(&mut self, row: &PendingRow) -> Result<Vec<u8>, Problem> {
        Ok(body(&row.external_id))
    }
}

fn body(external_id: &str) -> Vec<u8> {
    format!(r#"{{"ticket":{{"external_id":"{external_id}"}}}}"#).into_bytes()
}

fn route() -> Route {
    Route {
        method: "POST".to_owned(),
        path: "/api/v2/imports/tickets".to_owned(),
        host: "a test".to_owned(),
        user: 1,
    }
}

fn plan() -> Plan {
    Plan {
        rules: Rules {
            trust: Trust::LookupOnly,
            lookup_settle_ms: 1_000,
            request_timeout_ms: 60_000,
            resend_after_ms: 1_000,
            keys_max: 8,
        },
        route: route(),
        unknown_author: UnknownAuthor::Fail,
        sees_all: true,
        pace: Policy::default(),
        concurrency: 8,
        limit: None,
        max_errors: 100,
        max_outage_ms: 900_000,
        max_duration_ms: None,
        seed: 1,
    }
}

fn new_row<'a>(line: u64, external_id: &'a str, body: &[u8], key: u8) -> NewRow<'a> {
    NewRow {
        line,
        offset: line * 10,
        cells: CellsHash::of([body].into_iter()),
        external_id: Some(external_id),
        body: Ok(Some((Fingerprint::of(body), Key::from_bytes([key; 16])))),
    }
}

/// Two rows in flight, of which the first was fixed in another file.
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
    let mut keys = 10;
    let make_key = Box::new(move || {
        keys += 1;
        Key::from_bytes([keys; 16])
    });
    let mut driver = Driver::new(plan(), checkpoint, Bodies, make_key, clock, START).unwrap();
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

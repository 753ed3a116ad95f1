//! Requests whose tasks panic, hang or are never run, and what the run makes of them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;

use super::{Guard, Kind, Requests, timing};
use crate::checkpoint::{Checkpoint, NewRow, PendingRow};
use crate::engine::clock::monotonic;
use crate::engine::conversation::UnknownAuthor;
use crate::engine::driver::{Driver, Effect, Message, Rows};
use crate::engine::monitor::{Monitor, Picture};
use crate::engine::plan::Plan;
use crate::engine::run::{run, runtime};
use crate::lifecycle::{Rules, Stop};
use crate::model::ids::{CellsHash, Fingerprint, Key, RowNumber, TicketId};
use crate::model::intent::{Route, Trust};
use crate::model::problem::Problem;
use crate::model::reply::{Answer, Found, KeyLookup, Meta, Reply, Verdict};
use crate::model::time::{ServerClock, ServerTime};
use crate::zendesk::pacer::Policy;

const BODY: &[u8] = br#"{"ticket":{"external_id":"A-1"}}"#;

struct OneRow;

impl Rows for OneRow {
    fn read_again(&mut self, _row: &PendingRow) -> Result<Vec<u8>, Problem> {
        Ok(BODY.to_vec())
    }
}

struct Silent;

impl Monitor for Silent {
    fn scanned(&mut self, _bytes: u64, _rows: u64) {}
    fn moved(&mut self, _picture: &Picture) {}
    fn tell(&mut self, _sentence: &str) {}
}

/// An account whose first create makes the task panic.
#[derive(Clone)]
struct Panics(Arc<AtomicBool>);

impl Requests for Panics {
    async fn make(&self, effect: Effect) -> Message {
        let timing = timing(monotonic());
        let meta = Meta::default();
        match effect {
            Effect::Create { intent, .. } => {
                assert!(self.0.swap(true, Ordering::SeqCst), "this one panics");
                Message::Replied {
                    row: intent.row,
                    reply: Reply {
                        verdict: Verdict::Created {
                            ticket: TicketId(7),
                            external_id: Some(intent.external_id.to_string()),
                        },
                        meta: Meta {
                            key_lookup: Some(KeyLookup::Miss),
                            ..meta
                        },
                    },
                    timing,
                }
            }
            Effect::LookUp { subject, way, .. } => Message::LookedUp {
                subject,
                way,
                answer: Answer {
                    answer: Ok(Found::default()),
                    meta,
                },
                timing,
            },
            other => panic!("{other:?}"),
        }
    }
}

fn plan() -> Plan {
    Plan {
        rules: Rules {
            trust: Trust::Key,
            lookup_settle_ms: 10,
            request_timeout_ms: 60_000,
            resend_after_ms: 10,
            keys_max: 2,
        },
        route: Route {
            method: "POST".to_owned(),
            path: "/api/v2/tickets".to_owned(),
            host: "a test".to_owned(),
            user: 1,
        },
        unknown_author: UnknownAuthor::Fail,
        sees_all: true,
        pace: Policy::default(),
        concurrency: 1,
        limit: None,
        max_errors: 100,
        max_outage_ms: 60_000,
        max_duration_ms: None,
        seed: 1,
    }
}

fn one_row(path: &Path) -> Checkpoint {
    let mut checkpoint = Checkpoint::open(path, "a test").unwrap();
    let mut load = checkpoint.load().unwrap();
    load.add([NewRow {
        line: 2,
        offset: 20,
        external_id: Some("A-1"),
        cells: CellsHash(0),
        has_requester: true,
        body: Ok(Some((Fingerprint::of(BODY), Key::from_bytes([1; 16])))),
    }])
    .unwrap();
    load.finish(&[]).unwrap();
    checkpoint
}

#[test]
fn a_run_whose_request_task_panics_ends_with_every_row_settled() {
    let folder = tempfile::tempdir().unwrap();
    let now = monotonic();
    let clock = ServerClock::new(ServerTime(1_790_000_000_000), now);
    let checkpoint = one_row(&folder.path().join("c.sqlite3"));
    let make_key = Box::new(Key::random);
    let mut driver = Driver::new(plan(), checkpoint, OneRow, make_key, clock, now).unwrap();
    driver.begin(now, "{}", now).unwrap();
    let (sender, inbox) = channel();
    let requests = Panics(Arc::default());
    let runtime = runtime().unwrap();
    let mailbox = (&sender, &inbox);
    let ended = run(driver, &requests, &runtime, mailbox, &mut Silent).unwrap();
    assert_eq!(ended.stop, Stop::Done);
    assert_eq!(ended.counts.created, 1);
}

#[test]
fn a_task_that_is_dropped_reports_its_request_as_lost() {
    let (sender, inbox) = channel();
    drop(Guard::new(Kind::Create(RowNumber(3)), sender.clone()));
    drop(Guard::new(Kind::Probe, sender.clone()));
    drop(Guard::new(Kind::CheckCredentials(RowNumber(4)), sender));
    let told: Vec<Message> = inbox.try_iter().collect();
    assert!(
        matches!(
            &told[..],
            [
                Message::Replied {
                    row: RowNumber(3),
                    reply: Reply {
                        verdict: Verdict::Lost(_),
                        ..
                    },
                    ..
                },
                Message::Probed { .. },
                Message::Checked {
                    row: RowNumber(4),
                    ..
                }
            ]
        ),
        "{told:?}"
    );
}

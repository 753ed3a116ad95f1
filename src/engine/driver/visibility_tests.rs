//! When "not found" may be judged, in the presence of a cache on the way.

use std::sync::Arc;

use super::test_rows::{Bodies, SENT, START, keys_from, plan};
use super::track::Asked;
use super::{Driver, Effect, Subject};
use crate::checkpoint::Checkpoint;
use crate::model::ids::{RowNumber, TicketId};
use crate::model::reply::{Candidate, Found};
use crate::model::time::{Monotonic, ServerClock};

/// A row that was not found, and three whose tickets can be control tickets.
const LOST: RowNumber = RowNumber(9);
const CONTROLS: [RowNumber; 3] = [RowNumber(1), RowNumber(2), RowNumber(3)];

struct Scene {
    driver: Driver<Bodies>,
    now: Monotonic,
    settle: u64,
    folder: tempfile::TempDir,
}

impl Scene {
    /// Control tickets that were made at the start.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = Checkpoint::open(&folder.path().join("c.sqlite3"), "a test").unwrap();
        let clock = ServerClock::new(SENT, START);
        let plan = plan();
        let settle = plan.rules.lookup_settle_ms;
        let mut driver =
            Driver::new(plan, checkpoint, Bodies, keys_from(10), clock, START).unwrap();
        for row in CONTROLS {
            driver.visibility.note_absent(row);
            let external_id = Arc::from(format!("old-{}", row.0));
            driver.visibility.note_created(row, &external_id, START);
        }
        Self {
            driver,
            now: START,
            settle,
            folder,
        }
    }

    fn wait(&mut self, ms: u64) {
        self.now = self.now.plus(ms);
    }

    /// Whether "not found" may be judged at once; if so, whether it counts.
    fn judge(&mut self) -> Option<bool> {
        let asked = Asked {
            at: SENT,
            local: self.now,
        };
        let may = self
            .driver
            .may_judge_absence(LOST, asked, self.now)
            .unwrap();
        may.then(|| self.driver.blindness().is_none())
    }

    /// The control tickets that are looked up now, each answered with or without a ticket.
    fn ask(&mut self, is_found: bool) -> Vec<RowNumber> {
        let mut asked = Vec::new();
        loop {
            self.driver.ask_control(self.now).unwrap();
            let Some(effect) = self.driver.effects.pop() else {
                return asked;
            };
            let Effect::LookUp {
                subject: Subject::Control(row),
                ..
            } = effect
            else {
                panic!("{effect:?}");
            };
            asked.push(row);
            let ticket = Candidate {
                ticket: TicketId(7),
                created_at: None,
            };
            let found = Found {
                exact: is_found.then_some(ticket).into_iter().collect(),
                near: Vec::new(),
            };
            self.driver.controlled(Ok(found), self.now).unwrap();
        }
    }
}

#[test]
fn absence_is_not_judged_before_the_control_ticket_is_older_than_the_settling_time() {
    let mut scene = Scene::new();
    scene.wait(scene.settle - 1);
    assert_eq!(scene.judge(), None);
    assert_eq!(scene.ask(true), []);
    let wake_at = scene.driver.visibility.wake_at();
    assert_eq!(wake_at, Some(START.plus(scene.settle)));
    scene.wait(1);
    assert_eq!(scene.ask(true), [CONTROLS[0]]);
    assert_eq!(scene.judge(), Some(true));
}

#[test]
fn a_cache_that_was_seen_is_believed_only_after_a_control_ticket_was_found() {
    let mut scene = Scene::new();
    let settle = scene.settle;
    scene.wait(settle);
    for control in CONTROLS {
        assert_eq!(scene.judge(), None);
        assert_eq!(scene.ask(false), [control]);
        assert_eq!(scene.judge(), Some(false));
        scene.wait(settle);
    }
    // No control ticket is left.
    assert_eq!(scene.judge(), Some(false));
    let row = RowNumber(4);
    scene.driver.visibility.note_absent(row);
    let external_id = Arc::from("old-4");
    let (now, visibility) = (scene.now, &mut scene.driver.visibility);
    visibility.note_created(row, &external_id, now);
    scene.wait(settle);
    assert_eq!(scene.judge(), None);
    assert_eq!(scene.ask(true), [row]);
    scene.wait(settle);
    assert_eq!(scene.judge(), Some(true));
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_an_error_and_not_a_missing_control_ticket() {
    let mut scene = Scene::new();
    scene.driver.plan.sees_all = false;
    scene.driver.visibility = super::visibility::Visibility::new();
    let db = rusqlite::Connection::open(scene.folder.path().join("c.sqlite3")).unwrap();
    db.execute_batch("ALTER TABLE row RENAME TO gone").unwrap();
    let asked = Asked {
        at: SENT,
        local: scene.now,
    };
    let judged = scene.driver.may_judge_absence(LOST, asked, scene.now);
    assert!(judged.is_err(), "{judged:?}");
}

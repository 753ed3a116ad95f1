use rusqlite::Connection;

use super::batch::{Batch, Outcome};
use super::error::CheckpointError;
use super::fixture_tests::{Fixture, START};
use super::handle::{Checkpoint, Reader};
use super::lease::AtWork;
use super::retry::Selection;
use crate::lifecycle::{How, Past, Row, State};
use crate::model::ids::{Key, RowNumber, TicketId};

const ROWS: &[(&str, Option<&str>)] = &[("a", Some("1")), ("b", Some("2")), ("c", Some("3"))];

/// A checkpoint whose lease is ours.
fn leased() -> Fixture {
    let mut fixture = Fixture::of(ROWS);
    fixture.checkpoint.take_lease(false).unwrap();
    fixture
}

/// Changes the lease as another process would.
fn change(fixture: &Fixture, sql: &str) {
    let db = Connection::open(fixture.path()).unwrap();
    assert_eq!(db.execute(sql, []).unwrap(), 1, "{sql}");
}

fn leases(fixture: &Fixture) -> u64 {
    let db = Connection::open(fixture.path()).unwrap();
    let count = "SELECT count(*) FROM lease";
    db.query_row(count, [], |row| row.get(0)).unwrap()
}

/// The first process of this machine: it always lives, and is not this one.
const FIRST_PROCESS: &str = "UPDATE lease SET id = x'00', process = 1, started = ?1";

#[cfg(target_os = "linux")]
fn give_to_a_living_process(fixture: &Fixture) {
    let stat = std::fs::read_to_string("/proc/1/stat").unwrap();
    let (_, after_name) = stat.rsplit_once(')').unwrap();
    let started = after_name.split_whitespace().nth(19).unwrap();
    let db = Connection::open(fixture.path()).unwrap();
    assert_eq!(db.execute(FIRST_PROCESS, [started]).unwrap(), 1);
}

#[test]
fn a_lease_is_there_while_its_run_lasts_and_gone_afterwards() {
    let fixture = leased();
    let reader = Reader::open(&fixture.path()).unwrap();
    assert!(!matches!(reader.at_work().unwrap(), AtWork::Nobody));
    drop(reader);
    let fixture = fixture.reopened();
    assert_eq!(leases(&fixture), 0);
}

#[test]
fn the_file_alone_holds_the_lease() {
    let fixture = leased();
    let copy = fixture.folder.path().join("copy.sqlite3");
    std::fs::copy(fixture.path(), &copy).unwrap();
    let reader = Reader::open(&copy).unwrap();
    assert!(!matches!(reader.at_work().unwrap(), AtWork::Nobody));
}

#[test]
fn under_a_lost_lease_nothing_is_written_and_nothing_is_handed_out() {
    for loss in [
        "UPDATE lease SET id = zeroblob(16)",
        "DELETE FROM lease",
        "UPDATE lease SET id = x''",
    ] {
        let mut fixture = leased();
        fixture.send(1);
        change(&fixture, loss);
        let batch = fixture.intent_of(2);
        let error = fixture.checkpoint.commit(batch).unwrap_err();
        assert!(
            matches!(error, CheckpointError::LeaseLost { .. }),
            "{error}"
        );
        let in_flight = fixture.checkpoint.in_flight().unwrap();
        assert_eq!(in_flight.len(), 1, "only what was out before");
        let batch = fixture.intent_of(3);
        assert!(fixture.checkpoint.commit(batch).is_err());
        let left = leases(&fixture);
        assert_eq!(
            leases(&fixture.reopened()),
            left,
            "it was not ours to remove"
        );
    }
}

#[test]
fn a_file_that_was_moved_keeps_what_is_known_and_sends_nothing_more() {
    let mut fixture = leased();
    fixture.send(1);
    let past = fixture.checkpoint.in_flight().unwrap()[0].past;
    let moved = fixture.folder.path().join("moved.sqlite3");
    std::fs::rename(fixture.path(), &moved).unwrap();
    let mut batch = fixture.intent_of(2);
    batch.outcomes.push(Outcome {
        number: RowNumber(1),
        row: Row {
            state: State::Created {
                ticket: TicketId(7),
                how: How::Found,
            },
            past,
        },
        key: None,
    });
    let error = fixture.checkpoint.commit(batch).unwrap_err();
    assert!(matches!(error, CheckpointError::Moved { .. }), "{error}");
    drop(fixture.checkpoint);
    // The WAL has stayed behind under the old name.
    let counts = Reader::open(&moved).unwrap().counts().unwrap();
    assert_eq!((counts.created, counts.pending, counts.sending), (1, 2, 0));
}

#[test]
fn a_file_that_was_moved_still_takes_what_comes_in() {
    let mut fixture = leased();
    fixture.send(1);
    let moved = fixture.folder.path().join("moved.sqlite3");
    std::fs::rename(fixture.path(), moved).unwrap();
    let past = Past::default();
    let outcome = Outcome {
        number: RowNumber(1),
        row: Row {
            state: State::Pending,
            past,
        },
        key: None,
    };
    let batch = Batch {
        outcomes: vec![outcome],
        ..Batch::default()
    };
    assert!(fixture.checkpoint.commit(batch).is_ok());
}

#[cfg(target_os = "linux")]
#[test]
fn a_living_process_keeps_others_from_opening_and_from_changing_rows() {
    // Opened before the other process came.
    let mut fixture = leased();
    give_to_a_living_process(&fixture);
    fixture.checkpoint.lease = None;
    for take_over in [false, true] {
        let error = fixture.checkpoint.take_lease(take_over).unwrap_err();
        assert!(matches!(error, CheckpointError::InUse { .. }), "{error}");
    }
    let error = fixture.checkpoint.rescan().unwrap_err();
    assert!(matches!(error, CheckpointError::InUse { .. }), "{error}");
    let selection = Selection {
        unknown: false,
        code: None,
        line: Some(1),
    };
    let error = fixture.checkpoint.retry(&selection, Key::random);
    let error = error.unwrap_err();
    assert!(matches!(error, CheckpointError::InUse { .. }), "{error}");
    let path = fixture.path();
    drop(fixture.checkpoint);
    let error = Checkpoint::open(&path, "a test").unwrap_err();
    assert!(matches!(error, CheckpointError::InUse { .. }), "{error}");
}

#[test]
fn a_lease_that_cannot_be_judged_is_taken_over_only_when_a_person_says_so() {
    let fixture = leased();
    change(
        &fixture,
        "UPDATE lease SET id = x'00', boot = 'another', machine_id = 'another'",
    );
    let mut fixture = fixture.reopened();
    let error = fixture.checkpoint.take_lease(false).unwrap_err();
    assert!(
        matches!(error, CheckpointError::LeasedElsewhere { .. }),
        "{error}"
    );
    fixture.checkpoint.take_lease(true).unwrap();
    fixture.send(1);
    assert_eq!(
        START,
        fixture.checkpoint.in_flight().unwrap()[0]
            .flight
            .first_sent_at
    );
}

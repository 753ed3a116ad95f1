use super::fixture_tests::{Fixture, START};
use crate::lifecycle::{How, Past, Row, State};
use crate::model::delta::Delta;
use crate::model::ids::TicketId;
use crate::model::problem::Problem;

const SENT: Past = Past {
    keys: 1,
    first_sent_at: Some(START),
    last_sent_at: Some(START),
    look_up_since: None,
    claim: None,
};

fn created() -> Row {
    Row {
        state: State::Created {
            ticket: TicketId(7),
            how: How::Miss,
        },
        past: SENT,
    }
}

#[test]
fn the_first_of_two_rows_with_one_id_stays_and_the_others_name_its_line() {
    let fixture = Fixture::of(&[
        ("a", Some("1")),
        ("b", Some("2")),
        ("a", Some("3")),
        ("a", None),
    ]);
    assert_eq!(
        fixture.table(),
        "1 a line 2 pending\n2 b line 3 pending\n3 - line 4 invalid DuplicateExternalId\n\
         4 - line 5 invalid DuplicateExternalId"
    );
    let problems = fixture.checkpoint.problems(9).unwrap();
    assert!(
        problems[0].problem.message.contains("on line 2"),
        "{problems:?}"
    );
}

#[test]
fn a_row_with_a_ticket_stays_the_one_when_another_with_its_id_is_put_before_it() {
    let mut fixture = Fixture::of(&[("a", Some("1"))]);
    fixture.put(1, created());
    fixture.scanned(&[("a", Some("other")), ("a", Some("1")), ("a", Some("more"))]);
    assert_eq!(
        fixture.table(),
        "1 a line 3 created\n2 - line 2 invalid DuplicateExternalId\n\
         3 - line 4 invalid DuplicateExternalId"
    );
    let problems = fixture.checkpoint.problems(9).unwrap();
    assert!(
        problems[0].problem.message.contains("on line 3"),
        "{problems:?}"
    );
}

#[test]
fn rows_that_moved_keep_their_numbers_keys_and_tickets() {
    let mut fixture = Fixture::of(&[("a", Some("1")), ("b", Some("2"))]);
    fixture.put(1, created());
    let key = fixture
        .checkpoint
        .pending(crate::model::ids::RowNumber(0), 9)
        .unwrap()[0]
        .key;
    let delta = fixture.scanned(&[("new", Some("0")), ("b", Some("2")), ("a", Some("1"))]);
    assert_eq!(
        delta,
        Delta {
            new: 1,
            ..Delta::default()
        }
    );
    assert_eq!(
        fixture.table(),
        "1 a line 4 created\n2 b line 3 pending\n3 new line 2 pending"
    );
    let pending = fixture
        .checkpoint
        .pending(crate::model::ids::RowNumber(0), 9)
        .unwrap();
    assert_eq!((pending[0].key, pending[0].offset), (key, 10));
}

#[test]
fn a_changed_row_that_was_never_sent_gets_another_key() {
    let mut fixture = Fixture::of(&[("a", Some("1"))]);
    let before = fixture
        .checkpoint
        .pending(crate::model::ids::RowNumber(0), 1)
        .unwrap()
        .remove(0);
    let delta = fixture.scanned(&[("a", Some("2"))]);
    assert_eq!(
        delta,
        Delta {
            renewed: 1,
            ..Delta::default()
        }
    );
    let after = fixture
        .checkpoint
        .pending(crate::model::ids::RowNumber(0), 1)
        .unwrap()
        .remove(0);
    assert_ne!(before.key, after.key);
    assert_ne!(before.fingerprint, after.fingerprint);
}

#[test]
fn a_changed_row_that_was_sent_stays_as_it_was_sent() {
    let mut fixture = Fixture::of(&[("a", Some("1")), ("b", Some("2"))]);
    fixture.put(1, created());
    fixture.send(2);
    let delta = fixture.scanned(&[("a", Some("x")), ("b", None)]);
    assert_eq!(
        delta,
        Delta {
            changed_since: 2,
            ..Delta::default()
        }
    );
    assert_eq!(fixture.table(), "1 a line 2 created\n2 b line 3 sending");
}

#[test]
fn a_row_that_vanishes_is_withdrawn_unless_it_was_sent_and_comes_back_as_pending() {
    let mut fixture = Fixture::of(&[("a", Some("1")), ("b", Some("2")), ("c", None)]);
    fixture.put(1, created());
    let delta = fixture.scanned(&[("d", Some("4"))]);
    assert_eq!(
        delta,
        Delta {
            new: 1,
            withdrawn: 2,
            gone_since: 1,
            ..Delta::default()
        }
    );
    assert_eq!(
        fixture.table(),
        "1 a line 2 created\n2 b line 3 withdrawn\n3 c line 4 withdrawn\n4 d line 2 pending"
    );
    let delta = fixture.scanned(&[("b", Some("2")), ("c", Some("3")), ("d", Some("4"))]);
    assert_eq!(
        delta,
        Delta {
            renewed: 2,
            gone_since: 1,
            ..Delta::default()
        }
    );
    assert_eq!(fixture.checkpoint.counts().unwrap().pending, 3);
}

#[test]
fn a_rejected_row_that_was_fixed_is_looked_up_before_it_is_sent_again() {
    let mut fixture = Fixture::of(&[("a", Some("1")), ("b", Some("2"))]);
    let rejected = State::Rejected(Problem::new("RecordInvalid", "no"));
    fixture.put(
        1,
        Row {
            state: rejected.clone(),
            past: SENT,
        },
    );
    fixture.put(
        2,
        Row {
            state: rejected,
            past: SENT,
        },
    );
    let delta = fixture.scanned(&[("a", Some("fixed")), ("b", Some("2"))]);
    assert_eq!(
        delta,
        Delta {
            renewed: 1,
            ..Delta::default()
        }
    );
    let pending = fixture
        .checkpoint
        .pending(crate::model::ids::RowNumber(0), 9)
        .unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0].past.look_up_since, Some(START));
    assert_eq!(fixture.checkpoint.counts().unwrap().rejected, 1);
}

#[test]
fn invalid_rows_without_an_id_are_counted_anew_by_each_scan() {
    let mut fixture = Fixture::of(&[("a", Some("1")), ("", None), ("", None)]);
    assert_eq!(fixture.checkpoint.counts().unwrap().invalid, 2);
    fixture.scanned(&[("a", Some("1")), ("", None)]);
    assert_eq!(
        fixture.table(),
        "1 a line 2 pending\n2 - line 3 invalid MissingText"
    );
}

#[test]
fn a_scan_that_is_dropped_changes_nothing() {
    let mut fixture = Fixture::of(&[("a", Some("1"))]);
    drop(fixture.checkpoint.rescan().unwrap());
    assert_eq!(fixture.table(), "1 a line 2 pending");
    let fixture = fixture.reopened();
    assert_eq!(fixture.table(), "1 a line 2 pending");
}

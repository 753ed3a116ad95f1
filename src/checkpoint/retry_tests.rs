use super::fixture_tests::{Fixture, START};
use super::retry::{Assigned, Selection};
use crate::lifecycle::{Past, Row, State};
use crate::model::ids::{Key, RowNumber, TicketId};
use crate::model::problem::Problem;

const ROWS: &[(&str, Option<&str>)] = &[
    ("a", Some("1")),
    ("b", Some("2")),
    ("c", Some("3")),
    ("d", Some("4")),
];

fn given_up() -> Fixture {
    let mut fixture = Fixture::of(ROWS);
    let past = Past {
        keys: 2,
        first_sent_at: Some(START),
        last_sent_at: Some(START),
        look_up_since: None,
    };
    for (number, state) in [
        (1, State::Rejected(Problem::new("RecordInvalid", "x"))),
        (2, State::Rejected(Problem::new("Http413", "x"))),
        (3, State::Unknown(Problem::new("KeysUsedUp", "x"))),
    ] {
        fixture.put(number, Row { state, past });
    }
    fixture
}

#[test]
fn rejected_rows_go_back_by_code_with_another_key_and_are_looked_up_first() {
    let mut fixture = given_up();
    let selection = Selection {
        code: Some("RecordInvalid".into()),
        ..Selection::default()
    };
    let key = Key::from_bytes([9; 16]);
    assert_eq!(fixture.checkpoint.retry(&selection, || key).unwrap(), 1);
    let pending = fixture
        .checkpoint
        .pending(RowNumber(0), 1)
        .unwrap()
        .remove(0);
    assert_eq!((pending.key, pending.past.keys), (key, 1));
    assert_eq!(pending.past.look_up_since, Some(START));
    assert_eq!(fixture.checkpoint.counts().unwrap().rejected, 1);
}

#[test]
fn unknown_rows_go_back_only_when_they_are_named() {
    let mut fixture = given_up();
    assert_eq!(
        fixture
            .checkpoint
            .retry(&Selection::default(), Key::random)
            .unwrap(),
        2
    );
    assert_eq!(fixture.checkpoint.counts().unwrap().unknown, 1);
    let unknown = Selection {
        unknown: true,
        ..Selection::default()
    };
    assert_eq!(fixture.checkpoint.retry(&unknown, Key::random).unwrap(), 1);
    assert_eq!(fixture.checkpoint.counts().unwrap().pending, 4);
}

#[test]
fn a_ticket_is_assigned_to_one_row_or_to_none() {
    let mut fixture = given_up();
    let all = Selection::default();
    assert_eq!(
        fixture.checkpoint.assign(&all, TicketId(77)).unwrap(),
        Assigned::Selected(2)
    );
    assert_eq!(fixture.checkpoint.counts().unwrap().created, 0);
    let one = Selection {
        line: Some(3),
        ..Selection::default()
    };
    assert_eq!(
        fixture.checkpoint.assign(&one, TicketId(77)).unwrap(),
        Assigned::Done
    );
    let other = Selection {
        unknown: true,
        ..Selection::default()
    };
    let taken = fixture.checkpoint.assign(&other, TicketId(77)).unwrap();
    assert_eq!(taken, Assigned::Taken(3));
    let counts = fixture.checkpoint.counts().unwrap();
    assert_eq!(
        (counts.created, counts.created_found, counts.rejected),
        (1, 1, 1)
    );
    assert_eq!(fixture.checkpoint.audit().unwrap(), Vec::<String>::new());
}

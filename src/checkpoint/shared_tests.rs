use super::fixture_tests::{Fixture, RULES, START};
use super::handle::{Checkpoint, Reader};
use super::settings::Setting;
use super::shared::Shared;
use crate::lifecycle::{Event, Flight, How, Past, Row, State, next};
use crate::model::ids::{Key, RowNumber, TicketId};
use crate::model::intent::Trust;
use crate::model::problem::Problem;
use crate::model::time::ServerTime;

const NOW: ServerTime = ServerTime(START.0 + 90_000);

const ROWS: &[(&str, Option<&str>)] = &[("a", Some("1")), ("b", Some("2")), ("c", Some("3"))];

fn noted(ours: &mut Checkpoint, theirs: &Fixture) -> Shared {
    let reader = Reader::open(&theirs.path()).unwrap();
    ours.forget_shared().unwrap();
    let shared = ours.note_shared(&reader).unwrap();
    ours.look_up_shared(NOW).unwrap();
    shared
}

fn look_up_since(checkpoint: &Checkpoint) -> Vec<Option<ServerTime>> {
    let rows = checkpoint.pending(RowNumber(0), 9).unwrap();
    rows.iter().map(|row| row.past.look_up_since).collect()
}

/// The other checkpoint's row in each state that it may be in, and since when it is looked up here.
#[test]
fn a_row_that_another_checkpoint_may_have_sent_is_looked_up_whatever_became_of_it_there() {
    let sent = Past {
        keys: 1,
        first_sent_at: Some(START),
        last_sent_at: Some(START),
        look_up_since: None,
        claim: None,
    };
    let unsent = Row::fresh().past;
    let problem = || Problem::new("P", "p");
    let found = State::Created {
        ticket: TicketId(7),
        how: How::Found,
    };
    let flight = State::Sending(Flight {
        attempts: 1,
        open: 1,
        first_sent_at: START,
        last_sent_at: START,
        trust: Trust::Key,
        unanswered: false,
        highest_ticket: None,
        refusal: None,
    });
    for (state, past, expected, is_open) in [
        (found.clone(), sent, Some(START), 0),
        (found, unsent, Some(NOW), 0),
        (State::Rejected(problem()), sent, Some(START), 0),
        (State::Unknown(problem()), sent, Some(START), 0),
        (flight, sent, Some(NOW), 1),
        (State::Pending, sent, Some(START), 1),
        (State::Withdrawn, sent, Some(START), 0),
        (State::Pending, unsent, None, 1),
        (State::Withdrawn, unsent, None, 0),
        (State::Invalid(problem()), unsent, None, 0),
    ] {
        let mut theirs = Fixture::of(ROWS);
        theirs.put(2, Row { state, past });
        let mut ours = Fixture::of(&[("0", Some("1")), ("b", Some("2")), ("z", Some("3"))]);
        let shared = noted(&mut ours.checkpoint, &theirs);
        let rows = u64::from(expected.is_some());
        assert_eq!((shared.sent, shared.open), (rows, is_open), "{expected:?}");
        assert_eq!(look_up_since(&ours.checkpoint), [None, expected, None]);
    }
}

#[test]
fn looking_shared_rows_up_is_what_the_lifecycle_does_to_each() {
    for before in [
        None,
        Some(ServerTime(START.0 + 5)),
        Some(ServerTime(NOW.0 + 5)),
    ] {
        let past = Past {
            look_up_since: before,
            ..Row::fresh().past
        };
        let row = Row {
            state: State::Pending,
            past,
        };
        let mut theirs = Fixture::of(ROWS);
        let sent = Past {
            first_sent_at: Some(START),
            last_sent_at: Some(START),
            ..Row::fresh().past
        };
        let rejected = State::Rejected(Problem::new("P", "p"));
        theirs.put(
            1,
            Row {
                state: rejected,
                past: sent,
            },
        );
        let mut ours = Fixture::of(&ROWS[..1]);
        ours.put(1, row.clone());
        noted(&mut ours.checkpoint, &theirs);
        let (after, _) = next(row, Event::Recover { now: START }, &RULES);
        assert_eq!(look_up_since(&ours.checkpoint), [after.past.look_up_since]);
    }
}

#[test]
fn a_checkpoint_that_was_not_scanned_or_is_of_another_account_is_none_of_ours() {
    let mut theirs = Fixture::of(ROWS);
    let account = |theirs: &Fixture| {
        let found = Reader::open_aside(&theirs.path(), "acme.zendesk.com").unwrap();
        found.is_some()
    };
    assert!(!account(&theirs));
    let set = |theirs: &mut Fixture, name| theirs.checkpoint.set(&[(Setting::Account, name)]);
    set(&mut theirs, "acme.zendesk.com").unwrap();
    assert!(account(&theirs));
    set(&mut theirs, "other.zendesk.com").unwrap();
    assert!(!account(&theirs));
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("e.sqlite3");
    std::fs::write(&empty, "").unwrap();
    assert!(
        Reader::open_aside(&empty, "acme.zendesk.com")
            .unwrap()
            .is_none()
    );
    std::fs::write(&empty, "notes").unwrap();
    assert!(Reader::open_aside(&empty, "acme.zendesk.com").is_err());
}

#[test]
fn a_ticket_that_another_checkpoint_knows_as_deleted_is_passed_over_here_too() {
    let mut theirs = Fixture::of(ROWS);
    theirs.put(
        2,
        Row {
            state: State::Created {
                ticket: TicketId(7),
                how: How::Miss,
            },
            past: Row::fresh().past,
        },
    );
    let gone = theirs.checkpoint.perhaps_deleted(Some(3)).unwrap();
    let is_put_back = theirs.checkpoint.put_back(&gone[0], NOW, Key::random());
    assert!(is_put_back.unwrap());
    let mut ours = Fixture::of(&[("b", Some("2"))]);
    noted(&mut ours.checkpoint, &theirs);
    let deleted = ours.checkpoint.deleted_tickets(RowNumber(1)).unwrap();
    assert_eq!(deleted, [TicketId(7)]);
}

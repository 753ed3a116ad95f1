use super::claims::{Claim, Name};
use super::fixture_tests::{Fixture, RULES, START};
use super::retry::{Retried, Selection};
use super::verified::Compared;
use super::verify_scope::Scope;
use crate::lifecycle::{Event, How, Past, Row, State, next};
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
        claim: None,
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
        code: Some("recordINVALID".into()),
        ..Selection::default()
    };
    let key = Key::from_bytes([9; 16]);
    let retried = fixture.checkpoint.retry(&selection, || key).unwrap();
    assert_eq!(retried, put_back(1));
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
        put_back(2)
    );
    assert_eq!(fixture.checkpoint.counts().unwrap().unknown, 1);
    let unknown = Selection {
        unknown: true,
        ..Selection::default()
    };
    let retried = fixture.checkpoint.retry(&unknown, Key::random).unwrap();
    assert_eq!(retried, put_back(1));
    assert_eq!(fixture.checkpoint.counts().unwrap().pending, 4);
}

fn put_back(rows: u64) -> Retried {
    Retried { rows, claimed: 0 }
}

fn on_line(line: u64, unknown: bool) -> Selection {
    Selection {
        line: Some(line),
        unknown,
        code: None,
    }
}

fn claim_of(fixture: &Fixture, selection: &Selection, ticket: u64) -> Claim {
    match fixture.checkpoint.to_name(selection, TicketId(ticket)) {
        Ok(Name::Row(claim)) => claim,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_ticket_is_named_for_one_row_or_for_none() {
    let mut fixture = given_up();
    let named = |fixture: &Fixture, selection: &Selection| {
        fixture.checkpoint.to_name(selection, TicketId(77)).unwrap()
    };
    assert_eq!(named(&fixture, &Selection::default()), Name::Selected(2));
    let claim = claim_of(&fixture, &on_line(3, false), 77);
    assert_eq!((claim.line, &*claim.external_id), (3, "b"));
    fixture.checkpoint.claim(&claim).unwrap();
    let unknown = on_line(4, true);
    assert_eq!(named(&fixture, &unknown), Name::Taken(3), "claimed");
    fixture.checkpoint.assign(&claim).unwrap();
    assert_eq!(named(&fixture, &unknown), Name::Taken(3), "assigned");
    let other = claim_of(&fixture, &unknown, 78);
    assert_eq!(fixture.checkpoint.holder(&other).unwrap(), None);
    let other = Claim {
        ticket: TicketId(77),
        ..other
    };
    assert_eq!(fixture.checkpoint.holder(&other).unwrap(), Some(3));
    let counts = fixture.checkpoint.counts().unwrap();
    assert_eq!(
        (counts.created, counts.created_found, counts.rejected),
        (1, 1, 1)
    );
    assert_eq!(fixture.checkpoint.audit().unwrap(), Vec::<String>::new());
}

#[test]
fn a_row_whose_ticket_is_to_be_checked_stays_what_it_is_until_that_is_taken_back() {
    let mut fixture = given_up();
    let claim = claim_of(&fixture, &on_line(2, false), 77);
    fixture.checkpoint.claim(&claim).unwrap();
    assert_eq!(
        fixture.checkpoint.claims().unwrap(),
        std::slice::from_ref(&claim)
    );
    let counts = fixture.checkpoint.counts().unwrap();
    assert_eq!((counts.rejected, counts.claimed, counts.rows()), (2, 1, 4));
    let all = Selection::default();
    let retried = fixture.checkpoint.retry(&all, Key::random).unwrap();
    let (rows, claimed) = (1, 1);
    assert_eq!(retried, Retried { rows, claimed });
    // Neither another CSV nor its ticket that is named twice changes that.
    let changed: Vec<_> = ROWS.iter().map(|(id, _)| (*id, Some("other"))).collect();
    fixture.scanned(&changed);
    assert_eq!(
        fixture.checkpoint.claims().unwrap(),
        std::slice::from_ref(&claim)
    );
    assert_eq!(fixture.checkpoint.audit().unwrap(), Vec::<String>::new());
    let mut fixture = fixture.reopened();
    assert_eq!(
        fixture.checkpoint.named(Some(2)).unwrap(),
        std::slice::from_ref(&claim)
    );
    fixture.checkpoint.take_back(claim.row).unwrap();
    assert_eq!(fixture.checkpoint.counts().unwrap().rejected, 1);
    let retried = fixture.checkpoint.retry(&all, Key::random).unwrap();
    assert_eq!(retried, put_back(1));
}

#[test]
fn a_ticket_that_was_named_and_agreed_to_is_taken_back_and_settles_from_the_next_run_on() {
    let mut fixture = given_up();
    let claim = claim_of(&fixture, &on_line(2, false), 77);
    fixture.checkpoint.assign(&claim).unwrap();
    assert_eq!(
        fixture.checkpoint.named(None).unwrap(),
        std::slice::from_ref(&claim)
    );
    fixture.checkpoint.take_back(claim.row).unwrap();
    assert_eq!(fixture.checkpoint.named(None).unwrap(), []);
    let unknown = on_line(2, true);
    let codes = fixture.checkpoint.problem_codes(&unknown).unwrap();
    assert_eq!(codes, ["TakenBack"]);
    assert_eq!(fixture.checkpoint.audit().unwrap(), Vec::<String>::new());
    fixture.checkpoint.retry(&unknown, Key::random).unwrap();
    let since = |fixture: &Fixture| {
        let rows = fixture.checkpoint.pending(RowNumber(0), 9).unwrap();
        rows.iter()
            .map(|row| row.past.look_up_since)
            .collect::<Vec<_>>()
    };
    assert_eq!(since(&fixture), [Some(Past::NEXT_RUN), None]);
    let now = START.plus(5_000);
    fixture.checkpoint.start_at(now).unwrap();
    assert_eq!(since(&fixture), [Some(now), None]);
}

#[test]
fn a_start_does_to_all_rows_at_once_what_the_lifecycle_does_to_each() {
    let now = START.plus(1_000);
    for since in [None, Some(START), Some(Past::NEXT_RUN)] {
        let mut fixture = given_up();
        let past = Past {
            keys: 1,
            look_up_since: since,
            ..Past::default()
        };
        let state = State::Pending;
        let before = Row { state, past };
        fixture.put(4, before.clone());
        fixture.checkpoint.start_at(now).unwrap();
        let (after, _) = next(before, Event::Started { now }, &RULES);
        let found = fixture.checkpoint.pending(RowNumber(0), 1).unwrap();
        assert_eq!(found[0].past, after.past, "{since:?}");
    }
}

#[test]
fn a_row_whose_ticket_is_deleted_goes_back_with_another_key_and_remembers_the_ticket() {
    let mut fixture = given_up();
    let past = Past {
        keys: 2,
        first_sent_at: Some(START),
        last_sent_at: Some(START),
        ..Past::default()
    };
    let ticket = TicketId(9);
    let how = How::Found;
    let state = State::Created { ticket, how };
    fixture.put(4, Row { state, past });
    assert_eq!(fixture.checkpoint.perhaps_deleted(None).unwrap(), []);
    fixture.checkpoint.verify(Scope::All).unwrap();
    let at = START.plus(1_000);
    let missing = [(RowNumber(4), Compared::Missing)];
    fixture.checkpoint.note_compared(&missing, at).unwrap();
    let rows = fixture.checkpoint.perhaps_deleted(None).unwrap();
    assert_eq!(rows, fixture.checkpoint.perhaps_deleted(Some(5)).unwrap());
    let [row] = &rows[..] else { panic!("{rows:?}") };
    let other = Claim {
        ticket: TicketId(8),
        ..row.clone()
    };
    let now = START.plus(5_000);
    let key = Key::from_bytes([9; 16]);
    assert!(!fixture.checkpoint.put_back(&other, now, key).unwrap());
    assert!(fixture.checkpoint.put_back(row, now, key).unwrap());
    assert!(
        !fixture.checkpoint.put_back(row, now, key).unwrap(),
        "twice"
    );
    let pending = fixture.checkpoint.pending(RowNumber(0), 1).unwrap();
    assert_eq!((pending[0].key, pending[0].past.keys), (key, 1));
    assert_eq!(pending[0].past.look_up_since, Some(now));
    let deleted = fixture.checkpoint.deleted_tickets(RowNumber(4));
    assert_eq!(deleted.unwrap(), [ticket]);
    assert_eq!(fixture.checkpoint.verification().unwrap().rows, 0);
    assert_eq!(fixture.checkpoint.perhaps_deleted(Some(5)).unwrap(), []);
}

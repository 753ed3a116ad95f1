use super::batch::{Attempt, Kind};
use super::error::CheckpointError;
use super::fixture_tests::{Fixture, RULES, START};
use crate::lifecycle::{Event, Flight, How, Past, Row, State, next};
use crate::model::counts::Counts;
use crate::model::ids::{RowNumber, TicketId};
use crate::model::intent::Trust;
use crate::model::problem::Problem;
use crate::model::time::ServerTime;

const ROWS: &[(&str, Option<&str>)] = &[("a", Some("1")), ("b", Some("2")), ("c", Some("3"))];

#[test]
fn an_intent_that_was_handed_out_is_there_after_a_crash_with_its_bytes() {
    let mut fixture = Fixture::of(ROWS);
    let sent = fixture.send(1);
    let fixture = fixture.reopened();
    let found = fixture.checkpoint.in_flight().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].key, sent[0].key);
    assert_eq!(found[0].flight.open, 1);
    let (body, _) = fixture.checkpoint.body(RowNumber(1)).unwrap();
    assert_eq!(&*body, &*sent[0].body);
    assert!(fixture.checkpoint.audit().unwrap().is_empty());
}

#[test]
fn a_settled_row_keeps_no_body() {
    let mut fixture = Fixture::of(ROWS);
    fixture.send(1);
    let past = fixture.checkpoint.in_flight().unwrap()[0].past;
    let state = State::Created {
        ticket: TicketId(7),
        how: How::Miss,
    };
    fixture.put(1, Row { state, past });
    assert!(fixture.checkpoint.in_flight().unwrap().is_empty());
    let counts = fixture.checkpoint.counts().unwrap();
    assert_eq!(
        counts,
        Counts {
            created: 1,
            pending: 2,
            ..Counts::default()
        }
    );
}

#[test]
fn a_body_that_is_not_what_was_sent_is_never_handed_out() {
    let mut fixture = Fixture::of(ROWS);
    fixture.send(1);
    fixture
        .checkpoint
        .db
        .execute("UPDATE flight SET body = x'00'", [])
        .unwrap();
    let error = fixture.checkpoint.body(RowNumber(1)).unwrap_err();
    assert!(
        matches!(error, CheckpointError::Inconsistent { .. }),
        "{error}"
    );
    assert_eq!(fixture.checkpoint.audit().unwrap().len(), 1);
}

#[test]
fn after_a_failed_commit_nothing_more_is_written_and_nothing_was_handed_out() {
    let mut fixture = Fixture::of(ROWS);
    let pages: i64 = fixture
        .checkpoint
        .db
        .query_row("PRAGMA page_count", [], |r| r.get(0))
        .unwrap();
    fixture
        .checkpoint
        .db
        .pragma_update(None, "max_page_count", pages)
        .unwrap();
    let attempt = |n: u64| Attempt {
        row: RowNumber(1),
        kind: Kind::Create,
        key: None,
        sent_at: START,
        duration_ms: n,
        status: Some(500),
        key_lookup: None,
        request_id: Some("x".repeat(1_000)),
        found: None,
    };
    let mut batch = fixture.intent_of(1);
    batch.attempts = (0..1_000).map(attempt).collect();
    let error = fixture.checkpoint.commit(batch).unwrap_err();
    assert!(matches!(error, CheckpointError::DiskFull { .. }), "{error}");
    let next = fixture.intent_of(2);
    let error = fixture.checkpoint.commit(next).unwrap_err();
    assert!(matches!(error, CheckpointError::Poisoned { .. }), "{error}");
    let fixture = fixture.reopened();
    assert!(fixture.checkpoint.in_flight().unwrap().is_empty());
    assert_eq!(fixture.checkpoint.counts().unwrap().pending, 3);
}

#[test]
fn the_audit_finds_what_must_not_be() {
    for (damage, finding) in [
        (
            "UPDATE row SET key = (SELECT key FROM row WHERE number = 1)",
            "shares its key",
        ),
        (
            "DROP INDEX row_external_id; UPDATE row SET external_id = 'a'",
            "shares its external_id",
        ),
        (
            "UPDATE row SET state = 9 WHERE number = 2",
            "state that does not exist",
        ),
        (
            "UPDATE row SET state = 2 WHERE number = 2",
            "created without a ticket",
        ),
        (
            "UPDATE row SET state = 2, how = 0, ticket_id = 5 WHERE number = 2",
            "log does not hold",
        ),
        (
            "UPDATE row SET state = 3 WHERE number = 2",
            "without a reason",
        ),
        (
            "UPDATE row SET state = 1 WHERE number = 2",
            "sending without an intent",
        ),
        (
            "UPDATE row SET state = 0 WHERE number = 1",
            "stored body although",
        ),
        (
            "UPDATE flight SET key = zeroblob(16)",
            "another key than its own",
        ),
        ("UPDATE flight SET open = 9", "more open requests"),
        ("UPDATE flight SET body = x'00'", "not what was sent"),
        (
            "UPDATE row SET key = NULL WHERE number = 2",
            "no external_id, key or fingerprint",
        ),
        (
            "INSERT INTO attempt (row, kind, sent_at, duration_ms) VALUES (99, 0, 0, 0)",
            "in the log but not",
        ),
    ] {
        let mut fixture = Fixture::of(ROWS);
        fixture.send(1);
        assert!(fixture.checkpoint.audit().unwrap().is_empty());
        fixture.checkpoint.db.execute_batch(damage).unwrap();
        let findings = fixture.checkpoint.audit().unwrap();
        assert!(
            findings.iter().any(|f| f.contains(finding)),
            "{damage}: {findings:?}"
        );
    }
}

#[test]
fn recovering_all_rows_at_once_is_what_the_lifecycle_does_to_each() {
    let now = ServerTime(START.0 + 1_000);
    let past = Past {
        keys: 1,
        first_sent_at: Some(START),
        last_sent_at: Some(START),
        ..Past::default()
    };
    let problem = || Problem::new("P", "p");
    let flight = Flight {
        attempts: 1,
        open: 1,
        first_sent_at: START,
        last_sent_at: START,
        trust: Trust::Key,
        unanswered: true,
        highest_ticket: None,
        refusal: None,
    };
    let debt = Past {
        look_up_since: Some(ServerTime(now.0 + 5)),
        ..past
    };
    for row in [
        Row {
            state: State::Pending,
            past,
        },
        Row {
            state: State::Pending,
            past: debt,
        },
        Row {
            state: State::Invalid(problem()),
            past,
        },
        Row {
            state: State::Withdrawn,
            past,
        },
        Row {
            state: State::Created {
                ticket: TicketId(1),
                how: How::Miss,
            },
            past,
        },
        Row {
            state: State::Rejected(problem()),
            past,
        },
        Row {
            state: State::Unknown(problem()),
            past,
        },
        Row {
            state: State::Sending(flight),
            past,
        },
    ] {
        let mut fixture = Fixture::of(ROWS);
        fixture.send(1);
        fixture.put(1, row.clone());
        fixture.checkpoint.recover(now).unwrap();
        let (expected, _) = next(row.clone(), Event::Recover { now }, &RULES);
        let look_up_since: Option<i64> = fixture
            .checkpoint
            .db
            .query_row("SELECT look_up_since FROM row WHERE number = 1", [], |r| {
                r.get(0)
            })
            .unwrap();
        assert_eq!(
            look_up_since.map(ServerTime),
            expected.past.look_up_since,
            "{row:?}"
        );
        let trust = fixture
            .checkpoint
            .in_flight()
            .unwrap()
            .first()
            .map(|f| f.flight.trust);
        let expected_trust = match expected.state {
            State::Sending(flight) => Some(flight.trust),
            _ => None,
        };
        assert_eq!(trust, expected_trust, "{row:?}");
    }
}

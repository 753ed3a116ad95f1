//! The replies of the grid.

use super::event::{Event, Evidence};
use super::grid_words_tests::START;
use crate::model::ids::TicketId;
use crate::model::problem::Problem;
use crate::model::reply::{KeyLookup, RetryAfter, Verdict};

pub(super) fn replies() -> Vec<(String, Event)> {
    let problem = || Problem::new("RecordInvalid", "no");
    let created = Verdict::Created {
        ticket: TicketId(5),
        external_id: Some("A".into()),
    };
    let kinds = [
        ("created", created.clone(), Some(KeyLookup::Miss), true),
        ("created, hit", created.clone(), Some(KeyLookup::Hit), true),
        ("created, unmarked", created.clone(), None, true),
        (
            "created, another external_id",
            created,
            Some(KeyLookup::Miss),
            false,
        ),
        (
            "unreadable",
            Verdict::Unreadable,
            Some(KeyLookup::Miss),
            false,
        ),
        ("key mismatch", Verdict::KeyMismatch, None, false),
        (
            "refused",
            Verdict::Refused(problem()),
            Some(KeyLookup::Miss),
            false,
        ),
        ("unauthorized", Verdict::Unauthorized, None, false),
        ("expired", Verdict::Expired, None, false),
        ("forbidden", Verdict::Forbidden(problem()), None, false),
        (
            "wrong account",
            Verdict::WrongAccount(problem()),
            None,
            false,
        ),
        ("conflict", Verdict::Conflict, None, false),
        (
            "throttled, 23 s",
            Verdict::Throttled(Some(RetryAfter::Delay(23_000))),
            None,
            false,
        ),
        (
            "server error",
            Verdict::ServerError(None),
            Some(KeyLookup::Miss),
            false,
        ),
        (
            "server error, hit",
            Verdict::ServerError(None),
            Some(KeyLookup::Hit),
            false,
        ),
        (
            "server error, unmarked",
            Verdict::ServerError(None),
            None,
            false,
        ),
        ("not sent", Verdict::NotSent("refused".into()), None, false),
        ("lost", Verdict::Lost("reset".into()), None, false),
    ];
    let reply = |verdict, key_lookup, ours, evidence| Event::Replied {
        verdict,
        key_lookup,
        ours,
        evidence,
        now: START.plus(1_000),
        jitter: u64::MAX,
    };
    let mut events: Vec<(String, Event)> = kinds
        .into_iter()
        .map(|(name, verdict, key, ours)| {
            (
                format!("reply: {name}"),
                reply(verdict, key, ours, Evidence::Honoured),
            )
        })
        .collect();
    events.push((
        "reply: server error, keys unproven".into(),
        reply(Verdict::ServerError(None), None, false, Evidence::Unproven),
    ));
    events
}

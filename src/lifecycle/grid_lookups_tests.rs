//! The lookups of the grid.

use super::event::{Event, Finding};
use super::grid_tests::SETTLE_MS;
use super::grid_words_tests::START;
use crate::model::ids::TicketId;
use crate::model::problem::Problem;
use crate::model::reply::{Candidate, NearMatch};
use crate::model::time::ServerTime;

pub(super) fn lookups() -> Vec<(String, Event)> {
    let ticket = |id, at| Candidate {
        ticket: TicketId(id),
        created_at: Some(at),
    };
    let looked = |candidates, after_ms, sees_all: bool| {
        Event::LookedUp(Finding {
            candidates,
            near: None,
            asked_at: START.plus(after_ms),
            quiet_ms: after_ms,
            obstacle: (!sees_all).then(|| Problem::new("NotVisible", "no")),
        })
    };
    let ours = ticket(150, START);
    let older = ticket(90, ServerTime(START.0 - 60_000));
    let near = Event::LookedUp(Finding {
        candidates: Vec::new(),
        near: Some(NearMatch {
            ticket: TicketId(150),
            external_id: Some("old-1".to_owned()),
        }),
        asked_at: START,
        quiet_ms: 0,
        obstacle: None,
    });
    vec![
        (
            "looked up: none, too early".into(),
            looked(vec![], SETTLE_MS - 1, true),
        ),
        ("looked up: none".into(), looked(vec![], SETTLE_MS, true)),
        (
            "looked up: none visible".into(),
            looked(vec![], SETTLE_MS, false),
        ),
        ("looked up: a near match".into(), near),
        ("looked up: one".into(), looked(vec![ours], SETTLE_MS, true)),
        (
            "looked up: one, older".into(),
            looked(vec![older], SETTLE_MS, true),
        ),
        (
            "looked up: two".into(),
            looked(vec![ours, older], SETTLE_MS, true),
        ),
    ]
}

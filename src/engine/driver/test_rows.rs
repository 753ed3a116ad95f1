//! Rows, keys and a plan for the driver's unit tests.

use super::Rows;
use crate::checkpoint::{NewRow, PendingRow};
use crate::engine::conversation::UnknownAuthor;
use crate::engine::plan::Plan;
use crate::lifecycle::Rules;
use crate::model::ids::{CellsHash, Fingerprint, Key};
use crate::model::intent::{Route, Trust};
use crate::model::problem::Problem;
use crate::model::time::{Monotonic, ServerTime};
use crate::zendesk::pacer::Policy;

pub(super) const SENT: ServerTime = ServerTime(1_790_000_000_000);
pub(super) const START: Monotonic = Monotonic(1_000_000);

pub(super) struct Bodies;

impl Rows for Bodies {
    fn read_again(&mut self, row: &PendingRow) -> Result<Vec<u8>, Problem> {
        Ok(body(&row.external_id))
    }
}

pub(super) fn body(external_id: &str) -> Vec<u8> {
    format!(r#"{{"ticket":{{"external_id":"{external_id}"}}}}"#).into_bytes()
}

pub(super) fn route() -> Route {
    Route {
        method: "POST".to_owned(),
        path: "/api/v2/imports/tickets".to_owned(),
        host: "a test".to_owned(),
        user: 1,
    }
}

pub(super) fn plan() -> Plan {
    Plan {
        rules: Rules {
            trust: Trust::LookupOnly,
            lookup_settle_ms: 1_000,
            request_timeout_ms: 60_000,
            resend_after_ms: 1_000,
            keys_max: 8,
        },
        route: route(),
        unknown_author: UnknownAuthor::Fail,
        sees_all: true,
        pace: Policy::default(),
        concurrency: 8,
        limit: None,
        max_errors: 100,
        max_outage_ms: 900_000,
        max_duration_ms: None,
        seed: 1,
    }
}

pub(super) fn new_row<'a>(line: u64, external_id: &'a str, body: &[u8], key: u8) -> NewRow<'a> {
    NewRow {
        line,
        offset: line * 10,
        cells: CellsHash::of([body].into_iter()),
        external_id: Some(external_id),
        has_requester: true,
        body: Ok(Some((Fingerprint::of(body), Key::from_bytes([key; 16])))),
    }
}

/// Keys that count up.
pub(super) fn keys_from(first: u8) -> Box<dyn FnMut() -> Key + Send> {
    let mut keys = first;
    Box::new(move || {
        keys += 1;
        Key::from_bytes([keys; 16])
    })
}

//! A small checkpoint for the tests of this room.

use std::path::PathBuf;
use std::sync::Arc;

use super::batch::{Batch, NewIntent, Outcome};
use super::handle::Checkpoint;
use super::load::NewRow;
use super::settings::Setting;
use crate::lifecycle::{Event, Evidence, Row, Rules, State, next};
use crate::model::ids::{CellsHash, Fingerprint, Key, RowNumber};
use crate::model::intent::{Durable, Intent, Route, Trust};
use crate::model::problem::Problem;
use crate::model::time::ServerTime;

pub(super) const START: ServerTime = ServerTime(1_790_000_000_000);
pub(super) const RULES: Rules = Rules {
    trust: Trust::Key,
    lookup_settle_ms: 300_000,
    request_timeout_ms: 60_000,
    resend_after_ms: 0,
    keys_max: crate::model::limits::KEYS_PER_ROW_MAX,
};

/// A checkpoint in a folder of its own.
pub(super) struct Fixture {
    pub(super) folder: tempfile::TempDir,
    pub(super) checkpoint: Checkpoint,
}

/// A row of a CSV: its id, and its text or `None` if it is invalid.
pub(super) type Line<'a> = (&'a str, Option<&'a str>);

impl Fixture {
    /// A checkpoint into which these rows were scanned.
    pub(super) fn of(rows: &[Line<'_>]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = Checkpoint::open(&folder.path().join("c.sqlite3"), "a test").unwrap();
        let mut fixture = Self { folder, checkpoint };
        let mut load = fixture.checkpoint.load().unwrap();
        let problem = Problem::new("MissingText", "no text");
        for (index, row) in rows.iter().enumerate() {
            load.add([new_row(index as u64, row, &problem)]).unwrap();
        }
        load.finish(&[(Setting::CsvSha256, "1".to_owned())])
            .unwrap();
        fixture
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("c.sqlite3")
    }

    /// Drops the checkpoint and opens it again, as another process would.
    pub(super) fn reopened(self) -> Self {
        let Self { folder, checkpoint } = self;
        drop(checkpoint);
        let checkpoint = Checkpoint::open(&folder.path().join("c.sqlite3"), "a test").unwrap();
        Self { folder, checkpoint }
    }

    /// Scans the rows again, as a changed file.
    pub(super) fn scanned(&mut self, rows: &[Line<'_>]) -> crate::model::delta::Delta {
        let mut rescan = self.checkpoint.rescan().unwrap();
        let problem = Problem::new("MissingText", "no text");
        for (index, row) in rows.iter().enumerate() {
            rescan.add(new_row(index as u64, row, &problem)).unwrap();
        }
        rescan.finish(&[], true).unwrap()
    }

    /// Commits the intent of a pending row.
    pub(super) fn send(&mut self, number: u64) -> Vec<Durable<Intent>> {
        let batch = self.intent_of(number);
        self.checkpoint.commit(batch).unwrap()
    }

    pub(super) fn intent_of(&self, number: u64) -> Batch {
        let pending = self
            .checkpoint
            .pending(RowNumber(number - 1), 1)
            .unwrap()
            .remove(0);
        let due = Event::Due {
            now: START,
            evidence: Evidence::Honoured,
            local_age_ms: 0,
            same_route: true,
            highest_ticket: None,
        };
        let row = Row {
            state: State::Pending,
            past: pending.past,
        };
        let (row, _) = next(row, due, &RULES);
        let body: Arc<[u8]> = Arc::from(&b"text"[..]);
        let intent = Intent {
            row: pending.number,
            external_id: pending.external_id,
            key: pending.key,
            fingerprint: Fingerprint::of(&body),
            body,
            route: Route {
                method: "POST".into(),
                path: "/api/v2/tickets".into(),
                host: "h".into(),
                user: 1,
            },
            trust: Trust::Key,
            highest_ticket: None,
            first_sent_at: START,
            sent_at: START,
            attempt: 1,
        };
        Batch {
            intents: vec![NewIntent { intent, row }],
            ..Batch::default()
        }
    }

    /// Puts a row into a state, whatever it was.
    pub(super) fn put(&mut self, number: u64, row: Row) {
        let outcome = Outcome {
            number: RowNumber(number),
            row,
            key: None,
        };
        self.checkpoint
            .commit(Batch {
                outcomes: vec![outcome],
                ..Batch::default()
            })
            .unwrap();
    }

    /// `number, state, line, ticket, code` of every row, a line each.
    pub(super) fn table(&self) -> String {
        let mut query = self
            .checkpoint
            .db
            .prepare("SELECT number, state, line, external_id, problem_code FROM rows ORDER BY 1")
            .unwrap();
        let rows = query.query_map([], |r| {
            let (number, state, line): (u64, String, u64) = (r.get(0)?, r.get(1)?, r.get(2)?);
            let (id, code): (Option<String>, Option<String>) = (r.get(3)?, r.get(4)?);
            let id = id.unwrap_or_else(|| "-".into());
            Ok(format!(
                "{number} {id} line {line} {state} {}",
                code.unwrap_or_default()
            ))
        });
        let lines: Vec<String> = rows
            .unwrap()
            .map(|line| line.unwrap().trim_end().to_owned())
            .collect();
        lines.join("\n")
    }
}

fn new_row<'a>(index: u64, row: &Line<'a>, problem: &'a Problem) -> NewRow<'a> {
    let (external_id, text) = *row;
    NewRow {
        line: index + 2,
        offset: index * 10,
        cells: CellsHash::of(
            [external_id, text.unwrap_or_default()]
                .map(str::as_bytes)
                .into_iter(),
        ),
        external_id: (!external_id.is_empty()).then_some(external_id),
        has_requester: true,
        body: text
            .map(|text| Some((Fingerprint::of(text.as_bytes()), Key::random())))
            .ok_or(problem),
    }
}

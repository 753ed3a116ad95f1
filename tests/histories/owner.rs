//! Who owns the rows, and what happens to them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::histories::rows::{HEAD, Row, text};
use crate::support::draw::Draw;
use crate::support::folder::Folder;
use crate::support::http::post;
use crate::support::process::{Ended, until};
use crate::support::sandbox::Sandbox;

/// What a run takes for granted without a mapping, and how the CSV is written.
const MAPPING: &str = r#"[source]
delimiter = ","
encoding = "utf-8"

[ticket]
external_id = "external_id"
subject = "subject"
comment.body = "comment.body"
requester.name = "requester.name"
requester.email = "requester.email"
tags = "tags"
"#;

pub(crate) const NO_FAULTS: &str = "{}";

/// A ticket: its `external_id` and its number.
pub(crate) type Ticket = (String, u64);

pub(crate) struct Owner {
    pub(crate) folder: Folder,
    pub(crate) sandbox: Sandbox,
    pub(crate) draw: Draw,
    /// The rows of the CSV, in order.
    pub(crate) rows: Vec<Row>,
    /// Rows that were taken out and may come back.
    pub(crate) removed: Vec<Row>,
    /// Copies of `error.csv` that were fixed.
    pub(crate) copies: Vec<String>,
    /// Whether a second export of the old system is imported too.
    pub(crate) has_neighbour: bool,
    pub(crate) made: usize,
    endpoint: &'static str,
    mapping: &'static str,
    faults: &'static str,
    pub(crate) log: Vec<String>,
}

impl Owner {
    pub(crate) fn new(mut draw: Draw) -> Self {
        let settings = "suspended = [\"@bad.example\"]\ndeleted_lag_ms = 600000\n";
        let folder = Folder::new()
            .with("settings.toml", settings)
            .with("named.toml", MAPPING);
        let sandbox = Sandbox::start(&folder, "--settings settings.toml --latency-ms 2");
        let endpoint = if draw.below(5) == 0 {
            " --endpoint imports"
        } else {
            ""
        };
        let mapping = if draw.below(3) == 0 {
            " -m named.toml"
        } else {
            ""
        };
        let has_neighbour = draw.below(3) == 0;
        let mut owner = Self {
            folder,
            sandbox,
            draw,
            rows: Vec::new(),
            removed: Vec::new(),
            copies: Vec::new(),
            has_neighbour,
            made: 0,
            endpoint,
            mapping,
            faults: NO_FAULTS,
            log: Vec::new(),
        };
        for _ in 0..4 {
            owner.add();
        }
        owner
    }

    pub(crate) fn one_of(&mut self, count: usize) -> usize {
        usize::try_from(self.draw.below(count as u64)).unwrap()
    }

    pub(crate) fn is_likely(&mut self, percent: u64) -> bool {
        self.draw.below(100) < percent
    }

    pub(crate) fn note(&mut self, what: impl Into<String>) {
        self.log.push(what.into());
    }

    /// Lets something happen.
    pub(crate) fn live(&mut self) -> Result<(), String> {
        self.give_ids_of_tickets();
        match self.one_of(if self.has_neighbour { 23 } else { 19 }) {
            0 => self.add(),
            1 => self.remove(),
            2 => self.restore(),
            3 => self.shuffle(),
            4 => self.edit(),
            5 => self.fix_in_csv(),
            6 => self.duplicate(),
            7 => self.change_faults(),
            8 => self.retry(),
            16 => self.name_a_ticket(),
            17 => self.take_back(),
            18 => self.delete_a_ticket()?,
            9..=11 => {
                self.run("t.csv", false)?;
            }
            12 | 13 => {
                self.feed_new(false)?;
            }
            19 | 20 => self.export_neighbour(),
            21 | 22 => {
                self.run_neighbour(false)?;
            }
            _ if self.copies.is_empty() => {}
            14 => self.edit_copy(),
            _ => {
                let at = self.one_of(self.copies.len());
                let copy = self.copies[at].clone();
                self.feed(&copy, false)?;
            }
        }
        self.check()
    }

    /// Whether a ticket may come of a row that has none yet.
    pub(crate) fn something_is_under_way(&self) -> bool {
        let query = "SELECT count(*) FROM row WHERE state IN (1, 5)
                     OR state = 0 AND first_sent_at IS NOT NULL";
        self.number(query).is_some_and(|rows| rows > 0)
    }

    /// The checkpoint of a CSV, under the name that it has by default.
    pub(crate) fn checkpoint(&self, csv: &str) -> String {
        let account = self.sandbox.address().to_string().replace(':', "-");
        format!("{csv}.{account}.checkpoint.sqlite3")
    }

    /// A number from the checkpoint of `t.csv`, if there is one.
    pub(crate) fn number(&self, query: &str) -> Option<u64> {
        self.number_of(&self.checkpoint("t"), query)
    }

    /// A number from a checkpoint, if there is one.
    pub(crate) fn number_of(&self, checkpoint: &str, query: &str) -> Option<u64> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let db = Connection::open_with_flags(self.folder.path(checkpoint), flags).ok()?;
        db.query_row(query, [], |row| row.get(0)).ok()
    }

    fn change_faults(&mut self) {
        let faults = match self.one_of(6) {
            0 => r#"{"lost_before": 0.3, "all": true}"#,
            1 => r#"{"lost_after": 0.3}"#,
            2 => r#"{"error_500": 0.2, "error_503": 0.2, "errors_after": true}"#,
            3 => r#"{"cut": 0.3}"#,
            _ => NO_FAULTS,
        };
        self.set_faults(faults);
    }

    pub(crate) fn set_faults(&mut self, faults: &'static str) {
        self.note(format!("faults {faults}"));
        self.faults = faults;
        post(self.sandbox.address(), "/sandbox/faults", faults);
    }

    fn retry(&mut self) {
        let line = 2 + self.one_of(self.rows.len() + 1);
        let which = match self.one_of(4) {
            0 => "--code RecordInvalid".to_owned(),
            1 => format!("--line {line}"),
            2 => "--unknown".to_owned(),
            _ => String::new(),
        };
        self.command(&format!("retry -c {} {which}", self.checkpoint("t")));
    }

    pub(crate) fn save(&mut self) {
        let mut lines = vec![HEAD.split(',').map(str::to_owned).collect()];
        lines.extend(self.rows.iter().map(Row::cells));
        let text = text(&lines, b',', "\n", false);
        std::fs::write(self.folder.path("t.csv"), text).unwrap();
    }

    /// Runs a command that talks to nobody.
    pub(crate) fn command(&mut self, command: &str) -> Ended {
        let ended = self.folder.command(command).run();
        self.note(format!("{command}\n{}", shown(&ended)));
        ended
    }

    /// Runs `t.csv` or a file with rows of it, perhaps not to its end. If ids have changed their shape, the
    /// old ones are put back, as the program says.
    pub(crate) fn run(&mut self, csv: &str, to_its_end: bool) -> Result<Ended, String> {
        let checkpoint = self.checkpoint("t");
        let ended = self.run_on(&checkpoint, csv, to_its_end)?;
        if ended.status == Some(1) && ended.stderr.contains("--accept-new-ids") {
            self.put_ids_back();
            return self.run_on(&checkpoint, csv, to_its_end);
        }
        Ok(ended)
    }

    /// Runs a file on a checkpoint, perhaps not to its end.
    pub(crate) fn run_on(
        &mut self,
        checkpoint: &str,
        csv: &str,
        to_its_end: bool,
    ) -> Result<Ended, String> {
        let more = match self.one_of(12) {
            _ if to_its_end => "",
            0 => " --limit 1",
            1 => " --limit 0",
            2 => " --recover",
            _ => "",
        };
        let kill_after = (!to_its_end && self.is_likely(15)).then(|| self.draw.below(25));
        let command = format!(
            "run {csv} -c {checkpoint} --url {} --lookup-settle 10ms --max-outage 20s \
             --allow-triggers{}{}{more}",
            self.sandbox.url(),
            self.endpoint,
            self.mapping
        );
        let program = self.folder.command(&command);
        let mut running = program.env("ZENDESK_OAUTH_TOKEN", "t").start();
        if let Some(requests) = kill_after {
            let threshold = self.sandbox.stats().requests + requests;
            let mut has_ended = false;
            until("the next requests", || {
                has_ended = running.has_ended();
                has_ended || self.sandbox.stats().requests >= threshold
            });
            if !has_ended {
                running.kill();
                self.note(format!("run {csv}{more}, killed after {requests} requests"));
                let status = None;
                let (stdout, stderr) = (String::new(), String::new());
                return Ok(Ended {
                    status,
                    stdout,
                    stderr,
                });
            }
        }
        let ended = running.wait();
        self.note(format!("run {csv}{more}\n{}", shown(&ended)));
        match ended.status {
            Some(0 | 1 | 3 | 4 | 6) => Ok(ended),
            _ => Err(format!("a run of {csv} ended with {ended:?}")),
        }
    }

    /// The tickets by the marks of their rows.
    pub(crate) fn tickets(&self) -> BTreeMap<String, Vec<Ticket>> {
        let mut tickets: BTreeMap<String, Vec<Ticket>> = BTreeMap::new();
        post(self.sandbox.address(), "/sandbox/faults", NO_FAULTS);
        let list = self.sandbox.get("/api/v2/tickets.json?per_page=100");
        post(self.sandbox.address(), "/sandbox/faults", self.faults);
        for ticket in list["tickets"].as_array().unwrap() {
            let mut tags = ticket["tags"].as_array().into_iter().flatten();
            let mark = tags.find_map(Value::as_str).unwrap_or_default();
            let id = ticket["external_id"].as_str().unwrap_or_default();
            let number = ticket["id"].as_u64().unwrap();
            let of_row = tickets.entry(mark.to_owned()).or_default();
            of_row.push((id.to_owned(), number));
        }
        tickets
    }

    /// At any time no row has two tickets, and each ticket is that of a row.
    pub(crate) fn check(&self) -> Result<(), String> {
        for (mark, tickets) in self.tickets() {
            if tickets.len() > 1 || !mark.starts_with("mark") {
                return Err(format!("{mark:?} has the tickets {tickets:?}"));
            }
        }
        Ok(())
    }
}

fn shown(ended: &Ended) -> String {
    format!(
        "  -> {:?} {}",
        ended.status,
        ended.stderr.trim_end().replace('\n', "\n     ")
    )
}

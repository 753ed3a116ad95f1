//! One run with a fault, one without, and what must be true afterwards.

use std::fmt::{self, Display, Write};

use crate::faults::library::{Kind, Library};
use crate::support::folder::Folder;
use crate::support::process::Ended;
use crate::support::sandbox::Sandbox;

const ROWS: u64 = 12;

/// The write after which a run is killed: it has made some of its tickets.
const HALF_WAY: u64 = 250;

/// What the run with a fault finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// No checkpoint.
    Nothing,
    /// One of a run that was killed after some creates, with its WAL.
    Begun,
}

/// A fault, but for the call that it strikes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) found: Found,
    pub(crate) kind: Kind,
    /// Whether it lasts until the process ends.
    pub(crate) forever: bool,
}

/// What a run with a fault has come to.
pub(crate) struct Outcome {
    /// The calls that failed, and what was sent after a sync had failed.
    pub(crate) struck: Vec<String>,
    /// Whether the same command did not bring every row to its ticket.
    pub(crate) is_stuck: bool,
    pub(crate) wrong: Vec<String>,
    first: Ended,
}

impl Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = self.struck.first().map_or("no call", String::as_str);
        let code = self.first.status;
        write!(f, "{call}: code {code:?}: {}", last_line(&self.first))
    }
}

fn last_line(ended: &Ended) -> &str {
    ended.stderr.lines().last().unwrap_or_default()
}

fn csv() -> String {
    let mut csv = String::from("external_id,subject,comment.body\n");
    for row in 1..=ROWS {
        writeln!(csv, "old-{row},Ticket {row},The text of ticket {row}").unwrap();
    }
    csv
}

/// Runs with a fault at call `number`, then again without.
pub(crate) fn run_with(library: &Library, fault: Fault, number: u64) -> Outcome {
    let Fault {
        found,
        kind,
        forever,
    } = fault;
    let folder = Folder::new().with("tickets.csv", csv());
    std::fs::create_dir(folder.path("disk")).unwrap();
    let sandbox = Sandbox::start(&folder, "");
    // With one request at a time, none is on its way while something is written.
    let run = format!(
        "run tickets.csv -c disk/c.sqlite3 --lookup-settle 200ms --concurrency 1 --url {}",
        sandbox.url()
    );
    let program = || folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t");
    let struck_by = |kind: Kind, number: u64, log: &str| {
        program()
            .env("LD_PRELOAD", library.path())
            .env("FAULTS_FILE", "c.sqlite3")
            .env("FAULTS_FOLDER", "disk")
            .env("FAULTS_KIND", kind.name())
            .env("FAULTS_AT", number.to_string())
            .env("FAULTS_LOG", folder.path(log))
    };
    if found == Found::Begun {
        let begun = struck_by(Kind::KilledAfter, HALF_WAY, "begun").run();
        assert_eq!(begun.status, None, "{begun:?}");
        let tickets = sandbox.stats().tickets;
        assert!((1..ROWS).contains(&tickets), "{tickets} tickets");
    }
    let mut faulty = struck_by(kind, number, "struck");
    if forever {
        faulty = faulty.env("FAULTS_FOREVER", "1");
    }
    let first = faulty.run();
    let struck = std::fs::read_to_string(folder.path("struck")).unwrap_or_default();
    let struck: Vec<String> = struck.lines().map(ToOwned::to_owned).collect();
    let mut wrong = Vec::new();
    if let Some(why) = judge_first(kind, &first, struck.is_empty()) {
        wrong.push(format!("{:?}: {why}: {first:?}", struck.first()));
    }
    if struck.iter().any(|line| line.starts_with("sent")) {
        wrong.push(format!(
            "something was sent after a failed sync: {struck:?}"
        ));
    }
    let left: Vec<String> = names(&folder);
    let second = program().run();
    let verified = folder.command("verify -c disk/c.sqlite3 --offline").run();
    let mut is_stuck = false;
    for (what, ended) in [("the second run", &second), ("verify", &verified)] {
        if ended.status != Some(0) || ended.stderr.contains("panicked") {
            is_stuck = true;
            wrong.push(format!("{:?}, {left:?}: {what}: {ended:?}", struck.first()));
        }
    }
    let stats = sandbox.stats();
    if (stats.tickets, stats.external_ids, stats.duplicates) != (ROWS, ROWS, 0) {
        is_stuck = true;
        wrong.push(format!("{:?}: {stats:?}", struck.first()));
    }
    Outcome {
        struck,
        is_stuck,
        wrong,
        first,
    }
}

fn names(folder: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path("disk")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| {
            let entry = entry.unwrap();
            let length = entry.metadata().unwrap().len();
            format!("{} ({length})", entry.file_name().to_string_lossy())
        })
        .collect();
    names.sort();
    names
}

/// What is wrong with the end of the run that met a fault.
fn judge_first(kind: Kind, first: &Ended, was_spared: bool) -> Option<&'static str> {
    let last = last_line(first);
    let says_what_to_do =
        last.contains(" disk/c.sqlite3") && last.contains("run the same command again");
    if first.stderr.contains("panicked") {
        return Some("it panicked");
    }
    if ["is damaged", "is not a checkpoint", "never writes"]
        .iter()
        .any(|sentence| first.stderr.contains(sentence))
    {
        return Some("it blames a sound file");
    }
    match first.status {
        // What failed was not needed any more.
        Some(0) => None,
        _ if was_spared => Some("no call failed"),
        None if kind.kills() => None,
        Some(4) if says_what_to_do => match kind {
            Kind::NoRoom | Kind::Half if !last.contains("room") => {
                Some("it does not speak of room")
            }
            _ => None,
        },
        Some(4) => Some("it does not say what to do"),
        _ => Some("another exit code than 4"),
    }
}

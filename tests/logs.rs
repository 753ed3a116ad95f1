//! The log: a line for every request, and nothing in it or anywhere else that is nobody's business.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

mod echoes;
mod endings;
mod forms;
pub(crate) mod server;

use crate::support::folder::{Folder, Program};
use crate::support::http::post;
use crate::support::process::Ended;
use crate::support::sandbox::Sandbox;
use serde_json::Value;

const SECRET: &str = "a-secret-that-must-not-be-seen";

/// What every access token of the double holds.
const TOKEN: &str = "issued-access-token";

const ROWS: usize = 12;

/// Rows whose texts and addresses can be told from everything else.
fn rows() -> String {
    let row = |n| {
        format!("old-{n},Confidential subject {n},Private text {n},someone{n}@private.example\n")
    };
    let rows: String = (1..=ROWS).map(row).collect();
    format!("external_id,subject,description,requester.email\n{rows}")
}

struct Scene {
    folder: Folder,
    sandbox: Sandbox,
}

impl Scene {
    fn new() -> Self {
        Self::with("--strict-auth")
    }

    fn with(flags: &str) -> Self {
        let folder = Folder::new().with("rows.csv", rows());
        let sandbox = Sandbox::start(&folder, flags);
        Self { folder, sandbox }
    }

    fn command(&self, arguments: &str) -> Program<'_> {
        self.folder
            .command(&format!(
                "{arguments} -c c.sqlite3 --url {}",
                self.sandbox.url()
            ))
            .env("ZENDESK_CLIENT_ID", "migration")
            .env("ZENDESK_CLIENT_SECRET", SECRET)
    }

    fn log(&self) -> Vec<Value> {
        let text = self.folder.text("log.jsonl");
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("a JSON object a line"))
            .collect()
    }
}

fn about<'l>(log: &'l [Value], message: &str) -> Vec<&'l Value> {
    log.iter()
        .filter(|line| line["message"] == message)
        .collect()
}

#[test]
fn every_create_is_a_line_with_what_support_would_ask_for() {
    let scene = Scene::new();
    let ended = scene
        .command("run rows.csv --log-file log.jsonl --lookup-settle 1s")
        .run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("verdict"), "{ended:?}");
    let log = scene.log();
    let creates = about(&log, "create");
    let mut lines: Vec<u64> = creates
        .iter()
        .map(|c| c["line"].as_u64().unwrap())
        .collect();
    lines.sort_unstable();
    assert_eq!(lines, (2..2 + ROWS as u64).collect::<Vec<_>>());
    for create in creates {
        assert_eq!(create["status"], 201, "{create}");
        assert_eq!(create["x_idempotency_lookup"], "miss", "{create}");
        assert_eq!(create["verdict"], "created", "{create}");
        assert_eq!(create["attempt"], 1, "{create}");
        assert_eq!(create["key"].as_str().map(str::len), Some(36), "{create}");
        let request_id = create["request_id"].as_str().unwrap();
        assert!(request_id.starts_with("sandbox-"), "{create}");
        assert!(create["duration_ms"].is_u64(), "{create}");
        assert!(create["ticket"].is_u64(), "{create}");
        assert!(create["timestamp"].is_string(), "{create}");
    }
    let lookups = about(&log, "lookup");
    assert_eq!(lookups.len(), 2 * ROWS, "the sample: each row in two ways");
    assert!(
        lookups
            .iter()
            .all(|l| l["found"] == 0 && l["line"].is_u64()),
        "{lookups:?}"
    );
    assert_eq!(about(&log, "ended")[0]["exit"], 0);
    assert_eq!(scene.folder.mode("log.jsonl"), 0o600);
}

#[test]
fn what_goes_wrong_is_logged_with_what_it_was_taken_for() {
    let scene = Scene::new();
    let faults = r#"{"seed":1,"lost_after":1.0,"at_most":2}"#;
    post(scene.sandbox.address(), "/sandbox/faults", faults);
    let ended = scene
        .command("run rows.csv --log-file log.jsonl --lookup-settle 1s -v")
        .run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let log = scene.log();
    let lost = about(&log, "create");
    let lost: Vec<_> = lost.iter().filter(|c| c["verdict"] == "lost").collect();
    assert_eq!(lost.len(), 2, "{log:?}");
    assert!(lost.iter().all(|c| c["status"].is_null()), "{lost:?}");
    let found = about(&log, "lookup")
        .into_iter()
        .filter(|l| l["found"] == 1);
    assert!(found.clone().count() >= 1, "{log:?}");
    assert!(found.clone().all(|l| l["tickets"].is_string()), "{log:?}");
    // Said on stderr too, but not what went as usual.
    assert_eq!(
        ended.stderr.matches("verdict=\"lost\"").count(),
        2,
        "{ended:?}"
    );
    assert!(
        !ended.stderr.contains("x_idempotency_lookup=\"miss\""),
        "{ended:?}"
    );
}

#[test]
fn a_file_that_is_no_log_is_not_written_to() {
    let scene = Scene::new();
    scene
        .command("run rows.csv --log-file rows.csv")
        .stderr("error: rows.csv is the CSV itself; name another file with --log-file\n")
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    let scene = Scene::new();
    let ended = scene.command("run rows.csv --log-file /dev/full").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let told = ended
        .stderr
        .matches("the log file /dev/full cannot be written");
    assert_eq!(told.count(), 1, "{ended:?}");
    assert_eq!(scene.sandbox.stats().tickets, ROWS as u64);
}

#[test]
fn creates_that_all_seem_to_be_repeated_are_told() {
    let row = |n| format!("{n},Subject,Text\n");
    let rows: String = (1..=60).map(row).collect();
    let folder = Folder::new().with(
        "rows.csv",
        format!("external_id,subject,description\n{rows}"),
    );
    let sandbox = Sandbox::start(&folder, "");
    let scene = Scene { folder, sandbox };
    // As if something on the way sent one request in four twice.
    let faults = r#"{"seed":5,"duplicate":0.25}"#;
    post(scene.sandbox.address(), "/sandbox/faults", faults);
    let ended = scene.command("run rows.csv").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let told = ended
        .stderr
        .matches("as if their keys had been used before");
    assert_eq!(told.count(), 1, "{ended:?}");
    assert_eq!(scene.sandbox.stats().duplicates, 0);
}

/// Everything that a migration leaves, or says while it is active.
#[test]
fn no_secret_is_anywhere_and_no_text_or_address_is_in_the_log() {
    let scene = Scene::new();
    let faults = r#"{"seed":2,"lost_after":0.2,"error_500":0.2,"error_503":0.2,"at_most":3}"#;
    post(scene.sandbox.address(), "/sandbox/faults", faults);
    let flags = "--lookup-settle 1s --json --progress json -vv --log-file log.jsonl";
    let mut all: Vec<Ended> = vec![scene.command(&format!("run rows.csv {flags}")).run()];
    assert_eq!(all[0].status, Some(0), "{:?}", all[0]);
    let running = scene
        .command("verify rows.csv -vv --log-file log.jsonl")
        .run();
    assert_eq!(running.status, Some(0), "{running:?}");
    let logged = running.stderr.clone() + &all[0].stderr + &scene.folder.text("log.jsonl");
    all.push(running);
    for arguments in [
        "report -c c.sqlite3 --format html -o report.html",
        "report -c c.sqlite3 --format json -o report.json",
        "report -c c.sqlite3 --format text",
        "status -c c.sqlite3 --json",
        "export rows.csv -c c.sqlite3",
        "verify -c c.sqlite3 --offline",
    ] {
        let ended = scene.folder.command(arguments).run();
        assert_eq!(ended.status, Some(0), "{arguments}: {ended:?}");
        all.push(ended);
    }
    assert!(
        about(&scene.log(), "question").len() > 3,
        "verify is in the log"
    );
    let names = scene.folder.names();
    for name in [
        "c.sqlite3",
        "report.html",
        "report.json",
        "success.csv",
        "log.jsonl",
    ] {
        assert!(
            names.iter().any(|n| n == name),
            "{name} is not among {names:?}"
        );
    }
    for secret in [SECRET, TOKEN] {
        for name in &names {
            let bytes = std::fs::read(scene.folder.path(name)).unwrap();
            assert!(
                !String::from_utf8_lossy(&bytes).contains(secret),
                "{name} holds {secret}"
            );
        }
        for ended in &all {
            assert!(!format!("{ended:?}").contains(secret), "{ended:?}");
        }
    }
    for text in ["Confidential", "Private text", "private.example", "Bearer"] {
        assert!(!logged.contains(text), "the log holds {text:?}");
    }
}

/// Arguments are there for all to see; the environment of a process is its owner's alone.
#[test]
fn the_list_of_processes_shows_no_secret() {
    let scene = Scene::with("--strict-auth --latency-ms 200");
    let mut running = scene
        .command("run rows.csv --concurrency 1 --progress never")
        .start();
    crate::support::process::until("a question", || scene.sandbox.stats().requests >= 3);
    let line = std::fs::read(format!("/proc/{}/cmdline", running.id())).unwrap();
    let line = String::from_utf8_lossy(&line).into_owned();
    assert!(!running.has_ended(), "it was over before it was looked at");
    assert!(line.contains("rows.csv"), "{line}");
    for secret in [SECRET, TOKEN] {
        assert!(!line.contains(secret), "{line}");
    }
    running.kill();
}

//! What a run shows while it is active, where nobody looks at a terminal. How it looks on one, at every
//! width, is tested beside the code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

use crate::support::folder::Folder;
use crate::support::sandbox::Sandbox;
use serde_json::Value;

/// So many rows that they take longer than the run may.
fn rows() -> String {
    let rows: Vec<String> = (0..200).map(|row| format!("{row},text\n")).collect();
    format!("external_id,comment.body\n{}", rows.concat())
}

/// A run that is cut off after eleven seconds, one longer than a line takes to come.
fn stderr_of_a_slow_run(flags: &str) -> String {
    let folder = Folder::new().with("t.csv", rows());
    let sandbox = Sandbox::start(&folder, "--rpm 600");
    let url = sandbox.url();
    let ended = folder
        .command(&format!(
            "run t.csv --url {url} --max-rpm 120 --max-duration 11s {flags}"
        ))
        .env("ZENDESK_OAUTH_TOKEN", "token")
        .run();
    assert_eq!(ended.status, Some(4), "{ended:?}");
    assert_eq!(ended.stdout, "", "progress is for people");
    ended.stderr
}

#[test]
fn without_a_terminal_a_line_comes_every_ten_seconds() {
    let said = stderr_of_a_slow_run("");
    let line = said.lines().find(|line| line.contains("/200 rows ("));
    let line = line.unwrap_or_else(|| panic!("{said}"));
    for part in [" created", " waiting", " of 120 requests/min", " left"] {
        assert!(line.contains(part), "{part}: {said}");
    }
}

#[test]
fn an_object_a_line_for_programs_and_one_at_the_end() {
    let said = stderr_of_a_slow_run("--progress json");
    let objects: Vec<Value> = said
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(objects.len() >= 2, "{said}");
    for object in &objects {
        assert_eq!(object["rows"], 200);
        assert_eq!(object["allowed_rpm"], 120);
        let created = object["counts"]["created"].as_u64();
        assert_eq!(object["settled"].as_u64(), created);
        assert!(object["waiting_for"].is_null() || object["waiting_ms"].is_u64());
    }
    let last = objects.last().unwrap();
    assert_eq!(last["counts"]["created"], last["this_run"]["created"]);
    // The time that a run may take begins a little before there is anything to show.
    assert!(last["elapsed_ms"].as_u64() >= Some(10_000), "{last}");
}

#[test]
fn whoever_wants_no_progress_gets_none() {
    let folder = Folder::new().with("t.csv", "external_id,comment.body\n1,one\n");
    for flags in ["--progress json -q", "--progress never"] {
        let ended = folder
            .command(&format!("run t.csv --sandbox {flags}"))
            .run();
        assert!(!ended.stderr.contains('{'), "{ended:?}");
    }
}

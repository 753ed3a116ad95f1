//! `status`, before there is anything to tell and afterwards.

use serde_json::Value;

use super::{TWO, TWO_CHECKPOINT};
use crate::support::folder::Folder;
use crate::support::process::until;
use crate::support::sandbox::Sandbox;

#[test]
fn status_before_any_run_says_that_there_is_no_checkpoint() {
    Folder::new()
        .with("two.csv", TWO)
        .command("status two.csv")
        .stderr(
            "error: there is no checkpoint beside two.csv; name it with -c, or start a run first: \
             zendesk-migrate run two.csv --sandbox (a trial without an account), or with \
             --subdomain NAME\n",
        )
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn status_of_a_checkpoint_that_is_not_there_makes_none() {
    Folder::new()
        .command("status -c two.sqlite3")
        .stderr(
            "error: there is no checkpoint at two.sqlite3; name it with -c, or start a run first\n",
        )
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn status_after_a_run_tells_its_rows_as_text_and_as_json() {
    let folder = Folder::new().with("two.csv", TWO);
    let ended = folder.command("run two.csv --sandbox").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    folder
        .command("status two.csv")
        .stdout("2 rows: 2 created\ndone\n")
        .changes_nothing()
        .check();
    folder
        .command("status two.csv --json")
        .stdout(
            "{\"rows\":2,\"created\":2,\"created_hit\":0,\"created_found\":0,\"rejected\":0,\
             \"invalid\":0,\"unknown\":0,\"pending\":0,\"sending\":0,\"withdrawn\":0,\"claimed\":0,\
             \"this_run\":{\"created\":2,\"requests\":8,\"throttled\":0,\"retried\":0,\
             \"lookups\":4,\"elapsed_ms\":TIME},\"stopped_because\":\"done\"}\n",
        )
        .changes_nothing()
        .check();
}

#[test]
fn several_checkpoints_are_listed_and_none_is_chosen() {
    let folder = Folder::new()
        .with("two.csv", TWO)
        .with("two.acme.checkpoint.sqlite3", "")
        .with("two.sandbox.checkpoint.sqlite3", "")
        .with("other.acme.checkpoint.sqlite3", "");
    folder
        .command("status two.csv")
        .stderr(
            "error: there are 2 checkpoints beside two.csv; name one with -c:\n  \
             two.acme.checkpoint.sqlite3\n  two.sandbox.checkpoint.sqlite3\n",
        )
        .status(2)
        .changes_nothing()
        .check();
    let absolute = folder.path("two.csv");
    folder
        .command(&format!("status {}", absolute.display()))
        .stderr(
            "error: there are 2 checkpoints beside DIR/two.csv; name one with -c:\n  \
             DIR/two.acme.checkpoint.sqlite3\n  DIR/two.sandbox.checkpoint.sqlite3\n",
        )
        .status(2)
        .check();
}

#[test]
fn status_of_a_csv_that_was_not_read_to_its_end_does_not_say_that_all_is_done() {
    let folder = Folder::new().with("two.csv", TWO);
    let ended = folder.command("run two.csv --sandbox --limit 0").run();
    assert_eq!(ended.status, Some(4), "{ended:?}");
    // As a kill during the first scan leaves it.
    let db = rusqlite::Connection::open(folder.path(TWO_CHECKPOINT)).unwrap();
    db.execute_batch("DELETE FROM row; DELETE FROM setting WHERE name LIKE 'csv%'")
        .unwrap();
    drop(db);
    let ended = folder.command("status two.csv --json").run();
    assert_ne!(ended.status, Some(0), "{ended:?}");
    assert!(!ended.stdout.contains("\"done\""), "{ended:?}");
    let ended = folder.command("run two.csv --sandbox").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[test]
fn no_command_chooses_between_several_checkpoints() {
    let folder = Folder::new()
        .with("two.csv", TWO)
        .with("two.acme.checkpoint.sqlite3", "")
        .with("two.sandbox.checkpoint.sqlite3", "");
    for command in ["status", "report", "export", "retry", "verify --offline"] {
        let ended = folder
            .command(&format!("{command} two.csv"))
            .changes_nothing()
            .run();
        assert_eq!(ended.status, Some(2), "{ended:?}");
        assert!(
            ended.stderr.contains("\n  two.acme.checkpoint.sqlite3\n"),
            "{ended:?}"
        );
    }
}

#[test]
fn status_tells_a_run_that_goes_on_from_one_that_was_killed_and_what_each_has_done() {
    let folder = Folder::with_fixtures(&["tickets.csv", "tickets.toml"]);
    let sandbox = Sandbox::start(&folder, "--latency-ms 20");
    let run = format!(
        "run tickets.csv -c c.sqlite3 --lookup-settle 1s --url {}",
        sandbox.url()
    );
    let command = |flags: &str| {
        let program = folder.command(&format!("{run} {flags}"));
        program.env("ZENDESK_OAUTH_TOKEN", "t")
    };
    let facts = || {
        let told = folder.command("status -c c.sqlite3 --json").run().stdout;
        serde_json::from_str::<Value>(&told).unwrap()
    };
    let text = || folder.command("status -c c.sqlite3").run().stdout;
    let ended = command("--limit 3").run();
    assert_eq!(ended.status, Some(4), "{ended:?}");
    assert_eq!(facts()["stopped_because"], "limit");
    assert!(text().contains("\nstopped: limit\n"), "{}", text());
    let running = command("--concurrency 2").start();
    until("some tickets", || sandbox.stats().tickets >= 20);
    assert_eq!(facts()["stopped_because"], "running");
    assert!(text().contains("\nrunning, "), "{}", text());
    running.kill();
    let killed = facts();
    assert_eq!(killed["stopped_because"], "killed");
    let made = killed["this_run"]["created"].as_u64().unwrap();
    // The first run's are not among them.
    assert_eq!(killed["created"], made + 3);
    assert!(made >= 10, "{killed}");
    let sentence = format!("\nkilled, {made} tickets made: process ");
    assert!(text().contains(&sentence), "{}", text());
    assert_eq!(command("").run().status, Some(0));
    assert_eq!(facts()["stopped_because"], "done");
    assert_eq!(sandbox.stats().duplicates, 0);
}

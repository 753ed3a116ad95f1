//! `status`, before there is anything to tell and afterwards.

use super::support::folder::Folder;
use super::support::process::until;
use super::support::sandbox::Sandbox;
use super::{TWO, TWO_CHECKPOINT};

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
        .stdout("2 rows: 2 created\n")
        .changes_nothing()
        .check();
    folder
        .command("status two.csv --json")
        .stdout(
            "{\"rows\":2,\"created\":2,\"created_hit\":0,\"created_found\":0,\"rejected\":0,\
             \"invalid\":0,\"unknown\":0,\"pending\":0,\"sending\":0,\"withdrawn\":0,\
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
fn status_tells_a_run_that_goes_on_from_one_that_was_cut_off() {
    let folder = Folder::new().with("two.csv", TWO);
    let sandbox = Sandbox::start(&folder, "--latency-ms 2000");
    let run = format!("run two.csv -c two.sqlite3 --url {}", sandbox.url());
    let running = folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t").start();
    until("the run's request", || sandbox.stats().requests > 0);
    let word = || folder.command("status -c two.sqlite3 --json").run().stdout;
    assert!(
        word().contains("\"stopped_because\":\"running\""),
        "{}",
        word()
    );
    running.kill();
    assert!(
        word().contains("\"stopped_because\":\"interrupted\""),
        "{}",
        word()
    );
}

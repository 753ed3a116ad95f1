//! `status`, before there is anything to tell and afterwards.

use super::TWO;
use super::support::folder::Folder;

#[test]
fn status_before_any_run_says_that_there_is_no_checkpoint() {
    Folder::new()
        .with("two.csv", TWO)
        .command("status two.csv")
        .stderr(
            "error: there is no checkpoint beside two.csv; name it with -c, or start a run first\n",
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
        .stdout(
            "2 rows: 2 created (0 replayed, 0 found), 0 rejected, 0 invalid, 0 unknown, 0 \
             pending, 0 sending\n",
        )
        .changes_nothing()
        .check();
    folder
        .command("status two.csv --json")
        .stdout(
            "{\"rows\":2,\"created\":2,\"created_hit\":0,\"created_found\":0,\"rejected\":0,\
             \"invalid\":0,\"unknown\":0,\"pending\":0,\"sending\":0,\"withdrawn\":0,\
             \"this_run\":{\"created\":0,\"requests\":0,\"throttled\":0,\"retried\":0,\
             \"lookups\":0,\"elapsed_ms\":TIME},\"stopped_because\":\"done\"}\n",
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

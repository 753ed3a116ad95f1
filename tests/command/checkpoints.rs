//! A checkpoint that is not this run's to use is refused and left as it is.

use std::fs::{File, TryLockError};

use rusqlite::Connection;

use super::{TWO, TWO_CHECKPOINT};
use crate::support::folder::Folder;
use crate::support::process::until;
use crate::support::sandbox::Sandbox;

/// A folder in which `two.csv` has been imported into the double.
fn imported() -> Folder {
    let folder = Folder::new().with("two.csv", TWO);
    let ended = folder.command("run two.csv --sandbox").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    folder
}

#[test]
fn another_programs_database_is_refused() {
    let folder = Folder::new().with("two.csv", TWO);
    let db = Connection::open(folder.path("theirs.sqlite3")).unwrap();
    db.execute_batch("CREATE TABLE row (number INTEGER); INSERT INTO row VALUES (1);")
        .unwrap();
    drop(db);
    for arguments in [
        "run two.csv --sandbox -c theirs.sqlite3",
        "run two.csv --sandbox -c theirs.sqlite3 -n",
        "status -c theirs.sqlite3",
    ] {
        folder
            .command(arguments)
            .stderr(
                "error: theirs.sqlite3 is not a checkpoint of zendesk-migrate; name another file \
                 with -c\n",
            )
            .status(1)
            .changes_nothing()
            .check();
    }
}

#[test]
fn a_text_file_is_no_checkpoint() {
    let folder = Folder::new()
        .with("two.csv", TWO)
        .with("notes.txt", "My notes\n");
    for arguments in ["run two.csv --sandbox -c notes.txt", "status -c notes.txt"] {
        folder
            .command(arguments)
            .stderr(
                "error: notes.txt is not a checkpoint of zendesk-migrate; name another file with \
                 -c\n",
            )
            .status(1)
            .changes_nothing()
            .check();
    }
}

#[test]
fn a_checkpoint_of_a_newer_version_is_refused() {
    let folder = imported();
    let db = Connection::open(folder.path(TWO_CHECKPOINT)).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let run = "run two.csv --sandbox";
    let dry_run = "run two.csv --sandbox -n";
    for arguments in [run, dry_run, "status two.csv"] {
        folder
            .command(arguments)
            .stderr(
                "error: two.sandbox.checkpoint.sqlite3 was written by a newer version of \
                 zendesk-migrate (format 99, this one knows 1); update the program\n",
            )
            .status(1)
            .changes_nothing()
            .check();
    }
}

#[test]
fn a_damaged_checkpoint_is_refused_and_left_as_it_is() {
    let folder = imported();
    let path = folder.path(TWO_CHECKPOINT);
    let mut bytes = std::fs::read(&path).unwrap();
    // Every page but the first, which says whose file it is.
    bytes[16 * 1024..].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let ended = folder
        .command("run two.csv --sandbox")
        .changes_nothing()
        .run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(
        ended
            .stderr
            .starts_with("error: two.sandbox.checkpoint.sqlite3 is damaged (")
            && ended.stderr.ends_with(
                "); it was left as it is: restore a copy, or move it away and start with run \
             --recover, which looks every row up before it is sent\n"
            ),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_checkpoint_of_another_account_is_refused() {
    imported()
        .command("run two.csv --subdomain acme -c two.sandbox.checkpoint.sqlite3")
        .env("ZENDESK_OAUTH_TOKEN", "token")
        .stderr(
            "error: two.sandbox.checkpoint.sqlite3 belongs to the account sandbox, not to \
             acme.zendesk.com; name another checkpoint with -c\n",
        )
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn a_checkpoint_that_another_run_holds_is_refused_with_the_holders_name() {
    let lock = format!("{TWO_CHECKPOINT}.lock");
    let folder = Folder::new()
        .with("two.csv", TWO)
        .with(&lock, "process 7 on the-other-desk");
    let file = File::open(folder.path(&lock)).unwrap();
    assert!(!matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
    folder
        .command("run two.csv --sandbox")
        .stderr(
            "error: another run holds two.sandbox.checkpoint.sqlite3 (process 7 on \
             the-other-desk); wait for it to end, or stop it\n",
        )
        .status(6)
        .changes_nothing()
        .check();
    assert_eq!(folder.text(&lock), "process 7 on the-other-desk");
    drop(file);
    let ended = folder.command("run two.csv --sandbox").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[test]
fn of_two_runs_at_once_the_second_is_refused_and_status_answers() {
    let folder = Folder::new().with("two.csv", TWO);
    let sandbox = Sandbox::start(&folder, "--latency-ms 2000");
    let run = format!("run two.csv -c two.sqlite3 --url {}", sandbox.url());
    let first = folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t").start();
    until("the first run's request", || sandbox.stats().requests > 0);
    let machine = rustix::system::uname();
    folder
        .command(&run)
        .env("ZENDESK_OAUTH_TOKEN", "t")
        .stderr(format!(
            "error: another run holds two.sqlite3 (process {} on {}); wait for it to end, or stop \
             it\n",
            first.id(),
            machine.nodename().to_string_lossy()
        ))
        .status(6)
        .check();
    let process = format!("process {} on ", first.id());
    let status = || folder.command("status -c two.sqlite3").run();
    let running = format!("2 rows: 0 created, 2 pending\nrunning, 0 tickets made: {process}");
    assert!(status().stdout.starts_with(&running), "{:?}", status());
    first.kill();
    let killed = format!("2 rows: 0 created, 2 pending\nkilled, 0 tickets made: {process}");
    assert!(status().stdout.starts_with(&killed), "{:?}", status());
}

#[test]
fn a_link_to_a_checkpoint_is_no_second_door_to_it() {
    let folder = Folder::new().with("two.csv", TWO);
    let sandbox = Sandbox::start(&folder, "--latency-ms 2000");
    let run = |checkpoint: &str| {
        let run = format!("run two.csv -c {checkpoint} --url {}", sandbox.url());
        folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t")
    };
    let first = run("two.sqlite3").start();
    until("the first run's request", || sandbox.stats().requests > 0);
    std::os::unix::fs::symlink(folder.path("two.sqlite3"), folder.path("link.sqlite3")).unwrap();
    let ended = run("link.sqlite3").run();
    assert_eq!(ended.status, Some(6), "{ended:?}");
    first.kill();
}

/// Gives a checkpoint to a machine that is not this one.
fn used_elsewhere(folder: &Folder, checkpoint: &str) {
    let db = Connection::open(folder.path(checkpoint)).unwrap();
    let changed = db.execute(
        "UPDATE setting SET value = 'the-other-desk' WHERE name = 'machine'",
        [],
    );
    assert_eq!(changed.unwrap(), 1);
}

#[test]
fn a_checkpoint_that_another_machine_used_last_is_refused_until_it_is_taken_over() {
    let folder = Folder::new().with("two.csv", TWO);
    let limited = folder.command("run two.csv --sandbox --limit 1").run();
    assert_eq!(limited.status, Some(4), "{limited:?}");
    used_elsewhere(&folder, TWO_CHECKPOINT);
    folder
        .command("run two.csv --sandbox")
        .stderr(
            "error: two.sandbox.checkpoint.sqlite3 was last used on the-other-desk; if that run is \
             over and this is its only copy, add --take-over\n",
        )
        .status(1)
        .changes_nothing()
        .check();
    let status = folder.command("status two.csv").changes_nothing().run();
    assert_eq!(
        status.stdout,
        "2 rows: 1 created, 1 pending\nstopped: limit\n"
    );
    for flags in ["--take-over", ""] {
        let ended = folder.command(&format!("run two.csv --sandbox {flags}"));
        let ended = ended.run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
    }
}

#[test]
fn a_copy_of_a_checkpoint_that_is_taken_over_behind_the_original_sends_nothing_twice() {
    let folder = Folder::new().with("two.csv", TWO);
    let sandbox = Sandbox::start(&folder, "");
    let run = |checkpoint: &str, flags: &str| {
        let (url, settle) = (sandbox.url(), "--lookup-settle 1s");
        let run = format!("run two.csv -c {checkpoint} --url {url} {settle} {flags}");
        folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t").run()
    };
    assert_eq!(run("here.sqlite3", "--limit 0").status, Some(4));
    std::fs::copy(folder.path("here.sqlite3"), folder.path("there.sqlite3")).unwrap();
    used_elsewhere(&folder, "there.sqlite3");
    assert_eq!(run("here.sqlite3", "").status, Some(0));
    let ended = run("there.sqlite3", "--take-over");
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("--recover"), "{ended:?}");
    let ended = run("there.sqlite3", "--recover");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let stats = sandbox.stats();
    assert_eq!((stats.tickets, stats.duplicates), (2, 0));
}

#[test]
fn a_csv_that_has_become_unreadable_leaves_its_checkpoint_alone() {
    let ended = imported()
        .with("two.csv", format!("{TWO}3,\"open,\n"))
        .command("run two.csv --sandbox")
        .changes_nothing()
        .run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.starts_with("error: two.csv "), "{ended:?}");
}

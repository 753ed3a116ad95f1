//! A checkpoint names files. Whatever it names, no command waits for ever or fills the memory.

use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;

use rusqlite::Connection;

use crate::support::folder::Folder;
use crate::support::process::{Ended, Running, until_within};

const CSV: &str = "Id,Subject,Text,Opened\n1,One,First,2019-03-01 08:00\n2,Two,,2019-03-01 08:00\n";

const MAPPING: &str = r#"
[ticket]
external_id  = "Id"
subject      = "Subject"
comment.body = "Text"
created_at   = "Opened"

[comments]
file         = "talk.csv"
ticket       = "Id"
body         = "Text"
author.email = "From"
created_at   = "Sent"
"#;

const TALK: &str = "Id,Text,From,Sent\n1,Hello,ann@example.org,2019-04-01 10:30\n";

/// More than any command needs for two rows, and less than would harm the machine.
const MEMORY_KIB: u32 = 6_000_000;

/// A folder with a checkpoint that has a ticket and an invalid row, so that `export` and `verify` read
/// the files that it names.
fn imported() -> Folder {
    let folder = Folder::new()
        .with("old.csv", CSV)
        .with("map.toml", MAPPING)
        .with("talk.csv", TALK);
    let run = "run old.csv -m map.toml -c c.sqlite3 --sandbox --endpoint imports";
    let ended = folder.command(run).run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let made = Command::new("mkfifo").arg(folder.path("pipe")).status();
    assert!(made.unwrap().success());
    symlink("/dev/zero", folder.path("zero")).unwrap();
    symlink("pipe", folder.path("to-pipe")).unwrap();
    symlink("/proc/version", folder.path("version")).unwrap();
    std::fs::create_dir(folder.path("deep")).unwrap();
    folder
}

fn change(folder: &Folder, sql: &str) {
    let db = Connection::open(folder.path("c.sqlite3")).unwrap();
    let changed = db.execute(sql, []).unwrap();
    assert_eq!(changed, 1, "{sql}");
}

/// Runs a command that must end soon, with a bound for its memory.
#[track_caller]
fn ends(folder: &Folder, arguments: &str) -> Ended {
    let script = format!("ulimit -v {MEMORY_KIB}; exec \"$0\" {arguments}");
    let mut command = Command::new("sh");
    command
        .args(["-c", &script, env!("CARGO_BIN_EXE_zendesk-migrate")])
        .current_dir(folder.path(""))
        .env_clear();
    let mut running = Running::start(&mut command);
    let patience = Duration::from_secs(30);
    until_within(arguments, patience, || running.has_ended());
    running.wait()
}

const EXPORT: &str = "export -c c.sqlite3 --out out --force";
const VERIFY: &str = "verify -c c.sqlite3 --sandbox";
const OTHERS: [&str; 3] = [
    "status -c c.sqlite3",
    "report -c c.sqlite3",
    "verify -c c.sqlite3 --offline",
];

/// What is no file whose size says how much can be read.
const SPECIAL: [&str; 7] = [
    "/dev/zero",
    "/proc/version",
    "pipe",
    "to-pipe",
    "zero",
    "version",
    "deep",
];

#[track_caller]
fn refuses(folder: &Folder, arguments: &str) {
    let ended = ends(folder, arguments);
    assert_eq!(ended.status, Some(1), "{arguments}: {ended:?}");
    let mut reasons = ["is not a regular file", "is a folder"].into_iter();
    let says_why = reasons.any(|reason| ended.stderr.contains(reason));
    assert!(says_why, "{arguments}: {ended:?}");
}

#[test]
fn a_recorded_csv_or_mapping_that_is_no_file_is_refused_and_holds_nobody_up() {
    for setting in ["csv", "mapping"] {
        for special in SPECIAL {
            let folder = imported();
            let path = folder.path("").join(special);
            let path = path.display();
            change(
                &folder,
                &format!("UPDATE setting SET value = '{path}' WHERE name = '{setting}'"),
            );
            for command in [EXPORT, VERIFY] {
                refuses(&folder, command);
            }
            for command in OTHERS {
                let ended = ends(&folder, command);
                let done = matches!(ended.status, Some(0 | 3));
                assert!(done, "{special}, {command}: {ended:?}");
            }
        }
    }
}

#[test]
fn comments_that_are_no_file_are_refused_and_hold_nobody_up() {
    for special in SPECIAL {
        let folder = imported();
        std::fs::remove_file(folder.path("talk.csv")).unwrap();
        symlink(folder.path("").join(special), folder.path("talk.csv")).unwrap();
        for command in [
            EXPORT,
            VERIFY,
            "run old.csv -m map.toml -c c.sqlite3 --sandbox --endpoint imports",
        ] {
            refuses(&folder, command);
        }
    }
}

#[test]
fn a_file_of_fixed_rows_that_is_no_file_is_refused_and_holds_nobody_up() {
    let fixed = CSV
        .replace("Two,,", "Two,Second,")
        .replace("1,One,First,2019-03-01 08:00\n", "");
    for special in SPECIAL {
        let folder = imported().with("fixed.csv", &fixed);
        let run = "run fixed.csv -m map.toml -c c.sqlite3 --sandbox --endpoint imports";
        let ended = folder.command(run).run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let path = folder.path("").join(special);
        change(
            &folder,
            &format!("UPDATE fix SET file = '{}'", path.display()),
        );
        let ended = ends(&folder, VERIFY);
        assert!(
            ended.stderr.contains("no longer reads as it was sent"),
            "{special}: {ended:?}"
        );
        for command in [EXPORT].into_iter().chain(OTHERS) {
            assert_ne!(ends(&folder, command).status, None, "{special}, {command}");
        }
    }
}

#[test]
fn a_mapping_that_is_far_too_large_is_refused() {
    let folder = imported();
    let huge = folder.path("huge.toml");
    let file = std::fs::File::create(&huge).unwrap();
    file.set_len(40 << 30).unwrap();
    change(
        &folder,
        &format!(
            "UPDATE setting SET value = '{}' WHERE name = 'mapping'",
            huge.display()
        ),
    );
    let run = "run old.csv -m huge.toml -c c.sqlite3 --sandbox --endpoint imports";
    for command in [EXPORT, VERIFY, run] {
        let ended = ends(&folder, command);
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("is too large"), "{ended:?}");
    }
}

#[test]
fn a_checkpoint_that_is_a_pipe_or_a_device_is_refused_and_holds_nobody_up() {
    let folder = imported();
    for special in ["/dev/zero", "pipe", "to-pipe", "zero"] {
        for command in [
            "status -c ",
            "report -c ",
            "export --out out -c ",
            "verify --offline -c ",
            "verify --sandbox -c ",
            "retry --line 2 -c ",
            "run old.csv -m map.toml --sandbox --endpoint imports -c ",
            "run old.csv -m map.toml --sandbox --endpoint imports -n -c ",
        ] {
            let ended = ends(&folder, &format!("{command}{special}"));
            assert_eq!(ended.status, Some(1), "{command}{special}: {ended:?}");
            assert!(ended.stderr.contains("is not a checkpoint"), "{ended:?}");
        }
    }
}

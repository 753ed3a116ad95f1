//! Outputs never destroy anything: neither what a command reads or keeps, whatever it is called, nor
//! what somebody else has written.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::process::Command;

use crate::support::folder::Folder;

const CSV: &str = "external_id,subject,comment.body\n1,One,First\n2,Two,\n";
const CHECKPOINT: &str = "t.sandbox.checkpoint.sqlite3";
const DOUBLE: &str = "t.sandbox.tickets.sqlite3";

/// A migration with comments that was run, and every file that belongs to it.
fn imported() -> Folder {
    let mapping = "[ticket]\nexternal_id = \"external_id\"\nsubject = \"subject\"\n\
        comment.body = \"comment.body\"\n[comments]\nfile = \"said.csv\"\nticket = \"ticket\"\n\
        body = \"body\"\n";
    let folder = Folder::new()
        .with("t.csv", CSV)
        .with("t.toml", mapping)
        .with("said.csv", "ticket,body\n1,Hello\n");
    let ended = folder
        .command("run t.csv --sandbox --endpoint imports")
        .run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    folder
}

/// Every file that an output must leave alone. Some are not there, and must not be made either.
const KEPT: [&str; 10] = [
    "t.csv",
    "t.toml",
    "said.csv",
    CHECKPOINT,
    "t.sandbox.checkpoint.sqlite3.lock",
    "t.sandbox.checkpoint.sqlite3-wal",
    "t.sandbox.checkpoint.sqlite3-shm",
    "t.sandbox.checkpoint.sqlite3-journal",
    DOUBLE,
    "t.sandbox.tickets.sqlite3-wal",
];

/// Ways to call a file: by its name, in a roundabout way, and by links.
fn names(folder: &Folder, file: &str) -> Vec<String> {
    fs::create_dir_all(folder.path("deep")).unwrap();
    let absolute = folder.path(file).display().to_string();
    let _from_before = fs::remove_file(folder.path("deep/link"));
    symlink(format!("../{file}"), folder.path("deep/link")).unwrap();
    let mut names = vec![
        file.to_owned(),
        format!("deep/../{file}"),
        absolute,
        "deep/link".to_owned(),
    ];
    let _from_before = fs::remove_file(folder.path("deep/hard"));
    if fs::hard_link(folder.path(file), folder.path("deep/hard")).is_ok() {
        names.push("deep/hard".to_owned());
    }
    names
}

/// What the folder holds, with what is in the folder below.
fn content(folder: &Folder) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for place in ["", "deep"] {
        for entry in fs::read_dir(folder.path(place)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            let is_lock = path.extension().is_some_and(|end| end == "lock");
            if path.is_file() && !is_lock {
                found.push((name, fs::read(&path).unwrap()));
            } else {
                found.push((name, Vec::new()));
            }
        }
    }
    found.sort();
    found
}

#[track_caller]
fn refused(folder: &Folder, command: &str) {
    let before = content(folder);
    let ended = folder.command(command).run();
    assert_eq!(ended.status, Some(1), "{command}: {ended:?}");
    assert!(ended.stderr.contains("name another f"), "{ended:?}");
    assert!(before == content(folder), "{command} changed something");
}

#[test]
fn a_report_takes_the_place_of_nothing_that_the_migration_needs() {
    let folder = imported();
    for file in KEPT {
        for name in names(&folder, file) {
            refused(&folder, &format!("report t.csv -o {name}"));
            refused(
                &folder,
                &format!("report -c {CHECKPOINT} --format json --force -o {name}"),
            );
        }
    }
}

#[test]
fn a_mapping_is_proposed_over_nothing_that_the_migration_needs() {
    let folder = imported();
    for file in KEPT {
        for name in names(&folder, file) {
            // The mapping is what --force is for.
            let force = if file == "t.toml" { "" } else { "--force" };
            refused(&folder, &format!("init t.csv {force} -o {name}"));
        }
    }
}

#[test]
fn a_log_is_appended_to_nothing_that_the_migration_needs() {
    let folder = imported().with("credentials", "");
    folder.set_mode("credentials", 0o600);
    let run = "run t.csv --endpoint imports --credentials credentials";
    for file in KEPT.into_iter().chain(["credentials"]) {
        for name in names(&folder, file) {
            refused(
                &folder,
                &format!("{run} --subdomain acme --log-file {name}"),
            );
        }
    }
    // Neither to what a first run is about to make.
    let folder = Folder::new().with("t.csv", CSV);
    for end in ["", "-wal", ".lock"] {
        let name = format!("{CHECKPOINT}{end}");
        fs::create_dir_all(folder.path("deep")).unwrap();
        refused(&folder, &format!("run t.csv --sandbox --log-file {name}"));
    }
}

#[test]
fn result_files_are_not_written_over_the_csv_or_a_database() {
    let folder = Folder::new().with("error.csv", CSV);
    let run = "run error.csv --sandbox -c c.sqlite3";
    assert_eq!(folder.command(run).run().status, Some(3));
    for file in ["error.csv", "c.sqlite3"] {
        fs::create_dir_all(folder.path("deep")).unwrap();
        for (how, name) in [(0, "unknown.csv"), (1, "success.csv")] {
            let at = folder.path(&format!("deep/{name}"));
            match how {
                0 => symlink(format!("../{file}"), &at).unwrap(),
                _ => fs::hard_link(folder.path(file), &at).unwrap(),
            }
            refused(&folder, "export -c c.sqlite3 --force --out deep");
            fs::remove_file(at).unwrap();
        }
    }
    refused(&folder, "export error.csv -c c.sqlite3 --force");
    let export = "export error.csv -c c.sqlite3 --out results";
    assert_eq!(folder.command(export).run().status, Some(0));
}

#[test]
fn a_file_of_somebody_else_is_overwritten_only_on_demand_and_by_its_own_report_at_once() {
    let folder = imported().with("mine", "mine");
    for format in ["html", "text", "json"] {
        let report = format!("report t.csv --format {format} -o mine");
        folder
            .command(&report)
            .stderr(
                "error: mine is there already; name another file with -o, or overwrite it with \
                 --force\n",
            )
            .status(1)
            .changes_nothing()
            .check();
        let own = format!("report t.csv --format {format} -o own");
        for _ in 0..2 {
            let ended = folder.command(&own).run();
            assert_eq!(ended.status, Some(0), "{ended:?}");
        }
        assert_eq!(folder.mode("own"), 0o600);
    }
    let ended = folder.command("report t.csv --force -o mine").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(folder.text("mine").starts_with("<!DOCTYPE html>"));
}

#[test]
fn an_export_replaces_its_own_results_and_asks_before_it_replaces_what_was_edited() {
    let folder = imported();
    let export = "export t.csv --out results";
    for _ in 0..2 {
        let ended = folder.command(export).run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
    }
    let edited = folder
        .text("results/error.csv")
        .replace("2,Two,", "2,Two,x");
    fs::write(folder.path("results/error.csv"), &edited).unwrap();
    let ended = folder.command(export).run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(
        ended.stderr.contains("error.csv is there already"),
        "{ended:?}"
    );
    assert_eq!(folder.text("results/error.csv"), edited);
    // The results of another migration are somebody else's.
    let folder = folder.with("u.csv", CSV);
    assert_eq!(folder.command("run u.csv --sandbox").run().status, Some(3));
    let ended = folder.command("export u.csv --out results").run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let ended = folder.command("export t.csv --out results --force").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_ne!(folder.text("results/error.csv"), edited);
}

#[test]
fn a_log_goes_on_in_its_own_file_and_in_no_other_one() {
    let folder = Folder::new().with("t.csv", CSV);
    let run = "run t.csv --sandbox --log-file log.jsonl";
    for _ in 0..2 {
        assert_eq!(folder.command(run).run().status, Some(3));
    }
    assert!(folder.text("log.jsonl").matches("\"started\"").count() == 2);
    let folder = folder.with("other.json", "{\"a\": 1}\n");
    folder
        .command("run t.csv --sandbox --log-file other.json")
        .stderr(
            "error: the log file other.json cannot be used: there is something else in it; name \
             another file with --log-file\n",
        )
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn what_is_no_file_is_written_to_and_never_replaced() {
    let folder = Folder::new().with("t.csv", CSV);
    assert_eq!(folder.command("run t.csv --sandbox").run().status, Some(3));
    // By a link: a program that is wrong would replace the device itself, if it may.
    symlink("/dev/null", folder.path("null")).unwrap();
    for command in [
        "report t.csv -o null",
        "report t.csv --force -o null",
        "init t.csv -o null",
        "run t.csv --sandbox --log-file null",
    ] {
        let ended = folder.command(command).run();
        assert!(matches!(ended.status, Some(0 | 3)), "{ended:?}");
        let kind = fs::metadata(folder.path("null")).unwrap().file_type();
        assert!(kind.is_char_device(), "{command}");
    }
    let ended = folder
        .command("report t.csv --format text -o /dev/stdout")
        .run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with("1 of 2 rows"), "{ended:?}");
    let pipe = folder.path("pipe");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    let ended = folder.command("report t.csv --format text -o pipe").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(reader.join().unwrap().starts_with("1 of 2 rows"));
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    fs::remove_file(pipe).unwrap();
    fs::create_dir(folder.path("deep")).unwrap();
    refused(&folder, "report t.csv --force -o deep");
    refused(&folder, "run t.csv --sandbox --log-file deep");
}

#[test]
fn a_link_stays_a_link_and_what_is_called_like_a_file_being_written_stays_too() {
    let folder = Folder::new().with("t.csv", CSV);
    assert_eq!(folder.command("run t.csv --sandbox").run().status, Some(3));
    fs::create_dir(folder.path("deep")).unwrap();
    symlink("deep/page.html", folder.path("page.html")).unwrap();
    // As a link to the CSV, it would be cut off by opening it.
    symlink("../t.csv", folder.path("deep/page.html.part")).unwrap();
    let ended = folder.command("report t.csv -o page.html").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(folder.text("t.csv"), CSV);
    assert!(folder.text("deep/page.html").starts_with("<!DOCTYPE"));
    let kind = fs::symlink_metadata(folder.path("page.html")).unwrap();
    assert!(kind.file_type().is_symlink());
    let names = fs::read_dir(folder.path("deep")).unwrap();
    assert_eq!(names.count(), 2);
}

#[test]
fn a_sandbox_and_a_run_keep_their_data_in_no_file_of_another_kind() {
    let folder = imported();
    for file in ["t.csv", "t.toml", CHECKPOINT] {
        let before = content_of(&folder);
        let ended = folder
            .command(&format!("sandbox --listen 127.0.0.1:0 --data {file}"))
            .run();
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(before == content_of(&folder), "{file}");
    }
    for file in ["t.csv", "t.toml", "said.csv", DOUBLE] {
        let before = content_of(&folder);
        let run = format!("run t.csv --endpoint imports --sandbox -c {file}");
        let ended = folder.command(&run).run();
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(before == content_of(&folder), "{file}");
    }
}

/// The bytes of the files that stay, without what SQLite puts beside them while it looks.
fn content_of(folder: &Folder) -> Vec<Vec<u8>> {
    let kept = ["t.csv", "t.toml", "said.csv", CHECKPOINT, DOUBLE];
    kept.map(|name| fs::read(folder.path(name)).unwrap())
        .to_vec()
}

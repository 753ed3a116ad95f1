//! The same tickets in two CSV files of one account.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

use rusqlite::Connection;

use crate::support::folder::{Folder, Program};
use crate::support::http::post;
use crate::support::process::{Running, until};
use crate::support::sandbox::Sandbox;

/// A CSV with the tickets of these numbers.
fn csv(numbers: impl Iterator<Item = u32>) -> String {
    let rows = numbers.map(|n| format!("{n},Subject {n},Text {n}\n"));
    std::iter::once("external_id,subject,comment.body\n".to_owned())
        .chain(rows)
        .collect()
}

fn run<'f>(folder: &'f Folder, sandbox: &Sandbox, arguments: &str) -> Program<'f> {
    let url = sandbox.url();
    let command = format!("run {arguments} --url {url} --lookup-settle 1s --allow-triggers");
    folder.command(&command).env("ZENDESK_OAUTH_TOKEN", "t")
}

/// What the checkpoint of a CSV is called.
fn checkpoint(folder: &Folder, csv: &str) -> String {
    let name = |name: &String| name.starts_with(csv) && name.ends_with(".checkpoint.sqlite3");
    folder.names().into_iter().find(name).expect("a checkpoint")
}

#[track_caller]
fn has(sandbox: &Sandbox, tickets: u64) {
    let stats = sandbox.stats();
    assert_eq!((stats.tickets, stats.duplicates), (tickets, 0));
}

#[test]
fn rows_that_another_file_has_sent_are_looked_up_and_told() {
    for endpoint in ["tickets", "imports"] {
        one_after_the_other(endpoint);
    }
}

fn one_after_the_other(endpoint: &str) {
    let flags = format!("--endpoint {endpoint}");
    let folder = Folder::new()
        .with("01-jan.csv", csv(1..1001))
        .with("01-feb.csv", csv(996..1996));
    let sandbox = Sandbox::start(&folder, "");
    let ended = run(&folder, &sandbox, &format!("01-jan.csv {flags}")).run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("looked up"), "{ended:?}");
    let january = checkpoint(&folder, "01-jan");
    let before = std::fs::read(folder.path(&january)).unwrap();
    let ahead = run(&folder, &sandbox, &format!("01-feb.csv {flags} -n")).run();
    assert!(ahead.stderr.contains("look 5 up"), "{ahead:?}");
    let ended = run(&folder, &sandbox, &format!("01-feb.csv {flags}")).run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let told = format!("5 rows are also in {january}; they are looked up before they are sent\n");
    assert!(ended.stderr.contains(&told), "{ended:?}");
    assert!(ended.stderr.contains("5 found"), "{ended:?}");
    has(&sandbox, 1_995);
    assert!(before == std::fs::read(folder.path(&january)).unwrap());
    let left = |end: &str| folder.path(&format!("{january}{end}")).exists();
    assert!(!left("-wal") && !left("-shm"), "{:?}", folder.names());
}

#[test]
fn rows_that_a_killed_run_of_another_file_had_in_flight_are_looked_up() {
    let folder = Folder::new()
        .with("a.csv", csv(1..41))
        .with("b.csv", csv(1..81));
    let sandbox = Sandbox::start(&folder, "");
    let first = run(&folder, &sandbox, "a.csv").start();
    until("some tickets", || sandbox.stats().tickets >= 5);
    post(
        sandbox.address(),
        "/sandbox/faults",
        r#"{"slow":1.0,"slow_ms":400,"all":true}"#,
    );
    first.kill();
    post(sandbox.address(), "/sandbox/faults", "{}");
    let name = checkpoint(&folder, "a");
    let wal = || std::fs::read(folder.path(&format!("{name}-wal"))).unwrap();
    let before = (std::fs::read(folder.path(&name)).unwrap(), wal());
    let ended = run(&folder, &sandbox, "b.csv").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stderr.contains(" also in a."), "{ended:?}");
    let after = (std::fs::read(folder.path(&name)).unwrap(), wal());
    assert!(before == after, "the other checkpoint was written");
    has(&sandbox, 80);
    let ended = run(&folder, &sandbox, "a.csv").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    has(&sandbox, 80);
}

#[test]
fn of_two_runs_with_common_rows_at_the_same_time_the_second_is_refused() {
    let folder = Folder::new()
        .with("a.csv", csv(1..201))
        .with("b.csv", csv(200..251))
        .with("c.csv", csv(201..251));
    let sandbox = Sandbox::start(&folder, "--latency-ms 5");
    let first = run(&folder, &sandbox, "a.csv --concurrency 2").start();
    until("some tickets", || sandbox.stats().tickets >= 5);
    post(
        sandbox.address(),
        "/sandbox/faults",
        r#"{"slow":1.0,"slow_ms":400,"all":true}"#,
    );
    let refused = run(&folder, &sandbox, "b.csv").run();
    assert_eq!(refused.status, Some(6), "{refused:?}");
    let told = "error: 1 row that this run would send waits in a.";
    assert!(refused.stderr.contains(told), "{refused:?}");
    let process = format!("process {} on ", first.id());
    assert!(refused.stderr.contains(&process), "{refused:?}");
    let recovering = run(&folder, &sandbox, "b.csv --recover").run();
    assert_eq!(recovering.status, Some(6), "{recovering:?}");
    post(sandbox.address(), "/sandbox/faults", "{}");
    let other = run(&folder, &sandbox, "c.csv").run();
    assert_eq!(other.status, Some(0), "nothing in common: {other:?}");
    let first = first.wait();
    assert_eq!(first.status, Some(0), "{first:?}");
    let ended = run(&folder, &sandbox, "b.csv").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    has(&sandbox, 250);
}

#[test]
fn another_checkpoint_that_cannot_be_read_stops_a_run_that_does_not_look_every_row_up() {
    let folder = Folder::new()
        .with("a.csv", csv(1..21))
        .with("b.csv", csv(11..31));
    let sandbox = Sandbox::start(&folder, "");
    let ended = run(&folder, &sandbox, "a.csv").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let name = checkpoint(&folder, "a");
    let whole = std::fs::read(folder.path(&name)).unwrap();
    let newer = || {
        let db = Connection::open(folder.path(&name)).unwrap();
        db.pragma_update(None, "user_version", 99).unwrap();
    };
    let damages: [&dyn Fn(); 3] = [
        &|| std::fs::write(folder.path(&name), "notes").unwrap(),
        &|| std::fs::write(folder.path(&name), &whole[..whole.len() / 4]).unwrap(),
        &newer,
    ];
    for damage in damages {
        std::fs::write(folder.path(&name), &whole).unwrap();
        damage();
        let ended = run(&folder, &sandbox, "b.csv").run();
        assert_eq!(ended.status, Some(1), "{ended:?}");
        let told = ended.stderr.contains(&name) && ended.stderr.contains("--recover");
        assert!(told, "{ended:?}");
        has(&sandbox, 20);
    }
    let ended = run(&folder, &sandbox, "b.csv --recover").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.stderr.contains(&name), "{ended:?}");
    has(&sandbox, 30);
}

/// Whoever asks last sees the other, so one of them at least is refused; then it is run again.
#[test]
fn two_runs_that_start_at_the_same_moment_make_no_second_ticket() {
    for endpoint in ["tickets", "imports"] {
        for limit in ["", "--limit 1"] {
            let folder = Folder::new()
                .with("a.csv", csv(1..101))
                .with("b.csv", csv(51..151));
            let sandbox = Sandbox::start(&folder, "--latency-ms 2");
            let start = |file: &str, flags: &str| {
                run(
                    &folder,
                    &sandbox,
                    &format!("{file} --endpoint {endpoint} {flags}"),
                )
            };
            // With a limit, both are resumed when they meet.
            if !limit.is_empty() {
                for file in ["a.csv", "b.csv"] {
                    assert_eq!(start(file, limit).run().status, Some(4));
                }
            }
            let both = [start("a.csv", "").start(), start("b.csv", "").start()];
            let ended = both.map(Running::wait);
            let statuses: Vec<_> = ended.iter().map(|ended| ended.status).collect();
            let expected = |status: &Option<i32>| matches!(status, Some(0 | 6));
            assert!(statuses.iter().all(expected), "{ended:?}");
            for file in ["a.csv", "b.csv"] {
                let ended = start(file, "").run();
                assert_eq!(ended.status, Some(0), "{ended:?}");
            }
            has(&sandbox, 150);
        }
    }
}

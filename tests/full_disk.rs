//! A full disk, wherever it strikes: the run ends with its own exit code and the sentence that says
//! so, and when there is room again the same command brings every row to its one ticket.
//!
//! The checkpoint lives in a small file system in memory that only this test sees. Its size
//! grows from run to run, so that each of the checkpoint's pages is once the one that has no room.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and tells what it has seen"
)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::support::folder::Folder;
use crate::support::sandbox::Sandbox;

const ROWS: u64 = 12;

/// The first size and the step, in KiB: a page of the checkpoint.
const PAGE_KIB: u64 = 16;

/// A disk of this size is never full.
const PLENTY_KIB: u64 = 64 * 1024;

/// More than there are cores: a run mostly waits for the disk.
const WORKERS: usize = 4;

/// Runs the program on a disk of `$1` KiB and again when that has grown; the program and its
/// arguments follow. What it said and the codes are left beside the disk.
const SCRIPT: &str = r#"
size=$1
shift
mount -t tmpfs -o "size=${size}k" tmpfs disk || exit
"$@" 2>first.txt
echo $? >first.code
mount -o "remount,size=65536k" disk || exit
"$@" 2>second.txt
echo $? >second.code
"$1" verify -c disk/c.sqlite3 --offline >verify.txt 2>&1
echo $? >verify.code
cp disk/c.sqlite3 after.sqlite3
"#;

/// Runs the script with file systems of its own, and says whether that was possible.
fn with_a_disk_of(size_kib: u64, folder: &Folder, arguments: &[&str]) -> bool {
    std::fs::create_dir(folder.path("disk")).unwrap();
    let _it_may_not_be_installed = Command::new("unshare")
        .args(["-rm", "sh", "-c", SCRIPT, "sh", &size_kib.to_string()])
        .args(arguments)
        .current_dir(folder.path(""))
        .env("ZENDESK_OAUTH_TOKEN", "t")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status();
    folder.path("verify.code").exists()
}

fn csv() -> String {
    let mut csv = String::from("external_id,subject,comment.body\n");
    for row in 1..=ROWS {
        writeln!(csv, "old-{row},Ticket {row},The text of ticket {row}").unwrap();
    }
    csv
}

/// What a run on a disk of a certain size has come to.
struct Outcome {
    code: String,
    stderr: String,
    /// Rows that it says are created, if it says so.
    created: Option<u64>,
    wrong: Vec<String>,
}

/// Runs on a disk of this size, then on a large one. `None` if there can be no such disk here.
fn run_on(size_kib: u64) -> Option<Outcome> {
    let folder = Folder::new().with("tickets.csv", csv());
    let sandbox = Sandbox::start(&folder, "");
    let url = sandbox.url();
    let program = env!("CARGO_BIN_EXE_zendesk-migrate");
    let run = format!(
        "{program} run tickets.csv -c disk/c.sqlite3 --lookup-settle 200ms --concurrency 3 --url {url}"
    );
    let arguments: Vec<&str> = run.split(' ').collect();
    if !with_a_disk_of(size_kib, &folder, &arguments) {
        return None;
    }
    let (code, stderr) = (folder.text("first.code"), folder.text("first.txt"));
    let mut wrong = Vec::new();
    let full = "the disk that holds disk/c.sqlite3 is full; make room, then run the same command \
                again";
    let last = stderr.lines().last().unwrap_or_default();
    let is_told = [format!("error: {full}"), format!("stopped: {full}")].contains(&last.to_owned());
    if code != "0\n" && (code != "4\n" || !is_told) {
        wrong.push(format!("code {code}{stderr}"));
    }
    if stderr.contains("panicked") {
        wrong.push(stderr.clone());
    }
    for end in ["second", "verify"] {
        let code = folder.text(&format!("{end}.code"));
        if code != "0\n" {
            let told = folder.text(&format!("{end}.txt"));
            wrong.push(format!("{end}: code {code}{told}"));
        }
    }
    let stats = sandbox.stats();
    if (stats.tickets, stats.external_ids, stats.duplicates) != (ROWS, ROWS, 0) {
        wrong.push(format!("{stats:?}"));
    }
    let db = rusqlite::Connection::open(folder.path("after.sqlite3")).unwrap();
    let query = "SELECT count(*) FILTER (WHERE state = 'created'),
                        (SELECT count(*) FROM flight) FROM rows";
    let found: rusqlite::Result<(u64, u64)> =
        db.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)));
    if found != Ok((ROWS, 0)) {
        wrong.push(format!("created and in flight: {found:?}"));
    }
    Some(Outcome {
        code,
        created: created(&stderr),
        stderr,
        wrong,
    })
}

/// The number in `12 rows: 7 created`.
fn created(stderr: &str) -> Option<u64> {
    let line = stderr.lines().find(|line| line.contains(" rows: "))?;
    let (_, rest) = line.split_once(" rows: ")?;
    rest.split(' ').next()?.parse().ok()
}

#[test]
fn wherever_the_disk_is_full_the_same_command_goes_on_when_there_is_room() {
    if run_on(PLENTY_KIB).is_none() {
        eprintln!("left out: no file system of one's own can be mounted here");
        return;
    }
    let next = AtomicU64::new(1);
    let enough = AtomicBool::new(false);
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    let size_kib = next.fetch_add(1, Ordering::Relaxed) * PAGE_KIB;
                    let outcome = run_on(size_kib).unwrap();
                    if outcome.code == "0\n" {
                        enough.store(true, Ordering::Relaxed);
                    }
                    outcomes.lock().unwrap().push((size_kib, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    outcomes.sort_by_key(|(size_kib, _)| *size_kib);
    let mut wrong = Vec::new();
    for (size_kib, outcome) in &outcomes {
        let last = outcome.stderr.lines().last().unwrap_or_default();
        eprintln!("{size_kib} KiB, {:?} created: {last}", outcome.created);
        let told = outcome.wrong.iter();
        wrong.extend(told.map(|why| format!("{size_kib} KiB: {why}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    // It has struck before anything was sent, and at many a row of those that were sent.
    let struck: BTreeSet<_> = outcomes
        .iter()
        .filter(|(_, outcome)| outcome.code == "4\n")
        .map(|(_, outcome)| outcome.created)
        .collect();
    assert!(struck.contains(&None), "{struck:?}");
    assert!(struck.len() >= 5, "{struck:?}");
}

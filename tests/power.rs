//! Power loss: no byte of a create leaves before its intent has reached the disk.
//!
//! A kill proves nothing about this, because what a process has written survives it. So the real
//! program is traced, and the order of its system calls is read: key and body in the WAL, the
//! transaction complete, the WAL synced, and only then the request into its socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and tells what it has seen"
)]

mod order;
mod trace;

use std::fmt::Write;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::support::folder::Folder;
use crate::support::process::Running;
use crate::support::sandbox::Sandbox;
use order::check;
use trace::{Call, read};

const ROWS: usize = 12;

/// Requests are lost and refused, so that some creates are sent again under their key.
const FAULTS: &str = "seed = 4\nlost_after = 0.2\nerror_500 = 0.2\n";

const STRACE: &str = "-f -y -xx -s 100000 -o trace.txt \
                      -e trace=fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg";

fn can_trace() -> bool {
    let mut strace = Command::new("strace");
    strace.args(["-o", "/dev/null", "true"]);
    strace.stdout(Stdio::null()).stderr(Stdio::null());
    matches!(strace.status(), Ok(status) if status.success())
}

/// What a whole run has asked of the system; `None` if nobody can watch it here.
fn traced() -> Option<&'static str> {
    static TRACE: OnceLock<Option<String>> = OnceLock::new();
    TRACE.get_or_init(trace_a_run).as_deref()
}

fn trace_a_run() -> Option<String> {
    if !can_trace() {
        eprintln!("left out: strace is not installed, or may not trace");
        return None;
    }
    let mut csv = String::from("external_id,subject,comment.body\n");
    for row in 1..=ROWS {
        writeln!(csv, "old-{row},Ticket {row},The text of ticket {row}").unwrap();
    }
    let folder = Folder::new()
        .with("tickets.csv", csv)
        .with("faults.toml", FAULTS);
    let sandbox = Sandbox::start(&folder, "--faults faults.toml");
    let run = format!(
        "run tickets.csv -c c.sqlite3 --lookup-settle 200ms --concurrency 4 --url {}",
        sandbox.url()
    );
    let mut strace = Command::new("strace");
    strace.args(STRACE.split_whitespace());
    let program = folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t");
    let ended = Running::start(program.through(&mut strace)).wait();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let stats = sandbox.stats();
    assert_eq!((stats.tickets, stats.duplicates), (ROWS as u64, 0));
    Some(folder.text("trace.txt"))
}

#[test]
fn a_create_leaves_only_after_its_intent_has_reached_the_disk() {
    let Some(trace) = traced() else { return };
    let found = check(&read(trace));
    assert_eq!(found.wrong, Vec::<String>::new());
    let mut keys = found.sent.clone();
    keys.sort_unstable();
    keys.dedup();
    eprintln!("{} creates under {} keys", found.sent.len(), keys.len());
    assert_eq!(keys.len(), ROWS);
    assert!(found.sent.len() > ROWS, "nothing was sent again");
}

fn is_send(call: &Call) -> bool {
    call.data.starts_with(b"POST ")
}

fn is_sync(call: &Call) -> bool {
    call.is_sync() && call.path.ends_with("-wal")
}

#[test]
fn a_request_that_overtakes_its_sync_is_found() {
    let Some(trace) = traced() else { return };
    let calls = read(trace);
    let sends = calls.iter().filter(|call| is_send(call)).count();
    assert!(sends > ROWS, "{sends}");
    // Every send, moved to before all that was synced.
    let first = calls.iter().position(is_sync).unwrap();
    let sends: Vec<usize> = (0..calls.len()).filter(|at| is_send(&calls[*at])).collect();
    for at in sends {
        let mut swapped = read(trace);
        let send = swapped.remove(at);
        swapped.insert(first, send);
        assert!(!check(&swapped).wrong.is_empty(), "the send at {at}");
    }
}

#[test]
fn a_trace_without_syncs_or_without_writes_of_the_wal_is_found() {
    let Some(trace) = traced() else { return };
    let sends = read(trace).iter().filter(|call| is_send(call)).count();
    let mut unsynced = read(trace);
    unsynced.retain(|call| !is_sync(call));
    assert_eq!(check(&unsynced).wrong.len(), sends);
    let mut unwritten = read(trace);
    unwritten.retain(|call| call.is_sync() || !call.path.ends_with("-wal"));
    assert_eq!(check(&unwritten).wrong.len(), sends);
}

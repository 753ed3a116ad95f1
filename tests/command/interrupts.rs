//! A run that is asked to end.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::Scope;
use std::time::Duration;

use serde_json::Value;

use super::{TWO, TWO_CHECKPOINT};
use crate::support::folder::{CLOSED_TICKETS, Folder};
use crate::support::process::{Running, until, until_within};
use crate::support::sandbox::Sandbox;

#[test]
fn a_run_that_is_asked_to_end_finishes_what_is_in_flight_and_the_same_command_goes_on() {
    let folder = Folder::with_fixtures(&["tickets.csv", "tickets.toml"]);
    let sandbox = Sandbox::start(&folder, "--latency-ms 40");
    let run = format!("run tickets.csv --json --url {}", sandbox.url());
    let command = |flags: &str| {
        let program = folder.command(&format!("{run} {flags}"));
        program.env("ZENDESK_OAUTH_TOKEN", "t")
    };
    let running = command("--concurrency 2").start();
    until("the first creates", || sandbox.stats().tickets >= 5);
    running.terminate();
    let ended = running.wait();
    assert_eq!(ended.status, Some(130), "{ended:?}");
    let facts: Value = serde_json::from_str(&ended.stdout).unwrap();
    let (created, pending) = (&facts["created"], &facts["pending"]);
    assert_eq!(facts["stopped_because"], "interrupted");
    assert_eq!(*created, sandbox.stats().tickets);
    assert_eq!(
        folder.neutral(&ended.stderr),
        format!(
            "{CLOSED_TICKETS}stopping: waiting for open requests (Ctrl-C again to quit now)\n200 rows: {created} \
             created, {pending} pending\nthis run: {created} created, {} requests (40 lookups) \
             in TIME\ninterrupted: {pending} rows are left; run the same command to continue\n",
            facts["this_run"]["requests"]
        )
    );
    let ended = command("").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let stats = sandbox.stats();
    assert_eq!((stats.tickets, stats.duplicates), (200, 0));
}

/// A run that has asked its first question, of an account that takes it and never answers.
fn unanswered(folder: &Folder) -> (TcpStream, Running) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let run = format!(
        "run two.csv --url http://{}",
        listener.local_addr().unwrap()
    );
    let run = folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t").start();
    let (question, _) = listener.accept().unwrap();
    (question, run)
}

#[test]
fn a_run_whose_terminal_is_closed_ends_as_if_it_had_been_asked_to() {
    let folder = Folder::new().with("two.csv", TWO);
    let (_question, mut run) = unanswered(&folder);
    run.signal("HUP");
    until_within("the end", Duration::from_secs(10), || run.has_ended());
    assert_eq!(run.wait().status, Some(130));
}

#[test]
fn a_run_that_was_started_to_outlive_its_terminal_does() {
    let folder = Folder::new().with("two.csv", TWO);
    let sandbox = Sandbox::start(&folder, "--latency-ms 200");
    let run = format!("run two.csv --url {}", sandbox.url());
    let run = folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t");
    let mut nohup = Command::new("sh");
    nohup.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]);
    let run = Running::start(run.through(&mut nohup));
    until("the first request", || sandbox.stats().requests > 0);
    run.signal("HUP");
    let ended = run.wait();
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[test]
fn a_run_that_waits_for_the_accounts_first_word_ends_when_it_is_asked_to() {
    let folder = Folder::new().with("two.csv", TWO);
    let (_question, mut run) = unanswered(&folder);
    run.terminate();
    until_within("the end", Duration::from_secs(10), || run.has_ended());
    assert_eq!(run.wait().status, Some(130));
}

/// Says who the user is, and takes every other question without a word. Counts the questions until the
/// program that asks is gone.
fn answer_once<'s>(listener: TcpListener, asked: &'s AtomicU32, threads: &'s Scope<'s, '_>) {
    let user = r#"{"user":{"id":1,"name":"A","email":"a@example.com","role":"admin"}}"#;
    let reply = format!(
        "HTTP/1.1 200 OK\r\ndate: Tue, 24 Nov 2026 12:00:00 GMT\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{user}",
        user.len()
    );
    threads.spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let read = BufReader::new(connection.try_clone().unwrap());
            for line in read.lines().map_while(Result::ok) {
                if line.is_empty() && asked.fetch_add(1, Ordering::SeqCst) == 0 {
                    connection.write_all(reply.as_bytes()).unwrap();
                } else if line == "no more" {
                    return;
                }
            }
        }
    });
}

#[test]
fn a_run_that_is_cut_off_between_two_questions_counts_them_and_is_told_by_its_own_word() {
    let folder = Folder::new().with("two.csv", TWO);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = AtomicU32::new(0);
    std::thread::scope(|threads| {
        answer_once(listener, &asked, threads);
        let run =
            format!("run two.csv -c c.sqlite3 --json --max-duration 4s --url http://{address}");
        let ended = folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t").run();
        let requests = asked.load(Ordering::SeqCst);
        writeln!(TcpStream::connect(address).unwrap(), "no more").unwrap();
        assert_eq!(ended.status, Some(4), "{ended:?}");
        assert_eq!(requests, 2, "{ended:?}");
        let status = folder.command("status -c c.sqlite3 --json").run();
        for told in [&ended.stdout, &status.stdout] {
            let facts: Value = serde_json::from_str(told).unwrap();
            assert_eq!(facts["stopped_because"], "max_duration");
            assert_eq!(facts["this_run"]["requests"], requests);
        }
    });
}

#[test]
fn a_run_that_is_asked_twice_ends_at_once() {
    let folder = Folder::new().with("two.csv", TWO);
    let (_question, mut run) = unanswered(&folder);
    until_within("the end", Duration::from_secs(10), || {
        run.terminate();
        run.has_ended()
    });
    assert_eq!(run.wait().status, Some(130));
}

/// So many that reading them takes much longer than a signal.
const MANY: usize = 300_000;

fn many() -> String {
    let row = |n| format!("{n},Subject {n},Text {n}\n");
    let rows: String = (1..=MANY).map(row).collect();
    format!("external_id,subject,comment.body\n{rows}")
}

#[test]
fn a_first_scan_that_is_asked_to_end_leaves_nothing_and_the_same_command_starts_anew() {
    let folder = Folder::new().with("two.csv", many());
    let mut run = folder.command("run two.csv --sandbox --limit 0").start();
    until("the checkpoint", || folder.path(TWO_CHECKPOINT).exists());
    run.terminate();
    until("the end", || run.has_ended());
    let ended = run.wait();
    assert_eq!(ended.status, Some(130), "{ended:?}");
    assert_eq!(folder.names(), ["two.csv"]);
    let ended = folder
        .command("run two.csv --sandbox --limit 0 --json")
        .run();
    assert_eq!(ended.status, Some(4), "{ended:?}");
    let facts: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(facts["pending"], MANY);
}

#[test]
fn another_scan_that_is_asked_to_end_changes_no_row() {
    let folder = Folder::new().with("two.csv", TWO);
    let ended = folder.command("run two.csv --sandbox --limit 1").run();
    assert_eq!(ended.status, Some(4), "{ended:?}");
    let folder = folder.with("two.csv", many());
    let mut run = folder.command("run two.csv --sandbox").start();
    let is_running = || {
        let status = folder.command("status two.csv --json").run();
        status.stdout.contains("\"running\"")
    };
    until("the run", is_running);
    run.terminate();
    until("the end", || run.has_ended());
    let ended = run.wait();
    assert_eq!(ended.status, Some(130), "{ended:?}");
    let status = folder.command("status two.csv").run();
    assert_eq!(
        status.stdout,
        "2 rows: 1 created, 1 pending\nstopped: limit\n"
    );
    let folder = folder.with("two.csv", TWO);
    let ended = folder.command("run two.csv --sandbox").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[test]
fn a_sandbox_that_is_asked_to_end_closes_its_file() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder, "--data double.sqlite3");
    assert!(folder.path("double.sqlite3-wal").exists());
    sandbox.terminate();
    assert_eq!(folder.names(), ["double.sqlite3"]);
}

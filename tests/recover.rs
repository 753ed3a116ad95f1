//! `--recover`: what the export of all tickets shows of rows that a checkpoint believes unsent.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

use std::time::Duration;

use crate::support::folder::{Folder, Program};
use crate::support::http::post;
use crate::support::process::{until, until_within};
use crate::support::proxy::{Proxy, Reply};
use crate::support::sandbox::Sandbox;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use zendesk_migrate::checkpoint::{Checkpoint, CheckpointError, Reader, Without};
use zendesk_migrate::engine::EngineError;
use zendesk_migrate::engine::monitor::{Monitor, Picture};
use zendesk_migrate::engine::recover::{ExportedAccount, read_export};
use zendesk_migrate::engine::scan::{NewIds, scan};
use zendesk_migrate::model::time::{Monotonic, ServerClock, ServerTime};
use zendesk_migrate::source::Source;
use zendesk_migrate::zendesk::{Account, Client, Credentials, Timeouts};

/// More than fit on a page of the export.
const ROWS: usize = 1_010;

/// Rows that have no ticket yet.
const NEW: usize = 5;

struct Silent;

impl Monitor for Silent {
    fn scanned(&mut self, _bytes: u64, _rows: u64) {}
    fn moved(&mut self, _picture: &Picture) {}
    fn tell(&mut self, _sentence: &str) {}
}

fn csv(rows: usize) -> String {
    let row = |n| format!("{n},Subject {n},Text {n}\n");
    let rows: String = (1..=rows).map(row).collect();
    format!("external_id,subject,comment.body\n{rows}")
}

/// An account that has the tickets of `t.csv`, made through a checkpoint that is lost.
fn with_tickets(rows: usize) -> (Folder, Sandbox) {
    let folder = Folder::new().with("t.csv", csv(rows));
    let sandbox = Sandbox::start(&folder, "--rpm 0");
    let ended = run(&folder, &sandbox, "-c lost.sqlite3").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    (folder, sandbox)
}

fn run<'f>(folder: &'f Folder, sandbox: &Sandbox, more: &str) -> Program<'f> {
    let url = sandbox.url();
    let run = format!("run t.csv --url {url} --allow-triggers --json {more}");
    folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t")
}

/// A fresh checkpoint of `t.csv` whose rows are all to be looked up.
fn fresh(folder: &Folder) -> Checkpoint {
    let mut checkpoint = Checkpoint::open(&folder.path("c.sqlite3"), "a test").unwrap();
    let source = Source::open(&folder.path("t.csv"), None).unwrap();
    let end = CancellationToken::new();
    scan(&source, &mut checkpoint, NewIds::Refuse, &mut Silent, &end).unwrap();
    checkpoint.recover(ServerTime(1)).unwrap();
    checkpoint
}

/// Reads the export into the checkpoint, and counts the requests.
fn read(
    sandbox: &Sandbox,
    checkpoint: &mut Checkpoint,
    end: &CancellationToken,
) -> (Result<(), EngineError>, u32) {
    read_from(&sandbox.url(), checkpoint, end)
}

fn read_from(
    url: &str,
    checkpoint: &mut Checkpoint,
    end: &CancellationToken,
) -> (Result<(), EngineError>, u32) {
    let account = Account::from_url(url).unwrap();
    let credentials = Credentials::Bearer("token".into());
    let client = Client::new(
        account,
        credentials,
        Timeouts::default(),
        zendesk_migrate::engine::clock::monotonic,
    )
    .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut requests = 0;
    let read = runtime.block_on(read_export(
        &client,
        checkpoint,
        ExportedAccount {
            clock: ServerClock::new(ServerTime(0), Monotonic(0)),
            tickets: ROWS as u64,
            dates_tell: true,
        },
        (end, &mut Silent),
        &mut requests,
    ));
    (read, requests)
}

fn advance(sandbox: &Sandbox, seconds: u64) {
    let clock = json!({ "advance_seconds": seconds }).to_string();
    post(sandbox.address(), "/sandbox/clock", &clock);
}

#[test]
fn an_export_without_an_end_is_given_up() {
    let (folder, sandbox) = with_tickets(1);
    let folder = folder.with("t.csv", csv(3));
    let proxy = Proxy::start(sandbox.address());
    proxy.does(|asked, _| {
        let body = json!({
            "tickets": [],
            "after_cursor": format!("another-{}", asked.number),
            "end_of_stream": false,
        });
        Some(Reply::new(200, &body.to_string()))
    });
    let mut checkpoint = fresh(&folder);
    let end = CancellationToken::new();
    let (result, requests) = read_from(&proxy.url(), &mut checkpoint, &end);
    result.unwrap();
    assert_eq!(requests, 2);
    let counts = checkpoint.counts().unwrap();
    assert_eq!((counts.pending, counts.created), (3, 0));
}

#[test]
fn the_export_gives_every_row_its_ticket_page_by_page_and_leaves_the_others_to_be_sent() {
    let (folder, sandbox) = with_tickets(ROWS);
    let folder = folder.with("t.csv", csv(ROWS + NEW));
    // Somebody else made another ticket for row 7.
    let twice = json!({"ticket": {"external_id": "7", "comment": {"body": "x"}}}).to_string();
    crate::support::http::change(sandbox.address(), "POST", "/api/v2/tickets", &twice);
    advance(&sandbox, 120);
    let mut checkpoint = fresh(&folder);
    let (result, requests) = read(&sandbox, &mut checkpoint, &CancellationToken::new());
    result.unwrap();
    assert_eq!(requests, 2);
    let counts = checkpoint.counts().unwrap();
    assert_eq!(counts.created, ROWS as u64 - 1);
    assert_eq!(counts.created_found, counts.created);
    assert_eq!(counts.unknown, 1, "row 7 has two tickets: a person decides");
    assert_eq!(counts.pending, NEW as u64);
    assert_eq!(checkpoint.outlook().unwrap().create, NEW as u64);
    let mut unknown = Vec::new();
    drop(checkpoint);
    let reader = Reader::open(&folder.path("c.sqlite3")).unwrap();
    let each = reader.each_without(Without::Unknown, |left| {
        unknown.push((left.row.external_id, left.row.code));
        Ok::<_, CheckpointError>(())
    });
    each.unwrap();
    assert_eq!(
        unknown,
        [(Some("7".to_owned()), "SeveralTickets".to_owned())]
    );
    let mut found = tickets_of(&folder, "lost.sqlite3");
    found.retain(|(external_id, _)| external_id != "7");
    assert_eq!(tickets_of(&folder, "c.sqlite3"), found);
}

/// The rows of a checkpoint that have a ticket, with its number.
fn tickets_of(folder: &Folder, checkpoint: &str) -> Vec<(String, u64)> {
    let reader = Reader::open(&folder.path(checkpoint)).unwrap();
    let mut tickets = Vec::new();
    let each = reader.each_created(|row| {
        tickets.push((row.external_id, row.ticket));
        Ok::<_, CheckpointError>(())
    });
    each.unwrap();
    tickets
}

#[test]
fn an_export_that_breaks_off_settles_no_row() {
    let (folder, sandbox) = with_tickets(ROWS);
    advance(&sandbox, 120);
    let mut checkpoint = fresh(&folder);
    let before = sandbox.stats().requests;
    let (result, requests) = std::thread::scope(|threads| {
        threads.spawn(|| {
            until("the first page", || sandbox.stats().requests > before);
            // The second page comes six seconds later: the export allows ten a minute.
            set(&sandbox, &json!({"role": "agent"}));
        });
        read(&sandbox, &mut checkpoint, &CancellationToken::new())
    });
    result.unwrap();
    assert_eq!(requests, 2);
    let outlook = checkpoint.outlook().unwrap();
    assert_eq!((outlook.create, outlook.look_up), (0, ROWS as u64));
}

fn set(sandbox: &Sandbox, settings: &Value) {
    post(
        sandbox.address(),
        "/sandbox/settings",
        &settings.to_string(),
    );
}

/// What a run with `--recover` by somebody who is no administrator ends with.
fn recovered_by_an_agent(folder: &Folder, sandbox: &Sandbox) -> (Option<i32>, Value) {
    set(sandbox, &json!({"role": "agent"}));
    let ended = run(
        folder,
        sandbox,
        "-c lost.sqlite3 --recover --lookup-settle 1s",
    )
    .run();
    let facts = serde_json::from_str(&ended.stdout).unwrap();
    (ended.status, facts)
}

#[test]
fn a_user_who_is_no_admin_proves_absence_by_a_ticket_that_both_ways_find() {
    let (folder, sandbox) = with_tickets(3);
    advance(&sandbox, 120);
    let folder = folder.with("t.csv", csv(4));
    let (status, facts) = recovered_by_an_agent(&folder, &sandbox);
    assert_eq!((status, &facts["created"]), (Some(0), &json!(4)), "{facts}");
    let there = sandbox.stats();
    assert_eq!((there.tickets, there.duplicates), (4, 0));
}

#[test]
fn a_user_who_is_no_admin_and_whose_search_does_not_find_that_ticket_proves_nothing() {
    let (folder, sandbox) = with_tickets(3);
    advance(&sandbox, 120);
    let folder = folder.with("t.csv", csv(4));
    set(&sandbox, &json!({"search_lag_ms": 86_400_000}));
    let (status, facts) = recovered_by_an_agent(&folder, &sandbox);
    assert_eq!((status, &facts["unknown"]), (Some(3), &json!(1)), "{facts}");
    assert_eq!(sandbox.stats().tickets, 3);
    let told = folder.command("status -c lost.sqlite3").run();
    assert!(told.stdout.contains("(NotVisible)"), "{told:?}");
}

#[test]
fn the_wait_for_the_export_counts_for_max_duration_and_ends_when_it_is_asked_to() {
    let (folder, sandbox) = with_tickets(110);
    let before = sandbox.stats().tickets;
    let recover = |more: &str| run(&folder, &sandbox, &format!("-c c.sqlite3 --recover {more}"));
    let ended = recover("--max-duration 2s").run();
    assert_eq!(ended.status, Some(4), "{ended:?}");
    assert!(
        ended.stderr.contains("looked up in the export"),
        "{ended:?}"
    );
    let facts: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(facts["stopped_because"], "max_duration");
    assert_eq!(facts["pending"], 110);
    let requests = sandbox.stats().requests;
    let mut run = recover("").start();
    until("the questions at the start", || {
        sandbox.stats().requests >= requests + 3
    });
    run.terminate();
    until_within("the end", Duration::from_secs(20), || run.has_ended());
    let ended = run.wait();
    assert_eq!(ended.status, Some(130), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, before);
    // The rows are looked up all the same.
    let checkpoint = Checkpoint::open(&folder.path("c.sqlite3"), "a test").unwrap();
    assert_eq!(checkpoint.outlook().unwrap().look_up, 110);
}

//! The imports endpoint: the past arrives as it was, and no lost reply makes a second ticket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

mod authors;

use crate::support::folder::{Folder, Program};
use crate::support::http::post;
use crate::support::process::Ended;
use crate::support::sandbox::Sandbox;
use serde_json::{Value, json};

const MAPPING: &str = r#"
[ticket]
external_id     = { column = "Id", prefix = "old-" }
subject         = "Subject"
comment.body    = "Text"
requester.name  = "Name"
requester.email = "Email"
status          = { constant = "closed" }
created_at      = "Opened"

[comments]
file         = "talk.csv"
ticket       = "Id"
body         = "Text"
author.email = "From"
author.name  = "Who"
public       = { column = "Seen", values = { no = false, yes = true } }
created_at   = "Sent"
"#;

const ROWS: usize = 40;

fn tickets() -> String {
    let row = |n| {
        format!(
            "{n},Subject {n},Text of {n},Req {n},req{n}@example.com,2019-03-0{} 08:00\n",
            n % 9 + 1
        )
    };
    format!(
        "Id,Subject,Text,Name,Email,Opened\n{}",
        (1..=ROWS).map(row).collect::<String>()
    )
}

/// Two comments a ticket, by three people, the second one for agents only; in another order.
fn talk() -> String {
    let row = |n: usize| {
        let (ticket, which) = (n % ROWS + 1, n / ROWS);
        let (who, seen) = [("Ann", "yes"), ("Bob", "no")][which];
        format!(
            "{ticket},{who} on {ticket},{who}@example.org,{who},{seen},2019-04-0{} 10:30\n",
            which + 1
        )
    };
    format!(
        "Id,Text,From,Who,Seen,Sent\n{}",
        (0..2 * ROWS).rev().map(row).collect::<String>()
    )
}

fn folder() -> Folder {
    Folder::new()
        .with("old.csv", tickets())
        .with("old.toml", MAPPING)
        .with("talk.csv", talk())
}

fn import<'f>(folder: &'f Folder, sandbox: &Sandbox, more: &str) -> Program<'f> {
    let url = sandbox.url();
    folder
        .command(&format!(
            "run old.csv --endpoint imports --url {url} --lookup-settle 1s {more}"
        ))
        .env("ZENDESK_OAUTH_TOKEN", "t")
}

/// The ticket with this `external_id`, and its comments.
fn ticket(sandbox: &Sandbox, external_id: &str) -> (Value, Vec<Value>) {
    let found = sandbox.get(&format!("/api/v2/tickets?external_id={external_id}"));
    let ticket = found["tickets"][0].clone();
    let comments = sandbox.get(&format!("/api/v2/tickets/{}/comments", ticket["id"]));
    (ticket, comments["comments"].as_array().unwrap().clone())
}

fn arrives_as_it_was(sandbox: &Sandbox) {
    for n in 1..=ROWS {
        let (ticket, comments) = ticket(sandbox, &format!("old-{n}"));
        assert_eq!(ticket["status"], "closed");
        assert_eq!(
            ticket["created_at"],
            format!("2019-03-0{}T08:00:00Z", n % 9 + 1)
        );
        let told: Vec<Value> = comments
            .iter()
            .map(|c| {
                json!([
                    c["body"],
                    c["public"],
                    c["created_at"],
                    email(sandbox, &c["author_id"])
                ])
            })
            .collect();
        let told_of = |text: &str, public, at: String, by: &str| json!([text, public, at, by]);
        // The conversation keeps the order of its file.
        let expected = [
            told_of(
                &format!("Text of {n}"),
                true,
                format!("2019-03-0{}T08:00:00Z", n % 9 + 1),
                &format!("req{n}@example.com"),
            ),
            told_of(
                &format!("Bob on {n}"),
                false,
                "2019-04-02T10:30:00Z".into(),
                "bob@example.org",
            ),
            told_of(
                &format!("Ann on {n}"),
                true,
                "2019-04-01T10:30:00Z".into(),
                "ann@example.org",
            ),
        ];
        assert_eq!(told, expected, "old-{n}");
    }
}

fn email(sandbox: &Sandbox, user: &Value) -> String {
    let user = sandbox.get(&format!("/api/v2/users/{user}"));
    user["user"]["email"].as_str().unwrap().to_lowercase()
}

fn is_done(ended: &Ended, sandbox: &Sandbox) {
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let stats = sandbox.stats();
    assert_eq!(
        (stats.tickets, stats.duplicates),
        (ROWS as u64, 0),
        "{ended:?}"
    );
}

#[test]
fn dates_comments_and_authors_arrive_as_given() {
    let folder = folder();
    let sandbox = Sandbox::start(&folder, "");
    let ended = import(&folder, &sandbox, "").run();
    is_done(&ended, &sandbox);
    arrives_as_it_was(&sandbox);
}

#[test]
fn lost_replies_of_imports_make_no_second_ticket() {
    let folder = folder();
    let sandbox = Sandbox::start(&folder, "");
    let faults =
        r#"{"seed":7,"lost_after":0.2,"lost_before":0.2,"error_500":0.1,"errors_after":true}"#;
    post(sandbox.address(), "/sandbox/faults", faults);
    let ended = import(&folder, &sandbox, "").run();
    is_done(&ended, &sandbox);
    post(sandbox.address(), "/sandbox/faults", "{}");
    arrives_as_it_was(&sandbox);
}

#[test]
fn a_user_who_is_no_administrator_is_refused_before_the_first_ticket() {
    let folder = folder();
    let sandbox = Sandbox::start(&folder, "");
    post(
        sandbox.address(),
        "/sandbox/settings",
        r#"{"role":"agent"}"#,
    );
    let ended = import(&folder, &sandbox, "").run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(
        ended.stderr.contains("administrator's credentials"),
        "{ended:?}"
    );
    assert_eq!(sandbox.stats().tickets, 0);
}

#[test]
fn rows_of_one_new_requester_collide_only_a_few_times() {
    let row = |n| format!("{n},Subject {n},Text {n},one@example.com\n");
    let rows: String = (1..=200).map(row).collect();
    let csv = format!("external_id,subject,description,requester.email\n{rows}");
    let folder = Folder::new().with("rows.csv", csv);
    let sandbox = Sandbox::start(&folder, "");
    post(
        sandbox.address(),
        "/sandbox/settings",
        r#"{"collisions":true}"#,
    );
    let run = format!("run rows.csv --url {} --concurrency 20", sandbox.url());
    let ended = folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let checkpoint = folder
        .names()
        .into_iter()
        .find(|name| name.ends_with(".checkpoint.sqlite3"));
    let db = rusqlite::Connection::open(folder.path(&checkpoint.unwrap())).unwrap();
    let count = "SELECT count(*) FROM attempt WHERE status = 409";
    let collisions: u64 = db.query_row(count, [], |r| r.get(0)).unwrap();
    assert!(collisions <= 3, "{collisions} answers of 409");
    let stats = sandbox.stats();
    assert_eq!((stats.tickets, stats.duplicates), (200, 0));
}

#[test]
fn rows_of_an_import_are_exported_fixed_and_fed_back_with_their_comments() {
    let folder = folder();
    // The sixth row has no identity, the seventh no date that can be read.
    let csv = tickets()
        .replace("\n6,Subject", "\n,Subject")
        .replace("req7@example.com,2019-03-08 08:00", "req7@example.com,soon");
    let folder = folder.with("old.csv", csv);
    let sandbox = Sandbox::start(&folder, "");
    let ended = import(&folder, &sandbox, "-c c.sqlite3").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let ended = folder.command("export old.csv -c c.sqlite3").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let error = folder.text("error.csv");
    let error = error.replace("\n,Subject", "\n6,Subject");
    let error = error.replace("req7@example.com,soon", "req7@example.com,2019-03-08 08:00");
    // A spreadsheet has changed the id, by which the comments are found.
    let error = error.replace("\n7,Subject", "\n007,Subject");
    let folder = folder.with("error.csv", error);
    let url = sandbox.url();
    let run = "run error.csv -m old.toml -c c.sqlite3 --endpoint imports --lookup-settle 1s";
    let ended = folder.command(&format!("{run} --url {url}"));
    let ended = ended.env("ZENDESK_OAUTH_TOKEN", "t").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, ROWS as u64);
    arrives_as_it_was(&sandbox);
}

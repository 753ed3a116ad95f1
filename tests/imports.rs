//! The imports endpoint: the past arrives as it was, and no lost reply makes a second ticket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use crate::support::folder::{Folder, Program};
use crate::support::http::{change, post};
use crate::support::process::{Ended, until, until_within};
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
fn authors_go_in_one_job_where_the_account_allows_it() {
    let folder = folder();
    let more = "5,Late,cat@example.org,Cat,yes,2019-05-01 09:00\n";
    std::fs::write(folder.path("talk.csv"), talk() + more).unwrap();
    let sandbox = Sandbox::start(&folder, "");
    let settings = r#"{"bulk_users":true,"job_queue_ms":0,"job_item_ms":1,"users_per_s":0}"#;
    post(sandbox.address(), "/sandbox/settings", settings);
    let ended = import(&folder, &sandbox, "").run();
    is_done(&ended, &sandbox);
    let jobs = sandbox.get("/api/v2/job_statuses");
    assert_eq!(jobs["job_statuses"][0]["total"], 3, "{jobs}");
}

#[test]
fn one_bad_author_is_told_when_it_happens_and_the_other_rows_go_on() {
    let folder = folder();
    let sandbox = Sandbox::start(&folder, "");
    // Bob has written on two tickets only.
    let by_bob =
        |line: &&str| !line.contains("Bob") || line.starts_with("7,") || line.starts_with("8,");
    let lines: Vec<String> = talk().lines().filter(by_bob).map(str::to_owned).collect();
    std::fs::write(folder.path("talk.csv"), lines.join("\n") + "\n").unwrap();
    let settings = r#"{"refused_users":["bob@example.org"]}"#;
    post(sandbox.address(), "/sandbox/settings", settings);
    let ended = import(&folder, &sandbox, "").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let told = "bob@example.org wrote comments and cannot be made a user (";
    assert!(ended.stderr.contains(told), "{ended:?}");
    assert!(ended.stderr.contains("(UnknownAuthor)"), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, ROWS as u64 - 2);
    // The next run asks again, and nobody is sent twice.
    let ended = import(&folder, &sandbox, "").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let ended = import(&folder, &sandbox, "--unknown-author requester").run();
    is_done(&ended, &sandbox);
    let (ticket, comments) = ticket(&sandbox, "old-7");
    assert_eq!(comments[1]["body"], "Bob on 7");
    assert_eq!(comments[1]["author_id"], ticket["requester_id"]);
}

#[test]
fn rows_of_an_author_whose_address_was_fixed_are_sent_by_the_next_run() {
    let folder = folder();
    let sandbox = Sandbox::start(&folder, "");
    let settings = r#"{"refused_users":["bob@example.org"]}"#;
    post(sandbox.address(), "/sandbox/settings", settings);
    let ended = import(&folder, &sandbox, "").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, 0);
    let fixed = talk().replace("Bob@example.org", "bobby@example.org");
    std::fs::write(folder.path("talk.csv"), fixed).unwrap();
    let ended = import(&folder, &sandbox, "").run();
    is_done(&ended, &sandbox);
    let (_, comments) = ticket(&sandbox, "old-7");
    assert_eq!(
        email(&sandbox, &comments[1]["author_id"]),
        "bobby@example.org"
    );
}

/// The users of the account, by address.
fn names(sandbox: &Sandbox) -> Vec<(String, String)> {
    let users = sandbox.get("/api/v2/users?per_page=100");
    let text = |user: &Value, field: &str| user[field].as_str().unwrap().to_owned();
    let one = |user: &Value| (text(user, "email"), text(user, "name"));
    users["users"].as_array().unwrap().iter().map(one).collect()
}

/// Ann and Bob are there under other names than the file has, and the search does not know Bob yet.
fn with_known_users(sandbox: &Sandbox, bulk: bool) {
    let user = |name: &str, email: &str| {
        let user = json!({"user": {"name": name, "email": email}});
        change(
            sandbox.address(),
            "POST",
            "/api/v2/users",
            &user.to_string(),
        );
    };
    user("Ann as she is called", "ann@example.org");
    let settings = json!({"bulk_users": bulk, "job_queue_ms": 0, "job_item_ms": 1,
                          "search_lag_ms": 3_600_000});
    post(
        sandbox.address(),
        "/sandbox/settings",
        &settings.to_string(),
    );
    user("Bob as he is called", "bob@example.org");
}

#[test]
fn nobody_is_renamed_whether_the_account_takes_jobs_or_not_and_whatever_the_search_knows() {
    for bulk in [true, false] {
        let folder = folder();
        let more = "5,Late,cat@example.org,Cat,yes,2019-05-01 09:00\n";
        std::fs::write(folder.path("talk.csv"), talk() + more).unwrap();
        let sandbox = Sandbox::start(&folder, "");
        with_known_users(&sandbox, bulk);
        let ended = import(&folder, &sandbox, "").run();
        is_done(&ended, &sandbox);
        let names = names(&sandbox);
        for (email, name) in [
            ("ann@example.org", "Ann as she is called"),
            ("bob@example.org", "Bob as he is called"),
            ("cat@example.org", "Cat"),
        ] {
            let known = (email.to_owned(), name.to_owned());
            assert_eq!(names.iter().filter(|one| one.0 == email).count(), 1);
            assert!(names.contains(&known), "{email}: {names:?}");
        }
        let (_, comments) = ticket(&sandbox, "old-7");
        assert_eq!(
            email(&sandbox, &comments[1]["author_id"]),
            "bob@example.org"
        );
    }
}

#[test]
fn only_the_authors_of_rows_that_are_sent_become_users() {
    let folder = Folder::new()
        .with("old.toml", MAPPING)
        .with("old.csv", tickets());
    let comment = |n: usize| format!("{n},Said,author{n}@example.org,,yes,2019-04-01 10:30\n");
    let talk: String = (1..=ROWS).map(comment).collect();
    let folder = folder.with("talk.csv", format!("Id,Text,From,Who,Seen,Sent\n{talk}"));
    let sandbox = Sandbox::start(&folder, "");
    let ended = import(&folder, &sandbox, "--limit 2").run();
    assert_eq!(ended.status, Some(4), "{ended:?}");
    let names = names(&sandbox);
    let authors = names
        .iter()
        .filter(|(email, _)| email.starts_with("author"));
    let authors: BTreeSet<&str> = authors.map(|(email, _)| email.as_str()).collect();
    assert_eq!(
        authors.into_iter().collect::<Vec<_>>(),
        ["author1@example.org", "author2@example.org"]
    );
}

#[test]
fn authors_of_rows_that_have_their_tickets_already_do_not_become_users() {
    let two: Vec<String> = tickets().lines().take(3).map(str::to_owned).collect();
    let folder = folder().with("old.csv", two.join("\n") + "\n");
    let sandbox = Sandbox::start(&folder, "");
    for n in 1..=2 {
        let ticket = json!({"ticket": {"external_id": format!("old-{n}"), "subject": "s",
                                       "comment": {"body": "there already"}}});
        change(
            sandbox.address(),
            "POST",
            "/api/v2/tickets",
            &ticket.to_string(),
        );
    }
    let ended = import(&folder, &sandbox, "--recover").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, 2);
    let names = names(&sandbox);
    assert_eq!(names.len(), 1, "{names:?}");
}

#[test]
fn a_dry_run_counts_the_authors_of_the_rows_that_would_be_sent_and_their_time() {
    let folder = with_many_authors();
    let run = "run old.csv -n --endpoint imports --plan team --json";
    let facts: Value = serde_json::from_str(&folder.command(run).run().stdout).unwrap();
    assert_eq!(facts["would"]["authors"], 60, "{facts}");
    // A user a second takes longer than the requests.
    assert_eq!(facts["estimate_ms"], 60 * 1_050, "{facts}");
    assert!(facts["estimates"][0]["bulk_users_ms"].as_u64().unwrap() < 60 * 1_050);
    let text = folder.command("run old.csv -n --endpoint imports").run();
    assert!(
        text.stderr
            .contains("60 authors of comments would be looked up"),
        "{text:?}"
    );
    let run = format!("{run} --limit 1");
    let folder = self::folder();
    let facts: Value = serde_json::from_str(&folder.command(&run).run().stdout).unwrap();
    assert_eq!(facts["would"]["authors"], 2, "{facts}");
    assert_eq!(facts["would"]["create"], 1, "{facts}");
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

/// One row whose many authors have no name: they are made users one by one, one a second.
fn with_many_authors() -> Folder {
    let comment = |n: usize| format!("1,Said,author{n}@example.org,,yes,2019-04-01 10:30\n");
    let talk: String = (0..60).map(comment).collect();
    folder()
        .with(
            "old.csv",
            tickets().lines().take(2).collect::<Vec<_>>().join("\n"),
        )
        .with("talk.csv", format!("Id,Text,From,Who,Seen,Sent\n{talk}"))
}

#[test]
fn the_time_in_which_authors_are_made_counts_for_max_duration() {
    let folder = with_many_authors();
    let sandbox = Sandbox::start(&folder, "");
    let ended = import(&folder, &sandbox, "--max-duration 3s --json").run();
    assert_eq!(ended.status, Some(4), "{ended:?}");
    let facts: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(facts["stopped_because"], "max_duration");
    assert_eq!(facts["pending"], 1);
    assert_eq!(facts["this_run"]["requests"], sandbox.stats().requests);
    let status = folder.command("status old.csv --json").run();
    let status: Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(status["stopped_because"], "max_duration");
    assert_eq!(status["this_run"]["requests"], sandbox.stats().requests);
    assert_eq!(sandbox.stats().tickets, 0);
}

#[test]
fn a_run_that_makes_authors_ends_when_it_is_asked_to() {
    let folder = with_many_authors();
    let sandbox = Sandbox::start(&folder, "");
    let mut run = import(&folder, &sandbox, "--json").start();
    until("the first authors", || sandbox.stats().requests > 7);
    run.terminate();
    until_within("the end", Duration::from_secs(20), || run.has_ended());
    let ended = run.wait();
    assert_eq!(ended.status, Some(130), "{ended:?}");
    let facts: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(facts["stopped_because"], "interrupted");
    assert_eq!(sandbox.stats().tickets, 0);
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

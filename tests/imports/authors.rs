//! The authors of comments: who becomes a user, when, and who is left as they are.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::{MAPPING, ROWS, email, folder, import, is_done, talk, ticket, tickets};
use crate::support::folder::Folder;
use crate::support::http::{change, post};
use crate::support::process::{until, until_within};
use crate::support::sandbox::Sandbox;

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

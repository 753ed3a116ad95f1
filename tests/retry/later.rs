//! A ticket that a person names while the account cannot be asked: the next run asks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::retry::scene::Scene;
use crate::support::process::until;
use crate::support::proxy::{Proxy, Reply};

const FORBIDDEN: &str = r#"{"error":"Forbidden","description":"You do not have access to this"}"#;

/// Names a ticket without the account.
fn noted_offline(scene: &Scene, ticket: u64) {
    let ended = scene.name(&ticket.to_string(), "--offline");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let said = format!("ticket {ticket} is noted as to be checked");
    assert!(ended.stderr.starts_with(&said), "{ended:?}");
    assert_eq!(scene.counts(), (2, 1, 0, 1));
}

#[test]
fn without_the_account_a_ticket_is_to_be_checked_and_nothing_counts_it_as_the_rows() {
    let scene = Scene::with_a_rejected_row();
    let ticket = scene.plant("old-3");
    let before = scene.sandbox.stats().requests;
    noted_offline(&scene, ticket);
    assert_eq!(scene.sandbox.stats().requests, before, "nobody was asked");
    let status = scene.folder.command("status -c c.sqlite3").run();
    assert_eq!(status.status, Some(4), "{status:?}");
    assert!(status.stdout.contains("still to be checked"), "{status:?}");
    let json = scene.folder.command("status -c c.sqlite3 --json").run();
    assert!(json.stdout.contains("\"claimed\":1"), "{json:?}");
    let report = scene.folder.command("report -c c.sqlite3 --format text");
    let report = report.run();
    assert!(report.stdout.contains("1 row is claimed"), "{report:?}");
    // Nothing sends the row: neither a retry nor another CSV.
    scene.lift_suspension();
    let retried = scene.command("retry rows.csv").run();
    assert_eq!(retried.status, Some(1), "{retried:?}");
    assert!(retried.stderr.contains("--as-ticket none"), "{retried:?}");
    assert_eq!(scene.counts(), (2, 1, 0, 1));
    scene.agrees_with_itself();
}

#[test]
fn without_credentials_or_an_answer_a_ticket_is_to_be_checked() {
    let scene = Scene::with_a_rejected_row();
    let ticket = scene.plant("old-3");
    let ended = scene
        .folder
        .command(&format!("retry -c c.sqlite3 --line 4 --as-ticket {ticket}"))
        .run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains("the environment has no credentials"),
        "{ended:?}"
    );
    assert_eq!(scene.counts(), (2, 1, 0, 1));
    assert_eq!(scene.take_back("").status, Some(0));
    assert_eq!(scene.counts(), (2, 1, 0, 0));
    scene.faults(r#"{"error_503": 1.0, "all": true}"#);
    let ended = scene.name(&ticket.to_string(), "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("to be checked: the account does not answer"),
        "{ended:?}"
    );
    assert_eq!(scene.counts(), (2, 1, 0, 1));
    scene.faults("{}");
    assert_eq!(scene.run().status, Some(0));
    assert_eq!(scene.counts(), (3, 0, 0, 0));
}

#[test]
fn the_next_run_notes_a_ticket_that_the_account_agrees_to() {
    let scene = Scene::with_a_rejected_row();
    let ticket = scene.plant("");
    noted_offline(&scene, ticket);
    let tickets = scene.sandbox.stats().tickets;
    let ended = scene.run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let said = format!("line 4: ticket {ticket} is noted as the row's");
    assert!(ended.stderr.contains(&said), "{ended:?}");
    assert!(
        ended.stderr.contains("done: every row has its ticket"),
        "{ended:?}"
    );
    assert_eq!(scene.counts(), (3, 0, 0, 0));
    assert_eq!(scene.word("how", 4), "named");
    assert_eq!(scene.sandbox.stats().tickets, tickets);
    let noted = "SELECT count(*) FROM run WHERE stopped_because = 'done' AND requests > 1";
    assert!(scene.number(noted) >= 2, "the history has the run");
    scene.agrees_with_itself();
}

#[test]
fn a_ticket_that_the_account_does_not_agree_to_is_dropped_with_the_line_and_the_reason() {
    let scene = Scene::with_a_rejected_row();
    let other = scene.plant("another");
    noted_offline(&scene, other);
    let tickets = scene.sandbox.stats().tickets;
    for ticket in [other, 999_999] {
        noted_offline(&scene, ticket);
        let ended = scene.run();
        assert_eq!(ended.status, Some(3), "{ended:?}");
        let said = format!("line 4: ticket {ticket} is not noted as the row's");
        assert!(ended.stderr.contains(&said), "{ended:?}");
        assert_eq!(scene.counts(), (2, 1, 0, 0));
        assert_eq!(scene.word("problem_code", 4), "RecordInvalid");
    }
    assert_eq!(scene.sandbox.stats().tickets, tickets, "nothing was sent");
    scene.agrees_with_itself();
}

#[test]
fn without_the_account_too_no_ticket_is_named_that_another_row_has() {
    let scene = Scene::with_a_rejected_row();
    let theirs = scene.ticket(1);
    let ended = scene.name(&theirs.to_string(), "--offline");
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("(TicketTaken)"), "{ended:?}");
    assert_eq!(scene.counts(), (2, 1, 0, 0));
}

#[test]
fn a_ticket_that_this_user_may_not_see_stays_to_be_checked() {
    let scene = Scene::with_a_rejected_row();
    let ticket = scene.plant("old-3");
    let proxy = Proxy::start(scene.sandbox.address());
    let shown = format!("/api/v2/tickets/{ticket}");
    proxy.does(move |asked, account| {
        let is_hidden = asked.path == shown;
        Some(if is_hidden {
            Reply::new(403, FORBIDDEN)
        } else {
            account.ask(asked)
        })
    });
    // The checkpoint knows its account by the address.
    let host = proxy.url().replace("http://", "");
    scene.moved_to(&host);
    let through = |arguments: &str| {
        let command = format!("{arguments} -c c.sqlite3 --url {}", proxy.url());
        let program = scene.folder.command(&command);
        program.env("ZENDESK_OAUTH_TOKEN", "token").run()
    };
    let ended = through(&format!("retry rows.csv --line 4 --as-ticket {ticket}"));
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains("is noted as to be checked"),
        "{ended:?}"
    );
    let ended = through("run rows.csv --lookup-settle 1s");
    assert_eq!(ended.status, Some(4), "{ended:?}");
    assert!(
        ended.stderr.contains("could not be checked (Forbidden"),
        "{ended:?}"
    );
    assert_eq!(scene.counts(), (2, 1, 0, 1));
    proxy.does(|asked, account| Some(account.ask(asked)));
    assert_eq!(through("run rows.csv --lookup-settle 1s").status, Some(0));
    assert_eq!(scene.counts(), (3, 0, 0, 0));
}

#[test]
fn a_run_that_is_killed_while_it_checks_leaves_the_rest_to_the_next_one() {
    let scene = Scene::with_a_rejected_row();
    let ticket = scene.plant("old-3");
    noted_offline(&scene, ticket);
    let proxy = Proxy::start(scene.sandbox.address());
    let shown = format!("/api/v2/tickets/{ticket}");
    let is_asked = Arc::new(AtomicBool::new(false));
    let asked_for = Arc::clone(&is_asked);
    proxy.does(move |asked, account| {
        let reply = account.ask(asked);
        if asked.path != shown {
            return Some(reply);
        }
        asked_for.store(true, Ordering::SeqCst);
        None
    });
    scene.moved_to(&proxy.url().replace("http://", ""));
    let command = format!(
        "run rows.csv --lookup-settle 1s -c c.sqlite3 --url {}",
        proxy.url()
    );
    let program = || {
        let program = scene.folder.command(&command);
        program.env("ZENDESK_OAUTH_TOKEN", "token")
    };
    let running = program().start();
    until("the question", || is_asked.load(Ordering::SeqCst));
    running.kill();
    assert_eq!(scene.counts(), (2, 1, 0, 1));
    proxy.does(|asked, account| Some(account.ask(asked)));
    let ended = program().run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(scene.counts(), (3, 0, 0, 0));
    assert_eq!(scene.sandbox.stats().duplicates, 0);
    scene.agrees_with_itself();
}

#[test]
fn a_row_whose_ticket_is_to_be_checked_is_not_sent_by_a_fixed_csv_until_the_account_disagrees() {
    let scene = Scene::with_a_rejected_row();
    let other = scene.plant("another");
    noted_offline(&scene, other);
    let fixed = scene
        .folder
        .text("rows.csv")
        .replace("@bad.example", "@example.com");
    std::fs::write(scene.folder.path("rows.csv"), fixed).unwrap();
    let tickets = scene.sandbox.stats().tickets;
    let ended = scene.run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    assert_eq!(
        scene.sandbox.stats().tickets,
        tickets,
        "the row was not sent"
    );
    assert_eq!(scene.counts(), (2, 1, 0, 0));
    assert_eq!(scene.command("retry rows.csv").run().status, Some(0));
    assert_eq!(scene.run().status, Some(0));
    assert_eq!(scene.counts(), (3, 0, 0, 0));
    assert_eq!(scene.sandbox.stats().tickets, tickets + 1);
}

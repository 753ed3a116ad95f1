//! Reading back: what was changed, taken away or made twice in the account is found, and nothing
//! else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

mod files;
mod scene;

use std::collections::BTreeSet;

use crate::support::folder::Folder;
use crate::support::http::post;
use crate::support::process::until;
use crate::support::sandbox::Sandbox;
use scene::{MAPPING, Scene, rows};
use serde_json::json;

#[test]
fn an_account_as_it_was_left_agrees() {
    let scene = Scene::of(30);
    let ended = scene.verify("");
    assert_eq!((ended.status, &*ended.stdout), (Some(0), ""), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("30 tickets compared: 30 agree, 0 differ, 0 gone; second tickets: 0"),
        "{ended:?}"
    );
}

#[test]
fn what_was_changed_is_told_row_by_row_with_what_was_sent() {
    let scene = Scene::of(5);
    let (second, third) = (scene.ticket(2), scene.ticket(3));
    scene.put(
        second,
        &json!({"subject": "Changed", "tags": ["alpha", "more"]}),
    );
    scene.put(
        third,
        &json!({"status": "solved", "custom_fields": [{"id": 360_001, "value": "Silver"}]}),
    );
    let ended = scene.verify("");
    assert_eq!(ended.status, Some(5), "{ended:?}");
    let head = |n, ticket| format!("line {}, external_id \"old-{n}\", ticket {ticket}", n + 1);
    let (two, three) = (head(2, second), head(3, third));
    let expected = format!(
        "{two}: subject: sent \"Subject 2\", found \"Changed\"\n\
         {two}: tags: sent beta, found nothing\n\
         {three}: status: sent open, found solved\n\
         {three}: custom field 360001: sent \"Gold 3\", found \"Silver\"\n"
    );
    assert_eq!(ended.stdout, expected);
    assert!(
        ended.stderr.contains("3 agree, 2 differ, 0 gone"),
        "{ended:?}"
    );
}

#[test]
fn a_deleted_ticket_is_missed_and_an_archived_one_is_not() {
    let scene = Scene::of(4);
    let gone = scene.ticket(1);
    post(scene.sandbox.address(), "/sandbox/archive", "");
    scene.delete(gone);
    let told = scene.verified("");
    assert_eq!(
        (&told["missing"], &told["agreeing"]),
        (&json!(1), &json!(3)),
        "{told}"
    );
    let first = &told["first_differences"][0];
    assert_eq!(
        (&first["ticket"], &first["missing"]),
        (&json!(gone), &json!(true)),
        "{told}"
    );
    let ended = scene.verify("");
    assert_eq!(ended.status, Some(5), "{ended:?}");
    assert!(
        ended
            .stdout
            .ends_with(&format!("ticket {gone}: the ticket is gone\n")),
        "{ended:?}"
    );
}

#[test]
fn a_second_ticket_is_found_by_lookups() {
    let scene = Scene::of(3);
    let planted = scene.plant(2);
    let ended = scene.verify("");
    assert_eq!(ended.status, Some(5), "{ended:?}");
    let ticket = scene.ticket(2).min(planted);
    assert_eq!(
        ended.stdout,
        format!(
            "line 3, external_id \"old-2\", ticket {ticket}: ticket {planted} has the same external_id\n"
        )
    );
    let advice = "a proxy on the way repeats requests";
    assert!(ended.stderr.contains(advice), "{ended:?}");
}

#[test]
fn a_second_ticket_is_found_in_the_export_where_that_is_cheaper() {
    let scene = Scene::of(210);
    let planted = scene.plant(150);
    // The export leaves the last minute out.
    post(
        scene.sandbox.address(),
        "/sandbox/clock",
        r#"{"advance_seconds":120}"#,
    );
    let before = scene.sandbox.stats().requests;
    let told = scene.verified("");
    assert_eq!(told["second_tickets"], 1, "{told}");
    assert_eq!(
        told["first_differences"][0]["second_tickets"],
        json!([planted]),
        "{told}"
    );
    assert_eq!(told["agreeing"], 210, "{told}");
    let requests = scene.sandbox.stats().requests - before;
    assert_eq!(told["requests"], requests, "{told}");
    assert!(requests <= 10, "{requests} for 210 rows");
}

#[test]
fn a_verification_that_is_killed_goes_on_where_it_was() {
    let scene = Scene::of(250);
    let changed = scene.ticket(7);
    scene.put(changed, &json!({"subject": "Changed"}));
    let settings = r#"{"role":"agent"}"#;
    post(scene.sandbox.address(), "/sandbox/settings", settings);
    let running = scene.command("verify rows.csv").start();
    let waiting = || {
        let db = rusqlite::Connection::open(scene.folder.path("c.sqlite3")).unwrap();
        let query = "SELECT count(*) FROM verified WHERE searched_at IS NOT NULL";
        db.query_row(query, [], |row| row.get::<_, u64>(0)).unwrap()
    };
    until("some rows", || waiting() >= 20);
    running.kill();
    let done = waiting();
    assert!(done < 250, "it was over before it was killed");
    let before = scene.sandbox.stats().requests;
    let ended = scene.verify("");
    assert_eq!(ended.status, Some(5), "{ended:?}");
    assert!(
        ended.stderr.contains("going on with a verification"),
        "{ended:?}"
    );
    assert!(ended.stdout.contains("found \"Changed\""), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("250 tickets compared: 249 agree, 1 differ"),
        "{ended:?}"
    );
    let requests = scene.sandbox.stats().requests - before;
    let left = 250 - done;
    // Who asks, and two lookups a row; the double may have counted one more of the killed process.
    let expected = 1 + 2 * left..=2 + 2 * left;
    assert!(expected.contains(&requests), "{requests} for {left} rows");
    // The next one begins anew.
    scene.put(changed, &json!({"subject": "Subject 7"}));
    assert_eq!(scene.verified("")["agreeing"], 250);
}

#[test]
fn a_verification_that_is_asked_to_end_does_so_at_once_and_goes_on_later() {
    let scene = Scene::of(30);
    post(
        scene.sandbox.address(),
        "/sandbox/faults",
        r#"{"slow":1.0,"slow_ms":30000,"all":true}"#,
    );
    let before = scene.sandbox.stats().requests;
    let running = scene.command("verify rows.csv").start();
    until("a question", || scene.sandbox.stats().requests > before);
    running.terminate();
    let ended = running.wait();
    assert_eq!(ended.status, Some(130), "{ended:?}");
    assert_eq!(
        ended.stderr,
        "error: interrupted; run the same command to continue\n"
    );
    post(scene.sandbox.address(), "/sandbox/faults", "{}");
    assert_eq!(scene.verified("")["agreeing"], 30);
}

#[test]
fn a_sample_is_chosen_by_its_seed_and_nothing_else_is_read() {
    let scene = Scene::of(60);
    let subjects: BTreeSet<usize> = (1..=60).collect();
    for n in &subjects {
        scene.put(scene.ticket(*n), &json!({"subject": "Changed"}));
    }
    let chosen = |seed: u64| {
        let told = scene.verified(&format!("--sample 5 --seed {seed}"));
        assert_eq!(told["sample"], json!({"rows": 5, "seed": seed}), "{told}");
        assert_eq!(
            (&told["rows"], &told["differing"]),
            (&json!(5), &json!(5)),
            "{told}"
        );
        let rows = told["first_differences"].as_array().unwrap().iter();
        rows.map(|row| row["line"].as_u64().unwrap())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(chosen(7), chosen(7));
    assert_ne!(chosen(7), chosen(8));
    let ended = scene.verify("--sample 5");
    assert!(
        ended
            .stderr
            .contains("a sample of 5 tickets with the seed "),
        "{ended:?}"
    );
}

#[test]
fn rows_that_read_otherwise_now_are_compared_only_by_their_external_id() {
    let scene = Scene::of(3);
    let changed = rows(3).replace("Subject 2,", "A much longer matter,");
    std::fs::write(scene.folder.path("rows.csv"), changed).unwrap();
    let ended = scene.verify("");
    assert_eq!((ended.status, &*ended.stdout), (Some(0), ""), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("1 row no longer reads as it was sent"),
        "{ended:?}"
    );
}

#[test]
fn a_ticket_that_is_not_shown_among_others_is_asked_for_alone() {
    let scene = Scene::of(5);
    post(scene.sandbox.address(), "/sandbox/archive", "");
    let settings = r#"{"show_many_sees_archived":false}"#;
    post(scene.sandbox.address(), "/sandbox/settings", settings);
    let told = scene.verified("");
    assert_eq!(told["agreeing"], 5, "{told}");
}

/// A hundred of these are more than is read of one reply.
#[test]
fn long_tickets_are_read_in_smaller_parts() {
    let long = "€".repeat(65_000);
    let row = |n| format!("old-{n},Subject {n},{long}\n");
    let rows: String = (1..=100).map(row).collect();
    let folder = Folder::new().with(
        "rows.csv",
        format!("external_id,subject,description\n{rows}"),
    );
    let sandbox = Sandbox::start(&folder, "");
    let scene = Scene { folder, sandbox };
    let ended = scene.command("run rows.csv").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    // So that the export need not be waited for.
    let clock = r#"{"advance_seconds":120}"#;
    post(scene.sandbox.address(), "/sandbox/clock", clock);
    let told = scene.verified("");
    assert_eq!(
        (&told["rows"], &told["agreeing"]),
        (&json!(100), &json!(100)),
        "{told}"
    );
}

#[test]
fn questions_that_are_not_answered_are_asked_again() {
    let scene = Scene::of(40);
    let faults =
        r#"{"seed":3,"lost_before":0.2,"lost_after":0.2,"error_503":0.2,"all":true,"at_most":5}"#;
    post(scene.sandbox.address(), "/sandbox/faults", faults);
    let told = scene.verified("");
    assert_eq!(told["agreeing"], 40, "{told}");
    assert!(
        told["requests"].as_u64() > Some(2 + 2 + 80),
        "nothing was asked again: {told}"
    );
}

#[test]
fn a_running_import_is_not_disturbed() {
    let scene = Scene::before(200, "--latency-ms 100");
    let running = scene.command("run rows.csv --concurrency 1").start();
    until("a ticket", || scene.sandbox.stats().tickets >= 1);
    let ended = scene.verify("");
    assert_eq!(ended.status, Some(6), "{ended:?}");
    running.kill();
}

#[test]
fn the_embedded_double_is_read_back_too() {
    let folder = Folder::new()
        .with("rows.csv", rows(3))
        .with("rows.toml", MAPPING);
    let ended = folder.command("run rows.csv --sandbox").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    for verify in ["verify rows.csv --sandbox", "verify rows.csv"] {
        let ended = folder.command(verify).run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert!(
            ended.stderr.contains("3 tickets compared: 3 agree"),
            "{ended:?}"
        );
    }
}

#[test]
fn the_account_need_not_be_named_if_it_is_zendesks_or_this_machine() {
    let scene = Scene::of(2);
    let verify = || {
        let program = scene.folder.command("verify -c c.sqlite3");
        program.env("ZENDESK_OAUTH_TOKEN", "token").run()
    };
    assert_eq!(verify().status, Some(0), "{:?}", verify());
    let db = rusqlite::Connection::open(scene.folder.path("c.sqlite3")).unwrap();
    let host = "UPDATE setting SET value = 'elsewhere.example' WHERE name = 'account'";
    db.execute(host, []).unwrap();
    drop(db);
    let ended = verify();
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert_eq!(
        ended.stderr,
        "error: name the account of c.sqlite3 with --subdomain or --url\n"
    );
}

#[test]
fn what_cannot_be_verified_is_refused_and_nothing_is_made() {
    let folder = Folder::new().with("rows.csv", rows(1));
    folder
        .command("verify rows.csv --sandbox")
        .stderr(
            "error: there is no checkpoint at rows.sandbox.checkpoint.sqlite3; name it with -c, or \
             start a run first\n",
        )
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn in_the_embedded_sandbox_nothing_lags_and_a_verification_does_not_wait() {
    let folder = Folder::with_fixtures(&["tickets.csv", "tickets.toml"]);
    let ended = folder.command("run tickets.csv --sandbox").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let ended = folder.command("verify tickets.csv").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let said = ended.stdout + &ended.stderr;
    assert!(
        said.contains("200 agree") && !said.contains("waiting"),
        "{said}"
    );
}

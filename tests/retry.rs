//! `retry`: a person says which ticket is a row's, takes that back, or has a row sent again whose ticket
//! somebody has deleted. Whatever a person says, the account is asked.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

mod deleted;
mod later;
mod scene;

use scene::Scene;

#[test]
fn a_ticket_without_an_external_id_or_with_the_rows_own_is_noted() {
    for external_id in ["", "old-3"] {
        let scene = Scene::with_a_rejected_row();
        let ticket = scene.plant(external_id);
        let ended = scene.name(&ticket.to_string(), "");
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let said = format!("ticket {ticket} is noted as the row's\n");
        assert_eq!((&*ended.stdout, &*ended.stderr), ("", &*said));
        assert_eq!(scene.counts(), (3, 0, 0, 0));
        assert_eq!(scene.word("how", 4), "named");
        let logged = "SELECT count(*) FROM attempts WHERE kind = 'person' AND row = 3";
        assert_eq!(scene.number(logged), 1);
        let before = scene.sandbox.stats().tickets;
        assert_eq!(scene.run().status, Some(0));
        assert_eq!(scene.sandbox.stats().tickets, before);
        scene.agrees_with_itself();
    }
}

#[test]
fn what_cannot_be_the_rows_ticket_is_refused_with_the_reason_and_changes_nothing() {
    let scene = Scene::with_a_rejected_row();
    let theirs = scene.ticket(1);
    let other = scene.plant("OLD-3");
    let gone = scene.plant("old-3");
    scene.delete(gone);
    for (ticket, said) in [
        (theirs, "is that of the row on line 2"),
        (
            other,
            "carries the external_id \"OLD-3\" and the row has \"old-3\"",
        ),
        (gone, "the account shows no ticket"),
        (999_999, "the account shows no ticket 999999"),
        (i64::MAX.unsigned_abs(), "the account shows no ticket"),
    ] {
        let ended = scene.name(&ticket.to_string(), "");
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(said), "{ticket}: {}", ended.stderr);
        assert!(ended.stderr.contains("nothing was changed"), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        assert_eq!(scene.counts(), (2, 1, 0, 0));
    }
    scene.agrees_with_itself();
}

#[test]
fn what_is_no_number_of_a_ticket_makes_no_sense() {
    let scene = Scene::with_a_rejected_row();
    for text in ["0", "-3", "4711x", "99999999999999999999"] {
        let ended = scene.name(text, "");
        assert_eq!(ended.status, Some(2), "{text}: {ended:?}");
        assert_eq!(scene.counts(), (2, 1, 0, 0));
    }
}

#[test]
fn nobody_is_asked_about_a_ticket_before_one_row_is_selected() {
    let scene = Scene::with_a_rejected_row();
    let before = scene.sandbox.stats().requests;
    for (flags, status, said) in [
        ("--line 2", 1, "no rejected row is selected"),
        ("--unknown", 1, "no unknown row matches"),
        ("--code NoSuchCode", 1, "there are RecordInvalid"),
    ] {
        let ended = scene
            .command(&format!("retry rows.csv --as-ticket 5 {flags}"))
            .run();
        assert_eq!(ended.status, Some(status), "{flags}: {ended:?}");
        assert!(ended.stderr.contains(said), "{flags}: {}", ended.stderr);
    }
    assert_eq!(scene.sandbox.stats().requests, before);
}

#[test]
fn refused_credentials_note_nothing() {
    let scene = Scene::with_a_rejected_row();
    let ticket = scene.plant("old-3");
    scene.settings(r#"{"strict_auth": true}"#);
    let ended = scene.name(&ticket.to_string(), "");
    assert_eq!(ended.status, Some(7), "{ended:?}");
    assert_eq!(scene.counts(), (2, 1, 0, 0));
}

#[test]
fn the_account_of_another_checkpoint_is_not_asked() {
    let scene = Scene::with_a_rejected_row();
    let ended = scene
        .folder
        .command("retry rows.csv --line 4 --as-ticket 5 -c c.sqlite3 --url http://127.0.0.1:9")
        .env("ZENDESK_OAUTH_TOKEN", "token")
        .run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("belongs to the account"), "{ended:?}");
    assert_eq!(scene.counts(), (2, 1, 0, 0));
}

#[test]
fn a_ticket_that_was_noted_is_taken_back_and_the_row_is_looked_up_before_it_is_sent() {
    let scene = Scene::with_a_rejected_row();
    let ticket = scene.plant("");
    assert_eq!(scene.name(&ticket.to_string(), "").status, Some(0));
    let ended = scene.take_back("--line 4");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains(&format!("ticket {ticket} is no longer noted")),
        "{ended:?}"
    );
    assert_eq!(scene.counts(), (2, 0, 1, 0));
    assert_eq!(scene.word("problem_code", 4), "TakenBack");
    // The row is unknown, so that nothing is sent before a person says so.
    let before = scene.sandbox.stats().tickets;
    assert_eq!(scene.run().status, Some(3));
    assert_eq!(scene.sandbox.stats().tickets, before);
    scene.lift_suspension();
    assert_eq!(
        scene.command("retry rows.csv --unknown").run().status,
        Some(0)
    );
    assert_eq!(scene.word("look_up_since", 4), "next run");
    let lookups = scene.lookups(4);
    assert_eq!(scene.run().status, Some(0));
    assert_eq!(scene.counts(), (3, 0, 0, 0));
    assert!(
        scene.lookups(4) >= lookups + 2,
        "looked up before it was sent"
    );
    assert_eq!(scene.sandbox.stats().tickets, before + 1);
    assert_eq!(scene.sandbox.stats().duplicates, 0);
    scene.agrees_with_itself();
}

#[test]
fn a_ticket_that_the_program_made_or_found_cannot_be_taken_back() {
    let scene = Scene::with_a_rejected_row();
    for flags in ["", "--line 2", "--line 4", "--line 77"] {
        let ended = scene.take_back(flags);
        assert_eq!(ended.status, Some(1), "{flags}: {ended:?}");
        assert!(
            ended.stderr.contains("nobody has named a ticket"),
            "{ended:?}"
        );
    }
    assert_eq!(scene.take_back("--code X").status, Some(2));
    assert_eq!(scene.counts(), (2, 1, 0, 0));
}

//! `retry --deleted`: a row whose ticket somebody has deleted gets one new ticket.

use crate::retry::scene::Scene;
use crate::support::proxy::{Proxy, Reply};

/// Deletes the ticket of the row on line 3 and has `verify` notice it.
fn noticed(scene: &Scene) -> u64 {
    let ticket = scene.ticket(2);
    scene.delete(ticket);
    let ended = scene.command("verify rows.csv").run();
    assert_eq!(ended.status, Some(5), "{ended:?}");
    ticket
}

#[test]
fn a_row_whose_ticket_is_deleted_gets_one_new_ticket_under_another_key_after_a_lookup() {
    for flags in ["", "--line 3"] {
        let scene = Scene::with_tickets();
        let ticket = noticed(&scene);
        let (key, lookups) = (scene.word("key", 3), scene.lookups(3));
        let ended = scene
            .command(&format!("retry rows.csv --deleted {flags}"))
            .run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert_eq!(
            ended.stderr,
            "1 row is pending again; the next run looks it up before it is sent\n"
        );
        assert_eq!(scene.counts(), (2, 0, 0, 0));
        assert_ne!(scene.word("key", 3), key);
        let old = format!("SELECT count(*) FROM deleted_tickets WHERE ticket_id = {ticket}");
        assert_eq!(scene.number(&old), 1);
        let ended = scene.run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert!(scene.lookups(3) >= lookups + 2);
        assert!(scene.ticket(2) > ticket);
        assert_eq!(scene.sandbox.stats().tickets, 3);
        let ended = scene.command("verify rows.csv").run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        scene.agrees_with_itself();
    }
}

#[test]
fn a_deleted_ticket_that_an_index_still_shows_is_not_found_again() {
    let scene = Scene::with_tickets();
    scene.settings(r#"{"deleted_lag_ms": 3600000}"#);
    let first = noticed(&scene);
    let again = |scene: &Scene| {
        assert_eq!(
            scene
                .command("retry rows.csv --deleted --line 3")
                .run()
                .status,
            Some(0)
        );
        let stopped = scene
            .command("run rows.csv --lookup-settle 1s --limit 0")
            .run();
        assert_eq!(stopped.status, Some(4), "{stopped:?}");
        let ended = scene
            .command("run rows.csv --lookup-settle 1s --recover")
            .run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        scene.number("SELECT ticket_id FROM rows WHERE line = 3")
    };
    let second = again(&scene);
    assert!(second > first);
    assert_eq!(scene.sandbox.stats().tickets, 3);
    // Both deleted tickets are shown, and none of them counts.
    scene.delete(second);
    let third = again(&scene);
    assert!(third > second);
    assert_eq!(scene.sandbox.stats().tickets, 3);
    let ended = scene.command("verify rows.csv").run();
    assert_eq!(
        ended.status,
        Some(0),
        "a deleted ticket is no second one: {ended:?}"
    );
    scene.agrees_with_itself();
}

#[test]
fn a_lost_reply_after_that_is_looked_up_without_the_deleted_ticket() {
    let scene = Scene::with_tickets();
    scene.settings(r#"{"deleted_lag_ms": 3600000, "drop_keys": true}"#);
    noticed(&scene);
    assert_eq!(
        scene.command("retry rows.csv --deleted").run().status,
        Some(0)
    );
    scene.faults(r#"{"lost_after": 1.0, "at_most": 1}"#);
    let ended = scene.run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(scene.sandbox.stats().tickets, 3);
    assert_eq!(scene.sandbox.stats().duplicates, 0);
}

#[test]
fn a_ticket_that_was_made_anew_by_hand_is_found_and_no_other_is_made() {
    let scene = Scene::with_tickets();
    noticed(&scene);
    let by_hand = scene.plant("old-2");
    assert_eq!(
        scene.command("retry rows.csv --deleted").run().status,
        Some(0)
    );
    assert_eq!(scene.run().status, Some(0));
    assert_eq!(
        scene.number("SELECT ticket_id FROM rows WHERE line = 3"),
        by_hand
    );
    assert_eq!(scene.sandbox.stats().tickets, 3);
}

#[test]
fn a_ticket_that_is_there_leaves_its_row_as_it_is() {
    let scene = Scene::with_tickets();
    let ticket = scene.ticket(1);
    let ended = scene.command("retry rows.csv --deleted --line 2").run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(
        ended
            .stderr
            .starts_with(&format!("line 2: ticket {ticket} is there")),
        "{ended:?}"
    );
    assert_eq!(scene.counts(), (3, 0, 0, 0));
}

#[test]
fn nothing_is_put_back_without_a_row_or_the_account() {
    let scene = Scene::with_tickets();
    for (flags, status, said) in [
        ("", 1, "run verify first"),
        ("--line 77", 1, "no row on line 77"),
        ("--offline", 1, "leave --offline out"),
        ("--unknown", 2, "cannot be used with"),
    ] {
        let ended = scene
            .command(&format!("retry rows.csv --deleted {flags}"))
            .run();
        assert_eq!(ended.status, Some(status), "{flags}: {ended:?}");
        assert!(ended.stderr.contains(said), "{flags}: {ended:?}");
    }
    let ended = scene
        .folder
        .command("retry -c c.sqlite3 --deleted --line 2")
        .run();
    assert_eq!(ended.status, Some(7), "{ended:?}");
    assert_eq!(scene.counts(), (3, 0, 0, 0));
}

#[test]
fn only_an_administrator_or_the_word_deleted_says_that_a_ticket_is_gone() {
    let scene = Scene::with_tickets();
    let ticket = noticed(&scene);
    scene.settings(r#"{"role": "agent"}"#);
    let ended = scene.command("retry rows.csv --deleted").run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("as an administrator"), "{ended:?}");
    assert_eq!(scene.counts(), (3, 0, 0, 0));
    let proxy = Proxy::start(scene.sandbox.address());
    let body =
        format!(r#"{{"ticket":{{"id":{ticket},"external_id":"old-2","status":"deleted"}}}}"#);
    let shown = format!("/api/v2/tickets/{ticket}");
    proxy.does(move |asked, account| {
        Some(if asked.path == shown {
            Reply::new(200, &body)
        } else {
            account.ask(asked)
        })
    });
    scene.moved_to(&proxy.url().replace("http://", ""));
    let through = format!(
        "retry rows.csv --deleted -c c.sqlite3 --url {}",
        proxy.url()
    );
    let program = scene.folder.command(&through);
    let ended = program.env("ZENDESK_OAUTH_TOKEN", "token").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(scene.counts(), (2, 0, 0, 0));
}

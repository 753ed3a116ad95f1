//! Access tokens that end in the middle of a run: renewed in time, or after a 401, and no row is lost
//! or refused for it.

use crate::support::folder::{Folder, Program};
use crate::support::http::post;
use crate::support::process::until;
use crate::support::sandbox::Sandbox;

const SECRET: &str = "a-secret-that-must-not-be-seen";

fn rows(count: usize) -> String {
    let row = |n| format!("old-{n},Subject {n},Text {n}\n");
    let rows: String = (1..=count).map(row).collect();
    format!("external_id,subject,description\n{rows}")
}

fn as_client<'f>(folder: &'f Folder, arguments: &str) -> Program<'f> {
    folder
        .command(arguments)
        .env("ZENDESK_CLIENT_ID", "migration")
        .env("ZENDESK_CLIENT_SECRET", SECRET)
}

#[test]
fn a_run_outlives_its_tokens() {
    let folder = Folder::new().with("rows.csv", rows(300));
    let sandbox = Sandbox::start(&folder, "--strict-auth --latency-ms 40");
    post(
        sandbox.address(),
        "/sandbox/settings",
        r#"{"token_life_s":1}"#,
    );
    let run = format!(
        "run rows.csv --concurrency 4 --url {} --json",
        sandbox.url()
    );
    let ended = as_client(&folder, &run).run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let stats = sandbox.stats();
    assert_eq!((stats.tickets, stats.duplicates), (300, 0));
    let tokens = sandbox.get("/sandbox/stats")["tokens"].as_u64().unwrap();
    assert!(
        tokens >= 2,
        "three seconds of work and tokens of one: {tokens}"
    );
}

#[test]
fn a_token_that_is_revoked_costs_no_row() {
    let folder = Folder::new().with("rows.csv", rows(300));
    let data = "--strict-auth --latency-ms 20 --data tickets.sqlite3";
    let sandbox = Sandbox::start(&folder, data);
    let (url, address) = (sandbox.url(), sandbox.address().to_string());
    let run = format!("run rows.csv --url {url} --json --lookup-settle 1s");
    let running = as_client(&folder, &run).start();
    until("some tickets", || sandbox.stats().tickets >= 50);
    // A restarted double knows none of the tokens that it gave out before.
    sandbox.kill();
    let sandbox = Sandbox::start_at(&folder, &address, data);
    let ended = running.wait();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let stats = sandbox.stats();
    assert_eq!((stats.tickets, stats.duplicates), (300, 0));
}

#[test]
fn a_secret_that_is_wrong_ends_the_run_at_once_and_is_not_repeated() {
    let folder = Folder::new().with("rows.csv", rows(3));
    let sandbox = Sandbox::start(&folder, "--strict-auth");
    let run = format!("run rows.csv --url {}", sandbox.url());
    let program = folder.command(&run).env("ZENDESK_OAUTH_TOKEN", SECRET);
    let ended = program.run();
    assert_eq!(ended.status, Some(7), "{ended:?}");
    assert!(!format!("{ended:?}").contains(SECRET), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, 0);
}

#[test]
fn no_file_and_no_output_holds_the_secret_or_a_token() {
    let folder = Folder::new().with("rows.csv", rows(20));
    let sandbox = Sandbox::start(&folder, "--strict-auth");
    let run = format!(
        "run rows.csv --url {} --json --progress json",
        sandbox.url()
    );
    let ended = as_client(&folder, &run).run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    for name in folder.names() {
        let bytes = std::fs::read(folder.path(&name)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for secret in [SECRET, "issued-access-token"] {
            assert!(!text.contains(secret), "{name} holds {secret}");
        }
    }
    for secret in [SECRET, "issued-access-token"] {
        assert!(!format!("{ended:?}").contains(secret), "{ended:?}");
    }
}

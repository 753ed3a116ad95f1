//! An account, credentials and an endpoint have to be named, or nothing begins.

use super::TWO;
use crate::support::folder::Folder;

#[test]
fn a_run_without_an_account_is_refused() {
    Folder::new()
        .with("two.csv", TWO)
        .command("run two.csv")
        .stderr(
            "error: no account is named: add --subdomain NAME (or --url URL), or try it with \
             --sandbox first\n",
        )
        .status(2)
        .changes_nothing()
        .check();
}

#[test]
fn a_run_without_credentials_is_refused() {
    Folder::new()
        .with("two.csv", TWO)
        .command("run two.csv --subdomain acme")
        .stderr(
            "error: the environment has no credentials: set ZENDESK_CLIENT_ID and \
             ZENDESK_CLIENT_SECRET, or ZENDESK_OAUTH_TOKEN, or ZENDESK_EMAIL and \
             ZENDESK_API_TOKEN, there (never on the command line); or name a file that has them \
             with --credentials\n",
        )
        .status(7)
        .changes_nothing()
        .check();
}

#[test]
fn a_credentials_file_that_others_can_read_is_refused() {
    let folder = Folder::new()
        .with("two.csv", TWO)
        .with("secrets", "ZENDESK_OAUTH_TOKEN=very-secret\n");
    folder.set_mode("secrets", 0o640);
    folder
        .command("run two.csv --subdomain acme --credentials secrets")
        .stderr("error: others can read secrets; make it yours alone with: chmod 600 secrets\n")
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn a_credentials_file_without_credentials_is_refused_without_its_text() {
    let folder = Folder::new()
        .with("two.csv", TWO)
        .with("secrets", "ZENDESK_EMAIL=me@example.com\nvery-secret\n");
    folder.set_mode("secrets", 0o600);
    folder
        .command("run two.csv --subdomain acme --credentials secrets")
        .stderr("error: the credentials file secrets cannot be used: line 2 is not NAME=value\n")
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn plain_http_to_another_machine_is_refused() {
    Folder::new()
        .with("two.csv", TWO)
        .command("run two.csv --url http://acme.zendesk.com")
        .env("ZENDESK_OAUTH_TOKEN", "token")
        .stderr(
            "error: `acme.zendesk.com` must be reached by https: only a loopback address may use \
             http\n",
        )
        .status(2)
        .changes_nothing()
        .check();
}

#[test]
fn only_imported_tickets_can_go_straight_into_the_archive() {
    Folder::new()
        .with("two.csv", TWO)
        .command("run two.csv --sandbox --archive-immediately")
        .stderr(
            "error: --archive-immediately is for --endpoint imports: only imported tickets can go \
             straight into the archive\n",
        )
        .status(2)
        .changes_nothing()
        .check();
}

#[test]
fn a_flag_beats_the_long_name_and_that_beats_the_short_one() {
    let folder = Folder::new().with("two.csv", TWO);
    let told = |host: &str| {
        format!("error: `{host}` must be reached by https: only a loopback address may use http\n")
    };
    let command = |flags: &str| folder.command(&format!("run two.csv {flags}"));
    command("--url http://flag.example")
        .env("ZENDESK_MIGRATE_URL", "http://long.example")
        .env("ZENDESK_URL", "http://short.example")
        .stderr(told("flag.example"))
        .status(2)
        .check();
    command("")
        .env("ZENDESK_MIGRATE_URL", "http://long.example")
        .env("ZENDESK_URL", "http://short.example")
        .stderr(told("long.example"))
        .status(2)
        .check();
    command("")
        .env("ZENDESK_URL", "http://short.example")
        .stderr(told("short.example"))
        .status(2)
        .check();
}

//! What a run does that can do its work.

use serde_json::Value;

use super::{TWO, TWO_CHECKPOINT};
use crate::support::folder::{CLOSED_TICKETS, Folder};
use crate::support::sandbox::Sandbox;

const MISTAKES: [&str; 2] = ["tickets-with-mistakes.csv", "tickets-with-mistakes.toml"];

/// The seven states; every row has one.
const STATES: [&str; 7] = [
    "created",
    "rejected",
    "invalid",
    "unknown",
    "pending",
    "sending",
    "withdrawn",
];

/// The first ten of the eleven rows with a mistake, as a run lists them.
const MISTAKES_LISTED: &str = "\
line 3 is invalid: the row has no external_id (column \"Ticket No\" prefix \"velo-\" is empty) (MissingExternalId)
line 4 is invalid: comment.body is empty (column \"Message\"); Zendesk makes no ticket without a text (MissingText)
line 5 is invalid: status is \"Escalated\" (column \"State\"), which is none of new, open, pending, hold, solved, closed; add it to the mapping's values (UnknownStatus)
line 6 is invalid: requester.email is \"raj.malhotra(at)example.com\" (column \"Email\"), which is no email address; fix the cell (InvalidEmail)
line 7 is invalid: the row has 12 cells and the header 11 columns (\"2006,Łukasz Wójcik,lukasz.wojcik@example.com,Klucz do zapięc…\"); look for a missing or stray delimiter or quote (FieldCount)
line 8 is invalid: external_id \"velo-2001\" is already that of the row on line 2; only that one is sent (DuplicateExternalId)
line 9 is invalid: requester.name is \"佐藤 陽子\" (column \"Customer\") and requester.email is empty (column \"Email\"); Zendesk needs an email to make a requester (NameWithoutEmail)
line 10 is invalid: priority is \"Whenever\" (column \"Urgency\"), which is none of urgent, high, normal, low; add it to the mapping's values (UnknownPriority)
line 11 is invalid: type is \"Complaint\" (column \"Kind\"), which is none of incident, problem, question, task; add it to the mapping's values (UnknownType)
line 12 is invalid: text follows a closing quote on line 12 in column \"Message\" (\"….com,Quote,\\\"He said \\\"no way\\\" and hung up.\\\",Done,Low,Question…\"); double the quotes that belong to the text (TextAfterQuote)
… and 1 more
";

fn shop() -> Folder {
    Folder::with_fixtures(&["tickets.csv", "tickets.toml"])
}

fn assert_adds_up(json: &str) {
    let facts: Value = serde_json::from_str(json).unwrap();
    let sum: u64 = STATES
        .iter()
        .map(|state| facts[*state].as_u64().unwrap())
        .sum();
    assert_eq!(facts["rows"], sum, "{json}");
}

#[test]
fn the_shops_tickets_are_all_created_and_a_second_run_has_nothing_to_do() {
    let folder = shop();
    let rows = "200 rows: 200 created\n";
    folder
        .command("run tickets.csv --sandbox")
        .stderr(format!(
            "{rows}this run: 200 created, 242 requests (40 lookups) in TIME\ndone: every row has its ticket\nnext: zendesk-migrate verify tickets.csv\n"
        ))
        .check();
    folder
        .command("run tickets.csv --sandbox")
        .stderr(format!(
            "{rows}nothing is left to do\nnext: zendesk-migrate verify tickets.csv\n"
        ))
        .changes_nothing()
        .check();
}

#[test]
fn the_object_for_scripts_has_its_fields_in_their_order() {
    let ended = shop()
        .command("run tickets.csv --sandbox --json")
        .stdout(
            "{\"rows\":200,\"created\":200,\"created_hit\":0,\"created_found\":0,\"rejected\":0,\
             \"invalid\":0,\"unknown\":0,\"pending\":0,\"sending\":0,\"withdrawn\":0,\"claimed\":0,\
             \"this_run\":{\"created\":200,\"requests\":242,\"throttled\":0,\"retried\":0,\
             \"lookups\":40,\"elapsed_ms\":TIME},\"stopped_because\":\"done\"}\n",
        )
        .stderr(
            "200 rows: 200 created\nthis run: 200 created, 242 requests (40 lookups) in TIME\ndone: every row has its ticket\nnext: zendesk-migrate verify tickets.csv\n",
        )
        .check();
    assert_adds_up(&ended.stdout);
}

#[test]
fn rows_with_mistakes_are_counted_and_the_good_ones_are_created() {
    let ended = Folder::with_fixtures(&MISTAKES)
        .command("run tickets-with-mistakes.csv --sandbox --json")
        .stdout(
            "{\"rows\":13,\"created\":2,\"created_hit\":0,\"created_found\":0,\"rejected\":0,\
             \"invalid\":11,\"unknown\":0,\"pending\":0,\"sending\":0,\"withdrawn\":0,\"claimed\":0,\
             \"this_run\":{\"created\":2,\"requests\":8,\"throttled\":0,\"retried\":0,\
             \"lookups\":4,\"elapsed_ms\":TIME},\"stopped_because\":\"done\"}\n",
        )
        .stderr(format!(
            "{MISTAKES_LISTED}13 rows: 2 created, 11 invalid\nthis run: 2 created, 8 requests (4 lookups) in TIME\ndone, but 11 rows have no ticket: fix them, then run the same command again\nnext: zendesk-migrate export tickets-with-mistakes.csv (writes the rows without a ticket to error.csv)\n",
        ))
        .status(3)
        .check();
    assert_adds_up(&ended.stdout);
}

#[test]
fn a_second_run_does_not_call_rows_without_a_ticket_nothing() {
    let folder = Folder::with_fixtures(&MISTAKES);
    let run = "run tickets-with-mistakes.csv --sandbox";
    assert_eq!(folder.command(run).run().status, Some(3));
    folder
        .command(run)
        .stderr(format!(
            "{MISTAKES_LISTED}13 rows: 2 created, 11 invalid\ndone, but 11 rows have no ticket: fix them, then run the same command again\nnext: zendesk-migrate export tickets-with-mistakes.csv (writes the rows without a ticket to error.csv)\n",
        ))
        .status(3)
        .check();
}

#[test]
fn a_row_that_was_fixed_is_created_by_the_same_command() {
    let wrong = TWO.replace("Second", "");
    let folder = Folder::new().with("two.csv", wrong);
    let run = "run two.csv --sandbox";
    assert_eq!(folder.command(run).run().status, Some(3));
    folder
        .with("two.csv", TWO)
        .command(run)
        .stderr(
            "the CSV or its mapping has changed; rows: 1 to be sent as they read now\nno requester \
             is mapped, so 1 ticket will be requested by Sandbox Admin (user 900000001), whose \
             credentials are used\n2 rows: 2 created\nthis run: 1 created, 5 requests (2 lookups) in TIME\ndone: every row has its ticket\nnext: zendesk-migrate verify two.csv\n",
        )
        .check();
}

#[test]
fn the_command_that_comes_next_names_the_same_files_and_works_as_it_stands() {
    let folder = Folder::new().with("two.csv", TWO);
    let ran = folder
        .command("run two.csv --sandbox -c elsewhere.sqlite3")
        .run();
    let (_, next) = ran.stderr.rsplit_once("next: zendesk-migrate ").unwrap();
    assert_eq!(next, "verify two.csv -c elsewhere.sqlite3\n");
    assert_eq!(folder.command(next).run().status, Some(0));
}

#[test]
fn a_limit_stops_early_and_the_same_command_goes_on() {
    let folder = shop();
    let sandbox = Sandbox::start(&folder, "");
    let run = format!("run tickets.csv --limit 10 --url {}", sandbox.url());
    for round in 1..=2 {
        folder
            .command(&run)
            .env("ZENDESK_OAUTH_TOKEN", "t")
            .stderr(format!(
                "{CLOSED_TICKETS}200 rows: {}0 created, {} pending\nthis run: 10 created, 54 requests (40 \
                 lookups) in TIME\n--limit is reached: {1} rows are left; run the \
                 same command to continue\n",
                round,
                200 - round * 10
            ))
            .status(4)
            .check();
        assert_eq!(sandbox.stats().tickets, round * 10);
    }
}

#[test]
fn the_environment_and_a_credentials_file_are_as_good_as_flags() {
    let folder = Folder::new()
        .with("two.csv", TWO)
        .with("secrets", "# ours\nZENDESK_OAUTH_TOKEN=t\n");
    folder.set_mode("secrets", 0o600);
    let sandbox = Sandbox::start(&folder, "");
    let ended = folder
        .command("run two.csv")
        .env("ZENDESK_URL", sandbox.url())
        .env("ZENDESK_MIGRATE_CREDENTIALS", "secrets")
        .env("ZENDESK_MIGRATE_LIMIT", "1")
        .run();
    assert_eq!(ended.status, Some(4), "{ended:?}");
    let ended = folder
        .command("run two.csv")
        .env("ZENDESK_MIGRATE_URL", sandbox.url())
        .env("ZENDESK_EMAIL", "me@example.com")
        .env("ZENDESK_API_TOKEN", "t")
        .run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let stats = sandbox.stats();
    assert_eq!((stats.tickets, stats.duplicates), (2, 0));
}

#[test]
fn what_a_run_leaves_is_for_its_owner_alone() {
    let folder = Folder::new().with("two.csv", TWO);
    let ended = folder.command("run two.csv --sandbox").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let lock = format!("{TWO_CHECKPOINT}.lock");
    let double = "two.sandbox.tickets.sqlite3";
    assert_eq!(folder.names(), ["two.csv", TWO_CHECKPOINT, &lock, double]);
    for name in [TWO_CHECKPOINT, &lock, double] {
        assert_eq!(folder.mode(name), 0o600, "{name}");
    }
}

#[test]
fn what_a_run_has_open_is_for_its_owner_alone() {
    let folder = Folder::new().with("two.csv", TWO);
    let sandbox = Sandbox::start(&folder, "--latency-ms 2000 --data double.sqlite3");
    let run = format!("run two.csv -c two.sqlite3 --url {}", sandbox.url());
    let run = folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t").start();
    crate::support::process::until("the run's request", || sandbox.stats().requests > 0);
    let names = folder.names();
    assert!(names.contains(&"two.sqlite3-wal".to_owned()), "{names:?}");
    assert!(
        names.contains(&"double.sqlite3-wal".to_owned()),
        "{names:?}"
    );
    for name in names.iter().filter(|name| *name != "two.csv") {
        assert_eq!(folder.mode(name), 0o600, "{name}");
    }
    run.kill();
}

//! A dry run reads everything, sends nothing and leaves nothing behind.

use std::io::ErrorKind;
use std::net::TcpListener;

use super::TWO;
use super::support::folder::{CLOSED_TICKETS, Folder};

#[test]
fn a_dry_run_leaves_no_file_behind() {
    let folder = Folder::with_fixtures(&["tickets.csv", "tickets.toml"]);
    folder
        .command("run tickets.csv -n")
        // Where SQLite would put a temporary file.
        .env("TMPDIR", folder.path(""))
        .stderr(format!(
            "{CLOSED_TICKETS}200 rows: 200 valid, 0 invalid\nas there is no checkpoint yet, a run would create \
             200 tickets,\n  send 0 again and look 0 up: 200 requests at least\nthis was a dry run: \
             nothing was sent, nothing was written\n"
        ))
        .changes_nothing()
        .check();
}

#[test]
fn a_dry_run_makes_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let folder = Folder::new().with("two.csv", TWO);
    let address = listener.local_addr().unwrap();
    folder
        .command(&format!("run two.csv -n --url http://{address}"))
        .env("ZENDESK_OAUTH_TOKEN", "t")
        .stderr(
            "2 rows: 2 valid, 0 invalid\nas there is no checkpoint yet, a run would create 2 \
             tickets,\n  send 0 again and look 0 up: 2 requests at least\nthis was a dry run: \
             nothing was sent, nothing was written\n",
        )
        .changes_nothing()
        .check();
    let called = listener.accept().map_err(|error| error.kind());
    assert_eq!(called.unwrap_err(), ErrorKind::WouldBlock);
}

#[test]
fn a_dry_run_after_a_part_says_what_is_left_and_how_long_it_takes() {
    let folder = Folder::with_fixtures(&["tickets.csv", "tickets.toml"]);
    let ended = folder.command("run tickets.csv --sandbox --limit 50").run();
    assert_eq!(ended.status, Some(4), "{ended:?}");
    folder
        .command("run tickets.csv --sandbox -n --max-rpm 100 --json")
        .stdout(
            "{\"rows\":200,\"created\":50,\"created_hit\":0,\"created_found\":0,\"rejected\":0,\
             \"invalid\":0,\"unknown\":0,\"pending\":150,\"sending\":0,\"withdrawn\":0,\
             \"this_run\":{\"created\":0,\"requests\":0,\"throttled\":0,\"retried\":0,\
             \"lookups\":0,\"elapsed_ms\":TIME},\"stopped_because\":\"done\",\
             \"would\":{\"create\":150,\"resend\":0,\"look_up\":0,\"requests\":150},\
             \"estimate_ms\":90000}\n",
        )
        .changes_nothing()
        .check();
}

#[test]
fn a_dry_run_names_every_mistake_by_its_line() {
    let mistakes = [
        "3 is invalid: the row has no external_id (column \"Ticket No\" prefix \"velo-\" is \
         empty) (MissingExternalId)",
        "4 is invalid: comment.body is empty (column \"Message\"); Zendesk makes no ticket \
         without a text (MissingText)",
        "5 is invalid: status is \"Escalated\" (column \"State\"), which is none of new, open, \
         pending, hold, solved, closed; add it to the mapping's values (UnknownStatus)",
        "6 is invalid: requester.email is \"raj.malhotra(at)example.com\" (column \"Email\"), \
         which is no email address; mend the cell (InvalidEmail)",
        "7 is invalid: the row has 12 cells and the header 11 columns (\"2006,Łukasz \
         Wójcik,lukasz.wojcik@example.com,Klucz do zapięc…\"); look for a missing or stray \
         delimiter or quote (FieldCount)",
        "8 is invalid: external_id \"velo-2001\" is already that of the row on line 2; only \
         the first is sent (DuplicateExternalId)",
        "9 is invalid: requester.name is \"佐藤 陽子\" (column \"Customer\") and requester.email is \
         empty (column \"Email\"); Zendesk needs an email to make a requester (NameWithoutEmail)",
        "10 is invalid: priority is \"Whenever\" (column \"Urgency\"), which is none of urgent, \
         high, normal, low; add it to the mapping's values (UnknownPriority)",
        "11 is invalid: type is \"Complaint\" (column \"Kind\"), which is none of incident, \
         problem, question, task; add it to the mapping's values (UnknownType)",
        "12 is invalid: text follows a closing quote on line 12 in column \"Message\" \
         (\"….com,Quote,\\\"He said \\\"no way\\\" and hung up.\\\",Done,Low,Question…\"); double \
         the quotes that belong to the text (TextAfterQuote)",
        "13 is invalid: group_id is \"workshop\" (column \"Group\"), which is no id; write the \
         number that Zendesk has for it (InvalidNumber)",
    ];
    let lines = format!("line {}\n", mistakes.join("\nline "));
    Folder::with_fixtures(&["tickets-with-mistakes.csv", "tickets-with-mistakes.toml"])
        .command("run tickets-with-mistakes.csv -n")
        .stderr(format!(
            "{lines}13 rows: 2 valid, 11 invalid\nas there is no checkpoint yet, a run would \
             create 2 tickets,\n  send 0 again and look 0 up: 2 requests at least\nthis was a dry \
             run: nothing was sent, nothing was written\n"
        ))
        .status(3)
        .changes_nothing()
        .check();
}

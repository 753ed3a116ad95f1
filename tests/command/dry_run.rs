//! A dry run reads everything, sends nothing and leaves nothing behind.

use std::io::ErrorKind;
use std::net::TcpListener;

use super::TWO;
use crate::support::folder::Folder;

#[test]
fn a_dry_run_leaves_no_file_behind_and_shows_what_would_be_sent() {
    let folder = Folder::with_fixtures(&["tickets.csv", "tickets.toml"]);
    let ended = folder
        .command("run tickets.csv -n --plan professional --reserve-rpm 0")
        // Where SQLite would put a temporary file.
        .env("TMPDIR", folder.path(""))
        .changes_nothing()
        .run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    insta::assert_snapshot!(folder.neutral(&ended.stderr));
}

#[test]
fn a_dry_run_makes_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let folder = Folder::new().with("two.csv", TWO);
    let address = listener.local_addr().unwrap();
    let ended = folder
        .command(&format!("run two.csv -n --url http://{address}"))
        .env("ZENDESK_OAUTH_TOKEN", "t")
        .changes_nothing()
        .run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let called = listener.accept().map_err(|error| error.kind());
    assert_eq!(called.unwrap_err(), ErrorKind::WouldBlock);
}

#[test]
fn a_dry_run_after_a_part_says_what_is_left_and_how_long_it_takes() {
    let folder = Folder::with_fixtures(&["tickets.csv", "tickets.toml"]);
    let ended = folder.command("run tickets.csv --sandbox --limit 50").run();
    assert_eq!(ended.status, Some(4), "{ended:?}");
    let ended = folder
        .command("run tickets.csv --sandbox -n --max-rpm 100 --json")
        .changes_nothing()
        .run();
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    // 150 creates, a sample of 20 rows with two questions each, and the two first questions.
    let would = serde_json::json!({"create": 150, "resend": 0, "look_up": 0, "authors": 0,
                                   "requests": 192, "at_start": 42});
    assert_eq!(told["would"], would);
    assert_eq!(told["created"], 50);
    // A minute's 99 intervals are made to last 60.3 s.
    assert_eq!(told["estimate_ms"], 192 * 60_300 / 99);
    assert_eq!(told["samples"].as_array().unwrap().len(), 3);
}

#[test]
fn a_dry_run_names_every_mistake_by_its_line() {
    let folder =
        Folder::with_fixtures(&["tickets-with-mistakes.csv", "tickets-with-mistakes.toml"]);
    let ended = folder
        .command("run tickets-with-mistakes.csv -n")
        .changes_nothing()
        .run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    insta::assert_snapshot!(folder.neutral(&ended.stderr));
}

#[test]
fn a_dry_run_says_of_each_line_what_is_wrong_with_that_one() {
    let rows: Vec<String> = (1..=7)
        .map(|row| format!("{row},text,nobody{row}\n"))
        .collect();
    let csv = format!(
        "external_id,comment.body,requester.email\n{}",
        rows.concat()
    );
    let folder = Folder::new().with("t.csv", csv);
    let ended = folder.command("run t.csv -n").run();
    let said = |row: u8| {
        format!(
            "requester.email is \"nobody{row}\" (column \"requester.email\"), which is no email \
             address; fix the cell"
        )
    };
    let lines: Vec<String> = (1..=5)
        .map(|row| format!("    line {}: {}\n", row + 1, said(row)))
        .collect();
    let expected = format!(
        "7 rows: 0 valid, 7 invalid\n  InvalidEmail: 7 rows\n{}    … and 2 more\nas there is no \
         checkpoint yet, a run would send nothing\n",
        lines.concat()
    );
    assert!(ended.stderr.starts_with(&expected), "{ended:?}");
    let ended = folder.command("run t.csv -n --json").run();
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(told["causes"][0]["lines"][4], 6);
    assert_eq!(told["causes"][0]["messages"][4], said(5));
    let page = folder.command("run t.csv -n --format html").run().stdout;
    assert!(
        page.contains("line 6: requester.email is &quot;nobody5&quot;"),
        "{page}"
    );
}

#[test]
fn a_strict_run_sends_nothing_if_a_row_is_invalid() {
    for flag in ["--strict", "--on-invalid stop"] {
        let folder =
            Folder::with_fixtures(&["tickets-with-mistakes.csv", "tickets-with-mistakes.toml"]);
        let ended = folder
            .command(&format!("run tickets-with-mistakes.csv --sandbox {flag}"))
            .run();
        assert_eq!(ended.status, Some(1), "{ended:?}");
        let last = ended.stderr.lines().last().unwrap();
        let expected = "error: 11 of 13 rows are invalid, so nothing was sent: ";
        assert!(last.starts_with(expected), "{last}");
    }
}

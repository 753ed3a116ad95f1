//! A CSV or a mapping that cannot be used is refused with a sentence, and nothing is left behind.

use crate::support::folder::Folder;

#[test]
fn a_csv_that_is_not_there_is_refused() {
    Folder::new()
        .command("run tickets.csv --sandbox")
        .stderr("error: tickets.csv does not exist; check the path\n")
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn an_empty_csv_is_refused() {
    Folder::new()
        .with("tickets.csv", "")
        .command("run tickets.csv --sandbox")
        .stderr("error: tickets.csv is empty, or has only blank lines; export it again, with a header line\n")
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn a_csv_with_a_header_only_is_refused() {
    Folder::new()
        .with("tickets.csv", "external_id,comment.body\n")
        .command("run tickets.csv --sandbox")
        .stderr(
            "error: tickets.csv has a header but no rows; export it again, or check that \
             this is the right file\n",
        )
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn a_csv_without_a_column_for_the_identity_is_refused_with_the_lines_to_write() {
    Folder::new()
        .with("tickets.csv", "Ticket number,Message\n1,Hello\n")
        .command("run tickets.csv --sandbox")
        .stderr(
            "error: nothing says which column of tickets.csv gives the external_id; let \
             `zendesk-migrate init tickets.csv` propose a mapping, or write these lines into tickets.toml (with \
             the right columns), and run again\n\n\
             [ticket]\nexternal_id = \"Ticket number\"\ncomment.body = \"Message\"\n",
        )
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn a_mapping_without_external_id_is_refused_with_the_lines_to_write() {
    Folder::new()
        .with("tickets.csv", "Ticket number,Message\n1,Hello\n")
        .with("tickets.toml", "[ticket]\ncomment.body = \"Message\"\n")
        .command("run tickets.csv --sandbox")
        .stderr(
            "error: nothing says which column of tickets.csv gives the external_id; let \
             `zendesk-migrate init tickets.csv` propose a mapping, or write these lines into tickets.toml (with \
             the right columns), and run again\n\n\
             [ticket]\nexternal_id = \"Ticket number\"\ncomment.body = \"Message\"\n",
        )
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn an_unknown_column_in_the_mapping_is_refused_with_the_nearest_name() {
    let mapping = "[ticket]\nexternal_id = \"Number\"\ncomment.body = \"Mesage\"\n";
    Folder::new()
        .with("tickets.csv", "Number,Message\n1,Hello\n")
        .with("tickets.toml", mapping)
        .command("run tickets.csv --sandbox")
        .stderr(
            "error: mapping tickets.toml line 3: the CSV has no column \"Mesage\"; did you mean \
             \"Message\"? (its columns are \"Number\", \"Message\")\n",
        )
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn a_mapping_that_is_not_there_is_refused() {
    Folder::new()
        .with("tickets.csv", "external_id,comment.body\n1,Hello\n")
        .command("run tickets.csv --sandbox -m other.toml")
        .stderr("error: mapping other.toml does not exist; check the path\n")
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn a_csv_whose_last_quote_never_closes_is_refused_with_the_quotes_line() {
    let csv = "external_id,comment.body\n1,Hello\n2,\"open\nand on\n3,x\n";
    let folder = Folder::new().with("tickets.csv", csv);
    for arguments in ["run tickets.csv --sandbox", "run tickets.csv -n"] {
        folder
            .command(arguments)
            .stderr(
                "error: tickets.csv line 3: a quote opens in column \"comment.body\" and is never \
                 closed, so the rest of the file would be one cell; close it (or double it, if it \
                 belongs to the text) and run again\n  3 | 2,\"open\n    |   ^\n",
            )
            .status(1)
            .changes_nothing()
            .check();
    }
}

#[test]
fn a_comments_file_that_is_not_there_is_named_with_the_line_of_the_mapping() {
    let mapping = "[ticket]\nexternal_id = \"id\"\n[comments]\nfile = \"c.csv\"\nticket = \"id\"\n\
                   body = \"text\"\nauthor.email = \"from\"\n";
    Folder::new()
        .with("tickets.csv", "id\n1\n")
        .with("tickets.toml", mapping)
        .command("run tickets.csv --sandbox --endpoint imports")
        .stderr(
            "error: mapping tickets.toml line 3: c.csv does not exist, and [comments] names it; \
             check its file, which is looked for beside the mapping\n",
        )
        .status(1)
        .changes_nothing()
        .check();
}

#[test]
fn a_strict_run_is_never_done_as_long_as_a_row_is_invalid() {
    let csv = "external_id,comment.body\n1,one\n2,\n";
    let folder = Folder::new().with("t.csv", csv);
    let ended = folder.command("run t.csv --sandbox").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let ended = folder.command("run t.csv --sandbox --strict").run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let expected = "error: 1 of 2 rows is invalid, so nothing was sent: ";
    assert!(ended.stderr.contains(expected), "{ended:?}");
}

#[test]
fn a_retry_that_selects_nothing_says_what_is_missing() {
    let csv = "external_id,comment.body\n1,one\n";
    let folder = Folder::new().with("t.csv", csv);
    let ended = folder.command("run t.csv --sandbox").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    folder
        .command("retry t.csv --as-ticket 5")
        .stderr(
            "error: no rejected row is selected; to say that an unknown row has ticket 5, add \
             --unknown and --line with the row's line\n",
        )
        .status(1)
        .check();
}

#[test]
fn an_address_that_is_taken_is_refused_with_the_reason() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let ended = Folder::new()
        .command(&format!("sandbox --listen {address}"))
        .run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let expected = format!("error: cannot listen on {address} (Address already in use");
    assert!(ended.stderr.starts_with(&expected), "{ended:?}");
    assert!(ended.stderr.contains("--listen"), "{ended:?}");
}

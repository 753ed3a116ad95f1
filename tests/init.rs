//! `init`: the mapping that it proposes, and that it overwrites nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

use std::process::Command;

use crate::support::folder::Folder;

#[track_caller]
fn dry_run(folder: &Folder, csv: &str, rows: u64) {
    let ended = folder.command(&format!("run {csv} -n")).run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let all_valid = format!("{rows} rows: {rows} valid, 0 invalid\n");
    assert!(ended.stderr.contains(&all_valid), "{ended:?}");
}

#[test]
fn a_german_export_gets_a_mapping_that_runs_as_it_is() {
    let folder = Folder::with_fixtures(&["anfragen.csv"]);
    folder
        .command("init anfragen.csv")
        .stderr(
            "wrote anfragen.toml; look it over, then: zendesk-migrate run anfragen.csv -n\nwith \
             it, 5 of the first 5 rows are valid\n",
        )
        .check();
    insta::assert_snapshot!(folder.text("anfragen.toml"));
    dry_run(&folder, "anfragen.csv", 5);
}

#[test]
fn the_shops_own_export_gets_a_mapping_that_runs_as_it_is() {
    let folder = Folder::with_fixtures(&["tickets.csv"]);
    let ended = folder.command("init tickets.csv").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    insta::assert_snapshot!(folder.text("tickets.toml"));
    dry_run(&folder, "tickets.csv", 200);
}

#[test]
fn a_mapping_that_is_there_is_overwritten_only_on_demand() {
    let csv = "Ticket ID,Subject,Description\n1,One,First\n2,Two,Second\n";
    let folder = Folder::new().with("t.csv", csv).with("t.toml", "mine");
    folder
        .command("init t.csv")
        .stderr(
            "error: t.toml is there already; name another file with -o, or overwrite it with \
             --force\n",
        )
        .status(1)
        .changes_nothing()
        .check();
    folder
        .command("init t.csv -o other.toml")
        .stderr(
            "wrote other.toml; look it over, then: zendesk-migrate run t.csv -m other.toml -n\n\
             with it, 2 of the first 2 rows are valid\n",
        )
        .check();
    let ended = folder.command("init t.csv --force").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let other = folder.text("other.toml").replace(" -m other.toml", "");
    assert_eq!(folder.text("t.toml"), other);
    dry_run(&folder, "t.csv", 2);
}

#[test]
fn the_command_to_try_it_can_be_typed_as_it_stands() {
    let csv = "Ticket ID,Description\n1,First\n2,Second\n";
    let folder = Folder::new().with("a b.csv", csv);
    let ended = Command::new(env!("CARGO_BIN_EXE_zendesk-migrate"))
        .args(["init", "a b.csv", "-o", "my own.toml"])
        .current_dir(folder.path(""))
        .output()
        .unwrap();
    let command = "zendesk-migrate run 'a b.csv' -m 'my own.toml' -n\n";
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains(command), "{said}");
    assert!(folder.text("my own.toml").contains(command));
}

#[test]
fn a_file_with_mistakes_gets_a_mapping_that_names_them() {
    let folder = Folder::with_fixtures(&["tickets-with-mistakes.csv"]);
    let ended = folder.command("init tickets-with-mistakes.csv").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended
            .stderr
            .ends_with("with it, 6 of the first 13 rows are valid\n"),
        "{ended:?}"
    );
    let mapping = folder.text("tickets-with-mistakes.toml");
    let why = "# by the name of column \"Ticket No\"; look at its cells, since no column tells all rows \
               apart\n# 2 of 12 rows repeat another row's or have none; those are invalid\n";
    assert!(mapping.contains(why), "{mapping}");
    assert!(mapping.contains("the first 13 rows"), "{mapping}");
    let ended = folder.command("run tickets-with-mistakes.csv -n").run();
    assert!(
        ended.stderr.contains("13 rows: 6 valid, 7 invalid\n"),
        "the duplicate is not counted as valid: {ended:?}"
    );
}

#[test]
fn a_dash_shows_the_mapping_and_writes_nothing() {
    let csv = "Case Number;Title;Message\n7;One;First\n8;Two;Second\n";
    let folder = Folder::new().with("t.csv", csv);
    let ended = folder.command("init t.csv -o -").changes_nothing().run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended
            .stdout
            .contains("external_id = { column = \"Case Number\", prefix = \"legacy-\" }\n")
    );
    assert!(ended.stdout.contains("delimiter = \";\"\n"));
    assert_eq!(ended.stderr, "with it, 2 of the first 2 rows are valid\n");
}

#[test]
fn a_file_whose_rows_nothing_tells_apart_is_refused() {
    let folder = Folder::new().with("t.csv", "Subject,Text\nHi there,a b\nHi there,a b\n");
    folder
        .command("init t.csv")
        .stderr(
            "error: no column of t.csv tells the rows apart (its columns are \"Subject\", \"Text\"); add one with a number of its own for \
             each ticket\n",
        )
        .status(1)
        .changes_nothing()
        .check();
}

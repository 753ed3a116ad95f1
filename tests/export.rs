//! The result files, and `error.csv` fixed and fed back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

mod recorded;

use crate::support::folder::Folder;
use crate::support::process::Ended;
use crate::support::sandbox::Sandbox;

const CSV: &str = "external_id,subject,comment.body,priority\r\n\
    1,One,First,\r\n\
    2,\"Two, quoted\",,\r\n\
    =cmd(),Three,\"Third\nline\",\r\n\
    ,Four,Fourth,\r\n\
    1,Five,Fifth,low\r\n";

fn run(folder: &Folder, sandbox: &Sandbox, csv: &str, more: &str) -> Ended {
    folder
        .command(&format!(
            "run {csv} -c c.sqlite3 --url {} --lookup-settle 1s --allow-triggers {more}",
            sandbox.url()
        ))
        .env("ZENDESK_OAUTH_TOKEN", "t")
        .run()
}

fn with_problems() -> (Folder, Sandbox) {
    let folder = Folder::new().with("t.csv", CSV);
    let sandbox = Sandbox::start(&folder, "");
    let ended = run(&folder, &sandbox, "t.csv", "");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    (folder, sandbox)
}

#[test]
fn the_result_files_hold_every_row_once_and_to_the_byte() {
    let (folder, _sandbox) = with_problems();
    let ended = folder.command("export t.csv -c c.sqlite3 --out out").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let success = folder.text("out/success.csv");
    assert!(success.starts_with("external_id,ticket_id,how,key,created_at\n1,1,miss,"));
    assert!(success.contains("\n'=cmd(),2,miss,"), "{success}");
    let error = folder.text("out/error.csv");
    let lines: Vec<&str> = error.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "external_id,subject,comment.body,priority,_line,_code,_message,_row"
    );
    assert!(lines[1].starts_with("2,\"Two, quoted\",,,3,MissingText,"));
    assert!(lines[2].starts_with(",Four,Fourth,,6,MissingExternalId,"));
    assert!(lines[3].starts_with("1,Five,Fifth,low,7,DuplicateExternalId,"));
    assert_eq!(lines[4..], [""]);
    let summary: serde_json::Value =
        serde_json::from_str(&folder.text("out/summary.json")).unwrap();
    assert_eq!(summary["rows"], 5);
    assert_eq!(summary["files"][1]["rows"], 3);
}

#[test]
fn a_utf16_file_keeps_its_mark_and_its_encoding() {
    let text = "external_id,subject,comment.body\n1,Eins,\u{e9}\n2,Zwei,\n";
    let encode = |text: &str| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect()
    };
    let folder = Folder::new().with("t.csv", encode(text));
    let sandbox = Sandbox::start(&folder, "");
    let ended = run(&folder, &sandbox, "t.csv", "");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let ended = folder.command("export -c c.sqlite3 --out out").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let bytes = std::fs::read(folder.path("out/error.csv")).unwrap();
    let begin = encode(
        "external_id,subject,comment.body,_line,_code,_message,_row\n2,Zwei,,3,MissingText,",
    );
    assert!(bytes.starts_with(&begin), "{bytes:x?}");
    assert!(bytes.ends_with(b"\n\0"), "{bytes:x?}");
}

#[test]
fn result_files_that_are_there_are_kept_unless_force_is_given() {
    let (folder, _sandbox) = with_problems();
    let folder = folder.with("error.csv", "mine");
    folder
        .command("export t.csv -c c.sqlite3")
        .stderr(
            "error: ./error.csv is there already; name another folder with --out, or overwrite it \
             with --force\n",
        )
        .status(1)
        .changes_nothing()
        .check();
    let ended = folder.command("export t.csv -c c.sqlite3 --force").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_ne!(folder.text("error.csv"), "mine");
    assert!(!folder.names().iter().any(|name| name.contains(".part")));
}

#[test]
fn rows_are_not_looked_for_in_a_csv_that_has_changed() {
    let (folder, _sandbox) = with_problems();
    let folder = folder.with("t.csv", CSV.replace("First", "Other"));
    let ended = folder
        .command("export t.csv -c c.sqlite3")
        .changes_nothing()
        .run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("is not as it was"), "{ended:?}");
}

/// What a person would do to `error.csv`.
fn fixed(error: &str) -> String {
    error
        .replace("\"Two, quoted\",,", "\"Two, quoted\",Second,")
        .replace("\r\n,Four", "\r\n4,Four")
        .replace("\r\n1,Five", "\r\n5,Five")
}

#[test]
fn a_fixed_error_csv_is_fed_back_and_every_row_has_one_ticket() {
    let (folder, sandbox) = with_problems();
    let ended = folder.command("export t.csv -c c.sqlite3").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let text = fixed(&folder.text("error.csv"));
    let folder = folder.with("error.csv", text);
    let ended = run(&folder, &sandbox, "error.csv", "--limit 1");
    assert_eq!(ended.status, Some(4), "{ended:?}");
    // The recorded file leaves the fixed rows alone, also when it is read again.
    let ended = run(&folder, &sandbox, "t.csv", "");
    assert_eq!(ended.status, Some(4), "{ended:?}");
    assert!(ended.stderr.contains("2 rows wait in"), "{ended:?}");
    let folder = folder.with("t.csv", CSV.replace("\"Third\nline\"", "\"Other\nline\""));
    let ended = run(&folder, &sandbox, "t.csv", "");
    assert_eq!(ended.status, Some(4), "{ended:?}");
    assert!(ended.stderr.contains("1 changed since"), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, 3);
    let ended = run(&folder, &sandbox, "error.csv", "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let stats = sandbox.stats();
    assert_eq!(
        (stats.tickets, stats.external_ids, stats.duplicates),
        (5, 5, 0)
    );
    for csv in ["error.csv", "t.csv"] {
        let ended = run(&folder, &sandbox, csv, "");
        assert_eq!(ended.status, Some(0), "{ended:?}");
    }
    assert_eq!(sandbox.stats().tickets, 5);
    let ended = folder.command("verify --offline -c c.sqlite3").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[test]
fn another_file_whose_rows_are_not_known_is_refused() {
    let (folder, sandbox) = with_problems();
    let folder = folder.with("other.csv", CSV.replace("\r\n2,", "\r\n77,"));
    let ended = run(&folder, &sandbox, "other.csv", "");
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(
        ended.stderr.contains("is not among the rows of "),
        "{ended:?}"
    );
    assert_eq!(sandbox.stats().tickets, 2);
}

/// A text as a program of old writes it.
fn encoded(encoding: &str, text: &str) -> Vec<u8> {
    let units = text.encode_utf16();
    match encoding {
        "utf-16le" => [0xff, 0xfe]
            .into_iter()
            .chain(units.flat_map(u16::to_le_bytes))
            .collect(),
        "utf-16be" => [0xfe, 0xff]
            .into_iter()
            .chain(units.flat_map(u16::to_be_bytes))
            .collect(),
        legacy => {
            let legacy = encoding_rs::Encoding::for_label(legacy.as_bytes()).unwrap();
            let (bytes, _, replaced) = legacy.encode(text);
            assert!(!replaced, "{encoding} has no {text}");
            bytes.into_owned()
        }
    }
}

#[test]
fn a_file_in_an_encoding_of_old_is_exported_to_the_byte_fixed_and_fed_back() {
    let encodings = [
        ("windows-1252", "Café “Zoë” €", "Grüße"),
        ("shift_jis", "表示ソート", "能力"),
        ("utf-16le", "Ünï\u{1f600}", "日本"),
        ("utf-16be", "Ünï\u{1f600}", "日本"),
    ];
    for (encoding, subject, text) in encodings {
        let bytes = |text: &str| encoded(encoding, text);
        let csv = format!(
            "external_id,subject,comment.body\r\n1,One,First\r\n2,\"{}\",\r\n3,Three,Third",
            subject.replace('"', "\"\"")
        );
        let name = if encoding.starts_with("utf-16") {
            "utf-16"
        } else {
            encoding
        };
        let mapping = format!(
            "[source]\nencoding = \"{name}\"\n[ticket]\nexternal_id = \"external_id\"\n\
             subject = \"subject\"\ncomment.body = \"comment.body\"\n"
        );
        let folder = Folder::new()
            .with("t.csv", bytes(&csv))
            .with("t.toml", mapping);
        let sandbox = Sandbox::start(&folder, "");
        let ended = run(&folder, &sandbox, "t.csv", "");
        assert_eq!(ended.status, Some(3), "{encoding}: {ended:?}");
        let ended = folder.command("export t.csv -c c.sqlite3").run();
        assert_eq!(ended.status, Some(0), "{encoding}: {ended:?}");
        let error = std::fs::read(folder.path("error.csv")).unwrap();
        let head = format!(
            "external_id,subject,comment.body,_line,_code,_message,_row\r\n2,\"{subject}\","
        );
        let head = bytes(&head);
        assert!(error.starts_with(&head), "{encoding}: {error:x?}");
        // The text is typed into the empty cell, and nothing else is touched.
        let typed = &bytes(text)[bytes("").len()..];
        let fixed = [&head, typed, &error[head.len()..]].concat();
        let folder = folder.with("error.csv", fixed);
        let ended = run(&folder, &sandbox, "error.csv", "-m t.toml");
        assert_eq!(ended.status, Some(0), "{encoding}: {ended:?}");
        let found = sandbox.get("/api/v2/tickets?external_id=2");
        let ticket = &found["tickets"][0];
        assert_eq!(ticket["description"], text, "{encoding}");
        assert_eq!(ticket["subject"], subject, "{encoding}");
        assert_eq!(sandbox.stats().tickets, 3, "{encoding}");
    }
}

#[test]
fn a_fixed_row_that_is_refused_again_can_be_fixed_where_it_was() {
    let (folder, sandbox) = with_problems();
    let ended = folder.command("export t.csv -c c.sqlite3").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("further"), "{ended:?}");
    let text = fixed(&folder.text("error.csv")).replace(",Five,Fifth,low", ",Five,Fifth,soon");
    let folder = folder.with("error.csv", text);
    let ended = run(&folder, &sandbox, "error.csv", "");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let ended = folder.command("export t.csv -c c.sqlite3 --out out").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    for part in [
        "1 row was fixed in ",
        "error.csv and still cannot be sent",
        "as t.csv does",
    ] {
        let told = ended.stderr.replace("\n  ", " ");
        assert!(told.contains(part), "{part}: {ended:?}");
    }
    let error = folder.text("out/error.csv");
    assert!(
        error.contains("\r\n1,Five,Fifth,low,7,UnknownPriority,"),
        "{error}"
    );
}

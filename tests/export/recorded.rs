//! Rows that are gone from the recorded CSV, and files beside it.

use super::{CSV, fixed, run, with_problems};
use crate::support::folder::Folder;
use crate::support::http::post;
use crate::support::sandbox::Sandbox;

/// An account that refuses everything of one person's, and a CSV with such rows.
fn with_refused(rows: &str) -> (Folder, Sandbox) {
    let folder = Folder::new().with("t.csv", refusable(rows));
    let sandbox = Sandbox::start(&folder, "");
    let settings = r#"{"suspended":["bad@example.com"]}"#;
    post(sandbox.address(), "/sandbox/settings", settings);
    let ended = run(&folder, &sandbox, "t.csv", "");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    (folder, sandbox)
}

fn refusable(rows: &str) -> String {
    format!("external_id,subject,comment.body,requester.email\n{rows}")
}

const BAD_TWO: &str = "2,Two,Second!,bad@example.com\n";

#[test]
fn a_refused_row_that_is_gone_from_the_csv_is_named_and_no_other_row_is_given_out_for_it() {
    let rest = "1,One,First,\n3,Thr,Third!,bad@example.com\n";
    let rows = rest.replace("\n3", &format!("\n{BAD_TWO}3"));
    let (folder, sandbox) = with_refused(&rows);
    let folder = folder.with("t.csv", refusable(rest));
    let ended = run(&folder, &sandbox, "t.csv", "");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let ended = folder.command("export t.csv -c c.sqlite3 --out out").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("left out, since it is gone from t.csv: 2 (rejected: RecordInvalid)\n"),
        "{ended:?}"
    );
    let error = folder.text("out/error.csv");
    let lines: Vec<&str> = error.lines().skip(1).collect();
    assert_eq!(lines.len(), 1, "{error}");
    assert!(lines[0].starts_with("3,Thr,Third!,bad@example.com,3,RecordInvalid,"));
    let summary: serde_json::Value =
        serde_json::from_str(&folder.text("out/summary.json")).unwrap();
    assert_eq!(
        (&summary["gone"], &summary["rejected"]),
        (&1.into(), &2.into())
    );
    // The line on which both have stood is that of the row that is there.
    let ended = folder.command("retry -c c.sqlite3 --line 3").run();
    assert!(ended.stderr.contains("1 row is pending"), "{ended:?}");
}

#[test]
fn a_fixed_row_that_had_no_id_and_is_not_found_again_is_not_given_out_as_another() {
    let without_id = ",Two,Second!,bad@example.com\n";
    let (folder, sandbox) = with_refused(&format!("1,One,First,\n{without_id}"));
    let ended = folder.command("export t.csv -c c.sqlite3").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let text = folder.text("error.csv").replace("\n,Two", "\n2,Two");
    let folder = folder.with("m.csv", text);
    let ended = run(&folder, &sandbox, "m.csv", "");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    // As many bytes, on the same line.
    let other = without_id.replace("Two", "Six");
    let folder = folder.with("t.csv", refusable(&format!("1,One,First,\n{other}")));
    let ended = run(&folder, &sandbox, "t.csv", "");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let ended = folder.command("export t.csv -c c.sqlite3 --force").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains("gone from t.csv: 2 (rejected"),
        "{ended:?}"
    );
    let error = folder.text("error.csv");
    let lines: Vec<&str> = error.lines().skip(1).collect();
    assert_eq!(lines.len(), 1, "{error}");
    assert!(lines[0].starts_with(",Six,Second!,bad@example.com,3,MissingExternalId,"));
}

#[test]
fn after_a_retry_an_export_says_that_the_csv_must_be_read_again_first() {
    let (folder, sandbox) = with_refused(&format!("1,One,First,bad@example.com\n{BAD_TWO}"));
    let ended = folder.command("retry -c c.sqlite3 --line 2").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let ended = folder.command("export t.csv -c c.sqlite3").run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(!ended.stderr.contains("not as it was"), "{ended:?}");
    assert!(ended.stderr.contains("must be read again"), "{ended:?}");
    assert!(ended.stderr.contains("--limit 0"), "{ended:?}");
    let ended = run(&folder, &sandbox, "t.csv", "--limit 0");
    assert_eq!(ended.status, Some(4), "{ended:?}");
    let ended = folder.command("export t.csv -c c.sqlite3").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

#[test]
fn an_export_beside_a_fixed_file_gives_out_the_rows_of_the_recorded_csv() {
    let (folder, sandbox) = with_problems();
    let ended = folder.command("export t.csv -c c.sqlite3").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let text = fixed(&folder.text("error.csv")).replace(",Five,Fifth,low", ",Five,Fifth,soon");
    let folder = folder.with("m.csv", text);
    let ended = run(&folder, &sandbox, "m.csv", "");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("next: zendesk-migrate export t.csv -c c.sqlite3 "),
        "{ended:?}"
    );
    let ended = folder.command("export m.csv -c c.sqlite3 --out out").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains(
            "m.csv is not the CSV that the checkpoint was made from; the rows are read in "
        ),
        "{ended:?}"
    );
    let error = folder.text("out/error.csv");
    assert!(
        error.contains("\r\n1,Five,Fifth,low,7,UnknownPriority,"),
        "{error}"
    );
}

#[test]
fn a_run_of_a_fixed_file_that_is_done_was_not_interrupted_and_the_file_that_is_left_is_named() {
    let folder = Folder::new().with("t.csv", CSV.replace("=cmd()", "3"));
    let sandbox = Sandbox::start(&folder, "");
    let ended = run(&folder, &sandbox, "t.csv", "--limit 1");
    assert_eq!(ended.status, Some(4), "{ended:?}");
    let ended = folder.command("export t.csv -c c.sqlite3").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let text = fixed(&folder.text("error.csv"));
    let folder = folder.with("m.csv", text);
    let ended = run(&folder, &sandbox, "m.csv", "");
    assert_eq!(ended.status, Some(4), "{ended:?}");
    let of = |command: &str| {
        folder
            .command(&format!("{command} -c c.sqlite3"))
            .run()
            .stdout
    };
    let status = of("status --json");
    assert!(
        status.contains(r#""stopped_because":"waiting""#),
        "{status}"
    );
    assert!(of("status").contains("1 row waits in "), "{}", of("status"));
    let page = of("report --format html");
    assert!(!page.contains("interrupted"), "{page}");
    let named = format!(
        "1 row is to go in <b>{}</b>: run that file.",
        recorded(&folder)
    );
    assert!(page.contains(&named), "{page}");
    let told: serde_json::Value = serde_json::from_str(&of("report --format json")).unwrap();
    let expected = serde_json::json!([{"file": recorded(&folder), "rows": 1}]);
    assert_eq!(told["waiting"], expected);
    assert!(of("report --format text").contains("1 row waits in "));
    let ended = run(&folder, &sandbox, "t.csv", "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(of("status --json").contains(r#""stopped_because":"done""#));
}

/// The path of the recorded CSV, as a checkpoint has it.
fn recorded(folder: &Folder) -> String {
    folder.path("t.csv").display().to_string()
}

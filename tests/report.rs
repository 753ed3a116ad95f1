//! The report adds up, and hostile text in it stays text.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

use crate::support::folder::Folder;
use crate::support::sandbox::Sandbox;
use serde_json::Value;

const CSV: &str = "external_id,subject,comment.body,priority\n\
    1,One,First,\n\
    <script>alert(1)</script>,Two,,\n\
    =cmd(),Three,Third,<script>alert(2)</script>\n\
    4,Four,Fourth,\n";

fn imported() -> Folder {
    let folder = Folder::new().with("t.csv", CSV);
    let ended = folder.command("run t.csv --sandbox").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    folder
}

fn report(folder: &Folder, format: &str) -> String {
    let ended = folder
        .command(&format!("report t.csv --format {format}"))
        .changes_nothing()
        .run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    ended.stdout
}

fn sum(list: &Value, name: &str) -> u64 {
    let list = list.as_array().unwrap().iter();
    list.map(|entry| entry[name].as_u64().unwrap()).sum()
}

#[test]
fn the_facts_of_a_report_add_up() {
    let folder = imported();
    let facts: Value = serde_json::from_str(&report(&folder, "json")).unwrap();
    let of = |name: &str| facts[name].as_u64().unwrap();
    let states = [
        "created",
        "rejected",
        "invalid",
        "unknown",
        "pending",
        "sending",
        "withdrawn",
    ];
    assert_eq!(
        of("rows"),
        states.iter().map(|state| of(state)).sum::<u64>()
    );
    assert_eq!((of("rows"), of("created")), (4, 2));
    let problems = of("rejected") + of("invalid") + of("unknown");
    assert_eq!(sum(&facts["causes"], "rows"), problems);
    let listed = facts["needs_person"].as_array().unwrap().len() as u64;
    assert_eq!(listed + of("needs_person_more"), problems);
    let buckets = &facts["timeline"]["buckets"];
    assert_eq!(sum(buckets, "tickets"), of("created"));
    assert_eq!(sum(buckets, "creates"), 2);
    let parts = ["answered", "lookups", "refused", "throttled", "failed"];
    let requests: u64 = parts.iter().map(|part| sum(buckets, part)).sum();
    assert_eq!(requests, sum(&facts["replies"], "requests"));
    assert_eq!(facts["latency"]["creates"], 2);
    assert_eq!(
        sum(&facts["runs"], "requests"),
        facts["all_runs"]["requests"].as_u64().unwrap()
    );
    assert_eq!(facts["runs"][0]["stopped_because"], "done");
}

#[test]
fn hostile_text_stays_text_in_a_page_without_scripts() {
    let page = report(&imported(), "html");
    assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"));
    assert!(!page.contains("<script"), "{page}");
    assert!(page.contains("&lt;script&gt;alert(2)"), "{page}");
    assert!(page.contains("=cmd()"));
    for outside in ["http://", "https://", "src=", "url(", "@import"] {
        assert!(!page.contains(outside), "{outside} in {page}");
    }
}

#[test]
fn the_text_of_a_report_fits_eighty_columns() {
    let text = report(&imported(), "text");
    let long: Vec<&str> = text
        .lines()
        .filter(|line| line.chars().count() > 80 && line.trim().contains(' '))
        .filter(|line| !line.contains("t.csv"))
        .collect();
    assert!(long.is_empty(), "{long:?}");
    assert!(text.starts_with("2 of 4 rows have their ticket; 2 need a person."));
}

/// Rows that Zendesk refuses for two reasons, and one row that may or may not have a ticket.
const REFUSED: &str = "external_id,comment.body,status,requester.name,requester.email\n\
    1,One,open,A,a@good.example\n\
    2,Two,open,B,b@bad.example\n\
    3,Three,open,C,c@bad.example\n\
    4,Four,lost,D,d@bad.example\n\
    5,Five,lost,E,e@good.example\n\
    \"q\"\"\",Six,open,F,f@good.example\n";

fn refused() -> Folder {
    Folder::new()
        .with("t.csv", REFUSED)
        .with(
            "t.toml",
            "[ticket]\nexternal_id = \"external_id\"\ncomment.body = \"comment.body\"\n\
             custom_fields.7 = \"status\"\nrequester.name = \"requester.name\"\n\
             requester.email = \"requester.email\"\n",
        )
        .with(
            "settings.toml",
            "suspended = [\"@bad.example\"]\ndrop_keys = true\n\
             custom_fields = [{ id = 7, type = \"text\", title = \"Level\", \
              rejects = [\"open\", \"lost\"] }]\n",
        )
        .with("faults.toml", "lost_before = 1.0\nat_most = 1\n")
}

#[test]
fn refused_rows_are_told_apart_by_what_zendesk_objects_to() {
    let folder = refused();
    let folder = folder.with("t.csv", REFUSED.replace(",open,", ",3,"));
    let sandbox = Sandbox::start(&folder, "--settings settings.toml");
    let ended = folder
        .command(&format!("run t.csv --url {}", sandbox.url()))
        .env("ZENDESK_OAUTH_TOKEN", "t")
        .run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let facts: Value = serde_json::from_str(&report(&folder, "json")).unwrap();
    let cause = &facts["causes"][0];
    assert_eq!(
        (cause["code"].as_str(), cause["rows"].as_u64()),
        (Some("RecordInvalid"), Some(4))
    );
    let faults: Vec<(&str, u64, u64)> = cause["faults"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            (
                fault["kind"].as_str().unwrap(),
                fault["rows"].as_u64().unwrap(),
                fault["line"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        faults,
        [
            ("requester: UserSuspended", 3, 3),
            ("Level: InvalidValue", 2, 5)
        ]
    );
    let text = report(&folder, "text");
    assert!(
        text.contains("\n- 2 rows with Level: InvalidValue; for example line 5: "),
        "{text}"
    );
    let page = report(&folder, "html");
    assert!(
        page.contains("<span>Level: InvalidValue</span><span>2 rows</span>"),
        "{page}"
    );
}

#[test]
fn an_unknown_row_comes_before_all_others_with_what_to_do_about_it() {
    let csv = REFUSED.replace(",open,", ",3,").replace(",lost,", ",4,");
    // The row whose request is lost is the first that is sent.
    let (header, rows) = csv.split_once('\n').unwrap();
    let (first, last) = rows.trim_end().rsplit_once('\n').unwrap();
    let folder = refused().with("t.csv", format!("{header}\n,bad,,,\n{last}\n{first}\n"));
    let sandbox = Sandbox::start(&folder, "--settings settings.toml --faults faults.toml");
    let ended = folder
        .command(&format!(
            "run t.csv --url {} --lookup-settle 1s",
            sandbox.url()
        ))
        .env("ZENDESK_OAUTH_TOKEN", "t")
        .run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let told = ended.stderr.replace("\n  ", " ");
    assert!(
        told.contains("is unknown, and `zendesk-migrate report`"),
        "{ended:?}"
    );
    assert!(
        ended.stderr.contains("to error.csv and unknown.csv"),
        "{ended:?}"
    );
    let first = ended.stderr.lines().find(|line| line.starts_with("line "));
    assert!(first.unwrap().starts_with("line 3 is unknown"), "{ended:?}");
    let facts: Value = serde_json::from_str(&report(&folder, "json")).unwrap();
    assert_eq!(facts["needs_person"][0]["state"], "unknown");
    assert_eq!(facts["needs_person"][1]["state"], "invalid");
    for format in ["text", "html"] {
        let shown = report(&folder, format);
        let words = shown
            .replace("<span>", "")
            .replace("</span>", "")
            .replace("\n ", "");
        let advice = "zendesk-migrate retry t.csv --unknown --line LINE --as-ticket";
        assert!(words.contains(advice), "{shown}");
    }
}

#[test]
fn a_page_is_written_where_it_is_wanted() {
    let folder = imported();
    let ended = folder.command("report t.csv -o page.html").run();
    assert_eq!(
        (ended.status, ended.stdout.as_str()),
        (Some(0), ""),
        "{ended:?}"
    );
    assert!(folder.text("page.html").starts_with("<!DOCTYPE html>"));
}

#[test]
fn a_stdout_that_is_full_is_an_error_and_a_closed_one_is_not() {
    let folder = imported();
    let program = env!("CARGO_BIN_EXE_zendesk-migrate");
    let shell = |line: &str| {
        let output = std::process::Command::new("sh")
            .args(["-c", line])
            .current_dir(folder.path(""))
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (status, _) = shell(&format!("{program} report t.csv --format json | true"));
    assert_eq!(status, Some(0));
    if std::path::Path::new("/dev/full").exists() {
        let (status, stderr) = shell(&format!("{program} status t.csv --json > /dev/full"));
        assert_eq!(status, Some(1), "{stderr}");
        assert!(stderr.contains("cannot write to stdout"), "{stderr}");
    }
}

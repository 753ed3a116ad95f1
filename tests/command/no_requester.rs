//! Tickets that do not say who requested them are counted, and it is said whose they become.

use crate::support::folder::Folder;

const MAPPING: &str = "[ticket]\nexternal_id = \"id\"\ncomment.body = \"text\"\n\
     requester.email = \"mail\"\nrequester.name = \"name\"\n";

const CSV: &str =
    "id,text,mail,name\n1,a,ann@example.com,Ann\n2,b,,\n3,c, ,\n4,d,bo@example.com,\n";

fn folder() -> Folder {
    Folder::new().with("t.csv", CSV).with("t.toml", MAPPING)
}

/// What the report says of them.
fn reported(folder: &Folder) -> serde_json::Value {
    let told = folder.command("report t.csv --format json").run().stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    told["no_requester"].clone()
}

#[test]
fn a_dry_run_counts_the_tickets_without_a_requester() {
    let folder = folder();
    let ended = folder.command("run t.csv -n").run();
    assert!(
        ended.stderr.contains(
            "\n2 tickets have no requester (lines 3 and 4): they will be requested by the user whose \
             credentials are used\n"
        ),
        "{ended:?}"
    );
    let told = folder.command("run t.csv -n --json").run().stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        told["no_requester"],
        serde_json::json!({"created": 0, "waiting": 2, "lines": [3, 4], "user": null})
    );
    let page = folder.command("run t.csv -n --format html").run().stdout;
    assert!(page.contains("2 tickets have no requester"));

    let online = folder.command("run t.csv -n --online --sandbox").run();
    assert!(
        online
            .stderr
            .contains("requested by Sandbox Admin (user 900000001), whose credentials are used\n"),
        "{online:?}"
    );
}

#[test]
fn a_run_says_it_once_of_the_rows_that_it_sends_and_the_report_keeps_it() {
    let folder = folder();
    let says = "have no requester";
    let first = folder.command("run t.csv --sandbox --limit 1").run();
    assert!(!first.stderr.contains("no requester"), "{first:?}");
    assert_eq!(
        reported(&folder),
        serde_json::json!({"created": 0, "waiting": 2, "user": 900_000_001})
    );
    let second = folder.command("run t.csv --sandbox").run();
    assert_eq!(second.stderr.matches(says).count(), 1, "{second:?}");
    let told = second.stderr.find(says).unwrap();
    assert!(
        told < second.stderr.find("this run:").unwrap(),
        "{second:?}"
    );
    assert_eq!(
        reported(&folder),
        serde_json::json!({"created": 2, "waiting": 0, "user": 900_000_001})
    );
    for format in ["text", "html"] {
        let report = folder
            .command(&format!("report t.csv --format {format} -o -"))
            .run();
        assert!(
            report
                .stdout
                .contains("2 tickets were created without a requester"),
            "{report:?}"
        );
    }
    let again = folder.command("run t.csv --sandbox").run();
    assert!(!again.stderr.contains("requester"), "{again:?}");
}

#[test]
fn the_count_follows_the_file_and_rows_that_left_it_do_not_count() {
    let folder = folder();
    folder.command("run t.csv --sandbox --limit 1").run();
    let fixed = CSV
        .replace("2,b,,", "2,b,cy@example.com,")
        .replace("3,c, ,\n", "");
    let folder = folder.with("t.csv", fixed.clone());
    let ended = folder.command("run t.csv --sandbox --limit 1").run();
    assert!(!ended.stderr.contains("no requester"), "{ended:?}");
    assert_eq!(reported(&folder), serde_json::Value::Null);
    let folder = folder.with("t.csv", fixed + "5,e,,\n");
    let ended = folder.command("run t.csv --sandbox").run();
    assert!(
        ended
            .stderr
            .contains("1 ticket has no requester (line 5): "),
        "{ended:?}"
    );
}

#[test]
fn a_row_that_is_fixed_in_another_file_is_judged_by_that_file() {
    let csv = CSV.replace("2,b,,", "2,,,");
    let folder = Folder::new().with("t.csv", csv).with("t.toml", MAPPING);
    folder.command("run t.csv --sandbox").run();
    assert_eq!(reported(&folder)["created"], 1);
    folder.command("export t.csv --out out").run();
    let error = folder.text("out/error.csv").replacen("2,,,", "2,b,,", 1);
    std::fs::write(folder.path("out/error.csv"), error).unwrap();
    let ended = folder.command("run out/error.csv --sandbox").run();
    assert!(
        ended
            .stderr
            .contains("1 ticket has no requester (line 2): "),
        "{ended:?}"
    );
    assert_eq!(reported(&folder)["created"], 2);
}

#[test]
fn a_mapping_without_a_requester_is_told_apart_from_empty_cells() {
    let mapping = "[ticket]\nexternal_id = \"id\"\ncomment.body = \"text\"\n";
    let folder = Folder::new().with("t.csv", CSV).with("t.toml", mapping);
    let ended = folder.command("run t.csv -n").run();
    assert!(
        ended.stderr.contains(
            "\nno requester is mapped, so 4 tickets will be requested by the user whose credentials \
             are used\n"
        ),
        "{ended:?}"
    );
}

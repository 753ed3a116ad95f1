//! A dry run says what every word for status, priority and type becomes.

use crate::support::folder::Folder;

const MAPPING: &str = "[ticket]\nexternal_id = \"id\"\ncomment.body = \"text\"\n\
     status = { column = \"State\", values = { Done = \"solved\" }, otherwise = \"open\" }\n\
     priority = { column = \"Urgency\", default = \"low\" }\n\
     type = { constant = \"task\" }\n";

fn folder() -> Folder {
    let csv = "id,text,State,Urgency\n1,a,Cancelled,\n2,b,Cancelled,high\n3,c,Done,5\n4,d,open,\n\
               5,e,,5\n";
    Folder::new().with("t.csv", csv).with("t.toml", MAPPING)
}

const TABLE: &str = "\
status:
  Cancelled → open (otherwise)  2 rows
  Done      → solved            1 row
  open      → open              1 row
  (empty)   → not set           1 row
priority:
  (empty) → low (default)            2 rows
  5       → invalid (not in values)  2 rows
  high    → high                     1 row
type:
  (every row) → task  5 rows
";

#[test]
fn a_dry_run_says_what_becomes_of_each_word_and_by_which_rule() {
    let folder = folder();
    let ended = folder.command("run t.csv -n").changes_nothing().run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    assert!(ended.stderr.contains(TABLE), "{ended:?}");

    let told = folder.command("run t.csv -n --json").run().stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        told["words"][0]["words"][0],
        serde_json::json!({"word": "Cancelled", "becomes": "open", "by": "otherwise", "rows": 2})
    );
    assert_eq!(told["words"][0]["words"][3]["by"], "empty");
    assert_eq!(told["words"][1]["field"], "priority");
    assert_eq!(
        told["words"][1]["words"][1],
        serde_json::json!({"word": "5", "becomes": null, "by": "unknown", "rows": 2})
    );
    assert_eq!(told["words"][2]["words"][0]["by"], "constant");

    let page = folder.command("run t.csv -n --format html").run().stdout;
    assert!(page.contains("What words become"), "{page}");
    assert!(page.contains("open (otherwise)"), "{page}");
}

#[test]
fn a_dry_run_after_a_run_has_the_same_table() {
    let folder = folder();
    let ended = folder.command("run t.csv --sandbox").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let ended = folder.command("run t.csv --sandbox -n").run();
    assert!(ended.stderr.contains(TABLE), "{ended:?}");
}

#[test]
fn a_text_has_a_screen_of_words_and_the_json_a_hundred() {
    let rows = (0..3000).map(|row| format!("{row},text,Word {}\n", row % 1500));
    let csv = format!("id,text,State\n{}", rows.collect::<String>());
    let mapping = "[ticket]\nexternal_id = \"id\"\ncomment.body = \"text\"\nstatus = \"State\"\n";
    let folder = Folder::new().with("t.csv", csv).with("t.toml", mapping);
    let ended = folder.command("run t.csv -n").run();
    assert!(
        ended
            .stderr
            .contains("  … and 988 more words (2,976 rows)\n"),
        "{ended:?}"
    );
    let told = folder.command("run t.csv -n --json").run().stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let status = &told["words"][0];
    assert_eq!(status["words"].as_array().unwrap().len(), 100);
    assert_eq!(status["words"][0]["word"], "Word 0");
    // A thousand are told apart; the rows of the others are counted.
    assert_eq!(
        (&status["more_words"], &status["more_rows"]),
        (&900.into(), &2800.into())
    );
    let again = folder.command("run t.csv -n --json").run().stdout;
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!(told["words"], again["words"]);
}

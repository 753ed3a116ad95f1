//! Rows that are no whole row, or none at all, make no ticket.

use crate::support::folder::Folder;

const MAPPING: &str = "[ticket]
external_id  = { column = \"id\", prefix = \"x-\" }
subject      = \"subject\"
comment.body = \"body\"
";

/// What a run of a CSV says, and the counts with which it ends.
fn run(csv: &str, counts: &str) -> String {
    let folder = Folder::new().with("t.csv", csv).with("t.toml", MAPPING);
    let ended = folder.command("run t.csv --sandbox").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    assert!(ended.stderr.contains(counts), "{ended:?}");
    ended.stderr
}

#[test]
fn halves_of_a_row_are_told_and_not_sent() {
    let told = run(
        "id,subject,body\r\n1,Printer,First of the report\nsecond, with a comma, and more\r\n2,Screen,ok\r\n",
        "3 rows: 1 created, 2 invalid",
    );
    for text in [
        "line 2 is invalid",
        "line 3 is invalid",
        "BrokenLine",
        "a bare LF",
        "second, with",
    ] {
        assert!(told.contains(text), "{text}: {told}");
    }
    let told = run(
        "id,subject,body\n1,Printer,First paragraph\rsecond paragraph\n2,Screen,ok\n",
        "3 rows: 1 created, 2 invalid",
    );
    assert!(told.contains("a bare CR ("), "{told}");
}

#[test]
fn the_headers_of_exports_that_were_put_together_are_told_and_not_sent() {
    let told = run(
        "id,subject,body\n1,a,b\n\u{feff}id,subject,body\n2,c,d\nid,subject,body\n3,e,f\n",
        "5 rows: 3 created, 2 invalid",
    );
    assert_eq!(told.matches("RepeatedHeader").count(), 2, "{told}");
}

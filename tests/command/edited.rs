//! A checkpoint that somebody has edited: a run does not call it done.

use rusqlite::Connection;

use super::{TWO, TWO_CHECKPOINT};
use crate::support::folder::Folder;

/// A finished checkpoint after an edit by hand.
fn edited(sql: &str) -> Folder {
    let folder = Folder::new().with("two.csv", TWO);
    let ended = folder.command("run two.csv --sandbox").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let db = Connection::open(folder.path(TWO_CHECKPOINT)).unwrap();
    db.pragma_update(None, "foreign_keys", false).unwrap();
    db.execute_batch(sql).unwrap();
    drop(db);
    folder
}

/// Edits of row 2, which has its ticket, with what is found.
const EDITS: [(&str, &str); 13] = [
    (
        "UPDATE row SET ticket_id = NULL WHERE number = 2",
        "row 2 is created without a ticket",
    ),
    (
        "UPDATE row SET how = NULL WHERE number = 2",
        "row 2 is created without a ticket",
    ),
    (
        "UPDATE row SET ticket_id = NULL, how = NULL WHERE number = 2",
        "row 2 is created without a ticket",
    ),
    (
        "UPDATE row SET state = 6 WHERE number = 2",
        "row 2 is created without a ticket, or has one without being created",
    ),
    (
        "UPDATE row SET state = 9 WHERE number = 2",
        "row 2 is in a state that does not exist",
    ),
    (
        "UPDATE row SET state = -1, ticket_id = NULL, how = NULL WHERE number = 2",
        "row 2 is in a state that does not exist",
    ),
    (
        "UPDATE row SET state = 3, ticket_id = NULL, how = NULL WHERE number = 2",
        "row 2 is rejected, invalid or unknown without a reason",
    ),
    (
        "UPDATE row SET problem_code = 'X' WHERE number = 2",
        "row 2 is rejected, invalid or unknown without a reason, or has a reason without being so",
    ),
    (
        "UPDATE row SET key = NULL WHERE number = 2",
        "row 2 can be sent but has no external_id, key or fingerprint",
    ),
    (
        "UPDATE row SET first_sent_at = NULL WHERE number = 2",
        "row 2 was never sent but is in a state that only sending leads to",
    ),
    (
        "DELETE FROM attempt WHERE row = 2",
        "more rows are created by an answer than there were such answers",
    ),
    ("DELETE FROM row WHERE number = 2", "rows are missing"),
    (
        "UPDATE row SET state = 1, ticket_id = NULL, how = NULL WHERE number = 2",
        "row 2 is sending without an intent",
    ),
];

#[test]
fn a_checkpoint_edited_by_hand_is_refused_and_left_as_it_is() {
    for (sql, finding) in EDITS {
        let folder = edited(sql);
        let ended = folder
            .command("run two.csv --sandbox")
            .changes_nothing()
            .run();
        assert_eq!(ended.status, Some(1), "{sql}: {ended:?}");
        let told =
            format!("error: {TWO_CHECKPOINT} holds what this program never writes ({finding}");
        assert!(ended.stderr.starts_with(&told), "{sql}: {ended:?}");
    }
}

#[test]
fn what_a_start_finds_the_auditor_finds_too() {
    for (sql, _) in EDITS {
        let audited = edited(sql).command("verify two.csv --offline").run();
        assert_eq!(audited.status, Some(5), "{sql}: {audited:?}");
    }
}

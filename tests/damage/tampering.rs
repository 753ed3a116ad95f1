//! A checkpoint whose content was changed behind the program's back.

use rusqlite::Connection;

use crate::damage::scene::{CHECKPOINT, Scene};
use crate::damage::verdict::{Damage, judge_all};

fn execute(scene: &Scene, sql: &str) {
    let db = Connection::open(scene.folder.path(CHECKPOINT)).unwrap();
    db.pragma_update(None, "foreign_keys", false).unwrap();
    let changed = db.execute(sql, []).unwrap();
    assert!(changed > 0, "{sql}");
}

fn tampered(what: &'static str, sentence: &'static str, sql: &'static str) -> Damage {
    Damage::refused(what, sentence, move |scene| execute(scene, sql))
}

#[test]
fn a_stored_body_that_was_changed_is_never_sent() {
    let sentence = "has a stored body that is not what was sent";
    judge_all(
        Scene::killed,
        &[
            tampered(
                "a byte of a body",
                sentence,
                "UPDATE flight SET body = CAST(replace(body, 'text', 'Text') AS BLOB)",
            ),
            tampered(
                "a body's hash",
                sentence,
                "UPDATE flight SET fingerprint = zeroblob(32)",
            ),
        ],
    );
}

#[test]
fn a_row_whose_fingerprint_is_not_that_of_the_file_is_not_sent() {
    judge_all(
        Scene::killed,
        &[tampered(
            "a fingerprint",
            "is no longer what it was when it was scanned",
            "UPDATE row SET fingerprint = zeroblob(32) WHERE state = 0",
        )],
    );
}

/// Such a checkpoint knows of less than there is to do: it must not be called done.
#[test]
fn a_checkpoint_from_which_something_was_deleted_is_not_called_done_before_all_is() {
    let deletions = [
        (
            "a pending row",
            "DELETE FROM row WHERE number = (SELECT max(number) FROM row WHERE state = 0)",
        ),
        (
            "a row in flight",
            "DELETE FROM row WHERE number = (SELECT max(number) FROM row WHERE state = 1)",
        ),
        (
            "a flight",
            "DELETE FROM flight WHERE row = (SELECT max(row) FROM flight)",
        ),
    ];
    let damages =
        deletions.map(|(what, sql)| Damage::either(what, move |scene: &Scene| execute(scene, sql)));
    judge_all(Scene::killed, &damages);
}

#[test]
fn values_that_this_program_never_writes_are_refused() {
    judge_all(
        Scene::killed,
        &[
            tampered(
                "a short key",
                "can be sent but has no external_id, key or fingerprint",
                "UPDATE row SET key = x'00' WHERE state = 0",
            ),
            tampered(
                "no external_id",
                "can be sent but has no external_id, key or fingerprint",
                "UPDATE row SET external_id = NULL WHERE state = 0",
            ),
            tampered(
                "an unknown state",
                "is in a state that does not exist",
                "UPDATE row SET state = 9 WHERE state = 0",
            ),
        ],
    );
}

use super::error::CheckpointError;
use super::fixture_tests::{Fixture, in_no_file};
use super::open::{Checkpoint, Reader};

#[test]
fn a_second_opener_is_told_who_holds_it_and_a_reader_is_not_kept_out() {
    let fixture = Fixture::of(&[("a", Some("1"))]);
    let error = Checkpoint::open(&fixture.path(), "another").unwrap_err();
    assert!(
        matches!(&error, CheckpointError::Held { holder, .. } if holder == "a test"),
        "{error}"
    );
    assert_eq!(
        Reader::open(&fixture.path())
            .unwrap()
            .counts()
            .unwrap()
            .pending,
        1
    );
}

#[test]
fn the_lock_goes_with_its_holder() {
    let fixture = Fixture::of(&[("a", Some("1"))]).reopened();
    assert_eq!(fixture.checkpoint.counts().unwrap().pending, 1);
}

#[test]
fn a_scan_that_was_cut_off_is_begun_anew() {
    let mut fixture = Fixture::of(&[]);
    fixture
        .checkpoint
        .db
        .execute("DELETE FROM setting", [])
        .unwrap();
    fixture
        .checkpoint
        .db
        .execute("INSERT INTO row VALUES (1,1,1,'x',x'00',x'00',0,1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL)", [])
        .unwrap();
    assert!(!fixture.checkpoint.is_loaded().unwrap());
    fixture.checkpoint.load().unwrap().finish(&[]).unwrap();
    assert_eq!(fixture.checkpoint.counts().unwrap().rows(), 0);
}

#[test]
fn a_new_checkpoint_can_be_taken_back_and_a_used_one_cannot() {
    let fixture = Fixture::of(&[("a", Some("1"))]);
    let path = fixture.path();
    fixture.checkpoint.discard_if_new().unwrap();
    assert!(path.exists(), "it was loaded");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.sqlite3");
    Checkpoint::open(&path, "a test")
        .unwrap()
        .discard_if_new()
        .unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_scratch_copy_holds_what_the_checkpoint_holds_and_leaves_it_alone() {
    let fixture = Fixture::of(&[("a", Some("1")), ("b", None)]);
    let reader = Reader::open(&fixture.path()).unwrap();
    let mut scratch = Checkpoint::scratch_copy(&reader).unwrap();
    assert_eq!(
        scratch.counts().unwrap(),
        fixture.checkpoint.counts().unwrap()
    );
    let rescan = scratch.rescan().unwrap();
    rescan.finish(&[], true, in_no_file).unwrap();
    assert_eq!(scratch.counts().unwrap().withdrawn, 2);
    assert_eq!(fixture.checkpoint.counts().unwrap().withdrawn, 0);
}

#[test]
fn the_settings_of_durability_are_those_that_the_promises_need() {
    let fixture = Fixture::of(&[]);
    let pragma = |name: &str| -> String {
        fixture
            .checkpoint
            .db
            .query_row(&format!("SELECT * FROM pragma_{name}"), [], |r| {
                r.get::<_, rusqlite::types::Value>(0)
            })
            .map(|value| format!("{value:?}"))
            .unwrap()
    };
    assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
    assert_eq!(pragma("synchronous"), "Integer(2)", "2 is FULL");
    assert_eq!(pragma("foreign_keys"), "Integer(1)");
}

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::create::create;
use super::error::CheckpointError;
use super::fixture_tests::{Fixture, START};
use super::handle::{Checkpoint, Reader};
use super::load::NewRow;
use super::schema::{APPLICATION_ID, MIGRATIONS};
use crate::model::ids::{CellsHash, Fingerprint, Key};

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
        .execute("INSERT INTO row (number, line, byte_offset, cells, state, keys, attempts) VALUES (1,1,1,0,0,1,0)", [])
        .unwrap();
    assert!(!fixture.checkpoint.is_loaded().unwrap());
    fixture.checkpoint.load().unwrap().finish(&[]).unwrap();
    assert_eq!(fixture.checkpoint.counts().unwrap().rows(), 0);
}

#[test]
fn only_the_end_of_a_scan_waits_for_the_disk() {
    const NORMAL: i64 = 1;
    const FULL: i64 = 2;
    let synchronous = |checkpoint: &Checkpoint| -> i64 {
        checkpoint
            .db
            .query_row("PRAGMA synchronous", [], |r| r.get(0))
            .unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let mut checkpoint = Checkpoint::open(&folder.path().join("c"), "a test").unwrap();
    let load = checkpoint.load().unwrap();
    assert_eq!(synchronous(load.checkpoint()), NORMAL);
    drop(load);
    assert_eq!(synchronous(&checkpoint), FULL, "it was cut off");
    checkpoint.load().unwrap().finish(&[]).unwrap();
    assert_eq!(synchronous(&checkpoint), FULL, "it has ended");
    let mut scratch = Checkpoint::scratch().unwrap();
    let load = scratch.load().unwrap();
    assert_eq!(synchronous(load.checkpoint()), 0, "it never waits");
}

#[test]
fn rows_that_share_an_external_id_are_counted_as_they_end_up() {
    let mut fixture = Fixture::of(&[]);
    let mut load = fixture.checkpoint.load().unwrap();
    let body = || Ok(Some((Fingerprint::of(b"x"), Key::random())));
    for (line, external_id) in [(2, "a"), (3, "b"), (4, "a"), (5, "a")] {
        let row = NewRow {
            line,
            offset: line,
            cells: CellsHash(0),
            external_id: Some(external_id),
            has_requester: true,
            body: body(),
        };
        load.add([row]).unwrap();
    }
    let counts = load.finish(&[]).unwrap();
    assert_eq!((counts.pending, counts.invalid), (2, 2));
    assert_eq!(fixture.checkpoint.counts().unwrap(), counts);
    let again = "UPDATE row SET external_id = 'b' WHERE number = 1";
    assert!(fixture.checkpoint.db.execute(again, []).is_err());
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
fn a_new_checkpoint_that_somebody_reads_is_taken_back_with_its_wal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.sqlite3");
    let mut checkpoint = Checkpoint::open(&path, "a test").unwrap();
    checkpoint.begin_run(START, "1", "{}").unwrap();
    checkpoint.load().map(drop).unwrap();
    let reader = Reader::open(&path).unwrap();
    reader.freeze().unwrap();
    reader.counts().unwrap();
    checkpoint.discard_if_new().unwrap();
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
    rescan.finish(&[], true).unwrap();
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

/// A file and its journal as a process leaves them that dies in its first transaction.
fn cut_off_in_its_first_transaction(path: &std::path::Path) -> (Vec<u8>, Vec<u8>) {
    let db = rusqlite::Connection::open(path).unwrap();
    let many = "PRAGMA cache_size = 1; BEGIN; CREATE TABLE t (x);
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
                INSERT INTO t SELECT randomblob(4000) FROM n;";
    db.execute_batch(many).unwrap();
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    (
        std::fs::read(path).unwrap(),
        std::fs::read(journal).unwrap(),
    )
}

#[test]
fn what_a_cut_off_creation_leaves_is_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let (file, journal) = cut_off_in_its_first_transaction(&folder.path().join("x"));
    let path = folder.path().join("c.sqlite3");
    std::fs::write(&path, "").unwrap();
    for name in ["c.sqlite3-journal", "c.sqlite3.new-journal"] {
        std::fs::write(folder.path().join(name), &journal).unwrap();
    }
    std::fs::write(folder.path().join("c.sqlite3.new"), file).unwrap();
    std::fs::write(folder.path().join("c.sqlite3.new-wal"), "x").unwrap();
    create(&path).unwrap();
    let journal = folder.path().join("c.sqlite3-journal");
    assert!(
        !journal.exists(),
        "SQLite would take the new file back with it"
    );
    let mut checkpoint = Checkpoint::open(&path, "a test").unwrap();
    checkpoint.load().unwrap().finish(&[]).unwrap();
    assert!(Reader::open(&path).unwrap().counts().is_ok());
    let left = std::fs::read_dir(folder.path()).unwrap();
    let left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut left: Vec<String> = left.filter(|name| name.starts_with("c.sqlite3")).collect();
    left.sort();
    let own = [
        "c.sqlite3",
        "c.sqlite3-shm",
        "c.sqlite3-wal",
        "c.sqlite3.lock",
    ];
    assert_eq!(left, own);
}

#[test]
#[cfg(unix)]
fn a_link_that_leads_to_no_file_yet_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let (link, file) = (folder.path().join("link"), folder.path().join("file"));
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let checkpoint = Checkpoint::open(&link, "a test").unwrap();
    drop(checkpoint);
    assert!(link.is_symlink());
    assert!(std::fs::metadata(&file).unwrap().len() > 0);
}

#[test]
fn a_sound_file_that_could_not_be_read_is_not_called_damaged() {
    let fixture = Fixture::of(&[("a", Some("1"))]);
    // How SQLite reports a read that failed.
    let malformed = || rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(11), None);
    let error = CheckpointError::sqlite(&fixture.path(), malformed());
    assert!(matches!(error, CheckpointError::Disk { .. }), "{error}");
    let damaged = fixture.folder.path().join("damaged");
    let mut bytes = std::fs::read(fixture.path()).unwrap();
    let length = bytes.len();
    bytes[length / 2..].fill(0xa5);
    std::fs::write(&damaged, bytes).unwrap();
    let error = CheckpointError::sqlite(&damaged, malformed());
    assert!(matches!(error, CheckpointError::Damaged { .. }), "{error}");
}

/// What a program that makes its file in place leaves if it is killed at the n-th write of its first
/// COMMIT: so many pages, and the journal that takes them back.
fn killed_in_commit(path: &Path, pages: usize) {
    let work = path.with_extension("work");
    let db = Connection::open(&work).unwrap();
    db.pragma_update(None, "page_size", 4096).unwrap();
    db.execute_batch("BEGIN").unwrap();
    db.pragma_update(None, "application_id", APPLICATION_ID)
        .unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    db.execute_batch(MIGRATIONS[0]).unwrap();
    db.cache_flush().unwrap();
    let journal = |path: &Path| {
        let mut name = path.as_os_str().to_owned();
        name.push("-journal");
        PathBuf::from(name)
    };
    std::fs::copy(journal(&work), journal(path)).unwrap();
    db.execute_batch("COMMIT").unwrap();
    drop(db);
    let all = std::fs::read(&work).unwrap();
    assert!(all.len() > pages * 4096);
    std::fs::write(path, &all[..pages * 4096]).unwrap();
    std::fs::remove_file(work).unwrap();
}

/// The same after a first transaction that holds the mark alone.
fn marked(path: &Path) {
    let db = Connection::open(path).unwrap();
    db.pragma_update(None, "application_id", APPLICATION_ID)
        .unwrap();
}

#[test]
fn a_checkpoint_that_was_never_made_to_its_end_is_made_afresh() {
    let kills: [&dyn Fn(&Path); 4] = [
        &marked,
        &|path| killed_in_commit(path, 1),
        &|path| killed_in_commit(path, 2),
        &|path| killed_in_commit(path, 9),
    ];
    for (at, kill) in kills.into_iter().enumerate() {
        let made = || {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("c.sqlite3");
            kill(&path);
            (folder, path)
        };
        let (_folder, path) = made();
        let read = Reader::open(&path);
        let is_missing = matches!(read, Err(CheckpointError::Missing { .. }));
        assert!(is_missing, "{at}: {read:?}");
        let (_folder, path) = made();
        assert!(Reader::open_aside(&path, "a").unwrap().is_none(), "{at}");
        let (_folder, path) = made();
        let checkpoint = Checkpoint::open(&path, "a test").unwrap();
        assert!(!checkpoint.is_loaded().unwrap(), "{at}");
        assert_eq!(checkpoint.audit().unwrap(), Vec::<String>::new());
    }
}

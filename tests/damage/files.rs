//! The checkpoint's file, cut or overwritten.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use crate::damage::scene::{CHECKPOINT, Scene};
use crate::damage::verdict::{Damage, judge_all};

const PAGE: u64 = 16 * 1024;

fn length(scene: &Scene) -> u64 {
    std::fs::metadata(scene.folder.path(CHECKPOINT))
        .unwrap()
        .len()
}

fn cut(scene: &Scene, length: u64) {
    let path = scene.folder.path(CHECKPOINT);
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(length).unwrap();
}

fn overwrite(scene: &Scene, offset: u64, bytes: &[u8]) {
    let path = scene.folder.path(CHECKPOINT);
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.write_all_at(bytes, offset).unwrap();
}

/// Overwrites the page of a table with zeros.
fn zero_root_of(scene: &Scene, table: &str) {
    let db = rusqlite::Connection::open(scene.folder.path(CHECKPOINT)).unwrap();
    let query = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let root: u64 = db.query_row(query, [table], |row| row.get(0)).unwrap();
    drop(db);
    overwrite(
        scene,
        (root - 1) * PAGE,
        &vec![0; usize::try_from(PAGE).unwrap()],
    );
}

#[test]
fn a_checkpoint_that_was_cut_is_refused_or_looked_through_before_anything_is_sent() {
    let behind = "the checkpoint was lost, restored or copied";
    judge_all(
        Scene::ended,
        &[
            Damage::refused("cut to nothing", behind, |scene| cut(scene, 0)),
            Damage::refused("taken away", behind, |scene| {
                std::fs::remove_file(scene.folder.path(CHECKPOINT)).unwrap();
            }),
            Damage::refused("cut to half", "is damaged (", |scene| {
                cut(scene, length(scene) / 2);
            }),
            Damage::refused("cut by a page", "is damaged (", |scene| {
                cut(scene, length(scene) - PAGE);
            }),
            Damage::refused("cut within its header", "is not a checkpoint", |scene| {
                cut(scene, 50);
            }),
        ],
    );
}

#[test]
fn a_checkpoint_that_was_cut_after_a_kill_is_refused_or_looked_through() {
    judge_all(
        Scene::killed,
        &[
            Damage::refused("cut to nothing", "only its -wal file is left", |scene| {
                cut(scene, 0);
            }),
            Damage::refused("cut to half", "is damaged (", |scene| {
                cut(scene, length(scene) / 2);
            }),
            Damage::refused("cut by a page", "is damaged (", |scene| {
                cut(scene, length(scene) - PAGE);
            }),
        ],
    );
}

#[test]
fn a_checkpoint_with_an_overwritten_page_is_refused() {
    let damages = ["setting", "row", "attempt", "row_external_id"].map(|table| {
        Damage::refused(table, "is damaged (", move |scene| {
            zero_root_of(scene, table);
        })
    });
    judge_all(Scene::ended, &damages);
}

#[test]
fn a_checkpoint_with_an_overwritten_page_after_a_kill_is_refused() {
    // A page that the WAL has anew is not damaged.
    let index = "row_external_id";
    judge_all(
        Scene::killed,
        &[Damage::refused(index, "is damaged (", |scene| {
            overwrite(scene, length(scene) - PAGE, &[0; 4096]);
        })],
    );
}

#[test]
fn a_checkpoint_with_garbage_for_a_header_is_refused() {
    let damages = |when: &'static str| {
        [
            Damage::refused(when, "is not a checkpoint", |scene| {
                overwrite(scene, 0, &[0xa5; 100]);
            }),
            Damage::refused(when, "is not a checkpoint", |scene| {
                overwrite(scene, 68, &0x1234_5678_u32.to_be_bytes());
            }),
        ]
    };
    judge_all(Scene::ended, &damages("after an end"));
    judge_all(Scene::killed, &damages("after a kill"));
}

#[test]
fn a_checkpoint_with_an_impossible_page_size_is_refused() {
    judge_all(
        Scene::ended,
        &[Damage::refused("page size", "is damaged (", |scene| {
            overwrite(scene, 16, &[0x12, 0x34]);
        })],
    );
}

#[test]
fn a_checkpoint_of_a_newer_program_is_refused() {
    let newer = |scene: &Scene| {
        let db = rusqlite::Connection::open(scene.folder.path(CHECKPOINT)).unwrap();
        db.pragma_update(None, "user_version", 2).unwrap();
    };
    let sentence = "was written by a newer version";
    judge_all(Scene::ended, &[Damage::refused("ended", sentence, newer)]);
    // Its number stands in the file itself, and the WAL beside it holds the rest.
    let newer = |scene: &Scene| overwrite(scene, 60, &2_u32.to_be_bytes());
    judge_all(Scene::killed, &[Damage::refused("killed", sentence, newer)]);
}

//! The files beside the checkpoint after a kill: what they held is lost, and the checkpoint behind.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;

use crate::damage::scene::{CHECKPOINT, ROWS, SHM, Scene, WAL};
use crate::damage::verdict::{Damage, judge_all, unfinished, wrongs};
use crate::support::process::until;

const BEHIND: &str = "the checkpoint was lost, restored or copied";

/// Of a WAL of 16 KiB pages: its own header, and a frame with its header.
const HEADER: u64 = 32;
const FRAME: u64 = 24 + 16 * 1024;

fn length(scene: &Scene) -> u64 {
    std::fs::metadata(scene.folder.path(WAL)).unwrap().len()
}

fn cut(scene: &Scene, length: u64) {
    let path = scene.folder.path(WAL);
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(length).unwrap();
}

fn turn_byte_over(scene: &Scene, offset: u64) {
    let path = scene.folder.path(WAL);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, offset).unwrap();
    file.write_all_at(&[!byte[0]], offset).unwrap();
}

fn remove(scene: &Scene, name: &str) {
    std::fs::remove_file(scene.folder.path(name)).unwrap();
}

#[test]
fn without_its_index_a_wal_is_as_good_as_with_it() {
    judge_all(
        Scene::killed,
        &[
            Damage::repaired("nothing at all", |_| {}),
            Damage::repaired("-shm removed", |scene| remove(scene, SHM)),
            Damage::repaired("-shm emptied", |scene| {
                std::fs::write(scene.folder.path(SHM), "").unwrap();
            }),
            Damage::repaired("-shm overwritten", |scene| {
                std::fs::write(scene.folder.path(SHM), vec![0xa5; 32 * 1024]).unwrap();
            }),
        ],
    );
}

#[test]
fn a_lost_wal_is_noticed_before_anything_is_sent() {
    judge_all(
        Scene::killed,
        &[
            Damage::refused("removed", BEHIND, |scene| remove(scene, WAL)),
            Damage::refused("emptied", BEHIND, |scene| cut(scene, 0)),
            Damage::refused("all frames cut", BEHIND, |scene| cut(scene, HEADER)),
            Damage::refused("the first frame broken", BEHIND, |scene| {
                turn_byte_over(scene, HEADER + 1000);
            }),
            Damage::refused("the header broken", BEHIND, |scene| {
                turn_byte_over(scene, 10);
            }),
            Damage::refused("both removed", BEHIND, |scene| {
                remove(scene, WAL);
                remove(scene, SHM);
            }),
        ],
    );
}

/// Cuts within a frame, lets the program go on, and says what was wrong.
fn cut_within(frame: u64) -> Vec<String> {
    let scene = Scene::killed();
    cut(&scene, HEADER + frame * FRAME + 1000);
    let mut ended = scene.run("").run();
    let mut wrong = wrongs(&scene, &ended);
    if ended.status != Some(0) {
        ended = scene.run("--recover").run();
        wrong.extend(wrongs(&scene, &ended));
    }
    if ended.status == Some(0) {
        wrong.extend(unfinished(&scene));
    } else {
        wrong.push(format!("frame {frame}: {ended:?}"));
    }
    wrong
}

/// Cut anywhere, a WAL is that of an earlier moment.
#[test]
fn wherever_a_wal_is_cut_no_row_has_two_tickets() {
    let frames = length(&Scene::killed()) / FRAME;
    assert!(frames > 5, "{frames}");
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let cuts: Vec<_> = (1..frames)
            .map(|frame| scope.spawn(move || cut_within(frame)))
            .collect();
        cuts.into_iter()
            .flat_map(|cut| cut.join().unwrap())
            .collect()
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The loss check cannot see tickets that the account does not show yet; the keys of the scan, which
/// were on disk long before, still stand for them.
#[test]
fn a_lost_wal_that_the_loss_check_cannot_see_is_made_good_by_the_keys() {
    let scene = Scene::killed();
    scene.set(r#"{"list_lag_ms":3600000,"search_lag_ms":3600000}"#);
    remove(&scene, WAL);
    let mut ended = scene.run("").run();
    // Row after row that is answered as if it had been sent before is strange enough to halt; the
    // person knows of no other copy, and continues.
    if ended.status == Some(1) && ended.stderr.contains("another copy of this checkpoint") {
        ended = scene.run("").run();
    }
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(wrongs(&scene, &ended), Vec::<String>::new());
    assert_eq!(unfinished(&scene), Vec::<String>::new());
}

/// A kill before the first COMMIT into the WAL: there is a checkpoint, and nothing in it.
#[test]
fn a_wal_that_is_lost_with_the_first_scan_is_noticed_before_anything_is_sent() {
    let scene = Scene::new();
    let run = scene.run("").start();
    until("the first tickets", || scene.sandbox.stats().tickets >= 2);
    run.kill();
    if scene.folder.path(WAL).exists() {
        remove(&scene, WAL);
    }
    assert!(scene.folder.path(CHECKPOINT).exists());
    let ended = scene.run("").run();
    assert_eq!(wrongs(&scene, &ended), Vec::<String>::new());
    if scene.sandbox.stats().tickets < ROWS {
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(BEHIND), "{ended:?}");
    }
    let ended = scene.run("--recover").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(wrongs(&scene, &ended), Vec::<String>::new());
    assert_eq!(unfinished(&scene), Vec::<String>::new());
}

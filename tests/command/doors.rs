//! Two runs never work on one checkpoint at a time, by whatever door the second one comes in.
//!
//! Each test stops a run half-way (the account becomes slow), opens a door, and starts a second run.
//! Nothing that is imported is guarded by a key, so a second writer would make second tickets.

use std::fs;
use std::os::unix::fs::symlink;

use rusqlite::Connection;

use crate::support::folder::{Folder, Program};
use crate::support::http::post;
use crate::support::process::{Ended, Running, until};
use crate::support::sandbox::Sandbox;

const ROWS: u64 = 200;

/// When the second run comes: before the first one has a ticket, so that no look at the account shows
/// that the other is there, or when it has some.
#[derive(Debug, Clone, Copy)]
enum SoFar {
    Asking,
    Halfway,
}

const MOMENTS: [SoFar; 2] = [SoFar::Asking, SoFar::Halfway];

/// An account, and the CSV that runs import into it.
struct Scene {
    folder: Folder,
    sandbox: Sandbox,
}

impl Scene {
    fn new() -> Self {
        let row = |n| format!("{n},Subject {n},Text {n},r{n}@example.com,solved\n");
        let rows: String = (1..=ROWS).map(row).collect();
        let header = "external_id,subject,comment.body,requester.email,status\n";
        let folder = Folder::new().with("old.csv", format!("{header}{rows}"));
        let sandbox = Sandbox::start(&folder, "--latency-ms 5");
        Self { folder, sandbox }
    }

    fn run(&self, checkpoint: &str) -> Program<'_> {
        let url = self.sandbox.url();
        self.folder
            .command(&format!(
                "run old.csv -c {checkpoint} --endpoint imports --url {url} --lookup-settle 1s \
                 --concurrency 2"
            ))
            .env("ZENDESK_OAUTH_TOKEN", "t")
    }

    /// Starts a run and slows it down when it is so far: it has much left to do, however slow the
    /// machine is that the second one starts on.
    fn started(&self, checkpoint: &str, so_far: SoFar) -> Running {
        let running = self.run(checkpoint).start();
        until("the moment for a door", || {
            let stats = self.sandbox.stats();
            match so_far {
                SoFar::Asking => stats.requests > 0,
                SoFar::Halfway => stats.tickets >= 10,
            }
        });
        self.set_faults(r#"{"slow":1.0,"slow_ms":400,"all":true}"#);
        running
    }

    fn at_full_speed(&self) {
        self.set_faults("{}");
    }

    fn set_faults(&self, faults: &str) {
        post(self.sandbox.address(), "/sandbox/faults", faults);
    }

    fn status(&self, checkpoint: &str) -> Ended {
        self.folder
            .command(&format!("status -c {checkpoint}"))
            .run()
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path(name)
    }

    /// The second run is refused because the first one lives, and says which process that is.
    #[track_caller]
    fn is_refused(&self, checkpoint: &str, first: &Running) {
        let ended = self.run(checkpoint).run();
        self.has_no_second_ticket();
        assert_eq!(ended.status, Some(6), "{ended:?}");
        let process = format!("process {} on ", first.id());
        assert!(ended.stderr.contains(&process), "{ended:?}");
    }

    #[track_caller]
    fn ends_well(&self, first: Running) {
        self.at_full_speed();
        let ended = first.wait();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        self.has_one_ticket_of_every_row();
    }

    #[track_caller]
    fn has_one_ticket_of_every_row(&self) {
        let stats = self.sandbox.stats();
        assert_eq!((stats.tickets, stats.duplicates), (ROWS, 0));
    }

    #[track_caller]
    fn has_no_second_ticket(&self) {
        let stats = self.sandbox.stats();
        assert_eq!(stats.duplicates, 0, "{stats:?}");
    }
}

#[test]
fn a_hard_link_is_no_second_door() {
    for so_far in MOMENTS {
        let scene = Scene::new();
        let first = scene.started("one.sqlite3", so_far);
        fs::hard_link(scene.path("one.sqlite3"), scene.path("two.sqlite3")).unwrap();
        let ended = scene.run("two.sqlite3").run();
        scene.has_no_second_ticket();
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(ended.stderr.contains("hard links"), "{ended:?}");
        scene.ends_well(first);
        for name in ["one.sqlite3", "two.sqlite3"] {
            let ended = scene.run(name).run();
            assert_eq!(ended.status, Some(1), "{ended:?}");
        }
        fs::remove_file(scene.path("two.sqlite3")).unwrap();
        let ended = scene.run("one.sqlite3").run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
    }
}

#[test]
fn a_link_to_a_checkpoint_that_is_only_made_through_it_is_no_second_door() {
    for so_far in MOMENTS {
        let scene = Scene::new();
        fs::create_dir(scene.path("disk")).unwrap();
        symlink("disk/one.sqlite3", scene.path("link.sqlite3")).unwrap();
        let first = scene.started("link.sqlite3", so_far);
        scene.is_refused("disk/one.sqlite3", &first);
        scene.is_refused("link.sqlite3", &first);
        assert!(scene.path("disk/one.sqlite3.lock").exists());
        scene.ends_well(first);
    }
}

#[test]
fn a_checkpoint_that_is_renamed_during_a_run_is_no_second_door() {
    for so_far in MOMENTS {
        let scene = Scene::new();
        let first = scene.started("one.sqlite3", so_far);
        fs::rename(scene.path("one.sqlite3"), scene.path("two.sqlite3")).unwrap();
        scene.at_full_speed();
        let second = scene.run("two.sqlite3").run();
        let first = first.wait();
        scene.has_no_second_ticket();
        assert_eq!(first.status, Some(1), "{first:?}");
        assert!(
            first
                .stderr
                .contains("one.sqlite3 was moved, deleted or replaced"),
            "{first:?}"
        );
        // It came while the first one still lived, or afterwards, when all was in its place.
        if second.status != Some(6) {
            assert_eq!(second.status, Some(0), "{second:?}");
        }
        let third = scene.run("two.sqlite3").run();
        assert_eq!(third.status, Some(0), "{third:?}");
        scene.has_one_ticket_of_every_row();
    }
}

#[test]
fn a_run_whose_checkpoint_was_deleted_or_replaced_sends_nothing_more() {
    for replaced in [false, true] {
        let scene = Scene::new();
        let first = scene.started("one.sqlite3", SoFar::Halfway);
        fs::remove_file(scene.path("one.sqlite3")).unwrap();
        if replaced {
            fs::write(scene.path("one.sqlite3"), "notes").unwrap();
        }
        scene.at_full_speed();
        let ended = first.wait();
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(
            ended
                .stderr
                .contains("one.sqlite3 was moved, deleted or replaced"),
            "{ended:?}"
        );
        let stats = scene.sandbox.stats();
        assert!(stats.tickets < ROWS, "it went on: {stats:?}");
    }
}

#[test]
fn a_lock_file_that_is_deleted_during_a_run_is_no_second_door() {
    for so_far in MOMENTS {
        let scene = Scene::new();
        let first = scene.started("one.sqlite3", so_far);
        fs::remove_file(scene.path("one.sqlite3.lock")).unwrap();
        scene.is_refused("one.sqlite3", &first);
        let status = scene.status("one.sqlite3");
        let process = format!("made: process {} on ", first.id());
        assert!(status.stdout.contains(&process), "{status:?}");
        let ended = scene.folder.command("retry -c one.sqlite3 --line 2").run();
        assert_eq!(ended.status, Some(6), "{ended:?}");
        scene.ends_well(first);
    }
}

#[test]
fn a_copy_that_is_made_during_a_run_is_no_second_door() {
    for so_far in MOMENTS {
        let scene = Scene::new();
        let first = scene.started("one.sqlite3", so_far);
        let file = |name: &str| scene.path(name);
        fs::copy(file("one.sqlite3"), file("alone.sqlite3")).unwrap();
        fs::copy(file("one.sqlite3-wal"), file("both.sqlite3-wal")).unwrap();
        fs::copy(file("one.sqlite3"), file("both.sqlite3")).unwrap();
        let db = Connection::open(file("one.sqlite3")).unwrap();
        let into = file("vacuum.sqlite3");
        db.execute("VACUUM INTO ?1", [into.to_str().unwrap()])
            .unwrap();
        drop(db);
        for copy in ["alone.sqlite3", "both.sqlite3", "vacuum.sqlite3"] {
            scene.is_refused(copy, &first);
        }
        scene.ends_well(first);
        let status = scene.status("one.sqlite3");
        assert_eq!(
            status.stdout,
            format!("{ROWS} rows: {ROWS} created\ndone\n")
        );
        // What the copies lack is noticed by the sample, as ever.
        for copy in ["alone.sqlite3", "vacuum.sqlite3"] {
            let ended = scene.run(copy).run();
            assert_eq!(ended.status, Some(1), "{ended:?}");
        }
        scene.has_one_ticket_of_every_row();
    }
}

/// Rewrites the lease as if another process had taken the checkpoint.
fn lease(scene: &Scene, change: &str) {
    let db = Connection::open(scene.path("one.sqlite3")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let changed = db
        .execute(&format!("UPDATE lease SET {change}"), [])
        .unwrap();
    assert_eq!(changed, 1);
}

#[test]
fn a_run_whose_lease_was_taken_over_commits_nothing_and_sends_nothing_more() {
    let scene = Scene::new();
    let first = scene.started("one.sqlite3", SoFar::Halfway);
    lease(&scene, "id = x'00', host = 'the-other-desk', process = 7");
    let sent = scene.sandbox.stats().requests;
    scene.at_full_speed();
    let ended = first.wait();
    assert_eq!(ended.status, Some(6), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("was taken over by process 7 on the-other-desk since "),
        "{ended:?}"
    );
    // What was out when the lease went, and the turn that was being committed.
    let after = scene.sandbox.stats().requests - sent;
    assert!(after <= 6, "{after} requests more");
    let status = scene.status("one.sqlite3");
    assert!(status.stdout.contains("the-other-desk"), "{status:?}");
    lease(&scene, "boot = 'another'");
    let refused = scene.run("one.sqlite3").run();
    assert_eq!(refused.status, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("add --take-over"), "{refused:?}");
    let url = scene.sandbox.url();
    let taken = format!(
        "run old.csv -c one.sqlite3 --endpoint imports --url {url} --lookup-settle 1s --take-over"
    );
    let ended = scene.folder.command(&taken).env("ZENDESK_OAUTH_TOKEN", "t");
    let ended = ended.run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.has_one_ticket_of_every_row();
}

#[test]
fn the_lease_of_a_process_that_was_killed_keeps_nobody_out() {
    let scene = Scene::new();
    let first = scene.started("one.sqlite3", SoFar::Halfway);
    let process = first.id();
    first.kill();
    scene.at_full_speed();
    let status = scene.status("one.sqlite3");
    let told = format!("made: process {process} on ");
    assert!(
        status.stdout.contains(&told) && status.stdout.contains("\nkilled, "),
        "{status:?}"
    );
    let ended = scene.run("one.sqlite3").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.has_one_ticket_of_every_row();
}

#[test]
fn a_lease_of_another_container_or_machine_is_taken_over_only_by_a_person() {
    for change in [
        "namespaces = 'pid:[1] time:[1]'",
        "boot = 'another', machine_id = 'another'",
        "boot = NULL",
    ] {
        let scene = Scene::new();
        scene.started("one.sqlite3", SoFar::Halfway).kill();
        lease(&scene, change);
        let ended = scene.run("one.sqlite3").run();
        assert_eq!(ended.status, Some(1), "{change}: {ended:?}");
        assert!(ended.stderr.contains("--take-over"), "{ended:?}");
        let verified = scene
            .folder
            .command("verify -c one.sqlite3 --offline")
            .run();
        assert_eq!(verified.status, Some(0), "{verified:?}");
    }
}

//! A CSV that is edited while a run is going on.

use zendesk_migrate::sandbox::faults::Faults;

use crate::damage::scene::{ROWS, Scene, csv};
use crate::damage::verdict::{unfinished, wrongs};
use crate::support::process::until;

/// Replaces the text of a row that is not sent yet while an earlier row waits for its reply.
fn edited_during_a_run(edited: &str) {
    let scene = Scene::new();
    scene.set_faults(&Faults {
        slow: 1.0,
        slow_ms: 300,
        ..Faults::default()
    });
    let run = scene.run("").start();
    until("the first ticket", || scene.sandbox.stats().tickets > 0);
    std::fs::write(scene.folder.path("tickets.csv"), edited).unwrap();
    let ended = run.wait();
    assert_eq!(wrongs(&scene, &ended), Vec::<String>::new());
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let last = ended.stderr.lines().last().unwrap();
    assert!(
        last.starts_with("stopped: line ")
            && last.ends_with(
                " of tickets.csv is no longer what it was when it was scanned; nothing more was \
                 sent: leave the file alone during a run, then run the same command again"
            ),
        "{last}"
    );
    let made = scene.sandbox.stats().tickets;
    assert!((1..ROWS).contains(&made), "{made} tickets");
    scene.set_faults(&Faults::default());
    let ended = scene.run("").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(wrongs(&scene, &ended), Vec::<String>::new());
    assert_eq!(unfinished(&scene), Vec::<String>::new());
}

#[test]
fn a_row_that_is_edited_during_a_run_stops_it_and_the_next_run_sends_what_it_says_now() {
    edited_during_a_run(&csv().replace("ticket 9", "ticket Q"));
}

#[test]
fn rows_that_are_moved_during_a_run_stop_it_and_the_next_run_finds_them() {
    edited_during_a_run(&csv().replace("Ticket 2,", "The second ticket,"));
}

#[test]
fn rows_that_are_cut_off_during_a_run_stop_it_and_are_found_again_when_they_are_back() {
    let scene = Scene::new();
    scene.set_faults(&Faults {
        slow: 1.0,
        slow_ms: 300,
        ..Faults::default()
    });
    let run = scene.run("").start();
    until("the first ticket", || scene.sandbox.stats().tickets > 0);
    let half = csv();
    std::fs::write(scene.folder.path("tickets.csv"), &half[..half.len() / 2]).unwrap();
    let ended = run.wait();
    assert_eq!(wrongs(&scene, &ended), Vec::<String>::new());
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let last = ended.stderr.lines().last().unwrap();
    assert!(last.starts_with("stopped: "), "{last}");
    eprintln!("{last}");
    std::fs::write(scene.folder.path("tickets.csv"), half).unwrap();
    let ended = scene.run("").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(wrongs(&scene, &ended), Vec::<String>::new());
    assert_eq!(unfinished(&scene), Vec::<String>::new());
}

//! Places where a checkpoint cannot be written or is something else.

use std::fs;
use std::process::Command;

use crate::damage::scene::{CHECKPOINT, Scene};
use crate::damage::verdict::{Verdict, unfinished, verdict, wrongs};
use crate::support::process::{Ended, Running};

const LOCK: &str = "c.sqlite3.lock";

/// Whether file modes mean nothing to this process, as they do to root.
fn modes_mean_nothing(scene: &Scene) -> bool {
    let scene = scene.folder.path("probe");
    fs::write(&scene, "").unwrap();
    let mut permissions = fs::metadata(&scene).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&scene, permissions).unwrap();
    let writable = fs::OpenOptions::new().append(true).open(&scene).is_ok();
    fs::remove_file(&scene).unwrap();
    writable
}

/// Root without the powers by which modes mean nothing to it.
const POWERLESS: [&str; 2] = [
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
];

/// Runs the program so that modes mean something; `None` if they cannot be made to.
fn run_by_modes(scene: &Scene) -> Option<Ended> {
    let program = scene.run("");
    if !modes_mean_nothing(scene) {
        return Some(program.run());
    }
    let mut setpriv = Command::new("setpriv");
    setpriv.args(POWERLESS);
    if !matches!(setpriv.arg("true").status(), Ok(status) if status.success()) {
        return None;
    }
    let mut command = Command::new("setpriv");
    command.args(POWERLESS);
    Some(Running::start(program.through(&mut command)).wait())
}

/// Makes a place unwritable, and lets the program try. It need not refuse if all the files are there
/// already that it has to make.
fn refused(what: &str, name: &str, mode: u32, sentence: &str, scene: &Scene) {
    let before = scene.checkpoint_files();
    let old = scene.folder.mode(name);
    scene.folder.set_mode(name, mode);
    let ended = run_by_modes(scene);
    scene.folder.set_mode(name, old);
    let Some(ended) = ended else {
        eprintln!("{what}: left out, file modes mean nothing to this user");
        return;
    };
    assert_eq!(wrongs(scene, &ended), Vec::<String>::new());
    if ended.status == Some(0) && name.is_empty() {
        assert_eq!(unfinished(scene), Vec::<String>::new());
        return;
    }
    assert_eq!(ended.status, Some(1), "{what}: {ended:?}");
    let Verdict::Refused(told) = verdict(&ended) else {
        panic!("{what}: {ended:?}");
    };
    eprintln!("{what}: {told}");
    assert!(told.contains(sentence), "{what}: {told}");
    assert!(scene.checkpoint_files() == before, "{what}: it was changed");
}

fn goes_on(scene: &Scene) {
    let ended = scene.run("").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(wrongs(scene, &ended), Vec::<String>::new());
    assert_eq!(unfinished(scene), Vec::<String>::new());
}

#[test]
fn a_place_that_cannot_be_written_is_refused_and_the_same_command_goes_on_when_it_can() {
    for scene in [Scene::ended(), Scene::killed()] {
        refused("a read-only folder", "", 0o500, CHECKPOINT, &scene);
        refused(
            "a read-only checkpoint",
            CHECKPOINT,
            0o400,
            CHECKPOINT,
            &scene,
        );
        refused(
            "an unreadable checkpoint",
            CHECKPOINT,
            0o000,
            CHECKPOINT,
            &scene,
        );
        refused("a read-only lock", LOCK, 0o400, LOCK, &scene);
        goes_on(&scene);
    }
}

#[test]
fn a_folder_in_which_nothing_can_be_made_is_refused() {
    let scene = Scene::new();
    refused("a read-only folder", "", 0o500, LOCK, &scene);
    goes_on(&scene);
}

#[test]
fn a_folder_in_the_place_of_the_checkpoint_or_its_lock_is_refused() {
    for name in [CHECKPOINT, LOCK] {
        let scene = Scene::new();
        fs::create_dir(scene.folder.path(name)).unwrap();
        let ended = scene.run("").run();
        assert_eq!(wrongs(&scene, &ended), Vec::<String>::new());
        assert_eq!(ended.status, Some(1), "{ended:?}");
        let told = verdict(&ended);
        eprintln!("{told:?}");
        let expected = format!("error: {name} cannot be opened: Is a directory (os error 21)");
        assert_eq!(told, Verdict::Refused(expected));
        fs::remove_dir(scene.folder.path(name)).unwrap();
        goes_on(&scene);
    }
}

//! Death at every effect: a process that dies at its first effect, one that dies at its second, and
//! so on until one has lived to its end. Whenever it was, the next one brings every row to its end,
//! and no row has two tickets.
//!
//! The process is this test's own program with the library's driver, checkpoint and client, against
//! the real double. Its requests race each other, so the effects have no fixed order; what they are
//! is printed when a test fails.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and tells what it has seen"
)]

mod child;
mod judge;

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use zendesk_migrate::sandbox::faults::{Fault, Faults};
use zendesk_migrate::sandbox::server::{self, Config, Server};

use crate::support::folder::Folder;
use child::{CHECKPOINT, EFFECTS, FACTS, Task};

/// More than there are cores: a process mostly waits.
const WORKERS: usize = 12;

/// Fewer deaths than this would not be all of a run of eight rows.
const DEATHS_MIN: u64 = 60;

const CSV: &str = "external_id,subject,comment.body,requester.name,requester.email
old-1,One,\"Hello,

first\",Ann,ann@example.com
old-2,Two,Second,Ann,ann@example.com
old-3,Three,Third,Bob,bob@example.com
old-4,Four,Fourth,Cem,cem@example.com
old-5,Five,Fifth,Dan,dan@example.com
old-6,Six,Sixth,Eve,eve@example.com
old-7,Seven,Seventh,Flo,flo@example.com
old-8,Eight,Eighth,Gus,gus@example.com
";

/// What goes wrong besides the deaths: some creates are made without a reply, others answered 500.
fn faults() -> Faults {
    Faults {
        seed: 11,
        lost_after: 0.2,
        error_500: 0.2,
        at_most: Some(4),
        ..Faults::default()
    }
}

fn double() -> Server {
    let config = Config {
        faults: faults(),
        ..Config::default()
    };
    server::start(config).unwrap()
}

/// What a life has come to.
struct Life {
    output: Output,
}

impl Life {
    /// Lives in a process of its own, which dies at its effect number `dies_at`, if that is not 0.
    fn of(folder: &Folder, double: &Server, dies_at: u64) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut command = Command::new(program);
        command
            .args(["--exact", child::NAME, "--nocapture", "--test-threads=1"])
            .current_dir(folder.path(""))
            .env_clear()
            .stdin(Stdio::null());
        Task {
            url: format!("http://{}", double.address()),
            dies_at,
        }
        .tell(&mut command);
        let output = command.output().unwrap();
        Self { output }
    }

    fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// The effect at which it died; `None` if it lived to its end.
    fn died_before(&self) -> Option<String> {
        let stderr = self.stderr();
        if self.output.status.success() {
            assert!(stderr.contains("lived to its end"), "{stderr}");
            return None;
        }
        assert_eq!(self.output.status.code(), None, "no death: {stderr}");
        let effect = stderr.lines().find_map(|line| line.strip_prefix(FACTS));
        Some(effect.unwrap_or_else(|| panic!("{stderr}")).to_owned())
    }
}

/// Lets a process die at its effect number `n` and another one go on. `None` if there is no such
/// effect, because the first one has lived to its end.
fn die_and_go_on(n: u64) -> Option<String> {
    let folder = Folder::new().with("tickets.csv", CSV);
    let double = double();
    let died_before = Life::of(&folder, &double, n).died_before();
    judge::nothing_is_wrong(&folder.path(CHECKPOINT), double.address(), n);
    if died_before.is_some() {
        let second = Life::of(&folder, &double, 0);
        let again = second.died_before();
        assert_eq!(again, None, "after death {n}: {}", second.stderr());
    }
    judge::all_is_done(&folder.path(CHECKPOINT), double.address(), n);
    died_before
}

#[test]
fn a_process_that_dies_at_any_of_its_effects_is_followed_by_one_that_makes_one_ticket_of_every_row()
{
    let next = AtomicU64::new(1);
    let lived = AtomicBool::new(false);
    let deaths: Mutex<BTreeMap<u64, String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while !lived.load(Ordering::Relaxed) {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    match die_and_go_on(n) {
                        Some(effect) => {
                            deaths.lock().unwrap().insert(n, effect);
                        }
                        None => lived.store(true, Ordering::Relaxed),
                    }
                }
            });
        }
    });
    let deaths = deaths.into_inner().unwrap();
    for (n, effect) in &deaths {
        eprintln!("death {n}: before {effect}");
    }
    assert!(deaths.len() as u64 >= DEATHS_MIN, "{} deaths", deaths.len());
    for effect in EFFECTS {
        let died = deaths.values().filter(|died| *died == effect).count();
        assert!(died > 0, "nobody died before {effect}");
    }
}

#[test]
fn the_faults_of_the_first_creates_are_of_both_kinds() {
    let mut faults = faults();
    let drawn: Vec<_> = (0..12).filter_map(|_| faults.draw()).collect();
    for fault in [Fault::LostAfter, Fault::Error500] {
        assert!(drawn.contains(&fault), "{drawn:?}");
    }
}

/// The process that dies. Among the other tests it has nothing to do and ends at once.
#[test]
fn a_child_lives_until_the_effect_at_which_it_is_to_die() {
    if let Some(task) = Task::told() {
        child::live(&task);
    }
}

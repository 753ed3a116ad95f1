//! A checkpoint whose disk fails: at every single call that changes or reads one of its files, the
//! call fails once, or from then on, or the process is killed there. Whichever it was, the run ends
//! with a sentence that says what to do, and the same command brings every row to its one ticket.
//!
//! A small library in C, compiled by the test and loaded into the program, counts the calls. The
//! suite tries a share of them, drawn from a seed that is printed: `FAULT_SEED=N` draws the same
//! again, and `FAULT_SWEEP=1` tries them all.

#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it has seen"
)]

mod judge;
mod library;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use judge::{Fault, Found, Outcome, run_with};
use library::{Kind, Library};

/// More than there are cores: a run mostly waits.
const WORKERS: u64 = 4;

/// Calls until a new checkpoint is there and open, and some more: the suite kills at each of them.
const CREATION: u64 = 42;

/// Of so many calls that read, and of so many others, the suite tries one.
const READS_A_TRY: u64 = 8;
const CALLS_A_TRY: u64 = 24;

/// Numbers of calls, one after the other: all of them, or all at first and then one out of each
/// `share`.
struct Numbers {
    seed: u64,
    next: AtomicU64,
    /// All up to this one.
    all: u64,
    share: u64,
}

impl Numbers {
    #[allow(clippy::disallowed_methods, reason = "a test may be given its seed")]
    fn of(fault: Fault) -> Self {
        let seed = std::env::var("FAULT_SEED").ok();
        let seed = seed.map_or(7, |seed| seed.parse().unwrap());
        eprintln!("FAULT_SEED={seed}");
        Self {
            seed,
            next: AtomicU64::new(0),
            all: match fault {
                _ if std::env::var_os("FAULT_SWEEP").is_some() => u64::MAX,
                _ if fault.kind.kills() && fault.found == Found::Nothing => CREATION,
                _ => 0,
            },
            share: if fault.kind == Kind::Unreadable {
                READS_A_TRY
            } else {
                CALLS_A_TRY
            },
        }
    }

    fn next(&self) -> u64 {
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        let Some(later) = index.checked_sub(self.all) else {
            return index + 1;
        };
        let mixed = (self.seed ^ index).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        self.all + later * self.share + mixed % self.share + 1
    }
}

/// Tries call after call, the fault being one of these. Fails if anything was not as promised.
fn sweep(found: Found, faults: &[(Kind, bool)]) {
    let Some(library) = Library::compiled() else {
        return;
    };
    let sweeps = faults.iter();
    let wrong: Vec<String> = sweeps
        .flat_map(|&(kind, forever)| {
            let fault = Fault {
                found,
                kind,
                forever,
            };
            sweep_of(&library, fault)
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Tries call after call until a run has met none. Gives what was not as promised.
fn sweep_of(library: &Library, fault: Fault) -> Vec<String> {
    let numbers = Numbers::of(fault);
    let enough = AtomicBool::new(false);
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    let number = numbers.next();
                    let outcome = run_with(library, fault, number);
                    if outcome.struck.is_empty() {
                        enough.store(true, Ordering::Relaxed);
                    }
                    outcomes.lock().unwrap().push((number, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    outcomes.sort_by_key(|(number, _)| *number);
    report(fault, &outcomes)
}

fn report(fault: Fault, outcomes: &[(u64, Outcome)]) -> Vec<String> {
    let forever = if fault.forever { ", forever" } else { "" };
    let (kind, found) = (fault.kind, fault.found);
    let mut wrong = Vec::new();
    for (number, outcome) in outcomes {
        eprintln!("{found:?}, {kind:?} {number}{forever}: {outcome}");
        wrong.extend(
            outcome
                .wrong
                .iter()
                .map(|why| format!("{found:?}, {kind:?} {number}{forever}: {why}")),
        );
    }
    let met = outcomes
        .iter()
        .filter(|(_, outcome)| !outcome.struck.is_empty());
    let met = met.count();
    let stuck = outcomes
        .iter()
        .filter(|(_, outcome)| outcome.is_stuck)
        .count();
    eprintln!(
        "{found:?}, {kind:?}{forever}: {met} calls, {stuck} stuck, {} findings",
        wrong.len()
    );
    assert!(met >= 3, "only {met} calls were met");
    wrong
}

#[test]
fn a_run_that_finds_no_room_at_any_call_is_resumed_by_the_same_command() {
    sweep(
        Found::Nothing,
        &[(Kind::NoRoom, false), (Kind::NoRoom, true)],
    );
}

#[test]
fn a_run_that_finds_room_for_half_a_write_is_resumed_by_the_same_command() {
    sweep(Found::Nothing, &[(Kind::Half, false), (Kind::Half, true)]);
}

#[test]
fn a_run_whose_disk_fails_at_any_call_that_writes_is_resumed_by_the_same_command() {
    sweep(
        Found::Nothing,
        &[(Kind::Broken, false), (Kind::Broken, true)],
    );
}

#[test]
fn a_run_whose_disk_fails_at_any_call_that_reads_is_resumed_by_the_same_command() {
    sweep(
        Found::Nothing,
        &[(Kind::Unreadable, false), (Kind::Unreadable, true)],
    );
}

#[test]
fn a_run_that_is_killed_at_any_call_that_writes_is_resumed_by_the_same_command() {
    sweep(
        Found::Nothing,
        &[(Kind::KilledBefore, false), (Kind::KilledAfter, false)],
    );
}

#[test]
fn a_run_that_takes_up_a_killed_one_on_a_failing_disk_is_resumed_by_the_same_command() {
    sweep(
        Found::Begun,
        &[
            (Kind::NoRoom, false),
            (Kind::Broken, true),
            (Kind::Unreadable, false),
            (Kind::Unreadable, true),
            (Kind::KilledAfter, false),
        ],
    );
}

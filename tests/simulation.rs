//! The whole run under virtual time: the real lifecycle, driver, pacer and checkpoint against the
//! real state of the double, with seeded faults.
//!
//! After every event: at most one ticket a row. After every end of a process: the audit is clean.
//! At the end, when the faults have stopped: every row has come to its end, and the double holds
//! what the rows say.
//!
//! `SIMULATION_SEED=17 cargo test --test simulation` replays one seed;
//! `SIMULATION_SEEDS=10000 cargo test --release --test simulation` is the nightly size.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "simulation/dice.rs"]
mod dice;
#[path = "simulation/judge.rs"]
mod judge;
#[path = "simulation/letters.rs"]
mod letters;
#[path = "simulation/network.rs"]
mod network;
#[path = "simulation/process.rs"]
mod process;
#[path = "simulation/rows.rs"]
mod rows;
#[path = "simulation/scenario.rs"]
mod scenario;
#[path = "simulation/travel.rs"]
mod travel;
#[path = "simulation/trouble.rs"]
mod trouble;
#[path = "simulation/users.rs"]
mod users;
#[path = "simulation/world.rs"]
mod world;

use std::sync::atomic::{AtomicU64, Ordering};

use scenario::Scenario;
use world::World;

/// Seeds that the suite plays. The first ones are always the same, so that a change that breaks one
/// breaks it for everybody.
const SEEDS_IN_THE_SUITE: u64 = 400;

fn number(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a test's own knob")]
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn play(seed: u64) -> String {
    World::new(Scenario::of(seed)).play()
}

#[test]
fn no_seed_makes_two_tickets_of_a_row_or_loses_one() {
    if let Some(seed) = number("SIMULATION_SEED") {
        println!("{}", play(seed));
        return;
    }
    let first = number("SIMULATION_FIRST").unwrap_or(0);
    let end = first + number("SIMULATION_SEEDS").unwrap_or(SEEDS_IN_THE_SUITE);
    let next = AtomicU64::new(first);
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let failed = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut failed = Vec::new();
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= end || failed.len() >= 5 {
                            return failed;
                        }
                        if std::panic::catch_unwind(|| play(seed)).is_err() {
                            println!(
                                "replay it: SIMULATION_SEED={seed} cargo test --test simulation"
                            );
                            failed.push(seed);
                        }
                    }
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect::<Vec<u64>>()
    });
    assert!(failed.is_empty(), "seeds that failed: {failed:?}");
}

#[test]
fn the_same_seed_gives_the_same_history() {
    for seed in [3, 14, 159] {
        assert_eq!(play(seed), play(seed), "seed {seed}");
    }
}

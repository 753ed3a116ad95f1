//! Histories that are drawn from a seed: the CSV is edited in every way, `error.csv` is exported,
//! fixed in full or in part, saved by a spreadsheet and fed back now or much later, runs are
//! limited and killed, Zendesk fails. In a third of them a second export with some of the same rows is
//! imported from the same folder. In the end every row has one ticket, and none has two.
//!
//! `HISTORIES=1000` plays so many, `HISTORY=SEED` plays one again and prints what happened in it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

mod edits;
mod feed;
mod neighbour;
mod owner;
mod rows;
mod settle;
mod tickets;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::draw::Draw;
use owner::Owner;

/// How many histories are played where nobody says otherwise.
const HISTORIES: usize = 16;

/// What happens in each, before it is settled.
const EVENTS: usize = 20;

#[test]
#[allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "how many comes from outside, and the seeds are shown when the test fails"
)]
fn whatever_is_edited_fixed_and_fed_back_every_row_has_one_ticket() {
    let number = |name: &str| {
        let value = std::env::var(name).ok();
        value.map(|text| text.parse::<u64>().expect("a number"))
    };
    if let Some(seed) = number("HISTORY") {
        let (log, result) = play(seed);
        eprintln!("{log}");
        result.unwrap();
        return;
    }
    let count = number("HISTORIES").map_or(HISTORIES, |count| usize::try_from(count).unwrap());
    let mut draw = Draw::from_environment();
    let seeds: Vec<u64> = (0..count).map(|_| draw.below(1 << 40)).collect();
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    // They mostly wait for processes.
    let players = std::thread::available_parallelism().map_or(2, usize::from) * 3;
    std::thread::scope(|scope| {
        for _ in 0..players.min(count) {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let (log, Err(what)) = play(*seed) {
                        let last: Vec<&str> = log.lines().rev().take(12).collect();
                        let last: Vec<&str> = last.into_iter().rev().collect();
                        eprintln!("HISTORY={seed}: {what}\n{}\n", last.join("\n"));
                        failed.lock().unwrap().push(*seed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(
        failed.is_empty(),
        "{} of {count} histories ended badly; HISTORY=SEED plays one again: {failed:?}",
        failed.len()
    );
}

/// Plays a history, and gives what happened in it and what is wrong in the end.
fn play(seed: u64) -> (String, Result<(), String>) {
    let mut owner = Owner::new(Draw::of(seed));
    let lived = (0..EVENTS).try_for_each(|_| owner.live());
    let result = lived.and_then(|()| owner.settle());
    (owner.log.join("\n"), result)
}

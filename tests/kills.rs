//! The promise itself, in small: a run that is killed again and again, while requests and replies
//! are lost, makes one ticket of every row.
//!
//! Where a kill strikes is drawn from a seed, in requests that the double has seen and not in time.
//! `KILL_SEED=N` draws the same again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

mod audit;

use crate::support::draw::Draw;
use crate::support::folder::Folder;
use crate::support::process::{Running, until};
use crate::support::sandbox::Sandbox;

/// Slow enough that a test which is kept waiting still sees a run in its middle.
const SANDBOX: &str = "--data double.sqlite3 --faults faults.toml --latency-ms 20";

/// A run that always takes up `tickets.sqlite3`.
fn start(folder: &Folder, sandbox: &Sandbox) -> Running {
    let run = format!(
        "run tickets.csv -c tickets.sqlite3 --lookup-settle 1s --concurrency 4 --url {}",
        sandbox.url()
    );
    let program = folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t");
    program.start()
}

/// Lets a run go on until the double has seen so many requests more. `false` if it is over before.
fn let_pass(run: &mut Running, sandbox: &Sandbox, requests: u64) -> bool {
    let threshold = sandbox.stats().requests + requests;
    let mut ended = false;
    until("the next requests", || {
        ended = run.has_ended();
        ended || sandbox.stats().requests >= threshold
    });
    !ended
}

fn prepared(draw: &mut Draw) -> Folder {
    let faults = format!(
        "seed = {}\nlost_before = 0.02\nlost_after = 0.02\nerror_500 = 0.01\nerror_503 = 0.01\n\
         retry_after_s = {}\n",
        draw.below(1 << 32),
        draw.below(2)
    );
    Folder::new()
        .with("tickets.csv", audit::csv())
        .with("faults.toml", faults)
}

#[test]
fn an_importer_that_is_killed_ten_times_makes_one_ticket_of_every_row() {
    let mut draw = Draw::from_environment();
    let folder = prepared(&mut draw);
    let sandbox = Sandbox::start(&folder, SANDBOX);
    let mut kills = 0;
    while kills < 12 {
        let mut run = start(&folder, &sandbox);
        if !let_pass(&mut run, &sandbox, 1 + draw.below(20)) {
            break;
        }
        run.kill();
        kills += 1;
    }
    assert!(kills >= 10, "all was done after {kills} kills");
    let ended = start(&folder, &sandbox).wait();
    audit::all_is_well(&folder, &sandbox, &ended);
}

#[test]
fn an_importer_and_an_account_that_are_killed_together_still_make_one_ticket_of_every_row() {
    let mut draw = Draw::from_environment();
    let folder = prepared(&mut draw);
    let mut sandbox = Sandbox::start(&folder, SANDBOX);
    let listen = sandbox.address().to_string();
    for kill in 1..=3 {
        let mut run = start(&folder, &sandbox);
        let goes_on = let_pass(&mut run, &sandbox, 3 + draw.below(70));
        assert!(goes_on, "all was done before kill {kill}");
        // Either may die first.
        if draw.below(2) == 0 {
            run.kill();
            sandbox.kill();
        } else {
            sandbox.kill();
            run.kill();
        }
        sandbox = Sandbox::start_at(&folder, &listen, SANDBOX);
    }
    let ended = start(&folder, &sandbox).wait();
    audit::all_is_well(&folder, &sandbox, &ended);
}

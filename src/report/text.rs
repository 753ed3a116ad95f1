//! The facts for people, in a few lines of text.

use std::fmt::Write;

use super::facts::{Facts, ThisRun};
use crate::lifecycle::Stop;
use crate::model::delta::Delta;
use crate::model::problem::Problem;

/// The rows by state. They add up to the first number.
pub fn rows(facts: &Facts) -> String {
    let mut text = format!(
        "{} rows: {} created ({} replayed, {} found), {} rejected, {} invalid, {} unknown, {} \
         pending, {} sending",
        facts.rows,
        facts.created,
        facts.created_hit,
        facts.created_found,
        facts.rejected,
        facts.invalid,
        facts.unknown,
        facts.pending,
        facts.sending,
    );
    if facts.withdrawn > 0 {
        let _writing_to_a_string_cannot_fail = write!(text, ", {} withdrawn", facts.withdrawn);
    }
    text
}

/// What one run has done.
pub fn this_run(run: &ThisRun) -> String {
    format!(
        "this run: {} created, {} requests ({} throttled, {} retried, {} lookups) in {}",
        run.created,
        run.requests,
        run.throttled,
        run.retried,
        run.lookups,
        duration(run.elapsed_ms),
    )
}

/// What a changed CSV has brought.
pub fn changes(delta: &Delta) -> String {
    format!(
        "the CSV or its mapping has changed: {} rows are new, {} are sent as they read now, {} are \
         no longer valid, {} left before they were sent; {} were sent as they read before and stay \
         so, {} were sent and are gone from the file",
        delta.new,
        delta.renewed,
        delta.invalid,
        delta.withdrawn,
        delta.changed_since,
        delta.gone_since,
    )
}

/// One row that has a problem.
pub fn problem(line: u64, state: &str, problem: &Problem) -> String {
    format!(
        "line {line} is {state}: {} ({})",
        problem.message, problem.code
    )
}

/// Why a run ended, and what to do next.
pub fn ending(stop: &Stop, facts: &Facts) -> String {
    let open = facts.pending + facts.sending;
    let problems = facts.rejected + facts.invalid + facts.unknown;
    match stop {
        Stop::Done if facts.this_run.requests == 0 && problems == 0 => {
            "nothing is left to do".to_owned()
        }
        Stop::Done if problems == 0 => "done: every row has its ticket".to_owned(),
        Stop::Done => format!(
            "done, but {problems} rows have no ticket: mend them in the CSV (or see \
             retry), then run the same command again"
        ),
        Stop::Interrupted => {
            format!("interrupted: {open} rows are left; the same command goes on")
        }
        Stop::Limit => {
            format!("--limit is reached: {open} rows are left; the same command goes on")
        }
        Stop::MaxErrors => format!(
            "--max-errors is reached: {} rows are rejected; look at them before going on with the \
             same command",
            facts.rejected
        ),
        Stop::MaxDuration => {
            format!("--max-duration is over: {open} rows are left; the same command goes on")
        }
        Stop::Outage => format!(
            "Zendesk gave no usable reply for --max-outage, or rows still have to settle: {open} \
             rows are left; run the same command again later"
        ),
        Stop::Credentials(problem)
        | Stop::Account(problem)
        | Stop::Input(problem)
        | Stop::Disk(problem) => format!("stopped: {}", problem.message),
    }
}

/// A number with its noun: `1 row`, `2 rows`.
pub fn count(n: u64, noun: &str) -> String {
    if n == 1 {
        format!("1 {noun}")
    } else {
        format!("{n} {noun}s")
    }
}

/// One row that was sent and is not what it was.
pub fn since(external_id: &str, line: u64, ticket: Option<u64>, gone: bool) -> String {
    let ticket = ticket.map_or_else(|| "no ticket".to_owned(), |id| format!("ticket {id}"));
    if gone {
        format!("gone since it was sent: {external_id} (was on line {line}, {ticket})")
    } else {
        format!("changed since it was sent: {external_id} (line {line}, {ticket})")
    }
}

/// A duration as people say it: `850 ms`, `12.3 s`, `4 min 5 s`, `3 h 20 min`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds}.{} s", ms % 1_000 / 100),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

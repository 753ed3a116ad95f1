//! The facts as a few lines of text.

use std::path::Path;

use super::facts::{Facts, ThisRun};
use crate::lifecycle::Stop;
use crate::model::delta::Delta;
use crate::model::problem::Problem;
use crate::model::results::Troubled;
use crate::model::shown::{shown, shown_path};

/// The width of a line.
const COLUMNS: usize = 80;

/// Formats a number with its noun: `1 row`, `2 rows`.
pub fn count(n: u64, noun: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{s}")
}

/// Formats a number with its noun and verb: `1 row is`, `2 rows are`.
pub fn counted(n: u64, noun: &str, [of_one, of_several]: [&str; 2]) -> String {
    let said = if n == 1 { of_one } else { of_several };
    format!("{} {said}", count(n, noun))
}

/// Joins a list: `a`, `a and b`, `a, b and c`.
pub fn in_a_row(things: &[String]) -> String {
    match things {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// Wraps a sentence for a narrow terminal; all lines but the first are indented.
pub fn fold(sentence: &str) -> String {
    fold_to(sentence, COLUMNS)
}

/// Wraps for a terminal of another width. A line that is already indented stays indented.
pub fn fold_to(sentence: &str, columns: usize) -> String {
    let words = sentence.trim_start_matches(' ');
    let indent = sentence.len() - words.len();
    let mut text = " ".repeat(indent);
    let mut column = indent;
    for (at, word) in words.split(' ').enumerate() {
        let width = word.chars().count();
        if at > 0 && column + 1 + width > columns {
            text.push_str("\n  ");
            column = 2;
        } else if at > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text
}

/// Lists the parts that are not zero, each with its word.
fn parts(parts: &[(u64, &str)]) -> String {
    let told: Vec<String> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    told.join(", ")
}

fn in_brackets(parts: &str) -> String {
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({parts})")
    }
}

/// Lists the rows by state. They add up to the first number.
pub fn rows(facts: &Facts) -> String {
    let replayed = parts(&[
        (facts.created_hit, "replayed"),
        (facts.created_found, "found"),
    ]);
    let others = parts(&[
        (facts.rejected, "rejected"),
        (facts.invalid, "invalid"),
        (facts.unknown, "unknown"),
        (facts.pending, "pending"),
        (facts.sending, "sending"),
        (facts.withdrawn, "withdrawn"),
    ]);
    let separator = if others.is_empty() { "" } else { ", " };
    fold(&format!(
        "{}: {} created{}{separator}{others}",
        count(facts.rows, "row"),
        facts.created,
        in_brackets(&replayed),
    ))
}

/// Describes rows whose ticket the operator has named and the next run checks.
pub fn claims(rows: u64) -> String {
    fold(&format!(
        "{} to be checked: run the same command again",
        counted(
            rows,
            "row",
            [
                "has a ticket that was named with --as-ticket and is still",
                "have tickets that were named with --as-ticket and are still",
            ]
        )
    ))
}

/// Describes what one run has done.
pub fn this_run(run: &ThisRun) -> String {
    let kinds = parts(&[
        (run.throttled, "throttled"),
        (run.retried, "retried"),
        (
            run.lookups,
            if run.lookups == 1 {
                "lookup"
            } else {
                "lookups"
            },
        ),
    ]);
    fold(&format!(
        "this run: {} created, {}{} in {}",
        run.created,
        count(run.requests, "request"),
        in_brackets(&kinds),
        duration(run.elapsed_ms),
    ))
}

/// Describes what changed in a CSV.
pub fn changes(delta: &Delta) -> String {
    let told = parts(&[
        (delta.new, "new"),
        (delta.renewed, "to be sent as they read now"),
        (delta.invalid, "no longer valid"),
        (delta.withdrawn, "gone before they were sent"),
        (
            delta.changed_since,
            "changed since they were sent (they stay as they were sent)",
        ),
        (delta.gone_since, "gone since they were sent"),
    ]);
    fold(&format!("the CSV or its mapping has changed; rows: {told}"))
}

/// Describes what a file with fixed rows has changed. `passed` counts the lines that were not
/// fixed, those whose rows the CSV no longer has (`gone_lines` are the first of them), and those
/// that identify no row.
pub fn fixed(file: &str, delta: &Delta, passed: (u64, u64, u64), gone_lines: &[u64]) -> String {
    let (unchanged, gone, unnamed) = passed;
    let lines: Vec<String> = gone_lines.iter().map(u64::to_string).collect();
    let more = if gone > lines.len() as u64 {
        ", …"
    } else {
        ""
    };
    let gone_words = format!(
        "no longer in the recorded CSV as they were exported (line {}{more}; ignored: export again to \
         see what is left)",
        lines.join(", ")
    );
    let told = parts(&[
        (delta.renewed, "to be sent as they read here"),
        (delta.invalid, "no longer valid"),
        (
            delta.changed_since,
            "changed since they were sent (they stay as they were sent)",
        ),
        (unchanged, "not fixed (they read as in the recorded CSV)"),
        (gone, &gone_words),
        (
            unnamed,
            "with neither an external_id nor a _row (ignored: nobody can tell which rows they are)",
        ),
    ]);
    let told = if told.is_empty() {
        "none has changed"
    } else {
        &told
    };
    fold(&format!(
        "{} holds rows of the recorded CSV; rows: {told}",
        shown(file)
    ))
}

/// Describes a row that has a problem.
pub fn problem(line: u64, state: &str, problem: &Problem) -> String {
    format!(
        "line {line} is {state}: {} ({})",
        shown(&problem.message),
        shown(&problem.code)
    )
}

/// Suggests the next command, if there is one: to see which rows have no ticket, or to read all
/// tickets back. `files` and `credentials` are shell arguments that name them.
pub fn next(stop: &Stop, facts: &Facts, files: &str, credentials: &str) -> Option<String> {
    let problems = facts.rejected + facts.invalid + facts.unknown;
    match stop {
        Stop::Done | Stop::MaxErrors if problems > 0 => {
            let results = match (facts.unknown, problems - facts.unknown) {
                (0, _) => "error.csv",
                (_, 0) => "unknown.csv",
                _ => "error.csv and unknown.csv",
            };
            Some(format!(
                "next: zendesk-migrate export {files} (writes the rows without a ticket to {results})"
            ))
        }
        Stop::Done if facts.created > 0 && facts.pending + facts.sending == 0 => {
            Some(format!("next: zendesk-migrate verify {files}{credentials}"))
        }
        _ => None,
    }
}

/// Describes why a run ended and what to do next.
pub fn ending(stop: &Stop, facts: &Facts) -> String {
    let open = facts.pending + facts.sending;
    let (are_left, problems) = (left(open), facts.rejected + facts.invalid + facts.unknown);
    fold(&match stop {
        Stop::Done if open > 0 => format!("done with this file, but {are_left} in another one"),
        Stop::Done if facts.claimed > 0 => return claims(facts.claimed),
        Stop::Done if facts.this_run.requests == 0 && problems == 0 => {
            "nothing is left to do".to_owned()
        }
        Stop::Done if problems == 0 => "done: every row has its ticket".to_owned(),
        Stop::Done if facts.unknown == problems => format!(
            "done, but {} unknown; `zendesk-migrate report` says what to do",
            counted(problems, "row", ["is", "are"])
        ),
        Stop::Done if facts.unknown > 0 => format!(
            "done, but {problems} rows have no ticket: fix them, then run the same command again; \
             {} unknown, and `zendesk-migrate report` says what to do",
            if facts.unknown == 1 {
                "1 is".to_owned()
            } else {
                format!("{} are", facts.unknown)
            }
        ),
        Stop::Done if problems == 1 => {
            "done, but 1 row has no ticket: fix it, then run the same command again".to_owned()
        }
        Stop::Done => format!(
            "done, but {problems} rows have no ticket: fix them, then run the same command again"
        ),
        Stop::Interrupted => format!("interrupted: {are_left}; run the same command to continue"),
        Stop::Limit => format!("--limit is reached: {are_left}; run the same command to continue"),
        Stop::MaxErrors => format!(
            "--max-errors is reached: {} rejected; look at them before going on with the same \
             command",
            counted(facts.rejected, "row", ["is", "are"])
        ),
        Stop::MaxDuration => {
            format!("--max-duration is over: {are_left}; run the same command to continue")
        }
        Stop::Outage => format!(
            "Zendesk gave no usable reply for --max-outage, or rows still have to settle: \
             {are_left}; run the same command again later"
        ),
        // The problem is one line, like other errors, so that it can be searched for.
        Stop::Credentials(problem)
        | Stop::Account(problem)
        | Stop::Input(problem)
        | Stop::Disk(problem) => return format!("stopped: {}", shown(&problem.message)),
    })
}

/// Describes rows waiting in a file that was not the run's.
pub fn elsewhere(file: &str, rows: u64, checkpoint: &Path) -> String {
    let them = if rows == 1 { "it" } else { "them" };
    fold(&format!(
        "{} in {}: run that file with -c {} to send {them}",
        counted(rows, "row", ["waits", "wait"]),
        shown(file),
        shown_path(checkpoint)
    ))
}

fn left(rows: u64) -> String {
    counted(rows, "row", ["is left", "are left"])
}

/// Describes a row that changed after it was sent.
pub fn since(external_id: &str, line: u64, ticket: Option<u64>, gone: bool) -> String {
    let ticket = ticket.map_or_else(|| "no ticket".to_owned(), |id| format!("ticket {id}"));
    let external_id = shown(external_id);
    if gone {
        format!("gone since it was sent: {external_id} (was on line {line}, {ticket})")
    } else {
        format!("changed since it was sent: {external_id} (line {line}, {ticket})")
    }
}

/// Describes a row without a ticket that is in no result file.
pub fn gone(row: &Troubled, csv: &Path) -> String {
    fold(&format!(
        "left out, since it is gone from {}: {} ({}: {})",
        shown_path(csv),
        shown(row.external_id.as_deref().unwrap_or_default()),
        row.state,
        shown(&row.code)
    ))
}

/// Formats a duration for people: `850 ms`, `12.3 s`, `4 min 5 s`, `3 h 20 min`.
pub fn duration(ms: u64) -> String {
    let seconds = ms / 1_000;
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds}.{} s", ms % 1_000 / 100),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_broken_between_words_and_stays_indented_when_it_is_broken_again() {
        let once = fold_to("one two three four five six", 20);
        assert_eq!(once, "one two three four\n  five six");
        let twice: Vec<String> = once.lines().map(|line| fold_to(line, 10)).collect();
        assert_eq!(twice, ["one two\n  three\n  four", "  five six"]);
        assert_eq!(fold_to("", 10), "");
        assert_eq!(fold_to("unbreakable-word", 5), "unbreakable-word");
    }
}

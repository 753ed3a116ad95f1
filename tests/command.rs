//! The command line from outside: every word on both streams, the exit code, and the files that are
//! there afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

#[path = "command/accounts.rs"]
mod accounts;
#[path = "command/arguments.rs"]
mod arguments;
#[path = "command/checkpoints.rs"]
mod checkpoints;
#[path = "command/cut_records.rs"]
mod cut_records;
#[path = "command/doors.rs"]
mod doors;
#[path = "command/dry_run.rs"]
mod dry_run;
#[path = "command/dry_run_words.rs"]
mod dry_run_words;
#[path = "command/edited.rs"]
mod edited;
#[path = "command/imports.rs"]
mod imports;
#[path = "command/inputs.rs"]
mod inputs;
#[path = "command/interrupts.rs"]
mod interrupts;
#[path = "command/new_ids.rs"]
mod new_ids;
#[path = "command/no_requester.rs"]
mod no_requester;
#[path = "command/not_csv.rs"]
mod not_csv;
#[path = "command/recorded_paths.rs"]
mod recorded_paths;
#[path = "command/status.rs"]
mod status;
#[path = "command/stdout.rs"]
mod stdout;
mod support;

/// Two rows that need no mapping.
const TWO: &str = "external_id,subject,comment.body\n1,One,First\n2,Two,Second\n";

/// The checkpoint that a run of `two.csv` against the double leaves.
const TWO_CHECKPOINT: &str = "two.sandbox.checkpoint.sqlite3";

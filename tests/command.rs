//! The command line from outside: every word on both streams, the exit code, and the files that are
//! there afterwards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

mod account_fields;
mod accounts;
mod arguments;
mod checkpoints;
mod cut_records;
mod doors;
mod dry_run;
mod dry_run_words;
mod edited;
mod imports;
mod inputs;
mod interrupts;
mod new_ids;
mod no_requester;
mod not_csv;
mod recorded_paths;
mod status;
mod stdout;

/// Two rows that need no mapping.
const TWO: &str = "external_id,subject,comment.body\n1,One,First\n2,Two,Second\n";

/// The checkpoint that a run of `two.csv` against the double leaves.
const TWO_CHECKPOINT: &str = "two.sandbox.checkpoint.sqlite3";

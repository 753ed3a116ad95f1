//! `run -n`: the same road as an import with the sending half missing. No client is ever made, and
//! the checkpoint is a temporary one: a copy of what a run would take up, if there is something.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::args::RunArguments;
use super::exit::{Exit, Failure};
use super::{environment, output, paths, run};
use crate::checkpoint::{Checkpoint, Outlook, Reader};
use crate::engine::clock::monotonic;
use crate::engine::scan;
use crate::lifecycle::Stop;
use crate::report::{Facts, ThisRun, Would, text};
use crate::source::Source;

/// Rows with a problem that are shown; the rest is only counted.
const PROBLEMS_SHOWN: usize = 20;

pub(super) fn dry_run(arguments: &RunArguments, source: &Source) -> Result<Exit, Failure> {
    let began = monotonic();
    let existing = existing_checkpoint(arguments);
    let mut scratch = match &existing {
        Some(path) => Checkpoint::scratch_copy(&Reader::open(path)?)?,
        None => Checkpoint::scratch()?,
    };
    let mut display = run::display(arguments);
    let outcome = scan::scan(
        source,
        &mut scratch,
        &mut display,
        &CancellationToken::new(),
    )?;
    drop(display);
    run::tell_changes(&outcome, source.csv_path());
    let counts = scratch.counts()?;
    run::tell_problems(&scratch.problems(PROBLEMS_SHOWN)?, &counts);
    let would = would(&scratch.outlook()?);
    let this_run = ThisRun {
        elapsed_ms: monotonic().since(began),
        ..ThisRun::default()
    };
    let facts = Facts {
        would: Some(would),
        estimate_ms: arguments
            .max_rpm
            .map(|rpm| would.requests * 60_000 / u64::from(rpm)),
        ..Facts::new(&counts, this_run, &Stop::Done)
    };
    if arguments.json {
        output::json(&facts);
    } else {
        output::say(&text::dry_run(&facts, existing.as_deref()));
    }
    Ok(if counts.invalid > 0 {
        Exit::Problems
    } else {
        Exit::Done
    })
}

fn would(outlook: &Outlook) -> Would {
    Would {
        create: outlook.create,
        resend: outlook.resend,
        look_up: outlook.look_up,
        // A lookup that finds nothing asks twice, and is followed by a create.
        requests: outlook.create + outlook.resend + 3 * outlook.look_up,
    }
}

/// The checkpoint that a run with these arguments would take up, if there is one.
fn existing_checkpoint(arguments: &RunArguments) -> Option<PathBuf> {
    let path = match &arguments.checkpoint {
        Some(path) => path.clone(),
        None if arguments.sandbox => paths::checkpoint(&arguments.csv, "sandbox"),
        None => match environment::account(arguments) {
            Ok(account) => paths::checkpoint(&arguments.csv, account.name()),
            // Nobody has said which account: if there is one checkpoint, it is the one.
            Err(_) => paths::the_checkpoint(Some(&arguments.csv), None).ok()?,
        },
    };
    path.exists().then_some(path)
}

//! `status`: how many rows are where.

use super::args::StatusArguments;
use super::exit::{Exit, Failure};
use super::run::PROBLEMS_SHOWN;
use super::{output, paths};
use crate::checkpoint::{Reader, Setting};
use crate::lifecycle::Stop;
use crate::model::counts::Counts;
use crate::report::{Facts, text};

pub(super) fn status(arguments: &StatusArguments) -> Result<Exit, Failure> {
    let path = paths::the_checkpoint(arguments.csv.as_deref(), arguments.checkpoint.as_deref())?;
    let reader = Reader::open(&path)?;
    let counts = reader.counts()?;
    let is_read = reader.setting(Setting::CsvSha256)?.is_some();
    let stop = if is_read && counts.open() == 0 {
        Stop::Done
    } else {
        Stop::Interrupted
    };
    let facts = facts(&reader, &counts, &stop)?;
    if arguments.json {
        output::json(&facts);
    } else {
        output::line(&text::rows(&facts));
        for row in reader.problems(PROBLEMS_SHOWN)? {
            output::line(&text::problem(row.line, row.state, &row.problem));
        }
    }
    if !is_read {
        output::say("the CSV has not been read to its end yet: run the same command again");
    }
    Ok(match stop {
        Stop::Done if counts.problems() > 0 => Exit::Problems,
        Stop::Done => Exit::Done,
        _ => Exit::Early,
    })
}

/// The facts, with what the last run has done. `stop` is why there is nothing going on, as far as
/// the rows tell.
pub(super) fn facts(reader: &Reader, counts: &Counts, stop: &Stop) -> Result<Facts, Failure> {
    let last = reader.last_run()?;
    let this_run = last.as_ref().map(|run| run.done).unwrap_or_default();
    let mut facts = Facts::new(counts, this_run, stop);
    let ended = last.and_then(|run| run.stopped_because);
    if reader.is_held() {
        facts.stopped_because = RUNNING.into();
    } else if let Some(word) = ended.filter(|_| *stop != Stop::Done) {
        // Rows that were put back since, or came with a new file, are not done.
        if word != "done" {
            facts.stopped_because = word.into();
        }
    }
    Ok(facts)
}

/// The word for a run that has not stopped.
const RUNNING: &str = "running";

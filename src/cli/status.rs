//! `status`: how many rows are where.

use super::args::StatusArguments;
use super::exit::{Exit, Failure};
use super::tell::PROBLEMS_SHOWN;
use super::{output, paths};
use crate::checkpoint::{AtWork, Reader, Setting};
use crate::lifecycle::Stop;
use crate::model::counts::Counts;
use crate::report::results::Waiting;
use crate::report::{Facts, text};

pub(super) fn status(arguments: &StatusArguments) -> Result<Exit, Failure> {
    let path = paths::the_checkpoint(arguments.csv.as_deref(), arguments.checkpoint.as_deref())?;
    let reader = Reader::open(&path)?;
    let facts = facts(&reader)?;
    if arguments.json {
        output::json(&facts);
    } else {
        output::line(&text::rows(&facts));
        if let Some(sentence) = at_work(&reader)? {
            output::line(&text::fold(&sentence));
        }
        for Waiting { file, rows } in waiting(&reader, &facts)? {
            output::line(&text::elsewhere(&file, rows, &path));
        }
        for row in reader.problems(PROBLEMS_SHOWN)? {
            output::line(&text::problem(row.line, row.state, &row.problem));
        }
    }
    if !is_read(&reader)? {
        output::say("the CSV has not been read to its end yet: run the same command again");
    }
    let counts = reader.counts()?;
    Ok(match stop(&reader, &counts)? {
        Stop::Done if counts.problems() > 0 => Exit::Problems,
        Stop::Done => Exit::Done,
        _ => Exit::Early,
    })
}

/// The facts as the checkpoint has them, with what the last run has done.
pub(super) fn facts(reader: &Reader) -> Result<Facts, Failure> {
    let last = reader.last_run()?;
    let this_run = last.as_ref().map(|run| run.done).unwrap_or_default();
    let counts = reader.counts()?;
    let stop = stop(reader, &counts)?;
    let mut facts = Facts::new(&counts, this_run, &stop);
    if is_running(reader)? {
        facts.stopped_because = RUNNING.into();
    } else if stop != Stop::Done {
        // A run that was cut off has no word for its end. One that was done has left rows that were
        // put back since, or that are read from another file.
        facts.stopped_because = match last.and_then(|run| run.stopped_because) {
            Some(word) if word == "done" => WAITING.into(),
            Some(word) => word.into(),
            None => facts.stopped_because,
        };
    }
    Ok(facts)
}

/// Whether a process is at work on the rows. Of one that cannot be seen from here that is not known.
fn is_running(reader: &Reader) -> Result<bool, Failure> {
    Ok(reader.is_held() || matches!(reader.at_work()?, AtWork::Runs(_)))
}

/// Who is at work on the rows, or was and left without a word.
fn at_work(reader: &Reader) -> Result<Option<String>, Failure> {
    Ok(match reader.at_work()? {
        AtWork::Runs(process) => Some(format!("running: {process}")),
        _ if reader.is_held() => Some("running: a process is at work on it now".to_owned()),
        AtWork::Nobody => None,
        AtWork::Gone(process) => Some(format!(
            "{process} was cut off; the next run resumes where it was"
        )),
        AtWork::Unknown(process) => Some(format!(
            "in use by {process}, and whether that process still runs cannot be seen from here"
        )),
    })
}

/// The word for a run that has not stopped.
pub(super) const RUNNING: &str = "running";

/// The word for a run that was done, where rows wait to be sent by now.
const WAITING: &str = "waiting";

/// The files whose rows wait, if the last run was done.
pub(super) fn waiting(reader: &Reader, facts: &Facts) -> Result<Vec<Waiting>, Failure> {
    if facts.stopped_because != WAITING {
        return Ok(Vec::new());
    }
    let recorded = reader.setting(Setting::Csv)?.unwrap_or_default();
    let files = reader.pending_files()?.into_iter();
    let files = files.map(|(file, rows)| Waiting {
        file: file.unwrap_or_else(|| recorded.clone()),
        rows,
    });
    Ok(files.collect())
}

/// Why nothing is going on, as far as the rows tell.
fn stop(reader: &Reader, counts: &Counts) -> Result<Stop, Failure> {
    Ok(if is_read(reader)? && counts.open() == 0 {
        Stop::Done
    } else {
        Stop::Interrupted
    })
}

fn is_read(reader: &Reader) -> Result<bool, Failure> {
    Ok(reader.setting(Setting::CsvSha256)?.is_some())
}

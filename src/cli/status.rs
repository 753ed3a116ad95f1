//! `status`: how many rows are where.

use super::args::StatusArguments;
use super::exit::{Exit, Failure};
use super::tell::PROBLEMS_SHOWN;
use super::{find, output};
use crate::checkpoint::{AtWork, Reader, Setting};
use crate::lifecycle::Stop;
use crate::model::counts::Counts;
use crate::report::facts::{KILLED, RUNNING, WAITING};
use crate::report::results::Waiting;
use crate::report::{Facts, text};

pub(super) fn status(arguments: &StatusArguments) -> Result<Exit, Failure> {
    let path = find::the_checkpoint(arguments.csv.as_deref(), arguments.checkpoint.as_deref())?;
    let reader = Reader::open(&path)?;
    let facts = facts(&reader)?;
    if arguments.json {
        output::json(&facts);
    } else {
        output::line(&text::rows(&facts));
        output::line(&text::fold(&standing(&reader, &facts)?));
        if facts.claimed > 0 {
            output::line(&text::claims(facts.claimed));
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
    let at_work = reader.at_work()?;
    let is_running = reader.is_held() || matches!(at_work, AtWork::Runs(_));
    let is_killed = !is_running && matches!(at_work, AtWork::Gone(_));
    // A run that is being prepared, or was killed then, has no line of its own yet.
    let last = reader.last_run()?;
    let last = last.filter(|run| run.ended_at.is_none() || !(is_running || is_killed));
    let this_run = last.as_ref().map(|run| run.done).unwrap_or_default();
    let counts = reader.counts()?;
    let stop = stop(reader, &counts)?;
    let mut facts = Facts::new(&counts, this_run, &stop);
    if is_running {
        facts.stopped_because = RUNNING.into();
    } else if stop != Stop::Done {
        // A run that was done has left rows that were put back since, or that are read from another
        // file.
        facts.stopped_because = match last {
            _ if is_killed => KILLED.into(),
            Some(run) => match run.stopped_because {
                Some(word) if word == "done" => WAITING.into(),
                Some(word) => word.into(),
                None => KILLED.into(),
            },
            None => facts.stopped_because,
        };
    }
    Ok(facts)
}

/// Whether a run is at work, was killed, has stopped or is done, in one sentence.
fn standing(reader: &Reader, facts: &Facts) -> Result<String, Failure> {
    let created = text::count(facts.this_run.created, "ticket");
    Ok(match (reader.at_work()?, &*facts.stopped_because) {
        (AtWork::Runs(process), _) => format!("running, {created} made: {process}"),
        (_, RUNNING) => format!("running, {created} made"),
        (AtWork::Gone(process), KILLED) => {
            format!("killed, {created} made: {process}; run the same command again")
        }
        (AtWork::Unknown(process), _) => format!(
            "in use by {process}, and whether that process still runs cannot be seen from here"
        ),
        (_, KILLED) => format!("killed, {created} made; run the same command again"),
        (_, word @ ("done" | WAITING)) => word.to_owned(),
        _ if reader.last_run()?.is_none() => "nothing was sent yet".to_owned(),
        (_, word) => format!("stopped: {word}"),
    })
}

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
    Ok(
        if is_read(reader)? && counts.open() == 0 && counts.claimed == 0 {
            Stop::Done
        } else {
            Stop::Interrupted
        },
    )
}

fn is_read(reader: &Reader) -> Result<bool, Failure> {
    Ok(reader.setting(Setting::CsvSha256)?.is_some())
}

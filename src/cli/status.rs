//! `status`: how many rows are where.

use super::args::StatusArguments;
use super::exit::{Exit, Failure};
use super::run::PROBLEMS_SHOWN;
use super::{output, paths};
use crate::checkpoint::{Reader, Setting};
use crate::lifecycle::Stop;
use crate::report::{Facts, ThisRun, text};

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
    let facts = Facts::new(&counts, ThisRun::default(), &stop);
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

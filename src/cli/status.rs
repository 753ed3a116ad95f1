//! `status`: how many rows are where.

use super::args::StatusArguments;
use super::exit::{Exit, Failure};
use super::{output, paths};
use crate::checkpoint::Reader;
use crate::lifecycle::Stop;
use crate::report::{Facts, ThisRun, text};

pub(super) fn status(arguments: &StatusArguments) -> Result<Exit, Failure> {
    let path = paths::the_checkpoint(arguments.csv.as_deref(), arguments.checkpoint.as_deref())?;
    let counts = Reader::open(&path)?.counts()?;
    let stop = if counts.open() == 0 {
        Stop::Done
    } else {
        Stop::Interrupted
    };
    let facts = Facts::new(&counts, ThisRun::default(), &stop);
    if arguments.json {
        output::json(&facts);
    } else {
        output::line(&text::rows(&facts));
    }
    Ok(match stop {
        Stop::Done if counts.problems() > 0 => Exit::Problems,
        Stop::Done => Exit::Done,
        _ => Exit::Early,
    })
}

//! What a run leaves behind about itself.

use super::monitor::{Ended, Picture};
use crate::checkpoint::{Checkpoint, CheckpointError, RunEnd, RunId, RunNote};
use crate::lifecycle::Stop;
use crate::model::history::ThisRun;
use crate::model::time::{Monotonic, ServerClock, ServerTime};
use crate::report::facts::because;

/// The line of a run in the checkpoint.
#[derive(Debug)]
pub struct History {
    run: RunId,
    began: Monotonic,
}

impl History {
    /// Begins the line. `began` is when the command was given, `arguments` a JSON object without
    /// secrets.
    pub(super) fn begin(
        checkpoint: &mut Checkpoint,
        began: Monotonic,
        at: ServerTime,
        arguments: &str,
    ) -> Result<Self, CheckpointError> {
        let run = checkpoint.begin_run(at, env!("CARGO_PKG_VERSION"), arguments)?;
        Ok(Self { run, began })
    }

    /// Writes the whole line of a run that ended before there was a driver.
    pub fn of_ended(
        checkpoint: &mut Checkpoint,
        (began, clock): (Monotonic, ServerClock),
        arguments: &str,
        ended: &Ended,
        now: Monotonic,
    ) -> Result<(), CheckpointError> {
        let history = Self::begin(checkpoint, began, clock.at(began), arguments)?;
        let picture = Picture {
            counts: ended.counts,
            tally: ended.tally,
            allowed_rpm: None,
            waiting: None,
            authors: None,
            resting_ms: 0,
        };
        history.end(checkpoint, &picture, (&ended.stop, clock.at(now)), now)
    }

    /// What has been done until now.
    pub(super) fn note(&self, picture: &Picture, now: Monotonic) -> RunNote {
        let tally = picture.tally;
        RunNote {
            run: self.run,
            done: ThisRun {
                created: tally.created,
                requests: tally.requests,
                throttled: tally.throttled,
                retried: tally.retried,
                lookups: tally.lookups,
                elapsed_ms: now.since(self.began),
            },
            allowed_rpm: picture.allowed_rpm,
        }
    }

    /// Ends the line: what has been done in all, and why it ended.
    pub(super) fn end(
        &self,
        checkpoint: &mut Checkpoint,
        picture: &Picture,
        (stop, at): (&Stop, ServerTime),
        now: Monotonic,
    ) -> Result<(), CheckpointError> {
        let end = RunEnd {
            at,
            stopped_because: because(stop),
            message: message(stop),
        };
        checkpoint.end_run(&self.note(picture, now), end)
    }
}

/// What was wrong, where a run did not just end.
fn message(stop: &Stop) -> Option<&str> {
    match stop {
        Stop::Credentials(problem)
        | Stop::Account(problem)
        | Stop::Disk(problem)
        | Stop::Input(problem) => Some(&problem.message),
        Stop::Done
        | Stop::Interrupted
        | Stop::Limit
        | Stop::MaxErrors
        | Stop::MaxDuration
        | Stop::Outage => None,
    }
}

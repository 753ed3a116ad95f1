//! What a run leaves behind about itself.

use super::monitor::Picture;
use super::run::Ended;
use crate::checkpoint::{Checkpoint, CheckpointError, RunEnd, RunId};
use crate::lifecycle::Stop;
use crate::model::history::ThisRun;
use crate::model::time::{Monotonic, ServerClock, ServerTime};
use crate::report::facts::because;

/// How long a note of what has been done may be behind, in milliseconds.
const NOTE_EVERY_MS: u64 = 60_000;

/// The line of a run in the checkpoint.
#[derive(Debug)]
pub struct History {
    run: RunId,
    began: Monotonic,
    noted: Monotonic,
}

impl History {
    /// Begins the line. `began` is when the command was given, `arguments` a JSON object without
    /// secrets.
    pub(super) fn begin(
        checkpoint: &mut Checkpoint,
        began: Monotonic,
        (at, now): (ServerTime, Monotonic),
        arguments: &str,
    ) -> Result<Self, CheckpointError> {
        let run = checkpoint.begin_run(at, env!("CARGO_PKG_VERSION"), arguments)?;
        Ok(Self {
            run,
            began,
            noted: now,
        })
    }

    /// Writes the whole line of a run that ended before there was a driver.
    pub fn of_ended(
        checkpoint: &mut Checkpoint,
        (began, clock): (Monotonic, ServerClock),
        arguments: &str,
        ended: &Ended,
        now: Monotonic,
    ) -> Result<(), CheckpointError> {
        let mut history = Self::begin(checkpoint, began, (clock.at(began), now), arguments)?;
        let picture = Picture {
            counts: ended.counts,
            tally: ended.tally,
            allowed_rpm: None,
            waiting: None,
            resting_ms: 0,
        };
        let end = Some((&ended.stop, clock.at(now)));
        history.note(checkpoint, &picture, end, now)
    }

    /// Whether it is time for another note.
    pub(super) fn is_due(&self, now: Monotonic) -> bool {
        now.since(self.noted) >= NOTE_EVERY_MS
    }

    /// Notes what has been done until now and, at the end, why it ended.
    pub(super) fn note(
        &mut self,
        checkpoint: &mut Checkpoint,
        picture: &Picture,
        end: Option<(&Stop, ServerTime)>,
        now: Monotonic,
    ) -> Result<(), CheckpointError> {
        self.noted = now;
        let tally = picture.tally;
        let done = ThisRun {
            created: tally.created,
            requests: tally.requests,
            throttled: tally.throttled,
            retried: tally.retried,
            lookups: tally.lookups,
            elapsed_ms: now.since(self.began),
        };
        let end = end.map(|(stop, at)| RunEnd {
            at,
            stopped_because: because(stop),
            message: message(stop),
        });
        checkpoint.note_run(self.run, &done, picture.allowed_rpm, end)
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

//! What the phases of a run share, and how a run ends before its first create.

use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Failure};
use crate::checkpoint::Checkpoint;
use crate::engine::clock::monotonic;
use crate::engine::driver::Message;
use crate::engine::history::History;
use crate::engine::monitor::{Ended, Tally};
use crate::engine::start::SoFar;
use crate::lifecycle::Stop;
use crate::model::time::Monotonic;

/// State that the phases of a run share: the runtime, the message channel and the cancellation token.
pub(super) struct Session<'r> {
    pub(super) began: Monotonic,
    pub(super) runtime: &'r Runtime,
    pub(super) sender: Sender<Message>,
    pub(super) inbox: Receiver<Message>,
    pub(super) end: CancellationToken,
}

impl Session<'_> {
    /// What is done before the first create ends when somebody asks for it, or when `max_ms` are
    /// over.
    pub(super) fn end_of_preparing(&self, max_ms: Option<u64>) -> CancellationToken {
        let end = self.end.child_token();
        if let Some(max_ms) = max_ms {
            let left = Duration::from_millis(max_ms.saturating_sub(monotonic().since(self.began)));
            let over = end.clone();
            self.runtime.spawn(async move {
                tokio::time::sleep(left).await;
                over.cancel();
            });
        }
        end
    }

    /// The failure of a run that got no answer, which may be that its time was over.
    pub(super) fn over(&self, failure: Failure) -> Failure {
        if failure.exit == Exit::Interrupted && !self.end.is_cancelled() {
            return Failure {
                exit: Exit::Early,
                sentence:
                    "--max-duration is over, and Zendesk has not answered; nothing was sent: \
                           run the same command again"
                        .to_owned(),
            };
        }
        failure
    }

    /// The end of a run before its first create that a person asks for, or else the time.
    pub(super) fn cut_off(
        &self,
        checkpoint: &mut Checkpoint,
        so_far: &SoFar,
        settings: &str,
    ) -> Result<Ended, Failure> {
        let stop = if self.end.is_cancelled() {
            Stop::Interrupted
        } else {
            Stop::MaxDuration
        };
        self.ended(stop, checkpoint, so_far, settings)
    }

    /// The end of a run before its first create. It has a line in the history if Zendesk has told the
    /// time.
    pub(super) fn ended(
        &self,
        stop: Stop,
        checkpoint: &mut Checkpoint,
        so_far: &SoFar,
        settings: &str,
    ) -> Result<Ended, Failure> {
        let ended = Ended {
            stop,
            counts: checkpoint.counts()?,
            tally: Tally {
                requests: so_far.requests.into(),
                ..Tally::default()
            },
        };
        if let Some(clock) = so_far.clock {
            let began = (self.began, clock);
            History::of_ended(checkpoint, began, settings, &ended, monotonic())?;
        }
        Ok(ended)
    }
}

//! What a run does first: the tickets that persons have named while the account could not be asked.

use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::args::RunArguments;
use crate::checkpoint::Checkpoint;
use crate::engine::EngineError;
use crate::engine::claims::{self, Tickets};
use crate::engine::monitor::Monitor;
use crate::engine::start::{Account, SoFar};
use crate::zendesk::Client;
use crate::zendesk::pacer::Policy;

/// Checks these tickets, before anything is sent.
pub(super) fn check(
    arguments: &RunArguments,
    (client, known): (&Client, &Account),
    checkpoint: &mut Checkpoint,
    (runtime, end): (&Runtime, &CancellationToken),
    so_far: &mut SoFar,
    monitor: &mut dyn Monitor,
) -> Result<(), EngineError> {
    let pace = Policy {
        max_rpm: arguments.account.max_rpm,
        reserve_rpm: arguments.account.reserve_rpm,
    };
    let mut tickets = Tickets::of(client, known, pace, end);
    let checked = runtime.block_on(claims::check(checkpoint, &mut tickets, monitor));
    so_far.requests += tickets.requests();
    checked
}

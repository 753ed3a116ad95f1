//! Questions about tickets, asked of a checkpoint's account by a command that changes nothing there.

use super::exit::Failure;
use super::place::Place;
use super::shared_args::AccountArguments;
use super::verify::{Teller, listen};
use crate::engine::claims::Tickets;
use crate::engine::clock::monotonic;
use crate::engine::run::runtime;
use crate::engine::start::SoFar;
use crate::engine::{EngineError, start};
use crate::model::time::ServerClock;
use crate::zendesk::pacer::Policy;
use crate::zendesk::{Client, Timeouts};

/// Asks the account until all is answered or somebody asks for the end.
pub(super) fn ask<T>(
    place: &Place,
    arguments: &AccountArguments,
    questions: impl AsyncFnOnce(&mut Tickets<'_>, ServerClock) -> Result<T, EngineError>,
) -> Result<Result<T, EngineError>, Failure> {
    let (account, credentials, _server) = place.connect()?;
    let client = Client::new(account, credentials, Timeouts::default(), monotonic)
        .map_err(|error| Failure::refused(error.to_string()))?;
    let runtime = runtime()?;
    let end = listen(&runtime)?;
    let policy = Policy {
        max_rpm: arguments.max_rpm,
        reserve_rpm: arguments.reserve_rpm,
    };
    let (mut so_far, mut monitor) = (SoFar::default(), Teller { quiet: false });
    Ok(runtime.block_on(async {
        let known = tokio::select! {
            known = start::who(&client, &mut so_far, &mut monitor) => known?,
            () = end.cancelled() => return Err(EngineError::Interrupted),
        };
        let mut tickets = Tickets::of(&client, &known, policy, &end);
        questions(&mut tickets, known.clock).await
    }))
}

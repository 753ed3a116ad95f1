//! The way to the account, and what a run asks on it before it reads the rows.

use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::args::RunArguments;
use super::exit::Failure;
use super::meet;
use super::place::Place;
use super::progress::Display;
use crate::checkpoint::Checkpoint;
use crate::engine::clock::monotonic;
use crate::engine::start::SoFar;
use crate::engine::{EngineError, fields, scan};
use crate::sandbox::server::Server;
use crate::source::Source;
use crate::zendesk::{Client, Timeouts};

/// The way to the account.
pub(super) struct Link {
    pub(super) client: Client,
    /// The embedded sandbox lives as long as this.
    pub(super) server: Option<Server>,
}

/// Asks the account which values its fields take, if the mapping names fields and rows may depend on
/// them.
pub(super) fn learn_fields(
    arguments: &RunArguments,
    (place, source, checkpoint): (&Place, &Source, &Checkpoint),
    (runtime, end): (&Runtime, &CancellationToken),
    so_far: &mut SoFar,
    display: &mut Display,
) -> Result<Option<Link>, Failure> {
    if !meet::has_account_fields(arguments, source) || scan::is_settled(source, checkpoint)? {
        return Ok(None);
    }
    let link = connect(place)?;
    runtime.block_on(async {
        tokio::select! {
            learned = fields::learn(&link.client, source, so_far, display) => learned,
            () = end.cancelled() => Err(EngineError::Interrupted),
        }
    })?;
    Ok(Some(link))
}

pub(super) fn connect(place: &Place) -> Result<Link, Failure> {
    let (account, credentials, server) = place.connect()?;
    let client = Client::new(account, credentials, Timeouts::default(), monotonic)
        .map_err(|error| Failure::refused(error.to_string()))?;
    Ok(Link { client, server })
}

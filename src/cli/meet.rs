//! What is asked of the account before the first create, by a run and by `run -n --online`.

use super::args::{Endpoint, RunArguments};
use crate::engine::clock::wall;
use crate::engine::monitor::Monitor;
use crate::engine::start::SoFar;
use crate::engine::{EngineError, preflight, start};
use crate::model::intent::{Route, Trust};
use crate::model::limits::{KEYS_PER_ROW_MAX, KEYS_PER_ROW_MAX_UNTRUSTED};
use crate::source::{self, Source};
use crate::zendesk::Client;

/// Where creates go.
const TICKETS_PATH: &str = "/api/v2/tickets";
const IMPORTS_PATH: &str = "/api/v2/imports/tickets";

/// Returns the record of a start that has not begun.
pub(super) fn so_far(arguments: &RunArguments) -> SoFar {
    SoFar {
        patience_ms: arguments.max_outage,
        ..SoFar::default()
    }
}

/// Whether rows depend on what the account's ticket fields take. The embedded double has none of the
/// fields of the account that the mapping is for.
pub(super) fn has_account_fields(arguments: &RunArguments, source: &Source) -> bool {
    !arguments.account.sandbox && !source.references().fields.is_empty()
}

/// Asks who we are, whether that is enough, and whether the account has what the mapping names. How
/// far it is is told in `so_far`, also when it is cut off.
pub(super) async fn meet(
    arguments: &RunArguments,
    client: &Client,
    source: &Source,
    so_far: &mut SoFar,
    monitor: &mut dyn Monitor,
) -> Result<start::Account, EngineError> {
    let mut known = start::ask(client, so_far, monitor).await?;
    if arguments.endpoint() == Endpoint::Imports && known.role != "admin" {
        return Err(EngineError::Refused(format!(
            "the imports endpoint is for administrators only, and this user is {}: use an \
             administrator's credentials, or --endpoint tickets",
            known.role
        )));
    }
    if arguments.endpoint() == Endpoint::Imports {
        start::ask_highest_ticket(client, &mut known, so_far, monitor).await?;
    }
    // Nor does it have the other things.
    if !arguments.account.sandbox {
        preflight::check(client, &source.references(), so_far, monitor).await?;
    }
    Ok(known)
}

/// The bodies are made for the endpoint that they go to.
pub(super) fn target(endpoint: Endpoint) -> source::Target {
    source::Target {
        endpoint: match endpoint {
            Endpoint::Tickets => source::Endpoint::Tickets,
            Endpoint::Imports => source::Endpoint::Imports,
        },
        now: Some(wall()),
    }
}

/// The endpoint's name, as it is typed.
pub(super) fn name(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Tickets => "tickets",
        Endpoint::Imports => "imports",
    }
}

/// Keys are documented for the tickets endpoint only.
pub(super) fn trust(endpoint: Endpoint) -> Trust {
    match endpoint {
        Endpoint::Tickets => Trust::Key,
        Endpoint::Imports => Trust::LookupOnly,
    }
}

/// Where keys prove nothing, every lost reply uses one up. Tickets that go straight into the archive
/// are seen by the search alone, so that "not found" is believed less often.
pub(super) fn keys_max(arguments: &RunArguments) -> u32 {
    match (arguments.endpoint(), arguments.archive_immediately) {
        (Endpoint::Imports, false) => KEYS_PER_ROW_MAX_UNTRUSTED,
        (Endpoint::Imports, true) | (Endpoint::Tickets, _) => KEYS_PER_ROW_MAX,
    }
}

/// Where creates go and as whom.
pub(super) fn route(arguments: &RunArguments, host: &str, user: u64) -> Route {
    let path = match (arguments.endpoint(), arguments.archive_immediately) {
        (Endpoint::Tickets, _) => TICKETS_PATH.to_owned(),
        (Endpoint::Imports, false) => IMPORTS_PATH.to_owned(),
        (Endpoint::Imports, true) => format!("{IMPORTS_PATH}?archive_immediately=true"),
    };
    Route {
        method: "POST".to_owned(),
        path,
        host: host.to_owned(),
        user,
    }
}

//! Whose the tickets become that do not say who requested them.

use super::exit::Failure;
use crate::checkpoint::{Checkpoint, NoRequester as Found, Reader, Setting};
use crate::engine::monitor::Monitor;
use crate::engine::start::Account;
use crate::report::requesters::NoRequester;
use crate::source::Source;

/// What is told before rows are sent: up to `limit` of them.
pub(super) fn coming(
    checkpoint: &Checkpoint,
    source: &Source,
    known: Option<&Account>,
    limit: Option<u64>,
) -> Result<NoRequester, Failure> {
    let Found { rows, lines } = checkpoint.no_requester(limit)?;
    Ok(NoRequester {
        created: 0,
        waiting: rows,
        lines,
        user: known.map(|known| known.user),
        user_name: known.map(|known| known.name.clone()),
        is_mapped: source.maps_requester(),
    })
}

/// Says it once, before the first create.
pub(super) fn say(tickets: &NoRequester, monitor: &mut dyn Monitor) {
    if let Some(sentence) = tickets.coming() {
        monitor.tell(&sentence);
    }
}

/// What a report tells; nothing if every ticket has a requester of its own.
pub(super) fn of_report(reader: &Reader) -> Result<Option<NoRequester>, Failure> {
    let [created, waiting] = reader.no_requester()?;
    let user = reader.setting(Setting::User)?;
    let tickets = NoRequester {
        created,
        waiting,
        user: user.and_then(|user| user.parse().ok()),
        is_mapped: true,
        ..NoRequester::default()
    };
    Ok((created + waiting > 0).then_some(tickets))
}

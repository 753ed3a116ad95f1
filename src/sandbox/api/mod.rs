//! The endpoints: one file a family.

mod audit;
mod auth;
mod create;
mod draft;
mod errors;
mod incremental;
mod oauth;
mod page;
mod render;
mod search;
mod tickets;
mod triggers;
mod users;
mod validate;

pub(super) use create::{fresh_key, keep_failure};
pub(super) use errors::too_many_requests;

use crate::sandbox::http::{Method, Request, Response};
use crate::sandbox::state::State;

/// Finds the endpoint of a request and lets it answer.
pub(super) fn route(state: &mut State, request: &Request, now_ms: i64) -> Response {
    let endpoint = request.endpoint();
    if (request.method, endpoint) == (Method::Post, "/oauth/tokens") {
        return oauth::grant(state, request, now_ms);
    }
    let Some(path) = endpoint.strip_prefix("/api/v2/") else {
        return errors::invalid_endpoint();
    };
    // The one endpoint that answers strangers, too.
    if (request.method, path) == (Method::Get, "users/me") {
        return users::me(state, request, now_ms);
    }
    if !auth::is_known(state, request, now_ms) {
        return errors::unauthorized();
    }
    match (request.method, path) {
        (Method::Post, "tickets") => create::create(state, request, now_ms),
        (Method::Get, "tickets") => tickets::list(state, request, now_ms),
        (Method::Get, "tickets/count") => tickets::count(state, now_ms),
        (Method::Get, "tickets/show_many") => tickets::show_many(state, request),
        (Method::Get, "incremental/tickets/cursor") => incremental::cursor(state, request, now_ms),
        (Method::Get, "search") => search::search(state, request, now_ms),
        (Method::Get, "triggers/active") => triggers::active(state),
        (Method::Get, _) => match ticket_id(path) {
            Some(id) => tickets::show(state, id),
            None => errors::invalid_endpoint(),
        },
        (Method::Delete, _) => match ticket_id(path) {
            Some(id) => tickets::delete(state, id, now_ms),
            None => errors::invalid_endpoint(),
        },
        (Method::Post | Method::Put | Method::Other, _) => errors::invalid_endpoint(),
    }
}

fn ticket_id(path: &str) -> Option<u64> {
    path.strip_prefix("tickets/")?.parse().ok()
}

/// The external id in the body of a create, as the service reads it.
pub(super) fn external_id(body: &[u8]) -> Option<String> {
    draft::Draft::parse(body).ok()?.external_id
}

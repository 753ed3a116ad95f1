//! The endpoints, one file per family.

mod audit;
mod auth;
mod change;
mod comments;
mod complaints;
mod create;
mod draft;
mod errors;
mod fields;
mod furniture;
mod incremental;
mod jobs;
mod make;
mod oauth;
mod page;
mod people;
mod render;
mod search;
mod tickets;
mod triggers;
mod users;
mod validate;

pub(super) use create::{fresh_key, keep_failure};
pub(super) use errors::too_many_requests;
pub(super) use jobs::work;

use crate::sandbox::http::{Method, Request, Response};
use crate::sandbox::state::{JobKind, Origin, State};

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
    match request.method {
        Method::Get => read(state, request, path, now_ms),
        Method::Post => match path {
            "tickets" | "imports/tickets" => create::create(state, request, now_ms),
            "tickets/create_many" => jobs::create_tickets(state, request, now_ms),
            "imports/tickets/create_many" => jobs::import_tickets(state, request, now_ms),
            "users" => people::create(state, request, now_ms),
            "users/create_or_update" => people::create_or_update(state, request, now_ms),
            "users/create_many" => jobs::users(state, request, JobKind::CreateUsers, now_ms),
            "users/create_or_update_many" => {
                jobs::users(state, request, JobKind::CreateOrUpdateUsers, now_ms)
            }
            _ => errors::invalid_endpoint(),
        },
        Method::Put => match number_after("tickets/", path) {
            Some(id) => change::update(state, id, request, now_ms),
            None => errors::invalid_endpoint(),
        },
        Method::Delete => match (path, number_after("tickets/", path)) {
            ("tickets/destroy_many", _) => change::destroy_many(state, request, now_ms),
            (_, Some(id)) => change::delete(state, id, now_ms),
            (_, None) => errors::invalid_endpoint(),
        },
        Method::Other => errors::invalid_endpoint(),
    }
}

/// What changes nothing.
fn read(state: &State, request: &Request, path: &str, now_ms: i64) -> Response {
    match path {
        "tickets" => return tickets::list(state, request, now_ms),
        "tickets/count" => return tickets::count(state, now_ms),
        "tickets/show_many" => return tickets::show_many(state, request),
        "deleted_tickets" => return change::deleted(state, request),
        "incremental/tickets/cursor" => return incremental::cursor(state, request, now_ms),
        "search" => return search::search(state, request, now_ms),
        "triggers/active" => return triggers::active(state),
        "ticket_fields" => return fields::list(state, request),
        "users" => return people::list(state, request),
        "users/show_many" => return people::show_many(state, request),
        "users/search" => return people::search(state, request, now_ms),
        "job_statuses" => return jobs::list(state, request, now_ms),
        "job_statuses/show_many" => return jobs::show_many(state, request, now_ms),
        _ => {}
    }
    if let Some(rest) = path.strip_prefix("tickets/") {
        return of_ticket(state, request, rest, now_ms);
    }
    if let Some(id) = path.strip_prefix("job_statuses/") {
        return jobs::show(state, id, now_ms);
    }
    if let Some(id) = number_after("users/", path) {
        return people::show(state, id);
    }
    if let Some(id) = number_after("ticket_fields/", path) {
        return fields::show(state, id);
    }
    furniture::answer(state, request, path).unwrap_or_else(errors::invalid_endpoint)
}

/// `{id}` and what lies below it.
fn of_ticket(state: &State, request: &Request, rest: &str, now_ms: i64) -> Response {
    let (id, part) = rest
        .split_once('/')
        .map_or((rest, ""), |(id, part)| (id, part));
    match (id.parse(), part) {
        (Ok(id), "") => tickets::show(state, id),
        (Ok(id), "comments") => comments::list(state, request, id),
        (Ok(id), "comments/count") => comments::count(state, id, now_ms),
        (Ok(id), "metrics") => comments::metrics(state, id),
        _ => errors::invalid_endpoint(),
    }
}

fn number_after(prefix: &str, path: &str) -> Option<u64> {
    path.strip_prefix(prefix)?.parse().ok()
}

/// The external id in the body of a create, as the service reads it.
pub(super) fn external_id(body: &[u8], origin: Origin) -> Option<String> {
    draft::Draft::parse(body, origin).ok()?.external_id
}

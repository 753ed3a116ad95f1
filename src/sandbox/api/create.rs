//! `POST /api/v2/tickets`, and what an idempotency key does to it.

use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::sandbox::api::draft::Draft;
use crate::sandbox::api::validate::{objections, requester_email};
use crate::sandbox::api::{errors, render};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::{ADMIN_ID, Change, KeyRecord, Outcome, State, Ticket, User};

/// The largest body that the service reads.
const BODY_BYTES_MAX: usize = 4 << 20;

const LOOKUP: &str = "x-idempotency-lookup";

/// Makes a ticket, or answers again what was answered under the same key before.
pub(super) fn create(state: &mut State, request: &Request, now_ms: i64) -> Response {
    if request.body.len() > BODY_BYTES_MAX {
        return errors::too_large();
    }
    let Some(key) = key_of(state, request) else {
        return make(state, request, now_ms).0;
    };
    let body_hash: [u8; 32] = Sha256::digest(&request.body).into();
    if let Some(record) = state.keys.find(key, now_ms) {
        if record.body_hash != body_hash {
            return errors::key_mismatch();
        }
        return replay(state, &record.outcome).with(LOOKUP, "hit");
    }
    let (response, outcome) = make(state, request, now_ms);
    if let Some(outcome) = outcome {
        let record = KeyRecord {
            key: Arc::from(key),
            first_ms: now_ms,
            body_hash,
            outcome,
        };
        state.apply(Change::Key(record), now_ms);
    }
    response.with(LOOKUP, "miss")
}

/// The key of a create, if it is one that nothing is kept under yet.
pub(in crate::sandbox) fn fresh_key<'a>(
    state: &State,
    request: &'a Request,
    now_ms: i64,
) -> Option<&'a str> {
    let key = key_of(state, request).filter(|_| request.is_create())?;
    state.keys.find(key, now_ms).is_none().then_some(key)
}

/// Keeps a failure under a key, in accounts that keep failures.
pub(in crate::sandbox) fn keep_failure(
    state: &mut State,
    request: &Request,
    now_ms: i64,
    key: &str,
    failure: &Response,
) {
    if let Some(outcome) = kept(state, failure) {
        let body_hash = Sha256::digest(&request.body).into();
        let record = KeyRecord {
            key: Arc::from(key),
            first_ms: now_ms,
            body_hash,
            outcome,
        };
        state.apply(Change::Key(record), now_ms);
    }
}

fn key_of<'a>(state: &State, request: &'a Request) -> Option<&'a str> {
    request
        .header("idempotency-key")
        .filter(|key| !key.is_empty() && !state.settings.drop_keys)
}

fn replay(state: &State, outcome: &Outcome) -> Response {
    match outcome {
        Outcome::Failure {
            status,
            content_type,
            body,
        } => Response::with_type(*status, content_type, body.clone()),
        Outcome::Ticket(id) => match state.tickets.get_even_deleted(*id) {
            Some(ticket) => created(ticket, &render::draft_of(ticket)),
            None => errors::record_not_found(),
        },
    }
}

/// Makes a ticket if the body allows it; the outcome is what a key would keep.
fn make(state: &mut State, request: &Request, now_ms: i64) -> (Response, Option<Outcome>) {
    let Ok(draft) = Draft::parse(&request.body) else {
        return (errors::malformed_json(), None);
    };
    let objections = objections(&draft);
    if !objections.is_empty() {
        let response = errors::record_invalid(&objections);
        let outcome = kept(state, &response);
        return (warned(response, &draft), outcome);
    }
    let Some(requester_id) = requester(state, &draft, now_ms) else {
        return (errors::requester_collision(), None);
    };
    let ticket = Arc::new(Ticket {
        id: state.tickets.next_id(),
        made_ms: now_ms,
        requester_id,
        external_id: draft.external_id.as_deref().map(Arc::from),
        source: request.body.clone(),
    });
    state.apply(Change::Ticket(Arc::clone(&ticket)), now_ms);
    (created(&ticket, &draft), Some(Outcome::Ticket(ticket.id)))
}

fn created(ticket: &Ticket, draft: &Draft) -> Response {
    let response = Response::json(201, &render::created(ticket, draft));
    warned(
        response.with("location", render::ticket_url(ticket.id)),
        draft,
    )
}

fn warned(response: Response, draft: &Draft) -> Response {
    match draft.warning() {
        Some(warning) => response.with("x-zendesk-api-warn", warning),
        None => response,
    }
}

fn kept(state: &State, failure: &Response) -> Option<Outcome> {
    state.settings.failures_cached.then(|| Outcome::Failure {
        status: failure.status,
        content_type: failure
            .header("content-type")
            .unwrap_or_default()
            .to_owned(),
        body: failure.body.clone(),
    })
}

/// The id of the requester, who is made if nobody has the address; none is a collision.
fn requester(state: &mut State, draft: &Draft, now_ms: i64) -> Option<u64> {
    if let Some(id) = draft.requester_id {
        return Some(id);
    }
    let name = draft.requester.get("name").and_then(Value::as_str);
    let email = requester_email(draft).map(|email| email.trim().to_lowercase());
    if let Some(email) = &email {
        if state.settings.collisions && state.users.collides(email, now_ms) {
            return None;
        }
        if let Some(id) = state.users.find(email) {
            return Some(id);
        }
    } else if name.is_none() {
        return Some(draft.requester.as_u64().unwrap_or(ADMIN_ID));
    }
    let local_part = || {
        email
            .as_deref()
            .and_then(|e| e.split('@').next())
            .unwrap_or_default()
    };
    let name = name.unwrap_or_else(local_part).to_owned();
    let user = User {
        id: state.users.next_id(),
        email: email.clone(),
        name,
        made_ms: now_ms,
    };
    let id = user.id;
    state.apply(Change::User(user), now_ms);
    Some(id)
}

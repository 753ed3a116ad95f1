//! `POST /api/v2/tickets` and `POST /api/v2/imports/tickets`, and what an idempotency key does.

use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::sandbox::api::audit::{AuditView, audit};
use crate::sandbox::api::draft::Draft;
use crate::sandbox::api::make::{Refusal, import_origin, make};
use crate::sandbox::api::render::TicketView;
use crate::sandbox::api::{errors, render};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::settings::ImportsKeys;
use crate::sandbox::settings::Settings;
use crate::sandbox::state::{Change, KeyRecord, Origin, Outcome, State, Ticket};

/// The largest body that the service reads.
const BODY_BYTES_MAX: usize = 4 << 20;

const LOOKUP: &str = "x-idempotency-lookup";

/// Makes a ticket, or answers again what was answered under the same key before.
pub(super) fn create(state: &mut State, request: &Request, now_ms: i64) -> Response {
    if request.body.len() > BODY_BYTES_MAX {
        return errors::too_large();
    }
    if request.is_import() && state.settings.role != "admin" {
        return errors::forbidden();
    }
    let Some(key) = key_of(state, request) else {
        return answer(state, request, now_ms).0;
    };
    let body_hash: [u8; 32] = Sha256::digest(&request.body).into();
    if let Some(record) = state.keys.find(key, now_ms) {
        if record.body_hash != body_hash {
            return errors::key_mismatch();
        }
        return replay(state, &record.outcome).with(LOOKUP, "hit");
    }
    let (response, outcome) = answer(state, request, now_ms);
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
    let is_honoured = if request.is_import() {
        state.settings.imports_keys == ImportsKeys::Honour
    } else {
        !state.settings.drop_keys
    };
    request
        .header("idempotency-key")
        .filter(|key| !key.is_empty() && is_honoured)
}

fn replay(state: &State, outcome: &Outcome) -> Response {
    match outcome {
        Outcome::Failure {
            status,
            content_type,
            body,
        } => Response::with_type(*status, content_type, body.clone()),
        Outcome::Ticket(id) => match state.tickets.get_even_deleted(*id) {
            Some(ticket) => created(state, ticket, &render::first_draft_of(ticket)),
            None => errors::record_not_found(),
        },
    }
}

/// Makes a ticket if the body allows it; the outcome is what a key would keep.
fn answer(state: &mut State, request: &Request, now_ms: i64) -> (Response, Option<Outcome>) {
    let is_import = request.is_import();
    let parsed_as = if is_import {
        Origin::Imported
    } else {
        Origin::Posted
    };
    let Ok(draft) = Draft::parse(&request.body, parsed_as) else {
        return (errors::malformed_json(), None);
    };
    let origin = if is_import {
        import_origin(&draft, wants_archive(request))
    } else {
        Origin::Posted
    };
    match make(state, request.body.clone(), &draft, origin, now_ms) {
        Ok(ticket) => {
            let response = created(state, &ticket, &draft);
            (response, Some(Outcome::Ticket(ticket.id)))
        }
        Err(Refusal::Invalid(complaints)) => {
            let response = errors::record_invalid(state.settings.locale, &complaints);
            let outcome = kept(state, &response);
            (warned(response, &draft, origin), outcome)
        }
        Err(Refusal::Collision) => (errors::requester_collision(), None),
    }
}

/// Whether an import goes straight to the archive.
pub(super) fn wants_archive(request: &Request) -> bool {
    request.parameter("archive_immediately") == Some("true")
}

/// Builds the 201. For an import it contains no audit.
fn created(state: &State, ticket: &Ticket, draft: &Draft) -> Response {
    let body = body(&state.settings, ticket, draft);
    let response = Response::json(201, &body).with("location", render::ticket_url(ticket.id));
    warned(response, draft, ticket.origin)
}

fn warned(response: Response, draft: &Draft, origin: Origin) -> Response {
    let controller = match origin {
        Origin::Posted => "tickets",
        Origin::Imported | Origin::ImportedToArchive => "imports/tickets",
    };
    match draft.warning(controller, "create") {
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

/// The body of a 201, which shows the ticket before any change.
fn body<'a>(settings: &'a Settings, ticket: &'a Ticket, draft: &'a Draft) -> Created<'a> {
    let mut view = render::view(settings, ticket, draft);
    view.updated_at = render::first_update(draft).unwrap_or_else(|| view.created_at.clone());
    Created {
        audit: (ticket.origin == Origin::Posted).then(|| audit(ticket, draft, &view)),
        ticket: view,
    }
}

/// The body of a 201: the ticket, and how it came about.
#[derive(Serialize)]
struct Created<'a> {
    ticket: TicketView<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<AuditView<'a>>,
}

//! Updates and deletes tickets.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::sandbox::api::audit::{AuditView, change_audit};
use crate::sandbox::api::complaints::Complaint;
use crate::sandbox::api::draft::Draft;
use crate::sandbox::api::render::TicketView;
use crate::sandbox::api::tickets::{MANY_MAX, ids_of};
use crate::sandbox::api::validate::choices;
use crate::sandbox::api::{errors, fields, jobs, page, render};
use crate::sandbox::dates::iso;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::{ADMIN_ID, ADMIN_NAME, Change, Edit, JobKind, Origin, State, Ticket};

/// What can be changed. Comments, people and external ids cannot, here.
const CHANGEABLE: [&str; 9] = [
    "subject",
    "status",
    "priority",
    "type",
    "tags",
    "custom_fields",
    "assignee_id",
    "group_id",
    "due_at",
];

/// `PUT /api/v2/tickets/{id}`.
pub(super) fn update(state: &mut State, id: u64, request: &Request, now_ms: i64) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        ticket: TicketView<'a>,
        audit: AuditView<'a>,
    }
    let Ok(draft) = Draft::parse(&request.body, Origin::Posted) else {
        return errors::malformed_json();
    };
    let Some(ticket) = state.tickets.get(id) else {
        return warned(errors::record_not_found(), &draft);
    };
    let before = render::draft_of(ticket);
    let mut complaints = Vec::new();
    if before.status.as_deref() == Some("closed") {
        complaints.push(Complaint::Closed);
    }
    choices(&draft, &mut complaints);
    fields::check(&state.settings, &draft.custom_fields, &mut complaints);
    if !complaints.is_empty() {
        let response = errors::record_invalid(state.settings.locale, &complaints);
        return warned(response, &draft);
    }
    let edit = Arc::new(Edit {
        at_ms: now_ms,
        source: merged(ticket, &request.body),
    });
    state.apply(Change::Edited { id, edit }, now_ms);
    let Some(ticket) = state.tickets.get(id) else {
        return errors::record_not_found();
    };
    let now = render::draft_of(ticket);
    let body = Body {
        ticket: render::view(&state.settings, ticket, &now),
        audit: change_audit(ticket, &before, &now, now_ms),
    };
    warned(Response::json(200, &body), &draft)
}

/// The ticket as a body, with what is changed in the place of what was.
fn merged(ticket: &Ticket, change: &[u8]) -> Vec<u8> {
    let old = ticket.edit.as_ref().map_or(&ticket.source, |e| &e.source);
    let inner = |body: &[u8]| {
        let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
        match body.get("ticket") {
            Some(Value::Object(fields)) => fields.clone(),
            _ => Map::new(),
        }
    };
    let mut all = inner(old);
    for (name, value) in inner(change) {
        if CHANGEABLE.contains(&name.as_str()) {
            if name == "subject" {
                all.remove("raw_subject");
            }
            all.insert(name, value);
        }
    }
    format!("{{\"ticket\":{}}}", Value::Object(all)).into_bytes()
}

fn warned(response: Response, draft: &Draft) -> Response {
    match draft.warning("tickets", "update") {
        Some(warning) => response.with("x-zendesk-api-warn", warning),
        None => response,
    }
}

/// `DELETE /api/v2/tickets/{id}`.
pub(super) fn delete(state: &mut State, id: u64, now_ms: i64) -> Response {
    if state.tickets.get(id).is_none() {
        return errors::record_not_found();
    }
    state.apply(Change::Deleted { id, at_ms: now_ms }, now_ms);
    Response {
        status: 204,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

/// `DELETE /api/v2/tickets/destroy_many?ids=1,2`, by a job.
pub(super) fn destroy_many(state: &mut State, request: &Request, now_ms: i64) -> Response {
    let Some(ids) = request.parameter("ids") else {
        return errors::bad_query("Parameter ids is missing");
    };
    let ids = ids_of(ids);
    if ids.len() > MANY_MAX {
        return errors::too_many_values();
    }
    let items = ids.iter().map(u64::to_string).collect();
    jobs::queue(state, JobKind::DeleteTickets, items, now_ms)
}

/// `GET /api/v2/deleted_tickets`.
pub(super) fn deleted(state: &State, request: &Request) -> Response {
    #[derive(Serialize)]
    struct View {
        id: u64,
        subject: Option<String>,
        description: Option<String>,
        actor: Actor,
        deleted_at: String,
        previous_state: String,
    }
    #[derive(Serialize)]
    struct Actor {
        id: u64,
        name: &'static str,
    }
    let view = |(ticket, at_ms): (&Arc<Ticket>, i64)| {
        let draft = render::draft_of(ticket);
        View {
            id: ticket.id,
            description: draft.text().map(std::borrow::Cow::into_owned),
            subject: draft.subject,
            actor: Actor {
                id: ADMIN_ID,
                name: ADMIN_NAME,
            },
            deleted_at: iso(at_ms),
            previous_state: draft.status.unwrap_or_else(|| "new".to_owned()),
        }
    };
    let all: Vec<_> = state.tickets.deleted().map(view).collect();
    page::listed(request, "deleted_tickets", &all)
}

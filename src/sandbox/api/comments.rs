//! `GET /api/v2/tickets/{id}/comments`, and the metrics that show when a ticket was solved.

use serde::Serialize;
use serde_json::Value;

use crate::sandbox::api::audit::{audit_id, html};
use crate::sandbox::api::draft::{Draft, comment_text, id};
use crate::sandbox::api::render::{HOST, Via, via};
use crate::sandbox::api::{errors, page, render};
use crate::sandbox::dates::{self, iso};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::{ADMIN_ID, Origin, State, Ticket};

#[derive(Serialize)]
struct Comment {
    id: u64,
    r#type: &'static str,
    author_id: u64,
    body: String,
    html_body: String,
    plain_body: String,
    public: bool,
    attachments: [u64; 0],
    audit_id: u64,
    via: Via,
    created_at: String,
    metadata: Metadata,
}

#[derive(Serialize)]
struct Metadata {
    system: Empty,
    custom: Empty,
}

#[derive(Serialize)]
struct Empty {}

/// Lists the conversation in the order in which it was sent, or backwards.
pub(super) fn list(state: &State, request: &Request, ticket_id: u64) -> Response {
    let Some(ticket) = state.tickets.get(ticket_id) else {
        return errors::record_not_found();
    };
    let draft = render::first_draft_of(ticket);
    let text_only = Value::from(draft.text().unwrap_or_default().into_owned());
    let sent: Vec<&Value> = if !draft.comments.is_empty() {
        draft.comments.iter().collect()
    } else if comment_text(&draft.comment).is_some() {
        vec![&draft.comment]
    } else {
        vec![&text_only]
    };
    let mut comments: Vec<_> = (1..)
        .zip(sent)
        .map(|(nth, comment)| view(ticket, &draft, nth, comment))
        .collect();
    let is_backwards = ["sort_order", "sort"].into_iter().any(|name| {
        let order = request.parameter(name).unwrap_or_default();
        order.eq_ignore_ascii_case("desc") || order == "-created_at"
    });
    if is_backwards {
        comments.reverse();
    }
    page::listed(request, "comments", &comments)
}

/// `GET /api/v2/tickets/{id}/comments/count`.
pub(super) fn count(state: &State, ticket_id: u64, now_ms: i64) -> Response {
    #[derive(Serialize)]
    struct Body {
        count: Count,
    }
    #[derive(Serialize)]
    struct Count {
        value: usize,
        refreshed_at: String,
    }
    let Some(ticket) = state.tickets.get(ticket_id) else {
        return errors::record_not_found();
    };
    let count = Count {
        value: render::first_draft_of(ticket).comments.len().max(1),
        refreshed_at: iso(now_ms),
    };
    Response::json(200, &Body { count })
}

fn view(ticket: &Ticket, draft: &Draft, nth: u64, comment: &Value) -> Comment {
    let body = comment_text(comment).unwrap_or_default().into_owned();
    let audit_id = audit_id(ticket);
    let submitter = draft.submitter_id.unwrap_or(match ticket.origin {
        Origin::Posted => ADMIN_ID,
        // Whoever imports has not written it: without an author it is the requester's.
        Origin::Imported | Origin::ImportedToArchive => ticket.requester_id,
    });
    let at = comment.get("created_at").and_then(Value::as_str);
    let first = draft.created_at.as_deref().filter(|_| nth == 1);
    let at_ms = at.or(first).and_then(dates::parse);
    Comment {
        id: audit_id + nth,
        r#type: "Comment",
        author_id: comment.get("author_id").and_then(id).unwrap_or(submitter),
        html_body: html(&body),
        plain_body: body.clone(),
        body,
        public: comment
            .get("public")
            .and_then(Value::as_bool)
            .unwrap_or(true),
        attachments: [],
        audit_id,
        via: via(None, None),
        created_at: iso(at_ms.unwrap_or(ticket.made_ms)),
        metadata: Metadata {
            system: Empty {},
            custom: Empty {},
        },
    }
}

/// `GET /api/v2/tickets/{id}/metrics`: the only place that shows `solved_at`.
pub(super) fn metrics(state: &State, ticket_id: u64) -> Response {
    #[derive(Serialize)]
    struct Body {
        ticket_metric: Metric,
    }
    #[derive(Serialize)]
    struct Metric {
        url: String,
        id: u64,
        ticket_id: u64,
        created_at: String,
        solved_at: Option<String>,
    }
    let Some(ticket) = state.tickets.get(ticket_id) else {
        return errors::record_not_found();
    };
    let draft = render::first_draft_of(ticket);
    let told = |text: &Option<String>| text.as_deref().and_then(dates::parse).map(iso);
    let id = audit_id(ticket);
    let ticket_metric = Metric {
        url: format!("{HOST}/api/v2/ticket_metrics/{id}.json"),
        id,
        ticket_id,
        created_at: told(&draft.created_at).unwrap_or_else(|| iso(ticket.made_ms)),
        solved_at: told(&draft.solved_at),
    };
    Response::json(200, &Body { ticket_metric })
}

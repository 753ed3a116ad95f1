//! Audits as the service writes them: the first comment, and what each field was set to.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::sandbox::api::draft::Draft;
use crate::sandbox::api::render::{TicketView, Via, filled, is_public, via};
use crate::sandbox::dates::iso;
use crate::sandbox::state::{ADMIN_EMAIL, ADMIN_ID, ADMIN_NAME, Ticket};

/// Audits and their events are numbered by ticket, with this much room for each.
const AUDIT_IDS_EACH: u64 = 10_000;

/// The id of the first audit of a ticket; those of its events follow.
pub(super) fn audit_id(ticket: &Ticket) -> u64 {
    900_000_000_000 + ticket.id * AUDIT_IDS_EACH
}

/// The audit that comes with a 201.
pub(super) fn audit<'a>(
    ticket: &'a Ticket,
    draft: &'a Draft,
    view: &TicketView<'_>,
) -> AuditView<'a> {
    let id = audit_id(ticket);
    let author_id = draft.submitter_id.unwrap_or(ADMIN_ID);
    AuditView {
        id,
        ticket_id: ticket.id,
        created_at: iso(ticket.made_ms),
        author_id,
        metadata: metadata(draft),
        events: events(id, author_id, ticket, draft, view),
        via: via(Some(ADMIN_NAME), Some(ADMIN_EMAIL)),
    }
}

/// The audit that comes with a change: what the fields with few values were, and are.
pub(super) fn change_audit<'a>(
    ticket: &Ticket,
    before: &Draft,
    after: &'a Draft,
    now_ms: i64,
) -> AuditView<'a> {
    let id = audit_id(ticket) + AUDIT_IDS_EACH / 2;
    let owned = |text: &Option<String>| filled(text.as_ref()).map(str::to_owned);
    let fields = [
        ("subject", owned(&before.subject), owned(&after.subject)),
        ("status", owned(&before.status), owned(&after.status)),
        ("priority", owned(&before.priority), owned(&after.priority)),
        ("type", owned(&before.kind), owned(&after.kind)),
    ];
    let changed = fields
        .into_iter()
        .filter(|(_, before, after)| before != after);
    let events = (id + 1..).zip(changed);
    let events = events.map(|(id, (field_name, previous_value, value))| Event::Change {
        id,
        r#type: "Change",
        value,
        field_name,
        previous_value,
    });
    AuditView {
        id,
        ticket_id: ticket.id,
        created_at: iso(now_ms),
        author_id: ADMIN_ID,
        metadata: metadata(after),
        events: events.collect(),
        via: via(Some(ADMIN_NAME), Some(ADMIN_EMAIL)),
    }
}

fn metadata(draft: &Draft) -> Metadata<'_> {
    Metadata {
        system: System {
            client: "sandbox",
            ip_address: "127.0.0.1",
            location: "Localhost",
            latitude: 0,
            longitude: 0,
        },
        custom: match &draft.metadata {
            given @ Value::Object(_) => Cow::Borrowed(given),
            _ => Cow::Owned(Value::Object(serde_json::Map::new())),
        },
    }
}

/// A change that a user made to a ticket.
#[derive(Serialize)]
pub(super) struct AuditView<'a> {
    id: u64,
    ticket_id: u64,
    created_at: String,
    author_id: u64,
    metadata: Metadata<'a>,
    events: Vec<Event<'a>>,
    via: Via,
}

#[derive(Serialize)]
struct Metadata<'a> {
    system: System,
    custom: Cow<'a, Value>,
}

#[derive(Serialize)]
struct System {
    client: &'static str,
    ip_address: &'static str,
    location: &'static str,
    latitude: i32,
    longitude: i32,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Event<'a> {
    Comment(Box<CommentEvent>),
    Create {
        id: u64,
        r#type: &'static str,
        value: Option<String>,
        field_name: &'a str,
    },
    Change {
        id: u64,
        r#type: &'static str,
        value: Option<String>,
        field_name: &'a str,
        previous_value: Option<String>,
    },
}

#[derive(Serialize)]
struct CommentEvent {
    id: u64,
    r#type: &'static str,
    author_id: u64,
    body: String,
    html_body: String,
    plain_body: String,
    public: bool,
    attachments: [u64; 0],
    audit_id: u64,
}

fn events<'a>(
    audit_id: u64,
    author_id: u64,
    ticket: &Ticket,
    draft: &'a Draft,
    view: &TicketView<'_>,
) -> Vec<Event<'a>> {
    let text = draft.text().unwrap_or_default();
    let comment = CommentEvent {
        id: audit_id + 1,
        r#type: "Comment",
        author_id: draft
            .comment
            .get("author_id")
            .and_then(Value::as_u64)
            .unwrap_or(author_id),
        html_body: html(&text),
        plain_body: text.clone().into_owned(),
        body: text.into_owned(),
        public: is_public(draft),
        attachments: [],
        audit_id,
    };
    let number = |id: u64| Some(id.to_string());
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let fields = [
        (
            "subject",
            owned(draft.raw_subject.as_deref().or(draft.subject.as_deref())),
        ),
        ("requester_id", number(ticket.requester_id)),
        ("priority", owned(filled(draft.priority.as_ref()))),
        ("type", owned(filled(draft.kind.as_ref()))),
        (
            "status",
            owned(filled(draft.status.as_ref()).or(Some("new"))),
        ),
        ("organization_id", draft.organization_id.and_then(number)),
        ("brand_id", view.brand_id.and_then(number)),
        ("ticket_form_id", view.ticket_form_id.and_then(number)),
        ("custom_status_id", number(view.custom_status_id)),
    ];
    let mut events = Vec::with_capacity(1 + fields.len());
    events.push(Event::Comment(Box::new(comment)));
    for ((field_name, value), id) in fields.into_iter().zip(audit_id + 2..) {
        events.push(Event::Create {
            id,
            r#type: "Create",
            value,
            field_name,
        });
    }
    events
}

/// A text in the mark-up of a comment.
pub(super) fn html(text: &str) -> String {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!("<div class=\"zd-comment\" dir=\"auto\"><p dir=\"auto\">{text}</p></div>")
}

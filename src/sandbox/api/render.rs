//! Tickets and audits as the service writes them: every key, in the order of the recordings.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::sandbox::api::draft::Draft;
use crate::sandbox::dates::{self, iso};
use crate::sandbox::settings::{Named, Settings};
use crate::sandbox::state::{ADMIN_ID, Ticket};

pub(super) const HOST: &str = "https://sandbox.zendesk.example";
pub(super) const STATUS_ID: u64 = 900_100_003;

/// The address of a ticket, which does not depend on where the double happens to listen.
pub(super) fn ticket_url(id: u64) -> String {
    format!("{HOST}/api/v2/tickets/{id}.json")
}

/// What a ticket is now. It was read once before, so it can be read again.
pub(super) fn draft_of(ticket: &Ticket) -> Draft {
    let source = ticket.edit.as_ref().map_or(&ticket.source, |e| &e.source);
    Draft::parse(source, ticket.origin).unwrap_or_default()
}

/// What a ticket was made from.
pub(super) fn first_draft_of(ticket: &Ticket) -> Draft {
    Draft::parse(&ticket.source, ticket.origin).unwrap_or_default()
}

/// A ticket in replies.
#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "these are the service's own")]
pub(super) struct TicketView<'a> {
    url: String,
    id: u64,
    external_id: Option<&'a str>,
    via: Via,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    generated_timestamp: u64,
    r#type: Option<&'a str>,
    subject: Option<&'a str>,
    raw_subject: Option<&'a str>,
    description: String,
    priority: Option<&'a str>,
    status: &'a str,
    recipient: Option<&'a str>,
    requester_id: u64,
    submitter_id: u64,
    assignee_id: Option<u64>,
    organization_id: Option<u64>,
    group_id: Option<u64>,
    collaborator_ids: &'a [u64],
    follower_ids: [u64; 0],
    email_cc_ids: [u64; 0],
    forum_topic_id: Option<u64>,
    problem_id: Option<u64>,
    has_incidents: bool,
    is_public: bool,
    due_at: Option<&'a str>,
    tags: &'a BTreeSet<String>,
    custom_fields: Vec<Field<'a>>,
    satisfaction_rating: Option<()>,
    sharing_agreement_ids: [u64; 0],
    pub(super) custom_status_id: u64,
    fields: Vec<Field<'a>>,
    followup_ids: [u64; 0],
    pub(super) ticket_form_id: Option<u64>,
    pub(super) brand_id: Option<u64>,
    allow_channelback: bool,
    allow_attachments: bool,
    from_messaging_channel: bool,
    /// Only in search results.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result_type: Option<&'static str>,
}

#[derive(Clone, Serialize)]
struct Field<'a> {
    id: u64,
    value: &'a Value,
}

/// How a ticket or an audit came in.
#[derive(Serialize)]
pub(super) struct Via {
    channel: &'static str,
    source: Source,
}

#[derive(Serialize)]
struct Source {
    from: Nothing,
    to: Party,
    rel: Option<()>,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct Party {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'static str>,
}

/// A ticket as list, show and search write it.
pub(super) fn view<'a>(
    settings: &'a Settings,
    ticket: &'a Ticket,
    draft: &'a Draft,
) -> TicketView<'a> {
    let told = |text: &Option<String>| text.as_deref().and_then(dates::parse).map(iso);
    let created_at = told(&draft.created_at).unwrap_or_else(|| iso(ticket.made_ms));
    let updated_at = match &ticket.edit {
        Some(edit) => iso(edit.at_ms),
        None => first_update(draft).unwrap_or_else(|| created_at.clone()),
    };
    let subject = draft.raw_subject.as_deref().or(draft.subject.as_deref());
    let fields = field_values(settings, draft);
    let first = |list: &[Named]| list.first().map(|named| named.id);
    TicketView {
        url: ticket_url(ticket.id),
        id: ticket.id,
        external_id: ticket.external_id.as_deref(),
        via: via(None, None),
        created_at,
        updated_at,
        generated_timestamp: 0,
        r#type: filled(draft.kind.as_ref()),
        subject,
        raw_subject: subject,
        description: draft.text().unwrap_or_default().into_owned(),
        priority: filled(draft.priority.as_ref()),
        status: filled(draft.status.as_ref()).unwrap_or("new"),
        recipient: draft.recipient.as_deref(),
        requester_id: ticket.requester_id,
        submitter_id: draft.submitter_id.unwrap_or(ADMIN_ID),
        assignee_id: draft.assignee_id,
        organization_id: draft.organization_id,
        group_id: draft.group_id,
        collaborator_ids: &draft.collaborator_ids,
        follower_ids: [],
        email_cc_ids: [],
        forum_topic_id: None,
        problem_id: draft.problem_id,
        has_incidents: false,
        is_public: is_public(draft),
        due_at: draft.due_at.as_deref(),
        tags: &draft.tags,
        custom_fields: fields.clone(),
        satisfaction_rating: None,
        sharing_agreement_ids: [],
        custom_status_id: draft.custom_status_id.unwrap_or(STATUS_ID),
        fields,
        followup_ids: [],
        ticket_form_id: draft
            .ticket_form_id
            .or_else(|| first(&settings.ticket_forms)),
        brand_id: draft.brand_id.or_else(|| first(&settings.brands)),
        allow_channelback: false,
        allow_attachments: true,
        from_messaging_channel: false,
        result_type: None,
    }
}

/// When an import says that it was last changed.
pub(super) fn first_update(draft: &Draft) -> Option<String> {
    draft.updated_at.as_deref().and_then(dates::parse).map(iso)
}

/// The values of the custom fields: of all that the account has, or of all that were sent.
fn field_values<'a>(settings: &Settings, draft: &'a Draft) -> Vec<Field<'a>> {
    static UNSET: Value = Value::Null;
    let sent = draft.custom_fields.iter();
    if settings.custom_fields.is_empty() {
        return sent.map(|(id, value)| Field { id: *id, value }).collect();
    }
    let value_of = |id| {
        let found = sent.clone().rev().find(|(sent, _)| *sent == id);
        found.map_or(&UNSET, |(_, value)| value)
    };
    let fields = settings.custom_fields.iter().map(|field| Field {
        id: field.id,
        value: value_of(field.id),
    });
    fields.collect()
}

/// The channel, which is always the API.
pub(super) fn via(name: Option<&'static str>, address: Option<&'static str>) -> Via {
    Via {
        channel: "api",
        source: Source {
            from: Nothing {},
            to: Party { name, address },
            rel: None,
        },
    }
}

/// Tells whether the requester sees any comment.
pub(super) fn is_public(draft: &Draft) -> bool {
    let public = |comment: &Value| {
        comment
            .get("public")
            .and_then(Value::as_bool)
            .unwrap_or(true)
    };
    if draft.comments.is_empty() {
        public(&draft.comment)
    } else {
        draft.comments.iter().any(public)
    }
}

/// A choice that was made; an empty text is none.
pub(super) fn filled(text: Option<&String>) -> Option<&str> {
    text.map(String::as_str).filter(|text| !text.is_empty())
}

//! Ticket fields: those that every account has, and the account's own.

use regex::Regex;
use serde::Serialize;
use serde_json::Value;

use crate::sandbox::api::complaints::Complaint;
use crate::sandbox::api::render::HOST;
use crate::sandbox::api::{errors, page};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::settings::{CustomField, Settings, UnknownFields};
use crate::sandbox::state::State;

/// The fields that every account has.
const SYSTEM: [(&str, &str); 8] = [
    ("subject", "Subject"),
    ("description", "Description"),
    ("status", "Status"),
    ("tickettype", "Type"),
    ("priority", "Priority"),
    ("group", "Group"),
    ("assignee", "Assignee"),
    ("custom_status", "Ticket status"),
];

/// The id of the first of them; the others follow.
const SYSTEM_ID: u64 = 900_300_001;

#[derive(Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "these are the service's own")]
struct View<'a> {
    url: String,
    id: u64,
    r#type: &'a str,
    title: &'a str,
    raw_title: &'a str,
    description: &'a str,
    raw_description: &'a str,
    position: usize,
    active: bool,
    required: bool,
    collapsed_for_agents: bool,
    regexp_for_validation: Option<&'a str>,
    title_in_portal: &'a str,
    raw_title_in_portal: &'a str,
    visible_in_portal: bool,
    editable_in_portal: bool,
    required_in_portal: bool,
    tag: Option<&'a str>,
    created_at: &'a str,
    updated_at: &'a str,
    removable: bool,
    key: Option<&'a str>,
    agent_description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_field_options: Option<Vec<Choice<'a>>>,
}

#[derive(Serialize)]
struct Choice<'a> {
    id: u64,
    name: &'a str,
    raw_name: &'a str,
    value: &'a str,
    default: bool,
}

/// `GET /api/v2/ticket_fields`.
pub(super) fn list(state: &State, request: &Request) -> Response {
    page::listed(request, "ticket_fields", &all(&state.settings))
}

/// `GET /api/v2/ticket_fields/{id}`.
pub(super) fn show(state: &State, id: u64) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        ticket_field: View<'a>,
    }
    let mut fields = all(&state.settings).into_iter();
    match fields.find(|field| field.id == id) {
        Some(ticket_field) => Response::json(200, &Body { ticket_field }),
        // If the double was given no fields, it has every field that a mapping names.
        None if state.settings.custom_fields.is_empty() => {
            let ticket_field = view(id, "text", "Custom field", None);
            Response::json(200, &Body { ticket_field })
        }
        None => errors::record_not_found(),
    }
}

fn all(settings: &Settings) -> Vec<View<'_>> {
    let system = (SYSTEM_ID..).zip(SYSTEM);
    let system = system.map(|(id, (kind, title))| view(id, kind, title, None));
    let custom = settings.custom_fields.iter().map(|field| {
        let title = if field.title.is_empty() {
            "Custom field"
        } else {
            &field.title
        };
        let choices = ["tagger", "multiselect"].contains(&field.kind.as_str());
        let choices = choices.then(|| choices_of(field));
        View {
            regexp_for_validation: field.pattern.as_deref(),
            ..view(field.id, &field.kind, title, choices)
        }
    });
    let mut fields: Vec<_> = system.chain(custom).collect();
    for (position, field) in fields.iter_mut().enumerate() {
        field.position = position;
    }
    fields
}

fn choices_of(field: &CustomField) -> Vec<Choice<'_>> {
    let choices = (field.id * 1_000..).zip(&field.options);
    let choice = choices.map(|(id, option)| Choice {
        id,
        name: &option.name,
        raw_name: &option.name,
        value: &option.value,
        default: false,
    });
    choice.collect()
}

fn view<'a>(id: u64, kind: &'a str, title: &'a str, choices: Option<Vec<Choice<'a>>>) -> View<'a> {
    View {
        url: format!("{HOST}/api/v2/ticket_fields/{id}.json"),
        id,
        r#type: kind,
        title,
        raw_title: title,
        description: title,
        raw_description: title,
        position: 0,
        active: true,
        required: false,
        collapsed_for_agents: false,
        regexp_for_validation: None,
        title_in_portal: title,
        raw_title_in_portal: title,
        visible_in_portal: false,
        editable_in_portal: false,
        required_in_portal: false,
        tag: None,
        created_at: "2020-01-01T00:00:00Z",
        updated_at: "2020-01-01T00:00:00Z",
        removable: !(SYSTEM_ID..SYSTEM_ID + SYSTEM.len() as u64).contains(&id),
        key: None,
        agent_description: None,
        custom_field_options: choices,
    }
}

/// What is wrong with the values that a client gives to custom fields. In an account that
/// describes none of its fields, nothing is.
pub(super) fn check(settings: &Settings, values: &[(u64, Value)], found: &mut Vec<Complaint>) {
    if settings.custom_fields.is_empty() {
        return;
    }
    for (id, value) in values {
        let field = settings.custom_fields.iter().find(|field| field.id == *id);
        match (field, settings.unknown_fields) {
            (None, UnknownFields::Ignore) => {}
            (None, UnknownFields::Reject) => found.push(Complaint::UnknownField { id: *id }),
            (Some(field), _) if is_good(field, value) => {}
            (Some(field), _) => found.push(Complaint::BadFieldValue {
                id: *id,
                kind: field.kind.clone(),
                title: field.title.clone(),
                value: value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned),
            }),
        }
    }
}

fn is_good(field: &CustomField, value: &Value) -> bool {
    let is_option = |value: &Value| {
        let mut options = field.options.iter();
        options.any(|option| value.as_str() == Some(option.value.as_str()))
    };
    if value.is_null() || value.as_str() == Some("") {
        return true;
    }
    if field
        .rejects
        .iter()
        .any(|rejected| text_of(value) == rejected)
    {
        return false;
    }
    match field.kind.as_str() {
        "regexp" => matches(field, text_of(value)),
        "tagger" => is_option(value),
        "multiselect" => value
            .as_array()
            .map_or_else(|| is_option(value), |all| all.iter().all(is_option)),
        "integer" => number_of(value).is_some_and(|text| text.parse::<i64>().is_ok()),
        "decimal" => number_of(value)
            .and_then(|text| text.parse::<f64>().ok())
            .is_some_and(f64::is_finite),
        "date" => value
            .as_str()
            .is_some_and(|text| text.parse::<jiff::civil::Date>().is_ok()),
        "checkbox" => value.is_boolean() || ["true", "false", "0", "1"].contains(&text_of(value)),
        _ => value.is_string() || value.is_number(),
    }
}

fn matches(field: &CustomField, text: &str) -> bool {
    let pattern = field.pattern.as_deref().unwrap_or_default();
    Regex::new(pattern).map_or(true, |pattern| pattern.is_match(text))
}

fn number_of(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.trim().to_owned()),
        _ => None,
    }
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

//! Questions about how an account is set up: its ticket fields, groups, brands and forms.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::client::Client;
use super::headers::Asked;
use super::questions::named;
use super::said::{Heard, Said};
use crate::model::reply::{Answer, Verdict};

/// A ticket field of the account.
#[derive(Debug, Clone, PartialEq)]
pub struct TicketField {
    /// Its title, as agents see it.
    pub title: String,
    /// Whether it is in use.
    pub is_active: bool,
    /// Its type, such as `date` or `tagger`; `None` if the reply does not say it.
    pub kind: Option<Heard>,
    /// The pattern of its values, of a field of the type `regexp`.
    pub pattern: Option<Heard>,
    /// What a drop-down or a multi-select takes.
    pub options: Vec<FieldOption>,
}

/// An option of a drop-down or a multi-select.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldOption {
    /// The tag that a ticket holds.
    pub value: Heard,
    /// The name that agents see.
    pub name: String,
}

/// Something that a ticket refers to by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A group of agents.
    Group,
    /// A brand.
    Brand,
    /// A ticket form.
    Form,
}

impl Thing {
    fn path(self) -> &'static str {
        match self {
            Self::Group => "groups",
            Self::Brand => "brands",
            Self::Form => "ticket_forms",
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Brand => "brand",
            Self::Form => "ticket form",
        }
    }
}

impl Client {
    /// Asks for a ticket field: `GET /api/v2/ticket_fields/{id}`. `None` if there is none.
    pub async fn ticket_field(&self, id: u64) -> Answer<Option<TicketField>> {
        let path = format!("/api/v2/ticket_fields/{id}");
        let answer: Answer<FieldEnvelope> = self.ask(Asked::Other, &path, &[]).await;
        let option = |option: OptionReply| FieldOption {
            value: option.value.heard(self.secrets()),
            name: named(option.name, self.secrets()),
        };
        found(answer.map(|body| {
            let field = body.ticket_field;
            TicketField {
                title: named(field.title, self.secrets()),
                is_active: field.active.unwrap_or(true),
                kind: field.r#type.map(|kind| kind.heard(self.secrets())),
                pattern: field
                    .regexp_for_validation
                    .map(|pattern| pattern.heard(self.secrets())),
                options: field
                    .custom_field_options
                    .unwrap_or_default()
                    .into_iter()
                    .map(option)
                    .collect(),
            }
        }))
    }

    /// Asks whether there is a thing with this id, such as `GET /api/v2/groups/{id}`.
    pub async fn has(&self, thing: Thing, id: u64) -> Answer<bool> {
        let path = format!("/api/v2/{}/{id}", thing.path());
        let answer: Answer<IgnoredAny> = self.ask(Asked::Other, &path, &[]).await;
        found(answer).map(|body| body.is_some())
    }
}

/// Zendesk answers 404 with `RecordNotFound` where there is no such thing (recorded).
pub(super) fn found<T>(answer: Answer<T>) -> Answer<Option<T>> {
    Answer {
        answer: match answer.answer {
            Ok(value) => Ok(Some(value)),
            Err(Verdict::Refused(problem)) if problem.code == "RecordNotFound" => Ok(None),
            Err(verdict) => Err(verdict),
        },
        meta: answer.meta,
    }
}

#[derive(Deserialize)]
struct FieldEnvelope {
    ticket_field: Field,
}

#[derive(Deserialize)]
struct Field {
    title: Option<Said>,
    r#type: Option<Said>,
    active: Option<bool>,
    regexp_for_validation: Option<Said>,
    custom_field_options: Option<Vec<OptionReply>>,
}

#[derive(Deserialize)]
struct OptionReply {
    value: Said,
    name: Option<Said>,
}

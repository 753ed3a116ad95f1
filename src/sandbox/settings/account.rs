//! The lookup data of an account: its custom fields, groups, brands and forms.

use serde::{Deserialize, Serialize};

pub(super) const GROUP_ID: u64 = 900_100_004;
pub(super) const BRAND_ID: u64 = 900_100_001;
pub(super) const FORM_ID: u64 = 900_100_002;

/// A custom field of tickets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomField {
    /// The id, as in `custom_fields` of a ticket.
    pub id: u64,
    /// The type: `text`, `textarea`, `checkbox`, `date`, `integer`, `decimal`, `regexp`, `tagger`
    /// or `multiselect`.
    #[serde(rename = "type", default = "text")]
    pub kind: String,
    /// The title.
    #[serde(default)]
    pub title: String,
    /// The choices, of a `tagger` or a `multiselect`.
    #[serde(default)]
    pub options: Vec<CustomOption>,
    /// The pattern that a `regexp` takes. One that the `regex` crate cannot read refuses nothing.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Values that are rejected although the type takes them.
    #[serde(default)]
    pub rejects: Vec<String>,
}

/// A choice of a custom field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomOption {
    /// What people see.
    pub name: String,
    /// What tickets hold.
    pub value: String,
}

/// Anything that has an id and a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The id.
    pub id: u64,
    /// The name.
    pub name: String,
}

impl Named {
    pub(super) fn new(id: u64, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
        }
    }
}

fn text() -> String {
    "text".to_owned()
}

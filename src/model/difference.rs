//! How a ticket differs from what was sent.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One field in which a ticket differs from what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The field's name in Zendesk, or `custom field 360001` for one of the account's own fields.
    pub field: String,
    /// The value that was sent.
    pub sent: String,
    /// The ticket's value; `None` if the field is empty there.
    pub found: Option<String>,
}

impl Difference {
    /// Records a difference.
    pub fn new(field: impl Into<String>, sent: impl Into<String>, found: Option<String>) -> Self {
        Self {
            field: field.into(),
            sent: sent.into(),
            found,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.found.as_deref().unwrap_or("nothing");
        write!(f, "{}: sent {}, found {found}", self.field, self.sent)
    }
}

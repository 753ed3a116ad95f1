//! What a ticket was sent with and what it has now, where the two are not the same.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A difference in one field of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The field, as Zendesk calls it; `custom field 360001` for one of the account's own.
    pub field: String,
    /// What was sent.
    pub sent: String,
    /// What the ticket has; `None` if it has nothing there.
    pub found: Option<String>,
}

impl Difference {
    /// Notes a difference.
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

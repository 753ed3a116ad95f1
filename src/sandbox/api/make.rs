//! Creates a ticket from a draft, for single creates, imports and jobs alike.

use std::sync::Arc;

use serde_json::Value;

use crate::sandbox::api::complaints::Complaint;
use crate::sandbox::api::draft::Draft;
use crate::sandbox::api::validate::{complaints, requester_email};
use crate::sandbox::settings::Locale;
use crate::sandbox::state::{ADMIN_ID, Change, Origin, State, Ticket, User};

/// Why there is no ticket.
pub(super) enum Refusal {
    /// The draft breaks rules.
    Invalid(Vec<Complaint>),
    /// Somebody else made the same new requester a moment ago.
    Collision,
}

impl Refusal {
    /// Lists all errors in one line, as jobs report them.
    pub(super) fn details(&self, locale: Locale) -> String {
        match self {
            Self::Invalid(complaints) => {
                let sentences: Vec<_> = complaints.iter().map(|c| c.description(locale)).collect();
                sentences.join(", ")
            }
            Self::Collision => "Requester creation collision - please try again".to_owned(),
        }
    }
}

/// Creates the ticket, and its requester if no user has the address yet.
///
/// `source` is the body that the draft was read from.
pub(super) fn make(
    state: &mut State,
    source: Vec<u8>,
    draft: &Draft,
    origin: Origin,
    now_ms: i64,
) -> Result<Arc<Ticket>, Refusal> {
    let complaints = complaints(state, draft, now_ms);
    if !complaints.is_empty() {
        return Err(Refusal::Invalid(complaints));
    }
    let Some(requester_id) = requester(state, draft, now_ms) else {
        return Err(Refusal::Collision);
    };
    let ticket = Arc::new(Ticket {
        id: state.tickets.next_id(),
        made_ms: now_ms,
        requester_id,
        external_id: draft
            .external_id
            .as_deref()
            .map(|id| state.settings.stored(id).into()),
        source,
        origin,
        edit: None,
    });
    state.apply(Change::Ticket(Arc::clone(&ticket)), now_ms);
    Ok(ticket)
}

/// The origin of an import: only closed tickets can go straight to the archive.
pub(super) fn import_origin(draft: &Draft, to_archive: bool) -> Origin {
    if to_archive && draft.status.as_deref() == Some("closed") {
        Origin::ImportedToArchive
    } else {
        Origin::Imported
    }
}

/// The id of the requester, who is created if no user has the address; none is a collision.
fn requester(state: &mut State, draft: &Draft, now_ms: i64) -> Option<u64> {
    if let Some(id) = draft.requester_id {
        return Some(id);
    }
    let name = draft.requester.get("name").and_then(Value::as_str);
    let email = requester_email(draft).map(|email| email.trim().to_lowercase());
    if let Some(email) = &email {
        if state.settings.collisions && state.users.collides(email, now_ms) {
            return None;
        }
        if let Some(user) = state.users.of_email(email) {
            return Some(user.id);
        }
    } else if name.is_none() {
        return Some(draft.requester.as_u64().unwrap_or(ADMIN_ID));
    }
    let local_part = || {
        email
            .as_deref()
            .and_then(|e| e.split('@').next())
            .unwrap_or_default()
    };
    let name = name.unwrap_or_else(local_part).to_owned();
    let user = User {
        id: state.users.next_id(),
        email: email.clone(),
        name,
        external_id: None,
        role: "end-user".to_owned(),
        made_ms: now_ms,
        updated_ms: now_ms,
    };
    let id = user.id;
    state.apply(Change::User(user), now_ms);
    Some(id)
}

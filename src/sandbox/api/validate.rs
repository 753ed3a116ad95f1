//! Validates a new ticket completely, so that one 422 lists all errors.

use serde_json::Value;

use crate::sandbox::api::complaints::Complaint;
use crate::sandbox::api::draft::{Draft, blank, id};
use crate::sandbox::api::fields;
use crate::sandbox::dates;
use crate::sandbox::state::State;

/// The longest comment, in characters.
const COMMENT_CHARS_MAX: usize = 65_535;

/// The most comments of a ticket.
const COMMENTS_MAX: usize = 5_000;

const STATUSES: [&str; 6] = ["new", "open", "pending", "hold", "solved", "closed"];
const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];
const TYPES: [&str; 4] = ["problem", "incident", "question", "task"];

/// All that is wrong with a draft; empty if it may become a ticket.
pub(super) fn complaints(state: &State, draft: &Draft, now_ms: i64) -> Vec<Complaint> {
    let mut found = Vec::new();
    if draft.text().is_none() {
        found.push(Complaint::NoDescription);
    }
    if texts(draft).any(|text| text.chars().nth(COMMENT_CHARS_MAX).is_some()) {
        let chars_max = COMMENT_CHARS_MAX;
        found.push(Complaint::CommentTooLong { chars_max });
    }
    choices(draft, &mut found);
    conversation(state, draft, now_ms, &mut found);
    for (field, text) in [
        ("created_at", &draft.created_at),
        ("updated_at", &draft.updated_at),
        ("solved_at", &draft.solved_at),
    ] {
        if text.as_deref().is_some_and(|t| dates::parse(t).is_none()) {
            found.push(Complaint::NotATime { field });
        }
    }
    fields::check(&state.settings, &draft.custom_fields, &mut found);
    requester(state, draft, &mut found);
    found
}

/// What is wrong with the fields that have few values.
pub(super) fn choices(draft: &Draft, found: &mut Vec<Complaint>) {
    for (field, value, allowed) in [
        ("status", &draft.status, &STATUSES[..]),
        ("priority", &draft.priority, &PRIORITIES[..]),
        ("type", &draft.kind, &TYPES[..]),
    ] {
        if let Some(value) = value.as_deref()
            && !value.is_empty()
            && !allowed.contains(&value)
        {
            let value = value.to_owned();
            found.push(Complaint::NotAllowed { field, value });
        }
    }
}

/// What is wrong with the comments of an import. A comment needs an author who exists, and it
/// cannot have been written tomorrow.
fn conversation(state: &State, draft: &Draft, now_ms: i64, found: &mut Vec<Complaint>) {
    if draft.comments.len() > COMMENTS_MAX {
        let most = COMMENTS_MAX;
        found.push(Complaint::TooManyComments { most });
    }
    for comment in &draft.comments {
        if let Some(author) = comment.get("author_id").filter(|value| !value.is_null())
            && id(author).and_then(|id| state.users.get(id)).is_none()
        {
            found.push(Complaint::UnknownAuthor);
        }
        let at = comment.get("created_at").filter(|value| !value.is_null());
        let at = at.map(|at| at.as_str().and_then(dates::parse));
        if at == Some(None) {
            let field = "created_at";
            found.push(Complaint::NotATime { field });
        } else if at.flatten().is_some_and(|at_ms| at_ms > now_ms) {
            found.push(Complaint::FutureComment);
        }
    }
    let rest = draft.comments.iter().skip(1);
    if rest
        .into_iter()
        .any(|c| super::draft::comment_text(c).is_none())
    {
        found.push(Complaint::NoDescription);
    }
}

fn requester(state: &State, draft: &Draft, found: &mut Vec<Complaint>) {
    let name = draft.requester.get("name").and_then(Value::as_str);
    // An id beats an object, so the object is not even looked at.
    if let Some(id) = draft.requester_id {
        let known = state.users.get(id);
        if let Some((user, email)) = known.and_then(|user| Some((user, user.email.as_deref()?)))
            && state.settings.suspends(email)
        {
            let name = user.name.clone();
            found.push(Complaint::Suspended { name });
        }
        return;
    }
    if let Some(email) = requester_email(draft) {
        if !is_address(email) {
            found.push(Complaint::BadRequesterEmail(email.to_owned()));
        } else if state.settings.suspends(email.trim()) {
            let known = state.users.of_email(&email.trim().to_lowercase());
            let name = known.map(|user| user.name.as_str()).or(name);
            let name = name.unwrap_or(email).to_owned();
            found.push(Complaint::Suspended { name });
        }
    }
    if name.is_some_and(blank) {
        found.push(Complaint::EmptyRequesterName);
    }
}

/// The address of the requester, given bare or in an object.
pub(super) fn requester_email(draft: &Draft) -> Option<&str> {
    draft
        .requester
        .as_str()
        .or_else(|| draft.requester.get("email")?.as_str())
}

fn texts(draft: &Draft) -> impl Iterator<Item = &str> {
    let comments = draft.comments.iter().chain(std::iter::once(&draft.comment));
    let parts = |comment| {
        ["body", "value", "html_body"]
            .into_iter()
            .filter_map(move |name| Value::get(comment, name)?.as_str())
    };
    comments.flat_map(parts).chain(draft.description.as_deref())
}

/// Tells whether a text is an address as far as the service looks.
pub(super) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.trim().rsplit_once('@') else {
        return false;
    };
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !domain.contains("..")
        && !text
            .trim()
            .contains(|c: char| c.is_whitespace() || c.is_control())
        && !local.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_need_a_name_and_a_domain() {
        for good in ["a@b.c", "jürgen@example.com", " a@b.c "] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "", "a", "a@", "@b.c", "a@b", "a b@c.d", "a@b@c.d", "a@.c", "a@b..c",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}

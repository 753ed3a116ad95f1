//! The checks of a create, all of them, so that one 422 names everything.

use serde_json::Value;

use crate::sandbox::api::draft::{Draft, blank};
use crate::sandbox::api::errors::{Objection, Objections};

/// The longest comment, in characters.
const COMMENT_CHARS_MAX: usize = 65_535;

const STATUSES: [&str; 6] = ["new", "open", "pending", "hold", "solved", "closed"];
const PRIORITIES: [&str; 4] = ["low", "normal", "high", "urgent"];
const TYPES: [&str; 4] = ["problem", "incident", "question", "task"];

/// All that is wrong with a draft; empty if it may become a ticket.
pub(super) fn objections(draft: &Draft) -> Objections {
    let mut found = Objections::new();
    let mut object = |field, description: String, error| {
        let objection = Objection { description, error };
        found.entry(field).or_default().push(objection);
    };
    if draft.text().is_none() {
        object("base", "Description: cannot be blank".into(), "BlankValue");
    }
    if texts(draft).any(|text| text.chars().nth(COMMENT_CHARS_MAX).is_some()) {
        let description =
            format!("Comment: is too long (maximum is {COMMENT_CHARS_MAX} characters)");
        object("comment", description, "ValueTooLong");
    }
    for (field, title, value, allowed) in [
        ("status", "Status", &draft.status, &STATUSES[..]),
        ("priority", "Priority", &draft.priority, &PRIORITIES[..]),
        ("type", "Type", &draft.kind, &TYPES[..]),
    ] {
        if value
            .as_deref()
            .is_some_and(|v| !v.is_empty() && !allowed.contains(&v))
        {
            let value = value.as_deref().unwrap_or_default();
            object(
                field,
                format!("{title}: {value} is not allowed"),
                "InvalidValue",
            );
        }
    }
    // An id beats an object, so the object is not even looked at.
    if draft.requester_id.is_none() {
        if requester_email(draft).is_some_and(|email| !is_address(email)) {
            let email = requester_email(draft).unwrap_or_default();
            object(
                "requester",
                format!("Requester: Email:  {email} is not valid"),
                "InvalidValue",
            );
        }
        let name = draft.requester.get("name").and_then(Value::as_str);
        if name.is_some_and(blank) {
            let description = "Requester: Name:  is too short (minimum is 1 character)";
            object("requester", description.into(), "ValueTooShort");
        }
    }
    found
}

/// The address of the requester, given bare or in an object.
pub(super) fn requester_email(draft: &Draft) -> Option<&str> {
    draft
        .requester
        .as_str()
        .or_else(|| draft.requester.get("email")?.as_str())
}

fn texts(draft: &Draft) -> impl Iterator<Item = &str> {
    let parts = ["body", "value", "html_body"];
    let comment = parts
        .into_iter()
        .filter_map(|name| draft.comment.get(name)?.as_str());
    comment.chain(draft.description.as_deref())
}

fn is_address(text: &str) -> bool {
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

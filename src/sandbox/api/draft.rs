//! Reading the body of a create the way the service does: leniently, dropping what it does not
//! know, and saying so in a header.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::sandbox::state::Origin;

/// How many dropped keys a warning names, at most; a header has to fit.
const NAMED_KEYS_MAX: usize = 50;

/// What a client wants the new ticket to be.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) subject: Option<String>,
    pub(super) raw_subject: Option<String>,
    pub(super) description: Option<String>,
    pub(super) comment: Value,
    /// The whole conversation, of an import.
    pub(super) comments: Vec<Value>,
    pub(super) created_at: Option<String>,
    pub(super) updated_at: Option<String>,
    pub(super) solved_at: Option<String>,
    pub(super) requester: Value,
    pub(super) requester_id: Option<u64>,
    pub(super) submitter_id: Option<u64>,
    pub(super) assignee_id: Option<u64>,
    pub(super) group_id: Option<u64>,
    pub(super) organization_id: Option<u64>,
    pub(super) brand_id: Option<u64>,
    pub(super) ticket_form_id: Option<u64>,
    pub(super) custom_status_id: Option<u64>,
    pub(super) problem_id: Option<u64>,
    pub(super) external_id: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) priority: Option<String>,
    pub(super) status: Option<String>,
    pub(super) recipient: Option<String>,
    pub(super) due_at: Option<String>,
    pub(super) tags: BTreeSet<String>,
    pub(super) collaborator_ids: Vec<u64>,
    pub(super) custom_fields: Vec<(u64, Value)>,
    pub(super) metadata: Value,
    /// Keys that were dropped, with their path.
    pub(super) unpermitted: Vec<String>,
}

impl Draft {
    /// Reads a body; an error means that it is not JSON, or no object.
    ///
    /// What only imports may say is dropped from anything else.
    pub(super) fn parse(body: &[u8], origin: Origin) -> Result<Self, serde_json::Error> {
        let mut draft = serde_json::from_slice::<Envelope>(body)?.0;
        if origin == Origin::Posted {
            draft.drop_what_only_imports_say();
        }
        Ok(draft)
    }

    /// Reads the draft of a ticket out of the list of a bulk request.
    pub(super) fn of(ticket: &Value, origin: Origin) -> (Vec<u8>, Self) {
        let source = format!("{{\"ticket\":{ticket}}}").into_bytes();
        let draft = Self::parse(&source, origin).unwrap_or_default();
        (source, draft)
    }

    fn drop_what_only_imports_say(&mut self) {
        let said = [
            ("created_at", self.created_at.take().is_some()),
            ("updated_at", self.updated_at.take().is_some()),
            ("solved_at", self.solved_at.take().is_some()),
            ("comments", !std::mem::take(&mut self.comments).is_empty()),
        ];
        for (key, _) in said.into_iter().filter(|(_, is_said)| *is_said) {
            self.unpermitted.push(format!("ticket.{key}"));
        }
    }

    /// The text of the first comment, wherever the client put it.
    pub(super) fn text(&self) -> Option<Cow<'_, str>> {
        if let Some(first) = self.comments.first() {
            return comment_text(first);
        }
        comment_text(&self.comment).or_else(|| {
            self.description
                .as_deref()
                .filter(|text| !blank(text))
                .map(Cow::from)
        })
    }

    /// The warning about dropped keys in the form of the service's own, if any were dropped.
    pub(super) fn warning(&self, controller: &str, action: &str) -> Option<String> {
        if self.unpermitted.is_empty() {
            return None;
        }
        let named = self.unpermitted.iter().take(NAMED_KEYS_MAX);
        let keys: Vec<String> = named
            .map(|k| format!("\"{}\"", k.escape_default()))
            .collect();
        Some(format!(
            "{{:allowed_parameters=>{{:controller=>\"{controller}\", :action=>\"{action}\", \
             :unpermitted_keys=>[{}], :invalid_values=>[]}}}}",
            keys.join(", ")
        ))
    }
}

/// The text of a comment: a bare string, or an object that has it in one of three places.
pub(super) fn comment_text(comment: &Value) -> Option<Cow<'_, str>> {
    let part = |name| {
        comment
            .get(name)
            .and_then(Value::as_str)
            .filter(|t| !blank(t))
    };
    if let Some(plain) = part("body").or_else(|| part("value")) {
        return Some(plain.into());
    }
    if let Some(html) = part("html_body") {
        return Some(without_tags(html).into());
    }
    comment.as_str().filter(|text| !blank(text)).map(Cow::from)
}

/// Tells whether a text has nothing to read in it.
pub(super) fn blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The outermost object; only its `ticket` matters.
struct Envelope(Draft);

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Outer;
        impl<'de> Visitor<'de> for Outer {
            type Value = Envelope;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a ticket")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
                let mut draft = Draft::default();
                let mut strangers = Vec::new();
                while let Some(Key(key)) = map.next_key()? {
                    if key == "ticket" {
                        draft = map.next_value()?;
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        strangers.push(key.into_owned());
                    }
                }
                draft.unpermitted.append(&mut strangers);
                Ok(Envelope(draft))
            }
        }
        deserializer.deserialize_map(Outer)
    }
}

impl<'de> Deserialize<'de> for Draft {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Inner;
        impl<'de> Visitor<'de> for Inner {
            type Value = Draft;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a ticket")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Draft, A::Error> {
                let mut draft = Draft::default();
                while let Some(Key(key)) = map.next_key()? {
                    draft.take(&key, map.next_value()?);
                }
                Ok(draft)
            }
        }
        deserializer.deserialize_map(Inner)
    }
}

impl Draft {
    fn take(&mut self, key: &str, value: Value) {
        match key {
            "subject" => self.subject = text(value),
            "raw_subject" => self.raw_subject = text(value),
            "description" => self.description = text(value),
            "comment" => self.comment = value,
            "comments" => {
                if let Value::Array(comments) = value {
                    self.comments = comments;
                }
            }
            "created_at" => self.created_at = text(value),
            "updated_at" => self.updated_at = text(value),
            "solved_at" => self.solved_at = text(value),
            "requester" => self.requester = value,
            "requester_id" => self.requester_id = id(&value),
            "submitter_id" => self.submitter_id = id(&value),
            "assignee_id" => self.assignee_id = id(&value),
            "group_id" => self.group_id = id(&value),
            "organization_id" => self.organization_id = id(&value),
            "brand_id" => self.brand_id = id(&value),
            "ticket_form_id" => self.ticket_form_id = id(&value),
            "custom_status_id" => self.custom_status_id = id(&value),
            "problem_id" => self.problem_id = id(&value),
            "external_id" => self.external_id = text(value).filter(|text| !text.is_empty()),
            "type" => self.kind = text(value),
            "priority" => self.priority = text(value),
            "status" => self.status = text(value),
            "recipient" => self.recipient = text(value),
            "due_at" => self.due_at = text(value),
            "tags" => self.tags = tags(&value),
            "collaborator_ids" => {
                self.collaborator_ids = value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(id)
                    .collect();
            }
            "custom_fields" | "fields" => self.custom_fields = custom_fields(value),
            "metadata" => self.metadata = value,
            // Allowed, and without an effect here.
            "assignee_email"
            | "collaborators"
            | "email_ccs"
            | "followers"
            | "macro_ids"
            | "safe_update"
            | "updated_stamp"
            | "via"
            | "via_id"
            | "via_followup_source_id"
            | "sharing_agreement_ids" => {}
            unknown => self.unpermitted.push(format!("ticket.{unknown}")),
        }
    }
}

/// A text; numbers and booleans are taken as they are written, as Rails does.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A positive number, also when it is quoted.
pub(super) fn id(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok())
        .filter(|id| *id > 0)
}

/// Tags are a set in lower case, given as a list or as words in one string.
fn tags(value: &Value) -> BTreeSet<String> {
    let mut tags = BTreeSet::new();
    let mut add = |text: &str| tags.extend(text.split_whitespace().map(str::to_lowercase));
    match value {
        Value::String(words) => add(words),
        Value::Array(list) => list.iter().filter_map(Value::as_str).for_each(add),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
    }
    tags
}

fn custom_fields(value: Value) -> Vec<(u64, Value)> {
    let Value::Array(list) = value else {
        return Vec::new();
    };
    let pair = |mut field: Value| {
        let id = field.get("id").and_then(id)?;
        Some((
            id,
            field.get_mut("value").map(Value::take).unwrap_or_default(),
        ))
    };
    list.into_iter().filter_map(pair).collect()
}

fn without_tags(html: &str) -> String {
    let mut inside = false;
    let keep = |c: &char| {
        let shown = !inside && *c != '<';
        inside = (inside || *c == '<') && *c != '>';
        shown
    };
    html.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_a_set_in_lower_case() {
        let draft = Draft::parse(br#"{"ticket":{"tags":["B","a","b"]}}"#, Origin::Posted).unwrap();
        assert_eq!(draft.tags.into_iter().collect::<Vec<_>>(), ["a", "b"]);
        let draft = Draft::parse(br#"{"ticket":{"tags":"X y"}}"#, Origin::Posted).unwrap();
        assert_eq!(draft.tags.into_iter().collect::<Vec<_>>(), ["x", "y"]);
    }

    #[test]
    fn the_text_is_found_wherever_a_client_may_put_it() {
        for body in [
            r#"{"ticket":{"comment":{"body":"hi"}}}"#,
            r#"{"ticket":{"comment":{"value":"hi"}}}"#,
            r#"{"ticket":{"comment":{"html_body":"<p>hi</p>"}}}"#,
            r#"{"ticket":{"comment":{"body":"  "},"description":"hi"}}"#,
        ] {
            let draft = Draft::parse(body.as_bytes(), Origin::Posted).unwrap();
            assert_eq!(draft.text().as_deref(), Some("hi"), "{body}");
        }
    }

    #[test]
    fn a_warning_is_a_valid_header_whatever_the_key() {
        let body = r#"{"x":1,"ticket":{"created_at":"2010","a\"\r\né":2}}"#;
        let warning = Draft::parse(body.as_bytes(), Origin::Posted)
            .unwrap()
            .warning("tickets", "create")
            .unwrap();
        assert!(warning.contains(r#""ticket.created_at""#), "{warning}");
        assert!(
            warning.bytes().all(|b| (0x20..0x7f).contains(&b)),
            "{warning}"
        );
    }
}

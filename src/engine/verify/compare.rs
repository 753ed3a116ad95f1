//! One ticket against the body that it was made from.
//!
//! What Zendesk is known to change is no difference: it adds tags of users and organisations, tidies
//! white space, and tells numbers and checkboxes in its own spelling.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use crate::model::difference::Difference;
use crate::zendesk::{FoundField, FoundTicket};

/// The most characters of a text that are shown.
const SHOWN_CHARS_MAX: usize = 200;

/// What a ticket was sent with, as far as it is compared.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    subject: Option<String>,
    requester: Option<Requester>,
    status: Option<String>,
    priority: Option<String>,
    r#type: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    custom_fields: Vec<FoundField>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Requester {
    Email(String),
    Person { email: String },
}

impl Sent {
    /// Reads the body of a create.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Body {
            ticket: Sent,
        }
        let body: Body = serde_json::from_slice(body).ok()?;
        Some(body.ticket)
    }

    /// The address of who asks.
    pub(super) fn requester(&self) -> Option<&str> {
        match self.requester.as_ref()? {
            Requester::Email(email) | Requester::Person { email } => Some(email),
        }
    }

    /// What the ticket has otherwise. `address` is that of its requester, if there is one.
    pub(super) fn differences(
        &self,
        found: &FoundTicket,
        address: Option<&str>,
    ) -> Vec<Difference> {
        let words = [
            ("status", &self.status, &found.status),
            ("priority", &self.priority, &found.priority),
            ("type", &self.r#type, &found.kind),
        ];
        let words = words.into_iter().filter_map(|(field, sent, found)| {
            let sent = sent.as_ref().filter(|_| sent != found)?;
            Some(Difference::new(
                field,
                plain(sent),
                found.as_deref().map(plain),
            ))
        });
        let fields = self
            .custom_fields
            .iter()
            .filter_map(|sent| field(sent, found));
        let subject = self.subject(found).into_iter();
        let requester = self.requester_differs(found, address).into_iter();
        let tags = self.tags(found).into_iter();
        subject
            .chain(requester)
            .chain(words)
            .chain(tags)
            .chain(fields)
            .collect()
    }

    fn subject(&self, found: &FoundTicket) -> Option<Difference> {
        let sent = self.subject.as_deref()?;
        let now = found.subject.as_deref();
        let is_same = tidy(sent) == tidy(now.unwrap_or_default());
        (!is_same).then(|| Difference::new("subject", quoted(sent), now.map(quoted)))
    }

    fn requester_differs(&self, found: &FoundTicket, address: Option<&str>) -> Option<Difference> {
        let sent = self.requester()?.trim();
        let is_same = address.is_some_and(|now| now.to_lowercase() == sent.to_lowercase());
        let now = match (address, found.requester) {
            (Some(address), _) => Some(plain(address)),
            (None, Some(user)) => Some(format!("user {user}, who has no address")),
            (None, None) => None,
        };
        (!is_same).then(|| Difference::new("requester", plain(sent), now))
    }

    /// Tags that were sent and are not there; others may have come from anywhere.
    fn tags(&self, found: &FoundTicket) -> Option<Difference> {
        let gone: Vec<String> = self
            .tags
            .iter()
            .filter(|tag| !found.tags.contains(*tag))
            .map(|tag| plain(tag))
            .collect();
        (!gone.is_empty()).then(|| Difference::new("tags", gone.join(" "), None))
    }
}

/// The difference of the one thing that every row has.
pub(super) fn external_id(sent: &str, found: &FoundTicket) -> Option<Difference> {
    let now = found.external_id.as_deref();
    (now != Some(sent)).then(|| Difference::new("external_id", quoted(sent), now.map(quoted)))
}

fn field(sent: &FoundField, ticket: &FoundTicket) -> Option<Difference> {
    let now = ticket.custom_fields.iter().find(|now| now.id == sent.id);
    let now = now.map_or(&Value::Null, |now| &now.value);
    let name = || format!("custom field {}", sent.id);
    (!is_same_value(&sent.value, now)).then(|| {
        let found = (!now.is_null()).then(|| shown_value(now));
        Difference::new(name(), shown_value(&sent.value), found)
    })
}

/// Whether a value that was sent is the one that is told. A checkbox tells true or false, whatever
/// was sent; a field that takes several values tells a list.
fn is_same_value(sent: &Value, now: &Value) -> bool {
    match (sent, now) {
        (Value::Bool(sent), Value::Null) => !sent,
        (_, Value::Bool(now)) => flag(sent) == Some(*now),
        _ => texts(sent) == texts(now),
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Null => Some(false),
        _ => match text(value)?.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
    }
}

/// The values in a field; nothing is none, and so is an empty text.
fn texts(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(values) => values.iter().filter_map(text).collect(),
        _ => text(value).into_iter().collect(),
    }
}

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => tidy(text),
        _ => value.to_string(),
    };
    Some(without_idle_zeros(&text).to_owned()).filter(|text| !text.is_empty())
}

/// A decimal number without the zeros at the end of its fraction; any other text as it is.
fn without_idle_zeros(text: &str) -> &str {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.strip_prefix('-').unwrap_or(text).split_once('.') {
        Some((whole, fraction)) if digits(whole) && digits(fraction) => {
            text.trim_end_matches('0').trim_end_matches('.')
        }
        _ => text,
    }
}

/// A text with all white space made single spaces.
fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shown_value(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        _ => plain(&value.to_string()),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(text))
}

/// A text on one line, without what could confuse a terminal, and not too long.
fn plain(text: &str) -> String {
    let mut rest = text.chars();
    let mut shown: String = rest
        .by_ref()
        .take(SHOWN_CHARS_MAX)
        .flat_map(char::escape_debug)
        .collect();
    if rest.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::ids::TicketId;

    const BODY: &str = r#"{"ticket":{"external_id":"7","subject":"Bent rim","requester":{"name":"Ada","email":"Ada@example.com"},"status":"open","priority":"high","type":"task","tags":["a","b"],"custom_fields":[{"id":1,"value":"x"},{"id":2,"value":["p","q"]},{"id":3,"value":"12.50"},{"id":4,"value":true}]}}"#;

    fn ticket() -> FoundTicket {
        let field = |id, value| FoundField { id, value };
        FoundTicket {
            ticket: TicketId(33),
            external_id: Some("7".into()),
            subject: Some("Bent rim".into()),
            requester: Some(5),
            status: Some("open".into()),
            priority: Some("high".into()),
            kind: Some("task".into()),
            tags: ["a", "b", "vip"].map(str::to_owned).into(),
            custom_fields: vec![
                field(1, json!("x")),
                field(2, json!(["q", "p"])),
                field(3, json!(12.5)),
                field(4, json!(true)),
                field(9, json!(null)),
            ],
        }
    }

    fn told(change: impl FnOnce(&mut FoundTicket)) -> Vec<String> {
        let mut ticket = ticket();
        change(&mut ticket);
        let sent = Sent::read(BODY.as_bytes()).unwrap();
        let differences = sent.differences(&ticket, Some("ada@example.com"));
        differences.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_ticket_as_it_was_sent_agrees_whatever_zendesk_adds() {
        assert_eq!(told(|_| {}), [""; 0]);
    }

    #[test]
    fn each_field_that_was_changed_is_told_with_both_values() {
        assert_eq!(
            told(|t| t.status = Some("closed".into())),
            ["status: sent open, found closed"]
        );
        assert_eq!(
            told(|t| t.priority = None),
            ["priority: sent high, found nothing"]
        );
        assert_eq!(
            told(|t| t.kind = Some("question".into())),
            ["type: sent task, found question"]
        );
        assert_eq!(
            told(|t| t.subject = Some("Bent".into())),
            [r#"subject: sent "Bent rim", found "Bent""#]
        );
        assert_eq!(
            told(|t| {
                t.tags.remove("b");
            }),
            ["tags: sent b, found nothing"]
        );
        assert_eq!(
            told(|t| t.custom_fields[1].value = json!(["p"])),
            [r#"custom field 2: sent ["p","q"], found ["p"]"#.replace('"', "\\\"")]
        );
        assert_eq!(
            told(|t| {
                t.custom_fields.remove(0);
            }),
            [r#"custom field 1: sent "x", found nothing"#]
        );
    }

    #[test]
    fn a_requester_is_compared_by_the_address_without_case() {
        let sent = Sent::read(BODY.as_bytes()).unwrap();
        let told = |address| {
            let differences = sent.differences(&ticket(), address);
            differences
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(told(Some("ADA@EXAMPLE.COM")), [""; 0]);
        assert_eq!(
            told(Some("bo@example.com")),
            ["requester: sent Ada@example.com, found bo@example.com"]
        );
        assert_eq!(
            told(None),
            ["requester: sent Ada@example.com, found user 5, who has no address"]
        );
    }

    #[test]
    fn what_was_not_sent_is_not_compared() {
        let sent = Sent::read(br#"{"ticket":{"external_id":"7","comment":{"body":"x"}}}"#).unwrap();
        assert_eq!(sent.differences(&ticket(), None), []);
    }

    #[test]
    fn a_value_is_the_same_in_any_spelling_of_its_type_and_no_other_is() {
        for (sent, now) in [
            (json!("a  b\r\nc"), json!("a b\nc")),
            (json!("5"), json!(5)),
            (json!("5.0"), json!(5.0)),
            (json!("true"), json!(true)),
            (json!("0"), json!(false)),
            (json!(false), json!(null)),
            (json!(""), json!(null)),
            (json!("gold"), json!(["gold"])),
        ] {
            assert!(is_same_value(&sent, &now), "{sent} {now}");
        }
        for (sent, now) in [
            (json!("007"), json!("7")),
            (json!("12345678901234567891"), json!("12345678901234567890")),
            (json!("true"), json!(false)),
            (json!(true), json!(null)),
            (json!("yes"), json!(true)),
            (json!("x"), json!("X")),
            (json!(["a", "b"]), json!(["a"])),
        ] {
            assert!(!is_same_value(&sent, &now), "{sent} {now}");
        }
    }

    #[test]
    fn a_difference_fits_on_a_line_of_a_terminal() {
        let told = told(|t| t.subject = Some(format!("\u{1b}[2J\n{}", "x".repeat(5_000))));
        assert!(told[0].chars().count() < 300, "{}", told[0].len());
        assert!(!told[0].contains(char::is_control), "{told:?}");
        assert!(told[0].ends_with("…\""), "{told:?}");
    }
}

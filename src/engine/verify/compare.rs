//! One ticket against the body that it was made from.
//!
//! What Zendesk is known to change is no difference: it adds tags of users and organisations, tidies
//! white space, opens a new ticket that is assigned to somebody, and tells numbers, checkboxes and
//! dates in its own spelling.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::value::{is_same_value, tidy};
use crate::model::difference::Difference;
use crate::zendesk::{FoundTicket, Heard};

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
    group_id: Option<u64>,
    brand_id: Option<u64>,
    ticket_form_id: Option<u64>,
    assignee_email: Option<String>,
    created_at: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    custom_fields: Vec<SentField>,
}

#[derive(Debug, Deserialize)]
struct SentField {
    id: u64,
    value: Value,
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
        address: Option<&Heard>,
    ) -> Vec<Difference> {
        let words = [
            ("priority", &self.priority, &found.priority),
            ("type", &self.r#type, &found.kind),
        ];
        let words = words.into_iter().filter_map(|(field, sent, found)| {
            let sent = sent
                .as_deref()
                .filter(|sent| Some(*sent) != raw(found.as_ref()))?;
            Some(word(field, sent, found.as_ref()))
        });
        let ids = [
            ("group", self.group_id, found.group),
            ("brand", self.brand_id, found.brand),
            ("form", self.ticket_form_id, found.form),
        ];
        let ids = ids.into_iter().filter_map(|(field, sent, found)| {
            let sent = sent.filter(|_| sent != found)?;
            let found = found.map(|id| id.to_string());
            Some(Difference::new(field, sent.to_string(), found))
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
            .chain(self.status(found))
            .chain(words)
            .chain(ids)
            .chain(self.created_at(found))
            .chain(tags)
            .chain(fields)
            .collect()
    }

    fn subject(&self, found: &FoundTicket) -> Option<Difference> {
        let sent = self.subject.as_deref()?;
        let now = found.subject.as_ref();
        let is_same = tidy(sent) == tidy(now.map_or("", |now| now.raw()));
        let shown = || now.map(|now| quoted(now.shown()));
        (!is_same).then(|| Difference::new("subject", quoted(sent), shown()))
    }

    fn status(&self, found: &FoundTicket) -> Option<Difference> {
        let (sent, now) = (self.status.as_deref()?, raw(found.status.as_ref()));
        let is_opened = sent == "new" && now == Some("open") && self.assignee_email.is_some();
        let differs = !is_opened && now != Some(sent);
        differs.then(|| word("status", sent, found.status.as_ref()))
    }

    /// Zendesk keeps whole seconds.
    fn created_at(&self, found: &FoundTicket) -> Option<Difference> {
        let (sent, now) = (self.created_at.as_deref()?, raw(found.created_at.as_ref()));
        let second = |text: &str| text.parse::<Timestamp>().ok().map(Timestamp::as_second);
        let is_same =
            |now: &str| now == sent || second(now).is_some_and(|at| second(sent) == Some(at));
        let differs = !now.is_some_and(is_same);
        differs.then(|| word("created_at", sent, found.created_at.as_ref()))
    }

    fn requester_differs(
        &self,
        found: &FoundTicket,
        address: Option<&Heard>,
    ) -> Option<Difference> {
        let sent = self.requester()?.trim();
        let is_same = address.is_some_and(|now| now.raw().to_lowercase() == sent.to_lowercase());
        let now = match (address, found.requester) {
            (Some(address), _) => Some(plain(address.shown())),
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
            .filter(|tag| found.tags.iter().all(|found| found.raw() != *tag))
            .map(|tag| plain(tag))
            .collect();
        (!gone.is_empty()).then(|| Difference::new("tags", gone.join(" "), None))
    }
}

/// The difference of the one thing that every row has.
pub(super) fn external_id(sent: &str, found: &FoundTicket) -> Option<Difference> {
    let now = found.external_id.as_ref();
    let shown = || now.map(|now| quoted(now.shown()));
    let is_same = now.is_some_and(|now| now.raw() == sent);
    (!is_same).then(|| Difference::new("external_id", quoted(sent), shown()))
}

fn word(field: &str, sent: &str, found: Option<&Heard>) -> Difference {
    Difference::new(field, plain(sent), found.map(|found| plain(found.shown())))
}

fn raw(found: Option<&Heard>) -> Option<&str> {
    found.map(|found| found.raw().as_str())
}

fn field(sent: &SentField, ticket: &FoundTicket) -> Option<Difference> {
    let now = ticket.custom_fields.iter().find(|now| now.id == sent.id);
    let now = now.map(|now| &now.value);
    let name = || format!("custom field {}", sent.id);
    let is_same = is_same_value(&sent.value, now.map_or(&Value::Null, Heard::raw));
    (!is_same).then(|| {
        let found = now.map(Heard::shown).filter(|now| !now.is_null());
        let found = found.map(shown_value);
        Difference::new(name(), shown_value(&sent.value), found)
    })
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
    use crate::zendesk::FoundField;

    const BODY: &str = r#"{"ticket":{"external_id":"7","subject":"Bent rim","requester":{"name":"Ada","email":"Ada@example.com"},"status":"open","priority":"high","type":"task","group_id":11,"brand_id":12,"ticket_form_id":13,"created_at":"2020-01-02T03:04:05Z","tags":["a","b"],"custom_fields":[{"id":1,"value":"x"},{"id":2,"value":["p","q"]},{"id":3,"value":"12.50"},{"id":4,"value":true}]}}"#;

    fn ticket() -> FoundTicket {
        let field = |id, value: Value| FoundField {
            id,
            value: value.into(),
        };
        FoundTicket {
            ticket: TicketId(33),
            external_id: Some("7".into()),
            subject: Some("Bent rim".into()),
            requester: Some(5),
            status: Some("open".into()),
            priority: Some("high".into()),
            kind: Some("task".into()),
            group: Some(11),
            brand: Some(12),
            form: Some(13),
            created_at: Some("2020-01-02T03:04:05Z".into()),
            tags: ["a", "b", "vip"].map(Heard::from).into(),
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
        let differences = sent.differences(&ticket, Some(&"ada@example.com".into()));
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
        assert_eq!(told(|t| t.group = Some(21)), ["group: sent 11, found 21"]);
        assert_eq!(told(|t| t.brand = Some(22)), ["brand: sent 12, found 22"]);
        assert_eq!(told(|t| t.form = None), ["form: sent 13, found nothing"]);
        assert_eq!(
            told(|t| t.created_at = Some("2020-01-02T03:04:06Z".into())),
            ["created_at: sent 2020-01-02T03:04:05Z, found 2020-01-02T03:04:06Z"]
        );
        assert_eq!(
            told(|t| t.created_at = None),
            ["created_at: sent 2020-01-02T03:04:05Z, found nothing"]
        );
        assert_eq!(
            told(|t| t.subject = Some("Bent".into())),
            [r#"subject: sent "Bent rim", found "Bent""#]
        );
        assert_eq!(
            told(|t| {
                t.tags.remove(1);
            }),
            ["tags: sent b, found nothing"]
        );
        assert_eq!(
            told(|t| t.custom_fields[1].value = json!(["p"]).into()),
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
    fn a_moment_is_the_same_in_any_spelling() {
        for spelling in ["2020-01-02T04:04:05+01:00", "2020-01-02T03:04:05.900Z"] {
            assert_eq!(told(|t| t.created_at = Some(spelling.into())), [""; 0]);
        }
        let unreadable = told(|t| t.created_at = Some("long ago".into()));
        assert_eq!(
            unreadable,
            ["created_at: sent 2020-01-02T03:04:05Z, found long ago"]
        );
    }

    #[test]
    fn a_new_ticket_is_opened_by_its_assignment_and_by_nothing_else() {
        let told = |body: &str, status: &str| {
            let mut ticket = ticket();
            ticket.status = Some(status.into());
            let sent = Sent::read(body.as_bytes()).unwrap();
            sent.differences(&ticket, None).len()
        };
        let assigned = r#"{"ticket":{"status":"new","assignee_email":"bo@example.com"}}"#;
        assert_eq!((told(assigned, "open"), told(assigned, "new")), (0, 0));
        assert_eq!(told(assigned, "solved"), 1);
        assert_eq!(told(r#"{"ticket":{"status":"new"}}"#, "open"), 1);
    }

    #[test]
    fn a_requester_is_compared_by_the_address_without_case() {
        let sent = Sent::read(BODY.as_bytes()).unwrap();
        let told = |address: Option<&str>| {
            let address = address.map(Heard::from);
            let differences = sent.differences(&ticket(), address.as_ref());
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
    fn a_difference_fits_on_a_line_of_a_terminal() {
        let told =
            told(|t| t.subject = Some(format!("\u{1b}[2J\n{}", "x".repeat(5_000)).as_str().into()));
        assert!(told[0].chars().count() < 300, "{}", told[0].len());
        assert!(!told[0].contains(char::is_control), "{told:?}");
        assert!(told[0].ends_with("…\""), "{told:?}");
    }
}

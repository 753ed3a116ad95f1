//! The ticket in the format that Zendesk's create endpoint takes.
//!
//! The structs borrow from the CSV row and serialise straight to bytes. Fields are written in the
//! order of their declarations, and an absent value omits its key. The same ticket always gives the
//! same bytes, and the idempotency key is bound to those bytes. There is no `Value` in between,
//! because it would cost a third of the scan, and no `Deserialize`, because nothing here reads
//! tickets back through this type.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use super::text::{Texts, as_bytes};

/// The version of the format in which a row is serialised.
///
/// Raise it whenever the body of an unchanged row under an unchanged mapping would differ. Then the
/// stored fingerprints of rows that were never sent are renewed, and no sent row is reported as
/// changed.
pub const BODY_FORMAT: u32 = 1;

/// The maximum length that Zendesk keeps of a comment, in characters.
pub const COMMENT_CHARS_MAX: usize = 65_535;

/// The maximum number of comments that Zendesk keeps per ticket, according to its documentation.
pub const COMMENTS_MAX: usize = 5_000;

/// One ticket, in the order in which its fields are sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ticket<'a> {
    /// The row's identity, byte for byte as the CSV has it (with the mapping's prefix).
    pub external_id: Cow<'a, str>,
    /// The subject line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Cow<'a, str>>,
    /// The text of a ticket without a conversation; Zendesk requires it, or `comments`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<Comment<'a>>,
    /// The conversation, oldest first, in place of `comment`; only the imports endpoint takes it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<Comment<'a>>,
    /// The requester; without one, Zendesk takes the authenticated user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester: Option<Requester<'a>>,
    /// The ticket's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The ticket's priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// The ticket's type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The tags: lower-case, without repeats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Cow<'a, str>>,
    /// The values of the account's own fields, in ascending order of their ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<CustomField<'a>>,
    /// The id of the assigned group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<u64>,
    /// The id of its brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand_id: Option<u64>,
    /// The id of its form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_form_id: Option<u64>,
    /// The id of the assigned agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_email: Option<Cow<'a, str>>,
    /// When it was created, in RFC 3339; only the imports endpoint takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Cow<'a, str>>,
    /// When it was last updated, in RFC 3339; only the imports endpoint takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Cow<'a, str>>,
    /// When it was solved, in RFC 3339; only the imports endpoint takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solved_at: Option<Cow<'a, str>>,
}

impl Ticket<'_> {
    /// Appends the request body, `{"ticket":{…}}`, to `out`.
    pub fn write_body(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        #[derive(Serialize)]
        struct Body<'b> {
            ticket: &'b Ticket<'b>,
        }
        let body = Body { ticket: self };
        body.serialize(&mut serde_json::Serializer::with_formatter(out, Texts))
    }
}

/// A comment: the ticket's text, or one entry of its conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comment<'a> {
    /// The text.
    #[serde(serialize_with = "as_bytes")]
    pub body: Cow<'a, str>,
    /// The author; without one, Zendesk takes the requester or the authenticated user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<Author<'a>>,
    /// Whether the requester can see it; Zendesk's default is yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// When it was written, in RFC 3339; only the imports endpoint takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Cow<'a, str>>,
}

/// The author of a comment.
///
/// Zendesk does not take this: its comments have an `author_id`. The sender replaces
/// `"author":{"email":…,"name":…}` (without `name` if the file gives none) with the id of that
/// user. The address is as the file has it, without surrounding spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Author<'a> {
    /// The address.
    pub email: Cow<'a, str>,
    /// The name that a new user gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
}

/// The requester: Zendesk finds the user by email, or creates one.
///
/// Without a name the requester is sent as the bare address, because an object without a name
/// cannot create a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Requester<'a> {
    /// An address only.
    Email(Cow<'a, str>),
    /// A name and an address.
    Person {
        /// The name that a new user gets.
        name: Cow<'a, str>,
        /// The address.
        email: Cow<'a, str>,
    },
}

/// The value of one of the account's own fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CustomField<'a> {
    /// The field's id in this account.
    pub id: u64,
    /// Its value.
    pub value: FieldValue<'a>,
}

/// The value of a custom field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FieldValue<'a> {
    /// Text; a number or a date in a cell is sent as text too.
    Text(Cow<'a, str>),
    /// A checkbox value; only a constant in the mapping produces it.
    Flag(bool),
    /// A number; only a constant in the mapping produces it.
    Number(i64),
    /// The values of a multi-select.
    List(Vec<Cow<'a, str>>),
}

/// Makes an enum of Zendesk's fixed words, each with a single spelling.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal: $($(#[$item_doc:meta])* $item:ident = $word:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        pub enum $name {
            $($(#[$item_doc])* #[serde(rename = $word)] $item),+
        }

        impl Word for $name {
            const WHAT: &'static str = $what;
            const ALL: &'static [&'static str] = &[$($word),+];

            fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some($name::$item),)+
                    _ => None,
                }
            }

            fn word(self) -> &'static str {
                match self {
                    $($name::$item => $word),+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(self.word())
            }
        }
    };
}

/// One of a fixed set of words that Zendesk knows.
pub trait Word: Copy {
    /// The name of the ticket field.
    const WHAT: &'static str;
    /// All words of the set.
    const ALL: &'static [&'static str];
    /// Parses a word exactly: `Open` is not `open`.
    fn parse(word: &str) -> Option<Self>;
    /// Returns the word as Zendesk spells it.
    fn word(self) -> &'static str;
}

words! {
    /// The status of a ticket.
    Status, "status":
    /// Not assigned yet.
    New = "new",
    /// Assigned to an agent.
    Open = "open",
    /// Waiting for the requester.
    Pending = "pending",
    /// Waiting for a third party.
    Hold = "hold",
    /// Solved by an agent.
    Solved = "solved",
    /// Closed for good.
    Closed = "closed",
}

words! {
    /// The priority of a ticket.
    Priority, "priority":
    /// First.
    Urgent = "urgent",
    /// Soon.
    High = "high",
    /// As usual.
    Normal = "normal",
    /// When there is time.
    Low = "low",
}

words! {
    /// The kind of a ticket; Zendesk calls it the type.
    Kind, "type":
    /// A failure caused by a problem that affects others too.
    Incident = "incident",
    /// The cause of incidents.
    Problem = "problem",
    /// A question from the requester.
    Question = "question",
    /// A task for an agent.
    Task = "task",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_ticket_has_a_fixed_order_of_fields() {
        let ticket = Ticket {
            external_id: "legacy-7".into(),
            subject: Some("Bent \"rim\"".into()),
            comment: Some(Comment {
                body: "It wobbles.\nBadly.".into(),
                author: None,
                public: Some(false),
                created_at: None,
            }),
            comments: vec![],
            requester: Some(Requester::Person {
                name: "Ada".into(),
                email: "ada@example.com".into(),
            }),
            status: Some(Status::Hold),
            priority: Some(Priority::Urgent),
            kind: Some(Kind::Task),
            tags: vec!["wheels".into(), "räder".into()],
            custom_fields: vec![
                CustomField {
                    id: 1,
                    value: FieldValue::Text("x".into()),
                },
                CustomField {
                    id: 2,
                    value: FieldValue::Flag(true),
                },
                CustomField {
                    id: 3,
                    value: FieldValue::Number(-4),
                },
                CustomField {
                    id: 4,
                    value: FieldValue::List(vec!["a".into(), "b".into()]),
                },
            ],
            group_id: Some(5),
            brand_id: Some(6),
            ticket_form_id: Some(7),
            assignee_email: Some("bo@example.com".into()),
            created_at: Some("2019-01-01T08:00:00Z".into()),
            updated_at: Some("2019-01-02T08:00:00Z".into()),
            solved_at: Some("2019-01-03T08:00:00Z".into()),
        };
        insta::assert_snapshot!(text(&ticket), @r#"{"ticket":{"external_id":"legacy-7","subject":"Bent \"rim\"","comment":{"body":"It wobbles.\nBadly.","public":false},"requester":{"name":"Ada","email":"ada@example.com"},"status":"hold","priority":"urgent","type":"task","tags":["wheels","räder"],"custom_fields":[{"id":1,"value":"x"},{"id":2,"value":true},{"id":3,"value":-4},{"id":4,"value":["a","b"]}],"group_id":5,"brand_id":6,"ticket_form_id":7,"assignee_email":"bo@example.com","created_at":"2019-01-01T08:00:00Z","updated_at":"2019-01-02T08:00:00Z","solved_at":"2019-01-03T08:00:00Z"}}"#);
    }

    #[test]
    fn absent_values_leave_their_keys_out() {
        let ticket = Ticket {
            external_id: "1".into(),
            subject: None,
            comment: Some(Comment {
                body: "Hi".into(),
                author: None,
                public: None,
                created_at: None,
            }),
            comments: vec![],
            requester: Some(Requester::Email("a@example.com".into())),
            status: None,
            priority: None,
            kind: None,
            tags: vec![],
            custom_fields: vec![],
            group_id: None,
            brand_id: None,
            ticket_form_id: None,
            assignee_email: None,
            created_at: None,
            updated_at: None,
            solved_at: None,
        };
        insta::assert_snapshot!(text(&ticket), @r#"{"ticket":{"external_id":"1","comment":{"body":"Hi"},"requester":"a@example.com"}}"#);
    }

    #[test]
    fn words_are_read_only_as_zendesk_spells_them() {
        assert_eq!(Status::parse("open"), Some(Status::Open));
        assert_eq!(Status::parse("Open"), None);
        assert_eq!(Priority::parse("critical"), None);
        assert_eq!(Kind::parse("incident").map(Word::word), Some("incident"));
    }

    fn text(ticket: &Ticket<'_>) -> String {
        let mut bytes = Vec::new();
        ticket.write_body(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }
}

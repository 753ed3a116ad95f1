//! The ticket as Zendesk's create takes it.
//!
//! The structs borrow from the CSV row and serialise straight to bytes: the order of the fields is
//! the order of the declarations, and an absent value leaves its key out. The same ticket always
//! gives the same bytes, which is what the idempotency key is bound to. There is no `Value` in
//! between, because it would cost a third of the scan, and no `Deserialize`: nobody here reads
//! tickets back through this type.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

use super::text::{Texts, as_bytes};

/// Numbers the way a row becomes bytes.
///
/// Raise it whenever the body of an unchanged row under an unchanged mapping would differ, so that
/// stored fingerprints of rows that were never sent are renewed and nobody is told that they changed.
pub const BODY_FORMAT: u32 = 1;

/// The most characters that Zendesk keeps of a comment.
pub const COMMENT_CHARS_MAX: usize = 65_535;

/// The most comments that Zendesk keeps of a ticket, by its documentation.
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
    /// Who asked; without it Zendesk takes the authenticated user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requester: Option<Requester<'a>>,
    /// Where the ticket stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// How urgent it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// What sort of ticket it is.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Labels: lower-case, without repeats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Cow<'a, str>>,
    /// Values of the account's own fields, by rising id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<CustomField<'a>>,
    /// The group that works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_id: Option<u64>,
    /// The brand it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand_id: Option<u64>,
    /// The form that it is shown in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket_form_id: Option<u64>,
    /// The agent who works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_email: Option<Cow<'a, str>>,
    /// When it was made, in RFC 3339; only the imports endpoint takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Cow<'a, str>>,
    /// When it last changed, in RFC 3339; only the imports endpoint takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Cow<'a, str>>,
    /// When it was solved, in RFC 3339; only the imports endpoint takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solved_at: Option<Cow<'a, str>>,
}

impl Ticket<'_> {
    /// Appends the request's body, `{"ticket":{…}}`, to `out`.
    pub fn write_body(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        #[derive(Serialize)]
        struct Body<'b> {
            ticket: &'b Ticket<'b>,
        }
        let body = Body { ticket: self };
        body.serialize(&mut serde_json::Serializer::with_formatter(out, Texts))
    }
}

/// A comment: a ticket's text, or a part of its conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comment<'a> {
    /// The text.
    #[serde(serialize_with = "as_bytes")]
    pub body: Cow<'a, str>,
    /// Who wrote it; without one Zendesk takes the requester or the authenticated user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<Author<'a>>,
    /// Whether the requester may see it; Zendesk's default is yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<bool>,
    /// When it was written, in RFC 3339; only the imports endpoint takes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Cow<'a, str>>,
}

/// Who wrote a comment.
///
/// Zendesk does not take this: its comments have an `author_id`. Whoever sends the body replaces
/// `"author":{"email":…,"name":…}` (without `name` where nobody told it) by the id of that user.
/// The address is as the file has it, without surrounding spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Author<'a> {
    /// The address.
    pub email: Cow<'a, str>,
    /// The name that a new user gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Cow<'a, str>>,
}

/// Who asked: Zendesk finds the user by email, and makes one where there is none.
///
/// Without a name it is sent as the bare address, since an object without a name could not make a
/// user.
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

/// What a custom field may hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FieldValue<'a> {
    /// Text; also how a cell's number or date is sent.
    Text(Cow<'a, str>),
    /// A checkbox; only a mapping's constant makes it.
    Flag(bool),
    /// A number; only a mapping's constant makes it.
    Number(i64),
    /// A multi-select.
    List(Vec<Cow<'a, str>>),
}

/// Makes an enum of Zendesk's fixed words, with the words themselves as its only spelling.
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

/// One of a closed list of words that Zendesk knows.
pub trait Word: Copy {
    /// The name of the ticket's field.
    const WHAT: &'static str;
    /// Every word of the list.
    const ALL: &'static [&'static str];
    /// Reads the exact word; `Open` is not `open`.
    fn parse(word: &str) -> Option<Self>;
    /// Gives the word as Zendesk spells it.
    fn word(self) -> &'static str;
}

words! {
    /// Where a ticket stands.
    Status, "status":
    /// Nobody took it yet.
    New = "new",
    /// An agent has it.
    Open = "open",
    /// It waits for the requester.
    Pending = "pending",
    /// It waits for a third party.
    Hold = "hold",
    /// An agent thinks it is done.
    Solved = "solved",
    /// It is done for good.
    Closed = "closed",
}

words! {
    /// How urgent a ticket is.
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
    /// What sort of ticket it is; Zendesk calls it the type.
    Kind, "type":
    /// Something fails because of a problem that others have too.
    Incident = "incident",
    /// The cause of incidents.
    Problem = "problem",
    /// Somebody asks something.
    Question = "question",
    /// Something for an agent to do.
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

//! Reads the one thing that matters in the reply to a create: which ticket it is.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, de};

use super::said::Said;

/// An id as Zendesk assigns it: above zero, and no higher than a checkpoint can store (2^63 - 1). A
/// reply with any other id is unreadable.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "u64")]
pub(super) struct Id(pub(super) u64);

impl TryFrom<u64> for Id {
    type Error = &'static str;

    fn try_from(number: u64) -> Result<Self, Self::Error> {
        match i64::try_from(number) {
            Ok(1..) => Ok(Self(number)),
            Ok(_) | Err(_) => Err("an id is a number from 1 to 2^63 - 1"),
        }
    }
}

/// The ticket that a reply names.
#[derive(Default)]
struct Named {
    id: Option<Id>,
    external_id: Option<Said>,
    /// Whether the `external_id`, null or not, has been read.
    is_external_id_read: bool,
}

impl Named {
    fn is_whole(&self) -> bool {
        self.id.is_some() && self.is_external_id_read
    }
}

/// Reads `{"ticket": {"id": …, "external_id": …}}`, and nothing else of it.
///
/// Reading ends where both have been read: what follows is the ticket's text, often long, and cut by
/// our own limit if it is very long. Recorded replies name the ticket in their first lines.
pub(super) fn named(body: &[u8]) -> Option<(u64, Option<Said>)> {
    let mut named = Named::default();
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = Envelope(&mut named)
        .deserialize(&mut json)
        .and_then(|()| json.end());
    let Id(id) = named.id?;
    (read.is_ok() || named.is_whole()).then_some((id, named.external_id))
}

/// An `external_id`: a text, or (never seen, but cheap to allow) a number.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum ExternalId {
    Text(Said),
    Number(serde_json::Number),
}

impl From<ExternalId> for Said {
    fn from(id: ExternalId) -> Self {
        match id {
            ExternalId::Text(text) => text,
            ExternalId::Number(number) => number.to_string().into(),
        }
    }
}

/// A name in an object, copied only if it is written with escapes.
#[derive(Deserialize)]
struct Name<'j>(#[serde(borrow)] Cow<'j, str>);

struct Envelope<'n>(&'n mut Named);

impl<'de> DeserializeSeed<'de> for Envelope<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Envelope<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object that holds a ticket")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Name<'_>>()? {
            if key.0 == "ticket" {
                *self.0 = Named::default();
                map.next_value_seed(Ticket(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct Ticket<'n>(&'n mut Named);

impl<'de> DeserializeSeed<'de> for Ticket<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Ticket<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a ticket")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // A value is believed only when the parser has seen what follows it: the `3` of a cut
        // `33` is a number too.
        let mut read = Named::default();
        while let Some(key) = map.next_key::<Name<'_>>()? {
            if read.is_whole() {
                *self.0 = read;
                return Err(de::Error::custom("the rest is not read"));
            }
            match &*key.0 {
                "id" => read.id = Some(map.next_value()?),
                "external_id" => {
                    let id: Option<ExternalId> = map.next_value()?;
                    read.external_id = id.map(Said::from);
                    read.is_external_id_read = true;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if read.id.is_none() {
            return Err(de::Error::missing_field("id"));
        }
        *self.0 = read;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::secrets::Secrets;

    fn named(body: &[u8]) -> Option<(u64, Option<String>)> {
        let (id, external_id) = super::named(body)?;
        Some((
            id,
            external_id.map(|said| said.without(&Secrets::default())),
        ))
    }

    #[test]
    fn a_ticket_is_read_among_other_things() {
        let body =
            br#"{"audit":{"id":9},"ticket":{"url":"u","id":33,"external_id":"A-1","x":[{}]}}"#;
        assert_eq!(named(body), Some((33, Some("A-1".to_owned()))));
    }

    #[test]
    fn an_external_id_may_be_null_absent_or_a_number() {
        assert_eq!(
            named(br#"{"ticket":{"id":1,"external_id":null}}"#),
            Some((1, None))
        );
        assert_eq!(named(br#"{"ticket":{"id":1}}"#), Some((1, None)));
        assert_eq!(
            named(br#"{"ticket":{"id":1,"external_id":42}}"#),
            Some((1, Some("42".to_owned())))
        );
    }

    #[test]
    fn what_names_no_ticket_is_nothing() {
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "{\"ticket\":null}",
            "{\"ticket\":{}}",
            "<html>",
            r#"{"ticket":{"id":null}}"#,
            r#"{"ticket":{"id":0}}"#,
            r#"{"ticket":{"id":-1}}"#,
            r#"{"ticket":{"id":9223372036854775808}}"#,
            r#"{"ticket":{"id":9223372036854775808,"external_id":"A-1","x":1}}"#,
            r#"{"ticket":{"id":1.5}}"#,
            r#"{"ticket":{"id":"33"}}"#,
            r#"{"job_status":{"id":"V3-1"}}"#,
            r#"{"ticket":{"id":1}} trailing"#,
        ] {
            assert_eq!(named(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_cut_reply_counts_only_with_both_ids_whole() {
        let body = br#"{"ticket":{"id":33,"external_id":"A-1","subject":"long"}}"#;
        for end in 0..body.len() {
            let read = named(&body[..end]);
            assert!(
                read.is_none() || read == Some((33, Some("A-1".to_owned()))),
                "{end}: {read:?}"
            );
        }
        assert!(named(&body[..50]).is_some());
    }
}

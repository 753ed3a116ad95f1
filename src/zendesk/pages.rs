//! What lists and searches of tickets answer, page by page.

use std::collections::HashSet;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::headers::Asked;
use super::said::Said;
use super::secrets::Secrets;
use super::ticket_reply::{ExternalId, Id};
use crate::model::external_id::is_near;
use crate::model::ids::TicketId;
use crate::model::reply::{Candidate, Found, NearMatch};
use crate::model::time::ServerTime;

/// One page of a list (`tickets`) or of a search (`results`).
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(alias = "results")]
    tickets: Vec<Listed>,
    /// All results there are, on this page or not.
    count: Option<u64>,
    #[serde(rename = "next_page")]
    next: Option<IgnoredAny>,
}

/// A ticket on a page. Its `external_id` may be null and must be there: a page without it proves
/// nothing about ours.
#[derive(Deserialize)]
struct Listed {
    id: Id,
    #[serde(deserialize_with = "present")]
    external_id: Option<ExternalId>,
    created_at: Option<Said>,
    result_type: Option<Said>,
}

/// What a page leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// All was seen.
    Done,
    /// There is another page.
    Page,
    /// There is no other page, and yet more results than were given.
    Missing,
}

/// Tickets that may be the wanted one, gathered over pages.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    seen: HashSet<u64>,
    found: Found,
}

impl Gathered {
    /// Takes a page of the answer to `asked`. Pages by offset may repeat a ticket ("Offset pagination
    /// may result in duplicate results", in Zendesk's reference of the search), so tickets are counted
    /// once.
    pub(super) fn add(
        &mut self,
        page: Page,
        (asked, external_id): (Asked, &str),
        secrets: &Secrets,
    ) -> Next {
        for listed in page.tickets {
            let is_new = self.seen.insert(listed.id.0);
            let is_ticket = listed
                .result_type
                .as_ref()
                .is_none_or(|kind| kind.is("ticket"));
            if is_new && is_ticket {
                self.judge(listed, (asked, external_id), secrets);
            }
        }
        let seen = u64::try_from(self.seen.len()).unwrap_or(u64::MAX);
        if page.next.is_some() {
            Next::Page
        } else if page.count.is_some_and(|count| count > seen) {
            Next::Missing
        } else {
            Next::Done
        }
    }

    /// A list is filtered by Zendesk's own comparison, so whatever it returns equals the
    /// `external_id` to Zendesk. A search compares words and returns other tickets as well.
    fn judge(&mut self, listed: Listed, (asked, external_id): (Asked, &str), secrets: &Secrets) {
        let ticket = TicketId(listed.id.0);
        let theirs = listed.external_id.map(Said::from);
        let raw = theirs.as_ref().map(Said::raw);
        if raw == Some(external_id) {
            self.found.exact.push(Candidate {
                ticket,
                created_at: listed.created_at.as_ref().and_then(server_time),
            });
        } else if asked == Asked::List || raw.is_none_or(|theirs| is_near(external_id, theirs)) {
            self.found.near.push(NearMatch {
                ticket,
                external_id: theirs.map(|theirs| theirs.without(secrets)),
            });
        }
    }

    /// What was gathered.
    pub(super) fn into_found(self) -> Found {
        self.found
    }
}

pub(super) fn server_time(text: &Said) -> Option<ServerTime> {
    text.raw()
        .parse::<jiff::Timestamp>()
        .ok()
        .map(|timestamp| ServerTime(timestamp.as_millisecond()))
}

/// Reads an optional value whose field must be there: serde lets a plain `Option` be absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ExternalId>, D::Error> {
    Option::deserialize(deserializer)
}

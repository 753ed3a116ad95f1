//! What lists and searches of tickets answer, page by page.

use std::collections::HashSet;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::said::Said;
use super::ticket_reply::ExternalId;
use crate::model::ids::TicketId;
use crate::model::reply::Candidate;
use crate::model::time::ServerTime;

/// One page of a list (`tickets`) or of a search (`results`).
#[derive(Deserialize)]
pub(super) struct Page {
    #[serde(alias = "results")]
    tickets: Vec<Found>,
    /// All results there are, on this page or not.
    count: Option<u64>,
    #[serde(rename = "next_page")]
    next: Option<IgnoredAny>,
}

/// A ticket on a page. Its `external_id` may be null and must be there: a page without it proves
/// nothing about ours.
#[derive(Deserialize)]
struct Found {
    id: u64,
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

/// Tickets with exactly the wanted `external_id`, gathered over pages.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    seen: HashSet<u64>,
    candidates: Vec<Candidate>,
}

impl Gathered {
    /// Takes a page. Pages by offset may repeat a ticket ("Offset pagination may result in
    /// duplicate results", in Zendesk's reference of the search), so tickets are counted once.
    pub(super) fn add(&mut self, page: Page, external_id: &str) -> Next {
        for found in page.tickets {
            let is_new = self.seen.insert(found.id);
            let is_ticket = found.result_type.is_none_or(|kind| kind.is("ticket"));
            let found_id = found.external_id.map(Said::from);
            let is_ours = found_id.is_some_and(|id| id.is(external_id));
            if is_new && is_ticket && is_ours {
                self.candidates.push(Candidate {
                    ticket: TicketId(found.id),
                    created_at: found.created_at.as_ref().and_then(server_time),
                });
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

    /// What was gathered.
    pub(super) fn into_candidates(self) -> Vec<Candidate> {
        self.candidates
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

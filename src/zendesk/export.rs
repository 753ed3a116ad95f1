//! The incremental export: a thousand tickets a request, for when every ticket has to be seen.

use serde::Deserialize;

use super::client::Client;
use super::headers::Asked;
use super::pages::server_time;
use super::ticket_reply::{ExternalId, Id};
use crate::model::ids::TicketId;
use crate::model::reply::{Answer, Meta, Verdict};
use crate::model::time::ServerTime;

const PATH: &str = "/api/v2/incremental/tickets/cursor";

/// A page of a thousand tickets carries their texts; this is the most that is read of one.
const PAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A ticket of the export, as far as it can be one of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Its id.
    pub ticket: TicketId,
    /// Its `external_id`.
    pub external_id: String,
    /// When it was made, on Zendesk's clock.
    pub created_at: Option<ServerTime>,
}

/// A page of the export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportPage {
    /// The tickets on it that carry an `external_id` and are not deleted.
    pub tickets: Vec<Exported>,
    /// Whether it holds no ticket at all.
    pub is_empty: bool,
    /// Where the next page begins.
    pub after: Option<String>,
    /// Whether there is nothing after it, but for the most recent minute.
    pub is_last: bool,
}

impl Client {
    /// Reads a page of the incremental ticket export, from the account's beginning if `after` is
    /// `None`. Admins only; ten requests a minute (Zendesk's reference of incremental exports). The
    /// most recent minute is not in it, archived tickets are.
    ///
    /// [`Verdict::Unreadable`] is also the answer for a page of more than 64 MiB: ask for less.
    pub async fn export_page(&self, after: Option<&str>, tickets: u32) -> Answer<ExportPage> {
        let nothing = |verdict| Answer {
            answer: Err(verdict),
            meta: Meta::default(),
        };
        let Some(mut url) = self.account().url(PATH) else {
            return nothing(Verdict::NotSent("the question has no path".to_owned()));
        };
        let (name, value) = match after {
            Some(cursor) => ("cursor", cursor),
            None => ("start_time", "0"),
        };
        let size = tickets.to_string();
        url.query_pairs_mut()
            .extend_pairs([(name, value), ("per_page", &size)]);
        let request = self.question(url);
        let exchange = match self.exchange(request, PAGE_BYTES_MAX).await {
            Ok(exchange) => exchange,
            Err(verdict) => return nothing(verdict),
        };
        exchange.answer::<Page>(Asked::Other).map(ExportPage::from)
    }
}

#[derive(Deserialize)]
struct Page {
    tickets: Vec<Ticket>,
    after_cursor: Option<String>,
    end_of_stream: bool,
}

#[derive(Deserialize)]
struct Ticket {
    id: Id,
    external_id: Option<ExternalId>,
    created_at: Option<String>,
    status: Option<String>,
}

impl From<Page> for ExportPage {
    fn from(page: Page) -> Self {
        let ours = |ticket: Ticket| {
            let is_deleted = ticket.status.as_deref() == Some("deleted");
            let external_id = ticket.external_id.filter(|_| !is_deleted)?;
            Some(Exported {
                ticket: TicketId(ticket.id.0),
                external_id: external_id.into(),
                created_at: ticket.created_at.as_deref().and_then(server_time),
            })
        };
        Self {
            is_empty: page.tickets.is_empty(),
            tickets: page.tickets.into_iter().filter_map(ours).collect(),
            is_last: page.end_of_stream,
            after: page.after_cursor,
        }
    }
}

//! The incremental export: a thousand tickets a request, for when every ticket has to be seen.

use serde::Deserialize;

use super::client::Client;
use super::headers::Asked;
use super::pages::server_time;
use super::said::{Heard, Said};
use super::secrets::Secrets;
use super::ticket_reply::{ExternalId, Id};
use crate::model::ids::TicketId;
use crate::model::reply::{Answer, Meta, Verdict};
use crate::model::time::ServerTime;

const PATH: &str = "/api/v2/incremental/tickets/cursor";

/// A page of a thousand tickets carries their texts; this is the most that is read of one.
const PAGE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A ticket of the export, as far as it can be one of ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// Its id.
    pub ticket: TicketId,
    /// Its `external_id`.
    pub external_id: Heard,
    /// When it was made, on Zendesk's clock.
    pub created_at: Option<ServerTime>,
}

/// A page of the export.
#[derive(Debug, Clone, PartialEq)]
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
        let Answer { answer, meta } = exchange.answer::<Page>(Asked::Other);
        Answer {
            answer: answer.and_then(|page| page.read(self.secrets())),
            meta,
        }
    }
}

#[derive(Deserialize)]
struct Page {
    tickets: Vec<Ticket>,
    after_cursor: Option<Said>,
    end_of_stream: bool,
}

#[derive(Deserialize)]
struct Ticket {
    id: Id,
    external_id: Option<ExternalId>,
    created_at: Option<Said>,
    status: Option<Said>,
}

impl Page {
    /// The page that is given out. Where the next one begins is kept on disk, and cannot be without
    /// what it is made of: one that holds a secret is no answer of use.
    fn read(self, secrets: &Secrets) -> Result<ExportPage, Verdict> {
        let after = match &self.after_cursor {
            Some(cursor) if secrets.are_in(cursor.raw()) => return Err(Verdict::Unreadable),
            cursor => cursor.as_ref().map(|cursor| cursor.raw().to_owned()),
        };
        let ours = |ticket: Ticket| {
            let is_deleted = ticket.status.is_some_and(|status| status.is("deleted"));
            let external_id = ticket.external_id.filter(|_| !is_deleted)?;
            Some(Exported {
                ticket: TicketId(ticket.id.0),
                external_id: Said::from(external_id).heard(secrets),
                created_at: ticket.created_at.as_ref().and_then(server_time),
            })
        };
        Ok(ExportPage {
            is_empty: self.tickets.is_empty(),
            tickets: self.tickets.into_iter().filter_map(ours).collect(),
            is_last: self.end_of_stream,
            after,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::raw_server::{Act, RawServer, reply};
    use super::super::{Account, Credentials, Timeouts};
    use super::*;

    const SECRET: &str = "hunter2hunter2";

    async fn page(cursor: &str, external_id: &str) -> Answer<ExportPage> {
        let body = format!(
            r#"{{"tickets":[{{"id":7,"external_id":"{external_id}"}}],"after_cursor":"{cursor}","end_of_stream":false}}"#
        );
        let server = RawServer::start([Act::Reply(reply("200 OK", "", &body))]).await;
        let account = Account::from_url(&format!("http://127.0.0.1:{}", server.port)).unwrap();
        let credentials = Credentials::Bearer(SECRET.into());
        let client = Client::new(account, credentials, Timeouts::default(), || {
            crate::model::time::Monotonic(0)
        })
        .unwrap();
        client.export_page(None, 100).await
    }

    #[tokio::test]
    async fn a_cursor_that_holds_a_secret_is_not_given_out_to_be_kept() {
        assert_eq!(
            page("abc", "A-1").await.answer.unwrap().after.as_deref(),
            Some("abc")
        );
        let answer = page(&format!("x{SECRET}"), "A-1").await.answer;
        assert_eq!(answer, Err(Verdict::Unreadable));
    }

    #[tokio::test]
    async fn an_external_id_is_compared_as_it_came_and_not_shown_so() {
        let page = page("abc", SECRET).await.answer.unwrap();
        assert_eq!(page.tickets[0].external_id.raw(), SECRET);
        assert!(!format!("{page:?}").contains(SECRET), "{page:?}");
    }
}

//! Reading tickets back by their ids, and the addresses of who asked.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::client::Client;
use super::headers::Asked;
use super::said::{Heard, Said};
use super::secrets::Secrets;
use super::settings::found;
use super::ticket_reply::ExternalId;
use crate::model::ids::TicketId;
use crate::model::reply::Answer;

/// Tickets or users that one question may name (Zendesk's reference of "Show Multiple Tickets" and
/// "Show Many Users").
pub const READ_BACK_MAX: usize = 100;

/// A ticket as it is now, as far as it can be compared with what was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundTicket {
    /// Its id.
    pub ticket: TicketId,
    /// Its `external_id`.
    pub external_id: Option<Heard>,
    /// Its subject.
    pub subject: Option<Heard>,
    /// The id of the user who asked.
    pub requester: Option<u64>,
    /// Where it stands, or `deleted`.
    pub status: Option<Heard>,
    /// How urgent it is.
    pub priority: Option<Heard>,
    /// Its type.
    pub kind: Option<Heard>,
    /// The id of the group that works on it.
    pub group: Option<u64>,
    /// The id of its brand.
    pub brand: Option<u64>,
    /// The id of the form that it is shown in.
    pub form: Option<u64>,
    /// When it was made, as Zendesk writes it (RFC 3339).
    pub created_at: Option<Heard>,
    /// Its labels.
    pub tags: Vec<Heard>,
    /// The values of the account's own fields.
    pub custom_fields: Vec<FoundField>,
}

/// The value of one of the account's own fields.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundField {
    /// The field's id.
    pub id: u64,
    /// What is in it; null if nothing is.
    pub value: Heard<Value>,
}

impl FoundTicket {
    /// Whether somebody has deleted it.
    pub fn is_deleted(&self) -> bool {
        let status = self.status.as_ref();
        status.is_some_and(|status| status.raw() == "deleted")
    }
}

impl Client {
    /// Reads up to [`READ_BACK_MAX`] tickets: `GET /api/v2/tickets/show_many?ids=…`. Those that are
    /// deleted are left out without a word; whether archived ones are is not documented.
    ///
    /// [`Verdict::Unreadable`](crate::model::reply::Verdict::Unreadable) is also the answer when the
    /// tickets are too long together: ask for fewer.
    pub async fn show_tickets(&self, tickets: &[TicketId]) -> Answer<Vec<FoundTicket>> {
        let ids = with_commas(tickets.iter().map(|ticket| ticket.0));
        let answer: Answer<Tickets> = self
            .ask(
                Asked::Other,
                "/api/v2/tickets/show_many",
                &[("ids", ids.as_str())],
            )
            .await;
        let read = |ticket: Ticket| ticket.read(self.secrets());
        answer.map(|body| body.tickets.into_iter().map(read).collect())
    }

    /// Reads one ticket, an archived one too: `GET /api/v2/tickets/{id}`. `None` if it is deleted or
    /// was never there.
    pub async fn show_ticket(&self, ticket: TicketId) -> Answer<Option<FoundTicket>> {
        let path = format!("/api/v2/tickets/{ticket}");
        let answer: Answer<OneTicket> = self.ask(Asked::Other, &path, &[]).await;
        found(answer).map(|body| body.map(|body| body.ticket.read(self.secrets())))
    }

    /// The addresses of up to [`READ_BACK_MAX`] users by their ids, of those who have one:
    /// `GET /api/v2/users/show_many?ids=…`.
    pub async fn addresses(&self, users: &[u64]) -> Answer<BTreeMap<u64, Heard>> {
        let ids = with_commas(users.iter().copied());
        let answer: Answer<Users> = self
            .ask(
                Asked::Other,
                "/api/v2/users/show_many",
                &[("ids", ids.as_str())],
            )
            .await;
        answer.map(|body| {
            let addressed = |user: User| Some((user.id, user.email?.heard(self.secrets())));
            body.users.into_iter().filter_map(addressed).collect()
        })
    }
}

fn with_commas(ids: impl Iterator<Item = u64>) -> String {
    ids.map(|id| id.to_string()).collect::<Vec<_>>().join(",")
}

#[derive(Deserialize)]
struct Tickets {
    tickets: Vec<Ticket>,
}

#[derive(Deserialize)]
struct OneTicket {
    ticket: Ticket,
}

/// A field that is absent is read like one that is null, but for the id: what is not there is a
/// difference, not a reply that nobody can read.
#[derive(Deserialize)]
struct Ticket {
    id: u64,
    external_id: Option<ExternalId>,
    subject: Option<Said>,
    requester_id: Option<u64>,
    status: Option<Said>,
    priority: Option<Said>,
    r#type: Option<Said>,
    group_id: Option<u64>,
    brand_id: Option<u64>,
    #[serde(rename = "ticket_form_id")]
    form_id: Option<u64>,
    created_at: Option<Said>,
    tags: Option<Vec<Said>>,
    custom_fields: Option<Vec<Field>>,
}

impl Ticket {
    fn read(self, secrets: &Secrets) -> FoundTicket {
        let heard = |said: Option<Said>| said.map(|said| said.heard(secrets));
        let tags = self.tags.unwrap_or_default().into_iter();
        let fields = self.custom_fields.unwrap_or_default().into_iter();
        let field = |field: Field| FoundField {
            id: field.id,
            value: Heard::value(field.value, secrets),
        };
        FoundTicket {
            ticket: TicketId(self.id),
            external_id: heard(self.external_id.map(Said::from)),
            subject: heard(self.subject),
            requester: self.requester_id,
            status: heard(self.status),
            priority: heard(self.priority),
            kind: heard(self.r#type),
            group: self.group_id,
            brand: self.brand_id,
            form: self.form_id,
            created_at: heard(self.created_at),
            tags: tags.map(|tag| tag.heard(secrets)).collect(),
            custom_fields: fields.map(field).collect(),
        }
    }
}

#[derive(Deserialize)]
struct Field {
    id: u64,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
struct Users {
    users: Vec<User>,
}

#[derive(Deserialize)]
struct User {
    id: u64,
    email: Option<Said>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::raw_server::{Act, RawServer, reply};
    use super::super::{Account, Credentials, Timeouts};
    use super::*;
    use crate::model::reply::Verdict;

    async fn served(status: &str, body: &str) -> (Client, RawServer) {
        let server = RawServer::start([Act::Reply(reply(status, "", body))]).await;
        let account = Account::from_url(&format!("http://127.0.0.1:{}", server.port)).unwrap();
        let credentials = Credentials::Bearer("t".into());
        let client = Client::new(account, credentials, Timeouts::default(), || {
            crate::model::time::Monotonic(0)
        })
        .unwrap();
        (client, server)
    }

    #[tokio::test]
    async fn tickets_are_read_with_what_is_compared_and_what_is_absent_is_nothing() {
        let body = r#"{"tickets":[
            {"id":33,"external_id":"A-1","subject":"S","requester_id":5,"status":"open",
             "priority":"high","type":"task","tags":["b","a"],
             "custom_fields":[{"id":1,"value":"x"},{"id":2,"value":null}]},
            {"id":34,"external_id":null}],"next_page":null,"count":2}"#;
        let (client, server) = served("200 OK", body).await;
        let found = client.show_tickets(&[TicketId(33), TicketId(34)]).await;
        let [full, bare] = &found.answer.unwrap()[..] else {
            panic!("two tickets")
        };
        assert_eq!(
            server.seen()[0].line,
            "GET /api/v2/tickets/show_many?ids=33%2C34 HTTP/1.1"
        );
        assert_eq!((full.ticket, full.requester), (TicketId(33), Some(5)));
        assert_eq!(full.external_id, Some("A-1".into()));
        assert_eq!(full.tags, ["b", "a"].map(Heard::from));
        let values: Vec<_> = full
            .custom_fields
            .iter()
            .map(|field| field.value.raw())
            .collect();
        assert_eq!(values, [&json!("x"), &json!(null)]);
        assert_eq!((&bare.external_id, &bare.subject), (&None, &None));
    }

    #[tokio::test]
    async fn a_ticket_is_gone_only_if_zendesk_says_so() {
        let gone = r#"{"error":"RecordNotFound","description":"Not found"}"#;
        let (client, _server) = served("404 Not Found", gone).await;
        assert_eq!(client.show_ticket(TicketId(33)).await.answer, Ok(None));
        let elsewhere = r#"{"error":"InvalidEndpoint","description":"Not found"}"#;
        let (client, _server) = served("404 Not Found", elsewhere).await;
        let answer = client.show_ticket(TicketId(33)).await.answer;
        assert!(
            matches!(answer, Err(Verdict::WrongAccount(_))),
            "{answer:?}"
        );
        let (client, _server) = served("200 OK", "{}").await;
        let answer = client.show_ticket(TicketId(33)).await.answer;
        assert_eq!(answer, Err(Verdict::Unreadable));
    }

    #[tokio::test]
    async fn users_without_an_address_have_none() {
        let body = r#"{"users":[{"id":5,"email":"a@example.com"},{"id":6,"email":null},{"id":7}]}"#;
        let (client, server) = served("200 OK", body).await;
        let found = client.addresses(&[5, 6, 7]).await.answer.unwrap();
        assert_eq!(found, BTreeMap::from([(5, "a@example.com".into())]));
        assert_eq!(
            server.seen()[0].line,
            "GET /api/v2/users/show_many?ids=5%2C6%2C7 HTTP/1.1"
        );
    }
}

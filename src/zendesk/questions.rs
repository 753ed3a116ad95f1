//! The questions: every request that changes nothing.

use reqwest::Url;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::client::Client;
use super::exchange::Exchange;
use super::headers::Asked;
use super::pages::{Gathered, Next, Page};
use super::said::Said;
use super::secrets::Secrets;
use super::ticket_reply::Id;
use crate::model::problem::Problem;
use crate::model::reply::{Answer, Found, Meta, UNSEARCHABLE, Verdict};

/// Pages that a lookup reads before it gives up: at a hundred results each these are the thousand
/// that a search gives at most (Zendesk's reference of the search, "Results limit"; the next page
/// would be a 422).
const LOOKUP_PAGES_MAX: u32 = 10;

/// A page of a hundred tickets carries their texts; this is the most that is read of one.
const LOOKUP_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Results on a page: the most that lists and searches give.
pub const LOOKUP_PAGE_MAX: u32 = 100;

/// Longest name, role or title that is kept, in characters.
const NAME_CHARS_MAX: usize = 200;

const ROLES: [&str; 3] = ["admin", "agent", "end-user"];

/// Who the credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    /// The user's id; `None` for the anonymous user, which is what wrong credentials may get with
    /// a status of 200 (recorded).
    pub id: Option<u64>,
    /// `admin`, `agent` or `end-user`.
    pub role: String,
    /// The user's name.
    pub name: String,
    /// The user's e-mail address; empty if there is none.
    pub email: String,
    /// Whether the user sees only part of the tickets (`ticket_restriction`).
    pub is_restricted: bool,
}

/// The triggers that a create may set off.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Triggers {
    /// How many are active.
    pub count: u64,
    /// The titles of those on the first page.
    pub titles: Vec<String>,
}

impl Client {
    /// Lists the tickets with this `external_id`: `GET /api/v2/tickets?external_id=…`.
    ///
    /// The list leaves archived tickets out (Zendesk's reference of the tickets, "List Tickets"):
    /// what it does not find, [`Client::search_by_external_id`] may.
    ///
    /// Each page is a request. If not all results can be seen the answer is an error, never an
    /// incomplete list: [`Verdict::Unreadable`] when asking again may help,
    /// [`Verdict::Refused`] when not. `page_size` is at most [`LOOKUP_PAGE_MAX`].
    pub async fn list_by_external_id(&self, external_id: &str, page_size: u32) -> Answer<Found> {
        let parameters = [("external_id", external_id)];
        let question = (Asked::List, "/api/v2/tickets", parameters);
        self.gather(question, page_size, external_id).await
    }

    /// Searches for the tickets with this `external_id`: `GET /api/v2/search`.
    ///
    /// A new ticket may take minutes to be found (Zendesk's reference of the search). A search
    /// compares words, not bytes: it finds more than was asked for, so the results are filtered.
    /// Errors are those of [`Client::list_by_external_id`].
    ///
    /// The value stands in double quotes, for which Zendesk documents no escape. A value with a
    /// double quote or a backslash is therefore not searched for, and the answer is
    /// [`Verdict::Refused`] with the code [`UNSEARCHABLE`], without a request.
    pub async fn search_by_external_id(&self, external_id: &str, page_size: u32) -> Answer<Found> {
        if external_id.contains(['"', '\\']) {
            return Answer {
                answer: Err(Verdict::Refused(Problem::new(
                    UNSEARCHABLE,
                    "an external_id with a double quote or a backslash cannot be searched for",
                ))),
                meta: Meta::default(),
            };
        }
        let query = format!("type:ticket external_id:\"{external_id}\"");
        let parameters = [("query", query.as_str())];
        let question = (Asked::Search, "/api/v2/search", parameters);
        self.gather(question, page_size, external_id).await
    }

    /// Asks who the credentials belong to: `GET /api/v2/users/me`.
    pub async fn me(&self) -> Answer<Me> {
        let answer: Answer<Envelope> = self.ask(Asked::Other, "/api/v2/users/me", &[]).await;
        let secrets = self.secrets();
        answer.map(|Envelope { user }| Me {
            id: user.id.map(|Id(id)| id),
            role: role(user.role.as_ref(), secrets),
            name: named(user.name, secrets),
            email: named(user.email, secrets),
            is_restricted: user.ticket_restriction.is_some(),
        })
    }

    /// Asks which triggers are active: `GET /api/v2/triggers/active`.
    pub async fn active_triggers(&self) -> Answer<Triggers> {
        let answer: Answer<TriggerPage> =
            self.ask(Asked::Other, "/api/v2/triggers/active", &[]).await;
        answer.map(|page| {
            let given = u64::try_from(page.triggers.len()).unwrap_or(u64::MAX);
            Triggers {
                count: page.count.unwrap_or(given).max(given),
                titles: page
                    .triggers
                    .into_iter()
                    .map(|one| named(one.title, self.secrets()))
                    .collect(),
            }
        })
    }

    /// Asks how many tickets there are, about: `GET /api/v2/tickets/count`.
    pub async fn count_tickets(&self) -> Answer<u64> {
        let answer: Answer<TicketCount> =
            self.ask(Asked::Other, "/api/v2/tickets/count", &[]).await;
        answer.map(|body| body.count.value)
    }

    /// Asks for the highest number of a ticket that is not archived, 0 if there is none:
    /// `GET /api/v2/tickets?sort_by=id&sort_order=desc` (Zendesk's reference of the tickets,
    /// "Sorting"). A reply in another order only makes the number smaller.
    pub async fn highest_ticket(&self) -> Answer<u64> {
        let parameters = [("sort_by", "id"), ("sort_order", "desc"), ("per_page", "1")];
        let answer: Answer<TicketIds> =
            self.ask(Asked::Other, "/api/v2/tickets", &parameters).await;
        answer.map(|page| {
            page.tickets
                .iter()
                .map(|ticket| ticket.id.0)
                .max()
                .unwrap_or(0)
        })
    }

    /// Reads all pages. The address of the next page is ours to make: following the one in a reply
    /// would carry the credentials wherever it says.
    async fn gather(
        &self,
        (asked, path, [parameter]): (Asked, &str, [(&str, &str); 1]),
        page_size: u32,
        external_id: &str,
    ) -> Answer<Found> {
        let page_size = page_size.to_string();
        let mut gathered = Gathered::default();
        let mut last = Meta::default();
        for page in 1..=LOOKUP_PAGES_MAX {
            let page = page.to_string();
            let all = [parameter, ("per_page", &page_size), ("page", page.as_str())];
            // The first page is asked for without its number, like any simple list.
            let asked_for = if page == "1" { &all[..2] } else { &all[..] };
            let Answer { answer, meta } = self.ask::<Page>(asked, path, asked_for).await;
            last = meta;
            let next = match answer {
                Ok(page) => gathered.add(page, (asked, external_id), self.secrets()),
                Err(verdict) => {
                    return Answer {
                        answer: Err(verdict),
                        meta: last,
                    };
                }
            };
            match next {
                Next::Page => {}
                Next::Done => {
                    return Answer {
                        answer: Ok(gathered.into_found()),
                        meta: last,
                    };
                }
                Next::Missing => {
                    return Answer {
                        answer: Err(Verdict::Unreadable),
                        meta: last,
                    };
                }
            }
        }
        Answer {
            answer: Err(Verdict::Refused(Problem::new(
                "TooManyResults",
                format!("the lookup has more than {LOOKUP_PAGES_MAX} pages of results"),
            ))),
            meta: last,
        }
    }

    /// Asks one question. A reply that is no success is judged like the reply to a create.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        asked: Asked,
        path: &str,
        parameters: &[(&str, &str)],
    ) -> Answer<T> {
        let Some(mut url) = self.account().url(path) else {
            return Answer {
                answer: Err(Verdict::NotSent("the question has no path".to_owned())),
                meta: Meta::default(),
            };
        };
        add(&mut url, parameters);
        let exchange = match self.exchange(self.question(url), LOOKUP_BYTES_MAX).await {
            Ok(exchange) => exchange,
            Err(verdict) => {
                return Answer {
                    answer: Err(verdict),
                    meta: Meta::default(),
                };
            }
        };
        exchange.answer(asked)
    }
}

/// Reads a reply that holds all results of a lookup, as [`Client::list_by_external_id`] and
/// [`Client::search_by_external_id`] read each page.
pub fn read_lookup(
    asked: Asked,
    (status, headers, body): (u16, &HeaderMap, &[u8]),
    external_id: &str,
    secrets: &Secrets,
) -> Answer<Found> {
    let exchange = Exchange::whole(status, headers.clone(), body.to_vec(), secrets);
    let Answer { answer, meta } = exchange.answer::<Page>(asked);
    let mut gathered = Gathered::default();
    let question = (asked, external_id);
    let answer = match answer.map(|page| gathered.add(page, question, secrets)) {
        Ok(Next::Done) => Ok(gathered.into_found()),
        Ok(Next::Page | Next::Missing) => Err(Verdict::Unreadable),
        Err(verdict) => Err(verdict),
    };
    Answer { answer, meta }
}

impl<T> Answer<T> {
    pub(super) fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        Answer {
            answer: self.answer.map(change),
            meta: self.meta,
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    user: User,
}

#[derive(Deserialize)]
struct User {
    id: Option<Id>,
    role: Option<Said>,
    name: Option<Said>,
    email: Option<Said>,
    ticket_restriction: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct TicketIds {
    tickets: Vec<TicketNumber>,
}

#[derive(Deserialize)]
struct TicketNumber {
    id: Id,
}

#[derive(Deserialize)]
struct TicketCount {
    count: CountValue,
}

#[derive(Deserialize)]
struct CountValue {
    value: u64,
}

#[derive(Deserialize)]
struct TriggerPage {
    triggers: Vec<Trigger>,
    count: Option<u64>,
}

#[derive(Deserialize)]
struct Trigger {
    title: Option<Said>,
}

fn add(url: &mut Url, parameters: &[(&str, &str)]) {
    if !parameters.is_empty() {
        url.query_pairs_mut().extend_pairs(parameters);
    }
}

pub(super) fn named(text: Option<Said>, secrets: &Secrets) -> String {
    text.map_or_else(String::new, |text| secrets.line(text.raw(), NAME_CHARS_MAX))
}

/// The roles that Zendesk has are never taken for secrets: what a user may do is decided by them.
fn role(said: Option<&Said>, secrets: &Secrets) -> String {
    let Some(said) = said else {
        return String::new();
    };
    match ROLES.iter().find(|role| said.is(role)) {
        Some(role) => (*role).to_owned(),
        None => secrets.line(said.raw(), NAME_CHARS_MAX),
    }
}

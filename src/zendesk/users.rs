//! Users: finding them by their address, and making those that are missing.
//!
//! Making a user is not like making a ticket: the address is its identity, so that doing it twice
//! makes no second one, and no key is needed.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::Client;
use super::headers::Asked;
use super::said::{Heard, Said};
use super::ticket_reply::Id;
use crate::model::limits::REPLY_BYTES_MAX;
use crate::model::reply::{Answer, Meta, Verdict};

/// Users of one bulk request, at most (Zendesk's reference of users).
pub const BULK_USERS_MAX: usize = 100;

/// Somebody who is to be a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The name that a new user gets, and an existing one too where it is sent.
    pub name: String,
    /// The address.
    pub email: String,
    /// Nobody is mailed about a user who wrote a comment years ago.
    skip_verify_email: bool,
}

impl Person {
    /// Somebody with a name and an address.
    pub fn new(name: String, email: String) -> Self {
        Self {
            name,
            email,
            skip_verify_email: true,
        }
    }
}

/// How far a bulk job has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Job {
    /// It waits or works.
    Working,
    /// It has ended; the users that it says it has made or found, by their place in the request.
    Ended(Vec<(usize, u64)>),
}

impl Client {
    /// Finds the user with exactly this address: `GET /api/v2/users/search?query=email:"…"`.
    ///
    /// The search is minutes behind, so a user that is not found may still be there.
    pub async fn find_user(&self, email: &str) -> Answer<Option<u64>> {
        let query = format!("email:\"{email}\"");
        let parameters = [("query", query.as_str())];
        let answer: Answer<UserPage> = self
            .ask(Asked::Other, "/api/v2/users/search", &parameters)
            .await;
        answer.map(|page| {
            let mut users = page.users.into_iter();
            let is_it = |user: &User| {
                user.email
                    .as_ref()
                    .is_some_and(|found| found.raw().eq_ignore_ascii_case(email))
            };
            users.find(is_it)?.id.map(|Id(id)| id)
        })
    }

    /// Makes a user, or finds the one who has the address: `POST /api/v2/users/create_or_update`.
    /// The account takes one of these a second (Zendesk's page of rate limits).
    pub async fn create_or_update_user(&self, person: &Person) -> Answer<u64> {
        let body = serde_json::json!({ "user": person });
        let answer: Answer<UserEnvelope> = self.post("/api/v2/users/create_or_update", &body).await;
        Answer {
            answer: answer
                .answer
                .and_then(|envelope| envelope.user.id.ok_or(Verdict::Unreadable))
                .map(|Id(id)| id),
            meta: answer.meta,
        }
    }

    /// Starts a job that does the same for up to [`BULK_USERS_MAX`] people, and gives its id:
    /// `POST /api/v2/users/create_or_update_many`. Accounts refuse it with 403 unless Zendesk's
    /// support has switched it on.
    pub async fn create_or_update_users(&self, people: &[Person]) -> Answer<Heard> {
        let body = serde_json::json!({ "users": people });
        let answer: Answer<JobEnvelope> = self
            .post("/api/v2/users/create_or_update_many", &body)
            .await;
        answer.map(|envelope| envelope.job_status.id.heard(self.secrets()))
    }

    /// Asks how far a job is: `GET /api/v2/job_statuses/{id}`. A job that says "completed" may hold
    /// items that failed (recorded), so that each item is looked at.
    pub async fn job(&self, id: &Heard) -> Answer<Job> {
        let path = format!("/api/v2/job_statuses/{}", id.raw());
        let answer: Answer<JobEnvelope> = self.ask(Asked::Other, &path, &[]).await;
        answer.map(|JobEnvelope { job_status }| match job_status.status.raw() {
            "queued" | "working" => Job::Working,
            // completed, failed, killed, or something unheard of: what it has done it has done.
            _ => Job::Ended(job_status.made()),
        })
    }

    async fn post<T: serde::de::DeserializeOwned>(&self, path: &str, body: &Value) -> Answer<T> {
        let Some(url) = self.account().url(path) else {
            return Answer {
                answer: Err(Verdict::NotSent("the request has no path".to_owned())),
                meta: Meta::default(),
            };
        };
        let request = self
            .request(Method::POST, url)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_string());
        match self.exchange(request, REPLY_BYTES_MAX).await {
            Ok(exchange) => exchange.answer(Asked::Other),
            Err(verdict) => Answer {
                answer: Err(verdict),
                meta: Meta::default(),
            },
        }
    }
}

#[derive(Deserialize)]
struct UserPage {
    users: Vec<User>,
}

#[derive(Deserialize)]
struct UserEnvelope {
    user: User,
}

#[derive(Deserialize)]
struct User {
    id: Option<Id>,
    email: Option<Said>,
}

#[derive(Deserialize)]
struct JobEnvelope {
    job_status: JobStatus,
}

#[derive(Deserialize)]
struct JobStatus {
    id: Said,
    status: Said,
    /// Absent, or something else than a list, until the job has ended.
    results: Option<Value>,
}

impl JobStatus {
    fn made(self) -> Vec<(usize, u64)> {
        let Some(Value::Array(results)) = self.results else {
            return Vec::new();
        };
        // Results are not in the order of the request (recorded): one without its index is of no use.
        let item = |item: &Value| {
            let failed = item.get("error").is_some_and(|error| !error.is_null());
            let Id(id) = item
                .get("id")?
                .as_u64()
                .filter(|_| !failed)?
                .try_into()
                .ok()?;
            let index = item.get("index")?.as_u64()?;
            Some((usize::try_from(index).ok()?, id))
        };
        results.iter().filter_map(item).collect()
    }
}

//! Users: finding them by their address, and making those that are missing.
//!
//! No request in here can change a user. Those that make users refuse an address that somebody has;
//! the one that would update a user names the address alone, so that there is nothing to update.
//!
//! Making a user is not like making a ticket: the address is its identity, so that doing it twice
//! makes no second one, and no key is needed.

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::Client;
use super::headers::Asked;
use super::said::{Heard, Said};
use super::ticket_reply::Id;
use crate::model::limits::REPLY_BYTES_MAX;
use crate::model::reply::{Answer, Meta, Verdict};

/// Users of one bulk request, at most (Zendesk's reference of users).
pub const BULK_USERS_MAX: usize = 100;

/// A person to make a user of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Person {
    /// The name that a new user gets.
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

/// A request about users.
#[derive(Debug, Clone, PartialEq)]
pub enum UserQuestion {
    /// Which user has this address? The search is minutes behind, so a user who is not found may
    /// still be there.
    Find(String),
    /// Make a user; refused if somebody has the address, be it as a second one.
    Make(Person),
    /// Which user has this address, if somebody must have it? The one request that is not behind and
    /// knows second addresses too. The account takes one a second (Zendesk's page of rate limits).
    Claim(String),
    /// Start a job that makes up to [`BULK_USERS_MAX`] users. Accounts refuse it with 403 unless
    /// Zendesk's support has switched it on.
    MakeMany(Vec<Person>),
    /// How far is the job with this id?
    Job(Heard),
    /// Which addresses do these users have?
    Show(Vec<u64>),
}

/// The answer to a [`UserQuestion`].
#[derive(Debug, Clone, PartialEq)]
pub enum UserAnswer {
    /// There is no such user.
    Nobody,
    /// This user.
    User(u64),
    /// A job was queued, under this id.
    Queued(Heard),
    /// The job waits or works.
    Working,
    /// The job has ended. A job that says "completed" may hold items that failed (recorded).
    Ended {
        /// The users that it says it has made, each with the address.
        users: Vec<(Heard, u64)>,
        /// Users that it has made without saying with which address.
        without_address: Vec<u64>,
    },
    /// Users with their addresses.
    Users(Vec<(Heard, u64)>),
}

impl UserQuestion {
    /// What is asked, for a log: without an address.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Find(_) => "find author",
            Self::Make(_) => "make author",
            Self::Claim(_) => "claim author",
            Self::MakeMany(_) => "make authors",
            Self::Job(_) => "job",
            Self::Show(_) => "show authors",
        }
    }
}

impl Client {
    /// Makes one request about users.
    pub async fn ask_users(&self, question: &UserQuestion) -> Answer<UserAnswer> {
        match question {
            UserQuestion::Find(email) => self.find_user(email).await,
            UserQuestion::Make(person) => {
                let user = json!({ "user": person });
                self.make_user("/api/v2/users", &user).await
            }
            UserQuestion::Claim(email) => {
                let user = json!({ "user": { "email": email, "skip_verify_email": true } });
                self.make_user("/api/v2/users/create_or_update", &user)
                    .await
            }
            UserQuestion::MakeMany(people) => {
                let users = json!({ "users": people });
                let answer: Answer<JobEnvelope> =
                    self.post("/api/v2/users/create_many", &users).await;
                answer.map(|envelope| {
                    UserAnswer::Queued(envelope.job_status.id.heard(self.secrets()))
                })
            }
            UserQuestion::Job(id) => {
                let path = format!("/api/v2/job_statuses/{}", id.raw());
                let answer: Answer<JobEnvelope> = self.ask(Asked::Other, &path, &[]).await;
                answer.map(|envelope| self.job(envelope.job_status))
            }
            UserQuestion::Show(ids) => {
                let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
                let ids = ids.join(",");
                let parameters = [("ids", ids.as_str())];
                let path = "/api/v2/users/show_many";
                let answer: Answer<UserPage> = self.ask(Asked::Other, path, &parameters).await;
                answer.map(|page| {
                    let users = page.users.into_iter();
                    let known = |user: User| Some((user.email?.heard(self.secrets()), user.id?.0));
                    UserAnswer::Users(users.filter_map(known).collect())
                })
            }
        }
    }

    async fn find_user(&self, email: &str) -> Answer<UserAnswer> {
        let query = format!("email:\"{email}\"");
        let parameters = [("query", query.as_str())];
        let answer: Answer<UserPage> = self
            .ask(Asked::Other, "/api/v2/users/search", &parameters)
            .await;
        answer.map(|page| {
            let is_it = |user: &User| {
                let theirs = user.email.as_ref();
                theirs.is_some_and(|theirs| theirs.raw().to_lowercase() == email.to_lowercase())
            };
            let found = page.users.into_iter().find(is_it);
            match found.and_then(|user| user.id) {
                Some(Id(id)) => UserAnswer::User(id),
                None => UserAnswer::Nobody,
            }
        })
    }

    async fn make_user(&self, path: &str, body: &Value) -> Answer<UserAnswer> {
        let answer: Answer<UserEnvelope> = self.post(path, body).await;
        Answer {
            answer: answer
                .answer
                .and_then(|envelope| envelope.user.id.ok_or(Verdict::Unreadable))
                .map(|Id(id)| UserAnswer::User(id)),
            meta: answer.meta,
        }
    }

    fn job(&self, job: JobStatus) -> UserAnswer {
        match job.status.raw() {
            "queued" | "working" => return UserAnswer::Working,
            // completed, failed, killed, or something unheard of: what it has done it has done.
            _ => {}
        }
        let (mut users, mut without_address) = (Vec::new(), Vec::new());
        let Some(Value::Array(results)) = job.results else {
            return UserAnswer::Ended {
                users,
                without_address,
            };
        };
        for item in results {
            let failed = item.get("error").is_some_and(|error| !error.is_null());
            let id = item.get("id").and_then(Value::as_u64);
            let Some(Id(id)) = id.filter(|_| !failed).and_then(|id| id.try_into().ok()) else {
                continue;
            };
            match item.get("email").and_then(Value::as_str) {
                Some(email) => {
                    let email = Said::from(email.to_owned());
                    users.push((email.heard(self.secrets()), id));
                }
                None => without_address.push(id),
            }
        }
        UserAnswer::Ended {
            users,
            without_address,
        }
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

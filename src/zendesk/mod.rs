//! The HTTP client: who we are, how requests leave, and what the replies mean.
//!
//! Two rules shape this room. One call of [`Client::create`] puts its request on the wire at most
//! once: nothing in here retries, because a retry that the checkpoint has not seen is how one row
//! becomes two tickets. And a reply is judged in one place, [`classify()`], a pure function of
//! status, headers and body, so that no other room looks at a status code.
//!
//! | file | holds |
//! |---|---|
//! | [`account`] | where: the account's base address |
//! | [`credentials`] | who: what the `Authorization` header is made of |
//! | `tokens` | access tokens that are fetched and renewed |
//! | [`client`] | the client and its one dangerous request, the create |
//! | `questions`, `pages` | the GETs: lookups, the user, the triggers |
//! | `read_back` | the GETs that read tickets and their requesters back |
//! | `settings` | the GETs that ask how the account is set up |
//! | `users` | finding and making the authors of comments |
//! | `export` | the incremental export |
//! | `exchange` | one request, one reply, or why there is none |
//! | [`secrets`], `escapes`, `said` | what must not be seen of a reply, and how it is cut out |
//! | [`mod@classify`] | what a reply means |
//! | `ticket_reply`, `envelope`, `text` | reading bodies, good ones and bad ones |
//! | [`headers`] | what the headers tell besides |
//! | [`pacer`] | when the next request may leave |
//! | `estimate` | how long requests take at a pace |
//!
//! Absent on purpose: redirects (the credentials would travel), cookies, and any retry.

pub mod account;
pub mod classify;
pub mod client;
pub mod credentials;
mod envelope;
mod escapes;
mod estimate;
mod exchange;
mod export;
pub mod headers;
pub mod pacer;
mod pages;
mod questions;
mod read_back;
mod said;
pub mod secrets;
mod settings;
mod text;
mod ticket_reply;
mod tokens;
mod users;

#[cfg(test)]
mod classify_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod lookup_tests;
#[cfg(test)]
mod raw_server;
#[cfg(test)]
mod wire_tests;

pub use account::{Account, AccountError};
pub use classify::{Hearing, classify};
pub use client::{Client, ClientError, Timeouts};
pub use credentials::Credentials;
pub use estimate::{RECORDED_CREATE_RPM, USER_EVERY_MS, Work};
pub use export::{ExportPage, Exported};
pub use questions::{LOOKUP_PAGE_MAX, Me, Triggers, read_lookup};
pub use read_back::{FoundField, FoundTicket, READ_BACK_MAX};
pub use said::Heard;
pub use secrets::Secrets;
pub use settings::{FieldOption, Thing, TicketField};
pub use users::{BULK_USERS_MAX, Person, UserAnswer, UserQuestion};

//! The intent to send a request, and the proof that it is on disk.

use std::ops::Deref;
use std::sync::Arc;

use super::ids::{Fingerprint, Key, RowNumber, TicketId};
use super::time::ServerTime;

/// The endpoint, account and user of a create. If a resend would use another account, path or user,
/// the row is looked up instead, because the key may mean nothing there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Always `POST` today; stored for later versions of the program.
    pub method: String,
    /// The path below the account's host, such as `/api/v2/tickets`.
    pub path: String,
    /// The account's host, with its port if it has one.
    pub host: String,
    /// The id of the authenticated user.
    pub user: u64,
}

/// How far an idempotency key can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The endpoint honours keys, so resending the same bytes under the same key is safe.
    Key,
    /// Only a lookup can show whether the row has become a ticket.
    LookupOnly,
}

/// One request that is about to be sent for a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The row it is for.
    pub row: RowNumber,
    /// The row's `external_id`, by which its ticket is recognised.
    pub external_id: Arc<str>,
    /// The idempotency key sent with the request.
    pub key: Key,
    /// The exact bytes of the request's body.
    pub body: Arc<[u8]>,
    /// The SHA-256 of the body.
    pub fingerprint: Fingerprint,
    /// The endpoint, account and user it is sent to.
    pub route: Route,
    /// How far the key can be trusted.
    pub trust: Trust,
    /// The highest ticket id known when the row was first sent; `None` if none was known.
    pub highest_ticket: Option<TicketId>,
    /// When the key was first sent, on Zendesk's clock.
    pub first_sent_at: ServerTime,
    /// When this request was sent, on Zendesk's clock.
    pub sent_at: ServerTime,
    /// The number of this request among those sent under this key, from 1.
    pub attempt: u32,
}

/// Proves that a value has been committed with `synchronous=FULL`.
///
/// Only `checkpoint` creates one, after its COMMIT has returned; `tests/architecture.rs` fails if
/// any other module does. Sending requires a `Durable<Intent>`, so no byte of a create can leave
/// before its intent is on disk.
#[derive(Debug, Clone)]
pub struct Durable<T>(T);

impl<T> Durable<T> {
    pub(crate) fn mint(committed: T) -> Self {
        Self(committed)
    }

    /// Returns the value and gives up the proof.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Durable<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

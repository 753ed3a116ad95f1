//! An intent to send, and the proof that it is on disk.

use std::ops::Deref;
use std::sync::Arc;

use super::ids::{Fingerprint, Key, RowNumber, TicketId};
use super::time::ServerTime;

/// Where a create goes and as whom. A resend that would go elsewhere or as somebody else is a
/// lookup instead, because the key may mean nothing there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Always `POST` today; stored so that a later program can tell.
    pub method: String,
    /// The path below the account's host, such as `/api/v2/tickets`.
    pub path: String,
    /// The account's host, with its port if it has one.
    pub host: String,
    /// The id of the authenticated user.
    pub user: u64,
}

/// How far the idempotency key of an intent is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The endpoint honours keys: a resend of the same bytes under the same key is safe.
    Key,
    /// Only a lookup can tell whether the row has become a ticket.
    LookupOnly,
}

/// One request that is about to be made for a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The row it is for.
    pub row: RowNumber,
    /// The row's `external_id`, to recognise the ticket by.
    pub external_id: Arc<str>,
    /// The idempotency key that is sent along.
    pub key: Key,
    /// The exact bytes of the request's body.
    pub body: Arc<[u8]>,
    /// Their SHA-256.
    pub fingerprint: Fingerprint,
    /// Where it goes and as whom.
    pub route: Route,
    /// How far the key is trusted.
    pub trust: Trust,
    /// The highest ticket id known when the row was first sent; `None` if none was known.
    pub highest_ticket: Option<TicketId>,
    /// When the key was first sent, on Zendesk's clock.
    pub first_sent_at: ServerTime,
    /// When this request is sent, on Zendesk's clock.
    pub sent_at: ServerTime,
    /// Which request under this key it is, from 1.
    pub attempt: u32,
}

/// Proof that a value has been committed with `synchronous=FULL`.
///
/// Only `checkpoint` mints it, after its COMMIT has returned; `tests/architecture.rs` fails on a
/// mint anywhere else. Sending takes a `Durable<Intent>`, so that no byte of a create can leave
/// before its intent is on disk.
#[derive(Debug, Clone)]
pub struct Durable<T>(T);

impl<T> Durable<T> {
    pub(crate) fn mint(committed: T) -> Self {
        Self(committed)
    }

    /// Gives the value back, and the proof up.
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

//! Zendesk's reply, classified once so that no other room has to look at a status code.

use super::ids::TicketId;
use super::limits::CREATED_AT_SLACK_MS;
use super::problem::Problem;
use super::time::ServerTime;

/// How long a reply asks us to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// `Retry-After: 23`, in milliseconds.
    Delay(u64),
    /// `Retry-After: Tue, 24 Nov 2026 13:00:00 GMT`, on Zendesk's clock.
    At(ServerTime),
}

/// The `x-idempotency-lookup` header of a reply to a create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyLookup {
    /// The key was new.
    Miss,
    /// The reply is the remembered one of an earlier request.
    Hit,
}

impl KeyLookup {
    /// Returns the header's value.
    pub fn word(self) -> &'static str {
        match self {
            Self::Miss => "miss",
            Self::Hit => "hit",
        }
    }
}

/// The code for a search that is skipped because its `external_id` cannot be searched for.
pub const UNSEARCHABLE: &str = "UnsearchableExternalId";

/// The code for a server whose certificate is not trusted.
pub const UNTRUSTED_CERTIFICATE: &str = "UntrustedCertificate";

/// What the reply to a create means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// A 2xx that names a ticket.
    Created {
        /// The ticket's id.
        ticket: TicketId,
        /// The `external_id` that the ticket carries.
        external_id: Option<String>,
    },
    /// A 2xx whose body names no ticket because it is truncated, altered in transit or in an
    /// unknown format.
    Unreadable,
    /// A cache answered the question, or may have, so the answer may be outdated. Only questions
    /// (GETs) get this verdict.
    Cached,
    /// 400 `IdempotentRequestError`: Zendesk knows the key with a different body.
    KeyMismatch,
    /// A 4xx that will be the same next time, with Zendesk's problem; or a request that cannot even
    /// be built, with a problem of our own.
    Refused(Problem),
    /// 401: the credentials are not accepted.
    Unauthorized,
    /// 401 for an access token that has worked before: the token has expired and nothing was done.
    /// The next request fetches a new one.
    Expired,
    /// 403: not allowed, because of either the credentials or this row's text.
    Forbidden(Problem),
    /// 404 `InvalidEndpoint`, an unknown subdomain, a redirect, or an untrusted certificate: this
    /// is not the expected account.
    WrongAccount(Problem),
    /// 409: a concurrent request got in the way; may be sent again.
    Conflict,
    /// 429: too many requests; nothing was done.
    Throttled(Option<RetryAfter>),
    /// 5xx: the request may or may not have taken effect.
    ServerError(Option<RetryAfter>),
    /// The connection could not be established: no byte of the request was sent.
    NotSent(String),
    /// The connection broke or timed out after the request may have been sent.
    Lost(String),
}

impl Verdict {
    /// Returns the verdict as one word, for a log.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::Unreadable => "unreadable",
            Self::Cached => "cached",
            Self::KeyMismatch => "key-mismatch",
            Self::Refused(_) => "refused",
            Self::Unauthorized => "unauthorized",
            Self::Expired => "expired",
            Self::Forbidden(_) => "forbidden",
            Self::WrongAccount(_) => "wrong-account",
            Self::Conflict => "conflict",
            Self::Throttled(_) => "throttled",
            Self::ServerError(_) => "server-error",
            Self::NotSent(_) => "not-sent",
            Self::Lost(_) => "lost",
        }
    }
}

/// One rate limit, as read from a reply's headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimit {
    /// Requests allowed in the window (a minute).
    pub total: u32,
    /// Requests left in the window.
    pub remaining: Option<u32>,
    /// Seconds until the window restarts.
    pub resets_s: Option<u32>,
}

/// What a reply contains besides its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meta {
    /// The HTTP status; `None` if there was no reply.
    pub status: Option<u16>,
    /// Whether the reply was answered from a remembered key, if it says so.
    pub key_lookup: Option<KeyLookup>,
    /// Zendesk's id of the request, for Zendesk's support.
    pub request_id: Option<String>,
    /// The `Date` header: Zendesk's clock, in whole seconds.
    pub date: Option<ServerTime>,
    /// The account's limit.
    pub account: Option<RateLimit>,
    /// The limit of the endpoint.
    pub endpoint: Option<RateLimit>,
    /// The `x-zendesk-api-warn` header: names of keys that Zendesk silently dropped.
    pub warning: Option<String>,
}

impl Meta {
    /// Reports whether the reply is older than its question, which was asked at `asked_at` on
    /// Zendesk's clock. If so, it came from a cache, whatever its headers say.
    pub fn is_older_than(&self, asked_at: ServerTime) -> bool {
        self.date
            .is_some_and(|date| date.plus(CREATED_AT_SLACK_MS) < asked_at)
    }
}

/// The reply to a create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What it means.
    pub verdict: Verdict,
    /// What else it contains.
    pub meta: Meta,
}

/// A ticket found by a lookup, with exactly the `external_id` that was looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The ticket's id.
    pub ticket: TicketId,
    /// When it was created, on Zendesk's clock; imported tickets carry a historical date.
    pub created_at: Option<ServerTime>,
}

/// A ticket that a lookup returned although its `external_id` is not the one looked up.
///
/// Zendesk does not document whether it trims an `external_id`, folds its case, or compares it byte
/// for byte. So such a ticket may be the row's: the lookup proves neither that the row has a ticket
/// nor that it has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMatch {
    /// The ticket's id.
    pub ticket: TicketId,
    /// The `external_id` that it carries; `None` if the reply says null.
    pub external_id: Option<String>,
}

/// What one lookup method has found for an `external_id`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The tickets with exactly this `external_id`.
    pub exact: Vec<Candidate>,
    /// The tickets that may be the row's although their `external_id` differs.
    pub near: Vec<NearMatch>,
}

/// The reply to a question (any GET): the answer, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// The answer, or the verdict that a create with this reply would have got.
    pub answer: Result<T, Verdict>,
    /// What else the reply contains.
    pub meta: Meta,
}

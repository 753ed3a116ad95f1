//! What Zendesk said, classified once, so that no other room looks at a status code again.

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
    /// The word in the header.
    pub fn word(self) -> &'static str {
        match self {
            Self::Miss => "miss",
            Self::Hit => "hit",
        }
    }
}

/// The code of a search that is not made, because its `external_id` cannot be searched for.
pub const UNSEARCHABLE: &str = "UnsearchableExternalId";

/// The code of a server whose certificate is not trusted.
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
    /// A 2xx whose body does not name a ticket (cut, changed on the way, or unheard of).
    Unreadable,
    /// A cache on the way answered the question, or may have: the answer describes the past. Only
    /// questions (GETs) get this verdict.
    Cached,
    /// 400 `IdempotentRequestError`: the key is known with other bytes.
    KeyMismatch,
    /// A 4xx that will be the same next time; the problem is Zendesk's. Or a request that cannot even be
    /// written down, whose problem is ours.
    Refused(Problem),
    /// 401: the credentials are not accepted.
    Unauthorized,
    /// 401 to an access token that has worked before: it has ended, and nothing was done. Another
    /// one is fetched with the next request.
    Expired,
    /// 403: not allowed, which may be about the credentials or about this row's text.
    Forbidden(Problem),
    /// 404 `InvalidEndpoint`, an unknown subdomain, a redirect, or a certificate that is not trusted:
    /// not the account we think.
    WrongAccount(Problem),
    /// 409: somebody else was at the same thing; may be sent again.
    Conflict,
    /// 429: too many requests; nothing was done.
    Throttled(Option<RetryAfter>),
    /// 5xx: may or may not have been done.
    ServerError(Option<RetryAfter>),
    /// The connection did not come up: no byte of the request has left.
    NotSent(String),
    /// The connection broke, or the time was up, after the request may have left.
    Lost(String),
}

impl Verdict {
    /// The verdict as one word, for a log.
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

/// One rate limit as a reply's headers tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimit {
    /// Requests allowed in the window (a minute).
    pub total: u32,
    /// Requests left in the window.
    pub remaining: Option<u32>,
    /// Seconds until the window starts afresh.
    pub resets_s: Option<u32>,
}

/// What every reply tells besides its verdict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Meta {
    /// The HTTP status; `None` if there was no reply.
    pub status: Option<u16>,
    /// What the key was answered with, if the reply says so.
    pub key_lookup: Option<KeyLookup>,
    /// Zendesk's id of the request, for their support.
    pub request_id: Option<String>,
    /// The `Date` header: Zendesk's clock, in whole seconds.
    pub date: Option<ServerTime>,
    /// The account's limit.
    pub account: Option<RateLimit>,
    /// The limit of the endpoint that was asked.
    pub endpoint: Option<RateLimit>,
    /// The `x-zendesk-api-warn` header: keys that were silently dropped.
    pub warning: Option<String>,
}

impl Meta {
    /// Whether the reply is older than its question, which was asked at `asked_at` on Zendesk's clock:
    /// a cache gave it, whatever its headers say.
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
    /// What else it tells.
    pub meta: Meta,
}

/// A ticket that a lookup by `external_id` turned up, with exactly that `external_id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The ticket's id.
    pub ticket: TicketId,
    /// When it was made, on Zendesk's clock; for imported tickets a date of the past.
    pub created_at: Option<ServerTime>,
}

/// A ticket that a lookup returned although its `external_id` is not the one that was asked for.
///
/// Zendesk does not document whether it trims an `external_id`, folds its case, or compares it
/// byte for byte, so such a ticket may be the row's: it is neither a find nor an absence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearMatch {
    /// The ticket's id.
    pub ticket: TicketId,
    /// The `external_id` that it carries; `None` if the reply says null.
    pub external_id: Option<String>,
}

/// What one method of looking up an `external_id` has found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The tickets with exactly this `external_id`.
    pub exact: Vec<Candidate>,
    /// The tickets that may be meant all the same.
    pub near: Vec<NearMatch>,
}

/// The reply to a question (any GET): the answer, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// The answer, or what a create with this reply would have been told.
    pub answer: Result<T, Verdict>,
    /// What else the reply tells.
    pub meta: Meta,
}

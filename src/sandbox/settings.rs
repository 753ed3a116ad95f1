//! What kind of account the double plays, and what it does where the real behaviour is not known.

use serde::{Deserialize, Serialize};

/// The knobs of the account; the default is an account without limits that keeps its promises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a knob of its own, set by name"
)]
pub struct Settings {
    /// Requests a minute that the account allows; 0 is no limit.
    pub rpm: u32,
    /// How that minute is counted.
    pub window: WindowKind,
    /// Creates a minute that one user may make, told in a header of its own; 0 is no limit.
    pub create_rpm: u32,
    /// Which spelling the limit headers have.
    pub header_spelling: HeaderSpelling,
    /// How a 429 says when to come back.
    pub retry_after: RetryAfter,
    /// Only access tokens that the double itself gave out are good.
    pub strict_auth: bool,
    /// How long those live, in seconds.
    pub token_life_s: u32,
    /// The role of the authenticated user.
    pub role: String,
    /// How many triggers are active in the account.
    pub active_triggers: u32,
    /// A 422 or 5xx is kept under its key and answered again with `hit`.
    pub failures_cached: bool,
    /// The account ignores idempotency keys and never sends the lookup header.
    pub drop_keys: bool,
    /// Creates that need the same new requester at about the same time answer 409.
    pub collisions: bool,
    /// The list shows archived tickets too.
    pub list_sees_archived: bool,
    /// How long a new ticket stays invisible to the list, in milliseconds.
    pub list_lag_ms: i64,
    /// How long a new ticket stays invisible to the search, in milliseconds.
    pub search_lag_ms: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rpm: 0,
            window: WindowKind::Sliding,
            create_rpm: 0,
            header_spelling: HeaderSpelling::New,
            retry_after: RetryAfter::Seconds,
            strict_auth: false,
            token_life_s: 1_800,
            role: "admin".to_owned(),
            active_triggers: 0,
            failures_cached: false,
            drop_keys: false,
            collisions: false,
            list_sees_archived: false,
            list_lag_ms: 0,
            search_lag_ms: 0,
        }
    }
}

/// How a limit counts its minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Everything is forgotten at the turn of the clock's minute.
    Fixed,
    /// Each request is forgotten sixty seconds after it came.
    Sliding,
}

/// The spelling of the limit headers, which changed around the turn of 2023.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderSpelling {
    /// `ratelimit-*` and `zendesk-ratelimit-*`.
    New,
    /// `rate-limit*` and `zendesk-rate-limit-*`.
    Old,
}

/// The two forms that HTTP allows for `retry-after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// Whole seconds to wait.
    Seconds,
    /// The instant to wait for.
    HttpDate,
}

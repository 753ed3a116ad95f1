//! Every fixed number that the behaviour depends on, with its unit as the last word of its name.

/// How long Zendesk remembers an idempotency key: two hours
/// (documented under "Idempotency" in the introduction to the Ticketing API).
pub const KEY_LIFETIME_MS: u64 = 2 * 60 * 60 * 1000;

/// How much of that lifetime is never relied on: clocks are read in whole seconds, replies travel,
/// and what happens after the last check of the age must still fit.
pub const KEY_MARGIN_MS: u64 = 30 * 60 * 1000;

/// Requests that may have reached Zendesk under one key before the row is looked up instead.
pub const ATTEMPTS_PER_KEY_MAX: u32 = 8;

/// Keys a row may use before a person has to look at it.
pub const KEYS_PER_ROW_MAX: u32 = 2;

/// The same where keys prove nothing, and every lost reply uses one up: as many as requests under
/// one key elsewhere.
pub const KEYS_PER_ROW_MAX_UNTRUSTED: u32 = ATTEMPTS_PER_KEY_MAX;

/// `created_at` and `Date` are whole seconds: comparisons between them allow this much.
pub const CREATED_AT_SLACK_MS: u64 = 2_000;

/// The first step of the exponential retry delay.
pub const RETRY_DELAY_MS_FIRST: u64 = 500;

/// The longest retry delay of our own choosing; a `Retry-After` may ask for more.
pub const RETRY_DELAY_MS_MAX: u64 = 60_000;

/// How long a 429 without a `Retry-After` holds all lanes.
pub const THROTTLE_HOLD_MS: u64 = 10_000;

/// How long a 429 holds all lanes at least, also if it asks for nothing.
pub const THROTTLE_HOLD_MS_MIN: u64 = 1_000;

/// The longest that an unanswered request is given before its key is sent again.
pub const RESEND_AFTER_MS_MAX: u64 = 30_000;

/// Rows in succession whose first request is answered as a repeated one before the run halts.
pub const STRANGE_HITS_MAX: u32 = 5;

/// First requests in a hundred that may be answered as repeated ones before a person is told.
pub const HITS_PERCENT_MAX: u64 = 3;

/// The pause before a question that is asked by itself is asked again. It doubles with each failure.
pub const INQUIRY_DELAY_MS_FIRST: u64 = 1_000;

/// The longest such pause, unless Zendesk asks for another.
pub const INQUIRY_DELAY_MS_MAX: u64 = 60_000;

/// Answers to such a question in succession that cannot be read before it is asked no more.
pub const INQUIRY_UNREADABLE_MAX: u32 = 3;

/// Lookups of a row in succession that may fail before another lookup is made for comparison.
pub const LOOKUP_TRIES_MAX: u32 = 8;

/// Comparisons that must be answered between further failures, until the trouble is the row's own.
pub const LOOKUP_COMPARISONS: u32 = 3;

/// The same as [`LOOKUP_TRIES_MAX`] for lookups that are forbidden or redirected, and for comparisons
/// that cannot be read.
pub const LOOKUP_REFUSALS_MAX: u32 = 3;

/// The longest pause of our own choosing between two tries of a lookup.
pub const LOOKUP_DELAY_MS_MAX: u64 = 8_000;

/// The longest that a lookup's `Retry-After` is obeyed: the limits of lookups count a minute.
pub const LOOKUP_RETRY_AFTER_MS_MAX: u64 = 60_000;

/// Rows of the sample that may be impossible to look up, while others are answered.
pub const UNANSWERED_SAMPLE_ROWS_MAX: usize = 1;

/// How long one request may take, from the permit to the last byte of the reply.
pub const REQUEST_TIMEOUT_MS: u64 = 60_000;

/// How long the connection of a request may take to come up.
pub const CONNECT_TIMEOUT_MS: u64 = 10_000;

/// Replies longer than this are cut: nothing that is needed stands so far back.
pub const REPLY_BYTES_MAX: usize = 1024 * 1024;

/// Requests in succession that fail without an answer of use before it counts as an outage.
pub const OUTAGE_ROWS: u32 = 5;

/// The first pause between two probes of an outage, doubled up to [`PROBE_DELAY_MS_MAX`].
pub const PROBE_DELAY_MS_FIRST: u64 = 1_000;

/// The longest pause between two probes of an outage.
pub const PROBE_DELAY_MS_MAX: u64 = 60_000;

/// Rows in succession that Zendesk answers with 403, with good credentials, before the
/// run halts: one may be the row's own text (a firewall that dislikes it), three are the account.
pub const FORBIDDEN_ROWS_MAX: u32 = 3;

/// Rows that may wait in `sending` for a retry or for settling before no further row is taken.
pub const WAITING_ROWS_MAX: usize = 10_000;

/// The longest `external_id`, in bytes. Zendesk documents no limit; but a lookup's address holds it with
/// up to three characters a byte, and servers commonly refuse addresses of more than 8 KB.
pub const EXTERNAL_ID_BYTES_MAX: usize = 2_000;

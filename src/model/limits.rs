//! Every constant that the program's behaviour depends on. The last word of a name is its unit.

/// How long Zendesk remembers an idempotency key: two hours
/// (documented under "Idempotency" in the introduction to the Ticketing API).
pub const KEY_LIFETIME_MS: u64 = 2 * 60 * 60 * 1000;

/// The part of that lifetime that is never relied on: clocks are read in whole seconds, replies
/// take time, and whatever happens after the last age check must still fit.
pub const KEY_MARGIN_MS: u64 = 30 * 60 * 1000;

/// Requests that may have reached Zendesk under one key before the row is looked up instead of
/// resent.
pub const ATTEMPTS_PER_KEY_MAX: u32 = 8;

/// Keys that a row may use before the operator has to look at it.
pub const KEYS_PER_ROW_MAX: u32 = 2;

/// The same limit where keys prove nothing. Every lost reply uses up a key there, so a row gets as
/// many keys as it would otherwise get requests under one key.
pub const KEYS_PER_ROW_MAX_UNTRUSTED: u32 = ATTEMPTS_PER_KEY_MAX;

/// The tolerance for comparing `created_at` with `Date`, which are both in whole seconds.
pub const CREATED_AT_SLACK_MS: u64 = 2_000;

/// The first step of the exponential retry delay.
pub const RETRY_DELAY_MS_FIRST: u64 = 500;

/// The longest retry delay that we choose ourselves; a `Retry-After` may ask for more.
pub const RETRY_DELAY_MS_MAX: u64 = 60_000;

/// How long a 429 without a `Retry-After` pauses all lanes.
pub const THROTTLE_HOLD_MS: u64 = 10_000;

/// The shortest time for which a 429 pauses all lanes, even if it asks for no pause.
pub const THROTTLE_HOLD_MS_MIN: u64 = 1_000;

/// The longest wait for an unanswered request before its key is sent again.
pub const RESEND_AFTER_MS_MAX: u64 = 30_000;

/// The run halts after this many consecutive rows whose first request is answered as a repeated
/// one.
pub const STRANGE_HITS_MAX: u32 = 5;

/// The percentage of first requests that may be answered as repeated ones before the user is
/// warned.
pub const HITS_PERCENT_MAX: u64 = 3;

/// The pause before a question that is asked by itself is asked again. It doubles with each failure.
pub const INQUIRY_DELAY_MS_FIRST: u64 = 1_000;

/// The longest such pause, unless Zendesk asks for another.
pub const INQUIRY_DELAY_MS_MAX: u64 = 60_000;

/// Answers to such a question in succession that cannot be read before it is asked no more.
pub const INQUIRY_UNREADABLE_MAX: u32 = 3;

/// Consecutive lookups of a row that may fail before another lookup is made for comparison.
pub const LOOKUP_TRIES_MAX: u32 = 8;

/// Comparison lookups that must succeed between further failures before the row itself is blamed.
pub const LOOKUP_COMPARISONS: u32 = 3;

/// The counterpart of [`LOOKUP_TRIES_MAX`] for lookups that are forbidden or redirected, and for
/// comparisons whose answer cannot be read.
pub const LOOKUP_REFUSALS_MAX: u32 = 3;

/// The longest pause between two tries of a lookup that we choose ourselves.
pub const LOOKUP_DELAY_MS_MAX: u64 = 8_000;

/// The longest `Retry-After` of a lookup that is obeyed: lookups are limited per minute.
pub const LOOKUP_RETRY_AFTER_MS_MAX: u64 = 60_000;

/// Rows of the sample whose lookup may fail while other lookups succeed.
pub const UNANSWERED_SAMPLE_ROWS_MAX: usize = 1;

/// How long one request may take, from its permit to the last byte of the reply.
pub const REQUEST_TIMEOUT_MS: u64 = 60_000;

/// How long a request may wait for its connection.
pub const CONNECT_TIMEOUT_MS: u64 = 10_000;

/// Replies are cut off at this length: everything we need comes earlier.
pub const REPLY_BYTES_MAX: usize = 1024 * 1024;

/// Consecutive requests without a usable answer that count as an outage.
pub const OUTAGE_ROWS: u32 = 5;

/// The first pause between two probes during an outage, doubled up to [`PROBE_DELAY_MS_MAX`].
pub const PROBE_DELAY_MS_FIRST: u64 = 1_000;

/// The longest pause between two probes during an outage.
pub const PROBE_DELAY_MS_MAX: u64 = 60_000;

/// Consecutive rows that Zendesk may answer with 403 despite good credentials before the run halts.
/// One may be caused by the row's own text (a firewall objects to it); three are caused by the
/// account.
pub const FORBIDDEN_ROWS_MAX: u32 = 3;

/// Rows that may wait in `sending` for a retry or a lookup before the run stops taking new rows.
pub const WAITING_ROWS_MAX: usize = 10_000;

/// The longest `external_id`, in bytes. Zendesk documents no limit, but a lookup's URL holds the id
/// with up to three characters a byte, and servers commonly refuse URLs of more than 8 KB.
pub const EXTERNAL_ID_BYTES_MAX: usize = 2_000;

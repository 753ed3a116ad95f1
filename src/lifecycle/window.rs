//! The key window: how long it is safe to resend under the same key.

use crate::model::limits::{CREATED_AT_SLACK_MS, KEY_LIFETIME_MS, KEY_MARGIN_MS};
use crate::model::time::ServerTime;

/// Reports whether a request that starts at `now` and takes up to `timeout_ms` ends while Zendesk
/// certainly still remembers the key first sent at `first_sent_at`.
///
/// A negative age means that a clock was set back, so the age proves nothing.
pub(super) fn is_open(first_sent_at: ServerTime, now: ServerTime, timeout_ms: u64) -> bool {
    let age = now.since(first_sent_at);
    age >= -CREATED_AT_SLACK_MS.cast_signed() && now < latest_start(first_sent_at, timeout_ms)
}

/// Does the same for an age in milliseconds, for which this machine's monotonic clock gives a lower
/// bound.
pub(super) fn is_young(age_ms: u64, timeout_ms: u64) -> bool {
    age_ms.saturating_add(timeout_ms) < KEY_LIFETIME_MS - KEY_MARGIN_MS
}

/// Returns the time before which a request that takes up to `timeout_ms` must start to end within
/// the window.
pub fn latest_start(first_sent_at: ServerTime, timeout_ms: u64) -> ServerTime {
    let reliable = (KEY_LIFETIME_MS - KEY_MARGIN_MS).cast_signed();
    let latest_age = reliable.saturating_sub_unsigned(timeout_ms);
    ServerTime(first_sent_at.0.saturating_add(latest_age))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: ServerTime = ServerTime(1_790_000_000_000);
    const MINUTE_MS: u64 = 60_000;

    #[test]
    fn a_key_is_reliable_for_ninety_minutes_less_the_request() {
        assert!(is_open(FIRST, FIRST, MINUTE_MS));
        assert!(is_open(FIRST, FIRST.plus(89 * MINUTE_MS - 1), MINUTE_MS));
        assert!(!is_open(FIRST, FIRST.plus(89 * MINUTE_MS), MINUTE_MS));
        assert!(!is_open(FIRST, FIRST.plus(3 * 60 * MINUTE_MS), MINUTE_MS));
    }

    #[test]
    fn whole_seconds_may_make_the_age_slightly_negative() {
        assert!(is_open(FIRST.plus(2_000), FIRST, MINUTE_MS));
        assert!(!is_open(FIRST.plus(2_001), FIRST, MINUTE_MS));
    }

    #[test]
    fn a_request_that_may_outlast_the_window_is_never_begun() {
        assert!(!is_open(FIRST, FIRST, KEY_LIFETIME_MS));
        assert!(!is_open(FIRST, FIRST, u64::MAX));
    }
}

//! Idempotency keys: what was answered under each, for two hours.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// How long a key is remembered, counted from its first use.
pub const KEY_LIFETIME_MS: i64 = 2 * 60 * 60 * 1000;

/// How long an expired key stays in memory: a clock that is set back by less than this finds the
/// key in force again.
const GRACE_MS: i64 = 60 * 60 * 1000;

/// How many expired keys one new key clears away: more than one, so that the store shrinks, and
/// few enough that no request pays for a whole day.
const FORGOTTEN_AT_ONCE_MAX: usize = 16;

/// What a key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The key as the client sent it.
    pub key: Arc<str>,
    /// When it was first used, by the double's clock.
    pub first_ms: i64,
    /// SHA-256 of the body it came with.
    pub body_hash: [u8; 32],
    /// The reply to give again.
    pub outcome: Outcome,
}

/// The part of a reply from which the whole can be rebuilt, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The 201 of this ticket.
    Ticket(u64),
    /// A failure, kept only where failures are kept.
    Failure {
        /// The HTTP status.
        status: u16,
        /// The content type.
        content_type: String,
        /// The body.
        body: Vec<u8>,
    },
}

/// All keys that are still remembered.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Keys {
    records: HashMap<Arc<str>, KeyRecord>,
    /// In the order of arrival, which is the order of age as long as nobody sets the clock back;
    /// then a few keys stay longer in memory, but never longer in force.
    by_age: VecDeque<(i64, Arc<str>)>,
}

impl Keys {
    /// The record of a key, if it is still in force.
    pub(in crate::sandbox) fn find(&self, key: &str, now_ms: i64) -> Option<&KeyRecord> {
        self.records
            .get(key)
            .filter(|record| !expired(record.first_ms, now_ms))
    }

    /// Remembers a key, in place of what it stood for before.
    pub(in crate::sandbox) fn remember(&mut self, record: KeyRecord, now_ms: i64) {
        self.forget_some(now_ms);
        self.by_age
            .push_back((record.first_ms, Arc::clone(&record.key)));
        self.records.insert(Arc::clone(&record.key), record);
    }

    fn forget_some(&mut self, now_ms: i64) {
        for _ in 0..FORGOTTEN_AT_ONCE_MAX {
            let is_over = |first_ms| expired(first_ms, now_ms.saturating_sub(GRACE_MS));
            let oldest = self
                .by_age
                .front()
                .filter(|(first_ms, _)| is_over(*first_ms));
            let Some((first_ms, key)) = oldest.cloned() else {
                return;
            };
            self.by_age.pop_front();
            // The key may have begun a second life since; that one stays.
            if self
                .records
                .get(&key)
                .is_some_and(|record| record.first_ms == first_ms)
            {
                self.records.remove(&key);
            }
        }
    }
}

fn expired(first_ms: i64, now_ms: i64) -> bool {
    now_ms.saturating_sub(first_ms) >= KEY_LIFETIME_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(key: &str, first_ms: i64) -> KeyRecord {
        KeyRecord {
            key: key.into(),
            first_ms,
            body_hash: [0; 32],
            outcome: Outcome::Ticket(1),
        }
    }

    #[test]
    fn expired_keys_leave_the_memory() {
        let mut keys = Keys::default();
        for n in 0..100 {
            keys.remember(record(&format!("k{n}"), n), n);
        }
        for n in 0..10 {
            let now_ms = KEY_LIFETIME_MS + GRACE_MS + 1000 + n;
            keys.remember(record(&format!("later{n}"), now_ms), now_ms);
        }
        assert_eq!(keys.records.len(), 10);
        assert_eq!(keys.by_age.len(), 10);
    }

    #[test]
    fn a_key_in_its_second_life_is_not_forgotten_with_its_first() {
        let mut keys = Keys::default();
        keys.remember(record("k", 0), 0);
        keys.remember(record("k", KEY_LIFETIME_MS), KEY_LIFETIME_MS);
        keys.remember(record("other", KEY_LIFETIME_MS + 1), KEY_LIFETIME_MS + 1);
        assert!(keys.find("k", KEY_LIFETIME_MS + 2).is_some());
    }

    #[test]
    fn a_clock_set_back_finds_a_key_in_force_again() {
        let mut keys = Keys::default();
        keys.remember(record("k", 0), 0);
        let later_ms = KEY_LIFETIME_MS + GRACE_MS / 2;
        keys.remember(record("other", later_ms), later_ms);
        assert!(keys.find("k", later_ms).is_none());
        assert!(keys.find("k", later_ms - GRACE_MS).is_some());
    }
}

//! All limits of the account, and the requests that use them up.

use std::collections::HashMap;

use crate::sandbox::http::Request;
use crate::sandbox::settings::{Settings, WindowKind};
use crate::sandbox::state::bucket::Bucket;
use crate::sandbox::state::limit::{Limiter, MINUTE_MS, SlidingWindow};
use crate::sandbox::state::minutes::Minutes;
use crate::sandbox::state::others::Others;

/// The limits, with what was counted so far.
#[derive(Debug)]
pub(in crate::sandbox) struct Limits {
    account: Limiter,
    buckets: [Limiter; Bucket::ALL.len()],
    of_users: HashMap<u64, Limiter>,
    others: Others,
    seen: SlidingWindow,
    pub(super) minutes: Minutes,
    pub(super) requests: u64,
    pub(super) peak_rpm: u32,
    pub(super) throttled: u64,
    pub(super) others_granted: u64,
    pub(super) others_throttled: u64,
}

/// What is left of a limit.
pub(super) struct Left {
    pub(super) total: u32,
    pub(super) remaining: u32,
    pub(super) resets_s: i64,
}

impl Limits {
    pub(super) fn new(kind: WindowKind) -> Self {
        Self {
            account: Limiter::new(kind, MINUTE_MS),
            buckets: Bucket::ALL.map(|bucket| Limiter::new(kind, bucket.span_ms())),
            of_users: HashMap::new(),
            others: Others::default(),
            seen: SlidingWindow::new(MINUTE_MS),
            minutes: Minutes::default(),
            requests: 0,
            peak_rpm: 0,
            throttled: 0,
            others_granted: 0,
            others_throttled: 0,
        }
    }

    /// Begins to count afresh, in another kind of window; what was counted for `stats` stays.
    pub(super) fn recount(&mut self, kind: WindowKind) {
        self.account = Limiter::new(kind, MINUTE_MS);
        self.buckets = Bucket::ALL.map(|bucket| Limiter::new(kind, bucket.span_ms()));
        self.of_users.clear();
    }

    /// Lets the other integrations make the requests that they have made by now.
    pub(super) fn let_others_in(&mut self, settings: &Settings, now_ms: i64) {
        while let Some(at_ms) = self.others.next(settings, now_ms) {
            if self.account.grant(settings.rpm, at_ms) {
                self.others_granted += 1;
                self.minutes.count(at_ms, false);
            } else {
                self.others_throttled += 1;
            }
        }
    }

    /// Counts a request; the seconds to wait if a limit forbids it.
    pub(super) fn admit(
        &mut self,
        settings: &Settings,
        request: &Request,
        now_ms: i64,
    ) -> Result<(), i64> {
        self.requests += 1;
        self.seen.record(now_ms);
        self.peak_rpm = self.peak_rpm.max(self.seen.count(now_ms));
        if settings.rpm > 0 && !self.account.grant(settings.rpm, now_ms) {
            return Err(self.account.reset_s(now_ms));
        }
        self.minutes.count(now_ms, true);
        if let Some(bucket) = Bucket::of(request) {
            let total = bucket.total(settings);
            let limiter = &mut self.buckets[bucket as usize];
            if total > 0 && !limiter.grant(total, now_ms) {
                return Err(limiter.reset_s(now_ms));
            }
        }
        Ok(())
    }

    /// Counts a change of one user; the seconds to wait if there were too many.
    pub(in crate::sandbox) fn admit_user(
        &mut self,
        settings: &Settings,
        id: u64,
        now_ms: i64,
    ) -> Result<(), i64> {
        let total = settings.user_rpm;
        let kind = settings.window;
        let limiter = self
            .of_users
            .entry(id)
            .or_insert_with(|| Limiter::new(kind, MINUTE_MS));
        if total > 0 && !limiter.grant(total, now_ms) {
            self.throttled += 1;
            return Err(limiter.reset_s(now_ms));
        }
        Ok(())
    }

    /// What is left of the account's limit.
    pub(super) fn account_left(&mut self, total: u32, now_ms: i64) -> Left {
        left(&mut self.account, total, now_ms)
    }

    /// What is left of an endpoint's limit.
    pub(super) fn bucket_left(&mut self, bucket: Bucket, total: u32, now_ms: i64) -> Left {
        left(&mut self.buckets[bucket as usize], total, now_ms)
    }
}

fn left(limiter: &mut Limiter, total: u32, now_ms: i64) -> Left {
    Left {
        total,
        remaining: total.saturating_sub(limiter.used(now_ms)),
        resets_s: limiter.reset_s(now_ms),
    }
}

//! How requests are counted, and the headers that every reply has.

use crate::sandbox::dates::http_date;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::settings::{HeaderSpelling, RetryAfter};
use crate::sandbox::state::State;
use crate::sandbox::state::bucket::Bucket;

impl State {
    /// Counts the request. If a limit forbids it, says for how many seconds, and how many were refused
    /// before.
    pub(in crate::sandbox) fn admit(
        &mut self,
        request: &Request,
        now_ms: i64,
    ) -> Result<(), (i64, u64)> {
        let admitted = self.limits.admit(&self.settings, request, now_ms);
        admitted.map_err(|wait_s| {
            let refused_before = self.limits.throttled;
            self.limits.throttled += 1;
            (wait_s, refused_before)
        })
    }

    /// Lets the requests of other integrations in that came until now.
    pub(in crate::sandbox) fn let_others_in(&mut self, now_ms: i64) {
        self.limits.let_others_in(&self.settings, now_ms);
    }

    /// The value of `retry-after`.
    pub(in crate::sandbox) fn retry_after(&self, wait_s: i64, now_ms: i64) -> String {
        match self.settings.retry_after {
            RetryAfter::Seconds => wait_s.to_string(),
            // The date has whole seconds only: round up, or the client is back too early.
            RetryAfter::HttpDate => http_date(now_ms + 999 + wait_s * 1000),
        }
    }

    /// The name of the header that reports one endpoint's limit.
    pub(in crate::sandbox) fn limit_header(&self, name: &str) -> String {
        match self.settings.header_spelling {
            HeaderSpelling::New => format!("zendesk-ratelimit-{name}"),
            HeaderSpelling::Old => format!("zendesk-rate-limit-{name}"),
        }
    }

    /// Adds the headers that every reply carries.
    pub(in crate::sandbox) fn stamp(
        &mut self,
        response: &mut Response,
        request: &Request,
        now_ms: i64,
    ) {
        response.set("date", http_date(now_ms));
        response.set(
            "x-request-id",
            format!("sandbox-{:012x}", self.limits.requests),
        );
        response.set("x-zendesk-api-version", "v2");
        if self.settings.rpm > 0 {
            let left = self.limits.account_left(self.settings.rpm, now_ms);
            let (first, prefix) = match self.settings.header_spelling {
                HeaderSpelling::New => ("ratelimit-limit", "ratelimit"),
                HeaderSpelling::Old => ("rate-limit", "rate-limit"),
            };
            let (total, remaining) = (left.total.to_string(), left.remaining.to_string());
            response.set("x-rate-limit", total.clone());
            response.set("x-rate-limit-remaining", remaining.clone());
            response.set(first, total);
            response.set(&format!("{prefix}-remaining"), remaining);
            response.set(&format!("{prefix}-reset"), left.resets_s.to_string());
        }
        let Some(bucket) = Bucket::of(request) else {
            return;
        };
        let total = bucket.total(&self.settings);
        if total > 0 {
            let left = self.limits.bucket_left(bucket, total, now_ms);
            let told = format!(
                "total={total}; remaining={}; resets={}",
                left.remaining, left.resets_s
            );
            response.set(&self.limit_header(bucket.name()), told);
        }
    }
}

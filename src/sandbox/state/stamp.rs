//! What happens to every request alike: it is counted, perhaps refused, and its reply gets the
//! headers that all replies have.

use crate::sandbox::api;
use crate::sandbox::dates::http_date;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::settings::{HeaderSpelling, RetryAfter};
use crate::sandbox::state::State;
use crate::sandbox::state::bucket::Bucket;

impl State {
    /// Counts the request and answers it right away if a limit forbids it. This comes before
    /// anything else, so a 429 has no effect and is never kept under a key.
    pub(super) fn refuse(&mut self, request: &Request, now_ms: i64) -> Option<Response> {
        let wait_s = self.limits.admit(&self.settings, request, now_ms).err()?;
        let reply = api::too_many_requests(self.limits.throttled);
        self.limits.throttled += 1;
        Some(reply.with("retry-after", self.retry_after(wait_s, now_ms)))
    }

    /// The value of `retry-after`.
    pub(in crate::sandbox) fn retry_after(&self, wait_s: i64, now_ms: i64) -> String {
        match self.settings.retry_after {
            RetryAfter::Seconds => wait_s.to_string(),
            // The date has whole seconds only: round up, or the client is back too early.
            RetryAfter::HttpDate => http_date(now_ms + 999 + wait_s * 1000),
        }
    }

    /// The name of the header that tells of one endpoint's limit.
    pub(in crate::sandbox) fn limit_header(&self, name: &str) -> String {
        match self.settings.header_spelling {
            HeaderSpelling::New => format!("zendesk-ratelimit-{name}"),
            HeaderSpelling::Old => format!("zendesk-rate-limit-{name}"),
        }
    }

    /// Adds the headers that every reply carries.
    pub(super) fn stamp(&mut self, response: &mut Response, request: &Request, now_ms: i64) {
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

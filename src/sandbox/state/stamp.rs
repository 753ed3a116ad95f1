//! What happens to every request alike: it is counted, perhaps refused, and its reply gets the
//! headers that all replies have.

use crate::sandbox::api;
use crate::sandbox::dates::http_date;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::settings::{HeaderSpelling, RetryAfter};
use crate::sandbox::state::State;

impl State {
    /// Counts the request and answers it right away if a limit forbids it. This comes before
    /// anything else, so a 429 has no effect and is never kept under a key.
    pub(super) fn refuse(&mut self, request: &Request, now_ms: i64) -> Option<Response> {
        self.requests += 1;
        self.seen.record(now_ms);
        self.peak_rpm = self.peak_rpm.max(self.seen.count(now_ms));
        let (account, create) = (self.settings.rpm, self.settings.create_rpm);
        let wait_s = if account > 0 && !self.account_limit.grant(account, now_ms) {
            self.account_limit.reset_s(now_ms)
        } else if create > 0 && request.is_create() && !self.create_limit.grant(create, now_ms) {
            self.create_limit.reset_s(now_ms)
        } else {
            return None;
        };
        let retry_after = match self.settings.retry_after {
            RetryAfter::Seconds => wait_s.to_string(),
            // The date has whole seconds only: round up, or the client is back too early.
            RetryAfter::HttpDate => http_date(now_ms + 999 + wait_s * 1000),
        };
        let reply = api::too_many_requests(self.throttled).with("retry-after", retry_after);
        self.throttled += 1;
        Some(reply)
    }

    /// Adds the headers that every reply carries.
    pub(super) fn stamp(&mut self, response: &mut Response, request: &Request, now_ms: i64) {
        response.set("date", http_date(now_ms));
        response.set("x-request-id", format!("sandbox-{:012x}", self.requests));
        response.set("x-zendesk-api-version", "v2");
        let new = self.settings.header_spelling == HeaderSpelling::New;
        let limit = self.settings.rpm;
        if limit > 0 {
            let remaining = limit
                .saturating_sub(self.account_limit.used(now_ms))
                .to_string();
            let prefix = if new { "ratelimit" } else { "rate-limit" };
            let first = if new { "ratelimit-limit" } else { "rate-limit" };
            response.set("x-rate-limit", limit.to_string());
            response.set("x-rate-limit-remaining", remaining.clone());
            response.set(first, limit.to_string());
            response.set(&format!("{prefix}-remaining"), remaining);
            let reset_s = self.account_limit.reset_s(now_ms);
            response.set(&format!("{prefix}-reset"), reset_s.to_string());
        }
        let total = self.settings.create_rpm;
        if total > 0 && request.is_create() {
            let remaining = total.saturating_sub(self.create_limit.used(now_ms));
            let resets = self.create_limit.reset_s(now_ms);
            let prefix = if new {
                "zendesk-ratelimit"
            } else {
                "zendesk-rate-limit"
            };
            response.set(
                &format!("{prefix}-ticket-request-create-by-user-and-ip"),
                format!("total={total}; remaining={remaining}; resets={resets}"),
            );
        }
    }
}

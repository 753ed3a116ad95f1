//! The service: requests in, replies out. The state knows nothing of the endpoints, and the endpoints
//! nothing of limits.

use crate::sandbox::api;
use crate::sandbox::state::{Request, Response, State, Strike};

impl State {
    /// Answers a request that arrives at `now_ms` (epoch milliseconds of the double's clock).
    pub fn handle(&mut self, request: &Request, now_ms: i64) -> Response {
        self.advance(now_ms);
        let mut response = self
            .refuse(request, now_ms)
            .unwrap_or_else(|| api::route(self, request, now_ms));
        self.stamp(&mut response, request, now_ms);
        response
    }

    /// Answers a request with a server error that strikes before or after its effect.
    ///
    /// Where failures are kept under keys, this one is, even if a ticket was made: the worst that
    /// a real service could do to a client.
    pub fn handle_failing(
        &mut self,
        request: &Request,
        now_ms: i64,
        failure: Response,
        strike: Strike,
    ) -> Response {
        self.advance(now_ms);
        let mut response = self.refuse(request, now_ms).unwrap_or_else(|| {
            let key = api::fresh_key(self, request, now_ms);
            if strike == Strike::After {
                let _hidden = api::route(self, request, now_ms);
            }
            if let Some(key) = key {
                api::keep_failure(self, request, now_ms, key, &failure);
            }
            failure
        });
        self.stamp(&mut response, request, now_ms);
        response
    }

    /// Lets happen what happens without a request of ours: jobs go on, other integrations come.
    pub fn advance(&mut self, now_ms: i64) {
        self.let_others_in(now_ms);
        if self.jobs.due_ms() <= now_ms {
            api::work(self, now_ms);
        }
    }

    /// Counts the request and answers it right away if a limit forbids it. This comes before
    /// anything else, so a 429 has no effect and is never kept under a key.
    fn refuse(&mut self, request: &Request, now_ms: i64) -> Option<Response> {
        let (wait_s, refused_before) = self.admit(request, now_ms).err()?;
        let reply = api::too_many_requests(refused_before);
        Some(reply.with("retry-after", self.retry_after(wait_s, now_ms)))
    }
}

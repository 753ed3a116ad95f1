//! Delivers a request to the account and its reply back, as a fault allows.

use crate::sandbox::faults::Fault;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::{State, Strike};

/// What becomes of a request on its way back to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The reply arrives.
    Reply(Response),
    /// The reply arrives after so many milliseconds.
    Late {
        /// The delay in milliseconds.
        ms: u64,
        /// The reply.
        response: Response,
    },
    /// The connection is reset; no byte arrives.
    Reset,
    /// The headers and half of the body arrive, then the connection is reset.
    Cut(Response),
}

/// Lets a request reach the account the way a fault leaves it.
pub fn deliver(
    state: &mut State,
    request: &Request,
    now_ms: i64,
    fault: Option<Fault>,
    strike: Strike,
) -> Delivery {
    match fault {
        None => Delivery::Reply(state.handle(request, now_ms)),
        Some(Fault::LostBefore) => Delivery::Reset,
        Some(Fault::LostAfter) => {
            state.handle(request, now_ms);
            Delivery::Reset
        }
        Some(Fault::Error500) => {
            let failure = Response::with_type(
                500,
                "application/json; charset=utf-8",
                br#"{"error":"InternalServerError","description":"Something went wrong"}"#.to_vec(),
            );
            Delivery::Reply(state.handle_failing(request, now_ms, failure, strike))
        }
        Some(Fault::Error503 { retry_after_s }) => {
            let failure = Response::with_type(503, "text/plain", b"Service Unavailable".to_vec())
                .with("retry-after", retry_after_s.to_string());
            Delivery::Reply(state.handle_failing(request, now_ms, failure, strike))
        }
        Some(Fault::Slow { ms }) => Delivery::Late {
            ms,
            response: state.handle(request, now_ms),
        },
        Some(Fault::CutInBody) => Delivery::Cut(state.handle(request, now_ms)),
        Some(Fault::Duplicate) => {
            state.handle(request, now_ms);
            Delivery::Reply(state.handle(request, now_ms))
        }
    }
}

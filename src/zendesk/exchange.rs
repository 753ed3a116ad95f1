//! One request, one reply, or why there is none.

use std::error::Error;

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use super::classify::{classify, classify_cut};
use super::headers::{Asked, is_from_cache, meta};
use super::text::one_line;
use crate::model::limits::REPLY_BYTES_MAX;
use crate::model::reply::{Answer, Verdict};

/// Longest reason for a missing reply that is kept, in characters.
const REASON_CHARS_MAX: usize = 300;

/// A reply as it came.
pub(super) struct Exchange {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// The connection broke before the body was whole.
    pub(super) cut: bool,
}

impl Exchange {
    /// What the reply would mean as the reply to a create.
    pub(super) fn verdict(&self) -> Verdict {
        if self.cut {
            classify_cut(self.status, &self.headers, &self.body)
        } else {
            classify(self.status, &self.headers, &self.body)
        }
    }

    /// The reply as the answer to a question.
    pub(super) fn answer<T: DeserializeOwned>(&self, asked: Asked) -> Answer<T> {
        let answer = if is_from_cache(&self.headers) {
            Err(Verdict::Cached)
        } else if !self.is_success() {
            Err(self.verdict())
        } else if self.cut {
            Err(Verdict::Unreadable)
        } else {
            serde_json::from_slice(&self.body).map_err(|_| Verdict::Unreadable)
        };
        Answer {
            answer,
            meta: meta(asked, self.status, &self.headers),
        }
    }

    /// Whether it is a success.
    pub(super) fn is_success(&self) -> bool {
        (200..=299).contains(&self.status)
    }
}

/// Sends a request, once, and reads its reply up to [`REPLY_BYTES_MAX`]. An error is
/// [`Verdict::NotSent`] or [`Verdict::Lost`].
pub(super) async fn exchange(request: RequestBuilder) -> Result<Exchange, Verdict> {
    exchange_up_to(request, REPLY_BYTES_MAX).await
}

/// The same, for a reply that may be longer than most.
pub(super) async fn exchange_up_to(
    request: RequestBuilder,
    bytes_max: usize,
) -> Result<Exchange, Verdict> {
    let mut response = request.send().await.map_err(without_reply)?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    let mut cut = false;
    while body.len() < bytes_max {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                let room = bytes_max - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            }
            Ok(None) => break,
            Err(_) => {
                cut = true;
                break;
            }
        }
    }
    Ok(Exchange {
        status,
        headers,
        body,
        cut,
    })
}

/// Tells a request that certainly never left from one that may have arrived.
///
/// `NotSent` must be certain. As read in reqwest 0.13.5, hyper-util 0.1.21 and hyper 1.12.0:
///
/// - `is_connect` looks for hyper-util's `ErrorKind::Connect`, which is made only while a
///   connection is being obtained (`connection_for` in `client/legacy/client.rs`), before the
///   request is handed to any. Name lookup, TCP, TLS, and a proxy's refusal of the tunnel all
///   happen inside that step. Early data of TLS 1.3 is not used on TCP.
/// - A pooled connection that the server has closed fails later, with `SendRequest` or `Canceled`:
///   not `is_connect`, so it is `Lost` here.
/// - hyper-util's `retry_canceled_requests` is **on** and reqwest gives no way to turn it off;
///   `retry::never()` governs reqwest's own layer only (the one that repeats after
///   `REFUSED_STREAM` and `GOAWAY`). It stays within "at most once" all the same: it repeats only
///   when hyper hands the request back (`TrySendError` with its message), and hyper does so only
///   for a request still in the queue of its connection, of which not a byte was written
///   (`proto/h1/dispatch.rs`, `recv_msg`; `client/dispatch.rs`, `Envelope`). Whatever was taken
///   from the queue fails without its message, in HTTP/1 and HTTP/2. So if a second round ends in
///   `Connect`, the first has sent nothing either. `wire_tests.rs` counts the requests.
/// - Everything else, the total timeout included even when it strikes during the connect, is
///   `Lost`: it may cost a resend under the same key, never a second ticket.
fn without_reply(error: reqwest::Error) -> Verdict {
    let certainly_not_sent = error.is_connect() || error.is_builder();
    let reason = reason(&error.without_url());
    if certainly_not_sent {
        Verdict::NotSent(reason)
    } else {
        Verdict::Lost(reason)
    }
}

/// The error and its sources on one line. The address is left out: it holds an `external_id`.
fn reason(error: &reqwest::Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        source = cause.source();
    }
    one_line(&parts.join(": "), REASON_CHARS_MAX)
}

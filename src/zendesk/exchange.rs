//! One request, one reply, or why there is none.

use std::error::Error;

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;

use super::classify::{Hearing, classify, classify_cut};
use super::headers::{Asked, is_from_cache, meta};
use super::secrets::Secrets;
use crate::model::problem::Problem;
use crate::model::reply::{Answer, Meta, UNTRUSTED_CERTIFICATE, Verdict};

/// Longest reason for a missing reply that is kept, in characters.
const REASON_CHARS_MAX: usize = 300;

/// A reply as it came. Its headers and its body are for this file alone: what comes out has no secret
/// in it.
pub(super) struct Exchange<'s> {
    pub(super) status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
    /// The connection broke before the body was whole.
    cut: bool,
    secrets: &'s Secrets,
}

impl<'s> Exchange<'s> {
    /// A whole reply.
    pub(super) fn whole(
        status: u16,
        headers: HeaderMap,
        body: Vec<u8>,
        secrets: &'s Secrets,
    ) -> Self {
        Self {
            status,
            headers,
            body,
            cut: false,
            secrets,
        }
    }

    /// What the reply to a create of the row with this `external_id` means.
    pub(super) fn verdict_about(&self, external_id: &str) -> Verdict {
        self.judged(Hearing {
            secrets: self.secrets,
            external_id: Some(external_id),
        })
    }

    /// What the reply would mean as the reply to a create.
    fn verdict(&self) -> Verdict {
        self.judged(Hearing::new(self.secrets))
    }

    fn judged(&self, hearing: Hearing<'_>) -> Verdict {
        if self.cut {
            classify_cut(self.status, &self.headers, &self.body, hearing)
        } else {
            classify(self.status, &self.headers, &self.body, hearing)
        }
    }

    /// What the headers tell besides.
    pub(super) fn meta(&self, asked: Asked) -> Meta {
        meta(asked, self.status, &self.headers, self.secrets)
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
            meta: self.meta(asked),
        }
    }

    /// Whether it is a success.
    fn is_success(&self) -> bool {
        (200..=299).contains(&self.status)
    }
}

/// Sends a request, once, and reads its reply up to `bytes_max`. An error says why there is no reply.
pub(super) async fn exchange(
    request: RequestBuilder,
    bytes_max: usize,
    secrets: &Secrets,
) -> Result<Exchange<'_>, Verdict> {
    let sent = request.send().await;
    let mut response = sent.map_err(|error| without_reply(error, secrets))?;
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
        secrets,
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
///   for a request still in the queue of its connection, before a byte of it was written
///   (`proto/h1/dispatch.rs`, `recv_msg`; `client/dispatch.rs`, `Envelope`). Whatever was taken
///   from the queue fails without its message, in HTTP/1 and HTTP/2. So if a second round ends in
///   `Connect`, the first has sent nothing either. `wire_tests.rs` counts the requests.
/// - Everything else, the total timeout included even when it strikes during the connect, is
///   `Lost`: it may cost a resend under the same key, never a second ticket.
///
/// Two failures will be the same next time, so they are not taken for an outage: a request that cannot
/// be written down (`is_builder`), and a server whose certificate is not trusted.
fn without_reply(error: reqwest::Error, secrets: &Secrets) -> Verdict {
    let (is_connect, is_builder) = (error.is_connect(), error.is_builder());
    let reason = reason(&error.without_url(), secrets);
    if is_builder {
        Verdict::Refused(Problem::new(
            "CannotBeSent",
            format!("no request can be made of this: {reason}"),
        ))
    } else if is_connect && reason.contains("invalid peer certificate") {
        Verdict::WrongAccount(Problem::new(UNTRUSTED_CERTIFICATE, untrusted(&reason)))
    } else if is_connect {
        Verdict::NotSent(reason)
    } else {
        Verdict::Lost(reason)
    }
}

fn untrusted(reason: &str) -> String {
    format!(
        "the server's certificate is not trusted ({reason}). If a proxy of your company inspects \
         connections, save its certificate authority as a PEM file and name that file in the \
         environment variable SSL_CERT_FILE; else check --url and this machine's clock"
    )
}

/// The error and its sources on one line. The address is left out: it holds an `external_id`.
fn reason(error: &reqwest::Error, secrets: &Secrets) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        source = cause.source();
    }
    secrets.line(&parts.join(": "), REASON_CHARS_MAX)
}

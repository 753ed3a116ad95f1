//! Between hyper's requests and replies and the double's own.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::StatusCode;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{HeaderName, HeaderValue};

use crate::sandbox::state::{Method, Request, Response};

/// Bytes of a body that are read, at most. A little more than the account accepts, so that it is
/// the account that refuses what is too long.
const BODY_BYTES_READ_MAX: usize = 5 << 20;

/// Reads a request to its end, or to the point where it is too long anyway.
pub(super) async fn read(request: hyper::Request<Incoming>) -> io::Result<Request> {
    let (head, mut incoming) = request.into_parts();
    let mut body = Vec::with_capacity(
        usize::try_from(incoming.size_hint().lower())
            .unwrap_or(0)
            .min(BODY_BYTES_READ_MAX),
    );
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut incoming).poll_frame(cx)).await {
        if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
            body.extend_from_slice(&data);
        }
        if body.len() > BODY_BYTES_READ_MAX {
            break;
        }
    }
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(Request {
        method: method(&head.method),
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(pairs).unwrap_or_default(),
        headers: head
            .headers
            .iter()
            .map(|(n, v)| (n.as_str().to_owned(), text(v)))
            .collect(),
        body,
    })
}

/// A reply that arrives.
pub(super) fn whole(response: Response) -> hyper::Response<ReplyBody> {
    let promised = response.body.len() as u64;
    reply(
        response.status,
        response.headers,
        ReplyBody {
            next: Next::All,
            bytes: response.body.into(),
            promised,
        },
    )
}

/// A reply that promises its body and breaks off halfway.
pub(super) fn cut(mut response: Response) -> hyper::Response<ReplyBody> {
    let promised = response.body.len() as u64;
    response.body.truncate(response.body.len() / 2);
    reply(
        response.status,
        response.headers,
        ReplyBody {
            next: Next::Half,
            bytes: response.body.into(),
            promised,
        },
    )
}

/// The body of a reply, all of it or half.
pub(super) struct ReplyBody {
    bytes: Bytes,
    promised: u64,
    next: Next,
}

enum Next {
    All,
    Half,
    /// The half is written but perhaps not yet on its way: let hyper flush it.
    Flush,
    Break,
    Nothing,
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let bytes = std::mem::take(&mut self.bytes);
        match self.next {
            Next::All => {
                self.next = Next::Nothing;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Next::Half => {
                self.next = Next::Flush;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Next::Flush => {
                self.next = Next::Break;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Next::Break => {
                self.next = Next::Nothing;
                Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
            }
            Next::Nothing => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.promised == 0 || matches!(self.next, Next::Nothing)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}

fn reply(
    status: u16,
    headers: Vec<(String, String)>,
    body: ReplyBody,
) -> hyper::Response<ReplyBody> {
    let mut response = hyper::Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
    for (name, value) in headers {
        // The double writes its headers itself, and only in characters that headers may have.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn method(method: &hyper::Method) -> Method {
    match method.as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "DELETE" => Method::Delete,
        _ => Method::Other,
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decoded(name), decoded(value))
    };
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(pair)
        .collect()
}

/// Undoes percent encoding, and the plus that stands for a space in queries.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (
            first,
            escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()),
        ) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (other, _) => bytes.push(*other),
        }
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_and_bad_escapes_stay_as_they_are() {
        let expected = [("external_id", "a b+ü%zz"), ("x", ""), ("page[size]", "2")];
        let query = "external_id=a+b%2B%C3%BC%zz&&x&page%5Bsize%5D=2";
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(pairs(query), expected);
    }
}

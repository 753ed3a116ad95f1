//! Requests and replies as values, without a socket.

use serde::Serialize;

/// The method of a request, as far as the double distinguishes methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Updates.
    Put,
    /// Removes.
    Delete,
    /// Anything else; no path answers it.
    Other,
}

/// A request, with its path and query already taken apart.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The query, decoded, in the order of the request line.
    pub query: Vec<(String, String)>,
    /// The headers, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl Request {
    /// Tells whether this makes a ticket: the one kind of request that is not safe to repeat.
    pub fn is_create(&self) -> bool {
        self.is_import()
            || (self.method == Method::Post
                && (self.endpoint() == "/api/v2/tickets"
                    || self.endpoint() == "/api/v2/tickets/create_many"))
    }

    /// Tells whether this makes a ticket of the past.
    pub fn is_import(&self) -> bool {
        self.method == Method::Post && self.endpoint().starts_with("/api/v2/imports/tickets")
    }

    /// The path without the optional `.json` at its end.
    pub fn endpoint(&self) -> &str {
        self.path.strip_suffix(".json").unwrap_or(&self.path)
    }

    /// The first header of that lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    /// The first query parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        first(&self.query, name)
    }
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers, with lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// A JSON reply.
    pub(in crate::sandbox) fn json<T: Serialize + ?Sized>(status: u16, value: &T) -> Self {
        // Values of the double's own types have string keys and finite numbers: they serialize.
        let body = serde_json::to_vec(value).unwrap_or_default();
        Self::with_type(status, "application/json; charset=utf-8", body)
    }

    /// A reply of any content type.
    pub(in crate::sandbox) fn with_type(status: u16, kind: &str, body: Vec<u8>) -> Self {
        let mut headers = Vec::with_capacity(14);
        headers.push(("content-type".to_owned(), kind.to_owned()));
        Self {
            status,
            headers,
            body,
        }
    }

    /// The same reply with one header more.
    #[must_use]
    pub(in crate::sandbox) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    /// Adds a header.
    pub(in crate::sandbox) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.headers.push((name.to_owned(), value.into()));
    }

    /// The first header of that lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }
}

fn first<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(n, _)| n == name)
        .map(|(_, value)| value.as_str())
}

//! Pagination: which part of a list a request asks for, by page number or by cursor.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::sandbox::http::{Request, Response};

/// The most entries of a page, and the number of them when nothing else is asked for.
const PAGE_MAX: usize = 100;

/// A page by number.
pub(super) struct Page {
    pub(super) number: usize,
    pub(super) size: usize,
}

impl Page {
    /// Reads `page` and `per_page`.
    pub(super) fn of(request: &Request) -> Self {
        let number = |name| {
            request
                .parameter(name)
                .and_then(|text| text.parse::<usize>().ok())
        };
        Self {
            number: number("page").unwrap_or(1).max(1),
            size: number("per_page").unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX),
        }
    }

    /// How many entries come before this page.
    pub(super) fn skipped(&self) -> usize {
        (self.number - 1).saturating_mul(self.size)
    }

    /// The addresses of the next and the previous page, where there are such pages.
    pub(super) fn links(
        &self,
        request: &Request,
        count: usize,
    ) -> (Option<String>, Option<String>) {
        let has_next = self.skipped().saturating_add(self.size) < count;
        let next = has_next.then(|| self.link(request, self.number + 1));
        let previous = (self.number > 1).then(|| self.link(request, self.number - 1));
        (next, previous)
    }

    fn link(&self, request: &Request, number: usize) -> String {
        let (number, size) = (number.to_string(), self.size.to_string());
        link(request, &[("page", &number), ("per_page", &size)])
    }
}

/// A place in a list: so many entries after a cursor.
pub(super) struct Cursor {
    pub(super) after: u64,
    pub(super) size: usize,
}

impl Cursor {
    /// Reads `page[size]` and `page[after]`; none if the request asks for neither.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let number = |name| request.parameter(name).map(|t| t.parse::<u64>().ok());
        let (size, after) = (number("page[size]"), number("page[after]"));
        if size.is_none() && after.is_none() {
            return None;
        }
        let size = size.flatten().and_then(|n| usize::try_from(n).ok());
        Some(Self {
            after: after.flatten().unwrap_or(0),
            size: size.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX),
        })
    }
}

/// The part of a reply that leads on to the next page of a cursor.
#[derive(Serialize)]
pub(super) struct Onwards {
    meta: Meta,
    links: Links,
}

#[derive(Serialize)]
struct Meta {
    has_more: bool,
    after_cursor: Option<String>,
    before_cursor: Option<String>,
}

#[derive(Serialize)]
struct Links {
    prev: Option<String>,
    next: Option<String>,
}

impl Onwards {
    /// `first` and `last` are the cursors of the page's ends.
    pub(super) fn new(
        request: &Request,
        has_more: bool,
        first: Option<u64>,
        last: Option<u64>,
    ) -> Self {
        let after_cursor = last.map(|cursor| cursor.to_string());
        let next = after_cursor.as_deref().filter(|_| has_more);
        let size = request.parameter("page[size]").unwrap_or("100");
        Self {
            links: Links {
                prev: None,
                next: next.map(|c| link(request, &[("page[after]", c), ("page[size]", size)])),
            },
            meta: Meta {
                has_more,
                after_cursor,
                before_cursor: first.map(|cursor| cursor.to_string()),
            },
        }
    }
}

/// A list under a name, or the page of it that is asked for.
pub(super) fn listed<T: Serialize>(request: &Request, name: &'static str, all: &[T]) -> Response {
    if let Some(Cursor { after, size }) = Cursor::of(request) {
        let skipped = usize::try_from(after).unwrap_or(usize::MAX).min(all.len());
        let shown = &all[skipped..all.len().min(skipped.saturating_add(size))];
        let end = skipped + shown.len();
        let cursor = |at: usize| (!shown.is_empty()).then_some(at as u64);
        let onwards = Onwards::new(request, end < all.len(), cursor(skipped), cursor(end));
        return Response::json(
            200,
            &CursorList {
                name,
                shown,
                onwards,
            },
        );
    }
    let page = Page::of(request);
    let skipped = page.skipped().min(all.len());
    let shown = &all[skipped..all.len().min(skipped.saturating_add(page.size))];
    let (next_page, previous_page) = page.links(request, all.len());
    Response::json(
        200,
        &NumberedList {
            name,
            shown,
            next_page,
            previous_page,
            count: all.len(),
        },
    )
}

struct CursorList<'a, T> {
    name: &'static str,
    shown: &'a [T],
    onwards: Onwards,
}

impl<T: Serialize> Serialize for CursorList<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry(self.name, self.shown)?;
        map.serialize_entry("meta", &self.onwards.meta)?;
        map.serialize_entry("links", &self.onwards.links)?;
        map.end()
    }
}

struct NumberedList<'a, T> {
    name: &'static str,
    shown: &'a [T],
    next_page: Option<String>,
    previous_page: Option<String>,
    count: usize,
}

impl<T: Serialize> Serialize for NumberedList<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry(self.name, self.shown)?;
        map.serialize_entry("next_page", &self.next_page)?;
        map.serialize_entry("previous_page", &self.previous_page)?;
        map.serialize_entry("count", &self.count)?;
        map.end()
    }
}

/// The address of the same list with other parameters.
pub(super) fn link(request: &Request, parameters: &[(&str, &str)]) -> String {
    let host = request.header("host").unwrap_or("127.0.0.1");
    let mut link = format!("http://{host}{}", request.path);
    let kept = request.query.iter().map(|(n, v)| (n.as_str(), v.as_str()));
    let kept = kept.filter(|(name, _)| parameters.iter().all(|(other, _)| name != other));
    for (nth, (name, value)) in parameters.iter().copied().chain(kept).enumerate() {
        link.push(if nth == 0 { '?' } else { '&' });
        encode(name, &mut link);
        link.push('=');
        encode(value, &mut link);
    }
    link
}

fn encode(text: &str, into: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.push(char::from(HEX[usize::from(byte >> 4)]));
            into.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

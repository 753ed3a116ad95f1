//! Which part of a list a request asks for.

use crate::sandbox::http::Request;

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
        let host = request.header("host").unwrap_or("127.0.0.1");
        let mut link = format!(
            "http://{host}{}?page={number}&per_page={}",
            request.path, self.size
        );
        for (name, value) in &request.query {
            if name != "page" && name != "per_page" {
                link.push('&');
                encode(name, &mut link);
                link.push('=');
                encode(value, &mut link);
            }
        }
        link
    }
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

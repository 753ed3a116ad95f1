//! `GET /api/v2/search`, as far as external ids go.

use serde::Serialize;

use crate::sandbox::api::errors;
use crate::sandbox::api::page::Page;
use crate::sandbox::api::render::{self, TicketView};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::State;

/// Finds tickets by external id, archived ones too, once the index has caught up with them.
///
/// A query without an external id finds nothing: the double does not search texts.
pub(super) fn search(state: &State, request: &Request, now_ms: i64) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        results: Vec<TicketView<'a>>,
        facets: Option<()>,
        next_page: Option<String>,
        previous_page: Option<String>,
        count: usize,
    }
    let Some(query) = request.parameter("query") else {
        return errors::bad_query("Parameter query is missing");
    };
    let Query {
        external_id,
        only_other_types,
    } = Query::parse(query);
    let wanted = external_id.filter(|_| !only_other_types);
    let found: Vec<_> = wanted
        .iter()
        .flat_map(|external_id| state.found_by_external_id(external_id, now_ms))
        .filter(|ticket| now_ms - ticket.made_ms >= state.settings.search_lag_ms)
        .collect();
    let page = Page::of(request);
    let (next_page, previous_page) = page.links(request, found.len());
    let shown = found.iter().skip(page.skipped()).take(page.size);
    let drafts: Vec<_> = shown
        .map(|ticket| (ticket, render::draft_of(ticket)))
        .collect();
    let results = drafts.iter().map(|(ticket, draft)| {
        let mut view = render::view(&state.settings, ticket, draft);
        view.result_type = Some("ticket");
        view
    });
    let results = results.collect();
    Response::json(
        200,
        &Body {
            results,
            facets: None,
            next_page,
            previous_page,
            count: found.len(),
        },
    )
}

#[derive(Debug, Default, PartialEq)]
struct Query {
    external_id: Option<String>,
    only_other_types: bool,
}

impl Query {
    /// Reads `external_id:X`, `external_id:"X Y"` and `type:ticket`, in any order.
    fn parse(text: &str) -> Self {
        let mut query = Self::default();
        let mut rest = text.trim_start();
        while !rest.is_empty() {
            let (word, after) = next_word(rest);
            if let Some(value) = word.strip_prefix("external_id:") {
                query.external_id = Some(unquoted(value));
            } else if let Some(kind) = word.strip_prefix("type:") {
                query.only_other_types = !unquoted(kind).eq_ignore_ascii_case("ticket");
            }
            rest = after.trim_start();
        }
        query
    }
}

/// A word ends at a space outside quotes; a backslash takes the next character as it is.
fn next_word(text: &str) -> (&str, &str) {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => return text.split_at(at),
            _ => {}
        }
    }
    (text, "")
}

fn unquoted(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        text.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_in_every_form_that_clients_use() {
        for (text, external_id) in [
            ("external_id:A-1", "A-1"),
            ("external_id:\"A-1\"", "A-1"),
            ("external_id:\"A 1\" type:ticket", "A 1"),
            ("type:ticket external_id:\"A\\\"1\"", "A\"1"),
            ("  type:ticket   external_id:A:1  ", "A:1"),
        ] {
            let query = Query::parse(text);
            assert_eq!(query.external_id.as_deref(), Some(external_id), "{text}");
            assert!(!query.only_other_types, "{text}");
        }
        assert!(Query::parse("type:user external_id:1").only_other_types);
        assert_eq!(Query::parse("printer on fire"), Query::default());
    }
}

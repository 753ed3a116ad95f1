//! The incremental export of tickets, by cursor.

use serde::Serialize;

use crate::sandbox::api::page::link;
use crate::sandbox::api::render::TicketView;
use crate::sandbox::api::{errors, render};
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::State;

/// How many tickets a page may hold, and does if nothing else is asked for.
const PAGE_MAX: usize = 1_000;

/// The most recent minute is not exported.
const HELD_BACK_MS: i64 = 60_000;

/// `GET /api/v2/incremental/tickets/cursor?start_time=…`, then with the `cursor` of the page before.
/// For admins only; archived tickets are in it.
pub(super) fn cursor(state: &State, request: &Request, now_ms: i64) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        tickets: Vec<TicketView<'a>>,
        after_url: Option<String>,
        before_url: Option<String>,
        after_cursor: Option<String>,
        before_cursor: Option<String>,
        end_of_stream: bool,
    }
    if state.settings.role != "admin" {
        return errors::forbidden();
    }
    let number = |name| {
        request
            .parameter(name)
            .and_then(|text| text.parse::<i64>().ok())
    };
    let start_ms = match (number("cursor"), number("start_time")) {
        (Some(_), _) => 0,
        (None, Some(start)) => start.saturating_mul(1_000),
        (None, None) => return errors::bad_query("Parameter start_time is missing"),
    };
    let after = number("cursor").unwrap_or(0).max(0).cast_unsigned();
    let size = number("per_page").and_then(|n| usize::try_from(n).ok());
    let size = size.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
    let exported = |made_ms: i64| made_ms >= start_ms && now_ms - made_ms >= HELD_BACK_MS;
    let page: Vec<_> = state
        .tickets
        .above(after)
        .filter(|t| exported(t.made_ms))
        .take(size + 1)
        .collect();
    let end_of_stream = page.len() <= size;
    let page = &page[..page.len().min(size)];
    let next = page.last().map_or(after, |ticket| ticket.id).to_string();
    let drafts: Vec<_> = page
        .iter()
        .map(|ticket| (&***ticket, render::draft_of(ticket)))
        .collect();
    Response::json(
        200,
        &Body {
            tickets: drafts
                .iter()
                .map(|(ticket, draft)| render::view(&state.settings, ticket, draft))
                .collect(),
            after_url: (!end_of_stream).then(|| link(request, &[("cursor", &next)])),
            before_url: None,
            after_cursor: Some(next),
            before_cursor: None,
            end_of_stream,
        },
    )
}

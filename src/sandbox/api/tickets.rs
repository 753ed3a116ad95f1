//! Reading and deleting tickets under `/api/v2/tickets`.

use std::sync::Arc;

use serde::Serialize;

use crate::sandbox::api::draft::Draft;
use crate::sandbox::api::page::Page;
use crate::sandbox::api::render::TicketView;
use crate::sandbox::api::{errors, render};
use crate::sandbox::dates::iso;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::{Change, State, Ticket};

/// How many tickets one request may name.
const SHOW_MANY_MAX: usize = 100;

/// `GET /api/v2/tickets`, by external id or all, by page number or by cursor.
///
/// The external id is compared byte by byte.
pub(super) fn list(state: &State, request: &Request, now_ms: i64) -> Response {
    let seen = |ticket: &&Arc<Ticket>| {
        now_ms - ticket.made_ms >= state.settings.list_lag_ms
            && (state.settings.list_sees_archived || !state.tickets.is_archived(ticket.id))
    };
    if let Some(external_id) = request.parameter("external_id") {
        let found: Vec<_> = state
            .tickets
            .of_external_id(external_id)
            .filter(seen)
            .collect();
        return by_number(request, found.len(), found.into_iter());
    }
    if request.parameter("page[size]").is_some() || request.parameter("page[after]").is_some() {
        let parameter = |name| request.parameter(name).and_then(|text| text.parse().ok());
        let after = parameter("page[after]").unwrap_or(0);
        let size = parameter("page[size]").unwrap_or(100).clamp(1, 100);
        let size = usize::try_from(size).unwrap_or(1);
        let mut page: Vec<_> = state
            .tickets
            .above(after)
            .filter(seen)
            .take(size + 1)
            .collect();
        let has_more = page.len() > size;
        page.truncate(size);
        return by_cursor(&page, has_more);
    }
    let count = state.tickets.above(0).filter(seen).count();
    by_number(request, count, state.tickets.above(0).filter(seen))
}

/// `GET /api/v2/tickets/count`.
pub(super) fn count(state: &State, now_ms: i64) -> Response {
    #[derive(Serialize)]
    struct Body {
        count: Count,
    }
    #[derive(Serialize)]
    struct Count {
        value: u64,
        refreshed_at: String,
    }
    let count = Count {
        value: state.tickets.live(),
        refreshed_at: iso(now_ms),
    };
    Response::json(200, &Body { count })
}

/// `GET /api/v2/tickets/{id}`.
pub(super) fn show(state: &State, id: u64) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        ticket: TicketView<'a>,
    }
    match state.tickets.get(id) {
        None => errors::record_not_found(),
        Some(ticket) => {
            let draft = render::draft_of(ticket);
            Response::json(
                200,
                &Body {
                    ticket: render::view(ticket, &draft),
                },
            )
        }
    }
}

/// `GET /api/v2/tickets/show_many?ids=1,2`; unknown ids are left out without a word.
pub(super) fn show_many(state: &State, request: &Request) -> Response {
    let Some(ids) = request.parameter("ids") else {
        return errors::bad_query("Parameter ids is missing");
    };
    let ids: Vec<u64> = ids
        .split(',')
        .filter_map(|id| id.trim().parse().ok())
        .collect();
    if ids.len() > SHOW_MANY_MAX {
        return errors::too_many_values();
    }
    let found: Vec<_> = ids.iter().filter_map(|id| state.tickets.get(*id)).collect();
    by_number(request, found.len(), found.into_iter())
}

/// `DELETE /api/v2/tickets/{id}`.
pub(super) fn delete(state: &mut State, id: u64, now_ms: i64) -> Response {
    if state.tickets.get(id).is_none() {
        return errors::record_not_found();
    }
    state.apply(Change::Deleted(id), now_ms);
    Response {
        status: 204,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

fn by_number<'a>(
    request: &Request,
    count: usize,
    tickets: impl Iterator<Item = &'a Arc<Ticket>>,
) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        tickets: Vec<TicketView<'a>>,
        next_page: Option<String>,
        previous_page: Option<String>,
        count: usize,
    }
    let page = Page::of(request);
    let drafts = with_drafts(tickets.skip(page.skipped()).take(page.size));
    let tickets = drafts
        .iter()
        .map(|(ticket, draft)| render::view(ticket, draft))
        .collect();
    let (next_page, previous_page) = page.links(request, count);
    Response::json(
        200,
        &Body {
            tickets,
            next_page,
            previous_page,
            count,
        },
    )
}

fn by_cursor(page: &[&Arc<Ticket>], has_more: bool) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        tickets: Vec<TicketView<'a>>,
        meta: Meta,
    }
    #[derive(Serialize)]
    struct Meta {
        has_more: bool,
        after_cursor: Option<String>,
        before_cursor: Option<String>,
    }
    let drafts = with_drafts(page.iter().copied());
    let tickets = drafts
        .iter()
        .map(|(ticket, draft)| render::view(ticket, draft))
        .collect();
    let meta = Meta {
        has_more,
        after_cursor: page.last().map(|ticket| ticket.id.to_string()),
        before_cursor: page.first().map(|ticket| ticket.id.to_string()),
    };
    Response::json(200, &Body { tickets, meta })
}

fn with_drafts<'a>(tickets: impl Iterator<Item = &'a Arc<Ticket>>) -> Vec<(&'a Ticket, Draft)> {
    tickets
        .map(|ticket| (&**ticket, render::draft_of(ticket)))
        .collect()
}

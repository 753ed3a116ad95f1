//! Reading tickets under `/api/v2/tickets`.

use std::sync::Arc;

use serde::Serialize;

use crate::sandbox::api::draft::Draft;
use crate::sandbox::api::page::{Cursor, Onwards, Page};
use crate::sandbox::api::render::TicketView;
use crate::sandbox::api::{errors, render};
use crate::sandbox::dates::iso;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::{State, Ticket};

/// How many records one request may name or bring.
pub(super) const MANY_MAX: usize = 100;

/// `GET /api/v2/tickets`, by external id or all, by page number or by cursor.
///
/// The external id is compared byte by byte.
pub(super) fn list(state: &State, request: &Request, now_ms: i64) -> Response {
    let seen = |ticket: &&Arc<Ticket>| {
        now_ms - ticket.made_ms >= state.settings.list_lag_ms
            && (state.settings.list_sees_archived || !state.tickets.is_archived(ticket))
    };
    if let Some(external_id) = request.parameter("external_id") {
        let found = state.found_by_external_id(external_id, now_ms).into_iter();
        let found: Vec<_> = found.filter(seen).collect();
        return by_number(state, request, found.len(), found.into_iter());
    }
    if let Some(Cursor { after, size }) = Cursor::of(request) {
        let mut page: Vec<_> = state
            .tickets
            .above(after)
            .filter(seen)
            .take(size + 1)
            .collect();
        let has_more = page.len() > size;
        page.truncate(size);
        return by_cursor(state, request, &page, has_more);
    }
    let all = state.tickets.above(0).filter(seen);
    let count = all.clone().count();
    if request.parameter("sort_by") == Some("id") && request.parameter("sort_order") == Some("desc")
    {
        return by_number(state, request, count, all.rev());
    }
    by_number(state, request, count, all)
}

impl State {
    /// The tickets that an index shows for an external id: the live ones, and those whose deletion it
    /// has not caught up with.
    pub(super) fn found_by_external_id(&self, asked: &str, now_ms: i64) -> Vec<&Arc<Ticket>> {
        let external_id = self.settings.stored(asked);
        let mut found: Vec<_> = self.tickets.of_external_id(&external_id).collect();
        if self.settings.deleted_lag_ms > 0 {
            let after_ms = now_ms - self.settings.deleted_lag_ms;
            let deleted = self.tickets.deleted();
            found.extend(deleted.filter_map(|(ticket, at_ms)| {
                let is_shown =
                    at_ms > after_ms && ticket.external_id.as_deref() == Some(&*external_id);
                is_shown.then_some(ticket)
            }));
        }
        found
    }
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
    let Some(ticket) = state.tickets.get(id) else {
        return errors::record_not_found();
    };
    let draft = render::draft_of(ticket);
    let ticket = render::view(&state.settings, ticket, &draft);
    Response::json(200, &Body { ticket })
}

/// `GET /api/v2/tickets/show_many?ids=1,2`; unknown ids are left out without a word.
pub(super) fn show_many(state: &State, request: &Request) -> Response {
    let Some(ids) = request.parameter("ids") else {
        return errors::bad_query("Parameter ids is missing");
    };
    let ids = ids_of(ids);
    if ids.len() > MANY_MAX {
        return errors::too_many_values();
    }
    let seen = |ticket: &&Arc<Ticket>| {
        state.settings.show_many_sees_archived || !state.tickets.is_archived(ticket)
    };
    let found = ids.iter().filter_map(|id| state.tickets.get(*id));
    let found: Vec<_> = found.filter(seen).collect();
    by_number(state, request, found.len(), found.into_iter())
}

/// The numbers in a list with commas.
pub(super) fn ids_of(text: &str) -> Vec<u64> {
    text.split(',')
        .filter_map(|id| id.trim().parse().ok())
        .collect()
}

fn by_number<'a>(
    state: &State,
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
        .map(|(ticket, draft)| render::view(&state.settings, ticket, draft))
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

fn by_cursor(state: &State, request: &Request, page: &[&Arc<Ticket>], has_more: bool) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        tickets: Vec<TicketView<'a>>,
        #[serde(flatten)]
        onwards: Onwards,
    }
    let drafts = with_drafts(page.iter().copied());
    let tickets = drafts
        .iter()
        .map(|(ticket, draft)| render::view(&state.settings, ticket, draft))
        .collect();
    let (first, last) = (page.first().map(|t| t.id), page.last().map(|t| t.id));
    let onwards = Onwards::new(request, has_more, first, last);
    Response::json(200, &Body { tickets, onwards })
}

fn with_drafts<'a>(tickets: impl Iterator<Item = &'a Arc<Ticket>>) -> Vec<(&'a Ticket, Draft)> {
    tickets
        .map(|ticket| (&**ticket, render::draft_of(ticket)))
        .collect()
}

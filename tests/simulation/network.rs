//! Requests on their way to the double and replies on their way back, as values.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use zendesk_migrate::engine::driver::Way;
use zendesk_migrate::model::ids::TicketId;
use zendesk_migrate::model::intent::Intent;
use zendesk_migrate::model::reply::{Answer, Found, Meta, Reply, Verdict};
use zendesk_migrate::sandbox::http::{Method, Request, Response};
use zendesk_migrate::zendesk::headers::{Asked, meta};
use zendesk_migrate::zendesk::{Hearing, Secrets, classify, read_lookup};

pub(crate) fn create(intent: &Intent) -> Request {
    let mut request = get(&intent.route.path, Vec::new());
    request.method = Method::Post;
    request
        .headers
        .push(("content-type".into(), "application/json".into()));
    request
        .headers
        .push(("idempotency-key".into(), intent.key.to_string()));
    request.body = intent.body.to_vec();
    request
}

pub(crate) fn look_up(external_id: &str, way: Way, page_size: u32) -> Request {
    let page_size = ("per_page".into(), page_size.to_string());
    match way {
        Way::List => get(
            "/api/v2/tickets",
            vec![("external_id".into(), external_id.into()), page_size],
        ),
        Way::Search => {
            let query = format!("type:ticket external_id:\"{external_id}\"");
            get("/api/v2/search", vec![("query".into(), query), page_size])
        }
    }
}

/// A reply that the account itself never gives.
pub(crate) fn made_up(status: u16, body: &str, now_ms: i64) -> Response {
    Response {
        status,
        headers: vec![("date".into(), http_date(now_ms))],
        body: body.into(),
    }
}

pub(crate) fn http_date(now_ms: i64) -> String {
    let now = jiff::Timestamp::from_millisecond(now_ms).unwrap();
    jiff::fmt::rfc2822::DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&now)
        .unwrap()
}

pub(crate) fn set_header(response: &mut Response, name: &str, value: &str) {
    response
        .headers
        .retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    response.headers.push((name.into(), value.into()));
}

pub(crate) fn me() -> Request {
    get("/api/v2/users/me", Vec::new())
}

pub(crate) fn highest() -> Request {
    let sorted = [("sort_by", "id"), ("sort_order", "desc"), ("per_page", "1")];
    let query = sorted.map(|(name, value)| (name.into(), value.into()));
    get("/api/v2/tickets", query.into())
}

/// The highest ticket, 0 if there is none; `None` if that was not told.
pub(crate) fn highest_of(response: &Response) -> Option<TicketId> {
    let json: serde_json::Value = serde_json::from_slice(&response.body).ok()?;
    let tickets = json["tickets"].as_array()?;
    Some(TicketId(
        tickets.first().map_or(0, |one| one["id"].as_u64().unwrap()),
    ))
}

pub(crate) fn show(ticket: u64) -> Request {
    get(&format!("/api/v2/tickets/{ticket}"), Vec::new())
}

/// The `external_id` of the ticket that is shown; `None` if none is.
pub(crate) fn external_id(response: &Response) -> Option<String> {
    #[derive(Deserialize)]
    struct Shown {
        ticket: Ticket,
    }
    let shown: Shown = serde_json::from_slice(&response.body).ok()?;
    shown.ticket.external_id
}

pub(crate) fn get(path: &str, query: Vec<(String, String)>) -> Request {
    Request {
        method: Method::Get,
        path: path.to_owned(),
        query,
        headers: vec![("authorization".into(), "Bearer simulation".into())],
        body: Vec::new(),
    }
}

fn judged(status: u16, headers: &HeaderMap, body: &[u8]) -> Verdict {
    classify(status, headers, body, Hearing::new(&Secrets::default()))
}

/// A reply to a create, as the client would report it.
pub(crate) fn reply(response: &Response) -> Reply {
    let headers = headers(response);
    Reply {
        verdict: judged(response.status, &headers, &response.body),
        meta: meta(
            Asked::Create,
            response.status,
            &headers,
            &Secrets::default(),
        ),
    }
}

/// A create without a whole reply.
pub(crate) fn no_reply(verdict: Verdict) -> Reply {
    Reply {
        verdict,
        meta: Meta::default(),
    }
}

/// A 2xx that breaks off in its body.
pub(crate) fn cut_reply(response: &Response) -> Reply {
    let whole = reply(response);
    let verdict = match whole.verdict {
        Verdict::Created { .. } => Verdict::Unreadable,
        _ => Verdict::Lost("cut".into()),
    };
    Reply {
        verdict,
        meta: whole.meta,
    }
}

/// The answer to a lookup.
pub(crate) fn found(response: &Response, way: Way, external_id: &str) -> Answer<Found> {
    let asked = match way {
        Way::List => Asked::List,
        Way::Search => Asked::Search,
    };
    let reply = (response.status, &headers(response), &*response.body);
    read_lookup(asked, reply, external_id, &Secrets::default())
}

/// The answer to a question; only that there is an answer matters.
pub(crate) fn answered(response: &Response) -> Answer<()> {
    let headers = headers(response);
    let meta = meta(Asked::Other, response.status, &headers, &Secrets::default());
    let answer = match response.status {
        200 | 201 => Ok(()),
        status => Err(judged(status, &headers, &response.body)),
    };
    Answer { answer, meta }
}

pub(crate) fn no_answer<T>(verdict: Verdict) -> Answer<T> {
    Answer {
        answer: Err(verdict),
        meta: Meta::default(),
    }
}

fn headers(response: &Response) -> HeaderMap {
    response
        .headers
        .iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().expect("a header's name");
            (
                name,
                HeaderValue::from_str(value).expect("a header's value"),
            )
        })
        .collect()
}

#[derive(Deserialize)]
struct Ticket {
    external_id: Option<String>,
}

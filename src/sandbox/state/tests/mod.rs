//! The account's promises, as an importer relies on them.

mod account;
mod changes;
mod imports;
mod jobs;
mod keys;
mod limits;
mod lookups;
mod model;
mod people;
mod tickets;

use serde_json::{Value, json};

use super::{Method, Request, Response, State};

const START_MS: i64 = 1_700_000_000_000;
const HOUR_MS: i64 = 3_600_000;

fn request(method: Method, path: &str) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    };
    Request {
        method,
        path: path.to_owned(),
        query: query
            .split('&')
            .filter(|part| !part.is_empty())
            .map(pair)
            .collect(),
        headers: vec![("authorization".into(), "Bearer t".into())],
        body: Vec::new(),
    }
}

fn get(state: &mut State, path: &str, now_ms: i64) -> (u16, Value) {
    let response = state.handle(&request(Method::Get, path), now_ms);
    (
        response.status,
        serde_json::from_slice(&response.body).unwrap_or(Value::Null),
    )
}

fn ask(state: &mut State, method: Method, path: &str, body: &Value, now_ms: i64) -> Response {
    let mut request = request(method, path);
    request.body = body.to_string().into_bytes();
    state.handle(&request, now_ms)
}

fn post(state: &mut State, path: &str, body: &Value, now_ms: i64) -> (u16, Value) {
    let response = ask(state, Method::Post, path, body, now_ms);
    (response.status, self::body(&response))
}

fn create(key: Option<&str>, body: &Value) -> Request {
    let mut request = request(Method::Post, "/api/v2/tickets.json");
    request
        .headers
        .extend(key.map(|key| ("idempotency-key".to_owned(), key.to_owned())));
    request.body = body.to_string().into_bytes();
    request
}

fn ticket(external_id: &str) -> Value {
    json!({"ticket": {"external_id": external_id, "subject": "S", "comment": {"body": "hello"}}})
}

fn lookup(response: &Response) -> Option<&str> {
    response.header("x-idempotency-lookup")
}

fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

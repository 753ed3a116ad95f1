//! The replies of the double have the keys and the types of recorded replies of the real service.
//!
//! `shapes.json` was written down from recordings of 2015, 2023 and 2024. A `?` stands for a value
//! that may be null; the elements of a list have one of the shapes in it.

use serde_json::{Value, json};
use zendesk_migrate::sandbox::settings::Settings;
use zendesk_migrate::sandbox::state::{Method, Request, Response, State};

const NOW_MS: i64 = 1_700_000_000_000;

fn ask(state: &mut State, method: Method, path: &str, body: &Value, now_ms: i64) -> Response {
    let request = Request {
        method,
        path: path.to_owned(),
        query: Vec::new(),
        headers: vec![("authorization".into(), "Bearer t".into())],
        body: body.to_string().into_bytes(),
    };
    state.handle(&request, now_ms)
}

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

fn recorded(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("shapes.json")).unwrap();
    assert!(!all[name].is_null(), "{name}");
    all[name].clone()
}

/// Says where a value differs from its shape.
fn differences(at: &str, shape: &Value, value: &Value) -> Vec<String> {
    match (shape, value) {
        (Value::String(kind), _) => {
            let is = match value {
                Value::Null => "null",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Array(_) => "list",
                Value::Object(_) => "object",
            };
            let is_allowed = kind == "any" || kind.trim_end_matches('?') == is;
            if is_allowed || (kind.ends_with('?') && is == "null") {
                Vec::new()
            } else {
                vec![format!("{at} is {is}, not {kind}")]
            }
        }
        (Value::Array(shapes), Value::Array(elements)) => {
            let fits = |e| {
                shapes
                    .iter()
                    .any(|shape| differences(at, shape, e).is_empty())
            };
            let strange = elements.iter().filter(|element| !fits(element));
            strange.map(|e| format!("{at} has {e}")).collect()
        }
        (Value::Object(shapes), Value::Object(fields)) => {
            let mut found: Vec<_> = fields
                .keys()
                .filter(|key| !shapes.contains_key(*key))
                .map(|key| format!("{at}.{key} was never recorded"))
                .collect();
            for (key, shape) in shapes {
                match fields.get(key) {
                    Some(value) => found.extend(differences(&format!("{at}.{key}"), shape, value)),
                    None => found.push(format!("{at}.{key} is missing")),
                }
            }
            found
        }
        _ => vec![format!("{at} is {value}, not {shape}")],
    }
}

fn assert_recorded(shape: &Value, value: &Value) {
    let found = differences("", shape, value);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_comparison_sees_what_is_missing_new_or_of_another_type() {
    let shape = json!({"a": "number", "b": ["string"], "c": {"d": "string?"}});
    let good = json!({"a": 1, "b": ["x", "y"], "c": {"d": null}});
    assert_recorded(&shape, &good);
    for (path, value) in [
        ("/a", json!("1")),
        ("/a", Value::Null),
        ("/b", json!("x")),
        ("/b/1", json!(2)),
        ("/c", json!({})),
        ("/c", json!({"d": null, "e": 1})),
        ("/c/d", json!(1)),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(path).unwrap() = value;
        assert_eq!(differences("", &shape, &bad).len(), 1, "{bad}");
    }
}

#[test]
fn creates_and_imports_answer_in_the_recorded_shape() {
    let mut state = State::new(Settings::default());
    let full = json!({"ticket": {
        "subject": "S", "comment": {"body": "B"}, "external_id": "e", "tags": ["t"],
        "type": "question", "priority": "normal", "collaborator_ids": [5], "assignee_id": 6,
        "custom_fields": [{"id": 7, "value": "v"}], "due_at": "2030-01-01T00:00:00Z",
    }});
    let least = json!({"ticket": {"subject": "S", "description": "D"}});
    for body in [full, least] {
        let created = ask(
            &mut state,
            Method::Post,
            "/api/v2/tickets.json",
            &body,
            NOW_MS,
        );
        assert_eq!(created.status, 201);
        let shape = json!({"ticket": recorded("ticket"), "audit": recorded("audit")});
        assert_recorded(&shape, &json_of(&created));
        for header in ["content-type", "date", "location", "x-request-id"] {
            assert!(created.header(header).is_some(), "{header}");
        }
        let imported = ask(
            &mut state,
            Method::Post,
            "/api/v2/imports/tickets",
            &body,
            NOW_MS,
        );
        assert_eq!(imported.status, 201);
        assert_recorded(&json!({"ticket": recorded("ticket")}), &json_of(&imported));
    }
}

#[test]
fn jobs_answer_in_the_recorded_shape() {
    let mut state = State::new(Settings::default());
    let batch = json!({"tickets": [{"comment": "x"}, {}, {"comment": "y"}]});
    let path = "/api/v2/tickets/create_many.json";
    let queued = json_of(&ask(&mut state, Method::Post, path, &batch, NOW_MS));
    assert_recorded(&json!({"job_status": recorded("job_queued")}), &queued);
    let path = format!(
        "/api/v2/job_statuses/{}",
        queued["job_status"]["id"].as_str().unwrap()
    );
    for (after_ms, shape) in [(700, "job_working"), (60_000, "job_completed")] {
        let told = ask(
            &mut state,
            Method::Get,
            &path,
            &Value::Null,
            NOW_MS + after_ms,
        );
        assert_recorded(&json!({"job_status": recorded(shape)}), &json_of(&told));
    }
}

#[test]
fn refusals_answer_in_the_recorded_shape() {
    let mut state = State::new(Settings {
        collisions: true,
        ..Settings::default()
    });
    let many = json!({"tickets": vec![json!({"comment": "x"}); 101]});
    let empty = json!({"ticket": {}});
    for (method, path, body, status, shape) in [
        (
            Method::Post,
            "tickets/create_many",
            &many,
            400,
            "too_many_values",
        ),
        (Method::Post, "imports/tickets", &empty, 422, "invalid"),
        (Method::Post, "tickets", &empty, 422, "invalid"),
        (
            Method::Put,
            "tickets/9223372036854775807.json",
            &empty,
            404,
            "not_found",
        ),
        (
            Method::Get,
            "tickets/9223372036854775807",
            &empty,
            404,
            "not_found",
        ),
    ] {
        let refused = ask(&mut state, method, &format!("/api/v2/{path}"), body, NOW_MS);
        assert_eq!(refused.status, status, "{path}");
        assert_recorded(&recorded(shape), &json_of(&refused));
    }
    let new = json!({"ticket": {"requester": {"email": "n@b.c", "name": "N"}, "comment": "x"}});
    let race = [0, 1].map(|_| {
        ask(
            &mut state,
            Method::Post,
            "/api/v2/imports/tickets",
            &new,
            NOW_MS,
        )
    });
    assert_eq!(race.each_ref().map(|reply| reply.status), [201, 409]);
    assert_eq!(
        race[1].header("content-type"),
        Some("text/plain; charset=UTF-8")
    );
    assert_eq!(
        race[1].body,
        b"Requester creation collision - please try again"
    );
}

//! Tickets of the past.

use serde_json::{Value, json};

use super::{START_MS, ask, body, create, get, lookup, post, request};
use crate::sandbox::settings::ImportsKeys;
use crate::sandbox::state::{Method, Settings, State};

const IMPORTS: &str = "/api/v2/imports/tickets.json";

fn author(state: &mut State, email: &str) -> u64 {
    let wish = json!({"user": {"email": email, "name": "A"}});
    let (_, reply) = post(state, "/api/v2/users/create_or_update", &wish, START_MS);
    reply["user"]["id"].as_u64().unwrap()
}

fn state() -> State {
    State::new(Settings {
        users_per_s: 0,
        ..Settings::default()
    })
}

#[test]
fn an_import_keeps_its_times_and_has_no_audit() {
    let mut state = state();
    let past = json!({"ticket": {
        "subject": "S", "comment": {"value": "Indeed it is!"}, "status": "closed",
        "created_at": "2010-12-31T02:46:15+01:00", "solved_at": "2011-01-02",
    }});
    let response = ask(&mut state, Method::Post, IMPORTS, &past, START_MS);
    assert_eq!(response.status, 201);
    assert!(response.header("location").unwrap().ends_with("/1.json"));
    assert_eq!(response.header("x-zendesk-api-warn"), None);
    let reply = body(&response);
    assert!(reply.get("audit").is_none(), "{reply}");
    for field in ["created_at", "updated_at"] {
        assert_eq!(reply["ticket"][field], "2010-12-31T01:46:15Z");
    }
    let (_, metrics) = get(&mut state, "/api/v2/tickets/1/metrics", START_MS);
    assert_eq!(
        metrics["ticket_metric"]["solved_at"],
        "2011-01-02T00:00:00Z"
    );
    let later = json!({"ticket": {"description": "D", "updated_at": "2012-01-01T00:00:00Z"}});
    let (_, reply) = post(&mut state, IMPORTS, &later, START_MS);
    assert_eq!(reply["ticket"]["created_at"], "2023-11-14T22:13:20Z");
    assert_eq!(reply["ticket"]["updated_at"], "2012-01-01T00:00:00Z");
}

#[test]
fn an_import_keeps_its_conversation() {
    let mut state = state();
    let (ann, bob) = (author(&mut state, "ann@b.c"), author(&mut state, "bob@b.c"));
    let past = json!({"ticket": {
        "requester_id": ann, "created_at": "2010-01-01T00:00:00Z", "comments": [
            {"author_id": ann, "value": "help"},
            {"author_id": bob, "html_body": "<p>note</p>", "public": false,
             "created_at": "2010-01-02T00:00:00+02:00"},
            {"body": "thanks"},
        ],
    }});
    let (status, reply) = post(&mut state, IMPORTS, &past, START_MS);
    assert_eq!(
        (status, &reply["ticket"]["description"]),
        (201, &json!("help"))
    );
    let (_, list) = get(&mut state, "/api/v2/tickets/1/comments.json", START_MS);
    let told: Vec<_> = list["comments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| json!([c["author_id"], c["body"], c["public"], c["created_at"]]))
        .collect();
    let expected = [
        json!([ann, "help", true, "2010-01-01T00:00:00Z"]),
        json!([bob, "note", false, "2010-01-01T22:00:00Z"]),
        json!([ann, "thanks", true, "2023-11-14T22:13:20Z"]),
    ];
    assert_eq!(told, expected);
    let (_, count) = get(&mut state, "/api/v2/tickets/1/comments/count", START_MS);
    assert_eq!(count["count"]["value"], 3);
    let path = "/api/v2/tickets/1/comments?sort_order=desc&per_page=1";
    assert_eq!(
        get(&mut state, path, START_MS).1["comments"][0]["body"],
        "thanks"
    );
}

#[test]
fn a_posted_ticket_has_a_comment_too_and_knows_nothing_of_the_past() {
    let mut state = state();
    let posted = json!({"ticket": {
        "comment": {"body": "hi", "public": false}, "created_at": "2010-01-01T00:00:00Z",
        "comments": [{"body": "ghost"}],
    }});
    let response = state.handle(&create(None, &posted), START_MS);
    let warning = response.header("x-zendesk-api-warn").unwrap();
    let expected = "{:allowed_parameters=>{:controller=>\"tickets\", :action=>\"create\", \
                    :unpermitted_keys=>[\"ticket.created_at\", \"ticket.comments\"], \
                    :invalid_values=>[]}}";
    assert_eq!(warning, expected);
    let (_, list) = get(&mut state, "/api/v2/tickets/1/comments", START_MS);
    assert_eq!(list["count"], 1);
    let comment = &list["comments"][0];
    assert_eq!(
        (&comment["body"], &comment["public"]),
        (&json!("hi"), &json!(false))
    );
    let first = &body(&response)["audit"]["events"][0];
    assert_eq!(comment["id"], first["id"]);
    assert_eq!(
        get(&mut state, "/api/v2/tickets/9/comments", START_MS).0,
        404
    );
}

#[test]
fn comments_need_a_text_an_author_who_exists_and_a_time_that_has_been() {
    let mut state = state();
    for (comment, field, error) in [
        (
            json!({"body": "x", "author_id": 4}),
            "comment",
            "InvalidValue",
        ),
        (
            json!({"body": "x", "created_at": "2099-01-01T00:00:00Z"}),
            "comment",
            "InvalidValue",
        ),
        (
            json!({"body": "x", "created_at": "soon"}),
            "created_at",
            "InvalidValue",
        ),
        (json!({"body": " "}), "base", "BlankValue"),
    ] {
        let past = json!({"ticket": {"comments": [{"body": "first"}, comment]}});
        let (status, reply) = post(&mut state, IMPORTS, &past, START_MS);
        assert_eq!(
            (status, &reply["details"][field][0]["error"]),
            (422, &json!(error))
        );
    }
    let bad = json!({"ticket": {"comment": "x", "created_at": "once"}});
    let (status, reply) = post(&mut state, IMPORTS, &bad, START_MS);
    assert_eq!(
        (status, &reply["details"]["created_at"][0]["error"]),
        (422, &json!("InvalidValue"))
    );
    assert_eq!(state.stats().tickets, 0);
}

#[test]
fn only_admins_import() {
    let mut state = State::new(Settings {
        role: "agent".into(),
        ..Settings::default()
    });
    let past = json!({"ticket": {"comment": "x"}});
    for path in [IMPORTS, "/api/v2/imports/tickets/create_many"] {
        let (status, reply) = post(&mut state, path, &past, START_MS);
        assert_eq!(
            (status, &reply["error"]["title"]),
            (403, &json!("Forbidden"))
        );
    }
    assert_eq!(state.handle(&create(None, &past), START_MS).status, 201);
}

#[test]
fn closed_imports_can_go_straight_to_the_archive() {
    let mut state = state();
    for status in ["closed", "solved"] {
        let past = json!({"ticket": {"comment": "x", "status": status, "external_id": status}});
        let path = "/api/v2/imports/tickets?archive_immediately=true";
        assert_eq!(post(&mut state, path, &past, START_MS).0, 201);
    }
    for (external_id, listed) in [("closed", 0), ("solved", 1)] {
        let list = format!("/api/v2/tickets?external_id={external_id}");
        let search = format!("/api/v2/search?query=external_id:{external_id}");
        assert_eq!(get(&mut state, &list, START_MS).1["count"], listed);
        assert_eq!(get(&mut state, &search, START_MS).1["count"], 1);
    }
    assert_eq!(get(&mut state, "/api/v2/tickets/1", START_MS).0, 200);
}

#[test]
fn imports_honour_keys_only_where_they_do() {
    for (imports_keys, lookups, tickets) in [
        (ImportsKeys::Ignore, [None, None], 2),
        (ImportsKeys::Honour, [Some("miss"), Some("hit")], 1),
    ] {
        let mut state = State::new(Settings {
            imports_keys,
            ..Settings::default()
        });
        let mut import = request(Method::Post, IMPORTS);
        import.headers.push(("idempotency-key".into(), "k".into()));
        import.body = br#"{"ticket":{"comment":"x"}}"#.to_vec();
        let replies = [0, 1].map(|n| state.handle(&import, START_MS + n));
        assert_eq!([0, 1].map(|n: usize| lookup(&replies[n])), lookups);
        assert_eq!(body(&replies[1]).get("audit"), None::<&Value>);
        assert_eq!(replies[0].body == replies[1].body, tickets == 1);
        assert_eq!(state.stats().tickets, tickets);
    }
}

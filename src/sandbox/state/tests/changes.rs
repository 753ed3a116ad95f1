//! Tickets that change after they were made.

use serde_json::json;

use super::{START_MS, ask, body, create, get, ticket};
use crate::sandbox::state::{Method, Settings, State};

const FIRST: &str = "/api/v2/tickets/1.json";

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let mut state = State::new(Settings::default());
    let made = state.handle(&create(Some("k"), &ticket("a")), START_MS);
    let change = json!({"ticket": {
        "subject": "T", "status": "solved", "tags": ["x"], "priority": "low", "id": 7,
    }});
    let now_ms = START_MS + 60_000;
    let response = ask(&mut state, Method::Put, FIRST, &change, now_ms);
    assert_eq!(response.status, 200);
    let expected = "{:allowed_parameters=>{:controller=>\"tickets\", :action=>\"update\", \
                    :unpermitted_keys=>[\"ticket.id\"], :invalid_values=>[]}}";
    assert_eq!(response.header("x-zendesk-api-warn"), Some(expected));
    let reply = body(&response);
    let mut wanted = body(&made)["ticket"].clone();
    for (field, value) in [
        ("subject", json!("T")),
        ("raw_subject", json!("T")),
        ("status", json!("solved")),
        ("tags", json!(["x"])),
        ("priority", json!("low")),
        ("updated_at", json!("2023-11-14T22:14:20Z")),
    ] {
        wanted[field] = value;
    }
    assert_eq!(reply["ticket"], wanted);
    assert_eq!(get(&mut state, FIRST, now_ms).1["ticket"], wanted);
    let events = &reply["audit"]["events"];
    assert_eq!(events[0]["field_name"], "subject");
    assert_eq!(
        (&events[0]["previous_value"], &events[0]["value"]),
        (&json!("S"), &json!("T"))
    );
    // The key still answers with the ticket as it was.
    let again = state.handle(&create(Some("k"), &ticket("a")), now_ms);
    assert_eq!(again.body, made.body);
}

#[test]
fn changes_add_up() {
    let mut state = State::new(Settings::default());
    state.handle(&create(None, &ticket("a")), START_MS);
    for change in [json!({"status": "open"}), json!({"priority": "high"})] {
        ask(
            &mut state,
            Method::Put,
            FIRST,
            &json!({"ticket": change}),
            START_MS,
        );
    }
    let (_, shown) = get(&mut state, FIRST, START_MS);
    assert_eq!(shown["ticket"]["status"], "open");
    assert_eq!(shown["ticket"]["priority"], "high");
    assert_eq!(shown["ticket"]["external_id"], "a");
}

#[test]
fn closed_tickets_are_not_changed_any_more() {
    let mut state = State::new(Settings::default());
    state.handle(&create(None, &ticket("a")), START_MS);
    let close = json!({"ticket": {"status": "closed"}});
    assert_eq!(
        ask(&mut state, Method::Put, FIRST, &close, START_MS).status,
        200
    );
    let refused = ask(&mut state, Method::Put, FIRST, &close, START_MS);
    assert_eq!(refused.status, 422);
    let objection = &body(&refused)["details"]["status"][0];
    assert_eq!(
        objection["description"],
        "Status: closed prevents ticket update"
    );
    let bad = json!({"ticket": {"status": "ajar"}});
    assert_eq!(
        ask(&mut state, Method::Put, FIRST, &bad, START_MS).status,
        422
    );
    let nobody = ask(&mut state, Method::Put, "/api/v2/tickets/9", &bad, START_MS);
    assert_eq!(
        (nobody.status, &body(&nobody)["error"]),
        (404, &json!("RecordNotFound"))
    );
}

#[test]
fn deleted_tickets_are_listed_with_what_they_were() {
    let mut state = State::new(Settings::default());
    state.handle(&create(None, &ticket("a")), START_MS);
    let gone = ask(
        &mut state,
        Method::Delete,
        FIRST,
        &json!({}),
        START_MS + 5_000,
    );
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    assert_eq!(get(&mut state, FIRST, START_MS).0, 404);
    let (_, list) = get(&mut state, "/api/v2/deleted_tickets.json", START_MS);
    let deleted = &list["deleted_tickets"][0];
    assert_eq!(deleted["deleted_at"], "2023-11-14T22:13:25Z");
    assert_eq!(deleted["previous_state"], "new");
    let (_, page) = get(
        &mut state,
        "/api/v2/deleted_tickets?page[size]=100",
        START_MS,
    );
    assert_eq!(page["meta"]["has_more"], false);
}

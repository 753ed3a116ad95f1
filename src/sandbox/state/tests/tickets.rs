//! What becomes of the body of a create.

use serde_json::{Value, json};

use super::{START_MS, body, create, get, lookup, ticket};
use crate::sandbox::state::{Settings, State};

// The keys of a recorded reply, in alphabetical order.
const TICKET_KEYS: &str = "\
    allow_attachments allow_channelback assignee_id brand_id collaborator_ids \
    created_at custom_fields custom_status_id description due_at email_cc_ids \
    external_id fields follower_ids followup_ids forum_topic_id \
    from_messaging_channel generated_timestamp group_id has_incidents id is_public \
    organization_id priority problem_id raw_subject recipient requester_id \
    satisfaction_rating sharing_agreement_ids status subject submitter_id tags \
    ticket_form_id type updated_at url via";
const AUDIT_KEYS: &str = "\
    author_id created_at events id metadata ticket_id via";
const COMMENT_KEYS: &str = "\
    attachments audit_id author_id body html_body id plain_body public type";
const CREATE_EVENTS: &str = "\
    subject requester_id priority type status organization_id \
    brand_id ticket_form_id custom_status_id";

#[test]
fn a_422_names_everything_that_is_wrong() {
    let mut state = State::new(Settings::default());
    let bad = json!({"ticket": {
        "comment": {"body": "  "}, "status": "ajar", "priority": "top", "type": "bug",
        "requester": {"email": "nobody", "name": ""},
        "description": "x".repeat(65_536),
    }});
    let response = state.handle(&create(None, &bad), START_MS);
    assert_eq!(response.status, 422);
    let reply = body(&response);
    assert_eq!(reply["error"], "RecordInvalid");
    let fields: Vec<_> = reply["details"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(
        fields,
        ["comment", "priority", "requester", "status", "type"]
    );
    let blank = state.handle(&create(None, &json!({"ticket": {}})), START_MS);
    let details =
        json!({"base": [{"description": "Description: cannot be blank", "error": "BlankValue"}]});
    assert_eq!(body(&blank)["details"], details);
}

#[test]
fn what_is_no_json_or_too_long_is_refused() {
    let mut state = State::new(Settings::default());
    let mut request = create(Some("k"), &ticket("a"));
    request.body.truncate(20);
    assert_eq!(state.handle(&request, START_MS).status, 400);
    request.body = vec![b' '; 5 << 20];
    assert_eq!(state.handle(&request, START_MS).status, 413);
    assert_eq!(state.stats().tickets, 0);
}

#[test]
fn a_ticket_comes_back_as_it_was_posted_and_says_what_was_dropped() {
    let mut state = State::new(Settings::default());
    let posted = json!({"ticket": {
        "external_id": 7, "subject": "S", "comment": {"body": "hi <b>"}, "tags": ["B", "a", "b"],
        "requester": {"email": "Ann@Example.com", "name": "Ann"}, "priority": "high",
        "custom_fields": [{"id": 5, "value": "v"}], "created_at": "2010-01-01T00:00:00Z",
        "metadata": {"row": 1},
    }});
    let response = state.handle(&create(None, &posted), START_MS);
    let ticket = &body(&response)["ticket"];
    assert_eq!(ticket["external_id"], "7");
    assert_eq!(ticket["tags"], json!(["a", "b"]));
    assert_eq!(ticket["fields"], json!([{"id": 5, "value": "v"}]));
    assert_eq!(ticket["custom_fields"], ticket["fields"]);
    assert_eq!(
        (&ticket["status"], &ticket["priority"]),
        (&json!("new"), &json!("high"))
    );
    assert_eq!(ticket["created_at"], "2023-11-14T22:13:20Z");
    assert_eq!(
        body(&response)["audit"]["metadata"]["custom"],
        json!({"row": 1})
    );
    let warning = response.header("x-zendesk-api-warn").unwrap();
    assert!(
        warning.contains(":unpermitted_keys=>[\"ticket.created_at\"]"),
        "{warning}"
    );
    assert_eq!(
        &get(&mut state, "/api/v2/tickets/1.json", START_MS).1["ticket"],
        ticket
    );
}

#[test]
fn requesters_are_made_once_and_found_by_their_address() {
    let mut state = State::new(Settings::default());
    let mut ids = Vec::new();
    for requester in [
        json!("ann@example.com"),
        json!({"email": "ANN@example.com"}),
        json!("b@c.d"),
    ] {
        let body_of = json!({"ticket": {"comment": {"body": "x"}, "requester": requester}});
        let response = state.handle(&create(None, &body_of), START_MS);
        ids.push(body(&response)["ticket"]["requester_id"].as_u64().unwrap());
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
}

#[test]
fn creates_that_race_for_a_new_requester_collide_and_are_not_kept() {
    let mut state = State::new(Settings {
        collisions: true,
        ..Settings::default()
    });
    let wanted = json!({"ticket": {"comment": {"body": "x"}, "requester": "new@example.com"}});
    let first = state.handle(&create(Some("a"), &wanted), START_MS);
    let second = state.handle(&create(Some("b"), &wanted), START_MS + 10);
    let retried = state.handle(&create(Some("b"), &wanted), START_MS + 60);
    assert_eq!((first.status, second.status), (201, 409));
    assert_eq!(
        second.header("content-type"),
        Some("text/plain; charset=UTF-8")
    );
    assert_eq!((retried.status, lookup(&retried)), (201, Some("miss")));
}

#[test]
fn a_201_has_the_keys_of_a_recorded_one() {
    let mut state = State::new(Settings::default());
    let reply = body(&state.handle(&create(None, &ticket("a")), START_MS));
    let keys = |value: &Value| {
        let mut keys: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(keys(&reply["ticket"]), TICKET_KEYS);
    assert_eq!(keys(&reply["audit"]), AUDIT_KEYS);
    let (comment, creates) = reply["audit"]["events"]
        .as_array()
        .unwrap()
        .split_first()
        .unwrap();
    assert_eq!(keys(comment), COMMENT_KEYS);
    let fields: Vec<_> = creates
        .iter()
        .map(|e| e["field_name"].as_str().unwrap())
        .collect();
    assert_eq!(fields.join(" "), CREATE_EVENTS);
    assert_eq!(keys(&reply["audit"]["metadata"]), "custom system");
}

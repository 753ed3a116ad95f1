//! The account's promises, as an importer relies on them.

use proptest::prelude::{Strategy, any, prop_oneof, proptest};
use serde_json::{Value, json};

use super::*;
use crate::sandbox::settings::{HeaderSpelling, RetryAfter, WindowKind};

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

#[test]
fn a_key_answers_the_same_reply_again_and_makes_no_second_ticket() {
    let mut state = State::new(Settings::default());
    let request = create(Some("k"), &ticket("a"));
    let first = state.handle(&request, START_MS);
    let second = state.handle(&request, START_MS + 2 * HOUR_MS - 1);
    assert_eq!((first.status, lookup(&first)), (201, Some("miss")));
    assert_eq!((second.status, lookup(&second)), (201, Some("hit")));
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(state.stats().tickets, 1);
}

#[test]
fn a_key_of_two_hours_ago_makes_a_new_ticket() {
    let mut state = State::new(Settings::default());
    let request = create(Some("k"), &ticket("a"));
    state.handle(&request, START_MS);
    // A hit in between does not make the key younger.
    state.handle(&request, START_MS + HOUR_MS);
    let late = state.handle(&request, START_MS + 2 * HOUR_MS);
    assert_eq!((late.status, lookup(&late)), (201, Some("miss")));
    assert_eq!(
        state.stats(),
        Stats {
            tickets: 2,
            external_ids: 1,
            duplicates: 1,
            ..state.stats()
        }
    );
}

#[test]
fn a_key_with_other_bytes_is_refused() {
    let mut state = State::new(Settings::default());
    let mut request = create(Some("k"), &ticket("a"));
    state.handle(&request, START_MS);
    request.body.push(b' ');
    let response = state.handle(&request, START_MS);
    assert_eq!(response.status, 400);
    assert_eq!(body(&response)["error"], "IdempotentRequestError");
    assert_eq!(state.stats().tickets, 1);
}

#[test]
fn without_a_key_there_is_no_lookup_header_and_always_a_ticket() {
    let mut state = State::new(Settings::default());
    for _ in 0..2 {
        assert_eq!(
            lookup(&state.handle(&create(None, &ticket("a")), START_MS)),
            None
        );
    }
    assert_eq!(state.stats().duplicates, 1);
}

#[test]
fn an_account_that_drops_keys_makes_every_ticket() {
    let mut state = State::new(Settings {
        drop_keys: true,
        ..Settings::default()
    });
    for _ in 0..2 {
        let response = state.handle(&create(Some("k"), &ticket("a")), START_MS);
        assert_eq!((response.status, lookup(&response)), (201, None));
    }
    assert_eq!(state.stats().tickets, 2);
}

#[test]
fn a_deleted_ticket_is_still_what_its_key_answers() {
    let mut state = State::new(Settings::default());
    let request = create(Some("k"), &ticket("a"));
    let first = state.handle(&request, START_MS);
    let gone = state.handle(
        &super::tests::request(Method::Delete, "/api/v2/tickets/1"),
        START_MS,
    );
    assert_eq!(gone.status, 204);
    let second = state.handle(&request, START_MS + 1);
    assert_eq!(
        (second.body, lookup(&state.handle(&request, START_MS))),
        (first.body, Some("hit"))
    );
    assert_eq!(
        state.stats(),
        Stats {
            tickets: 0,
            external_ids: 0,
            ..state.stats()
        }
    );
}

#[test]
fn failures_are_kept_under_their_key_only_where_they_are_kept() {
    for failures_cached in [false, true] {
        let mut state = State::new(Settings {
            failures_cached,
            ..Settings::default()
        });
        let request = create(Some("k"), &json!({"ticket": {}}));
        let first = state.handle(&request, START_MS);
        let second = state.handle(&request, START_MS);
        assert_eq!((first.status, lookup(&first)), (422, Some("miss")));
        let expected = if failures_cached { "hit" } else { "miss" };
        assert_eq!((second.status, lookup(&second)), (422, Some(expected)));
        assert_eq!(first.body, second.body);
    }
}

#[test]
fn a_server_error_may_hide_a_ticket_and_be_kept_over_it() {
    let failure = Response::with_type(500, "text/plain", b"oops".to_vec());
    for (failures_cached, strike, tickets, then) in [
        (false, Strike::Before, 0, (201, "miss")),
        (false, Strike::After, 1, (201, "hit")),
        (true, Strike::Before, 0, (500, "hit")),
        (true, Strike::After, 1, (500, "hit")),
    ] {
        let mut state = State::new(Settings {
            failures_cached,
            ..Settings::default()
        });
        let request = create(Some("k"), &ticket("a"));
        let failed = state.handle_failing(&request, START_MS, failure.clone(), strike);
        assert_eq!(failed.status, 500);
        assert_eq!(state.stats().tickets, tickets);
        let again = state.handle(&request, START_MS);
        assert_eq!(
            (again.status, lookup(&again).unwrap()),
            then,
            "{failures_cached} {strike:?}"
        );
    }
}

#[test]
fn beyond_the_limit_everything_is_429_and_says_when_to_come_back() {
    for window in [WindowKind::Sliding, WindowKind::Fixed] {
        let mut state = State::new(Settings {
            rpm: 2,
            window,
            ..Settings::default()
        });
        let start_ms = START_MS.div_euclid(60_000) * 60_000;
        let first = state.handle(&create(Some("a"), &ticket("a")), start_ms);
        assert_eq!(first.header("x-rate-limit"), Some("2"));
        assert_eq!(first.header("ratelimit-remaining"), Some("1"));
        assert_eq!(first.header("ratelimit-reset"), Some("60"));
        state.handle(&create(Some("b"), &ticket("b")), start_ms + 1000);
        let mut kinds = Vec::new();
        for _ in 0..3 {
            let refused = state.handle(&create(Some("c"), &ticket("c")), start_ms + 2000);
            assert_eq!((refused.status, lookup(&refused)), (429, None));
            assert_eq!(refused.header("retry-after"), Some("58"));
            kinds.push(refused.header("content-type").unwrap().to_owned());
        }
        kinds.dedup();
        assert_eq!(kinds.len(), 3, "{kinds:?}");
        let after = state.handle(&create(Some("c"), &ticket("c")), start_ms + 60_000);
        assert_eq!((after.status, lookup(&after)), (201, Some("miss")));
        let expected = Stats {
            tickets: 3,
            external_ids: 3,
            duplicates: 0,
            requests: 6,
            peak_rpm: 5,
            throttled: 3,
        };
        assert_eq!(state.stats(), expected);
    }
}

#[test]
fn a_429_can_name_a_date_and_the_headers_can_be_of_the_old_spelling() {
    let mut state = State::new(Settings {
        rpm: 1,
        create_rpm: 300,
        retry_after: RetryAfter::HttpDate,
        header_spelling: HeaderSpelling::Old,
        ..Settings::default()
    });
    let first = state.handle(&create(None, &ticket("a")), START_MS);
    assert_eq!(first.header("rate-limit"), Some("1"));
    assert_eq!(first.header("ratelimit-limit"), None);
    let own = "zendesk-rate-limit-ticket-request-create-by-user-and-ip";
    assert_eq!(
        first.header(own),
        Some("total=300; remaining=299; resets=60")
    );
    let refused = state.handle(&create(None, &ticket("a")), START_MS);
    assert_eq!(
        refused.header("date"),
        Some("Tue, 14 Nov 2023 22:13:20 GMT")
    );
    assert_eq!(
        refused.header("retry-after"),
        Some("Tue, 14 Nov 2023 22:14:20 GMT")
    );
}

#[test]
fn list_and_search_find_an_external_id_byte_by_byte() {
    let mut state = State::new(Settings::default());
    for id in ["A-1", "a-1", "A-1"] {
        state.handle(&create(None, &ticket(id)), START_MS);
    }
    let (status, list) = get(&mut state, "/api/v2/tickets.json?external_id=A-1", START_MS);
    assert_eq!((status, &list["count"]), (200, &json!(2)));
    assert_eq!(list["tickets"][1]["id"], 3);
    let query = "/api/v2/search.json?query=type:ticket external_id:\"A-1\"";
    let (status, found) = get(&mut state, query, START_MS);
    assert_eq!(
        (status, &found["count"], &found["facets"]),
        (200, &json!(2), &Value::Null)
    );
    assert_eq!(found["results"][0]["result_type"], "ticket");
}

#[test]
fn lags_hide_new_tickets_from_list_and_search_but_not_from_show() {
    let settings = Settings {
        search_lag_ms: 5000,
        list_lag_ms: 2000,
        ..Settings::default()
    };
    let mut state = State::new(settings);
    state.handle(&create(None, &ticket("a")), START_MS);
    for (after_ms, listed, found) in [(0, 0, 0), (2000, 1, 0), (5000, 1, 1)] {
        let now_ms = START_MS + after_ms;
        let (_, list) = get(&mut state, "/api/v2/tickets?external_id=a", now_ms);
        let (_, search) = get(&mut state, "/api/v2/search?query=external_id:a", now_ms);
        assert_eq!(
            (&list["count"], &search["count"]),
            (&json!(listed), &json!(found))
        );
        assert_eq!(get(&mut state, "/api/v2/tickets/1", now_ms).0, 200);
    }
}

#[test]
fn archived_tickets_leave_the_list_and_stay_in_the_search() {
    for list_sees_archived in [false, true] {
        let mut state = State::new(Settings {
            list_sees_archived,
            ..Settings::default()
        });
        state.handle(&create(None, &ticket("a")), START_MS);
        state.archive_all();
        state.handle(&create(None, &ticket("a")), START_MS);
        let (_, list) = get(&mut state, "/api/v2/tickets?external_id=a", START_MS);
        let (_, search) = get(&mut state, "/api/v2/search?query=external_id:a", START_MS);
        assert_eq!(list["count"], if list_sees_archived { 2 } else { 1 });
        assert_eq!(search["count"], 2);
    }
}

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
fn strangers_are_nobody_or_refused() {
    let mut state = State::new(Settings::default());
    let mut me = request(Method::Get, "/api/v2/users/me.json");
    assert_eq!(body(&state.handle(&me, START_MS))["user"]["role"], "admin");
    me.headers.clear();
    let nobody = state.handle(&me, START_MS);
    assert_eq!(
        (nobody.status, &body(&nobody)["user"]["id"]),
        (200, &Value::Null)
    );
    me.path = "/api/v2/tickets".into();
    let refused = state.handle(&me, START_MS);
    assert_eq!(refused.status, 401);
    assert_eq!(
        body(&refused),
        json!({"error": "Couldn't authenticate you"})
    );
}

#[test]
fn what_does_not_exist_is_404_in_two_ways() {
    let mut state = State::new(Settings {
        active_triggers: 3,
        ..Settings::default()
    });
    assert_eq!(
        get(&mut state, "/api/v2/tickets/9", START_MS).1["error"],
        "RecordNotFound"
    );
    assert_eq!(
        get(&mut state, "/api/v2/nonsense", START_MS).1["error"],
        "InvalidEndpoint"
    );
    assert_eq!(
        get(&mut state, "/api/v2/triggers/active", START_MS).1["count"],
        3
    );
}

#[test]
fn all_tickets_can_be_read_page_by_page_and_by_cursor() {
    let mut state = State::new(Settings::default());
    for n in 0..5 {
        state.handle(&create(None, &ticket(&n.to_string())), START_MS);
    }
    let (_, page) = get(&mut state, "/api/v2/tickets?per_page=2&page=3", START_MS);
    assert_eq!(
        (&page["tickets"][0]["id"], &page["next_page"]),
        (&json!(5), &Value::Null)
    );
    let (_, page) = get(
        &mut state,
        "/api/v2/tickets?page[size]=2&page[after]=2",
        START_MS,
    );
    assert_eq!(
        (&page["tickets"][0]["id"], &page["meta"]["has_more"]),
        (&json!(3), &json!(true))
    );
    let (_, many) = get(&mut state, "/api/v2/tickets/show_many?ids=1,9,4", START_MS);
    assert_eq!(
        (&many["tickets"][1]["id"], &many["count"]),
        (&json!(4), &json!(2))
    );
    let (_, count) = get(&mut state, "/api/v2/tickets/count", START_MS);
    assert_eq!(count["count"]["value"], 5);
}

/// What the property test does to an account.
#[derive(Clone, Debug)]
enum Step {
    Create { key: Option<u8>, body: u8 },
    Wait { minutes: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (proptest::option::of(0..3u8), 0..2u8).prop_map(|(key, body)| Step::Create { key, body }),
        1 => (0..90i64).prop_map(|minutes| Step::Wait { minutes }),
    ]
}

proptest! {
    #[test]
    fn there_are_as_many_tickets_as_a_naive_model_says(
        steps in proptest::collection::vec(step(), 0..60),
        failures_cached in any::<bool>(),
    ) {
        let mut state = State::new(Settings { failures_cached, ..Settings::default() });
        let mut now_ms = START_MS;
        // Every first use ever, the newest last: slow, and too simple to be wrong.
        let mut uses: Vec<(u8, u8, i64, Vec<u8>)> = Vec::new();
        let mut tickets = 0;
        for step in steps {
            let Step::Create { key, body } = step else {
                let Step::Wait { minutes } = step else { unreachable!() };
                now_ms += minutes * 60_000;
                continue;
            };
            let name = key.map(|key| format!("key-{key}"));
            let response = state.handle(&create(name.as_deref(), &ticket(&body.to_string())), now_ms);
            let known = uses.iter().rev().find(|used| Some(used.0) == key);
            let known = known.filter(|used| now_ms - used.2 < 2 * HOUR_MS);
            match (key, known) {
                (Some(_), Some(used)) if used.1 == body => {
                    assert_eq!((response.status, lookup(&response)), (201, Some("hit")));
                    assert_eq!(response.body, used.3);
                }
                (Some(_), Some(_)) => assert_eq!(response.status, 400),
                (key, _) => {
                    assert_eq!((response.status, lookup(&response)), (201, key.map(|_| "miss")));
                    tickets += 1;
                    uses.extend(key.map(|key| (key, body, now_ms, response.body)));
                }
            }
            assert_eq!(state.stats().tickets, tickets);
        }
    }
}

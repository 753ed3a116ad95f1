//! Finding and reading tickets, and who may.

use serde_json::{Value, json};

use super::{START_MS, body, create, get, request, ticket};
use crate::sandbox::state::{Method, Settings, State};

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
fn list_and_search_may_show_a_deleted_ticket_for_a_while() {
    let settings = Settings {
        deleted_lag_ms: 5000,
        ..Settings::default()
    };
    let mut state = State::new(settings);
    state.handle(&create(None, &ticket("a")), START_MS);
    let deletion = request(Method::Delete, "/api/v2/tickets/1");
    state.handle(&deletion, START_MS);
    for (after_ms, shown) in [(0, 1), (4999, 1), (5000, 0)] {
        let now_ms = START_MS + after_ms;
        let (_, list) = get(&mut state, "/api/v2/tickets?external_id=a", now_ms);
        let (_, search) = get(&mut state, "/api/v2/search?query=external_id:a", now_ms);
        assert_eq!(
            (&list["count"], &search["count"]),
            (&json!(shown), &json!(shown))
        );
        assert_eq!(get(&mut state, "/api/v2/tickets/1", now_ms).0, 404);
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

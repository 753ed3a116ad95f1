//! What an idempotency key does, and for how long.

use serde_json::json;

use super::{HOUR_MS, START_MS, body, create, lookup, ticket};
use crate::sandbox::state::{Method, Response, Settings, State, Stats, Strike};

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
        &super::request(Method::Delete, "/api/v2/tickets/1"),
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

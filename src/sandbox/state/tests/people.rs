//! Users, and those who may not ask for anything.

use serde_json::{Value, json};

use super::{START_MS, ask, body, create, get, post};
use crate::sandbox::state::{Method, Settings, State};

const UPSERT: &str = "/api/v2/users/create_or_update.json";

fn wish(email: &str, external_id: Option<&str>, name: Option<&str>) -> Value {
    json!({"user": {"email": email, "external_id": external_id, "name": name}})
}

fn unlimited() -> State {
    State::new(Settings {
        users_per_s: 0,
        user_rpm: 0,
        ..Settings::default()
    })
}

#[test]
fn users_are_made_once_and_then_updated_by_address_or_external_id() {
    let mut state = unlimited();
    let (made, first) = post(
        &mut state,
        UPSERT,
        &wish("Ann@b.c", Some("X1"), Some("Ann")),
        START_MS,
    );
    assert_eq!((made, &first["user"]["email"]), (201, &json!("ann@b.c")));
    for (user, name, external_id) in [
        (wish("ANN@b.c", None, Some("Anna")), "Anna", "X1"),
        (wish("other@b.c", Some("x1"), None), "Anna", "x1"),
    ] {
        let (status, reply) = post(&mut state, UPSERT, &user, START_MS);
        assert_eq!((status, &reply["user"]["id"]), (200, &first["user"]["id"]));
        assert_eq!(reply["user"]["name"], name);
        assert_eq!(reply["user"]["external_id"], external_id);
        assert_eq!(reply["user"]["email"], "ann@b.c");
    }
    let id = &first["user"]["id"];
    for path in [
        "/api/v2/users/search?query=email:ann@b.c".to_owned(),
        "/api/v2/users/search?external_id=X1".to_owned(),
        format!("/api/v2/users/show_many?ids={id},4"),
        "/api/v2/users/show_many?external_ids=X1,none".to_owned(),
    ] {
        let (status, found) = get(&mut state, &path, START_MS);
        assert_eq!((status, &found["count"]), (200, &json!(1)), "{path}");
        assert_eq!(&found["users"][0]["id"], id, "{path}");
    }
    assert_eq!(
        get(
            &mut state,
            "/api/v2/users/search?query=email:no@b.c",
            START_MS
        )
        .1["count"],
        0
    );
    let show = format!("/api/v2/users/{id}.json");
    assert_eq!(get(&mut state, &show, START_MS).1["user"]["name"], "Anna");
    assert_eq!(get(&mut state, "/api/v2/users/4", START_MS).0, 404);
}

#[test]
fn a_user_needs_a_name_and_an_address_that_is_one() {
    let mut state = unlimited();
    for (user, field, error) in [
        (wish("nobody", None, Some("N")), "email", "InvalidValue"),
        (wish("a@b.c", None, None), "name", "ValueTooShort"),
        (wish("a@b.c", None, Some(" ")), "name", "ValueTooShort"),
        (
            json!({"user": {"name": "N", "role": "king"}}),
            "role",
            "InvalidValue",
        ),
    ] {
        let (status, reply) = post(&mut state, UPSERT, &user, START_MS);
        assert_eq!(
            (status, &reply["details"][field][0]["error"]),
            (422, &json!(error))
        );
    }
    let plain = wish("a@b.c", Some("e"), Some("A"));
    assert_eq!(post(&mut state, "/api/v2/users", &plain, START_MS).0, 201);
    let (status, reply) = post(&mut state, "/api/v2/users", &plain, START_MS);
    assert_eq!(status, 422);
    for field in ["email", "external_id"] {
        assert_eq!(reply["details"][field][0]["error"], "DuplicateValue");
    }
}

#[test]
fn one_user_a_second_is_the_limit_of_the_account() {
    let mut state = State::new(Settings::default());
    let user = |n: i64| wish(&format!("u{n}@b.c"), None, Some("U"));
    let first = ask(&mut state, Method::Post, UPSERT, &user(0), START_MS);
    let header = "zendesk-ratelimit-create-update-user";
    assert_eq!(first.header(header), Some("total=1; remaining=0; resets=1"));
    let second = ask(&mut state, Method::Post, UPSERT, &user(1), START_MS + 999);
    assert_eq!(
        (second.status, second.header("retry-after")),
        (429, Some("1"))
    );
    assert_eq!(
        ask(&mut state, Method::Post, UPSERT, &user(1), START_MS + 1_000).status,
        201
    );
    assert_eq!(state.stats().throttled, 1);
}

#[test]
fn five_times_a_minute_is_the_limit_of_one_user() {
    let mut state = State::new(Settings::default());
    let user = wish("u@b.c", None, Some("U"));
    let statuses: Vec<_> = (0..7)
        .map(|n| {
            ask(
                &mut state,
                Method::Post,
                UPSERT,
                &user,
                START_MS + n * 1_000,
            )
            .status
        })
        .collect();
    assert_eq!(statuses, [201, 200, 200, 200, 200, 200, 429]);
    let refused = ask(&mut state, Method::Post, UPSERT, &user, START_MS + 7_000);
    assert_eq!(refused.header("retry-after"), Some("54"));
    let text = String::from_utf8(refused.body).unwrap();
    assert!(text.contains("single unique user"), "{text}");
    let later = ask(&mut state, Method::Post, UPSERT, &user, START_MS + 61_000);
    assert_eq!(later.status, 200);
}

#[test]
fn suspended_users_cannot_ask_for_anything() {
    let mut state = State::new(Settings {
        suspended: vec!["bad@b.c".into(), "@spam.example".into()],
        ..Settings::default()
    });
    let (_, known) = post(
        &mut state,
        UPSERT,
        &wish("bad@b.c", None, Some("Bad")),
        START_MS,
    );
    assert_eq!(known["user"]["suspended"], true);
    for requester in [
        json!({"requester": "Bad@b.c"}),
        json!({"requester": {"email": "x@spam.example", "name": "Bad"}}),
        json!({"requester_id": known["user"]["id"]}),
    ] {
        let mut ticket = json!({"comment": {"body": "x"}});
        ticket
            .as_object_mut()
            .unwrap()
            .extend(requester.as_object().unwrap().clone());
        let response = state.handle(&create(None, &json!({"ticket": ticket})), START_MS);
        assert_eq!(response.status, 422);
        let expected = json!({"requester": [
            {"description": "Requester: Bad is suspended.", "error": "UserSuspended"},
        ]});
        assert_eq!(body(&response)["details"], expected);
    }
    assert_eq!(state.stats().tickets, 0);
}

#[test]
fn the_search_finds_a_new_user_only_after_a_while() {
    let mut state = State::new(Settings {
        search_lag_ms: 1_000,
        ..Settings::default()
    });
    let user = json!({"user": {"email": "ann@b.c", "name": "Ann"}});
    post(&mut state, "/api/v2/users", &user, START_MS);
    let path = "/api/v2/users/search?query=email:ann@b.c";
    for (after_ms, found) in [(999, 0), (1_000, 1)] {
        let (_, reply) = get(&mut state, path, START_MS + after_ms);
        assert_eq!(reply["users"].as_array().unwrap().len(), found);
    }
}

//! Bulk requests and their jobs.

use serde_json::{Value, json};

use super::{START_MS, ask, body, get, post, request};
use crate::sandbox::state::{Method, Settings, State, User};

const MANY: &str = "/api/v2/tickets/create_many.json";

fn batch(count: usize) -> Value {
    let ticket = |n| json!({"subject": n, "comment": {"body": "x"}, "external_id": n});
    json!({"tickets": (0..count).map(ticket).collect::<Vec<_>>()})
}

fn status(state: &mut State, job: &Value, now_ms: i64) -> Value {
    let id = job["job_status"]["id"].as_str().unwrap();
    let (status, reply) = get(state, &format!("/api/v2/job_statuses/{id}.json"), now_ms);
    assert_eq!(status, 200);
    reply["job_status"].clone()
}

/// The state with a job of so many tickets, done a second after another, from the tenth second.
fn queued(settings: Settings, count: usize) -> (State, Value) {
    let mut state = State::new(Settings {
        job_queue_ms: 9_000,
        job_item_ms: 1_000,
        ..settings
    });
    let (status, job) = post(&mut state, MANY, &batch(count), START_MS);
    assert_eq!(status, 200);
    (state, job)
}

#[test]
fn a_job_is_queued_then_works_then_is_complete() {
    let (mut state, job) = queued(Settings::default(), 5);
    let queued = &job["job_status"];
    assert_eq!(
        (
            &queued["status"],
            &queued["total"],
            &queued["progress"],
            &queued["results"]
        ),
        (&json!("queued"), &json!(5), &Value::Null, &Value::Null)
    );
    assert_eq!(
        status(&mut state, &job, START_MS + 8_999)["status"],
        "queued"
    );
    let working = status(&mut state, &job, START_MS + 12_000);
    assert_eq!(
        (&working["status"], &working["message"], &working["results"]),
        (
            &json!("working"),
            &json!("Creating ticket #3"),
            &Value::Null
        )
    );
    assert_eq!(state.stats().tickets, 3);
    let done = status(&mut state, &job, START_MS + 60_000);
    assert_eq!(
        (&done["status"], &done["progress"], &done["message"]),
        (
            &json!("completed"),
            &json!(5),
            &json!("Completed at 2023-11-14 22:13:34 +0000")
        )
    );
    assert_eq!(state.stats().tickets, 5);
}

#[test]
fn results_come_by_index_and_ids_in_another_order() {
    let (mut state, job) = queued(Settings::default(), 100);
    let done = status(&mut state, &job, START_MS + 200_000);
    let results = done["results"].as_array().unwrap();
    let mut ids = Vec::new();
    for (index, result) in results.iter().enumerate() {
        let keys: Vec<_> = result.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["account_id", "id", "index"]);
        assert_eq!(result["index"], index);
        let id = result["id"].as_u64().unwrap();
        let (_, shown) = get(
            &mut state,
            &format!("/api/v2/tickets/{id}"),
            START_MS + 200_000,
        );
        assert_eq!(shown["ticket"]["external_id"], index.to_string());
        ids.push(id);
    }
    assert!(!ids.is_sorted());
    ids.sort_unstable();
    assert_eq!(ids, (1..=100).collect::<Vec<_>>());
}

#[test]
fn completed_is_not_success_and_failed_is_when_nothing_succeeded() {
    let settings = Settings {
        users_per_s: 0,
        ..Settings::default()
    };
    for (tickets, end, made) in [
        (
            json!([{"comment": "a"}, {}, {"comment": "c"}]),
            "completed",
            2,
        ),
        (json!([{}]), "failed", 0),
        (json!([]), "completed", 0),
    ] {
        let mut state = State::new(settings.clone());
        let (_, job) = post(&mut state, MANY, &json!({"tickets": tickets}), START_MS);
        let done = status(&mut state, &job, START_MS + 60_000);
        assert_eq!(done["status"], end);
        assert_eq!(state.stats().tickets, made);
        let failures = done["results"].as_array().unwrap().iter();
        let failures: Vec<_> = failures.filter(|r| r.get("error").is_some()).collect();
        assert_eq!(
            failures.len() as u64,
            tickets.as_array().unwrap().len() as u64 - made
        );
        for failure in failures {
            assert_eq!(failure["error"], "TicketCreateFailed");
            assert_eq!(failure["details"], "Description: cannot be blank");
        }
    }
}

#[test]
fn imports_by_the_hundred_keep_their_times() {
    let mut state = State::new(Settings::default());
    let past = json!({"tickets": [
        {"comment": "x", "status": "closed", "created_at": "2010-01-01", "external_id": "a"},
    ]});
    let path = "/api/v2/imports/tickets/create_many?archive_immediately=true";
    let (_, job) = post(&mut state, path, &past, START_MS);
    let done = status(&mut state, &job, START_MS + 60_000);
    assert_eq!(done["status"], "completed");
    let now_ms = START_MS + 60_000;
    let (_, list) = get(&mut state, "/api/v2/tickets?external_id=a", now_ms);
    assert_eq!(list["count"], 0);
    let (_, shown) = get(&mut state, "/api/v2/tickets/1", now_ms);
    assert_eq!(shown["ticket"]["created_at"], "2010-01-01T00:00:00Z");
}

#[test]
fn more_than_a_hundred_is_refused_at_once() {
    let mut state = State::new(Settings {
        bulk_users: true,
        ..Settings::default()
    });
    let users = json!({"users": vec![json!({"name": "N"}); 101]});
    for (path, body) in [
        (MANY, &batch(101)),
        ("/api/v2/imports/tickets/create_many", &batch(101)),
        ("/api/v2/users/create_or_update_many", &users),
    ] {
        let (status, reply) = post(&mut state, path, body, START_MS);
        let expected = json!({
            "error": "TooManyValues", "max_count": 100,
            "description": "Parameter  cannot specify more than 100 values",
        });
        assert_eq!((status, reply), (400, expected), "{path}");
    }
    assert_eq!(
        post(&mut state, MANY, &json!({"ticket": {}}), START_MS).0,
        400
    );
    let ids = vec!["1"; 101].join(",");
    let many = request(
        Method::Delete,
        &format!("/api/v2/tickets/destroy_many?ids={ids}"),
    );
    assert_eq!(state.handle(&many, START_MS).status, 400);
}

#[test]
fn there_is_a_limit_to_jobs_at_once() {
    for too_many_jobs_status in [429, 422] {
        let (mut state, first) = queued(
            Settings {
                jobs_max: 2,
                too_many_jobs_status,
                ..Settings::default()
            },
            1,
        );
        let second = ask(&mut state, Method::Post, MANY, &batch(1), START_MS);
        let header = second.header("zendesk-ratelimit-inflight-jobs");
        assert_eq!(header, Some("total=2; remaining=0; resets=60"));
        let third = ask(&mut state, Method::Post, MANY, &batch(1), START_MS);
        assert_eq!(third.status, too_many_jobs_status);
        assert_eq!(
            third.header("retry-after").is_some(),
            too_many_jobs_status == 429
        );
        let reply = body(&third);
        let ids = json!([first["job_status"]["id"], body(&second)["job_status"]["id"]]);
        assert_eq!(
            (&reply["error"], &reply["current_job_ids"]),
            (&json!("TooManyJobs"), &ids)
        );
        let later = post(&mut state, MANY, &batch(1), START_MS + 10_000);
        assert_eq!(later.0, 200);
    }
}

#[test]
fn jobs_are_listed_and_forgotten_and_may_be_killed() {
    let (mut state, job) = queued(
        Settings {
            jobs_killed_after: Some(2),
            ..Settings::default()
        },
        5,
    );
    let killed = status(&mut state, &job, START_MS + 60_000);
    assert_eq!(
        (&killed["status"], &killed["results"]),
        (&json!("killed"), &Value::Null)
    );
    assert_eq!(state.stats().tickets, 2);
    let id = job["job_status"]["id"].as_str().unwrap().to_owned();
    let many = format!("/api/v2/job_statuses/show_many?ids={id},none");
    for path in ["/api/v2/job_statuses", &many] {
        let (_, list) = get(&mut state, path, START_MS + 60_000);
        assert_eq!(
            (&list["count"], &list["job_statuses"][0]["id"]),
            (&json!(1), &json!(id))
        );
    }
    let day_ms = START_MS + 24 * 3_600_000;
    let path = format!("/api/v2/job_statuses/{id}");
    assert_eq!(get(&mut state, &path, day_ms).1["error"], "RecordNotFound");
    assert_eq!(
        get(&mut state, "/api/v2/job_statuses", day_ms).1["count"],
        0
    );
}

#[test]
fn users_in_bulk_have_to_be_allowed_and_then_say_who_they_are() {
    let path = "/api/v2/users/create_or_update_many.json";
    let users = json!({"users": [
        {"email": "a@b.c", "name": "A", "external_id": "e1"},
        {"email": "nobody", "name": "N"},
        {"email": "admin@sandbox.example", "name": "Sandbox Admin"},
    ]});
    let mut state = State::new(Settings::default());
    let (status_code, reply) = post(&mut state, path, &users, START_MS);
    assert_eq!(
        (status_code, &reply["error"]["title"]),
        (403, &json!("Forbidden"))
    );
    state.set_settings(Settings {
        bulk_users: true,
        ..Settings::default()
    });
    let (_, job) = post(&mut state, path, &users, START_MS);
    let done = status(&mut state, &job, START_MS + 60_000);
    let id = state.users.of_email("a@b.c").map(|user: &User| user.id);
    let made = json!({
        "id": id, "external_id": "e1", "email": "a@b.c",
        "action": "create", "status": "Created", "success": true,
    });
    assert_eq!(result_of(&done, "a@b.c"), made);
    assert_eq!(result_of(&done, "nobody")["error"], "UserCreateFailed");
    let admin = result_of(&done, "admin@sandbox.example");
    assert_eq!(admin["action"], "update");
}

#[test]
fn a_bulk_request_that_only_makes_users_refuses_those_who_are_there() {
    let mut state = State::new(Settings {
        bulk_users: true,
        ..Settings::default()
    });
    let users = json!({"users": [
        {"email": "Admin@sandbox.example", "name": "Renamed"},
        {"email": "a@b.c", "name": "A"},
    ]});
    let (_, job) = post(&mut state, "/api/v2/users/create_many", &users, START_MS);
    let done = status(&mut state, &job, START_MS + 60_000);
    let admin = result_of(&done, "Admin@sandbox.example");
    assert_eq!(admin["error"], "UserCreateFailed");
    assert_eq!(result_of(&done, "a@b.c")["status"], "Created");
    let admin = state.users.of_email("admin@sandbox.example");
    let name = admin.map(|user: &User| user.name.as_str());
    assert_eq!(name, Some("Sandbox Admin"));
}

/// The result of the user with this address: they come without a place, and in another order.
fn result_of(job: &Value, email: &str) -> Value {
    let mut results = job["results"].as_array().unwrap().iter();
    results.find(|one| one["email"] == email).unwrap().clone()
}

#[test]
fn tickets_are_deleted_in_bulk() {
    let mut state = State::new(Settings::default());
    for n in 0..3 {
        state.handle(
            &super::create(None, &super::ticket(&n.to_string())),
            START_MS,
        );
    }
    let path = "/api/v2/tickets/destroy_many?ids=1,3,9";
    let job = body(&state.handle(&request(Method::Delete, path), START_MS));
    let done = status(&mut state, &job, START_MS + 60_000);
    assert_eq!(done["status"], "completed");
    assert_eq!(done["results"][2]["error"], "TicketDeleteFailed");
    let (_, deleted) = get(&mut state, "/api/v2/deleted_tickets", START_MS + 60_000);
    let ids: Vec<_> = deleted["deleted_tickets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| &t["id"])
        .collect();
    assert_eq!(ids, [1, 3]);
    assert_eq!(state.stats().tickets, 1);
}

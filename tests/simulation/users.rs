//! Requests about the authors of comments, and whether tickets have the right ones.

use serde_json::{Value, json};
use zendesk_migrate::model::reply::{Answer, Verdict};
use zendesk_migrate::sandbox::http::{Method, Request, Response};
use zendesk_migrate::sandbox::state::{State, User};
use zendesk_migrate::zendesk::{Heard, UserAnswer, UserQuestion};

use crate::network;

/// Authors of even numbers are users from the beginning, under a name that no file has.
pub(crate) const NAME: &str = "As they are called";

/// The author whom the account refuses, where it refuses one.
pub(crate) const REFUSED: &str = "a1@example.com";

pub(crate) fn known_before(server: &mut State, authors: u64, now_ms: i64) {
    for n in (0..authors).step_by(2) {
        let user = json!({"user": {"name": NAME, "email": format!("a{n}@example.com")}});
        server.handle(&post("/api/v2/users", &user), now_ms);
    }
}

fn post(path: &str, body: &Value) -> Request {
    let mut request = network::get(path, Vec::new());
    request.method = Method::Post;
    request.body = body.to_string().into_bytes();
    request
}

pub(crate) fn request(question: &UserQuestion) -> Request {
    let get =
        |path: &str, name: &str, value: String| network::get(path, vec![(name.to_owned(), value)]);
    match question {
        UserQuestion::Find(email) => get(
            "/api/v2/users/search",
            "query",
            format!("email:\"{email}\""),
        ),
        UserQuestion::Make(person) => post("/api/v2/users", &json!({"user": person})),
        UserQuestion::Claim(email) => {
            let user = json!({"user": {"email": email}});
            post("/api/v2/users/create_or_update", &user)
        }
        UserQuestion::MakeMany(people) => {
            post("/api/v2/users/create_many", &json!({"users": people}))
        }
        UserQuestion::Job(id) => {
            let path = format!("/api/v2/job_statuses/{}", id.raw());
            network::get(&path, Vec::new())
        }
        UserQuestion::Show(ids) => {
            let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
            get("/api/v2/users/show_many", "ids", ids.join(","))
        }
    }
}

pub(crate) fn answer(question: &UserQuestion, response: &Response) -> Answer<UserAnswer> {
    let Answer { answer, meta } = network::answered(response);
    let json: Option<Value> = serde_json::from_slice(&response.body).ok();
    let answer = answer.and_then(|()| {
        let json = json.ok_or(Verdict::Unreadable)?;
        Ok(read(question, &json))
    });
    Answer { answer, meta }
}

fn read(question: &UserQuestion, json: &Value) -> UserAnswer {
    let named = |list: &Value| -> Vec<(Heard, u64)> {
        let list = list.as_array().into_iter().flatten();
        list.filter(|one| one["error"].is_null())
            .map(|one| (one["email"].as_str().unwrap().into(), id(one)))
            .collect()
    };
    match question {
        UserQuestion::Find(_) => match json["users"].as_array().unwrap().first() {
            Some(user) => UserAnswer::User(id(user)),
            None => UserAnswer::Nobody,
        },
        UserQuestion::Make(_) | UserQuestion::Claim(_) => UserAnswer::User(id(&json["user"])),
        UserQuestion::MakeMany(_) => {
            UserAnswer::Queued(json["job_status"]["id"].as_str().unwrap().into())
        }
        UserQuestion::Job(_) => match json["job_status"]["status"].as_str().unwrap() {
            "queued" | "working" => UserAnswer::Working,
            _ => UserAnswer::Ended {
                users: named(&json["job_status"]["results"]),
                without_address: Vec::new(),
            },
        },
        UserQuestion::Show(_) => UserAnswer::Users(named(&json["users"])),
    }
}

fn id(user: &Value) -> u64 {
    user["id"].as_u64().unwrap()
}

/// Each comment that is sent has the user whose address its author has.
pub(crate) fn check_authors(server: &State, scanned: &[u8], sent: &[u8]) {
    let mut scanned: Value = serde_json::from_slice(scanned).unwrap();
    let mut sent: Value = serde_json::from_slice(sent).unwrap();
    let authors = scanned["ticket"]["comments"].as_array_mut().unwrap();
    let users = sent["ticket"]["comments"].as_array_mut().unwrap();
    for (author, user) in authors.iter_mut().zip(users.iter_mut()) {
        let author = author.as_object_mut().unwrap().remove("author").unwrap();
        let user = user.as_object_mut().unwrap().remove("author_id").unwrap();
        let known = server.users().iter().find(|known| known.id == user);
        let email = known.and_then(|known: &User| known.email.clone());
        assert_eq!(email.as_deref(), author["email"].as_str(), "another author");
    }
    assert_eq!(scanned, sent, "other bytes");
}

/// Nobody is there twice, and nobody is called otherwise than before.
pub(crate) fn check_users(server: &State, authors: u64, context: &str) {
    for n in 0..authors {
        let email = format!("a{n}@example.com");
        let users = server.users().iter();
        let users = users.filter(|user| user.email.as_deref() == Some(&email));
        let names: Vec<&str> = users.map(|user| user.name.as_str()).collect();
        assert!(names.len() <= 1, "{email} is there twice: {context}");
        let name = format!("Author {n}");
        let name = if n % 2 == 0 { NAME } else { &name };
        assert!(names.iter().all(|one| *one == name), "{names:?}: {context}");
    }
}

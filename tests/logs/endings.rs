//! Replies that end a run or come before its end, and repeat the credentials.

use serde_json::json;

use super::echoes::repeating;
use super::forms::percent;
use super::server::{Asked, Reply, number};

/// A reply that ends a run or comes before it: what it is called, the command, how that ends, what is
/// asked, the status and the body.
pub(super) type Case = (
    &'static str,
    &'static str,
    i32,
    &'static str,
    u16,
    &'static str,
);

pub(super) const ENDINGS: [Case; 11] = [
    (
        "a foreign external_id",
        RUN,
        1,
        CREATE,
        201,
        r#"{"ticket":{"id":7,"external_id":"@"}}"#,
    ),
    (
        "a forbidden create",
        RUN,
        3,
        CREATE,
        403,
        r#"{"error":"Forbidden","description":"@"}"#,
    ),
    (
        "an unknown account",
        RUN,
        1,
        CREATE,
        404,
        "<title>@</title>No such account: @",
    ),
    (
        "a user who is not seen",
        RUN,
        7,
        "/api/v2/users/me",
        403,
        REFUSED,
    ),
    (
        "a role",
        "run rows.csv --endpoint imports",
        1,
        "/api/v2/users/me",
        200,
        USER,
    ),
    (
        "triggers",
        RUN,
        1,
        "/api/v2/triggers",
        200,
        r#"{"triggers":[{"title":"@"}],"count":1}"#,
    ),
    (
        "a field that is off",
        MAPPED,
        1,
        FIELD,
        200,
        r#"{"ticket_field":{"title":"@","active":false}}"#,
    ),
    ("options of a field", MAPPED, 1, FIELD, 200, OPTIONS),
    (
        "a field that is not seen",
        MAPPED,
        0,
        FIELD,
        403,
        r#"{"error":{"title":"@","message":"@"}}"#,
    ),
    (
        "a refused token",
        RUN,
        7,
        "/oauth",
        401,
        r#"{"error":"x","error_description":"@"}"#,
    ),
    (
        "a token that is none",
        BRIEFLY,
        4,
        "/oauth",
        200,
        r#"{"access_token":["@"]}"#,
    ),
];

pub(super) const RUN: &str = "run rows.csv";
/// What may pass is asked for five times otherwise.
pub(super) const BRIEFLY: &str = "run rows.csv --max-duration 1s";
pub(super) const MAPPED: &str = "run rows.csv -m map.toml";
pub(super) const CREATE: &str = "/api/v2/tickets#create";
pub(super) const FIELD: &str = "/api/v2/ticket_fields";
pub(super) const REFUSED: &str = r#"{"error":"@","description":"@"}"#;
pub(super) const USER: &str = r#"{"user":{"id":5,"role":"@","name":"@","email":"@"}}"#;
pub(super) const OPTIONS: &str = r#"{"ticket_field":{"title":"T","active":true,"type":"tagger",
    "custom_field_options":[{"value":"@"}]}}"#;

pub(super) type OtherCase = (&'static str, &'static str, i32, fn(&Asked) -> Option<Reply>);

/// Replies that say it elsewhere than in a whole body.
pub(super) const OTHER_ENDINGS: [OtherCase; 5] = [
    ("a redirect of a create", RUN, 1, |asked| {
        asked.is_create().then(|| redirect(asked))
    }),
    ("a redirect of a question", RUN, 1, |asked| {
        asked.path.contains("/me").then(|| redirect(asked))
    }),
    ("a redirect of a token", BRIEFLY, 4, |asked| {
        asked.path.contains("oauth").then(|| redirect(asked))
    }),
    ("a warning and a request id", RUN, 0, |asked| {
        let text = asked.secrets().join(" ");
        let warning = format!("{{:unpermitted_keys=>[\"{text}\"]}}");
        let reply = created(asked, asked.external_id()).with("x-idempotency-lookup", "miss".into());
        let reply = reply
            .with("x-zendesk-api-warn", warning)
            .with("x-request-id", text);
        asked.is_create().then_some(reply)
    }),
    (
        "a reply that breaks off, and a refused lookup",
        "run rows.csv --lookup-settle 1s",
        1,
        |asked| {
            if asked.is_create() {
                let mut reply =
                    Reply::new(422, repeating(asked, 0, r#"{"error":"X","description":"@"#));
                reply.missing = 100;
                return Some(reply);
            }
            at(asked, "/api/v2/tickets?ext", 422, REFUSED)
        },
    ),
];

pub(super) fn redirect(asked: &Asked) -> Reply {
    let secrets = asked.secrets();
    let to = format!(
        "https://elsewhere.example/{}?{}",
        secrets.join(","),
        percent(&secrets.join("&"), false)
    );
    Reply::new(302, "").with("location", to)
}

pub(super) fn created(asked: &Asked, external_id: &str) -> Reply {
    let id = 1000 + number(asked.external_id());
    Reply::new(
        201,
        json!({"ticket": {"id": id, "external_id": external_id}}).to_string(),
    )
}

pub(super) fn at(asked: &Asked, path: &str, status: u16, json: &str) -> Option<Reply> {
    let is_it = match path {
        CREATE => asked.is_create(),
        path => asked.path.starts_with(path),
    };
    is_it.then(|| Reply::new(status, repeating(asked, 0, json)))
}

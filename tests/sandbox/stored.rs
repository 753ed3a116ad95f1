//! What a restart on the same file keeps of imports, users, changes and jobs.

use serde_json::{Value, json};
use zendesk_migrate::sandbox::server::{Config, start};
use zendesk_migrate::sandbox::settings::Settings;

use super::{Client, with_data};

fn post(client: &mut Client, path: &str, body: &Value) -> Value {
    client.ask("POST", path, &body.to_string()).json()
}

#[test]
fn a_restart_keeps_imports_users_changes_and_what_a_job_has_left_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.sqlite3");
    let config = || Config {
        settings: Settings {
            job_queue_ms: 3_600_000,
            ..Settings::default()
        },
        ..with_data(&path)
    };
    let server = start(config()).unwrap();
    let mut client = Client::to(server.address());
    let user = json!({"user": {"email": "a@b.c", "name": "A", "external_id": "X"}});
    let user = post(&mut client, "/api/v2/users/create_or_update", &user);
    let id = &user["user"]["id"];
    let past = json!({"ticket": {
        "status": "closed", "created_at": "2010-01-01T00:00:00Z", "external_id": "old",
        "comments": [{"author_id": id, "body": "one"}, {"author_id": id, "body": "two"}],
    }});
    let import = "/api/v2/imports/tickets?archive_immediately=true";
    assert_eq!(post(&mut client, import, &past)["ticket"]["id"], 1);
    client.create("k").unwrap();
    let change = r#"{"ticket":{"status":"solved"}}"#;
    assert_eq!(client.ask("PUT", "/api/v2/tickets/2", change).status, 200);
    let batch = json!({"tickets": [{"comment": "x"}, {"comment": "y"}]});
    let job = post(&mut client, "/api/v2/tickets/create_many", &batch);
    let paths = [
        "/api/v2/tickets/1".to_owned(),
        "/api/v2/tickets/1/comments".to_owned(),
        "/api/v2/tickets/2".to_owned(),
        "/api/v2/tickets?external_id=old".to_owned(),
        "/api/v2/users/search?external_id=x".to_owned(),
        format!(
            "/api/v2/job_statuses/{}",
            job["job_status"]["id"].as_str().unwrap()
        ),
    ];
    // Links in replies name the host, which is the same for both.
    let told = |client: &mut Client| {
        paths
            .clone()
            .map(|path| client.ask("GET", &path, "").json())
    };
    let before = told(&mut client);
    assert_eq!(before[1]["count"], 2);
    assert_eq!(before[2]["ticket"]["status"], "solved");
    assert_eq!(before[3]["count"], 0);
    server.stop();

    let server = start(config()).unwrap();
    let mut client = Client::to(server.address());
    assert_eq!(told(&mut client), before);
    client.ask("POST", "/sandbox/clock", r#"{"advance_seconds": 7200}"#);
    let stats = client.ask("GET", "/sandbox/stats", "").json();
    assert_eq!(stats["tickets"], 4);
}

#[test]
fn a_file_of_the_first_format_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.sqlite3");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        r#"
        PRAGMA application_id = 0x7a647362; PRAGMA user_version = 1;
        CREATE TABLE numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT NOT NULL,
            made_ms INTEGER NOT NULL) STRICT;
        CREATE TABLE tickets (id INTEGER PRIMARY KEY, made_ms INTEGER NOT NULL,
            requester_id INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
            source BLOB NOT NULL) STRICT;
        CREATE TABLE keys (nth INTEGER PRIMARY KEY, key TEXT NOT NULL, first_ms INTEGER NOT NULL,
            body_hash BLOB NOT NULL, ticket_id INTEGER, status INTEGER, content_type TEXT,
            body BLOB) STRICT;
        INSERT INTO users VALUES (900000002, 'a@b.c', 'A', 5000);
        INSERT INTO tickets VALUES (1, 5000, 900000002, 0,
            CAST('{"ticket":{"comment":{"body":"x"}}}' AS BLOB));
        INSERT INTO tickets VALUES (2, 5000, 900000002, 1,
            CAST('{"ticket":{"comment":{"body":"y"}}}' AS BLOB));
        "#,
    )
    .unwrap();
    drop(db);
    let server = start(with_data(&path)).unwrap();
    let mut client = Client::to(server.address());
    let ticket = client.ask("GET", "/api/v2/tickets/1", "").json();
    assert_eq!(ticket["ticket"]["created_at"], "1970-01-01T00:00:05Z");
    let user = client.ask("GET", "/api/v2/users/900000002", "").json();
    assert_eq!(
        (&user["user"]["email"], &user["user"]["role"]),
        (&json!("a@b.c"), &json!("end-user"))
    );
    assert_eq!(client.ask("GET", "/sandbox/stats", "").json()["tickets"], 1);
    let past = json!({"ticket": {"comment": "old", "status": "closed"}});
    assert_eq!(
        post(&mut client, "/api/v2/imports/tickets", &past)["ticket"]["id"],
        3
    );
}

//! The double over a real socket: what a client sees when things go well, and when they do not.

#![allow(clippy::unwrap_used, reason = "a broken expectation is a failed test")]

mod flags;
mod shapes;
mod stored;

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use serde_json::{Value, json};
use zendesk_migrate::sandbox::faults::Faults;
use zendesk_migrate::sandbox::server::{Config, Server, start};

/// A connection that speaks as little HTTP as it can get away with.
struct Client {
    stream: TcpStream,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn has(&self, header: &str) -> bool {
        self.head
            .lines()
            .any(|line| line.eq_ignore_ascii_case(header))
    }
}

impl Client {
    fn to(address: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(address).unwrap(),
        }
    }

    fn send(&mut self, method: &str, path: &str, key: &str, body: &str) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: sandbox\r\nauthorization: Bearer t\r\n\
             idempotency-key: {key}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).unwrap();
    }

    fn head(&mut self) -> std::io::Result<String> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if self.stream.read(&mut byte)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            head.push(byte[0]);
        }
        Ok(String::from_utf8(head).unwrap())
    }

    fn reply(&mut self) -> std::io::Result<Reply> {
        let head = self.head()?;
        let mut body = vec![0; length(&head)];
        self.stream.read_exact(&mut body)?;
        Ok(Reply {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head,
            body,
        })
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Reply {
        self.send(method, path, "", body);
        self.reply().unwrap()
    }

    fn create(&mut self, key: &str) -> std::io::Result<Reply> {
        self.send("POST", "/api/v2/tickets.json", key, &ticket(key));
        self.reply()
    }
}

fn length(head: &str) -> usize {
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    line.map_or(0, |length| length.parse().unwrap())
}

fn ticket(external_id: &str) -> String {
    json!({"ticket": {"external_id": external_id, "comment": {"body": "hello"}}}).to_string()
}

fn stats(server: &Server) -> Value {
    Client::to(server.address())
        .ask("GET", "/sandbox/stats", "")
        .json()
}

fn with_data(path: &Path) -> Config {
    Config {
        data: Some(path.to_owned()),
        ..Config::default()
    }
}

fn once(mut faults: Faults) -> Config {
    faults.at_most = Some(1);
    Config {
        faults,
        ..Config::default()
    }
}

#[test]
fn many_requests_share_one_connection() {
    let server = start(Config::default()).unwrap();
    let mut client = Client::to(server.address());
    for n in 0..100 {
        let reply = client.create(&format!("key-{n}")).unwrap();
        assert_eq!(reply.status, 201);
        assert!(reply.has("x-idempotency-lookup: miss"), "{}", reply.head);
        assert_eq!(reply.json()["ticket"]["id"], n + 1);
    }
    assert_eq!(stats(&server)["tickets"], 100);
    server.stop();
}

#[test]
fn requests_that_are_sent_before_a_reply_are_answered_in_their_order() {
    let server = start(Config::default()).unwrap();
    let mut client = Client::to(server.address());
    for n in 0..10 {
        client.send(
            "POST",
            "/api/v2/tickets",
            &format!("key-{n}"),
            &ticket(&n.to_string()),
        );
    }
    for n in 0..10 {
        assert_eq!(
            client.reply().unwrap().json()["ticket"]["external_id"],
            n.to_string()
        );
    }
}

#[test]
fn a_request_that_is_lost_on_the_way_made_nothing() {
    let server = start(once(Faults {
        lost_before: 1.0,
        ..Faults::default()
    }))
    .unwrap();
    let error = Client::to(server.address()).create("k").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(stats(&server)["tickets"], 0);
    let reply = Client::to(server.address()).create("k").unwrap();
    assert!(reply.has("x-idempotency-lookup: miss"), "{}", reply.head);
}

#[test]
fn a_reply_that_is_lost_on_the_way_left_a_ticket_behind() {
    let server = start(once(Faults {
        lost_after: 1.0,
        ..Faults::default()
    }))
    .unwrap();
    let error = Client::to(server.address()).create("k").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(stats(&server)["tickets"], 1);
    let reply = Client::to(server.address()).create("k").unwrap();
    assert!(reply.has("x-idempotency-lookup: hit"), "{}", reply.head);
    assert_eq!(stats(&server)["tickets"], 1);
}

#[test]
fn a_reply_that_is_cut_shows_its_headers_and_half_of_its_body() {
    let server = start(once(Faults {
        cut: 1.0,
        ..Faults::default()
    }))
    .unwrap();
    let mut client = Client::to(server.address());
    client.send("POST", "/api/v2/tickets", "k", &ticket("k"));
    let head = client.head().unwrap();
    assert!(head.starts_with("HTTP/1.1 201"), "{head}");
    let mut body = Vec::new();
    let error = client.stream.read_to_end(&mut body).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(body.len(), length(&head) / 2);
    assert_eq!(stats(&server)["tickets"], 1);
}

#[test]
fn a_request_that_is_delivered_twice_makes_one_ticket() {
    let server = start(once(Faults {
        duplicate: 1.0,
        ..Faults::default()
    }))
    .unwrap();
    let reply = Client::to(server.address()).create("k").unwrap();
    assert!(reply.has("x-idempotency-lookup: hit"), "{}", reply.head);
    assert_eq!(stats(&server)["tickets"], 1);
}

#[test]
fn faults_and_settings_can_be_changed_while_it_runs() {
    let server = start(Config::default()).unwrap();
    let mut client = Client::to(server.address());
    assert_eq!(
        client
            .ask(
                "POST",
                "/sandbox/faults",
                r#"{"error_503": 1, "nonsense": 1}"#
            )
            .status,
        400
    );
    assert_eq!(
        client
            .ask(
                "POST",
                "/sandbox/faults",
                r#"{"error_503": 1, "retry_after_s": 7}"#
            )
            .status,
        200
    );
    let reply = client.create("k").unwrap();
    assert_eq!(reply.status, 503);
    assert!(reply.has("retry-after: 7"), "{}", reply.head);
    assert_eq!(client.ask("POST", "/sandbox/faults", "{}").status, 200);
    assert_eq!(
        client
            .ask("POST", "/sandbox/settings", r#"{"rpm": 2}"#)
            .json()["role"],
        "admin"
    );
    let statuses: Vec<_> = (0..3)
        .map(|n| client.create(&n.to_string()).unwrap().status)
        .collect();
    assert_eq!(statuses, [201, 201, 429]);
    assert_eq!(
        client.ask("GET", "/sandbox/stats", "").json()["throttled"],
        1
    );
}

#[test]
fn a_restart_on_the_same_file_keeps_tickets_keys_and_the_clock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.sqlite3");
    let server = start(with_data(&path)).unwrap();
    let mut client = Client::to(server.address());
    let first = client.create("k").unwrap();
    client.create("other").unwrap();
    assert_eq!(client.ask("DELETE", "/api/v2/tickets/2", "").status, 204);
    client.ask("POST", "/sandbox/clock", r#"{"advance_seconds": 7100}"#);
    server.stop();

    let server = start(with_data(&path)).unwrap();
    let mut client = Client::to(server.address());
    assert_eq!(stats(&server)["tickets"], 1);
    let again = client.create("k").unwrap();
    assert!(again.has("x-idempotency-lookup: hit"), "{}", again.head);
    assert_eq!(again.body, first.body);
    client.ask("POST", "/sandbox/clock", r#"{"advance_seconds": 100}"#);
    let late = client.create("k").unwrap();
    assert!(late.has("x-idempotency-lookup: miss"), "{}", late.head);
    assert_eq!(stats(&server)["duplicates"], 1);
}

#[test]
fn a_server_that_dies_at_any_moment_has_kept_what_it_answered() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.sqlite3");
    let server = start(with_data(&path)).unwrap();
    let mut client = Client::to(server.address());
    for round in 0..5 {
        let last = client.create(&format!("key-{round}")).unwrap();
        // What the kernel holds now is what the death of the process would leave behind.
        let left = folder.path().join(format!("left-{round}.sqlite3"));
        std::fs::copy(&path, &left).unwrap();
        let log = |path: &Path| path.with_extension("sqlite3-wal");
        std::fs::copy(log(&path), log(&left)).unwrap();
        let heir = start(with_data(&left)).unwrap();
        assert_eq!(stats(&heir)["tickets"], round + 1);
        let again = Client::to(heir.address())
            .create(&format!("key-{round}"))
            .unwrap();
        assert!(again.has("x-idempotency-lookup: hit"), "{}", again.head);
        assert_eq!(again.body, last.body);
    }
}

#[test]
fn the_file_is_private_and_belongs_to_one_server() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.sqlite3");
    let _server = start(with_data(&path)).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let second = start(with_data(&path)).unwrap_err().to_string();
    assert!(second.contains("in use"), "{second}");
}

#[test]
fn a_file_that_is_not_ours_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "not a database, and long enough to have a header of its own".repeat(20),
    )
    .unwrap();
    let foreign = folder.path().join("foreign.sqlite3");
    let db = rusqlite::Connection::open(&foreign).unwrap();
    db.execute_batch("CREATE TABLE t (x); PRAGMA application_id = 7;")
        .unwrap();
    drop(db);
    for path in [text, foreign] {
        let before = std::fs::read(&path).unwrap();
        let refusal = start(with_data(&path)).unwrap_err().to_string();
        assert!(refusal.contains("not a sandbox file"), "{refusal}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[test]
fn only_loopback_addresses_are_served() {
    let listen = SocketAddr::from(([0, 0, 0, 0], 0));
    let refusal = start(Config {
        listen,
        ..Config::default()
    })
    .unwrap_err()
    .to_string();
    assert!(refusal.contains("loopback"), "{refusal}");
}

#[tokio::test]
async fn it_serves_a_client_that_lives_in_a_runtime_of_its_own() {
    let server = start(Config::default()).unwrap();
    let url = format!("http://{}/api/v2/users/me", server.address());
    let reply = reqwest::Client::new()
        .get(url)
        .basic_auth("a@b.c/token", Some("s"))
        .send()
        .await;
    let me: Value = serde_json::from_slice(&reply.unwrap().bytes().await.unwrap()).unwrap();
    assert_eq!(me["user"]["role"], "admin");
}

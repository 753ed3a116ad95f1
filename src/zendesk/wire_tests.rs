//! What a create puts on the wire, and how often: at most once for each call, whatever breaks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::raw_server::{Act, RawServer, reply};
use super::{Account, Client, Credentials, Timeouts};
use crate::model::ids::{Fingerprint, Key, RowNumber, TicketId};
use crate::model::intent::{Durable, Intent, Route, Trust};
use crate::model::reply::{KeyLookup, Reply, Verdict};
use crate::model::time::ServerTime;

const SECRET: &str = "hunter2hunter2";

fn client_at(url: &str) -> Client {
    let timeouts = Timeouts {
        connect: Duration::from_secs(1),
        total: Duration::from_millis(1500),
    };
    Client::new(
        Account::from_url(url).unwrap(),
        Credentials::Bearer(SECRET.into()),
        timeouts,
        || crate::model::time::Monotonic(0),
    )
    .unwrap()
}

fn client(server: &RawServer) -> Client {
    client_at(&format!("http://127.0.0.1:{}", server.port))
}

fn intent_for(client: &Client, body: &[u8]) -> Durable<Intent> {
    Durable::mint(Intent {
        row: RowNumber(1),
        external_id: "A-1".into(),
        key: Key::random(),
        body: Arc::from(body),
        fingerprint: Fingerprint::of(body),
        route: Route {
            method: "POST".to_owned(),
            path: "/api/v2/tickets".to_owned(),
            host: client.account().host().to_owned(),
            user: 1,
        },
        trust: Trust::Key,
        highest_ticket: None,
        first_sent_at: ServerTime(0),
        sent_at: ServerTime(0),
        attempt: 1,
    })
}

async fn create(client: &Client) -> Reply {
    client
        .create(&intent_for(client, br#"{"ticket":{"external_id":"A-1"}}"#))
        .await
}

fn made() -> String {
    let head =
        "content-type: application/json\r\nx-idempotency-lookup: miss\r\nx-rate-limit: 700\r\n";
    reply(
        "201 Created",
        head,
        r#"{"ticket":{"id":33,"external_id":"A-1"}}"#,
    )
}

fn is_made(reply: &Reply) -> bool {
    reply.verdict
        == Verdict::Created {
            ticket: TicketId(33),
            external_id: Some("A-1".to_owned()),
        }
}

#[tokio::test]
async fn a_create_sends_the_exact_bytes_under_its_key() {
    let server = RawServer::start([Act::Reply(made())]).await;
    let client = client(&server);
    let body = b"{ \"ticket\" : {\"subject\":\"\\u00e4 \xc3\xa4\"}}";
    let intent = intent_for(&client, body);
    let reply = client.create(&intent).await;
    assert!(is_made(&reply), "{reply:?}");
    assert_eq!(reply.meta.status, Some(201));
    assert_eq!(reply.meta.key_lookup, Some(KeyLookup::Miss));
    let [seen] = &server.seen()[..] else {
        panic!("one request");
    };
    assert_eq!(seen.line, "POST /api/v2/tickets HTTP/1.1");
    assert_eq!(seen.body, body);
    assert_eq!(
        seen.header("idempotency-key"),
        Some(intent.key.to_string().as_str())
    );
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert_eq!(
        seen.header("authorization"),
        Some(format!("Bearer {SECRET}").as_str())
    );
    let agent = seen.header("user-agent").unwrap();
    assert_eq!(
        agent,
        concat!("zendesk-migrate/", env!("CARGO_PKG_VERSION"))
    );
}

#[tokio::test]
async fn an_api_token_is_sent_as_basic_credentials() {
    let server = RawServer::start([Act::Reply(made())]).await;
    let account = Account::from_url(&format!("http://127.0.0.1:{}", server.port)).unwrap();
    let credentials = Credentials::ApiToken {
        email: "me@example.com".to_owned(),
        token: "abc".into(),
    };
    let client = Client::new(account, credentials, Timeouts::default(), || {
        crate::model::time::Monotonic(0)
    })
    .unwrap();
    create(&client).await;
    let expected = "Basic bWVAZXhhbXBsZS5jb20vdG9rZW46YWJj";
    assert_eq!(server.seen()[0].header("authorization"), Some(expected));
}

#[tokio::test]
async fn connections_are_kept_between_creates() {
    let server = RawServer::start(vec![Act::Reply(made()); 20]).await;
    let client = client(&server);
    for _ in 0..20 {
        assert!(is_made(&create(&client).await));
    }
    assert_eq!((server.seen().len(), server.connections()), (20, 1));
}

#[tokio::test]
async fn a_connection_closed_while_idle_costs_no_create_and_doubles_none() {
    let pauses = [0, 0, 1, 0, 2].map(Duration::from_millis);
    let acts = (0..400).map(|turn| Act::ReplyThenClose(made(), pauses[turn % pauses.len()]));
    let server = RawServer::start(acts).await;
    let client = client(&server);
    let mut calls = 0;
    let mut lost = 0;
    for turn in 0..200_u64 {
        if turn % 3 == 0 {
            tokio::time::sleep(Duration::from_micros(300 * (turn % 11))).await;
        }
        calls += 1;
        match create(&client).await.verdict {
            Verdict::Created { .. } => {}
            Verdict::Lost(_) => lost += 1,
            other => panic!("neither made nor lost: {other:?}"),
        }
    }
    let mut by_key = HashMap::new();
    for seen in server.seen() {
        *by_key
            .entry(seen.header("idempotency-key").unwrap().to_owned())
            .or_insert(0) += 1;
    }
    assert!(by_key.values().all(|times| *times == 1), "{by_key:?}");
    assert!(server.connections() > 1);
    assert!(by_key.len() <= calls && by_key.len() + lost >= calls);
}

#[tokio::test]
async fn a_reused_connection_that_breaks_after_the_request_is_lost_and_not_repeated() {
    for breaking in [
        Act::CloseAfterHead,
        Act::CloseAfterRequest,
        Act::Reset(String::new()),
        Act::Reset("HTTP/1.1 201 Cre".to_owned()),
        Act::Cut("HTTP/1.1 201 Created\r\ncontent-le".to_owned()),
        Act::Stall,
    ] {
        let server =
            RawServer::start([Act::Reply(made()), breaking.clone(), Act::Reply(made())]).await;
        let client = client(&server);
        assert!(is_made(&create(&client).await));
        let broken = create(&client).await;
        assert!(
            matches!(broken.verdict, Verdict::Lost(_)),
            "{breaking:?}: {broken:?}"
        );
        assert_eq!(broken.meta.status, None);
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(server.seen().len(), 2, "{breaking:?}");
        assert!(is_made(&create(&client).await), "{breaking:?}");
    }
}

#[tokio::test]
async fn a_fresh_connection_that_breaks_is_lost_and_not_repeated() {
    for breaking in [
        Act::CloseAfterHead,
        Act::CloseAfterRequest,
        Act::Reset(String::new()),
    ] {
        let server = RawServer::start([breaking.clone()]).await;
        let client = client(&server);
        let broken = create(&client).await;
        assert!(
            matches!(broken.verdict, Verdict::Lost(_)),
            "{breaking:?}: {broken:?}"
        );
        assert_eq!(server.seen().len(), 1, "{breaking:?}");
    }
}

#[tokio::test]
async fn half_a_body_of_a_success_is_unreadable_and_not_repeated() {
    let half = made()[..made().len() - 2].to_owned();
    let chunked =
        "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{\"ti\r\n".to_owned();
    for breaking in [Act::Reset(half.clone()), Act::Cut(half), Act::Cut(chunked)] {
        let server = RawServer::start([Act::Reply(made()), breaking.clone()]).await;
        let client = client(&server);
        assert!(is_made(&create(&client).await));
        let broken = create(&client).await;
        // A reset may overtake the bytes before it; then there is no status either.
        let is_known = broken.verdict == Verdict::Unreadable && broken.meta.status == Some(201);
        let is_lost = matches!(broken.verdict, Verdict::Lost(_));
        assert!(
            is_known || (is_lost && matches!(breaking, Act::Reset(_))),
            "{broken:?}"
        );
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn half_a_refusal_is_lost_but_its_headers_are_kept() {
    let refusal = reply(
        "400 Bad Request",
        "x-request-id: r1\r\n",
        r#"{"error":"IdempotentRequestError"}"#,
    );
    let server = RawServer::start([Act::Cut(refusal[..refusal.len() - 5].to_owned())]).await;
    let broken = create(&client(&server)).await;
    assert!(matches!(broken.verdict, Verdict::Lost(_)), "{broken:?}");
    assert_eq!(broken.meta.request_id.as_deref(), Some("r1"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let away = reply("307 Temporary Redirect", "location: /elsewhere\r\n", "");
    let server = RawServer::start([Act::Reply(away), Act::Reply(made())]).await;
    let reply = create(&client(&server)).await;
    assert!(
        matches!(reply.verdict, Verdict::WrongAccount(_)),
        "{reply:?}"
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_throttled_or_failed_create_is_not_repeated() {
    for status in [
        "429 Too Many Requests",
        "503 Service Unavailable",
        "409 Conflict",
        "408 Request Timeout",
    ] {
        let server =
            RawServer::start(vec![Act::Reply(reply(status, "retry-after: 0\r\n", "")); 3]).await;
        create(&client(&server)).await;
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_long_reply_is_cut_and_still_names_its_ticket() {
    let body = format!(
        r#"{{"ticket":{{"id":33,"external_id":"A-1","x":"{}"}}}}"#,
        "y".repeat(3 << 20)
    );
    let server = RawServer::start([
        Act::Reply(reply("201 Created", "", &body)),
        Act::Reply(made()),
    ])
    .await;
    let client = client(&server);
    assert!(is_made(&create(&client).await));
    assert!(is_made(&create(&client).await));
}

#[tokio::test]
async fn a_connection_that_does_not_come_up_has_sent_nothing() {
    let server = RawServer::start([]).await;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    for url in [
        format!("http://127.0.0.1:{port}"),
        format!("https://127.0.0.1:{port}"),
        // TLS is spoken to a server that does not know it: it waits for a head that never ends.
        format!("https://127.0.0.1:{}", server.port),
    ] {
        let reply = create(&client_at(&url)).await;
        assert!(
            matches!(reply.verdict, Verdict::NotSent(_)),
            "{url}: {reply:?}"
        );
        assert!(!format!("{reply:?}").contains(SECRET));
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn an_intent_for_another_place_is_not_sent() {
    let server = RawServer::start([Act::Reply(made())]).await;
    let client = client(&server);
    let changes: [fn(&mut Route); 3] = [
        |route| route.host = "other.zendesk.com".to_owned(),
        |route| route.method = "PUT".to_owned(),
        |route| route.path = "@evil.example/".to_owned(),
    ];
    for change in changes {
        let mut intent = intent_for(&client, b"{}").into_inner();
        change(&mut intent.route);
        let reply = client.create(&Durable::mint(intent)).await;
        assert!(
            matches!(reply.verdict, Verdict::WrongAccount(_)),
            "{reply:?}"
        );
    }
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn nothing_shows_a_secret() {
    let server = RawServer::start([Act::CloseAfterHead]).await;
    let client = client(&server);
    let bearer = Credentials::Bearer(SECRET.into());
    let token = Credentials::ApiToken {
        email: "me@example.com".to_owned(),
        token: SECRET.into(),
    };
    let reply = create(&client).await;
    let mut shown = format!("{client:?} {bearer:?} {token:?} {reply:?}");
    for bad in [
        format!("{SECRET}\n"),
        format!("Bearer {SECRET}"),
        String::new(),
    ] {
        let credentials = Credentials::Bearer(bad.into());
        let account = Account::from_subdomain("acme").unwrap();
        let error = Client::new(account, credentials, Timeouts::default(), || {
            crate::model::time::Monotonic(0)
        })
        .unwrap_err();
        shown = format!("{shown} {error} {error:?}");
    }
    assert!(!shown.contains(SECRET), "{shown}");
}

//! The questions: what they ask, and that no lookup ever answers a false "none".

use super::raw_server::{Act, RawServer, reply};
use super::{Account, Client, Credentials, Me, Timeouts, Triggers};
use crate::model::ids::TicketId;
use crate::model::reply::{Candidate, Found, NearMatch, Verdict};
use crate::model::time::ServerTime;

fn client(server: &RawServer) -> Client {
    let account = Account::from_url(&format!("http://127.0.0.1:{}", server.port)).unwrap();
    Client::new(
        account,
        Credentials::Bearer("t".into()),
        Timeouts::default(),
        || crate::model::time::Monotonic(0),
    )
    .unwrap()
}

fn ok(body: &str) -> Act {
    Act::Reply(reply(
        "200 OK",
        "zendesk-ratelimit-tickets-index: total=100; remaining=99; resets=7\r\n",
        body,
    ))
}

async fn list(acts: Vec<Act>, id: &str) -> (Result<Vec<u64>, Verdict>, Vec<String>) {
    let server = RawServer::start(acts).await;
    let answer = client(&server).list_by_external_id(id, 100).await.answer;
    (ids(answer), lines(&server))
}

async fn search(acts: Vec<Act>, id: &str) -> (Result<Vec<u64>, Verdict>, Vec<String>) {
    let server = RawServer::start(acts).await;
    let answer = client(&server).search_by_external_id(id, 100).await.answer;
    (ids(answer), lines(&server))
}

fn ids(answer: Result<Found, Verdict>) -> Result<Vec<u64>, Verdict> {
    answer.map(|all| all.exact.into_iter().map(|one| one.ticket.0).collect())
}

fn lines(server: &RawServer) -> Vec<String> {
    server.seen().into_iter().map(|seen| seen.line).collect()
}

#[tokio::test]
async fn a_list_separates_what_is_equal_byte_for_byte_from_what_zendesk_took_for_equal() {
    let body = r#"{"tickets":[
        {"id":1,"external_id":"a-1","created_at":"2026-11-24T13:00:00Z"},
        {"id":2,"external_id":"A-1","created_at":"2026-11-24T13:00:00Z"},
        {"id":3,"external_id":null},{"id":4,"external_id":"A-1 "},
        {"id":5,"external_id":"A-1","created_at":"never"}],"next_page":null,"count":5}"#;
    let server = RawServer::start([ok(body)]).await;
    let answer = client(&server).list_by_external_id("A-1", 100).await;
    let candidate = |ticket, created_at| Candidate {
        ticket: TicketId(ticket),
        created_at,
    };
    let at = Some(ServerTime(1_795_525_200_000));
    let near = |ticket, external_id: Option<&str>| NearMatch {
        ticket: TicketId(ticket),
        external_id: external_id.map(str::to_owned),
    };
    let found = Found {
        exact: vec![candidate(2, at), candidate(5, None)],
        near: vec![near(1, Some("a-1")), near(3, None), near(4, Some("A-1 "))],
    };
    assert_eq!(answer.answer, Ok(found));
    assert_eq!(answer.meta.endpoint.unwrap().total, 100);
    assert_eq!(
        lines(&server),
        ["GET /api/v2/tickets?external_id=A-1&per_page=100 HTTP/1.1"]
    );
}

#[tokio::test]
async fn an_external_id_cannot_leave_its_place_in_the_address() {
    let none = ok(r#"{"tickets":[],"count":0}"#);
    let (answer, lines) = list(vec![none.clone()], "a&b=c#d e+f/ü%").await;
    assert_eq!(answer, Ok(vec![]));
    assert_eq!(
        lines,
        ["GET /api/v2/tickets?external_id=a%26b%3Dc%23d+e%2Bf%2F%C3%BC%25&per_page=100 HTTP/1.1"]
    );
    let (answer, lines) = search(vec![none], "7 status:new").await;
    assert_eq!(answer, Ok(vec![]));
    assert_eq!(
        lines,
        [
            "GET /api/v2/search?query=type%3Aticket+external_id%3A%227+status%3Anew%22&per_page=100 HTTP/1.1"
        ]
    );
}

#[tokio::test]
async fn a_value_that_could_leave_its_quotes_is_not_searched_for() {
    for id in ["a\"b", "a\\", "\" type:user \""] {
        let (answer, lines) = search(vec![], id).await;
        let Err(Verdict::Refused(problem)) = answer else {
            panic!("{id} was searched for");
        };
        assert_eq!(problem.code, "UnsearchableExternalId");
        assert!(lines.is_empty());
    }
}

#[tokio::test]
async fn a_search_keeps_only_tickets() {
    let body = r#"{"results":[{"id":7,"external_id":"7","result_type":"user"},
        {"id":8,"external_id":7,"result_type":"ticket"}],"facets":null,"count":2,"next_page":null}"#;
    assert_eq!(search(vec![ok(body)], "7").await.0, Ok(vec![8]));
}

#[tokio::test]
async fn a_search_finds_near_matches_among_what_it_returns_besides() {
    let body = r#"{"results":[{"id":1,"external_id":"A-10"},{"id":2,"external_id":" a-1"},
        {"id":3,"external_id":null}],"count":3,"next_page":null}"#;
    let server = RawServer::start([ok(body)]).await;
    let found = client(&server)
        .search_by_external_id("A-1", 100)
        .await
        .answer;
    let found = found.unwrap();
    assert_eq!(found.exact, []);
    let near: Vec<u64> = found.near.iter().map(|near| near.ticket.0).collect();
    assert_eq!(near, [2, 3]);
}

#[tokio::test]
async fn a_question_asks_for_a_fresh_answer_and_takes_no_cached_one() {
    let none = r#"{"tickets":[],"count":0}"#;
    for (headers, expected) in [
        ("age: 0\r\nx-cache: MISS\r\n", Ok(vec![])),
        ("age: 7\r\n", Err(Verdict::Cached)),
        ("x-cache: HIT from here\r\n", Err(Verdict::Cached)),
    ] {
        let server = RawServer::start([Act::Reply(reply("200 OK", headers, none))]).await;
        let answer = client(&server).list_by_external_id("A-1", 100).await.answer;
        assert_eq!(ids(answer), expected, "{headers}");
        let sent = server.seen();
        for name in ["cache-control", "pragma"] {
            assert_eq!(sent[0].header(name), Some("no-cache"), "{name}");
        }
    }
}

#[tokio::test]
async fn an_id_that_no_checkpoint_can_store_is_unreadable() {
    for id in ["0", "-1", "9223372036854775808", "18446744073709551616"] {
        let body = format!(r#"{{"tickets":[{{"id":{id},"external_id":"7"}}],"count":1}}"#);
        assert_eq!(list(vec![ok(&body)], "7").await.0, Err(Verdict::Unreadable));
    }
}

#[tokio::test]
async fn further_pages_are_read_from_our_own_address() {
    let first = r#"{"results":[{"id":1,"external_id":"70"}],"count":2,"next_page":"https://evil.example/"}"#;
    let second = r#"{"results":[{"id":1,"external_id":"70"},{"id":2,"external_id":"7"}],"count":2,"next_page":null}"#;
    let (answer, lines) = search(vec![ok(first), ok(second)], "7").await;
    assert_eq!(answer, Ok(vec![2]));
    assert_eq!(lines.len(), 2);
    assert!(
        lines[1].ends_with("&per_page=100&page=2 HTTP/1.1"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn what_was_not_seen_is_never_none() {
    let missing = r#"{"results":[{"id":1,"external_id":"70"}],"count":2,"next_page":null}"#;
    assert_eq!(
        search(vec![ok(missing)], "7").await.0,
        Err(Verdict::Unreadable)
    );
    assert_eq!(
        list(vec![ok(r#"{"tickets":[],"count":1}"#)], "7").await.0,
        Err(Verdict::Unreadable)
    );
    for odd in [
        "",
        "{}",
        "[]",
        "<html>",
        r#"{"tickets":[{"id":1}]}"#,
        r#"{"tickets":null}"#,
        r#"{"tickets":[{"external_id":"7"}]}"#,
    ] {
        assert_eq!(
            list(vec![ok(odd)], "7").await.0,
            Err(Verdict::Unreadable),
            "{odd}"
        );
    }
    let cut = reply("200 OK", "", r#"{"tickets":[]}"#).replace("length: 14", "length: 15");
    assert_eq!(
        list(vec![Act::Cut(cut)], "7").await.0,
        Err(Verdict::Unreadable)
    );
    let failed = Act::Reply(reply("500 Oh", "", ""));
    assert_eq!(
        list(vec![failed], "7").await.0,
        Err(Verdict::ServerError(None))
    );
    assert!(matches!(
        list(vec![Act::CloseAfterRequest], "7").await.0,
        Err(Verdict::Lost(_))
    ));
}

#[tokio::test]
async fn a_search_past_its_cap_is_an_error() {
    let more = ok(r#"{"results":[],"count":5000,"next_page":"x"}"#);
    let cap = Act::Reply(reply(
        "422 Unprocessable",
        "",
        r#"{"error":"insufficient","description":"Insufficient Resource Error"}"#,
    ));
    let (answer, _) = search(vec![more.clone(), cap], "7").await;
    assert!(matches!(answer, Err(Verdict::Refused(_))), "{answer:?}");
    let (answer, lines) = search(vec![more; 20], "7").await;
    assert!(matches!(answer, Err(Verdict::Refused(problem)) if problem.code == "TooManyResults"));
    assert_eq!(lines.len(), 10);
}

#[tokio::test]
async fn the_user_may_be_nobody() {
    let admin =
        r#"{"user":{"id":5,"name":"Ann\u001b","email":"ann@example.com","role":"admin","x":[]}}"#;
    let nobody = r#"{"user":{"id":null,"name":"Anonymous user","email":null,"role":"end-user"}}"#;
    let server =
        RawServer::start([ok(admin), ok(nobody), Act::Reply(reply("401 No", "", "{}"))]).await;
    let client = client(&server);
    let me = |id, role: &str, name: &str, email: &str| Me {
        id,
        role: role.to_owned(),
        name: name.to_owned(),
        email: email.to_owned(),
        is_restricted: false,
    };
    assert_eq!(
        client.me().await.answer,
        Ok(me(Some(5), "admin", "Ann\\u{1b}", "ann@example.com"))
    );
    assert_eq!(
        client.me().await.answer,
        Ok(me(None, "end-user", "Anonymous user", ""))
    );
    assert_eq!(client.me().await.answer, Err(Verdict::Unauthorized));
    assert_eq!(lines(&server)[0], "GET /api/v2/users/me HTTP/1.1");
}

#[tokio::test]
async fn triggers_are_counted_beyond_the_first_page() {
    let body = r#"{"triggers":[{"id":1,"title":"Notify requester"},{"id":2}],"count":130,"next_page":"x"}"#;
    let server = RawServer::start([ok(body), ok(r#"{"triggers":[]}"#)]).await;
    let client = client(&server);
    let expected = Triggers {
        count: 130,
        titles: vec!["Notify requester".to_owned(), String::new()],
    };
    assert_eq!(client.active_triggers().await.answer, Ok(expected));
    assert_eq!(client.active_triggers().await.answer.unwrap().count, 0);
}

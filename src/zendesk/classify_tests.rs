//! One line for each kind of reply. Those marked "recorded" are excerpts of real ones.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::classify::{Hearing, classify};
use super::secrets::Secrets;
use crate::model::ids::TicketId;
use crate::model::problem::Problem;
use crate::model::reply::{RetryAfter, Verdict};
use crate::model::time::ServerTime;

type Line = (
    &'static str,
    u16,
    &'static [(&'static str, &'static str)],
    &'static str,
    Verdict,
);

fn created(ticket: u64, external_id: Option<&str>) -> Verdict {
    Verdict::Created {
        ticket: TicketId(ticket),
        external_id: external_id.map(str::to_owned),
    }
}

fn problem(code: &'static str, message: &str) -> Problem {
    Problem::new(code, message)
}

fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| {
            (
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        })
        .collect()
}

fn check(lines: Vec<Line>) {
    for (name, status, given, body, expected) in lines {
        let verdict = classify(
            status,
            &headers(given),
            body.as_bytes(),
            Hearing::new(&Secrets::default()),
        );
        assert_eq!(verdict, expected, "{name}");
    }
}

#[test]
fn a_success_names_its_ticket_or_is_unreadable() {
    check(vec![
        (
            "recorded: create",
            201,
            &[(
                "location",
                "https://example.zendesk.com/api/v2/tickets/33.json",
            )],
            r#"{"ticket":{"url":"https://example.zendesk.com/api/v2/tickets/33.json","id":33,
                "external_id":null,"via":{"channel":"api"},"created_at":"2024-09-06T18:52:11Z"},
                "audit":{"id":33144692244371,"ticket_id":33,"events":[{"id":1,"type":"Comment"}]}}"#,
            created(33, None),
        ),
        (
            "recorded: import, without an audit",
            201,
            &[],
            r#"{"ticket":{"url":"u","id":8870,"external_id":null,"created_at":"2010-12-31T01:46:15Z"}}"#,
            created(8870, None),
        ),
        (
            "our external_id comes back",
            201,
            &[],
            r#"{"ticket":{"id":1,"external_id":"A-1"}}"#,
            created(1, Some("A-1")),
        ),
        (
            "a hit with another 2xx",
            200,
            &[("x-idempotency-lookup", "hit")],
            r#"{"ticket":{"id":1,"external_id":"A"}}"#,
            created(1, Some("A")),
        ),
        (
            "asynchronous",
            202,
            &[],
            r#"{"ticket":{"id":7},"job_status":{"id":"V3-1"}}"#,
            created(7, None),
        ),
        (
            "recorded: a queued job, no ticket",
            200,
            &[],
            r#"{"job_status":{"id":"V3-326f","total":5,"status":"queued","results":null}}"#,
            Verdict::Unreadable,
        ),
        ("empty", 201, &[], "", Verdict::Unreadable),
        (
            "a page of something else",
            200,
            &[],
            "<html>sign in</html>",
            Verdict::Unreadable,
        ),
        ("no content", 204, &[], "", Verdict::Unreadable),
    ]);
}

#[test]
fn a_refusal_carries_zendesks_code_and_words() {
    check(vec![
        (
            "recorded: blank description",
            422,
            &[],
            r#"{"error":"RecordInvalid","description":"Record validation errors",
                "details":{"base":[{"description":"Description: cannot be blank","error":"BlankValue"}]}}"#,
            Verdict::Refused(problem(
                "RecordInvalid",
                "Record validation errors; base: Description: cannot be blank (BlankValue)",
            )),
        ),
        (
            "a fault without an inner code, another language",
            422,
            &[],
            r#"{"error":"RecordInvalid","description":"x","details":{"base":[{"description":"Descrição: não pode ficar em branco","error":null}],"name":["too short"]}}"#,
            Verdict::Refused(problem(
                "RecordInvalid",
                "x; base: Descrição: não pode ficar em branco; name: too short",
            )),
        ),
        (
            "recorded: too many values",
            400,
            &[],
            r#"{"error":"TooManyValues","description":"Parameter  cannot specify more than 100 values","max_count":100}"#,
            Verdict::Refused(problem(
                "TooManyValues",
                "Parameter cannot specify more than 100 values",
            )),
        ),
        (
            "plain text",
            400,
            &[],
            "Bad\nRequest",
            Verdict::Refused(problem("Http400", "Bad Request")),
        ),
        (
            "recorded: no such record",
            404,
            &[],
            r#"{"error":"RecordNotFound","description":"Not found"}"#,
            Verdict::Refused(problem("RecordNotFound", "Not found")),
        ),
    ]);
}

#[test]
fn a_refusal_without_a_code_of_zendesks_is_known_by_its_status() {
    check(vec![
        (
            "405",
            405,
            &[],
            "",
            Verdict::Refused(problem(
                "Http405",
                "the reply with status 405 gives no reason",
            )),
        ),
        (
            "406",
            406,
            &[],
            "{}",
            Verdict::Refused(problem(
                "Http406",
                "the reply with status 406 gives no reason",
            )),
        ),
        (
            "410",
            410,
            &[],
            "gone",
            Verdict::Refused(problem("Http410", "gone")),
        ),
        (
            "413 of a proxy",
            413,
            &[],
            "<html><head><title>413 Request Entity Too Large</title></head></html>",
            Verdict::Refused(problem("Http413", "413 Request Entity Too Large")),
        ),
        (
            "415",
            415,
            &[],
            r#"{"errors":[{"code":"Unsupported","title":"T","detail":"D"}]}"#,
            Verdict::Refused(problem("Unsupported", "D")),
        ),
        (
            "the third envelope without a code",
            422,
            &[],
            r#"{"errors":[{"title":"T"}]}"#,
            Verdict::Refused(problem("T", "T")),
        ),
        (
            "fields of unexpected types",
            422,
            &[],
            r#"{"error":"X","description":5,"details":[1]}"#,
            Verdict::Refused(problem("X", "X")),
        ),
        (
            "a status nobody knows",
            418,
            &[],
            "",
            Verdict::Refused(problem(
                "Http418",
                "the reply with status 418 gives no reason",
            )),
        ),
    ]);
}

#[test]
fn the_key_the_credentials_and_the_account_have_verdicts_of_their_own() {
    check(vec![
        (
            "documented: other bytes under a known key",
            400,
            &[],
            r#"{"error":"IdempotentRequestError","description":"Request parameters don't match the given idempotency key"}"#,
            Verdict::KeyMismatch,
        ),
        (
            "the code decides, not the text",
            400,
            &[],
            r#"{"error":"Other","description":"IdempotentRequestError"}"#,
            Verdict::Refused(problem("Other", "IdempotentRequestError")),
        ),
        (
            "wrong credentials",
            401,
            &[],
            r#"{"error":"Couldn't authenticate you"}"#,
            Verdict::Unauthorized,
        ),
        (
            "not allowed",
            403,
            &[],
            r#"{"error":{"title":"Forbidden","message":"You do not have access"}}"#,
            Verdict::Forbidden(problem("Forbidden", "You do not have access")),
        ),
        (
            "a firewall",
            403,
            &[],
            "<h1>Blocked</h1>",
            Verdict::Forbidden(problem("Http403", "Blocked")),
        ),
        (
            "recorded: no such path",
            404,
            &[],
            r#"{"error":"InvalidEndpoint","description":"Not found"}"#,
            Verdict::WrongAccount(problem("InvalidEndpoint", "Not found")),
        ),
        (
            "an unknown subdomain",
            404,
            &[],
            "<html><title>No help desk</title></html>",
            Verdict::WrongAccount(problem("Http404", "No help desk")),
        ),
        (
            "JSON of somebody else",
            404,
            &[],
            "{}",
            Verdict::WrongAccount(problem(
                "Http404",
                "the reply with status 404 gives no reason",
            )),
        ),
        (
            "a redirect",
            302,
            &[("location", "https://elsewhere.example/\u{9b}")],
            "",
            Verdict::WrongAccount(problem(
                "Http302",
                "the account sends us on to an unnamed place: give its own address",
            )),
        ),
        (
            "a redirect that says where",
            301,
            &[("location", "https://elsewhere.example/")],
            "",
            Verdict::WrongAccount(problem(
                "Http301",
                "the account sends us on to https://elsewhere.example/: give its own address",
            )),
        ),
    ]);
}

#[test]
fn what_may_go_better_next_time_says_when() {
    check(vec![
        (
            "recorded: two creates of one requester",
            409,
            &[("content-type", "text/plain")],
            "Requester creation collision - please try again",
            Verdict::Conflict,
        ),
        (
            "a collision in JSON",
            409,
            &[],
            r#"{"error":"DatabaseConflict","description":"Database collision"}"#,
            Verdict::Conflict,
        ),
        (
            "throttled, plain text",
            429,
            &[("retry-after", "23")],
            "Number of allowed API requests per minute exceeded",
            Verdict::Throttled(Some(RetryAfter::Delay(23_000))),
        ),
        (
            "throttled, no wait told",
            429,
            &[],
            r#"{"error":"APIRateLimitExceeded"}"#,
            Verdict::Throttled(None),
        ),
        (
            "a deadlock",
            503,
            &[("retry-after", "Thu, 01 Jan 1970 00:00:05 GMT")],
            "",
            Verdict::ServerError(Some(RetryAfter::At(ServerTime(5_000)))),
        ),
        ("internal", 500, &[], "<html>", Verdict::ServerError(None)),
        (
            "a code that is none of HTTP's",
            599,
            &[],
            "",
            Verdict::ServerError(None),
        ),
        (
            "timeout of a proxy",
            408,
            &[],
            "",
            Verdict::ServerError(None),
        ),
        (
            "too early",
            425,
            &[("retry-after", "1")],
            "",
            Verdict::ServerError(Some(RetryAfter::Delay(1000))),
        ),
    ]);
}

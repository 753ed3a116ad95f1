//! Replies that broke off, lie, or mean harm: they are judged carefully and never crash anything.

use proptest::prelude::{any, prop, proptest};
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

use super::classify::{Hearing, classify, classify_cut};
use super::secrets::Secrets;
use crate::model::reply::Verdict;

#[test]
fn a_refusal_that_broke_off_is_no_refusal() {
    let cut = |status, body: &str| {
        classify_cut(
            status,
            &HeaderMap::new(),
            body.as_bytes(),
            Hearing::new(&Secrets::default()),
        )
    };
    assert_eq!(
        cut(201, r#"{"ticket":{"id":33,"external_id":"A","x":""#),
        Verdict::Unreadable
    );
    assert!(matches!(cut(400, r#"{"error":"Idempot"#), Verdict::Lost(_)));
    assert!(matches!(cut(422, ""), Verdict::Lost(_)));
    assert!(matches!(cut(404, "{"), Verdict::Lost(_)));
    assert_eq!(
        cut(400, r#"{"error":"IdempotentRequestError"}"#),
        Verdict::KeyMismatch
    );
    assert_eq!(cut(401, ""), Verdict::Unauthorized);
    assert_eq!(cut(409, "Req"), Verdict::Conflict);
    assert_eq!(cut(429, ""), Verdict::Throttled(None));
    assert_eq!(cut(502, "<ht"), Verdict::ServerError(None));
}

#[test]
fn messages_are_bounded_and_fit_for_a_terminal() {
    let long = format!(
        r#"{{"error":"X{}","description":"\u001b]0;{}"}}"#,
        "c".repeat(1000),
        "m".repeat(9000)
    );
    let Verdict::Refused(problem) = classify(
        422,
        &HeaderMap::new(),
        long.as_bytes(),
        Hearing::new(&Secrets::default()),
    ) else {
        panic!("a 422 is a refusal");
    };
    assert_eq!(problem.code.chars().count(), 100);
    assert_eq!(problem.message.chars().count(), 500);
    assert!(problem.message.ends_with('…'));
    assert!(!problem.message.chars().any(char::is_control));
}

#[test]
fn deep_nesting_is_an_unreadable_reply_and_no_crash() {
    let deep = format!(r#"{{"ticket":{{"id":1,"x":{}"#, "[".repeat(500_000));
    assert_eq!(
        classify(
            201,
            &HeaderMap::new(),
            deep.as_bytes(),
            Hearing::new(&Secrets::default())
        ),
        Verdict::Unreadable
    );
    let deep = "[".repeat(500_000);
    assert!(matches!(
        classify(
            422,
            &HeaderMap::new(),
            deep.as_bytes(),
            Hearing::new(&Secrets::default())
        ),
        Verdict::Refused(_)
    ));
}

proptest! {
    #[test]
    fn no_bytes_panic(status in any::<u16>(), body in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = classify(status, &HeaderMap::new(), &body, Hearing::new(&Secrets::default()));
        let _ = classify_cut(status, &HeaderMap::new(), &body, Hearing::new(&Secrets::default()));
    }

    #[test]
    fn no_json_like_text_panics(
        status in 200_u16..600,
        body in r#"(\{|\}|\[|\]|:|,|"ticket"|"id"|"error"|"errors"|"details"|"title"|"x"|1|-1|null|<b|<style>|é){0,30}"#,
        retry in "[ -~]{0,40}",
    ) {
        let mut given = HeaderMap::new();
        given.insert(RETRY_AFTER, HeaderValue::from_str(&retry).unwrap());
        let _ = classify(status, &given, body.as_bytes(), Hearing::new(&Secrets::default()));
        let _ = classify_cut(status, &given, body.as_bytes(), Hearing::new(&Secrets::default()));
    }
}

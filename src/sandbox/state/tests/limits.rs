//! What happens beyond a limit.

use super::{START_MS, create, lookup, ticket};
use crate::sandbox::settings::{HeaderSpelling, RetryAfter, WindowKind};
use crate::sandbox::state::{Settings, State, Stats};

#[test]
fn beyond_the_limit_everything_is_429_and_says_when_to_come_back() {
    for window in [WindowKind::Sliding, WindowKind::Fixed] {
        let mut state = State::new(Settings {
            rpm: 2,
            window,
            ..Settings::default()
        });
        let start_ms = START_MS.div_euclid(60_000) * 60_000;
        let first = state.handle(&create(Some("a"), &ticket("a")), start_ms);
        assert_eq!(first.header("x-rate-limit"), Some("2"));
        assert_eq!(first.header("ratelimit-remaining"), Some("1"));
        assert_eq!(first.header("ratelimit-reset"), Some("60"));
        state.handle(&create(Some("b"), &ticket("b")), start_ms + 1000);
        let mut kinds = Vec::new();
        for _ in 0..3 {
            let refused = state.handle(&create(Some("c"), &ticket("c")), start_ms + 2000);
            assert_eq!((refused.status, lookup(&refused)), (429, None));
            assert_eq!(refused.header("retry-after"), Some("58"));
            kinds.push(refused.header("content-type").unwrap().to_owned());
        }
        kinds.dedup();
        assert_eq!(kinds.len(), 3, "{kinds:?}");
        let after = state.handle(&create(Some("c"), &ticket("c")), start_ms + 60_000);
        assert_eq!((after.status, lookup(&after)), (201, Some("miss")));
        let expected = Stats {
            tickets: 3,
            external_ids: 3,
            duplicates: 0,
            requests: 6,
            peak_rpm: 5,
            throttled: 3,
            tokens: 0,
            others: 0,
            throttled_others: 0,
        };
        assert_eq!(state.stats(), expected);
    }
}

#[test]
fn a_429_can_name_a_date_and_the_headers_can_be_of_the_old_spelling() {
    let mut state = State::new(Settings {
        rpm: 1,
        create_rpm: 300,
        retry_after: RetryAfter::HttpDate,
        header_spelling: HeaderSpelling::Old,
        ..Settings::default()
    });
    let first = state.handle(&create(None, &ticket("a")), START_MS);
    assert_eq!(first.header("rate-limit"), Some("1"));
    assert_eq!(first.header("ratelimit-limit"), None);
    let own = "zendesk-rate-limit-ticket-request-create-by-user-and-ip";
    assert_eq!(
        first.header(own),
        Some("total=300; remaining=299; resets=60")
    );
    let refused = state.handle(&create(None, &ticket("a")), START_MS);
    assert_eq!(
        refused.header("date"),
        Some("Tue, 14 Nov 2023 22:13:20 GMT")
    );
    assert_eq!(
        refused.header("retry-after"),
        Some("Tue, 14 Nov 2023 22:14:20 GMT")
    );
}

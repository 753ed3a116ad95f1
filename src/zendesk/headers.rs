//! What a reply's headers tell besides its verdict.
//!
//! Zendesk has renamed its limit headers more than once; recordings of 2023 say `rate-limit` and
//! `zendesk-rate-limit-NAME` where those of 2024 say `ratelimit-limit` and
//! `zendesk-ratelimit-NAME`. Both are read. Header names are compared without letter case.

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::HeaderMap;

use super::secrets::Secrets;
use crate::model::reply::{KeyLookup, Meta, RateLimit, RetryAfter};
use crate::model::time::ServerTime;

/// Longest request id that is kept, in characters.
const REQUEST_ID_CHARS_MAX: usize = 120;

/// Longest warning that is kept, in characters.
const WARNING_CHARS_MAX: usize = 500;

/// Which endpoint was asked, to tell its own limit from others in the same reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A create of a ticket.
    Create,
    /// The list of tickets, whose limit is called `tickets-index`.
    List,
    /// The search, whose limit is called `search-index`.
    Search,
    /// Anything else; no endpoint limit is read.
    Other,
}

/// Gathers what a reply's headers tell.
pub fn meta(asked: Asked, status: u16, headers: &HeaderMap, secrets: &Secrets) -> Meta {
    Meta {
        status: Some(status),
        key_lookup: key_lookup(headers),
        request_id: value(headers, "x-zendesk-request-id")
            .or_else(|| value(headers, "x-request-id"))
            .map(|id| secrets.line(id, REQUEST_ID_CHARS_MAX)),
        date: value(headers, "date").and_then(http_date),
        account: account_limit(headers),
        endpoint: endpoint_limit(asked, headers),
        warning: value(headers, "x-zendesk-api-warn")
            .map(|warning| secrets.line(warning, WARNING_CHARS_MAX)),
    }
}

/// How long the reply asks to wait: `Retry-After` in seconds or as an HTTP date (RFC 9110,
/// 10.2.3); `None` without the header or if it says neither.
pub fn retry_after(headers: &HeaderMap) -> Option<RetryAfter> {
    let text = value(headers, "retry-after")?;
    match text.parse::<u64>() {
        Ok(seconds) => Some(RetryAfter::Delay(seconds.saturating_mul(1000))),
        Err(_) => http_date(text).map(RetryAfter::At),
    }
}

/// Reports whether a cache on the way answered instead of Zendesk, as far as the headers say.
///
/// `Age` above zero and `Cache-Status` are RFC 9111 and RFC 9211. Proxies and CDNs have headers of
/// their own (`X-Cache: HIT from proxy`, `CF-Cache-Status: HIT`, `X-Cache-Hits: 3`), so any header
/// named after a cache that reports a hit counts. Squid's `X-Cache-Lookup: HIT` does not: it is sent
/// with fresh replies too. An `Age` that is not a number counts as well.
pub(super) fn is_from_cache(headers: &HeaderMap) -> bool {
    headers.iter().any(|(name, value)| {
        let text = value.to_str().unwrap_or_default().trim();
        match name.as_str() {
            "age" => text != "0",
            "warning" => text.starts_with("110") || text.starts_with("112"),
            "cache-control" | "cdn-cache-control" | "x-cache-lookup" => false,
            name if name.ends_with("cache-hits") => {
                has_word(text, |word| word.parse::<u64>().is_ok_and(|hits| hits > 0))
            }
            name if name.ends_with("from-cache") => {
                has_word(text, |word| matches!(word, "1" | "true" | "yes" | "hit"))
            }
            name if name.contains("cache") => {
                has_word(text, |word| matches!(word, "hit" | "stale" | "updating"))
            }
            _ => false,
        }
    })
}

fn has_word(text: &str, is_meant: impl Fn(&str) -> bool) -> bool {
    text.to_ascii_lowercase()
        .split(|character: char| !character.is_ascii_alphanumeric())
        .any(is_meant)
}

/// `hit` and `miss` are what the documentation of idempotent requests names; anything else is
/// taken for no answer.
fn key_lookup(headers: &HeaderMap) -> Option<KeyLookup> {
    let text = value(headers, "x-idempotency-lookup")?;
    if text.eq_ignore_ascii_case("hit") {
        Some(KeyLookup::Hit)
    } else if text.eq_ignore_ascii_case("miss") {
        Some(KeyLookup::Miss)
    } else {
        None
    }
}

/// The account's limit in requests a minute. Of several spellings the first that holds a number
/// counts: they have never been seen to differ.
fn account_limit(headers: &HeaderMap) -> Option<RateLimit> {
    let first = |names: [&str; 3]| names.into_iter().find_map(|name| number(headers, name));
    Some(RateLimit {
        total: first(["x-rate-limit", "ratelimit-limit", "rate-limit"])?,
        remaining: first([
            "x-rate-limit-remaining",
            "ratelimit-remaining",
            "rate-limit-remaining",
        ]),
        resets_s: first(["ratelimit-reset", "rate-limit-reset", "x-rate-limit-reset"]),
    })
}

/// The tightest limit that concerns the endpoint that was asked.
fn endpoint_limit(asked: Asked, headers: &HeaderMap) -> Option<RateLimit> {
    headers
        .iter()
        .filter_map(|(header, value)| {
            let header = header.as_str();
            let name = header
                .strip_prefix("zendesk-ratelimit-")
                .or_else(|| header.strip_prefix("zendesk-rate-limit-"))?;
            if !concerns(asked, name) {
                return None;
            }
            parameters(value.to_str().ok()?)
        })
        .min_by_key(|limit| limit.total)
}

/// The name of the create limit is not documented; it was recorded in 2024 as
/// `ticket-request-create-by-user-and-ip`. `inflight-jobs` counts background jobs, not requests.
fn concerns(asked: Asked, name: &str) -> bool {
    match asked {
        Asked::Create => name.contains("create") && !name.contains("inflight-jobs"),
        Asked::List => name.contains("tickets-index"),
        Asked::Search => name.contains("search-index"),
        Asked::Other => false,
    }
}

/// Reads `total=300; remaining=299; resets=50`.
fn parameters(text: &str) -> Option<RateLimit> {
    let parameter = |wanted: &str| {
        text.split(';')
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
            .and_then(|(_, number)| number.trim().parse().ok())
    };
    Some(RateLimit {
        total: parameter("total")?,
        remaining: parameter("remaining"),
        resets_s: parameter("resets"),
    })
}

/// Reads an HTTP date. The weekday may be wrong: it adds nothing that could be relied on.
fn http_date(text: &str) -> Option<ServerTime> {
    DateTimeParser::new()
        .relaxed_weekday(true)
        .parse_timestamp(text)
        .ok()
        .map(|timestamp| ServerTime(timestamp.as_millisecond()))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u32> {
    value(headers, name)?.parse().ok()
}

fn value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

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

    fn limit(total: u32, remaining: u32, resets_s: u32) -> RateLimit {
        RateLimit {
            total,
            remaining: Some(remaining),
            resets_s: Some(resets_s),
        }
    }

    #[test]
    fn the_spelling_of_2024_is_read() {
        let headers = headers(&[
            ("x-request-id", "8bf0a793d9a6f9cc-SJC"),
            ("ratelimit-limit", "700"),
            ("ratelimit-remaining", "698"),
            ("ratelimit-reset", "49"),
            ("x-rate-limit", "700"),
            ("x-rate-limit-remaining", "698"),
            (
                "zendesk-ratelimit-ticket-request-create-by-user-and-ip",
                "total=300; remaining=299; resets=50",
            ),
            (
                "zendesk-ratelimit-inflight-jobs",
                "total=30; remaining=29; resets=60",
            ),
            ("X-Idempotency-Lookup", "miss"),
            ("date", "Fri, 06 Sep 2024 18:52:11 GMT"),
        ]);
        let meta = meta(Asked::Create, 201, &headers, &Secrets::default());
        assert_eq!(meta.account, Some(limit(700, 698, 49)));
        assert_eq!(meta.endpoint, Some(limit(300, 299, 50)));
        assert_eq!(meta.key_lookup, Some(KeyLookup::Miss));
        assert_eq!(meta.date, Some(ServerTime(1_725_648_731_000)));
        assert_eq!(meta.request_id.as_deref(), Some("8bf0a793d9a6f9cc-SJC"));
        assert_eq!(meta.status, Some(201));
    }

    #[test]
    fn the_spelling_of_2023_is_read() {
        let headers = headers(&[
            ("rate-limit", "700"),
            ("rate-limit-remaining", "694"),
            ("rate-limit-reset", "59"),
            (
                "Zendesk-Rate-Limit-Tickets-Index",
                "total=100; remaining=99; resets=59",
            ),
            ("x-zendesk-api-warn", "{:unpermitted_keys=>[\"ticket.id\"]}"),
        ]);
        let meta = meta(Asked::List, 200, &headers, &Secrets::default());
        assert_eq!(meta.account, Some(limit(700, 694, 59)));
        assert_eq!(meta.endpoint, Some(limit(100, 99, 59)));
        assert_eq!(
            meta.warning.as_deref(),
            Some("{:unpermitted_keys=>[\"ticket.id\"]}")
        );
    }

    #[test]
    fn of_several_limits_of_an_endpoint_the_tightest_counts() {
        let headers = headers(&[
            (
                "zendesk-ratelimit-tickets-index-deep",
                "total=50; remaining=50; resets=1",
            ),
            (
                "zendesk-ratelimit-tickets-index",
                "total=20000; remaining=1; resets=1",
            ),
            (
                "zendesk-ratelimit-a-create",
                "total=9; remaining=1; resets=1",
            ),
        ]);
        assert_eq!(
            meta(Asked::List, 200, &headers, &Secrets::default()).endpoint,
            Some(limit(50, 50, 1))
        );
        assert_eq!(
            meta(Asked::Other, 200, &headers, &Secrets::default()).endpoint,
            None
        );
        assert_eq!(
            meta(Asked::Search, 200, &headers, &Secrets::default()).endpoint,
            None
        );
    }

    #[test]
    fn zendesks_own_request_id_comes_first() {
        let headers = headers(&[
            ("x-request-id", "e3b64437-8c52-4e79-ce30-067cf45c5175"),
            ("x-zendesk-request-id", "6dd76460a34f8bfd3a81"),
        ]);
        let meta = meta(Asked::Create, 201, &headers, &Secrets::default());
        assert_eq!(meta.request_id.as_deref(), Some("6dd76460a34f8bfd3a81"));
    }

    #[test]
    fn a_hit_is_a_hit_in_any_letter_case() {
        for (text, expected) in [
            ("hit", Some(KeyLookup::Hit)),
            (" HIT ", Some(KeyLookup::Hit)),
            ("Miss", Some(KeyLookup::Miss)),
            ("maybe", None),
            ("", None),
        ] {
            let headers = headers(&[("X-IDEMPOTENCY-LOOKUP", text)]);
            assert_eq!(
                meta(Asked::Create, 201, &headers, &Secrets::default()).key_lookup,
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn a_wait_is_told_in_seconds_or_as_a_date() {
        for (text, expected) in [
            ("23", Some(RetryAfter::Delay(23_000))),
            ("0", Some(RetryAfter::Delay(0))),
            ("18446744073709551615", Some(RetryAfter::Delay(u64::MAX))),
            (
                "Tue, 24 Nov 2026 13:00:00 GMT",
                Some(RetryAfter::At(ServerTime(1_795_525_200_000))),
            ),
            ("-1", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(
                retry_after(&headers(&[("retry-after", text)])),
                expected,
                "{text}"
            );
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn a_reply_from_a_cache_is_recognised_by_whatever_the_cache_calls_its_header() {
        for (name, text, expected) in [
            ("age", "1", true),
            ("age", "0", false),
            ("age", "soon", true),
            ("x-cache", "HIT from proxy.example", true),
            ("x-cache", "MISS from proxy.example", false),
            ("x-cache-lookup", "HIT from proxy.example:3128", false),
            ("x-cache", "Hit from cloudfront", true),
            ("x-cache", "HIT, MISS", true),
            ("x-cache-hits", "0, 0", false),
            ("x-cache-hits", "0, 2", true),
            ("cf-cache-status", "DYNAMIC", false),
            ("cf-cache-status", "STALE", true),
            ("x-proxy-cache", "HIT", true),
            ("x-cache-status", "UPDATING", true),
            ("cache-status", "squid; hit; ttl=30", true),
            ("cache-status", "squid; fwd=uri-miss; stored", false),
            ("x-from-cache", "1", true),
            ("warning", "110 - \"Response is Stale\"", true),
            (
                "cache-control",
                "max-age=0, private, must-revalidate",
                false,
            ),
            ("x-idempotency-lookup", "hit", false),
        ] {
            let headers = headers(&[(name, text)]);
            assert_eq!(is_from_cache(&headers), expected, "{name}: {text}");
        }
    }

    #[test]
    fn nonsense_in_headers_is_no_limit() {
        let headers = headers(&[
            ("x-rate-limit", "many"),
            ("zendesk-ratelimit-create", "total=; remaining"),
            ("date", "yesterday"),
        ]);
        let meta = meta(Asked::Create, 201, &headers, &Secrets::default());
        assert_eq!((meta.account, meta.endpoint, meta.date), (None, None, None));
    }
}

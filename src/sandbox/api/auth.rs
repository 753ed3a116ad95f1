//! Authentication: any bearer token, and any address with any API token.

use crate::sandbox::http::Request;
use crate::sandbox::state::State;

/// Tells whether a request carries credentials that the double accepts.
pub(super) fn is_known(state: &State, request: &Request, now_ms: i64) -> bool {
    let Some((scheme, rest)) = request
        .header("authorization")
        .and_then(|h| h.split_once(' '))
    else {
        return false;
    };
    if scheme.eq_ignore_ascii_case("bearer") {
        let token = rest.trim();
        return if state.settings.strict_auth {
            state.access.is_good(token, now_ms)
        } else {
            !token.is_empty()
        };
    }
    !state.settings.strict_auth
        && scheme.eq_ignore_ascii_case("basic")
        && decode_base64(rest.trim())
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .is_some_and(|pair| is_api_token(&pair))
}

/// `address/token:secret`; a password instead of a token is no longer accepted anywhere.
fn is_api_token(pair: &str) -> bool {
    pair.split_once(':').is_some_and(|(user, secret)| {
        user.strip_suffix("/token")
            .is_some_and(|email| email.contains('@'))
            && !secret.is_empty()
    })
}

fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut width) = (0u32, 0u8);
    for c in text.trim_end_matches('=').bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        width += 6;
        if width >= 8 {
            width -= 8;
            bytes.push(u8::try_from(bits >> width).ok()?);
            bits &= (1 << width) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_with_and_without_padding() {
        assert_eq!(
            decode_base64("YUBiLmMvdG9rZW46cw==").as_deref(),
            Some(&b"a@b.c/token:s"[..])
        );
        assert_eq!(
            decode_base64("YUBiLmMvdG9rZW46cw").as_deref(),
            Some(&b"a@b.c/token:s"[..])
        );
        assert_eq!(decode_base64("not base64!"), None);
    }

    #[test]
    fn only_tokens_are_credentials() {
        assert!(is_api_token("a@b.c/token:secret"));
        assert!(!is_api_token("a@b.c:password"));
        assert!(!is_api_token("a@b.c/token:"));
    }
}

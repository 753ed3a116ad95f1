//! Access tokens that are fetched, and fetched again before they end.
//!
//! All lanes share one token, and the one that finds it old renews it while the others wait. A 401 to
//! a token that has worked means that it has ended early: it is dropped, the request counts as not
//! made, and its row is sent again with the next token. A 401 to a token that never worked means that
//! the credentials are no good.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::exchange::exchange;
use super::headers::Asked;
use super::secrets::Secrets;
use crate::model::limits::REPLY_BYTES_MAX;
use crate::model::reply::Verdict;
use crate::model::time::Monotonic;

/// Tokens of new clients live half an hour unless the answer says otherwise.
const DEFAULT_LIFE_S: u64 = 30 * 60;

/// What a token is asked for: tickets are made and looked up, the user and the triggers are read.
const SCOPE: &str = "read write";

const REASON_CHARS_MAX: usize = 200;

/// Fetches and keeps the access token of an OAuth client.
pub(super) struct Tokens {
    client_id: String,
    client_secret: SecretString,
    /// Goes on while the machine sleeps, as the life of a token does.
    clock: fn() -> Monotonic,
    current: Mutex<Option<Token>>,
}

struct Token {
    text: SecretString,
    number: u64,
    renew_at: Monotonic,
    standing: Standing,
}

/// What the replies have told of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Untried,
    Works,
    /// It has worked, and was refused since. Other requests may still be out with it.
    Ended,
}

/// A token as it is lent to one request.
pub(super) struct Lent {
    pub(super) text: SecretString,
    number: u64,
}

impl Tokens {
    pub(super) fn new(
        client_id: String,
        client_secret: SecretString,
        clock: fn() -> Monotonic,
    ) -> Self {
        Self {
            client_id,
            client_secret,
            clock,
            current: Mutex::new(None),
        }
    }

    /// Lends the current token, renewing it first if two thirds of its life are over.
    pub(super) async fn lend(
        &self,
        http: &reqwest::Client,
        url: Url,
        secrets: &Secrets,
    ) -> Result<Lent, Verdict> {
        let mut current = self.current.lock().await;
        let is_fresh = current
            .as_ref()
            .is_some_and(|token| (self.clock)() < token.renew_at);
        if !is_fresh {
            let number = current.as_ref().map_or(1, |token| token.number + 1);
            let fetched = self.fetch(http, url, number, secrets).await;
            match (fetched, current.as_ref()) {
                (Ok(token), _) => *current = Some(token),
                // The old one still has a third of its life; it is renewed with the next request.
                (Err(Verdict::NotSent(_)), Some(token)) if token.standing == Standing::Works => {}
                (Err(verdict), _) => return Err(verdict),
            }
        }
        match current.as_ref() {
            Some(token) => Ok(Lent {
                text: token.text.clone(),
                number: token.number,
            }),
            None => Err(Verdict::NotSent("there is no access token".to_owned())),
        }
    }

    /// Learns how a request with a lent token was answered. `true` if its token has ended, and the
    /// request may be made again with another.
    pub(super) async fn learn(&self, lent: &Lent, status: u16) -> bool {
        let mut current = self.current.lock().await;
        let Some(token) = current.as_mut() else {
            return true;
        };
        if token.number != lent.number {
            // Somebody else has renewed it meanwhile.
            return status == 401;
        }
        match (token.standing, status) {
            (Standing::Works | Standing::Ended, 401) => {
                token.standing = Standing::Ended;
                token.renew_at = (self.clock)();
            }
            (Standing::Untried, 401) => token.renew_at = (self.clock)(),
            (Standing::Untried, _) => token.standing = Standing::Works,
            // A reply that was on its way when the token ended does not bring it back.
            (Standing::Works | Standing::Ended, _) => {}
        }
        status == 401 && token.standing == Standing::Ended
    }

    /// `POST /oauth/tokens` with the client credentials grant (Zendesk's reference of OAuth tokens).
    async fn fetch(
        &self,
        http: &reqwest::Client,
        url: Url,
        number: u64,
        secrets: &Secrets,
    ) -> Result<Token, Verdict> {
        let no_token = |why: &str| {
            Verdict::NotSent(format!(
                "no access token: {}",
                secrets.line(why, REASON_CHARS_MAX)
            ))
        };
        let grant = Grant {
            grant_type: "client_credentials",
            client_id: &self.client_id,
            client_secret: self.client_secret.expose_secret(),
            scope: SCOPE,
        };
        let body = serde_json::to_vec(&grant).map_err(|error| no_token(&error.to_string()))?;
        let request = http
            .post(url)
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body);
        let exchange = match exchange(request, REPLY_BYTES_MAX, secrets).await {
            Ok(exchange) => exchange,
            Err(Verdict::NotSent(why) | Verdict::Lost(why)) => return Err(no_token(&why)),
            Err(verdict) => return Err(verdict),
        };
        match exchange.status {
            200..=299 => {}
            400 | 401 | 403 => return Err(Verdict::Unauthorized),
            status => return Err(no_token(&format!("status {status}"))),
        }
        let granted = exchange.answer::<Granted>(Asked::Other).answer;
        let granted = granted.map_err(|_| no_token("an unreadable answer"))?;
        // Known before any request carries it, and so before any reply can repeat it.
        secrets.learn(&granted.access_token);
        let life_s = granted.expires_in.unwrap_or(DEFAULT_LIFE_S);
        Ok(Token {
            text: granted.access_token,
            number,
            renew_at: (self.clock)().plus(life_s.saturating_mul(1_000) / 3 * 2),
            standing: Standing::Untried,
        })
    }
}

#[derive(Serialize)]
#[expect(clippy::struct_field_names, reason = "the names are the protocol's")]
struct Grant<'a> {
    grant_type: &'static str,
    client_id: &'a str,
    client_secret: &'a str,
    scope: &'static str,
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    expires_in: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(standing: Standing) -> Tokens {
        let tokens = Tokens::new("id".to_owned(), "secret".to_owned().into(), || Monotonic(0));
        let token = Token {
            text: "token".to_owned().into(),
            number: 1,
            renew_at: Monotonic(60_000),
            standing,
        };
        Tokens {
            current: Mutex::new(Some(token)),
            ..tokens
        }
    }

    fn lent() -> Lent {
        Lent {
            text: "token".to_owned().into(),
            number: 1,
        }
    }

    /// Whether each reply in turn says that the token has ended.
    async fn learned(standing: Standing, statuses: &[u16]) -> Vec<bool> {
        let tokens = tokens(standing);
        let mut learned = Vec::new();
        for status in statuses {
            learned.push(tokens.learn(&lent(), *status).await);
        }
        learned
    }

    #[tokio::test]
    async fn every_request_that_was_out_when_a_token_ended_learns_that_it_has() {
        let all = learned(Standing::Works, &[201, 401, 401, 201, 401]).await;
        assert_eq!(all, [false, true, true, false, true]);
    }

    #[tokio::test]
    async fn a_token_that_never_worked_has_not_ended() {
        let all = learned(Standing::Untried, &[401, 401]).await;
        assert_eq!(all, [false, false]);
    }
}

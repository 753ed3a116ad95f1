//! The client, and the one request that makes something: the create.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Url};
use secrecy::{ExposeSecret, SecretString};

use super::account::Account;
use super::credentials::Credentials;
use super::exchange::{Exchange, exchange};
use super::headers::Asked;
use super::secrets::Secrets;
use super::tokens::Tokens;
use crate::model::intent::{Durable, Intent, Route};
use crate::model::limits::{CONNECT_TIMEOUT_MS, REPLY_BYTES_MAX, REQUEST_TIMEOUT_MS};
use crate::model::problem::Problem;
use crate::model::reply::{Meta, Reply, Verdict};
use crate::model::time::Monotonic;

/// Idle connections that are kept: one for each lane there can be.
const IDLE_CONNECTIONS_MAX: usize = 1_000;

/// How long an idle connection is kept, in milliseconds: shorter than servers usually wait, so
/// that it is we who close, and few requests meet a connection that is just being closed.
const IDLE_CONNECTION_MS_MAX: u64 = 20_000;

/// How often a busy HTTP/2 connection is pinged, and how long the answer may take, in
/// milliseconds. All lanes share one such connection; without pings a dead one takes them all.
const PING_INTERVAL_MS: u64 = 15_000;
const PING_TIMEOUT_MS: u64 = 15_000;

const JSON: &str = "application/json";
const NO_CACHE: &str = "no-cache";

/// How long a request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection is up, TLS included.
    pub connect: Duration,
    /// From the call to the last byte of the reply, the connection included.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(CONNECT_TIMEOUT_MS),
            total: Duration::from_millis(REQUEST_TIMEOUT_MS),
        }
    }
}

/// Says why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The credentials cannot be sent; the text says why without repeating them.
    #[error("these credentials cannot be used: {0}")]
    Credentials(&'static str),
    /// TLS or the proxy settings of the environment could not be set up.
    #[error(
        "the HTTP client could not be set up: look at the certificates of this machine and at its proxy settings"
    )]
    Setup(#[source] reqwest::Error),
}

/// Talks to one account as one user. Clones share their connections.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: reqwest::Client,
    account: Account,
    pass: Pass,
    secrets: Secrets,
}

/// What requests are signed with.
enum Pass {
    Bearer(SecretString),
    ApiToken { email: String, token: SecretString },
    Tokens(Tokens),
}

impl Client {
    /// Sets a client up. Nothing is sent yet. `clock` tells when an access token has to be renewed.
    ///
    /// The proxies of the environment are honoured, except for a loopback account.
    pub fn new(
        account: Account,
        credentials: Credentials,
        timeouts: Timeouts,
        clock: fn() -> Monotonic,
    ) -> Result<Self, ClientError> {
        if let Some(fault) = credentials.fault() {
            return Err(ClientError::Credentials(fault));
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("zendesk-migrate/", env!("CARGO_PKG_VERSION")))
            .retry(reqwest::retry::never())
            .redirect(Policy::none())
            .referer(false)
            .https_only(!account.is_loopback())
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            .tcp_nodelay(true)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_idle_timeout(Duration::from_millis(IDLE_CONNECTION_MS_MAX))
            .http2_keep_alive_interval(Duration::from_millis(PING_INTERVAL_MS))
            .http2_keep_alive_timeout(Duration::from_millis(PING_TIMEOUT_MS));
        if account.is_loopback() {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(ClientError::Setup)?;
        let secrets = Secrets::of(&credentials);
        Ok(Self {
            inner: Arc::new(Inner {
                http,
                account,
                secrets,
                pass: match credentials {
                    Credentials::Bearer(token) => Pass::Bearer(token),
                    Credentials::ApiToken { email, token } => Pass::ApiToken { email, token },
                    Credentials::Client { id, secret } => {
                        Pass::Tokens(Tokens::new(id, secret, clock))
                    }
                },
            }),
        })
    }

    /// Makes the request of an intent and says what became of it. The request reaches the wire at
    /// most once; see `exchange.rs` for why that can be said.
    ///
    /// The body is sent byte for byte as the intent holds it, with the key as `Idempotency-Key`
    /// (documented under "Idempotency" in the introduction to the Ticketing API). An intent for
    /// another host is not sent and answered with [`Verdict::WrongAccount`].
    pub async fn create(&self, intent: &Durable<Intent>) -> Reply {
        let url = match self.destination(&intent.route) {
            Ok(url) => url,
            Err(problem) => {
                return Reply {
                    verdict: Verdict::WrongAccount(problem),
                    meta: Meta::default(),
                };
            }
        };
        let request = self
            .request(Method::POST, url)
            .header(CONTENT_TYPE, JSON)
            .header("Idempotency-Key", intent.key.to_string())
            .body(intent.body.to_vec());
        match self.exchange(request, REPLY_BYTES_MAX).await {
            Ok(exchange) => Reply {
                verdict: exchange.verdict_about(&intent.external_id),
                meta: exchange.meta(Asked::Create),
            },
            Err(verdict) => Reply {
                verdict,
                meta: Meta::default(),
            },
        }
    }

    /// The account it talks to.
    pub fn account(&self) -> &Account {
        &self.inner.account
    }

    /// What must not be seen of any reply.
    pub(super) fn secrets(&self) -> &Secrets {
        &self.inner.secrets
    }

    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.inner.http.request(method, url).header(ACCEPT, JSON)
    }

    /// A question about how things are now. No cache on the way may answer it; `Pragma` is for those
    /// that know HTTP/1.0 only.
    pub(super) fn question(&self, url: Url) -> RequestBuilder {
        self.request(Method::GET, url)
            .header(CACHE_CONTROL, NO_CACHE)
            .header(PRAGMA, NO_CACHE)
    }

    /// Signs a request, sends it once, and reads its reply. The header is marked sensitive, so that
    /// no log or header table keeps it.
    pub(super) async fn exchange(
        &self,
        request: RequestBuilder,
        bytes_max: usize,
    ) -> Result<Exchange<'_>, Verdict> {
        let Inner {
            http,
            account,
            pass,
            secrets,
        } = &*self.inner;
        match pass {
            Pass::Bearer(token) => {
                let request = request.bearer_auth(token.expose_secret());
                exchange(request, bytes_max, secrets).await
            }
            Pass::ApiToken { email, token } => {
                let user = format!("{email}/token");
                let request = request.basic_auth(user, Some(token.expose_secret()));
                exchange(request, bytes_max, secrets).await
            }
            Pass::Tokens(tokens) => {
                let Some(url) = account.url("/oauth/tokens") else {
                    return Err(Verdict::NotSent("there is no place for tokens".to_owned()));
                };
                let lent = tokens.lend(http, url, secrets).await?;
                let request = request.bearer_auth(lent.text.expose_secret());
                let exchange = exchange(request, bytes_max, secrets).await?;
                if tokens.learn(&lent, exchange.status).await {
                    return Err(Verdict::Expired);
                }
                Ok(exchange)
            }
        }
    }

    fn destination(&self, route: &Route) -> Result<Url, Problem> {
        let here = self.inner.account.host();
        if route.host != here {
            let message = format!(
                "the request was meant for {} and this is {here}",
                route.host
            );
            return Err(Problem::new("RouteMismatch", message));
        }
        if route.method != "POST" {
            return Err(Problem::new(
                "RouteMismatch",
                "the request was meant for another method than POST",
            ));
        }
        self.inner
            .account
            .url(&route.path)
            .ok_or_else(|| Problem::new("RouteMismatch", "the request's path is none"))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("account", &self.inner.account.host())
            .finish_non_exhaustive()
    }
}

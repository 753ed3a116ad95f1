//! Who is asking: what the `Authorization` header is made of.

use secrecy::{ExposeSecret, SecretString};

/// What Zendesk knows the caller by. `Debug` shows that there is a secret and not which.
///
/// API tokens end on 2027-04-30 (Zendesk's "Migrating from API tokens to OAuth access tokens").
#[derive(Debug, Clone)]
pub enum Credentials {
    /// An OAuth client that fetches its access tokens itself.
    Client {
        /// The client's identifier.
        id: String,
        /// Its secret.
        secret: SecretString,
    },
    /// An OAuth access token.
    Bearer(SecretString),
    /// An API token and the address of the user it acts as.
    ApiToken {
        /// The user's e-mail address.
        email: String,
        /// The token itself, without `/token:`.
        token: SecretString,
    },
}

impl Credentials {
    /// Says what makes these credentials unusable before they are tried: a header cannot carry
    /// them, or the user's name would end in the wrong place.
    pub(super) fn fault(&self) -> Option<&'static str> {
        let (secret, email) = match self {
            Self::Bearer(token) | Self::Client { secret: token, .. } => {
                (token.expose_secret(), None)
            }
            Self::ApiToken { email, token } => (token.expose_secret(), Some(email)),
        };
        if secret.is_empty() {
            return Some("the token is empty");
        }
        if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some("the token holds a space, a line end or another character no token has");
        }
        match email {
            Some(email) if email.is_empty() => Some("the e-mail address is empty"),
            Some(email) if email.contains(':') || email.chars().any(char::is_control) => {
                Some("the e-mail address holds a colon or a control character")
            }
            _ => None,
        }
    }
}

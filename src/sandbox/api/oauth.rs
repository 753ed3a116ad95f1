//! Access tokens: `POST /oauth/tokens`.

use serde::{Deserialize, Serialize};

use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::State;

/// Gives a token to any client id and secret, for the client credentials grant.
pub(super) fn grant(state: &mut State, request: &Request, now_ms: i64) -> Response {
    let Some(asked) = Asked::read(request) else {
        return refuse("invalid_request", "the request is not understood");
    };
    if asked.grant_type.as_deref() != Some("client_credentials") {
        return refuse(
            "unsupported_grant_type",
            "only client_credentials is granted here",
        );
    }
    let is_given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    if !is_given(&asked.client_id) || !is_given(&asked.client_secret) {
        return refuse("invalid_client", "a client id and a secret are needed");
    }
    let life_s = state.settings.token_life_s;
    let access_token = state.access.issue(now_ms, life_s);
    Response::json(
        200,
        &Granted {
            access_token,
            token_type: "bearer",
            scope: asked.scope.unwrap_or_default(),
            expires_in: life_s,
        },
    )
}

#[derive(Serialize)]
struct Granted {
    access_token: String,
    token_type: &'static str,
    scope: String,
    expires_in: u32,
}

/// What is asked for, in JSON or as a form: both are in use.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
}

impl Asked {
    fn read(request: &Request) -> Option<Self> {
        if let Ok(asked) = serde_json::from_slice(&request.body) {
            return Some(asked);
        }
        let text = std::str::from_utf8(&request.body).ok()?;
        let mut asked = Self::default();
        for pair in text.split('&') {
            let (name, value) = pair.split_once('=')?;
            let value = Some(value.replace('+', " "));
            match name {
                "grant_type" => asked.grant_type = value,
                "client_id" => asked.client_id = value,
                "client_secret" => asked.client_secret = value,
                "scope" => asked.scope = value,
                _ => {}
            }
        }
        Some(asked)
    }
}

fn refuse(error: &'static str, error_description: &'static str) -> Response {
    #[derive(Serialize)]
    struct Refusal {
        error: &'static str,
        error_description: &'static str,
    }
    Response::json(
        401,
        &Refusal {
            error,
            error_description,
        },
    )
}

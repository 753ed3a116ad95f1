//! `GET /api/v2/users/me`.

use serde::Serialize;

use crate::sandbox::api::auth;
use crate::sandbox::dates::iso;
use crate::sandbox::http::{Request, Response};
use crate::sandbox::state::{ADMIN_EMAIL, ADMIN_ID, ADMIN_NAME, State};

/// Returns the authenticated user. An unknown caller is not refused but gets a 200 with an
/// anonymous user.
pub(super) fn me(state: &State, request: &Request, now_ms: i64) -> Response {
    #[derive(Serialize)]
    struct Body<'a> {
        user: User<'a>,
    }
    #[derive(Serialize)]
    struct User<'a> {
        id: Option<u64>,
        url: Option<String>,
        name: &'a str,
        email: &'a str,
        created_at: Option<String>,
        updated_at: Option<String>,
        time_zone: &'a str,
        locale: &'a str,
        role: &'a str,
        verified: bool,
        active: bool,
        suspended: bool,
    }
    let known = auth::is_known(state, request, now_ms);
    let made_at = || known.then(|| iso(now_ms));
    let user = User {
        id: known.then_some(ADMIN_ID),
        url: None,
        name: if known { ADMIN_NAME } else { "Anonymous user" },
        email: if known {
            ADMIN_EMAIL
        } else {
            "invalid@example.com"
        },
        created_at: made_at(),
        updated_at: made_at(),
        time_zone: "UTC",
        locale: "en-US",
        role: if known {
            &state.settings.role
        } else {
            "end-user"
        },
        verified: known,
        active: known,
        suspended: false,
    };
    Response::json(200, &Body { user })
}

//! `GET /api/v2/triggers/active`.

use serde::Serialize;

use crate::sandbox::http::Response;
use crate::sandbox::state::State;

/// Lists as many triggers as the account is said to have.
pub(super) fn active(state: &State) -> Response {
    #[derive(Serialize)]
    struct Body {
        triggers: Vec<Trigger>,
        next_page: Option<String>,
        previous_page: Option<String>,
        count: u32,
    }
    #[derive(Serialize)]
    struct Trigger {
        id: u64,
        title: String,
        active: bool,
        position: u32,
    }
    let count = state.settings.active_triggers;
    let trigger = |n: u32| Trigger {
        id: 900_200_000 + u64::from(n),
        title: format!("Notify somebody ({n})"),
        active: true,
        position: n,
    };
    let triggers = (1..=count.min(100)).map(trigger).collect();
    Response::json(
        200,
        &Body {
            triggers,
            next_page: None,
            previous_page: None,
            count,
        },
    )
}

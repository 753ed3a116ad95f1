//! The paths under `/sandbox/`, by which a test moves the world around the account.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sandbox::faults::Faults;
use crate::sandbox::server::core::Core;
use crate::sandbox::settings::SettingsError;
use crate::sandbox::state::{Method, Request, Response, Settings, Stats};

/// Answers a control request; these are not API requests and are not counted.
pub(super) fn answer(core: &mut Core, request: &Request) -> Response {
    match (request.method, request.path.as_str()) {
        (Method::Get, "/sandbox/stats") => stats(core),
        (Method::Get, "/sandbox/settings") => Response::json(200, core.state.settings()),
        (Method::Get, "/sandbox/faults") => Response::json(200, &core.faults),
        (Method::Post, "/sandbox/clock") => move_clock(core, &request.body),
        (Method::Post, "/sandbox/faults") => replace_faults(core, &request.body),
        (Method::Post, "/sandbox/settings") => change_settings(core, &request.body),
        (Method::Post, "/sandbox/archive") => {
            core.state.archive_all();
            stats(core)
        }
        _ => refused(404, "there is no such control path"),
    }
}

fn stats(core: &mut Core) -> Response {
    #[derive(Serialize)]
    struct Told {
        #[serde(flatten)]
        stats: Stats,
        minutes: Vec<[u32; 2]>,
    }
    core.state.advance(core.now_ms());
    let told = Told {
        stats: core.state.stats(),
        minutes: core.state.minutes(),
    };
    Response::json(200, &told)
}

fn move_clock(core: &mut Core, body: &[u8]) -> Response {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Move {
        advance_seconds: i64,
    }
    #[derive(Serialize)]
    struct Moved {
        offset_seconds: i64,
        now: String,
    }
    /// A century: enough for any test, and far from every overflow.
    const OFFSET_MS_MAX: i64 = 100 * 366 * 24 * 60 * 60 * 1000;
    let advance = match serde_json::from_slice::<Move>(body) {
        Ok(advance) => advance.advance_seconds,
        Err(error) => return refused(400, &error.to_string()),
    };
    let offset_ms = core
        .clock_offset_ms
        .saturating_add(advance.saturating_mul(1000));
    if !(-OFFSET_MS_MAX..=OFFSET_MS_MAX).contains(&offset_ms) {
        return refused(400, "the clock moves a century at most");
    }
    core.clock_offset_ms = offset_ms;
    let now = crate::sandbox::dates::iso(core.now_ms());
    Response::json(
        200,
        &Moved {
            offset_seconds: offset_ms / 1000,
            now,
        },
    )
}

fn replace_faults(core: &mut Core, body: &[u8]) -> Response {
    match Faults::from_json(body) {
        Ok(faults) => {
            core.faults = faults;
            Response::json(200, &core.faults)
        }
        Err(error) => refused(400, &error.to_string()),
    }
}

/// Changes the settings that are named; the others stay.
fn change_settings(core: &mut Core, body: &[u8]) -> Response {
    let merged = merged(core.state.settings(), body)
        .map_err(SettingsError::from)
        .and_then(Settings::checked);
    match merged {
        Ok(settings) => {
            core.state.set_settings(settings);
            Response::json(200, core.state.settings())
        }
        Err(error) => refused(400, &error.to_string()),
    }
}

fn merged(old: &Settings, body: &[u8]) -> serde_json::Result<Settings> {
    let mut all = serde_json::to_value(old)?;
    let named: serde_json::Map<String, Value> = serde_json::from_slice(body)?;
    if let Some(all) = all.as_object_mut() {
        all.extend(named);
    }
    serde_json::from_value(all)
}

fn refused(status: u16, why: &str) -> Response {
    #[derive(Serialize)]
    struct Refusal<'a> {
        error: &'a str,
    }
    Response::json(status, &Refusal { error: why })
}

//! The one task that owns the account, its file, its clock and its faults, and the paths under
//! `/sandbox/` by which a test changes them.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::sandbox::faults::{Delivery, Faults, deliver};
use crate::sandbox::settings::SettingsError;
use crate::sandbox::state::{Method, Request, Response, Settings, State, Stats};
use crate::sandbox::store::{Store, StoreError};

/// How many requests one transaction holds, at most.
const BATCH_MAX: usize = 512;

/// A request, and where its reply is waited for.
pub(super) struct Job {
    pub(super) request: Request,
    pub(super) reply: oneshot::Sender<Delivery>,
}

/// All that requests can change.
pub(super) struct Core {
    pub(super) state: State,
    pub(super) faults: Faults,
    pub(super) clock_offset_ms: i64,
    store: Option<Store>,
    stored_offset_ms: i64,
}

impl Core {
    pub(super) fn new(
        state: State,
        store: Option<Store>,
        faults: Faults,
        clock_offset_ms: i64,
    ) -> Self {
        Self {
            state,
            faults,
            clock_offset_ms,
            store,
            stored_offset_ms: clock_offset_ms,
        }
    }

    /// The double's clock: the real one, moved by what was asked for.
    #[expect(clippy::disallowed_methods, reason = "this is the sandbox's own clock")]
    pub(super) fn now_ms(&self) -> i64 {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        i64::try_from(since.as_millis())
            .unwrap_or(i64::MAX)
            .saturating_add(self.clock_offset_ms)
    }

    fn handle(&mut self, request: &Request) -> Delivery {
        if request.path.starts_with("/sandbox/") {
            return Delivery::Reply(answer(self, request));
        }
        let now_ms = self.now_ms();
        let fault = self.faults.draw_for(request);
        deliver(
            &mut self.state,
            request,
            now_ms,
            fault,
            self.faults.strike(),
        )
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let Some(store) = &mut self.store else {
            return Ok(());
        };
        let changes = self.state.take_changes();
        if changes.is_empty() && self.stored_offset_ms == self.clock_offset_ms {
            return Ok(());
        }
        store.commit(&changes, self.clock_offset_ms)?;
        self.stored_offset_ms = self.clock_offset_ms;
        Ok(())
    }
}

/// Answers until all clients are gone.
///
/// Whatever waits is handled together and committed once; only then do the replies leave. After a
/// failed commit nothing is answered: every connection is reset and the server stops, because the
/// state in memory tells of tickets that the file does not have.
pub(super) async fn run(
    mut core: Core,
    mut inbox: mpsc::UnboundedReceiver<Job>,
    stop: CancellationToken,
) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    let mut ready = Vec::with_capacity(BATCH_MAX);
    while inbox.recv_many(&mut batch, BATCH_MAX).await > 0 {
        for Job { request, reply } in batch.drain(..) {
            ready.push((core.handle(&request), reply));
        }
        if let Err(error) = core.commit() {
            tracing::error!(%error, "the sandbox cannot keep what it did, and stops");
            return stop.cancel();
        }
        for (delivery, reply) in ready.drain(..) {
            // Whoever left does not hear the answer.
            let _gone = reply.send(delivery);
        }
    }
}

/// Answers a control request; these are not API requests and are not counted.
fn answer(core: &mut Core, request: &Request) -> Response {
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

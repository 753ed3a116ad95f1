//! The one task that owns the account, its file, its clock and its faults.

use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::sandbox::faults::{Delivery, Faults, deliver};
use crate::sandbox::server::control;
use crate::sandbox::state::{Request, State};
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
            return Delivery::Reply(control::answer(self, request));
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

/// Answers until nobody can ask any more.
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

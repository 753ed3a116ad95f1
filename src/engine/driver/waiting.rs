//! Why nothing is sent just now.

use super::{Driver, Rows};
use crate::engine::monitor::Waiting;
use crate::model::limits::WAITING_ROWS_MAX;
use crate::model::time::Monotonic;
use crate::zendesk::pacer::Pause;

impl<R: Rows> Driver<R> {
    pub(super) fn waiting(&self, now: Monotonic) -> Option<Waiting> {
        if let Some(probe_at) = self.watch.probe_at() {
            return Some(Waiting::Outage(probe_at.since(now)));
        }
        let held_ms = self.creates.held_until().since(now);
        if held_ms > 0 && self.tally.throttled > 0 {
            return Some(Waiting::Throttled(held_ms));
        }
        if let Some((reason, until)) = self.creates.pause(now) {
            let ms = until.since(now);
            return Some(match reason {
                Pause::Others => Waiting::Others(ms),
                Pause::Reserve => Waiting::Reserve(ms),
            });
        }
        self.settling(now)
            .filter(|_| self.out == 0)
            .map(Waiting::Settling)
    }

    /// How long until the first waiting row has its turn, if rows wait and no other row is left.
    pub(super) fn settling(&self, now: Monotonic) -> Option<u64> {
        let nothing_pending = self.limit_is_reached()
            || self.no_row_is_left()
            || self.tracked.len() >= WAITING_ROWS_MAX;
        let (time, _) = self.due.first().filter(|_| nothing_pending)?;
        Some(time.since(now)).filter(|ms| *ms > 0)
    }
}

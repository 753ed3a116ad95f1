//! Is the run over?

use super::{Driver, Rows};
use crate::lifecycle::Stop;
use crate::model::time::Monotonic;
use crate::report::text::duration;

impl<R: Rows> Driver<R> {
    pub(super) fn consider_stopping(&mut self, now: Monotonic) {
        if self.stop.is_some() {
            return;
        }
        let over = self
            .plan
            .max_duration_ms
            .is_some_and(|ms| now.since(self.started) >= ms);
        let idle = self
            .idle_since
            .is_some_and(|t| now.since(t) >= self.plan.max_outage_ms);
        let held_ms = self.creates.held_until().since(now);
        let held = held_ms > self.plan.max_outage_ms;
        if held {
            self.news.push(format!(
                "Zendesk asks to wait {} (Retry-After), which is longer than --max-outage",
                duration(held_ms)
            ));
        }
        self.stop = self
            .watch
            .verdict(now)
            .or_else(|| held.then_some(Stop::Outage))
            .or_else(|| over.then_some(Stop::MaxDuration))
            .or_else(|| idle.then_some(Stop::Outage));
    }

    /// Done is when no row can become a ticket any more without a person, or when the rows that
    /// this run may take are taken and settled.
    pub(super) fn consider_being_done(&mut self, now: Monotonic) {
        let nothing_more = self.tracked.is_empty() && self.out == 0;
        if nothing_more && self.no_row_is_left() {
            self.stop = Some(Stop::Done);
        } else if nothing_more && self.limit_is_reached() {
            self.stop = Some(Stop::Limit);
        }
        let only_waiting = self.out == 0 && self.effects.is_empty();
        if self.stop.is_none() && only_waiting && self.settling(now).is_some() {
            self.idle_since.get_or_insert(now);
        } else {
            self.idle_since = None;
        }
    }

    /// Whether no pending row is left to be taken.
    pub(super) fn no_row_is_left(&self) -> bool {
        self.at_end
            && self.ahead.is_empty()
            && self.returned.is_empty()
            && self.requesters.holds_no_row()
            && self.authors.rows() == 0
    }

    /// Whether the rows that wait for their authors are all that this run may still take.
    pub(super) fn limit_is_promised(&self) -> bool {
        let promised = self.left_pending + self.authors.rows() as u64;
        self.plan.limit.is_some_and(|limit| promised >= limit)
    }

    pub(super) fn limit_is_reached(&self) -> bool {
        self.plan
            .limit
            .is_some_and(|limit| self.left_pending >= limit)
    }
}

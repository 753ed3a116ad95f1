//! The rows that the driver keeps in mind, and their turns.

use std::sync::Arc;

use super::{Driver, Rows};
use crate::checkpoint::{InFlight, Outcome, PendingRow};
use crate::lifecycle::question::Tries;
use crate::lifecycle::{Event, Finding, How, Row, State, Step, next};
use crate::model::ids::{Key, RowNumber};
use crate::model::intent::{Route, Trust};
use crate::model::problem::Problem;
use crate::model::reply::{Candidate, NearMatch};
use crate::model::time::{Monotonic, ServerTime};

/// When the first question of a lookup was asked, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) at: ServerTime,
    pub(super) local: Monotonic,
}

/// What the list has said of a row: no ticket with its `external_id`, but perhaps a similar one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Half {
    pub(super) asked: Asked,
    pub(super) near: Option<NearMatch>,
}

/// A row that is in `sending`, or being looked up before it is sent.
#[derive(Debug, Clone)]
pub(super) struct Tracked {
    pub(super) row: Row,
    pub(super) line: u64,
    pub(super) external_id: Arc<str>,
    pub(super) key: Key,
    /// The way of its stored intent; `None` if it has none.
    pub(super) route: Option<Route>,
    /// When its next turn is; `None` while a request for it is out.
    pub(super) due: Option<Monotonic>,
    /// When its key was first sent by this process; the start of the process, if an earlier one did.
    pub(super) first_sent: Monotonic,
    /// A lookup that has been asked by list, and found nothing there.
    pub(super) half_looked_up: Option<Half>,
    /// Since when this process has seen no request of the row on its way: its own start at first,
    /// since what an earlier process did is not seen.
    pub(super) quiet_since: Monotonic,
    /// How often its lookup has failed.
    pub(super) tries: Tries,
}

impl Tracked {
    /// A row in flight as a start finds it.
    pub(super) fn found(found: InFlight, now: Monotonic) -> Self {
        let row = Row {
            state: State::Sending(found.flight.of_an_earlier_run()),
            past: found.past,
        };
        Self::new(
            row,
            found.line,
            found.external_id,
            found.key,
            Some(found.route),
            now,
        )
    }

    /// A pending row whose turn it is.
    pub(super) fn pending(pending: &PendingRow, now: Monotonic) -> Self {
        let row = Row {
            state: State::Pending,
            past: pending.past,
        };
        Self::new(
            row,
            pending.line,
            Arc::clone(&pending.external_id),
            pending.key,
            None,
            now,
        )
    }

    fn new(
        row: Row,
        line: u64,
        external_id: Arc<str>,
        key: Key,
        route: Option<Route>,
        now: Monotonic,
    ) -> Self {
        Self {
            row,
            line,
            external_id,
            key,
            route,
            due: None,
            first_sent: now,
            half_looked_up: None,
            quiet_since: now,
            tries: Tries::default(),
        }
    }
}

impl<R: Rows> Driver<R> {
    /// Gives a tracked row its next turn.
    pub(super) fn schedule(&mut self, number: RowNumber, time: Monotonic) {
        if let Some(tracked) = self.tracked.get_mut(&number) {
            if let Some(before) = tracked.due.replace(time) {
                self.due.remove(&(before, number));
            }
            self.due.insert((time, number));
        }
    }

    /// Takes a row's turn away: a request for it goes out.
    pub(super) fn unschedule(&mut self, number: RowNumber) {
        if let Some(tracked) = self.tracked.get_mut(&number)
            && let Some(before) = tracked.due.take()
        {
            self.due.remove(&(before, number));
        }
    }

    /// Lets an event happen to a tracked row, and does what follows.
    pub(super) fn happen(&mut self, number: RowNumber, event: Event, now: Monotonic) {
        let Some(tracked) = self.tracked.get(&number) else {
            return;
        };
        let before = tracked.row.clone();
        let (after, step) = next(before.clone(), event, &self.plan.rules);
        self.count(&before.state, &after.state);
        let changed = after != before;
        let key = (step == Step::NewKey).then(|| (self.make_key)());
        if changed || key.is_some() {
            self.batch.outcomes.push(Outcome {
                number,
                row: after.clone(),
                key,
            });
        }
        match after.state {
            State::Sending(_) => self.keep(number, after, &step, now),
            State::Pending if after.past.look_up_since.is_some() => {
                self.keep(number, after, &step, now);
            }
            State::Pending => {
                self.forget(number, false);
                self.returned.insert(number);
            }
            State::Created { .. } => {
                if let Some(tracked) = self.tracked.get(&number) {
                    let external_id = &tracked.external_id;
                    self.visibility.note_created(number, external_id, now);
                }
                self.forget(number, true);
            }
            State::Invalid(_) | State::Rejected(_) | State::Unknown(_) | State::Withdrawn => {
                self.forget(number, false);
            }
        }
        if let Step::Halt(stop) = step {
            self.stop.get_or_insert(stop);
        }
    }

    fn keep(&mut self, number: RowNumber, row: Row, step: &Step, now: Monotonic) {
        let time = match step {
            Step::Wait(ms) => now.plus(*ms),
            Step::WaitUntil(time) => self.local(*time, now),
            Step::Rest
            | Step::Send
            | Step::Resend
            | Step::LookUp
            | Step::NewKey
            | Step::Halt(_) => now,
        };
        if let Some(tracked) = self.tracked.get_mut(&number) {
            tracked.row = row;
            tracked.half_looked_up = None;
        }
        self.schedule(number, time);
    }

    fn forget(&mut self, number: RowNumber, exists: bool) {
        self.requesters.settles(number, exists);
        self.unschedule(number);
        self.tracked.remove(&number);
    }

    /// When this machine's clock will say what Zendesk's says at `time`; never now, so that a wait
    /// always is one.
    pub(super) fn local(&self, time: ServerTime, now: Monotonic) -> Monotonic {
        let ms = time.since(self.server_now(now)).max(1);
        now.plus(ms.cast_unsigned())
    }

    /// Trusts the key of no row that is out any more.
    pub(super) fn doubt_keys(&mut self, now: Monotonic) {
        let rows: Vec<RowNumber> = self.tracked.keys().copied().collect();
        for row in rows {
            let due = self.tracked.get(&row).and_then(|tracked| tracked.due);
            self.happen(row, Event::KeysDropped, now);
            match due {
                Some(time) => self.schedule(row, time),
                None => self.unschedule(row),
            }
        }
    }

    /// Notes that a request of the row may have been on its way until now.
    pub(super) fn is_quiet_from(&mut self, number: RowNumber, now: Monotonic) {
        if let Some(tracked) = self.tracked.get_mut(&number) {
            tracked.quiet_since = now;
        }
    }

    /// The date of an imported ticket is one of the past: it says nothing of when it was made.
    pub(super) fn with_dates_that_tell(&self, mut candidates: Vec<Candidate>) -> Vec<Candidate> {
        if self.plan.rules.trust == Trust::LookupOnly {
            for candidate in &mut candidates {
                candidate.created_at = None;
            }
        }
        candidates
    }

    /// What a lookup has found, put together from its two ways.
    pub(super) fn finding(
        &self,
        row: RowNumber,
        mut candidates: Vec<Candidate>,
        asked: Asked,
        obstacle: Option<Problem>,
    ) -> Event {
        candidates.sort_by_key(|c| c.ticket);
        candidates.dedup_by_key(|c| c.ticket);
        Event::LookedUp(Finding {
            candidates,
            near: None,
            asked_at: asked.at,
            quiet_ms: self.quiet_ms(row, asked),
            obstacle: obstacle.or_else(|| self.blindness()),
        })
    }

    /// A lookup that found no ticket of the row but one that may be.
    pub(super) fn near_finding(&self, row: RowNumber, near: NearMatch, asked: Asked) -> Event {
        Event::LookedUp(Finding {
            candidates: Vec::new(),
            near: Some(near),
            asked_at: asked.at,
            quiet_ms: self.quiet_ms(row, asked),
            obstacle: None,
        })
    }

    fn quiet_ms(&self, row: RowNumber, asked: Asked) -> u64 {
        self.tracked
            .get(&row)
            .map_or(0, |tracked| asked.local.since(tracked.quiet_since))
    }

    /// Keeps the counts in step with the rows.
    pub(super) fn count(&mut self, before: &State, after: &State) {
        if let State::Created { .. } = after
            && !matches!(before, State::Created { .. })
        {
            self.tally.created += 1;
        }
        if let State::Rejected(_) = after {
            self.watch.rejected();
        }
        *self.bin(before) -= 1;
        *self.bin(after) += 1;
        if let State::Created { how, .. } = after {
            match how {
                How::Hit => self.counts.created_hit += 1,
                How::Found | How::Named => self.counts.created_found += 1,
                How::Miss | How::Unmarked => {}
            }
        }
    }

    fn bin(&mut self, state: &State) -> &mut u64 {
        match state {
            State::Invalid(_) => &mut self.counts.invalid,
            State::Pending => &mut self.counts.pending,
            State::Sending(_) => &mut self.counts.sending,
            State::Created { .. } => &mut self.counts.created,
            State::Rejected(_) => &mut self.counts.rejected,
            State::Unknown(_) => &mut self.counts.unknown,
            State::Withdrawn => &mut self.counts.withdrawn,
        }
    }
}

//! Which row goes next, and its intent.

use std::sync::Arc;

use super::requesters::requester_of;
use super::track::Tracked;
use super::{Driver, Effect, Rows, Subject, Way};
use crate::checkpoint::{CheckpointError, NewIntent, PendingRow};
use crate::engine::conversation::Sendable;
use crate::lifecycle::{Event, Evidence, State, Step, Stop, next, window};
use crate::model::ids::{Fingerprint, RowNumber};
use crate::model::intent::{Durable, Intent, Trust};
use crate::model::limits::WAITING_ROWS_MAX;
use crate::model::time::Monotonic;

/// Pending rows that are read from the checkpoint at once.
const READ_AHEAD: usize = 1_000;

/// Rows that may wait for their lookup before a further row that needs one is taken.
const LOOKING_MAX: usize = 1_000;

/// How long a row that has no lane is put off; a reply that comes before it wakes the driver anyway.
const POSTPONE_MS: u64 = 50;

/// A request that may leave now: the row as it will be, and whether it has left before.
type Ready = (crate::lifecycle::Row, Step);

impl<R: Rows> Driver<R> {
    /// Fills the free lanes: first the rows whose turn has come, then pending ones.
    pub(super) fn fill(&mut self, now: Monotonic) -> Result<(), CheckpointError> {
        if !self.probing && self.watch.probe_at().is_some_and(|time| time <= now) {
            self.probing = true;
            self.creates.note_send(now);
            self.effects.push(Effect::Probe);
        }
        self.ask_comparisons(now);
        if !self.sample.is_done() {
            self.ask_sample(now);
            return Ok(());
        }
        self.ask_control(now)?;
        while let Some((time, number)) = self.due.first().copied() {
            if time > now || self.out >= self.watch.lanes(self.plan.concurrency) {
                break;
            }
            if !self.take_turn(number, now)? {
                return Ok(());
            }
        }
        let mut permit = false;
        self.ask_authors(true, &mut permit, now)?;
        while self.out < self.create_lanes() && self.may_take_pending() {
            if !self.take_pending(&mut permit, now)? {
                break;
            }
        }
        self.ask_authors(false, &mut permit, now)
    }

    /// How many creates may be out. Until a first one has shown that keys are honoured, one.
    fn create_lanes(&self) -> usize {
        let most = self.watch.lanes(self.plan.concurrency);
        match (self.evidence, self.plan.rules.trust) {
            (Evidence::Unproven, Trust::Key) => most.min(1),
            (Evidence::Unproven, Trust::LookupOnly)
            | (Evidence::Honoured | Evidence::Dropped, _) => most,
        }
    }

    fn may_take_pending(&self) -> bool {
        self.stop.is_none() && !self.limit_is_reached() && self.tracked.len() < WAITING_ROWS_MAX
    }

    /// Gives a tracked row its turn. `false` if no request at all may leave now.
    fn take_turn(&mut self, number: RowNumber, now: Monotonic) -> Result<bool, CheckpointError> {
        let Some(tracked) = self.tracked.get(&number) else {
            self.due.pop_first();
            return Ok(true);
        };
        let (after, step) = self.ask(tracked, now);
        match step {
            Step::Send | Step::Resend => {
                if self.out >= self.create_lanes() {
                    self.postpone(number, now);
                    return Ok(true);
                }
                if let Err(later) = self.creates.take(now) {
                    self.ask_again_when(later);
                    return Ok(false);
                }
                let (body, fingerprint) = self.checkpoint.body(number)?;
                let requester = requester_of(&body);
                self.requesters.departs(number, requester.as_deref());
                self.depart(number, (after, step), body, fingerprint, now);
            }
            Step::LookUp => self.look_up(number, now),
            Step::Wait(_) | Step::WaitUntil(_) | Step::Rest | Step::NewKey | Step::Halt(_) => {
                let event = self.due_event(number, now);
                self.happen(number, event, now);
            }
        }
        Ok(true)
    }

    fn ask(&self, tracked: &Tracked, now: Monotonic) -> Ready {
        let event = self.due_event_for(tracked, now);
        next(tracked.row.clone(), event, &self.plan.rules)
    }

    fn due_event(&self, number: RowNumber, now: Monotonic) -> Event {
        match self.tracked.get(&number) {
            Some(tracked) => self.due_event_for(tracked, now),
            None => Event::NeverSent,
        }
    }

    fn due_event_for(&self, tracked: &Tracked, now: Monotonic) -> Event {
        Event::Due {
            now: self.server_now(now),
            evidence: self.evidence,
            local_age_ms: now.since(tracked.first_sent),
            same_route: tracked
                .route
                .as_ref()
                .is_none_or(|route| *route == self.plan.route),
            highest_ticket: self.highest_ticket,
        }
    }

    /// Sends the next way of a row's lookup, if both the lookups' and the account's pace allow it.
    fn look_up(&mut self, number: RowNumber, now: Monotonic) {
        let Some(tracked) = self.tracked.get(&number) else {
            return;
        };
        let way = match tracked.half_looked_up {
            Some(_) => Way::Search,
            None => Way::List,
        };
        let external_id = Arc::clone(&tracked.external_id);
        if let Err(later) = self.permit_lookup(way, now) {
            self.schedule(number, later);
            return;
        }
        self.unschedule(number);
        let page_size = self.another_page_size();
        self.effects.push(Effect::LookUp {
            subject: Subject::Row(number),
            external_id,
            way,
            page_size,
        });
        self.out += 1;
    }

    /// Takes the next pending row. `false` if there is none, or none may leave now.
    ///
    /// The permit comes before the row is read, because most calls end with there being none. A row
    /// that needs no permit after all leaves it to the next one.
    fn take_pending(&mut self, permit: &mut bool, now: Monotonic) -> Result<bool, CheckpointError> {
        let Some(pending) = self.next_pending(now)? else {
            return Ok(false);
        };
        let number = pending.number;
        if pending.past.look_up_since.is_some() {
            if self.tracked.len() >= LOOKING_MAX {
                self.ahead.push_front(pending);
                return Ok(false);
            }
            self.tracked.insert(number, Tracked::pending(&pending, now));
            self.schedule(number, now);
            return self.take_turn(number, now);
        }
        if !*permit && let Err(later) = self.creates.take(now) {
            self.ask_again_when(later);
            self.ahead.push_front(pending);
            return Ok(false);
        }
        *permit = true;
        let read = self.rows.read_again(&pending);
        let body = match self.sendable(read)? {
            Sendable::Now(body) => body,
            Sendable::Once(author) => {
                self.authors.put_aside(author, pending);
                return Ok(true);
            }
            Sendable::Never(problem) => {
                self.leave_out(&pending, problem, now);
                return Ok(true);
            }
            Sendable::Unreadable(problem) => {
                self.ahead.push_front(pending);
                self.checkpoint.read_anew()?;
                self.stop.get_or_insert(Stop::Input(problem));
                return Ok(false);
            }
        };
        let requester = requester_of(&body);
        // A collision costs a 409 and another request; a long queue would stop everybody.
        if let Some(requester) = requester
            .as_deref()
            .filter(|r| self.requesters.must_wait(Some(r)) && !self.requesters.is_full())
        {
            self.requesters.put_aside(requester, pending);
            return Ok(true);
        }
        *permit = false;
        self.authors.since_create = 0;
        self.requesters.departs(number, requester.as_deref());
        let tracked = Tracked::pending(&pending, now);
        let ready = self.ask(&tracked, now);
        self.tracked.insert(number, tracked);
        self.left_pending += 1;
        let sent = if self.rows.has_comments() {
            Fingerprint::of(&body)
        } else {
            pending.fingerprint
        };
        self.depart(number, ready, body.into(), sent, now);
        Ok(true)
    }

    fn next_pending(&mut self, now: Monotonic) -> Result<Option<PendingRow>, CheckpointError> {
        // Rows that came back in this turn are read once it is committed.
        if !self.returned.is_empty() && !self.batch.outcomes.is_empty() {
            self.ask_again_when(now.plus(1));
        } else {
            while let Some(number) = self.returned.pop_first() {
                let before = RowNumber(number.0.saturating_sub(1));
                let found = self.checkpoint.pending(before, 1)?;
                // A row that is read from another file is not this run's.
                if let Some(row) = found.into_iter().find(|row| row.number == number) {
                    return Ok(Some(row));
                }
            }
        }
        let freed = self.requesters.next_freed();
        if let Some(freed) = freed.or_else(|| self.authors.next_freed()) {
            return Ok(Some(freed));
        }
        if self.authors.is_full() || self.limit_is_promised() {
            return Ok(None);
        }
        while self.ahead.is_empty() && !self.at_end {
            let read = self.checkpoint.pending(self.cursor, READ_AHEAD)?;
            match read.last() {
                Some(last) => self.cursor = last.number,
                None => self.at_end = true,
            }
            let fresh = read
                .into_iter()
                .filter(|row| !self.resumed.contains(&row.number));
            self.ahead.extend(fresh);
        }
        Ok(self.ahead.pop_front())
    }

    /// Puts the intent of a row into the batch; the request leaves when that is on disk.
    fn depart(
        &mut self,
        number: RowNumber,
        (row, step): Ready,
        body: Arc<[u8]>,
        fingerprint: Fingerprint,
        now: Monotonic,
    ) {
        self.unschedule(number);
        let Some(tracked) = self.tracked.get_mut(&number) else {
            return;
        };
        let State::Sending(flight) = &row.state else {
            return;
        };
        let intent = Intent {
            row: number,
            external_id: Arc::clone(&tracked.external_id),
            key: tracked.key,
            body,
            fingerprint,
            route: self.plan.route.clone(),
            trust: flight.trust,
            highest_ticket: flight.highest_ticket,
            first_sent_at: flight.first_sent_at,
            sent_at: flight.last_sent_at,
            attempt: flight.attempts,
        };
        tracked.route = Some(self.plan.route.clone());
        if flight.attempts <= 1 {
            tracked.first_sent = now;
        }
        let before = std::mem::replace(&mut tracked.row, row.clone());
        self.count(&before.state, &row.state);
        self.tally.retried += u64::from(step == Step::Resend);
        self.batch.intents.push(NewIntent { intent, row });
        self.out += 1;
    }

    /// Until when a resend is safe on this machine's clock: checked again right before it leaves,
    /// since a COMMIT may take long on a busy disk.
    pub(super) fn latest_send(
        &self,
        intent: &Durable<Intent>,
        now: Monotonic,
    ) -> Option<Monotonic> {
        (intent.attempt > 1).then(|| {
            let timeout = self.plan.rules.request_timeout_ms;
            self.local(window::latest_start(intent.first_sent_at, timeout), now)
        })
    }

    pub(super) fn ask_again_when(&mut self, time: Monotonic) {
        self.ask_again_at = Some(self.ask_again_at.map_or(time, |before| before.min(time)));
    }

    /// Moves a row that may not leave yet behind the others, for as little as can be.
    fn postpone(&mut self, number: RowNumber, now: Monotonic) {
        self.schedule(number, now.plus(POSTPONE_MS));
    }
}

//! What messages mean for the rows and for the run.

use std::sync::Arc;

use super::track::Asked;
use super::{Driver, Effect, Message, Rows, Timing, Way};
use crate::checkpoint::{Attempt, Kind};
use crate::lifecycle::{Event, Evidence, Stop, retry};
use crate::model::ids::RowNumber;
use crate::model::limits::THROTTLE_HOLD_MS;
use crate::model::problem::Problem;
use crate::model::reply::{Answer, Candidate, Meta, Reply, RetryAfter, Verdict};
use crate::model::time::{Monotonic, ServerClock, ServerTime};

impl<R: Rows> Driver<R> {
    pub(super) fn take_in(&mut self, message: Message, now: Monotonic) {
        match message {
            Message::Replied { row, reply, timing } => self.replied(row, reply, timing, now),
            Message::NotBegun { row } => {
                self.out -= 1;
                self.happen(row, Event::NeverSent, now);
            }
            Message::LookedUp {
                row,
                way,
                answer,
                timing,
            } => {
                self.looked_up(row, way, answer, timing, now);
            }
            Message::Probed { answer, timing } => self.probed(&answer, timing, now),
            Message::Checked {
                row,
                answer,
                timing,
            } => self.checked(row, &answer, timing, now),
            Message::Interrupt => {
                self.stop.get_or_insert(Stop::Interrupted);
            }
        }
    }

    /// Learns from a reply what every reply tells.
    fn learn(&mut self, meta: &Meta, timing: Timing, now: Monotonic) {
        self.tally.requests += 1;
        if meta.status == Some(429) {
            self.tally.throttled += 1;
        }
        // A reply that lay in a socket while the machine slept tells the time of hours ago.
        let is_recent = timing.round_trip_ms() <= self.plan.rules.request_timeout_ms;
        if let Some(date) = meta.date.filter(|_| is_recent) {
            self.clock = ServerClock::new(date, timing.arrived);
        }
        self.creates.learn(meta.account, None, now);
        if let Some(warning) = &meta.warning {
            self.news.push(format!("Zendesk warns: {warning}"));
        }
    }

    fn replied(&mut self, row: RowNumber, reply: Reply, timing: Timing, now: Monotonic) {
        let sent_at = self.server_now(timing.sent);
        self.learn(&reply.meta, timing, now);
        self.creates.learn(None, reply.meta.endpoint, now);
        self.log_create(row, &reply.meta, sent_at, timing);
        if let Verdict::Forbidden(_) = reply.verdict {
            self.forbidden.insert(row, (reply, timing));
            self.effects.push(Effect::CheckCredentials { row });
        } else {
            self.judge(row, reply, now);
        }
    }

    /// Lets the reply to a create happen to its row.
    fn judge(&mut self, row: RowNumber, reply: Reply, now: Monotonic) {
        self.out -= 1;
        let Reply { verdict, meta } = reply;
        self.watch.observe(Some(&verdict), now);
        let Some((external_id_of_row, line)) = self
            .tracked
            .get(&row)
            .map(|t| (Arc::clone(&t.external_id), t.line))
        else {
            return;
        };
        self.is_quiet_from(row, now);
        let mut ours = false;
        if let Verdict::Created {
            ticket,
            external_id,
        } = &verdict
        {
            ours = external_id.as_deref() == Some(&*external_id_of_row);
            self.highest_ticket = self.highest_ticket.max(Some(*ticket));
            self.learn_of_keys(meta.key_lookup.is_some(), now);
        }
        if let Verdict::Throttled(asked) = verdict {
            self.hold(asked, now);
        }
        if verdict == Verdict::KeyMismatch {
            self.news.push(format!(
                "Zendesk knows the key of line {line} with other bytes: another copy of this \
                 checkpoint may be in use; the row is looked up"
            ));
        }
        let attempt = u32::try_from(self.tally.requests & 0xFFFF_FFFF).unwrap_or(0);
        let event = Event::Replied {
            verdict,
            key_lookup: meta.key_lookup,
            ours,
            evidence: self.evidence,
            now: self.server_now(now),
            jitter: retry::jitter(self.plan.seed, row.0, attempt),
        };
        self.happen(row, event, now);
    }

    /// Notes whether a create that made a ticket said what it did with the key.
    fn learn_of_keys(&mut self, marked: bool, now: Monotonic) {
        let seen = if marked {
            Evidence::Honoured
        } else {
            Evidence::Dropped
        };
        if seen == self.evidence {
            return;
        }
        self.evidence = seen;
        self.batch.evidence = Some(seen);
        match seen {
            Evidence::Honoured => self.hurry_the_settling(now),
            Evidence::Dropped | Evidence::Unproven => self.news.push(
                "Zendesk no longer confirms the idempotency key: something on the way drops it; \
                 from now on rows without an answer are looked up before they are sent again"
                    .to_owned(),
            ),
        }
    }

    /// A 429 holds all lanes, once, for as long as it asks.
    fn hold(&mut self, asked: Option<RetryAfter>, now: Monotonic) {
        let asked = asked.unwrap_or(RetryAfter::Delay(THROTTLE_HOLD_MS));
        let ms = retry::delay_ms(1, Some(asked), self.server_now(now), 0);
        self.creates.hold_until(now.plus(ms));
    }

    fn log_create(&mut self, row: RowNumber, meta: &Meta, sent_at: ServerTime, timing: Timing) {
        let key = self.tracked.get(&row).map(|tracked| tracked.key);
        let attempt = Attempt {
            key,
            ..attempt(row, Kind::Create, meta, sent_at, timing)
        };
        self.batch.attempts.push(attempt);
    }

    fn looked_up(
        &mut self,
        row: RowNumber,
        way: Way,
        answer: Answer<Vec<Candidate>>,
        timing: Timing,
        now: Monotonic,
    ) {
        self.out -= 1;
        let Answer { answer, meta } = answer;
        let sent_at = self.server_now(timing.sent);
        self.learn(&meta, timing, now);
        self.tally.lookups += 1;
        self.pace_of(way).learn(None, meta.endpoint, now);
        let kind = match way {
            Way::List => Kind::List,
            Way::Search => Kind::Search,
        };
        let found = answer.as_ref().ok().map(|found| found.len() as u64);
        let attempt = Attempt {
            found,
            ..attempt(row, kind, &meta, sent_at, timing)
        };
        self.batch.attempts.push(attempt);
        self.watch.observe(answer.as_ref().err(), now);
        if self.sample.contains(row) {
            self.stop_if_account_is_wrong(&answer);
            self.sampled(row, answer, now);
            return;
        }
        if self.is_control(row) {
            self.stop_if_account_is_wrong(&answer);
            self.controlled(&answer, now);
            return;
        }
        // By now this is the reply's own `Date`: when the question was answered, which is never too
        // late for judging it.
        let asked = Asked {
            at: self.server_now(timing.sent),
            local: timing.sent,
        };
        match answer {
            Ok(candidates) => self.weigh(row, way, candidates, asked, now),
            Err(verdict) => self.lookup_failed(row, way, verdict, asked, now),
        }
    }

    fn stop_if_account_is_wrong<T>(&mut self, answer: &Result<T, Verdict>) {
        match answer {
            Err(Verdict::Unauthorized) => {
                self.stop
                    .get_or_insert(Stop::Credentials(refused_credentials()));
            }
            Err(Verdict::WrongAccount(problem)) => {
                self.stop.get_or_insert(Stop::Account(problem.clone()));
            }
            Ok(_) | Err(_) => {}
        }
    }

    /// Weighs what one way of a lookup has found. Only both ways together prove that there is none.
    fn weigh(
        &mut self,
        row: RowNumber,
        way: Way,
        candidates: Vec<Candidate>,
        asked: Asked,
        now: Monotonic,
    ) {
        let Some(tracked) = self.tracked.get_mut(&row) else {
            return;
        };
        tracked.failed_lookups = 0;
        match (way, tracked.half_looked_up) {
            (Way::List, _) if candidates.is_empty() => {
                tracked.half_looked_up = Some(asked);
                self.schedule(row, now);
            }
            (Way::List, _) => {
                let event = self.finding(row, candidates, asked, None);
                self.happen(row, event, now);
            }
            // The search alone, without the list, proves no absence: the list is asked next.
            (Way::Search, None) if candidates.is_empty() => self.schedule(row, now),
            (Way::Search, listed) => {
                let first = listed.unwrap_or(asked);
                if !candidates.is_empty() || self.may_judge_absence(row, first, now) {
                    let event = self.finding(row, candidates, first, None);
                    self.happen(row, event, now);
                }
            }
        }
    }

    fn lookup_failed(
        &mut self,
        row: RowNumber,
        way: Way,
        verdict: Verdict,
        asked: Asked,
        now: Monotonic,
    ) {
        let asked = match verdict {
            Verdict::Unauthorized => {
                self.stop
                    .get_or_insert(Stop::Credentials(refused_credentials()));
                None
            }
            Verdict::WrongAccount(problem) => {
                self.stop.get_or_insert(Stop::Account(problem));
                None
            }
            // Asking again will not help: this way of looking up is closed for the row.
            Verdict::Refused(problem) | Verdict::Forbidden(problem) => {
                let event = self.finding(row, Vec::new(), asked, Some(problem));
                self.happen(row, event, now);
                return;
            }
            Verdict::Throttled(asked) => {
                let asked = asked.unwrap_or(RetryAfter::Delay(THROTTLE_HOLD_MS));
                let ms = retry::delay_ms(1, Some(asked), self.server_now(now), 0);
                self.pace_of(way).hold_until(now.plus(ms));
                Some(asked)
            }
            Verdict::ServerError(asked) => asked,
            Verdict::Created { .. }
            | Verdict::Unreadable
            | Verdict::KeyMismatch
            | Verdict::Conflict
            | Verdict::NotSent(_)
            | Verdict::Lost(_) => None,
        };
        let server_now = self.server_now(now);
        let Some(tracked) = self.tracked.get_mut(&row) else {
            return;
        };
        tracked.failed_lookups += 1;
        let jitter = retry::jitter(self.plan.seed, row.0, tracked.failed_lookups);
        let ms = retry::delay_ms(tracked.failed_lookups, asked, server_now, jitter);
        self.schedule(row, now.plus(ms.max(1)));
    }

    fn probed(&mut self, answer: &Answer<()>, timing: Timing, now: Monotonic) {
        self.probing = false;
        self.learn(&answer.meta, timing, now);
        if let Err(Verdict::Unauthorized) = answer.answer {
            self.stop
                .get_or_insert(Stop::Credentials(refused_credentials()));
        }
        let answered = !matches!(
            answer.answer,
            Err(Verdict::ServerError(_)
                | Verdict::NotSent(_)
                | Verdict::Lost(_)
                | Verdict::Throttled(_)
                | Verdict::Unreadable)
        );
        self.watch.probed(answered, now);
    }

    /// A create was forbidden: if the credentials are good it is about this row, else about all.
    fn checked(&mut self, row: RowNumber, answer: &Answer<bool>, timing: Timing, now: Monotonic) {
        self.learn(&answer.meta, timing, now);
        let Some((mut reply, _)) = self.forbidden.remove(&row) else {
            return;
        };
        match &answer.answer {
            Ok(true) => {}
            Ok(false) | Err(Verdict::Unauthorized) => reply.verdict = Verdict::Unauthorized,
            // It cannot be told now. The create had no effect, as if it had not been sent.
            Err(_) => {
                reply.verdict = Verdict::NotSent("the credentials could not be checked".to_owned());
            }
        }
        self.judge(row, reply, now);
    }
}

fn refused_credentials() -> Problem {
    Problem::new(
        "Unauthorized",
        "Zendesk refuses the credentials; check them, then run the same command again",
    )
}

fn attempt(
    row: RowNumber,
    kind: Kind,
    meta: &Meta,
    sent_at: ServerTime,
    timing: Timing,
) -> Attempt {
    Attempt {
        row,
        kind,
        key: None,
        sent_at,
        duration_ms: timing.round_trip_ms(),
        status: meta.status,
        key_lookup: meta.key_lookup,
        request_id: meta.request_id.clone(),
        found: None,
    }
}

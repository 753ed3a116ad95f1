//! What the answers to lookups mean.

use super::answers::{attempt, refused_credentials};
use super::track::Asked;
use super::{Driver, Rows, Timing, Way};
use crate::checkpoint::{Attempt, Kind};
use crate::engine::log;
use crate::lifecycle::{Stop, retry};
use crate::model::ids::RowNumber;
use crate::model::limits::{FAILED_LOOKUPS_MAX, FORBIDDEN_LOOKUPS_MAX, THROTTLE_HOLD_MS};
use crate::model::problem::Problem;
use crate::model::reply::{Answer, Candidate, RetryAfter, Verdict};
use crate::model::time::Monotonic;

impl<R: Rows> Driver<R> {
    pub(super) fn looked_up(
        &mut self,
        row: RowNumber,
        way: Way,
        answer: Answer<Vec<Candidate>>,
        timing: Timing,
        now: Monotonic,
    ) {
        self.out -= 1;
        let line = self.tracked.get(&row).map(|tracked| tracked.line);
        let line = line.or_else(|| self.sample.line(row));
        log::looked_up(line, way.word(), &answer, timing.round_trip_ms());
        let Answer { answer, meta } = answer;
        let sent_at = self.server_now(timing.sent);
        self.learn(&meta, timing);
        self.tally.lookups += 1;
        self.pace_of(way).learn_endpoint(meta.endpoint, now);
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
        if let Err(Verdict::Throttled(asked)) = answer {
            self.hold(asked, now);
        }
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
            Ok(candidates) => {
                let candidates = self.with_dates_that_tell(candidates);
                self.weigh(row, way, candidates, asked, now);
            }
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
        let failed = self
            .tracked
            .get(&row)
            .map_or(0, |tracked| tracked.failed_lookups);
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
            Verdict::Refused(problem) => return self.cannot_be_told(row, asked, problem, now),
            Verdict::Forbidden(problem) if failed >= FORBIDDEN_LOOKUPS_MAX => {
                return self.cannot_be_told(row, asked, problem, now);
            }
            Verdict::Unreadable if failed >= FAILED_LOOKUPS_MAX => {
                let problem = Problem::new(
                    "LookupFailed",
                    format!("{failed} lookups of this row were answered with nothing of use"),
                );
                return self.cannot_be_told(row, asked, problem, now);
            }
            Verdict::Throttled(asked) => {
                let asked = asked.unwrap_or(RetryAfter::Delay(THROTTLE_HOLD_MS));
                let ms = retry::delay_ms(1, Some(asked), self.server_now(now), 0);
                self.pace_of(way).refuse_until(now.plus(ms));
                Some(asked)
            }
            Verdict::ServerError(asked) => asked,
            Verdict::Created { .. }
            | Verdict::Unreadable
            | Verdict::KeyMismatch
            | Verdict::Expired
            | Verdict::Forbidden(_)
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

    /// A lookup that can never be answered proves nothing: a person has to look.
    fn cannot_be_told(&mut self, row: RowNumber, asked: Asked, problem: Problem, now: Monotonic) {
        let event = self.finding(row, Vec::new(), asked, Some(problem));
        self.happen(row, event, now);
    }
}

//! What the answers to lookups mean.

use super::answers::attempt;
use super::track::{Asked, Half};
use super::{Driver, Rows, Subject, Timing, Way};
use crate::checkpoint::{Attempt, CheckpointError, Kind};
use crate::engine::log;
use crate::lifecycle::question::{Tries, Unanswered, throttle_ms};
use crate::lifecycle::{retry, without_deleted};
use crate::model::ids::RowNumber;
use crate::model::problem::Problem;
use crate::model::reply::{Answer, Found, Meta, NearMatch, Verdict};
use crate::model::time::{Monotonic, ServerTime};
use crate::zendesk::LOOKUP_PAGE_MAX;

/// The smallest page of a lookup.
const LOOKUP_PAGE_MIN: u32 = 50;

impl<R: Rows> Driver<R> {
    pub(super) fn looked_up(
        &mut self,
        subject: Subject,
        way: Way,
        answer: Answer<Found>,
        timing: Timing,
        now: Monotonic,
    ) -> Result<(), CheckpointError> {
        self.out -= 1;
        let sent_at = self.server_now(timing.sent);
        let (answer, is_older) = unless_cached(answer, sent_at);
        let Answer { answer, meta } = answer;
        let line = subject.row().and_then(|row| self.line(row));
        log::looked_up(line, way.word(), &answer, &meta, timing.round_trip_ms());
        let is_cached = answer == Err(Verdict::Cached);
        // A cached reply describes the past. No cache knows the comparison: if even that is older
        // than its question, Zendesk's clock was set back.
        if is_cached && !(is_older && subject == Subject::Comparison) {
            let status = meta.status;
            self.learn(
                &Meta {
                    status,
                    ..Meta::default()
                },
                timing,
            );
        } else {
            self.learn(&meta, timing);
            self.pace_of(way).learn_endpoint(meta.endpoint, now);
        }
        self.tally.lookups += 1;
        if let Some(row) = subject.row() {
            let kind = match way {
                Way::List => Kind::List,
                Way::Search => Kind::Search,
            };
            let found = answer.as_ref().ok().map(|found| found.exact.len() as u64);
            self.batch.attempts.push(Attempt {
                found,
                ..attempt(row, kind, &meta, sent_at, timing)
            });
        }
        // One row's lookup may be forbidden for its own sake: it does not count as a forbidden row.
        let outcome = answer.as_ref().err();
        self.watch.observe(
            outcome.filter(|verdict| !matches!(verdict, Verdict::Forbidden(_))),
            now,
        );
        if let Err(Verdict::Throttled(asked)) = answer {
            let until = now.plus(throttle_ms(asked, self.server_now(now)));
            self.pace_of(way).refuse_until(until);
            self.creates.refuse_until(until);
        }
        if answer.is_ok() {
            self.comparison_failures = 0;
        }
        match subject {
            Subject::Row(row) => {
                // By now this is the reply's own `Date`: when the question was answered, which is
                // never too late for judging it.
                let asked = Asked {
                    at: self.server_now(timing.sent),
                    local: timing.sent,
                };
                match answer {
                    Ok(found) => self.weigh(row, way, found, asked, now),
                    Err(verdict) => {
                        self.lookup_failed(row, way, &verdict, asked, now);
                        Ok(())
                    }
                }
            }
            Subject::Sample(row) => self.sampled(row, answer, now),
            Subject::Control(_) => self.controlled(answer, now),
            Subject::Comparison => {
                self.compared(way, answer, is_older, now);
                Ok(())
            }
        }
    }

    /// A page size that the first question about a row never has, and that changes from lookup to
    /// lookup: a cache that knows an answer by its address has none for this one. One page is nearly
    /// always enough.
    pub(super) fn another_page_size(&self) -> u32 {
        let random = retry::jitter(self.plan.seed, self.tally.lookups, 0);
        let sizes = u64::from(LOOKUP_PAGE_MAX - LOOKUP_PAGE_MIN);
        LOOKUP_PAGE_MIN + u32::try_from(random % sizes).unwrap_or(0)
    }

    fn line(&self, row: RowNumber) -> Option<u64> {
        let tracked = self.tracked.get(&row).map(|tracked| tracked.line);
        tracked.or_else(|| self.sample.line(row))
    }

    /// Weighs what one way of a lookup has found. Only both ways together prove that there is none.
    fn weigh(
        &mut self,
        row: RowNumber,
        way: Way,
        found: Found,
        asked: Asked,
        now: Monotonic,
    ) -> Result<(), CheckpointError> {
        let deleted = self.checkpoint.deleted_tickets(row)?;
        let Found { exact, near } = without_deleted(found, &deleted);
        let near = self.unexplained(near)?;
        let exact = self.with_dates_that_tell(exact);
        let Some(tracked) = self.tracked.get_mut(&row) else {
            return Ok(());
        };
        tracked.tries = Tries::default();
        let half = tracked.half_looked_up.take();
        if !exact.is_empty() {
            let event = self.finding(row, exact, asked, None);
            self.happen(row, event, now);
            return Ok(());
        }
        match (way, half) {
            (Way::List, _) => {
                tracked.half_looked_up = Some(Half { asked, near });
                self.schedule(row, now);
            }
            // The search alone, without the list, proves no absence: the list is asked next.
            (Way::Search, None) => self.schedule(row, now),
            (Way::Search, Some(listed)) => {
                if let Some(near) = listed.near.or(near) {
                    let event = self.near_finding(row, near, listed.asked);
                    self.happen(row, event, now);
                } else if self.may_judge_absence(row, listed.asked, now)? {
                    self.judge_absence(row, listed.asked, now);
                }
            }
        }
        Ok(())
    }

    /// Lets both ways' "none" happen to a row.
    pub(super) fn judge_absence(&mut self, row: RowNumber, asked: Asked, now: Monotonic) {
        self.visibility.note_absent(row);
        let event = self.finding(row, Vec::new(), asked, None);
        self.happen(row, event, now);
    }

    /// The first near match that is not known to be another row's ticket: `external_id`s may differ
    /// by case alone.
    pub(super) fn unexplained(
        &self,
        near: Vec<NearMatch>,
    ) -> Result<Option<NearMatch>, CheckpointError> {
        for found in near {
            let is_known = match &found.external_id {
                Some(theirs) => self.checkpoint.ticket_of(theirs)? == Some(found.ticket),
                None => false,
            };
            if !is_known {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn lookup_failed(
        &mut self,
        row: RowNumber,
        way: Way,
        verdict: &Verdict,
        asked: Asked,
        now: Monotonic,
    ) {
        let server_now = self.server_now(now);
        let Some(tracked) = self.tracked.get_mut(&row) else {
            return;
        };
        let jitter = retry::jitter(self.plan.seed, row.0, tracked.tries.failures());
        match tracked.tries.failed(verdict, server_now, jitter) {
            Unanswered::Again(ms) => self.schedule(row, now.plus(ms)),
            Unanswered::Never(problem) => self.cannot_be_told(row, asked, problem, now),
            Unanswered::Compare(problem) => {
                self.unschedule(row);
                self.compare(Subject::Row(row), way, (asked, problem), now);
            }
            Unanswered::Stop(stop) => {
                self.stop.get_or_insert(stop);
                self.schedule(row, now);
            }
        }
    }

    /// A lookup that can never be answered proves nothing: a person has to look.
    pub(super) fn cannot_be_told(
        &mut self,
        row: RowNumber,
        asked: Asked,
        problem: Problem,
        now: Monotonic,
    ) {
        let event = self.finding(row, Vec::new(), asked, Some(problem));
        self.happen(row, event, now);
    }
}

/// An answer that is older than its question was given by a cache, whatever its headers say. Returns
/// whether it is older.
fn unless_cached(answer: Answer<Found>, sent_at: ServerTime) -> (Answer<Found>, bool) {
    let is_older = answer.meta.is_older_than(sent_at);
    let Answer { answer, meta } = answer;
    let answer = answer.and_then(|found| {
        if is_older {
            Err(Verdict::Cached)
        } else {
            Ok(found)
        }
    });
    (Answer { answer, meta }, is_older)
}

//! Is it the row, or the account? A lookup with an `external_id` that nobody uses is made for
//! comparison with one that has used up its tries.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::track::Asked;
use super::{Driver, Effect, Rows, Subject, Way};
use crate::lifecycle::question::{Alike, Tries, judge_comparison};
use crate::lifecycle::retry;
use crate::model::limits::LOOKUP_DELAY_MS_MAX;
use crate::model::problem::Problem;
use crate::model::reply::{Found, Verdict};
use crate::model::time::Monotonic;
use crate::zendesk::LOOKUP_PAGE_MAX;

/// The comparisons that are due or out, one for each way.
#[derive(Debug, Default)]
pub(super) struct Comparisons(BTreeMap<Way, Comparison>);

#[derive(Debug)]
struct Comparison {
    /// When it may be asked; `None` while it is out.
    due: Option<Monotonic>,
    /// Lookups that wait for it, each with when it was asked and why it has no answer.
    waiting: Vec<(Subject, Reason)>,
}

/// When a lookup was asked, and why it has no answer.
pub(super) type Reason = (Asked, Problem);

impl Comparisons {
    pub(super) fn wake_at(&self) -> Option<Monotonic> {
        self.0.values().filter_map(|one| one.due).min()
    }
}

impl<R: Rows> Driver<R> {
    /// Lets a lookup wait for a comparison.
    pub(super) fn compare(&mut self, subject: Subject, way: Way, reason: Reason, now: Monotonic) {
        let comparison = self.comparisons.0.entry(way).or_insert(Comparison {
            due: Some(now),
            waiting: Vec::new(),
        });
        comparison.waiting.push((subject, reason));
    }

    /// Asks the comparisons that are due, as far as lanes and pace allow.
    pub(super) fn ask_comparisons(&mut self, now: Monotonic) {
        for way in [Way::List, Way::Search] {
            let due = self.comparisons.0.get(&way).and_then(|one| one.due);
            if due.is_none_or(|time| time > now)
                || self.out >= self.watch.lanes(self.plan.concurrency)
            {
                continue;
            }
            let permit = self.permit_lookup(way, now);
            if let Some(comparison) = self.comparisons.0.get_mut(&way) {
                comparison.due = permit.err();
                if permit.is_ok() {
                    let external_id: Arc<str> = (self.make_key)().to_string().into();
                    self.effects.push(Effect::LookUp {
                        subject: Subject::Comparison,
                        external_id,
                        way,
                        page_size: LOOKUP_PAGE_MAX,
                    });
                    self.out += 1;
                }
            }
        }
    }

    /// Takes the answer to a comparison. `is_older` if it is older than its question: then the clock
    /// was set, and no cache is to blame.
    pub(super) fn compared(
        &mut self,
        way: Way,
        answer: Result<Found, Verdict>,
        is_older: bool,
        now: Monotonic,
    ) {
        let Some(comparison) = self.comparisons.0.remove(&way) else {
            return;
        };
        let verdict = match answer {
            Ok(_) => {
                for (subject, reason) in comparison.waiting {
                    if self.tries(subject).is_some_and(Tries::compared) {
                        self.never_answered(subject, reason, now);
                    } else {
                        self.ask_again(subject, now.plus(LOOKUP_DELAY_MS_MAX / 4));
                    }
                }
                return;
            }
            Err(Verdict::Cached) if is_older => {
                self.start_afresh(comparison, now);
                return;
            }
            Err(verdict) => verdict,
        };
        self.comparison_failures += 1;
        let jitter = retry::jitter(self.plan.seed, 0, self.comparison_failures);
        let failures = self.comparison_failures;
        match judge_comparison(&verdict, failures, self.server_now(now), jitter) {
            Alike::Later(ms) => self.start_afresh(comparison, now.plus(ms)),
            Alike::Stop(stop) => {
                self.stop.get_or_insert(stop);
            }
        }
    }

    fn never_answered(&mut self, subject: Subject, (asked, problem): Reason, now: Monotonic) {
        match subject {
            Subject::Row(row) => self.cannot_be_told(row, asked, problem, now),
            Subject::Sample(row) => self.cannot_sample(row, &problem, now),
            Subject::Control(_) | Subject::Comparison => {}
        }
    }

    /// Asks for the lookups that waited, as if they had not failed.
    fn start_afresh(&mut self, comparison: Comparison, time: Monotonic) {
        for (subject, _) in comparison.waiting {
            if let Some(tries) = self.tries(subject) {
                *tries = Tries::default();
            }
            self.ask_again(subject, time);
        }
    }

    fn ask_again(&mut self, subject: Subject, time: Monotonic) {
        match subject {
            Subject::Row(row) => self.schedule(row, time),
            Subject::Sample(row) => self.sample.ask_again(row, time),
            Subject::Control(_) | Subject::Comparison => {}
        }
    }

    fn tries(&mut self, subject: Subject) -> Option<&mut Tries> {
        match subject {
            Subject::Row(row) => self.tracked.get_mut(&row).map(|tracked| &mut tracked.tries),
            Subject::Sample(row) => self.sample.tries(row),
            Subject::Control(_) | Subject::Comparison => None,
        }
    }
}

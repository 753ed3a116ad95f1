//! The visibility check: before an empty lookup counts, lookups must find a ticket that exists.
//!
//! Two things can hide a ticket. A user with restricted access does not see it; and a cache on the
//! way may repeat an answer that it gave before the ticket was made, without a header that says so.
//! So a control ticket is looked up. Preferably it is a ticket of this run that was looked up in vain
//! before it was made: its answer must have changed since. Without such a ticket an admin's empty
//! lookups count as they did at the last check, and at first; other users' count only if lookups find
//! any ticket of this checkpoint.
//!
//! An admin's control ticket is searched for, because the list leaves archived tickets out. Other
//! users must find it in both ways.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::track::Asked;
use super::{Driver, Effect, Rows, Subject, Way};
use crate::checkpoint::CheckpointError;
use crate::lifecycle::question::{Tries, Unanswered};
use crate::lifecycle::retry;
use crate::model::ids::RowNumber;
use crate::model::problem::Problem;
use crate::model::reply::{Found, Verdict};
use crate::model::time::{Monotonic, ServerTime};

/// Rows that are remembered as looked up in vain, and tickets that are kept as controls.
const REMEMBERED_MAX: usize = 1_000;

/// Whether empty lookups count.
#[derive(Debug)]
pub(super) struct Visibility {
    state: State,
    /// Rows that a lookup of this run did not find.
    absent: BTreeSet<RowNumber>,
    /// Those of them that got their ticket since, and when.
    controls: VecDeque<Control>,
    /// Findings that wait for the control ticket.
    held: Vec<(RowNumber, Asked)>,
    tries: Tries,
    /// Whether lookups did not find the last control ticket that had been looked up in vain before.
    is_stale: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Control {
    row: RowNumber,
    external_id: Arc<str>,
    made: Monotonic,
}

/// A control ticket, if there is one that is older than the settling time.
enum Taken {
    Old(Control),
    /// It may be looked up then.
    Young(Monotonic),
    None,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// Nobody has needed to know lately.
    Open,
    /// There is a control ticket, but it is younger than the settling time until then.
    Waiting { until: Monotonic },
    /// The control ticket is being looked up.
    Asking {
        row: RowNumber,
        external_id: Arc<str>,
        /// Whether it was looked up in vain before it was made.
        must_have_changed: bool,
        way: Way,
        due: Option<Monotonic>,
    },
    /// Empty lookups count until then.
    Sees { until: Monotonic },
    /// The control ticket was not found, or there is none: empty lookups do not count until then.
    Blind { until: Monotonic },
}

impl Visibility {
    pub(super) fn new() -> Self {
        Self {
            state: State::Open,
            absent: BTreeSet::new(),
            controls: VecDeque::new(),
            held: Vec::new(),
            tries: Tries::default(),
            is_stale: false,
        }
    }

    pub(super) fn wake_at(&self) -> Option<Monotonic> {
        match &self.state {
            State::Asking { due, .. } => *due,
            State::Waiting { until } => Some(*until),
            State::Open | State::Sees { .. } | State::Blind { .. } => None,
        }
    }

    /// Notes that lookups did not find a row.
    pub(super) fn note_absent(&mut self, row: RowNumber) {
        if self.absent.len() < REMEMBERED_MAX {
            self.absent.insert(row);
        }
    }

    /// Notes that a row got its ticket.
    pub(super) fn note_created(&mut self, row: RowNumber, external_id: &Arc<str>, now: Monotonic) {
        if self.absent.remove(&row) && self.controls.len() < REMEMBERED_MAX {
            self.controls.push_back(Control {
                row,
                external_id: Arc::clone(external_id),
                made: now,
            });
        }
    }

    /// The oldest control ticket, once. A second lookup could be answered by a cache that has seen
    /// the first.
    fn take_control(&mut self, now: Monotonic, settle: u64) -> Taken {
        let Some(control) = self.controls.front() else {
            return Taken::None;
        };
        let usable = control.made.plus(settle);
        if usable > now {
            return Taken::Young(usable);
        }
        self.controls.pop_front().map_or(Taken::None, Taken::Old)
    }
}

impl<R: Rows> Driver<R> {
    /// Whether "not found" may be judged now; if not, the row is held until the control ticket has
    /// been looked up.
    pub(super) fn may_judge_absence(
        &mut self,
        row: RowNumber,
        asked: Asked,
        now: Monotonic,
    ) -> Result<bool, CheckpointError> {
        if let State::Sees { until } | State::Blind { until } = self.visibility.state
            && now >= until
        {
            self.visibility.state = State::Open;
        }
        if self.visibility.state == State::Open {
            self.visibility.state = self.choose_control(now)?;
        }
        Ok(match self.visibility.state {
            State::Sees { .. } | State::Blind { .. } => true,
            State::Open | State::Waiting { .. } | State::Asking { .. } => {
                self.unschedule(row);
                self.visibility.held.push((row, asked));
                false
            }
        })
    }

    /// Why "not found" does not count just now, if it does not.
    pub(super) fn blindness(&self) -> Option<Problem> {
        match self.visibility.state {
            State::Sees { .. } => None,
            State::Blind { .. } if self.plan.sees_all => Some(stale_lookups()),
            State::Open | State::Waiting { .. } | State::Asking { .. } | State::Blind { .. } => {
                Some(not_visible())
            }
        }
    }

    fn choose_control(&mut self, now: Monotonic) -> Result<State, CheckpointError> {
        let settle = self.plan.rules.lookup_settle_ms;
        let until = now.plus(settle);
        let taken = self.visibility.take_control(now, settle);
        let must_have_changed = matches!(taken, Taken::Old(_));
        let control = match taken {
            Taken::Old(control) => Some((control.row, control.external_id)),
            Taken::Young(until) => return Ok(State::Waiting { until }),
            Taken::None if self.visibility.is_stale => return Ok(State::Blind { until }),
            // A control ticket may turn up for the next row.
            Taken::None if self.plan.sees_all => return Ok(State::Sees { until: now }),
            Taken::None => {
                let before = ServerTime(self.server_now(now).0.saturating_sub_unsigned(settle));
                self.checkpoint.control_row(before)?
            }
        };
        self.visibility.tries = Tries::default();
        Ok(match control {
            Some((row, external_id)) => State::Asking {
                row,
                external_id,
                must_have_changed,
                way: if self.plan.sees_all {
                    Way::Search
                } else {
                    Way::List
                },
                due: Some(now),
            },
            None => State::Blind { until },
        })
    }

    /// Asks for the control ticket if it is due.
    pub(super) fn ask_control(&mut self, now: Monotonic) -> Result<(), CheckpointError> {
        if let State::Waiting { until } = self.visibility.state
            && now >= until
        {
            let chosen = self.choose_control(now)?;
            self.take_state(chosen, now);
        }
        let State::Asking { way, due, .. } = self.visibility.state else {
            return Ok(());
        };
        let is_due = due.is_some_and(|time| time <= now);
        if !is_due || self.out >= self.watch.lanes(self.plan.concurrency) {
            return Ok(());
        }
        let permit = self.permit_lookup(way, now);
        let page_size = self.another_page_size();
        let State::Asking {
            row,
            external_id,
            way,
            due,
            ..
        } = &mut self.visibility.state
        else {
            return Ok(());
        };
        *due = permit.err();
        if permit.is_ok() {
            self.effects.push(Effect::LookUp {
                subject: Subject::Control(*row),
                external_id: Arc::clone(external_id),
                way: *way,
                page_size,
            });
            self.out += 1;
        }
        Ok(())
    }

    /// Takes the answer about the control ticket, and judges the rows that waited for it.
    pub(super) fn controlled(
        &mut self,
        answer: Result<Found, Verdict>,
        now: Monotonic,
    ) -> Result<(), CheckpointError> {
        let server_now = self.server_now(now);
        let until = now.plus(self.plan.rules.lookup_settle_ms);
        let Visibility {
            state,
            tries,
            is_stale,
            ..
        } = &mut self.visibility;
        let State::Asking {
            row,
            way,
            due,
            must_have_changed,
            ..
        } = state
        else {
            return Ok(());
        };
        match (answer, *way) {
            (Ok(found), _) if found.exact.is_empty() && found.near.is_empty() => {
                *is_stale |= *must_have_changed;
                *state = State::Blind { until };
            }
            (Ok(_), Way::List) => {
                *tries = Tries::default();
                *way = Way::Search;
                *due = Some(now);
                return Ok(());
            }
            (Ok(_), Way::Search) => {
                *is_stale &= !*must_have_changed;
                *state = State::Sees { until };
            }
            (Err(verdict), _) => {
                let jitter = retry::jitter(self.plan.seed, row.0, tries.failures());
                match tries.failed(&verdict, server_now, jitter) {
                    Unanswered::Again(ms) => {
                        *due = Some(now.plus(ms));
                        return Ok(());
                    }
                    Unanswered::Compare(_) | Unanswered::Never(_) => {
                        let failed = *row;
                        return self.replace_control(failed, now);
                    }
                    Unanswered::Stop(stop) => {
                        self.stop.get_or_insert(stop);
                        return Ok(());
                    }
                }
            }
        }
        self.judge_held(now);
        Ok(())
    }

    /// Takes another control ticket in place of one whose lookups fail: that proves nothing.
    fn replace_control(
        &mut self,
        failed: RowNumber,
        now: Monotonic,
    ) -> Result<(), CheckpointError> {
        let chosen = match self.choose_control(now)? {
            State::Asking { row, .. } if row == failed => State::Blind {
                until: now.plus(self.plan.rules.lookup_settle_ms),
            },
            other => other,
        };
        self.take_state(chosen, now);
        Ok(())
    }

    fn take_state(&mut self, state: State, now: Monotonic) {
        self.visibility.state = state;
        if let State::Sees { .. } | State::Blind { .. } = self.visibility.state {
            self.judge_held(now);
        }
    }

    fn judge_held(&mut self, now: Monotonic) {
        for (row, asked) in std::mem::take(&mut self.visibility.held) {
            self.judge_absence(row, asked, now);
        }
    }
}

fn not_visible() -> Problem {
    Problem::new(
        "NotVisible",
        "no ticket was found, but this user may not see all tickets; retry the row as an \
         administrator, or look for its ticket as one",
    )
}

fn stale_lookups() -> Problem {
    Problem::new(
        "StaleLookups",
        "no ticket was found, but lookups did not find a ticket of this run either that exists for \
         certain: a cache on the way may repeat old answers. Switch it off, or raise \
         --lookup-settle if this account's search is slow; then retry the row",
    )
}

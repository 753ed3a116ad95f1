//! Was the checkpoint lost, restored or copied? Before the first create, some pending rows are
//! looked up: a ticket that is already there means that somebody has sent more than this checkpoint
//! remembers, and then nothing may be sent from it without a lookup.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Driver, Effect, Rows, Way};
use crate::checkpoint::CheckpointError;
use crate::lifecycle::{Stop, retry};
use crate::model::ids::RowNumber;
use crate::model::limits::FAILED_LOOKUPS_MAX;
use crate::model::problem::Problem;
use crate::model::reply::{Candidate, Verdict};
use crate::model::time::Monotonic;

/// Pending rows that are looked up: the first ones, and some from anywhere.
const FIRST: usize = 5;
const RANDOM: usize = 15;

/// Rows of a sample.
pub const SAMPLE_ROWS: usize = FIRST + RANDOM;

/// The rows that are still to be looked up before anything is sent.
#[derive(Debug, Default)]
pub(super) struct Sample(BTreeMap<RowNumber, Question>);

#[derive(Debug)]
struct Question {
    line: u64,
    external_id: Arc<str>,
    way: Way,
    /// When it may be asked; `None` while it is out.
    due: Option<Monotonic>,
    failures: u32,
}

impl Sample {
    pub(super) fn is_done(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, row: RowNumber) -> bool {
        self.0.contains_key(&row)
    }

    pub(super) fn line(&self, row: RowNumber) -> Option<u64> {
        self.0.get(&row).map(|question| question.line)
    }

    pub(super) fn wake_at(&self) -> Option<Monotonic> {
        self.0.values().filter_map(|question| question.due).min()
    }
}

impl<R: Rows> Driver<R> {
    /// Chooses the rows. Those that are looked up anyway before they are sent need no sample.
    pub(super) fn choose_sample(&mut self, now: Monotonic) -> Result<(), CheckpointError> {
        let rows = self.checkpoint.sample(FIRST, RANDOM, self.plan.seed)?;
        self.sample.0 = rows
            .into_iter()
            .map(|row| {
                let question = Question {
                    line: row.line,
                    external_id: row.external_id,
                    way: Way::List,
                    due: Some(now),
                    failures: 0,
                };
                (row.number, question)
            })
            .collect();
        Ok(())
    }

    /// Asks the questions that are due, as far as lanes and pace allow.
    pub(super) fn ask_sample(&mut self, now: Monotonic) {
        let due: Vec<RowNumber> = self
            .sample
            .0
            .iter()
            .filter(|(_, question)| question.due.is_some_and(|time| time <= now))
            .map(|(number, _)| *number)
            .collect();
        for number in due {
            if self.out >= self.watch.lanes(self.plan.concurrency) {
                return;
            }
            let Some(way) = self.sample.0.get(&number).map(|question| question.way) else {
                continue;
            };
            let permit = self.permit_lookup(way, now);
            let Some(question) = self.sample.0.get_mut(&number) else {
                continue;
            };
            if let Err(later) = permit {
                question.due = Some(later);
                return;
            }
            question.due = None;
            let (external_id, way) = (Arc::clone(&question.external_id), question.way);
            self.effects.push(Effect::LookUp {
                row: number,
                external_id,
                way,
            });
            self.out += 1;
        }
    }

    /// Takes the answer to a question of the sample.
    pub(super) fn sampled(
        &mut self,
        row: RowNumber,
        answer: Result<Vec<Candidate>, Verdict>,
        now: Monotonic,
    ) {
        let server_now = self.server_now(now);
        let is_useless = matches!(answer, Err(Verdict::Unreadable));
        let asked_often = self
            .sample
            .0
            .get(&row)
            .is_some_and(|q| q.failures >= FAILED_LOOKUPS_MAX);
        if is_useless && asked_often {
            self.stop.get_or_insert(Stop::Account(cannot_sample()));
            return;
        }
        let Some(question) = self.sample.0.get_mut(&row) else {
            return;
        };
        match answer {
            Ok(found) => match (found.first(), question.way) {
                (Some(ticket), _) => {
                    let problem = already_there(question.line, ticket);
                    self.stop.get_or_insert(Stop::Account(problem));
                }
                (None, Way::List) => {
                    question.way = Way::Search;
                    question.due = Some(now);
                }
                (None, Way::Search) => {
                    self.sample.0.remove(&row);
                }
            },
            // This one cannot be asked; the others say enough.
            Err(Verdict::Refused(_) | Verdict::Forbidden(_)) => {
                self.sample.0.remove(&row);
            }
            Err(Verdict::ServerError(asked) | Verdict::Throttled(asked)) => {
                question.failures += 1;
                let jitter = retry::jitter(self.plan.seed, row.0, question.failures);
                let ms = retry::delay_ms(question.failures, asked, server_now, jitter);
                question.due = Some(now.plus(ms.max(1)));
            }
            Err(
                Verdict::Created { .. }
                | Verdict::Unreadable
                | Verdict::KeyMismatch
                | Verdict::Unauthorized
                | Verdict::Expired
                | Verdict::WrongAccount(_)
                | Verdict::Conflict
                | Verdict::NotSent(_)
                | Verdict::Lost(_),
            ) => {
                question.failures += 1;
                let jitter = retry::jitter(self.plan.seed, row.0, question.failures);
                let ms = retry::delay_ms(question.failures, None, server_now, jitter);
                question.due = Some(now.plus(ms.max(1)));
            }
        }
    }
}

fn cannot_sample() -> Problem {
    Problem::new(
        "LookupFailed",
        format!(
            "{FAILED_LOOKUPS_MAX} lookups of one row were answered with nothing of use, so it \
             cannot be told whether this checkpoint is up to date; nothing was sent: try again later"
        ),
    )
}

fn already_there(line: u64, found: &Candidate) -> Problem {
    Problem::new(
        "CheckpointBehind",
        format!(
            "the row on line {line} was never sent from this checkpoint, but ticket {} carries its \
             external_id: the checkpoint was lost, restored or copied, or another import made the \
             ticket. Nothing was sent. To go on, run the same command with --recover, which looks \
             every row up before it is sent",
            found.ticket
        ),
    )
}

//! Was the checkpoint lost, restored or copied? Before the first create, some pending rows are
//! looked up: a ticket that is already there means that somebody has sent more than this checkpoint
//! remembers, and then nothing may be sent from it without a lookup.
//!
//! The sample guards the first create, so a row that cannot be looked up never counts as a row
//! without a ticket.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::track::Asked;
use super::{Driver, Effect, Rows, Subject, Way};
use crate::checkpoint::{CheckpointError, Outcome, PendingRow};
use crate::lifecycle::question::{Tries, Unanswered};
use crate::lifecycle::{Event, Past, Row, State, Stop, next, retry, without_deleted};
use crate::model::ids::RowNumber;
use crate::model::limits::UNANSWERED_SAMPLE_ROWS_MAX;
use crate::model::problem::Problem;
use crate::model::reply::{Found, Verdict};
use crate::model::time::Monotonic;
use crate::zendesk::LOOKUP_PAGE_MAX;

/// Pending rows that are looked up: the first ones, and some from anywhere.
pub(super) const FIRST: usize = 5;
pub(super) const RANDOM: usize = 15;

/// Rows of a sample.
pub const SAMPLE_ROWS: usize = FIRST + RANDOM;

/// The rows that are still to be looked up before anything is sent.
#[derive(Debug, Default)]
pub(super) struct Sample {
    questions: BTreeMap<RowNumber, Question>,
    /// Rows that cannot be looked up, while others can.
    unanswered: usize,
}

#[derive(Debug)]
struct Question {
    line: u64,
    external_id: Arc<str>,
    past: Past,
    way: Way,
    /// When it may be asked; `None` while it is out, or while it waits for a comparison.
    due: Option<Monotonic>,
    tries: Tries,
}

impl Sample {
    pub(super) fn of(rows: Vec<PendingRow>, now: Monotonic) -> Self {
        let questions = rows.into_iter().map(|row| {
            let question = Question {
                line: row.line,
                external_id: row.external_id,
                past: row.past,
                way: Way::List,
                due: Some(now),
                tries: Tries::default(),
            };
            (row.number, question)
        });
        Self {
            questions: questions.collect(),
            unanswered: 0,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.questions.is_empty()
    }

    pub(super) fn line(&self, row: RowNumber) -> Option<u64> {
        self.questions.get(&row).map(|question| question.line)
    }

    pub(super) fn wake_at(&self) -> Option<Monotonic> {
        self.questions
            .values()
            .filter_map(|question| question.due)
            .min()
    }

    /// Asks for a row again.
    pub(super) fn ask_again(&mut self, row: RowNumber, time: Monotonic) {
        if let Some(question) = self.questions.get_mut(&row) {
            question.due = Some(time);
        }
    }

    /// How often the lookup of a row has failed.
    pub(super) fn tries(&mut self, row: RowNumber) -> Option<&mut Tries> {
        self.questions.get_mut(&row).map(|one| &mut one.tries)
    }
}

impl<R: Rows> Driver<R> {
    /// Asks the questions that are due, as far as lanes and pace allow.
    pub(super) fn ask_sample(&mut self, now: Monotonic) {
        let due: Vec<RowNumber> = self
            .sample
            .questions
            .iter()
            .filter(|(_, question)| question.due.is_some_and(|time| time <= now))
            .map(|(number, _)| *number)
            .collect();
        for number in due {
            if self.out >= self.watch.lanes(self.plan.concurrency) {
                return;
            }
            let Some(way) = self.sample.questions.get(&number).map(|one| one.way) else {
                continue;
            };
            let permit = self.permit_lookup(way, now);
            let another_page_size = self.another_page_size();
            let Some(question) = self.sample.questions.get_mut(&number) else {
                continue;
            };
            question.due = permit.err();
            if permit.is_err() {
                return;
            }
            self.effects.push(Effect::LookUp {
                subject: Subject::Sample(number),
                external_id: Arc::clone(&question.external_id),
                way,
                page_size: match question.tries.failures() {
                    0 => LOOKUP_PAGE_MAX,
                    _ => another_page_size,
                },
            });
            self.out += 1;
        }
    }

    /// Takes the answer to a question of the sample.
    pub(super) fn sampled(
        &mut self,
        row: RowNumber,
        answer: Result<Found, Verdict>,
        now: Monotonic,
    ) -> Result<(), CheckpointError> {
        let server_now = self.server_now(now);
        let answer = match answer {
            Ok(found) => {
                let deleted = self.checkpoint.deleted_tickets(row)?;
                let Found { exact, near } = without_deleted(found, &deleted);
                Ok((exact, self.unexplained(near)?))
            }
            Err(verdict) => Err(verdict),
        };
        let Some(question) = self.sample.questions.get_mut(&row) else {
            return Ok(());
        };
        let verdict = match answer {
            Ok((exact, near)) => {
                let line = question.line;
                let behind = match (exact.first(), near) {
                    (Some(found), _) => Some(already_there(line, &found.ticket.to_string())),
                    (None, Some(near)) => Some(perhaps_there(line, &near.ticket.to_string())),
                    (None, None) => None,
                };
                match (behind, question.way) {
                    (Some(problem), _) => {
                        self.stop.get_or_insert(Stop::Account(problem));
                    }
                    (None, Way::List) => {
                        question.way = Way::Search;
                        question.tries = Tries::default();
                        question.due = Some(now);
                    }
                    (None, Way::Search) => {
                        self.sample.questions.remove(&row);
                        self.visibility.note_absent(row);
                    }
                }
                return Ok(());
            }
            Err(verdict) => verdict,
        };
        let jitter = retry::jitter(self.plan.seed, row.0, question.tries.failures());
        match question.tries.failed(&verdict, server_now, jitter) {
            Unanswered::Again(ms) => question.due = Some(now.plus(ms)),
            // It cannot be searched for; the list has found nothing.
            Unanswered::Never(_) => {
                self.sample.questions.remove(&row);
            }
            Unanswered::Compare(problem) => {
                let way = question.way;
                let asked = Asked {
                    at: server_now,
                    local: now,
                };
                self.compare(Subject::Sample(row), way, (asked, problem), now);
            }
            Unanswered::Stop(stop) => {
                self.stop.get_or_insert(stop);
            }
        }
        Ok(())
    }

    /// A row of the sample that cannot be looked up, while others can: it is looked up again before
    /// it is sent. More than one such row may be those that have tickets.
    pub(super) fn cannot_sample(&mut self, row: RowNumber, problem: &Problem, now: Monotonic) {
        let Some(question) = self.sample.questions.remove(&row) else {
            return;
        };
        self.sample.unanswered += 1;
        if self.sample.unanswered > UNANSWERED_SAMPLE_ROWS_MAX {
            self.stop
                .get_or_insert(Stop::Account(cannot_sample(problem)));
            return;
        }
        let before = Row {
            state: State::Pending,
            past: question.past,
        };
        let now = self.server_now(now);
        let (after, _) = next(before, Event::Recover { now }, &self.plan.rules);
        self.batch.outcomes.push(Outcome {
            number: row,
            row: after,
            key: None,
        });
    }
}

fn cannot_sample(problem: &Problem) -> Problem {
    Problem::new(
        "LookupFailed",
        format!(
            "rows without a ticket cannot be looked up ({problem}), so it cannot be told whether \
             this checkpoint is up to date; nothing was sent: find out what refuses these lookups, \
             then run the same command again"
        ),
    )
}

fn already_there(line: u64, ticket: &str) -> Problem {
    Problem::new(
        "CheckpointBehind",
        format!(
            "the row on line {line} has no ticket in this checkpoint, but ticket {ticket} carries its \
             external_id: the checkpoint was lost, restored or copied, or another import made the \
             ticket. Nothing was sent. To continue, run the same command with --recover, which looks \
             every row up before it is sent"
        ),
    )
}

fn perhaps_there(line: u64, ticket: &str) -> Problem {
    Problem::new(
        "CheckpointBehind",
        format!(
            "the row on line {line} has no ticket in this checkpoint, but a lookup of its external_id \
             returns ticket {ticket}, whose external_id differs in letter case or white \
             space only. Nothing was sent. If that ticket is not this row's, change the external_id; \
             else run the same command with --recover, which looks every row up before it is sent"
        ),
    )
}

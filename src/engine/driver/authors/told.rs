//! What the answers to requests about authors settle, and what is asked next.

use std::collections::HashMap;

use super::{Authors, Kind, Task, task};
use crate::checkpoint::{Author, AuthorIs};
use crate::lifecycle::Stop;
use crate::lifecycle::question::Unanswered;
use crate::model::problem::Problem;
use crate::model::reply::Verdict;
use crate::model::time::{Monotonic, ServerTime};
use crate::zendesk::{Heard, UserAnswer};

/// Between two questions about a job, and how often it is asked: ten minutes.
const JOB_EVERY_MS: u64 = 2_000;
const JOB_QUESTIONS_MAX: u32 = 300;

/// What an answer about authors has settled.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Learned {
    /// What is known now, by address.
    pub(super) authors: Vec<(String, AuthorIs)>,
    /// Why the run has to end, if so.
    pub(super) stop: Option<Stop>,
}

impl Authors {
    /// Takes the answer to a request.
    pub(super) fn told(
        &mut self,
        number: u64,
        answer: Result<UserAnswer, Verdict>,
        (server_now, now): (ServerTime, Monotonic),
        jitter: u64,
    ) -> Learned {
        let mut learned = Learned::default();
        let Some(asked) = self.out.remove(&number) else {
            return learned;
        };
        match answer {
            Ok(answer) => self.answered(asked, answer, now, &mut learned),
            Err(verdict) => self.failed(asked, &verdict, (server_now, now), jitter, &mut learned),
        }
        learned
    }

    fn answered(&mut self, asked: Task, answer: UserAnswer, now: Monotonic, learned: &mut Learned) {
        let Task { kind, people, .. } = asked;
        match (kind, answer) {
            (Kind::Find | Kind::Make | Kind::Claim(_), UserAnswer::User(user)) => {
                for author in people {
                    self.settle(author.email, AuthorIs::User(user), learned);
                }
            }
            (Kind::MakeMany, UserAnswer::Queued(job)) => {
                let job = task(Kind::Job(job, 1), people);
                self.schedule(job, now.plus(JOB_EVERY_MS / 2));
            }
            (Kind::Job(job, times), UserAnswer::Working) if times < JOB_QUESTIONS_MAX => {
                let job = task(Kind::Job(job, times + 1), people);
                self.schedule(job, now.plus(JOB_EVERY_MS));
            }
            (
                Kind::Job(..),
                UserAnswer::Ended {
                    users,
                    without_address,
                },
            ) => {
                let left = self.settle_those(people, &users, learned);
                if !left.is_empty() && !without_address.is_empty() {
                    self.schedule(task(Kind::Show(without_address), left), now);
                } else {
                    self.one_by_one(left, now);
                }
            }
            (Kind::Show(_), UserAnswer::Users(users)) => {
                let left = self.settle_those(people, &users, learned);
                self.one_by_one(left, now);
            }
            (Kind::Find, _) => self.missing.extend(people),
            // Not the answer to that, or not in time.
            (Kind::Make | Kind::Claim(_) | Kind::MakeMany | Kind::Job(..) | Kind::Show(_), _) => {
                self.one_by_one(people, now);
            }
        }
    }

    fn failed(
        &mut self,
        mut asked: Task,
        verdict: &Verdict,
        (server_now, now): (ServerTime, Monotonic),
        jitter: u64,
        learned: &mut Learned,
    ) {
        match &mut asked.kind {
            // The account takes no jobs.
            Kind::MakeMany if matches!(verdict, Verdict::Forbidden(_)) => {
                self.takes_jobs = false;
                self.one_by_one(asked.people, now);
                return;
            }
            // A job may not be known right after it was queued.
            Kind::Job(_, times) if *times < 5 && matches!(verdict, Verdict::Refused(_)) => {
                *times += 1;
                self.schedule(asked, now.plus(JOB_EVERY_MS));
                return;
            }
            _ => {}
        }
        let tried = asked.tries.failed(verdict, server_now, jitter);
        match tried {
            Unanswered::Again(ms) => self.schedule(asked, now.plus(ms)),
            Unanswered::Stop(stop) => {
                self.schedule(asked, now);
                learned.stop = Some(stop);
            }
            Unanswered::Compare(_) | Unanswered::Never(_) if asked.kind.is_bulk() => {
                if matches!(asked.kind, Kind::MakeMany) {
                    self.takes_jobs = false;
                }
                self.one_by_one(asked.people, now);
            }
            Unanswered::Compare(problem) | Unanswered::Never(problem) => match asked.kind {
                Kind::Find if matches!(verdict, Verdict::Refused(_)) => {
                    self.missing.extend(asked.people);
                }
                // That may be because somebody has the address, whom the search does not know yet.
                Kind::Make if matches!(verdict, Verdict::Refused(_)) => {
                    self.schedule(task(Kind::Claim(problem), asked.people), now);
                }
                Kind::Claim(refusal) if matches!(verdict, Verdict::Refused(_)) => {
                    self.nobody(asked.people, &refusal, learned);
                }
                Kind::Find
                | Kind::Make
                | Kind::Claim(_)
                | Kind::MakeMany
                | Kind::Job(..)
                | Kind::Show(_) => self.unanswered(asked.people, verdict, problem, learned),
            },
        }
    }

    /// One author may never get an answer for their own sake; two in succession are no coincidence.
    fn unanswered(
        &mut self,
        people: Vec<Author>,
        verdict: &Verdict,
        problem: Problem,
        learned: &mut Learned,
    ) {
        let problem = match verdict {
            Verdict::Forbidden(_) | Verdict::WrongAccount(_) => problem,
            _ => Problem::new(
                "NoAnswer",
                "Zendesk gave no usable answer to any request about them",
            ),
        };
        if self.is_unanswered {
            learned.stop = Some(match verdict {
                Verdict::Forbidden(_) => Stop::Credentials(may_not(&problem)),
                Verdict::WrongAccount(_) => Stop::Account(problem),
                _ => Stop::Outage,
            });
            self.wanted.extend(people);
            return;
        }
        self.nobody(people, &problem, learned);
        self.is_unanswered = true;
    }

    fn nobody(&mut self, people: Vec<Author>, problem: &Problem, learned: &mut Learned) {
        for author in people {
            self.settle(author.email, AuthorIs::Nobody(problem.clone()), learned);
        }
    }

    /// Settles the people whom an answer names; gives the others back.
    fn settle_those(
        &mut self,
        people: Vec<Author>,
        users: &[(Heard, u64)],
        learned: &mut Learned,
    ) -> Vec<Author> {
        let of = |(email, user): &(Heard, u64)| (email.raw().to_lowercase(), *user);
        let users: HashMap<String, u64> = users.iter().map(of).collect();
        let mut left = Vec::new();
        for author in people {
            match users.get(&author.email) {
                Some(user) => self.settle(author.email, AuthorIs::User(*user), learned),
                None => left.push(author),
            }
        }
        left
    }

    fn one_by_one(&mut self, people: Vec<Author>, now: Monotonic) {
        for author in people {
            self.schedule(task(Kind::Make, vec![author]), now);
        }
    }

    fn settle(&mut self, email: String, is: AuthorIs, learned: &mut Learned) {
        self.is_unanswered = false;
        self.known += 1;
        self.people.remove(&email);
        if let Some(rows) = self.aside.remove(&email) {
            self.rows_aside -= rows.len();
            self.freed.extend(rows);
        }
        learned.authors.push((email, is));
    }
}

fn may_not(problem: &Problem) -> Problem {
    Problem::new(
        "Forbidden",
        format!(
            "this user or token may not find or make users, which the authors of comments have to \
             be ({}); it needs the scopes users:read and users:write",
            problem.message
        ),
    )
}

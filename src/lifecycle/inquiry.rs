//! What to do about a question without an answer that is asked by itself: before the first create, or to
//! read back what was made.
//!
//! Lookups of rows are judged in `question.rs`, because a lookup may fail for the sake of its row while
//! others are answered.

use super::retry::delay_ms;
use crate::model::limits::{
    INQUIRY_DELAY_MS_FIRST, INQUIRY_DELAY_MS_MAX, INQUIRY_UNREADABLE_MAX, THROTTLE_HOLD_MS,
};
use crate::model::problem::Problem;
use crate::model::reply::{RetryAfter, Verdict};
use crate::model::time::ServerTime;

/// How long a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Requests, at most.
    pub tries: u32,
    /// The longest `Retry-After` that is waited for, in milliseconds.
    pub retry_after_ms_max: u64,
}

/// What to do about a request without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Ask again after so many milliseconds.
    Again(u64),
    /// Ask no more.
    GiveUp(Reason),
}

/// Why a question is asked no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Zendesk does not accept the credentials.
    Unauthorized,
    /// The user or token may not ask this.
    Forbidden(Problem),
    /// Zendesk refuses the question and would refuse it again.
    Refused(Problem),
    /// Something else than the account's API answers.
    WrongAccount(Problem),
    /// The answer is one to another question.
    Unexpected,
    /// The answers cannot be read.
    Unreadable,
    /// Zendesk asks to wait for so many milliseconds, which is longer than anybody wants to wait.
    TooLong(u64),
    /// There was no answer in all tries.
    Silent,
}

/// The requests of one question that were not answered.
#[derive(Debug, Default)]
pub struct Failures {
    all: u32,
    /// Of the last ones in succession, those whose answers could not be read.
    unreadable: u32,
}

impl Failures {
    /// Judges another one.
    pub fn judge(&mut self, verdict: &Verdict, patience: Patience, now: ServerTime) -> Next {
        self.all = self.all.saturating_add(1);
        self.unreadable = match verdict {
            Verdict::Unreadable => self.unreadable + 1,
            Verdict::Created { .. }
            | Verdict::KeyMismatch
            | Verdict::Cached
            | Verdict::Refused(_)
            | Verdict::Unauthorized
            | Verdict::Expired
            | Verdict::Forbidden(_)
            | Verdict::WrongAccount(_)
            | Verdict::Conflict
            | Verdict::Throttled(_)
            | Verdict::ServerError(_)
            | Verdict::NotSent(_)
            | Verdict::Lost(_) => 0,
        };
        let asked = match verdict {
            Verdict::Unauthorized => return Next::GiveUp(Reason::Unauthorized),
            Verdict::Forbidden(problem) => return Next::GiveUp(Reason::Forbidden(problem.clone())),
            Verdict::Refused(problem) => return Next::GiveUp(Reason::Refused(problem.clone())),
            Verdict::WrongAccount(problem) => {
                return Next::GiveUp(Reason::WrongAccount(problem.clone()));
            }
            Verdict::Created { .. } | Verdict::KeyMismatch => {
                return Next::GiveUp(Reason::Unexpected);
            }
            Verdict::Unreadable if self.unreadable >= INQUIRY_UNREADABLE_MAX => {
                return Next::GiveUp(Reason::Unreadable);
            }
            Verdict::Throttled(asked) => Some(asked.unwrap_or(RetryAfter::Delay(THROTTLE_HOLD_MS))),
            Verdict::ServerError(asked) => *asked,
            Verdict::Unreadable
            | Verdict::Cached
            | Verdict::Expired
            | Verdict::Conflict
            | Verdict::NotSent(_)
            | Verdict::Lost(_) => None,
        };
        let ms = match asked {
            Some(asked) => delay_ms(1, Some(asked), now, 0),
            None => backoff_ms(self.all),
        };
        if asked.is_some() && ms > patience.retry_after_ms_max {
            return Next::GiveUp(Reason::TooLong(ms));
        }
        if self.all >= patience.tries {
            return Next::GiveUp(Reason::Silent);
        }
        Next::Again(ms)
    }
}

/// Doubles with each failure. Without jitter: such questions come one at a time.
fn backoff_ms(failures: u32) -> u64 {
    let doublings = failures.saturating_sub(1).min(20);
    (INQUIRY_DELAY_MS_FIRST << doublings).min(INQUIRY_DELAY_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::TicketId;

    const NOW: ServerTime = ServerTime(1_790_000_000_000);

    const PATIENCE: Patience = Patience {
        tries: 4,
        retry_after_ms_max: 60_000,
    };

    fn no() -> Problem {
        Problem::new("X", "no")
    }

    /// Every verdict with what the first, the second, the third and the fourth of its kind lead to.
    #[test]
    fn each_verdict_is_asked_again_or_given_up() {
        let delay = |ms| Some(RetryAfter::Delay(ms));
        let silent = [Next::Again(1_000), Next::Again(2_000), Next::Again(4_000)];
        let give_up = |reason: Reason| vec![Next::GiveUp(reason)];
        let silence = || [silent.to_vec(), give_up(Reason::Silent)].concat();
        let created = Verdict::Created {
            ticket: TicketId(1),
            external_id: None,
        };
        let grid = [
            (Verdict::Unauthorized, give_up(Reason::Unauthorized)),
            (Verdict::Forbidden(no()), give_up(Reason::Forbidden(no()))),
            (Verdict::Refused(no()), give_up(Reason::Refused(no()))),
            (
                Verdict::WrongAccount(no()),
                give_up(Reason::WrongAccount(no())),
            ),
            (created, give_up(Reason::Unexpected)),
            (Verdict::KeyMismatch, give_up(Reason::Unexpected)),
            (
                Verdict::Unreadable,
                [silent[..2].to_vec(), give_up(Reason::Unreadable)].concat(),
            ),
            (Verdict::Cached, silence()),
            (Verdict::Expired, silence()),
            (Verdict::Conflict, silence()),
            (Verdict::ServerError(None), silence()),
            (Verdict::NotSent("x".to_owned()), silence()),
            (Verdict::Lost("x".to_owned()), silence()),
            (
                Verdict::Throttled(delay(7_000)),
                [vec![Next::Again(7_000); 3], give_up(Reason::Silent)].concat(),
            ),
            (
                Verdict::ServerError(Some(RetryAfter::At(NOW.plus(9_000)))),
                [vec![Next::Again(9_000); 3], give_up(Reason::Silent)].concat(),
            ),
            (
                Verdict::Throttled(delay(1_200_000)),
                give_up(Reason::TooLong(1_200_000)),
            ),
        ];
        for (verdict, expected) in grid {
            let mut failures = Failures::default();
            for next in expected {
                assert_eq!(failures.judge(&verdict, PATIENCE, NOW), next, "{verdict:?}");
            }
        }
    }

    #[test]
    fn only_unreadable_answers_in_succession_count_as_such() {
        let mut failures = Failures::default();
        let patience = Patience {
            tries: 9,
            ..PATIENCE
        };
        for verdict in [
            Verdict::Unreadable,
            Verdict::Unreadable,
            Verdict::Conflict,
            Verdict::Unreadable,
            Verdict::Unreadable,
        ] {
            let next = failures.judge(&verdict, patience, NOW);
            assert!(matches!(next, Next::Again(_)), "{verdict:?}");
        }
    }

    #[test]
    fn the_pause_grows_to_a_minute() {
        let pauses: Vec<u64> = (1..9).map(backoff_ms).collect();
        let grown = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000];
        assert_eq!(pauses, grown);
    }
}

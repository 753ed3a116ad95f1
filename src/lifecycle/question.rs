//! Decides what to do if a lookup has no answer: repeat it, check whether other lookups are
//! answered, or end the run.
//!
//! A lookup may fail because of its row (a proxy objects to the `external_id`) or because of the
//! account. So once a lookup has used up its tries, another one is made for comparison, with an
//! `external_id` that no row uses. If that one is answered, the row itself is the cause.

use super::event::Stop;
use super::retry::delay_ms;
use crate::model::limits::{
    LOOKUP_COMPARISONS, LOOKUP_DELAY_MS_MAX, LOOKUP_REFUSALS_MAX, LOOKUP_RETRY_AFTER_MS_MAX,
    LOOKUP_TRIES_MAX, THROTTLE_HOLD_MS,
};
use crate::model::problem::Problem;
use crate::model::reply::{RetryAfter, UNSEARCHABLE, Verdict};
use crate::model::time::ServerTime;

/// What to do about a lookup that has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// Ask again after this many milliseconds.
    Again(u64),
    /// Make a comparison lookup. If it is answered (see [`Tries::compared`]), the row's own lookup
    /// never will be, for this reason.
    Compare(Problem),
    /// This lookup can never be made, whatever the result of others.
    Never(Problem),
    /// End the run.
    Stop(Stop),
}

/// What to do about a comparison lookup that has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alike {
    /// Nothing is known yet: look the row up again, as if it had not failed before.
    Later(u64),
    /// End the run, because lookups of different rows fail alike.
    Stop(Stop),
}

/// How often one lookup has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tries {
    /// Consecutive failures.
    failures: u32,
    /// Comparisons that were answered between the failures, once the tries were used up.
    comparisons: u32,
    /// How many of those it takes to blame the row itself.
    comparisons_needed: u32,
}

impl Tries {
    /// Decides what to do after another failure.
    pub fn failed(&mut self, verdict: &Verdict, now: ServerTime, jitter: u64) -> Unanswered {
        self.failures = self.failures.saturating_add(1);
        let (tries, comparisons) = match verdict {
            Verdict::Unauthorized => return Unanswered::Stop(Stop::Credentials(unauthorized())),
            Verdict::Refused(problem) if problem.code == UNSEARCHABLE => {
                return Unanswered::Never(problem.clone());
            }
            // Zendesk's own answer to this request, which will be the same next time.
            Verdict::Refused(_) => (1, 1),
            Verdict::Forbidden(_) | Verdict::WrongAccount(_) => (LOOKUP_REFUSALS_MAX, 1),
            Verdict::Created { .. }
            | Verdict::Unreadable
            | Verdict::Cached
            | Verdict::KeyMismatch
            | Verdict::Expired
            | Verdict::Conflict
            | Verdict::Throttled(_)
            | Verdict::ServerError(_)
            | Verdict::NotSent(_)
            | Verdict::Lost(_) => (LOOKUP_TRIES_MAX, LOOKUP_COMPARISONS),
        };
        if self.failures < tries {
            return Unanswered::Again(again_ms(verdict, self.failures, now, jitter));
        }
        self.comparisons_needed = comparisons;
        Unanswered::Compare(problem(verdict, self.failures))
    }

    /// Counts a comparison that was answered. Returns `true` if the row itself is to blame;
    /// otherwise the row must be looked up once more, because one answer may be luck where most
    /// requests are lost.
    pub fn compared(&mut self) -> bool {
        self.comparisons = self.comparisons.saturating_add(1);
        self.comparisons >= self.comparisons_needed
    }

    /// Returns the number of consecutive failures.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

/// Decides what to do about a comparison that has failed `failures` times in a row, including this
/// time.
pub fn judge_comparison(verdict: &Verdict, failures: u32, now: ServerTime, jitter: u64) -> Alike {
    match verdict {
        Verdict::Unauthorized => Alike::Stop(Stop::Credentials(unauthorized())),
        Verdict::Forbidden(problem) => Alike::Stop(Stop::Credentials(alike(problem))),
        Verdict::Refused(problem) | Verdict::WrongAccount(problem) => {
            Alike::Stop(Stop::Account(alike(problem)))
        }
        Verdict::Created { .. } | Verdict::Unreadable | Verdict::Cached | Verdict::KeyMismatch
            if failures >= LOOKUP_REFUSALS_MAX =>
        {
            Alike::Stop(Stop::Account(alike(&problem(verdict, failures))))
        }
        // An outage, which ends the run after its own time limit.
        Verdict::Created { .. }
        | Verdict::Unreadable
        | Verdict::Cached
        | Verdict::KeyMismatch
        | Verdict::Expired
        | Verdict::Conflict
        | Verdict::Throttled(_)
        | Verdict::ServerError(_)
        | Verdict::NotSent(_)
        | Verdict::Lost(_) => Alike::Later(again_ms(verdict, LOOKUP_TRIES_MAX, now, jitter)),
    }
}

/// Returns how long a lookup's 429 slows down the run. Lookups are limited per minute, so a longer
/// `Retry-After` does not refer to their limits.
pub fn throttle_ms(asked: Option<RetryAfter>, now: ServerTime) -> u64 {
    let asked = asked.unwrap_or(RetryAfter::Delay(THROTTLE_HOLD_MS));
    delay_ms(1, Some(asked), now, 0).min(LOOKUP_RETRY_AFTER_MS_MAX)
}

fn again_ms(verdict: &Verdict, failures: u32, now: ServerTime, jitter: u64) -> u64 {
    let ms = match verdict {
        Verdict::Throttled(asked) => throttle_ms(*asked, now),
        Verdict::ServerError(Some(asked)) => throttle_ms(Some(*asked), now),
        Verdict::Created { .. }
        | Verdict::Unreadable
        | Verdict::Cached
        | Verdict::KeyMismatch
        | Verdict::Refused(_)
        | Verdict::Unauthorized
        | Verdict::Expired
        | Verdict::Forbidden(_)
        | Verdict::WrongAccount(_)
        | Verdict::Conflict
        | Verdict::ServerError(None)
        | Verdict::NotSent(_)
        | Verdict::Lost(_) => delay_ms(failures, None, now, jitter).min(LOOKUP_DELAY_MS_MAX),
    };
    ms.max(1)
}

/// Builds the problem of a row whose lookup never gets an answer: `LookupFailed` unless the reply
/// itself has a code.
fn problem(verdict: &Verdict, failures: u32) -> Problem {
    let reason = match verdict {
        Verdict::Refused(problem)
        | Verdict::Forbidden(problem)
        | Verdict::WrongAccount(problem) => return problem.clone(),
        Verdict::Unreadable | Verdict::Created { .. } | Verdict::KeyMismatch => {
            "the replies cannot be read"
        }
        Verdict::Cached => "a cache on the way answers instead of Zendesk; switch it off",
        Verdict::Unauthorized | Verdict::Expired => "the access token was refused each time",
        Verdict::Conflict => "Zendesk answered 409 each time",
        Verdict::Throttled(_) => "Zendesk answered 429 each time",
        Verdict::ServerError(_) => "Zendesk answered with a server error each time",
        Verdict::NotSent(why) | Verdict::Lost(why) => why,
    };
    Problem::new(
        "LookupFailed",
        format!("{failures} lookups of this row failed, while others are answered: {reason}"),
    )
}

fn alike(problem: &Problem) -> Problem {
    Problem::new(
        problem.code.clone(),
        format!(
            "lookups of different rows fail alike ({}), so it cannot be told which rows have a \
             ticket; check the account's address, the proxies on the way and what this user may \
             see, then run the same command again",
            problem.message
        ),
    )
}

/// Builds the problem for credentials that Zendesk does not accept.
pub fn unauthorized() -> Problem {
    Problem::new(
        "Unauthorized",
        "Zendesk refuses the credentials; check them, then run the same command again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: ServerTime = ServerTime(1_790_000_000_000);

    fn no() -> Problem {
        Problem::new("Http403", "no")
    }

    /// Every verdict that a lookup can get, with the failures after which it is compared, the
    /// comparisons after which the row is blamed, and what the same answer to a comparison means.
    #[test]
    fn each_verdict_has_its_tries_and_its_meaning_for_the_account() {
        let later = "later";
        let grid = [
            (Verdict::Refused(no()), 1, 1, "account"),
            (Verdict::Forbidden(no()), 3, 1, "credentials"),
            (Verdict::WrongAccount(no()), 3, 1, "account"),
            (Verdict::Unreadable, 8, 3, "account, the third time"),
            (Verdict::Cached, 8, 3, "account, the third time"),
            (Verdict::KeyMismatch, 8, 3, "account, the third time"),
            (Verdict::Expired, 8, 3, later),
            (Verdict::Conflict, 8, 3, later),
            (Verdict::Throttled(None), 8, 3, later),
            (Verdict::ServerError(None), 8, 3, later),
            (Verdict::NotSent("x".into()), 8, 3, later),
            (Verdict::Lost("x".into()), 8, 3, later),
        ];
        for (verdict, failures, comparisons, meaning) in grid {
            let mut tries = Tries::default();
            for _ in 1..failures {
                let again = tries.failed(&verdict, NOW, u64::MAX);
                assert!(matches!(again, Unanswered::Again(1..)), "{verdict:?}");
            }
            for n in 1..=comparisons {
                let compare = tries.failed(&verdict, NOW, 0);
                assert!(matches!(compare, Unanswered::Compare(_)), "{verdict:?}");
                assert_eq!(tries.compared(), n == comparisons, "{verdict:?}");
            }
            let told = |failures| match judge_comparison(&verdict, failures, NOW, 0) {
                Alike::Later(1..) => later,
                Alike::Stop(Stop::Account(_)) => "account",
                Alike::Stop(Stop::Credentials(_)) => "credentials",
                other => panic!("{other:?}"),
            };
            match meaning {
                "account, the third time" => {
                    assert_eq!([told(1), told(2), told(3)], [later, later, "account"]);
                }
                meaning => assert_eq!(told(1), meaning, "{verdict:?}"),
            }
        }
    }

    #[test]
    fn refused_credentials_end_the_run_and_a_search_that_is_not_made_needs_no_comparison() {
        let mut tries = Tries::default();
        let stop = tries.failed(&Verdict::Unauthorized, NOW, 0);
        assert!(matches!(stop, Unanswered::Stop(Stop::Credentials(_))));
        let never = Verdict::Refused(Problem::new(UNSEARCHABLE, "quotes"));
        assert!(matches!(tries.failed(&never, NOW, 0), Unanswered::Never(_)));
    }

    #[test]
    fn a_lookup_waits_for_seconds_at_most_and_obeys_a_retry_after_up_to_a_minute() {
        let mut tries = Tries::default();
        let mut waits = Vec::new();
        while let Unanswered::Again(ms) = tries.failed(&Verdict::Lost("x".into()), NOW, u64::MAX) {
            waits.push(ms);
        }
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
        for (asked, expected) in [(0, 0), (7_000, 7_000), (1_000_000_000_000, 60_000)] {
            assert_eq!(throttle_ms(Some(RetryAfter::Delay(asked)), NOW), expected);
        }
    }
}

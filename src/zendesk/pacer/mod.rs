//! The pace: when the next request may leave.
//!
//! It is told the time, hands out one permit at a time to one caller, and so is as exact in a
//! simulation as against a real account. governor does the arithmetic of the ceiling, which keeps
//! us alone within all limits; under it, `budget` leaves to others what is theirs.

mod budget;
mod clock;
mod doubt;
mod window;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod simulation_dice;
#[cfg(test)]
mod simulation_lies;
#[cfg(test)]
mod simulation_lies_tests;
#[cfg(test)]
mod simulation_tests;

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::model::reply::RateLimit;
use crate::model::time::Monotonic;
use budget::Budget;
use clock::ToldClock;

/// Requests that may leave at once. Two, so that a permit which is taken late is not lost: with one,
/// every late wake-up of a busy machine costs a little of the rate.
const BURST: u32 = 2;

/// How much longer than a minute our minute is. Requests that leave evenly arrive unevenly; this is
/// the spread of their way to Zendesk that never makes a counted minute too full.
pub(super) const MINUTE_SLACK_MS: u64 = window::SPREAD_MS;

/// What the operator allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// `--max-rpm`: requests a minute, at most.
    pub max_rpm: Option<u32>,
    /// `--reserve-rpm`: requests a minute left free for others; by default a fifth of the account's
    /// limit.
    pub reserve_rpm: Option<u32>,
}

/// Why the pace lets nothing leave although no reply has forbidden it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pause {
    /// Others have used so much of the account's limit that only the reserve is left.
    Reserve,
    /// Others have used so much that what is left is theirs, as far as can be foreseen.
    Others,
}

/// Hands out permits to send.
#[derive(Debug)]
pub struct Pacer {
    policy: Policy,
    account: Told,
    endpoint: Told,
    last_sent: Option<Monotonic>,
    allowed_rpm: Option<u32>,
    limiter: Option<Limiter>,
    clock: ToldClock,
    budget: Budget,
    not_before: Monotonic,
}

/// A limit as replies say it: the smallest of the last minute, so that one that flips between two
/// values is obeyed.
#[derive(Debug, Clone, Copy, Default)]
struct Told(Option<(u32, Monotonic)>);

impl Told {
    /// Learns what a reply says, and returns what counts.
    fn learn(&mut self, rpm: u32, now: Monotonic) -> u32 {
        let (smallest, _) = *self.0.insert(match self.0 {
            Some((smaller, told)) if smaller < rpm && now.since(told) < 60_000 => (smaller, told),
            _ => (rpm, now),
        });
        smallest
    }

    fn rpm(self) -> Option<u32> {
        self.0.map(|(rpm, _)| rpm)
    }
}

type Limiter =
    RateLimiter<NotKeyed, InMemoryState, ToldClock, NoOpMiddleware<<ToldClock as Clock>::Instant>>;

impl Pacer {
    /// Makes a pacer that knows no limit but the operator's.
    pub fn new(policy: Policy, now: Monotonic) -> Self {
        let mut pacer = Self {
            policy,
            account: Told::default(),
            endpoint: Told::default(),
            last_sent: None,
            allowed_rpm: None,
            limiter: None,
            clock: ToldClock::default(),
            budget: Budget::default(),
            not_before: now,
        };
        pacer.set_rate(pacer.rate(), now);
        pacer
    }

    /// Learns the account's limit, and what is left of it, from the reply to the request that left
    /// at `sent`.
    pub fn learn(&mut self, sent: Monotonic, account: Option<RateLimit>, now: Monotonic) {
        let Some(mut account) = account.filter(|limit| limit.total > 0) else {
            return;
        };
        let smallest = self.account.learn(account.total, now);
        // What remains of another limit says nothing about this one.
        account.remaining = account.remaining.filter(|_| account.total == smallest);
        self.budget.learn(sent, account, now);
        self.adapt(now);
    }

    /// Learns the limit of the endpoint. It comes only with some replies, and then it stays known.
    pub fn learn_endpoint(&mut self, endpoint: Option<RateLimit>, now: Monotonic) {
        if let Some(total) = endpoint.map(|limit| limit.total).filter(|total| *total > 0) {
            self.endpoint.learn(total, now);
        }
        self.adapt(now);
    }

    /// Counts a request that leaves now without a permit.
    pub fn note_send(&mut self, now: Monotonic) {
        self.budget.note(now);
    }

    /// Lets nothing leave before `time`: a 429, or requests that were made before there was a pace.
    pub fn hold_until(&mut self, time: Monotonic) {
        self.not_before = self.not_before.max(time);
    }

    /// Lets nothing leave before `time`, because a 429 refused a request for the limit.
    pub fn refuse_until(&mut self, time: Monotonic) {
        self.budget.refuse();
        self.hold_until(time);
    }

    /// Until when nothing may leave, whatever the rate.
    pub fn held_until(&self) -> Monotonic {
        self.not_before
    }

    /// The allowed rate in requests a minute; `None` if there is no limit.
    pub fn allowed_rpm(&self) -> Option<u32> {
        self.allowed_rpm
    }

    /// Why nothing leaves just now because of others, and until when at most this may last, as far
    /// as it is known.
    pub fn pause(&self, now: Monotonic) -> Option<(Pause, Monotonic)> {
        self.budget.pause(self.reserve(), now)
    }

    /// Takes a permit, or says when to ask again.
    pub fn take(&mut self, now: Monotonic) -> Result<(), Monotonic> {
        if now < self.not_before {
            return Err(self.not_before);
        }
        let due = self.budget.admit(self.reserve(), now)?;
        self.check(now)?;
        self.budget.send(due, now);
        self.last_sent = Some(now);
        Ok(())
    }

    fn check(&self, now: Monotonic) -> Result<(), Monotonic> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        self.clock.tell(now);
        limiter.check().map_err(|not_until| {
            let wait = not_until.wait_time_from(self.clock.now());
            let wait_ms = u64::try_from(wait.as_micros().div_ceil(1_000)).unwrap_or(u64::MAX);
            now.plus(wait_ms.max(1))
        })
    }

    /// Requests a minute of the account's limit that are left free.
    fn reserve(&self) -> u32 {
        let total = self.account.rpm().unwrap_or(0);
        self.policy.reserve_rpm.unwrap_or(total / 5)
    }

    fn adapt(&mut self, now: Monotonic) {
        let rate = self.rate();
        if rate != self.allowed_rpm {
            self.set_rate(rate, now);
        }
    }

    fn rate(&self) -> Option<u32> {
        let account = self
            .account
            .rpm()
            .map(|total| total.saturating_sub(self.reserve()).max(1));
        [account, self.endpoint.rpm(), self.policy.max_rpm]
            .into_iter()
            .flatten()
            .min()
    }

    /// A changed rate takes a new limiter, and a new limiter starts with a full burst: it is spent
    /// at the time of the last request, so that no change of the rate lets more out than either
    /// rate, and no number of changes delays the next request.
    fn set_rate(&mut self, rate: Option<u32>, now: Monotonic) {
        self.allowed_rpm = rate;
        self.clock.tell(self.last_sent.unwrap_or(now));
        self.limiter = rate.and_then(NonZeroU32::new).map(|rpm| {
            let limiter = RateLimiter::direct_with_clock(quota(rpm), self.clock.clone());
            while limiter.check().is_ok() {}
            limiter
        });
    }
}

/// At most `rpm` in any minute of the server's, fixed or sliding: a minute's worth of cells plus the
/// burst must not exceed it.
fn quota(rpm: NonZeroU32) -> Quota {
    let burst = BURST.min(rpm.get());
    let even = u64::from(rpm.get() - burst + 1);
    let minute = Duration::from_millis(60_000 + MINUTE_SLACK_MS);
    let period = minute / u32::try_from(even).unwrap_or(1);
    Quota::with_period(period)
        .unwrap_or_else(|| Quota::per_minute(rpm))
        .allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes permits as fast as they come from `from` on and returns when each was given.
    fn permits(pacer: &mut Pacer, from: u64, until: u64) -> Vec<u64> {
        let mut given = Vec::new();
        let mut now = Monotonic(from);
        while now.0 < until {
            match pacer.take(now) {
                Ok(()) => given.push(now.0),
                Err(later) => {
                    assert!(later > now, "a wait that does not wait");
                    now = later;
                }
            }
        }
        given
    }

    fn most_in_a_minute(given: &[u64]) -> usize {
        given
            .iter()
            .map(|from| {
                given
                    .iter()
                    .filter(|at| **at >= *from && **at < from + 60_000)
                    .count()
            })
            .max()
            .unwrap_or(0)
    }

    #[expect(clippy::unnecessary_wraps, reason = "that is how replies tell it")]
    fn told(total: u32) -> Option<RateLimit> {
        Some(RateLimit {
            total,
            ..RateLimit::default()
        })
    }

    #[test]
    fn no_minute_holds_more_than_the_limit_and_nearly_all_of_it_is_used() {
        for rpm in [200, 400, 600, 700, 2_500] {
            let mut pacer = Pacer::new(
                Policy {
                    max_rpm: Some(rpm),
                    ..Policy::default()
                },
                Monotonic(0),
            );
            let given = permits(&mut pacer, 0, 180_000);
            let most = most_in_a_minute(&given);
            assert!(most <= rpm as usize, "{most} of {rpm}");
            assert!(
                given.len() * 100 >= rpm as usize * 3 * 98,
                "{} of {rpm} a minute",
                given.len()
            );
        }
    }

    #[test]
    fn whoever_asks_again_when_told_to_gets_a_permit() {
        for rpm in [7, 60, 559, 600, 2_499, 2_500] {
            let policy = Policy {
                max_rpm: Some(rpm),
                ..Policy::default()
            };
            let mut pacer = Pacer::new(policy, Monotonic(0));
            let mut now = Monotonic(0);
            for _ in 0..1_000 {
                if let Err(later) = pacer.take(now) {
                    now = later;
                    assert_eq!(pacer.take(now), Ok(()), "{rpm} a minute at {now:?}");
                }
            }
        }
    }

    #[test]
    fn the_reserve_is_a_fifth_of_the_accounts_limit_unless_it_is_named() {
        let mut pacer = Pacer::new(Policy::default(), Monotonic(0));
        assert_eq!(pacer.allowed_rpm(), None);
        pacer.learn(Monotonic(0), told(700), Monotonic(0));
        assert_eq!(pacer.allowed_rpm(), Some(560));
        let named = Policy {
            reserve_rpm: Some(0),
            ..Policy::default()
        };
        let mut pacer = Pacer::new(named, Monotonic(0));
        pacer.learn(Monotonic(0), told(700), Monotonic(0));
        pacer.learn_endpoint(told(300), Monotonic(0));
        assert_eq!(pacer.allowed_rpm(), Some(300));
    }

    #[test]
    fn the_smallest_of_account_endpoint_and_operator_counts() {
        let policy = Policy {
            max_rpm: Some(100),
            reserve_rpm: Some(10),
        };
        let mut pacer = Pacer::new(policy, Monotonic(0));
        pacer.learn(Monotonic(0), told(700), Monotonic(0));
        pacer.learn_endpoint(told(300), Monotonic(0));
        assert_eq!(pacer.allowed_rpm(), Some(100));
        pacer.learn(Monotonic(0), told(60), Monotonic(0));
        assert_eq!(pacer.allowed_rpm(), Some(50));
    }

    #[test]
    fn a_reserve_as_large_as_the_limit_leaves_one_request_a_minute() {
        let mut pacer = Pacer::new(
            Policy {
                reserve_rpm: Some(500),
                max_rpm: None,
            },
            Monotonic(0),
        );
        pacer.learn(Monotonic(0), told(200), Monotonic(0));
        assert_eq!(pacer.allowed_rpm(), Some(1));
    }

    #[test]
    fn nothing_leaves_while_it_is_held_and_nothing_is_caught_up_afterwards() {
        let policy = Policy {
            max_rpm: Some(600),
            ..Policy::default()
        };
        let mut pacer = Pacer::new(policy, Monotonic(0));
        pacer.hold_until(Monotonic(23_000));
        assert_eq!(pacer.take(Monotonic(1_000)), Err(Monotonic(23_000)));
        let given = permits(&mut pacer, 0, 24_000);
        assert_eq!(given.first(), Some(&23_000));
        assert!(given.len() <= 12, "{given:?}");
    }

    #[test]
    fn a_change_of_the_limit_gives_no_extra_burst() {
        let mut pacer = Pacer::new(
            Policy {
                reserve_rpm: Some(0),
                max_rpm: None,
            },
            Monotonic(0),
        );
        let mut given = 0;
        for n in 0..100 {
            let now = Monotonic(u64::from(n));
            pacer.learn(now, told(600 + n % 2), now);
            given += u32::from(pacer.take(now).is_ok());
        }
        assert!(given <= 1, "{given} in a tenth of a second");
    }
}

//! What a server of the simulation says wrongly about the limit it counts.

use std::collections::VecDeque;

use super::simulation_dice::Dice;
use super::window::MINUTE_MS;
use crate::model::reply::RateLimit;

/// How the headers differ from what the server counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    /// They do not.
    Nothing,
    /// The reset is always so many seconds away.
    Reset(u32),
    NoReset,
    /// The reset is a time in seconds since 1970.
    ResetOfEpoch,
    /// The reset is the end of a minute of some other clock.
    ResetOfClock,
    /// The reset is when the oldest request of the last 60 seconds leaves.
    ResetOfOldest,
    /// So many per mille of the limit always remain.
    Remains(u32),
    /// One request always remains.
    OneRemains,
    /// What remains is a random number.
    RemainsRandom,
    /// What remains is that of somebody else, who uses a third of as large a limit.
    RemainsOfOther,
    /// So many per mille of the limit less remain than is true, as if others had taken them.
    RemainsLess(u32),
    /// What remained at the reply so many replies ago.
    RemainsLate(usize),
    /// What remains is updated only so often, in milliseconds.
    RemainsCached(u64),
    /// Only one reply in three says what remains.
    RemainsSeldom,
    /// Every other reply says twice the limit.
    TotalFlips,
    /// Every other reply says twice the limit, and what remains of that.
    AllFlips,
}

/// Applies a lie to one reply after the other.
pub(super) struct Liar {
    lie: Lie,
    dice: Dice,
    phase_ms: u64,
    replies: usize,
    arrivals: VecDeque<u64>,
    remained: VecDeque<(u64, Option<u32>)>,
}

impl Liar {
    pub(super) fn new(lie: Lie, seed: u64) -> Self {
        let mut dice = Dice(seed ^ 0x5EED);
        Self {
            lie,
            phase_ms: dice.up_to(MINUTE_MS),
            dice,
            replies: 0,
            arrivals: VecDeque::new(),
            remained: VecDeque::new(),
        }
    }

    /// What the reply to a request that arrives at `now` says instead of the truth.
    pub(super) fn tell(&mut self, truth: RateLimit, now: u64) -> RateLimit {
        self.replies += 1;
        self.arrivals.push_back(now);
        while self
            .arrivals
            .front()
            .is_some_and(|at| at + MINUTE_MS <= now)
        {
            self.arrivals.pop_front();
        }
        let into_ms = (now + self.phase_ms) % MINUTE_MS;
        let total = truth.total;
        let mut told = truth;
        match self.lie {
            Lie::Reset(seconds) => told.resets_s = Some(seconds),
            Lie::NoReset => told.resets_s = None,
            Lie::ResetOfEpoch => {
                let minute_end = truth.resets_s.unwrap() + whole_seconds(now);
                told.resets_s = Some(1_790_000_000 + minute_end);
            }
            Lie::ResetOfClock => told.resets_s = Some(whole_seconds(MINUTE_MS - into_ms)),
            Lie::ResetOfOldest => {
                let oldest = self.arrivals.front().unwrap();
                told.resets_s = Some(whole_seconds(oldest + MINUTE_MS - now));
            }
            Lie::Remains(per_mille) => told.remaining = Some(total * per_mille / 1_000),
            Lie::RemainsLess(per_mille) => {
                let less = total * per_mille / 1_000;
                told.remaining = truth
                    .remaining
                    .map(|remaining| remaining.saturating_sub(less));
            }
            Lie::OneRemains => told.remaining = Some(1),
            Lie::RemainsRandom => {
                let number = self.dice.up_to(u64::from(total));
                told.remaining = Some(u32::try_from(number).unwrap());
            }
            Lie::RemainsOfOther => {
                let used = u64::from(total) * into_ms / (3 * MINUTE_MS);
                told.remaining = Some(total - u32::try_from(used).unwrap());
            }
            Lie::RemainsLate(replies) => {
                self.remained.push_back((now, truth.remaining));
                if self.remained.len() > replies + 1 {
                    self.remained.pop_front();
                }
                told.remaining = self.remained.front().unwrap().1;
            }
            Lie::RemainsCached(age_ms) => {
                if self
                    .remained
                    .front()
                    .is_none_or(|(at, _)| at + age_ms <= now)
                {
                    self.remained = VecDeque::from([(now, truth.remaining)]);
                }
                told.remaining = self.remained.front().unwrap().1;
            }
            Lie::RemainsSeldom if !self.replies.is_multiple_of(3) => told.remaining = None,
            Lie::Nothing | Lie::RemainsSeldom => {}
            Lie::TotalFlips | Lie::AllFlips if self.replies.is_multiple_of(2) => {}
            Lie::TotalFlips => told.total = 2 * total,
            Lie::AllFlips => {
                told.total = 2 * total;
                told.remaining = truth.remaining.map(|remaining| remaining + total);
            }
        }
        told
    }
}

fn whole_seconds(ms: u64) -> u32 {
    u32::try_from(ms.div_ceil(1_000)).unwrap()
}

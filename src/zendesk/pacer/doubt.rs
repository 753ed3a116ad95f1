//! Whether what replies say remains of the limit can be true.
//!
//! Each request of ours takes one from what remains. If the number never changes although we send
//! more and more, or rises steeply again and again, it does not count our requests.

use std::collections::VecDeque;

use super::budget::SPREAD_MS;
use super::window::MINUTE_MS;
use crate::model::time::Monotonic;

/// How many more requests of ours may be in the last minute while the same number remains. Others
/// may stop as we start, but not at exactly our pace for long.
const UNCHANGED: u32 = 4;

/// How long the same number must remain at least.
const UNCHANGED_MS: u64 = 4_000;

/// Two minutes of the server begin so far apart at least.
const APART_MS: u64 = 50_000;

/// For how long a number that was found wrong is ignored.
const IGNORED_MS: u64 = 5 * MINUTE_MS;

/// What speaks against the number that remains, as replies say it.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// Requests of ours that were answered, in the order of their replies: when they left and when
    /// their replies came.
    answered: VecDeque<(Monotonic, Monotonic)>,
    /// A minute of the server's must have begun between these.
    turn: Option<(Monotonic, Monotonic)>,
    /// A number, when it was first seen, and our requests of the last minute then.
    unchanged: Option<(u32, Monotonic, u32)>,
    ignored_until: Option<Monotonic>,
    /// How many times a doubt was wrong: each doubles the evidence that is needed.
    mistakes: u32,
    against: u32,
    last: Option<(Monotonic, Monotonic, u32)>,
    left: VecDeque<(Monotonic, u32, u32)>,
}

impl Doubt {
    /// Counts a request of ours that left at `sent` and was answered at `now`.
    pub(super) fn answer(&mut self, sent: Monotonic, now: Monotonic) {
        while self
            .answered
            .front()
            .is_some_and(|(_, arrived)| now.since(*arrived) > MINUTE_MS)
        {
            self.answered.pop_front();
        }
        self.answered.push_back((sent, now));
    }

    /// What leaves the count within a minute was in it.
    pub(super) fn weigh_left(&mut self, sent: Monotonic, used: u32, slack: u32, now: Monotonic) {
        let Some((last_sent, answered, last_used)) = self.last else {
            self.last = Some((sent, now, used));
            return;
        };
        if sent < answered {
            return;
        }
        self.last = Some((sent, now, used));
        let left = last_used.saturating_sub(used.saturating_add(slack));
        if left == 0 {
            return;
        }
        self.left.push_back((last_sent, last_used, left));
        while self.left.front().is_some_and(|(at, _, _)| now.since(*at) >= APART_MS) {
            self.left.pop_front();
        }
        let mut sum = 0;
        if self.left.iter().rev().any(|(_, used, left)| { sum += left; sum > *used }) {
            self.left.clear();
            self.contradict(now);
        }
    }

    /// Weighs that the reply to the request that left at `sent` says that `used` are gone.
    pub(super) fn weigh_used(&mut self, sent: Monotonic, used: u32, now: Monotonic) {
        // Those that were answered before it left are counted for certain, since the minute began.
        let certain = self.answered.partition_point(|(_, at)| *at <= sent);
        let first = usize::try_from(used)
            .ok()
            .and_then(|used| certain.checked_sub(used + 1));
        let Some((left, _)) = first.and_then(|first| self.answered.get(first)) else {
            return;
        };
        let after = Monotonic(left.0.saturating_sub(2 * SPREAD_MS));
        if now.since(after) >= APART_MS {
            return;
        }
        match self.turn {
            Some((from, by)) if now.since(from) < APART_MS => {
                if after < by {
                    self.turn = Some((from.max(after), by));
                } else {
                    self.turn = Some((after, now));
                    self.contradict(now);
                }
            }
            _ => self.turn = Some((after, now)),
        }
    }

    /// Weighs what a reply says: that so many remain, while `own` requests of ours are in the last
    /// minute, and whether these explain what is gone.
    pub(super) fn weigh(&mut self, remaining: u32, own: u32, now: Monotonic) {
        match self.unchanged {
            Some((same, first, before)) if same == remaining => {
                let caution = self.caution();
                if own.saturating_sub(before) >= UNCHANGED.saturating_mul(caution)
                    && now.since(first) >= UNCHANGED_MS.saturating_mul(u64::from(caution))
                {
                    self.ignore(now);
                }
            }
            _ => self.unchanged = Some((remaining, now, own)),
        }
    }

    /// A 429 came: if what remains was ignored, that was a mistake.
    pub(super) fn refuse(&mut self) {
        self.mistakes += u32::from(self.ignored_until.take().is_some());
        self.unchanged = None;
        self.turn = None;
        self.last = None;
        self.left.clear();
        self.against = 0;
        self.answered.clear();
    }

    /// Whether what remains is to be ignored.
    pub(super) fn ignores(&self, now: Monotonic) -> bool {
        self.ignored_until.is_some_and(|until| now < until)
    }

    fn contradict(&mut self, now: Monotonic) {
        self.against += 1;
        if self.against >= self.caution() {
            self.ignore(now);
        }
    }

    fn caution(&self) -> u32 {
        1 << self.mistakes.min(16)
    }

    fn ignore(&mut self, now: Monotonic) {
        self.ignored_until = Some(now.plus(IGNORED_MS));
        self.unchanged = None;
        self.against = 0;
        self.left.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many requests of ours it takes until a number that never changes is ignored.
    fn sends_until_ignored(doubt: &mut Doubt) -> u32 {
        for own in 0..1_000 {
            let now = Monotonic(u64::from(own) * 1_000);
            doubt.weigh(7, own, now);
            if doubt.ignores(now) {
                return own;
            }
        }
        panic!("it is believed for ever");
    }

    #[test]
    fn a_number_that_ignores_our_requests_is_ignored_and_each_mistake_doubles_the_evidence() {
        let mut doubt = Doubt::default();
        for needed in [4, 8, 16, 32] {
            assert_eq!(sends_until_ignored(&mut doubt), needed);
            doubt.refuse();
            assert!(!doubt.ignores(Monotonic(40_000)));
        }
    }

    #[test]
    fn a_number_that_stays_as_many_of_ours_leave_as_come_is_believed() {
        let mut doubt = Doubt::default();
        for second in 0..1_000 {
            doubt.weigh(7, 60, Monotonic(second * 1_000));
        }
        assert!(!doubt.ignores(Monotonic(1_000_000)));
    }

}

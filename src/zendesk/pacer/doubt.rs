//! Whether what replies say remains of the limit can be true.
//!
//! Each request of ours takes one from what remains. If the number never changes although we send
//! more and more, or rises steeply again and again, it does not count our requests.

use std::collections::VecDeque;

use super::window::MINUTE_MS;
use crate::model::time::Monotonic;

/// How many more requests of ours may be in the last minute while the same number remains. Others
/// may stop as we start, but not at exactly our pace for long.
const UNCHANGED: u32 = 4;

/// How long the same number must remain at least.
const UNCHANGED_MS: u64 = 4_000;

/// How often within a minute what remains may rise steeply. A fixed minute begins once.
const RISES: usize = 2;

/// For how long a number that was found wrong is ignored.
const IGNORED_MS: u64 = 5 * MINUTE_MS;

/// What speaks against the number that remains, as replies say it.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// A number, when it was first seen, and our requests of the last minute then.
    unchanged: Option<(u32, Monotonic, u32)>,
    rises: VecDeque<Monotonic>,
    ignored_until: Option<Monotonic>,
    /// How many times a doubt was wrong: each doubles the evidence that is needed.
    mistakes: u32,
}

impl Doubt {
    /// Weighs what a reply says: that so many remain, while `own` requests of ours are in the last
    /// minute, and whether these explain what is gone.
    pub(super) fn weigh(&mut self, remaining: u32, own: u32, explained: bool, now: Monotonic) {
        match self.unchanged {
            Some((same, first, before)) if same == remaining && !explained => {
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

    /// Weighs that what remains has risen steeply.
    pub(super) fn weigh_rise(&mut self, now: Monotonic) {
        let old = |rise: &Monotonic| now.since(*rise) >= MINUTE_MS - MINUTE_MS / 10;
        while self.rises.front().is_some_and(old) {
            self.rises.pop_front();
        }
        self.rises.push_back(now);
        let most = RISES.saturating_mul(usize::try_from(self.caution()).unwrap_or(usize::MAX));
        if self.rises.len() > most {
            self.ignore(now);
        }
    }

    /// A 429 came: if what remains was ignored, that was a mistake.
    pub(super) fn refuse(&mut self) {
        self.mistakes += u32::from(self.ignored_until.take().is_some());
        self.unchanged = None;
        self.rises.clear();
    }

    /// Whether what remains is to be ignored.
    pub(super) fn ignores(&self, now: Monotonic) -> bool {
        self.ignored_until.is_some_and(|until| now < until)
    }

    fn caution(&self) -> u32 {
        1 << self.mistakes.min(16)
    }

    fn ignore(&mut self, now: Monotonic) {
        self.ignored_until = Some(now.plus(IGNORED_MS));
        self.unchanged = None;
        self.rises.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many requests of ours it takes until a number that never changes is ignored.
    fn sends_until_ignored(doubt: &mut Doubt) -> u32 {
        for own in 0..1_000 {
            let now = Monotonic(u64::from(own) * 1_000);
            doubt.weigh(7, own, false, now);
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
            doubt.weigh(7, 60, false, Monotonic(second * 1_000));
        }
        assert!(!doubt.ignores(Monotonic(1_000_000)));
    }

    #[test]
    fn one_rise_a_minute_is_believed_and_three_are_not() {
        let mut doubt = Doubt::default();
        for minute in 0..10 {
            doubt.weigh_rise(Monotonic(minute * MINUTE_MS));
        }
        assert!(!doubt.ignores(Monotonic(9 * MINUTE_MS)));
        for second in 1..3 {
            doubt.weigh_rise(Monotonic(9 * MINUTE_MS + second * 1_000));
        }
        assert!(doubt.ignores(Monotonic(9 * MINUTE_MS + 2_000)));
        assert!(!doubt.ignores(Monotonic(9 * MINUTE_MS + 2_000 + IGNORED_MS)));
    }
}

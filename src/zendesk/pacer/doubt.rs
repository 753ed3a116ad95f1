//! Whether what replies say is left of the limit can be true.
//!
//! A number is believed until it contradicts itself. Two laws hold however the minute is counted,
//! and whatever others do:
//!
//! 1. Our own requests are counted from the beginning of the minute. If fewer are counted than were
//!    answered since some moment, a minute began after that moment; and minutes begin a minute
//!    apart. In a sliding minute what is younger than 60 seconds is always counted.
//! 2. What leaves the count within less than a minute was in it at its beginning: a fixed minute
//!    ends once in that time, and from a sliding one only requests leave that were counted already.
//!
//! A third rule is only likely: the number changes while we send more and more. Others would have
//! to free exactly what we take, again and again.
//!
//! The laws cannot tell every wrong number from others. One that counts more than our requests and
//! grows at least as fast as they do is what others look like; it is believed, and we leave to these
//! others what they seem to need. One that is late by less than a second is believed too.

use std::collections::VecDeque;

use super::window::{FLOOR_MS, MINUTE_MS, SPREAD_MS};
use crate::model::time::Monotonic;

/// How many more requests of ours may be answered while the same number remains. That others free
/// one for each of ours is less likely than not, so four times in a row is unlikely; and a mistake
/// costs one 429.
const UNCHANGED: u32 = 4;

/// How long the same number must remain at least: what these requests take at the slowest pace.
const UNCHANGED_MS: u64 = UNCHANGED as u64 * FLOOR_MS;

/// Two minutes begin at least so far apart as replies show it. A minute, less ten seconds for
/// clocks of several servers that differ.
const APART_MS: u64 = MINUTE_MS - 10_000;

/// For how long a number that contradicts itself is ignored, from the last contradiction on. To
/// contradict itself it takes at most some 10 seconds at the slowest pace, so a number that is
/// always wrong costs 3 %.
const IGNORED_MS: u64 = 5 * MINUTE_MS;

/// What speaks against the number that remains.
#[derive(Debug, Default)]
pub(super) struct Doubt {
    /// Requests of ours that were answered in the last minute, in the order of their replies.
    answered: VecDeque<Answered>,
    /// A minute began after the first of these moments and before the second.
    turn: Option<(Monotonic, Monotonic)>,
    last: Option<Count>,
    /// When what left the count was still counted, how much was counted then, and how much left.
    left: VecDeque<(Monotonic, u32, u32)>,
    /// A number, when it was first seen, and our answered requests of the minute before.
    unchanged: Option<(u32, Monotonic, usize)>,
    contradictions: u32,
    ignored_until: Option<Monotonic>,
    /// How many times a number was ignored until a 429: each doubles the evidence that is needed.
    mistakes: u32,
}

#[derive(Debug, Clone, Copy)]
struct Answered {
    sent: Monotonic,
    at: Monotonic,
}

/// What a reply says is counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count {
    /// When its request left, and when it came.
    pub(super) sent: Monotonic,
    pub(super) at: Monotonic,
    pub(super) total: u32,
    pub(super) used: u32,
}

impl Count {
    /// How far a count may be off without being wrong: replies overtake each other, and it may be
    /// late by what the account may send in a second.
    pub(super) fn slack(self) -> u32 {
        self.total / 60 + 3
    }

    /// How many may be counted.
    fn at_most(self) -> u32 {
        self.used.saturating_add(self.slack())
    }
}

impl Doubt {
    /// Notes that the request of ours that left at `sent` was answered at `at`: so it is counted.
    pub(super) fn answer(&mut self, sent: Monotonic, at: Monotonic) {
        let is_old = |first: &Answered| at.since(first.at) > MINUTE_MS;
        while self.answered.front().is_some_and(is_old) {
            self.answered.pop_front();
        }
        self.answered.push_back(Answered { sent, at });
    }

    /// Weighs what a reply says. No request of an earlier call left later.
    pub(super) fn weigh(&mut self, count: Count) {
        let contradictions =
            u32::from(self.turns_too_soon(count)) + u32::from(self.leaves_too_much(count));
        self.contradictions = self.contradictions.saturating_add(contradictions);
        let contradicts = contradictions > 0 && self.contradictions >= self.caution();
        if contradicts || self.stays(count) {
            self.ignored_until = Some(count.at.plus(IGNORED_MS));
            self.contradictions = 0;
        }
    }

    /// The first law: a minute must have begun, less than a minute after the one before.
    fn turns_too_soon(&mut self, count: Count) -> bool {
        let before = self.answered.partition_point(|one| one.at <= count.sent);
        let first = usize::try_from(count.at_most())
            .ok()
            .and_then(|most| before.checked_sub(most.saturating_add(1)))
            .and_then(|first| self.answered.get(first));
        let Some(first) = first else {
            return false;
        };
        // Those that were answered later left no earlier than this, but for the spread of both ways.
        let after = Monotonic(first.sent.0.saturating_sub(2 * SPREAD_MS));
        if count.at.since(after) >= APART_MS {
            return false;
        }
        let (turn, too_soon) = match self.turn {
            Some((from, by)) if count.at.since(from) < APART_MS && after < by => {
                ((from.max(after), by), false)
            }
            Some((from, _)) => ((after, count.at), count.at.since(from) < APART_MS),
            None => ((after, count.at), false),
        };
        self.turn = Some(turn);
        too_soon
    }

    /// The second law: more has left the count than was in it.
    fn leaves_too_much(&mut self, count: Count) -> bool {
        // Only a reply that came before this request left surely tells of an earlier count.
        let last = match self.last {
            Some(last) if count.sent < last.at => return false,
            last => last,
        };
        self.last = Some(count);
        let Some(last) = last else {
            return false;
        };
        let left = last.used.saturating_sub(count.at_most());
        if left == 0 {
            return false;
        }
        let is_old = |(at, ..): &(Monotonic, u32, u32)| count.at.since(*at) >= APART_MS;
        while self.left.front().is_some_and(is_old) {
            self.left.pop_front();
        }
        self.left.push_back((last.sent, last.used, left));
        let mut sum = 0_u32;
        let too_much = self.left.iter().rev().any(|(_, used, left)| {
            sum = sum.saturating_add(*left);
            sum > *used
        });
        if too_much {
            self.left.clear();
        }
        too_much
    }

    /// The third rule: the same number stays although more and more of our requests are answered.
    fn stays(&mut self, count: Count) -> bool {
        let own = self.answered.len();
        let Some((same, since, before)) = self.unchanged.filter(|(same, ..)| *same == count.used)
        else {
            self.unchanged = Some((count.used, count.at, own));
            return false;
        };
        let more = u32::try_from(own.saturating_sub(before)).unwrap_or(u32::MAX);
        let caution = self.caution();
        let stays = more >= UNCHANGED.saturating_mul(caution)
            && count.at.since(since) >= UNCHANGED_MS.saturating_mul(u64::from(caution));
        if stays {
            self.unchanged = Some((same, count.at, own));
        }
        stays
    }

    /// A 429 came: its request is not counted, and if the number was ignored, that was a mistake.
    pub(super) fn refuse(&mut self) {
        self.answered.pop_back();
        self.mistakes += u32::from(self.ignored_until.take().is_some());
        self.contradictions = 0;
        self.unchanged = None;
    }

    /// Reports whether to ignore the number of requests that remain.
    pub(super) fn ignores(&self, now: Monotonic) -> bool {
        self.ignored_until.is_some_and(|until| now < until)
    }

    fn caution(&self) -> u32 {
        1 << self.mistakes.min(16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOTAL: u32 = 600;

    /// One of our requests a second is answered at once; each reply says that `used(second)` are
    /// counted. Returns the second of `seconds` at which the number is ignored.
    fn ignored_at(
        doubt: &mut Doubt,
        seconds: std::ops::Range<u32>,
        used: impl Fn(u32) -> u32,
    ) -> Option<u32> {
        for second in seconds {
            let sent = Monotonic(1_000 * u64::from(second));
            let at = sent.plus(100);
            doubt.answer(sent, at);
            doubt.weigh(Count {
                sent,
                at,
                total: TOTAL,
                used: used(second),
            });
            if doubt.ignores(at) {
                return Some(second);
            }
        }
        None
    }

    #[test]
    fn a_number_that_never_changes_is_ignored_and_each_mistake_doubles_the_evidence() {
        let mut doubt = Doubt::default();
        let mut from = 0;
        for needed in [4, 8, 16] {
            let at = ignored_at(&mut doubt, from..from + 60, |_| TOTAL - 7);
            assert_eq!(at, Some(from + needed));
            doubt.refuse();
            // Old requests leave as new ones come unless a minute passes.
            from += 200;
            assert!(!doubt.ignores(Monotonic(1_000 * u64::from(from))));
        }
    }

    #[test]
    fn a_number_that_stays_as_many_of_ours_leave_as_come_is_believed() {
        let mut doubt = Doubt::default();
        let used = |second: u32| 300 + second.min(60);
        assert_eq!(ignored_at(&mut doubt, 0..1_000, used), None);
    }

    #[test]
    fn a_minute_that_begins_anew_every_minute_is_believed_and_one_that_does_so_sooner_is_not() {
        let fixed = |second: u32| second % 60 + 1;
        assert_eq!(ignored_at(&mut Doubt::default(), 0..1_000, fixed), None);
        let sooner = |second: u32| second % 30 + 1;
        let at = ignored_at(&mut Doubt::default(), 0..1_000, sooner);
        assert!(
            at.is_some_and(|second| (60..90).contains(&second)),
            "{at:?}"
        );
    }

    /// Others who left the minute cannot leave it again.
    #[test]
    fn what_others_free_once_is_believed_and_what_they_free_twice_is_not() {
        let once = |second: u32| {
            if second < 20 {
                400 + second
            } else {
                100 + second
            }
        };
        assert_eq!(ignored_at(&mut Doubt::default(), 0..40, once), None);
        let twice = |second: u32| 100 + second + if second % 10 < 5 { 300 } else { 0 };
        let at = ignored_at(&mut Doubt::default(), 0..40, twice);
        assert_eq!(at, Some(15));
    }

    #[test]
    fn a_contradiction_is_forgotten_after_five_minutes() {
        let mut doubt = Doubt::default();
        let at = ignored_at(&mut doubt, 0..60, |_| 0).unwrap();
        let until = Monotonic(1_000 * u64::from(at) + 100 + IGNORED_MS);
        assert!(doubt.ignores(Monotonic(until.0 - 1)) && !doubt.ignores(until));
    }
}

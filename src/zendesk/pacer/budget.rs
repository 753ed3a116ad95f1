//! What the account has left for us beside other integrations, as replies tell it.
//!
//! A reply says how much of the account's limit is left. What is gone and was not sent by us was
//! sent by others: their use is foreseen, and we take what remains, evenly.

use std::collections::VecDeque;

use super::Pause;
use super::doubt::{Count, Doubt};
use super::window::{FLOOR_MS, MINUTE_MS, SPREAD_MS, Sign, TOLERANCE_MS, Window};
use crate::model::reply::RateLimit;
use crate::model::time::Monotonic;

/// Requests that are remembered at most: what Zendesk allows an account in a minute at its very
/// most ("spike ceiling").
const SENDS_MAX: usize = 100_000;

/// Over how long what replies tell about others is averaged, in seconds: requests overtake each
/// other on the way.
const AVERAGE_S: f64 = 0.3;

/// How soon to look again when others leave no room.
const LOOK_AGAIN_MS: u64 = 50;

/// Others may come in greater numbers than foreseen: so many standard deviations of requests that
/// come at random are kept free for it.
const DEVIATIONS: f64 = 4.0;

/// Seconds of the last fixed minute that count for foreseeing others in the next one.
const PRIOR_S: f64 = 10.0;

/// The end of a fixed minute is known no better than this, in seconds.
const REST_S_MIN: f64 = 0.3;

/// Own requests of the last minute, and the last reply's word on what is left.
#[derive(Debug, Default)]
pub(super) struct Budget {
    sends: VecDeque<Monotonic>,
    began: Monotonic,
    reading: Option<Reading>,
    window: Window,
    doubt: Doubt,
    /// Requests of others in the window.
    others: f64,
    /// Requests of others in a second; of the window before, until there is enough of this one.
    others_per_s: f64,
    prior_per_s: f64,
    /// The most that were counted beside our requests of the last minute, since an end was announced
    /// that has stayed put from then on.
    others_most: (Monotonic, u32),
    /// When the last request was due by the pace beside others, in microseconds.
    due_us: u64,
}

/// What a reply has told.
#[derive(Debug, Clone, Copy)]
struct Reading {
    /// When its request left.
    sent: Monotonic,
    total: u32,
    remaining: u32,
}

/// When a request was due, by the pace beside others, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due(u64);

/// What may be sent beside others.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Outlook {
    /// Requests that are left above all that others may need at once; the reserve included.
    room: f64,
    /// Requests a second.
    per_s: f64,
}

impl Budget {
    /// Counts a request of ours that leaves now.
    pub(super) fn note(&mut self, now: Monotonic) {
        if self.sends.is_empty() {
            self.began = now;
        }
        let old = now.0.saturating_sub(2 * MINUTE_MS);
        while self.sends.len() >= SENDS_MAX || self.sends.front().is_some_and(|t| t.0 < old) {
            self.sends.pop_front();
        }
        self.sends.push_back(now);
    }

    /// The same for one that was admitted as the one that was due then.
    pub(super) fn send(&mut self, Due(due_us): Due, now: Monotonic) {
        self.due_us = due_us;
        self.note(now);
    }

    /// Learns from the reply to the request that left at `sent` and came back at `now`. Only the
    /// youngest request counts: an older one tells of the past.
    pub(super) fn learn(&mut self, sent: Monotonic, limit: RateLimit, now: Monotonic) {
        self.doubt.answer(sent, now);
        let (total, Some(remaining)) = (limit.total, limit.remaining) else {
            return;
        };
        if self.reading.is_some_and(|last| sent <= last.sent) {
            return;
        }
        let remaining = remaining.min(total);
        let used = total - remaining;
        // As far as can be told, half of the time was the way there.
        let way_ms = now.since(sent) / 2;
        let counted = sent.plus(way_ms);
        let count = Count {
            sent,
            at: now,
            total,
            used,
        };
        self.doubt.weigh(count);
        let sign = self.sign(count, way_ms);
        let turned = self.window.learn(limit.resets_s, sign, counted);
        let others = used.saturating_sub(self.own_minute(sent));
        let put = self.window.put_since();
        self.others_most = match self.others_most {
            (since, most) if since == put => (put, most.max(others)),
            _ => (put, others),
        };
        let Some(turned) = turned else {
            return;
        };
        // Requests overtake each other: right after a minute began, one may tell of the one before.
        let used_before = self.reading.map_or(0, |last| last.total - last.remaining);
        let is_new_minute = self.window.is_proved() && counted.since(put) < SPREAD_MS;
        if is_new_minute && !turned && used > used_before.saturating_add(total / 2) {
            return;
        }
        let last = self.reading.replace(Reading {
            sent,
            total,
            remaining,
        });
        let began = self.window.began(counted);
        let own = self.own(Monotonic(began.0.saturating_sub(way_ms)), sent);
        let others = f64::from(used) - f64::from(own);
        let age_s = seconds(counted.since(began));
        if turned {
            self.prior_per_s = self.others_per_s;
            self.others = self.prior_per_s * age_s;
        }
        let since_s = last.map_or(60.0, |last| seconds(sent.since(last.sent)));
        let belief = since_s / (since_s + AVERAGE_S);
        self.others = (self.others + belief * (others - self.others)).max(0.0);
        self.others_per_s = if self.window.is_proved() {
            (self.others + self.prior_per_s * PRIOR_S) / (age_s + PRIOR_S)
        } else {
            self.others / 60.0
        };
    }

    /// Learns of a 429.
    pub(super) fn refuse(&mut self) {
        self.doubt.refuse();
    }

    /// What the number of counted requests shows of the minute.
    fn sign(&self, count: Count, way_ms: u64) -> Sign {
        let Some(last) = self.reading else {
            return Sign::None;
        };
        let Count { sent, used, .. } = count;
        let slack = count.slack();
        let own = self.own_minute(sent);
        let last_used = last.total.saturating_sub(last.remaining);
        let expected = last_used.saturating_add(self.own(last.sent, sent));
        if used.saturating_add(slack) < own.min(expected) {
            return Sign::Emptied {
                most_ms: sent.since(last.sent),
            };
        }
        let Some(end) = self.window.announced_end() else {
            return Sign::None;
        };
        // More than overtake each other there and back: two spreads are a hundredth of a minute.
        let blur = count.total / 100 + 1;
        let others = used.saturating_sub(own);
        if self.others_most.1.saturating_sub(others) > blur && end.since(sent) > 2 * TOLERANCE_MS {
            return Sign::Left;
        }
        let since_end = self.own(Monotonic(end.0.saturating_sub(way_ms)), sent);
        let before_end = last_used.saturating_sub(since_end);
        if before_end > slack && used.saturating_sub(since_end) > before_end / 2 {
            return Sign::Kept;
        }
        Sign::None
    }

    /// Our requests that are surely counted in a sliding minute when the one that left at `sent` is.
    fn own_minute(&self, sent: Monotonic) -> u32 {
        let minute_ago = (sent.0 + SPREAD_MS).saturating_sub(MINUTE_MS);
        self.own(Monotonic(minute_ago), sent)
    }

    /// Whether there is room beside others above `reserve`, or when to look again.
    pub(super) fn admit(&self, reserve: u32, now: Monotonic) -> Result<Due, Monotonic> {
        let now_us = now.0 * 1_000;
        let last = self.sends.back().copied().unwrap_or_default();
        let floor = last.plus(FLOOR_MS);
        let Some(Outlook { room, per_s }) = self.outlook(reserve, now).filter(|_| now < floor)
        else {
            return Ok(Due(now_us));
        };
        if room < 1.0 {
            return Err(floor.min(now.plus(LOOK_AGAIN_MS)));
        }
        let period_us = micros(1.0 / per_s);
        let due_us = self.due_us + period_us;
        if now_us < due_us {
            return Err(floor.min(Monotonic(due_us.div_ceil(1_000))));
        }
        // A permit that is taken late is not lost, but only one.
        Ok(Due(due_us.max(now_us.saturating_sub(period_us))))
    }

    /// Why nothing may leave just now, and until when this may last.
    pub(super) fn pause(&self, reserve: u32, now: Monotonic) -> Option<(Pause, Monotonic)> {
        let room = self.outlook(reserve, now)?.room;
        let reason = match room + f64::from(reserve) {
            without_reserve if room < 1.0 && without_reserve >= 1.0 => Pause::Reserve,
            _ if room < 1.0 => Pause::Others,
            _ => return None,
        };
        let floor = self.sends.back()?.plus(FLOOR_MS);
        Some((reason, self.window.fixed_end().unwrap_or(floor)))
    }

    /// `None` if nothing is known of others, or if there are none.
    fn outlook(&self, reserve: u32, now: Monotonic) -> Option<Outlook> {
        let Reading {
            sent,
            total,
            remaining,
        } = self.reading?;
        if self.doubt.ignores(now) {
            return None;
        }
        if self.others_per_s * 60.0 < 1.0 + f64::from(total) / 600.0 {
            return None;
        }
        let unseen_s = seconds(now.since(sent));
        let reserve = f64::from(reserve);
        let fixed = self.window.fixed_end().map(|end| {
            let unseen = self.others_per_s * unseen_s;
            let guard = unseen + DEVIATIONS * unseen.sqrt() + reserve;
            let room = f64::from(remaining) - f64::from(self.own(sent, now)) - guard;
            let rest_s = seconds(end.since(now)).max(REST_S_MIN);
            let per_s = (room - self.others_per_s * rest_s) / rest_s;
            Outlook { room, per_s }
        });
        let outlook = match fixed {
            Some(fixed) if self.window.is_proved() => fixed,
            // The announced end may be wrong: what either kind of minute allows is safe.
            Some(fixed) => {
                let sliding = self.sliding(total, reserve, unseen_s, now);
                Outlook {
                    room: fixed.room.min(sliding.room),
                    per_s: fixed.per_s.min(sliding.per_s),
                }
            }
            None => self.sliding(total, reserve, unseen_s, now),
        };
        Some(Outlook {
            per_s: outlook.per_s.max(1.0),
            ..outlook
        })
    }

    /// What may be sent in a sliding minute. As many of others' requests leave it as come, but not
    /// at the same time, and always whole ones: so one is kept free even if few are unseen.
    fn sliding(&self, total: u32, reserve: f64, unseen_s: f64, now: Monotonic) -> Outlook {
        let unseen = self.others_per_s * (unseen_s + AVERAGE_S);
        let guard = DEVIATIONS * (2.0 * unseen).sqrt() + 1.0 + reserve;
        let minute_ago = now.0.saturating_sub(MINUTE_MS + SPREAD_MS);
        let own = f64::from(self.own(Monotonic(minute_ago), now));
        let room = f64::from(total) - own - self.others - guard;
        let ahead_ms = self.began.plus(MINUTE_MS).since(now).max(1_000);
        let leaving = self.own(Monotonic(minute_ago), Monotonic(minute_ago + ahead_ms));
        Outlook {
            room,
            per_s: (f64::from(leaving) + room) / seconds(ahead_ms),
        }
    }

    /// Requests of ours that left after `after`, up to and with `until`.
    fn own(&self, after: Monotonic, until: Monotonic) -> u32 {
        let up_to = |time| self.sends.partition_point(|sent| *sent <= time);
        u32::try_from(up_to(until).saturating_sub(up_to(after))).unwrap_or(u32::MAX)
    }
}

fn seconds(ms: u64) -> f64 {
    f64::from(u32::try_from(ms).unwrap_or(u32::MAX)) / 1_000.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a period between 0 and 1 s"
)]
fn micros(seconds: f64) -> u64 {
    (seconds * 1e6) as u64
}

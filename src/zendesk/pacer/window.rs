//! How the account's minute is counted: afresh at fixed moments, or sliding.
//!
//! Zendesk does not document it, so it is told from the replies: the moment of the reset stays put
//! for a while, or what is left jumps up.

use crate::model::time::Monotonic;

pub(super) const MINUTE_MS: u64 = 60_000;

/// The times of two requests on their way to Zendesk differ by this much at most.
pub(super) const SPREAD_MS: u64 = 300;

/// The slowest pace, as the time between two requests: what replies say of the limit may be stale or
/// wrong, and must not starve us.
pub(super) const FLOOR_MS: u64 = 1_000;

/// How long the moment of the reset must stay put: others who leave before are seen first.
const PUT_MS: u64 = 10_000;

/// How far a moment that stays put may seem to move: it is told in whole seconds.
pub(super) const TOLERANCE_MS: u64 = 1_500;

/// How far the clocks of the two sides may drift apart in a minute.
const DRIFT_MS: u64 = 20;

/// What a reply shows of the minute beside the moment of the reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    /// Nothing.
    None,
    /// Fewer requests are counted than we sent in the last 60 seconds: a new minute began.
    Emptied {
        /// How long ago at most, in milliseconds.
        most_ms: u64,
    },
    /// Requests from before the announced end are still counted.
    Kept,
    /// Requests of others are no longer counted, well before the announced end.
    Left,
}

/// The account's minute.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that was seen"
)]
pub(super) struct Window {
    end: Option<Monotonic>,
    put_since: Monotonic,
    fixed: bool,
    /// An end came as it was expected, so it is more than an announcement.
    proved: bool,
    /// The count was seen to begin anew, so the minute is fixed whatever the announcements.
    seen: bool,
    /// The reset was announced wrongly: only what is counted says when a minute begins.
    disproved: bool,
}

impl Window {
    /// Learns from a reply whose request was counted at `counted`. Returns whether a new minute has
    /// begun; `None` if the reply is a straggler from the minute before.
    pub(super) fn learn(
        &mut self,
        resets_s: Option<u32>,
        sign: Sign,
        counted: Monotonic,
    ) -> Option<bool> {
        if sign == Sign::Left && !self.proved {
            self.disproved = true;
            self.fixed = false;
        }
        let jumped = matches!(sign, Sign::Emptied { .. });
        let told_ms = resets_s
            .map(|s| u64::from(s) * 1_000)
            .filter(|ms| *ms <= MINUTE_MS + TOLERANCE_MS);
        if let (Some(ms), Sign::Emptied { most_ms, .. }) = (told_ms, sign) {
            self.disproved |= ms + most_ms + TOLERANCE_MS < MINUTE_MS;
        }
        self.seen |= jumped;
        let told_ms = told_ms.filter(|_| !self.disproved);
        let emptied_ms = match sign {
            // If it began earlier, its end is expected too late: that spares others.
            Sign::Emptied { .. } => Some(MINUTE_MS),
            Sign::None | Sign::Kept | Sign::Left => None,
        };
        let Some(told) = told_ms.or(emptied_ms) else {
            let overdue = self
                .end
                .is_some_and(|end| counted.since(end) > TOLERANCE_MS);
            self.fixed &= !overdue;
            self.proved &= !overdue;
            return Some(false);
        };
        let told = counted.plus(told);
        let Some(end) = self.end else {
            self.put(told, counted);
            self.fixed = jumped;
            self.proved = jumped;
            return Some(jumped);
        };
        let next = end.plus(MINUTE_MS);
        let is_new = jumped && !(self.fixed && self.proved && apart(told, end) <= TOLERANCE_MS);
        if is_new && apart(told, next) > TOLERANCE_MS {
            self.put(told, counted);
            self.fixed = true;
            self.proved = true;
            return Some(true);
        }
        if apart(told, end) <= TOLERANCE_MS {
            self.end = Some(end.min(told));
            self.fixed |= counted.since(self.put_since) >= PUT_MS;
            Some(false)
        } else if apart(told, next) <= TOLERANCE_MS && sign == Sign::Kept {
            self.disproved = true;
            self.fixed = false;
            self.proved = false;
            Some(false)
        } else if apart(told, next) <= TOLERANCE_MS {
            self.put(told.min(next.plus(DRIFT_MS)), counted);
            self.fixed = true;
            self.proved = true;
            Some(true)
        } else if self.fixed && end.since(told) > MINUTE_MS / 2 {
            None
        } else if self.fixed && self.seen {
            self.disproved = true;
            Some(false)
        } else {
            self.put(told, counted);
            self.fixed = false;
            self.proved = false;
            Some(false)
        }
    }

    /// The end of the minute that was announced or is due, fixed or not.
    pub(super) fn announced_end(&self) -> Option<Monotonic> {
        self.end
    }

    /// Since when the announced end has stayed put.
    pub(super) fn put_since(&self) -> Monotonic {
        self.put_since
    }

    /// The end of the minute, if it is a fixed one or the moment of the reset at least stays put.
    pub(super) fn fixed_end(&self) -> Option<Monotonic> {
        self.end.filter(|_| self.fixed)
    }

    /// Whether an end of the minute has been seen, so that it is surely a fixed one.
    pub(super) fn is_proved(&self) -> bool {
        self.fixed && self.proved
    }

    /// When the minute began of a request that was counted at `counted`.
    pub(super) fn began(&self, counted: Monotonic) -> Monotonic {
        let end = self.fixed_end().unwrap_or(counted);
        Monotonic(end.0.saturating_sub(MINUTE_MS))
    }

    fn put(&mut self, end: Monotonic, now: Monotonic) {
        self.end = Some(end);
        self.put_since = now;
    }
}

fn apart(a: Monotonic, b: Monotonic) -> u64 {
    a.since(b).max(b.since(a))
}

//! Two kinds of time, kept apart by type: Zendesk's clock, and the monotonic clock of this machine.
//!
//! Whatever depends on the age of a key or on a ticket's `created_at` uses [`ServerTime`], which is
//! derived from the `Date` header of replies plus the monotonic time since then. The local wall
//! clock has no type here because no decision uses it.

/// A moment on Zendesk's clock: milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerTime(pub i64);

impl ServerTime {
    /// Returns the milliseconds from `earlier` to `self`; negative if `earlier` is the later one.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the moment `ms` milliseconds later.
    #[must_use]
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add_unsigned(ms))
    }

    /// Rounds up to a whole second. A `Date` header, which has whole seconds, is not before this
    /// moment from then on.
    #[must_use]
    pub fn told_from(self) -> Self {
        let past = self.0.rem_euclid(1_000);
        Self(if past == 0 {
            self.0
        } else {
            self.0.saturating_add(1_000 - past)
        })
    }
}

/// A moment on this machine's monotonic clock: milliseconds since an arbitrary origin.
///
/// It keeps running while the machine sleeps if the system supports that (see `engine::clock`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Monotonic(pub u64);

impl Monotonic {
    /// Returns the milliseconds from `earlier` to `self`; 0 if `earlier` is the later one.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the moment `ms` milliseconds later.
    #[must_use]
    pub fn plus(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// An estimate of Zendesk's clock: the last `Date` seen, and when it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerClock {
    date: ServerTime,
    seen: Monotonic,
}

impl ServerClock {
    /// Sets the clock from a reply's `Date` header that arrived at `seen`.
    pub fn new(date: ServerTime, seen: Monotonic) -> Self {
        Self { date, seen }
    }

    /// Returns the time on Zendesk's clock at `now`, which lags by at most one second plus the time
    /// that the reply took to arrive.
    pub fn at(self, now: Monotonic) -> ServerTime {
        self.date.plus(now.since(self.seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_from_the_next_whole_second_on() {
        for (moment, told) in [(0, 0), (1, 1_000), (999, 1_000), (1_000, 1_000), (-1, 0)] {
            assert_eq!(ServerTime(moment).told_from(), ServerTime(told), "{moment}");
        }
    }

    #[test]
    fn the_server_clock_runs_on_with_monotonic_time() {
        let clock = ServerClock::new(ServerTime(1_000_000), Monotonic(50));
        assert_eq!(clock.at(Monotonic(50)), ServerTime(1_000_000));
        assert_eq!(clock.at(Monotonic(7_250)), ServerTime(1_007_200));
    }

    #[test]
    fn a_moment_before_the_date_was_seen_counts_as_that_moment() {
        let clock = ServerClock::new(ServerTime(1_000_000), Monotonic(50));
        assert_eq!(clock.at(Monotonic(0)), ServerTime(1_000_000));
    }
}

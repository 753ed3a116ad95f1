//! The clock by which governor counts: it shows what it was told last.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::clock::{Clock, Reference};
use governor::nanos::Nanos;

use crate::model::time::Monotonic;

/// A clock that shows what it was told last.
#[derive(Debug, Clone, Default)]
pub(super) struct ToldClock(Arc<AtomicU64>);

impl ToldClock {
    pub(super) fn tell(&self, now: Monotonic) {
        self.0.store(now.0, Ordering::Relaxed);
    }
}

impl Clock for ToldClock {
    type Instant = ToldInstant;

    fn now(&self) -> ToldInstant {
        ToldInstant(self.0.load(Ordering::Relaxed))
    }
}

/// A moment of [`ToldClock`], in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ToldInstant(u64);

impl std::ops::Add<Nanos> for ToldInstant {
    type Output = Self;

    /// Rounded up: it is asked when a permit can be had, and a moment before that there is none.
    fn add(self, rhs: Nanos) -> Self {
        Self(self.0.saturating_add(rhs.as_u64().div_ceil(1_000_000)))
    }
}

impl Reference for ToldInstant {
    fn duration_since(&self, earlier: Self) -> Nanos {
        Nanos::new(self.0.saturating_sub(earlier.0).saturating_mul(1_000_000))
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.saturating_sub(whole_ms(duration)))
    }
}

fn whole_ms(nanos: Nanos) -> u64 {
    nanos.as_u64() / 1_000_000
}

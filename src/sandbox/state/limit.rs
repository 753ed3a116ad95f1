//! Counting requests in a minute, or another span, sliding or fixed.

use std::collections::VecDeque;

use crate::sandbox::settings::WindowKind;

/// The span that nearly every limit counts.
pub(super) const MINUTE_MS: i64 = 60_000;

/// One limit of so many requests in a span of time.
#[derive(Debug)]
pub(in crate::sandbox) struct Limiter {
    kind: WindowKind,
    span_ms: i64,
    sliding: SlidingWindow,
    fixed_span: i64,
    fixed_used: u32,
}

impl Limiter {
    pub(super) fn new(kind: WindowKind, span_ms: i64) -> Self {
        Self {
            kind,
            span_ms,
            sliding: SlidingWindow::new(span_ms),
            fixed_span: i64::MIN,
            fixed_used: 0,
        }
    }

    /// Grants one request if the limit allows it; a refused request is not counted.
    pub(super) fn grant(&mut self, limit: u32, now_ms: i64) -> bool {
        let granted = self.used(now_ms) < limit;
        if granted {
            match self.kind {
                WindowKind::Sliding => self.sliding.record(now_ms),
                WindowKind::Fixed => self.fixed_used += 1,
            }
        }
        granted
    }

    /// How many requests the current window holds.
    pub(super) fn used(&mut self, now_ms: i64) -> u32 {
        match self.kind {
            WindowKind::Sliding => self.sliding.count(now_ms),
            WindowKind::Fixed => {
                let span = now_ms.div_euclid(self.span_ms);
                if span != self.fixed_span {
                    self.fixed_span = span;
                    self.fixed_used = 0;
                }
                self.fixed_used
            }
        }
    }

    /// Whole seconds, at least one, until the window has room again.
    pub(super) fn reset_s(&mut self, now_ms: i64) -> i64 {
        let wait_ms = match self.kind {
            WindowKind::Sliding => self
                .sliding
                .oldest_ms()
                .map_or(0, |t| t + self.span_ms - now_ms),
            WindowKind::Fixed => self.span_ms - now_ms.rem_euclid(self.span_ms),
        };
        wait_ms.max(1).div_euclid(1000) + i64::from(wait_ms.max(1).rem_euclid(1000) > 0)
    }
}

/// How many things happened in the last so many milliseconds.
///
/// Things of one millisecond share an entry, so memory is bounded whatever the load. When the
/// clock is set back, what lies in the future is forgotten.
#[derive(Debug)]
pub(super) struct SlidingWindow {
    span_ms: i64,
    moments: VecDeque<(i64, u32)>,
    total: u32,
}

impl SlidingWindow {
    pub(super) fn new(span_ms: i64) -> Self {
        Self {
            span_ms,
            moments: VecDeque::new(),
            total: 0,
        }
    }

    pub(super) fn record(&mut self, now_ms: i64) {
        self.settle(now_ms);
        self.total += 1;
        match self.moments.back_mut() {
            Some((at_ms, count)) if *at_ms == now_ms => *count += 1,
            _ => self.moments.push_back((now_ms, 1)),
        }
    }

    pub(super) fn count(&mut self, now_ms: i64) -> u32 {
        self.settle(now_ms);
        self.total
    }

    fn oldest_ms(&self) -> Option<i64> {
        self.moments.front().map(|(at_ms, _)| *at_ms)
    }

    fn settle(&mut self, now_ms: i64) {
        while let Some((at_ms, count)) = self.moments.front().copied() {
            if at_ms > now_ms - self.span_ms {
                break;
            }
            self.moments.pop_front();
            self.total -= count;
        }
        while let Some((at_ms, count)) = self.moments.back().copied() {
            if at_ms <= now_ms {
                break;
            }
            self.moments.pop_back();
            self.total -= count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sliding_minute_frees_each_request_sixty_seconds_after_it() {
        let mut limiter = Limiter::new(WindowKind::Sliding, MINUTE_MS);
        assert!(limiter.grant(2, 0));
        assert!(limiter.grant(2, 30_000));
        assert!(!limiter.grant(2, 59_999));
        assert_eq!(limiter.reset_s(59_999), 1);
        assert!(limiter.grant(2, 60_000));
        assert!(!limiter.grant(2, 60_001));
        assert_eq!(limiter.reset_s(60_001), 30);
    }

    #[test]
    fn a_fixed_minute_frees_everything_at_its_turn() {
        let mut limiter = Limiter::new(WindowKind::Fixed, MINUTE_MS);
        assert!(limiter.grant(2, 59_000));
        assert!(limiter.grant(2, 59_500));
        assert!(!limiter.grant(2, 59_999));
        assert_eq!(limiter.reset_s(59_500), 1);
        assert!(limiter.grant(2, 60_000));
        assert!(limiter.grant(2, 60_000));
        assert!(!limiter.grant(2, 60_000));
        assert_eq!(limiter.reset_s(60_000), 60);
    }

    #[test]
    fn a_clock_set_back_does_not_lock_the_account() {
        let mut limiter = Limiter::new(WindowKind::Sliding, MINUTE_MS);
        assert!(limiter.grant(1, 10_000_000));
        assert!(!limiter.grant(1, 10_000_000));
        assert!(limiter.grant(1, 0));
    }
}

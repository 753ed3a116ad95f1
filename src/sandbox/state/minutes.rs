//! What each minute of the double's clock saw, for measuring how well a client keeps its pace.

use std::collections::VecDeque;

const MINUTE_MS: i64 = 60_000;

/// A day; older minutes are forgotten.
const MINUTES_MAX: usize = 1_440;

/// Whoever is silent for longer starts from nothing.
const JUMP_MAX: i64 = 2_880;

/// Requests that the account let through, minute by minute.
#[derive(Debug, Default)]
pub(super) struct Minutes {
    first: i64,
    counts: VecDeque<[u32; 2]>,
}

impl Minutes {
    /// Counts one request, ours or another integration's. One from before the first minute that is
    /// still remembered is not counted: the clock was set back.
    pub(super) fn count(&mut self, now_ms: i64, is_ours: bool) {
        let minute = now_ms.div_euclid(MINUTE_MS);
        if self.counts.is_empty() || minute - self.first >= JUMP_MAX {
            self.counts.clear();
            self.first = minute;
        }
        let Ok(index) = usize::try_from(minute - self.first) else {
            return;
        };
        while self.counts.len() <= index {
            self.counts.push_back([0, 0]);
        }
        self.counts[index][usize::from(!is_ours)] += 1;
        while self.counts.len() > MINUTES_MAX {
            self.counts.pop_front();
            self.first += 1;
        }
    }

    /// `[ours, others']` of each minute, the oldest first.
    pub(super) fn all(&self) -> Vec<[u32; 2]> {
        self.counts.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_without_a_request_are_there_too_and_a_jump_forgets() {
        let mut minutes = Minutes::default();
        minutes.count(60_000, true);
        minutes.count(61_000, false);
        minutes.count(185_000, false);
        minutes.count(0, true);
        assert_eq!(minutes.all(), [[1, 1], [0, 0], [0, 1]]);
        minutes.count(60_000 * 1_442, true);
        assert_eq!(minutes.all().len(), MINUTES_MAX);
        assert_eq!(minutes.all()[0], [0, 1]);
        minutes.count(i64::MAX, true);
        assert_eq!(minutes.all(), [[1, 0]]);
    }
}

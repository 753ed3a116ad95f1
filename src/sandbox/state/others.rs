//! Other integrations of the same account, which use their share of its limit.

use crate::sandbox::dice::uniform;
use crate::sandbox::settings::Settings;

const MINUTE_MS: f64 = 60_000.0;

/// Arrivals further back than this are not played: nothing that counts remembers them.
const PAST_MS_MAX: i64 = 120_000;

/// The arrivals of other clients: independent of each other, so many a minute on average.
#[derive(Debug, Default)]
pub(super) struct Others {
    drawn: u64,
    /// The next arrival, in epoch milliseconds with their fraction; none before the first request.
    next_ms: Option<f64>,
}

impl Others {
    /// Returns the next arrival up to `now_ms`, if there is one; each is returned once.
    pub(super) fn next(&mut self, settings: &Settings, now_ms: i64) -> Option<i64> {
        let mean_gap_ms = MINUTE_MS / (settings.others_share * f64::from(settings.rpm));
        if !mean_gap_ms.is_finite() {
            return None;
        }
        let (now, oldest) = (float(now_ms), float(now_ms - PAST_MS_MAX));
        let at = match self.next_ms {
            // Also after the clock was set back.
            None => self.gap_from(now, mean_gap_ms, settings),
            Some(at) if at > now + MINUTE_MS => self.gap_from(now, mean_gap_ms, settings),
            Some(at) => at.max(oldest),
        };
        if at > now {
            self.next_ms = Some(at);
            return None;
        }
        self.next_ms = Some(self.gap_from(at, mean_gap_ms, settings));
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it lies between two instants that are whole milliseconds"
        )]
        Some(at as i64)
    }

    fn gap_from(&mut self, at: f64, mean_gap_ms: f64, settings: &Settings) -> f64 {
        let draw = 1.0 - uniform(settings.others_seed, self.drawn);
        self.drawn += 1;
        at - mean_gap_ms * draw.ln()
    }
}

/// Epoch milliseconds are far below 2^53.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn float(ms: i64) -> f64 {
    ms as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(settings: &Settings, minutes: i64) -> Vec<i64> {
        let mut others = Others::default();
        let mut all = Vec::new();
        for now_ms in (0..=minutes * 60).map(|s| s * 1_000) {
            while let Some(at_ms) = others.next(settings, now_ms) {
                all.push(at_ms);
            }
        }
        all
    }

    #[test]
    fn they_come_as_often_as_their_share_says_and_never_evenly() {
        let settings = Settings {
            rpm: 700,
            others_share: 0.33,
            others_seed: 3,
            ..Settings::default()
        };
        let all = arrivals(&settings, 100);
        // 23,100 on average; six standard deviations are 912.
        assert!((22_188..24_012).contains(&all.len()), "{}", all.len());
        assert!(all.is_sorted());
        let gaps: std::collections::BTreeSet<_> = all.windows(2).map(|w| w[1] - w[0]).collect();
        assert!(gaps.len() > 100, "{}", gaps.len());
        assert_eq!(all, arrivals(&settings, 100));
        let other_seed = Settings {
            others_seed: 4,
            ..settings
        };
        assert_ne!(all, arrivals(&other_seed, 100));
    }

    #[test]
    fn nobody_comes_where_there_is_no_share_or_no_limit() {
        let settings = |rpm, others_share| Settings {
            rpm,
            others_share,
            ..Settings::default()
        };
        assert!(arrivals(&settings(0, 0.5), 10).is_empty());
        assert!(arrivals(&settings(700, 0.0), 10).is_empty());
    }

    #[test]
    fn a_clock_that_jumps_neither_floods_nor_silences_them() {
        let settings = Settings {
            rpm: 60,
            others_share: 1.0,
            ..Settings::default()
        };
        let mut others = Others::default();
        let year_ms = 365 * 24 * 3_600_000;
        let mut count = |now_ms| {
            let mut count = 0;
            while others.next(&settings, now_ms).is_some() {
                count += 1;
            }
            count
        };
        assert_eq!(count(0), 0);
        assert!((60..240).contains(&count(year_ms)));
        assert_eq!(count(1_000_000), 0);
        assert!(count(1_120_000) > 60);
    }
}

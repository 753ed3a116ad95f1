//! How fast a run is: what was done lately, over the time that it took.
//!
//! A window of two minutes is long enough that a pause of seconds does not make the end jump, and
//! short enough that a change of pace shows.

use std::collections::VecDeque;

use crate::model::time::Monotonic;

const WINDOW_MS: u64 = 120_000;
const MINUTE_MS: u64 = 60_000;
const SAMPLE_EVERY_MS: u64 = 1_000;

/// Less time or fewer rows than this tell nothing.
const TIME_MS_MIN: u64 = 5_000;
const ROWS_MIN: u64 = 10;

/// The rate of the last two minutes.
#[derive(Debug, Clone, Default)]
pub(super) struct Rate {
    samples: VecDeque<Sample>,
    /// The last one before the first row was settled: what a run asks before that is no speed.
    start: Option<Sample>,
}

#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Monotonic,
    rows: u64,
    requests: u64,
}

impl Rate {
    /// Notes how many rows are settled and how many requests were made.
    pub(super) fn note(&mut self, at: Monotonic, rows: u64, requests: u64) {
        let sample = Sample { at, rows, requests };
        if self.start.is_none_or(|start| start.rows == rows) {
            self.start = Some(sample);
        }
        let is_new = |last: &Sample| at.since(last.at) >= SAMPLE_EVERY_MS;
        if self.samples.back().is_none_or(is_new) {
            self.samples.push_back(sample);
        }
        while self
            .samples
            .get(1)
            .is_some_and(|second| at.since(second.at) >= WINDOW_MS)
        {
            self.samples.pop_front();
        }
    }

    /// Requests of the last minute, as a rate; `None` as long as it would be a guess.
    pub(super) fn requests_a_minute(&self, now: Monotonic, requests: u64) -> Option<u64> {
        let is_late = |sample: &&Sample| now.since(sample.at) <= MINUTE_MS;
        let first = self.samples.iter().find(is_late).or(self.samples.back())?;
        let passed_ms = now.since(first.at);
        let made = requests.saturating_sub(first.requests);
        (passed_ms >= TIME_MS_MIN).then(|| made.saturating_mul(60_000) / passed_ms)
    }

    /// How long `open` rows take at the rate at which rows were settled, in milliseconds; `None` as
    /// long as it would be a guess.
    pub(super) fn left_ms(&self, now: Monotonic, rows: u64, open: u64) -> Option<u64> {
        let first = self.samples.front()?;
        let first = self
            .start
            .as_ref()
            .filter(|start| start.at > first.at)
            .unwrap_or(first);
        let passed_ms = now.since(first.at);
        let settled = rows.saturating_sub(first.rows);
        (passed_ms >= TIME_MS_MIN && settled >= ROWS_MIN)
            .then(|| open.saturating_mul(passed_ms) / settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Monotonic {
        Monotonic(1_000_000 + ms)
    }

    #[test]
    fn nothing_is_guessed_from_the_first_seconds_or_from_a_few_rows() {
        let mut rate = Rate::default();
        assert_eq!(rate.left_ms(at(0), 0, 100), None);
        rate.note(at(0), 500, 0);
        assert_eq!(rate.left_ms(at(4_999), 600, 100), None);
        assert_eq!(rate.left_ms(at(60_000), 509, 100), None);
        assert_eq!(rate.requests_a_minute(at(4_999), 90), None);
    }

    #[test]
    fn rows_of_earlier_runs_do_not_count_as_speed() {
        let mut rate = Rate::default();
        rate.note(at(0), 5_000, 0);
        // Ten rows in ten seconds: a row a second.
        assert_eq!(rate.left_ms(at(10_000), 5_010, 60), Some(60_000));
        assert_eq!(rate.requests_a_minute(at(10_000), 20), Some(120));
    }

    #[test]
    fn what_is_asked_before_the_first_row_is_no_speed() {
        let mut rate = Rate::default();
        for second in 0..=40 {
            // Nothing for half a minute, then a row a second.
            rate.note(at(second * 1_000), second.saturating_sub(30), second);
        }
        assert_eq!(rate.left_ms(at(40_000), 10, 60), Some(60_000));
        assert_eq!(rate.requests_a_minute(at(40_000), 40), Some(60));
    }

    #[test]
    fn the_rate_is_that_of_the_last_two_minutes() {
        let mut rate = Rate::default();
        for second in 0_u64..=600 {
            // A row a second for five minutes, then ten.
            let rows = second.min(300) + 10 * second.saturating_sub(300);
            rate.note(at(second * 1_000), rows, rows);
        }
        let rows = 300 + 10 * 300;
        assert_eq!(rate.requests_a_minute(at(600_000), rows), Some(600));
        assert_eq!(rate.left_ms(at(600_000), rows, 600), Some(60_000));
        assert!(rate.samples.len() <= 122, "{}", rate.samples.len());
    }

    #[test]
    fn a_run_that_stands_still_has_no_end_in_sight() {
        let mut rate = Rate::default();
        for second in 0_u64..=400 {
            rate.note(at(second * 1_000), second.min(100), second.min(100));
        }
        assert_eq!(rate.left_ms(at(400_000), 100, 50), None);
        assert_eq!(rate.requests_a_minute(at(400_000), 100), Some(0));
    }
}

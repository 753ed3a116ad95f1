//! How long to wait before a request is made again.

use crate::model::limits::{RETRY_DELAY_MS_FIRST, RETRY_DELAY_MS_MAX};
use crate::model::reply::RetryAfter;
use crate::model::time::ServerTime;

/// Returns the delay in milliseconds before attempt `attempt + 1`.
///
/// A `Retry-After` is obeyed exactly. Without one the delay is exponential with full jitter:
/// evenly spread between 0 and a bound that doubles with each attempt.
pub fn delay_ms(attempt: u32, asked: Option<RetryAfter>, now: ServerTime, jitter: u64) -> u64 {
    match asked {
        Some(RetryAfter::Delay(ms)) => ms,
        Some(RetryAfter::At(time)) => time.since(now).max(0).cast_unsigned(),
        None => spread(bound_ms(attempt), jitter),
    }
}

/// Returns a pseudo-random number for [`delay_ms`] that depends only on its arguments.
pub fn jitter(seed: u64, row: u64, attempt: u32) -> u64 {
    let mut z = seed
        .wrapping_add(row.wrapping_mul(0x9E37_79B9_7F4A_7C15))
        .wrapping_add(u64::from(attempt).wrapping_mul(0xD1B5_4A32_D192_ED03));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

fn bound_ms(attempt: u32) -> u64 {
    let doublings = attempt.saturating_sub(1).min(20);
    (RETRY_DELAY_MS_FIRST << doublings).min(RETRY_DELAY_MS_MAX)
}

/// Maps a number from the full range of `u64` evenly onto `0..=bound`.
fn spread(bound: u64, number: u64) -> u64 {
    let wide = u128::from(number) * (u128::from(bound) + 1);
    u64::try_from(wide >> 64).unwrap_or(bound)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    const NOW: ServerTime = ServerTime(1_790_000_000_000);

    #[test]
    fn retry_after_in_seconds_is_obeyed_exactly() {
        let asked = Some(RetryAfter::Delay(23_000));
        assert_eq!(delay_ms(7, asked, NOW, u64::MAX), 23_000);
    }

    #[test]
    fn retry_after_as_a_date_is_counted_on_zendesks_clock() {
        assert_eq!(
            delay_ms(1, Some(RetryAfter::At(NOW.plus(4_500))), NOW, 0),
            4_500
        );
        assert_eq!(delay_ms(1, Some(RetryAfter::At(ServerTime(0))), NOW, 0), 0);
    }

    #[test]
    fn jitter_is_spread_evenly_from_nothing_to_the_bound() {
        assert_eq!(delay_ms(1, None, NOW, 0), 0);
        assert_eq!(delay_ms(1, None, NOW, u64::MAX / 2), 250);
    }

    #[test]
    fn jitter_is_pinned_so_that_a_seed_stays_what_it_was() {
        assert_eq!(jitter(0, 0, 0), 0);
        assert_eq!(
            [jitter(1, 2, 3), jitter(2, 2, 3), jitter(1, 3, 3)],
            [
                0xB346_A278_EF57_AB8D,
                0x0084_B00C_7ADF_3E6D,
                0x07AE_4CCE_FCFA_7161
            ]
        );
    }

    #[test]
    fn the_bound_doubles_up_to_a_minute() {
        let longest: Vec<u64> = (1..=9).map(|n| delay_ms(n, None, NOW, u64::MAX)).collect();
        assert_eq!(
            longest,
            [
                500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000
            ]
        );
    }

    proptest! {
        #[test]
        fn full_jitter_stays_within_its_bound(attempt in any::<u32>(), number in any::<u64>()) {
            assert!(delay_ms(attempt, None, NOW, number) <= bound_ms(attempt));
        }

        #[test]
        fn the_same_seed_gives_the_same_jitter(seed in any::<u64>(), row in any::<u64>()) {
            assert_eq!(jitter(seed, row, 3), jitter(seed, row, 3));
            assert_ne!(jitter(seed, row, 3), jitter(seed, row, 4));
        }
    }
}

//! The pacer in a simulation, alone and beside others; and against replies that tell nonsense.

use super::simulation::{Kind, Others, Outcome, START_MS, Scene, play};
use super::simulation_lies::Lie;
use super::window::MINUTE_MS;
use super::{Pacer, Pause, Policy};
use crate::model::reply::RateLimit;
use crate::model::time::Monotonic;

const LIMITS: [u32; 5] = [200, 400, 600, 700, 2_500];
const SEEDS: u64 = 12;

/// Plays a scene for all seeds, with and without a reserve of a fifth, and judges each.
fn judge_all(kind: Kind, limit: u32, others: Others, judge: impl Fn(Scene, &Outcome)) {
    for seed in 0..SEEDS {
        for reserve in [0, limit / 5] {
            let scene = Scene {
                seed,
                kind,
                limit,
                reserve,
                others,
                theirs_from: START_MS - MINUTE_MS,
                lie: Lie::Nothing,
            };
            let outcome = play(scene);
            println!(
                "{scene:?}: used {} per mille, {outcome:?}",
                outcome.used(scene)
            );
            judge(scene, &outcome);
        }
    }
}

#[test]
fn alone_nearly_all_of_the_limit_is_used_and_nothing_is_refused() {
    for kind in [Kind::Fixed, Kind::Sliding] {
        for limit in LIMITS {
            judge_all(kind, limit, Others::Nobody, |scene, outcome| {
                assert_eq!(outcome.refused(), 0);
                assert_eq!(outcome.into_reserve, 0);
                // One burst and the replies on their way weigh more in a small limit.
                let least = if limit < 600 { 984 } else { 990 };
                assert!(outcome.used(scene) >= least);
            });
        }
    }
}

#[test]
fn beside_others_a_fixed_minute_is_used_up_and_nobody_is_refused() {
    for limit in [600, 700, 2_500] {
        judge_all(Kind::Fixed, limit, Others::Random, |scene, outcome| {
            assert_eq!(outcome.refused(), 0);
            assert!(outcome.used(scene) >= 985);
        });
    }
}

/// In a small limit what must be kept free for chance is a larger share.
#[test]
fn beside_others_a_small_fixed_minute_is_nearly_used_up() {
    for limit in [200, 400] {
        judge_all(Kind::Fixed, limit, Others::Random, |scene, outcome| {
            assert!(outcome.refused() <= 1);
            assert!(outcome.used(scene) >= 965);
        });
    }
}

/// In a sliding minute their requests leave the count when nobody can foresee it, so there is no
/// moment at which all of it may be used.
#[test]
fn beside_others_a_sliding_minute_is_nearly_used_up() {
    for limit in LIMITS {
        judge_all(Kind::Sliding, limit, Others::Random, |scene, outcome| {
            let most = if limit < 600 { 3 } else { 0 };
            assert!(outcome.refused() <= most);
            assert!(outcome.used(scene) >= if limit < 600 { 940 } else { 970 });
        });
    }
}

/// A burst that comes within the time of a reply cannot be foreseen from the replies: only a
/// reserve keeps it from being refused, and a fifth is enough.
#[test]
fn bursts_of_others_are_seldom_refused_and_hardly_ever_with_a_reserve() {
    for kind in [Kind::Fixed, Kind::Sliding] {
        for limit in LIMITS {
            judge_all(kind, limit, Others::Bursts, |scene, outcome| {
                let most = if scene.reserve == 0 { 40 } else { 1 };
                assert!(outcome.refused() <= most);
                assert!(outcome.used(scene) >= 930);
            });
        }
    }
}

/// When others start, our own requests of the last minute have already filled it: without a reserve
/// no pace can take them back.
#[test]
fn who_starts_late_is_refused_a_few_times_and_never_with_a_reserve() {
    for kind in [Kind::Fixed, Kind::Sliding] {
        for limit in LIMITS {
            for (seed, reserve) in (0..SEEDS).flat_map(|seed| [(seed, 0), (seed, limit / 5)]) {
                let scene = Scene {
                    seed,
                    kind,
                    limit,
                    reserve,
                    others: Others::Random,
                    theirs_from: START_MS + 90_000,
                    lie: Lie::Nothing,
                };
                let outcome = play(scene);
                println!("{scene:?}: {outcome:?}");
                let most = if reserve == 0 { 12 } else { 0 };
                assert!(outcome.refused() <= most);
            }
        }
    }
}

/// Sends as often as it may for two minutes; each reply is there at once and tells `remaining`.
fn sends_in_two_minutes(remaining: impl Fn(u32) -> Option<u32>) -> u32 {
    let policy = Policy {
        max_rpm: None,
        reserve_rpm: Some(0),
    };
    let mut pacer = Pacer::new(policy, Monotonic(0));
    let mut sends = 0;
    let mut now = Monotonic(0);
    while now < Monotonic(2 * MINUTE_MS) {
        if let Err(later) = pacer.take(now) {
            now = later;
            continue;
        }
        sends += 1;
        let told = RateLimit {
            total: 600,
            remaining: remaining(sends),
            resets_s: Some(60),
        };
        pacer.learn(now, Some(told), now.plus(100));
        now = now.plus(1);
    }
    sends
}

#[test]
fn what_is_left_may_be_told_wrong_and_neither_starves_nor_hurries_us() {
    for stale in [0, 1, 5, 100] {
        let sends = sends_in_two_minutes(|_| Some(stale));
        assert!((119..=1_200).contains(&sends), "{stale}: {sends}");
    }
    for wrong in [600, 100_000] {
        let sends = sends_in_two_minutes(|_| Some(wrong));
        assert!((1_188..=1_200).contains(&sends), "{wrong}: {sends}");
    }
    let sends = sends_in_two_minutes(|n| Some(n * 7_919 % 600));
    assert!((119..=1_200).contains(&sends), "random: {sends}");
}

#[test]
fn the_greatest_numbers_are_no_danger() {
    for (total, remaining) in [(u32::MAX, 0), (u32::MAX, u32::MAX), (1, 0)] {
        let mut pacer = Pacer::new(Policy::default(), Monotonic(0));
        for second in 0..100 {
            let sent = Monotonic(second * 1_000);
            let told = RateLimit {
                total,
                remaining: Some(remaining),
                resets_s: Some(u32::MAX),
            };
            pacer.note_send(sent);
            pacer.learn(sent, Some(told), sent.plus(100));
            if let Err(later) = pacer.take(sent.plus(200)) {
                assert!(later > sent.plus(200) && later <= sent.plus(61_000));
            }
        }
    }
}

#[test]
fn without_word_of_what_is_left_the_limit_alone_sets_the_pace() {
    let sends = sends_in_two_minutes(|_| None);
    assert!((1_188..=1_200).contains(&sends), "{sends}");
}

#[test]
fn a_pause_tells_its_reason_and_its_end() {
    let mut pacer = Pacer::new(Policy::default(), Monotonic(0));
    let mut tell = |second: u64, remaining| {
        let sent = Monotonic(second * 1_000);
        let told = RateLimit {
            total: 600,
            remaining: Some(remaining),
            resets_s: Some(u32::try_from(40 - second).unwrap()),
        };
        pacer.note_send(sent);
        pacer.learn(sent, Some(told), sent);
        pacer.pause(sent)
    };
    for second in 0..12 {
        assert_eq!(
            tell(second, 500 - 30 * u32::try_from(second).unwrap()),
            None
        );
    }
    let end = Monotonic(40_000);
    assert_eq!(tell(13, 100), Some((Pause::Reserve, end)));
    assert_eq!(tell(14, 0), Some((Pause::Others, end)));
}

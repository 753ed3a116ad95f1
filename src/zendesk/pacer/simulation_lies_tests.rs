//! The pacer against servers whose headers are wrong, alone and beside others.

use super::simulation::{Kind, MINUTE_MS, Others, Outcome, START_MS, Scene, play};
use super::simulation_lies::Lie;

const LIMITS: [u32; 3] = [200, 600, 2_500];
const SEEDS: u64 = 6;

/// Plays the scenes of all seeds, kinds and limits, with and without a reserve, and returns those
/// that `bad` finds fault with.
fn faults(lie: Lie, others: Others, bad: impl Fn(Scene, &Outcome) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for kind in [Kind::Fixed, Kind::Sliding] {
        for limit in LIMITS {
            for (seed, reserve) in (0..SEEDS).flat_map(|seed| [(seed, 0), (seed, limit / 5)]) {
                let scene = Scene {
                    seed,
                    kind,
                    limit,
                    reserve,
                    others,
                    theirs_from: START_MS - MINUTE_MS,
                    lie,
                };
                let outcome = play(scene);
                let used = outcome.used(scene);
                if bad(scene, &outcome) {
                    found.push(format!("{scene:?}: used {used} per mille, {outcome:?}"));
                }
            }
        }
    }
    found
}

/// Alone on the account, at least 95 % of the limit is used from the first request on.
fn assert_harmless_alone(lies: &[Lie]) {
    let found: Vec<String> = lies
        .iter()
        .flat_map(|lie| {
            faults(*lie, Others::Nobody, |scene, outcome| {
                outcome.refused() > 0 || outcome.used(scene) < 950
            })
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_wrong_reset_costs_nothing_alone() {
    assert_harmless_alone(&[
        Lie::Reset(0),
        Lie::Reset(1),
        Lie::Reset(60),
        Lie::Reset(3_600),
        Lie::Reset(u32::MAX),
        Lie::NoReset,
        Lie::ResetOfEpoch,
        Lie::ResetOfClock,
        Lie::ResetOfOldest,
    ]);
}

/// A 0 may be true while others keep the account full; then some of our requests are refused. If
/// all are granted for some seconds, it is wrong. After a 429 it is believed again, and next time it
/// takes twice the evidence.
#[test]
fn a_number_of_remaining_requests_that_never_changes_is_found_out_alone() {
    assert_harmless_alone(&[
        Lie::Remains(0),
        Lie::OneRemains,
        Lie::Remains(100),
        Lie::Remains(500),
        Lie::Remains(1_000),
        Lie::Remains(2_000),
    ]);
}

#[test]
fn a_number_of_remaining_requests_that_is_random_late_or_seldom_costs_little_alone() {
    assert_harmless_alone(&[
        Lie::RemainsRandom,
        Lie::RemainsLate(1),
        Lie::RemainsLate(5),
        Lie::RemainsSeldom,
    ]);
}

/// These look like others who use the account and stop: they are found out more slowly, and less
/// than 95 % is used.
#[test]
fn a_number_of_remaining_requests_that_looks_like_that_of_others_is_found_out_slowly() {
    for (lie, least) in [
        (Lie::RemainsOfOther, 830),
        (Lie::RemainsLate(40), 890),
        (Lie::RemainsCached(5_000), 900),
        (Lie::RemainsCached(20_000), 780),
    ] {
        let found = faults(lie, Others::Nobody, |scene, outcome| {
            outcome.refused() > 0 || outcome.used(scene) < least
        });
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}

#[test]
fn when_the_limit_flips_the_smaller_one_is_used_up_alone() {
    assert_harmless_alone(&[Lie::TotalFlips, Lie::AllFlips]);
}

/// Returns the scenes beside others in which more requests are refused than `most` allows.
fn refusals(lies: &[Lie], most: impl Fn(Scene) -> u32) -> Vec<String> {
    lies.iter()
        .flat_map(|lie| {
            faults(*lie, Others::Random, |scene, outcome| {
                outcome.refused() > most(scene) || outcome.used(scene) < 900
            })
        })
        .collect()
}

/// The same bounds as for a server that says the truth about a sliding minute.
#[test]
fn beside_others_a_reset_that_says_nothing_has_hardly_any_request_refused() {
    let found = refusals(
        &[Lie::Reset(60), Lie::NoReset, Lie::ResetOfEpoch],
        |scene| if scene.limit < 600 { 3 } else { 0 },
    );
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A reset that looks true is believed until it is disproved: that can cost refusals, once.
#[test]
fn beside_others_a_reset_that_looks_true_has_few_requests_refused() {
    let lies = [Lie::Reset(0), Lie::ResetOfClock, Lie::ResetOfOldest];
    let found = refusals(&lies, |_| 30);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

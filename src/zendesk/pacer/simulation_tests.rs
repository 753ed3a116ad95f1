//! The pacer against a server that counts, beside others, in virtual time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::{Pacer, Policy};
use crate::model::reply::RateLimit;
use crate::model::time::Monotonic;

const MINUTE_MS: u64 = 60_000;

/// When our first request may leave: others have had a whole minute by then.
const START_MS: u64 = 2 * MINUTE_MS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fixed,
    Sliding,
}

/// Who else uses the account, a third of it on average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    Nobody,
    /// Requests at random.
    Random,
    /// Groups of up to five at random.
    Bursts,
}

/// An account that counts its minute.
struct Server {
    kind: Kind,
    limit: u32,
    phase_ms: u64,
    counted: VecDeque<u64>,
}

impl Server {
    /// The first moment from `start` on at which a minute begins that can be measured.
    fn counts_from(&self, start: u64) -> u64 {
        match self.kind {
            Kind::Sliding => start,
            Kind::Fixed => (start + self.phase_ms).next_multiple_of(MINUTE_MS) - self.phase_ms,
        }
    }

    /// Answers a request that arrives at `now`: whether it is granted, and the limit's headers.
    fn answer(&mut self, now: u64) -> (bool, RateLimit) {
        let turn = (now + self.phase_ms) / MINUTE_MS * MINUTE_MS;
        while let Some(first) = self.counted.front() {
            let is_over = match self.kind {
                Kind::Fixed => first + self.phase_ms < turn,
                Kind::Sliding => first + MINUTE_MS <= now,
            };
            if !is_over {
                break;
            }
            self.counted.pop_front();
        }
        let used = u32::try_from(self.counted.len()).unwrap();
        let granted = used < self.limit;
        if granted {
            self.counted.push_back(now);
        }
        let resets = match (self.kind, self.counted.front()) {
            (Kind::Sliding, Some(first)) => first + MINUTE_MS - now,
            (Kind::Sliding, None) => 1,
            (Kind::Fixed, _) => turn + MINUTE_MS - (now + self.phase_ms),
        };
        let told = RateLimit {
            total: self.limit,
            remaining: Some(self.limit.saturating_sub(used + u32::from(granted))),
            resets_s: Some(u32::try_from(resets.div_ceil(1_000)).unwrap()),
        };
        (granted, told)
    }
}

/// splitmix64
struct Dice(u64);

impl Dice {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn up_to(&mut self, most: u64) -> u64 {
        self.number() % (most + 1)
    }

    /// The time to the next of events that come at random, on average so many milliseconds apart.
    fn gap(&mut self, mean_ms: f64) -> u64 {
        let chance =
            (f64::from(u32::try_from(self.number() >> 32).unwrap()) + 1.0) / 4_294_967_296.0;
        std::time::Duration::from_secs_f64(-chance.ln() * mean_ms / 1_000.0)
            .as_millis()
            .try_into()
            .unwrap()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A request of ours that left then arrives; its reply takes so long.
    Ours {
        sent: u64,
        back_ms: u64,
    },
    Reply {
        sent: u64,
        remaining: u32,
        resets_s: u32,
        granted: bool,
    },
    Theirs,
    Wake,
}

#[derive(Debug, Clone, Copy)]
struct Scene {
    seed: u64,
    kind: Kind,
    limit: u32,
    reserve: u32,
    others: Others,
    theirs_from: u64,
}

/// What came of a scene in its three minutes.
#[derive(Debug, Default)]
struct Outcome {
    ours: u32,
    theirs: u32,
    refused_ours: u32,
    refused_theirs: u32,
    /// Times when a request of ours was counted and left less than the reserve.
    into_reserve: u32,
}

impl Outcome {
    fn refused(&self) -> u32 {
        self.refused_ours + self.refused_theirs
    }

    /// The used share of the limit less the reserve, in tenths of a per cent.
    fn used(&self, scene: Scene) -> u32 {
        (self.ours + self.theirs) * 1_000 / (3 * (scene.limit - scene.reserve))
    }
}

fn play(scene: Scene) -> Outcome {
    let mut dice = Dice(scene.seed);
    let mut server = Server {
        kind: scene.kind,
        limit: scene.limit,
        phase_ms: dice.up_to(MINUTE_MS),
        counted: VecDeque::new(),
    };
    let policy = Policy {
        max_rpm: None,
        reserve_rpm: Some(scene.reserve),
    };
    let mut pacer = Pacer::new(policy, Monotonic(START_MS));
    pacer.learn(
        Monotonic(START_MS),
        Some(RateLimit {
            total: scene.limit,
            ..RateLimit::default()
        }),
        Monotonic(START_MS),
    );
    let mut outcome = Outcome::default();
    let from = server.counts_from(START_MS);
    let is_measured = |now| (from..from + 3 * MINUTE_MS).contains(&now);
    let mut events = BinaryHeap::new();
    let mut wake = START_MS;
    events.push(Reverse((START_MS, Event::Wake)));
    if scene.others != Others::Nobody {
        events.push(Reverse((scene.theirs_from, Event::Theirs)));
    }
    while let Some(Reverse((now, event))) = events.pop() {
        if now >= from + 3 * MINUTE_MS {
            break;
        }
        match event {
            Event::Ours { sent, back_ms } => {
                let (granted, told) = server.answer(now);
                let remaining = told.remaining.unwrap();
                outcome.ours += u32::from(granted && is_measured(now));
                outcome.refused_ours += u32::from(!granted);
                outcome.into_reserve += u32::from(remaining < scene.reserve);
                let reply = Event::Reply {
                    sent,
                    remaining,
                    resets_s: told.resets_s.unwrap(),
                    granted,
                };
                events.push(Reverse((now + back_ms, reply)));
                continue;
            }
            Event::Theirs => {
                let size = match scene.others {
                    Others::Bursts => 1 + dice.up_to(4),
                    Others::Random | Others::Nobody => 1,
                };
                for _ in 0..size {
                    let (granted, _) = server.answer(now);
                    outcome.theirs += u32::from(granted && is_measured(now));
                    outcome.refused_theirs += u32::from(!granted);
                }
                let mean = if scene.others == Others::Bursts {
                    3.0
                } else {
                    1.0
                };
                let gap = dice.gap(mean * 3.0 * 60_000.0 / f64::from(scene.limit));
                events.push(Reverse((now + gap, Event::Theirs)));
                continue;
            }
            Event::Reply {
                sent,
                remaining,
                resets_s,
                granted,
            } => {
                let told = RateLimit {
                    total: scene.limit,
                    remaining: Some(remaining),
                    resets_s: Some(resets_s),
                };
                pacer.learn(Monotonic(sent), Some(told), Monotonic(now));
                if !granted {
                    let wait_ms = 1_000 * u64::from(resets_s);
                    pacer.hold_until(Monotonic(now + wait_ms));
                }
            }
            Event::Wake if now != wake => continue,
            Event::Wake => {}
        }
        let later = loop {
            match pacer.take(Monotonic(now)) {
                Err(later) => break later.0,
                Ok(()) => {
                    let round_ms = 150 + dice.up_to(300);
                    let there_ms = round_ms / 4 + dice.up_to(round_ms / 2);
                    let arrival = Event::Ours {
                        sent: now,
                        back_ms: round_ms - there_ms,
                    };
                    events.push(Reverse((now + there_ms, arrival)));
                }
            }
        };
        wake = later;
        events.push(Reverse((wake, Event::Wake)));
    }
    outcome
}

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
        match pacer.take(now) {
            Err(later) => now = later,
            Ok(()) => {
                sends += 1;
                let told = RateLimit {
                    total: 600,
                    remaining: remaining(sends),
                    resets_s: Some(60),
                };
                pacer.learn(now, Some(told), now.plus(100));
                now = now.plus(1);
            }
        }
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
    for second in 0..6 {
        assert_eq!(
            tell(second, 500 - 60 * u32::try_from(second).unwrap()),
            None
        );
    }
    let end = Monotonic(40_000);
    assert_eq!(tell(7, 100), Some((super::Pause::Reserve, end)));
    assert_eq!(tell(8, 0), Some((super::Pause::Others, end)));
}

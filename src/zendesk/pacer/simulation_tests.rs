//! The pacer against a server that counts, beside others, in virtual time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::{Pacer, Policy};
use crate::model::reply::RateLimit;
use crate::model::time::Monotonic;

const MINUTE_MS: u64 = 60_000;

/// When our first request may leave: others have had a whole minute by then.
const START_MS: u64 = 2 * MINUTE_MS;
const END_MS: u64 = START_MS + 3 * MINUTE_MS;

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
        let chance = (f64::from(u32::try_from(self.number() >> 32).unwrap()) + 1.0) / 4_294_967_296.0;
        std::time::Duration::from_secs_f64(-chance.ln() * mean_ms / 1_000.0)
            .as_millis()
            .try_into()
            .unwrap()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A request of ours that left then arrives; its reply takes so long.
    Ours { sent: u64, back_ms: u64 },
    Reply { sent: u64, remaining: u32, resets_s: u32 },
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
    let mut events = BinaryHeap::new();
    let mut wake = START_MS;
    events.push(Reverse((START_MS, Event::Wake)));
    if scene.others != Others::Nobody {
        events.push(Reverse((START_MS - MINUTE_MS, Event::Theirs)));
    }
    while let Some(Reverse((now, event))) = events.pop() {
        if now >= END_MS {
            break;
        }
        match event {
            Event::Ours { sent, back_ms } => {
                let (granted, told) = server.answer(now);
                let remaining = told.remaining.unwrap();
                outcome.ours += u32::from(granted);
                outcome.refused_ours += u32::from(!granted);
                outcome.into_reserve += u32::from(remaining < scene.reserve);
                let reply = Event::Reply {
                    sent,
                    remaining,
                    resets_s: told.resets_s.unwrap(),
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
                    outcome.theirs += u32::from(granted && now >= START_MS);
                    outcome.refused_theirs += u32::from(!granted);
                }
                let mean = if scene.others == Others::Bursts { 3.0 } else { 1.0 };
                let gap = dice.gap(mean * 3.0 * 60_000.0 / f64::from(scene.limit));
                events.push(Reverse((now + gap, Event::Theirs)));
                continue;
            }
            Event::Reply {
                sent,
                remaining,
                resets_s,
            } => {
                let told = RateLimit {
                    total: scene.limit,
                    remaining: Some(remaining),
                    resets_s: Some(resets_s),
                };
                pacer.learn(Monotonic(sent), Some(told), Monotonic(now));
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

#[test]
fn table() {
    let seeds = 10;
    for others in [Others::Nobody, Others::Random, Others::Bursts] {
        for kind in [Kind::Fixed, Kind::Sliding] {
            for limit in [200, 400, 600, 700, 2_500] {
                for fifth in [0] {
                    let reserve = limit / 5 * fifth;
                    let all: Vec<(u32, Outcome)> = (0..seeds)
                        .map(|seed| {
                            let scene = Scene {
                                seed,
                                kind,
                                limit,
                                reserve,
                                others,
                            };
                            let outcome = play(scene);
                            (outcome.used(scene), outcome)
                        })
                        .collect();
                    let least = all.iter().map(|(used, _)| *used).min().unwrap();
                    let mean: u32 = all.iter().map(|(used, _)| *used).sum::<u32>() / 10;
                    let ours: u32 = all.iter().map(|(_, o)| o.refused_ours).sum();
                    let theirs: u32 = all.iter().map(|(_, o)| o.refused_theirs).sum();
                    let into: u32 = all.iter().map(|(_, o)| o.into_reserve).sum();
                    println!("{others:?} {kind:?} {limit} -{reserve}: used {least} mean {mean}, 429 {ours} + {theirs}, into reserve {into}");
                }
            }
        }
    }
}

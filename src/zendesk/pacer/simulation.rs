//! The world of the pacer's simulation: a server that counts, others, and the way there.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::simulation_dice::Dice;
use super::simulation_lies::{Liar, Lie};
use super::window::MINUTE_MS;
use super::{Pacer, Policy};
use crate::model::reply::RateLimit;
use crate::model::time::Monotonic;

/// When our first request may leave: others have had a whole minute by then.
pub(super) const START_MS: u64 = 2 * MINUTE_MS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Fixed,
    Sliding,
}

/// Who else uses the account, a third of it on average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A request of ours that left then arrives; its reply takes so long.
    Ours {
        sent: u64,
        back_ms: u64,
    },
    Reply {
        sent: u64,
        total: u32,
        remaining: Option<u32>,
        resets_s: Option<u32>,
        /// How many seconds a 429 asks us to wait.
        retry_after_s: Option<u32>,
    },
    Theirs,
    Wake,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Scene {
    pub(super) seed: u64,
    pub(super) kind: Kind,
    pub(super) limit: u32,
    pub(super) reserve: u32,
    pub(super) others: Others,
    pub(super) theirs_from: u64,
    pub(super) lie: Lie,
}

/// What came of a scene in its three minutes.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) ours: u32,
    pub(super) theirs: u32,
    pub(super) refused_ours: u32,
    pub(super) refused_theirs: u32,
    /// Times when a request of ours was counted and left less than the reserve.
    pub(super) into_reserve: u32,
}

impl Outcome {
    pub(super) fn refused(&self) -> u32 {
        self.refused_ours + self.refused_theirs
    }

    /// The used share of the limit less the reserve, in tenths of a per cent.
    pub(super) fn used(&self, scene: Scene) -> u32 {
        (self.ours + self.theirs) * 1_000 / (3 * (scene.limit - scene.reserve))
    }
}

/// An account, its users and the way to it.
struct World {
    scene: Scene,
    dice: Dice,
    server: Server,
    liar: Liar,
    pacer: Pacer,
    /// When the measuring begins.
    from: u64,
    events: BinaryHeap<Reverse<(u64, Event)>>,
    outcome: Outcome,
}

/// Plays a scene to its end.
pub(super) fn play(scene: Scene) -> Outcome {
    let mut world = World::new(scene);
    let mut wake = START_MS;
    world.events.push(Reverse((wake, Event::Wake)));
    if scene.others != Others::Nobody {
        world
            .events
            .push(Reverse((scene.theirs_from, Event::Theirs)));
    }
    while let Some(Reverse((now, event))) = world.events.pop() {
        if now >= world.from + 3 * MINUTE_MS {
            break;
        }
        match event {
            Event::Ours { sent, back_ms } => world.ours(sent, back_ms, now),
            Event::Theirs => world.theirs(now),
            Event::Wake if now != wake => {}
            Event::Reply { .. } | Event::Wake => {
                world.learn(event, now);
                wake = world.send(now);
                world.events.push(Reverse((wake, Event::Wake)));
            }
        }
    }
    world.outcome
}

impl World {
    fn new(scene: Scene) -> Self {
        let mut dice = Dice(scene.seed);
        let server = Server {
            kind: scene.kind,
            limit: scene.limit,
            phase_ms: dice.up_to(MINUTE_MS),
            counted: VecDeque::new(),
        };
        let policy = Policy {
            max_rpm: None,
            reserve_rpm: Some(scene.reserve),
        };
        let start = Monotonic(START_MS);
        let mut pacer = Pacer::new(policy, start);
        let told = RateLimit {
            total: scene.limit,
            ..RateLimit::default()
        };
        pacer.learn(start, Some(told), start);
        Self {
            scene,
            // A lie may be found out late: that costs, so it counts from the first request on.
            from: match scene.lie {
                Lie::Nothing => server.counts_from(START_MS),
                _ => START_MS,
            },
            liar: Liar::new(scene.lie, scene.seed),
            dice,
            server,
            pacer,
            events: BinaryHeap::new(),
            outcome: Outcome::default(),
        }
    }

    /// A request of ours arrives.
    fn ours(&mut self, sent: u64, back_ms: u64, now: u64) {
        let (granted, truth) = self.server.answer(now);
        self.outcome.ours += u32::from(granted && now >= self.from);
        self.outcome.refused_ours += u32::from(!granted);
        self.outcome.into_reserve += u32::from(truth.remaining.unwrap() < self.scene.reserve);
        let told = self.liar.tell(truth, now);
        let reply = Event::Reply {
            sent,
            total: told.total,
            remaining: told.remaining,
            resets_s: told.resets_s,
            retry_after_s: truth.resets_s.filter(|_| !granted),
        };
        self.events.push(Reverse((now + back_ms, reply)));
    }

    /// Requests of others arrive.
    fn theirs(&mut self, now: u64) {
        let (size, mean_size) = match self.scene.others {
            Others::Bursts => (1 + self.dice.up_to(4), 3.0),
            Others::Random | Others::Nobody => (1, 1.0),
        };
        for _ in 0..size {
            let (granted, _) = self.server.answer(now);
            self.outcome.theirs += u32::from(granted && now >= self.from);
            self.outcome.refused_theirs += u32::from(!granted);
        }
        let mean_ms = 3.0 * 60_000.0 / f64::from(self.scene.limit);
        let gap = self.dice.gap(mean_size * mean_ms);
        self.events.push(Reverse((now + gap, Event::Theirs)));
    }

    /// A reply is there; a 429 holds us for as long as it says.
    fn learn(&mut self, event: Event, now: u64) {
        let Event::Reply {
            sent,
            total,
            remaining,
            resets_s,
            retry_after_s,
        } = event
        else {
            return;
        };
        let told = RateLimit {
            total,
            remaining,
            resets_s,
        };
        self.pacer
            .learn(Monotonic(sent), Some(told), Monotonic(now));
        if let Some(wait_s) = retry_after_s {
            let wait_ms = 1_000 * u64::from(wait_s);
            self.pacer.refuse_until(Monotonic(now + wait_ms));
        }
    }

    /// Sends what may leave now; returns when more may.
    fn send(&mut self, now: u64) -> u64 {
        loop {
            if let Err(later) = self.pacer.take(Monotonic(now)) {
                return later.0;
            }
            let round_ms = 150 + self.dice.up_to(300);
            let there_ms = round_ms / 4 + self.dice.up_to(round_ms / 2);
            let arrival = Event::Ours {
                sent: now,
                back_ms: round_ms - there_ms,
            };
            self.events.push(Reverse((now + there_ms, arrival)));
        }
    }
}

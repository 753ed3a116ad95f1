//! The world: virtual time, a network that loses things, and a process that dies.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt::Write;
use std::path::PathBuf;

use zendesk_migrate::checkpoint::{Checkpoint, NewRow, Setting};
use zendesk_migrate::engine::driver::{Driver, Message};
use zendesk_migrate::engine::plan::Plan;
use zendesk_migrate::lifecycle::{Rules, Stop};
use zendesk_migrate::model::ids::{CellsHash, Fingerprint, RowNumber};
use zendesk_migrate::model::intent::{Route, Trust};
use zendesk_migrate::model::reply::RateLimit;
use zendesk_migrate::model::time::{Monotonic, ServerClock};
use zendesk_migrate::sandbox::faults::Faults;
use zendesk_migrate::sandbox::http::Response;
use zendesk_migrate::sandbox::state::State;
use zendesk_migrate::zendesk::pacer::Policy;

use crate::dice::Dice;
use crate::letters::{Letter, Post};
use crate::network;
use crate::rows::SimRows;
use crate::scenario::{MINUTE_MS, Scenario};
use crate::users;

pub(crate) const SETTLE_MS: u64 = 5 * MINUTE_MS;
pub(crate) const TIMEOUT_MS: u64 = 60_000;
/// Zendesk's clock at the start of the world.
const EPOCH_MS: i64 = 1_790_000_000_000;
/// Longer than any run lasts when nothing goes wrong any more.
const STEPS_MAX: u64 = 400_000;

pub(crate) struct World {
    pub(crate) scenario: Scenario,
    pub(crate) dice: Dice,
    keys: Dice,
    pub(crate) now: u64,
    pub(crate) server_offset_ms: i64,
    pub(crate) server: State,
    pub(crate) faults: Faults,
    pub(crate) dark_until: u64,
    pub(crate) mail: BinaryHeap<Reverse<Letter>>,
    pub(crate) letters: u64,
    /// Counts the processes: a reply to a dead one reaches nobody.
    pub(crate) process: u64,
    pub(crate) bodies: BTreeMap<RowNumber, Vec<u8>>,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) history: String,
    /// What a cache on the way has kept, and since when.
    pub(crate) cache: BTreeMap<String, (u64, Response)>,
    /// Which refusal all lookups get, for as long as this process lives.
    pub(crate) refuses_lookups: Option<usize>,
    /// Whether somebody has asked for `--recover`.
    recovers: bool,
}

/// How the life of a process ended.
enum End {
    Died,
    Stopped(Stop),
}

impl World {
    pub(crate) fn new(scenario: Scenario) -> Self {
        let seed = scenario.seed;
        let folder = match std::path::Path::new("/dev/shm") {
            // Memory instead of a disk, where there is one: thousands of worlds, and no fsync here
            // proves anything.
            shm if shm.is_dir() => tempfile::tempdir_in(shm).unwrap(),
            _ => tempfile::tempdir().unwrap(),
        };
        Self {
            dice: Dice::new(seed),
            keys: Dice::new(seed ^ 0xFFFF_0000),
            now: 1_000,
            server_offset_ms: EPOCH_MS,
            server: State::new(scenario.settings.clone()),
            faults: scenario.faults.clone(),
            dark_until: 0,
            mail: BinaryHeap::new(),
            letters: 0,
            process: 0,
            bodies: BTreeMap::new(),
            folder,
            history: String::new(),
            cache: BTreeMap::new(),
            refuses_lookups: None,
            recovers: false,
            scenario,
        }
    }

    /// Plays the world to its end and returns what happened, a line each.
    pub(crate) fn play(mut self) -> String {
        self.load();
        let mut steps = 0;
        loop {
            match self.life(&mut steps) {
                End::Died => self.note("died"),
                End::Stopped(Stop::Done) => break,
                End::Stopped(
                    stop @ (Stop::Outage | Stop::MaxErrors | Stop::Interrupted | Stop::Limit),
                ) => {
                    self.note(&format!("stopped: {stop:?}"));
                }
                // The checkpoint is behind, or it cannot be told whether it is.
                End::Stopped(Stop::Account(problem)) if self.scenario.restores > 0 => {
                    self.note(&format!("stopped: {}", problem.code));
                    self.recovers = problem.code == "CheckpointBehind";
                    assert!(
                        self.recovers
                            || self.refuses_lookups.is_some()
                            || self.scenario.loses_most_lookups(),
                        "seed {}: {problem:?}",
                        self.scenario.seed
                    );
                }
                // A network that repeats requests looks like somebody else with the same keys.
                End::Stopped(Stop::Account(problem))
                    if problem.code == "KeysInUse" && self.scenario.faults.duplicate > 0.0 =>
                {
                    self.note("keys in use");
                }
                End::Stopped(Stop::Account(problem))
                    if problem.code == "LookupFailed" && self.scenario.loses_most_lookups() =>
                {
                    self.note("the sample cannot be looked up");
                }
                End::Stopped(stop) => panic!("seed {}: {stop:?}", self.scenario.seed),
            }
            let longest = if self.is_calm() {
                2 * MINUTE_MS
            } else {
                200 * MINUTE_MS
            };
            let pause = self.dice.between(1, longest);
            self.pass(pause);
            self.restore_perhaps();
        }
        self.judge();
        self.history
    }

    pub(crate) fn note(&mut self, what: &str) {
        writeln!(self.history, "{:>12} {what}", self.now).unwrap();
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("checkpoint.sqlite3")
    }

    /// The first scan: every row with its key, before anything is sent.
    fn load(&mut self) {
        let now = self.server_now();
        users::known_before(&mut self.server, self.scenario.authors, now);
        let mut checkpoint = Checkpoint::open(&self.path(), "simulation").unwrap();
        let mut load = checkpoint.load().unwrap();
        for n in 1..=self.scenario.rows {
            let body = self.body(n);
            let external_id = self.external_id(n);
            load.add([NewRow {
                line: n + 1,
                offset: n * 100,
                cells: CellsHash(0),
                external_id: Some(&external_id),
                has_requester: true,
                body: Ok(Some((Fingerprint::of(&body), self.keys.key()))),
            }])
            .unwrap();
            self.bodies.insert(RowNumber(n), body);
        }
        load.finish(&[(Setting::CsvSha256, "simulated".to_owned())])
            .unwrap();
        drop(checkpoint);
        if self.scenario.restores > 0 {
            std::fs::copy(self.path(), self.copy()).unwrap();
        }
    }

    /// The life of one process: from its start to its death or its end.
    fn life(&mut self, steps: &mut u64) -> End {
        self.process += 1;
        self.choose_way();
        let (clock, limit) = self.learn_the_time();
        let highest = self.learn_the_highest_ticket();
        let mut checkpoint = Checkpoint::open(&self.path(), "simulation").unwrap();
        let new_key = || self.keys.key();
        checkpoint
            .take_up_unknown_authors("UnknownAuthor", new_key)
            .unwrap();
        checkpoint.forget_unknown_authors().unwrap();
        if std::mem::take(&mut self.recovers) {
            checkpoint.recover(clock.at(Monotonic(self.now))).unwrap();
        }
        let rows = SimRows {
            bodies: self.bodies.clone(),
            has_comments: self.scenario.authors > 0,
        };
        let mut keys = Dice::new(self.keys.number());
        let make_key = Box::new(move || keys.key());
        let now = Monotonic(self.now);
        let mut driver = Driver::new(self.plan(), checkpoint, rows, make_key, clock, now).unwrap();
        driver.already_asked(limit, highest, 1, now);
        let mut messages: Vec<Message> = Vec::new();
        let end = loop {
            *steps += 1;
            assert!(
                *steps < STEPS_MAX,
                "seed {}: it does not end",
                self.scenario.seed
            );
            if self.strikes(self.scenario.interrupt) {
                self.note("interrupted");
                messages.push(Message::Interrupt);
            }
            if !messages.is_empty() && self.strikes(self.scenario.death) {
                break End::Died;
            }
            let effects = driver
                .turn(Monotonic(self.now), messages.drain(..))
                .unwrap();
            if self.strikes(self.scenario.death) {
                break End::Died;
            }
            for effect in effects {
                self.perform(effect, &mut messages);
            }
            if let Some(stop) = driver.finished() {
                break End::Stopped(stop.clone());
            }
            self.happen();
            let next_turn = driver.wake_at().map(|time| time.0.max(self.now));
            self.wait(next_turn, &mut messages);
        };
        let checkpoint = driver.into_checkpoint();
        let findings = checkpoint.audit().unwrap();
        assert!(
            findings.is_empty(),
            "seed {}: {findings:?}",
            self.scenario.seed
        );
        end
    }

    fn plan(&self) -> Plan {
        Plan {
            rules: Rules {
                trust: if self.scenario.imports {
                    Trust::LookupOnly
                } else {
                    Trust::Key
                },
                lookup_settle_ms: SETTLE_MS,
                request_timeout_ms: TIMEOUT_MS,
                resend_after_ms: 30_000,
                keys_max: if self.scenario.imports {
                    zendesk_migrate::model::limits::KEYS_PER_ROW_MAX_UNTRUSTED
                } else {
                    zendesk_migrate::model::limits::KEYS_PER_ROW_MAX
                },
            },
            route: Route {
                method: "POST".into(),
                path: if self.scenario.imports {
                    "/api/v2/imports/tickets"
                } else {
                    "/api/v2/tickets"
                }
                .into(),
                host: "simulation".into(),
                user: 1,
            },
            unknown_author: zendesk_migrate::engine::conversation::UnknownAuthor::Fail,
            sees_all: self.scenario.settings.role == "admin",
            pace: Policy::default(),
            concurrency: self.scenario.concurrency,
            limit: self.scenario.limit,
            max_errors: 1_000,
            max_outage_ms: 15 * MINUTE_MS,
            max_duration_ms: None,
            seed: self.scenario.seed,
        }
    }

    /// A start asks until it has a reply with a `Date`.
    fn learn_the_time(&mut self) -> (ServerClock, Option<RateLimit>) {
        while self.now < self.dark_until {
            self.pass(MINUTE_MS);
        }
        let response = self.server.handle(&network::me(), self.server_now());
        let answer = network::answered(&response);
        match answer.meta.date {
            Some(date) => {
                let clock = ServerClock::new(date, Monotonic(self.now));
                (clock, answer.meta.account)
            }
            None => panic!("a reply without a date"),
        }
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.now >= self.scenario.calm_after_ms
    }

    pub(crate) fn strikes(&mut self, chance: u64) -> bool {
        !self.is_calm() && self.dice.per_mille(chance)
    }

    pub(crate) fn server_now(&self) -> i64 {
        self.server_offset_ms + i64::try_from(self.now).unwrap()
    }

    /// Lets time pass for everybody. Requests that are on their way arrive meanwhile, whether or not
    /// the machine that sent them sleeps or has died; what comes back lies there until it is read.
    pub(crate) fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        let mut unread = Vec::new();
        while let Some(Reverse(letter)) = self.mail.peek() {
            if letter.at > end {
                break;
            }
            let Some(Reverse(letter)) = self.mail.pop() else {
                break;
            };
            self.set_time(letter.at);
            match letter.post {
                Post::Request(request) => self.at_server(letter.process, letter.question, &request),
                Post::Outcome(_) => unread.push(Reverse(letter)),
            }
        }
        self.mail.extend(unread);
        self.set_time(end);
    }

    fn set_time(&mut self, now: u64) {
        self.now = self.now.max(now);
        if self.is_calm() {
            self.faults = Faults::default();
            self.cache.clear();
        }
    }

    /// Lets time pass to the next turn or the next letter, whichever is first, and delivers the
    /// letters that are due.
    fn wait(&mut self, next_turn: Option<u64>, messages: &mut Vec<Message>) {
        let next_letter = self.mail.peek().map(|Reverse(letter)| letter.at);
        let next = [next_turn, next_letter].into_iter().flatten().min();
        if !messages.is_empty() {
            return;
        }
        let Some(next) = next else {
            panic!(
                "seed {}: nothing will ever happen again",
                self.scenario.seed
            );
        };
        self.pass(next.max(self.now + 1) - self.now);
        while let Some(Reverse(letter)) = self.mail.peek() {
            if letter.at > self.now {
                break;
            }
            let Some(Reverse(letter)) = self.mail.pop() else {
                break;
            };
            self.deliver(letter, messages);
        }
    }
}

//! What a seed's world is like: the account, the rows, and what goes wrong.

use zendesk_migrate::sandbox::faults::Faults;
use zendesk_migrate::sandbox::settings::{
    ExternalIds, HeaderSpelling, ImportsKeys, RetryAfter, Settings, WindowKind,
};

use crate::dice::Dice;
use crate::users::REFUSED;

pub(crate) const MINUTE_MS: u64 = 60_000;

/// What a cache on the way does with the answers to lookups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cache {
    /// There is none.
    None,
    /// It says how old an answer is.
    Honest,
    /// It says nothing, but for the old `Date`.
    KeepsDate,
    /// It passes an old answer off as a new one.
    HidesItself,
}

/// Everything that is fixed for a seed.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    pub(crate) seed: u64,
    pub(crate) rows: u64,
    pub(crate) requesters: u64,
    pub(crate) concurrency: usize,
    pub(crate) settings: Settings,
    pub(crate) faults: Faults,
    /// Chance in a thousand that the process dies before or after a turn's COMMIT.
    pub(crate) death: u64,
    /// Chance in a thousand, at each turn, that somebody asks for the end.
    pub(crate) interrupt: u64,
    /// `--limit`.
    pub(crate) limit: Option<u64>,
    /// When an account that drops keys begins to honour them.
    pub(crate) keys_fixed_after_ms: u64,
    /// Chance in a thousand, at each event, that the account goes dark for a while.
    pub(crate) darkness: u64,
    /// Chance in a thousand, at each event, that the machine sleeps for a while.
    pub(crate) sleep: u64,
    /// Chance in a thousand, at each event, that the account's clock is set.
    pub(crate) clock_jump: u64,
    /// Chance in a thousand, at each event, that all tickets are archived.
    pub(crate) archive: u64,
    /// The longest way of a request or a reply, in milliseconds.
    pub(crate) way_ms: u64,
    /// When all of this stops.
    pub(crate) calm_after_ms: u64,
    /// Every so many rows there is one that Zendesk refuses; 0: none.
    pub(crate) refused_every: u64,
    /// Whether the tickets are imported.
    pub(crate) imports: bool,
    /// How many people wrote comments on the tickets; 0: there are no comments.
    pub(crate) authors: u64,
    /// What a cache on the way does.
    pub(crate) cache: Cache,
    /// Whether each process may go another way, where keys are dropped or not.
    pub(crate) changes_ways: bool,
    /// The row whose lookups never get an answer, and which of the answers that are none they get.
    pub(crate) poisoned: Option<(u64, usize)>,
    /// Chance in a hundred, at each end of a process, that an older checkpoint takes the place of the
    /// newest; afterwards lookups may be refused for as long as a process lives.
    pub(crate) restores: u64,
}

impl Scenario {
    #[expect(clippy::too_many_lines, reason = "a list of draws")]
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x51_4D);
        let drop_keys = dice.per_mille(100);
        let rpm = dice.one_of(&[0, 0, 120, 600, 2_500]);
        let settings = Settings {
            rpm,
            window: dice.one_of(&[WindowKind::Sliding, WindowKind::Fixed]),
            create_rpm: dice.one_of(&[0, 0, 300]),
            header_spelling: dice.one_of(&[HeaderSpelling::New, HeaderSpelling::Old]),
            retry_after: dice.one_of(&[RetryAfter::Seconds, RetryAfter::HttpDate]),
            role: dice.one_of(&["admin", "admin", "agent"]).to_owned(),
            failures_cached: dice.per_mille(400),
            drop_keys,
            collisions: dice.per_mille(500),
            list_sees_archived: dice.per_mille(500),
            list_lag_ms: dice.one_of(&[0, 0, 10_000, 250_000]),
            search_lag_ms: dice.one_of(&[0, 30_000, 200_000, 280_000]),
            ..Settings::default()
        };
        let mut chance = |most: u64| {
            let per_mille = u32::try_from(dice.between(0, most + 1)).unwrap();
            f64::from(per_mille) / 1_000.0
        };
        let faults = Faults {
            seed,
            lost_before: chance(100),
            lost_after: chance(100),
            error_500: chance(80),
            error_503: chance(80),
            retry_after_s: 3,
            slow: chance(50),
            slow_ms: 20_000,
            cut: chance(50),
            // A network that repeats requests and an account (or endpoint) that drops keys make two tickets of
            // one request, whatever the client does.
            duplicate: if drop_keys { 0.0 } else { chance(50) },
            ..Faults::default()
        };
        let imports = Dice::new(seed ^ 0x1_4D).per_mille(250);
        let settings = Settings {
            role: if imports {
                "admin".to_owned()
            } else {
                settings.role.clone()
            },
            imports_keys: Dice::new(seed ^ 0x2_4D)
                .one_of(&[ImportsKeys::Ignore, ImportsKeys::Honour]),
            ..settings
        };
        let repeats = !imports || settings.imports_keys == ImportsKeys::Honour;
        let faults = Faults {
            duplicate: if repeats { faults.duplicate } else { 0.0 },
            ..faults
        };
        let mut more = Dice::new(seed ^ 0x3_4D);
        let external_ids = match more.between(0, 12) {
            0 => ExternalIds::Trim,
            1 => ExternalIds::Fold,
            _ => ExternalIds::Exact,
        };
        let settings = Settings {
            external_ids,
            ..settings
        };
        let cache = match more.between(0, 30) {
            0 => Cache::Honest,
            1 => Cache::KeepsDate,
            2 => Cache::HidesItself,
            _ => Cache::None,
        };
        let changes_ways = !imports && more.per_mille(80);
        let restores = if more.per_mille(100) { 40 } else { 0 };
        let faults = Faults {
            // See above: keys that are dropped at times.
            duplicate: if changes_ways { 0.0 } else { faults.duplicate },
            ..faults
        };
        let rows = dice.between(1, 40);
        // Only a sample of all rows is certain to notice an older checkpoint.
        let rows = if restores > 0 { rows.min(20) } else { rows };
        let poisoned = more.per_mille(80).then(|| {
            let row = more.between(1, rows + 1);
            (row, usize::try_from(more.between(0, 7)).unwrap())
        });
        let mut of_authors = Dice::new(seed ^ 0x4_4D);
        let authors = if imports && of_authors.per_mille(500) {
            of_authors.between(1, 30)
        } else {
            0
        };
        let settings = if authors == 0 {
            settings
        } else {
            let refused = of_authors.per_mille(300);
            Settings {
                bulk_users: of_authors.per_mille(500),
                refused_users: refused.then(|| REFUSED.to_owned()).into_iter().collect(),
                // Requests that leave a second apart may arrive closer together.
                users_per_s: 0,
                user_rpm: 0,
                ..settings
            }
        };
        let scenario = Self {
            imports,
            authors,
            seed,
            rows,
            cache,
            changes_ways,
            poisoned,
            restores,
            requesters: dice.between(1, 12),
            concurrency: usize::try_from(dice.one_of(&[1, 2, 5, 20])).unwrap(),
            settings,
            faults: Faults {
                all: dice.per_mille(300),
                errors_after: dice.per_mille(300),
                ..faults
            },
            // Only a process that ends leaves a checkpoint that can be exchanged.
            death: dice.one_of(&[if restores > 0 { 30 } else { 0 }, 5, 20, 60]),
            darkness: dice.one_of(&[0, 0, 4, 15]),
            sleep: dice.one_of(&[0, 0, 3, 10]),
            clock_jump: dice.one_of(&[0, 0, 5]),
            archive: dice.one_of(&[0, 5]),
            way_ms: dice.one_of(&[5, 300, 20_000, 70_000]),
            interrupt: dice.one_of(&[0, 0, 3, 20]),
            limit: dice.one_of(&[None, None, Some(1), Some(10)]),
            keys_fixed_after_ms: dice.one_of(&[5, 60, 100_000]) * MINUTE_MS,
            calm_after_ms: dice.between(1, 600) * MINUTE_MS,
            refused_every: dice.one_of(&[0, 0, 7]),
        };
        if scenario.cache == Cache::None {
            scenario
        } else {
            scenario.in_which_a_cache_matters()
        }
    }

    /// A cache can mislead only who asks again soon, for tickets whose replies are lost and whose keys
    /// do not count.
    fn in_which_a_cache_matters(self) -> Self {
        Self {
            imports: true,
            settings: Settings {
                role: "admin".to_owned(),
                imports_keys: ImportsKeys::Ignore,
                rpm: 0,
                create_rpm: 0,
                ..self.settings
            },
            faults: Faults {
                lost_after: 0.2,
                duplicate: 0.0,
                all: false,
                ..self.faults
            },
            way_ms: self.way_ms.min(300),
            calm_after_ms: self.calm_after_ms.max(60 * MINUTE_MS),
            ..self
        }
    }

    /// Whether a row may lose two keys: to failures that are remembered, to an account that drops
    /// keys, to a request that stays without an answer for longer than a key lives, or to losing
    /// eight requests in succession.
    pub(crate) fn may_use_keys_up(&self) -> bool {
        let Faults {
            lost_before,
            lost_after,
            error_500,
            error_503,
            cut,
            ..
        } = self.faults;
        let often_lost = lost_before + lost_after + error_500 + error_503 + cut > 0.1;
        let outlived = self.darkness > 0 || self.sleep > 0 || self.death > 0;
        self.settings.failures_cached
            || self.settings.drop_keys
            || self.changes_ways
            || outlived
            || often_lost
    }

    /// Whether so many requests are lost that one row's lookups may fail again and again by chance,
    /// while others are answered.
    pub(crate) fn loses_most_lookups(&self) -> bool {
        self.way_ms > 60_000 || (self.faults.all && self.may_use_keys_up())
    }
}

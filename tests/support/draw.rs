//! Numbers from a seed.

use std::hash::{BuildHasher, Hasher, RandomState};

/// The seed of the suite: a failure in it is of the change at hand. Other seeds are drawn at night.
const SEED: u64 = 7;

/// Draws numbers; the same seed draws the same ones.
pub(crate) struct Draw(u64);

impl Draw {
    /// Begins with `KILL_SEED`, which may be `random`, or else with the seed of the suite; says where.
    #[allow(
        clippy::disallowed_methods,
        clippy::print_stderr,
        reason = "the seed comes from outside and is shown when the test fails"
    )]
    pub(crate) fn from_environment() -> Self {
        let seed = match std::env::var("KILL_SEED") {
            Ok(seed) if seed == "random" => RandomState::new().build_hasher().finish(),
            Ok(seed) => seed.parse().expect("KILL_SEED is a number, or random"),
            Err(_) => SEED,
        };
        eprintln!("KILL_SEED={seed}");
        Self(seed)
    }

    /// Begins with a seed.
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to `end`, without `end`: splitmix64, whose slight lean does not matter here.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

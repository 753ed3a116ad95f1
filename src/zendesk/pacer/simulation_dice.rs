//! Random numbers of the pacer's simulation.

/// Random numbers that a seed determines (splitmix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        self.number() % (most + 1)
    }

    /// The time to the next of events that come at random, on average so many milliseconds apart.
    pub(super) fn gap(&mut self, mean_ms: f64) -> u64 {
        let chance =
            (f64::from(u32::try_from(self.number() >> 32).unwrap()) + 1.0) / 4_294_967_296.0;
        std::time::Duration::from_secs_f64(-chance.ln() * mean_ms / 1_000.0)
            .as_millis()
            .try_into()
            .unwrap()
    }
}

//! Pseudo-random numbers that depend only on a seed and a count.

/// Returns the n-th number of SplitMix64, as a fraction of one.
pub(super) fn uniform(seed: u64, n: u64) -> f64 {
    // 32 bits are plenty for a probability, and convert without loss.
    f64::from(u32::try_from(number(seed, n) >> 32).unwrap_or(u32::MAX)) / 4_294_967_296.0
}

/// The numbers below `count`, in an order drawn from a seed.
pub(super) fn shuffled(seed: u64, count: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..count).collect();
    order.sort_by_key(|n| number(seed, *n as u64));
    order
}

fn number(seed: u64, n: u64) -> u64 {
    const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(GAMMA));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// 32 hexadecimal digits that belong to a number.
pub(super) fn hex(n: u64) -> String {
    format!("{:016x}{:016x}", number(0, n), number(1, n))
}

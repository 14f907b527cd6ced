//! Long campaigns: whole under `CHARTSEAL_CAMPAIGN=full`, a sample of them otherwise.

/// Whether campaigns are to be run whole.
pub fn full() -> bool {
    std::env::var("CHARTSEAL_CAMPAIGN").is_ok_and(|campaign| campaign == "full")
}

/// All of the numbers below `all`, or `some` of them, evenly over the whole.
pub fn sample(all: u64, some: u64) -> Vec<u64> {
    if full() || all <= some {
        return (0..all).collect();
    }
    (0..some).map(|n| n * all / some).collect()
}

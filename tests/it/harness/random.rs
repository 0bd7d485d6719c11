//! Chance that can be repeated: the seed is printed, and taken from PATCHBAY_TEST_SEED if that is set.

use rand::{Rng as _, SeedableRng as _};

pub(crate) struct Random(rand::rngs::StdRng);

impl Random {
    pub(crate) fn new(test: &str) -> Random {
        let seed = std::env::var("PATCHBAY_TEST_SEED").ok().map(|seed| seed.parse().expect("a number"));
        let seed = seed.unwrap_or_else(rand::random::<u64>);
        println!("{test}: PATCHBAY_TEST_SEED={seed}");
        Random(rand::rngs::StdRng::seed_from_u64(seed))
    }

    /// Chance of its own, for a task whose turns nobody knows.
    pub(crate) fn fork(&mut self) -> Random {
        Random(rand::rngs::StdRng::seed_from_u64(self.0.random()))
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0.random_range(0..end)
    }
}

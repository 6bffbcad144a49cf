//! How many cases a random test tries.
//!
//! `CASES` says how many a cheap test tries: 1,000 if it is not set, 50,000 in `.ci/run`. A test whose cases
//! cost more tries a part of them, but at least 16.

use proptest::test_runner::Config;

const DEFAULT: u32 = 1_000;

/// The configuration of a test whose cases cost `cost` times as much as cheap ones.
pub(crate) fn config(cost: u32) -> Config {
    let cases = std::env::var("CASES").map_or(DEFAULT, |cases| cases.parse().unwrap());
    Config {
        cases: (cases / cost).max(16),
        failure_persistence: None,
        // Rejected inputs grow with the number of cases.
        max_global_rejects: u32::MAX,
        max_local_rejects: u32::MAX,
        max_shrink_iters: 20_000,
        ..Config::default()
    }
}

/// Which inputs a long loop tries: each `n`th one, or every one if `CASES` is set.
pub(crate) fn every(n: usize) -> usize {
    if std::env::var_os("CASES").is_some() {
        1
    } else {
        n
    }
}

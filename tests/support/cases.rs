//! How many cases of a property are tried: as many as `PROPTEST_CASES` says, or else as the test does.

use proptest::test_runner::Config;

pub(crate) fn config(cases: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok();
    Config {
        cases: asked.map_or(cases, |cases| cases.parse().unwrap()),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    }
}

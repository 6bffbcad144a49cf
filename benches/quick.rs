//! `cargo bench`: what one request costs with a policy of each kind, in a few seconds.
//!
//! The packages in this folder compare the crate with others and count instructions:
//! `cargo run --release -p tower-redirect-benches`.

#![allow(missing_docs, reason = "a program")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use tower_redirect::{
    Canonical, LocalPath, Policy, RequestHead, policy_fn,
    rules::{Rule, Rules},
    testing,
};

/// How long each policy is measured.
const TIME: Duration = Duration::from_millis(300);
const BATCH: u32 = 1_000;

fn main() {
    println!("The least nanoseconds for one decision, over batches of {BATCH}:\n");
    let redirect = testing::get("/old/7").header("host", "www.example.com");
    let pass = testing::get("/page").header("host", "example.com");
    let measure = |name: &str, policy: &dyn Fn(&RequestHead<'_>) -> bool| {
        let [redirect, pass] = [&redirect, &pass].map(|request| {
            let head = request.head();
            least(|| policy(&head))
        });
        println!("  {name:<28} redirects {redirect:>7.1}   passes {pass:>7.1}");
    };

    let closure = policy_fn(|request| {
        let rest = request.path().strip_prefix("/old/")?;
        LocalPath::from_static("/new").join_encoded(rest).ok()
    });
    measure("a closure", &decides(closure));
    let canonical = Canonical::host("example.com").expect("a host");
    measure(
        "Canonical::host",
        &decides(canonical.trim_trailing_slash().merge_slashes()),
    );
    for size in [1, 1_000, 100_000] {
        let moved = (1..size).map(|n| Rule::permanent(format!("/moved/{n}"), format!("/to/{n}")));
        let rules = moved.chain([Rule::permanent("/old/{n}", "/new/{n}")]);
        let rules = Rules::new(rules).expect("the rules have no errors");
        measure(&format!("Rules, {size}"), &decides(rules));
    }
}

/// Whether the policy redirects.
fn decides<P: Policy>(policy: P) -> impl Fn(&RequestHead<'_>) -> bool {
    move |head| !policy.decide(head).is_pass()
}

/// The least time of one call, in nanoseconds.
fn least(mut call: impl FnMut() -> bool) -> f64 {
    let began = Instant::now();
    let mut least = f64::INFINITY;
    while began.elapsed() < TIME {
        let batch = Instant::now();
        for _ in 0..BATCH {
            black_box(call());
        }
        least = least.min(batch.elapsed().as_nanos() as f64 / f64::from(BATCH));
    }
    least
}

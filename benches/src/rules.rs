//! A thousand exact rules, for this crate and for the others.

use std::{
    collections::{HashMap, hash_map::DefaultHasher},
    hash::BuildHasherDefault,
};

use foldhash::fast::FixedState;
use tower_redirect::{LocalPath, Location, Policy, policy_fn};

/// The number of rules.
pub(crate) const RULES: usize = 1_000;
/// A path that a rule matches.
pub(crate) const HIT: &str = "/blog/2019/09/how-we-moved-number-0500";
/// A path of the same length that no rule matches.
pub(crate) const MISS: &str = "/blog/2019/09/how-we-lived-number-0500";
/// The target of [`HIT`].
pub(crate) const TARGET: &str = "/posts/moving/number-0500-and-what-we-learned";

/// A thousand paths that no rule matches, as long as those in [`texts`].
pub(crate) fn misses() -> impl Iterator<Item = String> {
    texts().map(|(from, _)| from.replace("moved", "lived"))
}

/// The map of the standard library with its default hash, and with the same keys in each run.
pub(crate) type Rules<T> = HashMap<String, T, BuildHasherDefault<DefaultHasher>>;

/// The sources and targets of the rules.
pub(crate) fn texts() -> impl Iterator<Item = (String, String)> {
    (0..RULES).map(|number| {
        let month = number % 12 + 1;
        (
            format!("/blog/2019/{month:02}/how-we-moved-number-{number:04}"),
            format!("/posts/moving/number-{number:04}-and-what-we-learned"),
        )
    })
}

/// Returns the rules in a map that is never freed.
pub(crate) fn map<T>(target: impl Fn(String) -> T) -> &'static Rules<T> {
    Box::leak(Box::new(
        texts().map(|(from, to)| (from, target(to))).collect(),
    ))
}

/// Returns the rules as a policy over a map with a faster hash.
pub(crate) fn fast_policy() -> impl Policy<Target = Location> + 'static {
    let path = |to: String| LocalPath::new(&to).expect("the texts are paths");
    let rules: &'static HashMap<String, LocalPath, FixedState> = Box::leak(Box::new(
        texts().map(|(from, to)| (from, path(to))).collect(),
    ));
    policy_fn(move |request| rules.get(request.path()).cloned())
}

/// Returns the rules as a policy.
pub(crate) fn policy() -> impl Policy<Target = Location> + 'static {
    let rules = map(|to| LocalPath::new(&to).expect("the texts are paths"));
    policy_fn(move |request| rules.get(request.path()).cloned())
}

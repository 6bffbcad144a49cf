//! Which paths of a set a rule excludes.

use super::{
    path::{Fresh, Path},
    unify::unify,
};
use crate::rules::{
    options::{Matching, Options},
    pattern::PatternRef,
    table::first_match,
};

/// Paths that aren't in a set: those that this pattern matches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::rules) struct Exception {
    pattern: Box<str>,
    matching: Matching,
}

/// How many paths of a set an exception matches.
enum Excluded {
    None,
    /// Some of them, or perhaps none.
    Some,
    All,
}

/// The exceptions of a set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::rules) struct Exceptions(Vec<Exception>);

impl Exceptions {
    /// Leaves out the paths that a rule excludes. Returns `None` if these are all paths, and `true`
    /// if no path that was left is excluded.
    pub(super) fn add(
        &mut self,
        options: &Options,
        path: &Path,
        fresh: &mut Fresh,
    ) -> Option<bool> {
        let mut excludes_none = true;
        for pattern in options.exceptions() {
            let matching = options.matching;
            let is_it = |own: &Exception| *own.pattern == *pattern && own.matching == matching;
            if self.0.iter().any(is_it) {
                continue;
            }
            match excluded(path, pattern, matching, fresh) {
                Excluded::None => continue,
                Excluded::Some => {}
                Excluded::All => return None,
            }
            excludes_none = false;
            self.0.push(Exception {
                pattern: pattern.into(),
                matching,
            });
        }
        Some(excludes_none)
    }

    /// Returns `true` if they leave this path.
    pub(in crate::rules) fn leave(&self, path: &str) -> bool {
        let mut all = self.0.iter();
        all.all(|own| first_match(path, own.matching, [&*own.pattern]).is_none())
    }
}

impl Path {
    /// Those of these paths that each exception of a rule matches.
    pub(in crate::rules) fn excluded_paths(
        &self,
        options: &Options,
        fresh: &mut Fresh,
    ) -> impl Iterator<Item = Self> {
        options.exceptions().filter_map(move |exception| {
            let exception = PatternRef::of(exception.as_bytes());
            Some(unify(self.clone(), exception, options.matching, fresh)?.path)
        })
    }
}

fn excluded(path: &Path, exception: &str, matching: Matching, fresh: &mut Fresh) -> Excluded {
    let exception = PatternRef::of(exception.as_bytes());
    match unify(path.clone(), exception, matching, fresh) {
        None => Excluded::None,
        Some(both) if both.is_all => Excluded::All,
        Some(_) => Excluded::Some,
    }
}

/// Returns `true` if an exception surely matches every path that a source does.
pub(in crate::rules) fn covers(
    source: PatternRef<'_>,
    exception: PatternRef<'_>,
    matching: Matching,
) -> bool {
    let mut fresh = Fresh::default();
    let all = Path::anything(&mut fresh);
    let matched = unify(all, source, matching, &mut fresh);
    let both = matched.and_then(|all| unify(all.path, exception, matching, &mut fresh));
    both.is_some_and(|both| both.is_all)
}

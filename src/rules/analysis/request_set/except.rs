//! Which of the paths that are known in part a rule excludes.

use crate::rules::{
    analysis::request_set::{
        path::{Fresh, Path},
        unify::{Compare, unify},
    },
    options::{Matching, Options},
    pattern::{PatternRef, Segment},
};

/// How many of some paths a rule excludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Excluded {
    Nothing,
    /// Some of them, or perhaps none.
    Part,
    Everything,
}

impl Path {
    /// Which of these paths the exceptions of a rule match.
    pub(in crate::rules) fn excluded(&self, options: &Options, fresh: &mut Fresh) -> Excluded {
        let mut excluded = Excluded::Nothing;
        for exception in options.exceptions() {
            match self.matched(exception, options.matching, fresh) {
                Excluded::Nothing => {}
                Excluded::Part => excluded = Excluded::Part,
                Excluded::Everything => return Excluded::Everything,
            }
        }
        excluded
    }

    /// Those of these paths that each exception of a rule matches.
    pub(in crate::rules) fn excluded_paths(
        &self,
        options: &Options,
        fresh: &mut Fresh,
    ) -> impl Iterator<Item = Self> {
        let compare = Compare(options.matching);
        options.exceptions().filter_map(move |exception| {
            let exception = PatternRef::of(exception.as_bytes());
            Some(unify(self, exception, compare, fresh)?.0)
        })
    }

    fn matched(&self, exception: &str, matching: Matching, fresh: &mut Fresh) -> Excluded {
        let exception = PatternRef::of(exception.as_bytes());
        match unify(self, exception, Compare(matching), fresh) {
            None => Excluded::Nothing,
            Some((path, _)) if path == *self && never_cuts(exception) => Excluded::Everything,
            Some(_) => Excluded::Part,
        }
    }
}

impl Options {
    /// Whether the other rule excludes none of these paths but those that this one excludes, too.
    pub(in crate::rules) fn excludes_all_of(
        &self,
        other: &Self,
        path: &Path,
        fresh: &mut Fresh,
    ) -> bool {
        let is_shared = |exception: &str| {
            let mut own = self.exceptions();
            self.matching == other.matching && own.any(|own| own == exception)
        };
        other.exceptions().all(|exception| {
            is_shared(exception)
                || path.matched(exception, other.matching, fresh) == Excluded::Nothing
        })
    }
}

/// Whether an exception matches every path that a source does.
pub(in crate::rules) fn covers(
    source: PatternRef<'_>,
    exception: PatternRef<'_>,
    matching: Matching,
) -> bool {
    let mut fresh = Fresh::default();
    let compare = Compare(matching);
    let all = Path::anything(&mut fresh);
    let Some((path, _)) = unify(&all, source, compare, &mut fresh) else {
        return false;
    };
    let both = unify(&path, exception, compare, &mut fresh);
    both.is_some_and(|(both, _)| both == path) && never_cuts(exception)
}

/// Whether no placeholder can end within an escape: `/{x}C3` doesn't match `/a%C3`.
fn never_cuts(pattern: PatternRef<'_>) -> bool {
    pattern.segments().all(|segment| match segment {
        Segment::Literal(_) => true,
        Segment::Named { behind, .. } => !behind.first().is_some_and(u8::is_ascii_hexdigit),
    })
}

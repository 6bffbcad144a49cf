//! By how much the path of a target is longer than what the source of its rule matched.
//!
//! `/{a}/x` matches the length of `{a}` and 3 bytes more, and the target `/{a}` has that length and
//! 1 byte more. So this redirect makes a path shorter by 2 bytes.

use crate::rules::{
    compiled_rule::CompiledRule,
    pattern::{MAX_CAPTURES, Segment, Tail},
    target::{self, Piece, Write, pieces},
};

/// The captures that a target contains, each at most once.
type Used = [bool; MAX_CAPTURES];

impl CompiledRule<'_> {
    /// By how many bytes a path is made longer at most, where that can be said.
    pub(in crate::rules) fn growth(&self) -> Option<i64> {
        let rest = self.target.get(self.origin.into()..)?;
        self.growth_to(target::split(rest).0)
    }

    /// Returns `true` if the path of a target is always shorter than what was asked for.
    pub(in crate::rules) fn is_shortened_to(&self, path: &[u8]) -> bool {
        self.growth_to(path).is_some_and(|by| by < 0)
    }

    /// The same for another target; `None` where it depends on more than the path.
    fn growth_to(&self, path: &[u8]) -> Option<i64> {
        let mut used: Used = [false; MAX_CAPTURES];
        let mut own = 0;
        for piece in pieces(path) {
            match piece {
                Piece::Text(text) => own += i64::try_from(text.len()).ok()?,
                // Transforms keep the length.
                Piece::Slot(write, at, _) => {
                    let twice = std::mem::replace(used.get_mut(at)?, true);
                    let of_path = matches!(
                        write,
                        Write::PathToPath | Write::TailToPath | Write::WholeTail
                    );
                    if twice || !of_path {
                        return None;
                    }
                    // The tail has its slash in front, where it has anything.
                    let parts = self.parts();
                    let is_optional = parts.is_some_and(|parts| parts.tail == Tail::Optional);
                    own -= i64::from(write == Write::TailToPath && !is_optional);
                }
            }
        }
        let matched = i64::try_from(self.length_without(&used)?).ok()?;
        // An empty path becomes a slash.
        Some((own - matched).max(1 - matched))
    }

    /// The least number of bytes that the source matches outside these captures.
    fn length_without(&self, used: &Used) -> Option<usize> {
        let Some(parts) = self.parts() else {
            return regex_length_without(self.source, used);
        };
        if used.iter().skip(parts.names().count()).any(|used| *used) {
            return None;
        }
        let length = |segment| match segment {
            Segment::Literal(text) => 1 + text.len(),
            Segment::Named { before, behind, .. } => 1 + before.len() + behind.len(),
        };
        Some(parts.segments().map(length).sum())
    }
}

#[cfg(not(feature = "regex"))]
const fn regex_length_without(_: &[u8], _: &Used) -> Option<usize> {
    None
}

/// The same for a regex. The number of a group is that of its capture, and 0 is the whole match.
#[cfg(feature = "regex")]
fn regex_length_without(regex: &[u8], used: &Used) -> Option<usize> {
    use regex_syntax::hir::{Hir, HirKind};

    fn without(hir: &Hir, used: &Used, found: &mut usize) -> Option<usize> {
        match hir.kind() {
            HirKind::Capture(group) if used.get(group.index as usize) == Some(&true) => {
                *found += 1;
                Some(0)
            }
            HirKind::Capture(group) => without(&group.sub, used, found),
            HirKind::Concat(parts) => {
                let mut lengths = parts.iter().map(|part| without(part, used, found));
                lengths.try_fold(0, |sum, length| Some(sum + length?))
            }
            // A group that is used in here may be left out, so it isn't found.
            _ => hir.properties().minimum_len(),
        }
    }

    let hir = regex_syntax::parse(std::str::from_utf8(regex).ok()?).ok()?;
    if used.first() == Some(&true) {
        return used.iter().skip(1).all(|used| !used).then_some(0);
    }
    let mut found = 0;
    let length = without(&hir, used, &mut found)?;
    (found == used.iter().filter(|used| **used).count()).then_some(length)
}

#[cfg(all(test, feature = "regex"))]
mod tests {
    use crate::{
        policy::Policy,
        rules::{Rule, Rules, Source},
        testing,
    };

    fn rules(regex: &str, target: &str) -> Rules {
        Rules::new([Rule::found(Source::regex(regex), target)]).unwrap()
    }

    fn growth(rules: &Rules) -> Option<i64> {
        let (_, rule) = rules.table.rules().next()?;
        rule.growth()
    }

    #[test]
    fn a_regex_says_how_much_is_left_out() {
        for (regex, target, expected) in [
            ("/(.*)/", "/{1}", Some(-1)),
            ("/(.+)\\.html?", "/{1}", Some(-4)),
            ("/(?<a>x|y)/([0-9]+)", "/{a}/b", Some(0)),
            ("/(a)/(b)", "/{2}/{1}", Some(0)),
            ("/(a(b)c)", "/x/{2}", Some(0)),
            ("/a.*", "/b{0}", Some(2)),
            ("/(a)", "/{1}/{1}", None),
            ("/(a)?b", "/{1}", None),
            ("/(?:(a)|b)", "/{1}", None),
            ("(?i)/\u{e9}(.*)", "/{1}", Some(-2)),
        ] {
            assert_eq!(growth(&rules(regex, target)), expected, "{regex} {target}");
        }
    }

    #[test]
    fn no_location_is_longer_than_that() {
        let regexes = [
            "/(.*)/",
            "/(.+)a",
            "/(a?)(.*)",
            "/(?:(a)|b)(.*)",
            "(?i)/(A.)?(.*)",
            "/([^/]*)/(.+?)/*",
        ];
        let paths = [
            "/", "/a", "/a/", "/b", "/ba/", "/a/b/c", "/xa", "//", "/a//", "/%61/[a",
        ];
        let mut redirects = 0;
        for (regex, target) in regexes.iter().flat_map(|regex| {
            ["/{1}", "/{2}", "/{1}/{2}", "/{2}{1}", "/b{0}"].map(|target| (*regex, target))
        }) {
            let Ok(rules) = Rules::new([Rule::found(Source::regex(regex), target)]) else {
                continue;
            };
            let Some(by) = growth(&rules) else {
                continue;
            };
            for path in paths {
                let decision = rules.decide(&testing::get(path).head());
                if let Some(redirect) = decision.target() {
                    redirects += 1;
                    // `[` is sent as `%5B`.
                    let own = path.len() + 2 * path.matches('[').count();
                    let own = i64::try_from(own).unwrap();
                    let length = i64::try_from(redirect.location().as_str().len()).unwrap();
                    assert!(length <= own + by, "{regex} {target} {path} {redirect:?}");
                }
            }
        }
        assert!(redirects > 50, "{redirects}");
    }
}

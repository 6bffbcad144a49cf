//! Rules that a path alone finds, as most rules are: nothing else of a request is looked at for
//! them.
//!
//! What is found here is what [`search`](crate::rules::search) finds, which looks at everything.

use super::{HostGroup, Plane, Table, without_slash};
use crate::rules::{
    RuleOffset,
    compiled_options::CompiledOptions,
    compiled_rule::{CompiledRule, PATTERN, REGEX},
    options::Matching,
    spelling,
};

/// What a path alone tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum ByPath {
    /// No rule answers, whatever else the request says.
    Nothing,
    /// The rule that begins here does.
    Rule(RuleOffset),
    /// There is more to be looked at.
    Unknown,
}

/// What is to be known of a table all rules of which are found by a path alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plain {
    matching: Matching,
    /// Whether no key has an escape in it, and so no path is spelled like one but by a `%` that it
    /// has.
    few_spellings: bool,
}

impl Plain {
    /// `None` where a rule is not for every request for a path, or is compared in another way than
    /// the rest.
    pub(super) fn of(table: &Table) -> Option<Self> {
        let [plane] = &*table.planes else {
            return None;
        };
        let is_plain = |(_, rule): (RuleOffset, CompiledRule<'_>)| {
            let ready = table.options(&rule);
            !rule.has(PATTERN | REGEX) && ready.is_none_or(asks_for_nothing)
        };
        let has_escape = |(_, rule): (RuleOffset, CompiledRule<'_>)| rule.source.contains(&b'%');
        let Plane { matching, .. } = *plane;
        table.rules().all(is_plain).then(|| Self {
            matching,
            few_spellings: !matching.ignore_case && !table.rules().any(has_escape),
        })
    }

    /// Whether a path without any `%` that is no key is none in any spelling.
    #[inline]
    fn settles(&self, path: &[u8]) -> bool {
        self.few_spellings || spelling::is_settled_path(path, self.matching.ignore_case)
    }
}

/// Whether a rule with such options answers every request for its path.
fn asks_for_nothing(ready: &CompiledOptions) -> bool {
    let options = &ready.options;
    ready.group == HostGroup::EVERY
        && options.scheme.is_none()
        && options.methods.is_all()
        && options.conditions.is_empty()
        && !options.has_exceptions()
        && !options.only_these_parameters
        && options.host_label.is_none()
}

impl Table {
    /// The rule that answers every request for a path, where that is all there is to ask.
    // Not inlined, so that what asks is small enough to be.
    #[inline(never)]
    pub(in crate::rules) fn by_path(&self, received: &str) -> ByPath {
        let (Some(plain), Some(plane)) = (&self.plain, self.planes.first()) else {
            return ByPath::Unknown;
        };
        let received = received.as_bytes();
        let path = if plain.matching.ignore_trailing_slash {
            without_slash(received)
        } else {
            received
        };
        // Where a path has a `%`, the search spells it first.
        let Some(hash) = self.hash.of_without(path, b'%') else {
            return ByPath::Unknown;
        };
        // A path that is a key is in the spelling that is compared, as all keys are: only one that
        // is none has to be looked at for that.
        let is_it = |entry| self.source(self.lists.first(entry)) == Some(path);
        match plane.exact.find(HostGroup::EVERY, hash, is_it) {
            Some(entry) => ByPath::Rule(self.lists.first(*entry)),
            None if plain.settles(path) => ByPath::Nothing,
            None => ByPath::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::ByPath;
    use crate::{
        request::RequestHead,
        rules::{Condition, Rule, RuleOffset, Rules, RulesBuilder},
    };

    /// What the path alone tells, and which rule the search finds.
    fn by_path_and_by_all(rules: &Rules, path: &str) -> (ByPath, Option<RuleOffset>) {
        let request = Request::get(path).body(()).unwrap();
        let head = RequestHead::new(&request);
        (rules.table.by_path(head.path()), rules.find_by_all(&head))
    }

    #[test]
    fn a_path_alone_finds_what_the_search_finds() {
        let sources = [
            "/a",
            "/A",
            "/caf\u{e9}",
            "/a%2Fb",
            "/a~b",
            "/",
            "/a/",
            "/a",
            "/a-path-of-many/bytes",
        ];
        let builders: [fn(RulesBuilder) -> RulesBuilder; 3] = [
            |all| all,
            RulesBuilder::ignore_case,
            RulesBuilder::ignore_trailing_slash,
        ];
        let paths = [
            "/a",
            "/A",
            "/%61",
            "/%41",
            "/caf%C3%A9",
            "/caf%c3%a9",
            "/CAF%C3%A9",
            "/caf\u{e9}",
            "/a%2fb",
            "/a%2Fb",
            "/a~b",
            "/a%7eb",
            "/",
            "/a/",
            "/a//",
            "/x",
            "/x%",
            "/x|",
            "/a|b",
            "/a-path-of-many/bytes",
            "/a-path-of-many/byte%73",
            "/A-path-of-many/bytes/",
            "/a-path-of-few/bytes",
        ];
        for many in [sources.len(), 2] {
            for builder in builders {
                let rules = sources[..many]
                    .iter()
                    .map(|source| Rule::found(*source, "/to"));
                let rules = builder(Rules::builder().rules(rules)).build().unwrap();
                assert!(rules.table.plain.is_some());
                let mut known = 0;
                for path in paths {
                    let (by_path, by_all) = by_path_and_by_all(&rules, path);
                    let expected = by_all.map_or(ByPath::Nothing, ByPath::Rule);
                    let is_known = by_path != ByPath::Unknown;
                    known += usize::from(is_known);
                    assert!(!is_known || by_path == expected, "{path} of {many}");
                }
                assert!(known > 5, "{known} of {many}");
            }
        }
    }

    #[test]
    fn rules_that_ask_for_more_are_not_found_by_a_path_alone() {
        let rule = || Rule::found("/a", "/to");
        for other in [
            rule().host("a.example"),
            rule().unless(Condition::header("x")),
            rule().methods([http::Method::PUT]),
            Rule::found("/{x}", "/to"),
            Rule::found("/a?b=c", "/to"),
        ] {
            let rules = Rules::new([rule(), other.clone()]).unwrap();
            let (by_path, _) = by_path_and_by_all(&rules, "/a");
            assert_eq!(by_path, ByPath::Unknown, "{other:?}");
        }
        for outcome in [Rule::pass("/a"), Rule::gone("/a").except(["/b"])] {
            let rules = Rules::new([outcome, rule()]).unwrap();
            let (by_path, _) = by_path_and_by_all(&rules, "/a");
            assert_eq!(by_path, ByPath::Rule(RuleOffset(0)));
        }
        let rules = Rules::new([rule(), rule().named("second")]).unwrap();
        let (by_path, by_all) = by_path_and_by_all(&rules, "/a");
        assert_eq!(
            (by_path, by_all),
            (ByPath::Rule(RuleOffset(0)), Some(RuleOffset(0)))
        );
    }
}

//! Sets of values that a parameter, a header or a cookie can have.
//!
//! A set here contains all the values that are meant, and perhaps more, because a regex isn't
//! evaluated. So "is empty" and "is a subset" are proofs, and their opposites aren't.
//!
//! | condition | set |
//! |---|---|
//! | `query("k")` | every value |
//! | `query("k").one_of(["1", "2"])` | `1` or `2` |
//! | `query("k").captured_as("x")` | every value except the empty one |
//! | `query("k").one_of(["1", "2"])` without `query("k").equal_to("1")` | `2` |

#[cfg(feature = "regex")]
use crate::rules::analysis::regex_text::{examples, matcher};
use crate::rules::condition::ValueMatcher;

/// A set of values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::rules) struct ValueSet {
    /// Only these values, in order.
    pub(super) listed: Option<Vec<Box<str>>>,
    /// None of these values, in order. A set with a list has none.
    pub(super) excluded: Vec<Box<str>>,
    /// Only values that all of these match.
    pub(super) regexes: Vec<Box<str>>,
}

impl ValueSet {
    /// Every value.
    pub(in crate::rules) const ANY: Self = Self {
        listed: None,
        excluded: Vec::new(),
        regexes: Vec::new(),
    };

    /// A single value.
    pub(in crate::rules) fn one(value: impl Into<Box<str>>) -> Self {
        Self {
            listed: Some(vec![value.into()]),
            ..Self::ANY
        }
    }

    /// The values that a matcher matches.
    pub(in crate::rules) fn of(matcher: &ValueMatcher) -> Self {
        let mut set = Self {
            listed: matcher.one_of.as_deref().map(in_order),
            excluded: Vec::new(),
            regexes: in_order(&matcher.regexes),
        };
        if matcher.rejects_empty() {
            set.exclude("");
        }
        set
    }

    /// Returns the value, if there is only one.
    pub(in crate::rules) fn known(&self) -> Option<&str> {
        match self.listed.as_deref() {
            Some([value]) => Some(value),
            _ => None,
        }
    }

    /// Returns `true` if no value is in it.
    pub(in crate::rules) fn is_empty(&self) -> bool {
        matches!(self.listed.as_deref(), Some([]))
    }

    /// Returns `false` if a value isn't in it.
    pub(in crate::rules) fn may_contain(&self, value: &str) -> bool {
        match &self.listed {
            Some(listed) => has(listed, value),
            None => !has(&self.excluded, value),
        }
    }

    /// The values that are in both.
    pub(in crate::rules) fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for regex in &other.regexes {
            insert(&mut both.regexes, regex);
        }
        match (&mut both.listed, &other.listed) {
            (None, Some(listed)) => {
                let mut listed = listed.clone();
                listed.retain(|value| self.may_contain(value));
                both.listed = Some(listed);
                both.excluded.clear();
            }
            (Some(listed), _) => listed.retain(|value| other.may_contain(value)),
            (None, None) => {
                for value in &other.excluded {
                    insert(&mut both.excluded, value);
                }
            }
        }
        both
    }

    /// The values that aren't in the other set.
    pub(in crate::rules) fn without(&self, other: &Self) -> Self {
        if self.is_subset(other) {
            return Self {
                listed: Some(Vec::new()),
                ..Self::ANY
            };
        }
        // Which values a regex leaves isn't known.
        if !other.regexes.is_empty() {
            return self.clone();
        }
        let mut rest = self.clone();
        match (&mut rest.listed, &other.listed) {
            (Some(listed), _) => listed.retain(|value| !other.may_contain(value)),
            (None, Some(taken)) => taken.iter().for_each(|value| rest.exclude(value)),
            (None, None) => {
                let mut left = other.excluded.clone();
                left.retain(|value| self.may_contain(value));
                rest.listed = Some(left);
                rest.excluded.clear();
            }
        }
        rest
    }

    /// Returns `true` if every value is certainly in the other set.
    pub(in crate::rules) fn is_subset(&self, other: &Self) -> bool {
        if self.is_empty() {
            return true;
        }
        let is_listed = match (&self.listed, &other.listed) {
            (Some(own), _) => own.iter().all(|value| other.may_contain(value)),
            (None, Some(_)) => false,
            (None, None) => other.excluded.iter().all(|value| !self.may_contain(value)),
        };
        is_listed && other.regexes.iter().all(|regex| has(&self.regexes, regex))
    }

    /// Returns a value of the set. If no example of its regexes is found, the value may not match
    /// them.
    pub(in crate::rules) fn sample(&self) -> Box<str> {
        let listed = self.listed.iter().flatten().cloned();
        #[cfg(feature = "regex")]
        if !self.regexes.is_empty() {
            let examples = self.regexes.iter().flat_map(|regex| examples(regex, false));
            let is_match = matcher(&self.regexes);
            let mut values = listed.clone().chain(examples.map(Box::from));
            let value = values.find(|value| self.may_contain(value) && is_match(value));
            if let Some(value) = value {
                return value;
            }
        }
        // One more than are excluded, so one is left.
        let numbers = (1..=self.excluded.len() + 1).map(|number| number.to_string().into());
        let mut values = listed.chain(numbers);
        values
            .find(|value| self.may_contain(value))
            .unwrap_or_default()
    }

    /// How many texts it has.
    pub(in crate::rules) fn text_count(&self) -> usize {
        self.listed.as_ref().map_or(0, Vec::len) + self.excluded.len() + self.regexes.len()
    }

    fn exclude(&mut self, value: &str) {
        match &mut self.listed {
            Some(listed) => listed.retain(|own| **own != *value),
            None => insert(&mut self.excluded, value),
        }
    }
}

fn in_order(texts: &[Box<str>]) -> Vec<Box<str>> {
    let mut texts = texts.to_vec();
    texts.sort_unstable();
    texts.dedup();
    texts
}

fn has(texts: &[Box<str>], text: &str) -> bool {
    texts.binary_search_by(|own| (**own).cmp(text)).is_ok()
}

fn insert(texts: &mut Vec<Box<str>>, text: &str) {
    if let Err(at) = texts.binary_search_by(|own| (**own).cmp(text)) {
        texts.insert(at, text.into());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::ValueSet;
    #[cfg(feature = "regex")]
    use crate::rules::Condition;

    /// Every value that the sets below tell apart.
    const VALUES: [&str; 6] = ["", "1", "2", "3", "a", "other"];

    /// A set, and which of `VALUES` are in it.
    #[derive(Clone, Debug)]
    struct Exact(ValueSet, [bool; VALUES.len()]);

    fn sets() -> impl Strategy<Value = Exact> {
        let some = || proptest::sample::subsequence(&VALUES[..5], 0..=4);
        let texts = |values: &[&str]| values.iter().map(|value| Box::from(*value)).collect();
        let regex = proptest::option::of(prop_oneof![Just("[0-9]*"), Just("[^2]*")]);
        (proptest::bool::ANY, some(), regex).prop_map(move |(is_list, values, regex)| {
            let set = ValueSet {
                listed: is_list.then(|| texts(&values)),
                excluded: if is_list { Vec::new() } else { texts(&values) },
                regexes: regex.into_iter().map(Box::from).collect(),
            };
            let matches = |value: &str| match regex {
                Some("[0-9]*") => value.bytes().all(|byte| byte.is_ascii_digit()),
                Some(_) => !value.contains('2'),
                None => true,
            };
            let is_in = |value: &&str| matches(value) && values.contains(value) == is_list;
            Exact(set, VALUES.map(|value| is_in(&value)))
        })
    }

    proptest! {
        #[test]
        fn a_set_has_at_least_what_is_meant(a in sets(), b in sets()) {
            let (both, rest) = (a.0.and(&b.0), a.0.without(&b.0));
            let is_subset = a.0.is_subset(&b.0);
            for (at, value) in VALUES.into_iter().enumerate() {
                let (in_a, in_b) = (a.1[at], b.1[at]);
                prop_assert!(!in_a || a.0.may_contain(value), "{value} in a");
                prop_assert!(!(in_a && in_b) || both.may_contain(value), "{value} in both");
                prop_assert!(!in_a || in_b || rest.may_contain(value), "{value} in the rest");
                prop_assert!(!(is_subset && in_a) || in_b, "{value} in a, not in b");
            }
        }

        /// Without regexes, sets are exact.
        #[test]
        fn without_regexes_a_set_has_no_more(a in sets(), b in sets()) {
            if !(a.0.regexes.is_empty() && b.0.regexes.is_empty()) {
                return Ok(());
            }
            let (both, rest) = (a.0.and(&b.0), a.0.without(&b.0));
            for (at, value) in VALUES.into_iter().enumerate() {
                prop_assert_eq!(a.0.may_contain(value), a.1[at]);
                prop_assert_eq!(both.may_contain(value), a.1[at] && b.1[at]);
                prop_assert_eq!(rest.may_contain(value), a.1[at] && !b.1[at]);
            }
            let no_more = (0..VALUES.len()).all(|at| !a.1[at] || b.1[at]);
            prop_assert_eq!(a.0.is_subset(&b.0), no_more);
            prop_assert!(a.0.is_empty() || a.0.may_contain(&a.0.sample()));
        }
    }

    #[test]
    fn a_sample_avoids_what_is_excluded() {
        let set = ["1", "2", "x"]
            .into_iter()
            .fold(ValueSet::ANY, |set, value| {
                set.without(&ValueSet::one(value))
            });
        assert_eq!(&*set.sample(), "3");
        assert_eq!(set.known(), None);
        assert_eq!(ValueSet::one("x").known(), Some("x"));
    }

    #[cfg(feature = "regex")]
    #[test]
    fn a_sample_matches_the_regexes() {
        let cookie = |regex| Condition::cookie("c").matching(regex);
        for (condition, expected) in [
            (cookie("[0-9]{3}-[a-z]"), "000-a"),
            (cookie("a*").captured_as("x"), "a"),
            (cookie("[a-c]").matching("[^a]"), "b"),
            (cookie("[0-9]+").one_of(["x", "7"]), "7"),
            (cookie("[a-c]x").matching("c."), "1"),
        ] {
            assert_eq!(&*ValueSet::of(&condition.value).sample(), expected);
        }
    }
}

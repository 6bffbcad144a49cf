//! A query as far as it is known.

use super::value_set::ValueSet;
use crate::rules::{
    condition::Ready,
    has::{Condition, Place},
    options::{Edit, Options, QueryPolicy},
    parameters,
    record::{QUERY, Record},
    target,
};

/// A parameter in plain text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pair {
    /// `None` if it isn't known.
    pub(super) key: Option<Box<str>>,
    pub(super) value: ValueSet,
}

/// A query: pairs that are there, and perhaps more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Query {
    /// Those that are there, in their order.
    pub(super) pairs: Vec<Pair>,
    rest: Rest,
    /// Parameters that aren't among the rest.
    gone: Vec<(Box<str>, ValueSet)>,
}

/// The parameters that may be there besides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
enum Rest {
    #[default]
    Nothing,
    /// Any number of parameters with these names.
    Named(Vec<Box<str>>),
    Anything,
}

impl Rest {
    fn may_have(&self, key: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Named(keys) => keys.iter().any(|own| **own == *key),
            Self::Anything => true,
        }
    }
}

impl Query {
    /// Any query at all.
    pub(super) fn anything() -> Self {
        Self {
            rest: Rest::Anything,
            ..Self::default()
        }
    }

    /// How many texts are known of.
    pub(super) fn len(&self) -> usize {
        let pairs = self.pairs.iter().map(|pair| 1 + pair.value.len());
        let gone = self.gone.iter().map(|(_, values)| 1 + values.len());
        pairs.chain(gone).sum()
    }

    /// How many bytes it takes in memory, about.
    pub(super) fn size(&self) -> usize {
        let length = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        let pair = |pair: &Pair| size_of::<Pair>() + length(&pair.key) + pair.value.size();
        let gone = |(key, values): &(Box<str>, ValueSet)| {
            size_of::<(Box<str>, ValueSet)>() + key.len() + values.size()
        };
        self.pairs.iter().map(pair).sum::<usize>() + self.gone.iter().map(gone).sum::<usize>()
    }

    /// Leaves out the queries in which no parameter of this name has such a value; `None` if that
    /// is all of them.
    pub(super) fn require(&mut self, key: &str, values: &ValueSet) -> Option<()> {
        let is_it = |pair: &&mut Pair| pair.key.as_deref().is_none_or(|own| own == key);
        let rest = self.rest_of(key, values);
        let may_be_more = rest.is_some();
        let mut own = self.pairs.iter_mut().filter(is_it);
        let mut fitting = own
            .by_ref()
            .filter(|pair| !pair.value.and(values).is_empty());
        let Some(first) = fitting.next() else {
            let value = rest?;
            let key = Some(key.into());
            self.pairs.push(Pair { key, value });
            return Some(());
        };
        // Only this one can be meant.
        if !may_be_more && fitting.next().is_none() && first.key.is_some() {
            first.value = first.value.and(values);
        }
        Some(())
    }

    /// Leaves out the queries in which a parameter of this name has such a value; `None` if that is
    /// all of them.
    pub(super) fn forbid(&mut self, key: &str, values: &ValueSet) -> Option<()> {
        let own = self.pairs.iter_mut();
        for pair in own.filter(|pair| pair.key.as_deref() == Some(key)) {
            pair.value = pair.value.without(values);
            if pair.value.is_empty() {
                return None;
            }
        }
        self.leave_out(key, values);
        Some(())
    }

    /// Returns `true` if a parameter of this name certainly has such a value.
    pub(super) fn always_has(&self, key: &str, values: &ValueSet) -> bool {
        let is_it = |pair: &Pair| pair.key.as_deref() == Some(key);
        self.pairs
            .iter()
            .any(|pair| is_it(pair) && pair.value.is_subset(values))
    }

    /// Returns `true` if certainly no parameter of this name has such a value.
    pub(super) fn never_has(&self, key: &str, values: &ValueSet) -> bool {
        let is_other = |pair: &Pair| {
            pair.key.as_deref().is_some_and(|own| own != key)
                || pair.key.is_some() && pair.value.and(values).is_empty()
        };
        self.rest_of(key, values).is_none() && self.pairs.iter().all(is_other)
    }

    /// The values of this name that may be among the rest, as far as these are; `None` if none is.
    fn rest_of(&self, key: &str, values: &ValueSet) -> Option<ValueSet> {
        let gone = self.gone.iter().filter(|(own, _)| **own == *key);
        let left = gone.fold(values.clone(), |left, (_, gone)| left.without(gone));
        (self.rest.may_have(key) && !left.is_empty()).then_some(left)
    }

    /// The rest has no such parameters.
    fn leave_out(&mut self, key: &str, values: &ValueSet) {
        let is_known = |(own, gone): &(Box<str>, ValueSet)| **own == *key && values.is_subset(gone);
        if self.rest.may_have(key) && !self.gone.iter().any(is_known) {
            self.gone.push((key.into(), values.clone()));
        }
    }

    /// Leaves out the queries with a parameter that these options don't ask for; `None` if that is
    /// all of them.
    pub(super) fn close(&mut self, options: &Options) -> Option<()> {
        let is_allowed = |key: &str| options.query_keys().any(|own| own == key);
        let mut keys = self.pairs.iter().filter_map(|pair| pair.key.as_deref());
        if !keys.all(is_allowed) {
            return None;
        }
        let keys = options.query_keys().filter(|key| self.rest.may_have(key));
        self.rest = Rest::Named(keys.map(Box::from).collect());
        Some(())
    }

    fn may_have(&self, key: &str) -> bool {
        self.rest_of(key, &ValueSet::ANY).is_some()
    }

    /// What a rule makes of it.
    pub(super) fn after(&self, record: &Record<'_>, ready: Option<&Ready>, own: &[u8]) -> Self {
        let policy = ready.map_or(QueryPolicy::Keep, |ready| ready.options.query);
        let edits = ready.map_or(&[][..], |ready| &ready.options.edits);
        let is_set = |name: &str| edits.iter().any(|edit| edit.sets(|own| own == name));
        let mut own_pairs = own_pairs(own);
        own_pairs.retain(|pair| pair.key.as_deref().is_none_or(|key| !is_set(key)));
        let mut pairs = own_pairs.clone();
        let drops = match policy {
            QueryPolicy::Drop => true,
            QueryPolicy::TargetWins => record.has(QUERY),
            QueryPolicy::Keep | QueryPolicy::Merge => false,
        };
        let mut rest = Self {
            pairs: Vec::new(),
            rest: self.rest.clone(),
            gone: self.gone.clone(),
        };
        if !drops {
            let removed = edits.iter().map(|edit| match edit {
                Edit::Remove(key) | Edit::Set(key, _) | Edit::Rename(key, _) => key,
            });
            let overruled: Vec<Box<str>> = match policy {
                QueryPolicy::Merge => pairs.iter().filter_map(|pair| pair.key.clone()).collect(),
                _ => Vec::new(),
            };
            let dropped = ready.map_or_else(Vec::new, |ready| {
                dropped(
                    edits,
                    &ready.options.conditions,
                    ready.options.repeats_asked,
                )
            });
            let mut leaves = dropped.clone();
            leaves.extend(removed.cloned());
            leaves.extend(overruled);
            let kept = self
                .pairs
                .iter()
                .filter(|pair| pair.key.as_ref().is_none_or(|key| !leaves.contains(key)));
            pairs.extend(kept.cloned());
            let replaces = |name: &str| {
                let is_own = |pair: &Pair| pair.key.as_deref() == Some(name);
                is_set(name) || policy == QueryPolicy::Merge && own_pairs.iter().any(is_own)
            };
            let renames = renames(edits, &dropped, replaces);
            for key in leaves {
                rest.leave_out(&key, &ValueSet::ANY);
            }
            for (from, to) in renames {
                let renamed = |pair: &&Pair| pair.key.as_deref() == Some(from);
                let renamed = self.pairs.iter().filter(renamed).map(|pair| Pair {
                    key: Some(to.into()),
                    value: pair.value.clone(),
                });
                pairs.extend(renamed);
                // One of the rest may have the new name now.
                if self.may_have(from) {
                    rest.gone.retain(|(gone, _)| **gone != *to);
                    if let Rest::Named(keys) = &mut rest.rest {
                        keys.push(to.into());
                    }
                }
            }
        }
        for edit in edits {
            if let Edit::Set(key, value) = edit {
                pairs.retain(|pair| pair.key.as_ref() != Some(key));
                pairs.push(Pair {
                    key: Some(key.clone()),
                    value: ValueSet::one(value.clone()),
                });
            }
        }
        if drops {
            rest = Self::default();
        }
        Self { pairs, ..rest }
    }

    /// Whether a redirect to the same path leads to the same address.
    pub(super) fn is_kept(
        before: &Self,
        after: &Self,
        record: &Record<'_>,
        ready: Option<&Ready>,
    ) -> bool {
        let policy = ready.map_or(QueryPolicy::Keep, |ready| ready.options.query);
        let is_known = |pair: &Pair| pair.key.is_some() && pair.value.known().is_some();
        // What replaces or removes parameters does so once.
        before == after
            && (!record.has(QUERY)
                || policy != QueryPolicy::Keep
                    && after.pairs.iter().all(is_known)
                    && !adds_again(before, record, ready))
    }
}

/// Returns `true` if the target has a parameter that the rule renames, so that each redirect adds
/// one more under the new name.
fn adds_again(before: &Query, record: &Record<'_>, ready: Option<&Ready>) -> bool {
    let Some(Options {
        query: QueryPolicy::Merge,
        edits,
        conditions,
        repeats_asked,
        ..
    }) = ready.map(|ready| &ready.options)
    else {
        return false;
    };
    let own = record
        .target
        .get(record.origin.into()..)
        .unwrap_or_default();
    let own = own_pairs(target::split(own).1);
    let has = |pairs: &[Pair], name: &str| {
        let mut keys = pairs.iter().map(|pair| pair.key.as_deref());
        keys.any(|key| key == Some(name))
    };
    let replaces =
        |name: &str| has(&own, name) || edits.iter().any(|edit| edit.sets(|key| key == name));
    let dropped = dropped(edits, conditions, *repeats_asked);
    renames(edits, &dropped, replaces)
        .iter()
        .any(|(from, _)| has(&before.pairs, from))
}

/// Returns the parameters of the request that a rule doesn't send.
fn dropped(edits: &[Edit], conditions: &[(bool, Condition)], repeats_asked: bool) -> Vec<Box<str>> {
    let consumed = conditions.iter().filter(|_| !repeats_asked);
    let consumed = consumed.filter_map(|(expected, has)| match &has.place {
        Place::Query(key) if *expected && !has.value.is_any() => Some(key),
        _ => None,
    });
    let removed = edits.iter().filter_map(|edit| match edit {
        Edit::Remove(key) => Some(key),
        _ => None,
    });
    consumed.chain(removed).cloned().collect()
}

/// Returns the names that a rule changes, and their new names. The first new name counts, and what
/// is dropped or replaced has none.
fn renames<'e>(
    edits: &'e [Edit],
    dropped: &[Box<str>],
    replaces: impl Fn(&str) -> bool,
) -> Vec<(&'e str, &'e str)> {
    let mut renamed: Vec<&str> = Vec::new();
    let renames = edits.iter().filter_map(|edit| match edit {
        Edit::Rename(from, to) => Some((&**from, &**to)),
        _ => None,
    });
    renames
        .filter(|(from, to)| {
            let is_first = !renamed.contains(from);
            renamed.push(from);
            is_first && !dropped.iter().any(|key| **key == **from) && !replaces(to)
        })
        .collect()
}

/// The parameters that every redirect of a target has. What a placeholder stands for isn't known.
pub(super) fn own_pairs(own: &[u8]) -> Vec<Pair> {
    let own = String::from_utf8_lossy(own.strip_prefix(b"?").unwrap_or(own)).into_owned();
    let known = |text: &str| {
        let has_slot = text.bytes().any(|byte| byte < 0x20);
        (!has_slot).then(|| Box::from(&*parameters::plain(text)))
    };
    let pair = |(key, value): (&str, &str)| Pair {
        key: known(key),
        value: known(value).map_or(ValueSet::ANY, ValueSet::one),
    };
    parameters::pairs(&own).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Pair, Query, ValueSet};
    use crate::{
        policy::Policy,
        rules::{Condition, QueryPolicy, Rule, Rules, parameters, verify::Finder},
        testing,
    };

    type Received = Vec<(String, String)>;

    impl Query {
        /// Returns `true` if the query is in the set.
        fn contains(&self, received: &Received) -> bool {
            fn fits(query: &Query, pairs: &[Pair], left: &Received) -> bool {
                let Some((first, pairs)) = pairs.split_first() else {
                    return left.iter().all(|(key, value)| {
                        query.rest_of(key, &ValueSet::one(&**value)).is_some()
                    });
                };
                (0..left.len()).any(|at| {
                    let mut left = left.clone();
                    let (key, value) = left.remove(at);
                    first.key.as_deref().is_none_or(|own| *own == *key)
                        && first.value.may_contain(&value)
                        && fits(query, pairs, &left)
                })
            }
            fits(self, &self.pairs, received)
        }
    }

    fn received(query: &str) -> Received {
        let plain = |text| parameters::plain(text).into_owned();
        let pairs = parameters::pairs(query);
        pairs
            .map(|(key, value)| (plain(key), plain(value)))
            .collect()
    }

    fn queries() -> impl Strategy<Value = String> {
        let pair = prop::sample::select(vec!["k=1", "k=2", "k=", "k", "j=1", "j=3", "%6B=1", "x"]);
        prop::collection::vec(pair, 0..4).prop_map(|pairs| pairs.join("&"))
    }

    fn rules() -> impl Strategy<Value = Rule> {
        let edit = |rule: Rule, which: u8| {
            let of = |values: &[&str]| Condition::query("k").one_of(values);
            match which {
                0 => rule.when(of(&["1", "2"])),
                1 => rule.unless(of(&["1"])),
                2 => rule.when(Condition::query("j")),
                3 => rule.unless(Condition::query("x")),
                4 => rule.remove_param("k"),
                5 => rule.rename_param("k", "j"),
                6 => rule.rename_param("j", "k"),
                7 => rule.set_param("k", "2"),
                8 => rule.when(of(&["2", "3"])),
                9 => rule.when(Condition::query("k").captured_as("c")),
                _ => rule.unless(of(&["", "2"])),
            }
        };
        let policy = prop::sample::select(vec![
            QueryPolicy::Keep,
            QueryPolicy::Drop,
            QueryPolicy::Merge,
            QueryPolicy::TargetWins,
        ]);
        (policy, queries(), prop::collection::vec(0..11_u8, 0..4)).prop_map(
            move |(policy, query, edits)| {
                let question = if query.is_empty() { "" } else { "?" };
                let rule = Rule::found("/a", format!("/b{question}{query}")).query(policy);
                edits.into_iter().fold(rule, edit)
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// What a rule matches and what it sends is in its sets.
        #[test]
        fn sets_have_what_a_rule_matches_and_sends(rule in rules(), query in queries()) {
            // A name that is captured twice, for one, makes no table.
            let Ok(rules) = Rules::new([rule]) else {
                return Ok(());
            };
            let request = testing::get(&format!("/a?{query}"));
            let Some(redirect) = rules.decide(&request.head()).into_target() else {
                return Ok(());
            };
            let mut finder = Finder::new(&rules);
            let (_, record) = rules.table.records().next().unwrap();
            let step = finder.step_of(&record).unwrap();
            prop_assert!(step.answered.query.contains(&received(&query)), "{step:?}");
            let location = redirect.location().as_str();
            let sent = location.split_once('?').map_or("", |(_, query)| query);
            prop_assert!(step.next.unwrap().query.contains(&received(sent)), "{location}");
        }
    }
}

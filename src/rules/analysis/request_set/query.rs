//! A query as far as it is known.

use crate::rules::{
    analysis::request_set::value_set::ValueSet,
    compiled_options::CompiledOptions,
    compiled_rule::{CompiledRule, QUERY},
    condition::{Condition, Place},
    options::{Edit, Options, QueryPolicy},
    parameters, target,
};

/// A parameter in plain text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::rules) struct Pair {
    /// `None` if it isn't known.
    pub(in crate::rules) key: Option<Box<str>>,
    pub(in crate::rules) value: ValueSet,
}

/// A query: pairs that are there, and perhaps more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::rules) struct Query {
    /// Those that are there, in their order.
    pub(in crate::rules) pairs: Vec<Pair>,
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
    fn names(&self) -> &[Box<str>] {
        match self {
            Self::Named(names) => names,
            Self::Nothing | Self::Anything => &[],
        }
    }

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
    pub(in crate::rules) fn anything() -> Self {
        Self {
            rest: Rest::Anything,
            ..Self::default()
        }
    }

    /// How many texts are known of.
    pub(in crate::rules) fn text_count(&self) -> usize {
        let pairs = self.pairs.iter().map(|pair| 1 + pair.value.text_count());
        let gone = self.gone.iter().map(|(_, values)| 1 + values.text_count());
        pairs.chain(gone).sum::<usize>() + self.rest.names().len()
    }

    /// How many bytes it takes in memory, about.
    pub(in crate::rules) fn size(&self) -> usize {
        let length = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        let pair = |pair: &Pair| size_of::<Pair>() + length(&pair.key) + pair.value.size();
        let gone = |(key, values): &(Box<str>, ValueSet)| {
            size_of::<(Box<str>, ValueSet)>() + key.len() + values.size()
        };
        let rest = self.rest.names().iter();
        let rest = rest.map(|key| size_of::<Box<str>>() + key.len());
        let gone = self.gone.iter().map(gone);
        self.pairs.iter().map(pair).chain(gone).chain(rest).sum()
    }

    /// Leaves out the queries in which no parameter of this name has such a value; `None` if that
    /// is all of them.
    pub(in crate::rules) fn require(&mut self, key: &str, values: &ValueSet) -> Option<()> {
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
    pub(in crate::rules) fn forbid(&mut self, key: &str, values: &ValueSet) -> Option<()> {
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
    pub(in crate::rules) fn always_has(&self, key: &str, values: &ValueSet) -> bool {
        let is_it = |pair: &Pair| pair.key.as_deref() == Some(key);
        self.pairs
            .iter()
            .any(|pair| is_it(pair) && pair.value.is_subset(values))
    }

    /// Returns `true` if certainly no parameter of this name has such a value.
    pub(in crate::rules) fn never_has(&self, key: &str, values: &ValueSet) -> bool {
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

    /// Leaves out the queries with a parameter that these options don't ask for. Returns `None` if
    /// these are all queries, and `true` if none is left out.
    pub(in crate::rules) fn close(&mut self, options: &Options) -> Option<bool> {
        let is_allowed = |key: &str| options.query_keys().any(|own| own == key);
        let mut keys = self.pairs.iter().filter_map(|pair| pair.key.as_deref());
        if !keys.all(is_allowed) {
            return None;
        }
        let is_known = self.pairs.iter().all(|pair| pair.key.is_some());
        match &mut self.rest {
            Rest::Nothing => return Some(is_known),
            Rest::Named(names) => {
                let before = names.len();
                names.retain(|name| is_allowed(name));
                return Some(is_known && names.len() == before);
            }
            Rest::Anything => {}
        }
        self.rest = Rest::Named(options.query_keys().map(Box::from).collect());
        Some(false)
    }

    /// A parameter of this name, or of any name, may be among the rest.
    fn allow(&mut self, key: Option<&str>) {
        let Some(key) = key else {
            self.rest = Rest::Anything;
            self.gone.clear();
            return;
        };
        self.gone.retain(|(gone, _)| **gone != *key);
        match &mut self.rest {
            Rest::Nothing => self.rest = Rest::Named(vec![key.into()]),
            Rest::Named(keys) if keys.iter().all(|own| **own != *key) => keys.push(key.into()),
            Rest::Named(_) | Rest::Anything => {}
        }
    }

    fn may_have(&self, key: &str) -> bool {
        self.rest_of(key, &ValueSet::ANY).is_some()
    }

    /// What a rule makes of it.
    pub(in crate::rules) fn after(
        &self,
        rule: &CompiledRule<'_>,
        compiled: Option<&CompiledOptions>,
        own: &[u8],
    ) -> Self {
        let policy = compiled.map_or(QueryPolicy::Keep, |compiled| compiled.options.query);
        let edits = compiled.map_or(&[][..], |compiled| &compiled.options.edits);
        let is_set = |name: &str| edits.iter().any(|edit| edit.sets(|own| own == name));
        let mut own_pairs = own_pairs(own);
        own_pairs.retain(|pair| pair.key.as_deref().is_none_or(|key| !is_set(key)));
        let mut pairs = own_pairs.clone();
        // A name that isn't known may be the name of a parameter that is set.
        let may_be_set = edits.iter().any(|edit| matches!(edit, Edit::Set(..)))
            && own_pairs.iter().any(|pair| pair.key.is_none());
        if may_be_set {
            pairs.retain(|pair| pair.key.is_some());
        }
        let drops = match policy {
            QueryPolicy::Drop => true,
            QueryPolicy::TargetWins => rule.has(QUERY),
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
            let dropped = compiled.map_or_else(Vec::new, |compiled| {
                dropped(
                    edits,
                    &compiled.options.conditions,
                    compiled.options.repeats_asked,
                )
            });
            let mut leaves = dropped.clone();
            leaves.extend(removed.cloned());
            leaves.extend(overruled);
            // A name of the target that isn't known may replace any other one.
            let may_replace_any =
                policy == QueryPolicy::Merge && own_pairs.iter().any(|pair| pair.key.is_none());
            for pair in &self.pairs {
                match &pair.key {
                    Some(key) if leaves.contains(key) => {}
                    None if !leaves.is_empty() => rest.allow(None),
                    key if may_replace_any => rest.allow(key.as_deref()),
                    _ => pairs.push(pair.clone()),
                }
            }
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
                if may_replace_any {
                    rest.allow(Some(to));
                } else {
                    pairs.extend(renamed);
                }
                // One of the rest may have the new name now.
                if self.may_have(from) {
                    rest.allow(Some(to));
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
        if may_be_set {
            rest.allow(None);
        }
        Self { pairs, ..rest }
    }

    /// Whether a redirect to the same path leads to the same address.
    pub(in crate::rules) fn is_kept(
        before: &Self,
        after: &Self,
        rule: &CompiledRule<'_>,
        compiled: Option<&CompiledOptions>,
    ) -> bool {
        let policy = compiled.map_or(QueryPolicy::Keep, |compiled| compiled.options.query);
        let is_known = |pair: &Pair| pair.key.is_some() && pair.value.known().is_some();
        let edits = compiled.map_or(&[][..], |compiled| &compiled.options.edits);
        // What replaces or removes parameters does so once.
        before == after
            && !swaps_names(edits)
            && (!rule.has(QUERY)
                || policy != QueryPolicy::Keep
                    && after.pairs.iter().all(is_known)
                    && !adds_again(before, rule, compiled))
    }
}

/// Returns `true` if a rule gives a parameter the name that it changes, so each redirect may send
/// another query with the same names.
fn swaps_names(edits: &[Edit]) -> bool {
    edits.iter().any(|edit| match edit {
        Edit::Rename(_, to) => edits
            .iter()
            .any(|other| matches!(other, Edit::Rename(from, _) if from == to)),
        Edit::Remove(_) | Edit::Set(..) => false,
    })
}

/// Returns `true` if the target has a parameter that the rule renames, so that each redirect adds
/// one more under the new name.
fn adds_again(before: &Query, rule: &CompiledRule<'_>, compiled: Option<&CompiledOptions>) -> bool {
    let Some(Options {
        query: QueryPolicy::Merge,
        edits,
        conditions,
        repeats_asked,
        ..
    }) = compiled.map(|compiled| &compiled.options)
    else {
        return false;
    };
    let own = rule.target.get(rule.origin.into()..).unwrap_or_default();
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
pub(in crate::rules) fn own_pairs(own: &[u8]) -> Vec<Pair> {
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
mod tests;

//! A query as far as it is known.

use std::borrow::Cow;

use crate::rules::{
    analysis::request_set::value_set::ValueSet,
    compiled_rule::{CompiledRule, QUERY},
    options::{Options, QueryPolicy},
    parameters,
    sent_parameters::{Fate, Name, SentParameters},
    target,
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
    pub(super) rest: Rest,
    /// Parameters that aren't among the rest.
    pub(super) gone: Vec<(Box<str>, ValueSet)>,
}

/// The parameters that may be there besides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Rest {
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

    /// Leaves out the queries in which no parameter of this name has such a value; `None` if that
    /// is all of them.
    pub(in crate::rules) fn require(&mut self, key: &str, values: &ValueSet) -> Option<()> {
        let is_it = |pair: &Pair| {
            let may_be_it = pair.key.as_deref().is_none_or(|own| own == key);
            may_be_it && !pair.value.and(values).is_empty()
        };
        let rest = self.rest_of(key, values);
        let Some(at) = self.pairs.iter().position(is_it) else {
            let value = rest?;
            let key = Some(key.into());
            self.pairs.push(Pair { key, value });
            return Some(());
        };
        let mut others = self.pairs.iter().skip(at + 1).filter(|pair| is_it(pair));
        let first = self.pairs.get(at)?;
        let is_only = rest.is_none() && others.clone().next().is_none();
        // Another parameter may be the one that is meant. Then the two change places, if each can
        // have the value of the other.
        let mut may_swap = || {
            let rest =
                rest.is_none() || self.rest_of(key, &first.value) == Some(first.value.clone());
            let is_like_first =
                |pair: &Pair| pair.key.is_some() && first.value.is_subset(&pair.value);
            values.is_subset(&first.value) && rest && others.all(is_like_first)
        };
        if first.key.is_some() && (is_only || may_swap()) {
            let value = first.value.and(values);
            if let Some(first) = self.pairs.get_mut(at) {
                first.value = value;
            }
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

    /// Returns `false` if this query, a list of names and values, isn't in the set.
    pub(in crate::rules) fn may_be(&self, received: &[(Box<str>, Box<str>)]) -> bool {
        let fits = |pair: &Pair, (key, value): &(Box<str>, Box<str>)| {
            pair.key.as_deref().is_none_or(|own| *own == **key) && pair.value.may_contain(value)
        };
        let is_received = |pair: &Pair| received.iter().any(|own| fits(pair, own));
        self.pairs.iter().all(is_received)
            && received.iter().all(|own| {
                let is_rest = || self.rest_of(&own.0, &ValueSet::one(&*own.1)).is_some();
                self.pairs.iter().any(|pair| fits(pair, own)) || is_rest()
            })
    }

    fn may_have(&self, key: &str) -> bool {
        self.rest_of(key, &ValueSet::ANY).is_some()
    }

    /// What a rule makes of it.
    pub(in crate::rules) fn after(
        &self,
        rule: &CompiledRule<'_>,
        options: &Options,
        own: &[u8],
    ) -> Self {
        let own = own_pairs(own);
        let sends = sent_parameters(Some(options), &own);
        // It may be the name of any other parameter.
        let has_unknown = own.iter().any(|pair| pair.key.is_none());
        let may_be_set = has_unknown && sends.set().next().is_some();
        let stays = |pair: &&Pair| match &pair.key {
            Some(key) => !sends.sets(Name::Plain(key)),
            None => !may_be_set,
        };
        let mut next = Self {
            pairs: own.iter().filter(stays).cloned().collect(),
            ..Self::default()
        };
        match options.query.for_target(rule.has(QUERY)) {
            QueryPolicy::Drop => {}
            QueryPolicy::Merge => self.send(&sends, has_unknown, &mut next),
            _ => self.send(&sends, false, &mut next),
        }
        if may_be_set {
            next.allow(None);
        }
        next.pairs.extend(sends.set().map(|(key, value)| Pair {
            key: Some(key.into()),
            value: ValueSet::one(value),
        }));
        next
    }

    /// Adds what is sent of it to a query. Each parameter may be replaced by one of another name
    /// if `may_be_replaced`.
    fn send(&self, sends: &SentParameters<'_>, may_be_replaced: bool, next: &mut Self) {
        next.rest = self.rest.clone();
        next.gone = self.gone.clone();
        let keeps_all_names = sends.names().next().is_none();
        for Pair { key, value } in &self.pairs {
            let key = match key
                .as_deref()
                .map(|key| (key, sends.fate(Name::Plain(key))))
            {
                None if keeps_all_names => None,
                None => {
                    next.allow(None);
                    continue;
                }
                Some((_, Fate::Dropped)) => continue,
                Some((key, Fate::Sent) | (_, Fate::Renamed(key))) => Some(key),
            };
            if may_be_replaced {
                next.allow(key);
            } else {
                let (key, value) = (key.map(Box::from), value.clone());
                next.pairs.push(Pair { key, value });
            }
        }
        for name in sends.names() {
            next.leave_out(name, &ValueSet::ANY);
        }
        for (from, to) in sends.renames() {
            // One of the rest may have the new name now.
            let may_be_it = |pair: &Pair| match &pair.key {
                Some(key) => may_be_replaced && **key == *from,
                None => true,
            };
            if self.may_have(from) || self.pairs.iter().any(may_be_it) {
                next.allow(Some(to));
            }
        }
    }

    /// Returns `true` if a redirect to the same path leads to the same URL.
    pub(in crate::rules) fn is_kept(
        before: &Self,
        after: &Self,
        rule: &CompiledRule<'_>,
        options: &Options,
    ) -> bool {
        if before != after {
            return false;
        }
        let own = rule.target.get(rule.origin.into()..).unwrap_or_default();
        let own = own_pairs(target::split(own).1);
        let sends = sent_parameters(Some(options), &own);
        let is_renamed = |name: &str| matches!(sends.fate(Name::Plain(name)), Fate::Renamed(_));
        // Each redirect may send another query with the same names.
        let swaps_names = || sends.renames().any(|(_, to)| is_renamed(to));
        let policy = options.query.for_target(rule.has(QUERY));
        // The target has a parameter that is renamed, so each redirect adds one more.
        let adds_again = || {
            let mut keys = before.pairs.iter().filter_map(|pair| pair.key.as_deref());
            policy == QueryPolicy::Merge && keys.any(is_renamed)
        };
        let is_known = |pair: &Pair| pair.key.is_some() && pair.value.known().is_some();
        // What replaces or removes parameters does so once.
        !swaps_names()
            && (!rule.has(QUERY)
                || policy != QueryPolicy::Keep && after.pairs.iter().all(is_known) && !adds_again())
    }
}

/// What a rule sends if its target has these parameters.
fn sent_parameters<'o>(options: Option<&'o Options>, own: &'o [Pair]) -> SentParameters<'o> {
    let names = own.iter().filter_map(|pair| pair.key.as_deref());
    SentParameters::new(options, names.map(Cow::Borrowed))
}

/// The parameters that every redirect of a target has. What a placeholder stands for isn't known.
fn own_pairs(own: &[u8]) -> Vec<Pair> {
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

//! A query as far as it is known.

use crate::rules::{
    ask,
    condition::Ready,
    has::{Condition, Place, ValueMatcher},
    options::{Edit, Options, QueryPolicy},
    record::{QUERY, Record},
    target,
};

/// A name and a value in plain text, each `None` where it is not known.
type Pair = (Option<Box<str>>, Option<Box<str>>);

/// A query: pairs that are there, and perhaps more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Query {
    /// Those that are there.
    pub(super) pairs: Vec<Pair>,
    /// Whether there may be more.
    open: bool,
    /// Names that are not among the rest.
    gone: Vec<Box<str>>,
}

impl Query {
    /// Any query at all.
    pub(super) fn anything() -> Self {
        Self {
            open: true,
            ..Self::default()
        }
    }

    /// How many names are known of.
    pub(super) fn len(&self) -> usize {
        self.pairs.len() + self.gone.len()
    }

    /// How many bytes it takes in memory, about.
    pub(super) fn size(&self) -> usize {
        let length = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
        let pair = |(key, value): &Pair| size_of::<Pair>() + length(key) + length(value);
        let gone = self
            .gone
            .iter()
            .map(|key| size_of::<Box<str>>() + key.len());
        self.pairs.iter().map(pair).sum::<usize>() + gone.sum::<usize>()
    }

    pub(super) fn narrow(
        &mut self,
        expected: bool,
        key: &str,
        matcher: &ValueMatcher,
    ) -> Option<()> {
        let fits = |value: &Option<Box<str>>| match value {
            None => true,
            Some(value) => {
                let listed = matcher.one_of.as_deref();
                listed.is_none_or(|listed| listed.contains(value))
                    && !(matcher.rejects_empty() && value.is_empty())
            }
        };
        let is_it = |own: &Option<Box<str>>| own.as_deref().is_none_or(|own| own == key);
        let mut own = self.pairs.iter().filter(|(name, _)| is_it(name));
        if expected {
            if own.any(|(_, value)| fits(value)) {
                return Some(());
            }
            if !self.may_have(key) {
                return None;
            }
            let value = match matcher.only_listed() {
                Some(values) => Some(values.first()?.clone()),
                None => None,
            };
            self.pairs.push((Some(key.into()), value));
            return Some(());
        }
        let surely = own.any(|(name, value)| {
            name.is_some()
                && match (value, matcher.only_listed()) {
                    _ if matcher.is_any() => true,
                    (Some(value), Some(values)) => values.contains(value),
                    _ => false,
                }
        });
        (!surely).then_some(())
    }

    /// Leaves out the queries with a parameter that these options don't ask for; `None` if that is
    /// all of them.
    pub(super) fn close(&mut self, options: &Options) -> Option<()> {
        let is_allowed = |key: &str| options.query_keys().any(|own| own == key);
        let mut keys = self.pairs.iter().filter_map(|(key, _)| key.as_deref());
        if !keys.all(is_allowed) {
            return None;
        }
        self.open = false;
        Some(())
    }

    fn may_have(&self, key: &str) -> bool {
        self.open && !self.gone.iter().any(|gone| **gone == *key)
    }

    /// What a rule makes of it.
    pub(super) fn after(&self, record: &Record<'_>, ready: Option<&Ready>, own: &[u8]) -> Self {
        let policy = ready.map_or(QueryPolicy::Keep, |ready| ready.options.query);
        let edits = ready.map_or(&[][..], |ready| &ready.options.edits);
        let is_set = |name: &str| edits.iter().any(|edit| edit.sets(|own| own == name));
        let mut own_pairs = own_pairs(own);
        own_pairs.retain(|(key, _)| key.as_deref().is_none_or(|key| !is_set(key)));
        let mut pairs = own_pairs.clone();
        let drops = match policy {
            QueryPolicy::Drop => true,
            QueryPolicy::TargetWins => record.has(QUERY),
            QueryPolicy::Keep | QueryPolicy::Merge => false,
        };
        let mut gone = self.gone.clone();
        if !drops {
            let removed = edits.iter().map(|edit| match edit {
                Edit::Remove(key) | Edit::Set(key, _) | Edit::Rename(key, _) => key,
            });
            let overruled: Vec<Box<str>> = match policy {
                QueryPolicy::Merge => pairs.iter().filter_map(|(key, _)| key.clone()).collect(),
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
                .filter(|(key, _)| key.as_ref().is_none_or(|key| !leaves.contains(key)));
            pairs.extend(kept.cloned());
            let replaces = |name: &str| {
                let own = |(key, _): &(Option<Box<str>>, _)| key.as_deref() == Some(name);
                is_set(name) || policy == QueryPolicy::Merge && own_pairs.iter().any(own)
            };
            let renames = renames(edits, &dropped, replaces);
            for key in leaves {
                if !gone.contains(&key) {
                    gone.push(key);
                }
            }
            for (from, to) in renames {
                match self
                    .pairs
                    .iter()
                    .find(|(key, _)| key.as_deref() == Some(from))
                {
                    Some((_, value)) => pairs.push((Some(to.into()), value.clone())),
                    // It may be among the rest under its new name.
                    None => gone.retain(|gone| **gone != *to || !self.may_have(from)),
                }
            }
        }
        for edit in edits {
            if let Edit::Set(key, value) = edit {
                pairs.retain(|(own, _)| own.as_ref() != Some(key));
                pairs.push((Some(key.clone()), Some(value.clone())));
            }
        }
        // Merged pairs stand where they stood; more of the same say no more.
        if policy == QueryPolicy::Merge {
            pairs.dedup();
        }
        let open = self.open && !drops;
        if !open {
            gone.clear();
        }
        Self { pairs, open, gone }
    }

    /// Whether a redirect to the same path leads to the same address.
    pub(super) fn is_kept(
        before: &Self,
        after: &Self,
        record: &Record<'_>,
        ready: Option<&Ready>,
    ) -> bool {
        let policy = ready.map_or(QueryPolicy::Keep, |ready| ready.options.query);
        let is_known = |(key, value): &Pair| key.is_some() && value.is_some();
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
        let mut keys = pairs.iter().map(|(key, _)| key.as_deref());
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

pub(super) fn own_pairs(own: &[u8]) -> Vec<Pair> {
    let own = String::from_utf8_lossy(own.strip_prefix(b"?").unwrap_or(own)).into_owned();
    let known = |text: &str| {
        let has_slot = text.bytes().any(|byte| byte < 0x20);
        (!has_slot).then(|| Box::from(&*ask::plain(text)))
    };
    ask::pairs(&own)
        .map(|(key, value)| (known(key), known(value)))
        .collect()
}

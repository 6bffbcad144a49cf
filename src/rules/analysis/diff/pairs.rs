//! Which rules of two tables are the same, and which are for the same requests.

use std::collections::{HashMap, HashSet, VecDeque};

use foldhash::fast::RandomState;

use crate::rules::{
    RuleNumber, RuleOffset, Rules,
    compiled_rule::{CompiledRule, PATTERN, QUERY, REGEX},
    options::{Options, QueryPolicy},
    outcome::Outcome,
};

type Map<K, V> = HashMap<K, V, RandomState>;

/// The rule of the other table that is for the same requests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partner {
    pub(super) at: RuleOffset,
    /// It answers them in the same way, where it answers.
    pub(super) is_same: bool,
}

/// The partners of the rules of both tables, by where they begin.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pub(super) of_old: Map<RuleOffset, Partner>,
    pub(super) of_new: Map<RuleOffset, Partner>,
    /// Rules of the old table whose order among those that stayed is another one.
    pub(super) moved: HashSet<RuleOffset, RandomState>,
}

/// A rule as numbers: which requests it is for, and what it answers.
struct Known {
    at: RuleOffset,
    key: u32,
    value: u32,
}

/// Gives equal things the same number.
struct Numbers<K> {
    known: Map<K, u32>,
}

impl<K: Eq + std::hash::Hash> Numbers<K> {
    fn new() -> Self {
        Self {
            known: Map::default(),
        }
    }

    fn of(&mut self, thing: K) -> u32 {
        let next = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        *self.known.entry(thing).or_insert(next)
    }
}

/// Whether a source is a pattern or a regex, the source without the names of its placeholders, and
/// its options.
type Key = (u16, Vec<u8>, u32);

/// The outcome, the length of the origin, the target, what becomes of the query, and its options.
type Value<'r> = (Outcome, u16, &'r [u8], QueryPolicy, u32);

impl Pairs {
    pub(super) fn of(old: &Rules, new: &Rules) -> Self {
        let mut keys = Numbers::new();
        let mut values = Numbers::new();
        let mut options = [Numbers::new(), Numbers::new()];
        let mut known = |rules| known(rules, &mut options, &mut keys, &mut values);
        let (old, new) = (known(old), known(new));

        let mut pairs = Self::default();
        let mut waiting: Map<(u32, u32), VecDeque<(usize, RuleOffset)>> = Map::default();
        for (place, rule) in new.iter().enumerate() {
            let same = waiting.entry((rule.key, rule.value)).or_default();
            same.push_back((place, rule.at));
        }
        let mut stayed = Vec::new();
        for rule in &old {
            let same = waiting.get_mut(&(rule.key, rule.value));
            if let Some((place, at)) = same.and_then(VecDeque::pop_front) {
                pairs.add(rule.at, at, true);
                stayed.push((rule.at, place));
            }
        }
        pairs.moved = moved(&stayed);

        let mut waiting: Map<u32, VecDeque<RuleOffset>> = Map::default();
        for rule in &new {
            if !pairs.of_new.contains_key(&rule.at) {
                waiting.entry(rule.key).or_default().push_back(rule.at);
            }
        }
        for rule in &old {
            if !pairs.of_old.contains_key(&rule.at) {
                let other = waiting.get_mut(&rule.key).and_then(VecDeque::pop_front);
                if let Some(at) = other {
                    pairs.add(rule.at, at, false);
                }
            }
        }
        pairs
    }

    fn add(&mut self, old: RuleOffset, new: RuleOffset, is_same: bool) {
        self.of_old.insert(old, Partner { at: new, is_same });
        self.of_new.insert(new, Partner { at: old, is_same });
    }
}

impl Rules {
    /// The numbers of the rules that another table has for the same requests too, and those they
    /// have there.
    pub(in crate::rules) fn same_requests(&self, before: &Self) -> Vec<(RuleNumber, RuleNumber)> {
        let number = |rules: &Self, at| rules.table.rule(at).map(|rule| rule.number);
        let pairs = Pairs::of(before, self).of_new;
        let numbers = pairs
            .iter()
            .filter_map(|(own, other)| Some((number(self, *own)?, number(before, other.at)?)));
        numbers.collect()
    }
}

/// The rules of a table in the order in which they are asked.
fn known<'r>(
    rules: &'r Rules,
    [matching, answering]: &mut [Numbers<Options>; 2],
    keys: &mut Numbers<Key>,
    values: &mut Numbers<Value<'r>>,
) -> Vec<Known> {
    let nothing = Options::default();
    let mut of_options = |options: &Options| {
        let (own, others) = split(options);
        (matching.of(own), answering.of(others))
    };
    let none = of_options(&nothing);
    let of_table: Vec<_> = rules
        .table
        .options
        .iter()
        .map(|compiled| of_options(&compiled.options))
        .collect();
    let mut known: Vec<_> = rules
        .table
        .rules()
        .map(|(at, rule)| {
            let own = rule.options.and_then(|at| of_table.get(at.get()));
            let (matching, answering) = *own.unwrap_or(&none);
            let key = keys.of((
                rule.flags & (PATTERN | REGEX),
                nameless(rule.source, rule.has(PATTERN)),
                matching,
            ));
            let query = query_policy(rules, &rule);
            let CompiledRule { origin, target, .. } = rule;
            let value = values.of((rule.outcome(), origin, target, query, answering));
            let rank = rules.table.rank(&rule, rules.precedence);
            (rank, Known { at, key, value })
        })
        .collect();
    known.sort_unstable_by_key(|(rank, _)| *rank);
    known.into_iter().map(|(_, known)| known).collect()
}

/// What becomes of the query of a request, said in one way.
fn query_policy(rules: &Rules, rule: &CompiledRule<'_>) -> QueryPolicy {
    let compiled = rules.table.options(rule);
    let policy = compiled.map_or(QueryPolicy::Keep, |compiled| compiled.options.query);
    policy.for_target(rule.has(QUERY))
}

/// What a rule asks for, and what it says of its answer; what placeholders are called is neither.
fn split(options: &Options) -> (Options, Options) {
    let conditions = options.conditions.iter().map(|(expected, has)| {
        let mut nameless = has.clone();
        nameless.value.captures.fill_with(Default::default);
        (*expected, nameless)
    });
    let asking = Options {
        scheme: options.scheme,
        host: options.host.clone(),
        methods: options.methods.clone(),
        conditions: conditions.collect(),
        except: options
            .except
            .iter()
            .map(|one| String::from_utf8_lossy(&nameless(one.as_bytes(), true)).into())
            .collect(),
        matching: options.matching,
        last_value: options.last_value,
        only_these_parameters: options.only_these_parameters,
        own_target: options.own_target.clone(),
        host_label: options.host_label,
        ..Options::default()
    };
    let answering = Options {
        edits: options.edits.clone(),
        cache: options.cache,
        after: options.after,
        merge_slashes: options.merge_slashes,
        repeats_asked: options.repeats_asked,
        ..Options::default()
    };
    (asking, answering)
}

/// A source without the names of its placeholders.
fn nameless(source: &[u8], is_pattern: bool) -> Vec<u8> {
    if !is_pattern {
        return source.to_vec();
    }
    let mut inside = false;
    let kept = source.iter().filter(|byte| {
        inside = match byte {
            b'{' => true,
            b'}' => false,
            _ => inside,
        };
        !inside || b"{*/?".contains(byte)
    });
    kept.copied().collect()
}

/// The fewest rules without which all others are in the order in which they were; each with its new
/// place, in the old order.
fn moved(stayed: &[(RuleOffset, usize)]) -> HashSet<RuleOffset, RandomState> {
    // The last rule of the best row of each length, and what stands before each in its row.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::new();
    let place = |at: &usize| stayed.get(*at).map_or(0, |(_, place)| *place);
    for (at, (_, own)) in stayed.iter().enumerate() {
        let length = ends.partition_point(|end| place(end) < *own);
        before.push(length.checked_sub(1).and_then(|at| ends.get(at).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut moved: HashSet<RuleOffset, RandomState> = stayed.iter().map(|(at, _)| *at).collect();
    let mut next = ends.last().copied();
    while let Some(at) = next {
        if let Some((rule, _)) = stayed.get(at) {
            moved.remove(rule);
        }
        next = before.get(at).copied().flatten();
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::{RuleOffset, moved};

    #[test]
    fn as_few_as_possible_have_moved() {
        for (places, expected) in [
            (&[0, 1, 2, 3][..], 0),
            (&[3, 0, 1, 2], 1),
            (&[1, 2, 3, 0], 1),
            (&[3, 2, 1, 0], 3),
            (&[2, 0, 3, 1], 2),
            (&[], 0),
        ] {
            let stayed: Vec<_> = (0..).map(RuleOffset).zip(places.iter().copied()).collect();
            assert_eq!(moved(&stayed).len(), expected, "{places:?}");
        }
    }
}

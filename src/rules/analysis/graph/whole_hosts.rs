//! Rules that match every request on a host but perhaps those for `/`, such as
//! `any://old.example/{*rest}`.
//!
//! If such a rule comes before another one, the other one never redirects a request on that host.
//! So the first one doesn't match what follows a redirect of the other on the same host.

use std::collections::HashMap;

use super::RuleGraph;
use crate::rules::{
    RuleOffset,
    analysis::request_set::{
        RequestSet,
        host::Host,
        path::{End, Fresh, Path},
    },
    compiled_rule::CompiledRule,
    pattern::Tail,
    search::Rank,
};

/// These rules, in the order in which they are tried.
#[derive(Debug, Default)]
pub(super) struct WholeHosts {
    ranks: Vec<Rank>,
    places: HashMap<RuleOffset, usize>,
}

impl WholeHosts {
    /// Returns how many of them come before a rule of this rank.
    pub(super) fn before(&self, rank: Rank) -> usize {
        self.ranks.partition_point(|own| *own < rank)
    }

    /// Returns `true` if a rule is one of the first ones.
    pub(super) fn is_among_first(&self, at: RuleOffset, count: usize) -> bool {
        self.places.get(&at).is_some_and(|place| *place < count)
    }
}

impl RuleGraph<'_> {
    pub(super) fn whole_hosts(&self) -> &WholeHosts {
        self.whole_hosts.get_or_init(|| {
            let rules = self.table.rules();
            let mut found: Vec<(Rank, RuleOffset)> = rules
                .filter(|(_, rule)| self.takes_a_host(rule))
                .map(|(at, rule)| (self.rank(&rule), at))
                .collect();
            found.sort_unstable_by_key(|(rank, _)| *rank);
            let places = found.iter().enumerate();
            WholeHosts {
                places: places.map(|(place, (_, at))| (*at, place)).collect(),
                ranks: found.into_iter().map(|(rank, _)| rank).collect(),
            }
        })
    }

    /// Returns `true` if a rule is for a host and matches every request there but one for `/`.
    fn takes_a_host(&self, rule: &CompiledRule<'_>) -> bool {
        let options = self.table.options(rule).map(|compiled| &compiled.options);
        let host = options.and_then(|options| options.host.as_deref());
        let is_for_all_paths = rule
            .parts()
            .is_some_and(|parts| parts.segments().next().is_none() && parts.tail != Tail::None);
        host.filter(|_| is_for_all_paths).is_some_and(|host| {
            let mut fresh = Fresh::default();
            let set = RequestSet {
                path: Path {
                    segments: Vec::new(),
                    end: End::Open(fresh.next(), Tail::Some),
                },
                host: Host::of_rule(Some(host)),
                ..RequestSet::anything(&mut fresh)
            };
            set.is_covered_by(self.table, rule, &mut fresh)
        })
    }
}

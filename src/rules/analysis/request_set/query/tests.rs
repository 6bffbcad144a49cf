//! A law of queries.

use http::Request;
use proptest::prelude::*;

use super::{Query, own_pairs};
use crate::{
    policy::Policy,
    request::RequestHead,
    rules::{
        Condition, QueryPolicy, Rule, Rules,
        analysis::{
            graph::RuleGraph,
            request_set::laws::contains::{Regexes, has_query},
        },
        parameters,
    },
};

type Received = Vec<(String, String)>;

impl Query {
    /// Returns `true` if the query is in the set.
    fn contains(&self, received: &Received) -> bool {
        has_query(self, &self.pairs, received, Regexes::Match)
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
            10 => rule.only_these_parameters(),
            _ => rule.unless(of(&["", "2"])),
        }
    };
    let policy = prop::sample::select(vec![
        QueryPolicy::Keep,
        QueryPolicy::Drop,
        QueryPolicy::Merge,
        QueryPolicy::TargetWins,
    ]);
    let own = prop_oneof![3 => queries(), 1 => Just("{n}=1".to_owned()), 1 => Just("k=2&{n}=3".to_owned())];
    (policy, own, prop::collection::vec(0..12_u8, 0..4)).prop_map(move |(policy, query, edits)| {
        let question = if query.is_empty() { "" } else { "?" };
        let rule = Rule::found("/a/{n}", format!("/b{question}{query}")).query(policy);
        edits.into_iter().fold(rule, edit)
    })
}

/// The target of another rule has a placeholder as a name.
#[test]
fn a_name_that_is_not_known_may_be_renamed() {
    let rule = Rule::found("/a", "/b")
        .rename_param("k", "j")
        .remove_param("j");
    let rules = Rules::new([rule]).unwrap();
    let (_, rule) = rules.table.rules().next().unwrap();
    let options = &rules.table.options(&rule).unwrap().options;
    let before = Query {
        pairs: own_pairs(b"?\x01=1"),
        ..Query::default()
    };
    assert!(before.contains(&received("k=1")));
    assert!(before.after(&rule, options, b"").contains(&received("j=1")));
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// What a rule matches and what it sends is in its sets.
    #[test]
    fn sets_have_what_a_rule_matches_and_sends(
        rule in rules(),
        path in prop::sample::select(vec!["/a/k", "/a/j", "/a/y"]),
        query in queries(),
    ) {
        // A name that is captured twice, for one, makes no table.
        let Ok(rules) = Rules::new([rule]) else {
            return Ok(());
        };
        let request = Request::get(format!("{path}?{query}")).body(()).unwrap();
        let Some(redirect) = rules.decide(&RequestHead::new(&request)).into_target() else {
            return Ok(());
        };
        let mut graph = RuleGraph::new(&rules);
        let (_, rule) = rules.table.rules().next().unwrap();
        let transfer = graph.transfer_of(&rule).unwrap();
        prop_assert!(transfer.matched.query.contains(&received(&query)), "{transfer:?}");
        let location = redirect.location().as_str();
        let sent = location.split_once('?').map_or("", |(_, query)| query);
        prop_assert!(transfer.next.unwrap().query.contains(&received(sent)), "{location}");
    }
}

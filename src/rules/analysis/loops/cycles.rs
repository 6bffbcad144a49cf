//! Which rules may answer after each other, and the cycles in that.

use std::collections::{HashMap, HashSet};

use crate::rules::{
    RuleOffset,
    analysis::{
        graph::{
            RuleGraph, components::components, leads_elsewhere_to_its_own_path, path_of_target,
        },
        request_set::{host::Host, path::Path},
    },
    compiled_rule::{CompiledRule, REGEX, SLOTS},
    options::Matching,
    table::Ahead,
};

/// A URL that more rules may match has a node of its own.
const FEW: usize = 8;

/// A rule, or a URL that rules lead to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Node(u32);

impl Node {
    /// The bit of a node that is a URL.
    const URL: u32 = RuleOffset::LIMIT.0;

    /// The node of the regexes that may match any path.
    const ANYWHERE: Self = Self(u32::MAX);

    fn url(number: usize) -> Self {
        Self(u32::try_from(number).unwrap_or(Self::URL) | Self::URL)
    }

    fn rule(self) -> Option<RuleOffset> {
        (self.0 & Self::URL == 0).then_some(RuleOffset(self.0))
    }
}

impl From<RuleOffset> for Node {
    fn from(rule: RuleOffset) -> Self {
        Self(rule.0)
    }
}

/// Pairs of rules and URLs of which the second may come after the first.
#[derive(Debug, Default)]
struct Edges<'t> {
    all: Vec<(Node, Node)>,
    urls: HashMap<Form<'t>, Node>,
}

/// What many rules may lead to.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Form<'t> {
    Partly(Path, Host),
    /// A path, the origin before it, and the host of the rule.
    Known(&'t [u8], &'t [u8], Option<&'t str>),
}

impl<'t> Edges<'t> {
    /// The node of a URL, and whether it is new.
    fn node(&mut self, form: Form<'t>) -> (Node, bool) {
        let new = Node::url(self.urls.len());
        let node = *self.urls.entry(form).or_insert(new);
        (node, node == new)
    }
}

impl<'t> RuleGraph<'t> {
    /// The rules that may come round to themselves, in groups, the smallest first; `false` where
    /// not all were looked at.
    ///
    /// Only paths and hosts are looked at.
    pub(in crate::rules) fn groups_of_rules(&mut self) -> (Vec<Vec<RuleOffset>>, bool) {
        let mut edges = Edges::default();
        if self.table.regexes_len() > 0 {
            let anywhere = self.regexes_anywhere().iter();
            edges
                .all
                .extend(anywhere.map(|to| (Node::ANYWHERE, Node::from(*to))));
        }
        // The indexes of a plain table tell as fast.
        let is_plain = self.table.is_plain();
        let ahead = if is_plain { None } else { self.table.ahead() };
        let mut found = Vec::new();
        for (at, rule) in self.table.rules() {
            if self.is_over_limit() {
                break;
            }
            let leads_nowhere = |ahead: &Ahead| !ahead.may_lead_to_a_source(path_of_target(&rule));
            if ahead.as_ref().is_some_and(leads_nowhere) {
                continue;
            }
            if !rule.redirects() {
                continue;
            }
            found.clear();
            if rule.has(SLOTS | REGEX) {
                self.edges_of_slots(&mut edges, at, &rule, &mut found);
            } else {
                self.edges_of_path(&mut edges, at, &rule, &mut found);
            }
        }
        let mut groups: Vec<Vec<RuleOffset>> = components(&edges.all)
            .into_iter()
            .map(|group| group.into_iter().filter_map(Node::rule).collect())
            .collect();
        groups.sort_by_key(Vec::len);
        (groups, !self.is_over_limit())
    }

    fn edges_of_slots(
        &mut self,
        edges: &mut Edges<'t>,
        at: RuleOffset,
        rule: &CompiledRule<'t>,
        found: &mut Vec<RuleOffset>,
    ) {
        let Some(next) = self.after(rule) else {
            return;
        };
        // Many rules lead to URLs of one form. The rules for these are looked up once.
        let form = Form::Partly(next.path.canonical(), next.host.clone());
        let (node, is_new) = edges.node(form);
        if is_new {
            let is_partly_known = self.find_most(&next, found);
            edges
                .all
                .extend(found.iter().map(|to| (node, Node::from(*to))));
            edges
                .all
                .extend(is_partly_known.then_some((node, Node::ANYWHERE)));
        }
        edges.all.push((at.into(), node));
    }

    fn edges_of_path(
        &mut self,
        edges: &mut Edges<'t>,
        at: RuleOffset,
        rule: &CompiledRule<'t>,
        found: &mut Vec<RuleOffset>,
    ) {
        let origin = rule.target.get(..rule.origin.into());
        let options = self.table.options(rule).map(|compiled| &compiled.options);
        let host = options.and_then(|options| options.host.as_deref());
        let form = Form::Known(path_of_target(rule), origin.unwrap_or_default(), host);
        if let Some(node) = edges.urls.get(&form) {
            edges.all.push((at.into(), *node));
            return;
        }
        self.look_behind(rule, found);
        if found.len() <= FEW || leads_elsewhere_to_its_own_path(rule) {
            edges
                .all
                .extend(found.iter().map(|to| (at.into(), Node::from(*to))));
            return;
        }
        let (node, _) = edges.node(form);
        edges
            .all
            .extend(found.iter().map(|to| (node, Node::from(*to))));
        edges.all.push((at.into(), node));
    }

    /// The cycles among the rules of a group, each in the order of its rules.
    ///
    /// Those that lead to the very URL that they match are kept apart, in `self_loops`.
    pub(in crate::rules) fn components(
        &mut self,
        mut group: Vec<RuleOffset>,
        self_loops: &mut Vec<RuleOffset>,
    ) -> Vec<Vec<RuleOffset>> {
        group.sort_unstable();
        group.retain(|at| {
            let leads_to_itself = self.leads_to_itself(*at);
            self_loops.extend(leads_to_itself.then_some(*at));
            !leads_to_itself
        });
        if group.is_empty() {
            return Vec::new();
        }
        let mut edges = self.exact_edges(&group);
        if self.is_over_limit() {
            // Not all were looked at, and therefore perhaps.
            return vec![group];
        }
        let mut found = Vec::new();
        while !edges.is_empty() {
            let mut left = HashSet::new();
            for mut component in components(&edges) {
                let growth = |at: &RuleOffset| self.table.rule(*at)?.growth();
                let never_grows = |at: &RuleOffset| growth(at).is_some_and(|by| by <= 0);
                // It never leads to where it was asked for.
                let shrinks = |at: &RuleOffset| growth(at).is_some_and(|by| by < 0);
                if component.iter().all(never_grows) && component.iter().any(shrinks) {
                    // What shortens a path each time comes to an end.
                    left.extend(component.into_iter().filter(|at| !shrinks(at)));
                } else {
                    component.sort_unstable();
                    found.push(component);
                }
            }
            edges.retain(|(from, to)| left.contains(from) && left.contains(to));
        }
        found
    }

    /// The pairs among these rules of which the second may answer after the first.
    fn exact_edges(&mut self, rules: &[RuleOffset]) -> Vec<(RuleOffset, RuleOffset)> {
        let mut edges = Vec::new();
        for at in rules {
            if self.is_over_limit() {
                break;
            }
            let rule = self.table.rule(*at);
            let Some(next) = rule.and_then(|rule| self.after(&rule)) else {
                continue;
            };
            let successors = self.successors(&next).into_iter();
            edges.extend(
                successors
                    .filter(|(to, transfer)| {
                        rules.binary_search(to).is_ok() && !transfer.suppressed
                    })
                    .map(|(to, _)| (*at, to)),
            );
        }
        edges
    }

    /// Returns `true` if a rule leads to the requested URL, whatever request it
    /// answers.
    fn leads_to_itself(&mut self, at: RuleOffset) -> bool {
        let Some(rule) = self.table.rule(at).filter(|rule| !rule.has(REGEX)) else {
            return false;
        };
        let transfer = self.transfer_of(&rule);
        self.table.matching(&rule) == Matching::default()
            && transfer.is_some_and(|transfer| transfer.suppressed)
    }
}

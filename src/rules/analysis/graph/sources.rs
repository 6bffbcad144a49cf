//! Which sources a path with unknown parts may match: a tree of all of them, segment by segment.
//!
//! This file is long because the tree and the walk through it share their private types.

use std::{cell::OnceCell, collections::HashMap};

use foldhash::fast::RandomState;

use crate::rules::{
    RuleOffset,
    analysis::{
        graph::regexes::Regexes,
        request_set::path::{End, Path, Text},
    },
    compiled_options::CompiledOptions,
    compiled_rule::{CompiledRule, PATTERN, REGEX},
    options::Matching,
    pattern::{PatternRef, Segment, Tail},
    spelling,
    table::{HostGroup, Table},
};

/// The index of a node of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct NodeIndex(u32);

impl NodeIndex {
    const ROOT: Self = Self(0);
    const NONE: Self = Self(NO_RULE);
}

/// The end of a list of rules.
const NO_RULE: u32 = u32::MAX;

/// The sources of a table.
#[derive(Debug)]
pub(in crate::rules) struct Sources<'t> {
    table: &'t Table,
    planes: Vec<Plane<'t>>,
    pub(in crate::rules) regexes: Regexes<'t>,
}

/// Those that are compared in one way.
#[derive(Debug)]
struct Plane<'t> {
    matching: Matching,
    nodes: Vec<Node<'t>>,
    literals: HashMap<(NodeIndex, &'t [u8]), NodeIndex, RandomState>,
    /// Children with a placeholder, by what stands before and behind it.
    named: HashMap<(NodeIndex, &'t [u8], &'t [u8]), NodeIndex, RandomState>,
    /// Rules that end at a node, each with the one before it.
    rules: Vec<(RuleOffset, u32)>,
    /// Literal children by their text in lower case, made when they are first needed.
    by_folded: OnceCell<ByFolded>,
    /// Made when it is first needed.
    far: OnceCell<Far<'t>>,
    /// The same by the group of their hosts, where the table has hosts.
    by_host: Option<ByHost>,
    /// The same by what they ask for too, made when it is first needed.
    by_pair: OnceCell<ByPair<'t>>,
}

#[derive(Debug)]
struct Node<'t> {
    segment: Segment<'t>,
    parent: NodeIndex,
    /// The next child of the same parent.
    sibling: NodeIndex,
    literal: NodeIndex,
    named: NodeIndex,
    /// The last of the rules that end here, and of those whose tail begins here.
    ends: u32,
    tails: u32,
}

/// What is found behind a segment that is not known.
#[derive(Debug, Default)]
struct Far<'t> {
    /// Children with literal text, below which more than literal text may follow.
    open: HashMap<NodeIndex, Vec<NodeIndex>, RandomState>,
    /// Literal children of literal children, by their text.
    literals: HashMap<(NodeIndex, &'t [u8]), Vec<NodeIndex>, RandomState>,
}

/// Literal children of nodes by their text in lower case.
type ByFolded = HashMap<(NodeIndex, Vec<u8>), Vec<NodeIndex>, RandomState>;

/// Rules by the node where they stand, how, and the group of their hosts.
type ByHost = HashMap<(NodeIndex, Kind, HostGroup), Vec<RuleOffset>, RandomState>;

/// The same, and by the parameter that has to have one value, where they ask for one.
type ByPair<'t> =
    HashMap<(NodeIndex, Kind, HostGroup, Option<Pair<'t>>), Vec<RuleOffset>, RandomState>;

/// A name and a value.
type Pair<'t> = (&'t str, &'t str);

/// How a rule stands at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    End,
    Tail,
}

/// A path whose rules are looked for.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) enum Wanted<'p> {
    Known(&'p [u8]),
    Partly(&'p Path),
    /// The rules that fit all of these paths.
    Wider(&'p Path),
}

/// The groups of the hosts that it may be asked on.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) enum Hosts<'g> {
    All,
    These(&'g [HostGroup]),
    /// The rules for these, and of those that ask for one value of a parameter those that ask for
    /// one of these.
    Wider(&'g [HostGroup], &'g [Pair<'g>]),
}

impl Hosts<'_> {
    /// How many lists are looked at.
    const fn len(self) -> usize {
        match self {
            Self::All => 0,
            Self::These(groups) => groups.len(),
            Self::Wider(groups, pairs) => groups.len() * (1 + pairs.len()),
        }
    }
}

impl<'t> Sources<'t> {
    pub(in crate::rules) fn of(table: &'t Table) -> Self {
        let mut sources = Self {
            table,
            planes: Vec::new(),
            regexes: Regexes::default(),
        };
        for (at, rule) in table.rules() {
            let matching = table.matching(&rule);
            if rule.has(REGEX) {
                sources.regexes.add(at, &rule, matching.ignore_case);
                continue;
            }
            let planes = &mut sources.planes;
            let own = planes.iter().position(|plane| plane.matching == matching);
            let own = own.unwrap_or_else(|| {
                planes.push(Plane::new(matching, !table.hosts.is_empty()));
                planes.len() - 1
            });
            if let Some(plane) = planes.get_mut(own) {
                plane.add(at, &rule, table.group(&rule));
            }
        }
        sources.regexes.finish();
        sources
    }

    /// Shows every rule that may match; says how many places were looked at.
    pub(in crate::rules) fn find(
        &self,
        wanted: Wanted<'_>,
        hosts: Hosts<'_>,
        mut visit: impl FnMut(RuleOffset),
    ) -> usize {
        let mut work = 0;
        for plane in &self.planes {
            let by_pair = matches!(hosts, Hosts::Wider(..)).then(|| plane.by_pair(self.table));
            let mut show = |node, kind| plane.show(node, kind, hosts, by_pair, &mut visit);
            work += match wanted {
                Wanted::Known(path) => plane.find_known(path, &mut show),
                Wanted::Partly(path) => plane.find_partly(path, false, &mut show),
                Wanted::Wider(path) => plane.find_partly(path, true, &mut show),
            };
        }
        work
    }
}

impl<'t> Plane<'t> {
    fn new(matching: Matching, has_hosts: bool) -> Self {
        let root = Node {
            segment: Segment::Literal(&[]),
            parent: NodeIndex::NONE,
            sibling: NodeIndex::NONE,
            literal: NodeIndex::NONE,
            named: NodeIndex::NONE,
            ends: NO_RULE,
            tails: NO_RULE,
        };
        Self {
            matching,
            nodes: vec![root],
            literals: HashMap::default(),
            named: HashMap::default(),
            rules: Vec::new(),
            by_folded: OnceCell::new(),
            far: OnceCell::new(),
            by_host: has_hosts.then(HashMap::default),
            by_pair: OnceCell::new(),
        }
    }

    fn add(&mut self, at: RuleOffset, rule: &CompiledRule<'t>, group: HostGroup) {
        let mut node = NodeIndex::ROOT;
        let mut kind = Kind::End;
        if rule.has(PATTERN) {
            let parts = PatternRef::of(rule.source);
            for segment in parts.segments() {
                node = self.child(node, segment);
            }
            if parts.tail != Tail::None {
                kind = Kind::Tail;
            }
        } else if let Some(path) = rule.source.strip_prefix(b"/") {
            for segment in path.split(|byte| *byte == b'/') {
                node = self.child(node, Segment::Literal(segment));
            }
        }
        let place = u32::try_from(self.rules.len()).unwrap_or(NO_RULE);
        if let Some(node) = self.nodes.get_mut(node.0 as usize) {
            let last = match kind {
                Kind::End => &mut node.ends,
                Kind::Tail => &mut node.tails,
            };
            self.rules.push((at, std::mem::replace(last, place)));
        }
        if let Some(by_host) = &mut self.by_host {
            by_host.entry((node, kind, group)).or_default().push(at);
        }
    }

    fn child(&mut self, parent: NodeIndex, segment: Segment<'t>) -> NodeIndex {
        let found = match segment {
            Segment::Literal(text) => self.literals.get(&(parent, text)).copied(),
            Segment::Named { before, behind, .. } => {
                self.named.get(&(parent, before, behind)).copied()
            }
        };
        if let Some(found) = found {
            return found;
        }
        let new = self.end();
        let mut sibling = NodeIndex::NONE;
        if let Some(parent) = self.nodes.get_mut(parent.0 as usize) {
            let first = match segment {
                Segment::Literal(_) => &mut parent.literal,
                Segment::Named { .. } => &mut parent.named,
            };
            sibling = std::mem::replace(first, new);
        }
        match segment {
            Segment::Literal(text) => self.literals.insert((parent, text), new),
            Segment::Named { before, behind, .. } => {
                self.named.insert((parent, before, behind), new)
            }
        };
        self.nodes.push(Node {
            segment,
            parent,
            sibling,
            literal: NodeIndex::NONE,
            named: NodeIndex::NONE,
            ends: NO_RULE,
            tails: NO_RULE,
        });
        new
    }

    fn node(&self, at: NodeIndex) -> Option<&Node<'t>> {
        self.nodes.get(at.0 as usize)
    }

    /// The index behind the last node.
    fn end(&self) -> NodeIndex {
        u32::try_from(self.nodes.len()).map_or(NodeIndex::NONE, NodeIndex)
    }

    fn children(
        &self,
        parent: NodeIndex,
        first: impl Fn(&Node<'t>) -> NodeIndex,
    ) -> impl Iterator<Item = NodeIndex> {
        let mut next = self.node(parent).map_or(NodeIndex::NONE, first);
        std::iter::from_fn(move || {
            let this = next;
            next = self.node(this)?.sibling;
            Some(this)
        })
    }

    /// Shows the rules of a node; says how many places were looked at.
    fn show(
        &self,
        node: NodeIndex,
        kind: Kind,
        hosts: Hosts<'_>,
        by_pair: Option<&ByPair<'_>>,
        visit: &mut impl FnMut(RuleOffset),
    ) -> usize {
        let mut work = 1;
        let mut show = |rule: RuleOffset| {
            visit(rule);
            work += 1;
        };
        match (hosts, &self.by_host, by_pair) {
            (Hosts::Wider(groups, pairs), _, Some(by_pair)) => {
                let pairs = || std::iter::once(None).chain(pairs.iter().copied().map(Some));
                let keys = groups
                    .iter()
                    .flat_map(|group| pairs().map(|pair| (*group, pair)));
                for (group, pair) in keys {
                    let rules = by_pair.get(&(node, kind, group, pair)).into_iter();
                    rules.flatten().for_each(|rule| show(*rule));
                }
            }
            (Hosts::These(groups), Some(by_host), _) => {
                for group in groups {
                    let rules = by_host.get(&(node, kind, *group)).into_iter();
                    rules.flatten().for_each(|rule| show(*rule));
                }
            }
            _ => self.rules_at(node, kind).for_each(show),
        }
        work + hosts.len()
    }

    fn rules_at(&self, node: NodeIndex, kind: Kind) -> impl Iterator<Item = RuleOffset> {
        let mut next = match (self.node(node), kind) {
            (None, _) => NO_RULE,
            (Some(node), Kind::End) => node.ends,
            (Some(node), Kind::Tail) => node.tails,
        };
        std::iter::from_fn(move || {
            let (rule, before) = self.rules.get(next as usize)?;
            next = *before;
            Some(*rule)
        })
    }

    fn by_pair(&self, table: &'t Table) -> &ByPair<'t> {
        self.by_pair.get_or_init(|| {
            let mut by_pair = ByPair::default();
            for node in (0..self.end().0).map(NodeIndex) {
                for kind in [Kind::End, Kind::Tail] {
                    for at in self.rules_at(node, kind) {
                        let rule = table.rule(at);
                        let compiled = rule.and_then(|rule| table.options(&rule));
                        let group = compiled.map_or(HostGroup::EVERY, |compiled| compiled.group);
                        let key = (node, kind, group, compiled.and_then(CompiledOptions::key));
                        by_pair.entry(key).or_default().push(at);
                    }
                }
            }
            by_pair
        })
    }

    fn find_known(&self, path: &[u8], show: &mut impl FnMut(NodeIndex, Kind) -> usize) -> usize {
        let fold = self.matching.ignore_case;
        let mut spelled = Vec::new();
        let path = if spelling::is_spelled(path, fold) {
            path
        } else {
            spelling::push(&mut spelled, path, fold);
            &spelled
        };
        let mut work = 0;
        let mut places = vec![(NodeIndex::ROOT, path)];
        while let Some((node, rest)) = places.pop() {
            work += show(node, Kind::Tail);
            if rest.is_empty() || rest == b"/" && self.matching.ignore_trailing_slash {
                work += show(node, Kind::End);
            }
            let Some(rest) = rest.strip_prefix(b"/") else {
                continue;
            };
            let end = rest.iter().position(|byte| *byte == b'/');
            let (segment, rest) = rest
                .split_at_checked(end.unwrap_or(rest.len()))
                .unwrap_or((rest, &[]));
            let literal = self.literals.get(&(node, segment)).copied();
            places.extend(literal.map(|child| (child, rest)));
            for child in self.children(node, |node| node.named) {
                work += 1;
                if self
                    .node(child)
                    .is_some_and(|node| is_in(segment, node.segment))
                {
                    places.push((child, rest));
                }
            }
        }
        work
    }

    fn find_partly(
        &self,
        path: &Path,
        wider: bool,
        show: &mut impl FnMut(NodeIndex, Kind) -> usize,
    ) -> usize {
        let mut work = 0;
        let mut places = vec![(NodeIndex::ROOT, 0)];
        while let Some((node, at)) = places.pop() {
            work += show(node, Kind::Tail);
            let text = path.segments.get(at);
            if text.is_none() || self.matching.ignore_trailing_slash {
                work += show(node, Kind::End);
            }
            match text {
                None if wider || path.end == End::Closed => continue,
                None if path.end == End::Slash => {
                    let slash = self.literals.get(&(node, &[][..])).copied();
                    places.extend(slash.map(|child| (child, at + 1)));
                    continue;
                }
                Some(text) if text.is_literal() => {
                    self.literal(node, text, |child| places.push((child, at + 1)));
                }
                _ if wider => {}
                _ => match self.known_behind(path, at) {
                    Some(text) => {
                        let far = self.far.get_or_init(|| self.far());
                        let open = far.open.get(&node).into_iter().flatten();
                        places.extend(open.map(|child| (*child, at + 1)));
                        let behind = far.literals.get(&(node, text)).into_iter().flatten();
                        places.extend(behind.map(|child| (*child, at + 2)));
                    }
                    None => {
                        let children = self.children(node, |node| node.literal);
                        places.extend(children.map(|child| (child, at + 1)));
                    }
                },
            }
            let named = self.children(node, |node| node.named);
            places.extend(named.map(|child| (child, at + 1)));
        }
        work
    }

    /// The text of the segment behind one, where that tells which rules may fit.
    fn known_behind<'p>(&self, path: &'p Path, at: usize) -> Option<&'p [u8]> {
        let text = path.segments.get(at + 1);
        let text = text.filter(|text| text.is_literal() && !text.any_case)?;
        // These have other texts that fit too.
        let is_loose = self.matching.ignore_case
            || self.matching.ignore_trailing_slash && text.before.is_empty();
        (!is_loose).then_some(&*text.before)
    }

    fn far(&self) -> Far<'t> {
        let mut far = Far::default();
        for (at, node) in (0..).map(NodeIndex).zip(&self.nodes) {
            let Segment::Literal(text) = node.segment else {
                continue;
            };
            let Some(parent) = self.node(node.parent) else {
                continue;
            };
            if node.named != NodeIndex::NONE || node.tails != NO_RULE {
                far.open.entry(node.parent).or_default().push(at);
            }
            if matches!(parent.segment, Segment::Literal(_)) && parent.parent != NodeIndex::NONE {
                let key = (parent.parent, text);
                far.literals.entry(key).or_default().push(at);
            }
        }
        far
    }

    /// Shows the children of a node whose literal text is one of these.
    fn literal(&self, node: NodeIndex, text: &Text, mut visit: impl FnMut(NodeIndex)) {
        let any_case = self.matching.ignore_case || text.any_case;
        let mut folded = Vec::new();
        let text = if any_case {
            spelling::push(&mut folded, &text.before, true);
            &folded
        } else {
            &text.before
        };
        if any_case && !self.matching.ignore_case {
            let by_folded = self.by_folded.get_or_init(|| self.by_folded());
            let found = by_folded.get(&(node, text.clone())).into_iter().flatten();
            found.for_each(|child| visit(*child));
        } else if let Some(child) = self.literals.get(&(node, &**text)) {
            visit(*child);
        }
    }

    fn by_folded(&self) -> ByFolded {
        let mut by_folded = ByFolded::default();
        for ((node, text), child) in &self.literals {
            let mut folded = Vec::new();
            spelling::push(&mut folded, text, true);
            by_folded.entry((*node, folded)).or_default().push(*child);
        }
        by_folded
    }
}

/// Returns `true` if a segment of a path is one that a placeholder may stand in.
fn is_in(text: &[u8], segment: Segment<'_>) -> bool {
    match segment {
        Segment::Literal(_) => false,
        Segment::Named { before, behind, .. } => text
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(behind))
            .is_some_and(|rest| !rest.is_empty()),
    }
}

//! The regexes that may match a path whose beginning is known, found by the literal text that they
//! begin with.

use std::collections::{BTreeSet, HashMap};

use super::RuleGraph;
use crate::rules::{
    RuleOffset,
    analysis::request_set::path::{End, Path},
    compiled_rule::CompiledRule,
};
#[cfg(feature = "regex")]
use crate::rules::{analysis::regex_text::Beginning, compiled_rule::PATTERN};

/// The regexes of a table.
#[derive(Debug, Default)]
pub(in crate::rules) struct Regexes<'t> {
    /// Those that may match whatever a path begins with.
    pub(in crate::rules) anywhere: Vec<RuleOffset>,
    with_case: Beginnings,
    /// In lower case.
    without_case: Beginnings,
    by_source: HashMap<&'t [u8], Vec<RuleOffset>>,
}

/// Regexes in the order of what they begin with.
#[derive(Debug, Default)]
struct Beginnings {
    all: Vec<(Vec<u8>, RuleOffset)>,
    lengths: BTreeSet<usize>,
}

impl<'t> Regexes<'t> {
    pub(in crate::rules) fn add(
        &mut self,
        at: RuleOffset,
        rule: &CompiledRule<'t>,
        ignores_case: bool,
    ) {
        self.by_source.entry(rule.source).or_default().push(at);
        #[cfg(feature = "regex")]
        let Beginning { text, ignores_case } =
            Beginning::of(&String::from_utf8_lossy(rule.source), ignores_case);
        #[cfg(not(feature = "regex"))]
        let text = Vec::new();
        if text.is_empty() {
            self.anywhere.push(at);
            return;
        }
        let list = if ignores_case {
            &mut self.without_case
        } else {
            &mut self.with_case
        };
        list.lengths.insert(text.len());
        list.all.push((text, at));
    }

    /// Sorts the regexes. Call this after the last one was added.
    pub(in crate::rules) fn finish(&mut self) {
        self.with_case.all.sort_unstable();
        self.without_case.all.sort_unstable();
    }

    /// All of them.
    pub(in crate::rules) fn all(&self) -> impl Iterator<Item = RuleOffset> {
        self.by_source.values().flatten().copied()
    }

    /// The regexes of this text.
    pub(in crate::rules) fn of_source(&self, source: &[u8]) -> &[RuleOffset] {
        self.by_source.get(source).map_or(&[], Vec::as_slice)
    }

    /// Shows those that may match, but for those that may match anything; says how many places were
    /// looked at.
    pub(in crate::rules) fn find(&self, path: &Path, mut visit: impl FnMut(RuleOffset)) -> usize {
        let (text, is_whole) = path_beginning(path);
        self.find_text(&text, is_whole, &mut visit)
    }

    /// Returns `true` if any of them may match this path.
    #[cfg(feature = "regex")]
    pub(in crate::rules) fn may_match(&self, path: &[u8]) -> bool {
        let mut found = !self.anywhere.is_empty();
        if !found {
            self.find_text(path, true, &mut |_| found = true);
        }
        found
    }

    fn find_text(&self, text: &[u8], is_whole: bool, visit: &mut impl FnMut(RuleOffset)) -> usize {
        let lower = text.to_ascii_lowercase();
        self.with_case.find(text, is_whole, visit) + self.without_case.find(&lower, is_whole, visit)
    }
}

impl RuleGraph<'_> {
    /// All rules that are regexes.
    pub(in crate::rules) fn regexes(&self) -> impl Iterator<Item = RuleOffset> {
        self.sources()
            .into_iter()
            .flat_map(|sources| sources.regexes.all())
    }

    /// Returns `true` if a regex may match what a rule does, as far as a short look tells.
    #[cfg(feature = "regex")]
    pub(in crate::rules) fn has_regexes_for(&mut self, rule: &CompiledRule<'_>) -> bool {
        self.work.add(1);
        self.sources()
            .is_some_and(|sources| rule.has(PATTERN) || sources.regexes.may_match(rule.source))
    }

    /// The regexes that may match such paths.
    #[cfg(feature = "regex")]
    pub(in crate::rules) fn regexes_for(&mut self, path: &Path) -> Vec<RuleOffset> {
        let mut found = self.regexes_anywhere().to_vec();
        if let Some(sources) = self.sources() {
            let work = sources.regexes.find(path, |at| found.push(at));
            self.work.add(found.len() + work);
        }
        found
    }

    /// The regexes of the same text.
    pub(in crate::rules) fn same_regexes(&self, rule: &CompiledRule<'_>) -> &[RuleOffset] {
        self.sources()
            .map_or(&[][..], |sources| sources.regexes.of_source(rule.source))
    }

    /// The regexes that may match any path.
    pub(in crate::rules) fn regexes_anywhere(&self) -> &[RuleOffset] {
        self.sources()
            .map_or(&[][..], |sources| &sources.regexes.anywhere)
    }
}

impl Beginnings {
    fn find(&self, text: &[u8], is_whole: bool, visit: &mut impl FnMut(RuleOffset)) -> usize {
        let mut work = 1;
        for length in self.lengths.range(..=text.len()) {
            work += 4;
            let start = text.get(..*length).unwrap_or_default();
            for (_, at) in self.from(start).take_while(|(own, _)| own == start) {
                work += 1;
                visit(*at);
            }
        }
        if !is_whole {
            let longer = self.from(text).skip_while(|(own, _)| own == text);
            for (_, at) in longer.take_while(|(own, _)| own.starts_with(text)) {
                work += 1;
                visit(*at);
            }
        }
        work
    }

    fn from(&self, text: &[u8]) -> impl Iterator<Item = &(Vec<u8>, RuleOffset)> {
        let first = self.all.partition_point(|(own, _)| &**own < text);
        self.all.get(first..).into_iter().flatten()
    }
}

/// What a path begins with, and whether that is all of it.
fn path_beginning(path: &Path) -> (Vec<u8>, bool) {
    let mut text = Vec::new();
    for segment in &path.segments {
        text.push(b'/');
        if segment.any_case {
            return (text, false);
        }
        text.extend_from_slice(&segment.before);
        if !segment.is_literal() {
            return (text, false);
        }
    }
    (text, path.end == End::Closed)
}

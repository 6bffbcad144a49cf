//! Rules that wait for a response and match their own target, such as `/* → /en/:splat` after a
//! 404.
//!
//! If the app has the page `/en/x`, `/x` leads there and the page is sent. Without the page,
//! `/en/x` would lead to `/en/en/x`, and so on. So a rule whose target set is a strict subset of
//! its source set doesn't match the URLs in its target set, and the next rule is tried.

use std::collections::{HashMap, HashSet};

use crate::rules::{
    RuleOffset, Rules,
    analysis::{
        graph::RuleGraph,
        request_set::path::{End, Path},
    },
    compiled_options::CompiledOptions,
    compiled_rule::{CompiledRule, OptionsIndex, PATTERN, QUERY},
    options::Matching,
    pattern::Tail,
    spelling,
};

impl Rules {
    /// Keeps each rule that waits for a response from the URLs that it leads to, if it matches
    /// others too.
    pub(in crate::rules) fn exclude_own_targets(&mut self) {
        let waits = |compiled: &CompiledOptions| compiled.options.after.is_some();
        if !self.table.options.iter().any(waits) {
            return;
        }
        let mut graph = RuleGraph::new(self);
        let mut options = self.table.options.clone();
        let mut changed: HashMap<RuleOffset, OptionsIndex> = HashMap::new();
        for (at, rule) in self.table.rules() {
            let compiled = self.table.options(&rule).filter(|compiled| waits(compiled));
            let Some(compiled) = compiled.filter(|_| leads_into_itself(&rule)) else {
                continue;
            };
            if let Some(pattern) = graph.own_target(&rule) {
                let index = OptionsIndex::after(options.len());
                let mut compiled = compiled.clone();
                compiled.options.own_target = Some(pattern);
                options.push(compiled);
                changed.insert(at, index);
            }
        }
        if changed.is_empty() {
            return;
        }
        *self = self.rewritten(options, |at, rule, compiled| {
            let begin = compiled.len();
            compiled.extend_from_slice(self.table.bytes(rule));
            if let Some(options) = changed.get(&at) {
                rule.write_options(compiled, begin, *options);
            }
        });
    }
}

impl RuleGraph<'_> {
    /// The pattern of all paths that a rule leads to, if these are some of the paths that it
    /// matches, and not all of them.
    fn own_target(&mut self, rule: &CompiledRule<'_>) -> Option<Box<str>> {
        let first = self.transfer_of(rule)?;
        let next = first.next?;
        let second = self.transfer(&next, rule)?;
        let is_subset = second.covers
            && next.host == first.matched.host
            && next.scheme == first.matched.scheme
            && next.port.is_none();
        // No pattern says that a text is in lower case, so `/{x|lower}` is the same as `/{x}`.
        let is_same = next.path.without_spellings() == first.matched.path.without_spellings();
        (is_subset && !is_same)
            .then(|| pattern_of(&next.path, self.table.matching(rule)))
            .flatten()
    }
}

/// A short look: whether the path of a target begins as the source does.
fn leads_into_itself(rule: &CompiledRule<'_>) -> bool {
    if !rule.has(PATTERN) || rule.has(QUERY) {
        return false;
    }
    let literal = rule.source.split(|byte| *byte == b'{').next();
    let path = rule.target.get(rule.origin.into()..);
    path.zip(literal)
        .is_some_and(|(path, literal)| path.starts_with(literal))
}

/// The pattern that matches these paths; `None` if two unknown parts have to be the same text.
///
/// With a tail, the path before its slash counts too, since most servers have one page at both.
fn pattern_of(path: &Path, matching: Matching) -> Option<Box<str>> {
    let mut seen = HashSet::new();
    let mut pattern = Vec::new();
    // The pattern has the form in which the rule compares paths.
    let push = |pattern: &mut Vec<u8>, text: &[u8]| {
        spelling::push(pattern, text, matching.ignore_case);
    };
    let segments = match &*path.segments {
        [first @ .., last]
            if matching.ignore_trailing_slash
                && path.end == End::Closed
                && last.is_empty()
                && !first.is_empty() =>
        {
            first
        }
        all => all,
    };
    for text in segments {
        pattern.push(b'/');
        push(&mut pattern, &text.before);
        if let Some(unknown) = text.unknown {
            seen.insert(unknown).then_some(())?;
            pattern.extend_from_slice(b"{_}");
        }
        push(&mut pattern, &text.behind);
    }
    if path.end == End::Slash {
        return None;
    }
    if let End::Open(unknown, tail) = path.end {
        seen.insert(unknown).then_some(())?;
        pattern.extend_from_slice(match tail {
            Tail::Some => b"/{*_}",
            Tail::Any | Tail::Optional if !path.segments.is_empty() => b"{/*_}",
            _ => b"/{*_?}",
        });
    }
    String::from_utf8(pattern).ok().map(Into::into)
}

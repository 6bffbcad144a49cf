//! The compiled table: every rule in one piece of memory, and indexes that lead to it.
//!
//! It tells which rules may answer a request by their path and their host. What else they ask for,
//! and which of them wins, is the business of [`search`](super::search).

use std::{ops::ControlFlow, sync::OnceLock};

use bytes::Bytes;

use super::{
    RuleNumber, RuleOffset,
    capture::{Captures, Match, PathTexts},
    compiled_options::CompiledOptions,
    compiled_rule::{CompiledRule, PATTERN, REGEX},
    lines::Lines,
    match_input::MatchInput,
    options::Matching,
    parameters::means,
    pattern::PatternRef,
    search::Precedence,
    usage::Hits,
};

mod ahead;
mod asked;
mod beginnings;
mod chain;
mod entry;
mod exact;
mod filter;
mod hash;
mod hosts;
mod index;
mod plain;
mod segments;
mod shape;
mod shapes;
mod shown;
mod walk;
mod words;

pub(super) use ahead::Ahead;
use asked::{Asked, asked};
pub(super) use asked::{first_match, without_slash};
use entry::{Lists, RuleEntry};
use exact::{Exact, Key};
use hash::Hash;
pub(super) use hosts::{HostGroup, Hosts};
pub(super) use plain::ByPath;
use plain::Plain;
use shapes::{Searched, Shapes};
use shown::Escaped;

/// All rules of a set.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) compiled: Bytes,
    pub(super) options: Vec<CompiledOptions>,
    pub(super) hosts: Hosts,
    /// Whether a rule is for some hosts only.
    pub(super) reads_host: bool,
    pub(super) lines: Lines,
    /// Where hits are counted.
    pub(super) hits: OnceLock<Hits>,
    planes: Vec<Plane>,
    /// Where all rules are found by a path alone.
    plain: Option<Plain>,
    lists: Lists,
    hash: Hash,
    #[cfg(feature = "regex")]
    pub(super) regexes: super::regexes::Regexes,
}

/// The rules that are compared in one way.
#[derive(Debug)]
struct Plane {
    matching: Matching,
    exact: Exact,
    shapes: Shapes,
}

impl Table {
    /// Builds the indexes of rules that are written already.
    pub(super) fn new(
        mut compiled: Vec<u8>,
        options: Vec<CompiledOptions>,
        hosts: Hosts,
        lines: Lines,
        precedence: Precedence,
        #[cfg(feature = "regex")] regexes: super::regexes::Regexes,
    ) -> Self {
        compiled.shrink_to_fit();
        let mut table = Self {
            compiled: Bytes::from(compiled),
            reads_host: false,
            options,
            hosts,
            lines,
            hits: OnceLock::new(),
            planes: Vec::new(),
            plain: None,
            lists: Lists::default(),
            hash: Hash::default(),
            #[cfg(feature = "regex")]
            regexes,
        };
        // Options may be left that no rule has, those of rules in error.
        let reads_host = table.rules().any(|(_, rule)| {
            let ready = table.options(&rule);
            ready.is_some_and(|ready| ready.group != HostGroup::EVERY || ready.reads_host())
        });
        table.reads_host = reads_host;
        table.planes = table.index(precedence);
        table.plain = Plain::of(&table);
        table
    }

    /// Every rule in the order in which they were added, with where it is.
    pub(super) fn rules(&self) -> impl Iterator<Item = (RuleOffset, CompiledRule<'_>)> {
        let mut at = RuleOffset(0);
        std::iter::from_fn(move || {
            let rule = self.rule(at)?;
            let place = at;
            at = rule.next();
            Some((place, rule))
        })
    }

    #[inline]
    pub(super) fn rule(&self, at: RuleOffset) -> Option<CompiledRule<'_>> {
        CompiledRule::read(&self.compiled, at)
    }

    /// The bytes of a rule.
    pub(super) fn bytes(&self, rule: &CompiledRule<'_>) -> &[u8] {
        let bytes = rule.begin().get()..rule.next().get();
        self.compiled.get(bytes).unwrap_or_default()
    }

    /// The source of the rule that begins here.
    #[inline]
    fn source(&self, at: RuleOffset) -> Option<&[u8]> {
        CompiledRule::read_source(&self.compiled, at)
    }

    /// The options of a rule, where it has any.
    #[inline]
    pub(super) fn options(&self, rule: &CompiledRule<'_>) -> Option<&CompiledOptions> {
        self.options.get(rule.options?.get())
    }

    /// The name of a rule, where it was given one.
    pub(super) fn name(&self, rule: &CompiledRule<'_>) -> Option<&str> {
        self.options(rule)?.options.name.as_deref()
    }

    /// How paths are compared with the source of a rule.
    #[inline]
    pub(super) fn matching(&self, rule: &CompiledRule<'_>) -> Matching {
        let ready = self.options(rule);
        ready.map_or_else(Matching::default, |ready| ready.options.matching)
    }

    /// The hosts that a rule is for.
    #[inline]
    pub(super) fn group(&self, rule: &CompiledRule<'_>) -> HostGroup {
        self.options(rule)
            .map_or(HostGroup::EVERY, |ready| ready.group)
    }

    fn key<'t>(&'t self, rule: &CompiledRule<'t>) -> Key<'t> {
        let ready = self.options(rule);
        Key {
            path: rule.source,
            group: ready.map_or(HostGroup::EVERY, |ready| ready.group),
            pair: ready.and_then(CompiledOptions::key),
        }
    }

    fn key_at(&self, at: RuleOffset) -> Key<'_> {
        const NOTHING: Key<'static> = Key {
            path: &[],
            group: HostGroup::EVERY,
            pair: None,
        };
        self.rule(at).map_or(NOTHING, |rule| self.key(&rule))
    }

    fn pattern(&self, at: RuleOffset) -> (&[u8], HostGroup) {
        match self.rule(at) {
            Some(rule) => (rule.source, self.group(&rule)),
            None => (&[], HostGroup::EVERY),
        }
    }

    /// Shows every rule whose path and host fit a request.
    ///
    /// `lowest` is the number beyond which a pattern is not wanted any more. Where `visit` breaks,
    /// it is not shown the rules behind that one that have the same path and host and come later.
    #[inline]
    pub(super) fn candidates<'a>(
        &self,
        ask: &MatchInput<'_, 'a>,
        lowest: impl Fn() -> RuleNumber,
        mut visit: impl FnMut(RuleOffset, &CompiledRule<'_>, &PathTexts<'a>) -> ControlFlow<()>,
    ) {
        for plane in &self.planes {
            asked(ask.path, plane.matching, |path| {
                if !plane.exact.is_empty() {
                    self.exact_candidates(plane, path, ask, &mut visit);
                }
                if plane.shapes.lowest() <= u64::from(lowest().0) {
                    self.pattern_candidates(plane, path, ask, &lowest, &mut visit);
                }
            });
        }
        #[cfg(feature = "regex")]
        if !self.regexes.is_empty() {
            self.regex_candidates(ask, &mut visit);
        }
    }

    #[cfg(feature = "regex")]
    fn regex_candidates<'a>(
        &self,
        ask: &MatchInput<'_, 'a>,
        visit: &mut impl FnMut(RuleOffset, &CompiledRule<'_>, &PathTexts<'a>) -> ControlFlow<()>,
    ) {
        for at in self.regexes.matching(ask.path) {
            if let Some(rule) = self.rule(at) {
                let group = self.group(&rule);
                if self.hosts.fitting(ask.host).any(|fitting| fitting == group) {
                    // The one behind it is another source, and may come before it.
                    let _ = visit(at, &rule, &PathTexts::UNKNOWN);
                }
            }
        }
    }

    // Not inlined, so that tables whose rules are patterns have nothing of it to make ready.
    #[inline(never)]
    fn exact_candidates<'a>(
        &self,
        plane: &Plane,
        path: &Asked<'_, '_>,
        ask: &MatchInput<'_, 'a>,
        visit: &mut impl FnMut(RuleOffset, &CompiledRule<'_>, &PathTexts<'a>) -> ControlFlow<()>,
    ) {
        let spelled = path.spelled;
        let path_hash = self.hash.of(spelled);
        self.exact_on(HostGroup::EVERY, plane, spelled, path_hash, visit);
        if ask.host.is_some() {
            for group in self.hosts.named(ask.host) {
                self.exact_on(group, plane, spelled, path_hash, visit);
            }
        }
        if plane.exact.has_keyed() {
            self.keyed_candidates(plane, spelled, path_hash, ask, visit);
        }
    }

    #[inline]
    fn exact_on<'a>(
        &self,
        group: HostGroup,
        plane: &Plane,
        spelled: &[u8],
        path_hash: u64,
        visit: &mut impl FnMut(RuleOffset, &CompiledRule<'_>, &PathTexts<'a>) -> ControlFlow<()>,
    ) {
        let is_it = |entry| {
            self.rule(self.lists.first(entry))
                .is_some_and(|rule| rule.source == spelled && self.group(&rule) == group)
        };
        if let Some(entry) = plane.exact.find(group, path_hash, is_it) {
            self.show(entry, &PathTexts::UNKNOWN, visit);
        }
    }

    fn keyed_candidates<'a>(
        &self,
        plane: &Plane,
        spelled: &[u8],
        path_hash: u64,
        ask: &MatchInput<'_, 'a>,
        visit: &mut impl FnMut(RuleOffset, &CompiledRule<'_>, &PathTexts<'a>) -> ControlFlow<()>,
    ) {
        for group in self.hosts.fitting(ask.host) {
            // A query that says the same again and again has each rule looked at once.
            let mut shown = Escaped::default();
            for (name, value) in ask.pairs() {
                let hash = Exact::keyed_hash(group, path_hash, (name, value), &self.hash);
                let is_it = |entry| {
                    let key = self.key_at(self.lists.first(entry));
                    let fits = |(own_name, own_value): (&str, &str)| {
                        means(name, own_name) && means(value, own_value)
                    };
                    key.path == spelled && key.group == group && key.pair.is_some_and(fits)
                };
                let found = plane.exact.find_keyed(hash, is_it);
                if let Some(entry) = found.filter(|entry| shown.is_new(**entry)) {
                    self.show(entry, &PathTexts::UNKNOWN, visit);
                }
            }
        }
    }

    #[inline]
    fn show<'a>(
        &self,
        entry: &RuleEntry,
        path: &PathTexts<'a>,
        visit: &mut impl FnMut(RuleOffset, &CompiledRule<'_>, &PathTexts<'a>) -> ControlFlow<()>,
    ) {
        for at in self.lists.rules(entry) {
            if let Some(rule) = self.rule(*at) {
                if visit(*at, &rule, path).is_break() {
                    return;
                }
            }
        }
    }

    // Not inlined, so that tables without patterns have nothing of it on their stack.
    #[inline(never)]
    fn pattern_candidates<'a>(
        &self,
        plane: &Plane,
        path: &Asked<'a, '_>,
        ask: &MatchInput<'_, 'a>,
        lowest: &impl Fn() -> RuleNumber,
        visit: &mut impl FnMut(RuleOffset, &CompiledRule<'_>, &PathTexts<'a>) -> ControlFlow<()>,
    ) {
        let mut on = |group| {
            let look = |entry: &RuleEntry| {
                let at = self.lists.first(*entry);
                let Some(rule) = self.rule(at) else {
                    return;
                };
                let mut texts = PathTexts::none();
                let fits = rule.number <= lowest()
                    && self.group(&rule) == group
                    && path
                        .fit(PatternRef::of(rule.source), |text| texts.push(text))
                        .is_some();
                if fits {
                    self.show(entry, &texts, visit);
                }
            };
            let mut searched = Searched {
                group,
                lowest,
                visit: look,
            };
            plane.shapes.candidates(path.spelled, &mut searched);
        };
        on(HostGroup::EVERY);
        if ask.host.is_some() {
            self.hosts.named(ask.host).for_each(on);
        }
    }

    /// Finds what the placeholders of a rule stand for that answers a request.
    pub(super) fn captures<'a>(
        &self,
        found: &Match<'a>,
        rule: &CompiledRule<'_>,
        ask: &MatchInput<'_, 'a>,
        captures: &mut Captures<'a>,
    ) -> Option<()> {
        if rule.has(REGEX) {
            *captures = self.regex_captures(found.at, ask.path)?;
        }
        if rule.has(PATTERN) {
            match found.path.all() {
                Some(texts) => texts.iter().for_each(|text| captures.push(*text)),
                None => asked(ask.path, self.matching(rule), |path| {
                    path.fit(PatternRef::of(rule.source), |text| captures.push(text))
                })?,
            }
        }
        if let Some(ready) = self.options(rule) {
            ready.admits(ask, captures);
        }
        Some(())
    }

    /// How many rules are regexes.
    #[cfg(feature = "regex")]
    pub(super) fn regexes_len(&self) -> usize {
        self.regexes.len()
    }

    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    pub(super) const fn regexes_len(&self) -> usize {
        0
    }

    /// Paths that the regex of a rule matches.
    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    pub(super) const fn regex_paths(&self, _: RuleOffset) -> Vec<String> {
        Vec::new()
    }

    /// Whether a path is too long for regexes, and there are some.
    #[cfg(feature = "regex")]
    pub(super) const fn leaves_regexes_out(&self, path: &str) -> bool {
        !self.regexes.is_empty() && super::regexes::is_too_long(path)
    }

    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    pub(super) const fn leaves_regexes_out(&self, _: &str) -> bool {
        false
    }

    #[cfg(feature = "regex")]
    fn regex_captures<'a>(&self, at: RuleOffset, path: &'a str) -> Option<Captures<'a>> {
        self.regexes.captures(at, path)
    }

    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    const fn regex_captures<'a>(&self, _: RuleOffset, _: &'a str) -> Option<Captures<'a>> {
        None
    }
}

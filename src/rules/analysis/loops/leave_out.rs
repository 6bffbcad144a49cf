//! Tables are built without the rules that close a loop.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use http::{Method, StatusCode};

use super::{Loop, LoopKind};
#[cfg(feature = "regex")]
use crate::rules::Part;
use crate::rules::{
    Finding, FindingCode, RuleOffset, RuleRef, Rules, analysis::graph::RuleGraph,
    compiled_options::CompiledOptions, compiled_rule::CompiledRule, finding::cut, table::Table,
};

/// After so many rounds, every rule that may be part of a loop goes.
const MAX_ROUNDS: usize = 12;

impl Rules {
    /// Leaves out every rule that certainly closes a loop.
    pub(in crate::rules) fn leave_loops_out(&mut self, errors: &mut Vec<Finding>) {
        for round in 0.. {
            let loops = self.loops(&mut RuleGraph::new(self)).found;
            let mut removed = BTreeSet::new();
            for one in loops.iter().filter(|one| one.is_certain) {
                let closing = one.rules.iter().max().copied();
                if removed.contains(&closing.unwrap_or_default()) {
                    continue;
                }
                let Some(rule) = closing.and_then(|at| self.rule_at(at)) else {
                    continue;
                };
                errors.push(self.loop_error(rule, one));
                if round < MAX_ROUNDS {
                    removed.extend(closing);
                    continue;
                }
                for at in one.component.iter().filter(|at| removed.insert(**at)) {
                    let other = self.rule_at(*at).filter(|_| Some(*at) != closing);
                    errors.extend(other.map(|other| {
                        let message =
                            "this rule redirects to rules of a redirect loop, and they to it";
                        let help = "remove this rule or change its target";
                        Finding::of_rule(FindingCode::RedirectLoop, other, message, help)
                    }));
                }
            }
            if removed.is_empty() {
                return;
            }
            self.remove(&removed);
        }
    }

    /// Leaves out rules whose regexes are too large together with those before.
    #[cfg(feature = "regex")]
    pub(in crate::rules) fn leave_regexes_out(
        &mut self,
        too_much: &[RuleOffset],
        errors: &mut Vec<Finding>,
    ) {
        if too_much.is_empty() {
            return;
        }
        let rules = too_much.iter().filter_map(|at| self.rule_at(*at));
        errors.extend(rules.map(|rule| {
            let message = "the regexes of this table are too large together";
            let error = Finding::of_rule(FindingCode::Limit, rule, message, "use fewer regexes");
            error.in_part(Part::Source, rule.source())
        }));
        self.remove(&too_much.iter().copied().collect());
    }

    fn loop_error(&self, rule: RuleRef<'_>, one: &Loop) -> Finding {
        let (message, help) = self.described(one);
        let error = Finding::of_rule(one.code(), rule, message, help);
        self.in_loop(error, one)
    }

    /// Adds the other rules of a loop, its URLs and a request.
    pub(in crate::rules::analysis) fn in_loop(&self, finding: Finding, one: &Loop) -> Finding {
        let rules = one.rules.iter().filter_map(|at| self.rule_at(*at));
        let others = rules.map(|rule| rule.rule_number());
        let others: BTreeSet<_> = others
            .filter(|number| Some(number.0) != finding.rule())
            .collect();
        let others: Vec<_> = others.into_iter().collect();
        finding
            .with_related(&others, &self.table.lines)
            .with_urls(&one.urls, one.request.clone())
    }

    /// What a loop does, and how to fix it.
    pub(in crate::rules::analysis) fn described(&self, one: &Loop) -> (String, &'static str) {
        let (names, is_one) = self.named(&one.rules);
        let possible = if one.is_certain { "" } else { "possible " };
        // Another response of the app ends a loop of rules that wait.
        let waits_for = self.waits_for(&one.rules);
        let is_404 = waits_for == Some(StatusCode::NOT_FOUND);
        let waits = waits_for.is_some();
        let remove = if is_one {
            "remove this rule or change its target"
        } else {
            "remove one of these rules or change its target"
        };
        let rule = one.rules.first().and_then(|at| self.rule_at(*at));
        let target = rule.map_or_else(String::new, |rule| target_text(rule));
        match one.kind {
            LoopKind::SelfLoop => (
                format!("endless redirect: {target} matches this rule again"),
                remove,
            ),
            LoopKind::Cycle if waits => (
                format!("possible redirect loop: {} ({names})", urls_of(one)),
                match (is_one, is_404) {
                    (true, true) => {
                        "change the target of this rule, unless the app has a page there"
                    }
                    (false, true) => {
                        "remove one of these rules, unless the app has a page at one of these URLs"
                    }
                    (_, false) => {
                        "change a target, unless the app responds there with another status"
                    }
                },
            ),
            LoopKind::Grows if waits => (
                match &*one.rules {
                    [_] => format!("possible endless redirect: {target} matches this rule again"),
                    _ => format!("possible endless redirect: {} ({names})", urls_of(one)),
                },
                if is_404 {
                    "change a target, unless the app has a page there"
                } else {
                    "change a target, unless the app responds there with another status"
                },
            ),
            LoopKind::Cycle => (
                format!(
                    "{possible}redirect loop: {} ({names}){}",
                    urls_of(one),
                    needs_of(one)
                ),
                if one.is_certain {
                    remove
                } else if is_one {
                    "change the target of this rule, or narrow its source"
                } else {
                    "make the conditions of these rules exclude each other, or change a target"
                },
            ),
            LoopKind::Grows => (
                match &*one.rules {
                    [_] => {
                        format!("{possible}endless redirect: {target} matches this rule again")
                    }
                    _ => format!("{possible}endless redirect: {} ({names})", urls_of(one)),
                },
                if is_one {
                    remove
                } else {
                    "change a target so that it doesn't match these rules again"
                },
            ),
            LoopKind::Unknown => (
                match &*one.rules {
                    [_] => format!("undecided whether {target} matches this rule again"),
                    _ => format!("undecided whether {names} redirect in a loop"),
                },
                "test a URL that matches, or narrow a source so that no target matches it",
            ),
        }
    }

    /// Rules by their lines, or by their numbers, and whether that is one; a line may say more than
    /// one.
    fn named(&self, rules: &[RuleOffset]) -> (String, bool) {
        let rules: Vec<_> = rules.iter().filter_map(|at| self.rule_at(*at)).collect();
        let mut seen = HashSet::new();
        if self.table.lines.has_files() {
            let names = rules.iter().map(|rule| rule.place().to_string());
            let names: Vec<_> = names.filter(|name| seen.insert(name.clone())).collect();
            return (listed(names), seen.len() == 1);
        }
        let lines: Option<Vec<u32>> = rules.iter().map(RuleRef::line).collect();
        let (word, numbers) = match lines {
            Some(lines) => ("line", lines),
            None => ("rule", rules.iter().map(RuleRef::number).collect()),
        };
        let numbers = numbers.iter().map(ToString::to_string);
        let numbers: Vec<_> = numbers
            .filter(|number| seen.insert(number.clone()))
            .collect();
        let plural = if numbers.len() == 1 { "" } else { "s" };
        (
            format!("{word}{plural} {}", listed(numbers)),
            seen.len() == 1,
        )
    }

    /// The same table without some rules, each named by where it begins.
    fn remove(&mut self, removed: &BTreeSet<RuleOffset>) {
        let options = self.table.options.clone();
        *self = self.rewritten(options, |at, rule, compiled| {
            if !removed.contains(&at) {
                compiled.extend_from_slice(self.table.bytes(rule));
            }
        });
    }

    /// The same table with every rule written once more, or left out.
    pub(in crate::rules) fn rewritten(
        &self,
        options: Vec<CompiledOptions>,
        mut write: impl FnMut(RuleOffset, &CompiledRule<'_>, &mut Vec<u8>),
    ) -> Self {
        let mut compiled = Vec::with_capacity(self.table.compiled.len());
        let mut moved = HashMap::new();
        for (at, rule) in self.table.rules() {
            let begin = compiled.len();
            write(at, &rule, &mut compiled);
            if compiled.len() > begin {
                moved.insert(at, RuleOffset::after(begin));
            }
        }
        let table = Table::new(
            compiled,
            options,
            self.table.hosts.clone(),
            self.table.lines.clone(),
            self.precedence,
            #[cfg(feature = "regex")]
            self.table.regexes.clone().moved(&moved),
        );
        let rules = Self {
            count: u32::try_from(moved.len()).unwrap_or(u32::MAX),
            precedence: self.precedence,
            table: Arc::new(table),
        };
        match self.usage() {
            Some(_) => rules.count_hits(),
            None => rules,
        }
    }
}

/// Names in a sentence; of many, the first few.
fn listed(mut names: Vec<String>) -> String {
    const SHOWN: usize = 6;
    if names.len() > SHOWN {
        let more = names.len() - SHOWN;
        names.truncate(SHOWN);
        names.push(format!("{more} more"));
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The URLs of a loop, from the first to the first again.
fn urls_of(one: &Loop) -> String {
    let urls = one.urls.iter().map(|url| format!("`{}`", cut(url)));
    let mut urls: Vec<String> = urls.collect();
    let first = urls.first().cloned();
    let is_cut = one.hops > urls.len() || one.kind == LoopKind::Grows;
    urls.extend(is_cut.then(|| "…".to_owned()));
    urls.extend(first.filter(|_| one.kind == LoopKind::Cycle));
    urls.join(" → ")
}

/// What a request needs besides its URL to enter the loop.
fn needs_of(one: &Loop) -> String {
    let Some(request) = one.request.as_ref().filter(|_| !one.is_certain) else {
        return String::new();
    };
    let request = request.request();
    let method = request.method();
    let method = (method != Method::GET).then(|| format!("`{method}`"));
    let headers = request.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        format!("`{name}: {}`", cut(&value))
    });
    match listed(method.into_iter().chain(headers).collect()) {
        needs if needs.is_empty() => needs,
        needs => format!(", for example with {needs}"),
    }
}

/// The target of a rule, in words where a file writes its placeholders in its own way.
pub(in crate::rules) fn target_text(rule: RuleRef<'_>) -> String {
    if rule.line().is_some() && rule.has_placeholders() {
        "the target".to_owned()
    } else {
        format!("`{}`", cut(&rule.target()))
    }
}

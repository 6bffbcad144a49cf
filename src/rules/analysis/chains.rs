//! Targets that another rule redirects again.

use std::collections::{HashMap, HashSet};

use http::StatusCode;

use crate::{
    rules::{
        FindingCode, RuleNumber, RuleOffset, RuleRef,
        analysis::{
            check::{Check, is_permanent},
            graph::RuleGraph,
            loops::target_text,
            request_set::{RequestSet, Transfer},
        },
        compiled_rule::{CompiledRule, PATTERN, REGEX, SLOTS},
    },
    status::StatusChoice,
};

/// So many of the rules that may follow are named.
const MOST_RELATED: usize = 8;

/// What follows a rule.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    hops: usize,
    /// The last rule, where there is one.
    end: Option<RuleOffset>,
    /// Whether there may be more behind that.
    is_cut: bool,
}

/// What follows the rules that were followed before.
pub(super) type Known = HashMap<RuleOffset, Rest>;

impl<'t> Check<'t> {
    pub(super) fn chains(&mut self, graph: &mut RuleGraph<'t>, known: &mut Known) {
        for (at, rule) in self.rules.table.rules() {
            if graph.is_over_limit() {
                return;
            }
            if graph.leads_nowhere(&rule) {
                continue;
            }
            let Some(set) = graph.after(&rule) else {
                continue;
            };
            self.chain(graph, known, at, &rule, set);
        }
    }

    fn chain(
        &mut self,
        graph: &mut RuleGraph<'t>,
        known: &mut Known,
        at: RuleOffset,
        rule: &CompiledRule<'t>,
        set: RequestSet,
    ) {
        let mut successors = graph.successors(&set);
        // A rule that passes or refuses ends the chain, at least for some requests.
        let all = successors.len();
        successors.retain(|(_, transfer)| transfer.next.is_some());
        let may_end = successors.len() < all;
        let Some((next, first)) = successors
            .first()
            .filter(|(_, transfer)| !transfer.suppressed)
        else {
            return;
        };
        let Some(second) = self.rules.rule_at(*next) else {
            return;
        };
        let in_loops = [rule.number, second.rule_number()].map(|one| self.in_loops.contains(&one));
        let (number, name) = (
            second.rule_number(),
            self.rules.name_of(second.rule_number()),
        );
        let name = match number == rule.number {
            true => "this rule".to_owned(),
            false => name,
        };
        let target = target_text(RuleRef::new(&self.rules.table, *rule));
        let leads_on =
            |(at, transfer): &(RuleOffset, Transfer)| graph.leads_on(*at, &set, transfer);
        // Most URLs of a rule for missing pages have a page.
        let may_have_page = self.is_fallback(successors.iter().map(|(at, _)| *at));
        if may_end || may_have_page || !first.covers || !successors.first().is_some_and(leads_on) {
            let numbers = successors.iter().take(MOST_RELATED);
            let numbers = numbers.filter_map(|(at, _)| self.rules.rule_at(*at));
            let related: Vec<RuleNumber> = numbers.map(|rule| rule.rule_number()).collect();
            let who = match successors.len() - 1 {
                0 => name,
                1 => format!("{name} or 1 more rule"),
                more => format!("{name} or {more} more rules"),
            };
            // Where none of them answers, the last does.
            let is_sure = !may_end
                && !may_have_page
                && successors.last().is_some_and(|(_, last)| last.covers)
                && successors.iter().all(leads_on);
            let end = "point this rule at the final target, if that is always the same URL";
            let (code, message, help) = if is_sure {
                let proviso = self.proviso(&target, successors.iter().map(|(at, _)| *at));
                let message = format!("redirect chain: {target} is redirected again by {who}");
                (
                    FindingCode::RedirectChain,
                    message,
                    format!("{end}{proviso}"),
                )
            } else {
                // Without the target, so that the same finding of many rules is listed once.
                let code = FindingCode::PossibleChain;
                if may_have_page && !may_end && first.covers && successors.len() == 1 {
                    let message = format!(
                        "possible redirect chain: {who} redirects the target, unless the app has \
                         a page there"
                    );
                    (code, message, "check that the app has the page".to_owned())
                } else {
                    let message = format!("possible redirect chain: {who} may redirect the target");
                    (code, message, end.to_owned())
                }
            };
            self.push(code, rule.number, &related, message, help);
            return;
        }
        let rest = graph.rest(known, at, set);
        let end = rest.end.and_then(|end| self.rules.rule_at(end));
        let more = match (rest.is_cut, rest.hops) {
            (false, 0 | 1) => format!("again by {name}"),
            (false, more) => format!("{more} more times, first by {name}"),
            (true, 0 | 1) => format!("at least once more, by {name}"),
            (true, more) => format!("at least {more} more times, first by {name}"),
        };
        // The loop was found already.
        if in_loops == [true, true] {
            return;
        }
        let message = format!("redirect chain: {target} is redirected {more}");
        let end_rule = end.unwrap_or(second);
        let end_text = if rest.is_cut {
            "the final target".to_owned()
        } else if end_rule.has_placeholders() {
            format!(
                "the target of {}",
                self.rules.name_of(end_rule.rule_number())
            )
        } else {
            target_text(end_rule)
        };
        let proviso = self.proviso(&target, [*next]);
        let help = format!("point this rule at {end_text}{proviso}");
        let mut related = vec![number];
        related.extend(
            end.map(|rule| rule.rule_number())
                .filter(|end| *end != number),
        );
        self.push(
            FindingCode::RedirectChain,
            rule.number,
            &related,
            message,
            help,
        );
        let is_temporary = |next: StatusChoice| !is_permanent(next);
        if is_permanent(rule.status_choice()) && second.status_choice().is_some_and(is_temporary) {
            let message = format!(
                "clients cache this permanent redirect, but the next one ({name}) is temporary"
            );
            let (code, help) = (FindingCode::PermanentToTemporary, "use 302 or 307");
            self.push(code, rule.number, &[number], message, help);
        }
    }
}

impl Check<'_> {
    /// Returns `true` if one of these rules is for all pages that the app lacks: it waits for a
    /// response, and either matches all paths or leads to one page.
    fn is_fallback(&self, mut rules: impl Iterator<Item = RuleOffset>) -> bool {
        rules.any(|at| {
            let rule = self.rules.table.rule(at);
            let is_for_all = rule.is_some_and(|rule| {
                rule.has(PATTERN | REGEX) && (!rule.has(SLOTS) || rule.source.starts_with(b"/{"))
            });
            is_for_all && self.rules.waits_for(&[at]).is_some()
        })
    }

    /// Returns the end of a sentence if one of the rules that redirect again waits for a response.
    fn proviso(&self, target: &str, next: impl IntoIterator<Item = RuleOffset>) -> String {
        let next: Vec<RuleOffset> = next.into_iter().collect();
        match self.rules.waits_for(&next) {
            None => String::new(),
            Some(StatusCode::NOT_FOUND) => format!(", unless the app has a page at {target}"),
            Some(_) => format!(", unless the app responds with another status at {target}"),
        }
    }
}

impl<'t> RuleGraph<'t> {
    /// Follows a chain to its end, or as far as there is time for it. The set follows a rule.
    fn rest(&mut self, known: &mut Known, at: RuleOffset, mut set: RequestSet) -> Rest {
        // Each step has the rule that all requests of its set follow, if there is one.
        let mut way: Vec<(Option<RuleOffset>, RuleOffset)> = Vec::new();
        let mut from = Some(at);
        let mut seen = HashSet::from([at]);
        let mut is_cycle = false;
        let mut rest = Rest {
            hops: 0,
            end: None,
            is_cut: false,
        };
        loop {
            if let Some(known) = from.and_then(|from| known.get(&from)) {
                rest = *known;
                break;
            }
            // That there is a chain is worth more than how long it is.
            if !way.is_empty() && self.work.is_half_over() {
                rest.is_cut = true;
                break;
            }
            let Some((next, following, true)) = self.next(&set) else {
                break;
            };
            is_cycle = !seen.insert(next);
            if is_cycle {
                rest.hops = 1;
                rest.is_cut = true;
                break;
            }
            way.push((from, next));
            let after = self.table.rule(next).and_then(|rule| self.after(&rule));
            let is_all = after.is_some_and(|after| after.exact_key() == following.exact_key());
            from = is_all.then_some(next);
            set = following;
        }
        for (from, next) in way.into_iter().rev() {
            rest = Rest {
                hops: rest.hops + 1,
                end: rest.end.or(Some(next)),
                ..rest
            };
            if let Some(from) = from.filter(|_| !is_cycle) {
                known.insert(from, rest);
            }
        }
        rest
    }

    /// The rule that surely answers where another one leads, be it on another host.
    pub(in crate::rules) fn surely_behind(
        &mut self,
        rule: &CompiledRule<'t>,
    ) -> Option<RuleOffset> {
        if self.leads_nowhere(rule) {
            return None;
        }
        let following = self.after(rule)?;
        let (at, _, is_sure) = self.next(&following)?;
        is_sure.then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::{Check, Known, RuleGraph};
    use crate::rules::{Finding, FindingCode, Rule, Rules};

    #[test]
    fn addresses_that_grow_along_a_chain_are_bounded_in_work_and_memory() {
        let makes: [fn(usize) -> Rule; 3] = [
            |at| Rule::found(format!("/{at}"), format!("/{}?q{at}=1", at + 1)),
            |at| Rule::found(format!("/{at}/{{a}}"), format!("/{}/x{{a}}", at + 1)),
            |at| Rule::found(format!("/{at}/{{*a}}"), format!("/{}/x/{{a}}", at + 1)),
        ];
        for make in makes {
            const COUNT: usize = 6_000;
            let rules = Rules::new((0..COUNT).map(make)).unwrap();
            let mut graph = RuleGraph::new(&rules);
            let mut known = Known::new();
            let mut check = Check::new(&rules);
            check.chains(&mut graph, &mut known);
            // Each is found, though it is not known how long they all are.
            assert!(!graph.is_over_limit());
            let findings = check.findings.list;
            assert_eq!(findings.len(), COUNT - 1);
            assert!(
                findings
                    .iter()
                    .all(|one| one.code() == FindingCode::RedirectChain)
            );
            let is_cut = |one: &&Finding| one.message().contains("is redirected at least");
            assert!(findings.iter().filter(is_cut).count() > COUNT / 2);
            assert!(known.len() <= COUNT);
        }
    }
}

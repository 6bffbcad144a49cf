//! Targets that another rule redirects again.

use std::collections::{HashMap, HashSet};

use super::{
    address::{Address, Step},
    check::{Check, is_permanent},
    finder::Finder,
};
use crate::rules::{FindingKind, record::Record};

/// So many of the rules that may follow are named.
const MOST_RELATED: usize = 8;

/// The longest address that is remembered, in bytes, about.
const LONGEST: usize = 1_024;

/// What follows a rule.
#[derive(Clone, Copy, Debug)]
struct Rest {
    hops: usize,
    /// The last rule, where there is one.
    end: Option<u32>,
    /// Whether there may be more behind that.
    is_cut: bool,
}

/// What follows the addresses that were followed before: of a table without growing addresses one for each
/// rule.
#[derive(Debug)]
pub(super) struct Known {
    rests: HashMap<Address, Rest>,
    most: usize,
}

impl Known {
    pub(super) fn for_rules(count: usize) -> Self {
        Self {
            rests: HashMap::new(),
            most: 2 * count + 1_000,
        }
    }

    /// An address as it is remembered, where there is room for it.
    fn key(&self, address: &Address, waiting: usize) -> Option<Address> {
        let has_room = self.rests.len() + waiting < self.most;
        (has_room && address.size() <= LONGEST).then(|| address.exact_key())
    }
}

impl<'t> Check<'t> {
    pub(super) fn chains(&mut self, finder: &mut Finder<'t>, known: &mut Known) {
        for (at, record) in self.rules.table.records() {
            if finder.is_tired() {
                return;
            }
            if finder.leads_nowhere(&record) {
                continue;
            }
            let Some(address) = finder.after(&record) else {
                continue;
            };
            self.chain(finder, known, at, &record, address);
        }
    }

    fn chain(
        &mut self,
        finder: &mut Finder<'t>,
        known: &mut Known,
        at: u32,
        record: &Record<'t>,
        address: Address,
    ) {
        let successors = finder.successors(&address);
        let Some((next, first)) = successors.first().filter(|(_, step)| !step.suppressed) else {
            return;
        };
        let Some(second) = self.rules.rule_at(*next) else {
            return;
        };
        let (number, name) = (second.number(), self.rules.name_of(second.number()));
        let leads_on = |(at, step): &(u32, Step)| finder.leads_on(*at, &address, step);
        if !first.surely || !successors.first().is_some_and(leads_on) {
            let numbers = successors.iter().take(MOST_RELATED);
            let numbers = numbers.filter_map(|(at, _)| self.rules.rule_at(*at));
            let related: Vec<u32> = numbers.map(|rule| rule.number()).collect();
            let who = match successors.len() - 1 {
                0 => name,
                more => format!("{name} or one of {more} more"),
            };
            // Where none of them answers, the last does.
            let is_sure = successors.last().is_some_and(|(_, last)| last.surely)
                && successors.iter().all(leads_on);
            let (kind, message) = if is_sure {
                let proviso = self.proviso(successors.iter().map(|(at, _)| *at));
                let message = format!("2 redirects or more, the next by {who}{proviso}");
                (FindingKind::Chain, message)
            } else {
                let message = format!("{who} may redirect the target again");
                (FindingKind::PossibleChain, message)
            };
            let cure = "lead to the end at once where that is one address";
            self.push(kind, record.number, &related, message, cure);
            return;
        }
        let rest = finder.rest(known, at, address);
        let end = rest.end.and_then(|end| self.rules.rule_at(end));
        let hops = rest.hops + 1;
        let message = if rest.is_cut {
            format!("{hops} redirects or more, the next by {name}")
        } else {
            let end = end.unwrap_or(second);
            match end.line() {
                // A file writes its placeholders in its own way.
                Some(line) if end.has_placeholders() && end == second => {
                    format!("{hops} redirects to reach where line {line} leads")
                }
                Some(line) if end.has_placeholders() => {
                    format!("{hops} redirects to reach where line {line} leads, by {name}")
                }
                _ => format!("{hops} redirects to reach {}, by {name}", end.target()),
            }
        };
        let message = format!("{message}{}", self.proviso([*next]));
        let mut related = vec![number];
        related.extend(end.map(|rule| rule.number()).filter(|end| *end != number));
        let cure = "lead there at once, or flatten the table";
        self.push(FindingKind::Chain, record.number, &related, message, cure);
        if is_permanent(record.status_choice()) && !is_permanent(second.status_choice()) {
            let message =
                format!("clients keep this answer for good, and {name} may change its own");
            let (kind, cure) = (FindingKind::PermanentToTemporary, "take 302 or 307");
            self.push(kind, record.number, &[number], message, cure);
        }
    }
}

impl Check<'_> {
    /// What is to be said where one of the rules that redirect again waits for a 404.
    fn proviso(&self, next: impl IntoIterator<Item = u32>) -> &'static str {
        let table = &self.rules.table;
        let waits = |at| {
            let record = table.record(at)?;
            Some(table.options(&record)?.options.after_not_found)
        };
        if next.into_iter().any(|at| waits(at) == Some(true)) {
            ", unless the app has a page on the way"
        } else {
            ""
        }
    }
}

impl<'t> Finder<'t> {
    /// Follows a chain to its end, or as far as there is time for it.
    fn rest(&mut self, known: &mut Known, at: u32, mut address: Address) -> Rest {
        let mut way: Vec<(Option<Address>, u32)> = Vec::new();
        let mut kept = 0;
        let mut seen = HashSet::from([at]);
        let mut is_circle = false;
        let mut rest = Rest {
            hops: 0,
            end: None,
            is_cut: false,
        };
        loop {
            let key = known.key(&address, kept);
            if let Some(known) = key.as_ref().and_then(|key| known.rests.get(key)) {
                rest = *known;
                break;
            }
            // That there is a chain is worth more than how long it is.
            if !way.is_empty() && self.work.is_half_over() {
                rest.is_cut = true;
                break;
            }
            let Some((next, following, true)) = self.next(&address) else {
                break;
            };
            is_circle = !seen.insert(next);
            if is_circle {
                rest.hops = 1;
                rest.is_cut = true;
                break;
            }
            kept += usize::from(key.is_some());
            way.push((key, next));
            address = following;
        }
        for (key, next) in way.into_iter().rev() {
            rest = Rest {
                hops: rest.hops + 1,
                end: rest.end.or(Some(next)),
                ..rest
            };
            if let Some(key) = key.filter(|_| !is_circle) {
                known.rests.insert(key, rest);
            }
        }
        rest
    }

    /// The rule that surely answers where another one leads, be it on another host.
    pub(in crate::rules) fn surely_behind(&mut self, record: &Record<'t>) -> Option<u32> {
        if self.leads_nowhere(record) {
            return None;
        }
        let following = self.after(record)?;
        let (at, _, is_sure) = self.next(&following)?;
        is_sure.then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, Check, Finder, Known, LONGEST};
    use crate::rules::{Finding, FindingKind, Rule, Rules};

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
            let mut finder = Finder::new(&rules);
            let mut known = Known::for_rules(rules.len());
            let mut check = Check::new(&rules);
            check.chains(&mut finder, &mut known);
            // Each is found, though it is not known how long they all are.
            assert!(!finder.is_tired());
            let findings = check.report.findings;
            assert_eq!(findings.len(), COUNT - 1);
            assert!(findings.iter().all(|one| one.kind == FindingKind::Chain));
            let is_cut =
                |one: &&Finding| one.message.contains("redirects or more, the next by rule");
            assert!(findings.iter().filter(is_cut).count() > COUNT / 2);
            let kept: usize = known.rests.keys().map(Address::size).sum();
            assert!(
                known.rests.len() <= 2 * COUNT + 1_000,
                "{}",
                known.rests.len()
            );
            assert!(kept <= LONGEST * known.rests.len(), "{kept}");
        }
    }
}

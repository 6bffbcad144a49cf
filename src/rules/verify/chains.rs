//! Targets that another rule redirects again.

use std::collections::{HashMap, HashSet};

use super::{
    address::Address,
    check::{Check, is_permanent},
    finder::Finder,
};
use crate::rules::{FindingKind, RuleRef, Severity, record::Record};

/// What follows a rule.
#[derive(Clone, Copy, Debug)]
struct Rest {
    hops: usize,
    /// The last rule, where there is one.
    end: Option<u32>,
}

/// What follows the addresses that were followed before.
type Known = HashMap<Address, Rest>;

impl<'t> Check<'t> {
    pub(super) fn chains(&mut self, finder: &mut Finder<'t>) {
        let mut known = Known::new();
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
            self.chain(finder, &mut known, at, &record, address);
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
        let (next, is_sure) = match finder.next(&address) {
            None => return,
            Some((next, _, is_sure)) => (next, is_sure),
        };
        let Some(second) = self.rules.rule_at(next) else {
            return;
        };
        let (number, name) = (second.number(), self.rules.name_of(second.number()));
        if !is_sure {
            let message = format!("{name} may redirect the target again");
            let cure = "lead to the end at once where that is one address";
            let (kind, severity) = (FindingKind::Chain, Severity::Note);
            self.push(kind, severity, record.number, vec![number], &message, cure);
            return;
        }
        let rest = rest(finder, known, at, address);
        let end = rest.end.and_then(|end| self.rules.rule_at(end));
        let target = end.map(|rule| RuleRef::target(&rule)).unwrap_or_default();
        let message = format!("{} redirects to reach {target}, by {name}", rest.hops + 1);
        let mut related = vec![number];
        related.extend(end.map(|rule| rule.number()).filter(|end| *end != number));
        let (kind, severity) = (FindingKind::Chain, Severity::Warning);
        let cure = "lead there at once, or flatten the table";
        self.push(kind, severity, record.number, related, &message, cure);
        if is_permanent(record.how()) && !is_permanent(second.how()) {
            let message =
                format!("clients keep this answer for good, and {name} may change its own");
            let (kind, severity) = (FindingKind::PermanentToTemporary, Severity::Note);
            let cure = "take 302 or 307";
            self.push(kind, severity, record.number, vec![number], &message, cure);
        }
    }
}

/// Follows a chain to its end.
fn rest(finder: &mut Finder<'_>, known: &mut Known, at: u32, mut address: Address) -> Rest {
    let mut way = Vec::new();
    let mut seen = HashSet::from([at]);
    let mut is_cut = false;
    let mut rest = Rest { hops: 0, end: None };
    loop {
        let key = address.exact_key();
        if let Some(known) = known.get(&key) {
            rest = *known;
            break;
        }
        let next = finder.next(&address);
        let Some((next, following, true)) = next else {
            known.insert(key, rest);
            break;
        };
        is_cut = !seen.insert(next);
        if is_cut {
            break;
        }
        way.push((key, next));
        address = following;
    }
    for (key, next) in way.into_iter().rev() {
        rest = Rest {
            hops: rest.hops + 1,
            end: rest.end.or(Some(next)),
        };
        if !is_cut {
            known.insert(key, rest);
        }
    }
    rest
}

impl<'t> Finder<'t> {
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

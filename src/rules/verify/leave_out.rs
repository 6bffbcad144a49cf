//! Tables are built without the rules that close a loop.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{Finder, Loop, LoopKind};
use crate::rules::{
    Part, RuleError, RuleRef, Rules,
    builder::cut,
    condition::Ready,
    error::{Flaw, TO_ITSELF},
    record::Record,
    table::Table,
};

/// After so many rounds, every rule of a loop that is left goes.
const PATIENCE: usize = 12;

impl Rules {
    /// Leaves out every rule that certainly closes a loop, and says so.
    pub(in crate::rules) fn leave_loops_out(&mut self, errors: &mut Vec<RuleError>) {
        for round in 0.. {
            let loops = self.loops(&mut Finder::new(self)).found;
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
                if round < PATIENCE {
                    removed.extend(closing);
                } else {
                    removed.extend(&one.rules);
                }
            }
            if removed.is_empty() {
                return;
            }
            self.remove(&removed);
        }
    }

    /// Leaves out rules whose regexes are too much together with those before, and says so.
    #[cfg(feature = "regex")]
    pub(in crate::rules) fn leave_regexes_out(
        &mut self,
        too_much: &[u32],
        errors: &mut Vec<RuleError>,
    ) {
        if too_much.is_empty() {
            return;
        }
        let why = "these regexes are too much together; write fewer of them";
        let rules = too_much.iter().filter_map(|at| self.rule_at(*at));
        errors.extend(rules.map(|rule| RuleError {
            rule: rule.number(),
            name: rule.name().map(Into::into),
            part: Part::Source,
            text: cut(rule.source()),
            flaw: Flaw::at(0, why),
        }));
        self.remove(&too_much.iter().copied().collect());
    }

    fn loop_error(&self, rule: RuleRef<'_>, one: &Loop) -> RuleError {
        let (what, cure) = self.described(one);
        RuleError {
            rule: rule.number(),
            name: rule.name().map(Into::into),
            part: Part::Rule,
            text: cut(rule
                .to_string()
                .rsplit_once(" (")
                .map_or("", |(text, _)| text)),
            flaw: Flaw::at(0, format!("{what}; {cure}")),
        }
    }

    /// What a loop does, and how to mend it.
    pub(in crate::rules) fn described(&self, one: &Loop) -> (String, &'static str) {
        let from = one.from.as_deref().unwrap_or_default();
        let (names, is_one) = self.named(&one.rules);
        let lead = match one.is_certain {
            false => "may lead",
            true if is_one => "leads",
            true => "lead",
        };
        match one.kind {
            LoopKind::ToItself => {
                let (what, cure) = TO_ITSELF.split_once("; ").unwrap_or((TO_ITSELF, ""));
                (what.to_owned(), cure)
            }
            LoopKind::Circle => (
                format!("{names} {lead} round in a circle, from `{from}` for one"),
                if one.is_certain {
                    "remove one of them, or give it another target"
                } else {
                    "see that their conditions never hold together, or give one another target"
                },
            ),
            LoopKind::Grows => (
                format!("{names} {lead} on and on, from `{from}` for one"),
                "let no target fit the source again",
            ),
            LoopKind::Unknown => (
                match &*one.rules {
                    [_] => format!(
                        "{names} may lead to itself again, and that it does not is not proven"
                    ),
                    _ => format!(
                        "{names} may lead back to each other, and that they do not is not proven"
                    ),
                },
                "follow an address through them, or let no target fit a source",
            ),
        }
    }

    /// Rules by their lines, or by their numbers, and whether that is one; a line may say more than one.
    fn named(&self, rules: &[u32]) -> (String, bool) {
        const SHOWN: usize = 6;
        let rules: Vec<_> = rules.iter().filter_map(|at| self.rule_at(*at)).collect();
        let lines: Option<Vec<u32>> = rules.iter().map(RuleRef::line).collect();
        let (word, mut numbers) = match lines {
            Some(lines) => ("line", lines),
            None => ("rule", rules.iter().map(RuleRef::number).collect()),
        };
        let mut seen = HashSet::new();
        numbers.retain(|number| seen.insert(*number));
        let mut texts: Vec<_> = numbers.iter().map(ToString::to_string).collect();
        if texts.len() > SHOWN {
            let more = texts.len() - SHOWN;
            texts.truncate(SHOWN);
            texts.push(format!("{more} more"));
        }
        let text = match texts.split_last() {
            Some((last, [])) => format!("{word} {last}"),
            Some((last, rest)) => format!("{word}s {} and {last}", rest.join(", ")),
            None => String::new(),
        };
        (text, numbers.len() == 1)
    }

    /// The same table without some rules, each named by where it begins.
    fn remove(&mut self, removed: &BTreeSet<u32>) {
        let options = self.table.options.clone();
        *self = self.rewritten(options, |at, record, records| {
            if !removed.contains(&at) {
                let whole = at as usize..record.next() as usize;
                records.extend_from_slice(self.table.records.get(whole).unwrap_or_default());
            }
        });
    }

    /// The same table with every rule written once more, or left out.
    pub(in crate::rules) fn rewritten(
        &self,
        options: Vec<Ready>,
        mut write: impl FnMut(u32, &Record<'_>, &mut Vec<u8>),
    ) -> Self {
        let mut records = Vec::with_capacity(self.table.records.len());
        let mut moved = HashMap::new();
        for (at, record) in self.table.records() {
            let begin = records.len();
            write(at, &record, &mut records);
            if records.len() > begin {
                moved.insert(at, u32::try_from(begin).unwrap_or(u32::MAX));
            }
        }
        let mut table = Table::new(
            records,
            options,
            self.table.hosts.clone(),
            self.table.lines.clone(),
            self.precedence,
            #[cfg(feature = "regex")]
            self.table.regexes.clone().moved(&moved),
        );
        table.file.clone_from(&self.table.file);
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

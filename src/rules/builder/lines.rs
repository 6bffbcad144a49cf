//! Adds the rules of a file, with their lines. Each format decides what a second copy of a rule
//! means.

use super::RulesBuilder;
use crate::rules::{Finding, Part, RuleNumber, RuleOffset, rule::Rule};

impl RulesBuilder {
    /// Adds a rule that stands on this line of a file, counted from 1; one that is wrong has no
    /// number.
    pub(in crate::rules) fn try_line(&mut self, line: u32, rule: Rule) -> Result<(), Finding> {
        let number = self.next_number();
        // It isn't an error if the rule waits for a response, because the app may send another one.
        if rule.names_one_address_twice() && rule.options.after.is_none() {
            return Err(Finding::to_itself(&rule.target.native())
                .in_part(Part::Rule, &rule.source.text())
                .in_rule(number, rule.options.name.as_deref()));
        }
        self.is_of_format = true;
        let added = self.try_rule(rule);
        self.is_of_format = false;
        self.number_line(number, line, added)
    }

    /// How many rules there are so far.
    pub(in crate::rules) const fn count(&self) -> u32 {
        self.count
    }

    pub(super) const fn next_number(&self) -> RuleNumber {
        RuleNumber(self.count)
    }

    /// Adds a rule in native syntax that stands on this line.
    pub(in crate::rules) fn try_native_line(
        &mut self,
        line: u32,
        rule: Rule,
    ) -> Result<(), Finding> {
        let number = self.next_number();
        let added = self.try_native(rule);
        self.number_line(number, line, added)
    }

    fn number_line(
        &mut self,
        number: RuleNumber,
        line: u32,
        added: Result<(), Finding>,
    ) -> Result<(), Finding> {
        match added {
            Ok(()) => self.lines.push(number, line),
            Err(_) => self.count = number.0,
        }
        added
    }

    /// The same, and a copy of it that was added before goes; gives the line of that.
    pub(in crate::rules) fn try_line_again(
        &mut self,
        line: u32,
        rule: Rule,
    ) -> Result<Option<u32>, Finding> {
        let at = RuleOffset::after(self.compiled.len());
        self.try_line(line, rule)?;
        let before = self.copies.add(&self.compiled, at);
        Ok(before.and_then(|number| self.lines.get(number)))
    }

    /// The same, unless a rule for the same path and host was added so; gives the line of that.
    pub(in crate::rules) fn try_line_once(
        &mut self,
        line: u32,
        rule: Rule,
    ) -> Result<Option<u32>, Finding> {
        let (number, length) = (self.count, self.compiled.len());
        self.try_line(line, rule)?;
        let at = RuleOffset::after(length);
        let before = self.firsts.add(&self.compiled, &self.options, at);
        Ok(before.and_then(|before| {
            self.compiled.truncate(length);
            self.count = number;
            self.lines.get(before)
        }))
    }
}

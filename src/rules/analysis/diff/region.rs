//! All requests that a rule is for, and the rules of a table, its own or another, that may answer
//! some.

use crate::{
    journey::TestRequest,
    rules::{
        RuleOffset, Rules,
        analysis::{
            graph::RuleGraph,
            request_set::{RequestSet, except::Exceptions, path::Fresh},
        },
        compiled_rule::{CompiledRule, REGEX},
        table::Table,
    },
};

/// A rule that may answer some of the requests that another is for.
pub(in crate::rules) struct Overlap {
    pub(in crate::rules) at: RuleOffset,
    /// It fits all of them, whatever else they have.
    pub(in crate::rules) is_whole: bool,
    both: RequestSet,
}

impl Overlap {
    /// A request that both are for, as far as one can be made.
    pub(in crate::rules::analysis) fn witness(&self) -> Option<TestRequest> {
        self.both.request()
    }

    /// Another one, with other texts where placeholders are.
    pub(in crate::rules::analysis) fn other_witness(&self) -> Option<TestRequest> {
        self.both.with_other_words().request()
    }
}

impl Rules {
    /// A request that a rule is for, as far as one can be made.
    pub(in crate::rules::analysis) fn witness(&self, at: RuleOffset) -> Option<TestRequest> {
        self.request_for(at, false)
    }

    /// Another one, with other texts where placeholders are.
    pub(in crate::rules::analysis) fn other_witness(&self, at: RuleOffset) -> Option<TestRequest> {
        self.request_for(at, true)
    }

    /// Requests for the paths that a rule excludes, one for each exception.
    pub(in crate::rules::analysis) fn excluded_witnesses(
        &self,
        at: RuleOffset,
    ) -> Vec<TestRequest> {
        let Some(rule) = self.table.rule(at) else {
            return Vec::new();
        };
        let options = self.table.options(&rule).map(|compiled| &compiled.options);
        let Some(options) = options.filter(|options| options.has_exceptions()) else {
            return Vec::new();
        };
        let mut fresh = Fresh::default();
        let Some(asked) = requests(&self.table, &rule, &mut fresh) else {
            return Vec::new();
        };
        let paths = asked.path.excluded_paths(options, &mut fresh);
        let excluded = paths.map(|path| RequestSet {
            path,
            exceptions: Exceptions::default(),
            ..asked.clone()
        });
        excluded.filter_map(|address| address.request()).collect()
    }

    fn request_for(&self, at: RuleOffset, is_other: bool) -> Option<TestRequest> {
        let rule = self.table.rule(at)?;
        let mut asked = requests(&self.table, &rule, &mut Fresh::default())?;
        if is_other {
            asked = asked.with_other_words();
        }
        if rule.has(REGEX) {
            let paths = self.table.regex_paths(at);
            return asked.request_at(paths.get(usize::from(is_other))?);
        }
        asked.request()
    }
}

impl RuleGraph<'_> {
    /// The rules of this table that may answer what a rule of `rules` is for, the one that is asked
    /// first first, up to one that fits all of it; `None` where that cannot be said.
    pub(in crate::rules::analysis) fn overlaps(
        &mut self,
        rules: &Rules,
        at: RuleOffset,
    ) -> Option<Vec<Overlap>> {
        let rule = rules.table.rule(at).filter(|rule| !rule.has(REGEX))?;
        let asked = requests(&rules.table, &rule, &mut self.fresh)?;
        let mut found = Vec::new();
        self.find(&asked, &mut found);
        // What a regex makes of other spellings of one path is not known.
        found.extend(self.regexes());
        self.work.add(4 * found.len());
        let mut overlaps = Vec::new();
        for (_, at, rule) in self.ranked(found) {
            if self.is_tired() {
                return None;
            }
            let Some(transfer) = self.transfer(&asked, &rule) else {
                continue;
            };
            let is_whole = transfer.covers;
            overlaps.push(Overlap {
                at,
                is_whole,
                both: transfer.matched,
            });
            if is_whole {
                break;
            }
        }
        (!self.is_tired()).then_some(overlaps)
    }

    /// Counts requests that were tried.
    pub(in crate::rules) const fn has_tried(&mut self, requests: usize) {
        self.work.add(16 * requests);
    }
}

/// The requests that a rule is for; `None` where its target is too long for any.
fn requests(table: &Table, rule: &CompiledRule<'_>, fresh: &mut Fresh) -> Option<RequestSet> {
    let all = RequestSet::anything(fresh);
    Some(all.transfer(table, rule, fresh)?.matched)
}

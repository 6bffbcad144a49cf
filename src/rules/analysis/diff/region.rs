//! All requests that a rule is for, and the rules of a table, its own or another, that may answer
//! some.

use crate::rules::{
    RuleOffset, Rules,
    analysis::{
        graph::RuleGraph,
        request_set::{
            RequestSet,
            path::{Fresh, Path},
        },
    },
    compiled_rule::{CompiledRule, REGEX},
    table::Table,
};

/// A rule that may answer some of the requests that another is for.
pub(in crate::rules) struct Overlap {
    pub(in crate::rules) at: RuleOffset,
    /// It fits all of them, whatever else they have.
    pub(in crate::rules) covers: bool,
    /// The requests that both may match.
    pub(super) both: RequestSet,
}

impl Rules {
    /// Requests that a rule may match, if the diff can construct some: one set, or one for each
    /// example of a regex.
    pub(super) fn requests(&self, at: RuleOffset) -> Vec<RequestSet> {
        let rule = self.table.rule(at);
        let set = rule.and_then(|rule| requests(&self.table, &rule, &mut Fresh::default()));
        let Some((rule, set)) = rule.zip(set) else {
            return Vec::new();
        };
        if !rule.has(REGEX) {
            return vec![set];
        }
        let paths = self.table.regex_paths(at);
        let sets = paths.iter().map(|path| RequestSet {
            path: Path::literal(path.as_bytes()),
            ..set.clone()
        });
        sets.collect()
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
            if self.is_over_limit() {
                return None;
            }
            let Some(transfer) = self.transfer(&asked, &rule) else {
                continue;
            };
            overlaps.push(Overlap {
                at,
                covers: transfer.covers,
                both: transfer.matched,
            });
            if transfer.covers {
                break;
            }
        }
        (!self.is_over_limit()).then_some(overlaps)
    }
}

/// The requests that a rule is for; `None` where its target is too long for any.
fn requests(table: &Table, rule: &CompiledRule<'_>, fresh: &mut Fresh) -> Option<RequestSet> {
    let all = RequestSet::anything(fresh);
    Some(all.transfer(table, rule, fresh)?.matched)
}

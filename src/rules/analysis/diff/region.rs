//! All requests that a rule is for, and the rules of a table, its own or another, that may answer
//! some.

use crate::{
    journey::TestRequest,
    rules::{
        RuleOffset, Rules,
        analysis::{
            graph::RuleGraph,
            request_set::{
                RequestSet,
                path::{End, Fresh},
            },
        },
        compiled_rule::{CompiledRule, REGEX},
        condition::Place,
        options::Options,
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
        self.request_for(at, RequestSet::clone)
    }

    /// Another one, with other texts where placeholders are.
    pub(in crate::rules::analysis) fn other_witness(&self, at: RuleOffset) -> Option<TestRequest> {
        self.request_for(at, RequestSet::with_other_words)
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
            ..asked.clone()
        });
        excluded.filter_map(|address| address.request()).collect()
    }

    fn request_for(
        &self,
        at: RuleOffset,
        of: impl Fn(&RequestSet) -> RequestSet,
    ) -> Option<TestRequest> {
        let rule = self.table.rule(at)?;
        if rule.has(REGEX) {
            return None;
        }
        let request = of(&requests(&self.table, &rule, &mut Fresh::default())?).request()?;
        let options = self.table.options(&rule).map(|compiled| &compiled.options);
        let mut conditions = options.into_iter().flat_map(|options| &options.conditions);
        let host = conditions.find_map(|(expected, has)| match has.place {
            Place::Host if *expected => has.value.only_listed()?.first(),
            _ => None,
        });
        match host {
            Some(host) if request.head().authority().is_none() => request.on_host(host),
            _ => Some(request),
        }
    }
}

impl RuleGraph<'_> {
    /// The rules of this table that may answer what a rule of `rules` is for, the one that is asked
    /// first first, up to one that fits all of it; `None` where that cannot be said.
    ///
    /// Where a slash at the end makes no difference, paths with one have a list of their own.
    pub(in crate::rules::analysis) fn overlaps(
        &mut self,
        rules: &Rules,
        at: RuleOffset,
    ) -> Option<Vec<Vec<Overlap>>> {
        let rule = rules.table.rule(at).filter(|rule| !rule.has(REGEX))?;
        let compiled = rules.table.options(&rule);
        let nothing = Options::default();
        let options = compiled.map_or(&nothing, |compiled| &compiled.options);
        let bare = requests(&rules.table, &rule, &mut self.fresh)?;
        let mut lists = Vec::new();
        if options.matching.ignore_trailing_slash && bare.path.end == End::Closed {
            lists.push(self.answering(&bare.with_slash(), options));
        }
        lists.push(self.answering(&bare, options));
        (!self.is_tired()).then_some(lists)
    }

    /// Counts requests that were tried.
    pub(in crate::rules) const fn has_tried(&mut self, requests: usize) {
        self.work.add(16 * requests);
    }

    fn answering(&mut self, asked: &RequestSet, options: &Options) -> Vec<Overlap> {
        let mut found = Vec::new();
        self.find(asked, &mut found);
        // What a regex makes of other spellings of one path is not known.
        found.extend(self.regexes());
        self.work.add(4 * found.len());
        let mut overlaps = Vec::new();
        for (_, at, rule) in self.ranked(found) {
            if self.is_tired() {
                break;
            }
            let Some(transfer) = self.transfer(asked, &rule) else {
                continue;
            };
            let own = self.table.options(&rule).map(|compiled| &compiled.options);
            let exceptions = own.map_or(0, |own| own.except.len());
            self.work
                .add(exceptions * (1 + options.exceptions().count()));
            let is_whole = !rule.has(REGEX)
                && transfer.matched.path == asked.path
                && transfer.matched.host == asked.host
                && own.is_none_or(|own| {
                    let case = own.matching.ignore_case || !options.matching.ignore_case;
                    case && own.host_label.is_none()
                        && options.asks_for_all_of(own, asked, &mut self.work)
                        && options.excludes_all_of(own, &asked.path, &mut self.fresh)
                });
            overlaps.push(Overlap {
                at,
                is_whole,
                both: transfer.matched,
            });
            if is_whole {
                break;
            }
        }
        overlaps
    }
}

/// The requests that a rule is for; `None` where its target is too long for any.
fn requests(table: &Table, rule: &CompiledRule<'_>, fresh: &mut Fresh) -> Option<RequestSet> {
    let all = RequestSet::anything(fresh);
    Some(all.transfer(table, rule, fresh)?.matched)
}

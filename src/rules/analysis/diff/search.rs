//! Requests that two tables answer differently, and what is not proven to be answered the same.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use http::{Method, Request, Uri, Version};

use super::{
    DecisionChange, Diff, Undecided,
    pairs::{Pairs, Partner},
};
use crate::{
    journey::TestRequest,
    location::HttpScheme,
    policy::Policy,
    request::{RequestHead, host::NormalizedHost},
    rules::{
        RuleOffset, Rules, analysis::work::Work, capture::MatchCache, compiled_rule::CompiledRule,
        condition::Place, match_input::MatchInput, options::Edit, target,
    },
};

/// The work of matching one rule with a request.
const LOOK: usize = 4;

type Set<T> = HashSet<T, RandomState>;

/// Both tables, and what was found of them.
pub(super) struct Search<'r> {
    pub(super) old: &'r Rules,
    pub(super) new: &'r Rules,
    pub(super) pairs: Pairs,
    /// Which rule answered and which one answers, of each change.
    known: Set<(Option<RuleOffset>, Option<RuleOffset>)>,
    /// The rules of them.
    pub(super) listed: Set<(Which, RuleOffset)>,
    changes: Vec<DecisionChange<'r>>,
    pub(super) undecided: Vec<Undecided<'r>>,
    /// What was looked at for the requests that were tried.
    work: Work,
}

/// So many requests are tried for one sample.
const MOST_VARIANTS: usize = 12;

/// One of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Which {
    Old,
    New,
}

impl Which {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Old => Self::New,
            Self::New => Self::Old,
        }
    }
}

impl<'r> Search<'r> {
    pub(super) fn new(old: &'r Rules, new: &'r Rules) -> Self {
        Self {
            old,
            new,
            pairs: Pairs::of(old, new),
            known: Set::default(),
            listed: Set::default(),
            changes: Vec::new(),
            undecided: Vec::new(),
            work: Work::for_rules(old.len() + new.len()),
        }
    }

    /// Whether so many rules were looked at that no more requests are tried. What is not found for
    /// that is not proven to be the same, and is said to be so.
    pub(super) const fn is_tired(&self) -> bool {
        self.work.is_over()
    }

    pub(super) fn run(mut self) -> Diff<'r> {
        self.ask_about_hosts();
        self.ask_about_each_source();
        self.look_at_overlaps();
        let place = |changed: &DecisionChange<'_>| {
            let number = |rule: Option<crate::rules::RuleRef<'_>>| rule.map(|rule| rule.number());
            let (before, after) = (number(changed.before), number(changed.after));
            (before.unwrap_or(u32::MAX), after)
        };
        self.changes.sort_by_key(place);
        Diff {
            changes: self.changes,
            undecided: self.undecided,
        }
    }

    pub(super) const fn rules(&self, which: Which) -> &'r Rules {
        match which {
            Which::Old => self.old,
            Which::New => self.new,
        }
    }

    pub(super) fn partner(&self, which: Which, at: RuleOffset) -> Option<Partner> {
        let pairs = match which {
            Which::Old => &self.pairs.of_old,
            Which::New => &self.pairs.of_new,
        };
        pairs.get(&at).copied()
    }

    /// A table that looks at hosts refuses requests that contradict themselves about theirs.
    fn ask_about_hosts(&mut self) {
        if self.old.table.reads_host == self.new.table.reads_host {
            return;
        }
        let request = Request::builder()
            .header("host", "a.example")
            .header("host", "b.example")
            .body(());
        if let Ok(request) = request {
            self.ask(request, None);
        }
    }

    /// Sends a request that each rule is for to both.
    fn ask_about_each_source(&mut self) {
        let (old, new) = (self.old, self.new);
        for (at, _) in old.table.rules() {
            if self.is_tired() {
                return;
            }
            if let Some(request) = old.witness(at) {
                self.consider(&request, || old.other_witness(at));
            }
            self.ask_about_exceptions(old, at);
        }
        for (at, _) in new.table.rules() {
            if self.is_tired() {
                return;
            }
            // Its partner was asked for the same.
            if self.partner(Which::New, at).is_none() {
                if let Some(request) = new.witness(at) {
                    self.consider(&request, || new.other_witness(at));
                }
                self.ask_about_exceptions(new, at);
            }
        }
    }

    /// Sends requests that a rule excludes to both.
    fn ask_about_exceptions(&mut self, rules: &'r Rules, at: RuleOffset) {
        for request in rules.excluded_witnesses(at) {
            self.consider(&request, || None);
        }
    }

    /// Looks for a difference with a request, and with others near it where the answers may differ.
    ///
    /// Gives how many requests that took.
    pub(super) fn consider(
        &mut self,
        request: &TestRequest,
        again: impl FnOnce() -> Option<TestRequest>,
    ) -> usize {
        let (asked, scheme) = request.parts();
        let (Some((old, new)), false) = self.ask(asked.clone(), scheme) else {
            return 1;
        };
        let rules =
            |rules: &'r Rules, at: Option<RuleOffset>| Some((rules, rules.table.rule(at?)?));
        let both = [rules(self.old, old), rules(self.new, new)];
        let again = again().map(|again| again.parts().0.clone());
        let variants = again.into_iter().chain(variants(asked, both));
        for (count, variant) in (2..).zip(variants) {
            if self.ask(variant, scheme).1 {
                return count;
            }
        }
        MOST_VARIANTS
    }

    /// Asks both; gives the rules that answer, where they are not the same, and whether a
    /// difference of them is known now.
    #[expect(clippy::type_complexity, reason = "two numbers and a yes or no")]
    fn ask(
        &mut self,
        request: Request<()>,
        scheme: Option<HttpScheme>,
    ) -> (Option<(Option<RuleOffset>, Option<RuleOffset>)>, bool) {
        let request = TestRequest::of(request, scheme);
        let head = request.head();
        let work = &mut self.work;
        let mut winner = |rules| winner(rules, &head, || work.add(LOOK));
        let (old, new) = (winner(self.old), winner(self.new));
        let partner = old.and_then(|at| self.partner(Which::Old, at));
        let is_same = match (partner, new) {
            (Some(partner), Some(new)) => partner.is_same && partner.at == new,
            _ => false,
        };
        if is_same {
            return (None, false);
        }
        let (before, after) = (self.old.decide(&head), self.new.decide(&head));
        if before.has_same_effect(&after, &head) {
            return (Some((old, new)), false);
        }
        if self.known.insert((old, new)) {
            self.listed.extend(old.map(|at| (Which::Old, at)));
            self.listed.extend(new.map(|at| (Which::New, at)));
            self.changes.push(DecisionChange {
                before: old.and_then(|at| self.old.rule_at(at)),
                after: new.and_then(|at| self.new.rule_at(at)),
                decision_before: before,
                decision_after: after,
                is_same_source: partner.is_some_and(|partner| Some(partner.at) == new),
                witness: request,
            });
        }
        (Some((old, new)), true)
    }
}

/// The rule that answers.
fn winner(rules: &Rules, head: &RequestHead<'_>, seen: impl FnMut()) -> Option<RuleOffset> {
    let authority = head.authority().filter(|_| rules.table.reads_host);
    let host = authority.and_then(NormalizedHost::read);
    if !head.has_path() || rules.table.reads_host && host.is_none() && !head.names_no_host() {
        return None;
    }
    let ask = MatchInput {
        head,
        path: head.path(),
        query: head.query(),
        host: host.as_ref().map(|host| &*host.name),
        cache: &MatchCache::new(),
    };
    let found = rules.table.search_seen(&ask, rules.precedence, seen)?;
    Some(found.at)
}

/// Requests like this one, in which a difference of two rules may show.
fn variants<'r>(
    asked: &Request<()>,
    both: [Option<(&'r Rules, CompiledRule<'r>)>; 2],
) -> Vec<Request<()>> {
    let mut variants = Vec::new();
    let path = asked.uri().path();
    let query = asked.uri().query().unwrap_or_default();
    let to = |path: String| {
        let mut request = asked.clone();
        *request.uri_mut() = Uri::try_from(path).ok()?;
        Some(request)
    };
    let more = if query.is_empty() { "" } else { "&" };
    variants.extend(to(format!("{path}?{query}{more}x=1")));
    let mut keys = String::new();
    for (rules, rule) in both.iter().flatten() {
        let options = rules.table.options(rule).map(|compiled| &compiled.options);
        for edit in options.map_or(&[][..], |options| &options.edits) {
            let (Edit::Remove(key) | Edit::Rename(key, _) | Edit::Set(key, _)) = edit;
            push_pair(&mut keys, key);
        }
        for (_, has) in options.map_or(&[][..], |options| &options.conditions) {
            let is_open = has.value.one_of.is_none() && has.value.regexes.is_empty();
            if let (Place::Query(key), true) = (&has.place, is_open) {
                push_pair(&mut keys, key);
            }
        }
        let (_, own, _) = target::split(rule.target);
        let own = String::from_utf8_lossy(own.get(1..).unwrap_or_default()).into_owned();
        for (key, _) in crate::rules::parameters::pairs(&own) {
            push_pair(&mut keys, &crate::rules::parameters::plain(key));
        }
    }
    if !keys.is_empty() {
        variants.extend(to(format!("{path}?{query}{more}{keys}")));
    }
    variants.extend(to(format!("{path}//x/")));
    let outcomes = both.map(|one| one.map(|(_, rule)| rule.outcome()));
    if let [Some(old), Some(new)] = outcomes {
        let methods = [Method::GET, Method::POST, Method::PUT];
        for version in [Version::HTTP_11, Version::HTTP_10] {
            for method in methods.iter().filter(|_| old != new) {
                let mut request = asked.clone();
                *request.method_mut() = method.clone();
                *request.version_mut() = version;
                variants.push(request);
            }
        }
    }
    variants
}

fn push_pair(query: &mut String, key: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    let mut pair = Vec::new();
    target::push_plain(&mut pair, key);
    query.push_str(&String::from_utf8_lossy(&pair));
    query.push_str("=1");
}

//! Requests that two tables answer differently, and what is not proven to be answered the same.

use std::collections::HashSet;

use foldhash::fast::RandomState;
use http::{Method, Request, Uri, Version};

use super::{
    Changed, Diff, Doubt, Undecided,
    pairs::{Pairs, Partner},
};
use crate::{
    Policy, RequestHead, Scheme,
    policy::AskedHost,
    rules::{
        Rules,
        ask::Ask,
        capture::Captures,
        has::{Place, Test},
        options::{Edit, Options},
        record::{PATTERN, QUERY, REGEX, Record, SLOTS},
        target,
        verify::{Finder, Overlap},
    },
    testing::TestRequest,
};

type Set<T> = HashSet<T, RandomState>;

/// Both tables, and what was found of them.
pub(super) struct Search<'r> {
    old: &'r Rules,
    new: &'r Rules,
    pairs: Pairs,
    /// Which rule answered and which one answers, of each change.
    known: Set<(Option<u32>, Option<u32>)>,
    /// The rules of them.
    listed: Set<(Which, u32)>,
    changes: Vec<Changed<'r>>,
    undecided: Vec<Undecided<'r>>,
}

/// So many requests are tried for one sample.
const MOST_VARIANTS: usize = 12;

/// One of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Which {
    Old,
    New,
}

impl Which {
    const fn other(self) -> Self {
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
        }
    }

    pub(super) fn run(mut self) -> Diff<'r> {
        self.ask_about_hosts();
        self.ask_about_each_source();
        self.look_at_overlaps();
        let place = |changed: &Changed<'_>| {
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

    const fn rules(&self, which: Which) -> &'r Rules {
        match which {
            Which::Old => self.old,
            Which::New => self.new,
        }
    }

    fn partner(&self, which: Which, at: u32) -> Option<Partner> {
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
        for (at, _) in old.table.records() {
            if let Some(request) = old.witness(at) {
                self.consider(&request, || old.other_witness(at));
            }
        }
        for (at, _) in new.table.records() {
            // Its partner was asked for the same.
            if self.partner(Which::New, at).is_none() {
                if let Some(request) = new.witness(at) {
                    self.consider(&request, || new.other_witness(at));
                }
            }
        }
    }

    /// Looks for a difference with a request, and with others near it where the answers may differ.
    ///
    /// Gives how many requests that took.
    fn consider(
        &mut self,
        request: &TestRequest,
        again: impl FnOnce() -> Option<TestRequest>,
    ) -> usize {
        let (asked, scheme) = request.parts();
        let (Some((old, new)), false) = self.ask(asked.clone(), scheme) else {
            return 1;
        };
        let rules = |rules: &'r Rules, at: Option<u32>| Some((rules, rules.table.record(at?)?));
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

    /// Asks both; gives the rules that answer, where they are not the same, and whether a difference of
    /// them is known now.
    #[expect(clippy::type_complexity, reason = "two numbers and a yes or no")]
    fn ask(
        &mut self,
        request: Request<()>,
        scheme: Option<Scheme>,
    ) -> (Option<(Option<u32>, Option<u32>)>, bool) {
        let request = TestRequest::of(request, scheme);
        let head = request.head();
        let (old, new) = (winner(self.old, &head), winner(self.new, &head));
        let partner = old.and_then(|at| self.partner(Which::Old, at));
        let is_same = match (partner, new) {
            (Some(partner), Some(new)) => partner.is_same && partner.at == new,
            _ => false,
        };
        if is_same {
            return (None, false);
        }
        let (before, after) = (self.old.decide(&head), self.new.decide(&head));
        if before.is_same_answer(&after, &head) {
            return (Some((old, new)), false);
        }
        if self.known.insert((old, new)) {
            self.listed.extend(old.map(|at| (Which::Old, at)));
            self.listed.extend(new.map(|at| (Which::New, at)));
            self.changes.push(Changed {
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

    /// Looks at the rules that are not in both tables, or not in the same order: all that is answered
    /// differently is answered by one of them, before or after.
    fn look_at_overlaps(&mut self) {
        let is_same = |pairs: &foldhash::HashMap<u32, Partner>, at: u32| {
            pairs.get(&at).is_some_and(|partner| partner.is_same)
        };
        let mut suspects = Vec::new();
        for (at, _) in self.old.table.records() {
            if !is_same(&self.pairs.of_old, at) || self.pairs.moved.contains(&at) {
                suspects.push((Which::Old, at));
            }
        }
        for (at, _) in self.new.table.records() {
            let moved = || {
                let partner = self.pairs.of_new.get(&at);
                partner.is_some_and(|partner| self.pairs.moved.contains(&partner.at))
            };
            if !is_same(&self.pairs.of_new, at) || moved() {
                suspects.push((Which::New, at));
            }
        }
        if suspects.is_empty() {
            return;
        }
        let mut look = Look {
            old: Finder::for_any_address(self.old),
            new: Finder::for_any_address(self.new),
            one_case: has_one_case(self.old, self.new),
        };
        let mut doubts: Vec<(Which, u32, Doubt)> = Vec::new();
        for (which, at) in suspects {
            let is_pattern = self.record(which, at).is_some_and(|one| one.has(PATTERN));
            if is_pattern || !self.listed.contains(&(which, at)) {
                let doubt = self.doubt(&mut look, which, at);
                doubts.extend(doubt.map(|doubt| (which, at, doubt)));
            }
        }
        doubts.retain(|(which, at, _)| !self.listed.contains(&(*which, *at)));
        self.undecided = self.told(&doubts);
    }

    fn record(&self, which: Which, at: u32) -> Option<Record<'r>> {
        self.rules(which).table.record(at)
    }

    /// What keeps it from being proven that whatever a rule answers is answered the same by the other table.
    fn doubt(&mut self, look: &mut Look<'r>, which: Which, at: u32) -> Option<Doubt> {
        let own_rules = self.rules(which);
        let record = own_rules.table.record(at)?;
        if record.has(REGEX) {
            return Some(Doubt::Regex);
        }
        let matching = own_rules.table.options(&record);
        if matching.is_some_and(|ready| ready.options.matching.ignore_case) && !look.one_case {
            return Some(Doubt::Overlap);
        }
        let lists = |finder: &mut Finder<'r>| finder.overlaps(own_rules, at);
        let (own, other) = match which {
            Which::Old => (lists(&mut look.old), lists(&mut look.new)),
            Which::New => (lists(&mut look.new), lists(&mut look.old)),
        };
        let (Some(own), Some(other)) = (own, other) else {
            return Some(Doubt::TooMany);
        };
        for overlap in own.iter().chain(&other).flatten() {
            if let Some(request) = overlap.witness() {
                let tried = self.consider(&request, || overlap.other_witness());
                look.old.has_tried(tried);
            }
            if look.old.is_tired() {
                return Some(Doubt::TooMany);
            }
        }
        let is_proven = own.iter().zip(&other).all(|(own, other)| {
            let answers = own.iter().any(|overlap| overlap.at == at);
            !answers || self.is_same_everywhere(which, at, &record, other)
        });
        if is_proven {
            return None;
        }
        Some(if self.fits_its_witness(which, at) {
            Doubt::Overlap
        } else {
            Doubt::Condition
        })
    }

    /// Whether the other table answers the same wherever this rule answers, by the rules that may answer
    /// there.
    fn is_same_everywhere(
        &self,
        which: Which,
        at: u32,
        record: &Record<'_>,
        others: &[Overlap],
    ) -> bool {
        let rules = self.rules(which);
        let rank = rules.table.rank(record, rules.precedence);
        for other in others {
            let partner = self.partner(which.other(), other.at);
            let same = partner.filter(|partner| partner.is_same);
            let is_this = same.is_some_and(|same| same.at == at);
            // Where that one answers there, it would come before this rule here.
            let comes_before = same.is_some_and(|same| {
                let same = rules.table.record(same.at);
                same.is_some_and(|same| rules.table.rank(&same, rules.precedence) < rank)
            });
            if !is_this && !comes_before && !self.has_same_effect(which, record, other.at) {
                return false;
            }
            if other.is_whole {
                return true;
            }
        }
        false
    }

    /// Whether a rule without placeholders answers as another one of the other table does.
    fn has_same_effect(&self, which: Which, record: &Record<'_>, other: u32) -> bool {
        let (own_rules, other_rules) = (self.rules(which), self.rules(which.other()));
        let Some(other_record) = other_rules.table.record(other) else {
            return false;
        };
        if record.has(PATTERN | REGEX | SLOTS) || other_record.has(REGEX) {
            return false;
        }
        let nothing = Options::default();
        let own_ready = own_rules.table.options(record);
        let other_ready = other_rules.table.options(&other_record);
        let own = own_ready.map_or(&nothing, |ready| &ready.options);
        let options = other_ready.map_or(&nothing, |ready| &ready.options);
        let asks_query = |options: &Options| {
            let mut conditions = options.conditions.iter();
            conditions.any(|(_, has)| matches!(has.place, Place::Query(_)))
        };
        let is_plain = !asks_query(own)
            && !asks_query(options)
            && other_ready.is_none_or(|ready| ready.slots.is_empty());
        let is_same = record.how() == other_record.how()
            && record.has(QUERY) == other_record.has(QUERY)
            && own.query == options.query
            && own.edits == options.edits
            && own.cache == options.cache
            && own.after_not_found == options.after_not_found
            && own.merge_slashes == options.merge_slashes
            && own.scheme == options.scheme;
        if !is_plain || !is_same || record.origin != other_record.origin {
            return false;
        }
        if !other_record.has(SLOTS) {
            return record.target == other_record.target;
        }
        // What is captured is as it was asked for.
        if own.matching != crate::rules::options::Matching::default() {
            return false;
        }
        let Ok(path) = std::str::from_utf8(record.source) else {
            return false;
        };
        let request = Request::new(());
        let ask = Ask {
            head: &RequestHead::new(&request),
            path,
            query: None,
            host: None,
        };
        let captures = other_rules.table.captures(other, &other_record, &ask);
        captures.is_some_and(|captures| {
            let made = |rules: &Rules, record: &Record<'_>, captures: &Captures<'_>| {
                let redirect = rules.table.redirect(record, captures, None).ok()?;
                Some(redirect.location.as_str().to_owned())
            };
            let own = made(own_rules, record, &Captures::none());
            own.is_some() && own == made(other_rules, &other_record, &captures)
        })
    }

    /// Whether the request that was made for a rule is one that it is for.
    fn fits_its_witness(&self, which: Which, at: u32) -> bool {
        let rules = self.rules(which);
        rules.witness(at).is_some_and(|request| {
            let head = request.head();
            let host = head.authority().and_then(AskedHost::read);
            let ask = Ask {
                head: &head,
                path: head.path(),
                query: head.query(),
                host: host.as_ref().map(|host| &*host.name),
            };
            let Some(record) = rules.table.record(at) else {
                return false;
            };
            let ready = rules.table.options(&record);
            ready.is_none_or(|ready| ready.missing(&ask).is_none())
        })
    }

    /// Each doubt once, where two rules for the same requests share it.
    fn told(&self, doubts: &[(Which, u32, Doubt)]) -> Vec<Undecided<'r>> {
        let mut told = Vec::new();
        let of_old = doubts.iter().filter(|(which, ..)| *which == Which::Old);
        let of_old: Set<u32> = of_old.map(|(_, at, _)| *at).collect();
        for (which, at, why) in doubts {
            let partner = self.partner(*which, *at).map(|partner| partner.at);
            let (old, new) = match which {
                Which::Old => (Some(*at), partner),
                Which::New => (partner, Some(*at)),
            };
            let is_told = *which == Which::New && old.is_some_and(|old| of_old.contains(&old));
            if !is_told {
                told.push(Undecided {
                    before: old.and_then(|at| self.old.rule_at(at)),
                    after: new.and_then(|at| self.new.rule_at(at)),
                    doubt: *why,
                });
            }
        }
        told
    }
}

/// What overlaps are looked for with.
struct Look<'r> {
    old: Finder<'r>,
    new: Finder<'r>,
    /// Whether case counts for all rules, or for none.
    one_case: bool,
}

fn has_one_case(old: &Rules, new: &Rules) -> bool {
    let mut seen = [false; 2];
    for rules in [old, new] {
        for (_, record) in rules.table.records() {
            if !record.has(REGEX) {
                let ready = rules.table.options(&record);
                let ignores = ready.is_some_and(|ready| ready.options.matching.ignore_case);
                if let Some(seen) = seen.get_mut(usize::from(ignores)) {
                    *seen = true;
                }
            }
        }
    }
    seen != [true; 2]
}

/// The rule that answers.
fn winner(rules: &Rules, head: &RequestHead<'_>) -> Option<u32> {
    let authority = head.authority().filter(|_| rules.table.reads_host);
    let host = authority.and_then(AskedHost::read);
    if !head.has_path() || rules.table.reads_host && host.is_none() && !head.names_no_host() {
        return None;
    }
    let ask = Ask {
        head,
        path: head.path(),
        query: head.query(),
        host: host.as_ref().map(|host| &*host.name),
    };
    rules.table.search(&ask, rules.precedence)
}

/// Requests like this one, in which a difference of two rules may show.
fn variants<'r>(
    asked: &Request<()>,
    both: [Option<(&'r Rules, Record<'r>)>; 2],
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
    for (rules, record) in both.iter().flatten() {
        let options = rules.table.options(record).map(|ready| &ready.options);
        for edit in options.map_or(&[][..], |options| &options.edits) {
            let (Edit::Remove(key) | Edit::Rename(key, _) | Edit::Set(key, _)) = edit;
            push_pair(&mut keys, key);
        }
        for (_, has) in options.map_or(&[][..], |options| &options.conditions) {
            if let (Place::Query(key), Test::Present | Test::Captured(_)) = (&has.place, &has.test)
            {
                push_pair(&mut keys, key);
            }
        }
        let (_, own, _) = target::split(record.target);
        let own = String::from_utf8_lossy(own.get(1..).unwrap_or_default()).into_owned();
        for (key, _) in crate::rules::ask::pairs(&own) {
            push_pair(&mut keys, &crate::rules::ask::plain(key));
        }
    }
    if !keys.is_empty() {
        variants.extend(to(format!("{path}?{query}{more}{keys}")));
    }
    variants.extend(to(format!("{path}//x/")));
    let hows = both.map(|one| one.map(|(_, record)| record.how()));
    if let [Some(old), Some(new)] = hows {
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

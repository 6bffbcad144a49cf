//! Requests that two tables answer differently, and what is not proven to be answered the same.

use std::collections::{HashSet, VecDeque};

use foldhash::fast::RandomState;
use http::{Method, Request, Uri, Version};

use super::{
    DecisionChange, Diff, Undecided,
    pairs::{Pairs, Partner},
    refuses_host,
};
use crate::{
    journey::TestRequest,
    policy::Policy,
    request::{RequestHead, host::NormalizedHost},
    rules::{
        RuleOffset, Rules,
        analysis::{
            request_set::{RequestSet, except::Exceptions, path::Fresh},
            work::Work,
        },
        capture::MatchCache,
        compiled_rule::CompiledRule,
        condition::Place,
        match_input::MatchInput,
        options::{Edit, Options},
        parameters, target,
    },
};

/// The work of matching one rule with a request.
const LOOK: usize = 4;

type Set<T> = HashSet<T, RandomState>;

/// The rules of both tables that win.
type Winners = (Option<RuleOffset>, Option<RuleOffset>);

/// A rule of one of the tables.
pub(super) type RuleIn = (Which, RuleOffset);

/// Both tables, and what was found of them.
pub(super) struct Search<'r> {
    pub(super) old: &'r Rules,
    pub(super) new: &'r Rules,
    pub(super) pairs: Pairs,
    /// Which rule answered and which one answers, of each change.
    known: Set<Winners>,
    /// The rules of them.
    pub(super) listed: Set<RuleIn>,
    changes: Vec<DecisionChange<'r>>,
    pub(super) undecided: Vec<Undecided<'r>>,
    /// What was looked at for the requests that were tried.
    work: Work,
}

/// So many requests are tried for one set, about.
const MOST_VARIANTS: usize = 100;

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

    /// Returns `true` if so many rules were looked at that no more requests are tried. What is not
    /// found for that is not proven to be the same, and is said to be so.
    pub(super) const fn is_over_limit(&self) -> bool {
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
            self.ask(&TestRequest::of(request, None));
        }
    }

    /// Looks for differences among the requests of each rule.
    fn ask_about_each_source(&mut self) {
        for (which, rules) in [(Which::Old, self.old), (Which::New, self.new)] {
            for (at, rule) in rules.table.rules() {
                if self.is_over_limit() {
                    return;
                }
                // The old table's rule for the same requests comes first.
                if which == Which::New && self.partner(which, at).is_some() {
                    continue;
                }
                let options = rules.table.options(&rule).map(|compiled| &compiled.options);
                for set in rules.requests(at) {
                    let mut fresh = Fresh::default();
                    let paths = options.map(|options| set.path.excluded_paths(options, &mut fresh));
                    for path in paths.into_iter().flatten() {
                        let excluded = RequestSet {
                            path,
                            exceptions: Exceptions::default(),
                            ..set.clone()
                        };
                        self.explore(&excluded, &[(which, at)]);
                    }
                    self.explore(&set, &[(which, at)]);
                }
            }
        }
    }

    /// Looks for differences among requests of a set that these rules may match, and near them.
    ///
    /// If other rules win, the search goes on with the parts of the set that they don't match.
    pub(super) fn explore(&mut self, set: &RequestSet, rules: &[RuleIn]) {
        let mut fresh = Fresh::default();
        let (mut met, mut open) = (Vec::new(), Vec::new());
        // Each transform changes the first words. The others can't be a part of a host.
        let sets = [
            set.clone(),
            set.with_words("Y", "_z", &["y-z", "", "z"]),
            set.with_words("~", "z", &["", "z"]),
            set.without_tail(),
        ];
        let (first, mut waiting) = (sets.len(), VecDeque::from(sets));
        let mut tried = 0;
        while let Some(set) = waiting.pop_front().filter(|_| tried < MOST_VARIANTS) {
            let Some(request) = set.request() else {
                continue;
            };
            let (winners, is_open) = self.ask(&request);
            tried += 1;
            if met.len() >= first && met.contains(&winners) {
                continue;
            }
            let won = [(Which::Old, winners.0), (Which::New, winners.1)];
            let won = won.map(|(which, at)| Some((which, at?)));
            let won = won.into_iter().flatten();
            if met.is_empty() && !is_open && !self.known.contains(&winners) {
                // The same rule wins in both tables, for all of these requests.
                let is_for_all = |winner| rules.iter().all(|one| self.is_one_of(*one, &[winner]));
                if won.clone().any(is_for_all) {
                    break;
                }
            }
            met.push(winners);
            for other in won.clone().filter(|one| !self.is_one_of(*one, rules)) {
                if let Some((_, Some(options))) = self.rule(other) {
                    waiting.extend(set.without(options, &mut fresh));
                }
            }
            if is_open || winners == (None, None) {
                open.push((request, winners));
            }
        }
        for (request, (old, new)) in open {
            let won = [(Which::Old, old), (Which::New, new)].map(|(which, at)| Some((which, at?)));
            let mut won: Vec<_> = won.into_iter().flatten().collect();
            if won.is_empty() {
                won = rules.to_vec();
            }
            let won: Vec<_> = won.into_iter().filter_map(|one| self.rule(one)).collect();
            for variant in variants(&request, &won) {
                if self.known.contains(&(old, new)) || tried >= MOST_VARIANTS {
                    break;
                }
                self.ask(&variant);
                tried += 1;
            }
        }
    }

    /// A rule and its options.
    fn rule(&self, (which, at): RuleIn) -> Option<(CompiledRule<'r>, Option<&'r Options>)> {
        let table = &self.rules(which).table;
        let rule = table.rule(at)?;
        let options = table.options(&rule).map(|compiled| &compiled.options);
        Some((rule, options))
    }

    /// Returns `true` if a rule is one of these, or is for the same requests.
    fn is_one_of(&self, (which, at): RuleIn, rules: &[RuleIn]) -> bool {
        let partner = self.partner(which, at);
        let partner = partner.map(|partner| (which.other(), partner.at));
        rules.contains(&(which, at)) || partner.is_some_and(|partner| rules.contains(&partner))
    }

    /// Sends a request to both tables. Returns the rules that win, and `true` if another request
    /// for which they win may show a difference that isn't known yet.
    fn ask(&mut self, request: &TestRequest) -> (Winners, bool) {
        let head = request.head();
        let work = &mut self.work;
        let mut winner = |rules| winner(rules, &head, || work.add(LOOK));
        let winners = (winner(self.old), winner(self.new));
        let (old, new) = winners;
        let partner = old.and_then(|at| self.partner(Which::Old, at));
        let partner = partner.filter(|partner| Some(partner.at) == new);
        if self.known.contains(&winners) || partner.is_some_and(|partner| partner.is_same) {
            return (winners, false);
        }
        let (before, after) = (self.old.decide(&head), self.new.decide(&head));
        if before.has_same_effect(&after, &head) {
            return (winners, winners != (None, None));
        }
        // The winner isn't what differs.
        let is_about_host = refuses_host(&before) || refuses_host(&after);
        if is_about_host || self.known.insert(winners) {
            if !is_about_host {
                self.listed.extend(old.map(|at| (Which::Old, at)));
                self.listed.extend(new.map(|at| (Which::New, at)));
            }
            self.changes.push(DecisionChange {
                before: old.and_then(|at| self.old.rule_at(at)),
                after: new.and_then(|at| self.new.rule_at(at)),
                decision_before: before,
                decision_after: after,
                is_same_source: partner.is_some(),
                witness: request.clone(),
            });
        }
        (winners, false)
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

/// Requests like this one that may show how rules differ.
fn variants(
    request: &TestRequest,
    rules: &[(CompiledRule<'_>, Option<&Options>)],
) -> Vec<TestRequest> {
    let (asked, scheme) = request.parts();
    let (path, query) = (asked.uri().path(), asked.uri().query().unwrap_or_default());
    let mut variants = Vec::new();
    let mut keys = String::new();
    for (rule, options) in rules {
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
        for (key, _) in parameters::pairs(&own) {
            push_pair(&mut keys, &parameters::plain(key));
        }
    }
    // An empty parameter and an escape are left out by rules that edit the query.
    let mut queries = vec!["x=1".to_owned(), keys.clone()];
    queries.extend(keys.split('&').map(str::to_owned));
    queries.extend([keys.replace("=1", "=x"), escaped(&keys), "&".to_owned()]);
    queries.retain(|more| !more.is_empty());
    let before = if query.is_empty() {
        String::new()
    } else {
        format!("{query}&")
    };
    let mut uris: Vec<_> = queries
        .iter()
        .map(|more| format!("{path}?{before}{more}"))
        .collect();
    if !keys.is_empty() && !query.is_empty() {
        uris.push(format!("{path}?{keys}&{query}"));
    }
    let paths = [
        format!("{path}//x/"),
        format!("{path}/"),
        path.to_ascii_uppercase(),
        escaped(path),
    ];
    uris.extend(paths.map(|path| format!("{path}?{query}")));
    for uri in uris {
        if let Ok(uri) = Uri::try_from(uri.trim_end_matches('?')) {
            let mut request = asked.clone();
            *request.uri_mut() = uri;
            variants.push(request);
        }
    }
    if let [(old, _), (new, _)] = rules {
        let methods = [Method::GET, Method::POST, Method::PUT];
        for version in [Version::HTTP_11, Version::HTTP_10] {
            for method in methods.iter().filter(|_| old.outcome() != new.outcome()) {
                let mut request = asked.clone();
                *request.method_mut() = method.clone();
                *request.version_mut() = version;
                variants.push(request);
            }
        }
    }
    let variants = variants.into_iter();
    variants.map(|one| TestRequest::of(one, scheme)).collect()
}

/// The text with each character percent-encoded that needs no escape.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    let mut literal = 0;
    for byte in text.bytes() {
        match byte {
            b'%' => literal = 3,
            _ => literal = usize::saturating_sub(literal, 1),
        }
        if literal == 0 && (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) {
            escaped.push_str(&format!("%{byte:02x}"));
        } else {
            escaped.push(char::from(byte));
        }
    }
    escaped
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

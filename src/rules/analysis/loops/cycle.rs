//! A request that is sent round, as a browser would: what it meets is certain.

use std::collections::HashMap;

use http::Method;

use crate::{
    guard::{Proposed, Verdict},
    journey::{Client, Followed, TestRequest},
    rules::{
        RuleOffset, Rules, analysis::graph::RuleGraph, capture::Captures, condition::Condition,
        pattern::MAX_CAPTURES, target,
    },
    status::Status,
};

/// So often one rule answers in a journey that grows, before it is called endless.
const ENOUGH: usize = 24;

/// So many URLs of a loop are kept, for messages.
pub(in crate::rules) const MOST_URLS: usize = 6;

/// The rules that one request meets again and again.
#[derive(Clone, Debug)]
pub(in crate::rules) struct Cycle {
    pub(in crate::rules) rules: Vec<RuleOffset>,
    pub(in crate::rules) grows: bool,
    /// The URLs that they are asked for in turn, of a long loop the first few.
    pub(in crate::rules) urls: Vec<String>,
    /// The request that was sent first.
    pub(in crate::rules) request: TestRequest,
}

/// The numbers of the hops of a loop, from the one at this place on. Its first URL was met last at
/// its end.
fn in_turn(begin: usize, end: usize, place: usize) -> Vec<usize> {
    let mut hops: Vec<usize> = (begin..end).collect();
    if let Some(first) = hops.first_mut() {
        *first = end;
    }
    hops.rotate_left(place);
    hops
}

fn urls_of(seen: &HashMap<(Method, String), usize>, hops: &[usize]) -> Vec<String> {
    let hops = hops.get(..MOST_URLS).unwrap_or(hops);
    let mut urls = vec![String::new(); hops.len()];
    for ((_, url), hop) in seen {
        let turn = hops.iter().position(|own| own == hop);
        if let Some(own) = turn.and_then(|turn| urls.get_mut(turn)) {
            own.clone_from(url);
        }
    }
    urls
}

impl RuleGraph<'_> {
    /// The rule that redirects the request of a client, and what is sent; `None` if nothing is.
    pub(super) fn hop(&mut self, client: &Client) -> Option<(RuleOffset, Proposed, Status)> {
        let mut looks = 0;
        let answered = (self.rules).answered(&client.request.head(), || looks += 1);
        // A rule that is tried reads the whole URL, and so does a regex.
        let length = client.url().len();
        self.work
            .add(16 + self.table.regexes_len() + looks * (4 + length / 16));
        let (at, redirect) = answered?;
        match client.judge(redirect) {
            Verdict::Send(sent, status) => Some((at, sent, status)),
            Verdict::Pass(_) | Verdict::Refuse(..) => None,
        }
    }

    /// Follows a request, at most so many hops, until it comes round; `None` too if it leaves the
    /// site, or if that is too much work.
    pub(in crate::rules) fn cycle(&mut self, request: TestRequest, most: usize) -> Option<Cycle> {
        let mut client = Client::new(request.clone());
        let mut seen: HashMap<(Method, String), usize> = HashMap::new();
        let mut met: HashMap<RuleOffset, Vec<usize>> = HashMap::new();
        let mut hops: Vec<(RuleOffset, usize)> = Vec::new();
        while hops.len() < most && !self.work.is_over() {
            let (at, sent, status) = self.hop(&client)?;
            let host = self.table.rule(at)?.target_origin().map(|(host, _)| host);
            if host.is_some_and(|host| !self.is_site_host(&host)) {
                return None;
            }
            let url = client.url();
            let length = url.len();
            let method = client.request.head().method().clone();
            let begin = seen.insert((method, url), hops.len());
            let visits = met.entry(at).or_default();
            visits.push(hops.len());
            hops.push((at, length));
            let endless = (visits.len() > ENOUGH)
                .then(|| visits.get(visits.len() - 2).copied())
                .flatten()
                .filter(|before| hops.get(*before).is_some_and(|(_, was)| *was < length));
            if let Some(begin) = begin.or(endless) {
                // The last is the first again.
                hops.pop();
                let mut rules: Vec<RuleOffset> =
                    hops.get(begin..)?.iter().map(|(at, _)| *at).collect();
                let lowest = rules.iter().enumerate().min_by_key(|(_, at)| **at);
                let lowest = lowest.map_or(0, |(place, _)| place);
                rules.rotate_left(lowest);
                let first = rules.first().and_then(|at| met.get(at)?.first().copied());
                let turns = match endless {
                    // The first time round, its URLs are short.
                    Some(_) => (first.unwrap_or(begin)..hops.len())
                        .take(rules.len() + 1)
                        .collect(),
                    None => in_turn(begin, hops.len(), lowest),
                };
                return Some(Cycle {
                    request,
                    urls: urls_of(&seen, &turns),
                    rules,
                    grows: endless.is_some(),
                });
            }
            if client.follow(status, &sent) != Followed::Requested {
                return None;
            }
        }
        None
    }
}

impl Rules {
    /// Returns `true` if every request that fits the first of these rules goes round, whatever else
    /// it has.
    pub(in crate::rules) fn is_certain(&self, cycle: &Cycle) -> bool {
        let conditions = |at: RuleOffset| {
            let rule = self.table.rule(at);
            let compiled = rule.and_then(|rule| self.table.options(&rule));
            compiled.map_or(&[][..], |compiled| &compiled.options.conditions)
        };
        let all_in = |most: &[(bool, Condition)]| {
            let mut all = cycle.rules.iter().flat_map(|at| conditions(*at));
            all.all(|condition| most.contains(condition))
        };
        let rule = |at: &RuleOffset| self.table.rule(*at);
        let origins = cycle.rules.iter();
        let origins: Vec<_> = origins
            .filter_map(|at| Some(rule(at)?.target_origin()?.1))
            .collect();
        // Rules name hosts and no ports, so another port may be another server.
        let names_a_port = origins.iter().any(|origin| origin.written_port().is_some());
        let mut all = cycle.rules.iter().flat_map(|at| conditions(*at));
        let may_change_with_host =
            !origins.is_empty() && all.any(|(_, has)| has.place.belongs_to_host());
        cycle.rules.iter().any(|at| all_in(conditions(*at)))
            && !names_a_port
            && !may_change_with_host
    }

    /// Where a rule leads, with these words in place of what it captures.
    pub(in crate::rules) fn sample_target(&self, at: RuleOffset, word: &str) -> Option<String> {
        let rule = self.table.rule(at)?;
        let rest = rule.target.get(rule.origin.into()..)?;
        let mut captures = Captures::none();
        for _ in 0..MAX_CAPTURES {
            captures.push(word);
        }
        let (path, query, _) = target::split(rest);
        let mut text = Vec::new();
        target::push(&mut text, path, &captures, false);
        target::push(&mut text, query, &captures, false);
        String::from_utf8(text).ok()
    }
}

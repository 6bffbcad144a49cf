//! The laws of request sets.
//!
//! A case is a few rules and some requests. Each request begins in the set of all requests. A step
//! tries the laws on every rule, and then goes on in one of two ways: to the requests of the set
//! that a rule matches, or to what follows the redirect of a rule. So the laws are tried on sets
//! that several rules have made.
//!
//! Each rule has a table of its own, which decides whether the rule matches.
//!
//! `CASES` sets how many cases are tried. See `tests/support/cases.rs`.

use proptest::{
    collection::vec,
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{TestCaseError, TestRunner},
};

use self::{
    case::{Alone, Case},
    cases::config,
    contains::{Regexes, missing_part},
};
use crate::{
    guard::Verdict,
    journey::{Client, Followed, TestRequest},
    policy::{DecisionKind, Policy},
    redirect::Suppressed,
    rules::{
        RuleOffset,
        analysis::{
            graph::{RuleGraph, path_of_target},
            request_set::{RequestSet, Transfer, path::Fresh},
        },
        spelling,
    },
};

mod case;
#[allow(dead_code, reason = "the integration tests use the rest")]
#[path = "../../../../../tests/support/cases.rs"]
mod cases;
pub(super) mod contains;
#[path = "../../../../../tests/naive/mod.rs"]
mod naive;

/// How many steps a request goes.
const STEPS: usize = 6;

/// How often each law had something to say.
#[derive(Debug, Default)]
struct Premises {
    matched: usize,
    matched_of_a_part: usize,
    followed: usize,
    followed_again: usize,
    covered_of_a_part: usize,
    witnesses: usize,
    suppressed: usize,
    sent: usize,
    found: usize,
    leading: usize,
}

type Numbers = (Vec<u16>, Vec<Vec<u16>>);
type Law = Result<(), TestCaseError>;

fn numbers() -> impl Strategy<Value = Numbers> {
    (vec(any::<u16>(), 0..160), vec(vec(any::<u16>(), 0..48), 6))
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn every_law_holds((table, requests) in numbers()) {
        try_laws(&Case::new(&table, &requests), &mut Premises::default())?;
    }
}

/// A law that is never tried holds, too.
#[test]
fn every_law_is_tried() {
    let mut runner = TestRunner::deterministic();
    let mut premises = Premises::default();
    for _ in 0..300 {
        let (table, requests) = numbers().new_tree(&mut runner).unwrap().current();
        try_laws(&Case::new(&table, &requests), &mut premises).unwrap();
    }
    let least = Premises {
        matched: 1_500,
        matched_of_a_part: 700,
        followed: 750,
        followed_again: 40,
        covered_of_a_part: 500,
        witnesses: 10_000,
        suppressed: 20,
        sent: 100,
        found: 1_000,
        leading: 15,
    };
    let is_enough = premises.matched >= least.matched
        && premises.matched_of_a_part >= least.matched_of_a_part
        && premises.followed >= least.followed
        && premises.followed_again >= least.followed_again
        && premises.covered_of_a_part >= least.covered_of_a_part
        && premises.witnesses >= least.witnesses
        && premises.suppressed >= least.suppressed
        && premises.sent >= least.sent
        && premises.found >= least.found
        && premises.leading >= least.leading;
    assert!(is_enough, "{premises:?}");
}

fn try_laws(case: &Case, premises: &mut Premises) -> Law {
    let mut graph = case.together.as_ref().map(RuleGraph::for_any_host);
    for (number, request) in case.requests.iter().enumerate() {
        let mut fresh = Fresh::default();
        let mut visit = Visit {
            set: RequestSet::anything(&mut fresh),
            request: request.clone(),
            is_everything: true,
            is_redirected: false,
        };
        for step in 0..STEPS {
            let mut next = Vec::new();
            if let Some(graph) = &mut graph {
                visit.find(case, graph, premises)?;
            }
            for rule in &case.rules {
                next.extend(visit.try_rule(rule, &mut fresh, premises)?);
            }
            // Half of the steps prefer to follow a redirect.
            let follows = (number + step) % 2 == 0;
            next.sort_by_key(|next| next.is_redirected != follows);
            let count = next.len().max(1);
            let Some(next) = next.into_iter().nth(number % count) else {
                break;
            };
            visit = next;
        }
    }
    Ok(())
}

/// A request, and a set that it is in.
#[derive(Clone, Debug)]
struct Visit {
    set: RequestSet,
    request: TestRequest,
    /// No rule has made the set smaller.
    is_everything: bool,
    /// The set is what follows a redirect.
    is_redirected: bool,
}

impl Visit {
    /// A graph finds each rule that matches a request of a set. If a redirect leads to a request
    /// that a rule matches, the table doesn't rule that out by a short look at the target.
    fn find(&self, case: &Case, graph: &mut RuleGraph<'_>, premises: &mut Premises) -> Law {
        let mut found = Vec::new();
        graph.find(&self.set, &mut found);
        let table = &graph.rules.table;
        let ahead = table.ahead();
        let offsets: Vec<_> = table.rules().collect();
        for (rule, (at, compiled)) in case.rules.iter().zip(&offsets) {
            if rule.table.find(&self.request.head()).is_none() {
                continue;
            }
            premises.found += 1;
            prop_assert!(found.contains(at), "it isn't found: {self:?}\n{rule:?}");
            let mut client = Client::new(self.request.clone());
            let Some(redirect) = rule.table.decide(&self.request.head()).into_target() else {
                continue;
            };
            let Verdict::Send(sent, status) = client.judge(redirect) else {
                continue;
            };
            let is_followed = client.follow(status, &sent) == Followed::Requested;
            let head = client.request.head();
            let is_matched = case
                .rules
                .iter()
                .any(|other| other.table.find(&head).is_some());
            if let Some(ahead) = ahead.as_ref().filter(|_| is_followed && is_matched) {
                premises.leading += 1;
                let may_lead = ahead.may_lead_to_a_source(path_of_target(compiled));
                prop_assert!(may_lead, "it leads nowhere: {self:?}\n{rule:?}");
            }
        }
        Ok(())
    }

    /// Tries the laws on one rule. Returns the sets that the rule makes, each with its request.
    fn try_rule(
        &self,
        rule: &Alone,
        fresh: &mut Fresh,
        premises: &mut Premises,
    ) -> Result<Vec<Self>, TestCaseError> {
        let Some((at, compiled)) = rule.compiled() else {
            return Ok(Vec::new());
        };
        let transfer = self.set.transfer(&rule.table.table, &compiled, fresh);
        let matches = rule.table.find(&self.request.head()).is_some();
        let Some(transfer) = transfer else {
            prop_assert!(!matches, "it matches one of none: {self:?}\n{rule:?}");
            return Ok(Vec::new());
        };
        self.covers(rule, &transfer, matches, premises)?;
        witnesses(&transfer.matched, rule, premises)?;
        if let Some(next) = &transfer.next {
            witnesses(next, rule, premises)?;
        }
        if !matches {
            return Ok(Vec::new());
        }
        let matched = self.matched(rule, &transfer, premises)?;
        let next = self.next((at, rule), transfer, premises)?;
        Ok([Some(matched), next].into_iter().flatten().collect())
    }

    /// If a rule matches a request of a set, it matches a part of the set, and the request is in
    /// that part.
    fn matched(
        &self,
        rule: &Alone,
        transfer: &Transfer,
        premises: &mut Premises,
    ) -> Result<Self, TestCaseError> {
        premises.matched += 1;
        premises.matched_of_a_part += usize::from(!self.is_everything);
        let missing = missing_part(&transfer.matched, &self.request, Regexes::Match);
        prop_assert!(
            missing.is_none(),
            "what is matched has another {missing:?}: {self:?}\n{rule:?}\n{transfer:?}"
        );
        Ok(Self {
            set: transfer.matched.clone(),
            is_everything: false,
            is_redirected: false,
            ..self.clone()
        })
    }

    /// If a rule covers a set, it matches every request of the set.
    fn covers(
        &self,
        rule: &Alone,
        transfer: &Transfer,
        matches: bool,
        premises: &mut Premises,
    ) -> Law {
        if transfer.covers {
            premises.covered_of_a_part += usize::from(!self.is_everything);
            prop_assert!(matches, "it doesn't match all: {self:?}\n{rule:?}");
        }
        Ok(())
    }

    /// If a client follows the redirect of a request, its next request is in the next set. A
    /// redirect that is suppressed isn't sent. One that leads on isn't taken for a redirect to the
    /// requested URL.
    fn next(
        &self,
        (at, rule): (RuleOffset, &Alone),
        transfer: Transfer,
        premises: &mut Premises,
    ) -> Result<Option<Self>, TestCaseError> {
        let decision = rule.table.decide(&self.request.head());
        let DecisionKind::Redirect(redirect) = decision.kind() else {
            return Ok(None);
        };
        let mut client = Client::new(self.request.clone());
        let verdict = client.judge(redirect.clone());
        // A set doesn't know about empty pairs, which some query policies remove: `?`, `&&`.
        let query = self.request.request().uri().query();
        let has_empty_pair = query.is_some_and(|query| query.split('&').any(str::is_empty));
        if transfer.suppressed && !has_empty_pair {
            premises.suppressed += 1;
            let path = self.request.request().uri().path();
            let is_sent = match &verdict {
                // A needless escape is another URL: `/%61` is redirected to `/a`, but only once.
                Verdict::Send(sent, status) if !spelling::is_spelled(path.as_bytes(), false) => {
                    let mut again = Client::new(self.request.clone());
                    let is_followed = again.follow(*status, sent) == Followed::Requested;
                    let decision = rule.table.decide(&again.request.head());
                    let redirect = decision.into_target().filter(|_| is_followed);
                    redirect.is_some_and(|one| matches!(again.judge(one), Verdict::Send(..)))
                }
                verdict => matches!(verdict, Verdict::Send(..)),
            };
            prop_assert!(!is_sent, "it is sent: {self:?}\n{rule:?}\n{transfer:?}");
        }
        if RuleGraph::new(&rule.table).leads_on(at, &self.set, &transfer) {
            premises.sent += 1;
            let is_to_itself = match &verdict {
                Verdict::Pass(Some(unsent)) => matches!(unsent.reason, Suppressed::SelfTarget),
                _ => false,
            };
            prop_assert!(
                !is_to_itself,
                "it isn't sent: {self:?}\n{rule:?}\n{transfer:?}"
            );
        }
        let Verdict::Send(sent, status) = verdict else {
            return Ok(None);
        };
        if client.follow(status, &sent) != Followed::Requested {
            return Ok(None);
        }
        premises.followed += 1;
        premises.followed_again += usize::from(self.is_redirected);
        let Some(next) = transfer.next else {
            return Err(TestCaseError::fail(format!(
                "nothing follows: {self:?}\n{rule:?}"
            )));
        };
        let missing = missing_part(&next, &client.request, Regexes::Match);
        prop_assert!(
            missing.is_none(),
            "what follows has another {missing:?}: {self:?}\n{rule:?}\n{next:?}\n{:?}",
            client.request
        );
        Ok(Some(Self {
            set: next,
            request: client.request,
            is_everything: false,
            is_redirected: true,
        }))
    }
}

/// A witness of a set is in the set.
fn witnesses(set: &RequestSet, rule: &Alone, premises: &mut Premises) -> Law {
    let witnesses = [
        set.request(),
        set.with_words("y", "-z", &["y-z", "", "z"]).request(),
    ];
    for witness in witnesses.into_iter().flatten() {
        premises.witnesses += 1;
        let missing = missing_part(set, &witness, Regexes::AreUnknown);
        prop_assert!(
            missing.is_none(),
            "a witness has another {missing:?}: {set:?}\n{witness:?}\n{rule:?}"
        );
    }
    Ok(())
}

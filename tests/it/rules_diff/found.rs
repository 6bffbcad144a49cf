//! What a random search finds, the diff finds.

use super::*;
use crate::naive::{Source as NaiveSource, Test};

/// A rule with one of its fields changed.
fn changed(choices: &mut Choices<'_>, rule: &NaiveRule) -> NaiveRule {
    let other = generate::rule(choices);
    let mut changed = rule.clone();
    match choices.below(17) {
        0 => changed.outcome = generate::outcome(choices),
        1 => changed.how = other.how,
        2 => changed.source = other.source,
        3 => changed.target = choices.pick(&["/to", "/", "/to?p=9", "/n"]).to_owned(),
        4 => changed.host = other.host,
        5 => changed.scheme = other.scheme,
        6 => changed.methods = other.methods,
        7 => changed.except_methods = other.except_methods,
        8 => changed.conditions = other.conditions,
        9 => changed.except = other.except,
        10 => changed.query = other.query,
        11 => changed.edits = other.edits,
        12 => changed.cache = other.cache,
        13 => changed.after = other.after,
        14 => changed.only_these ^= true,
        15 => changed.ignore_case ^= true,
        _ => changed.ignore_trailing_slash ^= true,
    }
    changed
}

/// The same rules after an edit, or other rules.
fn edited(choices: &mut Choices<'_>, rules: &[NaiveRule]) -> Vec<NaiveRule> {
    let mut edited = rules.to_vec();
    let (at, other) = (choices.below(rules.len()), choices.below(rules.len()));
    match choices.below(12) {
        0..=5 => edited[at] = changed(choices, &rules[at]),
        6 => drop(edited.remove(at)),
        7 => edited.insert(at, generate::rule(choices)),
        8 => {
            let one = edited.remove(at);
            edited.insert(other, one);
        }
        9 => edited.swap(at, other),
        10 => edited.reverse(),
        _ => return generate::rules(choices),
    }
    edited
}

/// The diff doesn't construct every text that matches a regex, and not every parameter that is a
/// part of a host in one table and not in the other.
fn constructible(rules: Vec<NaiveRule>) -> Vec<NaiveRule> {
    let is_left_out = |rule: &NaiveRule| {
        let mut conditions = rule.conditions.iter();
        matches!(rule.source, NaiveSource::Regex(_))
            || rule.target.starts_with("https://{")
            || conditions.any(|one| matches!(one.test, Test::Matches(_)))
    };
    rules
        .into_iter()
        .filter(|rule| !is_left_out(rule))
        .collect()
}

/// Two tables, the second one an edit of the first, and their rules.
pub(crate) fn tables(numbers: &[u16]) -> Option<[(Rules, Vec<NaiveRule>); 2]> {
    let choices = &mut Choices::new(numbers);
    let precedence = generate::precedence(choices);
    let old = real::table(&constructible(generate::rules(choices)), precedence);
    if old.1.is_empty() {
        return None;
    }
    let then = match choices.one_in(12) {
        true => generate::precedence(choices),
        false => precedence,
    };
    let new = real::table(&constructible(edited(choices, &old.1)), then);
    Some([old, new])
}

type Pair = (Option<u32>, Option<u32>);

fn winners(old: &Rules, new: &Rules, head: &RequestHead<'_>) -> Pair {
    let winner = |rules: &Rules| rules.explain(head).winner().map(|rule| rule.number());
    (winner(old), winner(new))
}

/// The pairs of rules of the changes, each shown by its witness.
fn pairs(diff: &Diff<'_>, old: &Rules, new: &Rules) -> Vec<Pair> {
    let pair = |change: &DecisionChange<'_>| {
        let number = |rule: Option<RuleRef<'_>>| rule.map(|rule| rule.number());
        let pair = (number(change.before()), number(change.after()));
        let kind = change.kind();
        if kind == ChangeKind::HostCheck {
            return None;
        }
        let won = winners(old, new, &change.witness().head());
        assert_eq!(won, pair, "{change}");
        match pair {
            (None, _) => assert_eq!(kind, ChangeKind::Added, "{change}"),
            (_, None) => assert_eq!(kind, ChangeKind::Removed, "{change}"),
            _ => assert!(matches!(kind, ChangeKind::Modified | ChangeKind::OtherRule)),
        }
        Some(pair)
    };
    diff.changes().iter().filter_map(pair).collect()
}

/// The differences that these requests show, and the diff doesn't.
pub(crate) fn missed(
    [(old, old_rules), (new, new_rules)]: &[(Rules, Vec<NaiveRule>); 2],
    requests: &[Vec<u16>],
) -> Vec<String> {
    let diff = old.diff(new);
    assert_shown(&diff, old, new);
    let shown = pairs(&diff, old, new);
    let all: Vec<NaiveRule> = old_rules.iter().chain(new_rules).cloned().collect();
    let mut missed = Vec::new();
    for numbers in requests {
        let Some((request, scheme)) = generate::request(&mut Choices::new(numbers), &all) else {
            continue;
        };
        let mut head = RequestHead::new(&request);
        if let Some(scheme) = scheme {
            head = head.with_scheme(real::scheme(scheme));
        }
        let (before, after) = (
            answer(&old.decide(&head), &head),
            answer(&new.decide(&head), &head),
        );
        let pair = winners(old, new, &head);
        let refuses = [&before, &after].iter().any(|one| one.starts_with("400"));
        let is_shown = match refuses {
            true => {
                let mut kinds = diff.changes().iter().map(DecisionChange::kind);
                kinds.any(|kind| kind == ChangeKind::HostCheck)
            }
            false => shown.contains(&pair),
        };
        if before != after && !is_shown {
            missed.push(format!(
                "{} {} {:?} {:?} {scheme:?}\n{before}\n{after}\n{pair:?}\n{old:#?}\n{new:#?}\n{diff}",
                request.method(),
                request.uri(),
                request.version(),
                request.headers(),
            ));
        }
    }
    missed
}

fn numbers() -> impl Strategy<Value = (Vec<u16>, Vec<Vec<u16>>)> {
    (vec(any::<u16>(), 400), vec(vec(any::<u16>(), 40), 80))
}

proptest! {
    #![proptest_config(config(50))]

    #[test]
    fn the_diff_shows_each_difference_that_requests_show((table, requests) in numbers()) {
        if let Some(both) = tables(&table) {
            let missed = missed(&both, &requests);
            prop_assert!(missed.is_empty(), "{}", missed[0]);
        }
    }
}

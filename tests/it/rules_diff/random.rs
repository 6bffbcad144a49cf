//! Random tables and edits.

use super::*;

/// The same rule for one of its requests alone.
fn literal(rule: &NaiveRule) -> NaiveRule {
    let mut rule = rule.clone();
    if let crate::naive::Source::Native(source) = &mut rule.source {
        while let Some((front, rest)) = source.split_once('{') {
            let Some((slot, behind)) = rest.split_once('}') else {
                break;
            };
            let slot = format!("{{{}}}", slot.trim_matches(['*', '/', '?']));
            rule.target = rule.target.replace(&slot, "a");
            *source = format!("{front}a{behind}");
        }
    }
    rule
}

/// The same rules, some of them otherwise.
fn edited(choices: &mut Choices<'_>, rules: &[NaiveRule]) -> Vec<NaiveRule> {
    let mut edited = rules.to_vec();
    for _ in 0..1 + choices.below(2) {
        let at = choices
            .below(edited.len().max(1))
            .min(edited.len().saturating_sub(1));
        let other = choices.below(edited.len().max(1));
        match choices.below(10) {
            0 if edited.len() > 1 => {
                edited.remove(at);
            }
            1 => edited.insert(at, generate::rule(choices)),
            2..=4 => edited.swap(at, other),
            5 => {
                let again = edited[other].clone();
                edited.insert(at, again);
            }
            6 => {
                let one = &mut edited[at];
                one.outcome = generate::outcome(choices);
                one.how = choices.pick(&[
                    How::Status(301),
                    How::Temporary,
                    How::SeeOther,
                    How::Status(303),
                ]);
            }
            7 => {
                let one = &mut edited[at];
                match choices.below(7) {
                    0 => {
                        one.query = choices.pick(&[
                            Query::Keep,
                            Query::Drop,
                            Query::Merge,
                            Query::TargetWins,
                        ]);
                    }
                    1 => one
                        .edits
                        .push(Edit::Remove(choices.pick(&["p", "utm"]).to_owned())),
                    2 => one.cache = Some(30),
                    6 => one.except.push(generate::exception(choices)),
                    3 => one.after = choices.pick(&[None, Some(404), Some(401)]),
                    4 => one.target = choices.pick(&["/to", "/other", "/to?p=9"]).to_owned(),
                    _ => one.ignore_case ^= true,
                }
            }
            8 => edited.insert(at, literal(&edited[at])),
            _ => edited.reverse(),
        }
    }
    edited
}

fn check_pair(
    choices: &mut Choices<'_>,
    requests: &[Vec<u16>],
    edit: impl Fn(&mut Choices<'_>, &[NaiveRule]) -> Vec<NaiveRule>,
) -> Result<bool, TestCaseError> {
    let precedence = generate::precedence(choices);
    let (old, old_rules) = real::table(&generate::rules(choices), precedence);
    prop_assume!(!old_rules.is_empty());
    let then = if choices.one_in(8) {
        generate::precedence(choices)
    } else {
        precedence
    };
    let (new, new_rules) = real::table(&edit(choices, &old_rules), then);
    let all: Vec<NaiveRule> = old_rules.iter().chain(&new_rules).cloned().collect();
    let diff = old.diff(&new);
    assert_shown(&diff, &old, &new);
    let listed = |rule: u32, of_new: bool| {
        let mut both = diff
            .changes()
            .iter()
            .map(|one| if of_new { one.after() } else { one.before() });
        let mut open = diff
            .undecided()
            .iter()
            .map(|one| if of_new { one.after() } else { one.before() });
        both.any(|one| one.is_some_and(|one| one.number() == rule))
            || open.any(|one| one.is_some_and(|one| one.number() == rule))
    };
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
        if before == after {
            continue;
        }
        let told = || {
            format!(
                "{} {} {:?}\n{before}\n{after}\n{old_rules:#?}\n{new_rules:#?}\n{diff}",
                request.method(),
                request.uri(),
                request.headers(),
            )
        };
        prop_assert!(!diff.is_empty(), "{}", told());
        // What answers before, or now, is among what is said; where it refuses, no rule does.
        let numbers = [(&old, false), (&new, true)].map(|(table, of_new)| {
            let winner = table.explain(&head).winner().map(|rule| rule.number());
            winner.is_some_and(|number| listed(number, of_new))
        });
        let refuses = [&before, &after].iter().any(|one| one.starts_with("400"));
        prop_assert!(numbers.contains(&true) || refuses, "{}", told());
    }
    Ok(diff.is_empty())
}

fn numbers() -> impl Strategy<Value = (Vec<u16>, Vec<Vec<u16>>)> {
    (vec(any::<u16>(), 0..240), vec(vec(any::<u16>(), 0..40), 30))
}

proptest! {
    #![proptest_config(config(10))]

    #[test]
    fn what_is_said_is_true_and_what_is_not_said_is_the_same((table, requests) in numbers()) {
        check_pair(&mut Choices::new(&table), &requests, edited)?;
    }

    #[test]
    fn the_same_rules_are_no_change((table, requests) in numbers()) {
        let mut choices = Choices::new(&table);
        let precedence = generate::precedence(&mut choices);
        let (old, rules) = real::table(&generate::rules(&mut choices), precedence);
        let (new, _) = real::table(&rules, precedence);
        let diff = old.diff(&new);
        prop_assert!(diff.is_empty(), "{}", diff);
        let _ = requests;
    }
}

#[test]
fn hostile_sources_and_requests_are_no_panic() {
    let long = "a".repeat(7_000);
    let deep = "/x".repeat(3_000);
    let odd = [
        Rule::found(format!("/{long}"), "/short"),
        Rule::found(deep.clone(), "/shallow"),
        Rule::found(
            "/{a}/{b}/{c}/{d}/{*rest}",
            format!("/{long}/{{a}}{{b}}{{c}}"),
        ),
        Rule::found("/%00%ff%2e%2E%2f", "/odd"),
        Rule::found("//evil.example", "/odd"),
        Rule::found("/caf\u{e9}/{x}", "/{x}"),
    ];
    let (old, new) = (rules(odd.clone()), rules(odd.iter().rev().cloned()));
    assert_shown(&old.diff(&new), &old, &new);
    let nothing = rules([]);
    for (old, new, count) in [
        (&old, &nothing, 6),
        (&nothing, &old, 6),
        (&nothing, &nothing, 0),
    ] {
        let diff = old.diff(new);
        assert_shown(&diff, old, new);
        assert_eq!(
            diff.changes().len() + diff.undecided().len(),
            count,
            "{diff}"
        );
    }
    testing::get("/caf\u{e9}/y")
        .through(&old)
        .assert_redirect("/y");
}

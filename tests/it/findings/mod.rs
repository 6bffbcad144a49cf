//! Every kind of finding in every format that can have it, and sets beside it that do not have it.

use tower_redirect::{
    location::HttpScheme,
    rules::{
        Condition, Finding, FindingCode, Format, RelatedRule, Rule, Rules, Severity, Source,
        netlify,
    },
    testing::{self, End},
};

use FindingCode::{
    DuplicateRule, OwnTarget, PermanentPerUser, PermanentToTemporary, PossibleChain,
    PossibleEndlessRedirect, PossibleLoop, RedirectChain, Undecided, UndecidedLoop, UnknownHost,
    UnreachableRule, UnusedCapture,
};

mod codes;
mod formats;
mod reports;

/// What is found: its kind, its line and the lines that it is about.
type Found = (FindingCode, u32, &'static [u32]);

type Sets = &'static [(&'static str, &'static [Found])];

/// What a report says of each file, in which nothing is wrong.
fn assert_found(format: Format, sets: Sets) {
    for (file, expected) in sets {
        let parsed = format.parse_lossy(file);
        let said = &parsed.findings;
        assert!(!said.has_errors(), "{said}\n{file}");
        let report = parsed.rules.check();
        let lines = |one: &Finding| -> Vec<u32> {
            one.related().iter().filter_map(RelatedRule::line).collect()
        };
        let found: Vec<_> = report
            .iter()
            .map(|one| (one.code(), one.line().unwrap(), lines(one)))
            .collect();
        let expected = expected.iter();
        let expected: Vec<_> = expected
            .map(|(code, line, others)| (*code, *line, others.to_vec()))
            .collect();
        assert_eq!(found, expected, "{format}:\n{file}\n{report}");
    }
}

/// Where a loop is certain, it is an error of the line that closes it.
fn assert_loops(format: Format, files: &[&str]) {
    for file in files {
        let said = format.parse_lossy(file).findings.to_string();
        let is_loop = ["redirect loop: ", "endless redirect: "];
        let is_loop = is_loop.iter().any(|text| said.contains(text));
        assert!(is_loop, "{format}:\n{file}\n{said}");
    }
}

/// What is found in rules from code, by their numbers.
fn found(rules: impl IntoIterator<Item = Rule>) -> Vec<(FindingCode, u32, Vec<u32>)> {
    let report = Rules::new(rules).unwrap().check();
    let found = report.iter();
    found
        .map(|one| {
            (
                one.code(),
                one.rule().unwrap(),
                one.related().iter().map(RelatedRule::rule).collect(),
            )
        })
        .collect()
}

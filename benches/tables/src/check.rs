//! The time and memory of `Rules::check` and `Rules::flatten`.

use std::{collections::BTreeMap, error::Error, hint::black_box, time::Instant};

use tower_redirect::rules::{Condition, FindingCode, Rule, Rules, Source};

use crate::{
    heap,
    keys::{self, Kind},
    table::{Table, number},
};

/// Returns rule `index` of a rule set with `count` rules.
type MakeRule = fn(usize, usize) -> Rule;

/// The rule sets that are checked.
const RULE_SETS: [(&str, MakeRule); 12] = [
    ("exact", |index, _| rule(Kind::Exact, index)),
    ("patterns", |index, _| rule(Kind::Patterns, index)),
    ("a chain", |index, _| {
        Rule::permanent(format!("/page-{index}"), format!("/page-{}", index + 1))
    }),
    ("a chain of patterns", |index, _| {
        let next = index + 1;
        Rule::permanent(
            format!("/page-{index}/{{x}}"),
            format!("/page-{next}/{{x}}"),
        )
    }),
    ("hosts", |index, _| {
        Rule::permanent(format!("/page-{}", index % 10), "/start")
            .host(&format!("www.site-{}.example", index / 10))
    }),
    ("unknown hosts", |index, _| {
        let host = index / 10;
        Rule::permanent(
            format!("/page-{index}/{{*rest}}"),
            format!("https://www.site-{host}.example/page-{index}/{{rest}}"),
        )
    }),
    ("queries", |index, _| {
        Rule::permanent(format!("/index.php?id={index}"), format!("/page-{index}"))
    }),
    ("catch-alls", |index, _| {
        Rule::permanent(
            format!("/old-{index}/{{*rest}}"),
            format!("/new-{index}/{{rest}}"),
        )
    }),
    ("cookies", |index, _| {
        let cookie = Condition::cookie("group").equal_to(&index.to_string());
        Rule::found(format!("/page-{}", index / 10), format!("/group-{index}")).when(cookie)
    }),
    ("headers", |index, _| {
        let header = Condition::header("x-group").equal_to(&index.to_string());
        Rule::found(
            format!("/page-{}/{{x}}", index / 10),
            format!("/group-{index}/{{x}}"),
        )
        .when(header)
    }),
    ("any case", |index, _| {
        Rule::permanent(format!("/Page-{index}"), format!("/new-{index}")).ignore_case()
    }),
    ("regexes", |index, count| {
        // A table accepts a limited number of regexes. The other rules are exact.
        if index < count.min(MAX_REGEXES) {
            let regex = format!(r"/old-{index}/(\d{{4}})/([^/]+)\.html");
            Rule::permanent(Source::regex(&regex), format!("/new-{index}/{{1}}/{{2}}"))
        } else {
            rule(Kind::Exact, index)
        }
    }),
];

/// The number of regexes in one rule set.
const MAX_REGEXES: usize = 4_000;

fn rule(kind: Kind, index: usize) -> Rule {
    Rule::permanent(&*keys::source(kind, index), keys::target(kind, index))
}

/// Prints the table of checks.
pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    println!("\n## Checks\n");
    let mut table = Table::new([
        "rules",
        "build s",
        "check s",
        "check peak B/rule",
        "complete",
        "flatten s",
        "flatten peak B/rule",
        "changes",
        "findings",
    ]);
    for (name, make) in RULE_SETS {
        for count in [1_000, 10_000, 100_000] {
            let start = Instant::now();
            let rules = Rules::new((0..count).map(|index| make(index, count)))?;
            let build_time = start.elapsed().as_secs_f64();
            let start = Instant::now();
            let (report, checked_memory) = heap::measure(|| rules.check());
            let check_time = start.elapsed().as_secs_f64();
            let start = Instant::now();
            let (flattened, flattened_memory) = heap::measure(|| rules.flatten());
            let flatten_time = start.elapsed().as_secs_f64();
            let mut codes = BTreeMap::new();
            for finding in &report {
                *codes.entry(finding.code()).or_insert(0) += 1;
            }
            let is_complete = !codes.contains_key(&FindingCode::IncompleteCheck);
            let codes: Vec<_> = codes
                .iter()
                .map(|(code, count)| format!("{count} {code}"))
                .collect();
            let findings = if codes.is_empty() {
                "none".to_owned()
            } else {
                codes.join(", ")
            };
            let seconds = |time: f64| number(Some(time), 3);
            let per_rule = |bytes: u64| number(Some(bytes as f64 / count as f64), 0);
            table.row([
                format!("{count}, {name}"),
                seconds(build_time),
                seconds(check_time),
                per_rule(checked_memory.peak),
                if is_complete { "yes" } else { "no" }.to_owned(),
                seconds(flatten_time),
                per_rule(flattened_memory.peak),
                flattened.changes().len().to_string(),
                findings,
            ]);
            drop(black_box(flattened));
        }
    }
    print!("{table}");
    Ok(())
}

//! The time and memory of `Rules::check` and `Rules::flatten`.

use std::{collections::BTreeMap, error::Error, hint::black_box, time::Instant};

use tower_redirect::rules::{Rule, Rules, Source};

use crate::{
    heap,
    keys::{self, Kind},
    table::{Table, number},
};

/// Returns rule `index` of a rule set with `count` rules.
type MakeRule = fn(usize, usize) -> Rule;

/// The rule sets that are checked.
const RULE_SETS: [(&str, MakeRule); 5] = [
    ("exact", |index, _| rule(Kind::Exact, index)),
    ("patterns", |index, _| rule(Kind::Patterns, index)),
    ("a chain", |index, _| {
        Rule::permanent(format!("/page-{index}"), format!("/page-{}", index + 1))
    }),
    ("hosts", |index, _| {
        Rule::permanent(format!("/page-{}", index % 10), "/start")
            .host(&format!("www.site-{}.example", index / 10))
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
        "build ms",
        "check ms",
        "check peak MB",
        "flatten ms",
        "flatten peak MB",
        "changes",
        "findings",
    ]);
    for (name, make) in RULE_SETS {
        for count in [1_000, 10_000, 100_000] {
            let start = Instant::now();
            let rules = Rules::new((0..count).map(|index| make(index, count)))?;
            let build_time = start.elapsed().as_secs_f64() * 1e3;
            let start = Instant::now();
            let (report, checked_memory) = heap::measure(|| rules.check());
            let check_time = start.elapsed().as_secs_f64() * 1e3;
            let start = Instant::now();
            let (flattened, flattened_memory) = heap::measure(|| rules.flatten());
            let flatten_time = start.elapsed().as_secs_f64() * 1e3;
            let mut codes = BTreeMap::new();
            for finding in &report {
                *codes.entry(finding.code()).or_insert(0) += 1;
            }
            let codes: Vec<_> = codes
                .iter()
                .map(|(code, count)| format!("{count} {code}"))
                .collect();
            let findings = if codes.is_empty() {
                "none".to_owned()
            } else {
                codes.join(", ")
            };
            let megabytes = |bytes: u64| number(Some(bytes as f64 / 1e6), 1);
            table.row([
                format!("{count}, {name}"),
                number(Some(build_time), 1),
                number(Some(check_time), 1),
                megabytes(checked_memory.peak),
                number(Some(flatten_time), 1),
                megabytes(flattened_memory.peak),
                flattened.changes().len().to_string(),
                findings,
            ]);
            drop(black_box(flattened));
        }
    }
    print!("{table}");
    Ok(())
}

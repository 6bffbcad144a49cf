//! What a table needs to find its own mistakes, and to shorten its chains.

use std::{collections::BTreeMap, error::Error, hint::black_box, time::Instant};

use tower_redirect::rules::{Rule, Rules, Source};

use crate::{
    heap,
    keys::{self, Kind},
    table::{Table, number},
};

/// The rule of a number in a set of so many.
type Make = fn(usize, usize) -> Rule;

/// The sets that are checked, each with what its rules are.
const SETS: [(&str, Make); 5] = [
    ("exact", |at, _| of_kind(Kind::Exact, at)),
    ("patterns", |at, _| of_kind(Kind::Patterns, at)),
    ("a chain", |at, _| {
        Rule::permanent(format!("/page-{at}"), format!("/page-{}", at + 1))
    }),
    ("hosts", |at, _| {
        Rule::permanent(format!("/page-{}", at % 10), "/start")
            .host(&format!("www.site-{}.example", at / 10))
    }),
    ("regexes", |at, count| {
        // So many as a table takes; the others are exact.
        if at < count.min(MOST_REGEXES) {
            let regex = format!(r"/old-{at}/(\d{{4}})/([^/]+)\.html");
            Rule::permanent(Source::regex(&regex), format!("/new-{at}/{{1}}/{{2}}"))
        } else {
            of_kind(Kind::Exact, at)
        }
    }),
];

/// So many regexes of this kind are in one set.
const MOST_REGEXES: usize = 4_000;

fn of_kind(kind: Kind, at: usize) -> Rule {
    Rule::permanent(&*keys::source(kind, at), keys::target(kind, at))
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
    for (name, make) in SETS {
        for count in [1_000, 10_000, 100_000] {
            let start = Instant::now();
            let rules = Rules::new((0..count).map(|at| make(at, count)))?;
            let built = start.elapsed().as_secs_f64() * 1e3;
            let start = Instant::now();
            let (report, held) = heap::held(|| rules.check());
            let checked = start.elapsed().as_secs_f64() * 1e3;
            let start = Instant::now();
            let (flattened, flat) = heap::held(|| rules.flatten());
            let flattening = start.elapsed().as_secs_f64() * 1e3;
            let mut kinds = BTreeMap::new();
            for finding in &report {
                *kinds.entry(finding.kind()).or_insert(0) += 1;
            }
            let kinds: Vec<_> = kinds
                .iter()
                .map(|(kind, count)| format!("{count} {kind:?}"))
                .collect();
            let findings = if kinds.is_empty() {
                "none".to_owned()
            } else {
                kinds.join(", ")
            };
            let megabytes = |bytes: u64| number(Some(bytes as f64 / 1e6), 1);
            table.row([
                format!("{count}, {name}"),
                number(Some(built), 1),
                number(Some(checked), 1),
                megabytes(held.peak),
                number(Some(flattening), 1),
                megabytes(flat.peak),
                flattened.changes().len().to_string(),
                findings,
            ]);
            drop(black_box(flattened));
        }
    }
    print!("{table}");
    Ok(())
}

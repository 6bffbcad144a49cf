//! Measures the tables of `tower-redirect`.

#[path = "../../src/callgrind.rs"]
#[expect(dead_code, reason = "shared with the other benches")]
mod callgrind;
mod engines;
mod heap;
mod keys;
#[path = "../../src/table.rs"]
#[expect(dead_code, reason = "shared with the other benches")]
mod table;

use engines::{Asked, CONTENDERS, Contender, OURS};
use keys::Kind;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["counted", name, kind, count] => counted(name, kind, count.parse().unwrap()),
        ["dev", name, ref rest @ ..] => {
            for kind in ["exact", "patterns"] {
                for count in rest {
                    dev(name, kind, count);
                }
            }
        }
        _ => {}
    }
}

fn kind_of(kind: &str) -> Kind {
    if kind == "exact" {
        Kind::Exact
    } else {
        Kind::Patterns
    }
}

fn contender(name: &str) -> &'static Contender {
    CONTENDERS.iter().find(|c| c.name == name).unwrap()
}

fn dev(name: &str, kind: &str, count: &str) {
    let marks = callgrind::between_marks(&["counted", name, kind, count]).unwrap();
    let n = QUERIES as u64;
    println!(
        "{name} {kind} {count}: build {} miss {} hit {}",
        marks[1] / count.parse::<u64>().unwrap(),
        (marks[4] - marks[3]) / n,
        (marks[7] - marks[6]) / n
    );
    let count: usize = count.parse().unwrap();
    if count > 10000 && name != OURS {
        return;
    }
    let kind = kind_of(kind);
    let (engine, held) = heap::held(|| (contender(name).build)(kind, count));
    let targets: usize = (0..count).map(|n| keys::target(kind, n).len()).sum();
    let sources: usize = (0..count).map(|n| keys::source(kind, n).len()).sum();
    let miss = misses(kind, count);
    let c = heap::calls(|| {
        engine.ask(&miss, QUERIES);
    });
    let h = hits(kind, count);
    let hc = heap::calls(|| {
        engine.ask(&h, QUERIES);
    });
    println!(
        "  live {} peak {} - targets {} = {}; key {} asked {}; allocs miss {c} hit {}",
        held.live as usize / count,
        held.peak as usize / count,
        targets / count,
        (held.live as usize - targets) as f64 / count as f64,
        sources as f64 / count as f64,
        h.paths.iter().map(String::len).sum::<usize>() as f64 / QUERIES as f64,
        hc as f64 / QUERIES as f64,
    );
}

const QUERIES: usize = 2000;

fn misses(kind: Kind, count: usize) -> Asked {
    Asked::new(
        (0..QUERIES)
            .map(|n| keys::asked(kind, count + n * 7))
            .collect(),
    )
}
fn hits(kind: Kind, count: usize) -> Asked {
    Asked::new(
        (0..QUERIES)
            .map(|n| keys::asked(kind, n * 7919 % count))
            .collect(),
    )
}

fn counted(name: &str, kind: &str, count: usize) {
    let kind = kind_of(kind);
    callgrind::set_mark();
    let engine = (contender(name).build)(kind, count);
    callgrind::set_mark();
    for (asked, wanted) in [(misses(kind, count), 0), (hits(kind, count), 1)] {
        engine.ask(&asked, QUERIES);
        callgrind::set_mark();
        assert_eq!(engine.ask(&asked, QUERIES), wanted * QUERIES);
        callgrind::set_mark();
        engine.ask(&asked, 2 * QUERIES);
        callgrind::set_mark();
    }
}

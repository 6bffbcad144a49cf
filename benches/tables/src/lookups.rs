//! Lookups in this crate's tables and in others: instructions, time, allocations, memory.

use std::{error::Error, io, time::Instant};

use tower_redirect::rules::Rules;

use crate::{
    COUNTED, callgrind,
    engines::{CONTENDERS, Contender, Engine, OUR_ROWS, OURS, Requests, our_engine, ours},
    heap,
    keys::{self, Kind},
    svg::{self, Curve},
    table::{Table, number, ratio},
};

/// The numbers of rules.
pub(crate) const SIZES: [usize; 5] = [10, 1_000, 10_000, 100_000, 1_000_000];
/// The numbers of rules for which instructions are counted.
pub(crate) const COUNTED_SIZES: [usize; 2] = [1_000, 100_000];
/// The number of different paths that are looked up when instructions are counted.
///
/// A table is hashed with a random seed. What one lookup costs depends on that seed. The average
/// over this many paths doesn't.
const COUNTED_PATHS: usize = 2_000;

/// The paths that are looked up.
#[derive(Clone, Copy)]
pub(crate) enum Traffic {
    /// No rule matches any of them.
    Miss,
    /// A rule matches each of them.
    Hit,
    /// A rule matches every tenth.
    Mix,
}

/// Returns requests for this number of paths, spread over a table of `count` rules.
pub(crate) fn requests(kind: Kind, count: usize, number: usize, traffic: Traffic) -> Requests {
    Requests::new(paths(kind, count, number, traffic))
}

fn paths(kind: Kind, count: usize, number: usize, traffic: Traffic) -> Vec<String> {
    let path = |index: usize| {
        // A prime, so the order of the requests isn't the order of the rules.
        let spread = index * 7_919;
        let is_hit = match traffic {
            Traffic::Miss => false,
            Traffic::Hit => true,
            Traffic::Mix => index.is_multiple_of(10),
        };
        if is_hit {
            keys::matching_path(kind, spread % count)
        } else {
            keys::matching_path(kind, count + spread % 1_000_000)
        }
    };
    (0..number).map(path).collect()
}

/// The measurements of an engine with a table of one size.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) build: f64,
    pub(crate) memory: Option<heap::Memory>,
    /// Nanoseconds per lookup: miss, hit, mix.
    pub(crate) times: [f64; 3],
    /// Instructions per lookup: miss, hit.
    pub(crate) instructions: Option<[f64; 2]>,
    /// Allocations per lookup: miss, hit.
    pub(crate) calls: [f64; 2],
}

/// Prints the tables of lookups and draws their curves.
pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    for kind in [Kind::Exact, Kind::Patterns] {
        let name = kind.name();
        let reference = match kind {
            Kind::Exact => "HashMap, SipHash",
            _ => "matchit",
        };
        let mut curves: Vec<Curve> = Vec::new();
        for count in SIZES {
            println!("\n## Lookups, {count} rules, {name}\n");
            let rows = rows(kind, count)?;
            let mix_of = |name: &str| {
                let row = rows.iter().find(|(other, _)| *other == name);
                row.map(|(_, measured)| measured.times[2])
            };
            let mut table = Table::new([
                "engine",
                "miss instr",
                "hit instr",
                "miss ns",
                "hit ns",
                "mix ns",
                &format!("mix / {reference}"),
                "build ms",
                "live B/rule",
                "peak B/rule",
                "allocs miss",
                "allocs hit",
            ]);
            for (name, measured) in &rows {
                let [miss, hit, mix] = measured.times;
                let per_rule = |bytes: fn(&heap::Memory) -> u64| {
                    let memory = measured.memory;
                    memory.map(|memory| bytes(&memory) as f64 / count as f64)
                };
                table.row([
                    (*name).to_owned(),
                    number(measured.instructions.map(|[miss, _]| miss), 0),
                    number(measured.instructions.map(|[_, hit]| hit), 0),
                    number(Some(miss), 1),
                    number(Some(hit), 1),
                    number(Some(mix), 1),
                    ratio(Some(mix), mix_of(reference)),
                    number(Some(measured.build), 1),
                    number(per_rule(|memory| memory.live), 1),
                    number(per_rule(|memory| memory.peak), 1),
                    number(Some(measured.calls[0]), 2),
                    number(Some(measured.calls[1]), 2),
                ]);
                match curves.iter_mut().find(|curve| curve.name == *name) {
                    Some(curve) => curve.points.push((count as f64, mix)),
                    None => curves.push(Curve {
                        name: (*name).to_owned(),
                        colour: CONTENDERS
                            .iter()
                            .position(|other| other.name == *name)
                            .unwrap_or_default(),
                        points: vec![(count as f64, mix)],
                    }),
                }
            }
            print!("{table}");
            let targets: usize = (0..count).map(|rule| keys::target(kind, rule).len()).sum();
            if let Some(memory) = rows.first().and_then(|(_, measured)| measured.memory) {
                let rest = (memory.live as f64 - targets as f64) / count as f64;
                println!("\n{OURS}, without the text of its targets: {rest:.1} B/rule");
            }
        }
        let title = match kind {
            Kind::Exact => "A lookup among exact paths, 10 % of them hits",
            _ => "A lookup among paths with placeholders, 10 % of them hits",
        };
        let file = format!(
            "{}/../../src/docs/tables-{name}.svg",
            env!("CARGO_MANIFEST_DIR")
        );
        std::fs::write(
            file,
            svg::chart(title, "rules in the table", "time of one lookup", &curves),
        )?;
    }
    Ok(())
}

fn rows(kind: Kind, count: usize) -> Result<Vec<(&'static str, Measured)>, Box<dyn Error>> {
    let paths = if count > 10_000 { 65_536 } else { 4_096 };
    let traffic = [Traffic::Miss, Traffic::Hit, Traffic::Mix]
        .map(|traffic| requests(kind, count, paths, traffic));
    CONTENDERS
        .iter()
        .filter(|engine| engine.most >= count && (engine.patterns || kind == Kind::Exact))
        .map(|engine| Ok((engine.name, measured(engine, kind, count, &traffic)?)))
        .collect()
}

fn measured(
    engine: &Contender,
    kind: Kind,
    count: usize,
    traffic: &[Requests; 3],
) -> Result<Measured, Box<dyn Error>> {
    let instructions = if COUNTED_SIZES.contains(&count) && callgrind::is_available() {
        instructions(&[engine.name], kind, count)?.pop()
    } else {
        None
    };
    let start = Instant::now();
    let (table, memory) = heap::measure(|| (engine.build)(kind, count));
    let build = start.elapsed().as_secs_f64() * 1e3 - text_time(kind, count, engine.is_ours());
    let times = traffic.each_ref().map(|requests| {
        let paths = requests.paths.len();
        let mut least = f64::INFINITY;
        let begin = Instant::now();
        // At least three times, and for half a second.
        for round in 0.. {
            let start = Instant::now();
            table.look_up(requests, paths);
            least = least.min(start.elapsed().as_nanos() as f64 / paths as f64);
            if round > 1 && begin.elapsed().as_millis() > 500 {
                break;
            }
        }
        least
    });
    let calls = [&traffic[0], &traffic[1]].map(|requests| {
        let calls = |count| heap::calls(|| _ = table.look_up(requests, count));
        (calls(2_000) - calls(1_000)) as f64 / 1e3
    });
    Ok(Measured {
        build,
        memory: Some(memory),
        times,
        instructions,
        calls,
    })
}

/// Returns the milliseconds that it takes to write the texts of all rules.
///
/// They are not a part of building a table, so the caller subtracts them.
fn text_time(kind: Kind, count: usize, with_targets: bool) -> f64 {
    let start = Instant::now();
    for number in 0..count {
        std::hint::black_box(keys::source(kind, number));
        if with_targets {
            std::hint::black_box(keys::target(kind, number));
        }
    }
    start.elapsed().as_secs_f64() * 1e3
}

/// Returns the instructions of a miss and of a hit, for each of these engines.
fn instructions(names: &[&str], kind: Kind, count: usize) -> io::Result<Vec<[f64; 2]>> {
    let (kind, count) = (kind.name(), count.to_string());
    let marks = callgrind::between_marks(&[&[COUNTED, &kind, &count], names].concat())?;
    let sections = marks.as_chunks::<6>().0;
    if sections.len() != names.len() {
        return Err(io::Error::other(format!("{} marks", marks.len())));
    }
    let each = |once, twice| (twice - once) as f64 / COUNTED_PATHS as f64;
    let per_engine = sections
        .iter()
        .map(|&[_, miss, twice_miss, _, hit, twice_hit]| {
            [each(miss, twice_miss), each(hit, twice_hit)]
        });
    Ok(per_engine.collect())
}

/// Counts these engines, which are a single one or [`OUR_ROWS`].
pub(crate) fn run_counted(names: &[&str], kind: Kind, count: usize) {
    let contender = CONTENDERS.iter().find(|engine| engine.name == names[0]);
    let contender = contender.expect("the engine exists");
    if contender.is_ours() {
        // The paths have their first segments in common. A seed that is bad for one of these
        // segments is bad for many paths, so several tables have several seeds.
        let rules: Vec<_> = (0..tables(count)).map(|_| ours(kind, count)).collect();
        for name in names {
            let engines = rules.iter().map(|rules| our_engine(name, rules));
            count_lookups(&engines.collect::<Vec<_>>(), kind, count);
        }
    } else {
        count_lookups(&[(contender.build)(kind, count)], kind, count);
    }
}

/// Looks up the paths that are counted, and twice as many, with marks around them.
///
/// Each table looks up a part of the paths.
fn count_lookups(tables: &[Box<dyn Engine>], kind: Kind, count: usize) {
    for (traffic, expected) in [(Traffic::Miss, 0), (Traffic::Hit, COUNTED_PATHS)] {
        let paths = paths(kind, count, COUNTED_PATHS, traffic);
        let parts = paths.chunks(COUNTED_PATHS / tables.len());
        let parts: Vec<_> = parts.map(|part| Requests::new(part.to_vec())).collect();
        let look_up = |passes| {
            let pairs = tables.iter().zip(&parts);
            let found = pairs.map(|(table, part)| table.look_up(part, passes * part.paths.len()));
            found.sum::<usize>()
        };
        assert_eq!(look_up(1), expected);
        callgrind::set_mark();
        look_up(1);
        callgrind::set_mark();
        look_up(2);
        callgrind::set_mark();
    }
}

/// Returns how many tables of this number of rules are counted together.
fn tables(count: usize) -> usize {
    (200_000 / count).clamp(1, 20)
}

/// Prints the cost of patterns in few and in many shapes.
pub(crate) fn shapes() -> Result<(), Box<dyn Error>> {
    const RULES: usize = 10_000;
    println!("\n## Patterns in many shapes, {RULES} rules\n");
    let mut table = Table::new([
        "shapes",
        "miss instr",
        "hit instr",
        "miss ns",
        "hit ns",
        "mix ns",
    ]);
    let ours = CONTENDERS.iter().find(|engine| engine.name == OURS);
    let ours = ours.ok_or("the engine of this crate is missing")?;
    for shapes in [7, 50, 200, 600] {
        let kind = Kind::Shapes(shapes);
        let traffic = [Traffic::Miss, Traffic::Hit, Traffic::Mix]
            .map(|traffic| requests(kind, RULES, 4_096, traffic));
        let [miss, hit, mix] = measured(ours, kind, RULES, &traffic)?.times;
        let instructions = if callgrind::is_available() {
            instructions(&[OURS], kind, RULES)?.pop()
        } else {
            None
        };
        table.row([
            shapes.to_string(),
            number(instructions.map(|[miss, _]| miss), 0),
            number(instructions.map(|[_, hit]| hit), 0),
            number(Some(miss), 1),
            number(Some(hit), 1),
            number(Some(mix), 1),
        ]);
    }
    print!("{table}");
    Ok(())
}

/// Prints what doesn't depend on the machine, and returns the limits that were exceeded.
pub(crate) fn quick() -> Result<Vec<String>, Box<dyn Error>> {
    let mut exceeded = Vec::new();
    let mut table = Table::new([
        "rules",
        "engine",
        "miss instr",
        "hit instr",
        "allocs miss",
        "allocs hit",
    ]);
    for kind in [Kind::Exact, Kind::Patterns] {
        let mut counted = Vec::new();
        let mut built = Vec::new();
        for count in COUNTED_SIZES {
            if callgrind::is_available() {
                counted.push(instructions(&OUR_ROWS, kind, count)?);
            }
            built.push(ours(kind, count));
        }
        quick_rows(kind, &counted, &built, &mut table, &mut exceeded);
    }
    println!("\n## Lookups of this crate\n");
    print!("{table}");
    Ok(exceeded)
}

/// Adds the rows of one kind, given the instructions and the tables of each size.
fn quick_rows(
    kind: Kind,
    counted: &[Vec<[f64; 2]>],
    built: &[Rules],
    table: &mut Table,
    exceeded: &mut Vec<String>,
) {
    for (row, ours) in OUR_ROWS.iter().enumerate() {
        let mut small: Option<[f64; 2]> = None;
        for (size, count) in COUNTED_SIZES.into_iter().enumerate() {
            let rules = format!("{count}, {}", kind.name());
            let name = format!("{rules}, {ours}");
            let engine = our_engine(ours, &built[size]);
            let [miss, hit] = [Traffic::Miss, Traffic::Hit].map(|traffic| {
                let requests = requests(kind, count, COUNTED_PATHS, traffic);
                // The first lookups allocate what all later ones share.
                engine.look_up(&requests, COUNTED_PATHS);
                let calls = heap::calls(|| _ = engine.look_up(&requests, COUNTED_PATHS));
                calls as f64 / COUNTED_PATHS as f64
            });
            if miss > 0.0 {
                exceeded.push(format!("{name}: a miss allocates"));
            }
            // A computed target is one allocation.
            let is_computed = kind != Kind::Exact && *ours == OURS;
            let most = if is_computed { 1.0 } else { 0.0 };
            if hit > most {
                exceeded.push(format!(
                    "{name}: a hit allocates {hit} times, more than {most}"
                ));
            }
            let instructions = counted.get(size).map(|rows| rows[row]);
            if let (Some(small), Some(large)) = (small, instructions) {
                for (what, small, large) in
                    [("miss", small[0], large[0]), ("hit", small[1], large[1])]
                {
                    if large > 1.1 * small {
                        exceeded.push(format!(
                            "{name}: a {what} takes {large:.0} instructions, more than 1.1 x {small:.0}"
                        ));
                    }
                }
            }
            small = small.or(instructions);
            table.row([
                rules,
                (*ours).to_owned(),
                number(instructions.map(|[miss, _]| miss), 0),
                number(instructions.map(|[_, hit]| hit), 0),
                number(Some(miss), 2),
                number(Some(hit), 2),
            ]);
        }
    }
}

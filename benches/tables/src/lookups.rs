//! Lookups: instructions, time, allocations, memory; ours and the others in one run.

use std::{error::Error, time::Instant};

use crate::{
    COUNTED, callgrind,
    engines::{Asked, CONTENDERS, Contender, OURS},
    heap,
    keys::{self, Kind},
    svg::{self, Curve},
    table::{Table, number, ratio},
};

/// How many rules the tables have.
pub(crate) const SIZES: [usize; 5] = [10, 1_000, 10_000, 100_000, 1_000_000];
/// Where instructions are counted.
pub(crate) const COUNTED_SIZES: [usize; 2] = [1_000, 100_000];
/// How many different paths are asked for where instructions are counted.
const COUNTED_PATHS: usize = 2_000;

/// The paths that are asked for.
#[derive(Clone, Copy)]
pub(crate) enum Traffic {
    /// No rule has any of them.
    Miss,
    /// A rule has each of them.
    Hit,
    /// A rule has every tenth.
    Mix,
}

/// So many paths, spread over all rules, for a table of `count` rules.
pub(crate) fn asked(kind: Kind, count: usize, paths: usize, traffic: Traffic) -> Asked {
    let path = |at: usize| {
        // A prime, so that rules are asked for in no order.
        let spread = at * 7_919;
        let is_hit = match traffic {
            Traffic::Miss => false,
            Traffic::Hit => true,
            Traffic::Mix => at.is_multiple_of(10),
        };
        if is_hit {
            keys::asked(kind, spread % count)
        } else {
            keys::asked(kind, count + spread % 1_000_000)
        }
    };
    Asked::new((0..paths).map(path).collect())
}

/// What is known of an engine with a table of one size.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) build: f64,
    pub(crate) held: Option<heap::Held>,
    /// Nanoseconds of a lookup: miss, hit, mix.
    pub(crate) times: [f64; 3],
    /// Instructions of a lookup: miss, hit.
    pub(crate) instructions: Option<[f64; 2]>,
    /// Calls of the allocator for a lookup: miss, hit.
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
                let per_rule = |of: fn(&heap::Held) -> u64| {
                    measured.held.map(|held| of(&held) as f64 / count as f64)
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
                    number(per_rule(|held| held.live), 1),
                    number(per_rule(|held| held.peak), 1),
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
            let texts: usize = (0..count).map(|at| keys::target(kind, at).len()).sum();
            if let Some(held) = rows.first().and_then(|(_, measured)| measured.held) {
                let index = (held.live as f64 - texts as f64) / count as f64;
                println!("\n{OURS}, without the texts of its targets: {index:.1} B/rule");
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
        .map(|traffic| asked(kind, count, paths, traffic));
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
    traffic: &[Asked; 3],
) -> Result<Measured, Box<dyn Error>> {
    let instructions = if COUNTED_SIZES.contains(&count) && callgrind::is_available() {
        Some(instructions(engine.name, kind, count)?)
    } else {
        None
    };
    let start = Instant::now();
    let (table, held) = heap::held(|| (engine.build)(kind, count));
    let build = start.elapsed().as_secs_f64() * 1e3 - texts(kind, count, engine.is_ours());
    let times = traffic.each_ref().map(|asked| {
        let paths = asked.paths.len();
        let mut least = f64::INFINITY;
        let begin = Instant::now();
        // At least three times, and for half a second.
        for round in 0.. {
            let start = Instant::now();
            table.ask(asked, paths);
            least = least.min(start.elapsed().as_nanos() as f64 / paths as f64);
            if round > 1 && begin.elapsed().as_millis() > 500 {
                break;
            }
        }
        least
    });
    let calls = [&traffic[0], &traffic[1]].map(|asked| {
        let calls = |count| heap::calls(|| _ = table.ask(asked, count));
        (calls(2_000) - calls(1_000)) as f64 / 1e3
    });
    Ok(Measured {
        build,
        held: Some(held),
        times,
        instructions,
        calls,
    })
}

/// The milliseconds that it takes to write the texts of all rules, which are none of an engine's business.
fn texts(kind: Kind, count: usize, with_targets: bool) -> f64 {
    let start = Instant::now();
    for number in 0..count {
        std::hint::black_box(keys::source(kind, number));
        if with_targets {
            std::hint::black_box(keys::target(kind, number));
        }
    }
    start.elapsed().as_secs_f64() * 1e3
}

/// The instructions of a miss and of a hit.
pub(crate) fn instructions(name: &str, kind: Kind, count: usize) -> std::io::Result<[f64; 2]> {
    let marks = callgrind::between_marks(&[COUNTED, name, &kind.name(), &count.to_string()])?;
    let [_, miss, twice_miss, _, hit, twice_hit] = marks[..] else {
        return Err(std::io::Error::other(format!("{} marks", marks.len())));
    };
    let each = |once, twice| (twice - once) as f64 / COUNTED_PATHS as f64;
    Ok([each(miss, twice_miss), each(hit, twice_hit)])
}

/// Asks as many paths as are counted, and twice as many, under callgrind.
pub(crate) fn counted(name: &str, kind: Kind, count: usize) {
    let engine = CONTENDERS.iter().find(|engine| engine.name == name);
    let table = (engine.expect("an engine").build)(kind, count);
    for (traffic, found) in [(Traffic::Miss, 0), (Traffic::Hit, COUNTED_PATHS)] {
        let asked = asked(kind, count, COUNTED_PATHS, traffic);
        assert_eq!(table.ask(&asked, COUNTED_PATHS), found, "{name}");
        callgrind::set_mark();
        table.ask(&asked, COUNTED_PATHS);
        callgrind::set_mark();
        table.ask(&asked, 2 * COUNTED_PATHS);
        callgrind::set_mark();
    }
}

/// Prints what patterns in few and in many shapes cost.
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
    let ours = ours.ok_or("no engine of ours")?;
    for shapes in [7, 50, 200, 600] {
        let kind = Kind::Shapes(shapes);
        let traffic = [Traffic::Miss, Traffic::Hit, Traffic::Mix]
            .map(|traffic| asked(kind, RULES, 4_096, traffic));
        let [miss, hit, mix] = measured(ours, kind, RULES, &traffic)?.times;
        let instructions = if callgrind::is_available() {
            Some(instructions(OURS, kind, RULES)?)
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

/// Prints what does not depend on the machine, and gives the bounds that are broken.
pub(crate) fn quick() -> Result<Vec<String>, Box<dyn Error>> {
    let mut broken = Vec::new();
    let mut table = Table::new([
        "rules",
        "engine",
        "miss instr",
        "hit instr",
        "allocs miss",
        "allocs hit",
    ]);
    let ours = || CONTENDERS.iter().filter(|engine| engine.is_ours());
    for (kind, ours) in [Kind::Exact, Kind::Patterns]
        .into_iter()
        .flat_map(|kind| ours().map(move |ours| (kind, ours)))
    {
        let mut small: Option<[f64; 2]> = None;
        for count in COUNTED_SIZES {
            let rules = format!("{count}, {}", kind.name());
            let name = format!("{rules}, {}", ours.name);
            let built = (ours.build)(kind, count);
            let [miss, hit] = [Traffic::Miss, Traffic::Hit].map(|traffic| {
                let asked = asked(kind, count, COUNTED_PATHS, traffic);
                // What all answers share is made for the first.
                built.ask(&asked, COUNTED_PATHS);
                heap::calls(|| _ = built.ask(&asked, COUNTED_PATHS)) as f64 / COUNTED_PATHS as f64
            });
            if miss > 0.0 {
                broken.push(format!("{name}: a miss allocates"));
            }
            // The text of a target.
            let makes_one = kind != Kind::Exact && ours.name == OURS;
            let most = if makes_one { 1.0 } else { 0.0 };
            if hit > most {
                broken.push(format!("{name}: a hit allocates {hit} times, not {most}"));
            }
            let instructions = if callgrind::is_available() {
                Some(instructions(ours.name, kind, count)?)
            } else {
                None
            };
            if let (Some(small), Some(large)) = (small, instructions) {
                for (what, small, large) in
                    [("miss", small[0], large[0]), ("hit", small[1], large[1])]
                {
                    if large > 1.1 * small {
                        broken.push(format!(
                            "{name}: a {what} takes {large:.0} instructions, more than 1.1 x {small:.0}"
                        ));
                    }
                }
            }
            small = small.or(instructions);
            table.row([
                rules,
                ours.name.to_owned(),
                number(instructions.map(|[miss, _]| miss), 0),
                number(instructions.map(|[_, hit]| hit), 0),
                number(Some(miss), 2),
                number(Some(hit), 2),
            ]);
        }
    }
    println!("\n## Lookups of this crate\n");
    print!("{table}");
    Ok(broken)
}

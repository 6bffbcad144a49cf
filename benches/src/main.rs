//! Measures `tower-redirect` against bare services, published layers and whole servers.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml` prints all tables but the one of
//! compile cost, which `-- compile` prints; `-- quick` leaves the servers out as well, and fails
//! where a bound that does not depend on the machine is broken. `README.md` says more.

mod callgrind;
mod canonical;
mod case;
mod compile;
mod count;
mod production;
mod rivals;
mod rules;
mod servers;
mod table;

use std::{env, error::Error, fs, process::Command, process::ExitCode};

use canonical::{Growth, LENGTHS, TWICE};
use case::Case;
use rivals::{Group, groups};
use table::{Table, number, plus, ratio};

/// The hidden subcommand that runs the cases where instructions are counted.
const COUNTED: &str = "counted";
/// The hidden subcommand that is a server.
const SERVER: &str = "server";
/// The least number of requests that are counted.
const REQUESTS: usize = 100;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => {
            header();
            let broken = services(400)?;
            servers::measure()?;
            Ok(report(&broken))
        }
        ["quick"] => {
            header();
            Ok(report(&services(100)?))
        }
        ["servers"] => {
            header();
            servers::measure()?;
            Ok(ExitCode::SUCCESS)
        }
        ["compile"] => {
            header();
            compile::measure()?;
            Ok(ExitCode::SUCCESS)
        }
        [COUNTED] => {
            counted();
            Ok(ExitCode::SUCCESS)
        }
        [SERVER, name] => {
            servers::serve(name)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err("usage: [quick | servers | compile]".into()),
    }
}

/// Says what the numbers were taken on.
fn header() {
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown", |(_, name)| name);
    println!("{}", rustc.as_deref().unwrap_or("rustc unknown"));
    println!("cpu: {cpu}");
    println!("profile: release, lto = \"thin\", codegen-units = 1");
    if !callgrind::is_available() {
        println!("valgrind was not found: there are no instruction counts");
    }
}

/// What was measured of a case, for each request.
#[derive(Clone, Copy)]
struct Figures {
    instructions: Option<f64>,
    nanoseconds: f64,
    calls: f64,
    bytes: f64,
}

/// Prints the tables of services and gives the bounds that are broken.
fn services(rounds: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let mut groups = groups();
    let cases = groups.iter().map(|group| group.cases.len()).sum::<usize>();
    let growths = canonical::long_paths();
    let mut of_groups = Vec::new();
    let mut of_growths = Vec::new();
    if callgrind::is_available() {
        let stretches = callgrind::between_marks(&[COUNTED])?;
        let stretches = stretches.as_chunks::<3>().0;
        let expected = cases + growths.len() * LENGTHS.len();
        if stretches.len() != expected {
            return Err(format!("{} of {expected} cases were counted", stretches.len()).into());
        }
        let counts = stretches
            .iter()
            .map(|[_, once, twice]| (twice - once) as f64);
        of_groups.extend(counts.clone().take(cases));
        of_growths.extend(counts.skip(cases));
    }
    let mut figures = vec![None; cases];
    let mut of_groups = of_groups.into_iter();
    in_turn(&mut groups, |cases| {
        let mut times = vec![f64::INFINITY; cases.len()];
        // All cases in turn, so that what disturbs the machine disturbs all of them.
        for _ in 0..rounds {
            for (time, (_, case)) in times.iter_mut().zip(&mut *cases) {
                *time = time.min(case.nanoseconds(200));
            }
        }
        for (nanoseconds, (slot, case)) in times.into_iter().zip(cases) {
            let counted = case.whole_passes(REQUESTS) as f64;
            let requests = case.whole_passes(1000);
            let sum = case.allocations(requests);
            figures[*slot] = Some(Figures {
                instructions: of_groups.next().map(|sum| sum / counted),
                nanoseconds,
                calls: sum.calls as f64 / requests as f64,
                bytes: sum.bytes as f64 / requests as f64,
            });
        }
    });
    let mut broken = Vec::new();
    let mut figures = figures.into_iter().flatten();
    for group in &groups {
        let of_group: Vec<_> = figures.by_ref().take(group.cases.len()).collect();
        print_group(group, &of_group, &mut broken);
    }
    if !of_growths.is_empty() {
        print_growths(&growths, &of_growths, &mut broken);
    }
    if production::recorded() == 0 {
        broken.push("In production: the recorder was told nothing".to_owned());
    }
    Ok(broken)
}

/// Hands over all cases, with their places: first those that nothing watches, then the others.
fn in_turn(groups: &mut [Group], mut work: impl FnMut(&mut [(usize, &mut Case)])) {
    for is_watched in [false, true] {
        if is_watched {
            production::watch();
        }
        let cases = groups.iter_mut().flat_map(|group| &mut group.cases);
        let mut cases: Vec<_> = cases
            .enumerate()
            .filter(|(_, case)| case.is_watched == is_watched)
            .collect();
        work(&mut cases);
    }
}

fn print_growths(growths: &[Growth], instructions: &[f64], broken: &mut Vec<String>) {
    println!(
        "\n## Canonical address, long paths\n\n\
         Instructions in one request for a path of so many bytes; \
         the longest is the longest that `http::Uri` takes.\n"
    );
    let [first, half, whole] = LENGTHS.map(|length| length.to_string());
    let ratio_of = format!("{whole} / {half}");
    let mut table = Table::new(["path", &first, &half, &whole, &ratio_of]);
    let rows = instructions.as_chunks::<{ LENGTHS.len() }>().0;
    for (growth, &[first, half, whole]) in growths.iter().zip(rows) {
        let [first, half, whole] = [first, half, whole].map(Some);
        table.row([
            growth.name.clone(),
            number(first, 0),
            number(half, 0),
            number(whole, 0),
            ratio(whole, half),
        ]);
        if let (Some(half), Some(whole)) = (half, whole)
            && whole > TWICE * half
        {
            broken.push(format!(
                "long paths: {}: {whole:.0} instructions, more than {TWICE} times {half:.0}",
                growth.name
            ));
        }
    }
    print!("{table}");
}

fn print_group(group: &Group, figures: &[Figures], broken: &mut Vec<String>) {
    println!("\n## {}\n\n{}\n", group.title, group.note);
    let bare = figures[0];
    let over_bare = |slot: usize| Some(figures[slot].instructions? - bare.instructions?);
    let reference = group
        .cases
        .iter()
        .position(|case| case.name == group.reference)
        .and_then(over_bare);
    let of_reference = format!("+instr / {}", group.reference);
    let mut table = Table::new([
        "service",
        "instr",
        "+instr",
        &of_reference,
        "ns",
        "ns / bare",
        "+allocs",
        "+bytes",
    ]);
    for (slot, case) in group.cases.iter().enumerate() {
        let own = figures[slot];
        let calls = own.calls - bare.calls;
        let bytes = own.bytes - bare.bytes;
        table.row([
            case.name.to_owned(),
            number(own.instructions, 0),
            plus(over_bare(slot), 0),
            ratio(over_bare(slot), reference),
            number(Some(own.nanoseconds), 0),
            ratio(Some(own.nanoseconds), Some(bare.nanoseconds)),
            plus(Some(calls), 0),
            plus(Some(bytes), 0),
        ]);
        if let Some(most) = case.bounds.allocations
            && calls > most
        {
            broken.push(format!(
                "{}: {}: +{calls} allocations, more than {most}",
                group.title, case.name
            ));
        }
        if let (Some(most), Some(more)) = (case.bounds.instructions, over_bare(slot))
            && more > most
        {
            broken.push(format!(
                "{}: {}: +{more:.0} instructions, more than {most:.0}",
                group.title, case.name
            ));
        }
        let over_reference = over_bare(slot).zip(reference).map(|(own, of)| own - of);
        if let (Some(most), Some(more)) = (case.bounds.over_reference, over_reference)
            && more > most
        {
            broken.push(format!(
                "{}: {}: {more:.0} instructions over {}, more than {most:.0}",
                group.title, case.name, group.reference
            ));
        }
    }
    print!("{table}");
}

/// Answers requests in each case, first some that do not count.
fn counted() {
    in_turn(&mut groups(), |cases| {
        for (_, case) in cases {
            // Rules and services do some work once, for their first request.
            case.allocations(case.whole_passes(10));
            case.counted(case.whole_passes(REQUESTS));
        }
    });
    for case in canonical::long_paths()
        .iter_mut()
        .flat_map(|growth| &mut growth.cases)
    {
        case.allocations(1);
        case.counted(1);
    }
}

fn report(broken: &[String]) -> ExitCode {
    for bound in broken {
        println!("\nBROKEN: {bound}");
    }
    if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

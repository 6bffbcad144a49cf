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
mod rivals;
mod rules;
mod servers;
mod table;

use std::{env, error::Error, fs, process::Command, process::ExitCode};

use canonical::{Growth, LENGTHS, TWICE};
use rivals::{Group, groups};
use table::{Table, number, plus, ratio};

/// The hidden subcommand that runs the cases where instructions are counted.
const COUNTED: &str = "counted";
/// The hidden subcommand that is a server.
const SERVER: &str = "server";
/// How many requests are counted, and twice as many: the difference holds nothing but requests.
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

/// Prints the tables of services and gives the bounds that are broken.
fn services(rounds: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let mut groups = groups();
    let cases = groups.iter().map(|group| group.cases.len()).sum::<usize>();
    let mut instructions = vec![None; cases];
    let growths = canonical::long_paths();
    let mut of_growths = Vec::new();
    if callgrind::is_available() {
        let stretches = callgrind::between_marks(&[COUNTED])?;
        let stretches = stretches.as_chunks::<3>().0;
        let expected = cases + growths.len() * LENGTHS.len();
        if stretches.len() != expected {
            return Err(format!("{} of {expected} cases were counted", stretches.len()).into());
        }
        let (of_groups, rest) = stretches.split_at(cases);
        for (slot, [_, once, twice]) in instructions.iter_mut().zip(of_groups) {
            *slot = Some((twice - once) as f64 / REQUESTS as f64);
        }
        of_growths.extend(rest.iter().map(|[_, once, twice]| (twice - once) as f64));
    }
    let mut times = vec![f64::INFINITY; cases];
    // All cases in turn, so that what disturbs the machine disturbs all of them.
    for _ in 0..rounds {
        let cases = groups.iter_mut().flat_map(|group| &mut group.cases);
        for (time, case) in times.iter_mut().zip(cases) {
            *time = time.min(case.nanoseconds(200));
        }
    }
    let mut broken = Vec::new();
    let (mut instructions, mut times) = (&instructions[..], &times[..]);
    for group in &mut groups {
        let (of_group, rest) = instructions.split_at(group.cases.len());
        instructions = rest;
        let (times_of_group, rest) = times.split_at(group.cases.len());
        times = rest;
        print_group(group, of_group, times_of_group, &mut broken);
    }
    if !of_growths.is_empty() {
        print_growths(&growths, &of_growths, &mut broken);
    }
    Ok(broken)
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

fn print_group(
    group: &mut Group,
    instructions: &[Option<f64>],
    times: &[f64],
    broken: &mut Vec<String>,
) {
    println!("\n## {}\n\n{}\n", group.title, group.note);
    let over_bare = |slot: usize| Some(instructions[slot]? - instructions[0]?);
    let reference = group
        .cases
        .iter()
        .position(|case| case.name == group.reference)
        .and_then(over_bare);
    let allocated: Vec<_> = group
        .cases
        .iter_mut()
        .map(|case| case.allocations(1000))
        .map(|sum| (sum.calls as f64 / 1e3, sum.bytes as f64 / 1e3))
        .collect();
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
        let calls = allocated[slot].0 - allocated[0].0;
        let bytes = allocated[slot].1 - allocated[0].1;
        table.row([
            case.name.to_owned(),
            number(instructions[slot], 0),
            plus(over_bare(slot), 0),
            ratio(over_bare(slot), reference),
            number(Some(times[slot]), 0),
            ratio(Some(times[slot]), Some(times[0])),
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
    }
    print!("{table}");
}

/// Answers requests in each case, first some that do not count.
fn counted() {
    for case in groups().iter_mut().flat_map(|group| &mut group.cases) {
        case.allocations(10);
        case.counted(REQUESTS);
    }
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

//! Measures `tower-redirect` against bare services, published layers and whole servers.
//!
//! Without an argument it prints all tables except the one of `-- compile`. `-- quick` prints the
//! tables of services and fails if a limit is exceeded. Limits are on allocations and instructions,
//! never on time, so they hold on every machine. `README.md` explains the commands and the columns.

mod callgrind;
mod canonical;
mod case;
mod compile;
mod count;
mod long_paths;
mod production;
mod rules;
mod servers;
mod services;
mod table;

use std::{env, error::Error, fs, process::Command, process::ExitCode};

use case::Case;
use long_paths::{LENGTHS, LongPath, MAX_GROWTH};
use services::{Group, groups};
use table::{Table, number, plus, ratio};

/// The hidden subcommand that runs every case under valgrind.
const COUNTED: &str = "counted";
/// The hidden subcommand that runs a server.
const SERVER: &str = "server";
/// The least number of requests of a case that are counted.
const REQUESTS: usize = 100;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => {
            header();
            let exceeded = measure_services(400)?;
            servers::measure()?;
            Ok(report(&exceeded))
        }
        ["quick"] => {
            header();
            Ok(report(&measure_services(100)?))
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
            run_counted();
            Ok(ExitCode::SUCCESS)
        }
        [SERVER, name] => {
            servers::serve(name)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err("usage: [quick | servers | compile]".into()),
    }
}

/// Prints the compiler, the CPU and the profile.
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
        println!("valgrind not found: no instruction counts");
    }
}

/// The measurements of a case, per request.
#[derive(Clone, Copy)]
struct Figures {
    instructions: Option<f64>,
    nanoseconds: f64,
    calls: f64,
    bytes: f64,
}

/// Prints the tables of services and returns the limits that were exceeded.
fn measure_services(rounds: usize) -> Result<Vec<String>, Box<dyn Error>> {
    let mut groups = groups();
    let cases = groups.iter().map(|group| group.cases.len()).sum::<usize>();
    let long_paths = long_paths::long_paths();
    let mut case_counts = Vec::new();
    let mut long_path_counts = Vec::new();
    if callgrind::is_available() {
        let sections = callgrind::between_marks(&[COUNTED])?;
        let sections = sections.as_chunks::<3>().0;
        let expected = cases + long_paths.len() * LENGTHS.len();
        if sections.len() != expected {
            return Err(format!("{} of {expected} cases were counted", sections.len()).into());
        }
        // Twice the requests minus once: what remains is requests and nothing else.
        let counts = sections
            .iter()
            .map(|[_, once, twice]| (twice - once) as f64);
        case_counts.extend(counts.clone().take(cases));
        long_path_counts.extend(counts.skip(cases));
    }
    let mut figures = vec![None; cases];
    let mut case_counts = case_counts.into_iter();
    in_measuring_order(&mut groups, |cases| {
        let mut times = vec![f64::INFINITY; cases.len()];
        // All cases in turn, so a disturbance of the machine affects all of them.
        for _ in 0..rounds {
            for (time, (_, case)) in times.iter_mut().zip(&mut *cases) {
                *time = time.min(case.nanoseconds(200));
            }
        }
        for (nanoseconds, (index, case)) in times.into_iter().zip(cases) {
            let counted = case.whole_passes(REQUESTS) as f64;
            let requests = case.whole_passes(1000);
            let sum = case.allocations(requests);
            figures[*index] = Some(Figures {
                instructions: case_counts.next().map(|sum| sum / counted),
                nanoseconds,
                calls: sum.calls as f64 / requests as f64,
                bytes: sum.bytes as f64 / requests as f64,
            });
        }
    });
    let mut exceeded = Vec::new();
    let mut figures = figures.into_iter().flatten();
    for group in &groups {
        let group_figures: Vec<_> = figures.by_ref().take(group.cases.len()).collect();
        print_group(group, &group_figures, &mut exceeded);
    }
    if !long_path_counts.is_empty() {
        print_long_paths(&long_paths, &long_path_counts, &mut exceeded);
    }
    if production::recorded_count() == 0 {
        exceeded.push("In production: the recorder received nothing".to_owned());
    }
    Ok(exceeded)
}

/// Calls `work` twice, with the cases and their indexes: first without a subscriber and a recorder,
/// then with both.
///
/// They are installed for the whole process, so the cases that need them come last.
fn in_measuring_order(groups: &mut [Group], mut work: impl FnMut(&mut [(usize, &mut Case)])) {
    for is_observed in [false, true] {
        if is_observed {
            production::install_observers();
        }
        let cases = groups.iter_mut().flat_map(|group| &mut group.cases);
        let mut cases: Vec<_> = cases
            .enumerate()
            .filter(|(_, case)| case.is_observed == is_observed)
            .collect();
        work(&mut cases);
    }
}

fn print_long_paths(long_paths: &[LongPath], instructions: &[f64], exceeded: &mut Vec<String>) {
    println!(
        "\n## Canonical URL, long paths\n\n\
         Instructions of one request, by the length of its path in bytes. The last length is the \
         longest that `http::Uri` accepts.\n"
    );
    let [first, half, whole] = LENGTHS.map(|length| length.to_string());
    let growth = format!("{whole} / {half}");
    let mut table = Table::new(["path", &first, &half, &whole, &growth]);
    let rows = instructions.as_chunks::<{ LENGTHS.len() }>().0;
    for (long_path, &[first, half, whole]) in long_paths.iter().zip(rows) {
        let [first, half, whole] = [first, half, whole].map(Some);
        table.row([
            long_path.name.clone(),
            number(first, 0),
            number(half, 0),
            number(whole, 0),
            ratio(whole, half),
        ]);
        if let (Some(half), Some(whole)) = (half, whole)
            && whole > MAX_GROWTH * half
        {
            exceeded.push(format!(
                "long paths: {}: {whole:.0} instructions, more than {MAX_GROWTH} times {half:.0}",
                long_path.name
            ));
        }
    }
    print!("{table}");
}

fn print_group(group: &Group, figures: &[Figures], exceeded: &mut Vec<String>) {
    println!("\n## {}\n\n{}\n", group.title, group.note);
    let bare = figures[0];
    let over_bare = |index: usize| Some(figures[index].instructions? - bare.instructions?);
    let reference = group
        .cases
        .iter()
        .position(|case| case.name == group.reference)
        .and_then(over_bare);
    let over_reference = format!("+instr / {}", group.reference);
    let mut table = Table::new([
        "service",
        "instr",
        "+instr",
        &over_reference,
        "ns",
        "ns / bare",
        "+allocs",
        "+bytes",
    ]);
    for (index, case) in group.cases.iter().enumerate() {
        let own = figures[index];
        let calls = own.calls - bare.calls;
        let bytes = own.bytes - bare.bytes;
        table.row([
            case.name.to_owned(),
            number(own.instructions, 0),
            plus(over_bare(index), 0),
            ratio(over_bare(index), reference),
            number(Some(own.nanoseconds), 0),
            ratio(Some(own.nanoseconds), Some(bare.nanoseconds)),
            plus(Some(calls), 0),
            plus(Some(bytes), 0),
        ]);
        if let Some(most) = case.limits.allocations
            && calls > most
        {
            exceeded.push(format!(
                "{}: {}: +{calls} allocations, more than {most}",
                group.title, case.name
            ));
        }
        if let (Some(most), Some(more)) = (case.limits.instructions, over_bare(index))
            && more > most
        {
            exceeded.push(format!(
                "{}: {}: +{more:.0} instructions, more than {most:.0}",
                group.title, case.name
            ));
        }
        let over_reference = over_bare(index)
            .zip(reference)
            .map(|(own, reference)| own - reference);
        if let (Some(most), Some(more)) = (case.limits.over_reference, over_reference)
            && more > most
        {
            exceeded.push(format!(
                "{}: {}: {more:.0} instructions over {}, more than {most:.0}",
                group.title, case.name, group.reference
            ));
        }
    }
    print!("{table}");
}

/// Runs every case with marks around its requests, for [`callgrind::between_marks`].
fn run_counted() {
    in_measuring_order(&mut groups(), |cases| {
        for (_, case) in cases {
            // Rules and services do some work once, for their first request.
            case.allocations(case.whole_passes(10));
            case.counted(case.whole_passes(REQUESTS));
        }
    });
    for case in long_paths::long_paths()
        .iter_mut()
        .flat_map(|long_path| &mut long_path.cases)
    {
        case.allocations(1);
        case.counted(1);
    }
}

/// Prints the limits that were exceeded.
fn report(exceeded: &[String]) -> ExitCode {
    for limit in exceeded {
        println!("\nlimit exceeded: {limit}");
    }
    if exceeded.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

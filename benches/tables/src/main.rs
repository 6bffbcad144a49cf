//! Measures the rule tables of `tower-redirect` and of others: lookups, memory, loading, whole
//! servers.
//!
//! Without an argument it prints all tables except the one of `-- server`, and draws the curves in
//! the docs. `-- quick` prints what doesn't depend on the machine, and fails if a limit is
//! exceeded. `README.md` explains the commands and the columns.

#[path = "../../src/callgrind.rs"]
#[expect(dead_code, reason = "shared with the other benches")]
mod callgrind;
mod check;
mod engines;
mod heap;
mod keys;
mod load;
mod lookups;
mod respond;
mod servers;
mod svg;
#[path = "../../src/table.rs"]
#[expect(dead_code, reason = "shared with the other benches")]
mod table;

use std::{env, error::Error, fs, process::Command, process::ExitCode};

use keys::Kind;

/// The hidden subcommand that looks paths up under valgrind.
const COUNTED: &str = "counted";
/// The hidden subcommand that builds responses under valgrind.
const RESPOND: &str = "respond";
/// The hidden subcommand that loads a file and exits.
const LOAD: &str = "load";
/// The hidden subcommand that runs a server.
const SERVE: &str = "serve";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => {
            header();
            let exceeded = lookups::quick()?;
            respond::measure()?;
            lookups::shapes()?;
            lookups::measure()?;
            load::measure()?;
            check::measure()?;
            Ok(report(&exceeded))
        }
        ["quick"] => {
            header();
            let exceeded = lookups::quick()?;
            respond::measure()?;
            Ok(report(&exceeded))
        }
        ["load"] => {
            header();
            load::measure()?;
            Ok(ExitCode::SUCCESS)
        }
        ["check"] => {
            header();
            check::measure()?;
            Ok(ExitCode::SUCCESS)
        }
        ["server"] => {
            header();
            servers::measure()?;
            Ok(ExitCode::SUCCESS)
        }
        [COUNTED, kind, count, ref names @ ..] => {
            lookups::run_counted(names, Kind::from_name(kind), count.parse()?);
            Ok(ExitCode::SUCCESS)
        }
        [RESPOND] => {
            respond::run_counted();
            Ok(ExitCode::SUCCESS)
        }
        [LOAD, name, file] => {
            load::load(name, file)?;
            Ok(ExitCode::SUCCESS)
        }
        [SERVE, name, file] => {
            servers::serve(name, file)?;
            Ok(ExitCode::SUCCESS)
        }
        _ => Err("usage: [quick | load | check | server]".into()),
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

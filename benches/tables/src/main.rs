//! Measures the tables of `tower-redirect`: lookups, memory, loading, whole servers; others in the same run.
//!
//! `cargo run --release --manifest-path benches/tables/Cargo.toml` prints the tables and draws their curves
//! into the docs; `-- quick` prints what does not depend on the machine, and fails where a bound is broken;
//! `-- server` asks whole servers. `README.md` says more.

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

/// The hidden subcommand that looks paths up where instructions are counted.
const COUNTED: &str = "counted";
/// The hidden subcommand that answers where instructions are counted.
const RESPOND: &str = "respond";
/// The hidden subcommand that loads a file and ends.
const LOAD: &str = "load";
/// The hidden subcommand that is a server.
const SERVE: &str = "serve";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => {
            header();
            let broken = lookups::quick()?;
            respond::measure()?;
            lookups::shapes()?;
            lookups::measure()?;
            load::measure()?;
            check::measure()?;
            Ok(report(&broken))
        }
        ["quick"] => {
            header();
            let broken = lookups::quick()?;
            respond::measure()?;
            Ok(report(&broken))
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
        [COUNTED, name, kind, count] => {
            lookups::counted(name, Kind::of(kind), count.parse()?);
            Ok(ExitCode::SUCCESS)
        }
        [RESPOND] => {
            respond::counted();
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

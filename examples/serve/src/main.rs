//! Serves a file of redirects in front of a small app, and reads it again when it changes.
//!
//! ```text
//! cargo run -p example-serve                 # a sample file, on http://127.0.0.1:3000/
//! PORT=8080 cargo run -p example-serve       # on another port
//! cargo run -p example-serve -- --rules public/_redirects --page /about --watch
//! cargo run -p example-serve -- --format nginx-map --rules moved.map
//! ```

use std::{error::Error, fs, net::SocketAddr, path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use tower_redirect::{
    live::Reloadable,
    rules::{Finding, Format, Parsed, Severity},
};

mod app;
#[path = "../../common/listen.rs"]
mod listen;

/// The rules without `--rules`, and the pages that they mention.
const SAMPLE: &str = include_str!("../_redirects");
const SAMPLE_PAGES: [&str; 4] = ["/", "/about", "/contact", "/posts/hello"];

/// Serves a file of redirects in front of a small app
#[derive(Debug, Parser)]
struct Options {
    #[arg(long, default_value = "netlify", help = formats())]
    format: Format,

    /// The file of redirects [default: a sample in the Netlify format]
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,

    /// Read the file again when it changes. If it then has an error, the old rules stay active
    #[arg(long, requires = "rules")]
    watch: bool,

    /// The address to listen on [default: port 3000 of 127.0.0.1, or the port in the variable PORT]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,

    /// A page of the app; repeat it for more. The app responds 404 to other paths
    #[arg(long = "page", value_name = "PATH")]
    pages: Vec<String>,
}

fn formats() -> String {
    let names: Vec<_> = Format::all().map(|format| format.to_string()).collect();
    format!("The format of the file: {}", names.join(", "))
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    let memory_before = resident_kib();
    let start = Instant::now();
    let parsed = load(&options)?;
    let took = start.elapsed();
    let memory_after = resident_kib();

    let file = match &options.rules {
        Some(path) => path.display().to_string(),
        None => "sample".to_owned(),
    };
    report(&file, &parsed);
    print!("loaded in {:.1} ms", took.as_secs_f64() * 1e3);
    if let (Some(before), Some(after)) = (memory_before, memory_after) {
        let added = after.saturating_sub(before) as f64 / 1024.0;
        print!(", with {added:.1} MiB of memory");
    }
    println!();

    let mut pages = options.pages;
    if options.rules.is_none() {
        pages.extend(SAMPLE_PAGES.map(str::to_owned));
    }
    let (policy, handle) = Reloadable::new(parsed.rules);
    if let Some(path) = options.rules.as_ref().filter(|_| options.watch) {
        let watch = handle.watch_rules(path, options.format);
        watch
            .on_reload(|reload| eprintln!("{reload}"))
            .start()?
            .detach();
    }

    let listener = match options.listen {
        None => listen::on_port("PORT", 3000).await,
        Some(address) => {
            let choose = || {
                let (command, port) = (listen::command(), listen::free_port(8080));
                format!("{command} -- --listen 127.0.0.1:{port}")
            };
            listen::on_address(address, choose).await
        }
    };
    let address = listener.local_addr()?;
    println!("Serving on http://{address}/");
    if options.rules.is_none() {
        print_what_to_try(address);
    }
    println!("Stop with Ctrl-C.");
    axum::serve(listener, app::app(policy, pages)).await?;
    Ok(())
}

/// Loads the rules. A rule with an error in it is left out, and the other rules are kept.
fn load(options: &Options) -> Result<Parsed, Box<dyn Error>> {
    match &options.rules {
        None => Ok(Format::Netlify.parse_lossy(SAMPLE)),
        Some(path) => options
            .format
            .load_lossy(path)
            .map_err(|error| format!("{}: {error}", path.display()).into()),
    }
}

/// Prints what is wrong with the file, and a line that sums it up.
fn report(file: &str, parsed: &Parsed) {
    let report = parsed.rules.check();
    for problems in [parsed.findings.to_string(), report.to_string()] {
        if !problems.is_empty() {
            eprintln!("{}", problems.trim_end());
        }
    }
    let severities: Vec<_> = parsed
        .findings
        .iter()
        .map(Finding::severity)
        .chain(report.iter().map(Finding::severity))
        .collect();
    let mut found = Vec::new();
    for (severity, noun) in [
        (Severity::Error, "error"),
        (Severity::Warning, "warning"),
        (Severity::Note, "note"),
    ] {
        match severities.iter().filter(|one| **one == severity).count() {
            0 => {}
            number => found.push(counted(number, noun)),
        }
    }
    if found.is_empty() {
        found.push("no problems found".to_owned());
    }
    println!("{file}: {}, {}", parsed.rules.summary(), found.join(", "));
}

/// The number with its noun: `1 rule`, `2 rules`.
fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// The memory of this process, in KiB. Only Linux tells it.
fn resident_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn print_what_to_try(address: SocketAddr) {
    println!(
        "
The rules are in examples/serve/_redirects. Try:

  curl -i  'http://{address}/about-us'         # 301 to /about
  curl -iL 'http://{address}/blog/hello?x=1'   # 301, then the page, with the query
  curl -i  'http://{address}/shop/7'           # 302 to another site
  curl -i  'http://{address}/search?q=tower'   # 302, with the value of the query
  curl -i  'http://{address}/contact'          # 200: the app has this page, so its rule waits
  curl -i  'http://{address}/unknown'          # 404: no rule, no page
"
    );
}

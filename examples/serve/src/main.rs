//! Serves a file of redirects in front of a small app.
//!
//! ```text
//! cargo run --release -p example-serve                  # a sample file, on http://127.0.0.1:3000/
//! cargo run --release -p example-serve -- --format netlify --rules public/_redirects --page /about
//! cargo run --release -p example-serve -- --rules public/_redirects --watch     # reads it again when it changes
//! cargo run --release -p example-serve -- --format nginx-map --rules moved.map --listen 127.0.0.1:8080
//! ```

use std::{error::Error, fs, net::SocketAddr, path::PathBuf, process::ExitCode, time::Instant};

use clap::Parser;
use tokio::net::TcpListener;
use tower_redirect::{
    Reloadable,
    rules::{Format, Parsed, Severity},
};

mod app;

/// What is served without `--rules`.
const SAMPLE: &str = include_str!("../_redirects");

/// Serves a file of redirects in front of a small app.
#[derive(Debug, Parser)]
struct Options {
    /// The dialect of the file.
    #[arg(long, default_value = "netlify", help = dialects())]
    format: Format,

    /// The file of redirects; without it, a sample in Netlify's dialect is served.
    #[arg(long)]
    rules: Option<PathBuf>,

    /// Reads the file again when it changes; one with errors leaves the rules before serving.
    #[arg(long, requires = "rules")]
    watch: bool,

    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,

    /// A page that the app has; every other path is answered with 404.
    #[arg(long = "page", value_name = "PATH")]
    pages: Vec<String>,
}

fn dialects() -> String {
    let names: Vec<_> = Format::all().map(|format| format.to_string()).collect();
    format!("The dialect of the file: {}", names.join(", "))
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
    let before = resident();
    let start = Instant::now();
    let parsed = load(&options)?;
    let took = start.elapsed();
    let memory = resident()
        .zip(before)
        .map(|(now, before)| now.saturating_sub(before));

    eprint!("{}", with_line_end(parsed.diagnostics.to_string()));
    let report = parsed.rules.check();
    let of = |severity| {
        report
            .iter()
            .filter(|one| one.severity() == severity)
            .count()
    };
    print!("{}", with_line_end(report.to_string()));
    println!("rules: {}", parsed.rules.len());
    let errors = parsed.diagnostics.iter();
    let errors = errors.filter(|one| one.severity() == Severity::Error);
    let (left_out, left) = (errors.count(), parsed.rules.len());
    println!(
        "findings of check: {} errors, {} warnings, {} notes",
        of(Severity::Error),
        of(Severity::Warning),
        of(Severity::Note),
    );
    println!("loaded in {:.1} ms", took.as_secs_f64() * 1e3);
    match memory {
        Some(kib) => println!("memory added: {:.1} MiB", kib as f64 / 1024.0),
        None => println!("memory added: unknown on this system"),
    }

    let mut pages = options.pages;
    if options.rules.is_none() {
        pages.extend(["/", "/about", "/posts/hello"].map(str::to_owned));
    }
    let (rules, handle) = Reloadable::new(parsed.rules);
    if let Some(path) = options.rules.as_ref().filter(|_| options.watch) {
        handle
            .watch_rules(path, options.format)
            .on_reload(|reload| eprintln!("{reload}"))
            .start()?
            .detach();
    }
    let app = app::app(rules, pages);
    let listener = TcpListener::bind(options.listen)
        .await
        .map_err(|error| format!("{}: {error}; choose another with --listen", options.listen))?;
    let address = listener.local_addr()?;
    if left_out > 0 {
        println!("{left_out} errors above; the other {left} rules serve");
    }
    println!("serving on http://{address}/");
    if options.rules.is_none() {
        println!(
            "\nTry:\n\n  curl -i  http://{address}/about-us\n  curl -iL http://{address}/blog/hello?x=1\n  \
             curl -i  http://{address}/about        # the app has it, so that it wins\n\nStop with Ctrl-C."
        );
    }
    axum::serve(listener, app).await?;
    Ok(())
}

fn load(options: &Options) -> Result<Parsed, Box<dyn Error>> {
    match &options.rules {
        None => Ok(Format::Netlify.parse_lossy(SAMPLE)),
        Some(path) => options
            .format
            .load_lossy(path)
            .map_err(|error| format!("{}: {error}", path.display()).into()),
    }
}

/// The memory that this process has, in KiB.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn with_line_end(text: String) -> String {
    if text.is_empty() || text.ends_with('\n') {
        text
    } else {
        text + "\n"
    }
}

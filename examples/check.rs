//! Checks a file of redirects: what is wrong with it, what answers an address, and what it would be
//! without chains.
//!
//! ```text
//! cargo run --example check -- --format netlify public/_redirects
//! cargo run --example check -- --format netlify public/_redirects --explain /blog/hello
//! cargo run --example check -- --format netlify public/_redirects --flatten
//! ```
//!
//! Ends with 1 where there is an error.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use http::{Request, Uri};
use tower_redirect::{
    RequestHead, Scheme,
    rules::{Format, Rules, Severity},
};

/// Checks a file of redirects.
#[derive(Debug, Parser)]
struct Options {
    /// The dialect of the file: netlify, cloudflare, vercel, bulk-csv, haproxy-map, nginx-map, …
    #[arg(long)]
    format: Format,

    /// The file of redirects.
    file: PathBuf,

    /// Says which rule answers this address, and why not the others.
    #[arg(long, value_name = "URL", conflicts_with = "flatten")]
    explain: Option<Uri>,

    /// Prints the file with chains shortened to one redirect.
    #[arg(long)]
    flatten: bool,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let options = Options::parse();
    let file = options.file.display();
    let parsed = options
        .format
        .load(&options.file)
        .map_err(|error| format!("{file}: {error}"))?;
    let report = parsed.rules.check();
    let found_errors = report
        .findings()
        .iter()
        .any(|finding| finding.severity() == Severity::Error);

    if let Some(address) = options.explain {
        explain(&parsed.rules, address)?;
    } else {
        if !parsed.diagnostics.is_empty() {
            println!("{}", parsed.diagnostics.to_snippets().trim_end());
        }
        if !report.is_clean() {
            println!("{report}");
        }
    }
    Ok(if found_errors || parsed.diagnostics.has_errors() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Asks the rules as a GET for this address would.
fn explain(rules: &Rules, address: Uri) -> Result<(), Box<dyn Error>> {
    let scheme = match address.scheme_str() {
        Some("http") => Some(Scheme::Http),
        Some("https") => Some(Scheme::Https),
        Some(other) => return Err(format!("{other}: is no scheme of the web").into()),
        None => None,
    };
    let request = Request::get(address).body(())?;
    let mut head = RequestHead::new(&request);
    if let Some(scheme) = scheme {
        head = head.with_scheme(scheme);
    }
    println!("{}", rules.explain(&head));
    Ok(())
}

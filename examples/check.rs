//! Checks a file of redirects: what is wrong with it, what answers an address, and what it would be
//! without chains.
//!
//! ```text
//! cargo run --example check -- --format netlify public/_redirects
//! cargo run --example check -- --format netlify public/_redirects --explain /blog/hello
//! cargo run --example check -- --format netlify public/_redirects --flatten
//! ```
//!
//! What `--flatten` changed goes to standard error, the file to standard output. Ends with 1 where there is
//! an error.

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use clap::Parser;
use http::{Request, Uri, header};
use tower_redirect::{
    RequestHead, Scheme,
    rules::{Format, NotRewritten, Rules, Severity},
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
        .load_lossy(&options.file)
        .map_err(|error| format!("{file}: {error}"))?;
    let report = parsed.rules.check();
    let found_errors = report
        .iter()
        .any(|finding| finding.severity() == Severity::Error);

    if let Some(address) = options.explain {
        explain(&parsed.rules, &address)?;
    } else if options.flatten {
        flatten(
            options.format,
            &parsed.rules,
            &fs::read_to_string(&options.file)?,
        );
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

/// Prints the file with the rules that could be shortened; what changed is said beside it.
fn flatten(format: Format, rules: &Rules, text: &str) {
    let flattened = rules.flatten();
    let rewritten = format.rewrite(text, &flattened);
    print!("{}", rewritten.text());
    let kept: Vec<_> = rewritten
        .not_rewritten()
        .iter()
        .map(NotRewritten::change)
        .collect();
    for change in flattened.changes() {
        if !kept.contains(&change) {
            eprintln!("{change}");
        }
    }
    for kept in rewritten.not_rewritten() {
        eprintln!("{kept}");
    }
}

/// Asks the rules as a client would that is given this address.
fn explain(rules: &Rules, address: &Uri) -> Result<(), Box<dyn Error>> {
    let scheme = match address.scheme_str() {
        Some("http") => Some(Scheme::Http),
        Some("https") => Some(Scheme::Https),
        Some(other) => return Err(format!("{other}: is no scheme of the web").into()),
        None => None,
    };
    let path = address.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::get(path);
    if let Some(authority) = address.authority() {
        // A host has no user name in it.
        let host = authority.as_str().rsplit('@').next().unwrap_or_default();
        request = request.header(header::HOST, host);
    }
    let request = request.body(())?;
    let mut head = RequestHead::new(&request);
    if let Some(scheme) = scheme {
        head = head.with_scheme(scheme);
    }
    println!("{}", rules.explain(&head));
    Ok(())
}

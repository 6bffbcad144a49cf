//! Checks a file of redirects: what is wrong with it, what answers an address, and what it would be
//! without chains.
//!
//! ```text
//! cargo run -p example-check -- --format netlify public/_redirects
//! cargo run -p example-check -- --format netlify public/_redirects --explain /blog/hello
//! cargo run -p example-check -- --format netlify public/_redirects --flatten
//! cargo run -p example-check -- --format netlify public/_redirects --diff live/_redirects
//! ```
//!
//! What is asked for goes to standard output, everything else to standard error. Ends with 1 where there
//! is an error, with `--strict` also where there is a warning. With `--diff`, ends with 1 where anything is
//! answered otherwise, or may be, and with 2 where one of the files has an error: nothing is compared then.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use http::{Request, Uri, header};
use tower_redirect::{
    RequestHead, Scheme,
    rules::{Diagnostic, Finding, Format, NotRewritten, Parsed, Rules, Severity},
};

/// Checks a file of redirects.
#[derive(Debug, Parser)]
struct Options {
    /// The dialect of the file.
    #[arg(long, help = dialects())]
    format: Format,

    /// The file of redirects.
    file: PathBuf,

    /// Says which rule answers this address, and why not the others.
    #[arg(long, value_name = "URL", conflicts_with = "flatten", value_parser = address)]
    explain: Option<Uri>,

    /// Prints the file with chains shortened to one redirect.
    #[arg(long)]
    flatten: bool,

    /// Ends with 1 where there is a warning, too; a chain is one.
    #[arg(long)]
    strict: bool,

    /// Prints what is answered otherwise than by this file, an older one; ends with 1 where anything is, or
    /// may be, with 2 where one of the files has an error.
    #[arg(long, value_name = "OLD_FILE", conflicts_with_all = ["explain", "flatten"])]
    diff: Option<PathBuf>,
}

fn dialects() -> String {
    let names: Vec<_> = Format::all().map(|format| format.to_string()).collect();
    format!("The dialect of the file: {}", names.join(", "))
}

fn address(text: &str) -> Result<Uri, String> {
    if !text.starts_with('/') && !text.contains("://") {
        return Err("write it with `https://`, or a path from `/`".to_owned());
    }
    text.parse().map_err(|error| format!("{error}"))
}

fn main() -> ExitCode {
    run(&Options::parse()).unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

fn run(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let load = |file: &Path| {
        let parsed = options.format.load_lossy(file);
        parsed.map_err(|error| format!("{}: {error}", file.display()))
    };
    let file = options.file.display();
    let parsed = load(&options.file)?;
    if let Some(old) = &options.diff {
        return Ok(diff([(old, &load(old)?), (&options.file, &parsed)]));
    }
    let report = parsed.rules.check();

    let mut said = Vec::new();
    if !parsed.diagnostics.is_empty() {
        said.push(parsed.diagnostics.to_snippets().trim_end().to_owned());
    }
    if let Some(address) = &options.explain {
        explain(&parsed.rules, address)?;
    } else if options.flatten {
        let text = fs::read_to_string(&options.file)?;
        flatten(options.format, &parsed.rules, &text);
    } else if !report.is_empty() {
        let text = String::from_utf8_lossy(&fs::read(&options.file)?).into_owned();
        said.push(report.to_snippets(&text).trim_end().to_owned());
    }
    for said in &said {
        if options.explain.is_some() || options.flatten {
            eprintln!("{said}");
        } else {
            println!("{said}");
        }
    }
    if said.is_empty() && options.explain.is_none() && !options.flatten {
        let rules = parsed.rules.len();
        let word = if rules == 1 { "rule" } else { "rules" };
        eprintln!("{file}: {rules} {word}, nothing to say");
    }

    let of_file = parsed.diagnostics.iter().map(Diagnostic::severity);
    let of_table = report.iter().map(Finding::severity);
    let worst = of_file.chain(of_table).max();
    let most = if options.strict {
        Severity::Warning
    } else {
        Severity::Error
    };
    let failed = parsed.diagnostics.has_errors() || worst.is_some_and(|worst| worst >= most);
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Prints what the second file answers otherwise than the first; fails where anything is.
fn diff(files: [(&Path, &Parsed); 2]) -> ExitCode {
    let mut is_broken = false;
    for (_, parsed) in files {
        // What is left out of a table would look as if nobody wanted it any more.
        if parsed.diagnostics.has_errors() {
            eprintln!("{}", parsed.diagnostics.to_snippets().trim_end());
            is_broken = true;
        }
    }
    if is_broken {
        return ExitCode::from(2);
    }
    let [(old, before), (new, after)] = files;
    let diff = before.rules.diff(&after.rules);
    if diff.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("--- {}\n+++ {}\n{diff}", old.display(), new.display());
    ExitCode::FAILURE
}

/// Prints the file with the rules that could be shortened; what changed, and what did not, is said beside it.
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
    for chain in flattened.chains() {
        eprintln!("{chain}");
    }
    if rewritten.text() == text {
        eprintln!("nothing was changed");
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

//! Checks a file of redirects, explains which rule matches a URL, shortens redirect chains, and compares
//! two files.
//!
//! ```text
//! cargo run -p example-check -- --format netlify public/_redirects
//! cargo run -p example-check -- --format netlify public/_redirects --host example.com
//! cargo run -p example-check -- --format netlify public/_redirects --explain /blog/hello
//! cargo run -p example-check -- --format netlify public/_redirects --flatten > shortened
//! cargo run -p example-check -- --format netlify public/_redirects --diff live/_redirects
//! ```
//!
//! Results go to standard output, everything else to standard error, for example how many rules are active and
//! how many lines were skipped.
//!
//! | exit code | without `--diff` | with `--diff` |
//! |---|---|---|
//! | 0 | no error (with `--strict`: and no warning) | both files redirect alike |
//! | 1 | an error (with `--strict`: or a warning), or the file can't be read | they differ, or may differ, or a file can't be read |
//! | 2 | wrong arguments | wrong arguments, or an error in one of the files |

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use http::{Request, Uri, header};
use tower_redirect::{
    RequestHead,
    location::HttpScheme,
    rules::{Format, NotRewritten, Parsed, Rules},
};

/// Checks a file of redirects
#[derive(Debug, Parser)]
struct Options {
    #[arg(long, help = formats())]
    format: Format,

    /// The file of redirects
    file: PathBuf,

    /// A host of the site, so that redirects to it are checked. Repeat it for each host
    #[arg(long = "host", value_name = "HOST")]
    hosts: Vec<String>,

    /// Print which rule matches this URL, and why other rules don't
    #[arg(long, value_name = "URL", conflicts_with = "flatten", value_parser = request_url)]
    explain: Option<Uri>,

    /// Print the file with each redirect chain shortened to one redirect
    #[arg(long)]
    flatten: bool,

    /// Exit with 1 on warnings, too (a redirect chain is a warning)
    #[arg(long)]
    strict: bool,

    /// Print how this file differs from an older one. Exit with 1 if they redirect differently, or may, and
    /// with 2 if one of the files has an error
    #[arg(long, value_name = "OLD_FILE", conflicts_with_all = ["explain", "flatten"])]
    diff: Option<PathBuf>,
}

fn formats() -> String {
    let names: Vec<_> = Format::all().map(|format| format.to_string()).collect();
    format!("The format of the file: {}", names.join(", "))
}

fn request_url(text: &str) -> Result<Uri, String> {
    // `Uri` reads `a.example/b` as something else than a URL.
    if !text.starts_with('/') && !text.contains("://") {
        return Err("start it with `https://`, or with `/` for a path alone".to_owned());
    }
    text.parse().map_err(|error| format!("{error}"))
}

fn main() -> ExitCode {
    run(&Options::parse()).unwrap_or_else(|error| {
        eprintln!("error: {error}");
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
    let report = match &*options.hosts {
        [] => parsed.rules.check(),
        hosts => parsed.rules.check_for_hosts(hosts),
    };

    let mut problems = Vec::new();
    if !parsed.findings.is_empty() {
        problems.push(parsed.findings.to_snippets().trim_end().to_owned());
    }
    if let Some(url) = &options.explain {
        explain(&parsed.rules, url)?;
    } else if options.flatten {
        let text = fs::read_to_string(&options.file)?;
        flatten(options.format, &parsed.rules, &text);
    } else if !report.is_empty() {
        let text = String::from_utf8_lossy(&fs::read(&options.file)?).into_owned();
        problems.push(
            report
                .clone()
                .with_text(&text)
                .to_snippets()
                .trim_end()
                .to_owned(),
        );
    }
    for problem in &problems {
        // Problems are the result, unless something else is.
        if options.explain.is_some() || options.flatten {
            eprintln!("{problem}");
        } else {
            println!("{problem}");
        }
    }
    let summary = parsed.rules.summary();
    let is_check = options.explain.is_none() && !options.flatten;
    if is_check && problems.is_empty() {
        eprintln!("{file}: {summary}, no problems found");
    } else if is_check || summary.skipped() > 0 {
        eprintln!("{file}: {summary}");
    }

    let failed = if options.strict {
        !parsed.findings.is_clean() || !report.is_clean()
    } else {
        parsed.findings.has_errors() || report.has_errors()
    };
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Prints how the second file redirects differently from the first. Fails if it does.
fn diff(files: [(&Path, &Parsed); 2]) -> ExitCode {
    let mut is_broken = false;
    for (file, parsed) in files {
        let summary = parsed.rules.summary();
        if summary.skipped() > 0 {
            eprintln!("{}: {summary}", file.display());
        }
        // A rule with an error is left out, so it would look as if it was removed.
        if parsed.findings.has_errors() {
            eprintln!("{}", parsed.findings.to_snippets().trim_end());
            is_broken = true;
        }
    }
    if is_broken {
        return ExitCode::from(2);
    }
    let [(old, before), (new, after)] = files;
    let diff = before.rules.diff(&after.rules);
    if diff.is_empty() {
        println!("no difference");
        return ExitCode::SUCCESS;
    }
    println!("--- {}\n+++ {}\n{diff}", old.display(), new.display());
    ExitCode::FAILURE
}

/// Prints the file with its redirect chains shortened, and to standard error what changed and what didn't.
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
    for chain in flattened.remaining_chains() {
        eprintln!("{chain}");
    }
    if rewritten.text() == text {
        eprintln!("no changes");
    }
}

/// Prints which rule matches the request of a client that opens this URL.
fn explain(rules: &Rules, url: &Uri) -> Result<(), Box<dyn Error>> {
    let scheme = match url.scheme_str() {
        Some("http") => Some(HttpScheme::Http),
        Some("https") => Some(HttpScheme::Https),
        Some(other) => {
            return Err(format!("unknown scheme `{other}`\nhelp: use `https` or `http`").into());
        }
        None => None,
    };
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::get(path);
    if let Some(authority) = url.authority() {
        // Clients don't send the user name of a URL in `Host`.
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

//! The suites of `tests/suite`: what each format of rule files means, as tables.
//!
//! A suite is called after its format and, behind a dot, after anything else: `netlify.txt`,
//! `bulk-csv.hosts.txt`. What stands before the first case is a comment. A case is
//!
//! ```text
//! === a title
//! the file, line by line
//! ---
//! /a?b=c -> 301 /d
//! POST /a -> 301 /d after-404
//! /a [cookie: x=y] [accept-language: de] -> pass
//! https://example.com/a -> refused 400
//! ! 2:4 warning: a message; help
//! ! 3:1 error: the beginning of a message…
//! ```
//!
//! Behind `---` stands what is expected: requests, GET where no method is given, and what becomes of each
//! (`after-404`: only where the app answers 404); and with `!` everything that is to be said about the file,
//! line and column first, in the order in which it is said. Where a `…` ends it, the rest is not compared.
//! A case without `!` has nothing to be said about it. A `\u{…}` in the file or in an expectation is that
//! character.

use std::{
    fs,
    path::{Path, PathBuf},
};

use http::{Method, Version};
use tower_redirect::rules::{FindingCode, Format};
use tower_redirect::{location::HttpScheme, policy::DecisionKind, redirect::Timing, testing};

#[test]
fn each_format_means_what_its_suite_says() {
    let mut wrong = Vec::new();
    let mut tested = Vec::new();
    for (name, format, suite) in suites() {
        tested.push(format);
        let cases: Vec<_> = cases(&suite).collect();
        assert!(!cases.is_empty(), "{name}: no case");
        for case in cases {
            for failure in case.failures(format) {
                wrong.push(format!("{name}, {}: {failure}", case.title));
            }
        }
    }
    for format in Format::all() {
        assert!(tested.contains(&format), "no suite for {format}");
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_check_says_of_a_file_has_its_words() {
    for (format, file, said) in [
        (
            Format::NginxMap,
            "/a https://new.example/; default https://new.example/b; c.example https://new.example/;",
            "",
        ),
        (Format::HaproxyMap, "example.com https://new.example/\n", ""),
        (
            Format::BulkCsv,
            "a.example/x,https://new.example/,,,,true,false\na.example,https://new.example/,,,,true,false",
            "",
        ),
        (
            Format::Netlify,
            "/blog/:slug /posts\n",
            "rules:1: note: the target doesn't use the placeholder `slug`; check whether the target needs it",
        ),
        (
            Format::Netlify,
            "/:_x /b\n/c /d\n",
            "rules:2: warning: unreachable rule (shadowed by line 1); move this rule before line 1, or \
             remove it",
        ),
    ] {
        let report = format.parse(file).unwrap().check();
        let kinds = [FindingCode::UnusedCapture, FindingCode::UnreachableRule];
        let found = report.iter().filter(|one| kinds.contains(&one.code()));
        let found: Vec<_> = found.map(ToString::to_string).collect();
        assert_eq!(found.join("\n"), said, "{format}: {file}");
    }
}

/// The suites: the name of the file, its format, and its text.
pub(crate) fn suites() -> Vec<(String, Format, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let suite = |file: &PathBuf| {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let format = name.split('.').next().unwrap().parse();
        let format: Format = format.unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, format, fs::read_to_string(file).unwrap())
    };
    files.iter().map(suite).collect()
}

pub(crate) struct Case {
    pub(crate) title: String,
    pub(crate) file: String,
    pub(crate) requests: Vec<String>,
    said: Vec<String>,
}

pub(crate) fn cases(suite: &str) -> impl Iterator<Item = Case> {
    let begin = suite.find("=== ").unwrap_or(suite.len());
    suite[begin..].split("\n=== ").map(|case| {
        let case = unescaped(case);
        let (title, rest) = case.split_once('\n').unwrap();
        let title = title.trim_start_matches("=== ").to_owned();
        let (file, expected) = rest
            .split_once("---\n")
            .unwrap_or_else(|| panic!("{title}: no ---"));
        let lines = expected.lines().map(str::trim).filter(|l| !l.is_empty());
        let (said, requests): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with('!'));
        assert!(!(said.is_empty() && requests.is_empty()), "{title}: empty");
        Case {
            title,
            file: file.to_owned(),
            requests: requests.into_iter().map(str::to_owned).collect(),
            said: said
                .iter()
                .map(|line| line[1..].trim().to_owned())
                .collect(),
        }
    })
}

impl Case {
    fn failures(&self, format: Format) -> Vec<String> {
        let parsed = format.parse_lossy(&self.file);
        let mut failures = Vec::new();
        for line in &self.requests {
            let (request, expected) = line
                .rsplit_once(" -> ")
                .unwrap_or_else(|| panic!("{}: no `->` in {line}", self.title));
            let (got, explained) = answer(request, &parsed.rules);
            if let Some(explained) = explained {
                failures.push(format!(
                    "{request}\n  {got}, but it is explained so:\n{explained}"
                ));
            }
            if got != expected.trim() {
                failures.push(format!(
                    "{request}\n  expected: {expected}\n       got: {got}"
                ));
            }
        }
        let text = parsed.findings.to_string();
        let said: Vec<_> = text
            .lines()
            .map(|line| {
                let line = line.strip_prefix("rules:").unwrap_or(line);
                line.replacen(": ", " ", 1)
            })
            .collect();
        let same = |(expected, got): (&String, &String)| match expected.strip_suffix('…') {
            Some(beginning) => got.starts_with(beginning),
            None => got == expected,
        };
        if said.len() != self.said.len() || !self.said.iter().zip(&said).all(same) {
            failures.push(format!(
                "what is said\n  expected:\n    ! {}\n       got:\n    ! {}",
                self.said.join("\n    ! "),
                said.join("\n    ! ")
            ));
        }
        failures
    }
}

/// What becomes of a request, as the suites write it, and the explanation where that says another thing.
pub(crate) fn answer(
    request: &str,
    rules: &tower_redirect::rules::Rules,
) -> (String, Option<String>) {
    let mut parts = request.split(" [");
    let line = parts.next().unwrap().trim();
    let (method, target) = line.split_once(' ').unwrap_or(("GET", line));
    let method: Method = method.parse().unwrap();
    let mut scheme = None;
    let mut path = target;
    let mut host = None;
    for known in [HttpScheme::Http, HttpScheme::Https] {
        let prefix = format!("{}://", known.as_str());
        if let Some(rest) = target.strip_prefix(&prefix) {
            let (name, _) = rest.split_once('/').unwrap();
            path = &rest[name.len()..];
            host = Some(name);
            scheme = Some(known);
        }
    }
    let mut request = testing::request(method.clone(), path);
    if let Some(scheme) = scheme {
        request = request.scheme(scheme);
    }
    if let Some(host) = host {
        request = request.header("host", host);
    }
    for header in parts {
        let (name, value) = header.strip_suffix(']').unwrap().split_once(": ").unwrap();
        request = request.header(name, value);
    }
    let explanation = rules.explain(&request.head()).to_string();
    let end = explanation.lines().last().unwrap_or_default();
    let (got, is_explained) = match request.through(rules).decision().kind() {
        DecisionKind::Pass => {
            let is_explained = end == "no rule matches"
                || end == "the request passes through"
                || end.starts_with("not sent: ");
            ("pass".to_owned(), is_explained)
        }
        DecisionKind::Refuse(refusal) => {
            let status = refusal.status().as_u16();
            let is_explained = end.starts_with(&format!("refused with {status}"));
            (format!("refused {status}"), is_explained)
        }
        DecisionKind::Redirect(redirect) | DecisionKind::Enforce(redirect) => {
            let status = redirect.status(&method, Version::HTTP_11).as_u16();
            let location = redirect.location().as_str();
            let (when, said) = match redirect.timing() {
                Timing::Before => ("", ""),
                Timing::After(_) => (" after-404", ", if the app responds with 404"),
            };
            // The location is the target itself, or has a line of its own.
            let matches = format!(": matches{said}");
            let rule = explanation.lines().find(|line| line.ends_with(&matches));
            let own_line = format!("location: {location}");
            let is_explained = rule.is_some_and(|rule| {
                rule.contains(&format!(" -> {location} ("))
                    || explanation.lines().any(|line| line == own_line)
            });
            (format!("{status} {location}{when}"), is_explained)
        }
    };
    (got, (!is_explained).then_some(explanation))
}

/// A text in which `\u{…}` stands for a character.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("\\u{") {
        let (code, tail) = behind.split_once('}').unwrap();
        out.push_str(before);
        out.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        rest = tail;
    }
    out + rest
}

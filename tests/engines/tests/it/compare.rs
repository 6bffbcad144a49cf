//! Asks an engine and this crate about the same files, and sorts the differences by kind.

use std::{collections::BTreeMap, env, fmt::Write};

use tower_redirect::rules::{Diagnostic, Diagnostics, Format, Parsed};

use crate::answer::{Answer, Decision, Request};

/// How many differences of no known kind a failure shows.
const SHOWN: usize = 15;

pub trait Engine {
    /// One answer for each request.
    fn ask(&mut self, file: &str, requests: &[Request]) -> Vec<Answer>;
}

/// A rule file in pieces, so that a failure can show the fewest that still differ.
#[derive(Clone)]
pub struct File {
    pub entries: Vec<String>,
    pub join: fn(&[String]) -> String,
}

impl File {
    pub fn text(&self) -> String {
        (self.join)(&self.entries)
    }

    /// The lines of a file.
    pub fn lines(text: &str) -> Self {
        let join = |lines: &[String]| lines.join("\n");
        Self {
            entries: text.lines().map(str::to_owned).collect(),
            join,
        }
    }
}

/// One request on which the engine and this crate differ.
pub struct Case<'a> {
    pub file: &'a File,
    pub request: &'a Request,
    pub engine: &'a Answer,
    pub ours: &'a Answer,
    /// What this crate reports for the file.
    pub diagnostics: &'a Diagnostics,
}

impl Case<'_> {
    /// The entry that the engine follows and this crate doesn't, or not first.
    pub fn only_engine(&self) -> Option<&str> {
        let first = self.engine.rule?;
        let is_first = self.ours.rule.is_none_or(|ours| first < ours);
        is_first.then(|| self.entry(first))
    }

    /// The entry that this crate follows and the engine doesn't, or not first.
    pub fn only_ours(&self) -> Option<&str> {
        let first = self.ours.rule?;
        let is_first = self.engine.rule.is_none_or(|engine| first < engine);
        is_first.then(|| self.entry(first))
    }

    /// The entry that both follow, in their own way.
    pub fn both(&self) -> Option<&str> {
        let rule = self.engine.rule?;
        (self.ours.rule == Some(rule)).then(|| self.entry(rule))
    }

    /// Whether this crate leaves out the entry that the engine follows, and says so in these words.
    pub fn is_left_out(&self, words: &str) -> bool {
        self.only_engine().is_some() && self.is_said(words)
    }

    /// Whether this crate reports the entry that the engine follows in these words.
    pub fn is_said(&self, words: &str) -> bool {
        let about = |one: &Diagnostic| {
            self.engine
                .rule
                .is_some_and(|rule| usize::try_from(one.line()) == Ok(rule))
        };
        self.diagnostics
            .iter()
            .any(|one| about(one) && one.message().contains(words))
    }

    fn entry(&self, number: usize) -> &str {
        number
            .checked_sub(1)
            .and_then(|index| self.file.entries.get(index))
            .map_or("", String::as_str)
    }
}

/// A kind of difference that is known. The first that recognises a case counts.
pub struct Known {
    pub kind: &'static str,
    pub reason: &'static str,
    pub is: fn(&Case<'_>) -> bool,
}

pub struct Comparison<'k, E> {
    format: Format,
    engine: E,
    known: &'k [Known],
    /// How often each of them applied, and the first case.
    found: BTreeMap<&'static str, (usize, String)>,
    unknown: Vec<String>,
    files: usize,
    requests: usize,
    redirects: usize,
}

impl<'k, E: Engine> Comparison<'k, E> {
    pub fn new(format: Format, engine: E, known: &'k [Known]) -> Self {
        Self {
            format,
            engine,
            known,
            found: BTreeMap::new(),
            unknown: Vec::new(),
            files: 0,
            requests: 0,
            redirects: 0,
        }
    }

    /// Compares the answers for a file.
    pub fn compare(&mut self, name: &str, file: &File, requests: &[Request]) {
        let text = file.text();
        let Parsed {
            rules, diagnostics, ..
        } = self.format.parse_lossy(&text);
        let answers = self.engine.ask(&text, requests);
        self.files += 1;
        for (request, engine) in requests.iter().zip(&answers) {
            self.requests += 1;
            let ours = &Answer::of(&rules, request);
            self.redirects += usize::from(ours.location().is_some());
            if engine.decision == ours.decision {
                continue;
            }
            let case = Case {
                file,
                request,
                engine,
                ours,
                diagnostics: &diagnostics,
            };
            match self.known.iter().find(|known| (known.is)(&case)) {
                Some(known) => {
                    let found = self
                        .found
                        .entry(known.kind)
                        .or_insert_with(|| (0, shown(name, &case)));
                    found.0 += 1;
                }
                None if self.unknown.len() < SHOWN => self.show(name, file, request),
                None => self.unknown.push(String::new()),
            }
        }
    }

    /// Leaves out the entries that the difference doesn't need.
    fn show(&mut self, name: &str, file: &File, request: &Request) {
        let mut file = file.clone();
        let mut text = self
            .unknown_difference(name, &file, request)
            .unwrap_or_default();
        let mut at = 0;
        while at < file.entries.len() {
            let mut smaller = file.clone();
            smaller.entries.remove(at);
            match self.unknown_difference(name, &smaller, request) {
                Some(shorter) => (file, text) = (smaller, shorter),
                None => at += 1,
            }
        }
        self.unknown.push(text);
    }

    fn unknown_difference(&mut self, name: &str, file: &File, request: &Request) -> Option<String> {
        let text = file.text();
        let parsed = self.format.parse_lossy(&text);
        let engine = &self.engine.ask(&text, std::slice::from_ref(request))[0];
        let ours = &Answer::of(&parsed.rules, request);
        let diagnostics = &parsed.diagnostics;
        let case = Case {
            file,
            request,
            engine,
            ours,
            diagnostics,
        };
        let is_known = self.known.iter().any(|known| (known.is)(&case));
        (engine.decision != ours.decision && !is_known).then(|| shown(name, &case))
    }

    /// Fails if a difference is of no known kind, or if a known kind never applied although all files were
    /// compared that `cargo test` compares.
    pub fn finish(self) {
        let mut report = format!(
            "{}: {} files, {} requests, {} redirects\n",
            self.format, self.files, self.requests, self.redirects
        );
        for known in self.known {
            if let Some((count, first)) = self.found.get(known.kind) {
                write!(
                    report,
                    "\n{count} × {}: {}\nfor example {first}",
                    known.kind, known.reason
                )
                .unwrap();
            }
        }
        println!("{report}");
        let differences: Vec<_> = self
            .unknown
            .iter()
            .filter(|text| !text.is_empty())
            .cloned()
            .collect();
        assert!(
            differences.is_empty(),
            "{}: {} differences of no known kind, the first of them:\n{}",
            self.format,
            self.unknown.len(),
            differences.join("\n")
        );
        let stale = self
            .known
            .iter()
            .filter(|known| !self.found.contains_key(known.kind));
        let stale: Vec<_> = stale.map(|known| known.kind).collect();
        assert!(
            stale.is_empty() || cases() < DEFAULT_CASES,
            "{}: these differences are gone; remove them from the list: {stale:#?}",
            self.format
        );
        // Nothing is compared if nothing redirects.
        assert!(self.redirects * 10 > self.requests, "{report}");
    }
}

fn shown(name: &str, case: &Case<'_>) -> String {
    let Case {
        file,
        request,
        engine,
        ours,
        diagnostics,
    } = case;
    let text = file.text().replace('\n', "\n    ");
    let said: String = diagnostics
        .iter()
        .map(|one| format!("      {}: {}\n", one.line(), one.message()))
        .collect();
    format!("{name}\n    {text}\n  {request}\n    engine: {engine}\n      ours: {ours}\n{said}")
}

/// How many files are generated for each engine by default.
const DEFAULT_CASES: u64 = 1_500;

/// How many files to generate: `CASES`, or the default.
pub fn cases() -> u64 {
    env::var("CASES").map_or(DEFAULT_CASES, |cases| {
        cases.parse().expect("CASES is a number")
    })
}

/// Panics if the engine is missing, except where `ENGINES=optional` allows it.
pub fn started<E>(engine: Result<E, &'static str>) -> Option<E> {
    match engine {
        Ok(engine) => Some(engine),
        Err(missing) => {
            let is_optional = env::var("ENGINES").is_ok_and(|value| value == "optional");
            assert!(
                is_optional,
                "{missing}, or set ENGINES=optional to skip this test"
            );
            println!("skipped: {missing}");
            None
        }
    }
}

#[test]
fn a_difference_needs_a_status_a_location_or_a_time() {
    let redirect = |status, waits| Decision::Redirect {
        status,
        location: "/b".to_owned(),
        waits,
    };
    assert_ne!(redirect(301, true), redirect(302, true));
    assert_ne!(redirect(301, true), redirect(301, false));
}

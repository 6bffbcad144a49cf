//! Asks an engine and this crate about the same files, and sorts the differences by kind.

use std::{collections::BTreeMap, env, fmt::Write};

use tower_redirect::rules::{Finding, Findings, Format, Parsed};

use crate::{
    answer::{Answer, Decision, Request, canonical},
    files::{File, Sample},
};

/// How many differences of no known kind a failure shows.
const SHOWN: usize = 15;

/// How many files an engine reads at a time.
const BATCH: usize = 200;

pub type Answers = Result<Vec<Answer>, String>;

pub trait Engine {
    /// For each file one answer for each request, or why the engine rejects the file.
    fn ask(&mut self, files: &[(String, &[Request])]) -> Vec<Answers>;
}

/// One request on which the engine and this crate differ.
pub struct Case<'a> {
    pub file: &'a File,
    pub request: &'a Request,
    pub engine: Answer,
    pub ours: Answer,
    /// What this crate reports for the file.
    pub findings: &'a Findings,
}

impl<'a> Case<'a> {
    /// Nothing, if the two agree.
    fn new(
        file: &'a File,
        request: &'a Request,
        engine: Result<&Answer, &str>,
        ours: Answer,
        parsed: &'a Parsed,
    ) -> Option<Self> {
        let findings = &parsed.findings;
        let engine = match engine {
            Ok(answer) => answer.clone(),
            Err(_) if findings.has_errors() => return None,
            Err(error) => Answer::rejected(error),
        };
        (engine.decision != ours.decision).then_some(Self {
            file,
            request,
            engine,
            ours,
            findings,
        })
    }

    /// The entry that the engine follows and this crate doesn't, or not first.
    pub fn only_engine(&self) -> Option<&str> {
        self.first(self.engine.rule, self.ours.rule)
    }

    /// The entry that this crate follows and the engine doesn't, or not first.
    pub fn only_ours(&self) -> Option<&str> {
        self.first(self.ours.rule, self.engine.rule)
    }

    /// The entry with the first number, if it comes before the other.
    fn first(&self, number: Option<usize>, other: Option<usize>) -> Option<&str> {
        let rank = |number| ((self.file.rank)(self.entry(number)), number);
        let number = number?;
        let is_first = other.is_none_or(|other| rank(number) < rank(other));
        is_first.then(|| self.entry(number))
    }

    /// The entries up to the one that this crate follows.
    pub fn up_to_ours(&self) -> impl Iterator<Item = &str> {
        (1..=self.ours.rule.unwrap_or_default()).map(|number| self.entry(number))
    }

    /// The entry that both follow, in their own way.
    pub fn both(&self) -> Option<&str> {
        let rule = self.engine.rule?;
        (self.ours.rule == Some(rule)).then(|| self.entry(rule))
    }

    /// The engine rejects the whole file.
    pub fn is_rejected(&self) -> bool {
        matches!(self.engine.decision, Decision::Error(_))
    }

    /// Whether this crate reports any entry in these words.
    pub fn is_said_of_any(&self, words: &str) -> bool {
        self.findings
            .iter()
            .any(|one| one.message().contains(words))
    }

    /// Whether this crate leaves out the entry that the engine follows, and says so in these words.
    pub fn is_left_out(&self, words: &str) -> bool {
        self.only_engine().is_some() && self.is_said(words)
    }

    /// Whether this crate reports the entry that the engine follows in these words.
    pub fn is_said(&self, words: &str) -> bool {
        let about = |one: &Finding| {
            self.engine.rule.is_some() && self.file.entry_on(line_of(one)) == self.engine.rule
        };
        self.findings
            .iter()
            .any(|one| about(one) && one.message().contains(words))
    }

    fn entry(&self, number: usize) -> &str {
        let index = number.checked_sub(1);
        let entry = index.and_then(|index| self.file.entries.get(index));
        let entry = entry.map_or("", |entry| entry.trim());
        let line = entry.lines().find_map(|line| line.strip_prefix("#: "));
        line.unwrap_or(entry)
    }
}

/// A kind of difference that is known. The first that recognises a case counts.
pub struct Known {
    pub kind: &'static str,
    pub reason: &'static str,
    pub is: fn(&Case<'_>) -> bool,
}

/// The same for all engines.
pub const SELF_REDIRECT: Known = Known {
    kind: "self redirect",
    reason: "a redirect to the requested URL is never sent",
    is: |case| {
        let requested = canonical(&case.request.target, case.request);
        case.engine.location() == Some(requested.as_str()) && case.ours.is_pass()
    },
};

pub struct Comparison<'k, E> {
    format: Format,
    engine: E,
    known: &'k [Known],
    /// How often each of them applied, and the first case.
    found: BTreeMap<&'static str, (usize, String)>,
    unknown: usize,
    /// Some of them.
    shown: Vec<String>,
    files: usize,
    rejected: usize,
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
            unknown: 0,
            shown: Vec::new(),
            files: 0,
            rejected: 0,
            requests: 0,
            redirects: 0,
        }
    }

    /// Compares the answers. If the engine rejects a file, this crate must report an error in it.
    pub fn compare(&mut self, samples: impl IntoIterator<Item = Sample>) {
        let mut samples = samples.into_iter().peekable();
        while samples.peek().is_some() {
            let batch: Vec<_> = samples.by_ref().take(BATCH).collect();
            let files: Vec<_> = batch
                .iter()
                .map(|sample| (sample.file.text(), &*sample.requests))
                .collect();
            let answers = self.engine.ask(&files);
            for (sample, answers) in batch.iter().zip(&answers) {
                let unknown = self.differences(sample, answers);
                if let Some(request) = unknown.first().filter(|_| self.shown.len() < SHOWN) {
                    self.show(&sample.name, &sample.file, request);
                }
                self.unknown += unknown.len();
            }
        }
    }

    /// Counts the differences of known kinds, and returns the requests with the others.
    fn differences(&mut self, sample: &Sample, answers: &Answers) -> Vec<Request> {
        let Sample {
            name,
            file,
            requests,
        } = sample;
        let parsed = &self.format.parse_lossy(&file.text());
        self.files += 1;
        self.rejected += usize::from(answers.is_err());
        let mut unknown = Vec::new();
        for (at, request) in requests.iter().enumerate() {
            let answer = answers.as_ref().map(|answers| &answers[at]);
            let ours = file.ours(&parsed.rules, request);
            self.requests += 1;
            self.redirects += usize::from(answer.is_ok_and(|answer| answer.location().is_some()));
            let Some(case) = Case::new(file, request, answer.map_err(String::as_str), ours, parsed)
            else {
                continue;
            };
            match self.known.iter().find(|known| (known.is)(&case)) {
                Some(known) => {
                    let found = self.found.entry(known.kind);
                    found.or_insert_with(|| (0, shown(name, &case))).0 += 1;
                }
                None => unknown.push(request.clone()),
            }
        }
        unknown
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
        self.shown.push(text);
    }

    fn unknown_difference(&mut self, name: &str, file: &File, request: &Request) -> Option<String> {
        let text = file.text();
        let parsed = &self.format.parse_lossy(&text);
        let answers = self
            .engine
            .ask(&[(text, std::slice::from_ref(request))])
            .remove(0);
        let answer = answers
            .as_ref()
            .map(|answers| &answers[0])
            .map_err(String::as_str);
        let case = Case::new(
            file,
            request,
            answer,
            file.ours(&parsed.rules, request),
            parsed,
        )?;
        let is_known = self.known.iter().any(|known| (known.is)(&case));
        (!is_known).then(|| shown(name, &case))
    }

    /// Fails if a difference is of no known kind, or if a known kind never applied although all files were
    /// compared that `cargo test` compares.
    pub fn finish(self) {
        let mut report = format!(
            "{}: {} files, {} of them rejected, {} requests, {} redirects\n",
            self.format, self.files, self.rejected, self.requests, self.redirects
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
        let stale = self
            .known
            .iter()
            .filter(|known| !self.found.contains_key(known.kind));
        let stale: Vec<_> = stale.map(|known| known.kind).collect();
        assert!(
            self.unknown == 0 && (stale.is_empty() || cases() < DEFAULT_CASES),
            "{}: {} differences of no known kind, for example\n{}\nthese kinds are gone, so remove \
             them from the list: {stale:#?}",
            self.format,
            self.unknown,
            self.shown.join("\n")
        );
        // Nothing is compared if nothing redirects.
        assert!(self.redirects * 10 > self.requests, "{report}");
    }
}

fn line_of(one: &Finding) -> usize {
    one.line().map_or(0, |line| {
        usize::try_from(line).expect("a usize has 32 bits")
    })
}

fn shown(name: &str, case: &Case<'_>) -> String {
    let Case {
        file,
        request,
        engine,
        ours,
        findings,
    } = case;
    let text = file.text().replace('\n', "\n    ");
    let said: String = findings
        .iter()
        .map(|one| format!("      {}: {}\n", line_of(one), one.message()))
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

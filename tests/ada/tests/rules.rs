//! A million requests to tables of rules: each is answered as the naive interpreter specifies, alone and
//! among a hundred and a hundred thousand other rules; and two WHATWG parsers have to find every location on
//! the site or on the origin that the rule names, and to agree.
//!
//! `CASES`, `SEED` and `SECONDS` (for the tables of a hundred thousand rules) in the environment change the
//! numbers.

#![forbid(unsafe_code)]

use std::{
    thread,
    time::{Duration, Instant},
};

use http::Request;
use tower_redirect::rules::Rules;
use tower_redirect_ada::{
    SITE,
    generator::number,
    oracle::{path_of, sendable, with_ada, with_escaped_percents, with_url},
};

#[path = "../../naive/mod.rs"]
mod naive;

use naive::{
    Answer, Interpreter, Precedence, Rule,
    generate::{self, Choices},
    real,
};

const CASES: u64 = 1_000_000;
const SEED: u64 = 0x0001_0101;
const SECONDS: u64 = 60;
const WORKERS: u64 = 2;
/// How often each table is asked.
const ASKED: usize = 150;

/// What was seen.
#[derive(Debug, Default)]
struct Seen {
    tables: u64,
    rules: u64,
    left_out: u64,
    cases: u64,
    redirects: u64,
    refusals: u64,
    faults: Vec<String>,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.tables += other.tables;
        self.rules += other.rules;
        self.left_out += other.left_out;
        self.cases += other.cases;
        self.redirects += other.redirects;
        self.refusals += other.refusals;
        self.faults.extend(other.faults);
    }

    fn fault(&mut self, what: String) {
        if self.faults.len() < 5 {
            self.faults.push(what);
        }
    }

    /// The generator is worth something only while it finds all three answers, and most rules are right.
    fn assert_worth_it(&self) {
        assert!(self.faults.is_empty(), "{:#?}", self.faults);
        // Some of the rules pass or refuse.
        assert!(self.redirects * 10 > self.cases, "{self:?}");
        assert!(self.refusals * 200 > self.cases, "{self:?}");
        assert!((self.cases - self.redirects) * 5 > self.cases, "{self:?}");
        assert!(self.left_out * 4 < self.rules, "{self:?}");
    }
}

fn numbers(random: &mut fastrand::Rng, count: usize) -> Vec<u16> {
    (0..count).map(|_| random.u16(..)).collect()
}

/// A table of the rules that can be built, these rules, and their precedence.
fn some_rules(random: &mut fastrand::Rng, seen: &mut Seen) -> (Rules, Vec<Rule>, Precedence) {
    let numbers = numbers(random, 250);
    let mut choices = Choices::new(&numbers);
    let precedence = generate::precedence(&mut choices);
    let rules = generate::rules(&mut choices);
    let (table, right) = real::table(&rules, precedence);
    seen.tables += 1;
    seen.rules += rules.len() as u64;
    seen.left_out += (rules.len() - right.len()) as u64;
    (table, right, precedence)
}

/// The same rules in the same order, others between them.
fn among_fillers(rules: &[Rule], fillers: usize) -> Vec<Rule> {
    let step = fillers / (rules.len() + 1);
    let mut all = Vec::with_capacity(rules.len() + fillers);
    let mut own = rules.iter();
    for number in 0..fillers {
        if number % step.max(1) == step / 2 {
            all.extend(own.next().cloned());
        }
        all.push(generate::filler(number));
    }
    all.extend(own.cloned());
    all
}

/// One request to some tables, which all have to answer as it is specified.
fn case(
    specified: &Interpreter,
    tables: &[&Rules],
    (request, scheme): (&Request<()>, Option<&str>),
    seen: &mut Seen,
) {
    seen.cases += 1;
    let (expected, rule) = specified.answer_of(request, scheme);
    for table in tables {
        let got = real::answer(table, request, scheme);
        if got != expected {
            let rules = table.len();
            seen.fault(format!(
                "specified {expected:?}, {rules} rules answer {got:?} to {request:?} {scheme:?}, by {rule:#?}"
            ));
        }
    }
    match expected {
        Answer::Pass => {}
        Answer::Refuse(_) => seen.refusals += 1,
        Answer::Redirect { location, .. } => {
            seen.redirects += 1;
            stays(&location, request, rule.unwrap(), seen);
        }
    }
}

/// Where both parsers have to find it.
fn stays(sent: &str, request: &Request<()>, rule: &Rule, seen: &mut Seen) {
    let is_escaped = with_escaped_percents(sent) == *sent;
    if !sent.bytes().all(sendable) || !is_escaped || sent.len() > 8_000 {
        seen.fault(format!("bytes or length of {sent}"));
    }
    let target = with_label(&rule.target, sent).unwrap_or_else(|| rule.target.clone());
    let origin = match with_url(target.split('{').next().unwrap(), SITE) {
        Some(read) => read.origin,
        None => SITE.to_owned(),
    };
    let asked = request
        .uri()
        .path_and_query()
        .map_or("/", |text| text.as_str());
    for base in [format!("{SITE}/"), format!("{SITE}{asked}")] {
        let (rust, cpp) = (with_url(sent, &base), with_ada(sent, &base));
        for read in [&rust, &cpp] {
            let stays = read
                .as_ref()
                .is_some_and(|read| read.clean && read.origin == origin);
            if !stays {
                seen.fault(format!(
                    "{sent} from {base} is {read:?}, not on {origin}: {rule:#?}"
                ));
            }
        }
        if rust != cpp && !has_drive(sent) {
            seen.fault(format!("{sent} from {base}: {rust:?}, {cpp:?}"));
        }
    }
}

/// A target whose host begins with a placeholder, with the one label that was sent there.
fn with_label(target: &str, sent: &str) -> Option<String> {
    let (_, behind) = target.strip_prefix("https://{")?.split_once('}')?;
    let (label, _) = sent.strip_prefix("https://")?.split_once('.')?;
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let is_label = !label.is_empty() && label.bytes().all(is_inner);
    is_label.then(|| format!("https://{label}{behind}"))
}

/// `url` takes a segment for the letter of a drive, which is for `file:` only, and keeps it before `..`.
fn has_drive(sent: &str) -> bool {
    let is_drive = |segment: &str| matches!(segment.as_bytes(), [letter, b':' | b'|'] if letter.is_ascii_alphabetic());
    path_of(sent).split('/').any(is_drive)
}

fn worker(seed: u64, cases: u64) -> Seen {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut seen = Seen::default();
    while seen.cases < cases {
        let (alone, rules, precedence) = some_rules(&mut random, &mut seen);
        if rules.is_empty() {
            continue;
        }
        let specified = Interpreter::new(&rules, precedence);
        let (among, all) = real::table(&among_fillers(&rules, 100), precedence);
        assert_eq!(all.len(), rules.len() + 100);
        for _ in 0..ASKED {
            let numbers = numbers(&mut random, 60);
            if let Some((request, scheme)) = generate::request(&mut Choices::new(&numbers), &rules)
            {
                case(&specified, &[&alone, &among], (&request, scheme), &mut seen);
            }
        }
    }
    seen
}

#[test]
fn tables_answer_as_specified_and_stay_on_their_origins() {
    let (cases, seed) = (number("CASES", CASES), number("SEED", SEED));
    let began = Instant::now();
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| thread::spawn(move || self::worker(seed + worker, cases / WORKERS)))
        .collect();
    let mut seen = Seen::default();
    for worker in workers {
        seen.add(worker.join().unwrap());
    }
    let Seen {
        tables,
        rules,
        left_out,
        cases: ran,
        redirects,
        refusals,
        ..
    } = &seen;
    println!(
        "{ran} requests to {tables} tables, alone and among a hundred other rules: {redirects} redirects, \
         {refusals} refusals; {left_out} of {rules} rules left out; seed {seed:#x}, {:.1} s",
        began.elapsed().as_secs_f64()
    );
    seen.assert_worth_it();
    assert!(*ran >= cases / WORKERS * WORKERS);
}

/// As many tables as there is time for; each has more than a thousand shapes of patterns.
#[test]
fn a_hundred_thousand_rules_answer_as_a_few() {
    let (seconds, seed) = (number("SECONDS", SECONDS), number("SEED", SEED));
    let mut random = fastrand::Rng::with_seed(!seed);
    let began = Instant::now();
    let mut seen = Seen::default();
    let mut fillers_asked = 0;
    // A few tables may have few redirects.
    while began.elapsed() < Duration::from_secs(seconds) || seen.tables < 12 {
        let (alone, rules, precedence) = some_rules(&mut random, &mut seen);
        if rules.is_empty() {
            continue;
        }
        let specified = Interpreter::new(&rules, precedence);
        let all = among_fillers(&rules, 100_000);
        let (among, built) = real::table(&all, precedence);
        assert_eq!(built.len(), all.len());
        for _ in 0..5_000 {
            let numbers = numbers(&mut random, 60);
            if let Some((request, scheme)) = generate::request(&mut Choices::new(&numbers), &rules)
            {
                case(&specified, &[&alone, &among], (&request, scheme), &mut seen);
            }
        }
        // The fillers too are what they are, one by one among all.
        let specified = Interpreter::new(&all, precedence);
        for _ in 0..20 {
            let filler = generate::filler(random.usize(..100_000));
            let numbers = numbers(&mut random, 60);
            if let Some((request, scheme)) =
                generate::request(&mut Choices::new(&numbers), &[filler])
            {
                let expected = specified.answer(&request, scheme);
                let got = real::answer(&among, &request, scheme);
                if got != expected {
                    seen.fault(format!(
                        "specified {expected:?}, got {got:?} to {request:?}"
                    ));
                }
                fillers_asked += 1;
            }
        }
    }
    println!(
        "{} requests to {} tables of 100,000 rules, and {fillers_asked} for their fillers, in {:.1} s",
        seen.cases,
        seen.tables,
        began.elapsed().as_secs_f64()
    );
    seen.assert_worth_it();
    assert!(seen.cases > 0 && fillers_asked > 0);
}

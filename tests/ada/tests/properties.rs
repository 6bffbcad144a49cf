//! Every location that the crate accepts, read by two WHATWG URL parsers that share no code: `url`
//! (Rust) and `ada-url` (C++). Both have to find it where it was meant to lead, and to agree.
//!
//! `CASES` and `SEED` in the environment change the numbers; the default is deterministic.

use std::{
    collections::BTreeMap,
    env, fmt, panic, thread,
    time::{Duration, Instant},
};

use percent_encoding::percent_decode_str;
use tower_redirect::{LocalPath, Location, Origin};
use url::Url;

const CASES: u64 = 1_000_000;
const LITERALS: u64 = 50_000;
const SEED: u64 = 0x7EDD_12EC;
const WORKERS: u64 = 2;
const SITE: &str = "https://app.example";
/// Longer than any run on a machine that is not broken.
const LIMIT: Duration = Duration::from_secs(600);

#[test]
fn both_parsers_find_every_location_where_it_was_meant_to_lead() {
    let (cases, seed) = (number("CASES", CASES), number("SEED", SEED));
    let began = Instant::now();
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let cases = cases / WORKERS + u64::from(worker < cases % WORKERS);
            thread::spawn(move || {
                let mut generator = Generator::new(seed.wrapping_add(worker));
                let mut report = Report::default();
                for _ in 0..cases {
                    case(&mut generator, &mut report);
                }
                report
            })
        })
        .collect();
    let mut report = Report::default();
    for worker in workers {
        report.add(worker.join().unwrap());
    }
    println!(
        "seed {seed:#x}, {:.1} s\n{report}",
        began.elapsed().as_secs_f64()
    );
    assert_eq!(report.cases, cases);
    assert!(began.elapsed() < LIMIT);
    // The generator is worth something only while enough of it is accepted.
    for door in [
        "new",
        "join",
        "segment",
        "with_query",
        "param",
        "from_config /",
        "Origin::new",
        "Origin::location",
        "from_config http",
    ] {
        let accepted = report.accepted.get(door).copied().unwrap_or_default();
        assert!(
            accepted * 50 > cases,
            "{door}: {accepted} of {cases} accepted"
        );
    }
    report.assert_clean();
}

/// `./x`, `../x` and `?x` come from literals only, and those panic where they are refused.
#[test]
fn both_parsers_keep_relative_literals_on_the_site() {
    let (cases, seed) = (number("LITERALS", LITERALS), number("SEED", SEED));
    let mut generator = Generator::new(seed);
    let mut report = Report::default();
    panic::set_hook(Box::new(|_| {}));
    for _ in 0..cases {
        report.cases += 1;
        let start = generator.pick(&["./", "../", "?", "/", "./", "../../"]);
        let text: &'static str = format!("{start}{}", generator.text()).leak();
        let Ok(location) = panic::catch_unwind(|| Location::from_static(text)) else {
            continue;
        };
        let target = generator.request_target();
        report.see("from_static", location.as_str(), SITE, &target, text);
    }
    drop(panic::take_hook());
    println!("seed {seed:#x}\n{report}");
    assert!(report.accepted["from_static"] * 20 > cases);
    report.assert_clean();
}

/// One text through every door that takes text.
fn case(generator: &mut Generator, report: &mut Report) {
    report.cases += 1;
    let text = generator.text();
    let target = generator.request_target();
    let base = LocalPath::new(generator.pick(&BASES)).unwrap();
    let base_fragment = after(base.as_str(), '#');
    let rooted = match generator.random.u8(..8) {
        0 => text.clone(),
        _ => format!("/{text}"),
    };

    if let Ok(path) = LocalPath::new(&rooted) {
        report.see("new", path.as_str(), SITE, &target, &rooted);
        report.hold(LocalPath::new(path.as_str()).as_ref() == Ok(&path), || {
            format!("new is not idempotent: {rooted:?} -> {path}")
        });
        let config = Location::from_config(&rooted).ok();
        report.hold(
            config.is_some_and(|location| location == *path.as_str()),
            || format!("new and from_config differ: {rooted:?}"),
        );
    }
    if rooted.starts_with('/')
        && let Ok(location) = Location::from_config(&rooted)
    {
        report.see("from_config /", location.as_str(), SITE, &target, &rooted);
    }

    if let Ok(path) = base.join(&text) {
        report.see("join", path.as_str(), SITE, &target, &text);
        let folder = path_of(base.as_str()).trim_end_matches('/');
        report.hold(
            path_of(path.as_str()).starts_with(&format!("{folder}/"))
                && after(path.as_str(), '#') == base_fragment,
            || format!("join left {base} with {text:?}: {path}"),
        );
    }
    if let Ok(path) = base.segment(&text) {
        report.see("segment", path.as_str(), SITE, &target, &text);
        let last = path_of(path.as_str()).rsplit('/').next().unwrap();
        report.hold(
            percent_decode_str(last)
                .decode_utf8()
                .is_ok_and(|last| last == text)
                && after(path.as_str(), '#') == base_fragment,
            || format!("segment changed {text:?}: {path}"),
        );
    }
    if let Ok(path) = base.with_query(Some(&text)) {
        report.see("with_query", path.as_str(), SITE, &target, &text);
        report.hold(
            path_of(path.as_str()) == path_of(base.as_str())
                && after(path.as_str(), '#') == base_fragment,
            || format!("with_query changed more than the query of {base}: {text:?}: {path}"),
        );
    }
    let value = generator.text();
    if let Ok(path) = base.param(&text, &value) {
        report.see("param", path.as_str(), SITE, &target, &text);
        let seen = Url::parse(&format!("{SITE}{path}")).unwrap();
        let last = seen.query_pairs().last().unwrap();
        report.hold(
            last == (text.as_str().into(), value.as_str().into())
                && after(path.as_str(), '#') == base_fragment,
            || format!("param changed ({text:?}, {value:?}): {path}"),
        );
    }

    let mut address = generator.origin();
    if has_unread_punycode(&address) {
        address = "https://other.example".to_owned();
    }
    if let Ok(origin) = Origin::new(&address) {
        let written = origin.to_string();
        report.see(
            "Origin::new",
            &format!("{written}/"),
            &written,
            &target,
            &address,
        );
        report.same_host(&address, &written);
        let again = Origin::new(&written);
        report.hold(again.as_ref() == Ok(&origin), || {
            format!("Origin::new is not idempotent: {address:?} -> {written}")
        });
        if let Ok(path) = LocalPath::new(&rooted)
            && let Ok(location) = origin.location(&path)
        {
            report.see(
                "Origin::location",
                location.as_str(),
                &written,
                &target,
                &rooted,
            );
        }
    }
    let absolute = match generator.random.u8(..4) {
        0 => format!("{address}{text}"),
        1 => format!("{address}?{text}"),
        _ => format!("{address}/{text}"),
    };
    if has_unread_punycode(&absolute) {
        return;
    }
    if let Ok(location) = Location::from_config(&absolute) {
        // Where the two oracles read the text of the configuration.
        match Url::parse(&absolute) {
            Ok(url) => {
                let origin = url.origin().ascii_serialization();
                report.see(
                    "from_config http",
                    location.as_str(),
                    &origin,
                    &target,
                    &absolute,
                );
            }
            Err(error) => report.escape(format!("from_config took {absolute:?}: {error}")),
        }
        let again = Location::from_config(location.as_str());
        report.hold(again.as_ref() == Ok(&location), || {
            format!("from_config is not idempotent: {absolute:?} -> {location}")
        });
    }
}

const BASES: [&str; 10] = [
    "/",
    "/a",
    "/a/",
    "/a//",
    "/a?q=1",
    "/a/?q=1#f",
    "/a#f",
    "/?",
    "/x:y/%2F?",
    "/a/b?c&d#e?f#",
];

/// What a parser makes of a reference.
#[derive(Debug, PartialEq)]
struct Seen {
    href: String,
    origin: String,
    clean: bool,
}

fn with_url(reference: &str, base: &str) -> Option<Seen> {
    let url = Url::parse(base).unwrap().join(reference).ok()?;
    Some(Seen {
        origin: url.origin().ascii_serialization(),
        clean: matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none(),
        href: url.into(),
    })
}

fn with_ada(reference: &str, base: &str) -> Option<Seen> {
    let url = ada_url::Url::parse(reference, Some(base)).ok()?;
    Some(Seen {
        origin: url.origin(),
        clean: matches!(url.protocol(), "http:" | "https:")
            && url.username().is_empty()
            && url.password().is_empty(),
        href: url.href().to_owned(),
    })
}

#[derive(Default)]
struct Report {
    cases: u64,
    locations: u64,
    unsettled: u64,
    accepted: BTreeMap<&'static str, u64>,
    escapes: Vec<String>,
    disagreements: Vec<String>,
    broken: Vec<String>,
}

impl Report {
    /// Looks at an accepted location with both parsers, from two pages of the site.
    fn see(&mut self, door: &'static str, sent: &str, origin: &str, target: &str, given: &str) {
        self.locations += 1;
        *self.accepted.entry(door).or_default() += 1;
        self.hold(sent.bytes().all(sendable) && sent.len() <= 8_000, || {
            format!("{door} of {given:?}: bytes or length: {sent}")
        });
        let relative = sent.starts_with(['.', '?']);
        let path = path_of(sent.strip_prefix(origin).unwrap_or(sent));
        self.hold(relative || !path.split('/').any(is_dots), || {
            format!("{door} of {given:?}: dot segment: {sent}")
        });
        for base in [format!("{SITE}/a/b?c"), format!("{SITE}{target}")] {
            let (rust, cpp) = (with_url(sent, &base), with_ada(sent, &base));
            for seen in [&rust, &cpp] {
                let arrived = seen.as_ref().is_some_and(|seen| {
                    seen.clean && seen.origin == origin && (relative || faithful(&seen.href, sent))
                });
                if !arrived {
                    self.escape(format!(
                        "{door} of {given:?} sent {sent:?}, not to {origin}, from {base:?}: {seen:?}"
                    ));
                }
            }
            // Two pages that cannot be compared: one with bytes that no browser asks for, and one where
            // `url` takes a segment for a drive letter (which is for `file:` only).
            let drive = |text: &str| path_of(text).split('/').any(is_drive);
            let comparable =
                !relative || base.bytes().all(sendable) && !drive(&base) && !drive(sent);
            if comparable && rust != cpp {
                let line = format!("{door} of {given:?} sent {sent:?}: {rust:?}, {cpp:?}");
                self.disagreements.push(line);
            }
        }
    }

    /// An accepted origin is the one that the parsers read in the text that was given.
    fn same_host(&mut self, given: &str, written: &str) {
        let rust = Url::parse(given).map(|url| url.origin().ascii_serialization());
        if rust.as_deref() != Ok(written) {
            self.escape(format!(
                "Origin::new of {given:?}: {written}, but url: {rust:?}"
            ));
        }
        // Characters that Unicode has not assigned yet are refused by one parser and written as
        // punycode by the other; what is sent is punycode, and `see` has both read it.
        match ada_url::Url::parse(given, None).map(|url| url.origin()) {
            Err(_) if !given.is_ascii() => self.unsettled += 1,
            cpp if cpp.as_deref().ok() == Some(written) => {}
            cpp => self.escape(format!(
                "Origin::new of {given:?}: {written}, but ada: {cpp:?}"
            )),
        }
    }

    fn hold(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(otherwise());
        }
    }

    fn escape(&mut self, line: String) {
        self.escapes.push(line);
    }

    fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.locations += other.locations;
        self.unsettled += other.unsettled;
        for (door, count) in other.accepted {
            *self.accepted.entry(door).or_default() += count;
        }
        self.escapes.extend(other.escapes);
        self.disagreements.extend(other.disagreements);
        self.broken.extend(other.broken);
    }

    #[track_caller]
    fn assert_clean(&self) {
        let lines = [&self.escapes, &self.disagreements, &self.broken];
        let mut shown: Vec<_> = lines
            .iter()
            .flat_map(|lines| lines.iter().take(10))
            .collect();
        shown.sort_by_key(|line| line.len());
        assert!(shown.is_empty(), "{self}\n{shown:#?}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} cases, {} locations accepted, {} escapes, {} disagreements, {} broken promises; {} \
             hosts as given that only `url` takes\n{:?}",
            self.cases,
            self.locations,
            self.escapes.len(),
            self.disagreements.len(),
            self.broken.len(),
            self.unsettled,
            self.accepted,
        )
    }
}

/// Whether the address is the location, letter by letter: browsers encode `'` in a query, no more.
fn faithful(href: &str, sent: &str) -> bool {
    let absolute = match sent.starts_with('/') {
        true => format!("{SITE}{sent}"),
        false => sent.to_owned(),
    };
    let (address, fragment) = absolute.split_at(absolute.find('#').unwrap_or(absolute.len()));
    let (path, query) = address.split_at(address.find('?').unwrap_or(address.len()));
    href == format!("{path}{}{fragment}", query.replace('\'', "%27"))
}

fn sendable(byte: u8) -> bool {
    (0x21..=0x7e).contains(&byte) && !b"\"<>\\^`{|}".contains(&byte)
}

fn path_of(reference: &str) -> &str {
    reference.split(['?', '#']).next().unwrap()
}

fn after(text: &str, delimiter: char) -> Option<&str> {
    Some(text.split_once(delimiter)?.1)
}

fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

fn is_drive(segment: &str) -> bool {
    matches!(segment.as_bytes(), [letter, b':' | b'|'] if letter.is_ascii_alphabetic())
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().unwrap())
}

/// Texts that attackers write, and some that nobody does.
struct Generator {
    random: fastrand::Rng,
}

impl Generator {
    fn new(seed: u64) -> Self {
        Self {
            random: fastrand::Rng::with_seed(seed),
        }
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.random.usize(..from.len())]
    }

    fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.random.usize(..9) {
            match self.random.u8(..100) {
                0..=1 => text.push_str(self.pick(&CONTROL)),
                2..=5 => text.push_str(self.pick(&DOTS)),
                6..=9 => text.push(self.random.char(..)),
                10..=29 => text.push(self.random.char('!'..='~')),
                30..=49 => text.push(self.random.alphanumeric()),
                _ => text.push_str(self.pick(&TOKENS)),
            }
        }
        if self.random.u16(..500) == 0 && !text.is_empty() {
            text = text.repeat(8_100 / text.len());
        }
        text
    }

    /// The path and query of a request, as `http::Uri` takes it.
    fn request_target(&mut self) -> String {
        loop {
            let target = format!("/{}", self.text());
            if target.parse::<http::Uri>().is_ok() {
                return target.split('#').next().unwrap().to_owned();
            }
        }
    }

    fn origin(&mut self) -> String {
        let scheme = self.pick(&["http://", "https://", "HTTPS://", "https://", "hTTp://"]);
        let mut host = String::new();
        match self.random.u8(..16) {
            0 => {
                let groups = self.random.usize(1..9);
                let text = |random: &mut fastrand::Rng| match random.u8(..8) {
                    0..=2 => "0".to_owned(),
                    3 => String::new(),
                    4 => "00aB".to_owned(),
                    _ => format!("{:x}", random.u16(..)),
                };
                let groups: Vec<_> = (0..groups).map(|_| text(&mut self.random)).collect();
                let tail = self.pick(&["", "", "::", ":1.2.3.4", "::ffff:1.2.3.4", "%25eth0"]);
                host = format!("[{}{tail}]", groups.join(":"));
            }
            1 => {
                let numbers: Vec<_> = (0..self.random.usize(1..6))
                    .map(|_| self.pick(&NUMBERS).to_owned())
                    .collect();
                host = numbers.join(".");
            }
            _ => {
                for _ in 0..self.random.usize(1..5) {
                    host.push_str(match self.random.u8(..10) {
                        0..=5 => self.pick(&LABELS),
                        6..=7 => self.pick(&ODD_LABELS),
                        8 => self.pick(&NUMBERS),
                        _ => self.pick(&TOKENS),
                    });
                    if self.random.u8(..30) == 0 {
                        host.push(self.random.char(..));
                    }
                    if self.random.u8(..30) == 0 {
                        // Punycode that decodes to nothing, or to what has another spelling.
                        host.push_str("xn--");
                        for _ in 0..self.random.u8(1..7) {
                            host.push(self.random.alphanumeric());
                        }
                    }
                    host.push_str(self.pick(&[".", ".", ".", "", "-", "\u{3002}"]));
                }
                if self.random.bool() {
                    host.truncate(host.trim_end_matches('.').len());
                }
            }
        }
        let port = match self.random.u8(..4) {
            0 => self.pick(&PORTS),
            _ => "",
        };
        format!("{scheme}{host}{port}")
    }
}

const CONTROL: [&str; 9] = [
    "\t", "\r", "\n", "\r\n", "\0", "\x0b", "\x1f", "\x7f", "\u{85}",
];

const DOTS: [&str; 10] = [
    "/../", "/./", "..", ".", "%2e", "%2E", ".%2e", "/%2e%2e/", "/..", "/.%2E//",
];

const TOKENS: [&str; 72] = [
    "/",
    "//",
    "///",
    "/",
    "\\",
    "/\\",
    "\\\\",
    ":",
    "@",
    "?",
    "?",
    "#",
    "%",
    "%2f",
    "%2F",
    "%5c",
    "%5C",
    "%09",
    "%0d%0a",
    "%00",
    "%25",
    "%2525",
    "%zz",
    "%%",
    "%",
    " ",
    "evil.example",
    "//evil.example",
    "/\\evil.example",
    "@evil.example",
    "app.example",
    "https:",
    "https://",
    "http://",
    "HTTPS:\\\\",
    "javascript:alert(1)",
    "data:,",
    "file:",
    "c|",
    "C:",
    "\u{e9}",
    "\u{df}",
    "\u{130}",
    "\u{3002}",
    "\u{ff0e}",
    "\u{ff0f}",
    "\u{ff3c}",
    "\u{2044}",
    "\u{2215}",
    "\u{200d}",
    "\u{ad}",
    "\u{202e}",
    "\u{fffd}",
    "\u{feff}",
    "\u{a0}",
    "\u{10ffff}",
    "[",
    "]",
    "[::1]",
    "&",
    "=",
    "+",
    ";",
    "'",
    "\"",
    "<script>",
    "^",
    "`",
    "{",
    "|",
    "}",
    "~",
];

const LABELS: [&str; 10] = [
    "example",
    "app",
    "a",
    "www",
    "COM",
    "x1",
    "xn--bcher-kva",
    "b\u{fc}cher",
    "a-b",
    "a_b",
];

const ODD_LABELS: [&str; 32] = [
    "xn--",
    "xn--a",
    "xn--abc",
    "xn--abc-",
    "xn--ls8h",
    "XN--BCHER-KVA",
    "xn--0.pt",
    "xn--zca",
    "xn--fa-hia",
    "xn--1ch",
    "xn--iñvalid",
    "ab--cd",
    "-",
    "-a",
    "a-",
    "_",
    "*",
    "%41",
    "%2e",
    " ",
    "\u{df}",
    "\u{131}",
    "\u{fb00}",
    "\u{2126}",
    "\u{ff41}",
    "\u{ff11}",
    "\u{660}",
    "\u{200c}",
    "\u{5d0}",
    "e\u{301}",
    "\u{1f4a9}",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

const NUMBERS: [&str; 19] = [
    "0",
    "1",
    "127",
    "255",
    "256",
    "01",
    "08",
    "0x",
    "0x0",
    "0x7f",
    "0X7F",
    "0xg",
    "00x1",
    "x1",
    "4294967295",
    "4294967296",
    "0377",
    "1e3",
    "9999999999999",
];

const PORTS: [&str; 14] = [
    ":80",
    ":443",
    ":8080",
    ":0",
    ":1",
    ":65535",
    ":65536",
    ":00443",
    ":",
    ":+1",
    ":a",
    ":80:80",
    ":\u{ff11}",
    ":1 ",
];

/// Punycode that was written by hand is not read, as the docs of `Origin` say.
fn has_unread_punycode(text: &str) -> bool {
    let host = text.split_once("//").map_or(text, |(_, host)| host);
    let host = &host[..host.find(['/', '\\', '?', '#']).unwrap_or(host.len())];
    host.is_ascii() && host.to_ascii_lowercase().contains("xn--")
}

//! Every location that the crate accepts, read by two WHATWG URL parsers that share no code: `url`
//! (Rust) and `ada-url` (C++). Both have to find it where it was meant to lead, and to agree.
//!
//! `CASES` and `SEED` in the environment change the numbers; the default is deterministic.

use std::{collections::BTreeMap, fmt, panic, thread, time::Instant};

use percent_encoding::percent_decode_str;
use tower_redirect::{LocalPath, Location, location::Origin};
use tower_redirect_ada::{
    SITE,
    generator::{Generator, number},
    oracle::{path_of, sendable, with_ada, with_escaped_percents, with_url},
};
use url::Url;

const CASES: u64 = 1_000_000;
const LITERALS: u64 = 50_000;
const SEED: u64 = 0x7EDD_12EC;
const WORKERS: u64 = 2;

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
    // The generator is worth something only while enough of it is accepted.
    for door in [
        "new",
        "join",
        "segment",
        "append_encoded_query",
        "param",
        "from_config /",
        "Origin::new",
        "Origin::join",
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

    if let Ok(path) = base.join_encoded(&text) {
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
    if let Ok(path) = base.append_encoded_query(Some(&text)) {
        report.see("append_encoded_query", path.as_str(), SITE, &target, &text);
        report.hold(
            path_of(path.as_str()) == path_of(base.as_str())
                && after(path.as_str(), '#') == base_fragment,
            || {
                format!(
                    "append_encoded_query changed more than the query of {base}: {text:?}: {path}"
                )
            },
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
            && let Ok(location) = origin.join(&path)
        {
            report.see(
                "Origin::join",
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
        let is_escaped = with_escaped_percents(sent) == *sent;
        self.hold(
            sent.bytes().all(sendable) && is_escaped && sent.len() <= 8_000,
            || format!("{door} of {given:?}: bytes or length: {sent}"),
        );
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

/// Punycode that was written by hand is not read, as the docs of `Origin` say.
fn has_unread_punycode(text: &str) -> bool {
    let host = text.split_once("//").map_or(text, |(_, host)| host);
    let host = &host[..host.find(['/', '\\', '?', '#']).unwrap_or(host.len())];
    host.is_ascii() && host.to_ascii_lowercase().contains("xn--")
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

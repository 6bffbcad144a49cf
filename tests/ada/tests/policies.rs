//! Policies that build a location from what was asked for, with hostile requests: two WHATWG parsers
//! have to find every location on the site or on a configured origin, and to agree; what is canonical
//! has to stay so; plaintext must not pass.
//!
//! `CASES` (of each policy) and `SEED` in the environment change the numbers.

#![forbid(unsafe_code)]

use std::{net::IpAddr, sync::Mutex, thread, time::Instant};

use http::HeaderValue;
use percent_encoding::percent_decode_str;
use tower_redirect::{
    Canonical, LocalPath, Location, Policy, RedirectLayer, Status,
    location::HttpScheme,
    policy::{
        BoxPolicy, CanonicalHost, DecisionKind, Https, IndexFile, LoginRedirect, LowerCase,
        MergeSlashes, ReturnTo, SchemeSource, TrailingSlash, UnknownHost,
    },
    policy_fn,
    testing::{self, End, TestRequest},
    trust::{ForwardedHeader, TrustedProxies},
};
use tower_redirect_ada::{
    SITE,
    generator::{Generator, number},
    oracle::{Seen as Address, path_of, sendable, with_ada, with_escaped_percents, with_url},
};

const CASES: u64 = 1_000_000;
const SEED: u64 = 0x00CA_4041;
const WORKERS: usize = 2;

/// What the server leaves of the connection.
#[derive(Clone)]
struct Peer(IpAddr);

/// A policy, and what has to hold of it.
struct Subject {
    name: &'static str,
    policy: BoxPolicy<Location>,
    /// Where it may lead; `.x` is every name below `x`.
    origins: &'static [&'static str],
    /// Whether plaintext must not pass.
    enforces: bool,
    /// Whether a target is never redirected again.
    settles: bool,
    /// What stands in the request beside the target.
    fill: fn(&mut Generator, TestRequest) -> TestRequest,
}

fn subjects() -> Vec<Subject> {
    let path = |name, policy: BoxPolicy<Location>| Subject {
        name,
        policy,
        origins: &[SITE],
        enforces: false,
        settles: true,
        fill: |_, request| request,
    };
    let index = || IndexFile::new(["index.html"]).unwrap();
    let aliases = || {
        CanonicalHost::with_aliases("app.example", ["www.app.example", "*.old.example"]).unwrap()
    };
    let trust = || {
        TrustedProxies::networks(["10.0.0.0/8"], |extensions| {
            Some(extensions.get::<Peer>()?.0)
        })
        .unwrap()
        .header(ForwardedHeader::Forwarded)
        .and_host()
    };
    let everything = || {
        Canonical::on(aliases().unknown_host(UnknownHost::Redirect).unwrap())
            .https(SchemeSource::plaintext_listener())
            .trim_trailing_slash()
            .merge_slashes()
            .lower_case()
            .index_file(index())
    };
    let rules = policy_fn(|request| {
        let rest = request.path().strip_prefix("/blog/")?;
        let posts = LocalPath::from_static("/posts").join_encoded(rest);
        Some(posts.and_then(|path| path.append_encoded_query(request.query())))
    });
    vec![
        path("TrailingSlash::Trim", TrailingSlash::Trim.boxed()),
        path("TrailingSlash::Append", TrailingSlash::Append.boxed()),
        path(
            "TrailingSlash::AppendToFolders",
            TrailingSlash::AppendToFolders.boxed(),
        ),
        path("MergeSlashes", MergeSlashes.boxed()),
        path("LowerCase", LowerCase.boxed()),
        path("IndexFile", index().boxed()),
        Subject {
            // Where the request is known to be plaintext, it is left so.
            origins: &[SITE, "http://app.example"],
            fill: host,
            ..path(
                "CanonicalHost",
                aliases()
                    .unknown_host(UnknownHost::Redirect)
                    .unwrap()
                    .boxed(),
            )
        },
        Subject {
            origins: &[SITE, ".app.example"],
            enforces: true,
            fill: host,
            ..path(
                "Https",
                Https::new(
                    ["app.example", "*.app.example"],
                    SchemeSource::plaintext_listener(),
                )
                .unwrap()
                .boxed(),
            )
        },
        Subject {
            enforces: true,
            fill: forwarded,
            ..path(
                "Https behind a proxy",
                Https::on(aliases(), SchemeSource::trusted_proxy(trust())).boxed(),
            )
        },
        Subject {
            enforces: true,
            fill: host,
            ..path("Canonical", everything().boxed())
        },
        Subject {
            enforces: true,
            // A rule's target is not asked about again.
            settles: false,
            fill: host,
            ..path("Canonical::then", everything().then(rules).boxed())
        },
        Subject {
            settles: false,
            origins: &[SITE, "https://trusted.example", ".tenant.example"],
            ..path("ReturnTo", return_to().query("next").boxed())
        },
    ]
}

fn return_to() -> ReturnTo {
    ReturnTo::new(LocalPath::from_static("/home"))
        .allow("https://trusted.example")
        .and_then(|return_to| return_to.allow("https://*.tenant.example"))
        .unwrap()
}

/// A host as clients and attackers write one.
fn some_host(generator: &mut Generator) -> String {
    match generator.random.u8(..8) {
        0..=2 => generator
            .pick(&[
                "app.example",
                "APP.example.",
                "app.example:80",
                "app.example:443",
            ])
            .to_owned(),
        3 => generator
            .pick(&[
                "www.app.example",
                "a.b.old.example:8080",
                "x.app.example",
                "old.example",
            ])
            .to_owned(),
        4 => format!("app.example{}", generator.text()),
        5 => format!("{}.app.example", generator.text()),
        _ => generator.origin().split_once("//").unwrap().1.to_owned(),
    }
}

fn with_header(request: TestRequest, name: &str, value: &str) -> TestRequest {
    match HeaderValue::from_bytes(value.as_bytes()) {
        Ok(_) => request.header(name, value),
        Err(_) => request,
    }
}

fn host(generator: &mut Generator, mut request: TestRequest) -> TestRequest {
    let lines = [1, 1, 1, 1, 1, 1, 0, 2][generator.random.usize(..8)];
    for _ in 0..lines {
        request = with_header(request, "host", &some_host(generator));
    }
    match generator.random.u8(..4) {
        0 => request.scheme(HttpScheme::Http),
        _ => request,
    }
}

fn forwarded(generator: &mut Generator, request: TestRequest) -> TestRequest {
    let mut request = with_header(request, "host", &some_host(generator));
    for _ in 0..generator.random.u8(..3) {
        let host = some_host(generator);
        let text = generator.text();
        let value = match generator.random.u8(..6) {
            0 => format!("proto=https;host=\"{host}\""),
            1 => format!("for=\"{text}\";proto=http;host={host}"),
            2 => format!("for={text},proto=http"),
            3 => format!("proto={text}"),
            4 => "proto=https".to_owned(),
            _ => text,
        };
        request = with_header(request, "forwarded", &value);
    }
    let peer = generator.pick(&["10.1.2.3", "::ffff:10.1.2.3", "11.0.0.1", "fd00::1"]);
    match generator.random.u8(..5) {
        0 => request,
        _ => request.extension(Peer(peer.parse().unwrap())),
    }
}

/// A path and query in which there is something to do.
fn target(generator: &mut Generator) -> String {
    let text = generator.request_target();
    let (path, query) = text.split_at(text.find('?').unwrap_or(text.len()));
    let made = match generator.random.u8(..10) {
        0 => format!("{path}/{query}"),
        1 => format!("/{path}//{query}"),
        2 => format!("{path}/index.html{query}"),
        3 => format!("{}{query}", path.to_ascii_uppercase()),
        4 => format!("/blog{path}{query}"),
        5 => format!("/login?next={}", text.trim_start_matches('/')),
        6 => format!("/login?next={text}"),
        7 => format!("/.well-known/acme-challenge{path}"),
        _ => return text,
    };
    if made.parse::<http::Uri>().is_ok() {
        made
    } else {
        text
    }
}

/// What was seen of one policy.
#[derive(Default)]
struct Seen {
    cases: u64,
    redirects: u64,
    refusals: u64,
    faults: Vec<String>,
}

fn case(subject: &Subject, generator: &mut Generator, seen: &mut Seen) {
    seen.cases += 1;
    let target = target(generator);
    let request = (subject.fill)(generator, testing::get(&target));
    let decision = subject.policy.decide(&request.head());
    let mut fault = |what: String| {
        if seen.faults.len() < 5 {
            seen.faults
                .push(format!("{}: {what}: {:?}", subject.name, request.head()));
        }
    };
    if subject.enforces {
        let layer = RedirectLayer::permanent(&subject.policy);
        let answer = request.clone().through_layer(&layer);
        let is_secure = request.head().scheme() == Some(HttpScheme::Https) || says_https(&request);
        if answer.decision().is_pass() && !is_secure && !is_challenge(path_of(&target)) {
            fault("plaintext passes".to_owned());
        }
    }
    let location = match decision.kind() {
        DecisionKind::Pass => return,
        DecisionKind::Refuse(_) => {
            seen.refusals += 1;
            return;
        }
        DecisionKind::Redirect(location) | DecisionKind::Enforce(location) => location,
    };
    seen.redirects += 1;
    let sent = location.as_str();
    let is_escaped = with_escaped_percents(sent) == *sent;
    if !sent.bytes().all(sendable) || !is_escaped || sent.len() > 8_000 {
        fault(format!("bytes or length of {sent}"));
    }
    for base in [format!("{SITE}/"), format!("{SITE}{target}")] {
        let (rust, cpp) = (with_url(sent, &base), with_ada(sent, &base));
        for read in [&rust, &cpp] {
            let stays = read.as_ref().is_some_and(|read| {
                read.clean
                    && subject
                        .origins
                        .iter()
                        .any(|origin| covers(origin, &read.origin))
            });
            if !stays {
                fault(format!("{sent} from {base} is {read:?}"));
            }
        }
        if rust != cpp && !has_drive(sent) {
            fault(format!("{sent} from {base}: {rust:?}, {cpp:?}"));
        }
    }
    if subject.settles {
        let journey = testing::follow(
            &(&subject.policy).with(Status::PermanentRedirect),
            request.clone(),
        );
        let settled = journey.hops().len() <= 1 && *journey.end() == End::Arrived;
        if !settled {
            fault(format!("it does not settle: {journey}"));
        }
        let (asked, sent) = (target.split_once('?'), sent.split_once('?'));
        let untouched = asked.is_some_and(|(_, query)| query.bytes().all(sendable));
        let expected = asked.map(|(_, query)| with_escaped_percents(query));
        if untouched && expected.as_deref() != sent.map(|(_, query)| query) {
            fault(format!("another query: {location}"));
        }
    }
}

/// `url` takes a segment for the letter of a drive, which is for `file:` only, and keeps it before `..`.
fn has_drive(sent: &str) -> bool {
    let is_drive = |segment: &str| matches!(segment.as_bytes(), [letter, b':' | b'|'] if letter.is_ascii_alphabetic());
    path_of(sent).split('/').any(is_drive)
}

fn covers(allowed: &str, origin: &str) -> bool {
    match allowed.strip_prefix('.') {
        None => allowed == origin,
        Some(domain) => origin
            .strip_prefix("https://")
            .and_then(|host| host.strip_suffix(domain))
            .is_some_and(|label| label.len() > 1 && label.ends_with('.')),
    }
}

/// What the proxy of these tests says, by the plainest reading: one that errs must err on this side.
fn says_https(request: &TestRequest) -> bool {
    let head = request.head();
    let lines = head.headers().get_all("forwarded");
    let last = lines
        .iter()
        .next_back()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let trusted = head.extensions().get::<Peer>().is_some_and(
        |Peer(peer)| matches!(peer.to_canonical(), IpAddr::V4(peer) if peer.octets()[0] == 10),
    );
    trusted && last.is_some_and(|last| last.to_ascii_lowercase().contains("proto"))
}

fn is_challenge(path: &str) -> bool {
    path.strip_prefix("/.well-known/acme-challenge/")
        .is_some_and(|token| {
            !token.is_empty()
                && token
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        })
}

#[test]
fn every_policy_keeps_its_promises() {
    let (cases, seed) = (number("CASES", CASES), number("SEED", SEED));
    let began = Instant::now();
    let waiting = Mutex::new(subjects());
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let Some(subject) = waiting.lock().unwrap().pop() else {
                        break;
                    };
                    let mut generator = Generator::new(seed);
                    let mut seen = Seen::default();
                    for _ in 0..cases {
                        case(&subject, &mut generator, &mut seen);
                    }
                    done.lock().unwrap().push((subject.name, seen));
                }
            });
        }
    });
    let done = done.into_inner().unwrap();
    let mut faults = Vec::new();
    for (name, seen) in &done {
        let Seen {
            cases: ran,
            redirects,
            refusals,
            faults: found,
        } = seen;
        println!(
            "{name}: {ran} cases, {redirects} redirects, {refusals} refusals, {} faults",
            found.len()
        );
        assert_eq!(*ran, cases);
        // The generator is worth something only while there is something to do.
        assert!(redirects * 50 > cases, "{name}: {redirects} redirects");
        faults.extend(found);
    }
    println!("seed {seed:#x}, {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!(done.len(), 12);
    assert!(faults.is_empty(), "{faults:#?}");
}

/// What the login page is told is taken back, and leads to where the visitor was.
#[test]
fn what_the_login_page_is_told_leads_back() {
    let (cases, seed) = (number("CASES", CASES), number("SEED", SEED));
    let mut generator = Generator::new(seed);
    let login = LoginRedirect::to(LocalPath::from_static("/login"));
    let back = return_to().query("next");
    let (mut told, mut untold) = (0_u64, 0_u64);
    for _ in 0..cases {
        let target = target(&mut generator);
        let Some(location) = login.decide(&testing::get(&target).head()).into_target() else {
            let path = path_of(&target);
            assert!(
                path == "/login" || path == "/login/",
                "{target} is the login page"
            );
            continue;
        };
        if location == "/login" {
            untold += 1;
            continue;
        }
        told += 1;
        let Some(returned) = back
            .decide(&testing::get(location.as_str()).head())
            .into_target()
        else {
            panic!("it always answers");
        };
        // `url` resolves what looks like a drive in another way.
        let asked = with_ada(&format!("{SITE}{target}"), SITE).unwrap();
        let arrived = with_ada(returned.as_str(), &format!("{SITE}/login")).unwrap();
        // Some of what is written as it is in a page's address is sent encoded.
        let decoded = |seen: &Address| percent_decode_str(&seen.href).collect::<Vec<u8>>();
        assert_eq!(
            decoded(&asked),
            decoded(&arrived),
            "{target} -> {location} -> {returned}"
        );
    }
    println!("{cases} requests: {told} addresses were told and taken back, {untold} left out");
    assert!(told > cases / 4 && untold > 0);
}

//! A rule behind `Canonical::then` that leads to one of our own hosts, and what must come of it: one redirect, to
//! the canonical form of its target. The `url` crate reads the target, and a few plain lines canonicalise it.

use http::{Method, Uri};
use percent_encoding::percent_decode_str;
use tower_redirect::{
    Canonical, Location, Redirect,
    location::HttpScheme,
    policy::{CanonicalHost, HttpsEnforcement, SchemeSource},
    policy_fn,
    testing::{self, End},
};
use url::Url;

/// One site: how it's configured, and the same as data.
struct Site {
    policy: fn() -> Canonical,
    /// The hosts with a name of their own, and the canonical host of each.
    hosts: &'static [(&'static str, &'static str)],
    /// Hosts that requests may also name.
    others: &'static [&'static str],
    /// The ports of our own hosts, besides the default port.
    ports: &'static [u16],
    /// The port and the scheme that the canonical URL has. Without a scheme, it's that of the target or the request.
    port: Option<u16>,
    scheme: Option<&'static str>,
}

fn aliases(host: &str) -> CanonicalHost {
    CanonicalHost::with_aliases(host, ["www.example.com", "[::1]", "*.old.example"]).expect("hosts")
}

fn listed() -> CanonicalHost {
    CanonicalHost::one_of(["example.com", "b.example", "*.old.example"]).expect("hosts")
}

fn mapped() -> CanonicalHost {
    let pairs = [
        ("www.example.com", "example.com"),
        ("b.example", "www.b.example"),
    ];
    CanonicalHost::from_pairs(pairs).expect("hosts")
}

const MAPPED: &[(&str, &str)] = &[
    ("example.com", "example.com"),
    ("www.example.com", "example.com"),
    ("b.example", "www.b.example"),
    ("www.b.example", "www.b.example"),
];
const ALIASES: &[(&str, &str)] = &[
    ("example.com", "example.com"),
    ("www.example.com", "example.com"),
    ("[::1]", "example.com"),
];
const LISTED: &[(&str, &str)] = &[("example.com", "example.com"), ("b.example", "b.example")];
const LOCAL: &[(&str, &str)] = &[("localhost", "localhost")];
const PLAINTEXT: fn() -> SchemeSource = SchemeSource::plaintext_listener;

const SITES: [Site; 9] = [
    Site {
        policy: || Canonical::on(mapped()).https(PLAINTEXT()),
        hosts: MAPPED,
        others: &[],
        ports: &[],
        port: None,
        scheme: Some("https"),
    },
    Site {
        policy: || Canonical::on(aliases("example.com")).https(PLAINTEXT()),
        hosts: ALIASES,
        others: &["x.old.example"],
        ports: &[],
        port: None,
        scheme: Some("https"),
    },
    Site {
        policy: || Canonical::on(aliases("example.com")),
        hosts: ALIASES,
        others: &["x.old.example"],
        ports: &[],
        port: None,
        scheme: None,
    },
    Site {
        policy: || Canonical::on(aliases("example.com:8443")).https(PLAINTEXT()),
        hosts: ALIASES,
        others: &["x.old.example"],
        ports: &[8443],
        port: Some(8443),
        scheme: Some("https"),
    },
    Site {
        policy: || Canonical::on(aliases("example.com:8443")),
        hosts: ALIASES,
        others: &[],
        ports: &[8443],
        port: Some(8443),
        scheme: Some("https"),
    },
    Site {
        policy: || Canonical::on(listed()).https(PLAINTEXT()),
        hosts: LISTED,
        others: &["x.old.example"],
        ports: &[],
        port: None,
        scheme: Some("https"),
    },
    Site {
        policy: || Canonical::on(listed()),
        hosts: LISTED,
        others: &["x.old.example"],
        ports: &[],
        port: None,
        scheme: None,
    },
    Site {
        policy: || {
            Canonical::host("http://localhost:3000")
                .expect("a host")
                .https(HttpsEnforcement::new(PLAINTEXT()).port(8443))
        },
        hosts: LOCAL,
        others: &["127.0.0.1:3000"],
        ports: &[3000, 8443],
        port: Some(8443),
        scheme: Some("https"),
    },
    Site {
        policy: || Canonical::host("http://localhost:3000").expect("a host"),
        hosts: LOCAL,
        others: &["127.0.0.1:3000"],
        ports: &[3000],
        port: Some(3000),
        scheme: Some("http"),
    },
];

/// What the rule redirects to its target, as the canonical URL has it.
const OLD: &str = "/old";

/// Which site, request and target are tried. The numbers choose; the texts are used as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case<'a> {
    pub(crate) numbers: [u8; 7],
    /// What follows `/old` in the requested URL: slashes, a query.
    pub(crate) request: &'a str,
    /// The path, the query and the fragment of the target.
    pub(crate) target: &'a str,
}

/// Panics if the rule isn't one redirect to the canonical form of its target. Returns whether the case says anything.
pub(crate) fn check(case: &Case<'_>) -> bool {
    let [site, requested, scheme, spelling, host, port, path] = case.numbers.map(usize::from);
    let site = &SITES[site % SITES.len()];
    let known = [None, Some(HttpScheme::Http), Some(HttpScheme::Https)][scheme % 3];

    // The request, for one of our hosts.
    let names: Vec<&str> = site
        .hosts
        .iter()
        .map(|(name, _)| *name)
        .chain(site.others.iter().copied())
        .collect();
    let requested = names[requested % names.len()];
    let path = ["/old", "/OLD", "//old", "/old/"][path % 4];
    let rest: String = case
        .request
        .chars()
        .filter(|c| !c.is_control() && *c != '#')
        .collect();
    let rest = if rest.starts_with(['/', '?']) {
        rest
    } else {
        format!("?{rest}")
    };
    let Ok(uri) = Uri::try_from(format!("{path}{rest}")) else {
        return false;
    };
    if all_steps(uri.path()) != OLD {
        return false;
    }
    let mut request = testing::request(Method::GET, &uri.to_string()).header("host", requested);
    if let Some(known) = known {
        request = request.scheme(known);
    }

    // The target, on a host that is ours or looks so.
    let names: Vec<&str> = names
        .iter()
        .copied()
        .chain(["x.example.com", "docs.example"])
        .collect();
    let host = names[host % names.len()];
    let (scheme, host) = match spelling % 4 {
        0 => ("https", host.to_owned()),
        1 => ("http", host.to_owned()),
        2 => ("HTTPS", host.to_ascii_uppercase()),
        _ => ("Http", host.to_ascii_uppercase()),
    };
    let port = ["", "", ":80", ":443", ":3000", ":8443", ":8444"][port % 7];
    let port = if host.contains(':') && !host.ends_with(']') {
        ""
    } else {
        port
    };
    let slash = if case.target.starts_with(['/', '?', '#']) {
        ""
    } else {
        "/"
    };
    let written = format!("{scheme}://{host}{port}{slash}{}", case.target);
    let Ok(target) = Location::from_config(&written) else {
        return false;
    };

    let rule_target = target.clone();
    let canonical = (site.policy)()
        .trim_trailing_slash()
        .merge_slashes()
        .lower_case();
    let policy = canonical.then(policy_fn(move |request| {
        (request.path() == OLD).then(|| Redirect::found(rule_target.clone()))
    }));
    let journey = testing::follow(&policy, request);
    let read = Url::parse(target.as_str()).expect("a location is a URL");
    let Some(expected) = canonical_url(site, &read, known) else {
        // Not ours: the target is sent as it's written, unless it is the requested URL.
        let is_sent = journey
            .hops()
            .first()
            .is_some_and(|hop| hop.location == target);
        let is_requested = requested.contains(read.host_str().unwrap_or_default());
        assert!(is_sent || is_requested, "{case:?} {written}\n{journey}");
        return true;
    };

    assert_eq!(
        *journey.end(),
        End::Arrived,
        "{case:?} {written}\n{journey}"
    );
    assert!(journey.hops().len() <= 1, "{case:?} {written}\n{journey}");
    let arrived = Url::parse(journey.url()).expect("it has an origin");
    assert_eq!(
        arrived.host_str(),
        expected.host_str(),
        "{case:?} {written}\n{journey}"
    );
    if let Some(hop) = journey.hops().first() {
        let sent = Url::parse(hop.location.as_str()).ok();
        if let Some(sent) = sent {
            assert_eq!(
                sent.scheme(),
                expected.scheme(),
                "{case:?} {written}\n{journey}"
            );
            assert_eq!(
                sent.port_or_known_default(),
                expected.port_or_known_default(),
                "{case:?} {written}\n{journey}"
            );
        }
    }
    // Some clients request `/old` for `/%6Fld`, so that redirect isn't sent (R9).
    let decoded = |url: &Url| percent_decode_str(url.path()).collect::<Vec<u8>>();
    let stays = arrived.path() == OLD && decoded(&expected) == OLD.as_bytes();
    assert!(
        stays || arrived.path() == expected.path(),
        "{expected} for {case:?} {written}\n{journey}"
    );
    true
}

/// Returns the URL at which a client must arrive, or `None` if the target isn't on one of our hosts.
fn canonical_url(site: &Site, target: &Url, known: Option<HttpScheme>) -> Option<Url> {
    let host = target.host_str()?;
    let (_, canonical) = site.hosts.iter().find(|(name, _)| *name == host)?;
    if target
        .port()
        .is_some_and(|port| !site.ports.contains(&port))
    {
        return None;
    }
    let scheme = match (site.scheme, target.scheme(), known) {
        (Some(scheme), ..) => scheme,
        (None, "http", Some(known)) => known.as_str(),
        (None, ..) => "https",
    };
    let port = site.port.map(|port| format!(":{port}")).unwrap_or_default();
    let path = all_steps(target.path());
    Some(Url::parse(&format!("{scheme}://{canonical}{port}{path}")).expect("a URL"))
}

/// Merges slashes, writes lower case, and trims the slash at the end, except below `/.well-known/`.
fn all_steps(path: &str) -> String {
    let folded = path.to_ascii_lowercase();
    let is_dots = |segment: &str| matches!(segment.split(';').next(), Some("." | ".."));
    let is_hidden = ["%2e", "%2f", "%5c", "\\"]
        .iter()
        .any(|hidden| folded.contains(hidden));
    if path.starts_with("/.well-known/") && !is_hidden && !path.split('/').any(is_dots) {
        return path.to_owned();
    }
    let mut out: Vec<u8> = Vec::new();
    for (at, byte) in folded.bytes().enumerate() {
        let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
        let escape = |start: usize| {
            let text = folded.as_bytes().get(start..).unwrap_or_default();
            text.first() == Some(&b'%') && is_digit(text.get(1)) && is_digit(text.get(2))
        };
        let in_escape = (1..=2).any(|back| at.checked_sub(back).is_some_and(escape));
        if byte == b'/' && out.last() == Some(&b'/') {
            continue;
        }
        out.push(if in_escape {
            byte.to_ascii_uppercase()
        } else {
            byte
        });
    }
    let text = String::from_utf8_lossy(&out).into_owned();
    match text.trim_end_matches('/') {
        "" => "/".to_owned(),
        kept => kept.to_owned(),
    }
}

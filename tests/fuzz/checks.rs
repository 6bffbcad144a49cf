//! What holds whatever the bytes are; each function panics where it does not.

use std::{net::IpAddr, num::NonZeroU8};

use http::{HeaderName, HeaderValue, Request, Uri};
use tower_redirect::{
    Canonical, LocalPath, Location, Policy, RequestHead,
    location::HttpScheme,
    policy::{
        CanonicalHost, DecisionKind, Https, HttpsEnforcement, IndexFile, LowerCase, MergeSlashes,
        ReturnTo, SchemeSource, TrailingSlash, UnknownHost,
    },
    rules::{Format, Parsed, Precedence, Rule, Rules},
    trust::{ForwardedHeader, TrustedProxies},
};
use url::Url;

#[path = "../naive/mod.rs"]
mod naive;
#[path = "../support/own_hosts.rs"]
mod own_hosts;

use naive::{
    Answer, Interpreter,
    generate::{self, Choices},
    real,
};

const SITE: &str = "https://app.example";

/// A request target, for the policies on paths: what they answer is on this site, and settles.
pub fn path(data: &[u8]) {
    let Ok(uri) = Uri::try_from(data) else { return };
    let index = || IndexFile::new(["index.html"]).expect("it is a segment");
    let all = Canonical::any_host()
        .append_trailing_slash()
        .merge_slashes()
        .lower_case()
        .index_file(index());
    let policies: [&dyn Policy<Target = Location>; 7] = [
        &TrailingSlash::Trim,
        &TrailingSlash::Append,
        &TrailingSlash::AppendToFolders,
        &MergeSlashes,
        &LowerCase,
        &index(),
        &all,
    ];
    for policy in policies {
        let mut request = Request::new(());
        *request.uri_mut() = uri.clone();
        let Some(location) = policy.decide(&RequestHead::new(&request)).into_target() else {
            continue;
        };
        assert_leads_to(&location, &[SITE]);
        let mut next = Request::new(());
        *next.uri_mut() = location.as_str().parse().expect("it can be asked for");
        let again = policy.decide(&RequestHead::new(&next));
        assert!(
            again.is_pass(),
            "{location} of {uri} is redirected again: {again:?}"
        );
        assert_eq!(
            location.as_str().contains('?'),
            uri.query().is_some(),
            "{location} of {uri}"
        );
    }
}

/// Lines of a header section, `:target` and `:peer` among them: no plaintext passes, and no host but
/// the configured ones is sent.
pub fn host(data: &[u8]) {
    let mut request = Request::new(());
    for line in data.split(|&byte| byte == b'\n') {
        if let Some(target) = line.strip_prefix(b":target ") {
            if let Ok(uri) = Uri::try_from(target) {
                *request.uri_mut() = uri;
            }
        } else if let Some(peer) = line.strip_prefix(b":peer ") {
            let peer = std::str::from_utf8(peer)
                .ok()
                .and_then(|peer| peer.parse().ok());
            request.extensions_mut().insert(Peer(peer));
        } else if let Some(colon) = line.iter().position(|&byte| byte == b':') {
            let (name, value) = (line.get(..colon), line.get(colon + 1..));
            let name = HeaderName::from_bytes(name.unwrap_or_default());
            let value = HeaderValue::from_bytes(value.unwrap_or_default().trim_ascii());
            if let (Ok(name), Ok(value)) = (name, value) {
                request.headers_mut().append(name, value);
            }
        }
    }
    let head = RequestHead::new(&request);
    let hosts = CanonicalHost::one_of(["app.example", "*.sub.example", "[::1]"]).expect("hosts");
    let one = CanonicalHost::with_aliases("app.example", ["www.app.example"])
        .expect("hosts")
        .unknown_host(UnknownHost::Redirect)
        .expect("a host");
    let ours = [SITE, ".sub.example", "https://[::1]"];
    for plaintext in [
        HttpsEnforcement::from(SchemeSource::plaintext_listener()),
        HttpsEnforcement::new(SchemeSource::plaintext_listener()).same_host_first(),
    ] {
        for host in [hosts.clone(), one.clone()] {
            let https = Canonical::on(host)
                .https(plaintext.clone())
                .trim_trailing_slash();
            match https.decide(&head).kind() {
                DecisionKind::Redirect(location) | DecisionKind::Enforce(location) => {
                    assert_leads_to(
                        location,
                        &[&ours[..], &["https://www.app.example"]].concat(),
                    );
                }
                DecisionKind::Refuse(_) => {}
                DecisionKind::Pass => {
                    assert!(is_challenge(request.uri().path()), "plaintext passes")
                }
            }
        }
    }
    for header in [
        ForwardedHeader::Forwarded,
        ForwardedHeader::XForwardedProto,
        ForwardedHeader::XForwardedSsl,
        ForwardedHeader::FrontEndHttps,
        ForwardedHeader::CloudFrontForwardedProto,
    ] {
        for hops in [1, 2] {
            let peers =
                TrustedProxies::networks(["10.0.0.0/8"], |extensions| extensions.get::<Peer>()?.0);
            let trust = peers
                .expect("a network")
                .header(header)
                .hops(NonZeroU8::new(hops).expect("not 0"))
                .and_host();
            let view = trust.view(&head);
            let peer = request.extensions().get::<Peer>().and_then(|peer| peer.0);
            let trusted = matches!(peer.map(|peer| peer.to_canonical()), Some(IpAddr::V4(v4)) if v4.octets()[0] == 10);
            assert!(trusted || view.scheme().is_none(), "a stranger is believed");
            assert!(
                trusted || view.authority() == head.authority(),
                "a stranger is believed"
            );
            let https = Https::on(hosts.clone(), SchemeSource::trusted_proxy(trust));
            match https.decide(&head).kind() {
                DecisionKind::Redirect(location) | DecisionKind::Enforce(location) => {
                    assert_leads_to(location, &ours);
                }
                DecisionKind::Refuse(_) => {}
                DecisionKind::Pass => assert!(
                    view.scheme() == Some(HttpScheme::Https) || is_challenge(request.uri().path()),
                    "plaintext passes"
                ),
            }
        }
    }
}

/// An untrusted value, as it is and in a query: it leads to this site, or to an allowed origin.
pub fn return_to(data: &[u8]) {
    let return_to = ReturnTo::new(LocalPath::from_static("/home"))
        .allow("https://trusted.example")
        .and_then(|return_to| return_to.allow("https://*.tenant.example"))
        .expect("origins");
    let allowed = [SITE, "https://trusted.example", ".tenant.example"];
    if let Ok(text) = std::str::from_utf8(data) {
        assert_leads_to(&return_to.location(text), &allowed);
    }
    let Ok(uri) = Uri::try_from([b"/login?next=", data].concat()) else {
        return;
    };
    let mut request = Request::new(());
    *request.uri_mut() = uri;
    match return_to
        .query("next")
        .decide(&RequestHead::new(&request))
        .kind()
    {
        DecisionKind::Redirect(location) => assert_leads_to(location, &allowed),
        answer => panic!("it always answers: {answer:?}"),
    }
}

/// Seven numbers, and two lines: how `/old` is requested, and the target that a rule behind `Canonical::then` has
/// for it. A target on our own hosts is one redirect.
pub fn then(data: &[u8]) {
    let Some((numbers, text)) = data.split_first_chunk::<7>() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let (request, target) = text.split_once('\n').unwrap_or(("", text));
    own_hosts::check(&own_hosts::Case {
        numbers: *numbers,
        request,
        target,
    });
}

/// A text for the unchecked constructor: a browser reads the same host in it and in what is sent, and
/// what is sent is taken as it is.
pub fn unchecked(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Ok(location) = Location::unchecked(text) else {
        return;
    };
    let sent = location.as_str();
    let sendable = |byte: u8| (0x21..=0x7e).contains(&byte) && !b"\"<>\\^`{|}".contains(&byte);
    assert!(sent.bytes().all(sendable) && sent.len() <= 8_000, "{sent}");
    for page in [None, Some(SITE), Some("http://app.example:8080/a/b?c")] {
        let host = |text: &str| {
            let base = page.map(|page| Url::parse(page).expect("a page"));
            let url = Url::options().base_url(base.as_ref()).parse(text).ok()?;
            let host = url.host_str().map(str::to_owned);
            Some((url.scheme().to_owned(), host, url.port()))
        };
        assert_eq!(host(text), host(sent), "{text:?} is sent as {sent}");
    }
    assert_eq!(
        Location::unchecked(sent).as_ref(),
        Ok(&location),
        "{text:?}"
    );
}

/// Numbers of two bytes that decide about rules and about requests near to them: a table answers as the
/// naive interpreter does.
pub fn rules(data: &[u8]) {
    let numbers: Vec<u16> = data
        .chunks(2)
        .map(|pair| {
            pair.iter()
                .fold(0, |number, &byte| number << 8 | u16::from(byte))
        })
        .collect();
    let mut choices = Choices::new(&numbers);
    let precedence = generate::precedence(&mut choices);
    // The random tests have longer tables, and regexes, which take most of a run to compile.
    let count = 1 + choices.below(MAX_RULES);
    let mut rules: Vec<_> = (0..count).map(|_| generate::rule(&mut choices)).collect();
    rules.retain(|rule| !has_regex(rule));
    // The search for loops takes most of what is left, and no loop leads through another site.
    if choices.below(8) < 7 {
        for rule in &mut rules {
            if rule.target.starts_with('/') {
                rule.target.insert_str(0, "https://new.example");
            }
        }
    }
    let (table, rules) = real::table(&rules, precedence);
    if rules.is_empty() {
        return;
    }
    let specified = Interpreter::new(&rules, precedence);
    // Once more without numbers: the plainest request.
    let mut is_last = false;
    for _ in 0..MAX_REQUESTS {
        if is_last {
            return;
        }
        is_last = choices.is_empty();
        let Some((request, scheme)) = generate::request(&mut choices, &rules) else {
            continue;
        };
        let expected = specified.answer(&request, scheme);
        let got = real::answer(&table, &request, scheme);
        assert_eq!(got, expected, "{request:?} {scheme:?} {rules:#?}");
        if let Answer::Redirect { location, .. } = got {
            let origins = [
                SITE,
                "https://new.example",
                "http://old.example:8080",
                // One label of a request, below a domain.
                ".new.example",
                ".new.example:8080",
            ];
            assert_sent_to(&location, &origins);
        }
    }
}

fn has_regex(rule: &naive::Rule) -> bool {
    let mut tests = rule.conditions.iter().map(|condition| &condition.test);
    matches!(rule.source, naive::Source::Regex(_))
        || tests.any(|test| matches!(test, naive::Test::Matches(_)))
}

/// The most rules of a table, and the most requests for it. Each one costs a run more than it finds.
const MAX_RULES: usize = 2;
const MAX_REQUESTS: usize = 2;

/// The most bytes of a text that has rules.
const MAX_TEXT: usize = 256;

/// The same of one that has a regex.
const MAX_REGEX: usize = 64;

/// The same of one that is printed, which reads each entry once more.
const MAX_PRINTED: usize = 96;

/// A byte that picks a format, and a file in it: what is wrong in it is said, and what serves is a table. Groups of
/// regexes are for [`path_to_regexp`].
pub fn formats(data: &[u8]) {
    let Some((picked, text)) = data.split_first() else {
        return;
    };
    let formats: Vec<_> = Format::all().collect();
    let format = formats[usize::from(*picked) % formats.len()];
    if text.len() <= MAX_TEXT && !text.contains(&b'(') {
        parsed(format, text);
    }
}

/// A byte that picks Vercel or Next, and two lines, the source and the destination of a redirect: its errors are
/// said, and it is one rule at most.
pub fn path_to_regexp(data: &[u8]) {
    let Some((picked, text)) = data.split_first() else {
        return;
    };
    let Some(text) = text_of(text).filter(|text| text.len() <= MAX_REGEX) else {
        return;
    };
    let (source, destination) = text.split_once('\n').unwrap_or((text, "/"));
    let json = |text: &str| {
        let mut json = String::new();
        for char in text.chars() {
            match char {
                '"' | '\\' => json.extend(['\\', char]),
                '\0'..' ' => json.push_str(&format!("\\u{:04x}", u32::from(char))),
                char => json.push(char),
            }
        }
        json
    };
    let (source, destination) = (json(source), json(destination));
    let file =
        format!(r#"[{{"source":"{source}","destination":"{destination}","permanent":true}}]"#);
    let format = [Format::Vercel, Format::Next][usize::from(picked % 2)];
    assert!(parsed(format, file.as_bytes()).len() <= 1, "{file}");
}

/// Reads a file.
fn parsed(format: Format, text: &[u8]) -> Rules {
    let Parsed {
        rules, findings, ..
    } = format.read_lossy(text);
    assert_eq!(rules.iter().count(), rules.len(), "{format}");
    let said = findings.to_string();
    assert!(said.len() <= 1_000_000, "{format}: {} bytes", said.len());
    let summary = rules.summary();
    // Nothing is silent.
    assert!(summary.skipped() == 0 || !findings.is_empty(), "{summary}");
    let is_nothing = rules.is_empty() && summary.skipped() > 0;
    assert!(!is_nothing || findings.has_errors(), "{summary}: {said}");
    rules
}

/// A rule in native syntax: what is printed is read as the same rule, and is printed alike.
pub fn native(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let Ok(rule) = text.parse::<Rule>() else {
        return;
    };
    let printed = rule.to_string();
    let again: Rule = printed
        .parse()
        .unwrap_or_else(|error| panic!("{text:?} is printed as {printed:?}: {error}"));
    assert_eq!(again, rule, "{text:?} is printed as {printed:?}");
    assert_eq!(again.to_string(), printed, "{text:?}");
}

/// A request target, and a native file: the file redirects as its rules do that are read one by one, and as the file
/// that they are printed to.
pub fn native_table(data: &[u8]) {
    let Some(text) = text_of(data) else { return };
    let (target, file) = text.split_once('\n').unwrap_or((text, ""));
    // A file has these marks, or not; a rule hasn't.
    if file.starts_with('\u{feff}') || file.contains('\0') {
        return;
    }
    let lines = file
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line));
    let rules: Vec<Rule> = lines.filter_map(|line| line.parse().ok()).collect();
    let Ok(of_rules) = Rules::new(rules.iter().cloned()) else {
        return;
    };
    let of_file = parsed(Format::Native, file.as_bytes());
    let printed: Vec<String> = rules.iter().map(Rule::to_string).collect();
    let of_print = parsed(Format::Native, printed.join("\n").as_bytes());
    let Ok(uri) = Uri::try_from(target) else {
        return;
    };
    let mut request = Request::new(());
    *request.uri_mut() = uri;
    let decide = |rules: &Rules| {
        let lines = rules
            .iter()
            .map(|rule| rule.to_string())
            .collect::<Vec<_>>();
        let decision = rules.decide(&RequestHead::new(&request));
        let kind = match decision.kind() {
            DecisionKind::Pass => None,
            DecisionKind::Refuse(refusal) => Some((refusal.status().as_u16(), None)),
            DecisionKind::Redirect(redirect) | DecisionKind::Enforce(redirect) => {
                let status = redirect.status(request.method(), request.version());
                Some((status.as_u16(), Some(redirect.location().clone())))
            }
        };
        (lines, kind)
    };
    let expected = decide(&of_rules);
    assert_eq!(decide(&of_file), expected, "{file:?}");
    assert_eq!(
        decide(&of_print),
        expected,
        "{file:?} is printed as {printed:?}"
    );
}

/// Two bytes that pick formats, and a file in the first one: the rules that are printed in the second one decide the
/// same as before. The requests are for the sources of the rules.
pub fn convert(data: &[u8]) {
    let Some(([from, to], text)) = data.split_first_chunk::<2>() else {
        return;
    };
    if text.len() > MAX_PRINTED {
        return;
    }
    let formats: Vec<_> = Format::all().collect();
    let pick = |byte: &u8| formats[usize::from(*byte) % formats.len()];
    let (from, to) = (pick(from), pick(to));
    let rules = from.read_lossy(text).rules;
    let printed = to.print(&rules);
    let not_printed: Vec<u32> = printed
        .not_printed()
        .iter()
        .map(|one| one.rule().number())
        .collect();
    let kept = rules
        .iter()
        .filter(|rule| !not_printed.contains(&rule.number()));
    let requests: Vec<_> = kept.clone().flat_map(|rule| near(rule.source())).collect();
    let builder = Rules::builder().precedence(match from {
        Format::Cloudflare => Precedence::StaticFirst,
        Format::BulkCsv | Format::HaproxyMap | Format::NginxMap => Precedence::MostSpecific,
        _ => Precedence::FirstMatch,
    });
    // Without a rule that passes, others can be a loop.
    let Ok(expected) = builder.rules(kept.map(Rule::from)).build() else {
        return;
    };
    let again = to.parse_lossy(printed.text()).rules;
    for request in &requests {
        let decide = |rules: &Rules| match rules.decide(&RequestHead::new(request)).kind() {
            DecisionKind::Pass => None,
            DecisionKind::Refuse(refusal) => Some((refusal.status().as_u16(), None)),
            DecisionKind::Redirect(redirect) | DecisionKind::Enforce(redirect) => {
                let status = redirect.status(request.method(), request.version());
                Some((status.as_u16(), Some(without_empty(redirect.location()))))
            }
        };
        assert_eq!(
            decide(&again),
            decide(&expected),
            "{} by {from}, {to}: {printed:?}",
            request.uri()
        );
    }
}

/// Requests for a source: with text for its placeholders, and near to that.
fn near(source: &str) -> Vec<Request<()>> {
    let mut path = String::new();
    let mut rest = source;
    while let Some((before, behind)) = rest.split_once('{') {
        let (name, after) = behind.split_once('}').unwrap_or_default();
        path.push_str(before);
        path.push_str(match name {
            _ if name.starts_with("/*") => "/x/y",
            _ if name.starts_with('*') => "x/y",
            _ => "x",
        });
        rest = after;
    }
    path.push_str(rest);
    let paths = [
        path.to_uppercase(),
        format!("{path}/"),
        format!("{path}/z?a=1"),
        path.rsplit_once('/').map_or("", |(front, _)| front).into(),
        path,
    ];
    let request = |path: &String| {
        let uri: Uri = path.parse().ok()?;
        let mut request = Request::new(());
        *request.uri_mut() = uri;
        let host = HeaderValue::from_static("app.example");
        request.headers_mut().insert(http::header::HOST, host);
        path.starts_with('/').then_some(request)
    };
    paths.iter().filter_map(request).collect()
}

/// A location without the empty parameters of its query, which formats send or don't.
fn without_empty(location: &Location) -> String {
    let (front, fragment) = match location.as_str().split_once('#') {
        Some((front, fragment)) => (front, format!("#{fragment}")),
        None => (location.as_str(), String::new()),
    };
    let mut pieces = front.splitn(2, '?');
    let path = pieces.next().unwrap_or_default();
    let pairs = pieces.next().unwrap_or_default().split('&');
    let pairs: Vec<_> = pairs.filter(|pair| !pair.is_empty()).collect();
    format!("{path}?{}{fragment}", pairs.join("&"))
}

/// A short text.
fn text_of(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data)
        .ok()
        .filter(|text| text.len() <= MAX_TEXT)
}

/// The address of the peer, where it is known.
#[derive(Clone)]
struct Peer(Option<IpAddr>);

fn is_challenge(path: &str) -> bool {
    path.strip_prefix("/.well-known/acme-challenge/")
        .is_some_and(|token| !token.contains(['/', '.', '%']) && !token.is_empty())
}

/// Where a browser goes, from the first page and from a deep one.
fn assert_leads_to(location: &Location, origins: &[&str]) {
    assert_sent_to(location.as_str(), origins);
}

fn assert_sent_to(sent: &str, origins: &[&str]) {
    let sendable = |byte: u8| (0x21..=0x7e).contains(&byte) && !b"\"<>\\^`{|}".contains(&byte);
    assert!(sent.bytes().all(sendable) && sent.len() <= 8_000, "{sent}");
    let begins_escape = |rest: &str| {
        let mut digits = rest.bytes().map(|byte| byte.is_ascii_hexdigit());
        digits.next() == Some(true) && digits.next() == Some(true)
    };
    assert!(sent.split('%').skip(1).all(begins_escape), "{sent}");
    for page in ["/", "/a/b?c"] {
        let base = Url::parse(&format!("{SITE}{page}")).expect("a page");
        let url = base
            .join(sent)
            .unwrap_or_else(|error| panic!("{sent}: {error}"));
        assert!(
            url.username().is_empty() && url.password().is_none(),
            "{sent}"
        );
        let origin = url.origin().ascii_serialization();
        let known = origins.iter().any(|known| match known.strip_prefix('.') {
            None => *known == origin,
            Some(domain) => origin
                .strip_prefix("https://")
                .and_then(|host| host.strip_suffix(domain))
                .is_some_and(|below| below.len() > 1 && below.ends_with('.')),
        });
        assert!(known, "{sent} leads from {page} to {origin}");
    }
}

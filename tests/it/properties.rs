//! What holds for every text and every request, with the `url` crate as the browser.
//!
//! `PROPTEST_CASES` sets how many cases each property is tried with.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::Full;
use percent_encoding::percent_decode_str;
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestCaseError};
use tower::{Layer, Service};
use tower_redirect::{
    LocalPath, Location, Policy, Redirect, RedirectLayer, Status,
    location::Origin,
    policy::BoxPolicy,
    policy_fn,
    redirect::CacheControl,
    status::{Intent, StatusChoice},
    testing::{self, End},
};
use url::{Position, Url};

use crate::cases::config;

const SITE: &str = "https://app.example";

type Checked = Result<(), TestCaseError>;

// ------------------------------------------------------------------------------ (a) texts

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn a_path_from_any_text_stays_on_the_site(
        text in text(), value in text(), base in select(BASES), target in request_target(),
    ) {
        let base = LocalPath::new(base).unwrap();
        let fragment = after(base.as_str(), '#');
        let rooted = format!("/{text}");

        for given in [&text, &rooted] {
            if let Ok(path) = LocalPath::new(given) {
                stays(path.as_str(), SITE, &target)?;
                prop_assert_eq!(LocalPath::new(path.as_str()), Ok(path));
            }
        }
        match (LocalPath::new(&rooted), Location::from_config(&rooted)) {
            (Ok(path), Ok(location)) => prop_assert_eq!(path.as_str(), location.as_str()),
            (path, location) => prop_assert!(path.is_err() && location.is_err()),
        }
        if let Ok(path) = base.join_encoded(&text) {
            stays(path.as_str(), SITE, &target)?;
            let folder = path_of(base.as_str()).trim_end_matches('/');
            let below = format!("{folder}/");
            prop_assert!(path.as_str().starts_with(&below), "{} left {}", path, base);
            prop_assert_eq!(after(path.as_str(), '#'), fragment);
        }
        if let Ok(path) = base.segment(&text) {
            stays(path.as_str(), SITE, &target)?;
            let last = path_of(path.as_str()).rsplit('/').next().unwrap();
            prop_assert_eq!(percent_decode_str(last).decode_utf8().unwrap(), text.as_str());
            prop_assert_eq!(after(path.as_str(), '#'), fragment);
        }
        prop_assert_eq!(&base.append_encoded_query(None).unwrap(), &base);
        if let Ok(path) = base.append_encoded_query(Some(&text)) {
            stays(path.as_str(), SITE, &target)?;
            prop_assert_eq!(path_of(path.as_str()), path_of(base.as_str()));
            prop_assert_eq!(after(path.as_str(), '#'), fragment);
        }
        if let Ok(path) = base.param(&text, &value) {
            stays(path.as_str(), SITE, &target)?;
            let url = Url::parse(SITE).unwrap().join(path.as_str()).unwrap();
            let (key, parsed) = url.query_pairs().last().unwrap();
            prop_assert_eq!((&*key, &*parsed), (text.as_str(), value.as_str()));
            prop_assert_eq!(after(path.as_str(), '#'), fragment);
        }
    }

    /// What no encoding is needed for is taken, so that the property above is not about errors.
    #[test]
    fn an_ordinary_path_is_sent_as_it_is(
        path in "(/[a-z0-9_~!$&'()*+,;=:@%-]{1,8}){1,5}/?",
        query in proptest::option::of("[a-z0-9/?&=+;:@!'-]{0,12}"),
    ) {
        let text = query.as_ref().map_or(path.clone(), |query| format!("{path}?{query}"));
        prop_assert_eq!(LocalPath::new(&text).unwrap(), text.as_str());
        let built = LocalPath::new(&path).unwrap().append_encoded_query(query.as_deref()).unwrap();
        prop_assert_eq!(built, text.as_str());
    }

    #[test]
    fn a_long_text_is_refused_and_no_more(text in text(), length in 7_900_usize..8_100) {
        let long: String = text.chars().chain(['a']).cycle().take(length).collect();
        let root = LocalPath::from_static("/");
        let built = [
            LocalPath::new(&format!("/{long}")),
            root.join_encoded(&long),
            root.segment(&long),
            root.append_encoded_query(Some(&long)),
            root.param("k", &long),
        ];
        for path in built.into_iter().flatten() {
            stays(path.as_str(), SITE, "/")?;
        }
        let ascii = "a".repeat(length);
        prop_assert_eq!(LocalPath::new(&format!("/{ascii}")).is_ok(), length < 8_000);
    }
}

// ------------------------------------------------------------------------------ (c) origins

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn an_origin_is_the_one_that_a_browser_reads(
        address in address(), path in text(), target in request_target(),
    ) {
        prop_assume!(!has_unread_punycode(&address));
        let Ok(origin) = Origin::new(&address) else {
            return Ok(());
        };
        let url = Url::parse(&address);
        prop_assert!(url.is_ok(), "took {:?}, which is no URL: {:?}", address, url);
        let url = url.unwrap();
        let written = origin.to_string();
        prop_assert_eq!(&written, &url.origin().ascii_serialization());
        prop_assert_eq!(Some(origin.host()), url.host_str());
        prop_assert_eq!(Some(origin.port()), url.port_or_known_default());
        prop_assert_eq!(origin.scheme().as_str(), url.scheme());
        prop_assert_eq!(Origin::new(&written), Ok(origin.clone()));
        if let Ok(path) = LocalPath::new(&format!("/{path}")) {
            if let Ok(location) = origin.location(&path) {
                stays(location.as_str(), &written, &target)?;
                prop_assert_eq!(location.as_str(), format!("{written}{path}"));
            }
        }
    }

    #[test]
    fn an_address_from_configuration_is_the_one_that_a_browser_reads(
        address in address(), mark in select(&["", "/", "/", "/a/", "?", "#"][..]),
        rest in text(), target in request_target(),
    ) {
        let text = format!("{address}{mark}{rest}");
        prop_assume!(!has_unread_punycode(&text));
        let Ok(location) = Location::from_config(&text) else {
            return Ok(());
        };
        let url = Url::parse(&text);
        prop_assert!(url.is_ok(), "took {:?}, which is no URL: {:?}", text, url);
        let url = url.unwrap();
        stays(location.as_str(), &url.origin().ascii_serialization(), &target)?;
        prop_assert_eq!(Location::from_config(location.as_str()), Ok(location.clone()));
        // Two things that a browser does with what somebody types: a backslash in a path is a
        // slash, and spaces at the end are cut off. Here, both are encoded.
        if !path_of(&text).contains('\\') && !text.ends_with(' ') {
            let sent = Url::parse(location.as_str()).unwrap();
            prop_assert_eq!(sent.as_str(), encoded(url.as_str()));
        }
    }

    /// Hosts that nobody doubts are taken, so that the two properties above are not about errors.
    #[test]
    fn an_ordinary_origin_is_taken(
        host in "([a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?\\.){0,3}[a-wyz]{2,6}",
        scheme in select(&["http", "https", "HTTP"][..]),
        port in proptest::option::of(0_u16..),
    ) {
        let port = port.map_or(String::new(), |port| format!(":{port}"));
        let text = format!("{scheme}://{host}{port}");
        prop_assert!(Origin::new(&text).is_ok(), "{}", text);
        prop_assert!(Location::from_config(&text).is_ok(), "{}", text);
    }
}

/// Punycode that was written by hand is not read, as the docs of `Origin` say.
fn has_unread_punycode(text: &str) -> bool {
    let host = text.split_once("//").map_or(text, |(_, host)| host);
    let host = before_any(host, &['/', '\\', '?', '#']);
    host.is_ascii() && host.to_ascii_lowercase().contains("xn--")
}

fn before_any<'a>(text: &'a str, marks: &[char]) -> &'a str {
    &text[..text.find(marks).unwrap_or(text.len())]
}

/// An address of `url` with the bytes encoded that this crate never sends.
fn encoded(address: &str) -> String {
    let (address, fragment) = address.split_at(address.find('#').unwrap_or(address.len()));
    let mut out = address.to_owned();
    if let Some(fragment) = fragment.strip_prefix('#') {
        out.push('#');
        out.push_str(&fragment.replace('#', "%23"));
    }
    for byte in UNSENDABLE.chars() {
        out = out.replace(byte, &format!("%{:02X}", u32::from(byte)));
    }
    out
}

// ----------------------------------------------------------------------------- (b) requests

/// A policy of which the test knows what it answers.
#[derive(Clone, Debug)]
enum Rule {
    Fixed(Location),
    /// The request's own path and query, spelled as a location is.
    Respelled,
    /// The request's path below another.
    Below,
}

impl Rule {
    fn location(&self, path: &str, query: Option<&str>) -> Option<Location> {
        match self {
            Self::Fixed(location) => Some(location.clone()),
            Self::Respelled => {
                let path = LocalPath::from_static("/").join_encoded(path).ok()?;
                Some(path.append_encoded_query(query).ok()?.into())
            }
            Self::Below => {
                let path = LocalPath::from_static("/new#part")
                    .join_encoded(path)
                    .ok()?;
                Some(path.append_encoded_query(query).ok()?.into())
            }
        }
    }

    /// The `url` crate does not climb above `c:` or `c|`, as if every address were a file's; browsers
    /// do.
    fn is_misread_below(&self, target: &str) -> bool {
        let drive = |segment: &str| matches!(segment.as_bytes(), [letter, b':' | b'|'] if letter.is_ascii_alphabetic());
        matches!(self, Self::Fixed(location) if location.as_str().starts_with('.'))
            && path_of(target).split(['/', '\\']).any(drive)
    }

    fn policy(&self, how: StatusChoice) -> BoxPolicy<Redirect> {
        let rule = self.clone();
        policy_fn(move |request| rule.location(request.path(), request.query()))
            .with(how)
            .boxed()
    }
}

fn fixed_rule() -> impl Strategy<Value = Rule> {
    let literal = select(FIXED).prop_map(Location::from_static);
    let text = request_target().prop_filter_map("not a local path", |text| {
        Some(Location::from(LocalPath::new(&text).ok()?))
    });
    let same_site = request_target().prop_filter_map("not a local path", |text| {
        let path = LocalPath::new(&text).ok()?;
        Origin::new(SITE).unwrap().location(&path).ok()
    });
    prop_oneof![literal, text, same_site].prop_map(Rule::Fixed)
}

fn rule() -> impl Strategy<Value = Rule> {
    prop_oneof![2 => fixed_rule(), 1 => Just(Rule::Respelled), 1 => Just(Rule::Below)]
}

fn how() -> impl Strategy<Value = StatusChoice> {
    prop_oneof![
        select(Status::ALL.as_slice()).prop_map(StatusChoice::from),
        select(&[Intent::Temporary, Intent::Permanent, Intent::SeeOther][..])
            .prop_map(StatusChoice::from),
    ]
}

fn method() -> impl Strategy<Value = Method> {
    let names = [
        "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PURGE",
    ];
    select(names.to_vec()).prop_map(|name| name.parse().unwrap())
}

/// Header lines of attackers; `host` is among them.
fn headers() -> impl Strategy<Value = Vec<(HeaderName, HeaderValue)>> {
    let name = select(
        &[
            "host",
            "host",
            "host",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-forwarded-prefix",
            "x-original-url",
            "x-rewrite-url",
            "forwarded",
            "referer",
            "origin",
            "location",
            "accept",
            "cache-control",
            "content-type",
            "upgrade",
            "access-control-request-method",
        ][..],
    );
    let value = prop_oneof![
        4 => select(&["app.example", "app.example", "app.example:443", "APP.example", "evil.example"][..])
            .prop_map(str::to_owned),
        2 => select(&["//evil.example", "https://evil.example/", "text/plain", "websocket"][..])
            .prop_map(str::to_owned),
        2 => text(),
    ];
    vec((name, value), 0..5).prop_map(|lines| {
        lines
            .into_iter()
            .filter_map(|(name, value)| {
                let value = HeaderValue::from_bytes(value.as_bytes()).ok()?;
                Some((HeaderName::from_static(name), value))
            })
            .collect()
    })
}

/// What may stand in a request line and `http::Uri` takes: mostly a path.
fn any_target() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => request_target(),
        1 => select(FIXED).prop_map(|location| location.split('#').next().unwrap().to_owned()),
        1 => (address(), request_target()).prop_map(|(origin, path)| format!("{origin}{path}")),
        1 => select(&["*", "app.example:443", "/", "//", "//evil.example/..", "/%2e%2e/", "/?"][..])
            .prop_map(str::to_owned),
    ]
    .prop_filter("not a request target", |target| {
        target.parse::<Uri>().is_ok()
    })
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn any_request_is_sent_to_a_page_of_the_site_or_passed_on(
        rule in rule(), how in how(), note in any::<bool>(), cache in any::<bool>(),
        method in method(), target in any_target(), headers in headers(),
        aim in proptest::bool::weighted(0.2),
    ) {
        prop_assume!(!rule.is_misread_below(&target));
        // Every fifth request is for the very address that the rule leads to.
        let target = match &rule {
            Rule::Fixed(location) if aim => before(location.as_str(), '#').to_owned(),
            _ => target,
        };
        let asked = Asked { method, target, headers };
        let Some(request) = asked.request() else {
            return Ok(());
        };
        let (path, query) = (request.uri().path(), request.uri().query());
        let expected = rule.location(path, query);
        let status = how.status(request.method(), request.version());
        let seen = exchange(&rule, how, note, cache, asked.request().unwrap())?;

        let Some(location) = seen.location()? else {
            prop_assert_eq!(seen.calls, 1);
            if let Some(location) = expected {
                prop_assert!(
                    asked.is_exempt(&request) || Asked::may_be_page(&request, &location),
                    "{} passed on {:?}", location, asked,
                );
            }
            return Ok(());
        };
        prop_assert_eq!(seen.calls, 0);
        prop_assert_eq!(seen.status, status.as_u16());
        prop_assert_eq!(Some(location.as_str()), expected.as_ref().map(Location::as_str));
        let path_and_query = request.uri().path_and_query().unwrap().as_str();
        stays(&location, SITE, path_and_query)?;
        for (name, value) in &seen.headers {
            let known = ["location", "cache-control", "content-type", "content-length", "vary"];
            prop_assert!(known.contains(&name.as_str()), "{}: {:?}", name, value);
            prop_assert!(!value.as_bytes().iter().any(u8::is_ascii_control));
        }
        let forgets_method = status == Status::SeeOther && !is_read(&asked.method);
        if !forgets_method {
            if Asked::agrees_on_the_host(&request) {
                prop_assert_ne!(before(&location, '#'), asked.target.as_str());
            }
            if let Some(page) = asked.page(&request) {
                let mut next = page.join(&location).unwrap();
                next.set_fragment(None);
                prop_assert_ne!(next, page);
            }
        }
    }

    #[test]
    fn a_client_that_respells_addresses_arrives(text in text(), method in method()) {
        let Ok(path) = LocalPath::new(&format!("/{text}")) else {
            return Ok(());
        };
        let asked = Asked {
            method,
            target: respelled(before(path.as_str(), '#')),
            headers: Vec::new(),
        };
        let Some(request) = asked.request() else {
            return Ok(());
        };
        let rule = Rule::Fixed(path.into());
        let seen = exchange(&rule, Status::TemporaryRedirect.into(), false, false, request)?;
        prop_assert_eq!(seen.location()?, None);
    }

    #[test]
    fn a_browser_is_sent_once_and_arrives(
        rule in prop_oneof![4 => fixed_rule(), 1 => Just(Rule::Respelled)], how in how(),
        method in method(), target in request_target(), headers in headers(),
    ) {
        prop_assume!(!rule.is_misread_below(&target));
        let headers: Vec<_> = headers
            .into_iter()
            .filter(|(name, _)| name != header::HOST)
            .chain([(header::HOST, HeaderValue::from_static("app.example"))])
            .collect();
        let mut page = Url::parse(&format!("{SITE}{target}")).unwrap();
        let mut asked = Asked { method, target, headers };
        // A literal `../x` climbs one folder at a time; everything else arrives at once.
        let climbs = matches!(&rule, Rule::Fixed(location) if location.as_str().starts_with("../"));
        let limit = if climbs { page.path().matches('/').count() } else { 1 };
        for redirects in 0.. {
            let Some(request) = asked.request() else {
                return Ok(());
            };
            let seen = exchange(&rule, how, false, false, request)?;
            let Some(location) = seen.location()? else {
                return Ok(());
            };
            prop_assert!(redirects < limit, "redirected again, to {}: {:?}", location, asked);
            let status = Status::try_from(seen.status).unwrap();
            page = page.join(&location).unwrap();
            asked.method = status.next_method(&asked.method);
            asked.target = page[Position::BeforePath..Position::AfterQuery].to_owned();
        }
    }
}

/// An address as the most eager of clients spells it: escapes in upper case and only where they are
/// needed, `[`, `]`, a lone `%` and (in a query) `'` escaped, no empty query.
fn respelled(address: &str) -> String {
    let mut out = String::new();
    let mut rest = address;
    while let Some(character) = rest.chars().next() {
        let hex = rest
            .get(1..3)
            .filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
        rest = &rest[character.len_utf8()..];
        match (character, hex) {
            ('%', Some(hex)) => {
                let byte = u8::from_str_radix(hex, 16).unwrap();
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    out.push(char::from(byte));
                } else {
                    out.push_str(&format!("%{byte:02X}"));
                }
                rest = &rest[2..];
            }
            ('%', None) => out.push_str("%25"),
            ('[', _) => out.push_str("%5B"),
            (']', _) => out.push_str("%5D"),
            ('\'', _) if out.contains('?') => out.push_str("%27"),
            _ => out.push(character),
        }
    }
    match out.strip_suffix('?') {
        Some(path) if !path.contains('?') => path.to_owned(),
        _ => out,
    }
}

#[derive(Clone, Debug)]
struct Asked {
    method: Method,
    target: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Asked {
    fn request(&self) -> Option<Request<()>> {
        let mut request = Request::new(());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.parse().ok()?;
        for (name, value) in &self.headers {
            request.headers_mut().append(name, value.clone());
        }
        Some(request)
    }

    /// The address of the page that a browser asks for with this request; `None` where no browser
    /// sends it.
    fn page(&self, request: &Request<()>) -> Option<Url> {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        let host = hosts.next()?.to_str().ok()?;
        let alone = hosts.next().is_none() && request.uri().authority().is_none();
        let url = Url::parse(&format!("https://{host}{}", self.target)).ok()?;
        let as_sent = url[Position::BeforePath..] == self.target
            && url[Position::BeforeHost..Position::AfterPort] == *host;
        (alone && as_sent).then_some(url)
    }

    /// Whether target and `Host` name one host; where not, nobody knows what was asked for.
    fn agrees_on_the_host(request: &Request<()>) -> bool {
        let mut hosts = request.headers().get_all(header::HOST).iter();
        match (request.uri().authority(), hosts.next(), hosts.next()) {
            (Some(authority), Some(host), None) => host
                .as_bytes()
                .eq_ignore_ascii_case(authority.as_str().as_bytes()),
            (_, _, second) => second.is_none(),
        }
    }

    /// Whether the location is the page that was asked for, as far as the server can tell.
    fn may_be_page(request: &Request<()>, location: &Location) -> bool {
        let path_and_query = request
            .uri()
            .path_and_query()
            .map_or("/", |text| text.as_str());
        // `http://host?query` asks for the page `/`.
        let path_and_query = &match path_and_query.strip_prefix('?') {
            Some(query) => format!("/?{query}"),
            None => path_and_query.to_owned(),
        };
        let location = location.as_str();
        let location = location.strip_prefix(SITE).unwrap_or(location);
        if location.starts_with('/') {
            return respelled(before(location, '#')) == respelled(path_and_query);
        }
        let base = Url::parse(&format!("{SITE}{path_and_query}")).unwrap();
        let next = base.join(location).unwrap();
        respelled(&next[Position::BeforePath..Position::AfterQuery])
            == respelled(&base[Position::BeforePath..Position::AfterQuery])
    }

    fn is_exempt(&self, request: &Request<()>) -> bool {
        let has = |name: &str| request.headers().contains_key(name);
        !request.uri().path().starts_with('/')
            || self.method == Method::OPTIONS
                && has("origin")
                && has("access-control-request-method")
            || self.method == Method::GET
                && request.headers().get_all("upgrade").iter().any(|line| {
                    let line = line.as_bytes().to_ascii_lowercase();
                    String::from_utf8_lossy(&line).contains("websocket")
                })
    }
}

struct Seen {
    status: u16,
    headers: http::HeaderMap,
    calls: usize,
}

impl Seen {
    fn location(&self) -> Result<Option<String>, TestCaseError> {
        let mut lines = self.headers.get_all(header::LOCATION).iter();
        let location = lines.next();
        prop_assert!(lines.next().is_none(), "two locations");
        Ok(location.map(|value| value.to_str().unwrap().to_owned()))
    }
}

#[derive(Clone, Default)]
struct Inner(Arc<AtomicUsize>);

impl Service<Request<()>> for Inner {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        self.0.fetch_add(1, Ordering::Relaxed);
        ready(Ok(Response::default()))
    }
}

fn exchange(
    rule: &Rule,
    how: StatusChoice,
    note: bool,
    cache: bool,
    request: Request<()>,
) -> Result<Seen, TestCaseError> {
    let inner = Inner::default();
    let policy = rule.policy(how);
    let policy = policy_fn(move |request| {
        let redirect = policy.decide(request).into_redirect()?;
        Some(match cache {
            true => redirect.cache(CacheControl::max_age(Duration::from_secs(60))),
            false => redirect,
        })
    });
    let layer = RedirectLayer::new(policy);
    let response = match note {
        true => poll_once(layer.link_body().layer(inner.clone()).call(request)),
        false => poll_once(layer.layer(inner.clone()).call(request)),
    };
    let (parts, _) = response.into_parts();
    Ok(Seen {
        status: parts.status.as_u16(),
        headers: parts.headers,
        calls: inner.0.load(Ordering::Relaxed),
    })
}

/// Nothing here waits.
fn poll_once<T>(future: impl Future<Output = Result<T, Infallible>>) -> T {
    let mut context = Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        Poll::Ready(Ok(output)) => output,
        Poll::Pending => panic!("the answer is not ready"),
    }
}

// ------------------------------------------------------------------------------ (d) journeys

/// From one of a few paths to one of a few places, so that chains and loops are common.
type Rules = Vec<(&'static str, Status, &'static str)>;

const PATHS: &[&str] = &["/a", "/b", "/a/b", "/a/", "/", "/c"];

const PLACES: &[&str] = &[
    "/a",
    "/b",
    "/a/b",
    "/a/",
    "/",
    "/c",
    "/b?x=1",
    "/a?x=1#one",
    "/c#two",
    "/b#",
    "./b",
    "../c",
    "./",
    "../../a#three",
    "?y=2",
    "?",
    "./.././b",
    "/a?it's",
    "https://app.example/a",
    "https://app.example/b#four",
    "http://app.example/b",
    "http://app.example/a?x=1",
    "https://other.example/a",
    "https://other.example:8443/a/b",
    "https://app.example:8443/",
    "https://192.0.2.1/c",
];

fn rules() -> impl Strategy<Value = Rules> {
    vec(
        (
            select(PATHS),
            select(Status::ALL.as_slice()),
            select(PLACES),
        ),
        0..6,
    )
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn follow_walks_as_a_browser_does(
        rules in rules(), method in method(), start in select(PATHS),
        tail in select(&["", "?x=1", "#start", "?x=1#start", "#"][..]), twenty in any::<bool>(),
    ) {
        let target = format!("{start}{tail}");
        let policy = policy_for(rules.clone());
        let request = testing::request(method.clone(), &target).header("host", "app.example");
        let journey = testing::follow(&policy, request);

        let mut page = Url::parse(&format!("{SITE}{target}")).unwrap();
        let mut method = method;
        let mut hops = Vec::new();
        let end = loop {
            let rule = rules.iter().find(|(from, ..)| *from == page.path());
            let Some(&(_, status, to)) = rule else {
                break End::Arrived;
            };
            let mut next = page.join(to).unwrap();
            // Some clients leave an empty query out, and would come back.
            let address = |url: &Url| url[Position::BeforeHost..Position::AfterQuery].to_owned();
            let (to_page, from_page) = (address(&next), address(&page));
            // Nobody but a policy can know the scheme, so that it does not tell pages apart.
            let same = to_page == from_page || to_page.strip_suffix('?') == Some(&from_page);
            if same && (status != Status::SeeOther || is_read(&method)) {
                break End::Arrived;
            }
            if hops.len() == 20 {
                break End::TooManyRedirects;
            }
            if next.fragment().is_none() {
                next.set_fragment(page.fragment());
            }
            hops.push((method.clone(), page.to_string(), status, to));
            method = status.next_method(&method);
            page = next;
        };
        prop_assert_eq!(journey.hops().len(), hops.len(), "{}", journey);
        for (hop, (method, address, status, to)) in journey.hops().iter().zip(&hops) {
            prop_assert_eq!(&hop.method, method);
            prop_assert_eq!(spelled(&hop.url), address.as_str());
            prop_assert_eq!(hop.status, *status);
            prop_assert_eq!(hop.location.as_str(), *to);
        }
        prop_assert_eq!(journey.end(), &end);
        prop_assert_eq!(journey.method(), &method);
        prop_assert_eq!(spelled(journey.url()), page.as_str());

        // Without an origin, the same way as long as all places are on the site.
        if twenty && rules.iter().all(|(_, _, to)| !to.starts_with("http")) {
            let request = testing::request(
                hops.first().map_or(&method, |(method, ..)| method).clone(),
                &target,
            );
            let bare = testing::follow(&policy, request);
            prop_assert_eq!(bare.hops().len(), hops.len());
            prop_assert_eq!(spelled(&format!("{SITE}{}", bare.url())), page.as_str());
        }
    }
}

fn policy_for(rules: Rules) -> impl Policy<Target = Redirect> {
    policy_fn(move |request| {
        let (_, status, to) = *rules.iter().find(|(from, ..)| *from == request.path())?;
        Some(Redirect::new(status, Location::from_static(to)))
    })
}

/// As browsers spell it: `'` in a query is encoded.
fn spelled(address: &str) -> String {
    Url::parse(address).map_or_else(|error| format!("{address}: {error}"), Url::into)
}

// --------------------------------------------------------------------------- what they share

const UNSENDABLE: &str = "\"<>\\^`{|}";

/// The rule on a location, seen from two pages by a parser that knows nothing of this crate.
fn stays(sent: &str, origin: &str, target: &str) -> Checked {
    prop_assert!(sent.len() <= 8_000);
    prop_assert!(
        sent.bytes()
            .all(|byte| (0x21..=0x7e).contains(&byte) && !UNSENDABLE.contains(char::from(byte))),
        "bytes of {:?}",
        sent
    );
    let path = path_of(sent.strip_prefix(origin).unwrap_or(sent));
    let dots = |segment: &str| {
        matches!(
            segment.to_ascii_lowercase().replace("%2e", ".").as_str(),
            "." | ".."
        )
    };
    let relative = sent.starts_with(['.', '?']);
    prop_assert!(
        relative || !path.split('/').any(dots),
        "dot segments in {:?}",
        sent
    );
    for page in [format!("{SITE}/a/b?c"), format!("{SITE}{target}")] {
        let url = Url::parse(&page).unwrap().join(sent);
        prop_assert!(url.is_ok(), "{:?} from {:?}: {:?}", sent, page, url);
        let url = url.unwrap();
        prop_assert_eq!(
            url.origin().ascii_serialization(),
            origin,
            "{:?} from {:?}",
            sent,
            page
        );
        prop_assert!(url.username().is_empty() && url.password().is_none());
        prop_assert_eq!(url.fragment(), after(sent, '#'));
        if !relative {
            // Nothing is lost or moved on the way: the address is the text.
            let path_and_query = &url[Position::BeforePath..Position::AfterQuery];
            let text = before(sent.strip_prefix(origin).unwrap_or(sent), '#');
            let (path, query) = text.split_at(text.find('?').unwrap_or(text.len()));
            prop_assert_eq!(
                path_and_query,
                format!("{path}{}", query.replace('\'', "%27"))
            );
        }
    }
    Ok(())
}

fn is_read(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

fn path_of(reference: &str) -> &str {
    before(before(reference, '#'), '?')
}

fn before(text: &str, delimiter: char) -> &str {
    text.split(delimiter).next().unwrap()
}

fn after(text: &str, delimiter: char) -> Option<&str> {
    Some(text.split_once(delimiter)?.1)
}

const BASES: &[&str] = &[
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

const FIXED: &[&str] = &[
    "/",
    "/x",
    "/x?y=1",
    "/x#top",
    "/x/",
    "/it's?it's",
    "/(x)~",
    "/x//y",
    "/%2F",
    "/?",
    "?",
    "?x=1",
    "./x",
    "../x",
    "./",
    "https://app.example/",
    "https://app.example/x#top",
];

/// Texts that attackers write.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        1 => select(&["\t", "\r", "\n", "\r\n", "\0", "\x1f", "\x7f"][..]).prop_map(str::to_owned),
        2 => select(&["/../", "/./", "..", ".", "%2e", "%2E", ".%2e", "/%2e%2E/"][..])
            .prop_map(str::to_owned),
        4 => any::<char>().prop_map(String::from),
        12 => "[!-~]{1,3}",
        12 => "[a-zA-Z0-9]{1,3}",
        24 => select(TOKENS).prop_map(str::to_owned),
    ];
    vec(part, 0..7).prop_map(|parts| parts.concat())
}

/// A path and query that `http::Uri` takes.
fn request_target() -> impl Strategy<Value = String> {
    text().prop_filter_map("not a request target", |text| {
        let target = format!("/{}", before(&text, '#'));
        target.parse::<Uri>().is_ok().then_some(target)
    })
}

/// Origins, and what looks like one.
fn address() -> impl Strategy<Value = String> {
    let scheme = select(&["http://", "https://", "HTTPS://", "hTTp://"][..]);
    let label = prop_oneof![
        8 => select(LABELS).prop_map(str::to_owned),
        2 => "[a-z0-9-]{1,8}",
        1 => "xn--[a-z0-9-]{1,8}",
        1 => any::<char>().prop_map(String::from),
        1 => text(),
    ];
    let dot = select(&[".", ".", ".", ".", "\u{3002}", ""][..]);
    let name = (vec((label, dot), 1..4), any::<bool>()).prop_map(|(labels, open)| {
        let mut name: String = labels
            .iter()
            .map(|(label, dot)| format!("{label}{dot}"))
            .collect();
        if !open {
            name.truncate(name.trim_end_matches('.').len());
        }
        name
    });
    let ipv6 = (
        vec("0|[0-9a-fA-F]{1,4}|", 1..9),
        select(&["", "::", "::1.2.3.4"][..]),
    )
        .prop_map(|(groups, tail)| format!("[{}{tail}]", groups.join(":")));
    let ipv4 = vec(select(NUMBERS), 1..6).prop_map(|numbers| numbers.join("."));
    let host = prop_oneof![10 => name, 2 => ipv6, 2 => ipv4];
    let port = select(PORTS);
    (scheme, host, port).prop_map(|(scheme, host, port)| format!("{scheme}{host}{port}"))
}

const TOKENS: &[&str] = &[
    "/",
    "//",
    "///",
    "\\",
    "/\\",
    "\\\\",
    ":",
    "@",
    "?",
    "#",
    "%",
    "%2f",
    "%5C",
    "%09",
    "%0d%0a",
    "%00",
    "%25",
    "%zz",
    "%%",
    " ",
    "evil.example",
    "//evil.example",
    "@evil.example",
    "app.example",
    "https:",
    "https://",
    "HTTPS:\\\\",
    "javascript:alert(1)",
    "data:,",
    "c|",
    "\u{e9}",
    "\u{130}",
    "\u{3002}",
    "\u{ff0f}",
    "\u{ff3c}",
    "\u{200d}",
    "\u{ad}",
    "\u{202e}",
    "\u{feff}",
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

const LABELS: &[&str] = &[
    "example",
    "app",
    "a",
    "COM",
    "x1",
    "xn--bcher-kva",
    "b\u{fc}cher",
    "a-b",
    "a_b",
    "ab--cd",
    "xn--",
    "xn--a",
    "XN--BCHER-KVA",
    "xn--zca",
    "xn--i\u{f1}valid",
    "-a",
    "a-",
    "*",
    "%41",
    "%2e",
    "\u{df}",
    "\u{131}",
    "\u{fb00}",
    "\u{ff41}",
    "\u{ff11}",
    "\u{200c}",
    "\u{5d0}",
    "e\u{301}",
    "\u{1f4a9}",
    "1",
    "0x1f",
    "08",
];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "127",
    "255",
    "256",
    "01",
    "08",
    "0x",
    "0x7f",
    "00x1",
    "4294967295",
    "1e3",
    "x1",
];

const PORTS: &[&str] = &[
    "",
    "",
    "",
    "",
    "",
    "",
    ":80",
    ":443",
    ":8080",
    ":0",
    ":65535",
    ":65536",
    ":0443",
    ":",
    ":+1",
    ":a",
    ":\u{ff11}",
];

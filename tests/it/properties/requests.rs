//! (b) Requests, and what the layer sends.

use super::*;

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
        Origin::new(SITE).unwrap().join(&path).ok()
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
/// needed, every byte escaped that a location never has, `[`, `]`, a lone `%` and (in a query) `'`,
/// no empty query.
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
            _ if !character.is_ascii() || UNSENDABLE.contains(character) => {
                let mut buffer = [0; 4];
                for byte in character.encode_utf8(&mut buffer).bytes() {
                    out.push_str(&format!("%{byte:02X}"));
                }
            }
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
        let redirect = policy.decide(request).into_target()?;
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

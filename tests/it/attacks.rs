//! Requests that broke redirect code elsewhere, row by row of `vectors/attacks.jsonl`: directly
//! through `Service::call`, and over a socket; with and without the hypertext note.
//!
//! A further policy is one function from `config` to a policy and one arm in [`build`].

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    num::NonZeroU8,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri, Version};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tower::{Layer, Service, ServiceExt};
use tower_redirect::{
    LocalPath, Location, Policy, Redirect, RedirectLayer, Status,
    policy::{
        BoxPolicy, CanonicalHost, Https, HttpsEnforcement, MergeSlashes, ReturnTo, SchemeSource,
        TrailingSlash,
    },
    policy_fn,
    rules::{Rule, Rules, Source},
    testing::{self, End},
    trust::{ForwardedHeader, TrustedProxies, connect_info},
};
use url::Url;

const ROWS: &str = include_str!("../vectors/attacks.jsonl");
const SITE: &str = "https://app.example";

/// The policy of a row; `None` where the crate does not have it yet.
fn build(policy: &str, config: &Value) -> Option<Result<BoxPolicy<Redirect>, String>> {
    match policy {
        "fixed" => Some(fixed(config)),
        "trailing_slash_trim" => Some(permanent(TrailingSlash::Trim)),
        "trailing_slash_append" => Some(permanent(TrailingSlash::Append)),
        "merge_slashes" => Some(permanent(MergeSlashes)),
        "canonical_host" => Some(canonical_host(config).and_then(permanent)),
        "https" => Some(https(config).and_then(permanent)),
        "return_to" => Some(return_to(config)),
        "prefix_map" => Some(table(prefix_map(config))),
        "splat" => Some(table(splat(config))),
        "capture" => Some(table(capture(config))),
        "regex" => Some(table(regex(config))),
        _ => None,
    }
}

fn permanent(
    policy: impl Policy<Target = Location> + 'static,
) -> Result<BoxPolicy<Redirect>, String> {
    Ok(policy.with(Status::PermanentRedirect).boxed())
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().map(text).collect()
}

/// One host, and listed aliases of it.
fn canonical_host(config: &Value) -> Result<CanonicalHost, String> {
    CanonicalHost::with_aliases(text(&config["canonical"]), texts(&config["aliases"]))
        .map_err(|error| error.to_string())
}

/// Everything is plaintext but what a trusted proxy says; the hosts stay what they are, or one is
/// canonical.
fn https(config: &Value) -> Result<Https, String> {
    let mut hosts: Vec<String> = texts(&config["allowed_hosts"])
        .into_iter()
        .map(str::to_owned)
        .collect();
    let fillers = config["allowed_hosts_filler"].as_u64().unwrap_or(0);
    hosts.extend((0..fillers).map(|n| format!("h{n}.example")));
    let host = match config["then_canonical"].as_str() {
        Some(canonical) => {
            let aliases = hosts.into_iter().filter(|host| host != canonical);
            CanonicalHost::with_aliases(canonical, aliases)
        }
        None => CanonicalHost::one_of(hosts),
    }
    .map_err(|error| error.to_string())?;

    let source = match &config["trust"] {
        Value::Null => SchemeSource::plaintext_listener(),
        config => SchemeSource::trusted_proxy(trust(config)?),
    };
    let mut plaintext = HttpsEnforcement::new(source);
    if let Some(port) = config["https_port"].as_u64() {
        plaintext = plaintext.port(port.try_into().unwrap());
    }
    if config["unsafe_methods"] == "reject" {
        plaintext = plaintext.refuse_unsafe_methods();
    }
    if config["hsts_preload_safe"] == true {
        plaintext = plaintext.same_host_first();
    }
    for path in texts(&config["exempt"]) {
        // The challenges of certificate authorities are exempt without a word.
        if path != "/.well-known/acme-challenge/*" {
            plaintext = plaintext.exempt(LocalPath::new(path).map_err(|e| format!("{path}: {e}"))?);
        }
    }
    Ok(Https::on(host, plaintext))
}

/// Exact paths, each with a target from configuration; a loop among them is found by following each,
/// as a program would check its own rules before it serves.
fn fixed(config: &Value) -> Result<BoxPolicy<Redirect>, String> {
    let rule = |rule: &Value| -> Result<_, String> {
        let from = text(&rule["from"]).to_owned();
        let to = Location::from_config(text(&rule["to"])).map_err(|error| error.to_string())?;
        Ok(to
            .when(move |request| request.path() == from)
            .with(Status::PermanentRedirect)
            .boxed())
    };
    let configured = match config["rules"].as_array() {
        Some(rules) => rules.as_slice(),
        None => std::slice::from_ref(config),
    };
    let rules = configured.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
    for rule in configured {
        let journey = testing::follow(&rules, testing::get(text(&rule["from"])));
        if *journey.end() == End::TooManyRedirects {
            return Err(format!("a loop:\n{journey}"));
        }
    }
    Ok(rules.boxed())
}

fn table(rules: Vec<Rule>) -> Result<BoxPolicy<Redirect>, String> {
    let rules = Rules::new(rules).map_err(|error| error.to_string())?;
    Ok(rules.boxed())
}

/// One path or all below it; a body is not sent to another origin where the row forbids it.
fn prefix_map(config: &Value) -> Vec<Rule> {
    let source = match config["exact"] == true {
        true => Source::exact(text(&config["from"])),
        false => Source::prefix(text(&config["from"])),
    };
    let target = text(&config["to"]);
    let rule = Rule::permanent(source.clone(), target);
    match config["cross_origin_unsafe_methods"].as_str() {
        None => vec![rule],
        Some("see_other_or_reject") => vec![
            rule.methods([Method::GET, Method::HEAD]),
            Rule::see_other(source, target),
        ],
        Some(other) => panic!("a row with {other}"),
    }
}

/// `/*` and `:splat`, the slash alone included.
fn splat(config: &Value) -> Vec<Rule> {
    let source = text(&config["from"]).replace('*', "{*splat?}");
    let target = text(&config["to"]).replace(":splat", "{splat}");
    let rule = Rule::permanent(source, target);
    vec![match config["when_host"].as_str() {
        Some(host) => rule.host(host),
        None => rule,
    }]
}

/// Native placeholders; a host that may be captured is written out, once for each that is listed.
fn capture(config: &Value) -> Vec<Rule> {
    let (source, target) = (text(&config["from"]), text(&config["to"]));
    match &config["allow_host_capture"] {
        Value::Null => vec![Rule::permanent(source, target)],
        listed => texts(listed)
            .into_iter()
            .map(|host| {
                let written = |text: &str| text.replace("{tenant}", host);
                Rule::permanent(written(source), written(target))
            })
            .collect(),
    }
}

/// A regex with its anchors, and `$1`.
fn regex(config: &Value) -> Vec<Rule> {
    let mut target = text(&config["replace"]).to_owned();
    for group in 1..10 {
        target = target.replace(&format!("${group}"), &format!("{{{group}}}"));
    }
    vec![Rule::permanent(
        Source::regex(text(&config["pattern"])),
        target,
    )]
}

#[test]
fn every_row_holds() {
    let rows: Vec<Row> = ROWS.lines().map(Row::read).collect();
    assert_eq!(rows.len(), 331);

    let runner = Runner::new();
    let mut tally = Tally::default();
    for row in &rows {
        if row.refused_by_parsers {
            runner.assert_refused_on_the_wire(row);
            tally.refused.push(row.id.as_str());
        }
        match build(&row.policy, &row.config) {
            None => *tally.missing.entry(&row.policy).or_default() += 1,
            Some(_) => tally.count(row, &runner.run(row)),
        }
    }
    println!("{}", tally.closing_line(&rows));
    assert!(tally.failures.is_empty(), "{:#?}", tally.failures);
    let ran = [
        ("canonical_host", 13),
        ("capture", 15),
        ("fixed", 20),
        ("https", 72),
        ("merge_slashes", 10),
        ("prefix_map", 16),
        ("regex", 16),
        ("return_to", 83),
        ("splat", 20),
        ("trailing_slash_append", 35),
        ("trailing_slash_trim", 31),
    ];
    assert_eq!(tally.ran, BTreeMap::from(ran));
    assert_eq!(tally.missing, BTreeMap::new());
}

/// Where a visitor wanted to go, from one query parameter.
fn return_to(config: &Value) -> Result<BoxPolicy<Redirect>, String> {
    let fallback = LocalPath::new(text(&config["fallback"])).map_err(|e| e.to_string())?;
    let mut return_to = ReturnTo::new(fallback);
    for origin in texts(&config["allow_origins"]) {
        return_to = return_to.allow(origin).map_err(|e| e.to_string())?;
    }
    let policy = return_to.query(text(&config["param"]));
    Ok(policy.with(Status::SeeOther).boxed())
}

/// Who is believed.
fn trust(config: &Value) -> Result<TrustedProxies, String> {
    let peers = TrustedProxies::networks(texts(&config["peers"]), connect_info)
        .map_err(|e| e.to_string())?;
    let header = match text(&config["proto_header"]) {
        "forwarded" => ForwardedHeader::Forwarded,
        "x-forwarded-proto" => ForwardedHeader::XForwardedProto,
        other => return Err(format!("a row with {other}")),
    };
    let hops = u8::try_from(config["hops"].as_u64().unwrap()).unwrap();
    let trust = peers.header(header).hops(NonZeroU8::new(hops).unwrap());
    Ok(match config["host_header"].is_string() {
        true => trust.and_host(),
        false => trust,
    })
}

/// What came out of all the rows.
#[derive(Default)]
struct Tally<'a> {
    ran: BTreeMap<&'a str, usize>,
    runs: usize,
    controls: usize,
    escapes: usize,
    refused: Vec<&'a str>,
    missing: BTreeMap<&'a str, usize>,
    failures: Vec<String>,
}

impl<'a> Tally<'a> {
    fn count(&mut self, row: &'a Row, results: &[RunResult]) {
        *self.ran.entry(&row.policy).or_default() += 1;
        self.runs += results.len();
        self.controls += usize::from(row.tier == "control");
        let failed: Vec<_> = results
            .iter()
            .filter(|result| result.why.is_some())
            .collect();
        self.escapes += failed.iter().filter(|result| result.escaped).count();
        for RunResult { how, why, .. } in failed {
            let why = why.as_deref().unwrap_or_default();
            let Row { id, source, .. } = row;
            self.failures.push(format!("{id} ({source}), {how}: {why}"));
        }
    }

    fn closing_line(&self, rows: &[Row]) -> String {
        let advisories: BTreeSet<&str> = rows
            .iter()
            .filter(|row| self.ran.contains_key(row.policy.as_str()))
            .flat_map(|row| {
                row.source
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
            })
            .filter(|word| {
                ["CVE-", "GHSA-", "RUSTSEC-"]
                    .iter()
                    .any(|kind| word.starts_with(kind))
            })
            .collect();
        format!(
            "{} rows in {} runs: {} escapes, {} failures, {} controls; by policy {:?}; advisories \
             {advisories:?}\nrefused by the server before any policy: {:?}\nnot of \
             this policy yet: {:?}",
            self.ran.values().sum::<usize>(),
            self.runs,
            self.escapes,
            self.failures.len(),
            self.controls,
            self.ran,
            self.refused,
            self.missing,
        )
    }
}

/// How one run of a row went.
struct RunResult {
    how: &'static str,
    why: Option<String>,
    escaped: bool,
}

#[derive(Debug)]
struct Row {
    id: String,
    source: String,
    policy: String,
    asked: Asked,
    config: Value,
    must: Map<String, Value>,
    tier: String,
    refused_by_parsers: bool,
}

/// A request, before anything has parsed it.
#[derive(Clone, Debug)]
struct Asked {
    method: Method,
    scheme: String,
    host: String,
    target: String,
    headers: Vec<(String, String)>,
    peer: Option<SocketAddr>,
    /// Whether the row is about what only HTTP/2 can say.
    pseudo_fields: bool,
}

impl Row {
    fn read(line: &str) -> Self {
        let row: Value = serde_json::from_str(line).unwrap();
        let own = |key: &str| text(&row[key]).to_owned();
        let request = &row["request"];
        let headers = request["headers"].as_object().into_iter().flatten();
        let target = match &request["target_gen"] {
            Value::Null => text(&request["target"]).to_owned(),
            long => {
                let n = long["n"].as_u64().unwrap().try_into().unwrap();
                let middle = text(&long["repeat"]).repeat(n);
                format!("{}{middle}{}", text(&long["prefix"]), text(&long["suffix"]))
            }
        };
        Self {
            id: own("id"),
            source: own("source"),
            policy: own("policy"),
            asked: Asked {
                method: text(&request["method"]).parse().unwrap(),
                scheme: request["scheme"].as_str().unwrap_or("https").into(),
                host: request["host"].as_str().unwrap_or("app.example").into(),
                target,
                headers: headers
                    .map(|(name, value)| (name.clone(), text(value).to_owned()))
                    .collect(),
                peer: request["peer"]
                    .as_str()
                    .map(|address| SocketAddr::new(address.parse().unwrap(), 50_000)),
                pseudo_fields: row["config"]["version"] == "h2",
            },
            config: row["config"].clone(),
            must: row["must"].as_object().unwrap().clone(),
            tier: own("tier"),
            refused_by_parsers: row["wire"] == "uri_refused",
        }
    }

    /// Whether this request can be brought to the layer in this way.
    fn can_be_sent(&self, transport: Transport) -> Result<(), &'static str> {
        let asked = &self.asked;
        if self.refused_by_parsers {
            return Err("refused by the server, so never at the layer");
        }
        match transport {
            Transport::Direct => Ok(()),
            Transport::Http1 if asked.pseudo_fields => Err("it is about pseudo-fields of HTTP/2"),
            Transport::Http1 => Ok(()),
            Transport::Http2 if !asked.target.starts_with(['/', '*']) => {
                Err("HTTP/2 has no target of this form")
            }
            Transport::Http2 if asked.lines().any(|(name, _)| name == "connection") => {
                Err("HTTP/2 has no such field as Connection")
            }
            Transport::Http2 if asked.target_as_http2().is_none() => {
                Err("the host is none that the client sends")
            }
            Transport::Http2 => Ok(()),
        }
    }
}

impl Asked {
    /// The lines of the header section after `Host`; `name#2` is a second line of a name.
    fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .filter(|(name, _)| !name.starts_with(':'))
            .map(|(name, value)| (name.split('#').next().unwrap(), value.as_str()))
    }

    /// HTTP/2 says it in `:authority`; a row that says both has two.
    fn sends_host(&self, http2: bool) -> bool {
        !http2 || self.pseudo_fields
    }

    fn target_as_http2(&self) -> Option<Uri> {
        Uri::builder()
            .scheme(self.pseudo(":scheme").unwrap_or(&self.scheme))
            .authority(self.pseudo(":authority").unwrap_or(&self.host))
            .path_and_query(&*self.target)
            .build()
            .ok()
    }

    fn pseudo(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(other, _)| other == name)?;
        Some(value)
    }

    fn request(&self, http2: bool) -> Request<()> {
        let mut request = Request::new(());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.parse().unwrap();
        if http2 {
            *request.version_mut() = Version::HTTP_2;
            *request.uri_mut() = self.target_as_http2().unwrap();
        }
        if self.sends_host(http2) {
            let host = HeaderValue::from_bytes(self.host.as_bytes()).unwrap();
            request.headers_mut().append(http::header::HOST, host);
        }
        for (name, value) in self.lines() {
            let name: HeaderName = name.parse().unwrap();
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            request.headers_mut().append(name, value);
        }
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        request
    }

    fn bytes(&self) -> Vec<u8> {
        let Self {
            method,
            target,
            host,
            ..
        } = self;
        let mut text = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n");
        for (name, value) in self.lines() {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("connection: close\r\n\r\n");
        text.into_bytes()
    }

    /// What the inner service has to receive where the request is passed on.
    fn unchanged(&self, has_host: bool) -> Received {
        let mut headers: Vec<_> = self.lines().map(pair).collect();
        if has_host {
            headers.push(pair(("host", &self.host)));
        }
        headers.sort();
        Received {
            method: self.method.clone(),
            target: self.target.clone(),
            headers,
        }
    }

    /// The request of a client that follows a location from here, and its address.
    fn follow(&self, status: u16, location: &str) -> Result<Self, String> {
        let Self {
            scheme,
            host,
            target,
            ..
        } = self;
        let here = Url::parse(&format!("{scheme}://{host}{target}")).map_err(|e| e.to_string())?;
        let next = here.join(location).map_err(|error| error.to_string())?;
        let status = Status::try_from(status).map_err(|error| error.to_string())?;
        Ok(Self {
            method: status.next_method(&self.method),
            scheme: next.scheme().to_owned(),
            host: next[url::Position::BeforeHost..url::Position::AfterPort].to_owned(),
            target: next[url::Position::BeforePath..url::Position::AfterQuery].to_owned(),
            headers: self.headers.clone(),
            peer: self.peer,
            pseudo_fields: self.pseudo_fields,
        })
    }
}

/// What the inner service received.
#[derive(Clone, Debug, PartialEq)]
struct Received {
    method: Method,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
}

/// What the client received, and what happened behind the layer.
#[derive(Debug)]
struct Seen {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    called: Vec<Received>,
    polled: usize,
    http2: bool,
}

impl Seen {
    fn locations(&self) -> impl Iterator<Item = &[u8]> {
        self.headers
            .iter()
            .filter(|(name, _)| name == "location")
            .map(|(_, value)| value.as_slice())
    }

    fn location(&self) -> Option<&str> {
        self.locations()
            .next()
            .and_then(|value| std::str::from_utf8(value).ok())
    }

    fn redirects(&self) -> bool {
        (300..400).contains(&self.status) && self.locations().count() > 0
    }

    fn rejects(&self) -> bool {
        (400..500).contains(&self.status) && self.locations().count() == 0
    }
}

/// Counts and records its calls, and answers something that nobody takes for a redirect.
#[derive(Clone, Default)]
struct Inner {
    called: Arc<Mutex<Vec<Received>>>,
    polled: Arc<Mutex<usize>>,
}

impl<B> Service<Request<B>> for Inner {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut headers: Vec<_> = request
            .headers()
            .iter()
            // What the clients add themselves: to end the connection, and for a body of nothing.
            .filter(|(name, _)| !["connection", "content-length"].contains(&name.as_str()))
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect();
        headers.sort();
        self.called.lock().unwrap().push(Received {
            method: request.method().clone(),
            target: match request.uri().path_and_query() {
                Some(target) if request.version() == Version::HTTP_2 => target.to_string(),
                _ => request.uri().to_string(),
            },
            headers,
        });
        let polled = Arc::clone(&self.polled);
        Box::pin(async move {
            *polled.lock().unwrap() += 1;
            let mut response = Response::new(Full::from("inner"));
            response
                .headers_mut()
                .insert("x-inner", HeaderValue::from_static("1"));
            Ok(response)
        })
    }
}

/// How a request reaches the layer.
#[derive(Clone, Copy)]
enum Transport {
    Direct,
    Http1,
    Http2,
}

type Shared = Arc<dyn Policy<Target = Redirect>>;

struct Runner {
    runtime: Runtime,
}

impl Runner {
    fn new() -> Self {
        Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
        }
    }

    fn assert_refused_on_the_wire(&self, row: &Row) {
        let target = &row.asked.target;
        assert!(
            target.parse::<Uri>().is_err(),
            "{}: {target:?} is a URI",
            row.id
        );
        let nobody: Shared = Arc::new(policy_fn(|_| None::<Redirect>));
        let seen = self
            .exchange(Transport::Http1, &nobody, false, &row.asked)
            .unwrap();
        assert_eq!(seen.status, 400, "{}: {seen:?}", row.id);
        assert!(seen.called.is_empty());
    }

    fn run(&self, row: &Row) -> Vec<RunResult> {
        let transports = [
            (Transport::Direct, ["called", "called with note"]),
            (Transport::Http1, ["HTTP/1.1", "HTTP/1.1 with note"]),
            (Transport::Http2, ["HTTP/2", "HTTP/2 with note"]),
        ];
        let mut results = Vec::new();
        for (transport, names) in transports {
            if let Err(reason) = row.can_be_sent(transport) {
                println!("{}: not over {}: {reason}", row.id, names[0]);
                continue;
            }
            for (note, how) in [false, true].into_iter().zip(names) {
                let run = || self.run_once(row, transport, note);
                let (why, escaped) = match panic::catch_unwind(AssertUnwindSafe(run)) {
                    Ok(Ok(())) => (None, false),
                    Ok(Err((why, escaped))) => (Some(why), escaped),
                    Err(_) => (Some("panicked".to_owned()), false),
                };
                results.push(RunResult { how, why, escaped });
            }
        }
        results
    }

    fn run_once(&self, row: &Row, transport: Transport, note: bool) -> Result<(), (String, bool)> {
        let began = Instant::now();
        let run = match build(&row.policy, &row.config).unwrap() {
            Err(error) => Run {
                seen: Err(error.to_string()),
                policy: None,
                took: began.elapsed(),
            },
            Ok(policy) => {
                let policy = Shared::from(policy);
                let seen = self
                    .exchange(transport, &policy, note, &row.asked)
                    .map_err(|why| (why, false))?;
                Run {
                    took: began.elapsed(),
                    seen: Ok(seen),
                    policy: Some(policy),
                }
            }
        };
        let has_note = run.seen.as_ref().is_ok_and(|seen| {
            !seen.redirects() || row.asked.method == Method::HEAD || !seen.body.is_empty()
        });
        if note && run.seen.is_ok() && !has_note {
            return Err(("the note is missing".to_owned(), false));
        }
        let again = |asked: &Asked| match &run.policy {
            Some(policy) => self.exchange(transport, policy, note, asked),
            None => Err("nothing was built".to_owned()),
        };
        for (key, value) in &row.must {
            holds(key, value, row, &run, &again).map_err(|why| {
                let escaped = key.contains("origin");
                (format!("{key} {value}: {why}; {:?}", run.seen), escaped)
            })?;
        }
        Ok(())
    }

    fn exchange(
        &self,
        transport: Transport,
        policy: &Shared,
        note: bool,
        asked: &Asked,
    ) -> Result<Seen, String> {
        let layer = RedirectLayer::new(Arc::clone(policy));
        let inner = Inner::default();
        match note {
            true => self.send(
                transport,
                layer.link_body().layer(inner.clone()),
                &inner,
                asked,
            ),
            false => self.send(transport, layer.layer(inner.clone()), &inner, asked),
        }
    }

    fn send<S>(
        &self,
        transport: Transport,
        service: S,
        inner: &Inner,
        asked: &Asked,
    ) -> Result<Seen, String>
    where
        S: Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible>,
        S: Service<
                Request<hyper::body::Incoming>,
                Response = Response<Full<Bytes>>,
                Error = Infallible,
            >,
        S: Clone + Send + 'static,
        <S as Service<Request<hyper::body::Incoming>>>::Future: Send,
    {
        let (status, headers, body) = match transport {
            Transport::Direct => {
                let request = asked.request(asked.pseudo_fields);
                let Ok(response) = self.runtime.block_on(service.oneshot(request));
                let (parts, body) = response.into_parts();
                let Ok(body) = self.runtime.block_on(body.collect());
                let headers = parts
                    .headers
                    .iter()
                    .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
                    .collect();
                (parts.status.as_u16(), headers, body.to_bytes().to_vec())
            }
            Transport::Http1 => self.runtime.block_on(over_http1(service, asked))?,
            Transport::Http2 => self.runtime.block_on(over_http2(service, asked))?,
        };
        let called = inner.called.lock().unwrap().clone();
        let polled = *inner.polled.lock().unwrap();
        Ok(Seen {
            status,
            headers,
            body,
            called,
            polled,
            http2: matches!(transport, Transport::Http2)
                || matches!(transport, Transport::Direct) && asked.pseudo_fields,
        })
    }
}

type Answer = (u16, Vec<(String, Vec<u8>)>, Vec<u8>);

/// A server for one connection, and a client's end of it.
async fn connect<S>(
    service: S,
    peer: Option<SocketAddr>,
    http2: bool,
) -> (tokio::task::JoinHandle<()>, TcpStream)
where
    S: Service<
            Request<hyper::body::Incoming>,
            Response = Response<Full<Bytes>>,
            Error = Infallible,
        >,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = tower::service_fn(move |mut request: Request<hyper::body::Incoming>| {
            if let Some(peer) = peer {
                request.extensions_mut().insert(ConnectInfo(peer));
            }
            service.clone().oneshot(request)
        });
        let (io, service) = (TokioIo::new(stream), TowerToHyperService::new(service));
        // A refused request is an error here; a panic of the service is one of the task.
        if http2 {
            let _served = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .max_header_list_size(1 << 20)
                .serve_connection(io, service)
                .await;
        } else {
            let _served = hyper::server::conn::http1::Builder::new()
                .serve_connection(io, service)
                .await;
        }
    });
    (server, TcpStream::connect(address).await.unwrap())
}

async fn over_http2<S>(service: S, asked: &Asked) -> Result<Answer, String>
where
    S: Service<
            Request<hyper::body::Incoming>,
            Response = Response<Full<Bytes>>,
            Error = Infallible,
        >,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let (server, stream) = connect(service, asked.peer, true).await;
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
    let client = tokio::spawn(connection);
    let request = asked.request(true).map(|()| Full::<Bytes>::default());
    let response = tokio::time::timeout(Duration::from_secs(10), sender.send_request(request))
        .await
        .map_err(|_| "no answer in 10 s")?
        .map_err(|error| format!("{error:?}"))?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?;
    drop(sender);
    let _closed = client.await;
    server.await.map_err(|error| error.to_string())?;
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect();
    Ok((parts.status.as_u16(), headers, body.to_bytes().to_vec()))
}

async fn over_http1<S>(service: S, asked: &Asked) -> Result<Answer, String>
where
    S: Service<
            Request<hyper::body::Incoming>,
            Response = Response<Full<Bytes>>,
            Error = Infallible,
        >,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let (server, mut stream) = connect(service, asked.peer, false).await;
    stream.write_all(&asked.bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), read)
        .await
        .map_err(|_| "no answer in 10 s")?
        .map_err(|error| error.to_string())?;
    server.await.map_err(|error| error.to_string())?;
    parse(&answer).ok_or_else(|| format!("not an answer: {:?}", String::from_utf8_lossy(&answer)))
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, body) = (&answer[..end], &answer[end + 4..]);
    let mut lines = head
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    let status = std::str::from_utf8(lines.next()?)
        .ok()?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()?;
    let headers: Vec<_> = lines
        .map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            let name = std::str::from_utf8(&line[..colon])
                .ok()?
                .to_ascii_lowercase();
            Some((name, line[colon + 1..].trim_ascii().to_vec()))
        })
        .collect::<Option<_>>()?;
    let chunked = headers.iter().any(|(name, _)| name == "transfer-encoding");
    (!chunked).then(|| (status, headers, body.to_vec()))
}

/// A row that was run: the answer, or why nothing was built.
struct Run {
    seen: Result<Seen, String>,
    policy: Option<Shared>,
    took: Duration,
}

/// Whether one key of `must` holds.
fn holds(
    key: &str,
    value: &Value,
    row: &Row,
    run: &Run,
    again: &dyn Fn(&Asked) -> Result<Seen, String>,
) -> Result<(), String> {
    let must = |holds: bool, why: &str| if holds { Ok(()) } else { Err(why.to_owned()) };
    // What holds, or not, whether there is an answer.
    match key {
        "any" => {
            let alternatives = value.as_array().unwrap().iter().map(|keys| {
                let mut keys = keys.as_object().unwrap().iter();
                keys.try_for_each(|(key, value)| holds(key, value, row, run, again))
            });
            let failed: Vec<_> = alternatives.map_while(Result::err).collect();
            return must(
                failed.len() < value.as_array().unwrap().len(),
                &failed.join(" and "),
            );
        }
        "config_error" => return must(run.seen.is_err(), "it was built"),
        // A panic has ended the run before.
        "no_panic" => return Ok(()),
        "max_ms" if cfg!(debug_assertions) => {
            println!("{}: the time limit is for release builds", row.id);
            return Ok(());
        }
        "max_ms" => {
            let limit = Duration::from_millis(value.as_u64().unwrap());
            return must(run.took <= limit, &format!("took {:?}", run.took));
        }
        "same_origin" | "origin_in" | "origin_in_or_suffix" if run.seen.is_err() => return Ok(()),
        _ => {}
    }
    let Ok(seen) = &run.seen else {
        return Err("nothing was built".to_owned());
    };
    let location = seen.location();
    let here = |seen: &Seen| stays(seen, row, &[Value::from(SITE)]);
    match key {
        "same_origin" => here(seen),
        "origin_in" | "origin_in_or_suffix" => stays(seen, row, value.as_array().unwrap()),
        "reject" => must(seen.rejects(), "not rejected"),
        "reject_or_pass" => must(seen.rejects() || !seen.called.is_empty(), "neither"),
        "reject_or_same_origin" if seen.rejects() => Ok(()),
        "reject_or_same_origin" => must(seen.redirects(), "neither").and_then(|()| here(seen)),
        "pass_through" => must(
            seen.called == [row.asked.unchanged(row.asked.sends_host(seen.http2))]
                && seen.status == 200,
            "not passed on, or not unchanged",
        ),
        "not_pass_through" => must(seen.called.is_empty(), "passed on"),
        "inner_not_called" => must(seen.called.is_empty() && seen.polled == 0, "called"),
        "no_location" => must(seen.locations().count() == 0, "there is one"),
        "status" => must(*value == seen.status, "another status"),
        "status_in" => must(
            value.as_array().unwrap().contains(&seen.status.into()),
            "not in it",
        ),
        "status_not_in" => must(
            !value.as_array().unwrap().contains(&seen.status.into()),
            "in it",
        ),
        "location_is" => must(location == value.as_str(), "another location"),
        "location_ascii" => must(
            seen.locations()
                .flatten()
                .all(|byte| (0x21..=0x7e).contains(byte)),
            "not visible ASCII",
        ),
        "location_no_bytes" => must(
            !seen
                .locations()
                .flatten()
                .any(|byte| text(value).as_bytes().contains(byte)),
            "one of the bytes",
        ),
        "location_path_prefix_or_none" => match location {
            None => Ok(()),
            Some(location) => {
                let url = Url::parse(SITE)
                    .unwrap()
                    .join(location)
                    .map_err(|e| e.to_string())?;
                must(url.path().starts_with(text(value)), "another path")
            }
        },
        "query_keys_are" => {
            let Some(location) = location else {
                return Ok(());
            };
            let url = Url::parse(SITE)
                .unwrap()
                .join(location)
                .map_err(|e| e.to_string())?;
            let keys: Vec<Value> = url
                .query_pairs()
                .map(|(key, _)| Value::from(&*key))
                .collect();
            must(
                keys == *value.as_array().unwrap() && url.fragment().unwrap_or("").is_empty(),
                "another query",
            )
        }
        "no_header_injection" => {
            let mut known = vec![
                "location",
                "cache-control",
                "content-type",
                "content-length",
                "vary",
                "date",
                "connection",
            ];
            if !seen.called.is_empty() {
                known.push("x-inner");
            }
            let foreign = seen
                .headers
                .iter()
                .find(|(name, _)| !known.contains(&name.as_str()));
            let control = |byte: &u8| *byte < 0x20 || *byte == 0x7f;
            must(
                foreign.is_none()
                    && seen.locations().count() <= 1
                    && !seen.locations().flatten().any(control),
                &format!("injected {foreign:?}"),
            )
        }
        "max_hops" => {
            let limit = value.as_u64().unwrap();
            let mut hops = 0;
            let mut asked = row.asked.clone();
            loop {
                let seen = again(&asked)?;
                let Some(location) = seen.location() else {
                    return Ok(());
                };
                hops += 1;
                if hops > limit {
                    return Err(format!("redirect {hops}, to {location}"));
                }
                asked = asked.follow(seen.status, location)?;
            }
        }
        "two_hop_same_origin" => {
            let Some(first) = location else { return Ok(()) };
            let next = row.asked.follow(seen.status, first)?;
            let slashes = [
                permanent(TrailingSlash::Trim),
                permanent(TrailingSlash::Append),
                permanent(MergeSlashes),
            ];
            for policy in slashes {
                let policy = Shared::from(policy?);
                let seen = Runner::new().exchange(Transport::Direct, &policy, false, &next)?;
                here(&seen)?;
            }
            Ok(())
        }
        "no_body_reflection" => {
            let body = String::from_utf8_lossy(&seen.body).to_ascii_lowercase();
            let target = row.asked.target.to_ascii_lowercase();
            let (_, query) = target.split_once('?').unwrap_or((&target, &target));
            let decoded = percent_decode_str(query).decode_utf8_lossy();
            let sent = location.unwrap_or_default().to_ascii_lowercase();
            must(
                !body.contains("<script")
                    && (decoded == query || !body.contains(&*decoded))
                    && (sent.contains(query) || !body.contains(query)),
                "reflected",
            )
        }
        "empty_body" => must(seen.body.is_empty(), "not empty"),
        "no_header" => must(
            !seen.headers.iter().any(|(name, _)| name == text(value)),
            "sent",
        ),
        other => Err(format!("no check for {other:?} yet")),
    }
}

/// No location, or one that leads to an origin of the list from both pages; `.x` is a suffix.
fn stays(seen: &Seen, row: &Row, origins: &[Value]) -> Result<(), String> {
    for location in seen.locations() {
        let location = std::str::from_utf8(location).map_err(|error| error.to_string())?;
        for page in [format!("{SITE}/"), page_of(&row.asked.target)] {
            let base = Url::parse(&page).map_err(|error| format!("{page}: {error}"))?;
            let url = base
                .join(location)
                .map_err(|error| format!("{location}: {error}"))?;
            let web = matches!(url.scheme(), "http" | "https");
            let named = !url.username().is_empty() || url.password().is_some();
            let origin = url.origin().ascii_serialization();
            let listed = origins
                .iter()
                .map(text)
                .any(|listed| match listed.strip_prefix('.') {
                    None => origin == listed,
                    Some(_) => {
                        url.port().is_none()
                            && url.host_str().is_some_and(|host| {
                                host.strip_suffix(listed)
                                    .is_some_and(|label| !label.is_empty())
                            })
                    }
                });
            if !web || named || !listed {
                return Err(format!("{location} leads from {page} to {url}"));
            }
        }
    }
    Ok(())
}

/// The page that a request target names on the site, whatever its form.
fn page_of(target: &str) -> String {
    match target.parse::<Uri>() {
        Ok(uri) if uri.scheme().is_some() => format!("{SITE}{}", uri.path_and_query().unwrap()),
        _ => format!("{SITE}{target}"),
    }
}

fn pair((name, value): (&str, &str)) -> (String, Vec<u8>) {
    (name.to_ascii_lowercase(), value.as_bytes().to_vec())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

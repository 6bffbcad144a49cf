//! The parts of a redirect to a target with captures, beside `format!` and handwritten code.

use std::{
    cell::RefCell,
    convert::Infallible,
    error::Error,
    future::{Future, Ready, ready},
    hint::black_box,
    io,
    pin::pin,
    task::{Context, Poll, Waker},
};

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tower::Service;
use tower_redirect::{
    Policy, RedirectLayer, RequestHead,
    middleware::RedirectService,
    rules::{Rule, Rules},
};

use crate::{
    RESPOND, callgrind,
    engines::Requests,
    heap,
    keys::{self, Kind},
    table::{Table, number, ratio},
};

const COUNT: usize = 1_000;
const HIT: &str = "/blog/2019/how-we-moved-the-garden";
const MISS: &str = "/news/2019/how-we-moved-the-garden";
const SOURCE: &str = "/blog/{year}/{slug}";
const TARGET: &str = "https://www.example.com/articles/{slug}?from={year}";
const WRITTEN: &str = "https://www.example.com/articles/how-we-moved-the-garden?from=2019";
/// The bytes that handwritten code percent-encodes in a segment or a query value.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One way to build the redirect. The argument is the number of redirects.
struct Case {
    name: &'static str,
    work: Box<dyn Fn(usize)>,
}

/// Returns paths that the pattern matches, all as long as [`HIT`].
///
/// A rule table is hashed with a random seed. What one lookup costs depends on that seed. The
/// average over a thousand paths doesn't.
fn hits() -> Vec<String> {
    let year = |index: usize| (1_100 + index).to_string();
    (0..COUNT)
        .map(|index| HIT.replace("2019", &year(index)))
        .collect()
}

/// Returns paths that no rule matches, all as long as [`MISS`].
fn misses() -> Vec<String> {
    let section = |index| format!("n{index:03}");
    (0..COUNT)
        .map(|index| MISS.replace("news", &section(index)))
        .collect()
}

/// The positions of the cases in the list.
mod index {
    pub(super) const FORMAT: usize = 1;
    pub(super) const MISS: usize = 5;
    pub(super) const FIXED: usize = 6;
    pub(super) const COMPUTED: usize = 7;
    pub(super) const EXACT_MISS: usize = 8;
    pub(super) const EXACT_HIT: usize = 9;
    pub(super) const LAYER_MISS: usize = 10;
    pub(super) const LAYER_HIT: usize = 11;
    pub(super) const BARE: usize = 12;
}

fn cases() -> Vec<Case> {
    let case = |name, work: fn()| {
        let work = Box::new(move |count| (0..count).for_each(|_| work()));
        Case { name, work }
    };
    let decide = |name, source, target, paths: Vec<String>| {
        let requests = Requests::new(paths);
        let rules = rules(source, target);
        let work = Box::new(move |count| {
            for head in requests.heads.iter().cycle().take(count) {
                drop(black_box(black_box(&rules).decide(head)));
            }
        });
        Case { name, work }
    };
    let layer = || RedirectService::from_layer(Inner, RedirectLayer::new(rules(SOURCE, TARGET)));
    vec![
        case("format! and HeaderValue::from_str", || {
            drop(black_box(formatted(captures())));
        }),
        case("the same, in a response", || {
            drop(black_box(response(HeaderMap::new(), formatted(captures()))));
        }),
        case("the same, captures percent-encoded", || {
            drop(black_box(response(HeaderMap::new(), encoded(captures()))));
        }),
        service("matchit, format!, in a response", hits(), Matchit::new()),
        Case {
            name: "a text of known length, in the request's header map",
            work: {
                let map = RefCell::new(request_headers());
                Box::new(move |count| {
                    for _ in 0..count {
                        let response = black_box(response(map.take(), by_hand(captures())));
                        map.replace(response.into_parts().0.headers);
                    }
                })
            },
        },
        decide("this crate, no rule matches", SOURCE, TARGET, misses()),
        decide("match, a target without captures", SOURCE, WRITTEN, hits()),
        decide("match, a target with captures", SOURCE, TARGET, hits()),
        decide("exact rule, no match", HIT, WRITTEN, misses()),
        decide("exact rule, match", HIT, WRITTEN, vec![HIT.to_owned()]),
        service("the layer, passed through", misses(), layer()),
        service("the layer, redirected", hits(), layer()),
        service("the service without the layer", misses(), Inner),
        service(
            "the layer, 1000 exact rules, passed through",
            misses(),
            exact(),
        ),
        service(
            "the layer, 1000 exact rules, redirected",
            exact_hits(),
            exact(),
        ),
    ]
}

fn captures() -> (&'static str, &'static str) {
    (black_box("how-we-moved-the-garden"), black_box("2019"))
}

#[inline(never)]
fn formatted((slug, year): (&str, &str)) -> HeaderValue {
    let target = format!("https://www.example.com/articles/{slug}?from={year}");
    HeaderValue::from_str(&target).expect("the bytes are valid")
}

#[inline(never)]
fn encoded((slug, year): (&str, &str)) -> HeaderValue {
    let slug = utf8_percent_encode(slug, ENCODED);
    let year = utf8_percent_encode(year, ENCODED);
    let target = format!("https://www.example.com/articles/{slug}?from={year}");
    HeaderValue::from_str(&target).expect("the bytes are valid")
}

#[inline(never)]
fn by_hand((slug, year): (&str, &str)) -> HeaderValue {
    let pieces = ["https://www.example.com/articles/", slug, "?from=", year];
    let mut target = Vec::with_capacity(pieces.iter().map(|piece| piece.len()).sum());
    for piece in pieces {
        target.extend_from_slice(piece.as_bytes());
    }
    HeaderValue::from_maybe_shared(bytes::Bytes::from(target)).expect("the bytes are valid")
}

#[inline(never)]
fn response(mut headers: HeaderMap, location: HeaderValue) -> Response<()> {
    headers.clear();
    headers.insert(header::LOCATION, location);
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    *response.headers_mut() = headers;
    response
}

fn rules(source: &str, target: &str) -> Rules {
    Rules::new([Rule::moved_permanently(source, target)]).expect("the rule is valid")
}

/// Returns the layer with many exact rules.
fn exact() -> RedirectService<Inner, Rules> {
    let rule = |index| Rule::moved_permanently(keys::path(index), keys::target(Kind::Exact, index));
    let rules = Rules::new((0..COUNT).map(rule)).expect("the rules are valid");
    RedirectService::from_layer(Inner, RedirectLayer::new(rules))
}

/// Returns the sources of the exact rules.
fn exact_hits() -> Vec<String> {
    (0..COUNT).map(keys::path).collect()
}

/// Returns the header fields of a request.
fn request_headers() -> HeaderMap {
    let host = HeaderValue::from_static("www.example.org");
    HeaderMap::from_iter([(header::HOST, host)])
}

/// Returns a case that sends requests to a service. The header map is reused, as in a server.
fn service<S>(name: &'static str, paths: Vec<String>, service: S) -> Case
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible> + 'static,
{
    let urls = paths.into_iter().map(Uri::try_from);
    let urls: Vec<Uri> = urls.collect::<Result<_, _>>().expect("the texts are paths");
    let state = RefCell::new((service, request_headers()));
    let work = Box::new(move |count| {
        let (service, map) = &mut *state.borrow_mut();
        for url in urls.iter().cycle().take(count) {
            let mut request = Request::new(());
            *request.uri_mut() = url.clone();
            *request.headers_mut() = std::mem::take(map);
            *map = black_box(call(service, black_box(request)))
                .into_parts()
                .0
                .headers;
        }
    });
    Case { name, work }
}

#[inline(never)]
fn call<S>(service: &mut S, request: Request<()>) -> Response<()>
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible>,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    match pin!(service.call(request)).poll(&mut cx) {
        Poll::Ready(Ok(response)) => response,
        Poll::Pending => unreachable!("every response here is ready"),
    }
}

/// The inner service.
struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}

/// The handwritten version: a route, `format!` and a new response.
struct Matchit(matchit::Router<()>);

impl Matchit {
    fn new() -> Self {
        let mut router = matchit::Router::new();
        router.insert(SOURCE, ()).expect("the route is valid");
        Self(router)
    }
}

impl Service<Request<()>> for Matchit {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        let route = self.0.at(request.uri().path());
        let text = |name| route.as_ref().ok().and_then(|route| route.params.get(name));
        let response = match (text("slug"), text("year")) {
            (Some(slug), Some(year)) => response(HeaderMap::new(), formatted((slug, year))),
            _ => Response::new(()),
        };
        ready(Ok(response))
    }
}

/// Prints the tables.
pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    check();
    println!("\n## A target with two captures\n\nIt is `{WRITTEN}`.\n");
    let cases = cases();
    let counted = counts(cases.len())?;
    let mut table = Table::new([
        "way",
        "instr",
        "instr / format!, in a response",
        "instr more than without the layer",
        "allocs",
    ]);
    for (case, instructions) in cases.iter().zip(&counted) {
        (case.work)(COUNT);
        let calls = heap::calls(|| (case.work)(COUNT));
        table.row([
            case.name.to_owned(),
            number(*instructions, 0),
            ratio(*instructions, counted[index::FORMAT]),
            number(
                instructions
                    .zip(counted[index::BARE])
                    .filter(|_| case.name.starts_with("the layer"))
                    .map(|(all, bare)| all - bare),
                0,
            ),
            number(Some(calls as f64 / COUNT as f64), 2),
        ]);
    }
    print!("{table}");
    parts(&counted);
    Ok(())
}

/// Prints the cost of the parts of a redirect. Each is the difference of two rows.
fn parts(counted: &[Option<f64>]) {
    let difference = |more: usize, less: usize| Some(counted[more]? - counted[less]?);
    let redirect = difference(index::EXACT_HIT, index::EXACT_MISS);
    let fixed = difference(index::FIXED, index::MISS).zip(redirect);
    let computed = difference(index::COMPUTED, index::MISS);
    let redirected = difference(index::LAYER_HIT, index::LAYER_MISS).zip(computed);
    let rows = [
        (
            "a request that passes through",
            difference(index::LAYER_MISS, index::MISS),
        ),
        ("a lookup without a match", counted[index::MISS]),
        (
            "the pattern and its captures",
            fixed.map(|(all, redirect)| all - redirect),
        ),
        ("the redirect of a rule", redirect),
        (
            "captures percent-encoded, written and checked",
            difference(index::COMPUTED, index::FIXED),
        ),
        (
            "the guard and the response",
            redirected.map(|(all, computed)| all - computed),
        ),
    ];
    println!("\n### Its parts\n");
    let mut table = Table::new(["part", "instr", "instr / format!, in a response"]);
    let mut row = |name: &str, count: Option<f64>| {
        table.row([
            name.to_owned(),
            number(count, 0),
            ratio(count, counted[index::FORMAT]),
        ]);
    };
    for (name, count) in rows {
        row(name, count);
    }
    let building = rows.iter().rev().take(3).map(|(_, count)| *count).sum();
    row("the last three: building the response", building);
    print!("{table}");
}

/// Asserts that all ways send the same `Location`.
fn check() {
    let expected = HeaderValue::from_static(WRITTEN);
    let captures = ("how-we-moved-the-garden", "2019");
    for value in [formatted(captures), encoded(captures), by_hand(captures)] {
        assert_eq!(value, expected);
    }
    let mut layer = RedirectService::from_layer(Inner, RedirectLayer::new(rules(SOURCE, TARGET)));
    let request = |path| Request::get(path).body(()).expect("it is a path");
    assert_eq!(
        call(&mut layer, request(HIT)).headers()["location"],
        expected
    );
    assert!(
        call(&mut layer, request(MISS))
            .headers()
            .get("location")
            .is_none()
    );
    let matchit = call(&mut Matchit::new(), request(HIT));
    assert_eq!(matchit.headers()["location"], expected);
    let head = request(HIT);
    let fixed = rules(SOURCE, WRITTEN);
    let decision = fixed.decide(&RequestHead::new(&head));
    assert_eq!(*decision.target().unwrap().location(), *WRITTEN);
}

fn counts(cases: usize) -> io::Result<Vec<Option<f64>>> {
    if !callgrind::is_available() {
        return Ok(vec![None; cases]);
    }
    let marks = callgrind::between_marks(&[RESPOND])?;
    let (sections, _) = marks.as_chunks::<3>();
    let per_redirect = |[_, once, twice]: &[u64; 3]| Some((twice - once) as f64 / COUNT as f64);
    Ok(sections.iter().map(per_redirect).collect())
}

/// Runs every case [`COUNT`] times and twice as often, with marks around it.
pub(crate) fn run_counted() {
    for case in cases() {
        // Tables and services do some work once, for their first request.
        (case.work)(COUNT);
        callgrind::set_mark();
        (case.work)(COUNT);
        callgrind::set_mark();
        (case.work)(2 * COUNT);
        callgrind::set_mark();
    }
}

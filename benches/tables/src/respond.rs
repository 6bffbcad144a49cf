//! A redirect to a target with captures, part by part, beside `format!` and what is written by hand.

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
    Decision, Policy, RedirectLayer, RequestHead,
    middleware::RedirectService,
    rules::{Rule, Rules},
};

use crate::{
    RESPOND, callgrind, heap,
    keys::{self, Kind},
    table::{Table, number, ratio},
};

const COUNT: usize = 1_000;
const HIT: &str = "/blog/2019/how-we-moved-the-garden";
const MISS: &str = "/news/2019/how-we-moved-the-garden";
const SOURCE: &str = "/blog/{year}/{slug}";
const TARGET: &str = "https://www.example.com/articles/{slug}?from={year}";
const WRITTEN: &str = "https://www.example.com/articles/how-we-moved-the-garden?from=2019";
/// What an author encodes of a text for a segment or a value.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One way to do it.
struct Case {
    name: &'static str,
    work: Box<dyn Fn()>,
}

/// Where each case stands in the list.
mod at {
    pub(super) const FORMAT: usize = 1;
    pub(super) const MISS: usize = 5;
    pub(super) const FIXED: usize = 6;
    pub(super) const WRITTEN: usize = 7;
    pub(super) const EXACT_MISS: usize = 8;
    pub(super) const EXACT_HIT: usize = 9;
    pub(super) const PASSED: usize = 10;
    pub(super) const ANSWERED: usize = 11;
    pub(super) const BARE: usize = 12;
}

fn cases() -> Vec<Case> {
    let case = |name, work: Box<dyn Fn()>| Case { name, work };
    let decide = |name, source, target, path: &'static str| {
        let request = Request::get(path).body(()).expect("it is a path");
        let head = RequestHead::new(Box::leak(Box::new(request)));
        let rules = rules(source, target);
        let work = Box::new(move || drop(black_box(black_box(&rules).decide(&head))));
        Case { name, work }
    };
    let layer = || RedirectService::from_layer(Inner, RedirectLayer::new(rules(SOURCE, TARGET)));
    vec![
        case(
            "format! and HeaderValue::from_str",
            Box::new(|| {
                black_box(formatted(captures()));
            }),
        ),
        case(
            "the same, in a response",
            Box::new(|| {
                black_box(response(HeaderMap::new(), formatted(captures())));
            }),
        ),
        case(
            "the same, captures encoded",
            Box::new(|| {
                black_box(response(HeaderMap::new(), encoded(captures())));
            }),
        ),
        answers("matchit, format!, in a response", HIT, Matchit::new()),
        case("a text of known length, in the client's own map", {
            let map = RefCell::new(received());
            Box::new(move || {
                let answer = black_box(response(map.take(), by_hand(captures())));
                map.replace(answer.into_parts().0.headers);
            })
        }),
        decide("this crate, no rule", SOURCE, TARGET, MISS),
        decide("found, a target without captures", SOURCE, WRITTEN, HIT),
        decide("found and written", SOURCE, TARGET, HIT),
        decide("exact rule, none", HIT, WRITTEN, MISS),
        decide("exact rule, found", HIT, WRITTEN, HIT),
        answers("the layer, passed on", MISS, layer()),
        answers("the layer, answered", HIT, layer()),
        answers("the service without the layer", MISS, Inner),
        answers("the layer, 1000 exact rules, passed on", MISS, exact()),
        answers("the layer, 1000 exact rules, answered", found(), exact()),
    ]
}

fn captures() -> (&'static str, &'static str) {
    (black_box("how-we-moved-the-garden"), black_box("2019"))
}

#[inline(never)]
fn formatted((slug, year): (&str, &str)) -> HeaderValue {
    let target = format!("https://www.example.com/articles/{slug}?from={year}");
    HeaderValue::from_str(&target).expect("it can be sent")
}

#[inline(never)]
fn encoded((slug, year): (&str, &str)) -> HeaderValue {
    let slug = utf8_percent_encode(slug, ENCODED);
    let year = utf8_percent_encode(year, ENCODED);
    let target = format!("https://www.example.com/articles/{slug}?from={year}");
    HeaderValue::from_str(&target).expect("it can be sent")
}

#[inline(never)]
fn by_hand((slug, year): (&str, &str)) -> HeaderValue {
    let pieces = ["https://www.example.com/articles/", slug, "?from=", year];
    let mut target = Vec::with_capacity(pieces.iter().map(|piece| piece.len()).sum());
    for piece in pieces {
        target.extend_from_slice(piece.as_bytes());
    }
    HeaderValue::from_maybe_shared(bytes::Bytes::from(target)).expect("it can be sent")
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
    Rules::new([Rule::moved_permanently(source, target)]).expect("the rule is right")
}

/// The layer with many rules.
fn exact() -> RedirectService<Inner, Rules> {
    let rule = |at| Rule::moved_permanently(keys::path(at), keys::target(Kind::Exact, at));
    let rules = Rules::new((0..1_000).map(rule)).expect("the rules are right");
    RedirectService::from_layer(Inner, RedirectLayer::new(rules))
}

/// A path that one of them has.
fn found() -> &'static str {
    Box::leak(keys::path(500).into_boxed_str())
}

/// What a client sends.
fn received() -> HeaderMap {
    let host = HeaderValue::from_static("www.example.org");
    HeaderMap::from_iter([(header::HOST, host)])
}

/// A request and its answer; the map of header fields goes round, as in a server.
fn answers<S>(name: &'static str, path: &'static str, service: S) -> Case
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible> + 'static,
{
    let uri = Uri::from_static(path);
    let state = RefCell::new((service, received()));
    let work = Box::new(move || {
        let (service, map) = &mut *state.borrow_mut();
        let mut request = Request::new(());
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = std::mem::take(map);
        *map = black_box(call(service, black_box(request)))
            .into_parts()
            .0
            .headers;
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
        Poll::Pending => unreachable!("all answers here are ready"),
    }
}

/// The app.
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

/// What is written by hand: a route, `format!`, a response of its own.
struct Matchit(matchit::Router<()>);

impl Matchit {
    fn new() -> Self {
        let mut router = matchit::Router::new();
        router.insert(SOURCE, ()).expect("the route is right");
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
        let found = self.0.at(request.uri().path());
        let text = |name| found.as_ref().ok().and_then(|found| found.params.get(name));
        let answer = match (text("slug"), text("year")) {
            (Some(slug), Some(year)) => response(HeaderMap::new(), formatted((slug, year))),
            _ => Response::new(()),
        };
        ready(Ok(answer))
    }
}

/// Prints the tables.
pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    check();
    println!("\n## A target with two captures\n\nIt is `{WRITTEN}`.\n");
    let cases = cases();
    let counted = counts(cases.len())?;
    let mut table = Table::new([
        "how",
        "instr",
        "instr / format!, in a response",
        "instr more than without the layer",
        "allocs",
    ]);
    for (case, instructions) in cases.iter().zip(&counted) {
        (case.work)();
        let calls = heap::calls(|| (0..COUNT).for_each(|_| (case.work)()));
        table.row([
            case.name.to_owned(),
            number(*instructions, 0),
            ratio(*instructions, counted[at::FORMAT]),
            number(
                instructions
                    .zip(counted[at::BARE])
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

/// Prints what the parts of an answer cost: each is the difference of two rows.
fn parts(counted: &[Option<f64>]) {
    let less = |more: usize, less: usize| Some(counted[more]? - counted[less]?);
    let redirect = less(at::EXACT_HIT, at::EXACT_MISS);
    let found = less(at::FIXED, at::MISS).zip(redirect);
    let decided = less(at::WRITTEN, at::MISS);
    let answered = less(at::ANSWERED, at::PASSED).zip(decided);
    let rows = [
        ("a request, passed on", less(at::PASSED, at::MISS)),
        ("a lookup that finds nothing", counted[at::MISS]),
        (
            "a pattern compared, captures found",
            found.map(|(all, redirect)| all - redirect),
        ),
        ("the redirect of a rule", redirect),
        (
            "captures encoded, written and checked",
            less(at::WRITTEN, at::FIXED),
        ),
        (
            "the guard, the response",
            answered.map(|(all, decided)| all - decided),
        ),
    ];
    println!("\n### Its parts\n");
    let mut table = Table::new(["part", "instr", "instr / format!, in a response"]);
    let mut row = |name: &str, count: Option<f64>| {
        table.row([
            name.to_owned(),
            number(count, 0),
            ratio(count, counted[at::FORMAT]),
        ]);
    };
    for (name, count) in rows {
        row(name, count);
    }
    let building = rows.iter().rev().take(3).map(|(_, count)| *count).sum();
    row("the last three: a response is built", building);
    print!("{table}");
}

/// Whether all ways lead to the same place.
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
    let by_route = call(&mut Matchit::new(), request(HIT));
    assert_eq!(by_route.headers()["location"], expected);
    let head = request(HIT);
    let fixed = rules(SOURCE, WRITTEN);
    let decision = fixed.decide(&RequestHead::new(&head));
    assert!(matches!(decision, Decision::Redirect(redirect) if *redirect.location() == *WRITTEN));
}

fn counts(cases: usize) -> io::Result<Vec<Option<f64>>> {
    if !callgrind::is_available() {
        return Ok(vec![None; cases]);
    }
    let marks = callgrind::between_marks(&[RESPOND])?;
    let (stretches, _) = marks.as_chunks::<3>();
    let each = |[_, once, twice]: &[u64; 3]| Some((twice - once) as f64 / COUNT as f64);
    Ok(stretches.iter().map(each).collect())
}

/// Does each so many times and twice as many, under callgrind.
pub(crate) fn counted() {
    for case in cases() {
        (case.work)();
        callgrind::set_mark();
        (0..COUNT).for_each(|_| (case.work)());
        callgrind::set_mark();
        (0..2 * COUNT).for_each(|_| (case.work)());
        callgrind::set_mark();
    }
}

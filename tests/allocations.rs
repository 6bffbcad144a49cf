//! What tables of rules cost in memory while they are asked; a binary of its own, because it counts.

use std::convert::Infallible;

use allocation_counter::measure;
use http::{Method, Request, Response};
use tower::{Layer, Service, service_fn};
use tower_redirect::{
    Canonical, LocalPath, Policy, Redirect, RedirectLayer, RequestHead, Status,
    policy::{CanonicalHost, HttpsEnforcement, SchemeSource},
    rules::{Condition, Rule, Rules, Source, netlify, vercel},
    testing,
    trust::{ForwardedHeader, TrustedProxies},
};

/// What some work allocates once it has been done a few times.
fn allocations<T>(mut work: impl FnMut() -> T) -> u64 {
    for _ in 0..3 {
        drop(work());
    }
    measure(|| drop(work())).count_total
}

/// Rules of every kind, each kind of comparison and more than a hundred shapes among them.
fn rules() -> Rules {
    let exact = (0..1_000).map(|n| Rule::permanent(format!("/old/{n}/page"), format!("/new/{n}")));
    let shapes = (0..200).map(|n| {
        let (before, behind) = ("a".repeat(n % 15), "b".repeat(n / 15));
        Rule::found(format!("/x/{before}{{x}}{behind}/{n}"), "/y/{x}")
    });
    let others = [
        Rule::permanent("/blog/{slug}", "/posts/{slug}"),
        Rule::permanent("/docs/{*rest}", "/manual/{rest}"),
        Rule::permanent(Source::prefix("/shop"), "https://shop.example"),
        Rule::permanent("/Mixed/{x}", "/mixed/{x}").ignore_case(),
        Rule::permanent("/slash", "/to").ignore_trailing_slash(),
        Rule::permanent("/host", "/to").host("*.old.example"),
        Rule::permanent("/page?id=5", "/to"),
        Rule::permanent("/page", "/to/{q}").when(Condition::query("q").captured_as("q")),
        Rule::found("/lang", "/de").when(Condition::cookie("lang").equal_to("de")),
        Rule::found("/beta", "/b").when(Condition::header("x-beta")),
        Rule::permanent(Source::regex(r"/(\d{4})/(\d\d)"), "/posts/{1}-{2}"),
    ];
    Rules::new(exact.chain(shapes).chain(others)).unwrap()
}

#[test]
fn a_request_that_no_rule_answers_allocates_nothing() {
    let rules = rules();
    let long = format!("/x/{}", "a/%c3%a9/".repeat(100));
    for target in [
        "/",
        "/old/1000/page",
        "/old/7/page/",
        "/blog/a/b",
        "/x/aab/7000",
        "/caf%c3%a9/%41",
        "/caf\u{e9}",
        "/page?id=6&x=y&z",
        "/lang",
        "/beta",
        "/2024/1",
        "/host",
        "/docs",
        &long,
    ] {
        let request = testing::get(target)
            .header("host", "www.new.example")
            .header("cookie", "a=b; lang=en");
        let head = request.head();
        assert!(rules.decide(&head).is_pass(), "{target}");
        assert_eq!(allocations(|| rules.decide(&head)), 0, "{target}");
    }
}

/// The canonical host, exempt paths and well-known files are compared in place.
#[test]
fn a_canonical_request_allocates_nothing() {
    let pairs = [
        ("www.example.com", "example.com"),
        ("shop.example", "www.shop.example"),
    ];
    let https = HttpsEnforcement::new(SchemeSource::tls_listener()).exempt_subtree("/health");
    let policy = Canonical::on(CanonicalHost::from_pairs(pairs).unwrap())
        .https(https)
        .trim_trailing_slash()
        .merge_slashes()
        .lower_case()
        .then(None::<Redirect>);
    let proxies = TrustedProxies::dangerously_any_peer()
        .header(ForwardedHeader::XForwardedProto)
        .and_host()
        .and_prefix();
    let policy = policy.trusting(proxies);
    let at_host = LocalPath::from_static("/x").when(|request| request.host() == "g.example");
    for (host, target) in [
        ("example.com", "/a/b?C=D"),
        ("www.shop.example:443", "/caf%C3%A9"),
        ("example.com", "/.well-known/Apple-App-Site-Association/"),
        ("example.com", "/health/db"),
    ] {
        let request = testing::get(target)
            .header("host", "backend")
            .header("x-forwarded-proto", "https")
            .header("x-forwarded-host", host)
            .header("x-forwarded-prefix", "/shop/");
        let head = request.head();
        assert!(policy.decide(&head).is_pass(), "{host} {target}");
        assert_eq!(allocations(|| policy.decide(&head)), 0, "{host} {target}");
    }
    for host in [
        "g.example.org",
        "G.Example.:8080x",
        "[0:0::1]:80",
        "H.example:80",
        "1.2.3",
    ] {
        let request = testing::get("/").header("host", host);
        let head = request.head();
        assert!(at_host.decide(&head).is_pass(), "{host}");
        assert_eq!(allocations(|| at_host.decide(&head)), 0, "{host}");
    }
}

/// Whether it is found by its path alone, by a pattern or by conditions, and how often its host or
/// its query has to be read.
#[test]
fn a_rule_that_passes_or_refuses_allocates_nothing() {
    let plain = [Rule::pass("/pass"), Rule::gone("/gone")];
    let others = [
        Rule::found("/{w}/{x}/{y}/{z}", "/to"),
        Rule::pass("/api/{*rest}").host("a.example"),
        Rule::gone("/jobs/{id}?old").unless(Condition::cookie("session")),
        Rule::pass("/kept/{*rest}").except(["/kept/not{/*rest}"]),
        Rule::found("/kept/not/{x}", "/to").except(["/kept/not/7"]),
        Rule::gone("/kept/{*rest}"),
    ];
    let all = Rules::new(plain.iter().cloned().chain(others)).unwrap();
    let plain = Rules::new(plain).unwrap();
    for (rules, target) in [
        (&plain, "/pass?x"),
        (&plain, "/gone"),
        (&all, "/%70ass"),
        (&all, "/gone"),
        (&all, "/api/x/y"),
        (&all, "/jobs/7?old"),
        (&all, "/kept/1"),
        (&all, "/kept/not/7"),
    ] {
        let request = testing::get(target).header("host", "a.example");
        let head = request.head();
        assert!(rules.find(&head).is_some(), "{target}");
        assert!(rules.decide(&head).into_target().is_none(), "{target}");
        assert_eq!(allocations(|| rules.decide(&head)), 0, "{target}");
    }
}

#[test]
fn a_target_without_placeholders_is_sent_as_it_is_kept() {
    let rules = rules();
    for target in [
        "/old/17/page",
        "/%6Fld/17/page",
        "/slash/",
        "/host",
        "/beta",
    ] {
        let request = testing::get(target)
            .header("host", "www.old.example")
            .header("x-beta", "1");
        let head = request.head();
        let decided = || rules.decide(&head).into_target().expect(target);
        assert_eq!(allocations(decided), 0, "{target}");
    }
}

/// Conditions of every kind, and queries that are encoded.
#[test]
fn conditions_that_do_not_hold_allocate_nothing() {
    let keyed = (0..100).map(|id| Rule::found(format!("/keyed?q={id}+b"), "/to"));
    let of_both = ["a b", "c&d"];
    let rules = Rules::new(keyed.chain([
        Rule::found("/one-of", "/to").when(Condition::query("q").one_of(of_both)),
        Rule::found("/unless", "/to").unless(Condition::query("q").one_of(of_both)),
        Rule::found("/header", "/to").when(Condition::header("x-a").equal_to("2")),
        Rule::found("/cookie", "/to").when(Condition::cookie("lang").one_of(["de", "fr"])),
        Rule::found("/matching", "/to/{n}").when(Condition::query("n").matching(r"(?<n>\d+)")),
    ]));
    let hosts = vercel::parse(
        r#"[
          { "source": "/host", "has": [{ "type": "host", "value": "(?<sub>.+)\\.b\\.example" }], "destination": "/to" },
          { "source": "/no-host", "missing": [{ "type": "host", "value": "www.a.example" }], "destination": "/to" }
        ]"#,
    );
    let languages = netlify::parse("/language /to 302! Language=de,fr\n");
    // Eight conditions read a query, and as many the cookies; what is not there, any number does.
    let eight = Rules::new((0..8).flat_map(|at| {
        let name = format!("k{at}");
        let rule = Rule::found("/eight", "/to");
        [
            rule.clone().when(Condition::query(&name)),
            rule.when(Condition::cookie(&name)),
        ]
    }));
    let many = Rules::new((0..100).map(|at| {
        let name = format!("k{at}");
        Rule::found("/many", "/to").when(Condition::query(&name))
    }));
    for (rules, targets) in [
        (
            rules.unwrap(),
            &[
                "/keyed?q=a+b",
                "/keyed?%71=7%20b%20&q=%37+c&q&%FF=%FF",
                "/one-of?q=a%20c&%71=c%26e",
                "/unless?q=a%20b",
                "/header",
                "/cookie",
                "/matching?n=x&n=12x",
            ][..],
        ),
        (hosts.unwrap(), &["/host", "/no-host"]),
        (languages.unwrap(), &["/language"]),
        (eight.unwrap(), &["/eight?a=b"]),
        (many.unwrap(), &["/many"]),
    ] {
        for target in targets {
            let request = testing::get(target)
                .header("host", "www.a.example")
                .header("accept-language", "EN-gb")
                .header("x-a", "1")
                .header("cookie", "a=b; lang=en");
            let head = request.head();
            assert!(rules.decide(&head).is_pass(), "{target}");
            assert_eq!(allocations(|| rules.decide(&head)), 0, "{target}");
        }
    }
    let answered = testing::get("/keyed?q=%37+b");
    let rules = Rules::new([Rule::found("/keyed?q=7+b", "/to")]).unwrap();
    answered.through(&rules).assert_redirect("/to");
}

/// What the docs leave out of that; a change here is one of the docs.
#[test]
fn what_allocates_although_no_rule_answers() {
    let many =
        (0..100).map(|id| Rule::found(format!("/keyed?q={id}"), "/to").methods([Method::PUT]));
    let asking = (0..9).flat_map(|at| {
        let name = format!("k{at}");
        [
            Rule::found("/by-query", "/to").when(Condition::query(&name)),
            Rule::found("/by-cookie", "/to").when(Condition::cookie(&name)),
        ]
    });
    let rules = Rules::new(many.chain(asking).chain([
        Rule::found("/a", "/to").when(Condition::query("n").matching(r"\d+")),
        Rule::found(Source::regex("/regex/.*"), "/to").when(Condition::query("q")),
    ]));
    let rules = rules.unwrap();
    let long = format!("/{}", "%c3%a9".repeat(200));
    let pairs: Vec<_> = (0..100).map(|id| format!("q={id}")).collect();
    for target in [
        "/a?n=%78",
        "/regex/x",
        "/by-query?q",
        "/by-cookie",
        &long,
        &format!("/keyed?{}", pairs.join("&")),
    ] {
        let request = testing::get(target).header("cookie", "a=b");
        let head = request.head();
        assert!(rules.decide(&head).is_pass(), "{target}");
        assert!(allocations(|| rules.decide(&head)) > 0, "{target}");
    }
}

/// A redirect with placeholders is written once, in one piece.
#[test]
fn a_target_with_placeholders_is_one_allocation_or_two() {
    let rules = rules();
    for (target, most) in [("/blog/hello", 2), ("/docs/a/b/c?x=y", 2), ("/shop/a?b", 2)] {
        let request = testing::get(target);
        let head = request.head();
        let found = allocations(|| rules.decide(&head));
        assert!((1..=most).contains(&found), "{target}: {found}");
    }
}

/// What one request costs behind the layer.
fn cost(policy: impl Policy<Target = Redirect>, target: &'static str) -> u64 {
    let app = service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(())));
    let mut service = RedirectLayer::new(policy).layer(app);
    let mut requests: Vec<_> = (0..4)
        .map(|_| {
            let mut request = Request::new(());
            *request.uri_mut() = target.parse().unwrap();
            request
        })
        .collect();
    allocations(|| tokio_test::block_on(service.call(requests.pop().unwrap())).unwrap())
}

/// Behind the layer a table costs what a single path does.
#[test]
fn the_layer_adds_nothing_to_a_table() {
    let fixed = || LocalPath::from_static("/new/17").with(Status::PermanentRedirect);
    assert_eq!(cost(rules(), "/old/17/page"), cost(fixed(), "/old/17/page"));
    assert_eq!(
        cost(rules(), "/old/none"),
        cost(fixed().when(|_| false), "/old/none")
    );
    let request = Request::new(());
    assert!(rules().decide(&RequestHead::new(&request)).is_pass());
}

/// Counters of rules are there before they count.
#[test]
fn a_hit_that_is_counted_allocates_nothing_more() {
    let counted = rules().count_hits();
    assert_eq!(
        cost(counted.clone(), "/old/17/page"),
        cost(rules(), "/old/17/page")
    );
    let hits = counted.usage().unwrap().iter().map(|usage| usage.hits());
    assert_eq!(hits.sum::<u64>(), 4);
}

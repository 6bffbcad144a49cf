//! One canonical address in one redirect: every combination of steps, every kind of request.

use std::{
    convert::Infallible,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::{Method, Request, Response, StatusCode, Version};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Canonical, Decision, LocalPath, Location, Policy, Redirect, RedirectLayer, RequestHead, Status,
    location::HttpScheme,
    middleware::Exemption,
    policy::{
        CanonicalHost, Https, HttpsEnforcement, IndexFile, LowerCase, MergeSlashes, SchemeSource,
        TrailingSlash, UnknownHost,
    },
    policy_fn,
    status::Intent,
    testing,
    trust::{ForwardedHeader, TrustedProxies},
};

/// What an acceptor of TLS leaves on a request.
#[derive(Clone)]
struct Encrypted;

/// Every combination of the steps on a path.
fn paths<H>(start: impl Fn() -> Canonical<H>) -> Vec<Canonical<H>> {
    let mut all = Vec::new();
    let slashes = [
        None,
        Some(TrailingSlash::Trim),
        Some(TrailingSlash::Append),
        Some(TrailingSlash::AppendToFolders),
    ];
    for slash in slashes {
        for bits in 0..8 {
            let mut canonical = start();
            if let Some(slash) = slash {
                canonical = canonical.trailing_slash(slash);
            }
            if bits & 1 != 0 {
                canonical = canonical.merge_slashes();
            }
            if bits & 2 != 0 {
                canonical = canonical.lower_case();
            }
            if bits & 4 != 0 {
                let names = ["index.html", "caf%C3%A9.html", "a%22b"];
                canonical = canonical.index_file(IndexFile::new(names).unwrap());
            }
            all.push(canonical);
        }
    }
    all
}

const TARGETS: [&str; 25] = [
    "/",
    "//",
    "/a",
    "/a/",
    "/a//b///",
    "/A/b.CSS",
    "/a/index.html",
    "/a/INDEX.html/",
    "/index.html//index.html/",
    "/a?",
    "/a/?b=//c&D=%c3",
    "/%c3%a9/%2F/",
    "/caf\u{e9}/",
    "/a\\b/",
    "/\\evil.example/",
    "//evil.example/",
    "///evil.example//",
    "/a/../b/",
    "/%2e%2e/b/",
    "/a|\"^{}/?x={|}",
    "/%/%G1%A/",
    "/a;b=c/d@e:f/",
    "/x/caf\u{e9}.html/",
    "/x/caf%C3%A9.html/CAF\u{e9}.html",
    "/x//a\"b/",
];

const HOSTS: [&str; 12] = [
    "example.com",
    "EXAMPLE.com",
    "example.com:80",
    "example.com:443",
    "example.com:8080",
    "example.com.",
    "www.example.com",
    "www.example.com.:8443",
    "shop.example.org",
    "stranger.example",
    "10.0.0.7:8080",
    "[0:0::1]:80",
];

/// The target of every redirect is canonical: the policy passes for it.
fn is_a_fixpoint<P: Policy<Target = Location>>(
    policy: &P,
    request: &testing::TestRequest,
) -> usize {
    let Some(location) = policy.decide(&request.head()).into_redirect() else {
        return 0;
    };
    let journey = testing::follow(&policy.with(Status::PermanentRedirect), request.clone());
    assert_eq!(
        journey.hops().len(),
        1,
        "{request:?}\n{journey}\nto {location}"
    );
    assert_eq!(*journey.end(), testing::End::Arrived, "{journey}");
    1
}

#[test]
fn r9_one_redirect_to_a_fixpoint_whatever_the_steps() {
    let mut redirects = 0;
    for canonical in paths(Canonical::any_host) {
        for target in TARGETS {
            redirects += is_a_fixpoint(&canonical, &testing::get(target));
        }
    }
    let hosts: [fn() -> CanonicalHost; 5] = [
        || CanonicalHost::new("example.com").unwrap(),
        || CanonicalHost::new("http://example.com:8080").unwrap(),
        || {
            CanonicalHost::with_aliases("example.com:8443", ["www.example.com", "*.example.org"])
                .unwrap()
        },
        || CanonicalHost::one_of(["example.com", "*.example.org", "[::1]"]).unwrap(),
        || {
            CanonicalHost::one_of(["www.example.com:8443", "example.com"])
                .unwrap()
                .unknown_host(UnknownHost::Redirect)
                .unwrap()
        },
    ];
    let plaintexts = [
        None,
        Some(SchemeSource::plaintext_listener().into()),
        Some(HttpsEnforcement::new(SchemeSource::extension::<Encrypted>()).port(8444)),
    ];
    for (host, plaintext) in hosts
        .iter()
        .flat_map(|host| plaintexts.iter().map(move |p| (host, p)))
    {
        let start = || match plaintext {
            None => Canonical::on(host()),
            Some(plaintext) => Canonical::on(host()).https(plaintext.clone()),
        };
        for canonical in paths(start) {
            for scheme in [None, Some(HttpScheme::Http), Some(HttpScheme::Https)] {
                for (asked, target) in HOSTS
                    .iter()
                    .flat_map(|h| TARGETS.iter().map(move |t| (h, t)))
                {
                    let mut request = testing::get(target).header("host", asked);
                    if let Some(scheme) = scheme {
                        request = request.scheme(scheme);
                    }
                    redirects += is_a_fixpoint(&canonical, &request);
                }
            }
        }
    }
    println!("{redirects} redirects, each alone");
    assert!(redirects > 100_000);
}

#[test]
fn the_query_is_untouched_byte_for_byte() {
    let canonical = Canonical::host("example.com")
        .unwrap()
        .https(SchemeSource::plaintext_listener())
        .trim_trailing_slash()
        .merge_slashes()
        .lower_case();
    for query in [
        "",
        "A=%c3&&b==//c/../d?e'",
        "%",
        "a=https://stranger.example//",
    ] {
        testing::get(&format!("/A//?{query}"))
            .header("host", "www.example.com")
            .through(&canonical)
            .assert_redirect(&format!("https://example.com/a?{query}"));
    }
}

#[test]
fn each_step_stands_alone() {
    let https = Https::new(["example.com"], SchemeSource::extension::<Encrypted>()).unwrap();
    let get = |target: &str| testing::get(target).header("host", "example.com");
    get("/A//b/")
        .extension(Encrypted)
        .through(&https)
        .assert_pass();
    get("/A//b/")
        .through(&https)
        .assert_redirect("https://example.com/A//b/");
    get("/A//b/")
        .through(&TrailingSlash::Trim)
        .assert_redirect("/A//b");
    get("/A//b/")
        .through(&MergeSlashes)
        .assert_redirect("/A/b/");
    get("/A//b/").through(&LowerCase).assert_redirect("/a//b/");
    let host = CanonicalHost::new("www.example.com").unwrap();
    get("/A//b/")
        .through(&host)
        .assert_redirect("https://www.example.com/A//b/");
    let index = IndexFile::new(["b"]).unwrap();
    get("/A//b").through(&index).assert_redirect("/A//");
}

#[test]
fn r9_an_index_file_is_one_hop_in_every_spelling() {
    let index = || IndexFile::new(["caf%C3%A9.html", "a%22b.html"]).unwrap();
    let trimmed = Canonical::any_host()
        .trim_trailing_slash()
        .index_file(index());
    let lowered = Canonical::any_host().lower_case().index_file(index());
    for name in [
        "caf\u{e9}.html",
        "caf%C3%A9.html",
        "a\"b.html",
        "a%22b.html",
    ] {
        let get = |end: &str| testing::get(&format!("/x/{name}{end}"));
        get("").through(&index()).assert_redirect("/x/");
        for end in ["", "/", "//"] {
            get(end).through(&trimmed).assert_redirect("/x");
        }
        let upper = testing::get(&format!("/X/{}", name.to_ascii_uppercase()));
        upper.through(&lowered).assert_redirect("/x/");
    }
    for other in [
        "/x/cafe\u{301}.html",
        "/x/xcaf\u{e9}.html",
        "/x/caf\u{e9}.htmlx",
        "/x/caf\u{e9}.htm",
        "/x/CAF\u{e9}.html",
        "/x/caf%C3.html",
        "/x/\u{e9}",
    ] {
        testing::get(other).through(&index()).assert_pass();
    }
}

#[test]
fn r6_below_a_domain_the_name_that_was_asked_for_is_sent_where_the_host_stays() {
    let ask = |host: &str| testing::get("/").header("host", host);
    let host = || CanonicalHost::with_aliases("www.example.com", ["*.old.example"]).unwrap();
    ask("shop.old.example")
        .through(&Https::on(host(), SchemeSource::plaintext_listener()))
        .assert_redirect("https://www.example.com/");
    let first = Https::on(
        host(),
        HttpsEnforcement::new(SchemeSource::plaintext_listener()).same_host_first(),
    );
    ask("Shop.old.example.:80")
        .through(&first)
        .assert_redirect("https://shop.old.example/");
    for odd in ["a b.old.example", "a/b.old.example", "a..old.example"] {
        ask(odd)
            .through(&first)
            .assert_refused(StatusCode::BAD_REQUEST);
    }
}

#[test]
fn r6_hosts() {
    let aliases = CanonicalHost::with_aliases("example.com", ["www.example.com", "*.example.org"]);
    let aliases = aliases.unwrap();
    let ask = |host: &str| testing::get("/x").header("host", host);
    for host in [
        "example.com",
        "EXAMPLE.com",
        "example.com:443",
        "example.com:80",
    ] {
        ask(host).through(&aliases).assert_pass();
    }
    for host in [
        "www.example.com",
        "WWW.example.com:80",
        "a.b.example.org",
        "example.com.",
        "example.com:8080",
    ] {
        ask(host)
            .through(&aliases)
            .assert_redirect("https://example.com/x");
    }
    for host in [
        "example.org",
        "xexample.org",
        "stranger.example",
        "10.0.0.7",
    ] {
        ask(host)
            .through(&aliases)
            .assert_refused(StatusCode::MISDIRECTED_REQUEST);
        let passes = aliases.clone().unknown_host(UnknownHost::Pass).unwrap();
        ask(host).through(&passes).assert_pass();
        let redirects = aliases.clone().unknown_host(UnknownHost::Redirect).unwrap();
        ask(host)
            .through(&redirects)
            .assert_redirect("https://example.com/x");
    }
    for host in [
        "",
        "a b",
        "example.com/x",
        "example.com@stranger.example",
        "example.com:x",
        "exam..ple",
        "[::1",
        "é.example",
    ] {
        for policy in [
            &aliases,
            &aliases.clone().unknown_host(UnknownHost::Pass).unwrap(),
        ] {
            ask(host)
                .through(policy)
                .assert_refused(StatusCode::BAD_REQUEST);
        }
    }
    let v6 = CanonicalHost::new("[2001:db8::0:1]:8443").unwrap();
    ask("[2001:DB8:0::1]:8443").through(&v6).assert_pass();
    ask("[2001:db8::1]")
        .through(&v6)
        .assert_redirect("https://[2001:db8::1]:8443/x");
    let idn = CanonicalHost::new("m\u{fc}nchen.example").unwrap();
    ask("xn--mnchen-3ya.example").through(&idn).assert_pass();
    ask("www.example")
        .through(&idn)
        .assert_redirect("https://xn--mnchen-3ya.example/x");
}

#[test]
fn r5_a_request_that_contradicts_itself_is_refused_where_the_host_is_read_and_only_there() {
    let host = CanonicalHost::new("example.com").unwrap();
    let contradictions = [
        testing::get("/a/")
            .header("host", "example.com")
            .header("host", "example.com"),
        testing::get("http://stranger.example/a/").header("host", "example.com"),
        testing::get("https://user@example.com/a/"),
        testing::get("*").header("host", "example.com"),
    ];
    for request in contradictions {
        request
            .clone()
            .through(&host)
            .assert_refused(StatusCode::BAD_REQUEST);
        let path = request.through(&TrailingSlash::Trim);
        assert!(!matches!(path.decision(), Decision::Refuse(_)), "{path:?}");
    }
    testing::get("http://EXAMPLE.com/a")
        .header("host", "example.com")
        .through(&host)
        .assert_pass();
    testing::options("*")
        .header("host", "www.example.com")
        .through(&host)
        .assert_pass();
    testing::request(Method::CONNECT, "www.example.com:443")
        .through(&host)
        .assert_pass();
}

#[test]
fn without_a_host() {
    let one = CanonicalHost::new("example.com").unwrap();
    let old = || testing::get("/a/").version(Version::HTTP_10);
    old().through(&one).assert_pass();
    old()
        .through(&one.clone().unknown_host(UnknownHost::Refuse).unwrap())
        .assert_refused(StatusCode::BAD_REQUEST);
    let canonical = Canonical::on(one.clone()).trim_trailing_slash();
    old().through(&canonical).assert_redirect("/a");
    let https = Https::on(one, SchemeSource::plaintext_listener());
    let layer = RedirectLayer::permanent(https);
    old()
        .through_layer(&layer)
        .assert_redirect("https://example.com/a/");
    let several = Https::new(
        ["a.example", "b.example"],
        SchemeSource::plaintext_listener(),
    )
    .unwrap();
    old()
        .through(&several)
        .assert_refused(StatusCode::BAD_REQUEST);
}

/// Counts what reaches the app.
async fn ask<P>(layer: &RedirectLayer<P>, request: Request<()>) -> (Response<String>, usize)
where
    P: Policy<Target = Redirect>,
{
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let app = service_fn(move |_: Request<()>| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok::<_, Infallible>(Response::new("app".to_owned())) }
    });
    let Ok(response) = layer.layer(app).oneshot(request).await;
    (response, calls.load(Ordering::Relaxed))
}

#[tokio::test]
async fn r11_no_plaintext_request_of_any_kind_reaches_the_app() {
    let long = format!("/{}", "a".repeat(9_000));
    let targets = [
        "/",
        "/a/../b",
        "/%2e%2e/",
        "//stranger.example",
        "/\\x",
        "*",
        "http://example.com/x",
        "http://stranger.example/x",
        "https://example.com/x",
        "example.com:80",
        "/x\"{|}?y={|}",
        &long,
        "/.well-known/acme-challenge/",
        "/.well-known/acme-challenge/a/b",
        "/.well-known/acme-challenge/%2e%2e",
        "/.well-known/acme-challenge/a.b",
    ];
    let methods = [
        "GET", "HEAD", "POST", "PUT", "OPTIONS", "CONNECT", "TRACE", "QUERY", "PURGE",
    ];
    let hosts: [&[&str]; 7] = [
        &[],
        &["example.com"],
        &["www.example.com"],
        &["stranger.example"],
        &["a", "b"],
        &["example.com:x"],
        &["example.com", "example.com"],
    ];
    let extras: [&[(&str, &str)]; 5] = [
        &[],
        &[
            ("origin", "https://a.example"),
            ("access-control-request-method", "PUT"),
        ],
        &[("connection", "upgrade"), ("upgrade", "websocket")],
        &[("x-forwarded-proto", "https"), ("forwarded", "proto=https")],
        &[("upgrade-insecure-requests", "1")],
    ];
    let host = || CanonicalHost::with_aliases("example.com", ["www.example.com"]).unwrap();
    let trust = TrustedProxies::networks(["10.0.0.0/8"], |_| None)
        .unwrap()
        .header(ForwardedHeader::XForwardedProto);
    let plaintexts = [
        SchemeSource::plaintext_listener().into(),
        SchemeSource::extension::<Encrypted>().into(),
        SchemeSource::trusted_proxy(trust.and_host()).into(),
        HttpsEnforcement::new(SchemeSource::plaintext_listener())
            .refuse_unsafe_methods()
            .same_host_first(),
    ];
    let (mut asked, mut redirected) = (0, 0);
    for plaintext in plaintexts {
        for unknown in [
            UnknownHost::Refuse,
            UnknownHost::Pass,
            UnknownHost::Redirect,
        ] {
            let https = || Https::on(host().unknown_host(unknown).unwrap(), plaintext.clone());
            let everything = Canonical::on(host().unknown_host(unknown).unwrap())
                .https(plaintext.clone())
                .trim_trailing_slash()
                .then(policy_fn(|request| {
                    (request.path() == "/x").then(|| LocalPath::from_static("/y"))
                }));
            let layers = [
                RedirectLayer::permanent(https().boxed()),
                RedirectLayer::permanent(everything.boxed()),
                // What waits for the app's answer would let the request through first.
                RedirectLayer::see_other(https().boxed()).after_success(),
                RedirectLayer::found(https().boxed()).after(StatusCode::OK),
            ];
            for layer in &layers {
                for target in targets {
                    for method in methods {
                        for (names, extra) in hosts
                            .iter()
                            .flat_map(|h| extras.iter().map(move |e| (h, e)))
                        {
                            let mut request = Request::builder().method(method).uri(target);
                            for name in *names {
                                request = request.header("host", *name);
                            }
                            for (name, value) in *extra {
                                request = request.header(*name, *value);
                            }
                            let request = request.body(()).unwrap();
                            let shown = format!("{request:?}");
                            let (response, calls) = ask(layer, request).await;
                            assert_eq!(calls, 0, "{shown}");
                            match response.headers().get("location") {
                                Some(location) => {
                                    let location = location.to_str().unwrap();
                                    let ours = ["https://example.com/", "https://www.example.com/"];
                                    assert!(
                                        ours.iter().any(|ours| location.starts_with(ours)),
                                        "{shown}: {location}"
                                    );
                                    redirected += 1;
                                }
                                None => assert!(response.status().is_client_error(), "{shown}"),
                            }
                            asked += 1;
                        }
                    }
                }
            }
        }
    }
    println!(
        "{asked} plaintext requests: {redirected} redirected, the others refused, none passed on"
    );
    assert!(redirected > 1_000 && asked > redirected);
}

#[tokio::test]
async fn r11_an_exemption_that_is_lifted_is_redirected() {
    let https = Https::new(["example.com"], SchemeSource::plaintext_listener()).unwrap();
    let layer = RedirectLayer::permanent(https);
    let preflight = || {
        Request::options("/x")
            .header("host", "example.com")
            .header("origin", "https://a.example")
            .header("access-control-request-method", "PUT")
            .body(())
            .unwrap()
    };
    assert_eq!(ask(&layer, preflight()).await.0.status(), 400);
    let layer = layer.without_exemption(Exemption::Preflight);
    let (response, _) = ask(&layer, preflight()).await;
    assert_eq!(response.headers()["location"], "https://example.com/x");
}

#[test]
fn r12_challenges_of_certificate_authorities_pass_and_nothing_that_looks_like_one() {
    let https = Https::new(["example.com"], SchemeSource::plaintext_listener()).unwrap();
    let at = |path: &str| testing::get(path).header("host", "10.0.0.7");
    at("/.well-known/acme-challenge/aZ0-_")
        .through(&https)
        .assert_pass();
    at("/.well-known/acme-challenge/aZ0?x=/../")
        .through(&https)
        .assert_pass();
    for path in ["", "a/b", "a%2fb", "..", "%2e%2e", "a/", "a.b", "a;b"] {
        let answer = at(&format!("/.well-known/acme-challenge/{path}")).through(&https);
        assert!(!answer.decision().is_pass(), "{path}");
    }
    let post = testing::post("/.well-known/acme-challenge/a").header("host", "example.com");
    assert!(!post.through(&https).decision().is_pass());
}

#[test]
fn r12_no_step_respells_a_challenge() {
    const CHALLENGE: &str = "/.well-known/acme-challenge/aZ0-_";
    let host = || CanonicalHost::with_aliases("example.com", ["www.example.com"]).unwrap();
    let https = |plaintext| {
        Canonical::on(host())
            .https(plaintext)
            .lower_case()
            .append_trailing_slash()
            .index_file(IndexFile::new(["aZ0-_"]).unwrap())
    };
    let ask = |host: &str| testing::get(CHALLENGE).header("host", host);
    // The authority follows the redirect, and asks again over https.
    let canonical = https(
        HttpsEnforcement::new(SchemeSource::extension::<Encrypted>()).redirect_acme_challenges(),
    );
    ask("www.example.com")
        .through(&canonical)
        .assert_redirect(&format!("https://example.com{CHALLENGE}"));
    ask("example.com")
        .extension(Encrypted)
        .through(&canonical)
        .assert_pass();
    for policy in paths(Canonical::any_host) {
        testing::get(CHALLENGE).through(&policy).assert_pass();
    }
    testing::get(CHALLENGE).through(&LowerCase).assert_pass();
    testing::get(CHALLENGE)
        .through(&TrailingSlash::Append)
        .assert_pass();
    // What is no challenge is a path like others.
    testing::get("/.well-known/acme-challenge/A.b")
        .through(&LowerCase)
        .assert_redirect("/.well-known/acme-challenge/a.b");
    testing::get("/.well-known/acme-challenge/A/")
        .through(&TrailingSlash::Trim)
        .assert_redirect("/.well-known/acme-challenge/A");
}

#[test]
fn only_exactly_the_exempt_path_passes() {
    let health = LocalPath::from_static("/health");
    let https = Https::new(
        ["example.com"],
        HttpsEnforcement::new(SchemeSource::plaintext_listener()).exempt(health),
    )
    .unwrap();
    let at = |path: &str| testing::get(path).header("host", "10.0.0.7");
    for path in ["/health", "/health?x"] {
        at(path).through(&https).assert_pass();
    }
    for path in [
        "/HEALTH",
        "/health/",
        "/health;x=1",
        "//health",
        "/health%2f",
        "/a/../health",
        "/%68ealth",
    ] {
        assert!(!at(path).through(&https).decision().is_pass(), "{path}");
    }
}

#[test]
fn the_scheme_is_left_alone_until_https_is_asked_for() {
    let host = CanonicalHost::new("example.com").unwrap();
    let www = || testing::get("/").header("host", "www.example.com");
    www()
        .scheme(HttpScheme::Http)
        .through(&host)
        .assert_redirect("http://example.com/");
    www()
        .scheme(HttpScheme::Https)
        .through(&host)
        .assert_redirect("https://example.com/");
    www().through(&host).assert_redirect("https://example.com/");
    let dev = CanonicalHost::new("http://localhost:3000").unwrap();
    www()
        .through(&dev)
        .assert_redirect("http://localhost:3000/");
    testing::get("/")
        .header("host", "localhost:3000")
        .through(&dev)
        .assert_pass();
}

#[test]
fn the_host_of_a_proxy_that_is_believed() {
    let trust = TrustedProxies::dangerously_any_peer()
        .header(ForwardedHeader::Forwarded)
        .and_host();
    let host = CanonicalHost::with_aliases("example.com", ["www.example.com"]).unwrap();
    let https = Https::on(host, SchemeSource::trusted_proxy(trust));
    let ask = |forwarded: &str| {
        testing::get("/")
            .header("host", "backend")
            .header("forwarded", forwarded)
    };
    ask("proto=https;host=example.com")
        .through(&https)
        .assert_pass();
    ask("proto=https;host=www.example.com")
        .through(&https)
        .assert_redirect("https://example.com/");
    ask("proto=http;host=example.com")
        .through(&https)
        .assert_redirect("https://example.com/");
    ask("proto=https;host=stranger.example")
        .through(&https)
        .assert_refused(StatusCode::MISDIRECTED_REQUEST);
    ask("proto=https;host=\"a b\"")
        .through(&https)
        .assert_refused(StatusCode::BAD_REQUEST);
    ask("proto=https")
        .through(&https)
        .assert_refused(StatusCode::MISDIRECTED_REQUEST);

    // The backend has the name of the site: what the request names itself is not what was asked for.
    let layer = RedirectLayer::permanent(https);
    testing::get("/")
        .header("host", "example.com")
        .header("forwarded", "proto=https;host=www.example.com")
        .through_layer(&layer)
        .assert_redirect("https://example.com/");
}

#[test]
fn r13_without_the_address_of_a_peer_nobody_is_sent_in_a_circle() {
    let trust =
        TrustedProxies::networks(["10.0.0.0/8"], |extensions| extensions.get().copied()).unwrap();
    let trust = trust.header(ForwardedHeader::XForwardedProto);
    let plaintext = HttpsEnforcement::new(SchemeSource::trusted_proxy(trust))
        .exempt(LocalPath::from_static("/health"));
    let https = Https::new(["example.com"], plaintext).unwrap();
    let ask = |target: &str, proto: &str| {
        testing::get(target)
            .header("host", "example.com")
            .header("x-forwarded-proto", proto)
    };
    for proto in ["https", "http"] {
        let answer = ask("/", proto).through(&https);
        let Decision::Refuse(refusal) = answer.decision() else {
            panic!("{answer:?}");
        };
        assert_eq!(
            refusal.to_string(),
            "400 Bad Request: no peer address; serve with `into_make_service_with_connect_info`"
        );
    }
    ask("/health", "https").through(&https).assert_pass();
    // What others have established is no question of peers, and neither is a peer that is a stranger.
    ask("/", "https")
        .scheme(HttpScheme::Https)
        .through(&https)
        .assert_pass();
    ask("/", "https")
        .scheme(HttpScheme::Http)
        .through(&https)
        .assert_redirect("https://example.com/");
    ask("/", "https")
        .extension(IpAddr::from([198, 51, 100, 7]))
        .through(&https)
        .assert_redirect("https://example.com/");
    ask("/", "https")
        .extension(IpAddr::from([10, 0, 0, 7]))
        .through(&https)
        .assert_pass();
}

#[tokio::test]
async fn r11_a_policy_around_https_does_not_open_plaintext() {
    let https = || Https::new(["example.com"], SchemeSource::plaintext_listener()).unwrap();
    let rebuilt = policy_fn(move |request: &RequestHead<'_>| {
        https().decide(request).map(|location| {
            let location = Location::from_config(location.as_str()).unwrap();
            Redirect::permanent(location).after_success()
        })
    });
    let forgetful = {
        policy_fn(move |request: &RequestHead<'_>| {
            https()
                .decide(request)
                .into_redirect()
                .filter(|_| *request.method() == Method::GET)
                .map(Redirect::permanent)
        })
    };
    async fn outcome<P>(policy: P, method: &str, target: &str) -> (u16, usize)
    where
        P: Policy<Target = Redirect>,
    {
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header("host", "example.com")
            .header("origin", "https://shop.example")
            .header("access-control-request-method", "PUT")
            .body(());
        let layer = RedirectLayer::new(policy);
        let (response, calls) = ask(&layer, request.unwrap()).await;
        (response.status().as_u16(), calls)
    }
    for (method, target, rebuilt_status, forgetful_status) in [
        ("GET", "/x", 308, 308),
        ("POST", "/x", 308, 400),
        ("OPTIONS", "/x", 400, 400),
        ("OPTIONS", "*", 400, 400),
        ("GET", "/a/../b", 400, 400),
        ("CONNECT", "example.com:80", 400, 400),
    ] {
        let shown = format!("{method} {target}");
        let answer = outcome(&rebuilt, method, target).await;
        assert_eq!(answer, (rebuilt_status, 0), "{shown}");
        let answer = outcome(&forgetful, method, target).await;
        assert_eq!(answer, (forgetful_status, 0), "{shown}");
    }
    // The tools of `testing` see it as the service does.
    let layer = RedirectLayer::new(forgetful);
    let post = || testing::post("/x").header("host", "example.com");
    post()
        .through_layer(&layer)
        .assert_refused(StatusCode::BAD_REQUEST);
}

#[test]
fn then_brings_the_targets_of_this_site_into_the_canonical_spelling() {
    let to = |text| Redirect::found(Location::from_config(text).unwrap());
    let rules = policy_fn(move |request| match request.path() {
        "/about-us" => Some(to("/About/?Q=/#Top/")),
        "/absolute" => Some(to("https://example.com/About//Us/")),
        "/alias" => Some(to("https://www.example.com/About/")),
        "/elsewhere" => Some(to("https://docs.example/About/")),
        "/relative" => Some(Redirect::found(Location::from_static("./Here"))),
        "/root" => Some(to("/index.html")),
        "/same" => Some(to("/SAME/")),
        _ => None,
    });
    let canonical = Canonical::host("example.com")
        .unwrap()
        .https(SchemeSource::extension::<Encrypted>())
        .trim_trailing_slash()
        .merge_slashes()
        .index_file(IndexFile::new(["index.html"]).unwrap())
        .lower_case();
    let policy = canonical.clone().then(rules);
    for (asked, local, absolute) in [
        ("/about-us", "/about?Q=/#Top/", true),
        ("/absolute", "https://example.com/about/us", true),
        ("/alias", "https://www.example.com/About/", false),
        ("/elsewhere", "https://docs.example/About/", false),
        ("/relative", "./Here", false),
        ("/root", "/", true),
    ] {
        let ask = |host, target: &str| testing::get(target).header("host", host);
        let here = ask("example.com", asked).extension(Encrypted);
        here.through(&policy).assert_redirect(local);
        let there = ask("www.example.com", &asked.to_ascii_uppercase()).through(&policy);
        let Decision::Redirect(redirect) = there.decision() else {
            panic!("{there:?}");
        };
        let sent = redirect.location().to_string();
        match local.strip_prefix('/') {
            Some(path) => assert_eq!(sent, format!("https://example.com/{path}")),
            None if absolute => assert_eq!(sent, local),
            None if local.starts_with('.') => assert_eq!(sent, "https://example.com/here"),
            None => assert_eq!(sent, local),
        }
        // One redirect: what is sent is canonical, where it is on this site.
        if let Some(path) = sent.strip_prefix("https://example.com") {
            let path = path.split('#').next().unwrap();
            ask("example.com", path)
                .extension(Encrypted)
                .through(&canonical)
                .assert_pass();
        }
    }
    // One that leads to itself in the end is not sent.
    let layer = RedirectLayer::new(policy);
    testing::get("/same")
        .header("host", "example.com")
        .extension(Encrypted)
        .through_layer(&layer)
        .assert_pass();
}

#[test]
fn then_is_one_hop() {
    const NEW: LocalPath = LocalPath::from_static("/new?a#b");
    let rules = policy_fn(|request| match request.path() {
        "/old" => Some(Redirect::moved_permanently(NEW)),
        "/docs" => Some(Redirect::found(Location::from_static(
            "https://docs.example/",
        ))),
        "/here" => Some(Redirect::found(Location::from_static("./there"))),
        "/gone" => Some(Redirect::found(NEW).after(StatusCode::NOT_FOUND)),
        _ => None,
    });
    let policy = Canonical::host("example.com")
        .unwrap()
        .https(SchemeSource::extension::<Encrypted>())
        .trim_trailing_slash()
        .lower_case()
        .then(rules)
        .otherwise(Intent::Permanent);
    let ask = |target: &str| testing::get(target).header("host", "www.example.com");
    let ask_h2 = |target: &str| {
        testing::get(&format!("https://www.example.com{target}")).version(Version::HTTP_2)
    };
    for (asked, location, status) in [
        (
            "/OLD/?x",
            "https://example.com/new?a#b",
            Status::MovedPermanently,
        ),
        ("/docs/", "https://docs.example/", Status::Found),
        ("/Here/", "https://example.com/there", Status::Found),
        (
            "/gone/",
            "https://example.com/gone",
            Status::MovedPermanently,
        ),
        (
            "/other/",
            "https://example.com/other",
            Status::MovedPermanently,
        ),
    ] {
        for request in [ask(asked), ask_h2(asked)] {
            request
                .clone()
                .through(&policy)
                .assert_redirect(location)
                .assert_status(status);
            if location.starts_with("https://example.com/") {
                let hops = 1 + usize::from(asked == "/gone/");
                testing::follow(&policy, request).assert_hops(hops);
            }
        }
    }
    let canonical = |target: &str| {
        testing::get(target)
            .header("host", "example.com")
            .extension(Encrypted)
    };
    canonical("/old")
        .through(&policy)
        .assert_redirect("/new?a#b");
    canonical("/gone")
        .through(&policy)
        .assert_redirect("/new?a#b");
    canonical("/other").through(&policy).assert_pass();
    canonical("/OLD/")
        .through(&policy)
        .assert_redirect("/new?a#b");
    canonical("/HERE")
        .through(&policy)
        .assert_redirect("/there");
    // Only the path is brought into order: the host is the one that the target names.
    testing::get("https://example.com/OLD/")
        .version(Version::HTTP_2)
        .extension(Encrypted)
        .through(&policy)
        .assert_redirect("/new?a#b");

    // The rules see the address that the client is sent to.
    let seen = Canonical::host("example.com")
        .unwrap()
        .https(SchemeSource::plaintext_listener())
        .lower_case()
        .then(policy_fn(|head| {
            assert_eq!(head.path_and_query(), "/a?B");
            assert_eq!(
                (head.scheme(), head.authority()),
                (Some(HttpScheme::Https), Some("example.com"))
            );
            None::<LocalPath>
        }));
    ask("/A?B")
        .through(&seen)
        .assert_redirect("https://example.com/a?B");
}

#[tokio::test]
async fn what_a_decision_read_is_named_in_vary() {
    let get = |headers: &[(&str, &str)]| {
        let mut request = Request::get("/").header("host", "example.com");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    };
    let german = policy_fn(|request: &RequestHead<'_>| {
        let wanted = request
            .header("Accept-Language")
            .is_none_or(|language| language == "de");
        wanted.then(|| LocalPath::from_static("/de/"))
    });
    let layer = RedirectLayer::found(german);
    for headers in [&[][..], &[("accept-language", "de")]] {
        let (response, _) = ask(&layer, get(headers)).await;
        assert_eq!(response.headers()["vary"], "accept-language");
        assert!(!response.headers().contains_key("cache-control"));
    }
    let (response, calls) = ask(&layer, get(&[("accept-language", "fr")])).await;
    assert!(calls == 1 && !response.headers().contains_key("vary"));

    for name in ["cookie", "authorization"] {
        let personal = policy_fn(move |request: &RequestHead<'_>| {
            request
                .header(name)
                .is_none()
                .then(|| LocalPath::from_static("/welcome"))
        });
        let (response, _) = ask(&RedirectLayer::permanent(personal), get(&[])).await;
        assert_eq!(response.headers()["vary"], name);
        assert_eq!(response.headers()["cache-control"], "private");
        let day = std::time::Duration::from_secs(86_400);
        let (response, _) = ask(&RedirectLayer::found(personal).cache(day), get(&[])).await;
        assert_eq!(
            response.headers()["cache-control"],
            "private, max-age=86400"
        );
        let (response, _) = ask(&RedirectLayer::found(personal), get(&[])).await;
        assert!(!response.headers().contains_key("cache-control"));
    }

    // The host is part of the target.
    let (response, _) = ask(
        &RedirectLayer::permanent(CanonicalHost::new("a.example").unwrap()),
        get(&[]),
    )
    .await;
    assert!(
        response.headers().contains_key("location") && !response.headers().contains_key("vary")
    );

    let trust = TrustedProxies::dangerously_any_peer().header(ForwardedHeader::XForwardedProto);
    let https = Https::new(["example.com"], SchemeSource::trusted_proxy(trust)).unwrap();
    let (response, _) = ask(&RedirectLayer::permanent(https), get(&[])).await;
    assert_eq!(response.headers()["vary"], "x-forwarded-proto");
}

#[test]
fn bad_configuration_names_the_part_and_the_way_to_mend_it() {
    let one_of = |hosts: &[&str]| CanonicalHost::one_of(hosts).map(drop);
    let below = || CanonicalHost::one_of(["*.example.com"]).unwrap();
    for (outcome, message) in [
        (one_of(&[]), "no hosts; list at least one"),
        (
            Https::new([""; 0], SchemeSource::plaintext_listener()).map(drop),
            "no hosts; list at least one",
        ),
        (
            IndexFile::new([""; 0]).map(drop),
            "no index files; list at least one",
        ),
        (
            CanonicalHost::new("*.a.example").map(drop),
            "invalid host `*.a.example`: a wildcard isn't one host; list it in `one_of`, or among the \
             aliases of `with_aliases`",
        ),
        (
            CanonicalHost::with_aliases("a.example", ["www.a.example", "A.example:443"]).map(drop),
            "invalid alias `a.example`: it is the canonical host itself; remove it from the aliases",
        ),
        (
            below().unknown_host(UnknownHost::Redirect).map(drop),
            "no hosts without `*.` to redirect to; list at least one",
        ),
    ] {
        assert_eq!(outcome.unwrap_err().to_string(), message);
    }
    assert!(CanonicalHost::with_aliases("www.a.example", ["*.a.example"]).is_ok());
    assert!(one_of(&["*.example.com"]).is_ok());
    for unknown in [UnknownHost::Pass, UnknownHost::Refuse] {
        assert!(below().unknown_host(unknown).is_ok());
    }
}

#[tokio::test]
async fn no_cache_keeps_a_redirect_of_what_nobody_said_to_be_plaintext() {
    const PROXY: [u8; 4] = [10, 0, 0, 7];
    const STRANGER: [u8; 4] = [198, 51, 100, 7];
    let trust = TrustedProxies::networks(["10.0.0.0/8"], |extensions| extensions.get().copied())
        .unwrap()
        .header(ForwardedHeader::Forwarded);
    let https = |plaintext| Https::new(["example.com"], plaintext).unwrap();
    let behind = || RedirectLayer::permanent(https(SchemeSource::trusted_proxy(trust.clone())));
    let found = RedirectLayer::found(https(SchemeSource::trusted_proxy(trust.clone())));
    let listener = RedirectLayer::permanent(https(SchemeSource::plaintext_listener()));
    let hour = std::time::Duration::from_secs(3_600);
    for (layer, peer, forwarded, cache) in [
        (behind(), PROXY, "proto=http", None),
        (behind(), PROXY, "proto=gopher", Some("no-store")),
        (behind(), PROXY, "for=_x", Some("no-store")),
        // What the client wrote on the proxy's line breaks it: that must not be remembered.
        (behind(), PROXY, "\", proto=https", Some("no-store")),
        (behind(), STRANGER, "proto=https", Some("no-store")),
        (behind().cache(hour), PROXY, "for=_x", Some("max-age=3600")),
        (
            behind().default_max_age(hour),
            PROXY,
            "for=_x",
            Some("no-store"),
        ),
        (
            behind().default_max_age(hour),
            PROXY,
            "proto=http",
            Some("max-age=3600"),
        ),
        (found, PROXY, "for=_x", None),
        (listener, PROXY, "for=_x", None),
    ] {
        let mut request = Request::get("/a")
            .header("host", "example.com")
            .header("forwarded", forwarded)
            .body(())
            .unwrap();
        request.extensions_mut().insert(IpAddr::from(peer));
        let (response, calls) = ask(&layer, request).await;
        assert_eq!(response.headers()["location"], "https://example.com/a");
        let sent = response.headers().get("cache-control");
        assert_eq!(
            sent.map(|value| value.to_str().unwrap()),
            cache,
            "{forwarded}"
        );
        assert_eq!(calls, 0);
    }
}

#[test]
fn debug_says_what_was_configured() {
    let trust = TrustedProxies::networks(["10.0.0.0/8"], |_| None)
        .unwrap()
        .header(ForwardedHeader::Forwarded);
    let canonical = Canonical::host("example.com")
        .unwrap()
        .https(SchemeSource::trusted_proxy(trust))
        .lower_case();
    let text = format!("{canonical:?}");
    for part in ["example.com", "10.0.0.0/8", "Forwarded", "lower_case: true"] {
        assert!(text.contains(part), "{text}");
    }
    let text = format!("{:?}", SchemeSource::extension::<Encrypted>());
    assert!(text.contains("Encrypted"), "{text}");
}

#[test]
fn r10_any_path_is_decided() {
    let canonical = Canonical::host("example.com")
        .unwrap()
        .https(SchemeSource::extension::<Encrypted>())
        .append_trailing_slash()
        .merge_slashes()
        .lower_case()
        .index_file(IndexFile::new(["index.html"]).unwrap());
    for unit in [
        "/",
        "a",
        "A",
        "%c3",
        "/index.html",
        "/.",
        "//",
        "\\",
        "%",
        "é",
    ] {
        let path = format!("/{}", unit.repeat(65_000 / unit.len()));
        let request = testing::get(&path).header("host", "example.com");
        request
            .clone()
            .through(&Https::new(["a.example"], SchemeSource::extension::<Encrypted>()).unwrap())
            .assert_refused(StatusCode::MISDIRECTED_REQUEST);
        let answer = request.extension(Encrypted).through(&canonical);
        if let Decision::Redirect(location) = answer.decision() {
            assert!(location.as_str().len() <= 8_000, "{unit}");
        }
    }
}

#[tokio::test]
async fn in_a_nested_router_the_whole_address_is_the_one_that_was_asked_for() {
    use axum::{Router, body::Body, routing::get};
    let inner = Router::new()
        .route("/page", get(|| async { "page" }))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(RedirectLayer::permanent(TrailingSlash::Trim));
    let app: Router = Router::new().nest("/api", inner);
    let request = Request::get("/api/page/?x").body(Body::empty()).unwrap();
    let answer = app.oneshot(request).await.unwrap();
    assert_eq!(answer.headers()["location"], "/api/page?x");
}

#[test]
fn r9_a_default_port_that_a_proxy_writes_makes_no_loop() {
    // nginx: `proxy_set_header Host $host:$server_port`, behind a balancer that ends TLS.
    let trust = || TrustedProxies::dangerously_any_peer().header(ForwardedHeader::XForwardedProto);
    let host = || CanonicalHost::with_aliases("example.com", ["www.example.com"]).unwrap();
    let ask = |scheme: &str, host: &str| {
        testing::get("/a")
            .header("host", host)
            .header("x-forwarded-proto", scheme)
    };
    let https = HttpsEnforcement::new(SchemeSource::trusted_proxy(trust()));
    let enforcing = [
        Https::new(["example.com"], https.clone()).unwrap().boxed(),
        Https::on(host(), https.clone()).boxed(),
        Canonical::on(host())
            .https(https.clone().port(443))
            .trim_trailing_slash()
            .boxed(),
    ];
    let home = policy_fn(|_| Some(Location::from_static("https://example.com/a")));
    let others = [
        host().trusting(trust()).boxed(),
        CanonicalHost::new("http://example.com")
            .unwrap()
            .trusting(trust())
            .boxed(),
    ];
    for port in ["", ":80", ":443"] {
        let asked = format!("example.com{port}");
        for policy in &enforcing {
            ask("https", &asked).through(policy).assert_pass();
            ask("http", &asked)
                .through(policy)
                .assert_redirect("https://example.com/a");
        }
        for policy in &others {
            ask("https", &asked).through(policy).assert_pass();
            ask("http", &asked).through(policy).assert_pass();
        }
        let layer = RedirectLayer::permanent(home.trusting(trust()));
        ask("https", &asked).through_layer(&layer).assert_pass();
        ask("http", &asked)
            .through_layer(&layer)
            .assert_redirect("https://example.com/a");
    }
    // Another port is another address, and so is a default one beside a configured one.
    for policy in &enforcing {
        ask("https", "example.com:8080")
            .through(policy)
            .assert_redirect("https://example.com/a");
    }
    let odd = Https::new(["example.com:8443"], https).unwrap();
    ask("https", "example.com:8443").through(&odd).assert_pass();
    for asked in ["example.com", "example.com:80", "example.com:443"] {
        ask("https", asked)
            .through(&odd)
            .assert_redirect("https://example.com:8443/a");
    }
}

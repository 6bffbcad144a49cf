//! The prefix that a proxy strips: redirects carry it, and loops are judged with it.

use http::StatusCode;
use tower_redirect::{
    Canonical, LocalPath, Status,
    policy::{BoxPolicy, CanonicalHost, LoginRedirect, ReturnTo, TrailingSlash},
    testing::TestRequest,
};
use url::Url;

use super::*;

#[derive(Clone)]
struct Peer(IpAddr);

/// Trusts peers in `10.0.0.0/8` with the scheme and the prefix.
fn proxies() -> TrustedProxies {
    TrustedProxies::networks(["10.0.0.0/8"], |extensions| {
        Some(extensions.get::<Peer>()?.0)
    })
    .unwrap()
    .header(ForwardedHeader::XForwardedProto)
    .and_prefix()
}

fn get(path: &str) -> TestRequest {
    testing::get(path)
        .header("host", "example.com")
        .header("x-forwarded-proto", "https")
        .extension(Peer(IpAddr::from([10, 0, 0, 7])))
}

fn rules() -> impl Policy<Target = Location> + Clone {
    policy_fn(|request| match request.path() {
        "/old" => Some(Location::from_static("/new?a#b")),
        "/own" => Some(Location::from_static("https://example.com/new")),
        "/foreign" => Some(Location::from_static("https://docs.example/new")),
        "/relative" => Some(Location::from_static("./new")),
        "/unchecked" => Location::unchecked("/new").ok(),
        "/self" => Some(Location::from_static("/self")),
        "/self-own" => Some(Location::from_static("https://example.com/self-own")),
        "/self-client" => Some(Location::from_static(
            "https://example.com/shop/self-client",
        )),
        _ => None,
    })
}

fn canonical() -> Canonical {
    let host = CanonicalHost::with_aliases("example.com", ["www.example.com"]).unwrap();
    Canonical::on(host).trim_trailing_slash().lower_case()
}

#[test]
fn r13_local_redirects_carry_the_prefix() {
    let source = SchemeSource::trusted_proxy(proxies());
    let policies: [BoxPolicy<Location>; 4] = [
        rules().trusting(proxies()).boxed(),
        // Trusted twice, and the prefix is added once.
        rules().trusting(proxies()).trusting(proxies()).boxed(),
        rules().scheme_from(source.clone()).boxed(),
        canonical().https(source).then(rules()).boxed(),
    ];
    for policy in policies {
        let layer = RedirectLayer::found(policy);
        for (path, location) in [
            ("/old", Some("/shop/new?a#b")),
            ("/own", Some("https://example.com/new")),
            ("/foreign", Some("https://docs.example/new")),
            ("/relative", Some("./new")),
            ("/unchecked", Some("/new")),
            ("/self", None),
            // The client requested `/shop/self-own`.
            ("/self-own", Some("https://example.com/self-own")),
            ("/self-client", None),
            ("/other", None),
        ] {
            for prefix in ["/shop", "/shop/"] {
                let answer = get(path)
                    .header("x-forwarded-prefix", prefix)
                    .through_layer(&layer);
                match location {
                    Some(location) => answer.assert_redirect(location),
                    None => answer.assert_pass(),
                };
            }
        }
    }
}

#[test]
fn r13_a_prefix_that_nobody_vouches_for_is_ignored() {
    let layer = RedirectLayer::found(rules().trusting(proxies()));
    let without = RedirectLayer::found(rules().trusting(any(ForwardedHeader::XForwardedProto, 1)));
    let stranger = || {
        testing::get("/old")
            .header("host", "example.com")
            .header("x-forwarded-proto", "https")
    };
    for (request, layer) in [
        (stranger(), &layer),
        (
            stranger().extension(Peer(IpAddr::from([198, 51, 100, 7]))),
            &layer,
        ),
    ] {
        let request = request.header("x-forwarded-prefix", "/shop");
        request.through_layer(layer).assert_redirect("/new?a#b");
    }
    get("/old")
        .header("x-forwarded-prefix", "/shop")
        .through_layer(&without)
        .assert_redirect("/new?a#b");
    for prefix in [
        "shop",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/a/../b",
        "/a,/b",
        "/a?b",
        "",
    ] {
        get("/old")
            .header("x-forwarded-prefix", prefix)
            .through_layer(&layer)
            .assert_redirect("/new?a#b");
    }
    get("/old")
        .header("x-forwarded-prefix", "/a")
        .header("x-forwarded-prefix", "/b")
        .through_layer(&layer)
        .assert_redirect("/new?a#b");
    // It doesn't decide what the requested URL is, either.
    let to_self = RedirectLayer::found(ReturnTo::new(LocalPath::from_static("/")).query("next"));
    let request = testing::get("/a?next=/a%3Fnext").header("x-forwarded-prefix", "/shop");
    request.through_layer(&to_self).assert_redirect("/a?next");
    let request = testing::get("/?next=x").header("x-forwarded-prefix", "/shop");
    request.through_layer(&to_self).assert_redirect("/");
}

#[test]
fn r13_canonical_urls_carry_the_prefix() {
    let source = || SchemeSource::trusted_proxy(proxies());
    let trusting = |policy: BoxPolicy<Location>| policy.trusting(proxies()).boxed();
    let host = || CanonicalHost::new("example.com").unwrap();
    let https = || Https::on(host(), source());
    let none = None::<Location>;
    let all = || canonical().https(source());
    for (policy, host, path, proto, location) in [
        (
            https().boxed(),
            "example.com",
            "/a?b",
            "http",
            Some("https://example.com/shop/a?b"),
        ),
        (https().boxed(), "example.com", "/a?b", "https", None),
        (
            trusting(https().boxed()),
            "www.example.com",
            "/",
            "https",
            Some("https://example.com/shop/"),
        ),
        (
            trusting(host().boxed()),
            "www.example.com",
            "/",
            "http",
            Some("http://example.com/shop/"),
        ),
        (
            trusting(TrailingSlash::Trim.boxed()),
            "example.com",
            "/a/",
            "https",
            Some("/shop/a"),
        ),
        (
            all().boxed(),
            "example.com",
            "/A/",
            "https",
            Some("/shop/a"),
        ),
        (
            all().boxed(),
            "www.example.com",
            "/A/",
            "https",
            Some("https://example.com/shop/a"),
        ),
        (
            all().boxed(),
            "example.com",
            "/A/?b",
            "http",
            Some("https://example.com/shop/a?b"),
        ),
        (
            all().then(none.clone()).boxed(),
            "example.com",
            "/A/",
            "https",
            Some("/shop/a"),
        ),
        (
            all().then(none.clone()).boxed(),
            "example.com",
            "/A/",
            "http",
            Some("https://example.com/shop/a"),
        ),
        (
            all().then(rules()).boxed(),
            "example.com",
            "/OLD/",
            "https",
            Some("/shop/new?a#b"),
        ),
        (
            all().then(rules()).boxed(),
            "example.com",
            "/old",
            "http",
            Some("https://example.com/shop/new?a#b"),
        ),
        (
            all().then(rules()).boxed(),
            "www.example.com",
            "/RELATIVE",
            "https",
            Some("https://example.com/shop/new"),
        ),
        (
            all().then(rules()).boxed(),
            "www.example.com",
            "/own/",
            "http",
            Some("https://example.com/new"),
        ),
        (
            all().then(rules()).boxed(),
            "www.example.com",
            "/self",
            "https",
            Some("https://example.com/shop/self"),
        ),
        // Rules that trust the proxy themselves, or rules that are canonical policies.
        (
            all().then(rules().trusting(proxies())).boxed(),
            "example.com",
            "/OLD",
            "https",
            Some("/shop/new?a#b"),
        ),
        (
            Canonical::any_host()
                .trim_trailing_slash()
                .then(https())
                .boxed(),
            "example.com",
            "/a/",
            "http",
            Some("https://example.com/shop/a"),
        ),
    ] {
        let request = testing::get(path)
            .header("host", host)
            .header("x-forwarded-proto", proto)
            .header("x-forwarded-prefix", "/shop")
            .extension(Peer(IpAddr::from([10, 0, 0, 7])));
        let answer = request.through_layer(&RedirectLayer::permanent(policy));
        match location {
            Some(location) => answer.assert_redirect(location),
            None => answer.assert_pass(),
        };
    }
}

#[test]
fn r11_with_a_prefix_that_is_too_long_plaintext_does_not_pass() {
    let https = || Https::new(["example.com"], SchemeSource::trusted_proxy(proxies())).unwrap();
    let all = || canonical().https(SchemeSource::trusted_proxy(proxies()));
    let policies: [BoxPolicy<Location>; 3] = [
        https().boxed(),
        all().then(None::<Location>).boxed(),
        all().then(rules()).boxed(),
    ];
    let long = format!("/{}", "a".repeat(7_996));
    for policy in policies {
        for path in ["/old", "/a"] {
            let plaintext = testing::get(path)
                .header("host", "example.com")
                .header("x-forwarded-proto", "http")
                .header("x-forwarded-prefix", &long)
                .extension(Peer(IpAddr::from([10, 0, 0, 7])));
            plaintext
                .through(&policy)
                .assert_refused(StatusCode::BAD_REQUEST);
        }
    }
    get("/old")
        .header("x-forwarded-prefix", &long)
        .through(&rules().trusting(proxies()))
        .assert_pass();
}

/// The client requests a URL of the proxy, which strips the prefix. The `url` crate is the client.
#[test]
fn r9_one_redirect_arrives_below_the_prefix() {
    let policy = canonical()
        .https(SchemeSource::trusted_proxy(proxies()))
        .then(rules().with(Status::Found));
    for prefix in ["/shop", "/a/b", "/old", "/shop%20x"] {
        for (host, proto) in [
            ("example.com", "https"),
            ("www.example.com", "https"),
            ("www.example.com", "http"),
        ] {
            for (path, end) in [
                ("/old", "/new?a"),
                ("/OLD/?x", "/new?a"),
                ("/a", "/a"),
                ("/A/?B", "/a?B"),
                ("/self", "/self"),
                ("/SELF/", "/self"),
                ("/", "/"),
            ] {
                let app = |url: &Url| {
                    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
                    let path = path
                        .strip_prefix(prefix)
                        .unwrap_or_else(|| panic!("{url} is not below {prefix}"));
                    testing::get(path)
                        .header("host", url.host_str().unwrap())
                        .header("x-forwarded-proto", url.scheme())
                        .header("x-forwarded-prefix", prefix)
                        .extension(Peer(IpAddr::from([10, 0, 0, 7])))
                };
                let start = Url::parse(&format!("{proto}://{host}{prefix}{path}")).unwrap();
                let layer = RedirectLayer::new(&policy);
                let mut url = start.clone();
                let mut hops = 0;
                while let Some(redirect) = app(&url).through_layer(&layer).decision().target() {
                    let location = tower_redirect::policy::Target::location(redirect);
                    url = url.join(location.as_str()).unwrap();
                    hops += 1;
                    assert!(hops <= 1, "{start} {url}");
                }
                let arrived = format!("https://example.com{prefix}{end}");
                url.set_fragment(None);
                assert_eq!(url.as_str(), arrived, "{start}");
                // `follow` is such a client, too.
                let journey = testing::follow(&policy, app(&start));
                assert_eq!(journey.hops().len(), hops, "{journey}");
                if hops > 0 {
                    assert_eq!(
                        journey.url().split('#').next().unwrap(),
                        arrived,
                        "{journey}"
                    );
                }
            }
        }
    }
}

#[test]
fn follow_goes_round_a_loop_that_only_the_client_sees() {
    // Without the prefix, the second rule leads elsewhere.
    let rules = policy_fn(|request| match request.path() {
        "/a" => Some(Location::from_static("/b")),
        "/b" => Some(Location::from_static("https://example.com/shop/a")),
        _ => None,
    });
    let policy = rules.trusting(proxies()).with(Status::Found);
    let journey = testing::follow(&policy, get("/a").header("x-forwarded-prefix", "/shop"));
    assert_eq!(*journey.end(), testing::End::TooManyRedirects, "{journey}");
    assert_eq!(journey.hops()[0].url, "https://example.com/shop/a");
    // Outside of the prefix, there is another app.
    let out = Location::from_static("https://example.com/a")
        .trusting(proxies())
        .with(Status::Found);
    let journey = testing::follow(&out, get("/x").header("x-forwarded-prefix", "/shop"));
    journey
        .assert_hops(1)
        .assert_arrives_at("https://example.com/a");
}

#[test]
fn r13_login_and_back_is_the_url_of_the_client() {
    let login = RedirectLayer::see_other(LoginRedirect::to("/login").trusting(proxies()));
    let at = |path| get(path).header("x-forwarded-prefix", "/shop");
    at("/account?tab=2")
        .through_layer(&login)
        .assert_redirect("/shop/login?next=%2Fshop%2Faccount%3Ftab%3D2");
    at("/login?next=%2Fshop%2Faccount")
        .through_layer(&login)
        .assert_pass();
    let back = ReturnTo::new(LocalPath::from_static("/home")).query("next");
    let back = RedirectLayer::see_other(back.trusting(proxies()));
    at("/login?next=%2Fshop%2Faccount%3Ftab%3D2")
        .through_layer(&back)
        .assert_redirect("/shop/account?tab=2");
    at("/login?next=//evil.example")
        .through_layer(&back)
        .assert_redirect("/shop/home");
    at("/login")
        .through_layer(&back)
        .assert_redirect("/shop/home");

    let canonical = canonical().https(SchemeSource::trusted_proxy(proxies()));
    let both = RedirectLayer::found(
        canonical.then(ReturnTo::new(LocalPath::from_static("/home")).query("next")),
    );
    for (host, origin) in [
        ("example.com", ""),
        ("www.example.com", "https://example.com"),
    ] {
        let at = |path| {
            testing::get(path)
                .header("host", host)
                .header("x-forwarded-proto", "https")
                .header("x-forwarded-prefix", "/shop")
                .extension(Peer(IpAddr::from([10, 0, 0, 7])))
        };
        at("/login?next=/shop/Account/")
            .through_layer(&both)
            .assert_redirect(&format!("{origin}/shop/Account/"));
        at("/login")
            .through_layer(&both)
            .assert_redirect(&format!("{origin}/shop/home"));
    }
}

#[tokio::test]
async fn r13_the_header_is_named_in_vary_if_the_peer_is_trusted() {
    for (peer, vary) in [
        ([10, 0, 0, 7], Some("x-forwarded-proto, x-forwarded-prefix")),
        ([198, 51, 100, 7], None),
    ] {
        let app =
            service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
        let app = RedirectLayer::found(rules().trusting(proxies())).layer(app);
        let request = Request::get("/old")
            .extension(Peer(IpAddr::from(peer)))
            .body(())
            .unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(
            response
                .headers()
                .get("vary")
                .map(|vary| vary.to_str().unwrap()),
            vary
        );
    }
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn r1_no_prefix_leads_off_the_site(
        prefix in prop_oneof![
            select(&[
                "//evil.example", "/\\evil.example", "/\t/evil.example", "https://evil.example", "/%2f/evil.example",
                "/.//evil.example", "/..//evil.example", "/%2e%2e//evil.example", "/a//", "//", "/@evil.example", "/;/",
            ][..]).prop_map(str::to_owned),
            "/{0,2}[a-z/\\\\.%2eE@:?#,;]{0,12}",
        ],
        path in select(&["/", "/old", "/OLD/", "/a//", "/relative", "/self"][..]),
        canonical_host in any_value::<bool>(),
    ) {
        let Ok(value) = HeaderValue::from_str(&prefix) else { return Ok(()) };
        let valid = LocalPath::new(&prefix).is_ok_and(|path| path == prefix.as_str() && !prefix.contains([',', '?', '#']));
        let stripped = if valid { prefix.trim_end_matches('/') } else { "" };
        let host = if canonical_host { "example.com" } else { "www.example.com" };
        let request = || {
            testing::get(path)
                .header("host", host)
                .header("x-forwarded-proto", "https")
                .header("x-forwarded-prefix", value.to_str().unwrap())
                .extension(Peer(IpAddr::from([10, 0, 0, 7])))
        };
        let trimmed = canonical().https(SchemeSource::trusted_proxy(proxies())).then(rules());
        let policies: [BoxPolicy<Location>; 3] = [
            trimmed.boxed(),
            canonical().trusting(proxies()).boxed(),
            LocalPath::from_static("/login").trusting(proxies()).boxed(),
        ];
        for policy in policies {
            let answer = request().through_layer(&RedirectLayer::found(policy));
            let Some(redirect) = answer.decision().target() else { continue };
            let location = tower_redirect::policy::Target::location(redirect).to_string();
            let page = Url::parse(&format!("https://{host}{stripped}{path}")).unwrap();
            let url = page.join(&location).unwrap();
            prop_assert_eq!(url.host_str().unwrap(), if location.starts_with("https:") { "example.com" } else { host });
            prop_assert!(url.path().starts_with(stripped), "{} is not below {:?}", url, stripped);
        }
    }
}

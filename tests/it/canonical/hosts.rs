//! Hosts: one is canonical, and others are redirected to it, refused or kept.

use super::*;

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
        assert!(path.decision().refusal().is_none(), "{path:?}");
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
        let Some(refusal) = answer.decision().refusal() else {
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

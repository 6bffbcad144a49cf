//! Policies and the layer behind a trusted proxy.

use super::*;

const SECURE: Location = Location::from_static("https://shop.example/");

#[test]
fn r13_any_policy_can_stand_behind_trust() {
    let policy = (
        policy_fn(|request| match request.authority() {
            None => Decision::refuse(Refusal::bad_request("no host")),
            Some(_) => Decision::<Location>::pass(),
        }),
        policy_fn(|request| (request.scheme()? == HttpScheme::Http).then_some(SECURE)),
    )
        .trusting(any(ForwardedHeader::XForwardedProto, 1).and_host());
    let request = testing::get("/").header("host", "backend");
    request.clone().through(&policy).assert_pass();
    let request = request.header("x-forwarded-proto", "http");
    request
        .clone()
        .through(&policy)
        .assert_redirect("https://shop.example/");
    request
        .header("x-forwarded-host", "a b")
        .through(&policy)
        .assert_refused(http::StatusCode::BAD_REQUEST);
}

#[test]
fn r13_no_line_of_a_client_makes_a_redirect_to_itself() {
    let trust = any(ForwardedHeader::Forwarded, 1);
    let https = Https::new(["example.com"], SchemeSource::trusted_proxy(trust)).unwrap();
    for line in [
        "for=10.0.0.1:4711",
        "proto=\"https",
        "proto=http;proto=http",
        "for=_a;a=1;b=2;c=3;d=4;e=5;f=6;g=7;h=8;i=9;j=10;k=11;l=12;m=13;n=14;o=15;p=16",
    ] {
        testing::get("/a")
            .header("host", "example.com")
            .header("forwarded", line)
            .header("forwarded", "for=192.0.2.1;proto=https")
            .through(&https)
            .assert_pass();
    }
}

#[test]
fn r9_what_a_proxy_tells_counts_where_loops_are_looked_for() {
    let trust = || any(ForwardedHeader::XForwardedProto, 1).and_host();
    let asked = |host: &str, told: &str, proto: &str| {
        testing::get("/x")
            .header("host", host)
            .header("x-forwarded-host", told)
            .header("x-forwarded-proto", proto)
    };
    for (location, host, told, proto, is_sent) in [
        // The very address that the client asked the proxy for.
        (
            "https://shop.example/x",
            "backend:8080",
            "shop.example",
            "https",
            false,
        ),
        (
            "https://shop.example/x",
            "backend:8080",
            "SHOP.example:443",
            "https",
            false,
        ),
        (
            "http://shop.example/x",
            "backend:8080",
            "shop.example",
            "http",
            false,
        ),
        (
            "https://shop.example:8443/x",
            "backend",
            "shop.example:8443",
            "https",
            false,
        ),
        ("/x", "backend:8080", "shop.example", "https", false),
        // Another one, whatever the proxy calls the app.
        (
            "https://shop.example/x",
            "shop.example",
            "www.shop.example",
            "https",
            true,
        ),
        (
            "https://shop.example/x",
            "backend",
            "shop.example",
            "http",
            true,
        ),
        (
            "https://shop.example/x",
            "backend",
            "shop.example:8443",
            "https",
            true,
        ),
        (
            "https://backend/x",
            "backend",
            "shop.example",
            "https",
            true,
        ),
        (
            "https://shop.example/y",
            "backend",
            "shop.example",
            "https",
            true,
        ),
        ("/y", "backend", "shop.example", "https", true),
        // A scheme that is not told leaves the host.
        (
            "https://shop.example/x",
            "backend",
            "shop.example",
            "gopher",
            false,
        ),
        (
            "https://backend/x",
            "backend",
            "shop.example",
            "gopher",
            true,
        ),
        // A host that makes no sense may be any.
        ("https://shop.example/x", "backend", "a b", "https", false),
        ("https://shop.example/y", "backend", "a b", "https", true),
    ] {
        let shown = format!("{location} {host} {told} {proto}");
        let redirect = Redirect::found(Location::from_config(location).unwrap());
        let layer = RedirectLayer::new(redirect.trusting(trust()));
        let answer = asked(host, told, proto).through_layer(&layer);
        assert_eq!(!answer.decision().is_pass(), is_sent, "{shown}");
    }
    // Only the scheme is believed: the host is the received one.
    let shop = Location::from_static("https://shop.example/x");
    let layer = RedirectLayer::found(shop.trusting(any(ForwardedHeader::XForwardedProto, 1)));
    asked("shop.example", "x.example", "https")
        .through_layer(&layer)
        .assert_pass();
    asked("shop.example", "x.example", "http")
        .through_layer(&layer)
        .assert_redirect("https://shop.example/x");
}

/// The status, and the names in `Vary`.
async fn ask(trust: TrustedProxies, peer: [u8; 4], lines: &[(&str, &[u8])]) -> (u16, Vec<String>) {
    let policy = policy_fn(|request| match request.scheme() {
        Some(HttpScheme::Https) => None,
        Some(HttpScheme::Http) => Some(SECURE),
        None => Some(Location::from_static("https://shop.example/unknown")),
    });
    let app = RedirectLayer::permanent(policy.trusting(trust)).layer(service_fn(
        async |_: Request<()>| Ok::<_, Infallible>(Response::<String>::default()),
    ));
    let mut request = request(lines);
    let peer = ConnectInfo(SocketAddr::from((peer, 4711)));
    request.extensions_mut().insert(peer);
    let answer = app.oneshot(request).await.unwrap();
    (answer.status().as_u16(), vary(answer.headers()))
}

fn vary(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all("vary").iter();
    lines
        .flat_map(|line| line.to_str().unwrap().split(','))
        .map(|name| name.trim().to_owned())
        .collect()
}

#[tokio::test]
async fn r13_vary_names_the_header_of_a_trusted_peer_only() {
    use ForwardedHeader::{Forwarded, XForwardedProto, XForwardedSsl};
    const PROXY: [u8; 4] = [10, 0, 0, 7];
    const STRANGER: [u8; 4] = [198, 51, 100, 7];
    let of = |header, hops: u8| {
        let peers = TrustedProxies::networks(["10.0.0.0/8"], connect_info).unwrap();
        peers.header(header).hops(NonZeroU8::new(hops).unwrap())
    };
    let http: &[(&str, &[u8])] = &[("x-forwarded-proto", b"http")];
    let https: &[(&str, &[u8])] = &[("x-forwarded-proto", b"https")];
    for (trust, peer, lines, status, names) in [
        (
            of(XForwardedProto, 1),
            PROXY,
            http,
            308,
            &["x-forwarded-proto"][..],
        ),
        (of(XForwardedProto, 1), PROXY, https, 200, &[]),
        // Absent: another request may have it.
        (
            of(XForwardedProto, 1),
            PROXY,
            &[],
            308,
            &["x-forwarded-proto"],
        ),
        (of(Forwarded, 1), PROXY, http, 308, &["forwarded"]),
        (of(XForwardedSsl, 1), PROXY, &[], 308, &["x-forwarded-ssl"]),
        (
            of(XForwardedProto, 1).and_host(),
            PROXY,
            &[],
            308,
            &["x-forwarded-proto", "x-forwarded-host"],
        ),
        (of(Forwarded, 1).and_host(), PROXY, &[], 308, &["forwarded"]),
        // No header matters.
        (of(XForwardedProto, 1), STRANGER, http, 308, &[]),
        (of(XForwardedProto, 1), STRANGER, https, 308, &[]),
        (of(XForwardedProto, 1).and_host(), STRANGER, &[], 308, &[]),
    ] {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let shown = format!("{trust:?} {peer:?}");
        assert_eq!(ask(trust, peer, lines).await, (status, names), "{shown}");
    }
}

#[test]
fn r13_debug_says_what_is_believed() {
    let trust =
        TrustedProxies::networks(["10.0.0.0/8", "::ffff:192.0.2.7", "fd00::/8"], connect_info)
            .unwrap()
            .header(ForwardedHeader::XForwardedProto)
            .hops(NonZeroU8::new(2).unwrap());
    assert_eq!(
        format!("{trust:?}"),
        "TrustedProxies { peers: [10.0.0.0/8, 192.0.2.7/32, fd00::/8], header: XForwardedProto, hops: 2, \
         reads_host: false, reads_prefix: false }"
    );
    let trust = any(ForwardedHeader::Forwarded, 1).and_host();
    assert_eq!(
        format!(
            "{:?}",
            policy_fn(|_| None::<Location>)
                .trusting(trust.clone())
                .clone()
        ),
        format!(
            "Trusting {{ policy: {:?}, proxies: {trust:?} }}",
            policy_fn(|_| None::<Location>)
        )
    );
    assert_eq!(
        format!("{trust:?}"),
        "TrustedProxies { peers: any, header: Forwarded, hops: 1, reads_host: true, reads_prefix: false }"
    );
}

#[test]
fn r13_trust_is_shared_between_threads() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    check::<TrustedProxies>();
    check::<tower_redirect::trust::TrustedNetworks>();
}

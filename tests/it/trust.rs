//! R13: which forwarded headers are believed, of whom, and what they establish.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    num::NonZeroU8,
    time::{Duration, Instant},
};

use axum::extract::ConnectInfo;
use http::{HeaderMap, HeaderValue, Request, Response};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any as any_value, prop_assert_eq, prop_oneof, proptest},
    sample::select,
};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Decision, Location, Policy, Redirect, RedirectLayer, RequestHead,
    location::HttpScheme,
    policy::{Https, Refusal, SchemeSource},
    policy_fn, testing,
    trust::{ForwardedHeader, TrustedProxies, connect_info},
};

use crate::cases::config;

const HTTP: Option<HttpScheme> = Some(HttpScheme::Http);
const HTTPS: Option<HttpScheme> = Some(HttpScheme::Https);
const RECEIVED: Option<&str> = Some("backend:8080");

fn any(header: ForwardedHeader, hops: u8) -> TrustedProxies {
    TrustedProxies::dangerously_any_peer()
        .header(header)
        .hops(NonZeroU8::new(hops).unwrap())
}

fn name(header: ForwardedHeader) -> &'static str {
    match header {
        ForwardedHeader::Forwarded => "forwarded",
        ForwardedHeader::XForwardedProto => "x-forwarded-proto",
        ForwardedHeader::XForwardedSsl => "x-forwarded-ssl",
        ForwardedHeader::FrontEndHttps => "front-end-https",
        ForwardedHeader::CloudFrontForwardedProto => "cloudfront-forwarded-proto",
        _ => unreachable!("a header without a test"),
    }
}

fn request(lines: &[(&str, &[u8])]) -> Request<()> {
    let mut request = Request::get("/")
        .header("host", "backend:8080")
        .body(())
        .unwrap();
    for (name, value) in lines {
        let name: http::HeaderName = name.parse().unwrap();
        let value = HeaderValue::from_bytes(value).unwrap();
        request.headers_mut().append(name, value);
    }
    request
}

/// Scheme and host that a trust of everybody sees in these lines.
fn seen(header: ForwardedHeader, hops: u8, lines: &[&str]) -> (Option<HttpScheme>, Option<String>) {
    let lines: Vec<_> = lines
        .iter()
        .map(|line| (name(header), line.as_bytes()))
        .collect();
    let request = request(&lines);
    let view = any(header, hops)
        .and_host()
        .view(&RequestHead::new(&request));
    (view.scheme(), view.authority().map(str::to_owned))
}

fn scheme(header: ForwardedHeader, hops: u8, lines: &[&str]) -> Option<HttpScheme> {
    seen(header, hops, lines).0
}

// -------------------------------------------------------------------------------- (a) who speaks

fn scheme_from(networks: &[&str], peer: Option<&str>) -> Option<HttpScheme> {
    let trust = TrustedProxies::networks(networks, connect_info)
        .unwrap()
        .header(ForwardedHeader::XForwardedProto);
    let mut request = testing::get("/").header("x-forwarded-proto", "https");
    if let Some(peer) = peer {
        let address: IpAddr = peer.parse().unwrap();
        request = request.extension(ConnectInfo(SocketAddr::new(address, 4711)));
    }
    trust.view(&request.head()).scheme()
}

#[test]
fn r13_only_peers_in_the_networks_are_believed() {
    const BOTH: &[&str] = &["10.0.0.0/8", "fd00::/8"];
    const MAPPED: &[&str] = &["::ffff:10.0.0.0/104"];
    const ONE: &[&str] = &["192.0.2.7", "::1"];
    for (networks, peer, believed) in [
        (BOTH, "10.1.2.3", true),
        (BOTH, "10.255.255.255", true),
        (BOTH, "11.0.0.0", false),
        (BOTH, "9.255.255.255", false),
        (BOTH, "::ffff:10.1.2.3", true),
        (BOTH, "::ffff:11.1.2.3", false),
        // Compatible addresses (RFC 4291 §2.5.5.1) are no mapped ones.
        (BOTH, "::10.1.2.3", false),
        (BOTH, "fd12::1", true),
        (BOTH, "fe80::1", false),
        (MAPPED, "10.1.2.3", true),
        (MAPPED, "::ffff:10.1.2.3", true),
        (MAPPED, "11.1.2.3", false),
        (ONE, "192.0.2.7", true),
        (ONE, "192.0.2.8", false),
        (ONE, "::ffff:192.0.2.7", true),
        (ONE, "::1", true),
        (ONE, "::2", false),
        (&["::ffff:192.0.2.7"], "192.0.2.7", true),
        (&["128.0.0.0/1"], "200.0.0.1", true),
        (&["128.0.0.0/1"], "100.0.0.1", false),
    ] {
        let expected = believed.then_some(HttpScheme::Https);
        assert_eq!(
            scheme_from(networks, Some(peer)),
            expected,
            "{networks:?} {peer}"
        );
    }
}

#[test]
fn r13_no_peer_is_not_believed() {
    assert_eq!(scheme_from(&["10.0.0.0/8"], None), None);
    let trust = TrustedProxies::networks(["10.0.0.0/8"], |_| None)
        .unwrap()
        .header(ForwardedHeader::XForwardedProto);
    let request = testing::get("/").header("x-forwarded-proto", "https");
    assert_eq!(trust.view(&request.head()).scheme(), None);
}

#[test]
fn r13_nobody_is_believed_by_default() {
    let request = testing::get("https://example.com/")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "proto=https;host=evil.example");
    assert_eq!(request.head().scheme(), None);
    assert_eq!(request.head().authority(), Some("example.com"));
}

#[test]
fn r13_bad_networks_name_the_part_and_the_way_to_mend_it() {
    let error = |text: &str| {
        let error = TrustedProxies::networks(["10.0.0.0/8", text], |_| None).unwrap_err();
        assert_eq!(error.part(), text);
        let shown = error.to_string();
        assert_eq!(format!("{error:?}"), format!("TrustError({shown})"));
        let mend = shown.strip_prefix(&format!("invalid network `{text}`: "));
        mend.unwrap_or_else(|| panic!("{shown}")).to_owned()
    };
    for text in [
        "",
        " ",
        " 10.0.0.0/8",
        "10.0.0.0 /8",
        "/8",
        "10.0.0/8",
        "10.0.0.256",
        "010.0.0.0/8",
        "localhost",
        "10.0.0.1:80",
        "[::1]",
        "fe80::1%eth0",
        "fd00:::/8",
        "10.0.0.0-10.0.0.9",
    ] {
        assert!(
            error(text).starts_with("not an IP address; names aren't resolved"),
            "{text}"
        );
    }
    for text in [
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/+8",
        "10.0.0.0/08",
        "10.0.0.0/8/8",
        "10.0.0.0/-1",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/ 8",
        "10.0.0.0/300",
        "10.0.0.0/00",
    ] {
        assert!(
            error(text).ends_with("the prefix length must be a number from 1 to 32"),
            "{text}"
        );
    }
    for text in ["fd00::/129", "fd00::/", "::ffff:10.0.0.0/129"] {
        assert!(error(text).ends_with("from 1 to 128"), "{text}");
    }
    for (text, mended) in [
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("fd00::1/8", "fd00::/8"),
        ("::ffff:10.1.2.3/104", "10.0.0.0/8"),
        ("::ffff:10.0.0.0/95", "::fffe:0:0/95"),
    ] {
        assert!(
            error(text).contains(&format!("write `{mended}`")),
            "{text}: {}",
            error(text)
        );
    }
    for text in ["0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96", "10.0.0.0/0"] {
        assert!(error(text).contains("dangerously_any_peer"), "{text}");
    }

    let nobody = TrustedProxies::networks([""; 0], |_| None).unwrap_err();
    assert_eq!(nobody.part(), "");
    assert_eq!(
        nobody.to_string(),
        "no trusted networks; list at least one, for example `10.0.0.0/8`"
    );
}

// ------------------------------------------------------------------------- (b) what they establish

#[test]
fn r13_lists_count_hops_from_the_right() {
    use ForwardedHeader::{Forwarded, XForwardedProto};
    for (hops, lines, expected) in [
        (1, &["https"][..], HTTPS),
        (1, &["http"], HTTP),
        (2, &["https"], None),
        (1, &["https, http"], HTTP),
        (2, &["https, http"], HTTPS),
        (3, &["https, http"], None),
        (1, &["https", "http"], HTTP),
        (2, &["https", "http"], HTTPS),
        (3, &["https", "http, http"], HTTPS),
        (3, &["https,http", "http"], HTTPS),
        (255, &["https,http", "http"], None),
        // What stands left of the proxy's is the client's.
        (1, &["https,https,https", "http"], HTTP),
        (2, &["https,https", "http,https"], HTTP),
        // An empty element is one, and says nothing.
        (1, &["https,"], None),
        (1, &["https", ""], None),
        (2, &["https, ,http"], None),
        (2, &["https", "", "http"], None),
        (1, &[""], None),
        (1, &[], None),
    ] {
        assert_eq!(
            scheme(XForwardedProto, hops, lines),
            expected,
            "{hops} {lines:?}"
        );

        let pairs = |line: &&str| {
            let element = |text: &str| match text.trim() {
                "" => String::new(),
                scheme => format!("for=_x;proto={scheme}"),
            };
            line.split(',').map(element).collect::<Vec<_>>().join(" , ")
        };
        let lines: Vec<String> = lines.iter().map(pairs).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(
            scheme(Forwarded, hops, &lines),
            expected,
            "{hops} {lines:?}"
        );
    }
}

#[test]
fn r13_every_header_has_its_values() {
    use ForwardedHeader::{
        CloudFrontForwardedProto, FrontEndHttps, XForwardedProto, XForwardedSsl,
    };
    for header in [XForwardedProto, CloudFrontForwardedProto] {
        for (value, expected) in [
            ("http", HTTP),
            ("https", HTTPS),
            ("HTTPS", HTTPS),
            ("hTTp", HTTP),
            ("ws", HTTP),
            ("wss", HTTPS),
            ("WSS", HTTPS),
            (" https\t", HTTPS),
            ("on", None),
            ("", None),
            ("ftp", None),
            ("https:", None),
            ("\"https\"", None),
            ("https;", None),
            ("http s", None),
            ("httpss", None),
            ("proto=https", None),
            ("hťťps", None),
        ] {
            assert_eq!(scheme(header, 1, &[value]), expected, "{header:?} {value}");
        }
    }
    for header in [XForwardedSsl, FrontEndHttps] {
        for (value, expected) in [
            ("on", HTTPS),
            ("off", HTTP),
            ("ON", HTTPS),
            ("Off", HTTP),
            (" on ", HTTPS),
            ("", None),
            ("1", None),
            ("true", None),
            ("https", None),
            ("on,off", None),
            ("on,", None),
        ] {
            assert_eq!(scheme(header, 1, &[value]), expected, "{header:?} {value}");
        }
    }
    for header in [CloudFrontForwardedProto, XForwardedSsl, FrontEndHttps] {
        let value = if header == CloudFrontForwardedProto {
            "https"
        } else {
            "on"
        };
        assert_eq!(
            scheme(header, 3, &[value]),
            HTTPS,
            "no list, no hops to count"
        );
        assert_eq!(scheme(header, 1, &[value, value]), None, "one line only");
        assert_eq!(scheme(header, 1, &[]), None);
        assert_eq!(scheme(header, 1, &["https,https"]), None);
    }
}

#[test]
fn r13_one_header_is_believed_and_no_other() {
    use ForwardedHeader::{
        CloudFrontForwardedProto, Forwarded, FrontEndHttps, XForwardedProto, XForwardedSsl,
    };
    let said = [
        (Forwarded, "proto=https"),
        (XForwardedProto, "https"),
        (XForwardedSsl, "on"),
        (FrontEndHttps, "on"),
        (CloudFrontForwardedProto, "https"),
    ];
    for (believed, _) in said {
        for (sent, value) in said {
            let request = testing::get("/").header(name(sent), value);
            let expected = (believed == sent).then_some(HttpScheme::Https);
            let got = any(believed, 1).view(&request.head()).scheme();
            assert_eq!(got, expected, "{believed:?} {sent:?}");
        }
    }
}

#[test]
fn r13_forwarded_as_in_rfc_7239() {
    use ForwardedHeader::Forwarded;
    for (hops, lines, scheme, host) in [
        // §4
        (1, &["for=\"_gazonk\""][..], None, RECEIVED),
        (1, &["For=\"[2001:db8:cafe::17]:4711\""], None, RECEIVED),
        (
            1,
            &["for=192.0.2.60;proto=http;by=203.0.113.43"],
            HTTP,
            RECEIVED,
        ),
        (1, &["for=192.0.2.43, for=198.51.100.17"], None, RECEIVED),
        // §7.1
        (
            1,
            &["for=192.0.2.43,for=\"[2001:db8:cafe::17]\",for=unknown"],
            None,
            RECEIVED,
        ),
        (1, &["for=_hidden, for=_SEVKISEK"], None, RECEIVED),
        // §7.1: the same header, on one line and on two.
        (
            2,
            &["proto=https;for=192.0.2.43, for=\"[2001:db8:cafe::17]\""],
            HTTPS,
            RECEIVED,
        ),
        (
            2,
            &["proto=https;for=192.0.2.43", "for=\"[2001:db8:cafe::17]\""],
            HTTPS,
            RECEIVED,
        ),
        (
            1,
            &["host=shop.example;proto=https"],
            HTTPS,
            Some("shop.example"),
        ),
        (
            1,
            &["HOST=Shop.Example;PROTO=HTTPS"],
            HTTPS,
            Some("Shop.Example"),
        ),
        (
            1,
            &["host=\"shop.example:8443\";proto=\"https\""],
            HTTPS,
            Some("shop.example:8443"),
        ),
        (
            1,
            &["host=\"[2001:db8::1]:8443\""],
            None,
            Some("[2001:db8::1]:8443"),
        ),
        (1, &["proto=wss"], HTTPS, RECEIVED),
        // Separators within quotes are text.
        (1, &["for=\"a,b;proto=https\";proto=http"], HTTP, RECEIVED),
        (2, &["proto=https,for=\",,,\""], HTTPS, RECEIVED),
        (1, &["for=\"\\\"\";proto=http"], HTTP, RECEIVED),
        (1, &["for=\"\\\\\";proto=http"], HTTP, RECEIVED),
        (
            1,
            &["for=\"\\,\\;\\\" ,proto=https\" ; proto=http"],
            HTTP,
            RECEIVED,
        ),
        (1, &["for=\"\t ~é\";proto=https"], HTTPS, RECEIVED),
        // Spaces around separators, empty pairs, unknown names.
        (1, &["  for=_x ;\tproto=https  "], HTTPS, RECEIVED),
        (1, &["for=_x\t, \tproto=https"], HTTPS, RECEIVED),
        (1, &[";;proto=https;"], HTTPS, RECEIVED),
        (
            1,
            &["secret=abc;proto=https;x-y!#$%&'*+.^_`|~=1"],
            HTTPS,
            RECEIVED,
        ),
        (
            1,
            &["protocol=http;proto=https;xproto=http;hosts=x"],
            HTTPS,
            RECEIVED,
        ),
        // Not the scheme or the host of anything; the element itself is well-formed.
        (
            1,
            &["proto=ftp;host=shop.example"],
            None,
            Some("shop.example"),
        ),
        (
            1,
            &["proto=\"\";host=shop.example"],
            None,
            Some("shop.example"),
        ),
        (1, &["proto=\" https\""], None, RECEIVED),
        (1, &["proto=https;host=\"\""], HTTPS, None),
        (1, &["proto=https;host=\"a b\""], HTTPS, None),
        // A backslash could be taken off, but not in place.
        (
            1,
            &["proto=\"h\\ttps\";host=shop.example"],
            None,
            Some("shop.example"),
        ),
        (1, &["proto=https;host=\"shop\\.example\""], HTTPS, None),
        // Too few.
        (2, &["proto=https;host=evil.example"], None, RECEIVED),
        (1, &[], None, RECEIVED),
        (1, &[""], None, RECEIVED),
        (3, &["host=a,host=b", "host=c,host=d"], None, Some("b")),
    ] {
        let expected = (scheme, host.map(str::to_owned));
        assert_eq!(seen(Forwarded, hops, lines), expected, "{hops} {lines:?}");
    }
}

#[test]
fn r13_of_a_malformed_line_of_forwarded_nothing_is_believed() {
    for bad in [
        "proto",
        "=https",
        "proto=",
        "proto=;for=x",
        "proto= https",
        "proto =https",
        "proto=https x",
        "proto=https for=x",
        "proto=https:",
        "proto=\"https",
        "proto=https\"",
        "proto=\"https\\\"",
        "proto=\"https\\",
        "proto=\"https\"x",
        "proto=\"https\"\"\"",
        "proto==https",
        "proto=ht/tps",
        "proto=ht\"tp\"s",
        "pro to=https",
        "\"proto\"=https",
        "proto=hťťps",
        "for=192.0.2.1:80",
        "for=[2001:db8::1]",
        "host=shop.example:8443",
        "for=a@b",
        "proto='https';(",
        "proto=https;proto=https",
        "proto=https;PROTO=http",
        "for=a;for=b",
        "host=a;proto=https;Host=a",
        "ext=1;EXT=1",
        "https",
        "{}",
        "for=\"a",
        "b\"",
    ] {
        let good = "for=_x;proto=https;host=shop.example";
        let (after, before) = (format!("{bad}, {good}"), format!("{good},{bad}"));
        for lines in [
            &[bad][..],
            &[&*after],
            &[&*before],
            &[good, bad],
            &[good, &*after],
        ] {
            for hops in 1..4 {
                let got = seen(ForwardedHeader::Forwarded, hops, lines);
                assert_eq!(got, (None, None), "{hops} {lines:?}");
            }
        }
        // What stands left of the lines that count is the client's: it changes nothing.
        let two = format!("{good}, for=_y");
        for (hops, lines) in [
            (1, &[bad, good][..]),
            (1, &[&*after, good]),
            (1, &[good, bad, good]),
            (2, &[bad, good, "for=_y"]),
            (2, &[bad, &*two]),
        ] {
            let got = seen(ForwardedHeader::Forwarded, hops, lines);
            let said = (HTTPS, Some("shop.example".to_owned()));
            assert_eq!(got, said, "{hops} {lines:?}");
            let got = seen(ForwardedHeader::Forwarded, hops + 1, lines);
            assert_eq!(got, (None, None), "{hops} + 1 {lines:?}");
        }
    }
    // A quoted value ends on its line.
    let lines = ["proto=https;for=\"a", "b\";proto=https"];
    assert_eq!(seen(ForwardedHeader::Forwarded, 1, &lines), (None, None));
    // The host was not asked for: it stays.
    let request = request(&[("forwarded", b"proto")]);
    let view = any(ForwardedHeader::Forwarded, 1).view(&RequestHead::new(&request));
    assert_eq!((view.scheme(), view.authority()), (None, RECEIVED));
}

#[test]
fn r13_sixteen_parameters_are_enough() {
    let element = |count: usize| {
        let pairs: Vec<String> = (1..count).map(|n| format!("x{n}={n}")).collect();
        format!("{};proto=https", pairs.join(";"))
    };
    let (most, too_many) = (element(16), element(17));
    assert_eq!(scheme(ForwardedHeader::Forwarded, 1, &[&most]), HTTPS);
    assert_eq!(
        scheme(ForwardedHeader::Forwarded, 2, &[&most, &most]),
        HTTPS
    );
    assert_eq!(scheme(ForwardedHeader::Forwarded, 1, &[&too_many]), None);
    assert_eq!(
        scheme(ForwardedHeader::Forwarded, 1, &[&too_many, &most]),
        HTTPS
    );
    assert_eq!(
        scheme(ForwardedHeader::Forwarded, 2, &[&too_many, &most]),
        None
    );
}

#[test]
fn r13_the_host_is_believed_by_choice() {
    use ForwardedHeader::{Forwarded, XForwardedProto, XForwardedSsl};
    let view = |trust: &TrustedProxies, lines: &[&str]| {
        let mut all = vec![
            ("x-forwarded-proto", &b"https, https"[..]),
            ("x-forwarded-ssl", b"on"),
            ("forwarded", b"proto=https;host=forwarded.example"),
        ];
        all.extend(
            lines
                .iter()
                .map(|line| ("x-forwarded-host", line.as_bytes())),
        );
        let request = request(&all);
        let view = trust.view(&RequestHead::new(&request));
        (view.scheme(), view.authority().map(str::to_owned))
    };
    let is = |scheme, host: Option<&str>| (scheme, host.map(str::to_owned));

    let without = any(XForwardedProto, 1);
    assert_eq!(view(&without, &["shop.example"]), is(HTTPS, RECEIVED));
    let forwarded = any(Forwarded, 1).and_host();
    assert_eq!(
        view(&forwarded, &["shop.example"]),
        is(HTTPS, Some("forwarded.example"))
    );

    for trust in [any(XForwardedProto, 1), any(XForwardedSsl, 1)].map(TrustedProxies::and_host) {
        for (lines, host) in [
            (&[][..], RECEIVED),
            (&["shop.example"], Some("shop.example")),
            (&[" shop.example:8443 "], Some("shop.example:8443")),
            (&["evil.example, shop.example"], Some("shop.example")),
            (&["evil.example", "shop.example"], Some("shop.example")),
            (&["ev il", "shop.example"], Some("shop.example")),
            (&["a_b-c.EXAMPLE."], Some("a_b-c.EXAMPLE.")),
            (&["192.0.2.7:80"], Some("192.0.2.7:80")),
            (&["[::1]"], Some("[::1]")),
            (&["[::1]:80"], Some("[::1]:80")),
            (&["shop.example:65535"], Some("shop.example:65535")),
        ] {
            assert_eq!(view(&trust, lines), is(HTTPS, host), "{lines:?}");
        }
        for bad in [
            "",
            " ",
            "shop.example,",
            ":80",
            "shop.example:",
            "shop.example:65536",
            "shop.example:+80",
            "shop.example:8a",
            "shop.example:80:80",
            "shop.example/",
            "a b",
            "a\tb",
            "user@shop.example",
            "https://shop.example",
            "\"shop.example\"",
            "shop%2eexample",
            "shöp.example",
            "[::1",
            "::1",
            "[::1]80",
            "[::g]",
            "[]",
            "[127.0.0.1]",
            "[::1%25eth0]",
            "a\\b",
            "a?b",
            "a#b",
            "a..b",
            "1.2.3",
            "shop.example:080",
            &"a".repeat(300),
        ] {
            assert_eq!(view(&trust, &[bad]), is(HTTPS, None), "{bad}");
        }
    }
    // Hops count for both; a list that is too short says nothing.
    let two = any(XForwardedProto, 2).and_host();
    assert_eq!(view(&two, &["shop.example"]), is(HTTPS, RECEIVED));
    assert_eq!(
        view(&two, &["shop.example, inner.example"]),
        is(HTTPS, Some("shop.example"))
    );
}

#[test]
fn r13_what_is_established_already_stays() {
    let trust = any(ForwardedHeader::XForwardedProto, 1).and_host();
    let request = testing::get("/")
        .header("host", "backend")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "shop.example");
    let established = request.clone().scheme(HttpScheme::Http);
    let view = trust.view(&established.head());
    assert_eq!((view.scheme(), view.authority()), (HTTP, Some("backend")));
    let established = request.authority("known.example");
    let view = trust.view(&established.head());
    assert_eq!(
        (view.scheme(), view.authority()),
        (HTTPS, Some("known.example"))
    );
}

#[test]
fn r13_huge_headers_take_linear_time() {
    const SIZE: usize = 60 * 1_024;
    let numbered = |separator: &str| {
        let mut text = String::new();
        for n in 0.. {
            if text.len() > SIZE {
                break;
            }
            text.push_str(&format!("x{n}=1{separator}"));
        }
        text
    };
    let start = Instant::now();
    for text in [
        ",".repeat(SIZE),
        ";".repeat(SIZE),
        " ".repeat(SIZE) + "x",
        " ,".repeat(SIZE / 2),
        "a".repeat(SIZE),
        "a=b,".repeat(SIZE / 4),
        "a=\"\",".repeat(SIZE / 5),
        format!("a=\"{}", "\\\"".repeat(SIZE / 2)),
        format!("a=\"{}\"", ",".repeat(SIZE)),
        "\"".repeat(SIZE),
        "https,".repeat(SIZE / 6),
        numbered(";"),
        numbered(","),
        format!("a=1;{}=1;{}=2", "b".repeat(SIZE / 2), "b".repeat(SIZE / 2)),
    ] {
        for header in [ForwardedHeader::Forwarded, ForwardedHeader::XForwardedProto] {
            for hops in [1, 2, 255] {
                seen(header, hops, &[&text]);
                seen(header, hops, &[&text, "proto=https", &text]);
            }
        }
    }
    let many = vec!["proto=https"; 15_000];
    assert_eq!(scheme(ForwardedHeader::Forwarded, 255, &many), HTTPS);
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

// ------------------------------------------------------------------------ (c) policies and the layer

const SECURE: Location = Location::from_static("https://shop.example/");

#[test]
fn r13_any_policy_can_stand_behind_trust() {
    let policy = (
        policy_fn(|request| match request.authority() {
            None => Decision::Refuse(Refusal::bad_request("no host")),
            Some(_) => Decision::<Location>::Pass,
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
        Some(HttpScheme::Http) => Some(SECURE.with_request_scheme(HttpScheme::Http)),
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
         reads_host: false }"
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
        "TrustedProxies { peers: any, header: Forwarded, hops: 1, reads_host: true }"
    );
}

#[test]
fn r13_trust_is_shared_between_threads() {
    fn check<T: Send + Sync + Clone + 'static>() {}
    check::<TrustedProxies>();
    check::<tower_redirect::trust::TrustedNetworks>();
}

// ------------------------------------------------------------------------------- (d) properties

/// A parameter, and the choices of who writes it: the case of each letter, quotes, backslashes, and
/// the space before and after.
#[derive(Clone, Debug)]
struct Pair {
    name: &'static str,
    value: &'static str,
    upper: u16,
    quoted: bool,
    escapes: u16,
    space: (&'static str, &'static str),
}

const VALUES: [(&str, &[&str]); 6] = [
    (
        "proto",
        &[
            "http",
            "https",
            "HTTPS",
            "ws",
            "wss",
            "ftp",
            "",
            "https,http",
            "h;ttp",
        ],
    ),
    (
        "host",
        &[
            "shop.example",
            "A.b",
            "shop.example:8443",
            "[::1]:80",
            "a b",
            "",
            "a,b",
            "x@y",
        ],
    ),
    (
        "for",
        &[
            "192.0.2.43",
            "[2001:db8::1]:80",
            "_x",
            "unknown",
            "a\"b",
            "\\",
            ",;=",
            "proto=https",
        ],
    ),
    ("by", &["_y", "203.0.113.60", ";proto=https", "é"]),
    ("secret", &["1", "", "\", proto=https, \""]),
    ("x-proto", &["http", "https"]),
];

fn pair() -> impl Strategy<Value = Pair> {
    let space = || select(&["", "", " ", "\t", "  "][..]);
    (
        select(&VALUES[..]),
        any_value::<u16>(),
        any_value::<bool>(),
        prop_oneof![3 => Just(0), 1 => any_value::<u16>()],
        (space(), space()),
    )
        .prop_flat_map(|((name, values), upper, quoted, escapes, space)| {
            select(values).prop_map(move |value| Pair {
                name,
                value,
                upper,
                quoted,
                escapes,
                space,
            })
        })
}

impl Pair {
    fn has_escape(&self) -> bool {
        let must = self.value.contains(['"', '\\']);
        let may = (self.escapes as usize) & ((1 << self.value.chars().count().min(16)) - 1) != 0;
        self.is_quoted() && (must || may)
    }

    fn is_quoted(&self) -> bool {
        let tokens = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        self.quoted || self.value.is_empty() || !self.value.bytes().all(tokens)
    }

    fn write(&self, out: &mut String) {
        out.push_str(self.space.0);
        for (n, letter) in self.name.chars().enumerate() {
            let upper = self.upper >> n & 1 == 1;
            out.push(if upper {
                letter.to_ascii_uppercase()
            } else {
                letter
            });
        }
        out.push('=');
        if self.is_quoted() {
            out.push('"');
            for (n, letter) in self.value.chars().enumerate() {
                if "\"\\".contains(letter) || n < 16 && self.escapes >> n & 1 == 1 {
                    out.push('\\');
                }
                out.push(letter);
            }
            out.push('"');
        } else {
            out.push_str(self.value);
        }
        out.push_str(self.space.1);
    }
}

/// An element: pairs, of which the first of a name stays, and whether a new line begins before it.
fn element() -> impl Strategy<Value = (Vec<Pair>, bool)> {
    (vec(pair(), 0..5), any_value::<bool>()).prop_map(|(pairs, new_line)| {
        let mut kept: Vec<Pair> = Vec::new();
        for pair in pairs {
            if kept.iter().all(|other| other.name != pair.name) {
                kept.push(pair);
            }
        }
        (kept, new_line)
    })
}

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn r13_forwarded_says_what_was_written(elements in vec(element(), 0..6), hops in 1_u8..6) {
        let mut lines: Vec<String> = Vec::new();
        for (pairs, new_line) in &elements {
            match lines.last_mut() {
                Some(line) if !new_line => line.push(','),
                _ => lines.push(String::new()),
            }
            let line = lines.last_mut().unwrap();
            for (n, pair) in pairs.iter().enumerate() {
                if n > 0 {
                    line.push(';');
                }
                pair.write(line);
            }
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();

        let counted = hops
            .checked_sub(1)
            .and_then(|left| elements.iter().rev().nth(left.into()));
        let find = |name| counted.and_then(|(pairs, _)| pairs.iter().find(|pair| pair.name == name));
        let scheme = find("proto").filter(|pair| !pair.has_escape()).and_then(|pair| {
            match pair.value.to_lowercase().as_str() {
                "http" | "ws" => HTTP,
                "https" | "wss" => HTTPS,
                _ => None,
            }
        });
        let host = match find("host") {
            None => RECEIVED,
            Some(pair) if pair.has_escape() => None,
            Some(pair) => Some(pair.value).filter(|value| !["a b", "", "a,b", "x@y"].contains(value)),
        };
        prop_assert_eq!(
            seen(ForwardedHeader::Forwarded, hops, &lines),
            (scheme, host.map(str::to_owned)),
            "{} {:?}", hops, lines
        );
    }

    #[test]
    fn r13_no_bytes_establish_what_they_do_not_say(lines in vec(soup(), 0..4), hops in 1_u8..4) {
        for header in [
            ForwardedHeader::Forwarded,
            ForwardedHeader::XForwardedProto,
            ForwardedHeader::XForwardedSsl,
            ForwardedHeader::FrontEndHttps,
            ForwardedHeader::CloudFrontForwardedProto,
        ] {
            let request = {
                let named: Vec<_> = lines.iter().map(|line| (name(header), &line[..])).collect();
                request(&named)
            };
            let view = any(header, hops).and_host().view(&RequestHead::new(&request));
            let said = naively(header, hops, &lines);
            if view.scheme().is_some() {
                prop_assert_eq!(view.scheme(), said, "{:?} {} {:?}", header, hops, lines);
            }
            if header != ForwardedHeader::Forwarded {
                // Without a grammar to break, it is the same thing.
                prop_assert_eq!(view.scheme(), said, "{:?} {} {:?}", header, hops, lines);
            }
        }
    }
}

/// Bytes of a header line: any that can be sent, with pieces that make sense here and there.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 18] = [
        "proto=https",
        "proto=http",
        "PROTO=\"wss\"",
        "for=",
        "host=a",
        "https",
        "http",
        "on",
        "off",
        "\"",
        "\\",
        ",",
        ";",
        "=",
        " ",
        "a",
        ", ",
        "for=\"a,b\";",
    ];
    let piece = prop_oneof![
        12 => select(&PIECES[..]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => any_value::<u8>()
            .prop_filter("can be sent", |byte| HeaderValue::from_bytes(&[*byte]).is_ok())
            .prop_map(|byte| vec![byte]),
    ];
    vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

/// What the header says to somebody who only splits it.
fn naively(header: ForwardedHeader, hops: u8, lines: &[Vec<u8>]) -> Option<HttpScheme> {
    let text = lines
        .iter()
        .map(|line| line.iter().copied().map(char::from).collect::<String>())
        .collect::<Vec<_>>();
    let named = |value: &str| match value.to_ascii_lowercase().as_str() {
        "https" | "wss" => HTTPS,
        "http" | "ws" => HTTP,
        _ => None,
    };
    let blank = [' ', '\t'];
    let from_right = usize::from(hops.checked_sub(1)?);
    match header {
        ForwardedHeader::Forwarded => {
            // Quotes end on their line.
            let elements: Vec<String> = text
                .iter()
                .flat_map(|line| split_outside_quotes(line, ','))
                .collect();
            let element = elements.iter().rev().nth(from_right)?;
            let pairs = split_outside_quotes(element, ';');
            let mut said = pairs
                .iter()
                .filter_map(|pair| pair.split_once('='))
                .filter(|(name, _)| name.trim_matches(blank).eq_ignore_ascii_case("proto"));
            let (_, value) = said.next()?;
            if said.next().is_some() {
                return None;
            }
            let value = value.trim_matches(blank);
            let unquoted = value
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            named(unquoted.unwrap_or(value))
        }
        ForwardedHeader::XForwardedProto => {
            let all = text.join(",");
            let elements: Vec<&str> = all.split(',').collect();
            let element = elements
                .iter()
                .rev()
                .nth(from_right)
                .filter(|_| !lines.is_empty());
            named(element?.trim_matches(blank))
        }
        ForwardedHeader::CloudFrontForwardedProto => match text.as_slice() {
            [line] => named(line.trim_matches(blank)),
            _ => None,
        },
        _ => match text.as_slice() {
            [line] => match line.trim_matches(blank).to_ascii_lowercase().as_str() {
                "on" => HTTPS,
                "off" => HTTP,
                _ => None,
            },
            _ => None,
        },
    }
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in text.chars() {
        if letter == separator && !quoted {
            parts.push(String::new());
            continue;
        }
        if escaped {
            escaped = false;
        } else if letter == '"' {
            quoted = !quoted;
        } else if letter == '\\' && quoted {
            escaped = true;
        }
        parts.last_mut().unwrap().push(letter);
    }
    parts
}

//! The headers that a trusted proxy sends.

use super::*;

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

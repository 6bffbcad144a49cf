//! The header `Forwarded`.

use super::*;

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

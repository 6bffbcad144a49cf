//! The peers that are trusted.

use super::*;

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

//! Which values are allowed.

use super::*;

#[test]
fn r7_a_path_on_this_site_is_sent_as_it_is() {
    for path in [
        "/",
        "/account?tab=2",
        "/a#top",
        "/a?b=c#d?e",
        "/a//b//",
        "/view/?param=http://example.com",
        "/confirm/me@example.com",
        "/path/http:2222222222",
        "/login/%0d%0aSet-Cookie:x=1",
        "/%2F%2Fstranger.example",
        "/%5Cstranger.example",
        "/@stranger.example",
        "/:80/",
        "/100%25",
    ] {
        assert_eq!(return_to().location(path), path);
        assert_eq!(with_origins().location(path), path);
    }
}

#[test]
fn r7_what_cannot_stand_in_a_header_is_encoded() {
    for (value, sent) in [
        ("/caf\u{e9}", "/caf%C3%A9"),
        ("/a?q=\"<>\"", "/a?q=%22%3C%3E%22"),
        ("/{a}|b^c`", "/%7Ba%7D%7Cb%5Ec%60"),
        ("/a#b#c", "/a#b%23c"),
        ("/100%?%4#%zz", "/100%25?%254#%25zz"),
        ("/a[1]?b[2]#c[3]", "/a%5B1%5D?b[2]#c%5B3%5D"),
        ("/%2e%2e/a[1]", "/%2e%2e/a%5B1%5D"),
        ("/\u{3000}//x", "/%E3%80%80//x"),
        ("/\u{ff0f}stranger.example", "/%EF%BC%8Fstranger.example"),
    ] {
        assert_eq!(return_to().location(value), sent);
    }
}

#[test]
fn r7_dot_segments_are_sent_as_received_unless_two_slashes_come_of_them() {
    for path in [
        "/a/b/../c",
        "/.",
        "/..",
        "/../",
        "/./a",
        "/a/%2e%2E/b?c=/../#/../",
        "/a//../b",
        "/...//x",
        "/a/.//b",
        "/?/..//x",
    ] {
        assert_eq!(return_to().location(path), path);
        assert!(
            path.contains("/...") || path.starts_with("/?") || LocalPath::new(path).is_err(),
            "{path}: a local path goes on refusing them"
        );
    }
    for path in [
        "/.//stranger.example",
        "/app/..//stranger.example",
        "/..//stranger.example/path?q=1#h",
        "/%2e//stranger.example",
        "/%2E%2e//stranger.example",
        "/a/%2e.//stranger.example",
        "/a/b/../..//stranger.example",
        "/.//",
        "/.//.",
        "/..//..//",
        "/.///stranger.example",
        "/a/..//?x",
    ] {
        assert_eq!(return_to().location(path), "/home", "{path}");
    }
}

#[test]
fn r7_bytes_that_readers_disagree_on_are_refused() {
    for c in (0..=0x20)
        .chain([0x5c, 0x7f, 0x85, 0x9f])
        .filter_map(char::from_u32)
    {
        for value in [
            format!("/{c}"),
            format!("/{c}/stranger.example"),
            format!("{c}/a"),
            format!("/a{c}"),
            format!("/a?b={c}"),
            format!("/a#{c}"),
            format!("https://trusted.example{c}/"),
            format!("https://trusted.example/{c}"),
        ] {
            assert_eq!(with_origins().check(&value), None, "{value:?}");
        }
    }
}

#[test]
fn r7_at_most_2048_bytes_as_they_were_received() {
    let value = |length: usize| format!("/{}", "a".repeat(length - 1));
    assert!(return_to().check(&value(2_048)).is_some());
    assert_eq!(return_to().check(&value(2_049)), None);

    let wide = format!("/{}", "\u{e9}".repeat(1_023));
    assert_eq!(wide.len(), 2_047);
    let sent = return_to().location(&wide);
    assert_eq!(sent.as_str().len(), 1 + 6 * 1_023);

    let address = format!("https://trusted.example{}", value(2_025));
    assert_eq!(address.len(), 2_048);
    assert!(with_origins().check(&address).is_some());
    assert_eq!(with_origins().check(&format!("{address}a")), None);
}

#[test]
fn r7_only_allowed_https_origins_and_their_serialised_form() {
    for (value, sent) in [
        ("https://trusted.example", "https://trusted.example/"),
        ("https://trusted.example/", "https://trusted.example/"),
        (
            "https://trusted.example/a?b#c",
            "https://trusted.example/a?b#c",
        ),
        ("https://trusted.example?b", "https://trusted.example/?b"),
        (
            "https://trusted.example#@evil.com",
            "https://trusted.example/#@evil.com",
        ),
        (
            "HTTPS://Trusted.Example:443/\u{e9}",
            "https://trusted.example/%C3%A9",
        ),
        (
            "https://trusted.example/a/../b",
            "https://trusted.example/a/../b",
        ),
        ("https://docs.example:8443/x", "https://docs.example:8443/x"),
        ("https://one.tenant.example", "https://one.tenant.example/"),
        (
            "https://a.b.tenant.example/x",
            "https://a.b.tenant.example/x",
        ),
        (
            "https://one.tenant.example:443/",
            "https://one.tenant.example/",
        ),
        (
            "https://xn--bcher-kva.tenant.example/",
            "https://xn--bcher-kva.tenant.example/",
        ),
        (
            "https://B\u{fc}cher.tenant.example/",
            "https://xn--bcher-kva.tenant.example/",
        ),
        ("https://[2001:DB8:0::1]/", "https://[2001:db8::1]/"),
    ] {
        assert_eq!(with_origins().check(value).unwrap(), sent, "{value}");
        assert_eq!(return_to().check(value), None, "{value}");
    }
    for value in [
        "http://trusted.example/",
        "https://trusted.example:444/",
        "https://trusted.example:/",
        "https://trusted.example./",
        "https://trusted.example\\@evil.com",
        "https://trusted.example%00.evil.com",
        "https://user@trusted.example/",
        "https://user:pw@trusted.example/",
        "https://@trusted.example/",
        "https://evil.com@trusted.example/",
        "https://trusted.example@evil.com/",
        "https://trusted.example.evil.com/",
        "https://eviltrusted.example/",
        "https://sub.trusted.example/",
        "https:trusted.example/",
        "https:/trusted.example/",
        "https:///trusted.example/",
        "//trusted.example/",
        "trusted.example/",
        "ftp://trusted.example/",
        "wss://trusted.example/",
        "view-source:https://trusted.example/",
        "blob:https://trusted.example/x",
        "https://docs.example/",
        "https://docs.example:443/",
        "https://tenant.example/",
        // Punycode that means nothing is no host for browsers.
        "https://xn--a.tenant.example/",
        "https://.tenant.example/",
        "https://eviltenant.example/",
        "https://a.tenant.example.evil.com/",
        "https://one.tenant.example:8443/",
        "https://one.tenant.example./",
        // Punycode that browsers do not read.
        "https://xn--a.tenant.example/",
        "https://xn--.tenant.example/",
        "https://one.xn--a.tenant.example/",
        "https://*.tenant.example/",
        "https://evil.com/.tenant.example",
        "https://evil.com?.tenant.example",
        "https://evil.com#.tenant.example",
        "https://evil.com\u{ff0f}.tenant.example",
        "https://app.example/",
    ] {
        assert_eq!(with_origins().check(value), None, "{value}");
    }
}

#[test]
fn r10_no_long_name_is_mapped() {
    // The mapping leaves soft hyphens out, so that all of these would be short names.
    let allowed = ReturnTo::new(LocalPath::from_static("/home"))
        .allow("https://*.b\u{fc}cher.example")
        .unwrap();
    let label = |length: usize| format!("b{}", "\u{ad}".repeat(length - 1));
    for (name, sent) in [
        (label(63), Some("b")),
        (label(64), None),
        (format!("{}\u{3002}{}", label(40), label(40)), Some("b.b")),
        (format!("{}.a.{}", label(63), label(63)), Some("b.a.b")),
        (
            [label(60), label(60), label(60), label(57)].join("."),
            Some("b.b.b.b"),
        ),
        ([label(60), label(60), label(60), label(58)].join("."), None),
    ] {
        let value = format!("https://{name}.b\u{fc}cher.example/");
        let sent = sent.map(|name| format!("https://{name}.xn--bcher-kva.example/"));
        let got = allowed.check(&value);
        assert_eq!(
            got.as_ref().map(Location::as_str),
            sent.as_deref(),
            "{value}"
        );
    }
}

#[test]
fn r7_what_may_be_allowed_and_what_the_error_names() {
    for origin in [
        "https://docs.example",
        "https://docs.example/",
        "HTTPS://Docs.Example:443",
        "https://localhost:8443",
        "https://127.0.0.1",
        "https://[::1]:3000",
        "https://*.tenant.example",
        "https://*.Tenant.example:443/",
        "https://*.cluster.k8",
    ] {
        assert!(return_to().allow(origin).is_ok(), "{origin}");
    }
    for (origin, at, part) in [
        ("http://docs.example", 0, "must begin with `https://`"),
        ("http://*.tenant.example", 0, "must begin with `https://`"),
        ("docs.example", 0, "write `https://example.com`"),
        ("Docs.example/", 0, "write `https://example.com`"),
        ("docs.example:8443", 0, "write `https://example.com`"),
        ("localhost:3000", 0, "write `https://example.com`"),
        ("[::1]:3000", 0, "write `https://example.com`"),
        ("*.tenant.example", 0, "write `https://example.com`"),
        ("http://localhost:3000", 0, "use `allow_for_development`"),
        ("HTTP://LocalHost", 0, "use `allow_for_development`"),
        ("http://127.0.0.1:80", 0, "use `allow_for_development`"),
        ("http://[::1]", 0, "use `allow_for_development`"),
        ("http://127.0.0.2", 0, "must begin with `https://`"),
        ("//docs.example", 0, "must begin with `https://`"),
        ("https:docs.example", 0, "must begin with `https://`"),
        ("/a", 0, "must begin with `https://`"),
        ("", 0, "must begin with `https://`"),
        ("https://", 8, "invalid host"),
        ("https://docs.example/guide", 20, "an origin ends after"),
        ("https://*.tenant.example/a", 24, "an origin ends after"),
        ("https://docs.example?a", 20, "an origin ends after"),
        ("https://user@docs.example", 12, "user name"),
        ("https://*.user@docs.example", 14, "user name"),
        ("https://docs..example", 13, "invalid host"),
        ("https://*.docs..example", 15, "invalid host"),
        ("https://docs.example:x", 21, "invalid port"),
        ("https://a.*.example", 10, "invalid host"),
        ("https://*.*.example", 10, "invalid host"),
        ("https://a*.example", 9, "invalid host"),
        ("https://*", 8, "at least two labels"),
        ("https://*.", 10, "invalid host"),
        ("https://*/", 8, "at least two labels"),
        ("https://*:443", 8, "at least two labels"),
        ("https://*tenant.example", 8, "at least two labels"),
        ("https://*.example", 8, "at least two labels"),
        ("https://*.example.", 8, "at least two labels"),
        ("https://*.127.0.0.1", 8, "at least two labels"),
        ("https://*.[::1]", 8, "at least two labels"),
        (
            "https://*.tenant.example:8443",
            24,
            "only allowed on the default port",
        ),
        ("https://docs.example\t", 20, "control"),
    ] {
        let error = return_to().allow(origin).unwrap_err();
        assert_eq!(error.position(), at, "{origin}: {error}");
        assert!(error.to_string().contains(part), "{origin}: {error}");
    }
}

#[test]
fn r7_a_url_on_our_own_origin_is_reduced_to_its_path() {
    for (value, sent) in [
        ("https://app.example", "/"),
        ("https://app.example/", "/"),
        ("https://app.example/a?b=c#d", "/a?b=c#d"),
        ("https://app.example?b", "/?b"),
        ("https://app.example#d", "/#d"),
        ("HTTPS://App.Example:443/A", "/A"),
        ("https://app.example/caf\u{e9}", "/caf%C3%A9"),
        ("https://app.example/a/../b", "/a/../b"),
        ("https://app.example/a//b", "/a//b"),
        (
            "https://app.example/?next=//stranger.example",
            "/?next=//stranger.example",
        ),
        (
            "https://app.example/https://stranger.example",
            "/https://stranger.example",
        ),
    ] {
        assert_eq!(with_own().check(value).unwrap(), sent, "{value}");
    }
    for value in [
        // The path would lead to another host.
        "https://app.example//",
        "https://app.example//stranger.example",
        "https://app.example/.//stranger.example",
        "https://app.example/a/..//stranger.example",
        "https://app.example/%2e//stranger.example",
        "https://app.example/\\stranger.example",
        "https://app.example\\stranger.example",
        // Another origin.
        "http://app.example/a",
        "https://app.example:444/a",
        "https://app.example./a",
        "https://www.app.example/a",
        "https://app.example.stranger.example/a",
        "https://user@app.example/a",
        "https://app.example@stranger.example/a",
        "//app.example/a",
        "app.example/a",
        "https:app.example/a",
        "https:/app.example/a",
        "https:///app.example/a",
    ] {
        assert_eq!(with_own().check(value), None, "{value}");
    }

    // Several own origins, of any scheme, and one that is allowed as well.
    let several = [
        "http://app.example:8080/",
        "https://app.example",
        "http://[::1]",
    ]
    .into_iter()
    .try_fold(return_to(), ReturnTo::own_origin)
    .and_then(|return_to| return_to.allow(SITE))
    .unwrap();
    for origin in ["http://app.example:8080", SITE, "http://[0::1]:80"] {
        assert_eq!(several.check(&format!("{origin}/a")).unwrap(), "/a");
    }
    // At most 2,048 bytes as received, even if less is sent.
    let value = |length: usize| format!("{SITE}/{}", "a".repeat(length - SITE.len() - 1));
    assert!(with_own().check(&value(2_048)).is_some());
    assert_eq!(with_own().check(&value(2_049)), None);

    for (origin, at, part) in [
        ("app.example", 0, "write `https://example.com`"),
        ("", 0, "write `https://example.com`"),
        ("/", 0, "write `https://example.com`"),
        ("ftp://app.example", 0, "write `https://example.com`"),
        ("https://app.example/a", 19, "an origin ends after"),
        ("https://*.app.example", 8, "invalid host"),
        ("https://user@app.example", 12, "user name"),
    ] {
        let error = return_to().own_origin(origin).unwrap_err();
        assert_eq!(error.position(), at, "{origin}: {error}");
        assert!(error.to_string().contains(part), "{origin}: {error}");
        assert!(
            !error.to_string().contains("unchecked"),
            "{origin}: {error}"
        );
    }
}

#[test]
fn r7_for_development_only_this_computer_on_the_named_port() {
    for (origin, value, sent) in [
        (
            "http://localhost:3000",
            "http://localhost:3000/a",
            "http://localhost:3000/a",
        ),
        (
            "http://LOCALHOST:3000/",
            "HTTP://localhost:3000",
            "http://localhost:3000/",
        ),
        (
            "http://127.0.0.1",
            "http://127.0.0.1:80/a?b",
            "http://127.0.0.1/a?b",
        ),
        (
            "http://[0:0::1]:5173",
            "http://[::1]:5173/",
            "http://[::1]:5173/",
        ),
        (
            "https://localhost:8443",
            "https://localhost:8443/",
            "https://localhost:8443/",
        ),
    ] {
        let return_to = return_to().allow_for_development(origin).unwrap();
        assert_eq!(return_to.check(value).unwrap(), sent, "{origin}");
        for other in [
            "http://localhost/",
            "http://localhost:3001/",
            "https://localhost:3000/",
            "http://localhost.stranger.example:3000/",
            "http://localhost:3000@stranger.example/",
            "http://localhost.:3000/",
            "http://127.0.0.1:3000/",
            "http://127.1/",
            "http://[::1]:3000/",
            "http://stranger.example:3000/",
        ] {
            assert_eq!(return_to.check(other), None, "{origin}: {other}");
        }
    }
    for origin in [
        "http://example.com",
        "https://example.com",
        "http://localhost.example.com",
        "http://app.localhost",
        "http://localhost.",
        "http://127.0.0.2",
        "http://0.0.0.0:3000",
        "http://[::]",
        "http://[::ffff:127.0.0.1]",
        "http://192.168.0.1",
        "localhost:3000",
        "ws://localhost:3000",
        "",
    ] {
        let error = return_to().allow_for_development(origin).unwrap_err();
        let shown = error.to_string();
        assert!(
            shown.starts_with("invalid origin, byte 0"),
            "{origin}: {shown}"
        );
        assert!(
            shown.contains("write `http://localhost:3000`"),
            "{origin}: {shown}"
        );
    }
    for (origin, part) in [
        ("http://localhost:3000/a", "an origin ends after"),
        ("http://user@localhost:3000", "user name"),
        ("http://localhost:99999", "invalid port"),
        ("http://*.localhost", "invalid host"),
    ] {
        let error = return_to().allow_for_development(origin).unwrap_err();
        assert!(error.to_string().contains(part), "{origin}: {error}");
    }
}

#[test]
fn r7_the_fallback_may_lead_anywhere_that_a_location_may() {
    const PORTAL: Location = Location::from_static("https://portal.example/");
    let return_to = ReturnTo::new(PORTAL);
    assert_eq!(return_to.location("https://portal.example/x"), PORTAL);
    assert_eq!(return_to.location("/x"), "/x");
}

//! Which texts become a location, how they are sent, and what the errors say.

use std::panic::catch_unwind;

use tower_redirect::{LocalPath, Location, RedirectLayer, location::Origin, policy::IntoPolicy};

/// Compiled, so they are locations.
const _: [Location; 6] = [
    Location::from_static("/"),
    Location::from_static("/a%20b?c=d#e"),
    Location::from_static("./x"),
    Location::from_static("../../x?y"),
    Location::from_static("?x=1"),
    Location::from_static("https://xn--bcher-kva.example:8443/x"),
];
const _: LocalPath = LocalPath::from_static("/.well-known/x..y/...?a=../b#../c");

#[test]
fn local_paths_are_encoded_by_component() {
    for (text, sent) in [
        ("/", "/"),
        ("/x", "/x"),
        ("/x/", "/x/"),
        ("/x//y", "/x//y"),
        ("/caf\u{e9}", "/caf%C3%A9"),
        (
            "/\u{1f980}?\u{1f980}#\u{1f980}",
            "/%F0%9F%A6%80?%F0%9F%A6%80#%F0%9F%A6%80",
        ),
        ("/a b?c d#e f", "/a%20b?c%20d#e%20f"),
        ("/a\\b", "/a%5Cb"),
        (r#"/"<>^`{|}"#, "/%22%3C%3E%5E%60%7B%7C%7D"),
        (r#"/x?"<>^`{|}\"#, "/x?%22%3C%3E%5E%60%7B%7C%7D%5C"),
        ("/a%2Fb%c3%A9", "/a%2Fb%c3%A9"),
        ("/100%", "/100%25"),
        (
            "/100%done?100%done#100%done",
            "/100%25done?100%25done#100%25done",
        ),
        ("/%?%#%", "/%25?%25#%25"),
        ("/%4", "/%254"),
        ("/%zz%4g%%41", "/%25zz%254g%25%41"),
        ("/%\u{e9}%|", "/%25%C3%A9%25%7C"),
        ("/a[1]?a[]=1&[b]#c[2]", "/a%5B1%5D?a[]=1&[b]#c%5B2%5D"),
        ("/a?b?[#c?[", "/a?b?[#c?%5B"),
        ("/[::1]", "/%5B::1%5D"),
        ("/x?a?b", "/x?a?b"),
        ("/x#a#b?c", "/x#a%23b?c"),
        ("/x?#", "/x?#"),
        ("/!$&'()*+,;=:@~", "/!$&'()*+,;=:@~"),
        (
            "/x?next=https://evil.example//",
            "/x?next=https://evil.example//",
        ),
        ("/a:b//c@d", "/a:b//c@d"),
        ("/%2Fevil.example", "/%2Fevil.example"),
        ("/\u{2215}evil.example", "/%E2%88%95evil.example"),
        ("/\u{ff0f}evil.example", "/%EF%BC%8Fevil.example"),
        ("/...", "/..."),
        ("/.x", "/.x"),
        ("/x?../..", "/x?../.."),
    ] {
        assert_eq!(LocalPath::new(text).unwrap(), sent, "{text:?}");
        assert_eq!(LocalPath::new(sent).unwrap(), sent, "{text:?} once more");
        assert_eq!(Location::from_config(text).unwrap(), sent, "{text:?}");
        assert_eq!(text.parse::<LocalPath>().unwrap(), sent, "{text:?}");
    }
}

#[test]
fn absolute_targets_are_sent_as_browsers_spell_them() {
    for (text, sent) in [
        ("https://example.com", "https://example.com/"),
        ("https://example.com/", "https://example.com/"),
        ("HTTPS://Example.COM:443/A", "https://example.com/A"),
        ("http://example.com:80", "http://example.com/"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("https://example.com:8443?q", "https://example.com:8443/?q"),
        ("https://example.com#f", "https://example.com/#f"),
        ("https://example.com//x", "https://example.com//x"),
        (
            "https://b\u{fc}cher.example/",
            "https://xn--bcher-kva.example/",
        ),
        (
            "https://xn--bcher-kva.example/",
            "https://xn--bcher-kva.example/",
        ),
        ("http://127.0.0.1:3000/x", "http://127.0.0.1:3000/x"),
        ("http://[::1]:3000/x", "http://[::1]:3000/x"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]/"),
        ("http://[::FFFF:1.2.3.4]/", "http://[::ffff:102:304]/"),
        ("http://localhost/", "http://localhost/"),
        ("https://a_b.example/", "https://a_b.example/"),
        ("https://example.com./x", "https://example.com./x"),
        (
            "https://example.com/a b\\c",
            "https://example.com/a%20b%5Cc",
        ),
        ("https://1.2.3.4.5a/", "https://1.2.3.4.5a/"),
        ("https://example.com/@x:y", "https://example.com/@x:y"),
        (
            "https://example.com/100%?a[]=%#[%]",
            "https://example.com/100%25?a[]=%25#%5B%25%5D",
        ),
        ("http://[::1]/[1]?[1]", "http://[::1]/%5B1%5D?[1]"),
        ("http://[::1]?%", "http://[::1]/?%25"),
    ] {
        assert_eq!(Location::from_config(text).unwrap(), sent, "{text:?}");
        assert_eq!(
            Location::from_config(sent).unwrap(),
            sent,
            "{text:?} once more"
        );
    }
}

#[test]
fn what_is_no_location_says_which_byte_and_how_to_mend_it() {
    for (text, at, says) in [
        ("", 0, "it is empty"),
        ("//evil.example", 1, "as the start of a host"),
        ("/\\evil.example", 1, "as the start of a host"),
        ("///evil.example", 1, "as the start of a host"),
        ("\\\\evil.example", 0, "begin with `/`"),
        ("relative/path", 0, "begin with `/`"),
        ("./x", 0, "begin with `/`"),
        ("../x", 0, "begin with `/`"),
        ("?x=1", 0, "begin with `/`"),
        ("#x", 0, "begin with `/`"),
        ("@evil.example", 0, "begin with `/`"),
        (" /x", 0, "begin with `/`"),
        ("javascript:alert(1)", 0, "only `http://` and `https://`"),
        ("vbscript:x", 0, "only `http://` and `https://`"),
        ("data:text/html,x", 0, "only `http://` and `https://`"),
        ("ftp://example.com/", 0, "only `http://` and `https://`"),
        ("https:example.com", 0, "only `http://` and `https://`"),
        ("https:/example.com", 0, "only `http://` and `https://`"),
        ("/a\tb", 2, "control characters"),
        ("/a\r\nSet-Cookie: b", 2, "control characters"),
        ("/a\0", 2, "control characters"),
        ("/a\x7f", 2, "control characters"),
        ("https://exa\tmple.com/", 11, "control characters"),
        ("https:///evil.example", 8, "invalid host"),
        ("https://", 8, "invalid host"),
        ("https://\u{ad}/", 8, "invalid host"),
        ("https://exa mple.com/", 11, "invalid host"),
        ("https://a..b/", 10, "invalid host"),
        ("https://.a/", 8, "invalid host"),
        ("https://exam%70le.com/", 12, "invalid host"),
        ("https://new.example\\@evil.example/", 19, "invalid host"),
        ("https://user@evil.example/", 12, "a user name"),
        ("https://example.com@evil.example/", 19, "a user name"),
        ("https://example.com:80@evil.example/", 22, "a user name"),
        ("https://new.example:99999/", 20, "invalid port"),
        ("https://new.example:/", 20, "invalid port"),
        ("https://new.example:080/", 20, "invalid port"),
        ("https://new.example:8o/", 20, "invalid port"),
        ("https://[::1/", 8, "invalid IPv6 address"),
        ("https://[::1]x/", 8, "invalid IPv6 address"),
        ("https://[fe80::1%25eth0]/", 8, "invalid IPv6 address"),
        ("https://[]/", 8, "invalid IPv6 address"),
        ("https://1.2.3/", 8, "an IPv4 address"),
        ("https://1.2.3.256/", 8, "an IPv4 address"),
        ("https://0x7f.1/", 8, "an IPv4 address"),
        ("https://01.2.3.4/", 8, "an IPv4 address"),
        ("https://a.0x/", 8, "an IPv4 address"),
        ("https://1.2.3.4.5/", 8, "an IPv4 address"),
        ("https://127.0.0.1./", 8, "an IPv4 address"),
        ("/..", 1, "browsers resolve"),
        ("/a/./b", 3, "browsers resolve"),
        ("/a/%2e%2E/b", 3, "browsers resolve"),
        ("/a/.%2e?x", 3, "browsers resolve"),
        ("https://example.com/a/../b", 22, "browsers resolve"),
    ] {
        let error = Location::from_config(text).unwrap_err();
        assert!(error.to_string().contains(says), "{text:?}: {error}");
        assert_eq!(error.position(), at, "{text:?}: {error}");
    }
    assert_eq!(
        LocalPath::new("/a\tb").unwrap_err().to_string(),
        "invalid location, byte 2 (0x09): control characters can't be sent; remove it"
    );
    // The byte of what was handed over, not of what would have come of it.
    let docs = LocalPath::from_static("/docs");
    for (error, at, says) in [
        (docs.join_encoded("a\tb").unwrap_err(), 1, "control"),
        (
            docs.join_encoded("a/../b").unwrap_err(),
            2,
            "browsers resolve",
        ),
        (docs.segment("..").unwrap_err(), 0, "browsers resolve"),
        (docs.segment("").unwrap_err(), 0, "segment is empty"),
    ] {
        assert_eq!(error.position(), at, "{error}");
        assert!(error.to_string().contains(says), "{error}");
        assert_eq!(format!("{error:?}"), format!("LocationError({error})"));
    }
    assert_eq!(
        LocalPath::new("x").unwrap_err().to_string(),
        "invalid location, byte 0 (`x`): a local path must begin with `/`"
    );
}

#[test]
fn the_longest_location_has_8000_bytes() {
    let longest = format!("/{}", "a".repeat(7_999));
    assert_eq!(LocalPath::new(&longest).unwrap().as_str().len(), 8_000);
    for too_long in [
        format!("{longest}a"),
        format!("/{}", "\u{e9}".repeat(1_334)),
    ] {
        let error = LocalPath::new(&too_long).unwrap_err();
        assert!(error.to_string().contains("8,000 bytes"), "{error}");
    }
    let origin = Origin::new("https://example.com").unwrap();
    let path = LocalPath::new(&longest).unwrap();
    assert!(origin.join(&path).is_err());
    assert!(path.join_encoded("x").is_err());
    assert!(Location::unchecked(&format!("{longest}a")).is_err());
}

#[test]
fn a_tail_is_joined_on_a_segment_boundary() {
    let join = |base: &'static str, tail| LocalPath::from_static(base).join_encoded(tail);
    for (base, tail, sent) in [
        ("/docs", "x", "/docs/x"),
        ("/docs/", "x", "/docs/x"),
        ("/docs", "/x", "/docs/x"),
        ("/docs/", "/x", "/docs/x"),
        ("/docs", "", "/docs/"),
        ("/", "x/y", "/x/y"),
        ("/", "", "/"),
        ("/docs", "//x", "/docs//x"),
        ("/docs", "a?b#c", "/docs/a%3Fb%23c"),
        ("/docs", "\\evil.example", "/docs/%5Cevil.example"),
        ("/docs", "%2e", "!"),
        ("/docs", "a/../..", "!"),
        ("/docs", "a\r\n", "!"),
        ("/", "//evil.example", "!"),
        ("/", "\\evil.example", "/%5Cevil.example"),
        ("/docs?v=1#top", "x", "/docs/x?v=1#top"),
        ("/docs", "100%/a[1]%4", "/docs/100%25/a%5B1%5D%254"),
        ("/docs?a[]", "%41", "/docs/%41?a[]"),
    ] {
        match join(base, tail) {
            Ok(path) => assert_eq!(path, sent, "{base:?} {tail:?}"),
            Err(error) => assert_eq!(sent, "!", "{base:?} {tail:?}: {error}"),
        }
    }
}

#[test]
fn queries_keep_their_bytes() {
    let add =
        |base: &'static str, query| LocalPath::from_static(base).append_encoded_query(Some(query));
    for (base, query, sent) in [
        ("/x", "a=1", "/x?a=1"),
        ("/x?", "a=1", "/x?a=1"),
        ("/x?b", "a=1", "/x?b&a=1"),
        ("/x?b#f", "a=1", "/x?b&a=1#f"),
        ("/x", "", "/x?"),
        ("/x?a", "", "/x?a"),
        ("/x", "a=%20+%2B&a=&a", "/x?a=%20+%2B&a=&a"),
        ("/x", "a#b", "/x?a%23b"),
        ("/x", "it's", "/x?it's"),
        ("/x", "a[]=100%&b=%4", "/x?a[]=100%25&b=%254"),
        ("/x?a[0]", "a[1]#[", "/x?a[0]&a[1]%23["),
    ] {
        assert_eq!(add(base, query).unwrap(), sent, "{base:?} {query:?}");
    }
    let path = LocalPath::from_static("/x").param("a&b", "c=d e%").unwrap();
    assert_eq!(path, "/x?a%26b=c%3Dd%20e%25");
}

#[test]
fn the_unchecked_constructor_checks_the_bytes() {
    for (text, sent) in [
        ("myapp://open?x=1#y#z", "myapp://open?x=1#y%23z"),
        ("magnet:?xt=urn:btih:1", "magnet:?xt=urn:btih:1"),
        ("//other.example/", "//other.example/"),
        ("relative/path", "relative/path"),
        ("#top", "#top"),
        ("caf\u{e9} \"x\"", "caf%C3%A9%20%22x%22"),
        // A `\` after the host is a character of the path, the query or the fragment.
        ("https://a.example/b\\@c", "https://a.example/b%5C@c"),
        ("https://a.example?b\\@c", "https://a.example?b%5C@c"),
        ("https://a.example#b\\@c", "https://a.example#b%5C@c"),
        ("/a\\b", "/a%5Cb"),
        ("a\\b", "a%5Cb"),
        ("?\\", "?%5C"),
        ("myapp:a\\b", "myapp:a%5Cb"),
        ("myapp:\\\\a", "myapp:%5C%5Ca"),
        ("mailto:\\", "mailto:%5C"),
        // `%` and brackets follow the same rules as everywhere.
        ("/100%", "/100%25"),
        ("mailto:100%[a]", "mailto:100%25%5Ba%5D"),
        ("//a.example/[1]?[1]#[1]", "//a.example/%5B1%5D?[1]#%5B1%5D"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("http:[::1]", "http:[::1]"),
        ("//u:p@[::1]/[", "//u:p@[::1]/%5B"),
        ("myapp://[::1]", "myapp://[::1]"),
        // The same host for a browser.
        ("https://caf\u{e9}.example/", "https://caf%C3%A9.example/"),
        ("https://caf%C3%A9.example/", "https://caf%C3%A9.example/"),
        ("https:host", "https:host"),
        ("https:////host", "https:////host"),
        ("///host", "///host"),
    ] {
        assert_eq!(Location::unchecked(text).unwrap(), sent, "{text:?}");
        assert_eq!(
            Location::unchecked(sent).unwrap(),
            sent,
            "{text:?} once more"
        );
    }
    for text in [
        "",
        "a\nb",
        "a\0b",
        "\t",
        "https://a\t.example",
        "/\t/a",
        "\n//a",
    ] {
        assert!(Location::unchecked(text).is_err(), "{text:?}");
    }
}

#[test]
fn r1_the_unchecked_constructor_keeps_the_host() {
    for (text, at, says) in [
        (r"https://trusted.example\@evil.example/", 23, r"read a `\`"),
        (r"https://trusted.example\.evil.example/", 23, r"read a `\`"),
        (r"https://u\@a.example/", 9, r"read a `\`"),
        (r"https://u@\a.example/", 10, r"read a `\`"),
        (r"https://a.example:80\", 20, r"read a `\`"),
        (r"//a\@b", 3, r"read a `\`"),
        (r"///a\b", 4, r"read a `\`"),
        (r"http:\\a\@b", 5, r"read a `\`"),
        (r"http:/\a", 6, r"read a `\`"),
        (r"http:a\@b", 6, r"read a `\`"),
        (r"HTTP:\a", 5, r"read a `\`"),
        (r"wss://a\b", 7, r"read a `\`"),
        (r"file:\\server\share", 5, r"read a `\`"),
        (r"myapp://a\@b", 9, r"read a `\`"),
        (r"/\host", 1, r"read a `\`"),
        (r"\/host", 0, r"read a `\`"),
        (r"\\host", 0, r"read a `\`"),
        (r"\host", 0, r"read a `\`"),
        (r"//\host", 2, r"read a `\`"),
        (" //host", 0, "drop the space"),
        (" x", 0, "drop the space"),
        ("//host ", 6, "could change the host"),
        ("https://a b@c/", 9, "could change the host"),
        ("https://a|b/", 9, "could change the host"),
        ("https://a^/", 9, "could change the host"),
        ("https:{a}", 6, "could change the host"),
        ("myapp://\"a\"/", 8, "could change the host"),
        ("https://100%/", 11, "two hex digits"),
        ("https://a%2@b/", 9, "two hex digits"),
        ("https://[::1/", 8, "invalid IPv6 address"),
        ("https://a[::1]/", 9, "invalid IPv6 address"),
        ("https://[::1]a/", 8, "invalid IPv6 address"),
        ("https://[a@b]/", 8, "invalid IPv6 address"),
        ("https://[::1]@b/", 8, "invalid IPv6 address"),
        ("//[]/", 2, "invalid IPv6 address"),
        ("//[::1%25eth0]/", 2, "invalid IPv6 address"),
    ] {
        let error = Location::unchecked(text).unwrap_err();
        assert!(error.to_string().contains(says), "{text}: {error}");
        assert_eq!(error.position(), at, "{text}: {error}");
    }
}

#[test]
fn r9_a_relative_literal_that_would_grow_is_refused() {
    for literal in ["./a/b", "./a/", "./archive/?x=/", "../a/b/c", ".././a/b/"] {
        let panic = catch_unwind(|| drop(RedirectLayer::found(literal))).unwrap_err();
        let message = panic.downcast_ref::<String>().unwrap();
        assert!(
            message.contains("one folder deeper"),
            "{literal}: {message}"
        );
    }
    for literal in [
        "./a",
        "./",
        "../a/b",
        "../../a/b/c",
        "./a?x=/y/z",
        "?/a/b",
        "../a/#/b/c",
    ] {
        drop(RedirectLayer::found(literal));
    }
}

#[test]
fn literals_at_the_place_of_use_are_encoded() {
    use tower_redirect::testing;
    for (literal, sent) in [
        ("/caf\u{e9}", "/caf%C3%A9"),
        ("?q=a b", "?q=a%20b"),
        ("../caf\u{e9}", "../caf%C3%A9"),
        ("https://Example.com", "https://example.com/"),
        ("http://[::1]:3000", "http://[::1]:3000/"),
        ("/100%done", "/100%25done"),
        ("./a[1]", "./a%5B1%5D"),
        ("?a[]=%", "?a[]=%25"),
        ("?%#[%4", "?%25#%5B%254"),
    ] {
        testing::get("/y")
            .through(&literal.into_policy())
            .assert_redirect(sent);
    }
}

#[test]
fn origins_are_configured_and_nothing_else() {
    for (text, written, port) in [
        ("https://example.com", "https://example.com", 443),
        ("http://EXAMPLE.com/", "http://example.com", 80),
        ("https://example.com:8443", "https://example.com:8443", 8443),
        ("http://[::1]:80", "http://[::1]", 80),
    ] {
        let origin = Origin::new(text).unwrap();
        assert_eq!(
            (origin.to_string().as_str(), origin.port()),
            (written, port)
        );
    }
    for text in [
        "example.com",
        "/x",
        "ftp://x/",
        "https://x/y",
        "https://x?y",
        "https://u@x",
        "https://{host}/",
    ] {
        assert!(Origin::new(text).is_err(), "{text}");
    }
}

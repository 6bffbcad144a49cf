//! The steps on paths, and the configuration.

use super::*;

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
        "%25",
        "a[]=https://stranger.example//",
    ] {
        testing::get(&format!("/A//?{query}"))
            .header("host", "www.example.com")
            .through(&canonical)
            .assert_redirect(&format!("https://example.com/a?{query}"));
    }
    // The exception: a `%` that begins no escape is written as one, which means the same.
    testing::get("/A//?%&a=100%zz")
        .header("host", "www.example.com")
        .through(&canonical)
        .assert_redirect("https://example.com/a?%25&a=100%25zz");
}

/// Browsers send brackets in paths. A location never has them there, but no step redirects only to
/// encode them, so nothing loops.
#[test]
fn r1_r9_brackets_and_lone_percents_do_not_loop() {
    let canonical = Canonical::host("example.com")
        .unwrap()
        .trim_trailing_slash()
        .merge_slashes()
        .lower_case()
        .index_file(IndexFile::new(["index%5B1%5D.html"]).unwrap());
    let get = |target: &str| testing::get(target).header("host", "example.com");
    for target in [
        "/a[1]",
        "/a%5B1%5D",
        "/a[?b[]=%",
        "/100%",
        "/100%25",
        "/%",
        "/%4",
        "/%zz",
        "/a|b",
    ] {
        get(target).through(&canonical).assert_pass();
    }
    for (target, location) in [
        ("/a[1]/", "/a%5B1%5D"),
        ("/A[?b[]=%", "/a%5B?b[]=%25"),
        ("/100%//x", "/100%25/x"),
        ("/%4/", "/%254"),
        ("/%ZZ", "/%25zz"),
        ("/[]/index[1].html", "/%5B%5D"),
        ("/[]/index%5B1%5D.html", "/%5B%5D"),
    ] {
        get(target).through(&canonical).assert_redirect(location);
        get(location).through(&canonical).assert_pass();
    }
    testing::get("/a[1]?b[]=100%")
        .header("host", "www.example.com")
        .through(&canonical)
        .assert_redirect("https://example.com/a%5B1%5D?b[]=100%25");
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
    let on = |host| testing::get("/a").header("host", host);
    let aliases = CanonicalHost::with_aliases("www.a.example", ["*.a.example"]).unwrap();
    on("x.a.example")
        .through(&aliases)
        .assert_redirect("https://www.a.example/a");
    on("x.example.com").through(&below()).assert_pass();
    let pass = below().unknown_host(UnknownHost::Pass).unwrap();
    on("other.example").through(&pass).assert_pass();
    let refuse = below().unknown_host(UnknownHost::Refuse).unwrap();
    on("other.example")
        .through(&refuse)
        .assert_refused(StatusCode::MISDIRECTED_REQUEST);
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
        if let Some(location) = answer.decision().target() {
            assert!(location.as_str().len() <= 8_000, "{unit}");
        }
    }
}

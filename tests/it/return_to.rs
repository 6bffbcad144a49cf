//! R7: the address that a client names to go back to, with the `url` crate as the browser.
//!
//! `PROPTEST_CASES` sets how many cases each property is tried with.

use http::{HeaderName, HeaderValue, Method, Request, StatusCode, Uri, header};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestCaseError};
use serde_json::Value;
use tower_redirect::{
    Decision, LocalPath, Location, Policy, Redirect, RedirectLayer, RequestHead, Status,
    policy::{LoginRedirect, ReturnTo},
    testing::{self, TestRequest},
};
use url::{Position, Url};

use crate::cases::config;

const SITE: &str = "https://app.example";
const HOME: LocalPath = LocalPath::from_static("/home");
const LOGIN: LocalPath = LocalPath::from_static("/login");

fn return_to() -> ReturnTo {
    ReturnTo::new(HOME)
}

fn with_origins() -> ReturnTo {
    ["https://trusted.example", "https://*.tenant.example"]
        .into_iter()
        .chain(["https://docs.example:8443", "https://[2001:db8::1]"])
        .try_fold(return_to(), ReturnTo::allow)
        .unwrap()
}

// ----------------------------------------------------------------------------- the rule, by value

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
        "/100%",
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
        ("docs.example", 0, "must begin with `https://`"),
        ("*.tenant.example", 0, "must begin with `https://`"),
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
fn r7_the_fallback_may_lead_anywhere_that_a_location_may() {
    const PORTAL: Location = Location::from_static("https://portal.example/");
    let return_to = ReturnTo::new(PORTAL);
    assert_eq!(return_to.location("https://portal.example/x"), PORTAL);
    assert_eq!(return_to.location("/x"), "/x");
}

// ---------------------------------------------------------------------------- where it is read

#[test]
fn r7_one_occurrence_in_the_query() {
    for (query, sent) in [
        ("next=/a", "/a"),
        ("next=%2Fa%3Fb%3Dc%26d", "/a?b=c&d"),
        ("x=1&next=/a&y=2", "/a"),
        ("&&next=/a&", "/a"),
        ("ne%78t=/a", "/a"),
        ("next=/a=b?c", "/a=b?c"),
        ("next=/a;next=/b", "/a;next=/b"),
        ("next=/a%2Bb", "/a+b"),
        ("next=/100%", "/100%"),
        ("next=/%25", "/%"),
        ("next=%2Fcaf%C3%A9", "/caf%C3%A9"),
        ("Next=/b&next=/a", "/a"),
        ("", "/home"),
        ("next", "/home"),
        ("next=", "/home"),
        ("Next=/a", "/home"),
        ("nextt=/a", "/home"),
        ("next=/a&next=/a", "/home"),
        ("next=/a&ne%78t=/b", "/home"),
        ("next&next=/a", "/home"),
        ("next=/a&next", "/home"),
        ("next=/a+b", "/home"),
        ("next=/a%20b", "/home"),
        ("next=+/a", "/home"),
        ("next=/%ff", "/home"),
        ("next=%2F%2Fevil.com", "/home"),
        ("next=/%5Cevil.com", "/home"),
        ("next=/a%0d%0ab", "/home"),
    ] {
        for method in [Method::GET, Method::POST] {
            testing::request(method, &format!("/login?{query}"))
                .through(&return_to().query("next"))
                .assert_redirect(sent);
        }
    }
    testing::post("/login")
        .through(&return_to().query("next"))
        .assert_redirect("/home");
    testing::post("/login?zur%C3%BCck+zu=/a")
        .through(&return_to().query("zur\u{fc}ck zu"))
        .assert_redirect("/a");
}

#[test]
fn r7_one_cookie_of_the_name_over_all_lines() {
    let cookie = return_to().cookie("next");
    for (lines, sent) in [
        (&["next=/a"][..], "/a"),
        (&["a=b; next=/a?b=c&d; e=f"], "/a?b=c&d"),
        (&["a=b", "next=/a"], "/a"),
        (&["next=/a%20b+c"], "/a%20b+c"),
        (&["next=/a;b"], "/a"),
        (&["  next = /a  "], "/a"),
        (&["bad=\u{e9}; next=/a"], "/a"),
        (&["next=/caf\u{e9}"], "/caf%C3%A9"),
        (&["next; next=/a"], "/a"),
        (&[], "/home"),
        (&["next="], "/home"),
        (&["NEXT=/a"], "/home"),
        (&["xnext=/a"], "/home"),
        (&["next=\"/a\""], "/home"),
        (&["next=%2Fa"], "/home"),
        (&["next=/a; next=/a"], "/home"),
        (&["next=/a", "next=/b"], "/home"),
        (&["next=//evil.com"], "/home"),
        (&["next=/\\evil.com"], "/home"),
        (&["next=/a b"], "/home"),
    ] {
        assert_eq!(sent_for(&cookie, &header::COOKIE, lines), sent, "{lines:?}");
    }
    let mut request = Request::new(());
    let value = HeaderValue::from_bytes(b"x=\xff; next=/\xff").unwrap();
    request.headers_mut().insert(header::COOKIE, value);
    assert_eq!(decided(&cookie, &request), "/home", "not UTF-8");
}

#[test]
fn r7_one_line_of_the_header_and_never_the_referer() {
    let name = HeaderName::from_static("x-return-to");
    let policy = with_origins().header(name.clone());
    for (lines, sent) in [
        (&["/a?b"][..], "/a?b"),
        (&["https://trusted.example"], "https://trusted.example/"),
        (&["/caf\u{e9}"], "/caf%C3%A9"),
        (&["/a, /b"], "/home"),
        (&[], "/home"),
        (&["/a", "/a"], "/home"),
        (&["/a\t"], "/home"),
        (&["//evil.com"], "/home"),
    ] {
        assert_eq!(sent_for(&policy, &name, lines), sent, "{lines:?}");
    }
    let from_page = testing::post("/login").header("referer", "https://trusted.example/a");
    for policy in [
        policy,
        with_origins().query("next"),
        with_origins().cookie("next"),
    ] {
        from_page.clone().through(&policy).assert_redirect("/home");
    }
    let asked_for_it = with_origins().header(header::REFERER);
    from_page
        .through(&asked_for_it)
        .assert_redirect("https://trusted.example/a");
}

fn sent_for(policy: &dyn Policy<Target = Location>, name: &HeaderName, lines: &[&str]) -> String {
    let mut request = Request::new(());
    for line in lines {
        let value = HeaderValue::from_bytes(line.as_bytes()).unwrap();
        request.headers_mut().append(name.clone(), value);
    }
    decided(policy, &request)
}

fn decided(policy: &dyn Policy<Target = Location>, request: &Request<()>) -> String {
    match policy.decide(&RequestHead::new(request)) {
        Decision::Redirect(location) => location.to_string(),
        decision => panic!("{decision:?}"),
    }
}

#[tokio::test]
async fn r7_vary_names_the_field_that_was_read_and_no_other() {
    let x_return_to = HeaderName::from_static("x-return-to");
    for (policy, vary) in [
        (return_to().query("next"), None),
        (return_to().cookie("next"), Some("cookie")),
        (return_to().header(x_return_to), Some("x-return-to")),
    ] {
        let answer = answer(&RedirectLayer::see_other(policy), testing::post("/login")).await;
        assert_eq!(answer.status(), 303);
        assert_eq!(
            answer
                .headers()
                .get("vary")
                .map(|vary| vary.to_str().unwrap()),
            vary
        );
    }
}

async fn answer<P>(layer: &RedirectLayer<P>, request: TestRequest) -> http::Response<String>
where
    P: Policy<Target = Redirect>,
{
    use tower::{Layer, ServiceExt, service_fn};

    let head = request.head();
    let mut asked = Request::new(());
    *asked.method_mut() = head.method().clone();
    *asked.uri_mut() = head.uri().clone();
    *asked.headers_mut() = head.headers().clone();
    let app = service_fn(async |_| Ok::<_, std::convert::Infallible>(http::Response::default()));
    layer.layer(app).oneshot(asked).await.unwrap()
}

// ------------------------------------------------------------------------------- R9: no loops

#[test]
fn r9_a_way_back_is_compared_as_the_client_resolves_it() {
    let layer = RedirectLayer::found(return_to().cookie("next"));
    let on_docs = RedirectLayer::found(with_origins().cookie("next"));
    let asked = |target: &str, next: &str| {
        testing::get(target)
            .header("host", "trusted.example")
            .header("cookie", &format!("next={next}"))
    };
    for (target, next) in [
        ("/a/c", "/a/b/../c"),
        ("/a/c", "/a/./c#top"),
        ("/", "/.."),
        ("/a/", "/a/b/%2e%2E"),
        ("/a?b", "/x/../a?b"),
        // A client that asks so resolves nothing.
        ("/a/b/../c", "/a/b/../c"),
    ] {
        asked(target, next).through_layer(&layer).assert_pass();
        asked(target, next).through_layer(&on_docs).assert_pass();
        let absolute = format!("https://trusted.example{next}");
        asked(target, &absolute)
            .through_layer(&on_docs)
            .assert_pass();
    }
    for (target, next) in [
        ("/a/c", "/a/b/../d"),
        ("/a?b", "/x/../a?c"),
        ("/a/c", "/a/../c"),
    ] {
        asked(target, next)
            .through_layer(&layer)
            .assert_redirect(next);
    }
}

// ------------------------------------------------------------------------------------- attacks

const ROWS: &str = include_str!("../vectors/attacks.jsonl");

#[test]
fn r7_every_attack_of_the_vectors_ends_on_the_fallback_or_on_the_site() {
    let mut rows = 0;
    for row in ROWS
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
    {
        if row["policy"] != "return_to" {
            continue;
        }
        rows += 1;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = text(&row["id"]);
        let config = &row["config"];
        let fallback = LocalPath::new(&text(&config["fallback"])).unwrap();
        let allowed = config["allow_origins"].as_array().into_iter().flatten();
        let return_to = allowed.fold(ReturnTo::new(fallback.clone()), |return_to, origin| {
            return_to.allow(&text(origin)).unwrap()
        });
        let policy = return_to.query(&text(&config["param"]));
        let target = text(&row["request"]["target"]);
        // One row has a backslash in its target, which `http::Uri` takes in a query.
        let sent = sent_by(&policy, &testing::get(&target));

        let url = Url::parse(SITE).unwrap().join(&sent).unwrap();
        let origin = url.origin().ascii_serialization();
        let trusted = origin == SITE
            || config["allow_origins"].is_array()
                && (origin == "https://trusted.example" || origin.ends_with(".tenant.example"));
        assert!(trusted, "{id}: {sent} is at {origin}");
        if let Some(exact) = row["must"]["location_is"].as_str() {
            assert_eq!(sent, exact, "{id}");
        } else if !matches!(id.as_str(), "RET-095" | "RET-161") {
            assert_eq!(fallback, *sent, "{id} is refused");
        }
        // Nothing is left for a second redirect to lead astray.
        assert!(!url.path().starts_with("//"), "{id}: {sent}");
    }
    assert_eq!(rows, 83);
}

fn sent_by(policy: &dyn Policy<Target = Location>, request: &TestRequest) -> String {
    match policy.decide(&request.head()) {
        Decision::Redirect(location) => location.to_string(),
        decision => panic!("{decision:?}"),
    }
}

/// Regression tests of other projects, beside those of the vectors.
#[test]
fn r7_bad_addresses_of_django_rails_and_oauth2_proxy() {
    for value in [
        // Django: `url_has_allowed_host_and_scheme`.
        "http://example.com",
        "http:///example.com",
        "https://example.com",
        "ftp://example.com",
        "\\\\example.com",
        "\\\\\\example.com",
        "/\\\\/example.com",
        "\\//example.com",
        "/\\/example.com",
        "http:///\\example.com",
        "http:/\\//example.com",
        "http:\\/example.com",
        "http:/\\example.com",
        "http:/\\//testserver/confirm?email=me@example.com",
        "javascript:alert(\"XSS\")",
        "\njavascript:alert(x)",
        "java\nscript:alert(x)",
        "\x08//example.com",
        "http://otherserver\\@example.com",
        "http:\\\\testserver\\@example.com",
        "http://testserver\\me:pass@example.com",
        "http://testserver\\@example.com",
        "http:\\\\testserver\\confirm\\me@example.com",
        "http:999999999",
        "ftp:9999999999",
        "\n",
        "http://[2001:cdba:0000:0000:0000:0000:3257:9652/",
        "http://2001:cdba:0000:0000:0000:0000:3257:9652]/",
        "///example.com",
        "////example.com",
        // Rails, oauth2-proxy, PortSwigger's list.
        "//",
        "///",
        "//stranger.example/%2f..",
        "/\t/stranger.example",
        "/\u{0c}/stranger.example",
        "/ /stranger.example",
        "/\u{a0}\\stranger.example",
        "\u{a0}//stranger.example",
        "\u{feff}//stranger.example",
        ".stranger.example",
        "@stranger.example",
        ":80",
        "?next=/a",
        "#a",
        "a",
        "./a",
        "../a",
        "data:text/html,x",
        "https://app.example@stranger.example/",
        "https://app.example:80@stranger.example/",
        "https://app.example%2estranger.example/",
        "https://app.example%23.stranger.example/",
        "https://stranger\u{3002}example/",
        "https://0x7f.1/",
        "https://[::]/",
    ] {
        assert_eq!(return_to().check(value), None, "{value:?}");
        assert_eq!(with_origins().check(value), None, "{value:?}");
    }
}

// ------------------------------------------------------------------------------ to the login page

#[test]
fn the_login_page_is_told_the_whole_address() {
    let login = LoginRedirect::to(LOGIN);
    for (target, sent) in [
        ("/", "/login?next=%2F"),
        ("/account?tab=2", "/login?next=%2Faccount%3Ftab%3D2"),
        ("/a%20b?c=%26&d", "/login?next=%2Fa%2520b%3Fc%3D%2526%26d"),
        ("/a/../b", "/login?next=%2Fa%2F..%2Fb"),
        ("http://app.example?x", "/login?next=%2F%3Fx"),
        ("http://app.example/a", "/login?next=%2Fa"),
        ("/loginx", "/login?next=%2Floginx"),
        ("/login/x", "/login?next=%2Flogin%2Fx"),
        ("/login//", "/login?next=%2Flogin%2F%2F"),
        ("/Login", "/login?next=%2FLogin"),
        ("//stranger.example", "/login"),
        ("/.//stranger.example", "/login"),
        ("/a?\\", "/login"),
    ] {
        testing::get(target).through(&login).assert_redirect(sent);
        testing::head(target).through(&login).assert_redirect(sent);
        testing::post(target)
            .through(&login)
            .assert_redirect("/login");
        testing::put(target)
            .through(&login)
            .assert_redirect("/login");
    }
    // Inside of `nest`, where axum tells what was asked for.
    testing::get("/news?page=2")
        .original_uri("/team/news?page=2")
        .through(&login)
        .assert_redirect("/login?next=%2Fteam%2Fnews%3Fpage%3D2");
}

#[test]
fn the_login_page_itself_passes() {
    for (login, asked) in [
        ("/login", "/login"),
        ("/login", "/login/"),
        ("/login", "/login?next=%2Flogin"),
        ("/login", "http://app.example/login?x"),
        ("/login/", "/login"),
        ("/login/", "/login/"),
        ("/login?lang=en#form", "/login"),
        ("/", "/"),
        ("/", "/?a"),
        ("/[login]", "/%5Blogin%5D"),
        ("/%d0%b2", "/%D0%B2"),
    ] {
        let policy = LoginRedirect::to(LocalPath::new(login).unwrap());
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT] {
            testing::request(method, asked)
                .through(&policy)
                .assert_pass();
        }
    }
    let nested = LoginRedirect::to(LOGIN);
    testing::get("/")
        .original_uri("/login/")
        .through(&nested)
        .assert_pass();
    testing::get("/login")
        .original_uri("/team/login")
        .through(&nested)
        .assert_redirect("/login?next=%2Fteam%2Flogin");
}

#[test]
fn next_never_stands_twice_and_one_of_the_pages_own_is_what_is_sent_without() {
    for (page, param, with, without) in [
        (
            "/login?next=%2Fhome",
            "next",
            "/login?next=%2Fa",
            "/login?next=%2Fhome",
        ),
        ("/login?next", "next", "/login?next=%2Fa", "/login?next"),
        (
            "/login?n%65xt=/x&lang=en&next=/y#f",
            "next",
            "/login?lang=en&next=%2Fa#f",
            "/login?n%65xt=/x&lang=en&next=/y#f",
        ),
        (
            "/login?to=/x",
            "next",
            "/login?to=/x&next=%2Fa",
            "/login?to=/x",
        ),
        (
            "/login?to=/x&next=/y",
            "to",
            "/login?next=/y&to=%2Fa",
            "/login?to=/x&next=/y",
        ),
    ] {
        let login = LoginRedirect::to(LocalPath::new(page).unwrap()).param(param);
        testing::get("/a").through(&login).assert_redirect(with);
        testing::post("/a").through(&login).assert_redirect(without);
    }
}

#[test]
fn literals_are_places() {
    testing::get("/a")
        .through(&LoginRedirect::to("/in"))
        .assert_redirect("/in?next=%2Fa");
    testing::get("/")
        .through(&ReturnTo::new("/h\u{e4}").query("next"))
        .assert_redirect("/h%C3%A4");
    let elsewhere = ReturnTo::new("https://docs.example/");
    assert_eq!(elsewhere.location(""), "https://docs.example/");
    for bad in [
        "//stranger.example",
        "/\\x",
        "https://docs.example/",
        "login",
        "",
        "/a/../b",
    ] {
        let message = std::panic::catch_unwind(|| LoginRedirect::to(bad)).unwrap_err();
        let message = message.downcast_ref::<String>().unwrap();
        assert!(
            message.contains("; ") || message.contains("must begin with `/`"),
            "{message}"
        );
    }
}

#[test]
fn r7_what_cannot_be_allowed_says_how_it_is_written() {
    let error = |text| ReturnTo::new(HOME).allow(text).unwrap_err().to_string();
    for text in ["docs.example", "http://docs.example", "javascript:alert(1)"] {
        let shown = error(text);
        let expected = "must begin with `https://`";
        assert!(
            shown.starts_with("invalid origin, byte 0") && shown.contains(expected),
            "{shown}"
        );
        assert!(!shown.contains("unchecked"), "{shown}");
    }
    assert!(error("https://docs.example/x").starts_with("invalid origin, byte 20"));
}

#[test]
fn r7_a_long_address_is_left_out() {
    let login = LoginRedirect::to(LOGIN);
    let target = |length: usize| format!("/{}", "a".repeat(length - 1));
    let next = format!("/login?next=%2F{}", "a".repeat(2_047));
    testing::get(&target(2_048))
        .through(&login)
        .assert_redirect(&next);
    testing::get(&target(2_049))
        .through(&login)
        .assert_redirect("/login");

    // 7,000 bytes and three times 2,048 are more than a location has.
    let long = LocalPath::new(&format!("/login?{}", "x".repeat(7_000))).unwrap();
    let slashes = format!("/a{}", "/".repeat(2_046));
    testing::get(&slashes)
        .through(&LoginRedirect::to(long.clone()))
        .assert_redirect(long.as_str());
}

#[test]
fn after_a_401_the_login_page_and_no_loop() {
    let layer = RedirectLayer::see_other(LoginRedirect::to(LOGIN)).after(StatusCode::UNAUTHORIZED);
    testing::get("/account")
        .through_layer(&layer)
        .assert_redirect("/login?next=%2Faccount");
    testing::follow(
        &LoginRedirect::to(LOGIN).with(Status::SeeOther),
        testing::post("/account"),
    )
    .assert_arrives_at("/login")
    .assert_method("GET")
    .assert_hops(1);
}

// --------------------------------------------------------------------------------- properties

type Checked = Result<(), TestCaseError>;

proptest! {
    #![proptest_config(config(1))]

    #[test]
    fn r7_any_text_leads_to_the_site_or_to_an_allowed_origin(text in text()) {
        for return_to in [return_to(), with_origins()] {
            stays(&return_to, &text)?;
            stays(&return_to, &format!("/{text}"))?;
            stays(&return_to, &format!("https://trusted.example{text}"))?;
            stays(&return_to, &format!("https://{text}.tenant.example/"))?;
        }
    }

    #[test]
    fn r7_any_bytes_in_a_query_are_read_as_a_form_reads_them(
        bytes in vec(byte(), 0..24), other in "[a-z&=+%]{0,6}", raw in any::<bool>(),
    ) {
        let value = if raw {
            let printable = bytes.iter().filter(|byte| byte.is_ascii_graphic() && **byte != b'#');
            printable.map(|&byte| char::from(byte)).collect()
        } else {
            percent_encode(&bytes, NON_ALPHANUMERIC).to_string()
        };
        let target = format!("/login?{other}&next={value}");
        prop_assume!(target.parse::<Uri>().is_ok());
        let query = target.split_once('?').unwrap().1;

        // The `url` crate reads the query; what is not UTF-8 it replaces.
        let next: Vec<String> = url::form_urlencoded::parse(query.as_bytes())
            .filter(|(key, _)| key == "next")
            .map(|(_, value)| value.into_owned())
            .collect();
        let utf8 = query.split('&').all(|pair| percent_decode_str(pair).decode_utf8().is_ok());
        let sent = sent_by(&return_to().query("next"), &testing::get(&target));
        match next.as_slice() {
            [value] if utf8 => prop_assert_eq!(return_to().location(value), sent.as_str()),
            [_] => {}
            _ => prop_assert_eq!(sent.as_str(), "/home"),
        }
        stays(&return_to(), &sent)?;
    }

    #[test]
    fn r7_a_cookie_and_a_header_lead_where_their_text_does(bytes in vec(byte(), 0..24)) {
        let cookie: Vec<u8> = b"a=b; next=".iter().chain(&bytes).copied().collect();
        let x = HeaderName::from_static("x-next");
        for (policy, name, line) in [
            (return_to().cookie("next"), header::COOKIE, &cookie),
            (return_to().header(x.clone()), x, &bytes),
        ] {
            let Ok(line) = HeaderValue::from_bytes(line) else { continue };
            let mut request = Request::new(());
            request.headers_mut().insert(name, line);
            let sent = decided(&policy, &request);
            let url = Url::parse(SITE).unwrap().join(&sent).unwrap();
            prop_assert_eq!(url.origin().ascii_serialization(), SITE, "{}", sent);
            prop_assert!(!url.path().starts_with("//"));
        }
    }

    /// Both use one rule: what the one writes, the other takes back.
    #[test]
    fn r7_what_login_redirect_writes_return_to_takes_back(target in request_target()) {
        let written = match LoginRedirect::to(LOGIN).decide(&testing::get(&target).head()) {
            Decision::Redirect(location) => location.to_string(),
            _ => return Ok(()),
        };
        let back = sent_by(&return_to().query("next"), &testing::get(&written));
        match written.strip_prefix("/login?next=") {
            None => {
                prop_assert_eq!(written.as_str(), "/login");
                prop_assert_eq!(return_to().check(&target), None);
            }
            Some(next) => {
                let next = percent_decode_str(next).decode_utf8().unwrap();
                prop_assert_eq!(&*next, target.as_str());
                prop_assert_eq!(place(&back), place(&target));
            }
        }
    }
}

#[test]
fn r7_what_looks_like_a_drive_letter_is_a_segment() {
    stays(&return_to(), "/A|/..").unwrap();
}

/// What is sent for a value stays where it may, and leads where the value does.
fn stays(return_to: &ReturnTo, value: &str) -> Checked {
    let sent = return_to.location(value);
    let text = sent.as_str();
    prop_assert!(text.len() <= 8_000);
    prop_assert!(
        text.bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)),
        "bytes of {:?}",
        text
    );
    for page in [format!("{SITE}/"), format!("{SITE}/a/b/c?d=//e#f")] {
        let page = Url::parse(&page).unwrap();
        let url = page.join(text);
        prop_assert!(url.is_ok(), "{:?}: {:?}", text, url);
        let url = url.unwrap();
        let origin = url.origin().ascii_serialization();
        let local = text.starts_with('/');
        let allowed = return_to.allowed_here(&origin);
        prop_assert!(
            if local { origin == SITE } else { allowed },
            "{} for {:?}",
            url,
            value
        );
        prop_assert!(url.username().is_empty() && url.password().is_none());
        prop_assert!(!local || !url.path().starts_with("//"), "{}", url);
        if let Some(checked) = return_to.check(value) {
            prop_assert_eq!(&checked, &text);
            // It leads where the value leads by itself; encoded, as it is sent, `A|` is no drive letter, which
            // it is for `file` alone.
            let meant = page.join(&value.replace('|', "%7C"));
            prop_assert!(meant.is_ok(), "{:?}: {:?}", value, meant);
            prop_assert_eq!(spelled(&url), spelled(&meant.unwrap()), "{:?}", value);
        } else {
            prop_assert_eq!(text, "/home");
        }
    }
    // What was sent may be handed in again.
    if text.len() <= 2_048 {
        prop_assert_eq!(return_to.location(text), text);
    }
    Ok(())
}

trait AllowedHere {
    fn allowed_here(&self, origin: &str) -> bool;
}

impl AllowedHere for ReturnTo {
    /// Told by the address, with no rule of the crate: the tests know what they allowed.
    fn allowed_here(&self, origin: &str) -> bool {
        let any = self.check("https://trusted.example/").is_some();
        let host = origin.strip_prefix("https://").unwrap_or_default();
        let subdomain = host
            .strip_suffix(".tenant.example")
            .is_some_and(|name| !name.is_empty() && !name.starts_with('.'));
        any && (subdomain
            || ["trusted.example", "docs.example:8443", "[2001:db8::1]"].contains(&host))
    }
}

/// The place that a local reference names.
///
/// A `|` is encoded first: the parser takes `/A|/` for the drive of a file, which `..` does not leave, and
/// the standard has drives under `file:` only.
fn place(reference: &str) -> String {
    let reference = reference.replace('|', "%7C");
    spelled(&Url::parse(SITE).unwrap().join(&reference).unwrap())
}

/// An address with everything encoded that one client encodes and another does not.
fn spelled(url: &Url) -> String {
    let parts = [
        &url[..Position::BeforePath],
        &url[Position::BeforePath..Position::AfterPath],
        &url[Position::AfterPath..Position::AfterQuery],
        &url[Position::AfterQuery..],
    ];
    parts.map(same_escapes).concat()
}

/// `|` and `%7C` are one text.
fn same_escapes(part: &str) -> String {
    let mut out = part.replace('\'', "%27").replace("#", "\u{1}");
    let first = out.starts_with('\u{1}');
    out = out.replace('\u{1}', "%23");
    for byte in "\"<>\\^`{|} ".bytes() {
        out = out.replace(char::from(byte), &format!("%{byte:02X}"));
    }
    if first {
        out.replacen("%23", "#", 1)
    } else {
        out
    }
}

// ---------------------------------------------------------------------------------- generators

const TOKENS: &[&str] = &[
    "/",
    "/",
    "//",
    "\\",
    "?",
    "#",
    "@",
    ":",
    ".",
    "..",
    "/.",
    "/..",
    "/./",
    "/../",
    "%2e",
    "%2E%2e",
    "%2f",
    "%5c",
    "%00",
    "%0d%0a",
    "%",
    "%zz",
    "&",
    "=",
    "+",
    " ",
    "http:",
    "https:",
    "https://",
    "javascript:",
    "app.example",
    "stranger.example",
    "trusted.example",
    ".tenant.example",
    "[::1]",
    ":443",
    ":80",
    "\u{3002}",
    "\u{ff0f}",
    "\u{ad}",
    "\u{e9}",
    "'",
    "|",
    "{",
    "next=",
];

fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        1 => select(&["\t", "\r", "\n", "\0", "\x1f", "\x7f", "\u{85}"][..]).prop_map(str::to_owned),
        3 => any::<char>().prop_map(String::from),
        10 => "[a-zA-Z0-9]{1,3}",
        10 => "[!-~]{1,2}",
        30 => select(TOKENS).prop_map(str::to_owned),
    ];
    vec(part, 0..7).prop_map(|parts| parts.concat())
}

fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        8 => select(&b"/////..\\%+&=2ef@:?#"[..]),
        4 => select(&b"abcnext0123456789"[..]),
        2 => any::<u8>(),
    ]
}

fn request_target() -> impl Strategy<Value = String> {
    text().prop_filter_map("not a request target", |text| {
        let target = format!("/{}", text.split('#').next().unwrap_or_default());
        target.parse::<Uri>().is_ok().then_some(target)
    })
}

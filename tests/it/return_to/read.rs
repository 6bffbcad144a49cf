//! Where the value is read, and that it makes no loop.

use super::*;

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
        ("next=/100%", "/100%25"),
        ("next=/%25", "/%25"),
        ("next=/a[1]?b[2]%23c[3]", "/a%5B1%5D?b[2]#c%5B3%5D"),
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

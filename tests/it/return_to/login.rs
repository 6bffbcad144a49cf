//! The redirect to the login page.

use super::*;

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
    let shown = error("docs.example");
    assert_eq!(
        shown,
        "invalid origin, byte 0 (`d`): an origin begins with its scheme; for example, write \
         `https://example.com`"
    );
    for text in ["http://docs.example", "javascript:alert(1)"] {
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

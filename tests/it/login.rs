//! The example with the login page: out to the form, and back to where the visitor was.

use axum::{Router, body::Body, http::Response};
use http::{Request, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

#[path = "../../examples/login/app.rs"]
mod app;

/// A browser with one cookie.
struct Browser {
    app: Router,
    cookie: Option<String>,
}

impl Browser {
    fn new() -> Self {
        Self {
            app: app::app(),
            cookie: None,
        }
    }

    async fn ask(&mut self, method: &str, target: &str, form: &str) -> Response<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(header::ACCEPT, "text/html,*/*");
        if let Some(cookie) = &self.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        if method == "POST" {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request.body(Body::from(form.to_owned())).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        if let Some(set) = response.headers().get(header::SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(pair.to_owned());
        }
        response
    }

    /// Status and location.
    async fn asks(&mut self, method: &str, target: &str, form: &str) -> (u16, String) {
        let response = self.ask(method, target, form).await;
        let location = response.headers().get(header::LOCATION);
        let location = location.map_or("", |value| value.to_str().unwrap());
        (response.status().as_u16(), location.to_owned())
    }
}

fn to(status: u16, location: &str) -> (u16, String) {
    (status, location.to_owned())
}

#[tokio::test]
async fn from_the_account_to_the_form_and_back() {
    let mut browser = Browser::new();
    let form = to(303, "/login?next=%2Faccount%3Ftab%3D2");
    assert_eq!(browser.asks("GET", "/account?tab=2", "").await, form);
    assert_eq!(browser.asks("GET", &form.1, "").await, to(200, ""));
    assert_eq!(browser.asks("POST", &form.1, "name=+").await, to(422, ""));
    assert_eq!(
        browser.asks("POST", &form.1, "name=ada").await,
        to(303, "/account?tab=2")
    );
    let page = browser.ask("GET", "/account?tab=2", "").await;
    let page = page.into_body().collect().await.unwrap().to_bytes();
    assert!(
        std::str::from_utf8(&page)
            .unwrap()
            .contains("The account of ada")
    );

    // Whoever is signed in does not see the form.
    assert_eq!(
        browser.asks("GET", &form.1, "").await,
        to(303, "/account?tab=2")
    );
    assert_eq!(browser.asks("GET", "/login", "").await, to(303, "/"));
    assert_eq!(browser.asks("POST", "/logout", "").await, to(303, "/"));
    assert_eq!(browser.asks("GET", "/account?tab=2", "").await, form);
}

#[tokio::test]
async fn the_prefix_of_a_nested_router_is_kept() {
    let mut browser = Browser::new();
    let form = to(303, "/login?next=%2Fteam%2Fblue%2Fnews%3Fp%3D1");
    assert_eq!(browser.asks("GET", "/team/blue/news?p=1", "").await, form);
    assert_eq!(browser.asks("HEAD", "/team/blue/news?p=1", "").await, form);
    assert_eq!(
        browser.asks("POST", &form.1, "name=ada").await,
        to(303, "/team/blue/news?p=1")
    );
}

#[tokio::test]
async fn a_form_that_was_posted_is_skipped_for_again() {
    let mut browser = Browser::new();
    assert_eq!(
        browser.asks("POST", "/team/blue/news", "a=b").await,
        to(303, "/login")
    );
}

#[tokio::test]
async fn a_401_sends_browsers_to_the_form_and_leaves_programs_alone() {
    let mut browser = Browser::new();
    assert_eq!(
        browser.asks("GET", "/api/me", "").await,
        to(303, "/login?next=%2Fapi%2Fme")
    );
    let request = Request::get("/api/me").header(header::ACCEPT, "application/json");
    let answer = app::app()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn scripts_and_htmx_get_a_401_for_each_page() {
    for (target, next) in [
        ("/account?tab=2", "/login?next=%2Faccount%3Ftab%3D2"),
        (
            "/team/blue/news?p=1",
            "/login?next=%2Fteam%2Fblue%2Fnews%3Fp%3D1",
        ),
        ("/api/me", "/login?next=%2Fapi%2Fme"),
    ] {
        for (name, hx_redirect) in [("sec-fetch-mode", None), ("hx-request", Some(next))] {
            let value = if hx_redirect.is_some() {
                "true"
            } else {
                "cors"
            };
            let request = Request::get(target).header(name, value);
            let request = request.body(Body::empty()).unwrap();
            let answer = app::app().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), 401, "{target} {name}");
            assert_eq!(answer.headers()[header::LOCATION], next);
            let sent = answer.headers().get("hx-redirect");
            assert_eq!(sent.map(|value| value.to_str().unwrap()), hx_redirect);
        }
    }
}

#[tokio::test]
async fn no_next_leads_to_a_stranger() {
    for next in [
        "//stranger.example",
        "%2F%2Fstranger.example",
        "/%5Cstranger.example",
        "https://stranger.example/",
        "javascript:alert(1)",
        "%09//stranger.example",
        "/account&next=//stranger.example",
        "%2F.%2F%2Fstranger.example",
        "",
    ] {
        let mut browser = Browser::new();
        let target = format!("/login?next={next}");
        assert_eq!(
            browser.asks("POST", &target, "name=mallory").await,
            to(303, "/"),
            "{next}"
        );
        assert_eq!(
            browser.asks("GET", &target, "").await,
            to(303, "/"),
            "{next}"
        );
    }
}

#[tokio::test]
async fn caches_are_told_that_it_depends_on_the_cookie() {
    let answer = Browser::new().ask("GET", "/account", "").await;
    let vary: Vec<_> = answer.headers().get_all(header::VARY).iter().collect();
    assert_eq!(vary.len(), 2);
    assert!(vary.iter().any(|line| *line == "cookie"), "{vary:?}");
}

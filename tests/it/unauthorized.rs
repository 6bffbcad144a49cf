//! `unauthorized_for_scripts`: a page gets the redirect to the login page, a script a 401.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use proptest::{collection::vec, prelude::*, sample::select};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    LocalPath, Location, Policy, Redirect, RedirectLayer, Status,
    middleware::body::BodyMode,
    policy::{Https, LoginRedirect, Refusal, SchemeSource},
    policy_fn,
    redirect::{CacheControl, Redirected},
    rules::{Rule, Rules},
};

use crate::cases::config;

const VARY: &str =
    "accept, hx-history-restore-request, hx-request, sec-fetch-mode, x-requested-with";
const CHALLENGE: &str = "Cookie realm=\"login\"";
const NEXT: &str = "/login?next=%2Faccount%3Ftab%3D2";

/// The headers of one client, and what it gets.
const PAGES: [&[(&str, &str)]; 6] = [
    &[],
    &[("accept", "*/*")],
    &[
        ("sec-fetch-mode", "navigate"),
        ("accept", "text/html,*/*;q=0.8"),
    ],
    &[
        ("sec-fetch-mode", "cors"),
        ("accept", "text/html, application/xhtml+xml"),
    ],
    &[
        ("sec-fetch-mode", "cors"),
        ("hx-request", "true"),
        ("hx-history-restore-request", "true"),
    ],
    &[("sec-fetch-mode", "navigate"), ("hx-request", "true")],
];
const SCRIPTS: [&[(&str, &str)]; 5] = [
    &[
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-dest", "empty"),
        ("accept", "*/*"),
    ],
    &[("sec-fetch-mode", "same-origin")],
    &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
    &[
        ("x-requested-with", "XMLHttpRequest"),
        ("accept", "text/html, */*; q=0.01"),
    ],
    &[("accept", "application/json, text/plain, */*")],
];
const HTMX: [&[(&str, &str)]; 3] = [
    &[("hx-request", "true")],
    &[
        ("hx-request", "true"),
        ("sec-fetch-mode", "cors"),
        ("accept", "*/*"),
    ],
    &[
        ("hx-request", "true"),
        ("hx-boosted", "true"),
        ("accept", "text/html"),
    ],
];

fn request(headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().uri("/account?tab=2");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

type Inner = Full<Bytes>;

/// The app: a response with this status, a body and some headers.
fn app(status: u16, headers: &[(&'static str, &'static str)]) -> Response<Inner> {
    let mut response = Response::new(Full::from("{\"error\":\"no session\"}"));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        let (name, value) = (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        response.headers_mut().append(name, value);
    }
    response
}

async fn send<P, M>(
    layer: &RedirectLayer<P, M>,
    request: Request<()>,
    response: Response<Inner>,
) -> Response<String>
where
    P: Policy<Target = Redirect>,
    M: BodyMode<Inner> + Clone,
    M::Body: http_body::Body<Data = Bytes, Error = Infallible>,
{
    let inner = service_fn(|_: Request<()>| {
        let response = response.clone();
        async move { Ok::<_, Infallible>(response) }
    });
    let (parts, body) = layer
        .layer(inner)
        .oneshot(request)
        .await
        .unwrap()
        .into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
}

fn lines(headers: &HeaderMap, name: &str) -> Vec<String> {
    let lines = headers.get_all(name).iter();
    lines
        .map(|line| line.to_str().unwrap().to_owned())
        .collect()
}

fn login() -> RedirectLayer<tower_redirect::policy::With<LoginRedirect>> {
    RedirectLayer::see_other(LoginRedirect::to("/login")).unauthorized_for_scripts()
}

#[tokio::test]
async fn a_page_is_redirected_and_a_script_gets_401() {
    let layer = login();
    for headers in PAGES {
        let sent = send(&layer, request(headers), app(200, &[])).await;
        assert_eq!(sent.status(), 303, "{headers:?}");
        assert_eq!(lines(sent.headers(), "location"), [NEXT]);
        assert_eq!(lines(sent.headers(), "cache-control"), ["no-store"]);
        assert_eq!(lines(sent.headers(), "vary"), [VARY]);
        assert_eq!(sent.headers().len(), 3, "{headers:?}");
        assert_eq!(sent.body(), "");
    }
    for (headers, is_htmx) in SCRIPTS
        .map(|row| (row, false))
        .into_iter()
        .chain(HTMX.map(|row| (row, true)))
    {
        let sent = send(&layer, request(headers), app(200, &[])).await;
        assert_eq!(sent.status(), 401, "{headers:?}");
        assert_eq!(lines(sent.headers(), "www-authenticate"), [CHALLENGE]);
        assert_eq!(lines(sent.headers(), "location"), [NEXT]);
        let expected: &[&str] = if is_htmx { &[NEXT] } else { &[] };
        assert_eq!(
            lines(sent.headers(), "hx-redirect"),
            expected,
            "{headers:?}"
        );
        assert_eq!(lines(sent.headers(), "cache-control"), ["no-store"]);
        assert_eq!(lines(sent.headers(), "vary"), [VARY]);
        assert_eq!(
            sent.headers().len(),
            if is_htmx { 5 } else { 4 },
            "{headers:?}"
        );
        assert_eq!(sent.body(), "");
    }
}

#[tokio::test]
async fn without_the_setter_nothing_is_chosen() {
    let layer = RedirectLayer::see_other(LoginRedirect::to("/login"));
    for headers in PAGES.into_iter().chain(SCRIPTS).chain(HTMX) {
        let sent = send(&layer, request(headers), app(200, &[])).await;
        assert_eq!(sent.status(), 303, "{headers:?}");
        assert_eq!(sent.headers().len(), 1);
    }
    // A handler has no request to choose from.
    let redirect = Redirect::see_other(LocalPath::from_static("/login")).unauthorized_for_scripts();
    let response = Response::<String>::from(redirect);
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers().len(), 1);
}

/// A lifetime would keep the one form of the response for clients that need the other.
#[tokio::test]
async fn no_form_is_stored_and_each_names_what_it_depends_on() {
    let day = std::time::Duration::from_secs(86_400);
    let policy = || {
        LoginRedirect::to("/login").unless(|request| {
            request.header("cookie").is_some() || request.header("accept").is_none()
        })
    };
    for layer in [
        RedirectLayer::permanent(policy()),
        RedirectLayer::moved_permanently(policy()).cache(CacheControl::max_age(day).private()),
        RedirectLayer::found(policy())
            .cache(day)
            .default_max_age(day),
        RedirectLayer::see_other(policy()).default_max_age(day),
    ] {
        let layer = layer.unauthorized_for_scripts();
        for accept in ["text/html", "application/json"] {
            for response in [app(200, &[]), app(401, &[("cache-control", "max-age=60")])] {
                let after = layer.clone().after(StatusCode::UNAUTHORIZED);
                let is_after = response.status() == 401;
                let layer = if is_after { &after } else { &layer };
                let sent = send(layer, request(&[("accept", accept)]), response).await;
                assert_eq!(sent.status() == 401, accept == "application/json");
                assert_eq!(lines(sent.headers(), "cache-control"), ["no-store"]);
                let mut vary = lines(sent.headers(), "vary");
                vary.sort();
                assert_eq!(vary, [VARY, "cookie, accept"], "{accept}");
            }
        }
    }
}

#[tokio::test]
async fn the_apps_own_401_stays_for_scripts() {
    let headers = [
        ("content-type", "application/json"),
        ("content-length", "22"),
        ("etag", "\"1\""),
        ("set-cookie", "a=b"),
        ("cache-control", "max-age=60"),
        ("cdn-cache-control", "max-age=60"),
        ("expires", "0"),
        ("vary", "origin"),
        ("location", "/elsewhere"),
        ("hx-redirect", "https://stranger.example/"),
        ("www-authenticate", "Basic realm=\"x\", Bearer realm=\"y\""),
        ("www-authenticate", "Digest realm=\"x\", nonce=\"z\""),
    ];
    let layer = login().after(StatusCode::UNAUTHORIZED);
    for (client, is_htmx) in SCRIPTS
        .map(|row| (row, false))
        .into_iter()
        .chain(HTMX.map(|row| (row, true)))
    {
        let sent = send(&layer, request(client), app(401, &headers)).await;
        assert_eq!(sent.status(), 401);
        assert_eq!(sent.body(), "{\"error\":\"no session\"}");
        for (name, expected) in [
            ("content-type", &["application/json"][..]),
            ("content-length", &["22"]),
            ("etag", &["\"1\""]),
            ("set-cookie", &["a=b"]),
            ("cache-control", &["no-store"]),
            ("cdn-cache-control", &[]),
            ("expires", &[]),
            ("vary", &["origin", VARY]),
            ("location", &[NEXT]),
            ("hx-redirect", if is_htmx { &[NEXT] } else { &[] }),
            ("www-authenticate", &["Bearer realm=\"y\""]),
        ] {
            assert_eq!(lines(sent.headers(), name), expected, "{client:?}: {name}");
        }
    }
    // Without a challenge, or with a prompting one only, the response gets ours.
    for challenge in [
        None,
        Some(("www-authenticate", "Basic")),
        Some(("www-authenticate", "")),
    ] {
        let response = app(401, challenge.as_slice());
        let sent = send(&layer, request(SCRIPTS[0]), response).await;
        assert_eq!(lines(sent.headers(), "www-authenticate"), [CHALLENGE]);
        assert_eq!(sent.body(), "{\"error\":\"no session\"}");
    }
    // A page gets the redirect, as without the setter.
    for client in PAGES {
        let sent = send(&layer, request(client), app(401, &headers)).await;
        assert_eq!((sent.status().as_u16(), sent.body().as_str()), (303, ""));
        assert_eq!(lines(sent.headers(), "location"), [NEXT]);
        assert_eq!(lines(sent.headers(), "vary"), ["origin", VARY]);
        assert_eq!(lines(sent.headers(), "cache-control"), ["no-store"]);
    }
    // A response that doesn't meet the condition stays as it is, for all.
    for client in PAGES.into_iter().chain(SCRIPTS).chain(HTMX) {
        let sent = send(&layer, request(client), app(403, &headers)).await;
        assert_eq!(sent.status(), 403);
        assert_eq!(sent.headers(), app(403, &headers).headers());
        assert!(sent.extensions().is_empty());
    }
}

/// The body of another status would be wrong in a 401.
#[tokio::test]
async fn another_status_of_the_app_becomes_an_empty_401() {
    let headers = [
        ("content-type", "application/json"),
        ("content-length", "22"),
        ("etag", "\"1\""),
        ("set-cookie", "a=b"),
        ("www-authenticate", "Bearer"),
    ];
    let layer = login().after_response(|response| response.status == StatusCode::FORBIDDEN);
    for client in SCRIPTS.into_iter().chain(HTMX) {
        let sent = send(&layer, request(client), app(403, &headers)).await;
        assert_eq!((sent.status().as_u16(), sent.body().as_str()), (401, ""));
        assert_eq!(lines(sent.headers(), "www-authenticate"), [CHALLENGE]);
        assert_eq!(lines(sent.headers(), "set-cookie"), ["a=b"]);
        assert_eq!(lines(sent.headers(), "location"), [NEXT]);
        for name in ["content-type", "content-length", "etag"] {
            assert!(!sent.headers().contains_key(name), "{name}");
        }
        let layer = layer.clone().link_body();
        let sent = send(&layer, request(client), app(403, &headers)).await;
        assert_eq!(
            (sent.status().as_u16(), sent.body().as_str()),
            (401, "Log in first\n")
        );
        assert_eq!(
            lines(sent.headers(), "content-type"),
            ["text/plain; charset=utf-8"]
        );
        assert_eq!(lines(sent.headers(), "content-length"), ["13"]);
    }
}

#[tokio::test]
async fn with_bodies_the_401_has_its_public_text() {
    for (layer, wrapped) in [(login().link_body(), login().wrap_body().link_body())].into_iter() {
        for (method, body) in [(Method::GET, "Log in first\n"), (Method::HEAD, "")] {
            let ask = || {
                let mut request = request(SCRIPTS[0]);
                *request.method_mut() = method.clone();
                request
            };
            for sent in [
                send(&layer, ask(), app(200, &[])).await,
                send(&wrapped, ask(), app(200, &[])).await,
            ] {
                assert_eq!((sent.status().as_u16(), sent.body().as_str()), (401, body));
                assert_eq!(lines(sent.headers(), "content-length"), ["13"]);
                assert_eq!(lines(sent.headers(), "vary"), [VARY]);
            }
        }
        // The link page depends on `Accept` as well, which is named once.
        let sent = send(&layer, request(PAGES[0]), app(200, &[])).await;
        assert!(sent.body().starts_with("<!doctype html>"));
        assert_eq!(lines(sent.headers(), "vary"), [VARY]);
    }
}

#[tokio::test]
async fn r8_htmx_gets_the_same_checked_bytes_or_none() {
    for (location, hx_redirect) in [
        (Location::from_static("/login"), true),
        (Location::from_static("https://login.example/?a=b#c"), true),
        (Location::from_static("http://login.example:8080/"), true),
        // Relative to the page in one header, and to the request in the other.
        (Location::from_static("?login"), false),
        (Location::from_static("./login"), false),
        (Location::from_static("../login"), false),
        (Location::unchecked("javascript:alert(1)").unwrap(), false),
        (Location::unchecked("myapp://login").unwrap(), false),
        (
            Location::unchecked("https://login.example/").unwrap(),
            false,
        ),
        (Location::unchecked("//login.example/").unwrap(), false),
        (Location::unchecked("httpx:alert(1)").unwrap(), false),
    ] {
        let layer = RedirectLayer::see_other(location.clone()).unauthorized_for_scripts();
        let sent = send(&layer, request(HTMX[0]), app(200, &[])).await;
        assert_eq!(sent.status(), 401);
        assert_eq!(lines(sent.headers(), "location"), [location.as_str()]);
        let expected: &[&str] = if hx_redirect {
            &[location.as_str()]
        } else {
            &[]
        };
        assert_eq!(lines(sent.headers(), "hx-redirect"), expected, "{location}");
    }
}

#[tokio::test]
async fn what_is_not_redirected_is_not_refused_either() {
    let pass = app(200, &[("x-app", "1")]);
    // The login page itself.
    let mut page = request(SCRIPTS[0]);
    *page.uri_mut() = "/login?next=%2Fa".parse().unwrap();
    // A CORS preflight.
    let mut preflight = request(&[
        ("origin", "https://a.example"),
        ("access-control-request-method", "PUT"),
        ("sec-fetch-mode", "cors"),
    ]);
    *preflight.method_mut() = Method::OPTIONS;
    for request in [page, preflight] {
        let sent = send(&login(), request, pass.clone()).await;
        assert_eq!(sent.status(), 200);
        assert_eq!(sent.headers().len(), 1);
    }
    // The redirect would be a loop.
    let layer = RedirectLayer::see_other("/account?tab=2").unauthorized_for_scripts();
    assert_eq!(send(&layer, request(SCRIPTS[0]), pass).await.status(), 200);
}

/// Plaintext goes to https, whoever asks.
#[tokio::test]
async fn r11_https_enforcement_redirects_scripts_too() {
    let https = Https::new(["example.com"], SchemeSource::plaintext_listener()).unwrap();
    let layer = RedirectLayer::permanent(https).unauthorized_for_scripts();
    for layer in [layer.clone(), layer.after(StatusCode::NOT_FOUND)] {
        for client in SCRIPTS.into_iter().chain(HTMX) {
            let mut plaintext = request(client);
            let host = HeaderValue::from_static("example.com");
            plaintext.headers_mut().insert(header::HOST, host);
            let sent = send(&layer, plaintext, app(404, &[])).await;
            assert_eq!(sent.status(), 308);
            assert_eq!(
                lines(sent.headers(), "location"),
                ["https://example.com/account?tab=2"]
            );
            assert!(!sent.headers().contains_key("hx-redirect"));
        }
    }
}

#[tokio::test]
async fn the_401_is_reported_as_a_refusal_and_a_rule_counts_its_hit() {
    let rules = Rules::new([Rule::see_other("/account", "/login")])
        .unwrap()
        .count_hits();
    let counted = rules.clone();
    let hits = move || {
        counted
            .usage()
            .unwrap()
            .iter()
            .map(|rule| rule.hits())
            .collect::<Vec<_>>()
    };
    let policy = policy_fn(move |request| {
        rules
            .decide(request)
            .map(Redirect::unauthorized_for_scripts)
    });
    let layer = RedirectLayer::new(policy).insert_redirected();
    let sent = send(&layer, request(SCRIPTS[0]), app(200, &[])).await;
    assert!(sent.extensions().get::<Redirected>().is_none());
    let refusal = sent.extensions().get::<Refusal>().unwrap();
    assert_eq!(
        refusal.to_string(),
        "401 Unauthorized: a script can't use the login page"
    );
    assert_eq!(hits(), [1]);

    let sent = send(&layer, request(PAGES[0]), app(200, &[])).await;
    assert!(sent.extensions().get::<Refusal>().is_none());
    let redirected = sent.extensions().get::<Redirected>().unwrap();
    assert_eq!(redirected.status(), Status::SeeOther);
    assert_eq!(hits(), [2]);

    // After the response: what an inner layer left there goes.
    let mut inner = app(401, &[]);
    inner.extensions_mut().insert(Refusal::gone("inner"));
    let layer = login().after(StatusCode::UNAUTHORIZED).insert_redirected();
    let sent = send(&layer, request(SCRIPTS[0]), inner.clone()).await;
    assert_eq!(sent.extensions().get::<Refusal>().unwrap().status(), 401);
    assert!(sent.extensions().get::<Redirected>().is_none());
    let sent = send(&layer, request(PAGES[0]), inner).await;
    assert!(sent.extensions().get::<Refusal>().is_none());
    assert!(sent.extensions().get::<Redirected>().is_some());
}

#[test]
fn a_decision_does_not_depend_on_the_client() {
    for headers in PAGES.into_iter().chain(SCRIPTS).chain(HTMX) {
        let request = request(headers);
        let policy = LoginRedirect::to("/login")
            .with(Status::SeeOther)
            .unauthorized_for_scripts();
        let decision = policy.decide(&tower_redirect::RequestHead::new(&request));
        assert_eq!(decision.target().unwrap().location(), &NEXT);
    }
}

fn header() -> impl Strategy<Value = (HeaderName, HeaderValue)> {
    let names = [
        "accept",
        "hx-history-restore-request",
        "hx-request",
        "hx-boosted",
        "sec-fetch-mode",
        "sec-fetch-dest",
        "x-requested-with",
        "cookie",
    ];
    let values = [
        "true",
        "false",
        "TRUE",
        "cors",
        "no-cors",
        "same-origin",
        "navigate",
        "websocket",
        "empty",
        "document",
        "*/*",
        "text/html",
        "application/json",
        "text/html;q=0",
        "application/ld+json;q=0.1",
        "XMLHttpRequest",
        "xmlhttprequest",
        "a=b",
        "",
    ];
    let value = prop_oneof![
        9 => select(values.to_vec()).prop_map(HeaderValue::from_static),
        1 => vec(32_u8..127, 0..12).prop_map(|bytes| HeaderValue::from_bytes(&bytes).unwrap()),
    ];
    let names: Vec<HeaderName> = names.into_iter().map(HeaderName::from_static).collect();
    (select(names), value)
}

proptest! {
    #![proptest_config(config(5))]

    /// Whatever a client sends, it gets one of three responses, and no header has its text.
    #[test]
    fn r8_there_are_three_responses(headers in vec(header(), 0..6), waits in any::<bool>()) {
        let layer = login();
        let layer = if waits { layer.after(StatusCode::UNAUTHORIZED) } else { layer };
        let mut request = request(&[]);
        request.headers_mut().extend(headers.iter().cloned());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let sent = runtime.block_on(send(&layer, request, app(401, &[])));
        let named = |name: &str| headers.iter().any(|(other, _)| other == name);
        let names: Vec<_> = sent.headers().keys().map(HeaderName::as_str).collect();
        match (sent.status().as_u16(), sent.headers().contains_key("hx-redirect")) {
            (303, false) => prop_assert_eq!(names.len(), 3, "{:?}", names),
            (401, false) => {
                prop_assert_eq!(names.len(), 4, "{:?}", names);
                prop_assert!(named("sec-fetch-mode") || named("x-requested-with") || named("accept"));
            }
            (401, true) => {
                prop_assert_eq!(names.len(), 5, "{:?}", names);
                prop_assert!(named("hx-request"));
                prop_assert_eq!(lines(sent.headers(), "hx-redirect"), [NEXT]);
            }
            other => prop_assert!(false, "{:?}", other),
        }
        prop_assert_eq!(lines(sent.headers(), "location"), [NEXT]);
        prop_assert_eq!(lines(sent.headers(), "vary"), [VARY]);
        prop_assert_eq!(lines(sent.headers(), "cache-control"), ["no-store"]);
        let challenge: &[&str] = if sent.status() == 401 { &[CHALLENGE] } else { &[] };
        prop_assert_eq!(lines(sent.headers(), "www-authenticate"), challenge);
    }
}

//! Chromium, headless, without a login: links, forms, frames, scripts and htmx.
//!
//! ```text
//! apt-get install chromium chromium-driver
//! cargo test -p tower-redirect-interop --test login_browser -- --ignored
//! ```

#![cfg(unix)]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::{any, get},
};
use fantoccini::{Client, Locator};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time};
use tower_redirect::{Policy, RedirectLayer, policy::LoginRedirect};

use crate::chromium::Driver;

#[path = "../../support/chromium.rs"]
mod chromium;

const LIMIT: Duration = Duration::from_secs(120);
const HTMX: [(&str, &str); 3] = [
    ("1", include_str!("../htmx/htmx-1.min.js")),
    ("2", include_str!("../htmx/htmx-2.min.js")),
    ("4", include_str!("../htmx/htmx-4.min.js")),
];

/// What the server saw and sent: method, path, `Sec-Fetch-Mode`, and the status.
type Log = Arc<Mutex<Vec<(String, String, String, u16)>>>;

struct Site {
    address: String,
    log: Log,
}

impl Site {
    async fn open() -> Self {
        let log = Log::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = app(log.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, log }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    /// The entries for a path, each with its mode and its status.
    fn sent(&self, path: &str) -> Vec<(String, u16)> {
        let log = self.log.lock().unwrap();
        let entries = log.iter().filter(|entry| entry.1 == path);
        entries
            .map(|(_, _, mode, status)| (mode.clone(), *status))
            .collect()
    }
}

fn app(log: Log) -> Router {
    let login = || LoginRedirect::to("/login").unless(|request| request.header("cookie").is_some());
    let before = RedirectLayer::see_other(login()).unauthorized_for_scripts();
    let after = RedirectLayer::see_other(login())
        .after(StatusCode::UNAUTHORIZED)
        .unauthorized_for_scripts();
    let private = Router::new()
        .route(
            "/account",
            any(|| async { Html("<h1 id=account>Account</h1>") }),
        )
        .route("/inbox-1", get(|| async { htmx_page("1") }))
        .route("/inbox-2", get(|| async { htmx_page("2") }))
        .route("/inbox-4", get(|| async { htmx_page("4") }))
        .route("/picture.png", get(|| async { "" }))
        .layer(before);
    // This app would make a browser ask for a password.
    let own = Router::new().route("/own", any(own_401)).layer(after);
    let htmx = HTMX
        .into_iter()
        .fold(Router::new(), |router, (version, script)| {
            let javascript = [(header::CONTENT_TYPE, "text/javascript")];
            router
                .route(
                    &format!("/htmx-{version}.js"),
                    get(move || async move { (javascript, script) }),
                )
                .route(
                    &format!("/page-{version}"),
                    get(move || async move { htmx_page(version) }),
                )
        });
    Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/public", get(|| async { Html("<p id=public>Public</p>") }))
        .route(
            "/login",
            get(|| async { Html("<title>Login</title><h1 id=login>Log in</h1>") }),
        )
        .merge(private)
        .merge(own)
        .merge(htmx)
        .layer(middleware::from_fn(move |request: Request, next: Next| {
            let log = log.clone();
            async move {
                let (method, path) = (
                    request.method().to_string(),
                    request.uri().path().to_owned(),
                );
                let mode = request.headers().get("sec-fetch-mode");
                let mode = mode.map_or("", |mode| mode.to_str().unwrap()).to_owned();
                let response = next.run(request).await;
                let status = response.status().as_u16();
                log.lock().unwrap().push((method, path, mode, status));
                response
            }
        }))
}

async fn own_401() -> Response {
    let headers = [
        (header::WWW_AUTHENTICATE, "Basic realm=\"x\""),
        (header::CONTENT_TYPE, "application/json"),
    ];
    (
        StatusCode::UNAUTHORIZED,
        headers,
        "{\"error\":\"no session\"}",
    )
        .into_response()
}

const PAGE: &str = "<!doctype html><title>Home</title>\
    <a id=link href='/account?tab=2'>Account</a>\
    <form method=post action='/account?tab=2'><button id=post>Post</button></form>\
    <form method=get action=/own><button id=get>Own</button></form>";

fn htmx_page(version: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><title>htmx {version}</title><script src=/htmx-{version}.js></script>\
         <button id=get hx-get='/account?part=1' hx-target='#here'>Get</button>\
         <button id=post hx-post=/account hx-target='#here'>Post</button>\
         <button id=own hx-get=/own hx-target='#here'>Own</button>\
         <a id=boosted hx-boost=true href='/account?tab=2'>Boosted</a>\
         <button id=push hx-get=/public hx-push-url=true hx-target='#here'>Push</button>\
         <p id=here>"
    ))
}

#[tokio::test]
#[ignore = "needs chromium and chromium-driver; .ci/run runs it"]
async fn pages_reach_the_login_page_and_scripts_get_401() {
    time::timeout(LIMIT, async {
        let driver = Driver::start().await;
        let browser = driver.open_browser().await;
        pages(&browser).await;
        scripts(&browser).await;
        for (version, _) in HTMX {
            htmx(&browser, version).await;
            htmx_history(&browser, version).await;
        }
        browser.close().await.unwrap();
    })
    .await
    .expect("it takes too long");
}

async fn pages(browser: &Client) {
    let site = Site::open().await;
    for (button, next) in [
        ("link", "?next=%2Faccount%3Ftab%3D2"),
        ("post", ""),
        ("get", "?next=%2Fown%3F"),
    ] {
        browser.goto(&site.url("/")).await.unwrap();
        click(browser, button).await;
        browser
            .wait()
            .for_element(Locator::Id("login"))
            .await
            .unwrap();
        let url = browser.current_url().await.unwrap();
        assert_eq!(url.as_str(), site.url(&format!("/login{next}")), "{button}");
    }
    // A frame is a page too.
    browser.goto(&site.url("/")).await.unwrap();
    let frame = "const [done] = arguments; const frame = document.createElement('iframe'); \
                 frame.onload = () => done(frame.contentDocument.title); \
                 frame.src = '/account'; document.body.append(frame)";
    assert_eq!(
        browser.execute_async(frame, vec![]).await.unwrap(),
        json!("Login")
    );
    assert_eq!(site.sent("/account").len(), 3);
    for (mode, status) in site.sent("/account").into_iter().chain(site.sent("/own")) {
        assert_eq!((mode.as_str(), status), ("navigate", 303));
    }
}

async fn click(browser: &Client, id: &str) {
    let element = browser.wait().for_element(Locator::Id(id)).await.unwrap();
    element.click().await.unwrap();
}

/// What a script gets: the status, the final URL, two headers and the body.
async fn run(browser: &Client, script: &str) -> Value {
    let script = format!(
        "const [done] = arguments; const tell = async (response) => done([response.status, \
         response.redirected, new URL(response.url).pathname, response.headers.get('location'), \
         response.headers.get('www-authenticate'), await response.text()]); \
         {script}.then(tell, (error) => done(String(error)))"
    );
    browser.execute_async(&script, vec![]).await.unwrap()
}

async fn scripts(browser: &Client) {
    const CHALLENGE: &str = "Cookie realm=\"login\"";
    let site = Site::open().await;
    browser.goto(&site.url("/")).await.unwrap();
    let to_account = "/login?next=%2Faccount";
    for (script, location) in [
        ("fetch('/account')", to_account),
        ("fetch('/account', {mode: 'same-origin'})", to_account),
        (
            "fetch('/account', {headers: {accept: 'application/json'}})",
            to_account,
        ),
        ("fetch('/account', {method: 'POST', body: 'a=b'})", "/login"),
        ("fetch('/account', {redirect: 'error'})", to_account),
        (
            "fetch('/account', {headers: {accept: 'text/html', 'x-requested-with': 'XMLHttpRequest'}})",
            to_account,
        ),
    ] {
        let got = run(browser, script).await;
        assert_eq!(
            got,
            json!([401, false, "/account", location, CHALLENGE, ""]),
            "{script}"
        );
    }
    // The app's own 401 keeps its body. The browser doesn't ask for a password.
    let got = run(browser, "fetch('/own')").await;
    let body = "{\"error\":\"no session\"}";
    let next = "/login?next=%2Fown";
    assert_eq!(got, json!([401, false, "/own", next, CHALLENGE, body]));

    let xhr = "const [done] = arguments; const xhr = new XMLHttpRequest(); xhr.open('GET', '/account'); \
               xhr.onload = () => done([xhr.status, new URL(xhr.responseURL).pathname]); xhr.send()";
    assert_eq!(
        browser.execute_async(xhr, vec![]).await.unwrap(),
        json!([401, "/account"])
    );
    let picture = "const [done] = arguments; const image = new Image(); \
                   image.onerror = () => done('error'); image.src = '/picture.png'";
    assert_eq!(
        browser.execute_async(picture, vec![]).await.unwrap(),
        json!("error")
    );
    assert_eq!(site.sent("/picture.png"), [("no-cors".to_owned(), 401)]);
    assert_eq!(site.sent("/login"), []);

    // A library that fetches pages, as Turbo does, follows the redirect and shows the login page.
    let turbo = "fetch('/account', {headers: {accept: 'text/html, application/xhtml+xml'}})";
    let got = run(browser, turbo).await;
    assert_eq!(
        json!([got[0], got[1], got[2]]),
        json!([200, true, "/login"])
    );
    // Nobody is logged in, so nothing may come out of the cache of the other form.
    assert_eq!(run(browser, "fetch('/account')").await[0], json!(401));
    browser.goto(&site.url("/account")).await.unwrap();
    browser
        .wait()
        .for_element(Locator::Id("login"))
        .await
        .unwrap();
}

async fn htmx(browser: &Client, version: &str) {
    let site = Site::open().await;
    let page = site.url(&format!("/page-{version}"));
    for (button, next) in [
        ("get", "?next=%2Faccount%3Fpart%3D1"),
        ("post", ""),
        ("own", "?next=%2Fown"),
        ("boosted", "?next=%2Faccount%3Ftab%3D2"),
    ] {
        browser.goto(&page).await.unwrap();
        click(browser, button).await;
        let login = site.url(&format!("/login{next}"));
        let login = login.parse().unwrap();
        browser
            .wait()
            .at_most(Duration::from_secs(10))
            .for_url(&login)
            .await
            .unwrap_or_else(|error| panic!("htmx {version}, {button}: {error}"));
        browser
            .wait()
            .for_element(Locator::Id("login"))
            .await
            .unwrap();
    }
    let sent = site.sent("/account");
    assert_eq!(sent.len(), 3, "{sent:?}");
    for (mode, status) in sent.into_iter().chain(site.sent("/own")) {
        assert_ne!(mode, "navigate", "htmx {version}");
        assert_eq!(status, 401);
    }
}

/// Back to a page that htmx has to fetch again, after the login has ended: htmx 1 and 2 read no
/// `HX-Redirect` there, so the response is a redirect, which they show.
async fn htmx_history(browser: &Client, version: &str) {
    const FORGET: &str = "document.cookie = 'session=; max-age=0'; \
        for (const storage of [localStorage, sessionStorage]) storage.removeItem('htmx-history-cache'); \
        history.back()";
    let site = Site::open().await;
    let inbox = format!("/inbox-{version}");
    browser.goto(&site.url("/")).await.unwrap();
    browser
        .execute("document.cookie = 'session=1'", vec![])
        .await
        .unwrap();
    browser.goto(&site.url(&inbox)).await.unwrap();
    click(browser, "push").await;
    browser
        .wait()
        .for_element(Locator::Id("public"))
        .await
        .unwrap();
    browser
        .wait()
        .for_url(&site.url("/public").parse().unwrap())
        .await
        .unwrap();
    browser.execute(FORGET, vec![]).await.unwrap();
    browser
        .wait()
        .for_element(Locator::Id("login"))
        .await
        .unwrap_or_else(|error| panic!("htmx {version}: {error}; {:?}", site.log.lock().unwrap()));
    let sent = site.sent(&inbox);
    assert_eq!(sent.len(), 2, "htmx {version}: {sent:?}");
    assert_eq!(sent[0], ("navigate".to_owned(), 200));
    assert_ne!(sent[1].0, "navigate");
    assert_eq!(sent[1].1, 303);
}

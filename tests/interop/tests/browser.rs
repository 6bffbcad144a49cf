//! Chromium, headless, on the example's page: every button, and what arrives after its redirect.
//!
//! ```text
//! apt-get install chromium chromium-driver
//! cargo test -p tower-redirect-interop --test browser -- --ignored
//! ```

#![cfg(unix)]

use std::time::Duration;

use fantoccini::{Client, Locator};
use serde_json::json;
use tower_redirect::Status;

use crate::{
    chromium::Driver,
    landing::{Arrival, FETCH, Row, Site, within},
};

#[path = "../../../examples/axum/app.rs"]
mod app;
#[path = "../../support/chromium.rs"]
mod chromium;
#[path = "../../support/landing.rs"]
mod landing;

const LIMIT: Duration = Duration::from_secs(120);
const RECEIPT: &str = "Your upload has arrived. Reload as you like.\n";

#[tokio::test]
#[ignore = "needs chromium and chromium-driver; .ci/run runs it"]
async fn what_arrives_in_a_browser() {
    let driver = within(LIMIT, Driver::start()).await;
    let browser = within(LIMIT, driver.open_browser()).await;
    within(LIMIT, tour(&browser)).await;
    within(LIMIT, browser.close()).await.unwrap();
}

async fn tour(browser: &Client) {
    let site = Site::open(app::app()).await;
    browser.goto(&site.url("/")).await.unwrap();
    read_the_table(browser).await;
    for row in FETCH {
        press_the_buttons(browser, &site, row).await;
        fetch_the_other_methods(browser, &site, row).await;
    }
    press_what_comes_after_an_answer(browser, &site).await;
    for row in FETCH {
        inherit_a_fragment(browser, &site, row).await;
    }
}

/// Each row of the page shows the status and the location of the response that the server sent.
async fn read_the_table(browser: &Client) {
    let last = Locator::Id("get-gone-page");
    browser.wait().for_element(last).await.unwrap();
    let mut expected: Vec<_> = FETCH
        .iter()
        .map(|row| (format!("GET {}", row.path), row.status, "/landing"))
        .collect();
    let (upload, gone) = (Status::SeeOther, Status::PermanentRedirect);
    expected.push(("POST /upload".to_owned(), upload, "/receipt"));
    expected.push(("GET /gone-page".to_owned(), gone, "/landing"));
    let rows = browser.find_all(Locator::Css("#rows tr")).await.unwrap();
    assert_eq!(rows.len(), expected.len());
    for (row, (request, status, location)) in rows.iter().zip(expected) {
        let text = row.text().await.unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let start = format!("{request} {status} Location: {location} ");
        assert!(text.starts_with(&start), "{start:?}: {text:?}");
    }
}

/// GET and POST by form, PUT by script.
async fn press_the_buttons(browser: &Client, site: &Site, row: Row) {
    for (sent, arrives) in row.cells() {
        let (body, content_type) = match sent {
            "GET" => ("", ""),
            "POST" => ("note=hello", "application/x-www-form-urlencoded"),
            "PUT" => ("hello", "text/plain;charset=UTF-8"),
            _ => continue,
        };
        let button = format!("{}-{}", sent.to_lowercase(), &row.path[1..]);
        let kept = if sent == arrives { body } else { "" };
        let expected = arrival(arrives, kept, content_type);
        let landing = (format!("{arrives} {kept}"), "/landing".into());
        assert_eq!(press(browser, &button).await, landing, "{button}");
        let exchanges = format!(
            "{sent} {} → {}, Location: /landing\n{arrives} /landing → 200 OK",
            row.path, row.status
        );
        let log = browser.find(Locator::Id("exchanges")).await.unwrap();
        // The page asks for the log after it shows what arrived.
        while log.text().await.unwrap() != exchanges {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(site.arrivals(), [expected], "{button}: {}", row.status);
    }
}

/// What has no button.
async fn fetch_the_other_methods(browser: &Client, site: &Site, row: Row) {
    const FETCH_IT: &str = "
        const [path, method, body, done] = arguments;
        fetch(path, { method, body })
            .then(async (answer) => done([answer.status, answer.url, await answer.text()]))
            .catch((error) => done(String(error)));";
    for (sent, arrives) in row.cells() {
        let body = match sent {
            "HEAD" => None,
            "DELETE" | "PATCH" => Some("hello"),
            _ => continue,
        };
        let kept = body.filter(|_| sent == arrives).unwrap_or_default();
        let expected = arrival(arrives, kept, "text/plain;charset=UTF-8");
        let text = match arrives {
            "HEAD" => String::new(),
            _ => format!("{arrives} {kept}"),
        };
        let asked = vec![json!(row.path), json!(sent), json!(body)];
        let answer = browser.execute_async(FETCH_IT, asked).await.unwrap();
        assert_eq!(
            answer,
            json!([200, site.url("/landing"), text]),
            "{sent} {row:?}"
        );
        assert_eq!(site.arrivals(), [expected], "{sent} {row:?}");
    }
}

async fn press_what_comes_after_an_answer(browser: &Client, site: &Site) {
    for button in ["post-upload", "put-upload"] {
        let receipt = (RECEIPT.into(), "/receipt".into());
        assert_eq!(press(browser, button).await, receipt, "{button}");
        assert_eq!(site.arrivals(), [], "{button}");
    }
    for (button, text) in [
        ("get-gone-page", "GET "),
        ("post-gone-page", "POST note=hello"),
        ("put-gone-page", "PUT hello"),
    ] {
        let landing = (text.into(), "/landing".into());
        assert_eq!(press(browser, button).await, landing, "{button}");
        assert_eq!(site.arrivals().len(), 1, "{button}");
    }
}

/// The location has no fragment, so that the one which was asked for stays (RFC 9110 §10.2.2).
async fn inherit_a_fragment(browser: &Client, site: &Site, row: Row) {
    let asked = format!("{}?q=1#frag", row.path);
    browser.goto(&site.url(&asked)).await.unwrap();
    let arrived = browser.current_url().await.unwrap();
    assert_eq!(arrived.as_str(), site.url("/landing#frag"), "{asked}");
    assert_eq!(site.arrivals(), [arrival("GET", "", "")], "{asked}");
}

/// Clicks, and gives what the frame then shows and what the page says about it.
async fn press(browser: &Client, button: &str) -> (String, String) {
    const AWAIT_THE_FRAME: &str = "
        const frame = document.getElementById('result');
        window.shown = new Promise((resolve) =>
            frame.addEventListener('load', resolve, { once: true }));";
    const READ_THE_FRAME: &str = "
        const done = arguments[0];
        window.shown.then(() => done([
            document.getElementById('result').contentDocument.body.textContent,
            document.getElementById('where').textContent,
        ]));";
    browser.execute(AWAIT_THE_FRAME, vec![]).await.unwrap();
    let found = browser.find(Locator::Id(button)).await.unwrap();
    found.click().await.unwrap();
    let shown = browser.execute_async(READ_THE_FRAME, vec![]).await;
    let shown = shown.unwrap_or_else(|error| panic!("{button}: {error}"));
    let text = |index: usize| shown[index].as_str().unwrap().to_owned();
    (text(0), text(1))
}

fn arrival(method: &str, body: &str, content_type: &str) -> Arrival {
    Arrival {
        method: method.to_owned(),
        body: body.to_owned(),
        content_type: (!body.is_empty()).then(|| content_type.to_owned()),
    }
}

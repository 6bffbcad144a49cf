//! The app: its redirects and its pages.

use axum::{
    Router,
    body::Bytes,
    http::{Method, StatusCode},
    response::Html,
    routing::{any, get, put},
};
use tower_redirect::{LocalPath, Redirect, RedirectLayer, policy_fn, redirect::CacheControl};

// With `path`, because tests include this file, too.
#[path = "log.rs"]
mod log;

const LANDING: LocalPath = LocalPath::from_static("/landing");
const RECEIPT: LocalPath = LocalPath::from_static("/receipt");
/// Browsers cache permanent redirects, and tomorrow another program may listen on this port.
const NO_STORE: CacheControl = CacheControl::no_store();

pub(crate) fn app() -> Router {
    // The layer calls the policy for each request. If it returns `None`, the request goes to the app.
    let redirects = policy_fn(|request| match request.path() {
        "/temporary" => Some(Redirect::temporary(LANDING)),
        "/found" => Some(Redirect::found(LANDING)),
        "/see-other" => Some(Redirect::see_other(LANDING)),
        "/moved" => Some(Redirect::moved_permanently(LANDING).cache(NO_STORE)),
        "/permanent" => Some(Redirect::permanent(LANDING).cache(NO_STORE)),
        // The app stores the upload first. The redirect replaces its response if it is a success, so
        // that reloading the receipt doesn't upload again.
        "/upload" => Some(Redirect::see_other(RECEIPT).after_success()),
        // The redirect replaces a 404. If the app gets this page back, visitors see the page.
        "/gone-page" => Some(
            Redirect::permanent(LANDING)
                .after(StatusCode::NOT_FOUND)
                .cache(NO_STORE),
        ),
        _ => None,
    });

    let app = Router::new()
        .route("/landing", any(landing))
        .route("/upload", put(upload).post(upload))
        .route("/receipt", get(receipt))
        .layer(RedirectLayer::new(redirects));

    // An app of your own ends with `app`. Only the page below needs a log of the responses.
    log::with_log(app).route("/", get(Html(include_str!("page.html"))))
}

/// Responds with what arrived: the method and the body.
async fn landing(method: Method, body: Bytes) -> String {
    format!("{method} {}", String::from_utf8_lossy(&body))
}

async fn upload(body: Bytes) -> String {
    format!("{} bytes stored\n", body.len())
}

async fn receipt() -> &'static str {
    "Your upload has arrived. Reload as you like.\n"
}

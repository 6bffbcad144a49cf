//! The app: what each address answers.

use axum::{
    Router,
    body::Bytes,
    http::{Method, StatusCode},
    response::Html,
    routing::{any, get, put},
};
use tower_redirect::{LocalPath, Redirect, RedirectLayer, policy_fn, redirect::CacheControl};

const LANDING: LocalPath = LocalPath::from_static("/landing");
/// A browser keeps permanent redirects, and port 3000 has other uses tomorrow.
const TRY_AGAIN: CacheControl = CacheControl::no_store();
const RECEIPT: LocalPath = LocalPath::from_static("/receipt");

pub(crate) fn app() -> Router {
    // Each of these says where, how and when; the first that answers wins.
    let redirects = policy_fn(|request| match request.path() {
        "/temporary" => Some(Redirect::temporary(LANDING)),
        "/found" => Some(Redirect::found(LANDING)),
        "/see-other" => Some(Redirect::see_other(LANDING)),
        "/moved" => Some(Redirect::moved_permanently(LANDING).cache(TRY_AGAIN)),
        "/permanent" => Some(Redirect::permanent(LANDING).cache(TRY_AGAIN)),
        // The app stores the upload first; only its success is answered with the receipt.
        "/upload" => Some(Redirect::see_other(RECEIPT).after_success()),
        // Only where the app has nothing any more.
        "/gone-page" => Some(
            Redirect::permanent(LANDING)
                .after(StatusCode::NOT_FOUND)
                .cache(TRY_AGAIN),
        ),
        _ => None,
    });

    Router::new()
        .route("/", get(Html(include_str!("page.html"))))
        .route("/landing", any(landing))
        .route("/upload", put(upload).post(upload))
        .route(
            "/receipt",
            get("Your upload has arrived. Reload as you like.\n"),
        )
        .layer(RedirectLayer::new(redirects))
}

/// Tells what arrived: `METHOD BODY`.
async fn landing(method: Method, body: Bytes) -> String {
    format!("{method} {}", String::from_utf8_lossy(&body))
}

async fn upload(body: Bytes) -> String {
    format!("{} bytes stored\n", body.len())
}

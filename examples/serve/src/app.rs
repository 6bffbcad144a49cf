//! A small app behind the rules: it has the pages that it is given, and responds 404 to all else.

use std::{collections::HashSet, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri},
};
use tower_redirect::{Policy, Redirect, RedirectLayer, policy::SchemeSource};

type Pages = Arc<HashSet<String>>;

/// The app, with the redirects in front of it.
pub(crate) fn app(
    rules: impl Policy<Target = Redirect> + 'static,
    pages: impl IntoIterator<Item = String>,
) -> Router {
    // This server has no TLS. Without a known scheme, rules for `http://…` match no request.
    let rules = rules.scheme_from(SchemeSource::plaintext_listener());
    Router::new()
        .fallback(page)
        .with_state(Pages::new(pages.into_iter().collect()))
        .layer(RedirectLayer::new(rules))
}

async fn page(State(pages): State<Pages>, uri: Uri) -> (StatusCode, String) {
    let path = uri.path();
    if pages.contains(path) {
        (StatusCode::OK, format!("PAGE {path}\n"))
    } else {
        (StatusCode::NOT_FOUND, format!("no page at {path}\n"))
    }
}

//! A small app behind rules: it has the pages that it is told of, and nothing else.

use std::collections::HashSet;

use axum::{
    Router,
    http::{StatusCode, Uri},
};
use tower_redirect::{Policy, Redirect, RedirectLayer};

/// The app, with the redirects in front of it.
pub(crate) fn app(
    rules: impl Policy<Target = Redirect> + 'static,
    pages: impl IntoIterator<Item = String>,
) -> Router {
    let pages: &'static HashSet<String> = Box::leak(Box::new(pages.into_iter().collect()));
    Router::new()
        .fallback(move |uri: Uri| async move {
            let path = uri.path();
            if pages.contains(path) {
                (StatusCode::OK, format!("PAGE {path}"))
            } else {
                (StatusCode::NOT_FOUND, format!("there is no page {path}\n"))
            }
        })
        .layer(RedirectLayer::new(rules))
}

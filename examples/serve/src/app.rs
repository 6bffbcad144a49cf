//! A small app behind rules: it has the pages that it is told of, and nothing else.

use std::collections::HashSet;

use axum::{
    Router,
    http::{StatusCode, Uri},
};
use tower_redirect::{Decision, Policy, Redirect, RedirectLayer, RequestHead, Scheme};

/// Rules behind a listener without TLS, so that those for `http://` are known to be meant.
#[derive(Debug)]
struct OverHttp<P>(P);

impl<P: Policy<Target = Redirect>> Policy for OverHttp<P> {
    type Target = Redirect;

    fn decide(&self, request: &RequestHead<'_>) -> Decision<Redirect> {
        self.0.decide(&request.with_scheme(Scheme::Http))
    }
}

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
        .layer(RedirectLayer::new(OverHttp(rules)))
}

//! The app, under one address: https, without www, without a slash at the end.

use std::error::Error;

use axum::{Router, http::HeaderMap, routing::get};
use tower_redirect::{
    Canonical, RedirectLayer,
    policy::{CanonicalHost, HttpsEnforcement, SchemeSource},
    trust::{ForwardedHeader, TrustedProxies, connect_info},
};

/// `site` has the port where it is not 443; `proxies` are the networks that may say how a client came.
pub(crate) fn app(site: &str, proxies: &[&str]) -> Result<Router, Box<dyn Error>> {
    let trust =
        TrustedProxies::networks(proxies, connect_info)?.header(ForwardedHeader::XForwardedProto);
    // The proxy asks for it in plaintext, by address, and is answered.
    let plaintext = HttpsEnforcement::new(SchemeSource::trusted_proxy(trust)).exempt("/health");
    let name = site.split(':').next().unwrap_or(site);
    let host = CanonicalHost::with_aliases(site, [format!("www.{name}")])?;
    let canonical = Canonical::on(host).https(plaintext).trim_trailing_slash();

    Ok(Router::new()
        .route("/", get(page))
        .route("/page", get(page))
        .route("/health", get(|| async { "well\n" }))
        .layer(RedirectLayer::permanent(canonical)))
}

async fn page(headers: HeaderMap) -> String {
    let proto = headers.get("x-forwarded-proto");
    format!(
        "the page, asked for over {}\n",
        proto.map_or("?", |proto| proto.to_str().unwrap_or("?"))
    )
}

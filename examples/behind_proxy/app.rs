//! The app with one canonical URL per page: https, without `www.`, without a slash at the end.

use std::error::Error;

use axum::{Router, http::HeaderMap, routing::get};
use tower_redirect::{
    Canonical, RedirectLayer,
    policy::{CanonicalHost, HttpsEnforcement, SchemeSource},
    trust::{ForwardedHeader, TrustedProxies, connect_info},
};

/// `site` is the host, with the port unless it is 443. `proxies` are the networks of your proxies.
pub(crate) fn app(site: &str, proxies: &[&str]) -> Result<Router, Box<dyn Error>> {
    // Anyone can send `X-Forwarded-Proto`. The layer reads it from these networks only.
    let trust =
        TrustedProxies::networks(proxies, connect_info)?.header(ForwardedHeader::XForwardedProto);
    // A health check of the proxy uses plaintext and an IP address, and has to get a 200.
    let plaintext = HttpsEnforcement::new(SchemeSource::trusted_proxy(trust)).exempt("/health");
    let name = site.split(':').next().unwrap_or(site);
    let host = CanonicalHost::with_aliases(site, [format!("www.{name}")])?;
    // One redirect fixes all three: scheme, host and slash.
    let canonical = Canonical::on(host).https(plaintext).trim_trailing_slash();

    Ok(Router::new()
        .route("/", get(page))
        .route("/page", get(page))
        .route("/health", get(|| async { "ok\n" }))
        .layer(RedirectLayer::permanent(canonical)))
}

async fn page(headers: HeaderMap) -> String {
    let scheme = headers.get("x-forwarded-proto");
    let scheme = scheme.and_then(|value| value.to_str().ok());
    format!("the page, requested over {}\n", scheme.unwrap_or("?"))
}

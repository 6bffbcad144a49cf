//! The service for plaintext, the service for TLS, and a function that runs both.

use std::{error::Error, net::TcpListener};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderValue, Method, header},
    routing::any,
};
use axum_server::tls_rustls::RustlsConfig;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_redirect::{
    Canonical, RedirectLayer,
    policy::{CanonicalError, CanonicalHost, HttpsEnforcement, SchemeSource},
};

/// Serves both until one of them fails.
pub(crate) async fn serve(plaintext: TcpListener, tls: TcpListener) -> Result<(), Box<dyn Error>> {
    let tls_port = tls.local_addr()?.port();
    for listener in [&plaintext, &tls] {
        listener.set_nonblocking(true)?;
    }
    let to_https = axum_server::from_tcp(plaintext)?.serve(to_https(tls_port)?.into_make_service());
    let app = axum_server::from_tcp_rustls(tls, certificate().await?)?
        .serve(app(tls_port)?.into_make_service());
    tokio::try_join!(to_https, app)?;
    Ok(())
}

/// The plaintext service. There is no app behind it, and the layer rejects what it can't redirect.
pub(crate) fn to_https(tls_port: u16) -> Result<Router, CanonicalError> {
    let canonical = Canonical::on(hosts()?)
        .https(HttpsEnforcement::new(SchemeSource::plaintext_listener()).port(tls_port))
        .trim_trailing_slash();
    // In production, use `permanent`. Here, your browser would cache it for `localhost`.
    Ok(Router::new().layer(RedirectLayer::temporary(canonical)))
}

/// The TLS service: the app, with the same canonical URLs.
pub(crate) fn app(tls_port: u16) -> Result<Router, CanonicalError> {
    let canonical = Canonical::on(hosts()?)
        // This listener accepts TLS only, so each request gets the extension that marks it as https.
        .https(HttpsEnforcement::new(SchemeSource::extension::<Encrypted>()).port(tls_port))
        .trim_trailing_slash();
    // In production, use two years: `max-age=63072000`.
    let hsts = HeaderValue::from_static("max-age=300");
    Ok(Router::new()
        .route("/", any(hello))
        .route("/hello", any(hello))
        .layer(RedirectLayer::temporary(canonical))
        .layer(SetResponseHeaderLayer::overriding(
            header::STRICT_TRANSPORT_SECURITY,
            hsts,
        ))
        .layer(axum::Extension(Encrypted)))
}

/// The extension of requests that came over TLS.
#[derive(Clone)]
struct Encrypted;

/// Each of these hosts is canonical. The layer rejects a request for another host (421).
fn hosts() -> Result<CanonicalHost, CanonicalError> {
    CanonicalHost::one_of(["localhost", "127.0.0.1", "[::1]"])
}

async fn hello(method: Method, body: Bytes) -> String {
    format!(
        "hello over TLS: {method} {}\n",
        String::from_utf8_lossy(&body)
    )
}

/// Creates a self-signed certificate.
async fn certificate() -> Result<RustlsConfig, Box<dyn Error>> {
    // This fails if a provider is installed already, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made =
        rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    Ok(RustlsConfig::from_pem(certificate.into_bytes(), key.into_bytes()).await?)
}

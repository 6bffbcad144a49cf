//! The two services, and how they are served.

use std::{error::Error, net::TcpListener};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderValue, Method, header},
    routing::any,
};
use axum_server::tls_rustls::RustlsConfig;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_redirect::{Canonical, CanonicalError, CanonicalHost, Plaintext, RedirectLayer};

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

/// Behind the plaintext listener there is no app at all: what is not redirected is refused.
pub(crate) fn to_https(tls_port: u16) -> Result<Router, CanonicalError> {
    let canonical = Canonical::on(hosts()?)
        .https(Plaintext::listener().https_port(tls_port))
        .trim_trailing_slash();
    // In production `permanent`; a browser would keep that for your localhost too.
    Ok(Router::new().layer(RedirectLayer::temporary(canonical)))
}

/// Behind the TLS listener stands the app, under the same address.
pub(crate) fn app(tls_port: u16) -> Result<Router, CanonicalError> {
    let canonical = Canonical::on(hosts()?)
        // The listener speaks TLS only: everything has the mark that says so.
        .https(Plaintext::by_extension::<Encrypted>().https_port(tls_port))
        .trim_trailing_slash();
    let hsts = HeaderValue::from_static("max-age=300"); // in production two years: 63072000
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

/// The mark of a request that came over TLS.
#[derive(Clone)]
struct Encrypted;

/// Each stays what it is; a request for another is refused with 421.
fn hosts() -> Result<CanonicalHost, CanonicalError> {
    CanonicalHost::one_of(["localhost", "127.0.0.1", "[::1]"])
}

async fn hello(method: Method, body: Bytes) -> String {
    format!(
        "hello over TLS: {method} {}\n",
        String::from_utf8_lossy(&body)
    )
}

/// A certificate that is signed by itself, for h2 and HTTP/1.1.
async fn certificate() -> Result<RustlsConfig, Box<dyn Error>> {
    // The first call installs it, and there may be one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made =
        rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    Ok(RustlsConfig::from_pem(certificate.into_bytes(), key.into_bytes()).await?)
}

//! A plain hyper server without axum. Its redirects carry a short body with a link, for people whose
//! client doesn't follow redirects.
//!
//! ```text
//! cargo run --example hyper              # serves on http://127.0.0.1:3000/
//! PORT=8080 cargo run --example hyper    # on another port
//! ```

use std::{convert::Infallible, io, net::SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tower::ServiceBuilder;
use tower_http::trace::TraceLayer;
use tower_redirect::{LocalPath, RedirectLayer, policy_fn};

#[path = "common/listen.rs"]
mod listen;

#[tokio::main]
async fn main() -> io::Result<()> {
    // Everything below `/v1/` has moved to `/v2/` for good. If a path can't be part of a redirect (it
    // contains `..`, for example), `?` returns `None` and the request passes through.
    let v1 = policy_fn(|request| {
        let rest = request.path().strip_prefix("/v1/")?;
        LocalPath::from_static("/v2")
            .join_encoded(rest)
            .ok()?
            .append_encoded_query(request.query())
            .ok()
    });
    let service = ServiceBuilder::new()
        // `TraceLayer` responds with a body type of its own, which a redirect can't create. With
        // `wrap_body`, a response has either that body or the one of a redirect.
        .layer(RedirectLayer::permanent(v1).wrap_body().link_body())
        .layer(TraceLayer::new_for_http())
        .service_fn(hello);

    let listener = listen::on_port("PORT", 3000).await;
    print_what_to_try(listener.local_addr()?);
    loop {
        let (connection, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            if let Err(error) = http1::Builder::new()
                .serve_connection(TokioIo::new(connection), service)
                .await
            {
                eprintln!("connection error: {error}");
            }
        });
    }
}

async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let text = format!("{} {}\n", request.method(), request.uri().path());
    Ok(Response::new(Full::from(text)))
}

fn print_what_to_try(address: SocketAddr) {
    println!(
        "Serving on http://{address}/ - try:

  curl -i  'http://{address}/v1/users/7?full'                       # 308, with a link in HTML
  curl -i  -H 'Accept: text/plain' 'http://{address}/v1/users'      # 308, with the URL as text
  curl -L  -d hello 'http://{address}/v1/users'                     # 308: arrives as POST
  curl -i  --path-as-is 'http://{address}/v1/../etc/passwd'         # no redirect: passes through

Stop with Ctrl-C."
    );
}

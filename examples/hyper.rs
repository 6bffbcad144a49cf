//! Without axum: a plain hyper server, the redirect outermost, with the note for people whose client
//! does not follow.
//!
//! ```text
//! cargo run --example hyper           # serves on 127.0.0.1:3000
//! PORT=8080 cargo run --example hyper
//! ```

use std::{convert::Infallible, env, error::Error, net::Ipv4Addr};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::trace::TraceLayer;
use tower_redirect::{LocalPath, RedirectLayer, policy_fn};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // `/v1/…` has moved to `/v2/…` for good, whatever is below it.
    let v1 = policy_fn(|request| {
        let rest = request.path().strip_prefix("/v1/")?;
        LocalPath::from_static("/v2")
            .join(rest)
            .ok()?
            .with_query(request.query())
            .ok()
    });
    let service = ServiceBuilder::new()
        // Outside of Trace, whose body cannot be made from nothing.
        .layer(RedirectLayer::permanent(v1).wrap_body().hypertext_note())
        .layer(TraceLayer::new_for_http())
        .service_fn(hello);

    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    println!(
        "Serving on http://{address}/ - try:

  curl -i  'http://{address}/v1/users/7?full'
  curl -i  -H 'accept: text/plain' http://{address}/v1/users
  curl -i  --path-as-is http://{address}/v1/../etc/passwd   # passed on, not redirected
  curl -L  -d hello http://{address}/v1/users               # arrives as POST

Stop with Ctrl-C."
    );
    loop {
        let (connection, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            if let Err(error) = http1::Builder::new()
                .serve_connection(TokioIo::new(connection), service)
                .await
            {
                eprintln!("connection: {error}");
            }
        });
    }
}

async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let text = format!("{} {}\n", request.method(), request.uri().path());
    Ok(Response::new(Full::from(text)))
}

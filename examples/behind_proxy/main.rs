//! An app behind a proxy that ends TLS: the proxy is believed about the scheme, and nobody else is.
//!
//! ```text
//! cargo run --example behind_proxy      # serves on 127.0.0.1:3000
//! SITE=shop.example PORT=8080 cargo run --example behind_proxy
//! ```

use std::{env, error::Error, net::SocketAddr};

use tokio::net::TcpListener;

mod app;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = match env::var("PORT") {
        Ok(port) => port
            .parse()
            .map_err(|_| format!("PORT is {port:?}; write a number up to 65535"))?,
        Err(_) => 3000_u16,
    };
    let site = env::var("SITE").unwrap_or_else(|_| "example.com".to_owned());
    let app = app::app(&site, &["127.0.0.1", "::1"])?;
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|error| format!("port {port}: {error}; choose another with PORT=8080"))?;
    print_what_to_try(&site, listener.local_addr()?);
    // Without connect info no peer is known, and no proxy is believed.
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await?;
    Ok(())
}

fn print_what_to_try(site: &str, address: SocketAddr) {
    println!(
        "Serving {site} on {address}, for a proxy on this machine.

nginx, in both `server` blocks (plaintext and TLS):

  location / {{
    proxy_pass http://{address};
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
  }}

HAProxy, in the frontend that binds both:

  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]

What the proxy would send, to try without one:

  curl -i -H 'Host: www.{site}' -H 'X-Forwarded-Proto: http'  'http://{address}/page/?a=b'   # 308
  curl -i -H 'Host: {site}'     -H 'X-Forwarded-Proto: https' 'http://{address}/page?a=b'    # 200
  curl -i -H 'Host: {site}'                                   'http://{address}/page?a=b'    # 308
  curl -i                                                     'http://{address}/health'      # 200

Stop with Ctrl-C."
    );
}

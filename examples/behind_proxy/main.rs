//! An app behind a TLS-terminating proxy. It trusts the `X-Forwarded-Proto` of this proxy only.
//!
//! ```text
//! cargo run --example behind_proxy                                # serves on http://127.0.0.1:3000/
//! PORT=8080 SITE=shop.example cargo run --example behind_proxy    # another port, another host
//! ```

use std::{env, io, net::SocketAddr};

mod app;
#[path = "../common/listen.rs"]
mod listen;

#[tokio::main]
async fn main() -> io::Result<()> {
    let site = env::var("SITE").unwrap_or_else(|_| "example.com".to_owned());
    let app = app::app(&site, &["127.0.0.1", "::1"]).unwrap_or_else(|error| {
        let command = listen::command();
        listen::fail(
            format_args!("`SITE` is {site:?}: {error}"),
            format_args!("use a host name: SITE=shop.example {command}"),
        )
    });
    let listener = listen::on_port("PORT", 3000).await;
    print_what_to_try(&site, listener.local_addr()?);
    // The layer needs the address of the peer. Without connect info it trusts no proxy.
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).await
}

fn print_what_to_try(site: &str, address: SocketAddr) {
    println!(
        "Serving {site} on http://{address}/, for a proxy on this machine.

Send what the proxy would send:

  # 308 to https, without `www.` and without the slash, in one redirect
  curl -i -H 'Host: www.{site}' -H 'X-Forwarded-Proto: http' 'http://{address}/page/?a=b'

  # 200: this is the canonical URL
  curl -i -H 'Host: {site}' -H 'X-Forwarded-Proto: https' 'http://{address}/page?a=b'

  # 308: without the header, the request counts as plaintext
  curl -i -H 'Host: {site}' 'http://{address}/page?a=b'

  # 421: another host
  curl -i -H 'Host: stranger.example' -H 'X-Forwarded-Proto: https' 'http://{address}/page'

  # 200: the health check is exempt
  curl -i 'http://{address}/health'

For nginx, in both `server` blocks (plaintext and TLS):

  location / {{
    proxy_pass http://{address};
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-Proto $scheme;
  }}

For HAProxy, in the frontend that binds both ports:

  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]

Stop with Ctrl-C."
    );
}

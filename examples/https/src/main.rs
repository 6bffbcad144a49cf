//! Two listeners: one for plaintext that redirects to https and does nothing else, one for TLS with the
//! app. The certificate is made at start, and nobody but you trusts it.
//!
//! ```text
//! cargo run -p example-https                            # on 127.0.0.1:8080 and 127.0.0.1:8443
//! PORT=8081 TLS_PORT=8444 cargo run -p example-https
//! ```

use std::{env, error::Error, net::TcpListener};

mod app;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let plaintext = listen("PORT", 8080)?;
    let tls = listen("TLS_PORT", 8443)?;
    print_what_to_try(plaintext.local_addr()?.port(), tls.local_addr()?.port());
    app::serve(plaintext, tls).await
}

fn listen(variable: &str, default: u16) -> Result<TcpListener, Box<dyn Error>> {
    let port = match env::var(variable) {
        Ok(port) => port
            .parse()
            .map_err(|_| format!("{variable} is {port:?}; write a number up to 65535"))?,
        Err(_) => default,
    };
    Ok(TcpListener::bind(("127.0.0.1", port))
        .map_err(|error| format!("port {port}: {error}; choose another with {variable}=8081"))?)
}

fn print_what_to_try(port: u16, tls: u16) {
    println!(
        "Serving on http://localhost:{port}/ and https://localhost:{tls}/ - try:

  curl -i        'http://localhost:{port}/hello/?a=b'          # 307 to https, slash trimmed: one hop
  curl -iL -k    'http://localhost:{port}/hello/?a=b'          # and there it is, with HSTS
  curl -iL -k -d text http://localhost:{port}/hello            # a POST stays a POST
  curl -i -H 'Host: stranger.example' http://localhost:{port}/ # 421: not our host
  curl -i -X OPTIONS --request-target '*' http://localhost:{port}  # 400: nothing gets through

Stop with Ctrl-C."
    );
}

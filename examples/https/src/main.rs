//! Two listeners: one for plaintext, which only redirects to https, and one for TLS with the app. The
//! program creates a certificate when it starts, so clients warn that they don't trust it.
//!
//! ```text
//! cargo run -p example-https                             # http on port 8080, https on port 8443
//! PORT=8081 TLS_PORT=8444 cargo run -p example-https     # on other ports
//! ```

use std::error::Error;

mod app;
#[path = "../../common/listen.rs"]
mod listen;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let plaintext = listen::on_port("PORT", 8080).await.into_std()?;
    let tls = listen::on_port("TLS_PORT", 8443).await.into_std()?;
    print_what_to_try(plaintext.local_addr()?.port(), tls.local_addr()?.port());
    app::serve(plaintext, tls).await
}

fn print_what_to_try(port: u16, tls: u16) {
    println!(
        "Serving on http://localhost:{port}/ and https://localhost:{tls}/ - try:

  # 307 to https, without the slash, in one redirect
  curl -i 'http://localhost:{port}/hello/?a=b'

  # Follow it: 200, with the HSTS header (-k accepts the certificate)
  curl -iLk 'http://localhost:{port}/hello/?a=b'

  # 307 keeps the method and the body: POST arrives as POST
  curl -iLk -d text 'http://localhost:{port}/hello'

  # 421: another host
  curl -i -H 'Host: stranger.example' 'http://localhost:{port}/'

  # 400: a request that can't be redirected never reaches the app in plaintext
  curl -i -X OPTIONS --request-target '*' 'http://localhost:{port}'

Stop with Ctrl-C."
    );
}

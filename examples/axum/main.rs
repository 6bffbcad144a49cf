//! An axum app with one redirect of each kind, and a page to try them from.
//!
//! ```text
//! cargo run --example axum            # serves on 127.0.0.1:3000
//! PORT=8080 cargo run --example axum
//! ```

use std::{env, error::Error, net::Ipv4Addr};

use tokio::net::TcpListener;

mod app;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = match env::var("PORT") {
        Ok(port) => port
            .parse()
            .map_err(|_| format!("PORT is {port:?}; write a number up to 65535"))?,
        Err(_) => 3000,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| format!("port {port}: {error}; choose another with PORT=8080"))?;
    print_what_to_try(&listener.local_addr()?.to_string());
    axum::serve(listener, app::app()).await?;
    Ok(())
}

fn print_what_to_try(address: &str) {
    println!(
        "Serving on http://{address}/ - open it in a browser, or try:

  curl -i  http://{address}/temporary
  curl -L  -X PUT  -d hello http://{address}/temporary   # 307: arrives as PUT hello
  curl -L          -d hello http://{address}/found       # 302: arrives as GET
  curl -L          -d hello http://{address}/permanent   # 308: arrives as POST hello
  curl -iL         -d photo http://{address}/upload      # stored, then 303 to the receipt
  curl -iL         http://{address}/gone-page            # a 404 that a rule sends on

PORT=8080 takes another port. Stop with Ctrl-C."
    );
}

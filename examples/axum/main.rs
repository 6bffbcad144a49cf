//! An axum app with one redirect of each kind, and a page to try them from.
//!
//! ```text
//! cargo run --example axum              # serves on http://127.0.0.1:3000/
//! PORT=8080 cargo run --example axum    # on another port
//! ```

use std::{io, net::SocketAddr};

mod app;
#[path = "../common/listen.rs"]
mod listen;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = listen::on_port("PORT", 3000).await;
    print_what_to_try(listener.local_addr()?);
    axum::serve(listener, app::app()).await
}

fn print_what_to_try(address: SocketAddr) {
    println!(
        "Serving on http://{address}/ - open it in a browser, or try:

  curl -i                      http://{address}/temporary   # 307 and a Location
  curl -L  -X PUT  -d hello    http://{address}/temporary   # 307: arrives as PUT, with the body
  curl -L          -d hello    http://{address}/found       # 302: arrives as GET, without the body
  curl -L          -d hello    http://{address}/permanent   # 308: arrives as POST, with the body
  curl -iL         -d photo    http://{address}/upload      # stored, then 303 to the receipt
  curl -iL                     http://{address}/gone-page   # no such page: 308 instead of a 404
  curl -i                      http://{address}/unknown     # no redirect: 404

Stop with Ctrl-C."
    );
}

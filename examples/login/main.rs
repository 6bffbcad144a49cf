//! A login page that sends visitors back to the page they wanted, and never to another site.
//!
//! ```text
//! cargo run --example login              # serves on http://127.0.0.1:3000/
//! PORT=8080 cargo run --example login    # on another port
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

  # 303 to the login page, with the wanted page in `next`
  curl -i  'http://{address}/account?tab=2'

  # The same inside a nested router
  curl -i  'http://{address}/team/blue/news'

  # 401 for a program, a redirect for a browser
  curl -i  'http://{address}/api/me'
  curl -i  -H 'Accept: text/html' 'http://{address}/api/me'

  # Sign in: 303 to the account (-b '' makes curl keep the cookie)
  curl -iL -b '' -d name=ada 'http://{address}/login?next=%2Faccount%3Ftab%3D2'

  # `next` names another site: 303 to the home page instead
  curl -i  -d name=ada 'http://{address}/login?next=%2F%2Fstranger.example'

Stop with Ctrl-C."
    );
}

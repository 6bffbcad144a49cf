//! A login page that leads back to where the visitor was, and nowhere else.
//!
//! ```text
//! cargo run --example login            # serves on 127.0.0.1:3000
//! PORT=8080 cargo run --example login
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

  curl -i  'http://{address}/account?tab=2'                 # 303 to the login page, with next=
  curl -i  http://{address}/team/blue/news                  # the same inside a nested router
  curl -i  http://{address}/api/me                          # 401: a program is not sent to a form
  curl -iL -c jar -b jar -d name=ada 'http://{address}/login?next=%2Faccount%3Ftab%3D2'
  curl -i  -d name=ada 'http://{address}/login?next=%2F%2Fstranger.example'   # 303 to /, not there

PORT=8080 takes another port. Stop with Ctrl-C."
    );
}

//! Rules that many machines share: kept in Redis, followed by each, and served also while it is away.
//!
//! ```text
//! redis-server --bind 127.0.0.1 --dir "$(mktemp -d)" --appendonly yes --appendfsync always
//! cargo run -p example-shared                                  # on http://127.0.0.1:3000/
//! cargo run -p example-shared -- --listen 127.0.0.1:3001       # a second machine
//! redis-cli -x hset redirects version 1 rules < public/_redirects && redis-cli publish redirects 1
//! ```
//!
//! The server is of Debian's package `redis-server` (6 or later), and keeps what it has acknowledged. The
//! rules are one hash: `rules` is a file of redirects, `version` names it (a commit, a date). Both change at
//! once, and who asks by itself and finds the same version reads no rules: give each change a version of its
//! own, or those who were not told of it miss it.
//!
//! Each machine is told of changes, and asks again after `--every` seconds for what it was not told. Rules
//! with errors, empty ones and a key that is gone are reported, and those before serve on; to end all
//! redirects, publish a file that has a comment only. While Redis is away, also at start, the rules that
//! were read last serve: from memory, and with `--copy /var/lib/redirects/last-good` from a file after a start.
//! Its folder is one that nobody else writes to. A copy that is not whole is not served.
//!
//! A version has at most 64 bytes and its rules 64 MiB; what is longer is refused before it is read.

use std::{error::Error, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{StatusCode, Uri},
};
use clap::Parser;
use redis::{Client, IntoConnectionInfo, ProtocolVersion};
use tokio::{net::TcpListener, sync::Notify};
use tower_redirect::{
    RedirectLayer, Reloadable,
    rules::{Format, Rules},
};

mod copy;
mod follow;
mod published;

use copy::Copy;
use follow::Follower;
use published::{LastGood, Refused, shown};

/// Serves rules that are kept in Redis, in front of a small app.
#[derive(Debug, Parser)]
struct Options {
    /// Where Redis is; it may be away.
    #[arg(long, value_name = "URL", default_value = "redis://127.0.0.1:6379/")]
    redis: String,

    /// The key of the rules, which is also the channel that tells of changes.
    #[arg(long, default_value = "redirects")]
    key: String,

    /// The dialect of the rules: netlify, cloudflare, vercel, bulk-csv, haproxy-map, nginx-map, …
    #[arg(long, default_value = "netlify")]
    format: Format,

    /// After how many seconds the version is read again if nothing is heard.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,

    /// A file of this process that keeps the last good rules, for a start while Redis is away:
    /// /var/lib/redirects/last-good, in a folder that nobody else writes to.
    #[arg(long, value_name = "FILE")]
    copy: Option<PathBuf>,

    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let client = client(&options.redis).map_err(|error| format!("--redis: {error}"))?;
    let server = client.get_connection_info().addr().to_string();

    let (policy, handle) = Reloadable::new(Rules::new([])?);
    let last_good = LastGood::new(options.format, handle, options.copy.map(Copy::new));
    if let Err(Refused(why)) = last_good.begin() {
        eprintln!("the copy is not served; {}", shown(&why));
    }
    let tried = Arc::new(Notify::new());
    let follower = Follower::new(
        client,
        options.key.clone(),
        Duration::from_secs(options.every),
        last_good,
    );
    tokio::spawn(follower.follow(Arc::clone(&tried)));
    // No request comes before the rules are here, or Redis is known to be away.
    tried.notified().await;

    let app = Router::new()
        .fallback(|uri: Uri| async move {
            let path = uri.path();
            (StatusCode::NOT_FOUND, format!("there is no page {path}\n"))
        })
        .layer(RedirectLayer::new(policy));
    let listener = TcpListener::bind(options.listen)
        .await
        .map_err(|error| format!("{}: {error}; choose another with --listen", options.listen))?;
    print_what_to_try(listener.local_addr()?, &server, &options.key);
    axum::serve(listener, app).await?;
    Ok(())
}

/// With RESP3, one connection brings both messages and answers.
fn client(url: &str) -> redis::RedisResult<Client> {
    let info = url.into_connection_info()?;
    let settings = info.redis_settings().clone();
    Client::open(info.set_redis_settings(settings.set_protocol(ProtocolVersion::RESP3)))
}

fn print_what_to_try(address: SocketAddr, server: &str, key: &str) {
    let (host, port) = server.rsplit_once(':').unwrap_or((server, "6379"));
    let cli = format!("redis-cli -h {host} -p {port}");
    println!(
        "serving on http://{address}/, rules of {server}

Publish rules, and ask for one:

  echo '/old /new' | {cli} -x hset {key} version 1 rules && {cli} publish {key} 1
  curl -i http://{address}/old

Rules with an error are reported here, and those before serve on:

  echo '/old' | {cli} -x hset {key} version 2 rules && {cli} publish {key} 2

So they do while Redis is stopped; what is published after it is back arrives here. Stop with Ctrl-C."
    );
}

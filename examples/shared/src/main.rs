//! Many machines share rules that are kept in Redis. Each machine follows changes, and keeps its rules
//! active while Redis is away.
//!
//! ```text
//! redis-server --bind 127.0.0.1 --dir "$(mktemp -d)" --appendonly yes --appendfsync always
//! cargo run -p example-shared                 # on http://127.0.0.1:3000/
//! PORT=3001 cargo run -p example-shared       # a second machine
//! redis-cli -x hset redirects version 1 rules < public/_redirects && redis-cli publish redirects 1
//! ```
//!
//! It needs Redis 6 or later (Debian's package `redis-server`).
//!
//! # Publishing
//!
//! The rules are one hash in Redis. The field `rules` is a file of redirects, and `version` names it (a
//! commit or a date, for example). Change both fields at once, and give each change a new version: a
//! machine that missed the message compares versions, and reads the rules only if the version differs.
//! A version has at most 64 bytes, and its rules at most 64 MiB.
//!
//! # What can go wrong
//!
//! - **The new rules are bad.** If they have an error, are empty, or the key is gone, each machine reports
//!   it and keeps the previous rules. To remove all redirects, publish a file with nothing but a comment.
//! - **A message is lost.** Each machine also reads the version every `--every` seconds.
//! - **Redis is away.** Each machine keeps the last good rules in memory. With
//!   `--copy /var/lib/redirects/last-good` it also saves them to a file, and starts with them if Redis is
//!   away. Use a folder that no other user can write to. A copy that is incomplete isn't used.

use std::{error::Error, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{StatusCode, Uri},
};
use clap::Parser;
use redis::{Client, IntoConnectionInfo, ProtocolVersion};
use tokio::sync::Notify;
use tower_redirect::{
    RedirectLayer,
    live::Reloadable,
    rules::{Format, Rules},
};

mod copy;
mod follow;
#[path = "../../common/listen.rs"]
mod listen;
mod published;

use copy::SavedCopy;
use follow::Follower;
use published::{LastGood, Rejected, escaped};

/// Serves rules that are kept in Redis, in front of a small app
#[derive(Debug, Parser)]
struct Options {
    /// The URL of Redis
    #[arg(long, value_name = "URL", default_value = "redis://127.0.0.1:6379/")]
    redis: String,

    /// The key of the rules, and the channel of the messages about changes
    #[arg(long, default_value = "redirects")]
    key: String,

    #[arg(long, default_value = "netlify", help = formats())]
    format: Format,

    /// Read the version again after this time without a message
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    every: u64,

    /// Save the last good rules to this file, and start with them if Redis is away. Use a folder that no
    /// other user can write to, for example /var/lib/redirects/last-good
    #[arg(long, value_name = "FILE")]
    copy: Option<PathBuf>,

    /// The address to listen on [default: port 3000 of 127.0.0.1, or the port in the variable PORT]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

fn formats() -> String {
    let names: Vec<_> = Format::all().map(|format| format.to_string()).collect();
    format!("The format of the rules: {}", names.join(", "))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let client = client(&options.redis).unwrap_or_else(|error| {
        let command = listen::command();
        listen::fail(
            format_args!("`--redis`: {error}"),
            format_args!("use a URL: {command} -- --redis redis://127.0.0.1:6379/"),
        )
    });
    let server = client.get_connection_info().addr().to_string();

    let (policy, handle) = Reloadable::new(Rules::new([])?);
    let last_good = LastGood::new(options.format, handle, options.copy.map(SavedCopy::new));
    if let Err(Rejected(reason)) = last_good.load_copy() {
        eprintln!("the copy isn't used: {}", escaped(&reason));
    }
    let attempted = Arc::new(Notify::new());
    let follower = Follower::new(
        client,
        options.key.clone(),
        Duration::from_secs(options.every),
        last_good,
    );
    tokio::spawn(follower.follow(Arc::clone(&attempted)));
    // The first request comes after the rules were read, or Redis turned out to be away.
    attempted.notified().await;

    let app = Router::new()
        .fallback(|uri: Uri| async move {
            let path = uri.path();
            (StatusCode::NOT_FOUND, format!("no page at {path}\n"))
        })
        .layer(RedirectLayer::new(policy));
    let listener = match options.listen {
        None => listen::on_port("PORT", 3000).await,
        Some(address) => {
            let choose = || {
                let (command, port) = (listen::command(), listen::free_port(8080));
                format!("{command} -- --listen 127.0.0.1:{port}")
            };
            listen::on_address(address, choose).await
        }
    };
    print_what_to_try(listener.local_addr()?, &server, &options.key);
    axum::serve(listener, app).await?;
    Ok(())
}

/// With RESP3, one connection carries messages and responses.
fn client(url: &str) -> redis::RedisResult<Client> {
    let info = url.into_connection_info()?;
    let settings = info.redis_settings().clone();
    Client::open(info.set_redis_settings(settings.set_protocol(ProtocolVersion::RESP3)))
}

fn print_what_to_try(address: SocketAddr, server: &str, key: &str) {
    let (host, port) = server.rsplit_once(':').unwrap_or((server, "6379"));
    let cli = format!("redis-cli -h {host} -p {port}");
    println!(
        "Serving on http://{address}/ with the rules of Redis on {server}.

Publish a rule, and request its URL:

  echo '/old /new' | {cli} -x hset {key} version 1 rules && {cli} publish {key} 1
  curl -i 'http://{address}/old'

Publish a rule with an error. It is reported here, and the previous rule stays active:

  echo '/old' | {cli} -x hset {key} version 2 rules && {cli} publish {key} 2

Stop Redis: the rule stays active. Start it again: changes arrive here again.

Stop with Ctrl-C."
    );
}

//! Opens the port of an example. It isn't about redirects: your own server binds its port as it likes.

use std::{
    env,
    fmt::Display,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener as StdListener},
};

use tokio::net::TcpListener;

/// Listens on `127.0.0.1`, on the port that the environment variable names, otherwise on `default`.
///
/// If that fails, prints why and how to choose another port, and exits with code 1.
pub(crate) async fn on_port(variable: &str, default: u16) -> TcpListener {
    let with = |port| format!("{variable}={port} {}", command());
    let port = match env::var_os(variable) {
        None => default,
        Some(text) => text.to_string_lossy().parse().unwrap_or_else(|_| {
            fail(
                format_args!("`{variable}` is {text:?}, which isn't a port number"),
                format_args!("use a number from 0 to 65535: {}", with(default)),
            )
        }),
    };
    let choose = || with(free_port(default.max(8080)));
    on_address((Ipv4Addr::LOCALHOST, port).into(), choose).await
}

/// Listens on the address. `choose` writes the command that uses another port.
///
/// If that fails, prints why and how to choose another port, and exits with code 1.
pub(crate) async fn on_address(
    address: SocketAddr,
    choose: impl FnOnce() -> String,
) -> TcpListener {
    TcpListener::bind(address).await.unwrap_or_else(|error| {
        let problem = match error.kind() {
            io::ErrorKind::AddrInUse => format!("port {} is already in use", address.port()),
            _ => format!("can't listen on {address}: {error}"),
        };
        fail(problem, format_args!("choose another one: {}", choose()))
    })
}

/// The command that started this example, without its arguments.
pub(crate) fn command() -> String {
    // Most examples belong to the crate itself. Those with heavy dependencies are packages.
    match env!("CARGO_PKG_NAME") {
        "tower-redirect" => format!("cargo run --example {}", env!("CARGO_BIN_NAME")),
        package => format!("cargo run -p {package}"),
    }
}

/// Finds a free port from `first` on, so that a printed command works.
pub(crate) fn free_port(first: u16) -> u16 {
    (first..=u16::MAX)
        .find(|port| StdListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .unwrap_or_default() // 0 lets the system choose
}

/// Prints the problem and what to do about it, and exits with code 1.
// If `main` returned an error instead, each example would need a type that prints these two lines.
#[expect(clippy::exit, reason = "the program hasn't started any work yet")]
pub(crate) fn fail(problem: impl Display, help: impl Display) -> ! {
    eprintln!("error: {problem}\nhelp: {help}");
    std::process::exit(1)
}

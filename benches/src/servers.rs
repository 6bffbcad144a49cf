//! Whole servers on the loopback interface: instructions per request in user space.

use std::{
    convert::Infallible,
    error::Error,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpStream},
    process::Child,
};

use axum::{Router, middleware::from_fn, routing::get};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::net::TcpListener;
use tower::{Layer, Service, make::Shared, service_fn};
use tower_redirect::{Location, RedirectLayer, policy_fn};

use crate::{
    SERVER, callgrind,
    rules::{self, HIT, MISS},
    services::look_up,
    table::{Table, number, ratio},
};

const HYPER: &str = "hyper, no layer";
const HYPER_LAYER: &str = "hyper, this crate, 1k rules";
const HYPER_NEVER: &str = "hyper, this crate, never";
const HYPER_FAST: &str = "hyper, this crate, 1k rules, foldhash";
const AXUM: &str = "axum, no middleware";
const AXUM_AROUND: &str = "axum, this crate around the Router";
const AXUM_FAST: &str = "axum, this crate around the Router, foldhash";
const AXUM_LAYER: &str = "axum, this crate in Router::layer";
const AXUM_FROM_FN: &str = "axum, from_fn in Router::layer";

/// Each server, whether it redirects, and the bare server that it is compared with.
const SERVERS: [(&str, bool, &str); 9] = [
    (HYPER, false, HYPER),
    (HYPER_NEVER, false, HYPER),
    (HYPER_LAYER, true, HYPER),
    (HYPER_FAST, true, HYPER),
    (AXUM, false, AXUM),
    (AXUM_AROUND, true, AXUM),
    (AXUM_FAST, true, AXUM),
    (AXUM_LAYER, true, AXUM),
    (AXUM_FROM_FN, true, AXUM),
];

/// Two numbers of requests. Their difference leaves out the start and the end of a server.
const REQUESTS: [usize; 2] = [500, 2500];

/// Prints the table.
pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    println!(
        "\n## Whole servers, 1k rules, one connection\n\n\
         Instructions per request in user space, of the whole server process. The response to a miss \
         is 200 with a short text, the response to a hit is 308. A server without rules responds \
         to every request with 200.\n"
    );
    if !callgrind::is_available() {
        println!("valgrind not found");
        return Ok(());
    }
    let mut counts = Vec::new();
    for (name, redirects, bare) in SERVERS {
        let miss = per_request(name, MISS, b"HTTP/1.1 200")?;
        let hit = if redirects {
            per_request(name, HIT, b"HTTP/1.1 308")?
        } else {
            miss
        };
        counts.push((name, bare, miss, hit));
    }
    let of = |wanted: &str| {
        let found = counts.iter().find(|(name, ..)| *name == wanted);
        found.map(|&(.., miss, hit)| (miss, hit))
    };
    let mut table = Table::new([
        "server",
        "miss",
        "miss / bare",
        "miss / from_fn",
        "hit",
        "hit / bare",
        "hit / from_fn",
    ]);
    for &(name, bare, miss, hit) in &counts {
        let bare_count = of(bare);
        let from_fn = of(AXUM_FROM_FN).filter(|_| bare == AXUM);
        table.row([
            name.to_owned(),
            number(Some(miss), 0),
            ratio(Some(miss), bare_count.map(|(miss, _)| miss)),
            ratio(Some(miss), from_fn.map(|(miss, _)| miss)),
            number(Some(hit), 0),
            ratio(Some(hit), bare_count.map(|(_, hit)| hit)),
            ratio(Some(hit), from_fn.map(|(_, hit)| hit)),
        ]);
    }
    print!("{table}");
    Ok(())
}

fn per_request(name: &str, path: &str, status: &[u8]) -> io::Result<f64> {
    let [fewer, more] = REQUESTS;
    let run = |count| {
        callgrind::whole_process(&[SERVER, name], |server| {
            send_requests(server, path, status, count)
        })
    };
    Ok((run(more)? - run(fewer)?) as f64 / (more - fewer) as f64)
}

/// Sends requests one after the other on one connection, then stops the server.
fn send_requests(server: &mut Child, path: &str, status: &[u8], count: usize) -> io::Result<()> {
    let mut port = String::new();
    let output = server.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    BufReader::new(output).read_line(&mut port)?;
    let port: u16 = port.trim().parse().map_err(io::Error::other)?;
    let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    connection.set_nodelay(true)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: www.example.com\r\n\
         user-agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\
         accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n\
         accept-encoding: gzip, br\r\nx-forwarded-proto: https\r\n\r\n"
    );
    let mut response = [0; 4096];
    for _ in 0..count {
        connection.write_all(request.as_bytes())?;
        // A response this short arrives in one piece.
        let length = connection.read(&mut response)?;
        if !response[..length].starts_with(status) {
            let text = String::from_utf8_lossy(&response[..length]);
            return Err(io::Error::other(format!("unexpected response: {text}")));
        }
    }
    drop(connection);
    // An axum server stops at its second connection. A hyper server has stopped already.
    let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, port));
    Ok(())
}

/// Runs the server of this name until its first connection ends.
pub(crate) fn serve(name: &str) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{}", listener.local_addr()?.port());
        let layer = RedirectLayer::permanent(rules::policy());
        let map = rules::map(|to| to);
        let app = Router::new().route("/{*path}", get(async || "ok"));
        let plain = service_fn(async |request: Request<Incoming>| {
            drop(request);
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"ok"))))
        });
        match name {
            HYPER => hyper(listener, plain).await,
            HYPER_LAYER => hyper(listener, layer.layer(plain)).await,
            HYPER_NEVER => {
                let never = policy_fn(|_| None::<Location>);
                hyper(listener, RedirectLayer::permanent(never).layer(plain)).await
            }
            HYPER_FAST => {
                let layer = RedirectLayer::permanent(rules::fast_policy());
                hyper(listener, layer.layer(plain)).await
            }
            AXUM_FAST => {
                let layer = RedirectLayer::permanent(rules::fast_policy());
                let service = Shared::new(layer.layer(app));
                Ok(axum::serve(Once::new(listener), service).await?)
            }
            AXUM => Ok(axum::serve(Once::new(listener), app).await?),
            AXUM_AROUND => {
                let service = Shared::new(layer.layer(app));
                Ok(axum::serve(Once::new(listener), service).await?)
            }
            AXUM_LAYER => Ok(axum::serve(Once::new(listener), app.layer(layer)).await?),
            AXUM_FROM_FN => {
                let middleware = from_fn(move |request, next| look_up(map, request, next));
                Ok(axum::serve(Once::new(listener), app.layer(middleware)).await?)
            }
            _ => Err(format!("unknown server `{name}`").into()),
        }
    })
}

/// Serves one connection through the adapter of `hyper-util`.
async fn hyper<S>(listener: TcpListener, service: S) -> Result<(), Box<dyn Error>>
where
    S: Service<Request<Incoming>, Response = Response<Full<Bytes>>, Error = Infallible> + Clone,
{
    let (connection, _) = listener.accept().await?;
    drop(listener);
    connection.set_nodelay(true)?;
    http1::Builder::new()
        .serve_connection(TokioIo::new(connection), TowerToHyperService::new(service))
        .await?;
    Ok(())
}

/// A listener that ends the process at its second connection.
struct Once {
    listener: TcpListener,
    accepted: bool,
}

impl Once {
    fn new(listener: TcpListener) -> Self {
        Self {
            listener,
            accepted: false,
        }
    }
}

impl axum::serve::Listener for Once {
    type Io = tokio::net::TcpStream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            match self.listener.accept().await {
                Ok(_) if self.accepted => std::process::exit(0),
                Ok((connection, address)) => {
                    self.accepted = true;
                    connection.set_nodelay(true).expect("a TCP connection");
                    return (connection, address);
                }
                Err(_) => {}
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

//! Whole servers on the loopback interface. The server runs on one CPU, the client `wrk` on
//! another.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use axum::{Router, routing::get};
use http::{Request, Response};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tower::{Layer, Service, make::Shared, service_fn};
use tower_redirect::RedirectLayer;

use crate::{
    SERVE,
    keys::{self, Kind},
    load::{Folder, by_line, haproxy_config, nginx_config, server, write_map},
    table::{Table, number},
};

const HYPER: &str = "hyper, no layer";
const HYPER_LAYER: &str = "hyper, this crate";
const AXUM: &str = "axum, no layer";
const AXUM_LAYER: &str = "axum, this crate around the Router";
const NGINX: &str = "nginx, map and return";
const HAPROXY: &str = "HAProxy, map and redirect";

/// Each server, and the server without rules that it is compared with.
const SERVERS: [(&str, &str); 6] = [
    (HYPER, HYPER),
    (HYPER_LAYER, HYPER),
    (AXUM, AXUM),
    (AXUM_LAYER, AXUM),
    (NGINX, NGINX),
    (HAPROXY, HAPROXY),
];

const ROUNDS: usize = 5;
const CONNECTIONS: usize = 64;

/// Serves on a free port until it is killed. Prints the port first.
pub(crate) fn serve(name: &str, map: &str) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let layer = || RedirectLayer::new(by_line(Path::new(map)));
        let router = Router::new().fallback(get(async || "ok"));
        let port = listener.local_addr()?.port();
        let ready = move || -> io::Result<()> {
            println!("{port}");
            io::stdout().flush()
        };
        match name {
            HYPER => {
                ready()?;
                hyper(listener, service_fn(respond)).await
            }
            HYPER_LAYER => {
                let service = layer().layer(service_fn(respond));
                ready()?;
                hyper(listener, service).await
            }
            AXUM => {
                ready()?;
                axum::serve(listener, router).await
            }
            AXUM_LAYER => {
                let service = layer().layer(router);
                ready()?;
                axum::serve(listener, Shared::new(service)).await
            }
            _ => Err(io::Error::other("unknown server")),
        }?;
        Ok(())
    })
}

async fn respond(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(b"ok"))))
}

async fn hyper<S>(listener: tokio::net::TcpListener, service: S) -> io::Result<()>
where
    S: Service<
            Request<Incoming>,
            Response = Response<Full<Bytes>>,
            Error = std::convert::Infallible,
        > + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    loop {
        let (stream, _) = listener.accept().await?;
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

/// The measurements of a server with rules of one number.
#[derive(Default)]
struct Outcome {
    /// Requests per second of each round, 10 % of them hits.
    mix: Vec<f64>,
    /// Requests per second of each round, all of them hits.
    hit: Vec<f64>,
    /// The memory in megabytes after the requests.
    memory: f64,
}

/// Prints the tables.
pub(crate) fn measure() -> Result<(), Box<dyn Error>> {
    for tool in ["wrk", "taskset"] {
        let mut found = Command::new(tool);
        found.arg("-v").stdout(Stdio::null()).stderr(Stdio::null());
        if found.status().is_err() {
            println!("{tool} not found");
            return Ok(());
        }
    }
    for count in [1_000, 100_000] {
        let folder = Folder::new()?;
        let (map, nginx_map) = (folder.file("rules.map"), folder.file("nginx.map"));
        write_map(&map, count, "")?;
        write_map(&nginx_map, count, ";")?;
        let scripts = [("mix", 10), ("hit", 1)].map(|(name, every)| (name, script(count, every)));
        for (name, text) in &scripts {
            fs::write(folder.file(&format!("{name}.lua")), text)?;
        }
        let mut outcomes: Vec<Outcome> = SERVERS.iter().map(|_| Outcome::default()).collect();
        // All servers in turn, so a disturbance of the machine affects all of them.
        for _ in 0..ROUNDS {
            for ((name, _), outcome) in SERVERS.iter().zip(&mut outcomes) {
                let server = RunningServer::start(name, &folder, &map, &nginx_map)?;
                outcome
                    .mix
                    .push(server.requests_per_second(&folder.file("mix.lua"))?);
                outcome
                    .hit
                    .push(server.requests_per_second(&folder.file("hit.lua"))?);
                outcome.memory = server.memory()?;
            }
        }
        println!("\n## Whole servers, {count} rules, {CONNECTIONS} connections\n");
        print_table(&outcomes);
    }
    Ok(())
}

fn print_table(outcomes: &[Outcome]) {
    let position = |name: &str| SERVERS.iter().position(|(own, _)| *own == name);
    let outcome = |name: &str| &outcomes[position(name).unwrap_or_default()];
    let mut table = Table::new([
        "server",
        "mix req/s",
        "/ no layer",
        "/ nginx",
        "/ HAProxy",
        "hit req/s",
        "/ no layer",
        "/ nginx",
        "/ HAProxy",
        "RSS MB",
        "over no layer",
    ]);
    for (index, (name, bare)) in SERVERS.iter().enumerate() {
        let own = &outcomes[index];
        let over = |other: &str, rates: fn(&Outcome) -> &Vec<f64>| {
            let ratios = rates(own).iter().zip(rates(outcome(other)));
            number(median(ratios.map(|(own, other)| own / other).collect()), 3)
        };
        let mix: fn(&Outcome) -> &Vec<f64> = |outcome| &outcome.mix;
        let hit: fn(&Outcome) -> &Vec<f64> = |outcome| &outcome.hit;
        table.row([
            (*name).to_owned(),
            number(median(own.mix.clone()), 0),
            over(bare, mix),
            over(NGINX, mix),
            over(HAPROXY, mix),
            number(median(own.hit.clone()), 0),
            over(bare, hit),
            over(NGINX, hit),
            over(HAPROXY, hit),
            number(Some(own.memory), 1),
            number(Some(own.memory - outcome(bare).memory), 1),
        ]);
    }
    print!("{table}");
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Returns a script for `wrk` that requests many paths in turn. One in `every` matches a rule.
fn script(count: usize, every: usize) -> String {
    let mut text = String::from("local paths = {\n");
    for index in 0..20_000 {
        let spread = index * 7_919;
        let number = if index % every == 0 {
            spread % count
        } else {
            count + spread % 1_000_000
        };
        let path = keys::matching_path(Kind::Exact, number);
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "\"{path}\",");
    }
    text + "}\nlocal requests = {}\nlocal at = 0\n\
            init = function() for i, path in ipairs(paths) do requests[i] = wrk.format(\"GET\", path) end end\n\
            request = function() at = at % #requests + 1; return requests[at] end\n"
}

/// A server process. It is killed on drop.
struct RunningServer {
    process: Child,
    port: u16,
}

impl RunningServer {
    fn start(name: &str, folder: &Folder, map: &Path, nginx_map: &Path) -> io::Result<Self> {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let address = format!("127.0.0.1:{free}");
        let (program, arguments) = match name {
            NGINX => {
                let config = folder.file("nginx.conf");
                fs::write(&config, nginx_config(&address, nginx_map, folder))?;
                (server("nginx"), vec!["-c".into(), config.into_os_string()])
            }
            HAPROXY => {
                let config = folder.file("haproxy.cfg");
                fs::write(&config, haproxy_config(&address, map))?;
                (
                    server("haproxy"),
                    vec!["-db".into(), "-f".into(), config.into_os_string()],
                )
            }
            _ => {
                let arguments = vec![SERVE.into(), name.into(), map.into()];
                (Command::new(env::current_exe()?), arguments)
            }
        };
        let mut process = Command::new("taskset")
            .args(["-c", "0"])
            .arg(program.get_program())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut port = free;
        if ![NGINX, HAPROXY].contains(&name) {
            let mut line = String::new();
            let output = process.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
            BufReader::new(output).read_line(&mut line)?;
            port = line.trim().parse().map_err(io::Error::other)?;
        }
        let running = Self { process, port };
        for _ in 0..200 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return Ok(running);
            }
            thread::sleep(Duration::from_millis(50));
        }
        Err(io::Error::other(format!(
            "{name} does not accept connections"
        )))
    }

    /// Returns the requests per second, measured over two seconds.
    fn requests_per_second(&self, script: &Path) -> io::Result<f64> {
        let output = Command::new("taskset")
            .args(["-c", "1", "wrk", "-t1", "-d2s"])
            .arg(format!("-c{CONNECTIONS}"))
            .arg("-s")
            .arg(script)
            .arg(format!("http://127.0.0.1:{}", self.port))
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let rate = text
            .lines()
            .find_map(|line| line.strip_prefix("Requests/sec:"))
            .and_then(|rate| rate.trim().parse().ok());
        rate.filter(|_| !text.contains("Socket errors"))
            .ok_or_else(|| io::Error::other(text.into_owned()))
    }

    /// Returns the memory of the process in megabytes.
    fn memory(&self) -> io::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        status
            .lines()
            .find_map(|line| {
                line.strip_prefix("VmRSS:")?
                    .split_whitespace()
                    .next()?
                    .parse()
                    .ok()
            })
            .map(|kilobytes: f64| kilobytes / 1024.0)
            .ok_or_else(|| io::Error::other("the process has no `VmRSS`"))
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        // The measurement is done. If this fails, the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

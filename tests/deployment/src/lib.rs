//! Starts a proxy in front of an app, or a server behind it, and stops it.

#![forbid(unsafe_code)]

mod example;
mod redis;

use std::{
    fs,
    io::{self, Read},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

pub use example::Example;
pub use redis::Redis;

/// The ports of a proxy that runs until this is dropped.
#[derive(Debug)]
pub struct Proxy {
    /// Where it listens for plaintext.
    pub plaintext: u16,
    /// Where it listens for TLS.
    pub tls: u16,
    process: Child,
    folder: TempDir,
}

/// Which proxy, and how it is told what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// nginx, of the package `nginx-light`.
    Nginx,
    /// HAProxy, of the package `haproxy`.
    HaProxy,
}

/// Two ports that nobody listens on: plaintext and TLS. Somebody may take them before a proxy does.
#[must_use]
pub fn free_ports() -> [u16; 2] {
    // Both at a time, or they might be the same.
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("it is bound").port())
}

impl Proxy {
    /// Starts it in front of an app, with a certificate and its key in PEM.
    ///
    /// # Errors
    ///
    /// What it said, when it ends or does not listen after 10 seconds: a port may be taken by now.
    ///
    /// # Panics
    ///
    /// When it is not installed.
    pub fn start(kind: Kind, ports: [u16; 2], app: SocketAddr, pem: &str) -> Result<Self, String> {
        let [plaintext, tls] = ports;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        fs::write(path.join("site.pem"), pem).expect("it can be written");
        let mut command = match kind {
            Kind::Nginx => {
                fs::write(path.join("nginx.conf"), nginx(path, ports, app)).expect("written");
                let mut command = Command::new(program("nginx"));
                command
                    .arg("-p")
                    .arg(path)
                    .arg("-c")
                    .arg(path.join("nginx.conf"));
                command.arg("-e").arg("stderr");
                command
            }
            Kind::HaProxy => {
                fs::write(path.join("haproxy.cfg"), haproxy(path, ports, app)).expect("written");
                let mut command = Command::new(program("haproxy"));
                command.arg("-db").arg("-f").arg(path.join("haproxy.cfg"));
                command
            }
        };
        let process = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => {
                    panic!("{kind:?} is not installed: apt-get install nginx-light haproxy")
                }
                _ => panic!("{kind:?} does not start: {error}"),
            });
        let mut proxy = Self {
            plaintext,
            tls,
            process,
            folder,
        };
        proxy.wait()?;
        Ok(proxy)
    }

    fn wait(&mut self) -> Result<(), String> {
        let began = Instant::now();
        for port in [self.plaintext, self.tls] {
            loop {
                let listens = TcpStream::connect(("127.0.0.1", port)).is_ok();
                // Who listens may be another, and this one has ended because of it.
                let ended = self.process.try_wait().expect("it can be asked");
                if ended.is_some() || !listens && began.elapsed() > Duration::from_secs(10) {
                    return Err(self.last_words(port));
                }
                if listens {
                    break;
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(())
    }

    fn last_words(&mut self, port: u16) -> String {
        let _ = self.process.kill();
        let mut log = String::new();
        let stderr = self.process.stderr.take();
        let _ = stderr.map(|mut stderr| stderr.read_to_string(&mut log));
        format!("it does not listen on {port}, in {:?}:\n{log}", self.folder)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Debian keeps servers where a user's path does not look.
fn program(name: &str) -> String {
    let administrators = format!("/usr/sbin/{name}");
    if Path::new(&administrators).exists() {
        administrators
    } else {
        name.to_owned()
    }
}

/// What README and the example tell, in one process that writes to its own folder only.
fn nginx(folder: &Path, [plaintext, tls]: [u16; 2], app: SocketAddr) -> String {
    let folder = folder.display();
    let location = format!(
        "location / {{
      proxy_pass http://{app};
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}"
    );
    format!(
        "daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{plaintext};
    {location}
  }}
  server {{
    listen 127.0.0.1:{tls} ssl http2;
    ssl_certificate {folder}/site.pem;
    ssl_certificate_key {folder}/site.pem;
    {location}
  }}
}}
"
    )
}

fn haproxy(folder: &Path, [plaintext, tls]: [u16; 2], app: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        "global
  maxconn 100
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend site
  bind 127.0.0.1:{plaintext}
  bind 127.0.0.1:{tls} ssl crt {folder}/site.pem alpn h2,http/1.1
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  default_backend app
backend app
  server app {app}
"
    )
}

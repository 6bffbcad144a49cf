//! Starts a Redis that keeps what it has acknowledged, and stops it as a loss of power would.

use std::{
    fs::File,
    io::{self, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

const NOT_INSTALLED: &str = "Redis is not installed: apt-get install redis-server";

/// A Redis with a folder and a port of its own, which are the same after each start.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    process: Option<Child>,
    folder: TempDir,
}

impl Redis {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// When it is not installed, or does not start on any of a few ports.
    #[must_use]
    pub fn start() -> Self {
        let mut redis = Self {
            port: 0,
            process: None,
            folder: tempfile::tempdir().expect("a folder"),
        };
        for _ in 0..5 {
            redis.port = port_for_a_server();
            if redis.try_start() {
                return redis;
            }
        }
        panic!("Redis does not start:\n{}", redis.log());
    }

    /// Starts it again, with what it has kept.
    ///
    /// # Panics
    ///
    /// When it runs, or does not start.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "it runs");
        assert!(self.try_start(), "Redis does not return:\n{}", self.log());
    }

    /// Starts it where no one looks for it, with what it has kept.
    ///
    /// # Panics
    ///
    /// When it runs, or does not start.
    pub fn start_elsewhere<T>(&mut self, meanwhile: impl FnOnce(&Self) -> T) -> T {
        let before = self.port;
        self.port = port_for_a_server();
        self.start_again();
        let result = meanwhile(self);
        self.kill();
        self.port = before;
        result
    }

    /// Ends it at once, without a chance to write anything.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("it can be ended");
        process.wait().expect("it ends");
    }

    /// Stops it where it is: it listens, and does not answer.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    /// Lets it go on.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) {
        let process = self.process.as_ref().expect("it runs");
        let mut kill = Command::new("kill");
        let status = kill.args(["-s", name, &process.id().to_string()]).status();
        assert!(status.expect("kill is installed").success(), "{name}");
    }

    /// Its address, for clients.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// What `redis-cli` answers, with this as the last argument.
    ///
    /// # Panics
    ///
    /// When it is not installed, or Redis answers with an error.
    #[expect(
        clippy::must_use_candidate,
        reason = "most commands are sent for their effect"
    )]
    pub fn ask(&self, arguments: &[&str], last: &[u8]) -> String {
        let mut process = Command::new("redis-cli")
            .args(["-e", "-x", "-p", &self.port.to_string()])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{error}; {NOT_INSTALLED}"));
        let mut input = process.stdin.take().expect("it is piped");
        input.write_all(last).expect("it reads");
        drop(input);
        let output = process.wait_with_output().expect("it ends");
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{arguments:?}: {answer}");
        answer
    }

    /// Whether it listens, as the process that was started and no other.
    fn try_start(&mut self) -> bool {
        let log = File::create(self.folder.path().join("log")).expect("a file");
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(log)
            .spawn()
            .unwrap_or_else(|error| match error.kind() {
                io::ErrorKind::NotFound => panic!("{NOT_INSTALLED}"),
                _ => panic!("Redis does not start: {error}"),
            });
        self.process = Some(process);
        let began = Instant::now();
        while self.runs() && began.elapsed() < Duration::from_secs(20) {
            let listens = TcpStream::connect(("127.0.0.1", self.port)).is_ok();
            // Who listens may be another, and this one is about to end because of it.
            if listens && self.log().contains("Ready to accept connections") {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.kill();
        false
    }

    fn runs(&mut self) -> bool {
        let process = self.process.as_mut();
        process.is_some_and(|process| process.try_wait().expect("it can be asked").is_none())
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// A port that nobody listens on and no other server of this process had, below those that the system
/// gives to clients: it is free when its server returns.
fn port_for_a_server() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 10_000 + u16::try_from(std::process::id() % 1_000).unwrap_or_default() * 20;
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

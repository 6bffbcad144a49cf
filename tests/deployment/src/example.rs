//! Runs an example as its users do, and reads what it says.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// Nothing takes so long, unless it never comes.
const PATIENCE: Duration = Duration::from_secs(60);

/// An example that runs until this is dropped.
#[derive(Debug)]
pub struct Example {
    process: Child,
    said: Arc<Mutex<String>>,
}

impl Example {
    /// Builds the package, and says where the program is.
    ///
    /// # Panics
    ///
    /// When it does not build.
    #[must_use]
    pub fn build(package: &str) -> String {
        let output = Command::new(env!("CARGO"))
            .args(["build", "--locked", "--package", package])
            .args(["--message-format", "json-render-diagnostics"])
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{package} does not build");
        let built = String::from_utf8(output.stdout).expect("JSON");
        let mut programs = built.lines().filter_map(|line| {
            let (_, program) = line.split_once(r#""executable":""#)?;
            program.split('"').next()
        });
        programs.next_back().expect("a program").to_owned()
    }

    /// Starts what was built.
    ///
    /// # Panics
    ///
    /// When it does not start.
    #[must_use]
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let said = Arc::default();
        let (out, err) = (process.stdout.take(), process.stderr.take());
        listen(out.expect("it is piped"), Arc::clone(&said));
        listen(err.expect("it is piped"), Arc::clone(&said));
        Self { process, said }
    }

    /// The address that it says it serves on.
    ///
    /// # Panics
    ///
    /// When it does not say one.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.hear("Stop with Ctrl-C.");
        let said = self.said();
        let (_, rest) = said.split_once("http://").expect("an address");
        let end = rest.find('/').unwrap_or(rest.len());
        rest[..end].parse().expect("an address")
    }

    /// All that it has said.
    #[must_use]
    pub fn said(&self) -> String {
        let said = self.said.lock();
        said.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has said this.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn hear(&self, words: &str) {
        let began = Instant::now();
        while !self.said().contains(words) {
            let said = self.said();
            assert!(began.elapsed() < PATIENCE, "never {words:?}, but:\n{said}");
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Collects whole lines.
fn listen(source: impl Read + Send + 'static, said: Arc<Mutex<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(&line);
            said.push('\n');
        }
    });
}

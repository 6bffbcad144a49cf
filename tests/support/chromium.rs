//! Chromium, headless, with its chromedriver.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

/// A chromedriver on a port that it chose, and its browser's profile; both end with it.
pub(crate) struct Driver {
    process: Child,
    profile: PathBuf,
    address: String,
    // Read no further, and open, so that it can write.
    _stdout: Option<BufReader<ChildStdout>>,
}

impl Driver {
    pub(crate) async fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver: {error}; install chromium-driver"));
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        let profile = format!("tower-redirect-browser-{}", process.id());
        let mut driver = Self {
            process,
            profile: env::temp_dir().join(profile),
            address: String::new(),
            _stdout: None,
        };
        let (stdout, port) = tokio::task::spawn_blocking(move || {
            let port = read_port(&mut stdout);
            (stdout, port)
        })
        .await
        .unwrap();
        driver.address = format!("http://127.0.0.1:{port}");
        driver._stdout = Some(stdout);
        driver
    }

    pub(crate) async fn open_browser(&self) -> Client {
        let mut args = vec![format!("--user-data-dir={}", self.profile.display())];
        let fixed = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ];
        args.extend(fixed.map(str::to_owned));
        let options = [("goog:chromeOptions".to_owned(), json!({ "args": args }))];
        ClientBuilder::new(HttpConnector::new())
            .capabilities(options.into_iter().collect())
            .connect(&self.address)
            .await
            .unwrap_or_else(|error| panic!("no browser: {error}; install chromium"))
    }
}

/// "ChromeDriver was started successfully on port 40123."
fn read_port(stdout: &mut impl BufRead) -> u16 {
    let port = stdout.lines().find_map(|line| {
        let line = line.unwrap();
        let (_, port) = line.split_once("started successfully on port ")?;
        port.trim_end_matches('.').parse().ok()
    });
    port.expect("chromedriver says which port it took")
}

impl Drop for Driver {
    fn drop(&mut self) {
        // The group: a browser that nobody has closed is in it.
        let group = self.process.id().to_string();
        let _ = Command::new("sh")
            .args(["-c", r#"kill -s KILL -- "-$0""#, &group])
            .status();
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

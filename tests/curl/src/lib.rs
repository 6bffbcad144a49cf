//! Runs the curl that is installed, and reads what it reports.

#![forbid(unsafe_code)]

use std::{io, process::Stdio};

use tokio::{io::AsyncWriteExt, process::Command};

const NO_CURL: &str = "these tests run the `curl` binary, and there is none: apt-get install curl";

/// Where a run of curl ended.
#[derive(Debug, PartialEq, Eq)]
pub struct End {
    /// The last status.
    pub status: u16,
    /// How many redirects it has followed.
    pub redirects: usize,
    /// The address of the last answer.
    pub url: String,
    /// The protocol of the last answer: `1`, `1.1` or `2`.
    pub version: String,
}

/// What a run of curl gave.
#[derive(Debug)]
pub struct Run {
    /// Where it ended.
    pub end: End,
    /// Where it would have gone next, had it been told to follow; else empty.
    pub next: String,
    /// What it wrote out: the last body, or with `-I` all heads.
    pub text: String,
    /// The statuses that came, the interim ones among them.
    pub statuses: Vec<u16>,
}

/// Runs `curl` with these arguments, and without the configuration of whoever runs it.
pub async fn curl(arguments: &[&str]) -> Run {
    curl_reading("", arguments).await
}

/// The same, with something to read for `-T -`.
///
/// # Panics
///
/// When there is no curl, or when it fails.
pub async fn curl_reading(stdin: &str, arguments: &[&str]) -> Run {
    const REPORT: &str = "\n%{http_code} %{num_redirects} %{url_effective} %{http_version} \
                          %{redirect_url}";
    let mut process = Command::new("curl")
        // First, or it reads ~/.curlrc.
        .arg("-q")
        .args(["--verbose", "--silent", "--show-error"])
        .args(["--noproxy", "*", "--max-time", "60", "--max-redirs", "5"])
        .args(["--write-out", REPORT])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => panic!("{NO_CURL}"),
            _ => panic!("curl does not start: {error}"),
        });
    // Dropped when it is written, which is the end of the input.
    let mut input = process.stdin.take().expect("it is piped");
    // One that does not read it has ended the pipe.
    let _ = input.write_all(stdin.as_bytes()).await;
    drop(input);
    let output = process.wait_with_output().await.expect("curl ends");
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "curl {arguments:?}: {}\n{log}",
        output.status
    );

    let written = String::from_utf8_lossy(&output.stdout);
    let (text, report) = written.rsplit_once('\n').expect("it reports");
    let (end, next) =
        read_report(report).unwrap_or_else(|| panic!("a report like no other: {report}"));
    Run {
        end,
        next,
        text: text.to_owned(),
        statuses: log.lines().filter_map(read_status).collect(),
    }
}

fn read_report(report: &str) -> Option<(End, String)> {
    let mut words = report.split(' ');
    let end = End {
        status: words.next()?.parse().ok()?,
        redirects: words.next()?.parse().ok()?,
        url: words.next()?.to_owned(),
        version: words.next()?.to_owned(),
    };
    Some((end, words.next()?.to_owned()))
}

/// `< HTTP/1.1 307 Temporary Redirect`
fn read_status(line: &str) -> Option<u16> {
    let (_version, rest) = line.strip_prefix("< HTTP/")?.split_once(' ')?;
    rest.split(' ').next()?.trim().parse().ok()
}

/// Whether the HTTP/2 of the curl that is installed is good for more than one request without a body.
///
/// 7.88, with any server, fails on a second request on a connection opened with prior knowledge
/// (<https://github.com/curl/curl/issues/10634>, mended in 8.0), and now and then discards an answer
/// that comes before it has sent the body, although RFC 9113 §8.1 forbids it.
///
/// # Panics
///
/// When there is no curl.
pub async fn has_sound_http2() -> bool {
    let run = Command::new("curl").args(["-q", "--version"]).output();
    let output = run.await.expect(NO_CURL);
    !String::from_utf8_lossy(&output.stdout).starts_with("curl 7.88.")
}

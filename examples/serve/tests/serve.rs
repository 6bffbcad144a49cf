//! The program: pages, redirects and which of them come first, in each format.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use tower::ServiceExt;
use tower_redirect::rules::Format;

#[path = "../src/app.rs"]
mod app;

/// Status, location and body of the response to a GET.
async fn get(
    format: &str,
    rules: &str,
    pages: &[&str],
    target: &str,
) -> (StatusCode, String, String) {
    let format: Format = format.parse().unwrap();
    let rules = format.parse(rules).unwrap();
    let app = app::app(rules, pages.iter().map(|page| (*page).to_owned()));
    let request = Request::get(target).header(header::HOST, "site.example");
    let response = app
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap();
    let (parts, body) = response.into_parts();
    let location = parts.headers.get(header::LOCATION);
    let location = location
        .map_or("", |value| value.to_str().unwrap())
        .to_owned();
    let body = body.collect().await.unwrap().to_bytes();
    (
        parts.status,
        location,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn pages_and_nothing_else() {
    for (target, status, expected) in [
        ("/about", 200, "PAGE /about\n"),
        ("/about?q", 200, "PAGE /about\n"),
        ("/a%20b", 200, "PAGE /a%20b\n"),
        ("/About", 404, ""),
        ("/about/", 404, ""),
        ("/", 404, ""),
    ] {
        let pages = ["/about", "/a%20b"];
        let (got, location, body) = get("netlify", "", &pages, target).await;
        assert_eq!((got.as_u16(), &*location), (status, ""), "{target}");
        if status == 200 {
            assert_eq!(body, expected);
        }
    }
}

#[tokio::test]
async fn statuses_and_locations_of_each_format() {
    let json = r#"{ "redirects": [{ "source": "/a/:x", "destination": "/b/:x" }] }"#;
    for (format, rules, target, status, location) in [
        ("netlify", "/a /b", "/a/?q", 301, "/b?q"),
        ("netlify", "/a/* /b/:splat 302!", "/a/x/y", 302, "/b/x/y"),
        ("cloudflare", "/a /b", "/a", 302, "/b"),
        ("cloudflare", "/a /b 308", "/a", 308, "/b"),
        ("cloudflare", "/a /b", "/a/", 404, ""),
        ("vercel", json, "/a/1?q=2", 308, "/b/1?q=2"),
        (
            "bulk-csv",
            "site.example/a,https://new.example/b,307",
            "/a?q",
            307,
            "https://new.example/b",
        ),
        (
            "bulk-csv",
            "other.example/a,https://new.example/b",
            "/a",
            404,
            "",
        ),
        ("netlify", "http://site.example/a /b", "/a", 301, "/b"),
        ("netlify", "https://site.example/a /b", "/a", 404, ""),
        (
            "netlify",
            "/* https://site.example/:splat 301!",
            "/a",
            301,
            "https://site.example/a",
        ),
        (
            "bulk-csv",
            "site.example/a,https://new.example/b\nhttp://site.example/a,https://new.example/c",
            "/a",
            301,
            "https://new.example/c",
        ),
        ("haproxy-map", "/a /b\n", "/a?q", 301, "/b"),
        ("nginx-map", "/a /b;", "/A", 301, "/b"),
        (
            "vercel-bulk",
            "source,destination\n/a,/b\n",
            "/A?q",
            307,
            "/b",
        ),
    ] {
        let (got, to, _) = get(format, rules, &[], target).await;
        assert_eq!(
            (got.as_u16(), &*to),
            (status, location),
            "{format}: {target}"
        );
    }
}

#[tokio::test]
async fn who_comes_first() {
    for (format, rules, status) in [
        ("netlify", "/a /b", 200),
        ("netlify", "/a /b 302", 200),
        ("netlify", "/a /b 301!", 301),
        ("cloudflare", "/a /b", 302),
    ] {
        let (got, ..) = get(format, rules, &["/a"], "/a").await;
        assert_eq!(got.as_u16(), status, "{format}: {rules}");
    }
}

/// A program that ends when the test does.
struct Program(std::process::Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_number_of_rules_is_printed_at_the_start_and_at_each_reload() {
    let name = format!("tower-redirect-serve-{}", std::process::id());
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, "/a /b\n/c\n").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_example-serve"));
    let command = command.args(["--listen", "127.0.0.1:0", "--watch", "--rules"]);
    let command = command.arg(&file).stdout(Stdio::piped());
    let mut program = Program(command.stderr(Stdio::piped()).spawn().unwrap());
    let mut out = BufReader::new(program.0.stdout.take().unwrap()).lines();
    let mut errors = BufReader::new(program.0.stderr.take().unwrap()).lines();

    let place = file.display();
    let start = out.next().unwrap().unwrap();
    assert_eq!(
        start,
        format!("{place}: 1 rule active, 1 line skipped, 1 error")
    );
    assert!(errors.next().unwrap().unwrap().contains("has no target"));
    // The watch reads the file once at its start, and rejects it.
    let rejected = errors.next().unwrap().unwrap();
    let kept = "rejected, keeping the previous rules (1 rule active, 1 line skipped): ";
    assert!(
        rejected.starts_with(&format!("{place}: {kept}")),
        "{rejected}"
    );

    std::fs::write(&file, "/a /b\n/c /d\n/e /f 301 Role=admin\n").unwrap();
    let reloaded = errors.next().unwrap().unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(
        reloaded,
        format!("{place}: reloaded: 2 rules active, 1 line skipped")
    );
}

#[test]
fn what_keeps_it_from_starting_is_told_in_one_line() {
    let missing = std::env::temp_dir().join("tower-redirect-no-such-file");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_example-serve"))
        .arg("--rules")
        .arg(&missing)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    let start = format!("error: {}: ", missing.display());
    assert!(
        told.starts_with(&start) && told.lines().count() == 1,
        "{told}"
    );
}

#[test]
fn a_port_that_it_cannot_use_is_named_with_the_way_to_choose_another() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().port().to_string();
    let in_use = format!("error: port {taken} is already in use\nhelp: choose another one: PORT=");
    let no_number = "error: `PORT` is \"http\", which isn't a port number\nhelp: use a number";
    for (port, expected) in [(&*taken, &*in_use), ("http", no_number)] {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_example-serve"));
        let output = command.env("PORT", port).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.starts_with(expected), "{told}");
        assert!(told.contains(" cargo run "), "{told}");
    }
}

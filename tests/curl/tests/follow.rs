//! `curl -L` against the example's app: what arrives after each redirect.

#![forbid(unsafe_code)]

use std::{fs, path::Path, time::Duration};

use tower_redirect::Status;
use tower_redirect_curl::{End, Run, curl, curl_reading, has_sound_http2};

use crate::landing::{Arrival, FETCH, Row, Site, within};

#[path = "../../../examples/axum/app.rs"]
mod app;
#[path = "../../support/landing.rs"]
mod landing;

const LIMIT: Duration = Duration::from_secs(300);
const HELLO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hello.txt");
const RECEIPT: &str = "Your upload has arrived. Reload as you like.\n";

/// How curl is told to send each method, and the `content-type` which it then sends by itself.
///
/// curl's own rule is Fetch's for these: "if the request is a POST, it will send the following
/// request with a GET if the HTTP response was 301, 302, or 303. If the response code was any other
/// 3xx code, curl will re-send the following request using the same unmodified method" (curl(1),
/// `-L`); HEAD stays HEAD, and PUT stays PUT except after 303.
const PLAIN: [(&str, &[&str], Option<&str>); 4] = [
    ("GET", &[], None),
    ("HEAD", &["-I"], None),
    ("POST", &["-d", "hello"], Some(FORM)),
    ("PUT", &["-T", HELLO], None),
];
const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn over_http_1_1() {
    within(LIMIT, follow_all(&["--http1.1"], "1.1")).await;
}

#[tokio::test]
async fn over_http_1_0() {
    within(LIMIT, follow_all(&["--http1.0"], "1")).await;
}

/// Each hop on a connection of its own: where curl would go next is on this site.
#[tokio::test]
async fn over_http_2_hop_by_hop() {
    within(LIMIT, async {
        let site = open().await;
        let sound = has_sound_http2().await;
        for row in FETCH {
            for (method, arguments, _) in PLAIN {
                if !sound && matches!(method, "POST" | "PUT") {
                    continue;
                }
                let cell = format!("{method} {}", row.path);
                let url = site.url(row.path);
                let protocol = ["--http2-prior-knowledge", &url];
                let run = curl(&[&protocol[..], arguments].concat()).await;
                assert_eq!(run.statuses, [row.status.as_u16()], "{cell}");
                assert_eq!(run.end.version, "2", "{cell}");
                assert_eq!(run.next, site.url("/landing"), "{cell}");
                if method != "HEAD" {
                    assert_eq!(run.text, "", "{cell}");
                }
            }
        }
        assert_eq!(site.arrivals(), []);
    })
    .await;
}

#[tokio::test]
async fn over_http_2_with_prior_knowledge() {
    if !has_sound_http2().await {
        eprintln!("not tested: curl 7.88 follows no redirect over HTTP/2, whatever the server");
        return;
    }
    within(LIMIT, follow_all(&["--http2-prior-knowledge"], "2")).await;
}

async fn follow_all(protocol: &[&str], version: &str) {
    let site = open().await;
    for row in FETCH {
        for (sent, arrives) in row.cells() {
            let Some((_, arguments, content_type)) =
                PLAIN.into_iter().find(|(method, ..)| *method == sent)
            else {
                continue;
            };
            let url = site.url(row.path);
            let run = curl(&[&["-L", &url], protocol, arguments].concat()).await;

            let cell = format!("{sent} {} over {version}: {run:?}", row.path);
            let keeps_a_body = sent == arrives && matches!(sent, "POST" | "PUT");
            let body = if keeps_a_body { "hello" } else { "" };
            assert_eq!(run.end, landed(&site, version), "{cell}");
            assert_eq!(final_statuses(&run), [row.status.as_u16(), 200], "{cell}");
            if sent != "HEAD" {
                assert_eq!(run.text, format!("{arrives} {body}"), "{cell}");
            }
            let content_type = content_type.filter(|_| keeps_a_body);
            assert_eq!(
                site.arrivals(),
                [arrival(arrives, body, content_type)],
                "{cell}"
            );
        }
    }
}

/// Its rule with `-X`: "The method string you set with -X, --request will be used for all requests,
/// which if you for example use -L, --location may cause unintended side-effects when curl does not
/// change request method according to the HTTP 30x response codes" (curl(1)). The body goes by the
/// rule of `-d`, which is POST's: after 301, 302 and 303 it is dropped.
#[tokio::test]
async fn a_method_that_is_forced_is_kept_and_its_body_is_not() {
    within(LIMIT, async {
        let site = open().await;
        for row in FETCH {
            for method in ["PUT", "DELETE", "PATCH"] {
                let url = site.url(row.path);
                let run = curl(&["-L", "-X", method, "-d", "hello", &url]).await;
                assert_eq!(run.end, landed(&site, "1.1"), "{method} {}", row.path);
                let arrives = if keeps_a_post(row) {
                    arrival(method, "hello", Some(FORM))
                } else {
                    arrival(method, "", None)
                };
                assert_eq!(site.arrivals(), [arrives], "{method} {}", row.path);
            }
        }
    })
    .await;
}

/// The server's answer to the head is the redirect, so that curl sends the body once, and only to
/// where it is read.
#[tokio::test]
async fn a_large_body_is_announced_and_sent_once() {
    let large = "0123456789abcdef".repeat(96 * 1024);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("large.txt");
    fs::write(&file, &large).unwrap();
    let data = format!("@{}", file.display());
    within(LIMIT, async {
        let site = open().await;
        for row in FETCH {
            for (sent, arguments) in [
                ("POST", ["--data-binary", &data]),
                ("PUT", ["-T", file.to_str().unwrap()]),
            ] {
                let url = site.url(row.path);
                let expect = [
                    "-L",
                    &url,
                    "-H",
                    "expect: 100-continue",
                    "--expect100-timeout",
                    "60",
                ];
                let run = curl(&[&expect[..], &arguments[..]].concat()).await;
                let (_, arrives) = row.cells().find(|(method, _)| *method == sent).unwrap();
                let cell = format!("{sent} {}", row.path);
                assert_eq!(run.end, landed(&site, "1.1"), "{cell}");
                let redirect = row.status.as_u16();
                let arrivals = site.arrivals();
                assert_eq!(arrivals.len(), 1, "{cell}");
                assert_eq!(arrivals[0].method, arrives, "{cell}");
                if sent == arrives {
                    assert_eq!(run.statuses, [redirect, 100, 200], "{cell}");
                    assert!(arrivals[0].body == large, "{cell}: another body");
                } else {
                    assert_eq!(run.statuses, [redirect, 200], "{cell}");
                    assert_eq!(arrivals[0].body, "", "{cell}");
                }
            }
        }
    })
    .await;
}

/// What is read from a pipe can be sent once. curl asks first, and so it can follow.
#[tokio::test]
async fn a_pipe_is_still_full_after_the_redirect() {
    within(LIMIT, async {
        let site = open().await;
        for row in FETCH {
            let url = site.url(row.path);
            let arguments = ["-L", "-T", "-", "--expect100-timeout", "60", &url];
            let run = curl_reading("hello", &arguments).await;
            assert_eq!(run.end, landed(&site, "1.1"), "{}", row.path);
            let arrives = match row.status {
                Status::SeeOther => arrival("GET", "", None),
                _ => arrival("PUT", "hello", None),
            };
            assert_eq!(site.arrivals(), [arrives], "{}", row.path);
        }
    })
    .await;
}

/// The lines that the example prints when it starts.
#[tokio::test]
async fn what_the_example_says_to_try() {
    within(LIMIT, async {
        let site = open().await;
        let temporary = site.url("/temporary");
        let run = curl(&["-i", &temporary]).await;
        assert_eq!((run.end.status, run.end.redirects), (307, 0));
        assert!(run.text.contains("\r\nlocation: /landing\r\n"), "{run:?}");

        let text = async |arguments: &[&str]| -> String { curl(arguments).await.text };
        let put = text(&["-L", "-X", "PUT", "-d", "hello", &temporary]).await;
        assert_eq!(put, "PUT hello");
        let found = text(&["-L", "-d", "hello", &site.url("/found")]).await;
        assert_eq!(found, "GET ");
        let permanent = text(&["-L", "-d", "hello", &site.url("/permanent")]).await;
        assert_eq!(permanent, "POST hello");

        let Run { end, text, .. } = curl(&["-iL", "-d", "photo", &site.url("/upload")]).await;
        assert_eq!(end.url, site.url("/receipt"));
        assert_eq!(end.redirects, 1);
        assert!(text.starts_with("HTTP/1.1 303 See Other\r\n"), "{text}");
        assert!(text.ends_with(RECEIPT), "{text}");

        let Run { end, text, .. } = curl(&["-iL", &site.url("/gone-page")]).await;
        assert_eq!(end, landed(&site, "1.1"));
        assert!(
            text.starts_with("HTTP/1.1 308 Permanent Redirect\r\n"),
            "{text}"
        );
        let unknown = curl(&["-i", &site.url("/unknown")]).await;
        assert_eq!((unknown.end.status, unknown.end.redirects), (404, 0));
    })
    .await;
}

#[tokio::test]
async fn an_upload_from_a_file_ends_at_the_receipt() {
    within(LIMIT, async {
        let site = open().await;
        for protocol in ["--http1.0", "--http1.1"] {
            let run = curl(&["-L", protocol, "-T", HELLO, &site.url("/upload")]).await;
            assert_eq!(final_statuses(&run), [303, 200], "{protocol}");
            assert_eq!(run.end.url, site.url("/receipt"), "{protocol}");
            assert_eq!(run.text, RECEIPT, "{protocol}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_leads_off_the_site() {
    within(LIMIT, async {
        let site = open().await;
        for path in [
            "//evil.com",
            "/\\evil.com",
            "/temporary//evil.com",
            "/unknown",
        ] {
            let url = site.url(path);
            let run = curl(&["-L", "--path-as-is", &url]).await;
            assert_eq!((run.end.status, run.end.redirects), (404, 0), "{path}");
            assert_eq!(run.end.url, url);
        }
        let whole = ["--request-target", "http://evil.com/temporary"];
        let run = curl(&[&["-H", "host: evil.com", &site.url("/")][..], &whole].concat()).await;
        assert_eq!((run.end.status, run.end.redirects), (307, 0));
        let run = curl(&["-L", "-H", "host: evil.com", &site.url("/temporary")]).await;
        assert_eq!(run.end, landed(&site, "1.1"));
    })
    .await;
}

async fn open() -> Site {
    Site::open(app::app()).await
}

/// Arrived, after one redirect, and on the same site.
fn landed(site: &Site, version: &str) -> End {
    End {
        status: 200,
        redirects: 1,
        url: site.url("/landing"),
        version: version.to_owned(),
    }
}

/// Without the 100s: some versions of curl announce every body, others only a large one.
fn final_statuses(run: &Run) -> Vec<u16> {
    let statuses = run.statuses.iter().copied();
    statuses.filter(|&status| status >= 200).collect()
}

fn keeps_a_post(row: Row) -> bool {
    row.cells().any(|cell| cell == ("POST", "POST"))
}

fn arrival(method: &str, body: &str, content_type: Option<&str>) -> Arrival {
    Arrival {
        method: method.to_owned(),
        body: body.to_owned(),
        content_type: content_type.map(str::to_owned),
    }
}

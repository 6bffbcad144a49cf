//! What is on the wire.

use super::*;

#[tokio::test]
async fn http_1_0_is_answered_and_hung_up_on() {
    within(LIMIT, async {
        let site = open().await;
        for row in FETCH {
            for start in ["GET", "POST"] {
                let mut wire = Wire::open(&site).await;
                let body = if start == "POST" { "hello" } else { "" };
                let length = body.len();
                wire.send(&format!(
                    "{start} {} HTTP/1.0\r\ncontent-length: {length}\r\n\r\n{body}",
                    row.path
                ))
                .await;
                let head = wire.head().await.unwrap();
                let code = row.status.as_u16();
                assert!(
                    head.line.starts_with(&format!("HTTP/1.0 {code} ")),
                    "{head:?}"
                );
                assert_eq!(head.field("location"), Some("/landing"));
                assert_eq!(head.field("transfer-encoding"), None);
                assert_eq!(wire.rest().await, "");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn head_is_answered_with_a_head() {
    within(LIMIT, async {
        let site = open().await;
        let mut wire = Wire::open(&site).await;
        for row in FETCH {
            wire.send(&format!("HEAD {} HTTP/1.1\r\nhost: x\r\n\r\n", row.path))
                .await;
            let head = wire.head().await.unwrap();
            assert_eq!(head.status(), row.status.as_u16());
            assert_eq!(head.field("location"), Some("/landing"));
        }
        // Had one of them sent a body, this would not be the next thing on the connection.
        wire.send("GET /landing HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_eq!(wire.answer().await, (200, "GET ".to_owned()));
    })
    .await;
}

#[tokio::test]
async fn who_expects_100_continue_is_told_before_sending_the_body() {
    const HEAD: &str = "HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n";
    within(LIMIT, async {
        let site = open().await;
        for row in FETCH {
            let mut wire = Wire::open(&site).await;
            wire.send(&format!("PUT {} {HEAD}", row.path)).await;
            let head = wire.head().await.unwrap();
            assert_eq!(head.status(), row.status.as_u16(), "{head:?}");
            assert_eq!(head.field("location"), Some("/landing"));
        }
        // Where the app reads the body, it is asked for.
        let mut wire = Wire::open(&site).await;
        wire.send(&format!("PUT /landing {HEAD}")).await;
        assert_eq!(wire.head().await.unwrap().line, "HTTP/1.1 100 Continue");
        wire.send("hello").await;
        assert_eq!(wire.answer().await, (200, "PUT hello".to_owned()));
    })
    .await;
}

/// The redirect does not wait for the body, and closes the stream without an error.
#[tokio::test]
async fn who_is_still_sending_over_http2_is_told() {
    within(LIMIT, async {
        let site = open().await;
        let mut sender = http2_connection::<Endless>(&site).await;
        for row in FETCH {
            let request = Request::put(site.url(row.path)).body(Endless).unwrap();
            let response = collect(sender.send_request(request).await.unwrap()).await;
            assert_redirect_head(&response, row.status, "/landing");
        }
    })
    .await;
}

#[tokio::test]
async fn the_connection_stays_open_after_a_body_that_nobody_read() {
    within(LIMIT, async {
        let site = open().await;
        let mut wire = Wire::open(&site).await;
        for row in FETCH {
            for framing in [
                "content-length: 5\r\n\r\nhello",
                "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            ] {
                wire.send(&format!(
                    "POST {} HTTP/1.1\r\nhost: x\r\n{framing}",
                    row.path
                ))
                .await;
                assert_eq!(wire.answer().await, (row.status.as_u16(), String::new()));
            }
        }
        wire.send("POST /landing HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi")
            .await;
        assert_eq!(wire.answer().await, (200, "POST hi".to_owned()));
    })
    .await;
}

/// The target as it stands in the request line; what comes.
const HOSTILE: &[(&str, u16, Option<&str>)] = &[
    ("GET //evil.com", 404, None),
    ("GET //evil.com/temporary", 404, None),
    ("GET /temporary//evil.com", 404, None),
    ("GET /temporary/..//evil.com", 404, None),
    (r"GET /\evil.com", 404, None),
    (r"GET \\evil.com", 400, None),
    ("GET /temporary%0d%0aset-cookie:%20a=b", 404, None),
    ("GET /temporary?next=//evil.com", 307, Some("/landing")),
    ("GET http://evil.com/temporary", 307, Some("/landing")),
    ("GET http://evil.com//landing", 404, None),
    ("GET http://evil.com@x/temporary", 307, Some("/landing")),
    ("GET https://evil.com", 200, None),
    ("GET javascript:alert(1)", 404, None),
    ("GET *", 404, None),
    ("OPTIONS *", 404, None),
    ("GET @evil.com", 404, None),
    ("GET evil.com", 404, None),
    ("CONNECT evil.com:80", 404, None),
    ("CONNECT /temporary", 404, None),
    ("GET /temporary\u{e9}", 404, None),
    ("GET /temporary\0", 400, None),
    ("GET /temporary\rx", 400, None),
];

#[tokio::test]
async fn hostile_targets_lead_nowhere_else() {
    within(LIMIT, async {
        let site = open().await;
        for &(start, status, location) in HOSTILE {
            assert_hostile(&site, start, status, location).await;
        }
        let long = "a".repeat(60 * 1024);
        assert_hostile(&site, &format!("GET /{long}"), 404, None).await;
        assert_hostile(&site, &format!("GET //{long}"), 404, None).await;
        let query = format!("POST /temporary?{long}");
        assert_hostile(&site, &query, 307, Some("/landing")).await;
        let longer = format!("GET /{long}{long}");
        assert_hostile(&site, &longer, 414, None).await;
    })
    .await;
}

#[tokio::test]
async fn a_hostile_authority_over_http2_leads_nowhere_else() {
    within(LIMIT, async {
        let site = open().await;
        let sender = http2_connection(&site).await;
        for (uri, status, location) in [
            ("http://evil.com/temporary", 307, Some("/landing")),
            ("http://evil.com:80/found", 302, Some("/landing")),
            ("http://evil.com//evil.com", 404, None),
            (r"http://evil.com/\evil.com", 404, None),
        ] {
            let request = Ask::new("GET", "").request(uri);
            let response = sender.clone().send_request(request).await.unwrap();
            assert_eq!(response.status(), status, "{uri}");
            let got = response.headers().get(header::LOCATION);
            assert_eq!(got.map(|value| value.to_str().unwrap()), location, "{uri}");
        }
    })
    .await;
}

/// What comes is this, and from where a browser stands it is still this site.
async fn assert_hostile(site: &Site, start: &str, status: u16, location: Option<&str>) {
    let shown: String = start.chars().take(60).collect();
    let mut wire = Wire::open(site).await;
    wire.send(&format!("{start} HTTP/1.1\r\nhost: evil.com\r\n\r\n"))
        .await;
    let head = wire
        .head()
        .await
        .unwrap_or_else(|error| panic!("{shown}: no answer: {error}"));
    assert_eq!(head.status(), status, "{shown}: {head:?}");
    assert_eq!(head.field("location"), location, "{shown}");
    if let Some(location) = location {
        let asked = Url::parse(&site.url("/temporary")).unwrap();
        let next = asked.join(location).unwrap();
        assert_eq!(next.origin(), asked.origin(), "{shown}");
    }
}

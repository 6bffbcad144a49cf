//! Clients as they are, against the example's app on a socket: what arrives after each redirect.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version, header};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioIo},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tower::ServiceExt;
use tower_http::follow_redirect::{FollowRedirect, RequestUri, policy};
use tower_redirect::Status;
use url::Url;

use crate::landing::{Arrival, FETCH, METHODS, Site, within};

#[path = "../../../examples/axum/app.rs"]
mod app;
#[path = "../../support/landing.rs"]
mod landing;

const LIMIT: Duration = Duration::from_secs(60);
const TEXT: &str = "text/plain";

// The table, and one test for each client. Where a client's rule is its own, it is said there.

#[test]
fn the_table_is_what_next_method_says() {
    for row in FETCH {
        for (sent, arrives) in row.cells() {
            let sent = Method::from_bytes(sent.as_bytes()).unwrap();
            assert_eq!(row.status.next_method(&sent), arrives, "{sent} {row:?}");
        }
    }
}

/// Our own loop decides; hyper only carries.
#[tokio::test]
async fn hyper_over_http1() {
    within(LIMIT, async {
        let site = open().await;
        assert_table("hyper, HTTP/1.1", &site, async |ask| {
            walk(&site, ask, Version::HTTP_11, async |request| {
                http1_once(&site, request).await
            })
            .await
        })
        .await;
    })
    .await;
}

/// The same loop, and all requests on one connection.
#[tokio::test]
async fn hyper_over_http2_with_prior_knowledge() {
    within(LIMIT, async {
        let site = open().await;
        let sender = http2_connection(&site).await;
        assert_table("hyper, HTTP/2", &site, async |ask| {
            walk(&site, ask, Version::HTTP_2, async |request| {
                let response = sender.clone().send_request(request).await.unwrap();
                collect(response).await
            })
            .await
        })
        .await;
    })
    .await;
}

/// Methods are compared as they are written: `post` is not POST, and only 303 changes QUERY.
#[tokio::test]
async fn methods_that_http_does_not_know() {
    within(LIMIT, async {
        let site = open().await;
        for row in FETCH {
            for sent in ["QUERY", "PROPFIND", "post"] {
                let answer = walk(
                    &site,
                    Ask::new(sent, row.path),
                    Version::HTTP_11,
                    async |request| http1_once(&site, request).await,
                )
                .await;
                let arrives = match row.status {
                    Status::SeeOther => "GET",
                    _ => sent,
                };
                assert_eq!(answer.status, 200);
                assert_eq!(site.arrivals(), [arrival(sent, arrives)], "{sent} {row:?}");
            }
        }
    })
    .await;
}

/// Its rule is Fetch's: reqwest 0.13 has it from tower-http's `FollowRedirect`, with a policy that
/// clones a body which is in memory.
#[tokio::test]
async fn reqwest() {
    within(LIMIT, async {
        let site = open().await;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        assert_table("reqwest", &site, async |ask| {
            let mut request = client.request(ask.method, site.url(ask.path));
            if let Some(body) = ask.body {
                request = request.header(header::CONTENT_TYPE, TEXT).body(body);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.url().as_str(), site.url("/landing"));
            Answer {
                status: response.status(),
                text: response.text().await.unwrap(),
            }
        })
        .await;
    })
    .await;
}

/// Its rule is Fetch's where its policy clones the body.
#[tokio::test]
async fn tower_http_with_a_policy_that_clones_the_body() {
    within(LIMIT, async {
        let site = open().await;
        let client = FollowRedirect::with_policy(
            pooled(),
            policy::clone_body_fn(|body: &Full<Bytes>| Some(body.clone())),
        );
        assert_table("tower-http", &site, async |ask| {
            let request = ask.request(&site.url(ask.path));
            let response = client.clone().oneshot(request).await.unwrap();
            let arrived_at = &response.extensions().get::<RequestUri>().unwrap().0;
            assert_eq!(arrived_at.to_string(), site.url("/landing"));
            let response = collect(response).await;
            Answer::from(response)
        })
        .await;
    })
    .await;
}

/// Its rule without such a policy: "the request body cannot always be cloned. When the original
/// body is known to be empty …" (`tower_http::follow_redirect`). Where the redirect keeps a body, the
/// caller gets the redirect; where it drops it, the table holds.
#[tokio::test]
async fn tower_http_with_the_standard_policy() {
    within(LIMIT, async {
        let site = open().await;
        let client = FollowRedirect::new(pooled());
        for row in FETCH {
            for (sent, arrives) in row.cells() {
                let ask = Ask::new(sent, row.path);
                let keeps_a_body = ask.body.is_some() && sent == arrives;
                let request = ask.request(&site.url(row.path));
                let response = client.clone().oneshot(request).await.unwrap();
                let (status, arrivals) = if keeps_a_body {
                    (row.status.code(), vec![])
                } else {
                    (StatusCode::OK, vec![arrival(sent, arrives)])
                };
                assert_eq!(response.status(), status, "{sent} {}", row.path);
                assert_eq!(site.arrivals(), arrivals, "{sent} {}", row.path);
            }
        }
    })
    .await;
}

// What the example does besides.

#[tokio::test]
async fn an_upload_is_stored_and_then_answered_with_the_receipt() {
    within(LIMIT, async {
        let site = open().await;
        for method in ["PUT", "POST"] {
            let ask = Ask::new(method, "/upload");
            let answer = http1_once(&site, ask.request(&site.url("/upload"))).await;
            assert_redirect(&answer, Status::SeeOther, "/receipt");

            let receipt = http1_once(&site, Ask::new("GET", "/receipt").request("/receipt")).await;
            assert_eq!(receipt.status(), 200);
            assert_eq!(
                receipt.body(),
                "Your upload has arrived. Reload as you like.\n"
            );
        }
        // Only an upload is: this is the app's own answer.
        let shown = http1_once(&site, Ask::new("GET", "/upload").request("/upload")).await;
        assert_eq!(shown.status(), 405);
        assert_eq!(shown.headers().get(header::LOCATION), None);
        assert_eq!(shown.headers()["allow"], "PUT,POST");

        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let followed = client.put(site.url("/upload")).body("photo").send();
        let followed = followed.await.unwrap();
        assert_eq!(followed.url().path(), "/receipt");
        assert_eq!(
            followed.text().await.unwrap(),
            "Your upload has arrived. Reload as you like.\n"
        );
    })
    .await;
}

#[tokio::test]
async fn a_page_that_is_gone_is_sent_on_and_an_unknown_one_is_not() {
    within(LIMIT, async {
        let site = open().await;
        for method in METHODS {
            let ask = Ask::new(method, "/gone-page");
            let answer = http1_once(&site, ask.request("/gone-page")).await;
            if method == "HEAD" {
                assert_redirect_head(&answer, Status::PermanentRedirect, "/landing");
            } else {
                assert_redirect(&answer, Status::PermanentRedirect, "/landing");
            }

            let ask = Ask::new(method, "/unknown");
            let answer = http1_once(&site, ask.request("/unknown")).await;
            assert_eq!(answer.status(), 404, "{method}");
            assert_eq!(answer.headers().get(header::LOCATION), None, "{method}");
        }
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client.post(site.url("/gone-page")).body("hello");
        assert_eq!(
            request.send().await.unwrap().text().await.unwrap(),
            "POST hello"
        );
    })
    .await;
}

// On the wire.

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

// The clients.

/// A request that is to be made.
struct Ask {
    method: Method,
    path: &'static str,
    body: Option<&'static str>,
}

impl Ask {
    /// All but GET and HEAD have a body.
    fn new(method: &'static str, path: &'static str) -> Self {
        Self {
            method: Method::from_bytes(method.as_bytes()).unwrap(),
            path,
            body: (!matches!(method, "GET" | "HEAD")).then_some("hello"),
        }
    }

    fn request(&self, uri: &str) -> Request<Full<Bytes>> {
        let request = Request::builder().method(self.method.clone()).uri(uri);
        match self.body {
            Some(body) => request.header(header::CONTENT_TYPE, TEXT).body(body.into()),
            None => request.body(Full::default()),
        }
        .unwrap()
    }
}

/// What a client ended with.
#[derive(Debug, PartialEq)]
struct Answer {
    status: StatusCode,
    text: String,
}

impl From<Response<String>> for Answer {
    fn from(response: Response<String>) -> Self {
        Self {
            status: response.status(),
            text: response.into_body(),
        }
    }
}

async fn open() -> Site {
    Site::open(app::app()).await
}

/// What is written down when `arrives` arrives for `sent`.
fn arrival(sent: &str, arrives: &str) -> Arrival {
    let keeps_a_body = sent == arrives && !matches!(sent, "GET" | "HEAD");
    Arrival {
        method: arrives.to_owned(),
        body: if keeps_a_body { "hello" } else { "" }.to_owned(),
        content_type: keeps_a_body.then(|| TEXT.to_owned()),
    }
}

async fn assert_table(name: &str, site: &Site, mut client: impl AsyncFnMut(Ask) -> Answer) {
    for row in FETCH {
        for (sent, arrives) in row.cells() {
            let answer = client(Ask::new(sent, row.path)).await;
            let cell = format!("{name}: {sent} {}", row.path);
            let expected = arrival(sent, arrives);
            let text = match arrives {
                "HEAD" => String::new(),
                _ => format!("{arrives} {}", expected.body),
            };
            let status = StatusCode::OK;
            assert_eq!(answer, Answer { status, text }, "{cell}");
            assert_eq!(site.arrivals(), [expected], "{cell}");
        }
    }
}

/// Follows one redirect as [`Status::next_method`] says, and looks at all of it.
async fn walk(
    site: &Site,
    ask: Ask,
    version: Version,
    mut send: impl AsyncFnMut(Request<Full<Bytes>>) -> Response<String>,
) -> Answer {
    let first = send(ask.request(&site.url(ask.path))).await;
    assert_eq!(first.version(), version);
    let status = Status::try_from(first.status()).unwrap();
    assert_eq!(first.headers()["location"], "/landing");
    assert_eq!(first.body(), "", "{} {}", ask.method, ask.path);
    assert_eq!(site.arrivals(), [], "nothing has been followed yet");
    if version == Version::HTTP_11 && ask.method != Method::HEAD {
        assert_eq!(first.headers()["content-length"], "0", "{}", ask.method);
    }

    let method = status.next_method(&ask.method);
    let next = Ask {
        body: ask.body.filter(|_| method == ask.method),
        method,
        path: "/landing",
    };
    let last = send(next.request(&site.url(next.path))).await;
    Answer::from(last)
}

fn assert_redirect(answer: &Response<String>, status: Status, location: &str) {
    assert_redirect_head(answer, status, location);
    assert_eq!(answer.headers()["content-length"], "0");
}

fn assert_redirect_head(answer: &Response<String>, status: Status, location: &str) {
    assert_eq!(answer.status(), status.code());
    assert_eq!(answer.headers()["location"], location);
    assert_eq!(answer.body(), "");
}

/// One request on a connection of its own.
async fn http1_once(site: &Site, mut request: Request<Full<Bytes>>) -> Response<String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(connect(site).await))
        .await
        .unwrap();
    tokio::spawn(connection);
    *request.uri_mut() = request.uri().path().parse().unwrap();
    let host = header::HeaderValue::from_static("site.example");
    request.headers_mut().insert(header::HOST, host);
    let response = sender.send_request(request).await.unwrap();
    collect(response).await
}

async fn http2_connection<B>(site: &Site) -> http2::SendRequest<B>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static,
{
    let io = TokioIo::new(connect(site).await);
    let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// A body of which there is always more to come.
struct Endless;

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

type Pooled = legacy::Client<legacy::connect::HttpConnector, Full<Bytes>>;

fn pooled() -> Pooled {
    legacy::Client::builder(TokioExecutor::new()).build_http()
}

async fn connect(site: &Site) -> TcpStream {
    let url = Url::parse(&site.url("/")).unwrap();
    let address = url.socket_addrs(|| None).unwrap();
    let stream = TcpStream::connect(address[0]).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

async fn collect(response: Response<hyper::body::Incoming>) -> Response<String> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
}

/// A connection without a client.
struct Wire(BufReader<TcpStream>);

#[derive(Debug)]
struct Head {
    line: String,
    fields: HeaderMap,
}

impl Head {
    fn status(&self) -> u16 {
        self.line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.fields.get_all(name).iter();
        let line = lines.next()?.to_str().unwrap();
        assert_eq!(lines.next(), None, "{name} is there twice");
        Some(line)
    }
}

impl Wire {
    async fn open(site: &Site) -> Self {
        Self(BufReader::new(connect(site).await))
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    async fn head(&mut self) -> io::Result<Head> {
        let line = self.line().await?;
        let mut fields = HeaderMap::new();
        loop {
            let field = self.line().await?;
            let Some((name, value)) = field.split_once(": ") else {
                return Ok(Head { line, fields });
            };
            let name = header::HeaderName::from_bytes(name.as_bytes()).unwrap();
            fields.append(name, value.parse().unwrap());
        }
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    /// Status and body of an answer that says how long it is.
    async fn answer(&mut self) -> (u16, String) {
        let head = self.head().await.unwrap();
        let length = head.field("content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        (head.status(), String::from_utf8(body).unwrap())
    }

    /// All that comes until the server hangs up.
    async fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).await.unwrap();
        rest
    }
}

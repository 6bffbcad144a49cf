//! The clients, and what they receive.

use super::*;

/// A request that is to be made.
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) body: Option<&'static str>,
}

impl Ask {
    /// All but GET and HEAD have a body.
    pub(crate) fn new(method: &'static str, path: &'static str) -> Self {
        Self {
            method: Method::from_bytes(method.as_bytes()).unwrap(),
            path,
            body: (!matches!(method, "GET" | "HEAD")).then_some("hello"),
        }
    }

    pub(crate) fn request(&self, uri: &str) -> Request<Full<Bytes>> {
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
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl From<Response<String>> for Answer {
    fn from(response: Response<String>) -> Self {
        Self {
            status: response.status(),
            text: response.into_body(),
        }
    }
}

pub(crate) async fn open() -> Site {
    Site::open(app::app()).await
}

/// What is written down when `arrives` arrives for `sent`.
pub(crate) fn arrival(sent: &str, arrives: &str) -> Arrival {
    let keeps_a_body = sent == arrives && !matches!(sent, "GET" | "HEAD");
    Arrival {
        method: arrives.to_owned(),
        body: if keeps_a_body { "hello" } else { "" }.to_owned(),
        content_type: keeps_a_body.then(|| TEXT.to_owned()),
    }
}

pub(crate) async fn assert_table(
    name: &str,
    site: &Site,
    mut client: impl AsyncFnMut(Ask) -> Answer,
) {
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
pub(crate) async fn walk(
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

pub(crate) fn assert_redirect(answer: &Response<String>, status: Status, location: &str) {
    assert_redirect_head(answer, status, location);
    assert_eq!(answer.headers()["content-length"], "0");
}

pub(crate) fn assert_redirect_head(answer: &Response<String>, status: Status, location: &str) {
    assert_eq!(answer.status(), status.code());
    assert_eq!(answer.headers()["location"], location);
    assert_eq!(answer.body(), "");
}

/// One request on a connection of its own.
pub(crate) async fn http1_once(site: &Site, mut request: Request<Full<Bytes>>) -> Response<String> {
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

pub(crate) async fn http2_connection<B>(site: &Site) -> http2::SendRequest<B>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static,
{
    let io = TokioIo::new(connect(site).await);
    let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// A body of which there is always more to come.
pub(crate) struct Endless;

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

pub(crate) type Pooled = legacy::Client<legacy::connect::HttpConnector, Full<Bytes>>;

pub(crate) fn pooled() -> Pooled {
    legacy::Client::builder(TokioExecutor::new()).build_http()
}

pub(crate) async fn connect(site: &Site) -> TcpStream {
    let url = Url::parse(&site.url("/")).unwrap();
    let address = url.socket_addrs(|| None).unwrap();
    let stream = TcpStream::connect(address[0]).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

pub(crate) async fn collect(response: Response<hyper::body::Incoming>) -> Response<String> {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, String::from_utf8(body.into()).unwrap())
}

/// A connection without a client.
pub(crate) struct Wire(BufReader<TcpStream>);

#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) line: String,
    pub(crate) fields: HeaderMap,
}

impl Head {
    pub(crate) fn status(&self) -> u16 {
        self.line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut lines = self.fields.get_all(name).iter();
        let line = lines.next()?.to_str().unwrap();
        assert_eq!(lines.next(), None, "{name} is there twice");
        Some(line)
    }
}

impl Wire {
    pub(crate) async fn open(site: &Site) -> Self {
        Self(BufReader::new(connect(site).await))
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    pub(crate) async fn head(&mut self) -> io::Result<Head> {
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

    pub(crate) async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    }

    /// Status and body of an answer that says how long it is.
    pub(crate) async fn answer(&mut self) -> (u16, String) {
        let head = self.head().await.unwrap();
        let length = head.field("content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).await.unwrap();
        (head.status(), String::from_utf8(body).unwrap())
    }

    /// All that comes until the server hangs up.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).await.unwrap();
        rest
    }
}

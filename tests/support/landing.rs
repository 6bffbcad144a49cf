//! The example's app on a free port of this machine, a note of what arrives at `/landing`, and the
//! table of what should.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::header,
    middleware::{self, Next},
    response::Response,
};
use tokio::{net::TcpListener, task::JoinHandle, time};
use tower_redirect::Status;

/// The columns of [`FETCH`].
pub(crate) const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"];

/// The method that arrives, by address and by the method that was sent (Fetch §4.4, HTTP-redirect
/// fetch). The body arrives with it, except where the method has become GET.
#[rustfmt::skip]
pub(crate) const FETCH: [Row; 5] = [
    //                                             GET    HEAD    POST    PUT    DELETE    PATCH
    row("/temporary", Status::TemporaryRedirect, ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]),
    row("/found",     Status::Found,             ["GET", "HEAD", "GET",  "PUT", "DELETE", "PATCH"]),
    row("/see-other", Status::SeeOther,          ["GET", "HEAD", "GET",  "GET", "GET",    "GET"]),
    row("/moved",     Status::MovedPermanently,  ["GET", "HEAD", "GET",  "PUT", "DELETE", "PATCH"]),
    row("/permanent", Status::PermanentRedirect, ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"]),
];

/// One address of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) path: &'static str,
    pub(crate) status: Status,
    arrives: [&'static str; 6],
}

const fn row(path: &'static str, status: Status, arrives: [&'static str; 6]) -> Row {
    Row {
        path,
        status,
        arrives,
    }
}

impl Row {
    /// Each method, and the one that arrives.
    pub(crate) fn cells(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        METHODS.into_iter().zip(self.arrives)
    }
}

/// What arrived at `/landing`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) method: String,
    pub(crate) body: String,
    pub(crate) content_type: Option<String>,
}

/// A server that ends when this is dropped.
pub(crate) struct Site {
    address: SocketAddr,
    arrivals: Arrivals,
    server: JoinHandle<()>,
}

type Arrivals = Arc<Mutex<Vec<Arrival>>>;

impl Site {
    /// Serves the app on a free port.
    pub(crate) async fn open(app: Router) -> Self {
        let arrivals = Arrivals::default();
        let app = app.layer(middleware::from_fn_with_state(Arc::clone(&arrivals), note));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            address,
            arrivals,
            server,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What has arrived since this was asked last.
    pub(crate) fn arrivals(&self) -> Vec<Arrival> {
        std::mem::take(&mut self.arrivals.lock().unwrap())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Writes down what is on its way to `/landing`; other bodies are left unread for the app.
async fn note(State(arrivals): State<Arrivals>, request: Request, next: Next) -> Response {
    if request.uri().path() != "/landing" {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 16 << 20).await.unwrap();
    arrivals.lock().unwrap().push(Arrival {
        method: parts.method.to_string(),
        body: String::from_utf8_lossy(&body).into_owned(),
        content_type: parts
            .headers
            .get(header::CONTENT_TYPE)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
    });
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// Panics rather than wait for ever.
pub(crate) async fn within<F: Future>(limit: Duration, work: F) -> F::Output {
    time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| panic!("nothing for {limit:?}"))
}

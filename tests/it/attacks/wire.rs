//! Sends the bytes of a request over HTTP/1.1.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::{Service, ServiceExt};

use super::row::Asked;

pub(crate) type Answer = (u16, Vec<(String, Vec<u8>)>, Vec<u8>);

/// A server for one connection, and a client's end of it.
async fn connect<S>(
    service: S,
    peer: Option<SocketAddr>,
) -> (tokio::task::JoinHandle<()>, TcpStream)
where
    S: Service<
            Request<hyper::body::Incoming>,
            Response = Response<Full<Bytes>>,
            Error = Infallible,
        >,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = tower::service_fn(move |mut request: Request<hyper::body::Incoming>| {
            if let Some(peer) = peer {
                request.extensions_mut().insert(ConnectInfo(peer));
            }
            service.clone().oneshot(request)
        });
        let (io, service) = (TokioIo::new(stream), TowerToHyperService::new(service));
        // A refused request is an error here; a panic of the service is one of the task.
        let _served = hyper::server::conn::http1::Builder::new()
            .serve_connection(io, service)
            .await;
    });
    (server, TcpStream::connect(address).await.unwrap())
}

pub(crate) async fn over_http1<S>(service: S, asked: &Asked) -> Result<Answer, String>
where
    S: Service<
            Request<hyper::body::Incoming>,
            Response = Response<Full<Bytes>>,
            Error = Infallible,
        >,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let (server, mut stream) = connect(service, asked.peer).await;
    stream.write_all(&asked.bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), read)
        .await
        .map_err(|_| "no answer in 10 s")?
        .map_err(|error| error.to_string())?;
    server.await.map_err(|error| error.to_string())?;
    parse(&answer).ok_or_else(|| format!("not an answer: {:?}", String::from_utf8_lossy(&answer)))
}

fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, body) = (&answer[..end], &answer[end + 4..]);
    let mut lines = head
        .split(|&byte| byte == b'\n')
        .map(<[u8]>::trim_ascii_end);
    let status = std::str::from_utf8(lines.next()?)
        .ok()?
        .split(' ')
        .nth(1)?
        .parse()
        .ok()?;
    let headers: Vec<_> = lines
        .map(|line| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            let name = std::str::from_utf8(&line[..colon])
                .ok()?
                .to_ascii_lowercase();
            Some((name, line[colon + 1..].trim_ascii().to_vec()))
        })
        .collect::<Option<_>>()?;
    let chunked = headers.iter().any(|(name, _)| name == "transfer-encoding");
    (!chunked).then(|| (status, headers, body.to_vec()))
}

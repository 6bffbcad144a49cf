//! Sends a request over HTTP/2, with a client.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tower::{Service, ServiceExt};

use crate::attacks::{row::Asked, run::Transport, wire::Answer};

/// How each row is sent; `tests/it` has the other ways.
pub(crate) const TRANSPORTS: &[Transport] = &[Transport::Http2];

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
        let _served = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .max_header_list_size(1 << 20)
            .serve_connection(io, service)
            .await;
    });
    (server, TcpStream::connect(address).await.unwrap())
}

pub(crate) async fn over_http2<S>(service: S, asked: &Asked) -> Result<Answer, String>
where
    S: Service<
            Request<hyper::body::Incoming>,
            Response = Response<Full<Bytes>>,
            Error = Infallible,
        >,
    S: Clone + Send + 'static,
    S::Future: Send,
{
    let (server, stream) = connect(service, asked.peer).await;
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
    let client = tokio::spawn(connection);
    let request = asked.request(true).map(|()| Full::<Bytes>::default());
    let response = tokio::time::timeout(Duration::from_secs(10), sender.send_request(request))
        .await
        .map_err(|_| "no answer in 10 s")?
        .map_err(|error| format!("{error:?}"))?;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?;
    drop(sender);
    let _closed = client.await;
    server.await.map_err(|error| error.to_string())?;
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
        .collect();
    Ok((parts.status.as_u16(), headers, body.to_bytes().to_vec()))
}

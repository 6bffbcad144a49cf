//! The body of a response: none by default, the link body on request, wrapped where the inner
//! body cannot be made from nothing.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Method, Request, Response, header};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Full, StreamBody};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_redirect::{
    Location, RedirectLayer,
    middleware::body::{ResponseBody, Wrapped},
};

type Inner = Full<Bytes>;

async fn app(_: Request<()>) -> Result<Response<Inner>, Infallible> {
    Ok(Response::new(Full::from("the app")))
}

fn ask(method: Method, accept: Option<&str>) -> Request<()> {
    let mut request = Request::builder().method(method).uri("/old");
    if let Some(accept) = accept {
        request = request.header(header::ACCEPT, accept);
    }
    request.body(()).unwrap()
}

async fn text<B>(response: Response<B>) -> (HeaderMap, String)
where
    B: http_body::Body<Data = Bytes>,
    B::Error: std::fmt::Debug,
{
    let exact = response.body().size_hint().exact();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    assert!(
        exact.is_none_or(|exact| exact == bytes.len() as u64),
        "the size hint is right"
    );
    (parts.headers, String::from_utf8(bytes.into()).unwrap())
}

const HTML: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
    <title>302 Found</title>\n<h1>302 Found</h1>\n\
    <p>Continue at <a href=\"/new?a=1&amp;b=&#39;c&#39;\">/new?a=1&amp;b=&#39;c&#39;</a>.</p>\n</html>\n";
const PLAIN: &str = "302 Found\nContinue at /new?a=1&b='c'\n";

#[tokio::test]
async fn by_default_there_is_no_body() {
    let service = RedirectLayer::found("/new").layer(service_fn(app));
    let answer = service.oneshot(ask(Method::GET, None)).await.unwrap();
    assert!(answer.body().is_end_stream());
    assert_eq!(answer.body().size_hint().exact(), Some(0));
    let (headers, body) = text(answer).await;
    assert_eq!((headers.len(), body.as_str()), (1, ""));
}

#[tokio::test]
async fn the_link_body_is_what_the_client_accepts() {
    let service = RedirectLayer::found("/new?a=1&b='c'")
        .link_body()
        .layer(service_fn(app));
    for (accept, kind, note) in [
        (None, "text/html; charset=utf-8", HTML),
        (Some("*/*"), "text/html; charset=utf-8", HTML),
        (
            Some("text/html,*/*;q=0.8"),
            "text/html; charset=utf-8",
            HTML,
        ),
        (Some("application/json"), "text/plain; charset=utf-8", PLAIN),
        (Some("text/plain"), "text/plain; charset=utf-8", PLAIN),
    ] {
        let length = note.len().to_string();
        for (method, expected) in [
            (Method::GET, note),
            (Method::POST, note),
            (Method::HEAD, ""),
        ] {
            let answer = service
                .clone()
                .oneshot(ask(method.clone(), accept))
                .await
                .unwrap();
            let (headers, body) = text(answer).await;
            assert_eq!(body, expected, "{method} {accept:?}");
            // HEAD has the fields that GET would have (RFC 9110 §9.3.2).
            assert_eq!(headers[header::CONTENT_TYPE], kind);
            assert_eq!(headers[header::CONTENT_LENGTH], *length);
            assert_eq!(headers[header::VARY], "accept");
            assert_eq!(headers.len(), 4);
        }
    }
}

#[tokio::test]
async fn the_note_does_not_link_to_what_is_unchecked() {
    let script = Location::unchecked("javascript:alert(1)").unwrap();
    let service = RedirectLayer::found(script)
        .link_body()
        .layer(service_fn(app));
    let (_, body) = text(service.oneshot(ask(Method::GET, None)).await.unwrap()).await;
    assert!(!body.contains("href"), "{body}");
}

#[tokio::test]
async fn after_an_answer_the_note_replaces_its_body() {
    let inner = service_fn(async |_: Request<()>| {
        Response::builder()
            .header(header::CONTENT_TYPE, "image/png")
            .header(header::CONTENT_LENGTH, "3")
            .header(header::VARY, "origin")
            .body(Full::<Bytes>::from("png"))
    });
    let layer = || RedirectLayer::see_other("/new").after_success();
    let wrapped = layer().wrap_body().link_body().layer(inner);
    let noted = layer().link_body().layer(inner);
    for (headers, body) in [
        text(wrapped.oneshot(ask(Method::POST, None)).await.unwrap()).await,
        text(noted.oneshot(ask(Method::POST, None)).await.unwrap()).await,
    ] {
        assert!(body.contains("303 See Other"));
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert_eq!(headers[header::CONTENT_LENGTH], *body.len().to_string());
        let vary: Vec<_> = headers.get_all(header::VARY).iter().collect();
        assert_eq!(vary, ["origin", "accept"]);
    }
}

#[tokio::test]
async fn a_wrapped_body_comes_through_frame_by_frame() {
    let inner = service_fn(async |_: Request<()>| {
        let trailers = HeaderMap::from_iter([(header::ETAG, "1".parse().unwrap())]);
        let frames = [
            Ok::<_, Infallible>(Frame::data(Bytes::from("one"))),
            Ok(Frame::data(Bytes::from("two"))),
            Ok(Frame::trailers(trailers)),
        ];
        Ok::<_, Infallible>(Response::new(StreamBody::new(stream::iter(frames))))
    });
    let service = RedirectLayer::found("/old").wrap_body().layer(inner);
    let answer: Response<ResponseBody<_>> = service.oneshot(ask(Method::GET, None)).await.unwrap();
    let collected = answer.into_body().collect().await.unwrap();
    assert_eq!(collected.trailers().unwrap()[header::ETAG], "1");
    assert_eq!(collected.to_bytes(), "onetwo");

    let service = RedirectLayer::found("/old")
        .wrap_body()
        .layer(service_fn(app));
    let answer = service.oneshot(ask(Method::GET, None)).await.unwrap();
    assert_eq!(answer.body().size_hint().exact(), Some(7));
    assert!(!answer.body().is_end_stream());
}

/// A gateway hands on hyper's own `Incoming`, which nobody can make.
#[test]
fn incoming_is_wrapped() {
    fn service<
        S: Service<Request<()>, Response = Response<ResponseBody<hyper::body::Incoming>>>,
    >(
        _: S,
    ) {
    }
    let gateway = service_fn(async |_: Request<()>| {
        std::future::pending::<Result<Response<hyper::body::Incoming>, hyper::Error>>().await
    });
    let layer: RedirectLayer<_, Wrapped> = RedirectLayer::found("/x").wrap_body();
    service(layer.layer(gateway));
}

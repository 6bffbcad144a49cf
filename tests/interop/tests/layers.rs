//! The layers of tower-http, inside and outside of the redirect.

use std::time::Duration;

use axum::{Router, body::Body, routing::get};
use http::{Request, Response, header};
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_http::{
    compression::CompressionLayer, cors::CorsLayer, timeout::TimeoutLayer, trace::TraceLayer,
};
use tower_redirect::RedirectLayer;

async fn redirected<S, B>(mut service: S)
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: std::fmt::Debug,
{
    let request = Request::get("/old")
        .header(header::ACCEPT_ENCODING, "gzip")
        .header(header::ORIGIN, "https://shop.example")
        .body(Body::empty())
        .unwrap();
    let answer = service.ready().await.unwrap().call(request).await.unwrap();
    assert_eq!(answer.status(), 307);
    assert_eq!(answer.headers()[header::LOCATION], "/maintenance");
}

/// Inside or outside of tower-http's layers; outside of bodies without `Default` with `wrap_body`.
#[tokio::test]
async fn both_orders_with_tower_http() {
    let redirect = || RedirectLayer::temporary("/maintenance");
    let timeout = || {
        TimeoutLayer::with_status_code(http::StatusCode::REQUEST_TIMEOUT, Duration::from_secs(5))
    };
    let router = || Router::<()>::new().route("/", get(|| async { "home" }));

    redirected(
        ServiceBuilder::new()
            .layer(TraceLayer::new_for_http())
            .layer(redirect())
            .service(router()),
    )
    .await;
    redirected(
        ServiceBuilder::new()
            .layer(redirect().wrap_body())
            .layer(TraceLayer::new_for_http())
            .service(router()),
    )
    .await;

    redirected(
        ServiceBuilder::new()
            .layer(CompressionLayer::new())
            .layer(redirect())
            .service(router()),
    )
    .await;
    redirected(
        ServiceBuilder::new()
            .layer(redirect().wrap_body())
            .layer(CompressionLayer::new())
            .service(router()),
    )
    .await;

    redirected(
        ServiceBuilder::new()
            .layer(CorsLayer::permissive())
            .layer(redirect())
            .service(router()),
    )
    .await;
    redirected(
        ServiceBuilder::new()
            .layer(redirect())
            .layer(CorsLayer::permissive())
            .service(router()),
    )
    .await;

    redirected(
        ServiceBuilder::new()
            .layer(timeout())
            .layer(redirect())
            .service(router()),
    )
    .await;
    redirected(
        ServiceBuilder::new()
            .layer(redirect().wrap_body())
            .layer(timeout())
            .service(router()),
    )
    .await;

    // All at once, the redirect outermost, and in an axum router in both orders.
    redirected(
        ServiceBuilder::new()
            .layer(redirect().wrap_body().link_body())
            .layer(TraceLayer::new_for_http())
            .layer(CompressionLayer::new())
            .layer(timeout())
            .layer(CorsLayer::permissive())
            .service(router()),
    )
    .await;
    redirected(
        router()
            .layer(redirect())
            .layer(TraceLayer::new_for_http())
            .layer(CompressionLayer::new()),
    )
    .await;
    redirected(
        router()
            .layer(TraceLayer::new_for_http())
            .layer(redirect().link_body()),
    )
    .await;
}

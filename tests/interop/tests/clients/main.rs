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

#[path = "../../../../examples/axum/app.rs"]
mod app;
mod client;
#[path = "../../../support/landing.rs"]
mod landing;
mod wire;

use client::*;

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

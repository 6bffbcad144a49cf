//! The public text of a refusal: one fixed line, sent only if the layer sends bodies.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Decision, Location, Policy, Redirect, RedirectLayer, Status,
    policy::{
        BoxPolicy, Canonical, CanonicalHost, Https, HttpsEnforcement, Refusal, SchemeSource,
        UnknownHost,
    },
    policy_fn,
    rules::{Rule, Rules},
    trust::{ForwardedHeader, TrustedProxies},
};

async fn app(_: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::from("the app")))
}

/// Status, `Content-Type`, `Content-Length`, number of headers, and the body.
type Sent = (u16, Option<String>, Option<String>, usize, String);

async fn sent<B>(response: Response<B>) -> Sent
where
    B: http_body::Body<Data = Bytes>,
    B::Error: std::fmt::Debug,
{
    let (parts, body) = response.into_parts();
    let text = |name| {
        parts
            .headers
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let body = body.collect().await.unwrap().to_bytes();
    (
        parts.status.as_u16(),
        text(header::CONTENT_TYPE),
        text(header::CONTENT_LENGTH),
        parts.headers.len(),
        String::from_utf8(body.into()).unwrap(),
    )
}

fn refusing(refusal: Refusal) -> impl Policy<Target = Redirect> {
    policy_fn(move |_| Decision::<Location>::refuse(refusal.clone())).with(Status::Found)
}

fn request(method: &Method) -> Request<()> {
    Request::builder()
        .method(method)
        .uri("/x")
        .body(())
        .unwrap()
}

#[tokio::test]
async fn a_refusal_has_a_line_if_the_layer_sends_bodies() {
    let status = |code| Refusal::new(StatusCode::from_u16(code).unwrap(), "private").unwrap();
    let long: &'static str = "a".repeat(10_000).leak();
    for (refusal, line) in [
        (Refusal::gone("private"), "410 Gone"),
        (
            Refusal::gone("private").with_public_text("Withdrawn"),
            "Withdrawn",
        ),
        (Refusal::forbidden("private"), "403 Forbidden"),
        (Refusal::bad_request("private"), "400 Bad Request"),
        (Refusal::misdirected("private"), "421 Misdirected Request"),
        (status(451), "451 Unavailable For Legal Reasons"),
        (status(499), "499"),
        (status(499).with_public_text(" <b>&~ "), " <b>&~ "),
        (
            status(400).with_public_text("one").with_public_text("two"),
            "two",
        ),
        (status(400).with_public_text(long), long),
    ] {
        let code = refusal.status().as_u16();
        let line = format!("{line}\n");
        let kind = Some("text/plain; charset=utf-8".to_owned());
        let length = Some(line.len().to_string());
        for method in [Method::GET, Method::POST, Method::HEAD, Method::OPTIONS] {
            let body = if method == Method::HEAD { "" } else { &line };
            let with_text = (code, kind.clone(), length.clone(), 2, body.to_owned());
            let without = (code, None, None, 0, String::new());
            let layer = || RedirectLayer::new(refusing(refusal.clone()));
            let ask = || request(&method);
            let unchanged = layer().layer(service_fn(app)).oneshot(ask()).await.unwrap();
            assert_eq!(sent(unchanged).await, without);
            let wrapped = layer()
                .wrap_body()
                .layer(service_fn(app))
                .oneshot(ask())
                .await;
            assert_eq!(sent(wrapped.unwrap()).await, without);
            let linked = layer()
                .link_body()
                .layer(service_fn(app))
                .oneshot(ask())
                .await
                .unwrap();
            assert_eq!(linked.extensions().get::<Refusal>(), Some(&refusal));
            assert_eq!(sent(linked).await, with_text, "{method}");
            let both = layer().wrap_body().link_body().layer(service_fn(app));
            let both = both.oneshot(ask()).await.unwrap();
            assert_eq!(both.extensions().get::<Refusal>(), Some(&refusal));
            assert_eq!(sent(both).await, with_text, "{method}");
        }
    }
}

#[test]
fn a_text_of_several_lines_or_beyond_ascii_is_no_text() {
    for text in [
        "",
        "\n",
        "a\nb",
        "a\r",
        "a\tb",
        "\u{7f}",
        "caf\u{e9}",
        "\0",
        "\u{2028}",
    ] {
        let refuse = || Refusal::gone("x").with_public_text(text);
        let message = std::panic::catch_unwind(refuse).unwrap_err();
        let message = message.downcast_ref::<&str>().unwrap();
        assert!(
            message.starts_with("the public text of a refusal"),
            "{message}"
        );
    }
}

/// A policy, a request that it refuses, the status and the text.
type Row = (BoxPolicy<Redirect>, Request<()>, u16, &'static str);

/// Each request of a row has this word in its path, its query and its headers.
const MARK: &str = "marked-by-the-client";

fn marked(method: &str, target: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers
        .iter()
        .chain([&("user-agent", MARK), &("x-request-id", MARK)])
    {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

fn rows() -> Vec<Row> {
    let permanent = |policy: BoxPolicy<Location>| policy.with(Status::PermanentRedirect).boxed();
    let host = || CanonicalHost::with_aliases("example.com", ["www.example.com"]).unwrap();
    let refusing = || host().unknown_host(UnknownHost::Refuse).unwrap();
    let only_host = || permanent(refusing().boxed());
    let two_hosts = CanonicalHost::one_of(["a.example", "b.example"]).unwrap();
    let two_hosts = permanent(Https::on(two_hosts, SchemeSource::plaintext_listener()).boxed());
    let plaintext = || SchemeSource::plaintext_listener();
    let https = || permanent(Https::on(host(), plaintext()).boxed());
    let strict = || {
        let enforcement = HttpsEnforcement::new(plaintext()).refuse_unsafe_methods();
        permanent(Https::on(host(), enforcement).boxed())
    };
    let any = || TrustedProxies::dangerously_any_peer().header(ForwardedHeader::Forwarded);
    let behind =
        |proxies| permanent(Https::on(host(), SchemeSource::trusted_proxy(proxies)).boxed());
    let no_peers = TrustedProxies::networks(["10.0.0.0/8"], |_| None).unwrap();
    let rule = Rule::permanent("https://example.com/a", "/b");
    let rules = || Rules::new([rule.clone()]).unwrap().boxed();

    let path = "/a?marked-by-the-client";
    let bad_host = "Bad request: invalid host";
    let https_only = "This service accepts this request over https only";
    let get = |headers: &[(&str, &str)]| marked("GET", path, headers);
    let long = format!("/{}", "a".repeat(8_000));
    vec![
        (
            only_host(),
            get(&[("host", "marked-by-the-client.example")]),
            421,
            "Misdirected request: unknown host",
        ),
        (
            https(),
            get(&[("host", MARK)]),
            421,
            "Misdirected request: unknown host",
        ),
        (
            only_host(),
            get(&[("host", "marked-by-the-client:x")]),
            400,
            bad_host,
        ),
        (https(), get(&[("host", "")]), 400, bad_host),
        (
            rules(),
            get(&[("host", "marked-by-the-client:x")]),
            400,
            bad_host,
        ),
        (
            only_host(),
            get(&[("host", "example.com"), ("host", MARK)]),
            400,
            "Bad request: conflicting or invalid hosts",
        ),
        (
            https(),
            get(&[("host", "marked-by-the-client@example.com")]),
            400,
            "Bad request: conflicting or invalid hosts",
        ),
        (
            rules(),
            get(&[("host", "example.com"), ("host", MARK)]),
            400,
            "Bad request: conflicting or invalid hosts",
        ),
        (two_hosts, get(&[]), 400, "Bad request: no host"),
        (only_host(), get(&[]), 400, "Bad request: no host"),
        (
            only_host(),
            marked(
                "GET",
                "marked-by-the-client.example:80",
                &[("host", "example.com")],
            ),
            400,
            "Bad request: the request target is not a path",
        ),
        (
            https(),
            marked("OPTIONS", "*", &[("host", "example.com")]),
            400,
            https_only,
        ),
        (
            strict(),
            marked("POST", path, &[("host", "example.com")]),
            403,
            https_only,
        ),
        (
            https(),
            marked("GET", &long, &[("host", "example.com")]),
            400,
            https_only,
        ),
        (
            https(),
            get(&[("host", "example.com"), ("upgrade", "websocket")]),
            400,
            https_only,
        ),
        (
            behind(no_peers.header(ForwardedHeader::Forwarded)),
            get(&[("host", "example.com"), ("forwarded", MARK)]),
            400,
            "This service expects the address of the peer: serve it with \
             into_make_service_with_connect_info",
        ),
        (
            behind(any().and_host()),
            get(&[
                ("host", "example.com"),
                ("forwarded", "proto=https;host=\"marked-by-the-client:x\""),
            ]),
            400,
            bad_host,
        ),
        (
            permanent(Canonical::on(refusing()).https(plaintext()).boxed()),
            get(&[("host", MARK)]),
            421,
            "Misdirected request: unknown host",
        ),
    ]
}

/// Every refusal of the crate's own policies has a text of its own, and no text of the request.
#[tokio::test]
async fn r8_each_own_refusal_says_what_clients_may_know() {
    for (number, (policy, request, status, text)) in rows().into_iter().enumerate() {
        let service = RedirectLayer::new(policy)
            .link_body()
            .layer(service_fn(app));
        let response = service.oneshot(request).await.unwrap();
        let refusal = response.extensions().get::<Refusal>().cloned();
        let refusal = refusal.unwrap_or_else(|| panic!("row {number} passes or is redirected"));
        assert_eq!(refusal.public_text(), Some(text), "row {number}");
        let values = response.headers().values();
        let values: Vec<_> = values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect();
        assert!(!values.concat().contains(MARK), "row {number}: {values:?}");
        let (code, .., body) = sent(response).await;
        assert_eq!((code, body), (status, format!("{text}\n")), "row {number}");
        assert_ne!(refusal.reason(), text);
    }
}

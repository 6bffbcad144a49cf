//! R13: which forwarded headers are believed, of whom, and what they establish.

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    num::NonZeroU8,
    time::{Duration, Instant},
};

use axum::extract::ConnectInfo;
use http::{HeaderMap, HeaderValue, Request, Response};
use proptest::{
    collection::vec,
    prelude::{
        Just, Strategy, any as any_value, prop_assert, prop_assert_eq, prop_oneof, proptest,
    },
    sample::select,
};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Decision, Location, Policy, Redirect, RedirectLayer, RequestHead,
    location::HttpScheme,
    policy::{Https, Refusal, SchemeSource},
    policy_fn, testing,
    trust::{ForwardedHeader, TrustedProxies, connect_info},
};

use crate::cases::config;

mod forwarded;
mod headers;
mod layer;
mod peers;
mod prefix;
mod random;

const HTTP: Option<HttpScheme> = Some(HttpScheme::Http);
const HTTPS: Option<HttpScheme> = Some(HttpScheme::Https);
const RECEIVED: Option<&str> = Some("backend:8080");

fn any(header: ForwardedHeader, hops: u8) -> TrustedProxies {
    TrustedProxies::dangerously_any_peer()
        .header(header)
        .hops(NonZeroU8::new(hops).unwrap())
}

fn name(header: ForwardedHeader) -> &'static str {
    match header {
        ForwardedHeader::Forwarded => "forwarded",
        ForwardedHeader::XForwardedProto => "x-forwarded-proto",
        ForwardedHeader::XForwardedSsl => "x-forwarded-ssl",
        ForwardedHeader::FrontEndHttps => "front-end-https",
        ForwardedHeader::CloudFrontForwardedProto => "cloudfront-forwarded-proto",
        _ => unreachable!("a header without a test"),
    }
}

fn request(lines: &[(&str, &[u8])]) -> Request<()> {
    let mut request = Request::get("/")
        .header("host", "backend:8080")
        .body(())
        .unwrap();
    for (name, value) in lines {
        let name: http::HeaderName = name.parse().unwrap();
        let value = HeaderValue::from_bytes(value).unwrap();
        request.headers_mut().append(name, value);
    }
    request
}

/// Scheme and host that a trust of everybody sees in these lines.
fn seen(header: ForwardedHeader, hops: u8, lines: &[&str]) -> (Option<HttpScheme>, Option<String>) {
    let lines: Vec<_> = lines
        .iter()
        .map(|line| (name(header), line.as_bytes()))
        .collect();
    let request = request(&lines);
    let view = any(header, hops)
        .and_host()
        .view(&RequestHead::new(&request));
    (view.scheme(), view.authority().map(str::to_owned))
}

fn scheme(header: ForwardedHeader, hops: u8, lines: &[&str]) -> Option<HttpScheme> {
    seen(header, hops, lines).0
}

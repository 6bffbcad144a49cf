//! Canonical URLs: each step and all steps, for canonical and other requests.

use std::net::{IpAddr, Ipv4Addr};

use axum::{
    body::Body,
    extract::Request,
    middleware::{Next, from_fn},
    response::IntoResponse,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};
use rune_axum_redirect_https::RedirectHttpsLayer;
use tower::{Layer, service_fn};
use tower_http::normalize_path::NormalizePathLayer;
use tower_redirect::{
    Canonical, Location, Policy, RedirectLayer,
    policy::{
        AnyHost, CanonicalHost, Https, IndexFile, LowerCase, MergeSlashes, OurHosts, SchemeSource,
        TrailingSlash,
    },
    trust::{ForwardedHeader, TrustedProxies},
};

use crate::{
    case::{Case, RequestTemplate},
    rules,
    services::{Group, ServiceResult, async_fn, canonical_redirect},
};

pub(crate) const HOST: &str = "www.example.com";
const PATH: &str = "/blog/2019/09/how-we-lived-number-0500?page=2";
const OK: StatusCode = StatusCode::OK;
const PERMANENT: StatusCode = StatusCode::PERMANENT_REDIRECT;

/// The peer address of a connection, as a server inserts it into the extensions.
#[derive(Clone)]
pub(crate) struct Peer(IpAddr);

/// The marker of an encrypted connection, as a TLS acceptor inserts it.
#[derive(Clone)]
struct Encrypted;

pub(crate) const PEER: Peer = Peer(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7)));

/// Returns GET requests as a proxy sends them.
fn from_proxy(path: &'static str, scheme: &'static str, host: &'static str) -> RequestTemplate {
    RequestTemplate::get(path)
        .with_fields(scheme, host)
        .with_extension(PEER)
}

fn behind_proxy() -> SchemeSource {
    let peers = TrustedProxies::networks(["10.0.0.0/8"], |extensions| {
        extensions.get::<Peer>().map(|peer| peer.0)
    })
    .expect("the network is valid");
    SchemeSource::trusted_proxy(peers.header(ForwardedHeader::XForwardedProto))
}

fn host() -> CanonicalHost {
    CanonicalHost::with_aliases(HOST, ["example.com", "example.org", "*.example.net"])
        .expect("the hosts are valid")
}

/// Returns a policy with ten canonical hosts.
fn ten_hosts() -> CanonicalHost {
    let hosts = (0..9).map(|number| format!("shop{number}.example"));
    CanonicalHost::one_of(hosts.chain([HOST.to_owned()])).expect("the hosts are valid")
}

fn https(source: SchemeSource) -> Https {
    Https::on(host(), source)
}

pub(crate) fn index() -> IndexFile {
    IndexFile::new(["index.html", "index.php"]).expect("the names are valid")
}

/// Returns every step on the path.
fn path_steps() -> Canonical<AnyHost> {
    Canonical::any_host()
        .trim_trailing_slash()
        .merge_slashes()
        .lower_case()
        .index_file(index())
}

/// Returns every step on the path, https behind a proxy, and the host.
pub(crate) fn all_steps() -> Canonical<OurHosts> {
    Canonical::on(host())
        .https(behind_proxy())
        .trim_trailing_slash()
        .merge_slashes()
        .lower_case()
        .index_file(index())
}

/// Returns a row of this crate: one policy around the same inner service.
fn ours(
    name: &'static str,
    template: &RequestTemplate,
    status: StatusCode,
    policy: impl Policy<Target = Location> + 'static,
) -> Case {
    let layer = RedirectLayer::permanent(policy);
    Case::new(name, template, status, layer.layer(service_fn(async_fn)))
}

/// Requests for canonical URLs.
pub(crate) fn already_canonical() -> Group {
    let get = |path| from_proxy(path, "https", HOST).with_extension(Encrypted);
    let canonical = get(PATH);
    let with_slash = get("/blog/2019/09/how-we-lived-number-0500/?page=2");
    let inner = service_fn(async_fn);
    let mut cases = vec![
        ours(
            "this crate, Https, by extension",
            &canonical,
            OK,
            https(SchemeSource::extension::<Encrypted>()),
        ),
        ours(
            "this crate, Https, behind a proxy",
            &canonical,
            OK,
            https(behind_proxy()),
        ),
        ours("this crate, CanonicalHost", &canonical, OK, host()),
        ours(
            "this crate, CanonicalHost, one of ten",
            &canonical,
            OK,
            ten_hosts(),
        ),
        ours(
            "this crate, TrailingSlash::Trim",
            &canonical,
            OK,
            TrailingSlash::Trim,
        ),
        ours(
            "this crate, TrailingSlash::Append",
            &with_slash,
            OK,
            TrailingSlash::Append,
        ),
        ours("this crate, MergeSlashes", &canonical, OK, MergeSlashes),
        ours("this crate, LowerCase", &canonical, OK, LowerCase),
        ours("this crate, IndexFile", &canonical, OK, index()),
        ours(
            "this crate, the steps on the path",
            &canonical,
            OK,
            path_steps(),
        ),
        ours("this crate, all steps", &canonical, OK, all_steps()),
        ours(
            "this crate, all steps, then 1k rules",
            &canonical,
            OK,
            all_steps().then(rules::policy()),
        ),
    ];
    cases.insert(0, Case::new("bare", &canonical, OK, inner));
    for case in &mut cases {
        case.limits.allocations = Some(0.0);
    }
    cases.extend([
        Case::new(
            "tower-http NormalizePath, trim",
            &canonical,
            OK,
            NormalizePathLayer::trim_trailing_slash().layer(inner),
        ),
        Case::new(
            "tower-http NormalizePath, append",
            &with_slash,
            OK,
            NormalizePathLayer::append_trailing_slash().layer(inner),
        ),
        Case::new(
            "rune-axum-redirect-https",
            &canonical,
            OK,
            RedirectHttpsLayer::default().layer(inner),
        ),
        Case::new(
            "tower-canonical-redirect",
            &canonical,
            OK,
            canonical_redirect().layer(inner),
        ),
        Case::new(
            "axum from_fn, https by hand",
            &canonical,
            OK,
            from_fn(https_by_hand).layer(inner),
        ),
    ]);
    Group {
        title: "Canonical URL, request is canonical already",
        note: "GET with five header fields, and with the extensions of a server and of a TLS acceptor; \
               nothing is redirected.",
        reference: "axum from_fn, https by hand",
        cases,
    }
}

/// Requests that are redirected to another scheme or another host.
pub(crate) fn other_host() -> Group {
    let plain = from_proxy(PATH, "http", HOST);
    let alias = from_proxy(PATH, "https", "example.com");
    let everything = from_proxy(
        "/Blog//2019/09/How-we-lived-number-0500/?page=2",
        "http",
        "example.com",
    );
    let hit = from_proxy(
        "/Blog//2019/09/How-we-moved-number-0500/?page=2",
        "http",
        "example.com",
    );
    let inner = service_fn(async_fn);
    let cases = vec![
        Case::new("bare, not redirected", &plain, OK, inner),
        ours(
            "this crate, Https, listener",
            &plain,
            PERMANENT,
            https(SchemeSource::plaintext_listener()),
        )
        .allocates(1.0),
        ours(
            "this crate, Https, by extension",
            &plain,
            PERMANENT,
            https(SchemeSource::extension::<Encrypted>()),
        )
        .allocates(1.0),
        // The second allocation is `Vary`. It names the field that the scheme was read from.
        ours(
            "this crate, Https, behind a proxy",
            &plain,
            PERMANENT,
            https(behind_proxy()),
        )
        .allocates(2.0),
        ours("this crate, CanonicalHost", &alias, PERMANENT, host()).allocates(1.0),
        ours("this crate, all steps", &everything, PERMANENT, all_steps()).allocates(2.0),
        ours(
            "this crate, all steps, then 1k rules, miss",
            &everything,
            PERMANENT,
            all_steps().then(rules::policy()),
        )
        // The third allocation is the canonical URL, which the rules match.
        .allocates(3.0),
        ours(
            "this crate, all steps, then 1k rules, hit",
            &hit,
            PERMANENT,
            all_steps().then(rules::policy()),
        )
        // The fourth is the target of the rule, on the canonical host.
        .allocates(4.0),
        Case::new(
            "rune-axum-redirect-https",
            &plain,
            PERMANENT,
            RedirectHttpsLayer::default().layer(inner),
        ),
        Case::new(
            "tower-canonical-redirect",
            &alias,
            PERMANENT,
            canonical_redirect().layer(inner),
        ),
        Case::new(
            "service_fn, https by hand",
            &plain,
            PERMANENT,
            service_fn(async |request: Request| {
                ServiceResult::Ok(
                    to_https(request.headers(), request.uri()).expect("the request has a host"),
                )
            }),
        ),
        Case::new(
            "axum from_fn, https by hand",
            &plain,
            PERMANENT,
            from_fn(https_by_hand).layer(inner),
        ),
    ];
    Group {
        title: "Canonical URL, request for another scheme or host",
        note: "GET with five header fields; every row but the first redirects.",
        reference: "service_fn, https by hand",
        cases,
    }
}

/// Requests that are redirected to another path on the same site.
pub(crate) fn other_path() -> Group {
    let get = |path| from_proxy(path, "https", HOST);
    let with_slash = get("/blog/2019/09/how-we-lived-number-0500/?page=2");
    let without = get(PATH);
    let inner = service_fn(async_fn);
    let double = get("/blog//2019/09/how-we-lived-number-0500?page=2");
    let upper = get("/Blog/2019/09/How-we-lived-number-0500?page=2");
    let file = get("/blog/2019/09/how-we-lived-0500/index.html?page=2");
    let everything = get("/Blog//2019/09/How-we-lived/index.html?page=2");
    let cases = vec![
        Case::new("bare, not redirected", &with_slash, OK, inner),
        ours(
            "this crate, TrailingSlash::Trim",
            &with_slash,
            PERMANENT,
            TrailingSlash::Trim,
        ),
        ours(
            "this crate, TrailingSlash::Append",
            &without,
            PERMANENT,
            TrailingSlash::Append,
        ),
        ours("this crate, MergeSlashes", &double, PERMANENT, MergeSlashes),
        ours("this crate, LowerCase", &upper, PERMANENT, LowerCase),
        ours("this crate, IndexFile", &file, PERMANENT, index()),
        ours(
            "this crate, the steps on the path",
            &everything,
            PERMANENT,
            path_steps(),
        ),
    ];
    let mut cases: Vec<_> = cases.into_iter().map(|case| case.allocates(1.0)).collect();
    cases.extend([
        Case::new(
            "tower-http NormalizePath, trim (rewrites)",
            &with_slash,
            OK,
            NormalizePathLayer::trim_trailing_slash().layer(inner),
        ),
        Case::new(
            "tower-http NormalizePath, append (rewrites)",
            &without,
            OK,
            NormalizePathLayer::append_trailing_slash().layer(inner),
        ),
        Case::new(
            "service_fn, trim by hand",
            &with_slash,
            PERMANENT,
            service_fn(async |request: Request| {
                ServiceResult::Ok(trimmed(request.uri()).expect("the path ends in a slash"))
            }),
        ),
        Case::new(
            "axum from_fn, trim by hand",
            &with_slash,
            PERMANENT,
            from_fn(
                async |request: Request, next: Next| match trimmed(request.uri()) {
                    Some(response) => response,
                    None => next.run(request).await.into_response(),
                },
            )
            .layer(inner),
        ),
    ]);
    Group {
        title: "Canonical URL, request for another path",
        note: "GET with five header fields; every row redirects, except the first and those of \
               NormalizePath, which rewrites the path and calls the inner service.",
        reference: "service_fn, trim by hand",
        cases,
    }
}

/// The handwritten middleware function behind a proxy.
async fn https_by_hand(request: Request, next: Next) -> Response<Body> {
    let is_plain = request
        .headers()
        .get("x-forwarded-proto")
        .is_some_and(|scheme| scheme == "http");
    if is_plain && let Some(response) = to_https(request.headers(), request.uri()) {
        return response;
    }
    next.run(request).await
}

fn to_https(headers: &HeaderMap, uri: &Uri) -> Option<Response<Body>> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let path_and_query = uri.path_and_query()?;
    permanent(&format!("https://{host}{path_and_query}"))
}

fn trimmed(uri: &Uri) -> Option<Response<Body>> {
    let path = uri
        .path()
        .strip_suffix('/')
        .filter(|path| !path.is_empty())?;
    match uri.query() {
        Some(query) => permanent(&format!("{path}?{query}")),
        None => permanent(path),
    }
}

fn permanent(location: &str) -> Option<Response<Body>> {
    let location = HeaderValue::from_str(location).ok()?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = PERMANENT;
    response.headers_mut().insert(header::LOCATION, location);
    Some(response)
}

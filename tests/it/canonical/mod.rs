//! One canonical address in one redirect: every combination of steps, every kind of request.

use std::{
    convert::Infallible,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::{Method, Request, Response, StatusCode, Version};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Canonical, LocalPath, Location, Policy, Redirect, RedirectLayer, RequestHead, Status,
    location::HttpScheme,
    middleware::Exemption,
    policy::{
        BoxPolicy, CanonicalHost, Https, HttpsEnforcement, IndexFile, LowerCase, MergeSlashes,
        SchemeSource, Shadow, TrailingSlash, UnknownHost,
    },
    policy_fn,
    status::Intent,
    testing::{self, End},
    trust::{ForwardedHeader, TrustedProxies},
};

mod hosts;
mod https;
mod maps;
mod own_hosts;
mod steps;
mod then;
mod well_known;

/// What an acceptor of TLS leaves on a request.
#[derive(Clone)]
struct Encrypted;

/// Every combination of the steps on a path.
fn paths<H>(start: impl Fn() -> Canonical<H>) -> Vec<Canonical<H>> {
    let mut all = Vec::new();
    let slashes = [
        None,
        Some(TrailingSlash::Trim),
        Some(TrailingSlash::Append),
        Some(TrailingSlash::AppendToFolders),
    ];
    for slash in slashes {
        for bits in 0..8 {
            let mut canonical = start();
            if let Some(slash) = slash {
                canonical = canonical.trailing_slash(slash);
            }
            if bits & 1 != 0 {
                canonical = canonical.merge_slashes();
            }
            if bits & 2 != 0 {
                canonical = canonical.lower_case();
            }
            if bits & 4 != 0 {
                let names = ["index.html", "caf%C3%A9.html", "a%22b"];
                canonical = canonical.index_file(IndexFile::new(names).unwrap());
            }
            all.push(canonical);
        }
    }
    all
}

const TARGETS: [&str; 25] = [
    "/",
    "//",
    "/a",
    "/a/",
    "/a//b///",
    "/A/b.CSS",
    "/a/index.html",
    "/a/INDEX.html/",
    "/index.html//index.html/",
    "/a?",
    "/a/?b=//c&D=%c3",
    "/%c3%a9/%2F/",
    "/caf\u{e9}/",
    "/a\\b/",
    "/\\evil.example/",
    "//evil.example/",
    "///evil.example//",
    "/a/../b/",
    "/%2e%2e/b/",
    "/a|\"^{}/?x={|}",
    "/%/%G1%A/",
    "/a;b=c/d@e:f/",
    "/x/caf\u{e9}.html/",
    "/x/caf%C3%A9.html/CAF\u{e9}.html",
    "/x//a\"b/",
];

const HOSTS: [&str; 12] = [
    "example.com",
    "EXAMPLE.com",
    "example.com:80",
    "example.com:443",
    "example.com:8080",
    "example.com.",
    "www.example.com",
    "www.example.com.:8443",
    "shop.example.org",
    "stranger.example",
    "10.0.0.7:8080",
    "[0:0::1]:80",
];

/// The target of every redirect is canonical: the policy passes for it.
fn is_a_fixpoint<P: Policy<Target = Location>>(
    policy: &P,
    request: &testing::TestRequest,
) -> usize {
    let Some(location) = policy.decide(&request.head()).into_target() else {
        return 0;
    };
    let journey = testing::follow(&policy.with(Status::PermanentRedirect), request.clone());
    assert_eq!(
        journey.hops().len(),
        1,
        "{request:?}\n{journey}\nto {location}"
    );
    assert_eq!(*journey.end(), End::Arrived, "{journey}");
    1
}

#[test]
fn r9_one_redirect_to_a_fixpoint_whatever_the_steps() {
    let mut redirects = 0;
    for canonical in paths(Canonical::any_host) {
        for target in TARGETS {
            redirects += is_a_fixpoint(&canonical, &testing::get(target));
        }
    }
    let hosts: [fn() -> CanonicalHost; 5] = [
        || CanonicalHost::new("example.com").unwrap(),
        || CanonicalHost::new("http://example.com:8080").unwrap(),
        || {
            CanonicalHost::with_aliases("example.com:8443", ["www.example.com", "*.example.org"])
                .unwrap()
        },
        || CanonicalHost::one_of(["example.com", "*.example.org", "[::1]"]).unwrap(),
        || {
            CanonicalHost::one_of(["www.example.com:8443", "example.com"])
                .unwrap()
                .unknown_host(UnknownHost::Redirect)
                .unwrap()
        },
    ];
    let plaintexts = [
        None,
        Some(SchemeSource::plaintext_listener().into()),
        Some(HttpsEnforcement::new(SchemeSource::extension::<Encrypted>()).port(8444)),
    ];
    let every = crate::cases::every(7);
    let mut turn = 0;
    for (host, plaintext) in hosts
        .iter()
        .flat_map(|host| plaintexts.iter().map(move |p| (host, p)))
    {
        let start = || match plaintext {
            None => Canonical::on(host()),
            Some(plaintext) => Canonical::on(host()).https(plaintext.clone()),
        };
        for canonical in paths(start) {
            for scheme in [None, Some(HttpScheme::Http), Some(HttpScheme::Https)] {
                let requests = HOSTS
                    .iter()
                    .flat_map(|h| TARGETS.iter().map(move |t| (h, t)));
                // Each combination of steps begins with another request.
                turn += 1;
                for (asked, target) in requests.skip(turn % every).step_by(every) {
                    let mut request = testing::get(target).header("host", asked);
                    if let Some(scheme) = scheme {
                        request = request.scheme(scheme);
                    }
                    redirects += is_a_fixpoint(&canonical, &request);
                }
            }
        }
    }
    println!("{redirects} redirects, each alone");
    assert!(redirects > 100_000 / every);
}

/// Counts what reaches the app.
async fn ask<P>(layer: &RedirectLayer<P>, request: Request<()>) -> (Response<String>, usize)
where
    P: Policy<Target = Redirect>,
{
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let app = service_fn(move |_: Request<()>| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Ok::<_, Infallible>(Response::new("app".to_owned())) }
    });
    let Ok(response) = layer.layer(app).oneshot(request).await;
    (response, calls.load(Ordering::Relaxed))
}

//! The events of feature `tracing`; alone in its process, because the subscriber is the process's.

use std::{convert::Infallible, net::IpAddr};

use http::{Request, Response, StatusCode};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Decision, LocalPath, Policy, Redirect, RedirectLayer,
    policy::{Refusal, Shadow},
    policy_fn,
    rules::{Rule, Rules, netlify},
    testing,
    trust::{ForwardedHeader, TrustedProxies},
};
use tracing::Level;

#[path = "support/events.rs"]
mod events;

use events::Events;

#[tokio::test]
async fn what_becomes_of_a_request_leaves_an_event() {
    let events = Events::listen(Level::TRACE);

    const X: LocalPath = LocalPath::from_static("/x");
    let layer = RedirectLayer::new(policy_fn(|request| match request.path() {
        "/gone" => Decision::refuse(Refusal::gone("withdrawn")),
        "/upload" => Decision::redirect(Redirect::see_other(X).after_success()),
        _ => Decision::redirect(Redirect::temporary(X)),
    }));
    let app = layer.layer(service_fn(async |_: Request<()>| {
        Ok::<_, Infallible>(Response::<String>::default())
    }));
    let preflight = [
        ("origin", "https://shop.example"),
        ("access-control-request-method", "PUT"),
    ];
    for (method, path, headers) in [
        ("GET", "/x", &[][..]),
        ("OPTIONS", "/y", &preflight),
        ("GET", "/gone", &[]),
        ("GET", "/y", &[]),
        // Not meant to be sent, and no redirect: no event.
        ("GET", "/upload", &[]),
    ] {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        app.clone()
            .oneshot(request.body(()).unwrap())
            .await
            .unwrap();
    }

    assert_eq!(
        events.said(),
        [
            "DEBUG message=redirect suppressed reason=leads to the requested URL \
             status=307 location=\"/x\"",
            "DEBUG message=redirect suppressed reason=CORS preflight status=307 location=\"/x\"",
            "DEBUG message=refused reason=\"withdrawn\" status=410",
            "DEBUG message=redirected status=307 location=\"/x\"",
        ]
    );
    a_redirect_of_a_table_leaves_an_event_with_its_rule(&events).await;
    r13_what_a_proxy_says_leaves_an_event(&events);
    a_difference_leaves_an_event(&events);
}

fn a_difference_leaves_an_event(events: &Events) {
    let found = || Redirect::found(LocalPath::from_static("/x"));
    let policy = Shadow::new(found(), found().after_success());
    testing::get("/a?token=1")
        .through(&policy)
        .assert_redirect("/x");
    let policy = Shadow::new(found(), found());
    testing::get("/a").through(&policy).assert_redirect("/x");
    assert_eq!(
        events.said(),
        [
            "DEBUG message=the candidate decides differently method=\"GET\" path=\"/a\" \
             live=302 Found to /x candidate=302 Found to /x after Success"
        ]
    );
}

async fn a_redirect_of_a_table_leaves_an_event_with_its_rule(events: &Events) {
    let file = "# moved\n/blog/*  /posts/:splat  301!\n/late/*  /archive  302\n";
    let from_file = netlify::parse(file).unwrap().in_file("_redirects");
    let from_code = Rules::new([
        Rule::permanent("/a", "/b").named("launch"),
        Rule::found("/404", "/c").after(StatusCode::NOT_FOUND),
        Rule::found("/late/{x}", "/d").after(StatusCode::NOT_FOUND),
        Rule::gone("/fax/{x}"),
        Rule::pass("/pass"),
    ])
    .unwrap();
    let layer = RedirectLayer::new(from_code.or(from_file));
    let app = layer.layer(service_fn(async |request: Request<()>| {
        let mut response = Response::<String>::default();
        if request.uri().path() == "/404" {
            *response.status_mut() = StatusCode::NOT_FOUND;
        }
        Ok::<_, Infallible>(response)
    }));
    // One of the last waits for a 404 in vain, one is no rule's.
    for path in [
        "/blog/\"x\"?y",
        "/a",
        "/404",
        "/late/1",
        "/fax/1",
        "/pass",
        "/none",
    ] {
        let request = Request::get(path).body(()).unwrap();
        app.clone().oneshot(request).await.unwrap();
    }
    assert_eq!(
        events.said(),
        [
            "DEBUG message=redirected status=301 location=\"/posts/%22x%22?y\" rule=/blog{/*splat} rule_number=0 \
             file=\"_redirects\" line=2",
            "DEBUG message=redirected status=308 location=\"/b\" rule=launch rule_number=0",
            "DEBUG message=redirected status=302 location=\"/c\" rule=/404 rule_number=1",
            "DEBUG message=refused reason=\"refused by a rule\" status=410 rule=/fax/{x} rule_number=3",
        ]
    );
}

fn r13_what_a_proxy_says_leaves_an_event(events: &Events) {
    let trust = TrustedProxies::networks(["10.0.0.0/8"], |extensions| extensions.get().copied())
        .unwrap()
        .header(ForwardedHeader::XForwardedProto);
    let request = testing::get("/").header("x-forwarded-proto", "https");
    let from = |peer: [u8; 4]| request.clone().extension(IpAddr::from(peer));
    let proxy = from([10, 0, 0, 7]);

    let _ = trust.view(&proxy.head());
    let _ = trust.view(&from([198, 51, 100, 7]).head());
    let _ = trust.view(&request.head());
    let trust = trust.and_host();
    let shop = proxy.clone().header("x-forwarded-host", "shop.example");
    let _ = trust.view(&shop.head());
    let huge = proxy.header("x-forwarded-host", &"a".repeat(10_000));
    let _ = trust.view(&huge.head());

    assert_eq!(
        events.said(),
        [
            "TRACE message=forwarded values peer=10.0.0.7 header=\"x-forwarded-proto\" \
             scheme=\"https\"",
            "TRACE message=forwarded values peer=198.51.100.7 header=\"x-forwarded-proto\" \
             scheme_unknown=\"peer not trusted\"",
            "WARN message=no peer address, so no proxy is trusted; serve with \
             `into_make_service_with_connect_info` header=\"x-forwarded-proto\"",
            "TRACE message=forwarded values peer=10.0.0.7 header=\"x-forwarded-proto\" \
             scheme=\"https\" host=\"shop.example\"",
            "TRACE message=forwarded values peer=10.0.0.7 header=\"x-forwarded-proto\" \
             scheme=\"https\" host_unknown=\"malformed\"",
        ]
    );
}

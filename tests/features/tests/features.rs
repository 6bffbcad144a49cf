//! What each feature adds works without the other features.
//!
//! ```text
//! cargo test -p tower-redirect-features --features trust
//! ```

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::pin,
    task::{Context, Poll, Waker},
};

use http::{Request, Response};
use tower_layer::Layer;
use tower_redirect::{LocalPath, Location, RedirectLayer, testing};
use tower_service::Service;

/// An app that responds with 200 and an empty body.
#[derive(Clone)]
struct App;

impl Service<Request<()>> for App {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::default()))
    }
}

/// Sends a request through the layer, and returns the status.
fn status<P>(layer: &RedirectLayer<P>, path: &str) -> u16
where
    RedirectLayer<P>: Layer<App>,
    <RedirectLayer<P> as Layer<App>>::Service:
        Service<Request<()>, Response = Response<String>, Error = Infallible>,
{
    let mut service = layer.layer(App);
    let response = pin!(service.call(Request::get(path).body(()).unwrap()));
    match Future::poll(response, &mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response.status().as_u16(),
        Poll::Pending => panic!("the app responds at once"),
    }
}

#[test]
fn the_layer_needs_no_feature() {
    let path = LocalPath::from_static("/new");
    testing::get("/old").through(&path).assert_redirect("/new");
    let layer = RedirectLayer::temporary("/new");
    assert_eq!(status(&layer, "/old"), 307);
}

#[cfg(feature = "axum")]
#[test]
fn a_nested_router_redirects_the_whole_path() {
    use tower_redirect::policy_fn;

    // The nested router sees `/old`, and the client sent `/api/old`.
    let policy = policy_fn(|request| match request.path() {
        "/api/old" => Some(LocalPath::from_static("/api/new")),
        _ => None,
    });
    let layer = RedirectLayer::permanent(policy).original_uri();
    testing::get("/old")
        .original_uri("/api/old")
        .through_layer(&layer)
        .assert_redirect("/api/new");
}

#[cfg(all(feature = "axum", feature = "trust"))]
#[test]
fn the_peer_is_read_from_axums_connect_info() {
    use std::net::{IpAddr, SocketAddr};

    use axum::extract::ConnectInfo;
    use tower_redirect::trust::connect_info;

    let peer = SocketAddr::from(([10, 0, 0, 1], 443));
    let mut extensions = http::Extensions::new();
    extensions.insert(ConnectInfo(peer));
    assert_eq!(connect_info(&extensions), Some(IpAddr::from([10, 0, 0, 1])));
}

#[test]
fn international_hosts_need_the_feature_idn() {
    let location = Location::from_config("https://bücher.example/");
    if cfg!(feature = "idn") {
        assert_eq!(location.unwrap(), "https://xn--bcher-kva.example/");
    } else {
        assert!(location.is_err());
    }
}

#[cfg(feature = "metrics")]
#[test]
fn redirects_are_counted() {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use metrics::{
        Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    };

    /// The sum of all counters.
    struct Sum(Arc<AtomicU64>);

    impl Recorder for Sum {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

        fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
            Counter::from_arc(Arc::clone(&self.0))
        }

        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }

        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    let sum = Arc::default();
    metrics::with_local_recorder(&Sum(Arc::clone(&sum)), || {
        tower_redirect::observe::describe_metrics();
        assert_eq!(status(&RedirectLayer::temporary("/new"), "/old"), 307);
    });
    assert_eq!(sum.load(Ordering::Relaxed), 1);
}

#[cfg(feature = "reload")]
#[test]
fn a_policy_is_replaced() {
    use tower_redirect::live::Reloadable;

    let (policy, handle) = Reloadable::new(None::<LocalPath>);
    testing::get("/").through(&policy).assert_pass();
    handle.store(Some(LocalPath::from_static("/closed")));
    testing::get("/")
        .through(&policy)
        .assert_redirect("/closed");
}

#[cfg(feature = "rules")]
#[test]
fn rules_redirect() {
    use tower_redirect::rules::{Rule, Rules};

    let rules = Rules::new([Rule::permanent("/blog/{slug}", "/posts/{slug}")]).unwrap();
    testing::get("/blog/hello")
        .through(&rules)
        .assert_redirect("/posts/hello");
}

/// Formats whose parser is a feature are there with the feature, and the others always.
#[cfg(feature = "rules")]
#[test]
fn files_are_read() {
    use tower_redirect::rules::Format;

    let json = r#"{ "redirects": [{ "source": "/a", "destination": "/b" }] }"#;
    let toml = "[[redirects]]\nfrom = \"/a\"\nto = \"/b\"\n";
    for (format, text, is_there) in [
        ("netlify", "/a /b\n", true),
        ("cloudflare", "/a /b\n", true),
        ("haproxy-map", "/a /b\n", true),
        ("apache", "Redirect /a /b\n", true),
        ("nginx-map", "/a /b;\n", true),
        ("bulk-csv", "x.example/a,/b\n", cfg!(feature = "csv")),
        ("vercel", json, cfg!(feature = "json")),
        ("firebase", json, cfg!(feature = "json")),
        ("netlify-toml", toml, cfg!(feature = "toml")),
    ] {
        assert_eq!(format.parse::<Format>().is_ok(), is_there, "{format}");
        if is_there && format != "bulk-csv" {
            let rules = format.parse::<Format>().unwrap().parse(text).unwrap();
            testing::get("/a").through(&rules).assert_redirect("/b");
        }
    }
}

#[cfg(feature = "csv")]
#[test]
fn a_bulk_list_is_read() {
    let rules = tower_redirect::rules::Format::BulkCsv
        .parse("old.example/a,https://new.example/b\n")
        .unwrap();
    testing::get("/a")
        .header("host", "old.example")
        .through(&rules)
        .assert_redirect("https://new.example/b");
}

#[cfg(feature = "regex")]
#[test]
fn a_source_is_a_regex() {
    use tower_redirect::rules::{Rule, Rules, Source};

    let rule = Rule::permanent(Source::regex(r"/blog/(\d+)"), "/posts/{1}");
    let rules = Rules::new([rule]).unwrap();
    testing::get("/blog/7")
        .through(&rules)
        .assert_redirect("/posts/7");
    testing::get("/blog/x").through(&rules).assert_pass();
}

#[cfg(feature = "serde")]
#[test]
fn findings_are_serialized() {
    use tower_redirect::rules::{Finding, FindingCode, Findings, Part, Severity};

    fn is_serialized<T: serde::Serialize>() {}
    is_serialized::<Findings>();
    is_serialized::<Finding>();
    is_serialized::<FindingCode>();
    is_serialized::<Severity>();
    is_serialized::<Part>();
}

#[cfg(feature = "snippets")]
#[test]
fn an_error_is_shown_in_its_line() {
    use tower_redirect::rules::Format;

    let parsed = Format::Netlify.parse_lossy("/a\n");
    let shown = parsed.findings.to_snippets();
    assert!(shown.contains("1 | /a"), "{shown}");
}

#[cfg(feature = "tracing")]
#[test]
fn a_redirect_is_logged() {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use tracing::{Event, Metadata, Subscriber, span};

    /// Counts events.
    struct Count(Arc<AtomicU64>);

    impl Subscriber for Count {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target().starts_with("tower_redirect")
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn event(&self, _: &Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }

        fn enter(&self, _: &span::Id) {}
        fn exit(&self, _: &span::Id) {}
    }

    let count = Arc::default();
    // Of the whole process: a subscriber of one thread loses events to callsites that others have cached.
    tracing::subscriber::set_global_default(Count(Arc::clone(&count))).unwrap();
    assert_eq!(status(&RedirectLayer::temporary("/new"), "/old"), 307);
    assert!(count.load(Ordering::Relaxed) >= 1);
}

#[cfg(feature = "trust")]
#[test]
fn a_trusted_proxy_says_the_scheme() {
    use std::net::IpAddr;

    use tower_redirect::{
        location::HttpScheme,
        trust::{ForwardedHeader, TrustedProxies},
    };

    let trust = TrustedProxies::networks(["10.0.0.0/8"], |_| Some(IpAddr::from([10, 0, 0, 1])))
        .unwrap()
        .header(ForwardedHeader::XForwardedProto);
    let request = testing::get("/").header("x-forwarded-proto", "https");
    assert_eq!(
        trust.view(&request.head()).scheme(),
        Some(HttpScheme::Https)
    );
}

#[cfg(feature = "watch")]
#[test]
fn a_file_is_read_at_the_start_and_when_it_changes() {
    use std::{fs, sync::mpsc, time::Duration};

    use tower_redirect::live::Reloadable;

    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("watched-{}", std::process::id()));
    fs::write(&file, "/first").unwrap();
    let (policy, handle) = Reloadable::new(None::<LocalPath>);
    let (sender, reloads) = mpsc::channel();
    let watcher = handle
        .watch(&file, |path| {
            let text = fs::read_to_string(path)?;
            LocalPath::new(text.trim())
                .map(Some)
                .map_err(std::io::Error::other)
        })
        .on_reload(move |reload| sender.send(reload.to_string()).unwrap())
        .start()
        .unwrap();
    let minute = Duration::from_secs(60);
    reloads.recv_timeout(minute).unwrap();
    testing::get("/").through(&policy).assert_redirect("/first");

    let next = file.with_extension("next");
    fs::write(&next, "/second").unwrap();
    fs::rename(&next, &file).unwrap();
    reloads.recv_timeout(minute).unwrap();
    testing::get("/")
        .through(&policy)
        .assert_redirect("/second");
    drop(watcher);
    fs::remove_file(&file).unwrap();
}

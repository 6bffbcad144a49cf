//! The example `behind_proxy` behind nginx and behind HAProxy, asked with curl, also by who lies.

#![forbid(unsafe_code)]

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tower_redirect_curl::{Run, curl};
use tower_redirect_deployment::{Kind, Proxy, free_ports};

#[path = "../../../examples/behind_proxy/app.rs"]
mod app;

const OVER_TLS: &str = "the page, requested over https\n";

/// The app, and a proxy in front of it.
struct Site {
    app: SocketAddr,
    proxy: Proxy,
}

impl Site {
    /// Opens it, on other ports where somebody was quicker.
    async fn open(kind: Kind) -> Self {
        let mut why = String::new();
        for _ in 0..5 {
            match Self::try_open(kind).await {
                Ok(site) => return site,
                Err(error) => why = error,
            }
        }
        panic!("{kind:?}: {why}");
    }

    async fn try_open(kind: Kind) -> Result<Self, String> {
        let ports = free_ports();
        let [_, tls] = ports;
        // Only the proxy's own address, so that another one of this machine is a stranger's.
        let app = app::app(&format!("example.com:{tls}"), &["127.0.0.1"]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let made = rcgen::generate_simple_self_signed(["example.com".to_owned()]).unwrap();
        let pem = format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem());
        let start = move || Proxy::start(kind, ports, address, &pem);
        let proxy = tokio::task::spawn_blocking(start).await.unwrap()?;
        Ok(Self {
            app: address,
            proxy,
        })
    }

    fn plaintext(&self, host: &str, target: &str) -> String {
        format!("http://{host}:{}{target}", self.proxy.plaintext)
    }

    fn tls(&self, host: &str, target: &str) -> String {
        format!("https://{host}:{}{target}", self.proxy.tls)
    }

    /// curl, for which the names of the site are this machine.
    async fn curl(&self, arguments: &[&str]) -> Run {
        let Proxy { plaintext, tls, .. } = self.proxy;
        let names = ["example.com", "www.example.com", "stranger.example"];
        let resolve: Vec<String> = names
            .iter()
            .flat_map(|name| [plaintext, tls].map(|port| format!("{name}:{port}:127.0.0.1")))
            .collect();
        let mut all = vec!["--insecure"];
        for name in &resolve {
            all.extend(["--resolve", name]);
        }
        all.extend(arguments);
        curl(&all).await
    }

    /// Asked without following: the status, and where it leads.
    async fn once(&self, arguments: &[&str]) -> (u16, String) {
        let run = self.curl(arguments).await;
        (run.end.status, run.next)
    }
}

async fn one_address(kind: Kind) {
    let site = Site::open(kind).await;
    let page = site.tls("example.com", "/page?a=b//");

    // https, host and slash, in one hop.
    for asked in [
        site.plaintext("www.example.com", "/page/?a=b//"),
        site.plaintext("example.com", "/page?a=b//"),
        site.tls("www.example.com", "/page?a=b//"),
    ] {
        let run = site.curl(&["--location", &asked]).await;
        assert_eq!(
            (run.end.redirects, run.end.url, run.text),
            (1, page.clone(), OVER_TLS.to_owned()),
            "{asked}"
        );
    }
    for version in ["--http1.1", "--http2"] {
        let run = site.curl(&["--location", version, &page]).await;
        assert_eq!(
            (run.end.redirects, run.end.status),
            (0, 200),
            "no loop, {version}"
        );
    }

    // A POST arrives as a POST, which the page does not take.
    let post = [
        "--location",
        "-d",
        "text",
        &site.plaintext("example.com", "/page"),
    ];
    let run = site.curl(&post).await;
    assert_eq!(run.statuses, [308, 405]);

    let (status, next) = site
        .once(&[&site.plaintext("stranger.example", "/page")])
        .await;
    assert_eq!((status, next.as_str()), (421, ""));
    let health = site.curl(&[&site.plaintext("127.0.0.1", "/health")]).await;
    assert_eq!((health.end.status, health.text.as_str()), (200, "ok\n"));
}

async fn who_lies(kind: Kind) {
    let site = Site::open(kind).await;
    let asked = site.plaintext("example.com", "/page");
    let (page, home) = (
        site.tls("example.com", "/page"),
        site.tls("example.com", "/"),
    );

    // The client writes what only the proxy may write.
    for headers in [
        &["X-Forwarded-Proto: https"][..],
        &["X-Forwarded-Proto: https", "X-Forwarded-Proto: https"],
        &["x-forwarded-proto: https,https"],
        &["Forwarded: proto=https;host=stranger.example"],
        &[
            "X-Forwarded-Ssl: on",
            "Front-End-Https: on",
            "X-Forwarded-Scheme: https",
        ],
        &["X_Forwarded_Proto: https"],
        &[
            "X-Forwarded-Host: stranger.example",
            "X-Original-Host: stranger.example",
        ],
        &["X-Forwarded-Port: 1", "X-Original-URL: //stranger.example"],
    ] {
        let mut arguments: Vec<&str> = headers.iter().flat_map(|header| ["-H", header]).collect();
        arguments.push(&asked);
        assert_eq!(
            site.once(&arguments).await,
            (308, page.clone()),
            "{headers:?}"
        );
    }

    // Past the proxy, from an address of this machine that is not the proxy's.
    let direct = format!("http://{}/page", site.app);
    let host = format!("Host: example.com:{}", site.proxy.tls);
    let secure = ["-H", &host, "-H", "X-Forwarded-Proto: https", &direct];
    let stranger = [&["--interface", "127.0.0.2"][..], &secure].concat();
    assert_eq!(site.once(&stranger).await, (308, page.clone()));
    // The same words of the proxy's own address are believed.
    assert_eq!(site.once(&secure).await, (200, String::new()));

    // A host in the target that is not the other one.
    let absolute = [
        "--request-target",
        "http://stranger.example/page",
        "-H",
        &host,
        &direct,
    ];
    assert_eq!(site.once(&absolute).await, (400, String::new()));

    // What looks like another site stays on this one.
    for target in [
        "//stranger.example/",
        "/%5Cstranger.example/",
        "//stranger.example/%2e%2e/",
    ] {
        let (status, next) = site
            .once(&["--path-as-is", &site.plaintext("example.com", target)])
            .await;
        assert!(
            next.is_empty() && status == 400 || next.starts_with(&home),
            "{target}: {status} {next}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_one_address() {
    one_address(Kind::Nginx).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_who_lies() {
    who_lies(Kind::Nginx).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn haproxy_one_address() {
    one_address(Kind::HaProxy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn haproxy_who_lies() {
    who_lies(Kind::HaProxy).await;
}

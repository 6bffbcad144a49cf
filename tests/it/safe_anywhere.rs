//! What is never redirected, whatever a policy answers: R5, R9, R12.

use std::convert::Infallible;

use http::{Request, Response, Uri, Version};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    Decision, LocalPath, Location, Policy, Redirect, RedirectLayer,
    middleware::Exemption,
    policy::{Refusal, SchemeSource},
    policy_fn,
};

/// What came of it: the status and the location, or that the app was asked.
#[derive(Debug, PartialEq)]
enum Outcome {
    App,
    Status(u16, Option<String>),
}

fn sent(status: u16, location: &str) -> Outcome {
    Outcome::Status(status, Some(location.to_owned()))
}

async fn outcome<P>(layer: &RedirectLayer<P>, request: Request<()>) -> Outcome
where
    P: Policy<Target = Redirect>,
{
    let app = service_fn(async |_| {
        let mut response = Response::new(String::new());
        response.extensions_mut().insert("the app");
        Ok::<_, Infallible>(response)
    });
    let answer = layer.layer(app).oneshot(request).await.unwrap();
    if answer.extensions().get::<&str>().is_some() {
        return Outcome::App;
    }
    let location = answer.headers().get("location");
    Outcome::Status(
        answer.status().as_u16(),
        location.map(|location| location.to_str().unwrap().to_owned()),
    )
}

fn ask(method: &str, target: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

#[tokio::test]
async fn r9_the_address_that_was_asked_for_is_never_sent() {
    for (location, target, expected) in [
        ("/x", "/x", false),
        ("/x#top", "/x", false),
        ("/x", "/x?", true),
        ("/x", "/x/", true),
        ("/x", "/X", true),
        ("/x?a=1", "/x?a=1", false),
        ("/x?a=1", "/x?a=2", true),
        ("/x", "http://example.com/x", false),
        ("/", "http://example.com", false),
        ("/?q", "http://example.com?q", false),
        // Relative ones, as the client resolves them.
        ("./x", "/a/x", false),
        ("./x", "/a/", true),
        ("../x", "/a/b/c", true),
        ("../x", "/a/x", true),
        ("../a/x", "/a/x", false),
        ("./", "/a/", false),
        ("?page=1", "/list?page=1", false),
        ("?page=1", "/list", true),
        // Browsers encode `'`, in a query only: the same address.
        ("/x?it's", "/x?it%27s", false),
        ("/it's", "/it%27s", true),
        ("/~u", "/%7Eu", true),
        ("/a/b", "/a%2Fb", true),
        ("/a?b=c", "/a%3Fb=c", true),
        ("/x", "/%78", true),
        // What clients are known to make of an address, one way: they would ask for it again.
        ("/x?", "/x", false),
        ("?", "/x", false),
        ("/x??", "/x?", true),
        ("/x[1]?tags[]=a", "/x%5B1%5D?tags%5B%5D=a", false),
        ("/caf%c3%a9", "/caf%C3%A9", false),
        ("/caf%C3%A9", "/caf%c3%a9", true),
        ("/a%2Fb%2f", "/a%2Fb%2F", false),
        ("/a%2fb", "/a/b", true),
        ("/%7Euser", "/~user", false),
        ("/s?q=a%2Db", "/s?q=a-b", false),
        ("/s?q=a%26b", "/s?q=a&b", true),
        // What is encoded before it is sent, and may be requested as it is.
        ("/100%", "/100%25", false),
        ("/100%", "/100%", false),
        ("/100%25", "/100%", false),
        ("/100%zz", "/100%25zz", false),
        ("/100%zz", "/100%zz", false),
        ("/%4", "/%4", false),
        ("/%4", "/%254", false),
        ("/%%41", "/%%41", false),
        ("/%%41", "/%25A", false),
        ("/q?q=%", "/q?q=%", false),
        ("/q?q=%", "/q?q=%25", false),
        ("/q?q=%25", "/q?q=%", false),
        ("/%2541", "/%41", true),
        ("/%41", "/%2541", true),
        ("/x[1]", "/x[1]", false),
        ("/x[1]", "/x%5B1%5D", false),
        ("/x%5b1%5d", "/x[1]", false),
        ("/x[1]", "/x1", true),
        ("/x?tags[]=a", "/x?tags[]=a", false),
        ("/x?tags%5B%5D=a", "/x?tags[]=a", false),
        ("/a|b", "/a|b", false),
        ("/a%7cb?%7B", "/a|b?{", false),
        ("/a%2Fb", "/a/b", true),
        ("/a%3Fb", "/a?b", true),
    ] {
        let layer = RedirectLayer::temporary(
            Box::leak(location.to_owned().into_boxed_str()) as &'static str
        );
        let written = location.replace("[1]", "%5B1%5D");
        let expected = if expected {
            sent(307, &written)
        } else {
            Outcome::App
        };
        assert_eq!(
            outcome(&layer, ask("GET", target, &[])).await,
            expected,
            "{target} -> {location}"
        );
    }
}

#[tokio::test]
async fn r9_behind_a_proxy_an_absolute_target_on_the_same_host_does_not_loop() {
    for (location, host, expected) in [
        // Nobody knows the scheme: the same host and path is the same address.
        ("https://example.com/x", "example.com", false),
        ("http://example.com/x", "example.com", false),
        ("https://example.com/x", "EXAMPLE.com", false),
        ("https://example.com/x", "example.com:443", false),
        ("https://example.com/x", "example.com:80", false),
        ("https://example.com:8443/x", "example.com:8443", false),
        ("https://example.com:8443/x", "example.com", true),
        ("https://example.com/x", "example.com:8080", true),
        ("https://example.com/x", "www.example.com", true),
        ("https://example.com/x", "example.com.", true),
        ("https://example.com/y", "example.com", true),
        ("http://[::1]:3000/x", "[::1]:3000", false),
        ("http://[::1]/x", "[::1]", false),
        ("http://[::1]/x", "[::1]:3000", true),
    ] {
        let layer =
            RedirectLayer::found(Box::leak(location.to_owned().into_boxed_str()) as &'static str);
        let expected = if expected {
            sent(302, location)
        } else {
            Outcome::App
        };
        let asked = outcome(&layer, ask("GET", "/x", &[("host", host)])).await;
        assert_eq!(asked, expected, "{host} -> {location}");
        // HTTP/2 has the authority in the target.
        let mut asked = ask("GET", &format!("https://{host}/x"), &[]);
        *asked.version_mut() = Version::HTTP_2;
        assert_eq!(
            outcome(&layer, asked).await,
            expected,
            "h2 {host} -> {location}"
        );
    }
    // The unchecked door does not open a loop.
    for location in [
        "HTTPS://Example.COM/x",
        "//example.com/x",
        "https://example.com/a/../x",
        "/./x",
        "x",
        "https://user@example.com/x",
        "https://u:p@example.com:443/x#top",
    ] {
        let layer = RedirectLayer::found(Location::unchecked(location).unwrap());
        let asked = ask("GET", "/x", &[("host", "example.com")]);
        assert_eq!(outcome(&layer, asked).await, Outcome::App, "{location}");
    }
    let layer = RedirectLayer::found(Location::unchecked("https://example.com?q").unwrap());
    let asked = |target| ask("GET", target, &[("host", "example.com")]);
    assert_eq!(
        outcome(&layer, asked("/x?q")).await,
        sent(302, "https://example.com?q")
    );
    assert_eq!(outcome(&layer, asked("/?q")).await, Outcome::App);
    // Where target and `Host` disagree, the target is what the client asks for.
    let layer = RedirectLayer::found("https://example.com/x");
    for (target, host) in [
        ("https://example.com/x", "example.com:443"),
        ("http://example.com:80/x", "example.com"),
    ] {
        assert_eq!(
            outcome(&layer, ask("GET", target, &[("host", host)])).await,
            Outcome::App
        );
    }
    // Some clients leave out the dot.
    let layer = RedirectLayer::found("https://example.com./x");
    assert_eq!(
        outcome(&layer, ask("GET", "/x", &[("host", "example.com")])).await,
        Outcome::App
    );
    // Before HTTP/1.1 there may be no host, and no redirect changes that; later there has to be one,
    // and where it is missing there is no claim that it is the same.
    let layer = RedirectLayer::found("https://example.com/x");
    let mut old = ask("GET", "/x", &[]);
    *old.version_mut() = Version::HTTP_10;
    assert_eq!(outcome(&layer, old).await, Outcome::App);
    assert_eq!(
        outcome(&layer, ask("GET", "/x", &[("host", "")])).await,
        Outcome::App
    );
    assert_eq!(
        outcome(&layer, ask("GET", "/x", &[])).await,
        sent(302, "https://example.com/x")
    );
}

#[tokio::test]
async fn r9_a_policy_that_knows_the_scheme_redirects_to_the_other() {
    const HTTPS: Location = Location::from_static("https://example.com/x");
    let from = |source| HTTPS.scheme_from(source);
    let request = || ask("GET", "/x", &[("host", "example.com")]);

    let plaintext = RedirectLayer::permanent(from(SchemeSource::plaintext_listener()));
    assert_eq!(
        outcome(&plaintext, request()).await,
        sent(308, "https://example.com/x")
    );
    let mut old = ask("GET", "/x", &[]);
    *old.version_mut() = Version::HTTP_10;
    let no_host = outcome(&plaintext, old).await;
    assert_eq!(
        no_host,
        sent(308, "https://example.com/x"),
        "another scheme is another address"
    );
    let tls = RedirectLayer::permanent(from(SchemeSource::tls_listener()));
    assert_eq!(outcome(&tls, request()).await, Outcome::App);
}

#[tokio::test]
async fn r9_post_redirect_get_to_the_same_path_works() {
    let layer = RedirectLayer::see_other("/form");
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE"] {
        assert_eq!(
            outcome(&layer, ask(method, "/form", &[])).await,
            sent(303, "/form"),
            "{method}"
        );
    }
    for method in ["GET", "HEAD"] {
        assert_eq!(
            outcome(&layer, ask(method, "/form", &[])).await,
            Outcome::App,
            "{method}"
        );
    }
    // The others may keep POST, and would loop.
    for layer in [
        RedirectLayer::found("/form"),
        RedirectLayer::temporary("/form"),
    ] {
        assert_eq!(
            outcome(&layer, ask("POST", "/form", &[])).await,
            Outcome::App
        );
    }
}

const PREFLIGHT: [(&str, &str); 2] = [
    ("origin", "https://shop.example"),
    ("access-control-request-method", "PUT"),
];

#[tokio::test]
async fn r12_what_a_redirect_would_break_is_passed_on_and_can_be_switched() {
    let websocket = |value| [("connection", "Upgrade"), ("upgrade", value)];
    let layer = RedirectLayer::temporary("/v2");
    let preflight = || ask("OPTIONS", "/v1", &PREFLIGHT);
    let handshake = || ask("GET", "/v1", &websocket("websocket"));
    let connect = || ask("CONNECT", "example.com:443", &[]);
    let asterisk = || ask("OPTIONS", "*", &[]);

    for request in [preflight(), handshake(), connect(), asterisk()] {
        let described = format!("{} {}", request.method(), request.uri());
        assert_eq!(outcome(&layer, request).await, Outcome::App, "{described}");
    }
    for value in ["WebSocket", "h2c, websocket", "h2c ,\tWEBSOCKET "] {
        assert_eq!(
            outcome(&layer, ask("GET", "/v1", &websocket(value))).await,
            Outcome::App
        );
    }
    // Look-alikes are redirected.
    for request in [
        ask("OPTIONS", "/v1", &[]),
        ask("OPTIONS", "/v1", &PREFLIGHT[..1]),
        ask("OPTIONS", "/v1", &PREFLIGHT[1..]),
        ask("GET", "/v1", &PREFLIGHT),
        ask("GET", "/v1", &websocket("h2c")),
        ask("GET", "/v1", &websocket("websocket2")),
    ] {
        assert_eq!(outcome(&layer, request).await, sent(307, "/v2"));
    }
    // Each switch opens its own door and no other.
    for (exemption, opened) in [
        (Exemption::Preflight, 0),
        (Exemption::WebSocket, 1),
        (Exemption::NoPath, 3),
    ] {
        let layer = RedirectLayer::temporary("/v2").without_exemption(exemption);
        let requests = [preflight(), handshake(), connect(), asterisk()];
        for (index, request) in requests.into_iter().enumerate() {
            let expected = if index == opened {
                sent(307, "/v2")
            } else {
                Outcome::App
            };
            assert_eq!(
                outcome(&layer, request).await,
                expected,
                "{exemption:?} {index}"
            );
        }
    }
    // One that is lifted does not lift another that applies.
    let layer = RedirectLayer::temporary("/v2").without_exemption(Exemption::Preflight);
    assert_eq!(
        outcome(&layer, ask("OPTIONS", "*", &PREFLIGHT)).await,
        Outcome::App
    );
    let layer = layer.without_exemption(Exemption::NoPath);
    assert_eq!(
        outcome(&layer, ask("OPTIONS", "*", &PREFLIGHT)).await,
        sent(307, "/v2")
    );
    let layer = RedirectLayer::temporary("/v2").without_exemption(Exemption::Connect);
    assert_eq!(outcome(&layer, connect()).await, sent(307, "/v2"));
}

#[tokio::test]
async fn r5_only_targets_with_a_path_are_redirected() {
    let layer = RedirectLayer::temporary("/v2");
    for target in ["*", "example.com", "example.com:80", "@evil.example"] {
        let Ok(uri) = target.parse::<Uri>() else {
            continue;
        };
        let mut request = ask("GET", "/", &[]);
        *request.uri_mut() = uri;
        assert_eq!(outcome(&layer, request).await, Outcome::App, "{target}");
    }
    let absolute = ask("GET", "http://anything.example/v1", &[]);
    assert_eq!(outcome(&layer, absolute).await, sent(307, "/v2"));
}

#[tokio::test]
async fn r12_a_refusal_is_never_turned_into_a_pass() {
    let policy = policy_fn(|_| Decision::<Redirect>::refuse(Refusal::bad_request("no")));
    let layer = RedirectLayer::new(policy);
    for request in [
        ask("GET", "/", &[]),
        ask("OPTIONS", "/", &PREFLIGHT),
        ask("CONNECT", "example.com:443", &[]),
        ask("OPTIONS", "*", &[]),
    ] {
        assert_eq!(outcome(&layer, request).await, Outcome::Status(400, None));
    }
}

#[tokio::test]
async fn r10_the_longest_target_is_decided() {
    let long = format!("/{}", "a".repeat(65_533));
    let echo = policy_fn(|request| {
        LocalPath::from_static("/new")
            .join_encoded(request.path())
            .ok()
    });
    let layer = RedirectLayer::permanent(echo);
    assert_eq!(
        outcome(&layer, ask("GET", &long, &[])).await,
        Outcome::App,
        "too long to send"
    );
    let fits = "b".repeat(7_995);
    let expected = format!("/new/{}", &fits[1..]);
    let asked = ask("GET", &format!("/{}", &fits[1..]), &[]);
    assert_eq!(outcome(&layer, asked).await, sent(308, &expected));
    let fixed = RedirectLayer::permanent("/new");
    assert_eq!(
        outcome(&fixed, ask("GET", &long, &[])).await,
        sent(308, "/new")
    );
}

/// An enforced redirect is never sent to the requested URL, and its request never passes.
#[tokio::test]
async fn r9_r11_an_enforced_redirect_is_sent_or_the_request_is_refused() {
    const SECURE: Location = Location::from_static("https://example.com/x");
    const REFUSED: Outcome = Outcome::Status(400, None);
    let enforce = || policy_fn(|_| Decision::enforce(SECURE));
    let too_long = || policy_fn(|_| Decision::enforce(LocalPath::new(&"/x".repeat(5_000))));
    let request = |host: &str| ask("GET", "/x", &[("host", host)]);
    let websocket = || {
        ask(
            "GET",
            "/y",
            &[("host", "example.com"), ("upgrade", "websocket")],
        )
    };
    let away = || sent(308, "https://example.com/x");
    // Without the scheme, this is the requested URL.
    let unknown = RedirectLayer::permanent(enforce());
    assert_eq!(outcome(&unknown, request("example.com")).await, REFUSED);
    assert_eq!(outcome(&unknown, request("www.example.com")).await, away());
    let plaintext =
        RedirectLayer::permanent(enforce().scheme_from(SchemeSource::plaintext_listener()));
    assert_eq!(outcome(&plaintext, request("example.com")).await, away());
    assert_eq!(outcome(&plaintext, websocket()).await, REFUSED);
    let tls = RedirectLayer::permanent(enforce().scheme_from(SchemeSource::tls_listener()));
    assert_eq!(outcome(&tls, request("example.com")).await, REFUSED);
    let broken = RedirectLayer::permanent(too_long());
    assert_eq!(outcome(&broken, request("example.com")).await, REFUSED);
}

/// Browsers read `http:/a` as a path on an http page, and as the host `a` on an https page.
#[tokio::test]
async fn r9_an_unchecked_location_is_read_on_http_and_on_https() {
    for location in [
        "http:/old",
        "http:old",
        "HTTP:old",
        "https:/old",
        "https:old",
    ] {
        let request = || ask("GET", "/old", &[("host", "example.com")]);
        let base = |scheme: &str| url::Url::parse(&format!("{scheme}://example.com/old")).unwrap();
        let loops = |scheme| base(scheme).join(location).unwrap() == base(scheme);
        let location = || Location::unchecked(location).unwrap();
        let unknown = RedirectLayer::found(location());
        let sent = outcome(&unknown, request()).await != Outcome::App;
        assert_eq!(sent, !(loops("http") || loops("https")), "{}", location());
        let plaintext = location().scheme_from(SchemeSource::plaintext_listener());
        let sent = outcome(&RedirectLayer::found(plaintext), request()).await != Outcome::App;
        assert_eq!(sent, !loops("http"), "{}", location());
        let tls = location().scheme_from(SchemeSource::tls_listener());
        let sent = outcome(&RedirectLayer::found(tls), request()).await != Outcome::App;
        assert_eq!(sent, !loops("https"), "{}", location());
    }
}

/// Caches may keep a 410 or a 404 that says nothing about caching.
#[tokio::test]
async fn a_refusal_for_one_visitor_is_private() {
    let refuse = |name: &'static str| {
        policy_fn(move |request| {
            request.depends_on(name);
            Decision::<Redirect>::refuse(Refusal::gone("no"))
        })
    };
    for (name, cache) in [
        ("cookie", Some("private")),
        ("authorization", Some("private")),
        ("accept-language", None),
        ("host", None),
    ] {
        let layer = RedirectLayer::new(refuse(name));
        let app = layer.layer(service_fn(async |_: Request<()>| {
            Ok::<_, Infallible>(Response::new(()))
        }));
        let response = app.oneshot(ask("GET", "/", &[("host", "a.example")])).await;
        let headers = response.unwrap().headers().clone();
        let got = headers
            .get("cache-control")
            .map(|cache| cache.to_str().unwrap());
        assert_eq!(got, cache, "{name}");
    }
}

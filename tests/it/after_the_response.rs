//! Redirects that wait for the inner service's response: when they replace it, and what of it stays.

use std::convert::Infallible;

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;
use tower_redirect::{
    Canonical, Decision, LocalPath, Policy, Redirect, RedirectLayer,
    policy::{LoginRedirect, Refusal, SchemeSource},
    policy_fn,
    redirect::CacheControl,
};

fn request(method: Method, path: &str) -> Request<String> {
    Request::builder()
        .method(method)
        .uri(path)
        .body(String::new())
        .unwrap()
}

/// Answers with the status that the path names.
async fn by_path(request: Request<String>) -> Result<Response<String>, Infallible> {
    let status = request
        .uri()
        .path()
        .trim_start_matches('/')
        .parse()
        .unwrap_or(200);
    let mut response = Response::new("the app".to_owned());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    Ok(response)
}

async fn status_of<P>(layer: &RedirectLayer<P>, method: Method, path: &str) -> u16
where
    P: Policy<Target = Redirect>,
{
    let answer = layer
        .layer(service_fn(by_path))
        .oneshot(request(method, path))
        .await;
    answer.unwrap().status().as_u16()
}

#[tokio::test]
async fn after_success_acts_on_2xx_answers_to_unsafe_methods_only() {
    let layer = RedirectLayer::see_other("/receipt").after_success();
    let query = Method::from_bytes(b"QUERY").unwrap();
    let purge = Method::from_bytes(b"PURGE").unwrap();
    for (method, path, expected) in [
        (Method::POST, "/200", 303),
        (Method::PUT, "/201", 303),
        (Method::DELETE, "/204", 303),
        (Method::PATCH, "/299", 303),
        (purge, "/200", 303),
        (Method::GET, "/200", 200),
        (Method::HEAD, "/200", 200),
        (Method::OPTIONS, "/200", 200),
        (Method::TRACE, "/200", 200),
        (query, "/200", 200),
        (Method::POST, "/302", 302),
        (Method::POST, "/400", 400),
        (Method::PUT, "/500", 500),
    ] {
        assert_eq!(
            status_of(&layer, method.clone(), path).await,
            expected,
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn after_a_status_acts_on_that_status_and_every_method() {
    let layer = RedirectLayer::permanent("/archive").after(StatusCode::NOT_FOUND);
    for method in [Method::GET, Method::HEAD, Method::POST] {
        assert_eq!(status_of(&layer, method.clone(), "/404").await, 308);
        assert_eq!(status_of(&layer, method.clone(), "/410").await, 410);
        assert_eq!(status_of(&layer, method, "/200").await, 200);
    }
}

#[tokio::test]
async fn after_response_sees_the_answer() {
    let layer = RedirectLayer::found("/login").after_response(|answer| {
        answer.status.is_client_error() && !answer.headers.contains_key("x-stay")
    });
    assert_eq!(status_of(&layer, Method::GET, "/401").await, 302);
    assert_eq!(status_of(&layer, Method::GET, "/200").await, 200);
}

#[tokio::test]
async fn an_answer_that_stands_is_untouched() {
    let inner = service_fn(async |_: Request<String>| {
        Response::builder()
            .status(StatusCode::IM_A_TEAPOT)
            .header("etag", "\"1\"")
            .header("content-type", "text/plain")
            .header("location", "/elsewhere")
            .body("the app".to_owned())
    });
    let layer = RedirectLayer::found("/x").after(StatusCode::NOT_FOUND);
    let answer = layer
        .layer(inner)
        .oneshot(request(Method::GET, "/"))
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(answer.headers().len(), 3);
    assert_eq!(answer.headers()["location"], "/elsewhere");
    assert_eq!(answer.body(), "the app");
}

#[tokio::test]
async fn what_described_the_old_answer_goes_and_all_else_stays() {
    const GO: [&str; 22] = [
        "cdn-cache-control",
        "cloudflare-cdn-cache-control",
        "netlify-cdn-cache-control",
        "x-accel-expires",
        "pragma",
        "surrogate-control",
        "repr-digest",
        "refresh",
        "content-type",
        "content-length",
        "content-encoding",
        "content-language",
        "content-disposition",
        "transfer-encoding",
        "trailer",
        "etag",
        "last-modified",
        "accept-ranges",
        "cache-control",
        "expires",
        "age",
        "location",
    ];
    const STAY: [&str; 7] = [
        "content-security-policy",
        "set-cookie",
        "access-control-allow-origin",
        "vary",
        "strict-transport-security",
        "x-request-id",
        "server-timing",
    ];
    let inner = service_fn(async |_: Request<String>| {
        let mut response = Response::new("a page".to_owned());
        for name in GO.into_iter().chain(STAY) {
            response.headers_mut().append(name, "1".parse().unwrap());
            response.headers_mut().append(name, "2".parse().unwrap());
        }
        response.extensions_mut().insert("kept");
        Ok::<_, Infallible>(response)
    });
    let layer = RedirectLayer::see_other("/receipt").after_success();
    let answer = layer
        .layer(inner)
        .oneshot(request(Method::POST, "/x"))
        .await
        .unwrap();

    assert_eq!(answer.status(), 303);
    assert_eq!(answer.body(), "");
    assert_eq!(answer.headers()["location"], "/receipt");
    let lines = |name| answer.headers().get_all(name).iter().count();
    for name in GO.into_iter().filter(|&name| name != "location") {
        assert_eq!(lines(name), 0, "{name}");
    }
    for name in STAY {
        assert_eq!(lines(name), 2, "{name}");
    }
    assert_eq!(lines("location"), 1);
    assert_eq!(answer.extensions().get(), Some(&"kept"));
}

#[tokio::test]
async fn no_cache_hands_one_visitors_cookie_to_another() {
    let inner = service_fn(async |_: Request<String>| {
        Response::builder()
            .status(StatusCode::NOT_FOUND)
            .header(header::SET_COOKIE, "sid=secret")
            .header(header::CACHE_CONTROL, "private, no-store")
            .body(String::new())
    });
    let minute = std::time::Duration::from_secs(60);
    for (layer, cache) in [
        (RedirectLayer::permanent("/x"), Some("no-store")),
        (RedirectLayer::moved_permanently("/x"), Some("no-store")),
        (
            RedirectLayer::permanent("/x").cache(minute),
            Some("private, max-age=60"),
        ),
        (
            RedirectLayer::temporary("/x").cache(minute),
            Some("private, max-age=60"),
        ),
        (
            RedirectLayer::permanent("/x").default_max_age(minute),
            Some("private, max-age=60"),
        ),
        (RedirectLayer::temporary("/x"), None),
        (RedirectLayer::temporary("/x").default_max_age(minute), None),
    ] {
        let layer = layer.after(StatusCode::NOT_FOUND);
        let answer = layer
            .layer(inner)
            .oneshot(request(Method::GET, "/y"))
            .await
            .unwrap();
        assert_eq!(answer.headers()[header::SET_COOKIE], "sid=secret");
        let got = answer.headers().get(header::CACHE_CONTROL);
        assert_eq!(got.map(|value| value.to_str().unwrap()), cache);
    }
}

#[tokio::test]
async fn a_lifetime_for_what_is_permanent_and_has_none() {
    let inner = service_fn(async |_: Request<String>| Ok::<_, Infallible>(Response::new(())));
    let minute = std::time::Duration::from_secs(60);
    let policy = policy_fn(move |request| {
        const X: LocalPath = LocalPath::from_static("/x");
        match request.path() {
            "/permanent" => Some(Redirect::moved_permanently(X)),
            "/own" => Some(Redirect::permanent(X).cache(minute * 2)),
            "/temporary" => Some(Redirect::found(X)),
            "/personal" if request.header("cookie").is_none() => Some(Redirect::permanent(X)),
            _ => None,
        }
    });
    let layer = RedirectLayer::new(policy).default_max_age(minute);
    for (path, cache) in [
        ("/permanent", Some("max-age=60")),
        ("/own", Some("max-age=120")),
        ("/temporary", None),
        ("/personal", Some("private, max-age=60")),
    ] {
        let answer = layer.layer(inner).oneshot(request(Method::GET, path)).await;
        let answer = answer.unwrap();
        assert!(answer.status().is_redirection(), "{path}");
        let got = answer.headers().get(header::CACHE_CONTROL);
        assert_eq!(got.map(|value| value.to_str().unwrap()), cache, "{path}");
    }
}

#[tokio::test]
async fn no_cache_keeps_what_the_app_would_not_have_kept() {
    const LOGIN: LocalPath = LocalPath::from_static("/login");
    const FIELDS: [&str; 3] = ["cache-control", "cdn-cache-control", "surrogate-control"];
    let minute = std::time::Duration::from_secs(60);
    let said = [
        (&["no-store"][..], true),
        (&["private"], true),
        (&["private, no-cache"], true),
        (&["max-age=60 , NO-STORE"], true),
        (&["max-age=60", "no-cache=\"set-cookie\""], true),
        (&["private=\"x\", max-age=1"], true),
        (&["max-age=600"], false),
        (&["public, no-transform"], false),
        (&["x-private, no-storex"], false),
        (&[], false),
    ];
    for (field, (lines, is_kept_by_none)) in FIELDS
        .into_iter()
        .flat_map(|field| said.map(|said| (field, said)))
    {
        let inner = service_fn(async |_: Request<String>| {
            let mut response = Response::new(String::new());
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            for line in lines {
                response.headers_mut().append(field, line.parse().unwrap());
            }
            Ok::<_, Infallible>(response)
        });
        let permanent = || RedirectLayer::permanent(LoginRedirect::to(LOGIN));
        let found = || RedirectLayer::found(LoginRedirect::to(LOGIN));
        let with_lifetime = if is_kept_by_none {
            "private, max-age=60"
        } else {
            "max-age=60"
        };
        for (layer, expected) in [
            (permanent(), is_kept_by_none.then_some("no-store")),
            (permanent().cache(minute), Some(with_lifetime)),
            (found().cache(minute), Some(with_lifetime)),
            (found(), None),
        ] {
            let layer = layer.after(StatusCode::UNAUTHORIZED);
            let answer = layer
                .layer(inner)
                .oneshot(request(Method::GET, "/account"))
                .await
                .unwrap();
            assert_eq!(answer.headers()["location"], "/login?next=%2Faccount");
            let got = answer.headers().get(header::CACHE_CONTROL);
            let got = got.map(|value| value.to_str().unwrap());
            assert_eq!(got, expected, "{field}: {lines:?}");
            assert!(!answer.headers().contains_key(FIELDS[1]));
            assert!(!answer.headers().contains_key(FIELDS[2]));
        }
    }
}

#[tokio::test]
async fn cookies_and_the_headers_of_an_inner_cors_layer_survive() {
    let service = ServiceBuilder::new()
        .layer(RedirectLayer::see_other("/receipt").after_success())
        .layer(CorsLayer::permissive())
        .service_fn(async |_: Request<String>| {
            Response::builder()
                .header(header::SET_COOKIE, "cart=7")
                .header(header::SET_COOKIE, "flash=stored")
                .body(String::new())
        });
    let mut upload = request(Method::POST, "/upload");
    upload
        .headers_mut()
        .insert(header::ORIGIN, "https://shop.example".parse().unwrap());
    let answer = service.oneshot(upload).await.unwrap();

    assert_eq!(answer.status(), 303);
    assert_eq!(answer.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let cookies: Vec<_> = answer
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .collect();
    assert_eq!(cookies, ["cart=7", "flash=stored"]);
}

#[tokio::test]
async fn a_policy_mixes_before_and_after() {
    const NEW: LocalPath = LocalPath::from_static("/new");
    let policy = policy_fn(|request| match request.path() {
        "/204" => Some(Redirect::see_other(NEW).after_success()),
        "/404" => Some(Redirect::permanent(NEW).after(StatusCode::NOT_FOUND)),
        "/405" => Some(Redirect::temporary(NEW)),
        _ => None,
    });
    let layer = RedirectLayer::new(policy);
    assert_eq!(status_of(&layer, Method::POST, "/204").await, 303);
    assert_eq!(status_of(&layer, Method::GET, "/204").await, 204);
    assert_eq!(status_of(&layer, Method::GET, "/404").await, 308);
    assert_eq!(status_of(&layer, Method::GET, "/405").await, 307);
    assert_eq!(status_of(&layer, Method::GET, "/406").await, 406);
}

#[tokio::test]
async fn the_first_match_is_final_when_its_condition_fails() {
    let policy = [
        Redirect::permanent(LocalPath::from_static("/a")).after(StatusCode::NOT_FOUND),
        Redirect::permanent(LocalPath::from_static("/b")),
    ];
    let layer = RedirectLayer::new(policy);
    assert_eq!(status_of(&layer, Method::GET, "/200").await, 200);
}

#[tokio::test]
async fn a_self_target_after_the_answer_does_not_loop() {
    // 404 at /404 that would be sent to /404: the answer stands.
    let layer = RedirectLayer::permanent("/404").after(StatusCode::NOT_FOUND);
    assert_eq!(status_of(&layer, Method::GET, "/404").await, 404);
    // Post/Redirect/Get on one address.
    let layer = RedirectLayer::see_other("/200").after_success();
    assert_eq!(status_of(&layer, Method::POST, "/200").await, 303);
    assert_eq!(status_of(&layer, Method::GET, "/200").await, 200);
}

#[tokio::test]
async fn the_redirects_own_cache_control_replaces_the_answers() {
    let minute = CacheControl::max_age(std::time::Duration::from_secs(60));
    let inner = service_fn(async |_: Request<String>| {
        Response::builder()
            .status(StatusCode::NOT_FOUND)
            .header(header::CACHE_CONTROL, "max-age=3600")
            .body(String::new())
    });
    let layer = RedirectLayer::permanent("/new")
        .after(StatusCode::NOT_FOUND)
        .cache(minute);
    let answer = layer
        .layer(inner)
        .oneshot(request(Method::GET, "/x"))
        .await
        .unwrap();
    let mut expected = HeaderMap::new();
    expected.insert(header::LOCATION, "/new".parse().unwrap());
    expected.insert(header::CACHE_CONTROL, "max-age=60".parse().unwrap());
    assert_eq!(answer.headers(), &expected);
}

/// `after` on a policy that isn't made by `with`: rules after canonical URLs, refusals, enforcement.
#[tokio::test]
async fn any_policy_with_statuses_waits_and_enforced_redirects_do_not() {
    let rules = || {
        policy_fn(|request| match request.path() {
            "/404" => Decision::redirect(Redirect::see_other(LocalPath::from_static("/new"))),
            "/200" => {
                Decision::redirect(Redirect::found(LocalPath::from_static("/new")).after_success())
            }
            "/410" => Decision::refuse(Refusal::gone("withdrawn")),
            _ => Decision::pass(),
        })
    };
    let canonical = || Canonical::host("example.com").unwrap();
    let waits = RedirectLayer::new(Policy::after(rules(), StatusCode::NOT_FOUND));
    let combined = canonical().lower_case().then(rules());
    let combined = RedirectLayer::new(Policy::after(combined, StatusCode::NOT_FOUND));
    let enforced = canonical()
        .https(SchemeSource::plaintext_listener())
        .then(rules());
    let enforced = RedirectLayer::new(Policy::after(enforced, StatusCode::NOT_FOUND));
    for (path, status, plain_status) in [
        ("/404", 303, 303),
        ("/200", 200, 308),
        ("/410", 410, 410),
        ("/201", 201, 308),
    ] {
        assert_eq!(status_of_host(waits.clone(), path).await, status, "{path}");
        assert_eq!(
            status_of_host(combined.clone(), path).await,
            status,
            "{path}, canonical"
        );
        let plaintext = status_of_host(enforced.clone(), path).await;
        assert_eq!(plaintext, plain_status, "{path}, plaintext");
    }
}

async fn status_of_host<P>(layer: RedirectLayer<P>, path: &str) -> u16
where
    P: Policy<Target = Redirect>,
{
    let mut request = request(Method::GET, path);
    let host = HeaderValue::from_static("example.com");
    request.headers_mut().insert(header::HOST, host);
    let response = layer.layer(service_fn(by_path)).oneshot(request).await;
    response.unwrap().status().as_u16()
}

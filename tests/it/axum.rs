//! In axum: where a layer runs, what it sees inside `nest`, and `.original_uri()`.

use axum::{
    Router,
    body::Body,
    routing::{get, post},
};
use http::{Request, Response, StatusCode};
use tower::{Service, ServiceExt};
use tower_redirect::{
    LocalPath, Policy, Redirect, RedirectLayer, Status, policy_fn,
    rules::{Rule, Rules},
    testing,
};

async fn ask(app: &Router, method: &str, target: &str) -> (u16, String) {
    let request = Request::builder()
        .method(method)
        .uri(target)
        .body(Body::empty())
        .unwrap();
    let answer: Response<Body> = app.clone().oneshot(request).await.unwrap();
    let location = answer.headers().get("location");
    let location = location
        .map_or("", |value| value.to_str().unwrap())
        .to_owned();
    (answer.status().as_u16(), location)
}

fn moved(
    from: &'static str,
    to: LocalPath,
) -> impl Policy<Target = tower_redirect::Location> + Clone {
    policy_fn(move |request| (request.path() == from).then(|| to.clone()))
}

#[tokio::test]
async fn router_layer_runs_for_unknown_paths_and_wrong_methods_too() {
    let app = Router::new()
        .route("/known", post(|| async {}))
        .layer(RedirectLayer::temporary("/maintenance"));
    for (method, path) in [
        ("GET", "/known"),
        ("POST", "/known"),
        ("GET", "/unknown"),
        ("PUT", "/"),
    ] {
        assert_eq!(
            ask(&app, method, path).await,
            (307, "/maintenance".to_owned()),
            "{method} {path}"
        );
    }
    assert_eq!(
        ask(&app, "GET", "/maintenance").await.0,
        404,
        "passed on, and the app has no such page"
    );
}

#[tokio::test]
async fn a_site_that_is_merged_into_other_routes_keeps_redirects_of_unknown_paths() {
    let site = || {
        let moved = moved("/old", LocalPath::from_static("/new"));
        Router::new().layer(RedirectLayer::permanent(moved))
    };
    let metrics = || Router::new().route("/metrics", get(|| async { "0" }));
    let kept = metrics().merge(site());
    let lost = site().merge(metrics());
    assert_eq!(ask(&kept, "GET", "/old").await, (308, "/new".to_owned()));
    assert_eq!(ask(&kept, "GET", "/metrics").await.0, 200);
    assert_eq!(ask(&lost, "GET", "/old").await.0, 404, "as the README says");
}

#[tokio::test]
async fn route_layer_runs_only_where_a_route_matched() {
    let app = Router::new()
        .route("/known", post(|| async {}))
        .route_layer(RedirectLayer::temporary("/maintenance"));
    assert_eq!(ask(&app, "POST", "/known").await.0, 307);
    assert_eq!(ask(&app, "GET", "/unknown").await.0, 404);
    // Wrong methods are answered by the method router, inside the route.
    assert_eq!(ask(&app, "GET", "/known").await.0, 307);
}

/// `/api/old` has moved to `/api/new`, written by somebody who thinks of whole paths.
const OLD: &str = "/api/old";
const NEW: LocalPath = LocalPath::from_static("/api/new");

#[tokio::test]
async fn a_nested_layer_sees_the_stripped_path() {
    let nested = |layer| {
        let api: Router = Router::new().route("/old", get(|| async {})).layer(layer);
        Router::new().nest("/api", api)
    };
    let app = nested(RedirectLayer::permanent(moved(OLD, NEW)));
    assert_eq!(
        ask(&app, "GET", OLD).await.0,
        200,
        "the policy is asked about /old"
    );

    let app = nested(RedirectLayer::permanent(moved("/old", NEW)));
    assert_eq!(ask(&app, "GET", OLD).await, (308, "/api/new".to_owned()));
}

#[tokio::test]
async fn with_original_uri_it_sees_the_whole_path() {
    let layer = RedirectLayer::permanent(moved(OLD, NEW)).original_uri();
    let api: Router = Router::new()
        .route("/old", get(|| async {}))
        .layer(layer.clone());
    let app = Router::new().nest("/api", api);
    assert_eq!(ask(&app, "GET", OLD).await, (308, "/api/new".to_owned()));

    // Also twice nested, and outside any nesting.
    let deep = moved("/outer/api/old", NEW);
    let api: Router = Router::new()
        .route("/old", get(|| async {}))
        .layer(RedirectLayer::permanent(deep).original_uri());
    let app = Router::new().nest("/outer", Router::new().nest("/api", api));
    assert_eq!(
        ask(&app, "GET", "/outer/api/old").await,
        (308, "/api/new".to_owned())
    );
    let app: Router = Router::new().layer(layer);
    assert_eq!(ask(&app, "GET", OLD).await, (308, "/api/new".to_owned()));

    testing::get("/old")
        .original_uri(OLD)
        .through(&moved(OLD, NEW))
        .assert_redirect("/api/new");
    testing::get("/old").through(&moved(OLD, NEW)).assert_pass();
}

#[tokio::test]
async fn a_nested_layer_does_not_run_where_no_inner_route_matches() {
    let api: Router = Router::new()
        .route("/known", get(|| async {}))
        .layer(RedirectLayer::temporary("/maintenance"));
    let app = Router::new().nest("/api", api);
    assert_eq!(ask(&app, "GET", "/api/known").await.0, 307);
    assert_eq!(ask(&app, "GET", "/api/unknown").await.0, 404);
}

/// What is under `/v1` has moved out of it: the layer sees `/users` and sends to `/users`.
#[tokio::test]
async fn a_nested_redirect_out_of_the_nest_is_sent() {
    let here = policy_fn(|request| LocalPath::new(request.path()));
    let api: Router = Router::new()
        .route("/{page}", get(|| async { "old" }))
        .layer(RedirectLayer::permanent(here));
    let app = Router::new().nest("/v1", api);
    assert_eq!(
        ask(&app, "GET", "/v1/users").await,
        (308, "/users".to_owned())
    );
}

/// A moved path is no route any more, so that a nested layer needs a fallback to run for it.
#[tokio::test]
async fn a_nested_fallback_makes_the_layer_run_for_moved_paths() {
    let api: Router = Router::new()
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(RedirectLayer::permanent(moved(OLD, NEW)).original_uri());
    let app = Router::new().nest("/api", api);
    assert_eq!(ask(&app, "GET", OLD).await, (308, "/api/new".to_owned()));
    assert_eq!(ask(&app, "GET", "/api/other").await.0, 404);
}

/// R9 inside `nest`: the layer sees `/x`, the client asked for `/api/x`.
#[tokio::test]
async fn a_nested_redirect_to_the_whole_address_does_not_loop() {
    for layer in [
        RedirectLayer::temporary("/api/x"),
        RedirectLayer::temporary("/api/x").original_uri(),
    ] {
        let api: Router = Router::new()
            .route("/{page}", get(|| async { "page" }))
            .layer(layer);
        let app = Router::new().nest("/api", api);
        assert_eq!(ask(&app, "GET", "/api/x").await.0, 200);
        assert_eq!(ask(&app, "GET", "/api/y").await, (307, "/api/x".to_owned()));
    }
}

#[tokio::test]
async fn a_nested_table_leads_to_no_address_that_was_asked_for() {
    // A table of paths alone, and one that looks at more of a request.
    let paths = || [Rule::found("/a", "/api/a"), Rule::found("/b", "/api/c")];
    let pattern = Rule::found("/x/{y}", "/z");
    for rules in [
        Rules::new(paths()).unwrap(),
        Rules::new(paths().into_iter().chain([pattern])).unwrap(),
    ] {
        let nested = |layer: RedirectLayer<Rules>| -> Router {
            let api = Router::new()
                .fallback(|| async { StatusCode::NOT_FOUND })
                .layer(layer);
            Router::new().nest("/api", api)
        };
        let app = nested(RedirectLayer::new(rules.clone()));
        assert_eq!(ask(&app, "GET", "/api/a").await.0, 404, "it is there");
        assert_eq!(ask(&app, "GET", "/api/b").await, (302, "/api/c".to_owned()));
        // The whole address is nobody's source.
        let app = nested(RedirectLayer::new(rules).original_uri());
        for path in ["/api/a", "/api/b", "/api/%61"] {
            assert_eq!(ask(&app, "GET", path).await.0, 404, "{path}");
        }
    }
}

#[tokio::test]
async fn after_the_answer_sees_axums_own_404_and_405() {
    let gone = moved("/gone", LocalPath::from_static("/landing"));
    let app = Router::new()
        .route("/", get(|| async { "home" }))
        .layer(RedirectLayer::permanent(gone).after(StatusCode::NOT_FOUND));
    assert_eq!(
        ask(&app, "GET", "/gone").await,
        (308, "/landing".to_owned())
    );
    assert_eq!(ask(&app, "GET", "/other").await.0, 404);
    assert_eq!(ask(&app, "GET", "/").await.0, 200);
}

#[tokio::test]
async fn a_redirect_is_a_response_of_a_handler() {
    let app = Router::new().route(
        "/",
        post(|| async {
            Response::<Body>::from(Redirect::see_other(LocalPath::from_static("/receipt")))
        }),
    );
    assert_eq!(ask(&app, "POST", "/").await, (303, "/receipt".to_owned()));
}

/// The capacity caveat does not show in axum: each request is answered by a clone of its own.
#[tokio::test]
async fn axum_gives_back_what_poll_ready_reserved() {
    let app: Router = Router::new()
        .route("/", get(|| async { "home" }))
        .layer(tower::limit::ConcurrencyLimitLayer::new(1))
        .layer(RedirectLayer::new(moved("/old", NEW).with(Status::Found)));
    let mut service = app.into_service::<Body>();
    for target in ["/old", "/old", "/", "/old", "/"] {
        let request = Request::get(target).body(Body::empty()).unwrap();
        let answer = service.ready().await.unwrap().call(request).await.unwrap();
        assert!(
            answer.status().is_success() || answer.status().is_redirection(),
            "{target}"
        );
    }
}

//! What the tables compare: bare services, this crate's layer, and published layers.

use std::{convert::Infallible, future::Future, pin::Pin};

use axum::{
    body::Body,
    extract::Request,
    middleware::{Next, from_fn},
    response::{IntoResponse, Redirect},
};
use http::{Response, StatusCode, Uri};
use rune_axum_redirect_https::RedirectHttpsLayer;
use tower::{Layer, Service, service_fn};
use tower_canonical_redirect::CanonicalRedirectLayer;
use tower_http::normalize_path::NormalizePathLayer;
use tower_redirect::{LocalPath, Location, Policy, RedirectLayer, policy_fn};
use tunnelbana_redirects::RedirectsLayer;

use crate::{
    canonical,
    case::{Case, RequestTemplate},
    production,
    rules::{self, HIT, MISS, Rules, TARGET},
};

pub(crate) type ServiceResult = Result<Response<Body>, Infallible>;

/// The most instructions that a policy may add if it always passes.
const MAX_NEVER: f64 = 110.0;

/// One table: cases that handle the same requests. The first is the bare service.
pub(crate) struct Group {
    /// The title of the table.
    pub(crate) title: &'static str,
    /// The text below the title.
    pub(crate) note: &'static str,
    /// The case that the ratios refer to.
    pub(crate) reference: &'static str,
    /// The rows.
    pub(crate) cases: Vec<Case>,
}

/// Returns all tables of services, always in the same order.
pub(crate) fn groups() -> Vec<Group> {
    vec![
        pass_through(
            "Pass-through, inner service: async fn",
            service_fn(async_fn),
        ),
        pass_through(
            "Pass-through, inner service: boxed future",
            service_fn(
                |request| -> Pin<Box<dyn Future<Output = ServiceResult> + Send>> {
                    Box::pin(async_fn(request))
                },
            ),
        ),
        pass_through(
            "Pass-through, inner service: small ready future",
            service_fn(|request: Request| {
                drop(request);
                async { Ok(Response::new(Body::default())) }
            }),
        ),
        redirect_with_fields(),
        redirect_without_fields(),
        after_response(),
        canonical::already_canonical(),
        canonical::other_host(),
        canonical::other_path(),
        production::pass_through(),
        production::redirect(),
    ]
}

pub(crate) async fn async_fn(request: Request) -> ServiceResult {
    drop(request);
    Ok(Response::new(Body::default()))
}

fn never() -> impl Policy<Target = Location> + 'static {
    policy_fn(|_| None::<Location>)
}

fn pass_through<S>(title: &'static str, inner: S) -> Group
where
    S: Service<Request, Response = Response<Body>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    let template = RequestTemplate::get(MISS).with_fields("https", "www.example.com");
    let ok = StatusCode::OK;
    let compare =
        policy_fn(|request| (request.path() == HIT).then(|| LocalPath::from_static(TARGET)));
    let boxed = RedirectLayer::permanent(never().boxed());
    let compare = RedirectLayer::permanent(compare);
    let rules = RedirectLayer::permanent(rules::policy());
    let fast = RedirectLayer::permanent(rules::fast_policy());
    let after = RedirectLayer::see_other(TARGET).after_success();
    let never = RedirectLayer::permanent(never());
    let map = rules::map(|to| to);
    Group {
        title,
        note: "GET with five header fields; nothing is redirected.",
        reference: "axum from_fn, no-op",
        cases: vec![
            Case::new("bare", &template, ok, inner.clone()),
            Case::new(
                "this crate, never",
                &template,
                ok,
                never.layer(inner.clone()),
            )
            .allocates_nothing()
            .at_most(MAX_NEVER),
            Case::new(
                "this crate, never, Box<dyn Policy>",
                &template,
                ok,
                boxed.layer(inner.clone()),
            )
            .allocates_nothing(),
            Case::new(
                "this crate, one path compare",
                &template,
                ok,
                compare.layer(inner.clone()),
            )
            .allocates_nothing(),
            Case::new(
                "this crate, 1k rules",
                &template,
                ok,
                rules.layer(inner.clone()),
            )
            .allocates_nothing(),
            Case::new(
                "this crate, 1k rules, foldhash",
                &template,
                ok,
                fast.layer(inner.clone()),
            )
            .allocates_nothing(),
            Case::new(
                "this crate, after_success on GET",
                &template,
                ok,
                after.layer(inner.clone()),
            )
            .allocates_nothing(),
            Case::new(
                "tower-http NormalizePath",
                &template,
                ok,
                NormalizePathLayer::trim_trailing_slash().layer(inner.clone()),
            ),
            Case::new(
                "axum from_fn, no-op",
                &template,
                ok,
                from_fn(async |request: Request, next: Next| next.run(request).await)
                    .layer(inner.clone()),
            ),
            Case::new(
                "axum from_fn, 1k rules",
                &template,
                ok,
                from_fn(move |request, next| look_up(map, request, next)).layer(inner.clone()),
            ),
            Case::new(
                "rune-axum-redirect-https",
                &template,
                ok,
                RedirectHttpsLayer::default().layer(inner.clone()),
            ),
            Case::new(
                "tower-canonical-redirect",
                &template,
                ok,
                canonical_redirect().layer(inner.clone()),
            ),
            Case::new(
                "tunnelbana-redirects, 1k rules",
                &template,
                ok,
                tunnelbana().layer(inner),
            ),
        ],
    }
}

fn redirect_with_fields() -> Group {
    let template = RequestTemplate::get(HIT).with_fields("https", "www.example.com");
    let plain = RequestTemplate::get(HIT).with_fields("http", "www.example.com");
    let elsewhere = RequestTemplate::get(HIT).with_fields("https", "example.com");
    let inner = service_fn(async_fn);
    let (ok, permanent) = (StatusCode::OK, StatusCode::PERMANENT_REDIRECT);
    let mut cases = fixed_targets(&template);
    cases.insert(0, Case::new("bare, not redirected", &template, ok, inner));
    for case in &mut cases {
        if case.name.starts_with("this crate") {
            case.limits.allocations = Some(0.0);
        }
    }
    cases.extend([
        Case::new(
            "tunnelbana-redirects, 1k rules",
            &template,
            permanent,
            tunnelbana().layer(inner),
        ),
        Case::new(
            "rune-axum-redirect-https (computed)",
            &plain,
            permanent,
            RedirectHttpsLayer::default().layer(inner),
        ),
        Case::new(
            "tower-canonical-redirect (computed)",
            &elsewhere,
            permanent,
            canonical_redirect().layer(inner),
        ),
    ]);
    Group {
        title: "Redirect to a fixed target",
        note: "GET with five header fields. The rows marked as computed build the target from the \
               request.",
        reference: "axum from_fn, 1k rules",
        cases,
    }
}

fn redirect_without_fields() -> Group {
    let template = RequestTemplate::get(HIT);
    let mut cases = fixed_targets(&template);
    cases.insert(
        0,
        Case::new(
            "bare, not redirected",
            &template,
            StatusCode::OK,
            service_fn(async_fn),
        ),
    );
    Group {
        title: "Redirect to a fixed target, request without header fields",
        note: "The request's header map is empty, so it allocates for the first field.",
        reference: "axum from_fn, 1k rules",
        cases,
    }
}

/// Cases whose target doesn't depend on the request, so the request needs no header fields.
fn fixed_targets(template: &RequestTemplate) -> Vec<Case> {
    let map = rules::map(|to| to);
    let inner = service_fn(async_fn);
    let status = StatusCode::PERMANENT_REDIRECT;
    vec![
        Case::new(
            "this crate, literal path",
            template,
            status,
            RedirectLayer::permanent(TARGET).layer(inner),
        ),
        Case::new(
            "this crate, literal URL",
            template,
            status,
            RedirectLayer::permanent("https://www.example.com/posts/moving/number-0500")
                .layer(inner),
        ),
        Case::new(
            "this crate, 1k rules",
            template,
            status,
            RedirectLayer::permanent(rules::policy()).layer(inner),
        ),
        Case::new(
            "this crate, 1k rules, foldhash",
            template,
            status,
            RedirectLayer::permanent(rules::fast_policy()).layer(inner),
        ),
        Case::new(
            "axum from_fn, 1k rules",
            template,
            status,
            from_fn(move |request, next| look_up(map, request, next)).layer(inner),
        ),
        Case::new(
            "tower-http services::Redirect (a service, no lookup)",
            template,
            status,
            tower_http::services::Redirect::<Body>::permanent(Uri::from_static(TARGET)),
        ),
    ]
}

fn after_response() -> Group {
    let get = RequestTemplate::get(MISS).with_fields("https", "www.example.com");
    let post = get.clone().post();
    let inner = service_fn(async_fn);
    let unprocessable_service = service_fn(async |request| {
        let mut response = async_fn(request).await?;
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        ServiceResult::Ok(response)
    });
    let layer = RedirectLayer::see_other("/receipt").after_success();
    let by_path = RedirectLayer::see_other(policy_fn(|request| {
        (request.path() == HIT).then_some(const { LocalPath::from_static("/receipt") })
    }))
    .after_success();
    let middleware = async |request: Request, next: Next| {
        let safe = request.method().is_safe();
        let response = next.run(request).await;
        if !safe && response.status().is_success() {
            Redirect::to("/receipt").into_response()
        } else {
            response
        }
    };
    let (ok, see_other) = (StatusCode::OK, StatusCode::SEE_OTHER);
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    Group {
        title: "Redirect after the inner service's response",
        note: "POST with five header fields, except where the row says GET.",
        reference: "axum from_fn, 2xx: redirected",
        cases: vec![
            Case::new("bare", &post, ok, inner),
            Case::new(
                "this crate, never, no after_success",
                &post,
                ok,
                RedirectLayer::see_other(never()).layer(inner),
            )
            .allocates_nothing(),
            Case::new("this crate, policy passes", &post, ok, by_path.layer(inner))
                .allocates_nothing(),
            Case::new("this crate, GET", &get, ok, layer.layer(inner)).allocates_nothing(),
            Case::new(
                "this crate, 422: response kept",
                &post,
                unprocessable,
                layer.layer(unprocessable_service),
            )
            .allocates_nothing(),
            Case::new(
                "this crate, 2xx: redirected",
                &post,
                see_other,
                layer.layer(inner),
            ),
            Case::new(
                "axum from_fn, GET",
                &get,
                ok,
                from_fn(middleware).layer(inner),
            ),
            Case::new(
                "axum from_fn, 422: response kept",
                &post,
                unprocessable,
                from_fn(middleware).layer(unprocessable_service),
            ),
            Case::new(
                "axum from_fn, 2xx: redirected",
                &post,
                see_other,
                from_fn(middleware).layer(inner),
            ),
        ],
    }
}

/// The handwritten version: a middleware function that looks the path up in a map of strings.
pub(crate) async fn look_up(
    rules: &'static Rules<String>,
    request: Request,
    next: Next,
) -> axum::response::Response {
    match rules.get(request.uri().path()) {
        Some(target) => Redirect::permanent(target).into_response(),
        None => next.run(request).await,
    }
}

/// Returns the published layer for one origin, `https://www.example.com`.
pub(crate) fn canonical_redirect() -> CanonicalRedirectLayer {
    CanonicalRedirectLayer::new("https://www.example.com").expect("the origin is valid")
}

fn tunnelbana() -> RedirectsLayer {
    let text: String = rules::texts()
        .map(|(from, to)| format!("{from} {to} 308\n"))
        .collect();
    let rules = tunnelbana_redirects::parse(&text).expect("the list is valid");
    RedirectsLayer::new(rules).expect("the paths differ")
}

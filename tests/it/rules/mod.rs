//! Tables of rules behind the layer: what the answer carries, what waits for the app, what is refused, and
//! requests at the bounds.

use std::{convert::Infallible, time::Duration};

use axum::{Router, routing::get};
use http::{Method, Request, Response, StatusCode, header};
use tower::{Layer, ServiceExt, service_fn};
use tower_redirect::{
    RedirectLayer, Status,
    location::HttpScheme,
    middleware::Exemption,
    policy::DecisionKind,
    rules::{
        Condition, Finding, NotSentReason, Part, PathMap, Precedence, QueryPolicy, Rule, Rules,
        RulesBuilder, Source, haproxy_map,
    },
    testing,
};

mod answers;
mod errors;
mod except;
mod host_label;
mod outcome;
mod outcome_reports;
mod tables;
mod transforms;
mod twice;
mod waiting;

/// What a service of nothing but these rules answers; the app behind answers 404.
fn ask(rules: Rules, request: Request<()>) -> Response<()> {
    let app = service_fn(async |_: Request<()>| {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::NOT_FOUND;
        Ok::<_, Infallible>(response)
    });
    let Ok(response) = tokio_test::block_on(RedirectLayer::new(rules).layer(app).oneshot(request));
    response
}

fn asked(target: &str, fields: &[(&'static str, &str)]) -> Request<()> {
    let mut request = Request::get(target);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

fn field<'r>(response: &'r Response<()>, name: &str) -> Option<&'r str> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}

/// Message and help of an error, as one sentence.
fn sentence_of(error: &Finding) -> String {
    match error.help() {
        "" => error.message().to_owned(),
        help => format!("{}; {help}", error.message()),
    }
}

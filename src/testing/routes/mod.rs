//! Compares rules with an app: which targets are dead, and which rules hide a page.

use std::{collections::HashMap, fmt, future::poll_fn};

use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use tower_service::Service;

use crate::{
    policy::{DecisionKind, Policy},
    redirect::Timing,
    request::RequestHead,
    rules::{
        FindingCode, RuleRef, Rules,
        rule_ref::{Fixed, SkippedReason},
    },
};

mod report;

use report::AppResponse;
pub use report::RouteReport;

/// Sends a request to your app for each source and target of the rules, and reports problems.
///
/// Pass your own router, without the redirect layer.
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_redirect::rules::{Rule, Rules};
/// use tower_redirect::testing;
///
/// fn app() -> Router {
///     Router::new().route("/about", get(|| async { "about us" }))
/// }
///
/// fn redirects() -> Rules {
///     Rules::new([
///         Rule::permanent("/about-us", "/about"),
///         Rule::permanent("/blog/{slug}", "/posts/{slug}"),
///     ])
///     .unwrap()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// // #[tokio::test]
/// // async fn redirects_lead_to_existing_pages() {
/// testing::check_routes(&app(), &redirects()).await.assert_clean();
/// # }
/// ```
///
/// # Requests
///
/// It requests each fixed source and each fixed target on this site with GET, one after the other.
/// Each URL is requested once. The host of a rule becomes the `Host` field, and the query that the
/// rule requires becomes the query. The report counts the sources and targets that can't be
/// requested, by [`SkippedReason`]. It requests nothing for rules that pass or refuse.
///
/// The requests are real: a GET of `/logout` or `/unsubscribe?id=7` does what it always does. Use
/// an app with test data.
///
/// # Problems
///
/// - [`DeadTarget`](FindingCode::DeadTarget): The target responds with 404, 410 or 5xx, or a rule
///   refuses it with such a status. A 405 counts too, because clients follow a redirect with GET.
/// - [`RedirectingTarget`](FindingCode::RedirectingTarget): The app redirects the target again.
/// - [`HiddenPage`](FindingCode::HiddenPage): The source responds with 2xx or 3xx, but the rule
///   redirects before the app is called, so clients never see the page. A 405 counts too if the
///   rule matches other methods than GET.
/// - [`NeverApplies`](FindingCode::NeverApplies): The source responds with 2xx or 3xx, but the
///   rule waits for a 404. Other responses, such as a 401, depend on more than the URL.
/// - [`AppError`](FindingCode::AppError): The app returned an error.
///
/// A 401 or a 403 counts as an existing page. If your app responds to every URL with a page, as an
/// app for a single-page frontend does, every source is a hidden page. Pass the app without that
/// route.
///
/// # Request bodies
///
/// The body is an empty `String`, which an axum `Router` accepts. If your service needs another
/// body, convert it with tower's `ServiceExt`:
/// `app.map_request(|request: Request<String>| request.map(MyBody::from))`.
///
/// # Panics
///
/// If the app panics.
pub async fn check_routes<S, R>(app: &S, rules: &Rules) -> RouteReport
where
    S: Service<Request<String>, Response = Response<R>> + Clone,
    S::Error: fmt::Display,
{
    let mut checker = RouteChecker {
        app,
        responses: HashMap::new(),
        report: RouteReport::default(),
    };
    for rule in rules.iter().filter(RuleRef::redirects) {
        checker.source(rules, rule).await;
        checker.target(rules, rule).await;
    }
    checker.report.checked = checker.responses.len();
    checker.report
}

/// Sends requests to an app and remembers its responses.
struct RouteChecker<'a, S> {
    app: &'a S,
    responses: HashMap<(Option<Box<str>>, Box<str>), AppResponse>,
    report: RouteReport,
}

impl<S, R> RouteChecker<'_, S>
where
    S: Service<Request<String>, Response = Response<R>> + Clone,
    S::Error: fmt::Display,
{
    async fn source(&mut self, rules: &Rules, rule: RuleRef<'_>) {
        let fixed = match rule.fixed_source() {
            Ok(fixed) => fixed,
            Err(reason) => return self.report.skip(reason),
        };
        let Some(request) = get(&fixed) else {
            return self.report.skip(SkippedReason::NoUrl);
        };
        // A `RequestHead` isn't `Sync`, so it must not live across the `await` below.
        let problem_if_page = {
            let head = RequestHead::new(&request);
            if rules.find(&head) != Some(rule) {
                return self.report.skip(SkippedReason::OtherRule);
            }
            let decision = rules.decide(&head);
            decision
                .target()
                .and_then(|redirect| match redirect.timing() {
                    Timing::Before => Some(FindingCode::HiddenPage),
                    Timing::After(condition) if condition.is_status(StatusCode::NOT_FOUND) => {
                        Some(FindingCode::NeverApplies)
                    }
                    // Other responses depend on more than the URL, for example 401.
                    Timing::After(_) => None,
                })
        };
        let response = self.request(&fixed, request).await;
        let problem = match &response {
            AppResponse::Error(_) => Some(FindingCode::AppError),
            AppResponse::Status(status, _) => {
                let has_other_methods = *status == StatusCode::METHOD_NOT_ALLOWED
                    && !rule.only_reads()
                    && problem_if_page == Some(FindingCode::HiddenPage);
                let is_page = status.is_success() || status.is_redirection() || has_other_methods;
                problem_if_page.filter(|_| is_page)
            }
        };
        if let Some(code) = problem {
            self.report.add(code, rule, &fixed.address, &response);
        }
    }

    async fn target(&mut self, rules: &Rules, rule: RuleRef<'_>) {
        let fixed = match rule.fixed_target() {
            Ok(fixed) => fixed,
            Err(reason) => return self.report.skip(reason),
        };
        let Some(request) = get(&fixed) else {
            return self.report.skip(SkippedReason::NoUrl);
        };
        let mut rule_waits_for = None;
        let mut status_of_rule = None;
        match rules.decide(&RequestHead::new(&request)).kind() {
            DecisionKind::Redirect(redirect) | DecisionKind::Enforce(redirect) => {
                match redirect.timing() {
                    Timing::Before => return self.report.skip(SkippedReason::Chain),
                    Timing::After(condition) => rule_waits_for = Some(condition.clone()),
                }
            }
            DecisionKind::Refuse(refusal) => {
                status_of_rule = refusal.rule().map(|_| refusal.status());
            }
            DecisionKind::Pass => {}
        }
        let response = match status_of_rule {
            Some(status) => AppResponse::Status(status, None),
            None => self.request(&fixed, request).await,
        };
        let problem = match &response {
            AppResponse::Error(_) => Some(FindingCode::AppError),
            AppResponse::Status(status, _)
                if rule_waits_for.is_some_and(|condition| condition.is_status(*status)) =>
            {
                None
            }
            AppResponse::Status(status, _) if status.is_redirection() => {
                Some(FindingCode::RedirectingTarget)
            }
            AppResponse::Status(
                StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE,
                _,
            ) => Some(FindingCode::DeadTarget),
            AppResponse::Status(status, _) => {
                status.is_server_error().then_some(FindingCode::DeadTarget)
            }
        };
        if let Some(code) = problem {
            self.report.add(code, rule, &fixed.address, &response);
        }
    }

    /// Sends a request, or returns the earlier response to the same request.
    async fn request(&mut self, fixed: &Fixed, request: Request<()>) -> AppResponse {
        let key = (fixed.host.clone(), fixed.address.clone());
        if let Some(response) = self.responses.get(&key) {
            return response.clone();
        }
        let mut app = self.app.clone();
        let call = async {
            poll_fn(|context| app.poll_ready(context)).await?;
            app.call(request.map(|()| String::new())).await
        };
        let response = match call.await {
            Ok(response) => {
                let location = response.headers().get(header::LOCATION);
                let location = location.map(|to| String::from_utf8_lossy(to.as_bytes()).into());
                AppResponse::Status(response.status(), location)
            }
            Err(error) => AppResponse::Error(error.to_string().into()),
        };
        self.responses.insert(key, response.clone());
        response
    }
}

/// Builds a GET request for a URL, or returns `None` if it isn't valid.
fn get(fixed: &Fixed) -> Option<Request<()>> {
    let mut request = Request::new(());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = Uri::try_from(&*fixed.address).ok()?;
    if let Some(host) = &fixed.host {
        let host = HeaderValue::from_str(host).ok()?;
        request.headers_mut().insert(header::HOST, host);
    }
    Some(request)
}

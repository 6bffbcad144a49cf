use std::{collections::HashMap, fmt, future::poll_fn};

use http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use tower_service::Service;

use crate::{
    policy::{Decision, Policy},
    redirect::Timing,
    request::RequestHead,
    rules::{Fixed, RuleRef, Rules, SkippedReason},
};

mod report;

use report::Answered;
pub use report::{RouteFinding, RouteProblem, RouteReport};

/// Asks an app for each address that rules are about: do the targets live, and does a redirect hide a page?
///
/// The app is the user's own router, without the redirect layer.
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
/// // async fn redirects_lead_to_pages_that_live() {
/// testing::check_routes(&app(), &redirects()).await.assert_clean();
/// # }
/// ```
///
/// Each fixed source and each fixed target on this site is asked for with GET, one after the other, each
/// address once; the host of a rule is sent as `Host`, and what it asks of the query is in the query. A
/// finding is
///
/// - a target that answers 404, 410 or 5xx; or 405, because a redirect is followed with GET;
/// - a target that the app redirects by itself: the client goes two ways;
/// - a source that answers 2xx or 3xx, and the rule does so before the app is asked, so that nobody sees
///   the page; or 405, where the rule answers other methods too;
/// - a source that answers 2xx or 3xx, and the rule waits for a 404, so that it never answers;
/// - an error of the app.
///
/// 401 and 403 are pages that live. What is not asked, and why, is counted: [`SkippedReason`].
///
/// The requests are real ones: what a GET of `/logout` or of `/unsubscribe?id=7` does, it does. Ask an app
/// that stands on data of a test. For an app that answers every address with a page, as one for a browser
/// program does, every source is a hidden page; ask one without that route.
///
/// The body of a request is an empty `String`, so that an axum `Router` fits as it is; before a service
/// with another one stands
/// `app.map_request(|request: Request<String>| request.map(MyBody::from))` of tower's `ServiceExt`.
///
/// A panic of the app goes to the caller.
pub async fn check_routes<S, R>(app: &S, rules: &Rules) -> RouteReport
where
    S: Service<Request<String>, Response = Response<R>> + Clone,
    S::Error: fmt::Display,
{
    let mut asking = Asking {
        app,
        known: HashMap::new(),
        report: RouteReport::default(),
    };
    for rule in rules.iter() {
        asking.source(rules, rule).await;
        asking.target(rules, rule).await;
    }
    asking.report.asked = asking.known.len();
    asking.report
}

/// An app that is asked, and what is known of it.
struct Asking<'a, S> {
    app: &'a S,
    known: HashMap<(Option<Box<str>>, Box<str>), Answered>,
    report: RouteReport,
}

impl<S, R> Asking<'_, S>
where
    S: Service<Request<String>, Response = Response<R>> + Clone,
    S::Error: fmt::Display,
{
    async fn source(&mut self, rules: &Rules, rule: RuleRef<'_>) {
        let fixed = match rule.fixed_source() {
            Ok(fixed) => fixed,
            Err(why) => return self.report.skip(why),
        };
        let Some(request) = get(&fixed) else {
            return self.report.skip(SkippedReason::NoUrl);
        };
        // A head is not for other threads, so it ends before the app is asked.
        let if_it_lives = {
            let head = RequestHead::new(&request);
            if rules.find(&head) != Some(rule) {
                return self.report.skip(SkippedReason::OtherRule);
            }
            match rules.decide(&head) {
                Decision::Redirect(redirect) => match redirect.timing() {
                    Timing::Before => Some(RouteProblem::HiddenPage),
                    Timing::After(_) => Some(RouteProblem::NeverAnswers),
                },
                Decision::Pass | Decision::Refuse(_) => None,
            }
        };
        let answer = self.ask(&fixed, request).await;
        let problem = match &answer {
            Answered::Error(_) => Some(RouteProblem::Failed),
            Answered::Status(status, _) => {
                let takes_others = *status == StatusCode::METHOD_NOT_ALLOWED
                    && !rule.only_reads()
                    && if_it_lives == Some(RouteProblem::HiddenPage);
                let lives = status.is_success() || status.is_redirection() || takes_others;
                if_it_lives.filter(|_| lives)
            }
        };
        self.report.find(problem, rule, fixed.address, answer);
    }

    async fn target(&mut self, rules: &Rules, rule: RuleRef<'_>) {
        let fixed = match rule.fixed_target() {
            Ok(fixed) => fixed,
            Err(why) => return self.report.skip(why),
        };
        let Some(request) = get(&fixed) else {
            return self.report.skip(SkippedReason::NoUrl);
        };
        let mut waits_for_404 = false;
        if let Decision::Redirect(redirect) = rules.decide(&RequestHead::new(&request)) {
            match redirect.timing() {
                Timing::Before => return self.report.skip(SkippedReason::Chain),
                Timing::After(_) => waits_for_404 = true,
            }
        }
        let answer = self.ask(&fixed, request).await;
        let problem = match &answer {
            Answered::Error(_) => Some(RouteProblem::Failed),
            Answered::Status(StatusCode::NOT_FOUND, _) if waits_for_404 => None,
            Answered::Status(status, _) if status.is_redirection() => {
                Some(RouteProblem::TargetRedirects)
            }
            Answered::Status(
                StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::GONE,
                _,
            ) => Some(RouteProblem::DeadTarget),
            Answered::Status(status, _) => {
                status.is_server_error().then_some(RouteProblem::DeadTarget)
            }
        };
        self.report.find(problem, rule, fixed.address, answer);
    }

    /// Asks, or remembers.
    async fn ask(&mut self, fixed: &Fixed, request: Request<()>) -> Answered {
        let key = (fixed.host.clone(), fixed.address.clone());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let mut app = self.app.clone();
        let answer = async {
            poll_fn(|context| app.poll_ready(context)).await?;
            app.call(request.map(|()| String::new())).await
        };
        let answered = match answer.await {
            Ok(response) => {
                let location = response.headers().get(header::LOCATION);
                let location = location.map(|to| String::from_utf8_lossy(to.as_bytes()).into());
                Answered::Status(response.status(), location)
            }
            Err(error) => Answered::Error(error.to_string().into()),
        };
        self.known.insert(key, answered.clone());
        answered
    }
}

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

use http::Method;

use super::{TestDecision, TestRequest};
use crate::{middleware::RedirectLayer, policy::Policy, redirect::Redirect};

/// Creates a request with any method. The target is a path, an absolute URL, `*` or an authority.
///
/// The target may have a fragment. A client never sends it, but [`follow`](super::follow) uses it.
///
/// ```
/// use http::Method;
/// use tower_redirect::{LocalPath, testing};
///
/// testing::request(Method::from_bytes(b"PURGE").unwrap(), "/x")
///     .through(&LocalPath::from_static("/y"))
///     .assert_redirect("/y");
/// ```
///
/// # Panics
///
/// If the target isn't a valid request target.
#[track_caller]
pub fn request(method: Method, target: &str) -> TestRequest {
    TestRequest::new(method, target)
}

impl TestRequest {
    /// Passes the request to a policy and returns its decision.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, testing};
    ///
    /// testing::get("/x").through(&LocalPath::from_static("/y")).assert_redirect("/y");
    /// ```
    #[must_use = "assert something: `.assert_redirect(\"/x\")`, `.assert_pass()`"]
    pub fn through<P: Policy + ?Sized>(self, policy: &P) -> TestDecision<P::Target> {
        let decision = policy.decide(&self.head());
        TestDecision::new(self, decision)
    }

    /// Passes the request to a layer and returns its decision.
    ///
    /// Unlike with [`through`](Self::through), the result is a pass if the layer wouldn't send the
    /// redirect.
    ///
    /// The layer sees only the HTTP request, so it doesn't know the [`scheme`](Self::scheme) that a
    /// test has set. If a redirect waits for the response of the inner service, this method returns
    /// it without waiting. A redirect that
    /// [scripts get as 401](crate::RedirectLayer::unauthorized_for_scripts) is a refusal for them:
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{RedirectLayer, policy::LoginRedirect, testing};
    ///
    /// let login = LoginRedirect::to("/login");
    /// let layer = RedirectLayer::see_other(login).unauthorized_for_scripts();
    /// let get = testing::get("/inbox");
    /// get.clone().through_layer(&layer).assert_redirect("/login?next=%2Finbox");
    /// get.header("hx-request", "true")
    ///     .through_layer(&layer)
    ///     .assert_refused(StatusCode::UNAUTHORIZED);
    /// ```
    ///
    /// ```
    /// use tower_redirect::{RedirectLayer, Status, testing};
    ///
    /// let layer = RedirectLayer::temporary("/maintenance");
    /// testing::get("/shop")
    ///     .through_layer(&layer)
    ///     .assert_redirect("/maintenance")
    ///     .assert_status(Status::TemporaryRedirect);
    /// testing::get("/maintenance").through_layer(&layer).assert_pass();
    /// ```
    #[must_use = "assert something: `.assert_redirect(\"/x\")`, `.assert_pass()`"]
    pub fn through_layer<P, A>(self, layer: &RedirectLayer<P, A>) -> TestDecision<Redirect>
    where
        P: Policy<Target = Redirect>,
    {
        let head = layer.head(self.request());
        let decision = layer.decide(&head);
        TestDecision::new(self, decision)
    }
}

use http::Method;

use super::{TestDecision, TestRequest};
use crate::{middleware::RedirectLayer, policy::Policy, redirect::Redirect};

/// A request with any method; the target is a path, an absolute URL, `*` or an authority.
///
/// A fragment is kept for [`follow`](super::follow); a client never sends it.
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
/// When the target is not one.
#[track_caller]
pub fn request(method: Method, target: &str) -> TestRequest {
    TestRequest::new(method, target)
}

impl TestRequest {
    /// Asks a policy.
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

    /// Asks a layer: its policy, and what the service never sends.
    ///
    /// The layer reads the request for itself: a [`scheme`](Self::scheme) that a test has established
    /// is not known to it. A redirect that waits for the inner service's answer is shown as it was
    /// decided.
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

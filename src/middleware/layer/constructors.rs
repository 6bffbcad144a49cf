//! One constructor for each status of RFC 9110 §15.4, and two that choose it per request or
//! redirect.

use std::sync::Arc;

use super::{RedirectLayer, options::Options};
use crate::{
    middleware::body::Unchanged,
    policy::{ChoosesLocation, IntoPolicy, Policy, With},
    redirect::Redirect,
    status::{Intent, Status, StatusChoice},
};

impl<P> RedirectLayer<With<P>> {
    #[doc = include_str!("../../docs/moved_permanently.md")]
    ///
    /// ```
    /// use tower_redirect::{LocalPath, RedirectLayer, Status, policy_fn, testing};
    ///
    /// let layer = RedirectLayer::moved_permanently(policy_fn(|request| {
    ///     (request.path() == "/about-us").then(|| LocalPath::from_static("/about"))
    /// }));
    /// testing::get("/about-us")
    ///     .through_layer(&layer)
    ///     .assert_redirect("/about")
    ///     .assert_status(Status::MovedPermanently);
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy is a literal that isn't a valid location. The panic names the caller's line.
    ///
    /// Source: RFC 9110 §15.4.2.
    #[track_caller]
    pub fn moved_permanently<I>(policy: I) -> Self
    where
        I: IntoPolicy<Policy = P>,
        P: ChoosesLocation,
    {
        Self::with(policy.into_policy(), Status::MovedPermanently.into())
    }

    #[doc = include_str!("../../docs/found.md")]
    ///
    /// ```
    /// use tower_redirect::{RedirectLayer, Status, testing};
    ///
    /// let layer = RedirectLayer::found("/today");
    /// testing::get("/")
    ///     .through_layer(&layer)
    ///     .assert_redirect("/today")
    ///     .assert_status(Status::Found);
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy is a literal that isn't a valid location. The panic names the caller's line.
    ///
    /// Source: RFC 9110 §15.4.3.
    #[track_caller]
    pub fn found<I>(policy: I) -> Self
    where
        I: IntoPolicy<Policy = P>,
        P: ChoosesLocation,
    {
        Self::with(policy.into_policy(), Status::Found.into())
    }

    #[doc = include_str!("../../docs/see_other.md")]
    ///
    /// ```
    /// use tower_redirect::{RedirectLayer, Status, testing};
    ///
    /// // The app stores the upload; the browser then shows the receipt.
    /// let layer = RedirectLayer::see_other("/receipt").after_success();
    /// testing::put("/upload")
    ///     .through_layer(&layer)
    ///     .assert_redirect("/receipt")
    ///     .assert_status(Status::SeeOther);
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy is a literal that isn't a valid location. The panic names the caller's line.
    ///
    /// Source: RFC 9110 §15.4.4.
    #[track_caller]
    pub fn see_other<I>(policy: I) -> Self
    where
        I: IntoPolicy<Policy = P>,
        P: ChoosesLocation,
    {
        Self::with(policy.into_policy(), Status::SeeOther.into())
    }

    #[doc = include_str!("../../docs/temporary.md")]
    ///
    /// ```
    /// use tower_redirect::{RedirectLayer, Status, testing};
    ///
    /// let layer = RedirectLayer::temporary("/maintenance");
    /// testing::put("/shop")
    ///     .through_layer(&layer)
    ///     .assert_redirect("/maintenance")
    ///     .assert_status(Status::TemporaryRedirect);
    /// testing::put("/maintenance").through_layer(&layer).assert_pass();
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy is a literal that isn't a valid location. The panic names the caller's line.
    ///
    /// Source: RFC 9110 §15.4.8.
    #[track_caller]
    pub fn temporary<I>(policy: I) -> Self
    where
        I: IntoPolicy<Policy = P>,
        P: ChoosesLocation,
    {
        Self::with(policy.into_policy(), Status::TemporaryRedirect.into())
    }

    #[doc = include_str!("../../docs/permanent.md")]
    ///
    /// ```
    /// use tower_redirect::{LocalPath, RedirectLayer, Status, policy_fn, testing};
    ///
    /// let layer = RedirectLayer::permanent(policy_fn(|request| {
    ///     let rest = request.path().strip_prefix("/v1/")?;
    ///     let path = LocalPath::from_static("/v2").join_encoded(rest).ok()?;
    ///     path.append_encoded_query(request.query()).ok()
    /// }));
    /// testing::put("/v1/users/7?full")
    ///     .through_layer(&layer)
    ///     .assert_redirect("/v2/users/7?full")
    ///     .assert_status(Status::PermanentRedirect);
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy is a literal that isn't a valid location. The panic names the caller's line.
    ///
    /// Source: RFC 9110 §15.4.9.
    #[track_caller]
    pub fn permanent<I>(policy: I) -> Self
    where
        I: IntoPolicy<Policy = P>,
        P: ChoosesLocation,
    {
        Self::with(policy.into_policy(), Status::PermanentRedirect.into())
    }

    #[doc = include_str!("../../docs/for_intent.md")]
    ///
    /// ```
    /// use tower_redirect::{RedirectLayer, Status, status::Intent, testing};
    ///
    /// let layer = RedirectLayer::for_intent(Intent::Temporary, "/maintenance");
    /// testing::get("/").through_layer(&layer).assert_status(Status::Found);
    /// testing::post("/").through_layer(&layer).assert_status(Status::TemporaryRedirect);
    /// ```
    ///
    /// # Panics
    ///
    /// If the policy is a literal that isn't a valid location. The panic names the caller's line.
    #[track_caller]
    pub fn for_intent<I>(intent: Intent, policy: I) -> Self
    where
        I: IntoPolicy<Policy = P>,
        P: ChoosesLocation,
    {
        Self::with(policy.into_policy(), intent.into())
    }

    fn with(policy: P, status_choice: StatusChoice) -> Self {
        Self::from_policy(With::new(policy, status_choice))
    }
}

impl<P> RedirectLayer<P> {
    /// Makes a layer from a policy whose [`Redirect`]s have a status of their own.
    ///
    /// `Rules` is a policy of this kind, and so is [`Canonical::then`](crate::Canonical::then) with
    /// rules. A [`policy_fn`] is one, too, if its closure returns a `Redirect`.
    ///
    /// [`policy_fn`]: crate::policy_fn
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Redirect, RedirectLayer, Status, policy_fn, testing};
    ///
    /// const NEWS: LocalPath = LocalPath::from_static("/news");
    /// const SALE: LocalPath = LocalPath::from_static("/sale");
    ///
    /// let layer = RedirectLayer::new(policy_fn(|request| match request.path() {
    ///     "/blog" => Some(Redirect::permanent(NEWS)),
    ///     "/today" => Some(Redirect::found(SALE)),
    ///     _ => None,
    /// }));
    /// testing::get("/blog").through_layer(&layer).assert_status(Status::PermanentRedirect);
    /// testing::get("/today").through_layer(&layer).assert_status(Status::Found);
    /// ```
    pub fn new(policy: P) -> Self
    where
        P: Policy<Target = Redirect>,
    {
        Self::from_policy(policy)
    }

    fn from_policy(policy: P) -> Self {
        Self {
            policy: Arc::new(policy),
            options: Options::default(),
            body_mode: Unchanged,
        }
    }
}

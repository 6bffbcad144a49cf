//! What a layer accepts as a policy.

use super::{Policy, Target};
use crate::location::Location;

/// Converts the argument of a layer into a policy.
///
/// A policy stays as it is. A literal like `"/new"` becomes a policy that redirects every request.
///
/// ```
/// use tower_redirect::{LocalPath, policy::IntoPolicy, testing};
///
/// testing::get("/x").through(&"/maintenance".into_policy()).assert_redirect("/maintenance");
/// testing::get("/x").through(&LocalPath::from_static("/y").into_policy()).assert_redirect("/y");
/// ```
///
/// # Panics
///
/// If a literal isn't a valid location. The message has the caller's line and says what is wrong.
///
/// ```should_panic
/// use tower_redirect::RedirectLayer;
///
/// RedirectLayer::temporary("//stranger.example");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a redirect policy",
    label = "expected a `Policy`, or a literal `\"/…\"`",
    note = "wrap a closure in `policy_fn(|request| …)`; it returns `Option<LocalPath>`, \
            `Option<Location>`, `Option<Redirect>` or `Decision<…>`",
    note = "turn a `String` into a `LocalPath` first: `LocalPath::new(&string)?`; a target from \
            configuration into a `Location`: `Location::from_config(&string)?`",
    note = "add `?` to a constructor that returns a `Result`; for a `ReturnTo`, say where the value \
            is: `.query(\"next\")`"
)]
pub trait IntoPolicy {
    /// A [`Location`], or a [`Redirect`](crate::redirect::Redirect) with its own status.
    type Target: Target;

    /// The policy that the argument becomes.
    type Policy: Policy<Target = Self::Target>;

    /// Converts the argument.
    ///
    /// ```
    /// use tower_redirect::{policy::IntoPolicy, testing};
    ///
    /// let policy = "/maintenance".into_policy();
    /// testing::get("/x").through(&policy).assert_redirect("/maintenance");
    /// ```
    fn into_policy(self) -> Self::Policy;
}

#[diagnostic::do_not_recommend]
impl<P: Policy> IntoPolicy for P {
    type Target = P::Target;
    type Policy = P;

    #[inline]
    fn into_policy(self) -> P {
        self
    }
}

impl IntoPolicy for &'static str {
    type Target = Location;
    type Policy = Location;

    #[track_caller]
    fn into_policy(self) -> Location {
        Location::from_literal(self)
    }
}

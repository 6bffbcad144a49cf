use super::{Policy, Target};
use crate::location::Location;

/// What a layer takes: a policy, or a literal that becomes one.
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
/// A literal is checked at once; a bad one panics at the caller's line and says what is wrong.
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
    note = "put `?` behind a constructor that returns a `Result`; a `ReturnTo` is asked where the value \
            stands: `.query(\"next\")`"
)]
pub trait IntoPolicy {
    /// What the policy answers with: a [`Location`] or a [`Redirect`](crate::redirect::Redirect).
    type Target: Target;

    /// The policy.
    type Policy: Policy<Target = Self::Target>;

    /// Makes the policy.
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

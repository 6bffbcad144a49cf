//! Closures as policies.

use std::fmt;

use super::{Decision, Policy, Target};
use crate::{
    location::{LocalPath, Location, LocationError},
    redirect::Redirect,
    request::RequestHead,
};

/// Turns a closure into a policy.
///
/// ```
/// use tower_redirect::{LocalPath, policy_fn, testing};
///
/// let policy = policy_fn(|request| {
///     let slug = request.path().strip_prefix("/blog/")?;
///     Some(LocalPath::from_static("/posts").join_encoded(slug))
/// });
///
/// testing::get("/blog/h%C3%A9llo").through(&policy).assert_redirect("/posts/h%C3%A9llo");
/// testing::get("/blog/../admin").through(&policy).assert_pass();
/// ```
///
/// The closure returns an `Option` or a [`Decision`] of a [`LocalPath`], a [`Location`] or a
/// [`Redirect`]. Each of these may be wrapped in a `Result<_, LocationError>`. If the result is an
/// error, the request passes through.
///
/// If one branch returns a `LocalPath` and another one a `Location`, write `.into()`:
///
/// ```
/// use tower_redirect::{LocalPath, Location, policy_fn, testing};
///
/// const DOCS: Location = Location::from_static("https://docs.example.com/");
///
/// let policy = policy_fn(|request| match request.path() {
///     "/manual" => Some(DOCS),
///     "/about-us" => Some(LocalPath::from_static("/about").into()),
///     _ => None,
/// });
///
/// testing::get("/manual").through(&policy).assert_redirect("https://docs.example.com/");
/// testing::get("/about-us").through(&policy).assert_redirect("/about");
/// ```
///
/// A closure that returns a `Redirect` chooses the status, so pass it to `RedirectLayer::new`. For
/// all other closures, the constructor of the layer chooses the status.
pub const fn policy_fn<F, D>(decide: F) -> PolicyFn<F>
where
    F: Fn(&RequestHead<'_>) -> D + Send + Sync,
    D: IntoDecision,
{
    PolicyFn { decide }
}

/// A policy that calls a closure. [`policy_fn`] returns it.
///
/// ```
/// use tower_redirect::{Location, policy_fn};
///
/// let policy = policy_fn(|_| None::<Location>);
/// assert_eq!(format!("{policy:?}"), "PolicyFn { .. }");
/// ```
#[derive(Clone, Copy)]
pub struct PolicyFn<F> {
    decide: F,
}

impl<F, D> Policy for PolicyFn<F>
where
    F: Fn(&RequestHead<'_>) -> D + Send + Sync,
    D: IntoDecision,
{
    type Target = D::Target;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<D::Target> {
        (self.decide)(request).into_decision()
    }
}

impl<F> fmt::Debug for PolicyFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyFn").finish_non_exhaustive()
    }
}

/// The return types of a closure that [`policy_fn`] accepts.
///
/// ```
/// use tower_redirect::{Decision, LocalPath, Location, policy::IntoDecision};
///
/// let decision: Decision<Location> = Some(LocalPath::from_static("/x")).into_decision();
/// assert!(!decision.is_pass());
/// ```
#[diagnostic::on_unimplemented(
    message = "a policy closure cannot return `{Self}`",
    label = "expected `Option<…>` or `Decision<…>` of a `LocalPath`, `Location` or `Redirect`",
    note = "a literal becomes one with `LocalPath::from_static(\"/…\")`, other text with \
            `LocalPath::new(text).ok()`"
)]
pub trait IntoDecision {
    /// A [`Location`], or a [`Redirect`] with its own status.
    type Target: Target;

    /// Converts the returned value into a decision.
    ///
    /// ```
    /// use tower_redirect::{Decision, LocalPath, policy::IntoDecision};
    ///
    /// assert!(None::<LocalPath>.into_decision().is_pass());
    /// assert!(LocalPath::new("no slash").into_decision().is_pass());
    /// ```
    fn into_decision(self) -> Decision<Self::Target>;
}

impl IntoDecision for Decision<Redirect> {
    type Target = Redirect;

    #[inline]
    fn into_decision(self) -> Self {
        self
    }
}

impl IntoDecision for Decision<Location> {
    type Target = Location;

    #[inline]
    fn into_decision(self) -> Self {
        self
    }
}

impl IntoDecision for Decision<LocalPath> {
    type Target = Location;

    #[inline]
    fn into_decision(self) -> Decision<Location> {
        self.map(Location::from)
    }
}

/// `Err` passes the request through. If the redirect is enforced, `Err` refuses the request.
impl<T> IntoDecision for Decision<Result<T, LocationError>>
where
    Decision<T>: IntoDecision,
{
    type Target = <Decision<T> as IntoDecision>::Target;

    #[inline]
    fn into_decision(self) -> Decision<Self::Target> {
        self.transpose().into_decision()
    }
}

/// `Err` passes the request through.
impl<T> IntoDecision for Result<T, LocationError>
where
    Decision<T>: IntoDecision,
{
    type Target = <Decision<T> as IntoDecision>::Target;

    #[inline]
    fn into_decision(self) -> Decision<Self::Target> {
        Decision::from(self.ok()).into_decision()
    }
}

impl<T> IntoDecision for Option<T>
where
    Decision<T>: IntoDecision,
{
    type Target = <Decision<T> as IntoDecision>::Target;

    #[inline]
    fn into_decision(self) -> Decision<Self::Target> {
        Decision::from(self).into_decision()
    }
}

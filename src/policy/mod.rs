//! Policies: who decides, and the policies that this crate brings.

use crate::{request::RequestHead, status::StatusChoice};

#[cfg(feature = "trust")]
mod behind;
mod canonical;
mod closure;
mod combine;
mod decision;
mod fixed;
mod forward;
mod into;
mod login;
mod return_to;
mod shadow;
mod target;
mod with;

pub use crate::redirect::Refusal;
#[cfg(feature = "trust")]
pub use behind::Trusting;
pub use canonical::{
    AnyHost, Canonical, CanonicalError, CanonicalHost, Https, HttpsEnforcement, IndexFile,
    LowerCase, MergeSlashes, OurHosts, SchemeSource, Then, TrailingSlash, UnknownHost,
};
pub use closure::{IntoDecision, PolicyFn, policy_fn};
pub use combine::{Or, Unless, WhenRequest};
pub use decision::Decision;
pub use into::IntoPolicy;
pub use login::LoginRedirect;
pub use return_to::{ReturnFrom, ReturnTo};
pub use shadow::{Difference, Shadow};
pub(crate) use target::ChoosesLocation;
pub use target::Target;
pub use with::With;

/// A pure function of a [`RequestHead`]: shall this request go elsewhere, and where?
///
/// ```
/// use tower_redirect::{Decision, LocalPath, Location, Policy, RequestHead, testing};
///
/// /// Yearly pages: `/2019` and the like live in the archive.
/// #[derive(Debug)]
/// struct Archive {
///     current_year: u16,
/// }
///
/// impl Policy for Archive {
///     type Target = Location;
///
///     fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
///         let year = request.path().strip_prefix('/').and_then(|path| path.parse::<u16>().ok());
///         match year {
///             Some(year) if year < self.current_year => LocalPath::from_static("/archive")
///                 .segment(&year.to_string())
///                 .map_or(Decision::Pass, |path| Decision::Redirect(path.into())),
///             _ => Decision::Pass,
///         }
///     }
/// }
///
/// let policy = Archive { current_year: 2026 };
/// testing::get("/2019").through(&policy).assert_redirect("/archive/2019");
/// testing::get("/2026").through(&policy).assert_pass();
/// ```
///
/// `Target` is [`Location`](crate::location::Location) for a policy that says *where* (the layer's constructor says how), and
/// [`Redirect`](crate::redirect::Redirect) for one that also says *how*. A closure becomes a policy through
/// [`policy_fn`]; a [`Location`](crate::location::Location), a [`LocalPath`](crate::location::LocalPath) and a [`Redirect`](crate::redirect::Redirect)
/// are policies that always answer. A literal becomes one where a layer takes it.
///
/// # Combining
///
/// The first answer wins, everywhere: [`or`](Self::or), tuples, arrays, `Vec` and slices ask in
/// order, and stop at the first that does not pass. `Option` passes when it is `None`; references,
/// `Box` and `Arc` ask what they hold.
///
/// The decision is taken for every request, so it must be quick and cannot wait. What has to be read
/// from elsewhere is read before, outside of requests; what only a handler knows, a handler answers
/// with a [`Redirect`](crate::redirect::Redirect).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a redirect policy",
    label = "expected a `Policy`",
    note = "wrap a closure in `policy_fn(|request| …)`; it returns `Option<LocalPath>`, \
            `Option<Location>`, `Option<Redirect>` or `Decision<…>`",
    note = "turn a `String` into a `LocalPath` first: `LocalPath::new(&string)?`; a target from \
            configuration into a `Location`: `Location::from_config(&string)?`",
    note = "put `?` behind a constructor that returns a `Result`; a `ReturnTo` is asked where the value \
            stands: `.query(\"next\")`"
)]
pub trait Policy: Send + Sync {
    /// [`Location`](crate::location::Location) (where) or [`Redirect`](crate::redirect::Redirect) (where and how).
    type Target: Target;

    /// Looks at a request and answers.
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Self::Target>;

    /// Asks `other` where this one passes.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Policy, policy_fn, testing};
    ///
    /// let about = policy_fn(|request| {
    ///     (request.path() == "/about-us").then(|| LocalPath::from_static("/about"))
    /// });
    /// let policy = about.or(LocalPath::from_static("/"));
    ///
    /// testing::get("/about-us").through(&policy).assert_redirect("/about");
    /// testing::get("/elsewhere").through(&policy).assert_redirect("/");
    /// ```
    fn or<P>(self, other: P) -> Or<Self, P>
    where
        Self: Sized,
        P: Policy<Target = Self::Target>,
    {
        Or::new(self, other)
    }

    /// Asks this policy only about requests of which the closure says yes.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Policy, testing};
    ///
    /// let policy = LocalPath::from_static("/mobile")
    ///     .when(|request| request.header("x-device").is_some_and(|device| device == "phone"));
    ///
    /// testing::get("/").header("x-device", "phone").through(&policy).assert_redirect("/mobile");
    /// testing::get("/").through(&policy).assert_pass();
    /// ```
    fn when<F>(self, condition: F) -> WhenRequest<Self, F>
    where
        Self: Sized,
        F: Fn(&RequestHead<'_>) -> bool + Send + Sync,
    {
        WhenRequest::new(self, condition)
    }

    /// Does not ask this policy about requests of which the closure says yes.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Policy, testing};
    ///
    /// let policy = LocalPath::from_static("/maintenance")
    ///     .unless(|request| request.path().starts_with("/health"));
    ///
    /// testing::get("/health").through(&policy).assert_pass();
    /// testing::get("/shop").through(&policy).assert_redirect("/maintenance");
    /// ```
    fn unless<F>(self, condition: F) -> Unless<Self, F>
    where
        Self: Sized,
        F: Fn(&RequestHead<'_>) -> bool + Send + Sync,
    {
        Unless::new(self, condition)
    }

    /// Lifts a policy that says where to one that also says how: a [`Status`](crate::status::Status) or an
    /// [`Intent`](crate::status::Intent).
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Policy, Status, status::Intent, testing};
    ///
    /// let policy = LocalPath::from_static("/new").with(Intent::Permanent);
    /// testing::get("/old").through(&policy).assert_status(Status::MovedPermanently);
    /// testing::put("/old").through(&policy).assert_status(Status::PermanentRedirect);
    /// ```
    fn with(self, how: impl Into<StatusChoice>) -> With<Self>
    where
        Self: ChoosesLocation + Sized,
    {
        With::new(self, how.into())
    }

    /// Shows this policy the scheme, and by choice the host, that a proxy says the client used, where
    /// the proxy is believed.
    ///
    /// ```
    /// use std::net::SocketAddr;
    /// use axum::extract::ConnectInfo;
    /// use tower_redirect::{
    ///     Location, Policy, location::HttpScheme, policy_fn, testing,
    ///     trust::{ForwardedHeader, TrustedProxies, connect_info},
    /// };
    ///
    /// const SECURE: Location = Location::from_static("https://example.com/");
    ///
    /// let trust = TrustedProxies::networks(["10.0.0.0/8"], connect_info)?.header(ForwardedHeader::XForwardedProto);
    /// let policy = policy_fn(|request| {
    ///     (request.scheme()? == HttpScheme::Http).then_some(SECURE)
    /// })
    /// .trusting(trust);
    ///
    /// let proxy = ConnectInfo(SocketAddr::from(([10, 0, 0, 7], 4711)));
    /// let stranger = ConnectInfo(SocketAddr::from(([198, 51, 100, 7], 4711)));
    /// let request = testing::get("/").header("x-forwarded-proto", "http");
    /// request.clone().extension(proxy).through(&policy).assert_redirect("https://example.com/");
    /// request.extension(stranger).through(&policy).assert_pass();
    /// # Ok::<(), tower_redirect::trust::TrustError>(())
    /// ```
    ///
    /// It goes around any policy: what [`scheme`](RequestHead::scheme) and
    /// [`authority`](RequestHead::authority) answer is what [`TrustedProxies::view`](crate::trust::TrustedProxies::view)
    /// establishes. A redirect to the address that the client asked the proxy for is not sent.
    #[cfg(feature = "trust")]
    #[cfg_attr(docsrs, doc(cfg(feature = "trust")))]
    fn trusting(self, trust: crate::trust::TrustedProxies) -> Trusting<Self>
    where
        Self: Sized,
    {
        Trusting::new(self, trust)
    }

    /// Hides the type, so that different policies fit in one `Vec`.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Location, Policy, policy::BoxPolicy, policy_fn, testing};
    ///
    /// let mut policies: Vec<BoxPolicy<Location>> = Vec::new();
    /// policies.push(policy_fn(|_| None::<Location>).boxed());
    /// policies.push(LocalPath::from_static("/").boxed());
    ///
    /// testing::get("/x").through(&policies).assert_redirect("/");
    /// ```
    fn boxed(self) -> BoxPolicy<Self::Target>
    where
        Self: Sized + 'static,
    {
        Box::new(self)
    }
}

/// A policy whose type is hidden; [`Policy::boxed`] makes one.
///
/// ```
/// use tower_redirect::{LocalPath, Location, Policy, policy::BoxPolicy, testing};
///
/// fn policy(closed: bool) -> BoxPolicy<Location> {
///     match closed {
///         true => LocalPath::from_static("/closed").boxed(),
///         false => None::<LocalPath>.boxed(),
///     }
/// }
///
/// testing::get("/").through(&policy(true)).assert_redirect("/closed");
/// testing::get("/").through(&policy(false)).assert_pass();
/// ```
pub type BoxPolicy<T> = Box<dyn Policy<Target = T>>;

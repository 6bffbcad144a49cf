//! Policies decide which requests are redirected. This module has the [`Policy`] trait and the
//! policies of this crate.
//!
//! | Policy | What it does |
//! |---|---|
//! | [`policy_fn`] | Calls your closure. |
//! | [`LocalPath`], [`Location`], [`Redirect`] | Redirects every request to one target. |
//! | [`Canonical`] | Redirects to the canonical URL: https, host, slashes and case in one redirect. |
//! | [`Https`] | Redirects plaintext requests to https and refuses those it can't redirect. |
//! | [`CanonicalHost`] | Redirects other hosts to the canonical host, or refuses them. |
//! | [`TrailingSlash`] | Removes or adds the slash at the end of a path. |
//! | [`MergeSlashes`] | Replaces repeated slashes in a path with one slash. |
//! | [`LowerCase`] | Redirects paths to lower case. |
//! | [`IndexFile`] | Redirects `/docs/index.html` to `/docs/`. |
//! | [`LoginRedirect`] | Redirects to the login page, which gets the requested URL in a parameter. |
//! | [`ReturnTo`] | Redirects back to that URL after the login, but only to allowed origins. |
#![cfg_attr(
    feature = "rules",
    doc = "| [`Rules`](super::rules::Rules) | Redirects by rules, from code or from files. |",
    doc = "| [`PathMap`](super::rules::PathMap) | Redirects by a map from paths to targets. |"
)]
#![cfg_attr(
    feature = "reload",
    doc = "| [`Reloadable`](super::live::Reloadable) | Holds a policy that you replace at run time. |"
)]
//! | [`Shadow`] | Applies one policy, and reports requests that a candidate would decide differently. |
//!
//! Combine them:
//!
//! | Combinator | What it does |
//! |---|---|
//! | [`or`](Policy::or), tuples, arrays, slices, `Vec` | The first policy that doesn't pass decides. |
//! | [`when`](Policy::when), [`unless`](Policy::unless) | Applies a policy to some requests only. |
//! | `Option` | `None` passes. |
//! | `&P`, `Box`, `Arc` | Applies the policy that the pointer points to. |
//! | [`with`](Policy::with) | Adds a status to a policy that returns a [`Location`]. |
//! | [`after`](Policy::after) | Redirects only if the app responds with a status, for example 404. |
//! | [`Canonical::then`] | Applies rules to the canonical URL, so both together need only one redirect. |
//! | [`scheme_from`](Policy::scheme_from) | Reads the scheme from a listener, an extension or a proxy. |
#![cfg_attr(
    feature = "trust",
    doc = "| [`trusting`](Policy::trusting) | Reads the scheme, host and prefix from a trusted proxy. |"
)]
//! | [`boxed`](Policy::boxed) | Hides the type of a policy. |
//!
//! # How a decision is made
//!
//! 1. The layer calls [`decide`](Policy::decide) once for each request. If policies are combined,
//!    the first decision that isn't [`Pass`](DecisionKind::Pass) wins.
//! 2. [`Pass`](DecisionKind::Pass): the request goes through to the inner service.
//! 3. [`Refuse`](DecisionKind::Refuse): the layer responds with the 4xx status of the [`Refusal`].
//!    It doesn't call the inner service.
//! 4. [`Redirect`](DecisionKind::Redirect): the layer checks whether the redirect can be sent. If
//!    not, the request passes through to the inner service. The layer doesn't send:
//!    - a redirect for a CORS preflight, a WebSocket handshake, CONNECT or a request target that
//!      isn't a path,
//!    - a redirect to the requested URL,
//!    - a location that failed the output check.
//! 5. The layer sends the redirect at once if its [`Timing`] is `Before`. If it is `After`, the
//!    layer calls the inner service first. The redirect replaces the response if the response meets
//!    the condition.
//! 6. [`Enforce`](DecisionKind::Enforce): the layer makes the same checks as in step 4. It sends
//!    the redirect at once, whatever its timing is. If the redirect can't be sent, the layer
//!    refuses the request with 400. [`Https`] and [`Canonical::https`] decide this for a plaintext
//!    request that isn't exempt, so the request never reaches the inner service.
//!
//! [`LocalPath`]: crate::location::LocalPath
//! [`Location`]: crate::location::Location
//! [`Timing`]: crate::redirect::Timing

use http::StatusCode;

use crate::{redirect::Redirect, request::RequestHead, status::StatusChoice};

mod after;
mod canonical;
mod closure;
mod combine;
mod decision;
mod fixed;
mod forward;
mod into;
mod login;
mod return_to;
mod scheme_from;
mod shadow;
mod target;
#[cfg(feature = "trust")]
mod trusting;
mod with;

#[doc(inline)]
pub use crate::redirect::Refusal;
pub use after::After;
pub use canonical::{
    AnyHost, Canonical, CanonicalError, CanonicalHost, Https, HttpsEnforcement, IndexFile,
    LowerCase, MergeSlashes, OurHosts, SchemeSource, Then, TrailingSlash, UnknownHost,
    WithWellKnown,
};
pub use closure::{IntoDecision, PolicyFn, policy_fn};
pub use combine::{Or, Unless, WhenRequest};
pub use decision::{Decision, DecisionKind};
pub use into::IntoPolicy;
pub use login::LoginRedirect;
pub use return_to::{ReturnFrom, ReturnTo};
pub use scheme_from::SchemeFrom;
pub use shadow::{Difference, Shadow};
pub(crate) use target::ChoosesLocation;
pub use target::Target;
#[cfg(feature = "trust")]
pub use trusting::Trusting;
pub use with::With;

/// Decides whether and where a request is redirected.
///
/// A policy is a pure function of a [`RequestHead`]. This one moves old years into an archive:
///
/// ```
/// use tower_redirect::{Decision, LocalPath, Location, Policy, RequestHead, testing};
///
/// /// Redirects `/2019` to `/archive/2019`.
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
///                 .ok()
///                 .into(),
///             _ => Decision::pass(),
///         }
///     }
/// }
///
/// let policy = Archive { current_year: 2026 };
/// testing::get("/2019").through(&policy).assert_redirect("/archive/2019");
/// testing::get("/2026").through(&policy).assert_pass();
/// ```
///
/// You rarely implement this trait. [`policy_fn`] turns a closure into a policy. A [`Location`], a
/// [`LocalPath`] and a [`Redirect`] are policies that redirect every request. A layer also takes a
/// literal like `"/new"`.
///
/// [`Policy::Target`] says how much a policy chooses:
///
/// - [`Location`]: only the target. The constructor of the layer chooses the status.
/// - [`Redirect`]: the target and the status. Pass it to `RedirectLayer::new`.
///
/// # Policies are synchronous
///
/// A policy runs for every request, so it must be fast, and it can't wait. Load the data that it
/// needs beforehand. If only the handler knows the target, return a [`Redirect`] from the handler.
///
/// [`Location`]: crate::location::Location
/// [`LocalPath`]: crate::location::LocalPath
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a redirect policy",
    label = "expected a `Policy`",
    note = "wrap a closure in `policy_fn(|request| …)`; it returns `Option<LocalPath>`, \
            `Option<Location>`, `Option<Redirect>` or `Decision<…>`",
    note = "turn a `String` into a `LocalPath` first: `LocalPath::new(&string)?`; a target from \
            configuration into a `Location`: `Location::from_config(&string)?`",
    note = "add `?` to a constructor that returns a `Result`; for a `ReturnTo`, say where the value \
            is: `.query(\"next\")`"
)]
pub trait Policy: Send + Sync {
    /// A [`Location`](crate::location::Location), or a [`Redirect`] with its own status.
    type Target: Target;

    /// Decides about a request.
    ///
    /// ```
    /// use tower_redirect::{Decision, LocalPath, Policy, testing};
    ///
    /// let policy = LocalPath::from_static("/new");
    /// let decision = policy.decide(&testing::get("/old").head());
    /// assert_eq!(decision, Decision::redirect(policy.into()));
    /// ```
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Self::Target>;

    /// Applies `other` if this policy passes.
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

    /// Applies this policy only if the closure returns `true`.
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

    /// Applies this policy only if the closure returns `false`.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Policy, testing};
    ///
    /// let policy = LocalPath::from_static("/maintenance")
    ///     .unless(|request| request.path() == "/health");
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

    /// Adds a [`Status`](crate::status::Status) or an [`Intent`](crate::status::Intent) to a policy
    /// that chooses only the target.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, Policy, Status, status::Intent, testing};
    ///
    /// let policy = LocalPath::from_static("/new").with(Intent::Permanent);
    /// testing::get("/old").through(&policy).assert_status(Status::MovedPermanently);
    /// testing::put("/old").through(&policy).assert_status(Status::PermanentRedirect);
    /// ```
    fn with(self, status: impl Into<StatusChoice>) -> With<Self>
    where
        Self: ChoosesLocation + Sized,
    {
        With::new(self, status.into())
    }

    /// Sends the redirects of this policy only after the app responds with this status.
    ///
    /// The status replaces the [timing](crate::redirect::Timing) that the redirects have. Enforced
    /// redirects and refusals don't wait.
    ///
    /// ```
    /// use http::StatusCode;
    /// use tower_redirect::{Policy, RedirectLayer, rules::{Rule, Rules}, testing};
    ///
    /// // A page of the app wins over a rule.
    /// let rules = Rules::new([Rule::permanent("/blog/{slug}", "/posts/{slug}")])?;
    /// let layer = RedirectLayer::new(rules.after(StatusCode::NOT_FOUND));
    /// testing::get("/blog/hello").through_layer(&layer)
    ///     .assert_redirect("/posts/hello")
    ///     .assert_after(StatusCode::NOT_FOUND);
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// If the policy chooses only the target, the layer has the method:
    /// `RedirectLayer::permanent("/archive").after(StatusCode::NOT_FOUND)`.
    fn after(self, status: StatusCode) -> After<Self>
    where
        Self: Policy<Target = Redirect> + Sized,
    {
        After::new(self, status)
    }

    /// Gives this policy the scheme that the source knows.
    ///
    /// Without TLS in the app, plaintext and encrypted requests look the same. A redirect that only
    /// changes the scheme then looks like a redirect loop, so the layer doesn't send it. With the
    /// scheme, the layer sends it. [`CanonicalHost`] keeps a known scheme, so it can redirect `www`
    /// on two listeners without enforcing https:
    ///
    /// ```
    /// use tower_redirect::{Policy, policy::{CanonicalHost, SchemeSource}, testing};
    ///
    /// let host = CanonicalHost::with_aliases("example.com", ["www.example.com"])?;
    /// let plaintext = host.clone().scheme_from(SchemeSource::plaintext_listener());
    /// let encrypted = host.scheme_from(SchemeSource::tls_listener());
    ///
    /// let www = testing::get("/a").header("host", "www.example.com");
    /// www.clone().through(&plaintext).assert_redirect("http://example.com/a");
    /// www.through(&encrypted).assert_redirect("https://example.com/a");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// If the source is a trusted proxy that forwards no scheme, the scheme stays unknown. To
    /// refuse or redirect every plaintext request, use [`Https`].
    fn scheme_from(self, source: SchemeSource) -> SchemeFrom<Self>
    where
        Self: Sized,
    {
        SchemeFrom::new(self, source)
    }

    /// Gives this policy the scheme, and optionally the host and the prefix, that a trusted proxy
    /// forwards.
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
    /// let proxies = TrustedProxies::networks(["10.0.0.0/8"], connect_info)?
    ///     .header(ForwardedHeader::XForwardedProto);
    /// let policy = policy_fn(|request| {
    ///     (request.scheme()? == HttpScheme::Http).then_some(SECURE)
    /// })
    /// .trusting(proxies);
    ///
    /// let proxy = ConnectInfo(SocketAddr::from(([10, 0, 0, 7], 4711)));
    /// let stranger = ConnectInfo(SocketAddr::from(([198, 51, 100, 7], 4711)));
    /// let request = testing::get("/").header("x-forwarded-proto", "http");
    /// request.clone().extension(proxy).through(&policy).assert_redirect("https://example.com/");
    /// request.extension(stranger).through(&policy).assert_pass();
    /// # Ok::<(), tower_redirect::trust::TrustError>(())
    /// ```
    ///
    /// It works with every policy: [`scheme`](RequestHead::scheme),
    /// [`authority`](RequestHead::authority) and [`prefix`](RequestHead::prefix) return what
    /// [`TrustedProxies::view`](crate::trust::TrustedProxies::view) found. The layer never sends a
    /// redirect to the URL that the client requested from the proxy.
    #[cfg(feature = "trust")]
    #[cfg_attr(docsrs, doc(cfg(feature = "trust")))]
    fn trusting(self, proxies: crate::trust::TrustedProxies) -> Trusting<Self>
    where
        Self: Sized,
    {
        Trusting::new(self, proxies)
    }

    /// Hides the type of this policy, so different policies fit in one `Vec`.
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

/// A policy with a hidden type. [`Policy::boxed`] returns it.
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

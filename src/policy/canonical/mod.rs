//! Canonical URLs: https, host and path in one redirect.
//!
//! [`Canonical`] combines the steps. [`Https`], [`CanonicalHost`] and the steps on paths are
//! policies of their own. [`Normalizer`] is the algorithm that all of them share.

use std::{fmt, marker::PhantomData};

use crate::{
    location::Location,
    policy::{Decision, Policy},
    request::RequestHead,
};

mod acme;
mod enforcement;
mod error;
mod established;
mod host;
mod host_list;
mod https;
mod normalizer;
mod path;
mod scheme_source;
mod steps;
mod subtree;
mod then;
mod unknown_host;

use normalizer::Normalizer;
use path::PathSteps;

pub use enforcement::HttpsEnforcement;
pub use error::CanonicalError;
pub use host::CanonicalHost;
pub use https::Https;
pub use scheme_source::SchemeSource;
pub use steps::{IndexFile, LowerCase, MergeSlashes, TrailingSlash, WithWellKnown};
pub use then::Then;
pub use unknown_host::UnknownHost;

/// Redirects to the canonical URL of a page: https, host, port, slashes and case in one redirect.
///
/// ```
/// use tower_redirect::{Canonical, RedirectLayer, Status, policy::SchemeSource, testing};
///
/// // This service handles only the plaintext listener.
/// let canonical = Canonical::host("example.com")?
///     .https(SchemeSource::plaintext_listener())
///     .trim_trailing_slash()
///     .merge_slashes()
///     .lower_case();
///
/// testing::get("//Docs/Guide/?Page=2")
///     .header("host", "www.example.com:80")
///     .through(&canonical)
///     .assert_redirect("https://example.com/docs/guide?Page=2");
///
/// let layer = RedirectLayer::permanent(canonical);
/// # Ok::<(), tower_redirect::policy::CanonicalError>(())
/// ```
///
/// One redirect is enough, however many steps apply: the policy passes a request for the target
/// through. Only [`same_host_first`](HttpsEnforcement::same_host_first) needs two. The query stays
/// as it is, byte for byte. Each step is also a policy: [`Https`], [`CanonicalHost`],
/// [`TrailingSlash`], [`MergeSlashes`], [`LowerCase`], [`IndexFile`].
///
/// # What is never redirected
///
/// These requests pass through:
///
/// - a target that isn't a path (`OPTIONS *`, CONNECT),
/// - a path with a `.` or `..` segment,
/// - a request whose location would be longer than 8,000 bytes.
///
/// If https is enforced, the policy refuses these requests over plaintext.
///
/// The steps on paths skip paths below `/.well-known/`, because their clients compare them byte for
/// byte. The scheme and the host are still corrected.
/// [`normalize_well_known`](Self::normalize_well_known) applies the steps there too. No step ever
/// changes the path of an ACME challenge (`/.well-known/acme-challenge/<token>`).
///
/// # Where to put it
///
/// Put it on the outermost router with `.layer(…)`. There the policy sees the URL that the client
/// requested. Inside a nested router, enable the `axum` feature, so the policy sees the whole path.
/// If you have rules too, apply them to the canonical URL with [`then`](Self::then).
///
/// Browsers keep permanent redirects, so try the policy with `RedirectLayer::temporary` first.
///
/// Source: RFC 9110 §4.2.3, §7.2 and §15.4.9; RFC 6596 for canonical URLs.
pub struct Canonical<H = OurHosts> {
    host: Option<CanonicalHost>,
    https: Option<HttpsEnforcement>,
    path: PathSteps,
    marker: PhantomData<fn() -> H>,
}

/// Marks a [`Canonical`] with configured hosts, which is needed to enforce https.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct OurHosts(());

/// Marks a [`Canonical`] that accepts every host.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct AnyHost(());

impl Canonical<AnyHost> {
    /// Keeps the scheme and the host. All steps on the path together need only one redirect.
    ///
    /// ```
    /// use tower_redirect::{Canonical, testing};
    ///
    /// let canonical = Canonical::any_host().merge_slashes().trim_trailing_slash();
    /// testing::get("/a//b/").through(&canonical).assert_redirect("/a/b");
    /// ```
    ///
    /// This policy has no `https` method, because https is enforced for configured hosts only. To
    /// name the type, write `Canonical<policy::AnyHost>`.
    #[must_use]
    pub fn any_host() -> Self {
        Self::new(None)
    }
}

impl Canonical<OurHosts> {
    /// Redirects every other host to this one, as [`CanonicalHost::new`] does.
    ///
    /// The redirect goes to `https://`, even without [`https`](Self::https), if the scheme of the
    /// request is unknown. To use http, write the scheme: `http://localhost:3000`.
    ///
    /// ```
    /// use tower_redirect::{Canonical, testing};
    ///
    /// let canonical = Canonical::host("example.com")?;
    /// testing::get("/").header("host", "www.example.com").through(&canonical)
    ///     .assert_redirect("https://example.com/");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text isn't a valid host. The error names the byte.
    pub fn host(host: &str) -> Result<Self, CanonicalError> {
        CanonicalHost::new(host).map(Self::on)
    }

    /// Uses a [`CanonicalHost`], which may have aliases, list several hosts, map hosts to canonical
    /// hosts, or refuse unknown hosts.
    ///
    /// ```
    /// use tower_redirect::{Canonical, policy::CanonicalHost, testing};
    ///
    /// let host = CanonicalHost::with_aliases("example.com", ["www.example.com"])?;
    /// let canonical = Canonical::on(host).trim_trailing_slash();
    /// testing::get("/a/").header("host", "www.example.com").through(&canonical)
    ///     .assert_redirect("https://example.com/a");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[must_use]
    pub fn on(host: CanonicalHost) -> Self {
        Self::new(Some(host))
    }

    /// Redirects plaintext requests to https, and refuses those it can't redirect, as [`Https`]
    /// does.
    ///
    /// ```
    /// use tower_redirect::{Canonical, policy::SchemeSource, testing};
    ///
    /// let canonical = Canonical::host("example.com")?.https(SchemeSource::plaintext_listener());
    /// testing::get("/").header("host", "example.com").through(&canonical)
    ///     .assert_redirect("https://example.com/");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[must_use]
    pub fn https(mut self, enforcement: impl Into<HttpsEnforcement>) -> Self {
        self.https = Some(enforcement.into());
        self
    }
}

impl<H> Canonical<H> {
    const fn new(host: Option<CanonicalHost>) -> Self {
        Self {
            host,
            https: None,
            path: PathSteps::none(),
            marker: PhantomData,
        }
    }

    /// Redirects `/a/` to `/a`, as [`TrailingSlash::Trim`] does.
    ///
    /// ```
    /// use tower_redirect::{Canonical, testing};
    ///
    /// let canonical = Canonical::any_host().trim_trailing_slash();
    /// testing::get("/a/").through(&canonical).assert_redirect("/a");
    /// ```
    #[must_use]
    pub fn trim_trailing_slash(self) -> Self {
        self.trailing_slash(TrailingSlash::Trim)
    }

    /// Redirects `/a` to `/a/`, as [`TrailingSlash::Append`] does.
    ///
    /// ```
    /// use tower_redirect::{Canonical, testing};
    ///
    /// let canonical = Canonical::any_host().append_trailing_slash();
    /// testing::get("/a").through(&canonical).assert_redirect("/a/");
    /// ```
    #[must_use]
    pub fn append_trailing_slash(self) -> Self {
        self.trailing_slash(TrailingSlash::Append)
    }

    /// Removes or adds the slash at the end of paths.
    ///
    /// ```
    /// use tower_redirect::{Canonical, policy::TrailingSlash, testing};
    ///
    /// let canonical = Canonical::any_host().trailing_slash(TrailingSlash::AppendToFolders);
    /// testing::get("/a").through(&canonical).assert_redirect("/a/");
    /// testing::get("/a.css").through(&canonical).assert_pass();
    /// ```
    #[must_use]
    pub fn trailing_slash(mut self, slash: TrailingSlash) -> Self {
        self.path.trailing_slash = Some(slash);
        self
    }

    /// Replaces repeated slashes with one slash, as [`MergeSlashes`] does.
    ///
    /// ```
    /// use tower_redirect::{Canonical, testing};
    ///
    /// let canonical = Canonical::any_host().merge_slashes();
    /// testing::get("/a//b").through(&canonical).assert_redirect("/a/b");
    /// ```
    #[must_use]
    pub fn merge_slashes(mut self) -> Self {
        self.path.merge_slashes = true;
        self
    }

    /// Redirects paths to lower case, as [`LowerCase`] does.
    ///
    /// ```
    /// use tower_redirect::{Canonical, testing};
    ///
    /// let canonical = Canonical::any_host().lower_case();
    /// testing::get("/About?Us").through(&canonical).assert_redirect("/about?Us");
    /// ```
    #[must_use]
    pub fn lower_case(mut self) -> Self {
        self.path.lower_case = true;
        self
    }

    /// Redirects index files to their folder, as [`IndexFile`] does.
    ///
    /// ```
    /// use tower_redirect::{Canonical, policy::IndexFile, testing};
    ///
    /// let index = IndexFile::new(["index.html"])?;
    /// let canonical = Canonical::any_host().index_file(index).trim_trailing_slash();
    /// testing::get("/docs/index.html").through(&canonical).assert_redirect("/docs");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[must_use]
    pub fn index_file(mut self, index: IndexFile) -> Self {
        self.path.index_files = index.steps.index_files;
        self
    }

    /// Applies the steps on paths to `/.well-known/…` too.
    ///
    /// By default, they skip these paths: an app-association file, a `security.txt` or a validation
    /// file has a fixed path, and some clients follow no redirect. The scheme and the host are
    /// corrected in any case. An ACME challenge always keeps its path.
    ///
    /// ```
    /// use tower_redirect::{Canonical, testing};
    ///
    /// let canonical = Canonical::any_host().trim_trailing_slash().lower_case();
    /// let get = || testing::get("/.well-known/OpenID-Configuration/");
    /// get().through(&canonical).assert_pass();
    /// get().through(&canonical.normalize_well_known())
    ///     .assert_redirect("/.well-known/openid-configuration");
    /// ```
    ///
    /// A path counts only if it begins with exactly `/.well-known/`, as received. `/.well-known`
    /// and `/.WELL-KNOWN/` are ordinary paths. So is a path with a `.` or `..` segment, a `\`, or
    /// an encoded dot, slash or backslash.
    ///
    /// Source: RFC 8615 §3.
    #[must_use]
    pub fn normalize_well_known(mut self) -> Self {
        self.path.normalizes_well_known = true;
        self
    }

    #[inline]
    fn normalizer(&self) -> Normalizer<'_> {
        Normalizer {
            host: self.host.as_ref(),
            https: self.https.as_ref(),
            path: &self.path,
        }
    }
}

impl<H> Policy for Canonical<H> {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        self.normalizer().decide(request)
    }
}

// `derive` would require `H: Clone` and `H: Debug`.
impl<H> Clone for Canonical<H> {
    fn clone(&self) -> Self {
        Self {
            host: self.host.clone(),
            https: self.https.clone(),
            path: self.path.clone(),
            marker: PhantomData,
        }
    }
}

impl<H> fmt::Debug for Canonical<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canonical")
            .field("host", &self.host)
            .field("https", &self.https)
            .field("path", &self.path)
            .finish()
    }
}

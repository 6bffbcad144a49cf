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
mod https;
mod names;
mod normalizer;
mod path;
mod scheme_source;
mod steps;
mod then;

use normalizer::Normalizer;
use path::PathSteps;

pub use enforcement::HttpsEnforcement;
pub use error::CanonicalError;
pub use host::{CanonicalHost, UnknownHost};
pub use https::Https;
pub use scheme_source::SchemeSource;
pub use steps::{IndexFile, LowerCase, MergeSlashes, TrailingSlash};
pub use then::Then;

/// The one address that a page is known by: https, host, port, slashes, case, in one redirect.
///
/// ```
/// use tower_redirect::{Canonical, RedirectLayer, Status, policy::SchemeSource, testing};
///
/// // Behind the plaintext listener.
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
/// However many steps apply, there is one redirect, and its target is canonical: the policy passes for
/// it. (With [`same_host_first`](HttpsEnforcement::same_host_first) there are two.) The query stays as it is,
/// byte for byte. Each step stands alone too: [`Https`], [`CanonicalHost`], [`TrailingSlash`],
/// [`MergeSlashes`], [`LowerCase`], [`IndexFile`].
///
/// # What is never redirected
///
/// A request for no path (`*`, CONNECT), a path with a segment `.` or `..`, and a location over 8,000
/// bytes are passed on. Where https is enforced, they are refused instead. No step respells the path of
/// a certificate authority's challenge (`/.well-known/acme-challenge/<token>`).
///
/// # Where it stands
///
/// On the outermost router, by `.layer(…)`: its address is the one that the client asked for. Inside a
/// router that nests, feature `axum` is needed for the whole path. With a table of rules, ask the rules
/// [about the canonical address](Self::then).
///
/// Permanent redirects are kept by browsers: try it with `RedirectLayer::temporary` first.
///
/// Source: RFC 9110 §4.2.3, §7.2 and §15.4.9; RFC 6596 for what a canonical address is.
pub struct Canonical<H = OurHosts> {
    host: Option<CanonicalHost>,
    https: Option<HttpsEnforcement>,
    path: PathSteps,
    hosts: PhantomData<fn() -> H>,
}

/// A [`Canonical`] address that knows its host, so that it may enforce https.
///
/// ```
/// use tower_redirect::{Canonical, policy::{CanonicalError, OurHosts}};
///
/// fn canonical() -> Result<Canonical<OurHosts>, CanonicalError> {
///     Ok(Canonical::host("example.com")?.trim_trailing_slash())
/// }
/// # assert!(canonical().is_ok());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OurHosts(());

/// A [`Canonical`] address whose host is nobody's business.
///
/// ```
/// use tower_redirect::{Canonical, policy::AnyHost};
///
/// fn canonical() -> Canonical<AnyHost> {
///     Canonical::any_host().trim_trailing_slash()
/// }
/// # canonical();
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AnyHost(());

impl Canonical<AnyHost> {
    /// Leaves scheme and host alone; the steps on the path are in one redirect.
    ///
    /// ```
    /// use tower_redirect::{Canonical, testing};
    ///
    /// let canonical = Canonical::any_host().merge_slashes().trim_trailing_slash();
    /// testing::get("/a//b/").through(&canonical).assert_redirect("/a/b");
    /// ```
    #[must_use]
    pub fn any_host() -> Self {
        Self::new(None)
    }
}

impl Canonical<OurHosts> {
    /// Sends every other host to this one, as [`CanonicalHost::new`] has it: to `https://`, also before
    /// [`https`](Self::https) is asked for, unless a scheme is written (`http://localhost:3000`).
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
    /// When the text is no host; the error names the byte.
    pub fn host(host: &str) -> Result<Self, CanonicalError> {
        CanonicalHost::new(host).map(Self::on)
    }

    /// Treats hosts as this says: listed aliases, several hosts, others refused.
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

    /// Sends plaintext to https, and lets none of it through; see [`Https`].
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
    pub fn https(mut self, https: impl Into<HttpsEnforcement>) -> Self {
        self.https = Some(https.into());
        self
    }
}

impl<H> Canonical<H> {
    const fn new(host: Option<CanonicalHost>) -> Self {
        Self {
            host,
            https: None,
            path: PathSteps::none(),
            hosts: PhantomData,
        }
    }

    /// `/a/` goes to `/a`: [`TrailingSlash::Trim`].
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

    /// `/a` goes to `/a/`: [`TrailingSlash::Append`].
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

    /// Spells the end of paths in one way.
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

    /// One slash where several follow each other: [`MergeSlashes`].
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

    /// Paths in lower case: [`LowerCase`].
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

    /// The folder in place of its index file: [`IndexFile`].
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

    #[inline]
    fn parts(&self) -> Normalizer<'_> {
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
        self.parts().decide(request)
    }
}

// The marker is never there, so that these need nothing of it.
impl<H> Clone for Canonical<H> {
    fn clone(&self) -> Self {
        Self {
            host: self.host.clone(),
            https: self.https.clone(),
            path: self.path.clone(),
            hosts: PhantomData,
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

//! The steps on a path. Each is also a policy.

use std::{fmt, str::FromStr};

use super::{CanonicalError, Normalizer, path::PathSteps};
use crate::{
    location::{LocalPath, Location},
    policy::{Decision, Policy},
    request::RequestHead,
};

/// Removes or adds the slash at the end of a path.
///
/// ```
/// use tower_redirect::{RedirectLayer, policy::TrailingSlash, testing};
///
/// testing::get("/a/?b").through(&TrailingSlash::Trim).assert_redirect("/a?b");
/// testing::get("/a?b").through(&TrailingSlash::Append).assert_redirect("/a/?b");
/// testing::get("/a").through(&TrailingSlash::AppendToFolders).assert_redirect("/a/");
/// testing::get("/a.css").through(&TrailingSlash::AppendToFolders).assert_pass();
///
/// let layer = RedirectLayer::permanent(TrailingSlash::Trim);
/// ```
///
/// The query stays as it is. `/` is never redirected, and paths below `/.well-known/` aren't
/// redirected unless you call [`normalize_well_known`](Self::normalize_well_known). A request
/// passes through if its path, sent back as a location, would lead to another host (`//x`) or has a
/// `.` or `..` segment.
///
/// Inside a nested router, enable the `axum` feature, so the policy sees the whole path.
///
/// If the app redirects the other way, the two redirects loop. For example, `ServeDir` of
/// tower-http redirects folders to their URL with a slash.
///
/// `Display` and `FromStr` use `trim`, `append` and `append-to-folders`:
///
/// ```
/// use tower_redirect::policy::TrailingSlash;
///
/// assert_eq!("trim".parse(), Ok(TrailingSlash::Trim));
/// assert_eq!(TrailingSlash::AppendToFolders.to_string(), "append-to-folders");
///
/// let error = "remove".parse::<TrailingSlash>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid trailing-slash setting `remove`: use `trim`, `append` or `append-to-folders`",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrailingSlash {
    /// Redirects `/a/` and `/a//` to `/a`.
    Trim,
    /// Redirects `/a` to `/a/`.
    Append,
    /// Redirects `/a` to `/a/`, unless the last segment has an extension (`/a.css`).
    AppendToFolders,
}

impl TrailingSlash {
    const ALL: [Self; 3] = [Self::Trim, Self::Append, Self::AppendToFolders];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Trim => "trim",
            Self::Append => "append",
            Self::AppendToFolders => "append-to-folders",
        }
    }

    /// Applies the step to paths below `/.well-known/` too.
    ///
    /// ```
    /// use tower_redirect::{policy::TrailingSlash, testing};
    ///
    /// let step = TrailingSlash::Append;
    /// testing::get("/.well-known/security.txt").through(&step).assert_pass();
    /// testing::get("/.well-known/security.txt").through(&step.normalize_well_known())
    ///     .assert_redirect("/.well-known/security.txt/");
    /// ```
    #[must_use]
    pub fn normalize_well_known(self) -> WithWellKnown {
        WithWellKnown::of(self.steps())
    }

    fn steps(self) -> PathSteps {
        PathSteps {
            trailing_slash: Some(self),
            ..PathSteps::none()
        }
    }
}

impl fmt::Display for TrailingSlash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TrailingSlash {
    type Err = CanonicalError;

    fn from_str(text: &str) -> Result<Self, CanonicalError> {
        let message = "use `trim`, `append` or `append-to-folders`";
        Self::ALL
            .into_iter()
            .find(|slash| slash.as_str() == text)
            .ok_or_else(|| CanonicalError::message("trailing-slash setting", text, message))
    }
}

impl Policy for TrailingSlash {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        Normalizer::of_path(&self.steps()).decide(request)
    }
}

/// Replaces repeated slashes in the path with one slash.
///
/// ```
/// use tower_redirect::{policy::MergeSlashes, testing};
///
/// testing::get("/a//b///c?d=//e").through(&MergeSlashes).assert_redirect("/a/b/c?d=//e");
/// testing::get("//stranger.example").through(&MergeSlashes).assert_redirect("/stranger.example");
/// testing::get("/a/b?c=//d").through(&MergeSlashes).assert_pass();
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MergeSlashes;

impl MergeSlashes {
    const fn steps() -> PathSteps {
        let mut steps = PathSteps::none();
        steps.merge_slashes = true;
        steps
    }

    /// Applies the step to paths below `/.well-known/` too.
    ///
    /// ```
    /// use tower_redirect::{policy::MergeSlashes, testing};
    ///
    /// let step = MergeSlashes;
    /// testing::get("/.well-known/a//b").through(&step).assert_pass();
    /// testing::get("/.well-known/a//b").through(&step.normalize_well_known())
    ///     .assert_redirect("/.well-known/a/b");
    /// ```
    #[must_use]
    pub fn normalize_well_known(self) -> WithWellKnown {
        WithWellKnown::of(Self::steps())
    }
}

impl Policy for MergeSlashes {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        Normalizer::of_path(&Self::steps()).decide(request)
    }
}

/// Redirects paths to lower case.
///
/// ```
/// use tower_redirect::{policy::LowerCase, testing};
///
/// testing::get("/About/Us?Tab=A").through(&LowerCase).assert_redirect("/about/us?Tab=A");
/// testing::get("/caf%c3%a9").through(&LowerCase).assert_redirect("/caf%C3%A9");
/// ```
///
/// Use it only if your app treats paths that differ in case as the same page.
///
/// It changes ASCII letters only. Hex digits of escapes become upper case. The query stays as it
/// is. Paths below `/.well-known/` stay too, unless you call
/// [`normalize_well_known`](Self::normalize_well_known).
///
/// Source: RFC 3986 §6.2.2.1 for escapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LowerCase;

impl LowerCase {
    const fn steps() -> PathSteps {
        let mut steps = PathSteps::none();
        steps.lower_case = true;
        steps
    }

    /// Applies the step to paths below `/.well-known/` too.
    ///
    /// ```
    /// use tower_redirect::{policy::LowerCase, testing};
    ///
    /// let step = LowerCase;
    /// testing::get("/.well-known/A").through(&step).assert_pass();
    /// testing::get("/.well-known/A").through(&step.normalize_well_known())
    ///     .assert_redirect("/.well-known/a");
    /// ```
    #[must_use]
    pub fn normalize_well_known(self) -> WithWellKnown {
        WithWellKnown::of(Self::steps())
    }
}

impl Policy for LowerCase {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        Normalizer::of_path(&Self::steps()).decide(request)
    }
}

/// Redirects index files to their folder.
///
/// ```
/// use tower_redirect::{policy::IndexFile, testing};
///
/// let index = IndexFile::new(["index.html", "index.php"])?;
/// testing::get("/docs/index.html?v=2").through(&index).assert_redirect("/docs/?v=2");
/// testing::get("/docs/").through(&index).assert_pass();
/// # Ok::<(), tower_redirect::policy::CanonicalError>(())
/// ```
#[derive(Clone, Debug)]
pub struct IndexFile {
    pub(super) steps: PathSteps,
}

impl IndexFile {
    /// Takes the names of index files, percent-encoded as in a URL. The case matters.
    ///
    /// ```
    /// use tower_redirect::policy::IndexFile;
    ///
    /// let error = IndexFile::new(["a/index.html"]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "invalid index file `a/index.html`: not one segment of a path; write it \
    ///      percent-encoded, without `/`, `?` and `#`",
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if no name is listed, or if a name isn't exactly one segment of a path.
    /// Empty names, `.` and `..` aren't segments.
    pub fn new(names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, CanonicalError> {
        let index_files = names
            .into_iter()
            .map(|name| check_name(name.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        if index_files.is_empty() {
            return Err(CanonicalError::missing("index files"));
        }
        Ok(Self {
            steps: PathSteps {
                index_files,
                ..PathSteps::none()
            },
        })
    }

    /// Applies the step to paths below `/.well-known/` too.
    ///
    /// ```
    /// use tower_redirect::{policy::IndexFile, testing};
    ///
    /// let step = IndexFile::new(["index.html"])?;
    /// testing::get("/.well-known/index.html").through(&step).assert_pass();
    /// testing::get("/.well-known/index.html").through(&step.normalize_well_known())
    ///     .assert_redirect("/.well-known/");
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[must_use]
    pub fn normalize_well_known(self) -> WithWellKnown {
        WithWellKnown::of(self.steps)
    }
}

/// Checks that a name is one percent-encoded segment of a path.
fn check_name(name: &str) -> Result<Box<str>, CanonicalError> {
    let message = "not one segment of a path; write it percent-encoded, without `/`, `?` and `#`";
    let is_segment = !name.is_empty()
        && !name.contains(['/', '?', '#'])
        && LocalPath::new(&format!("/{name}")).is_ok_and(|path| path.as_str().ends_with(name));
    if is_segment {
        Ok(name.into())
    } else {
        Err(CanonicalError::message("index file", name, message))
    }
}

impl Policy for IndexFile {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        Normalizer::of_path(&self.steps).decide(request)
    }
}

/// A step on paths that applies to `/.well-known/…` too. `normalize_well_known` of each step
/// returns it.
///
/// ```
/// use tower_redirect::{policy::{LowerCase, TrailingSlash, WithWellKnown}, testing};
///
/// let steps: [WithWellKnown; 2] =
///     [LowerCase.normalize_well_known(), TrailingSlash::Trim.normalize_well_known()];
/// testing::get("/.well-known/A/").through(&steps).assert_redirect("/.well-known/a/");
/// ```
///
/// An ACME challenge (`/.well-known/acme-challenge/<token>`) still keeps its path.
#[derive(Clone, Debug)]
pub struct WithWellKnown {
    steps: PathSteps,
}

impl WithWellKnown {
    const fn of(mut steps: PathSteps) -> Self {
        steps.normalizes_well_known = true;
        Self { steps }
    }
}

impl Policy for WithWellKnown {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        Normalizer::of_path(&self.steps).decide(request)
    }
}

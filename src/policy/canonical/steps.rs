//! The steps on a path, each a policy of its own.

use super::{CanonicalError, Normalizer, path::PathSteps};
use crate::{
    location::Location,
    policy::{Decision, Policy},
    request::RequestHead,
};

/// One spelling for paths that end with a slash and without.
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
/// The query stays as it is, and so do `/` and the challenge of a certificate authority
/// (`/.well-known/acme-challenge/<token>`), whatever the step. A request that has no path of this site in it (`//x`, a
/// segment `..`) is passed on. Inside a router that nests, feature `axum` is needed for the whole path.
///
/// An app that redirects the other way makes a loop of it: tower-http's `ServeDir` sends folders to their
/// address with a slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TrailingSlash {
    /// `/a/` goes to `/a`, and so does `/a//`.
    Trim,
    /// `/a` goes to `/a/`.
    Append,
    /// `/a` goes to `/a/`, but not where the last segment has an extension: `/a.css`.
    AppendToFolders,
}

impl TrailingSlash {
    fn steps(self) -> PathSteps {
        PathSteps {
            trailing_slash: Some(self),
            ..PathSteps::none()
        }
    }
}

impl Policy for TrailingSlash {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        Normalizer::of_path(&self.steps()).decide(request)
    }
}

/// One slash where several follow each other in the path.
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

impl Policy for MergeSlashes {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        let steps = PathSteps {
            merge_slashes: true,
            ..PathSteps::none()
        };
        Normalizer::of_path(&steps).decide(request)
    }
}

/// Paths in lower case.
///
/// ```
/// use tower_redirect::{policy::LowerCase, testing};
///
/// testing::get("/About/Us?Tab=A").through(&LowerCase).assert_redirect("/about/us?Tab=A");
/// testing::get("/caf%c3%a9").through(&LowerCase).assert_redirect("/caf%C3%A9");
/// ```
///
/// ASCII letters only; the digits of an escape are written in upper case. The query is left alone, and
/// so is the challenge of a certificate authority, whose token has both cases.
/// It is for a site whose app does not tell case apart.
///
/// Source: RFC 3986 §6.2.2.1 for escapes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct LowerCase;

impl Policy for LowerCase {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        let steps = PathSteps {
            lower_case: true,
            ..PathSteps::none()
        };
        Normalizer::of_path(&steps).decide(request)
    }
}

/// The folder in place of its index file.
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
    /// These names, as they stand in a path that is sent, case and all.
    ///
    /// ```
    /// use tower_redirect::policy::IndexFile;
    ///
    /// let error = IndexFile::new(["a/index.html"]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "index file `a/index.html`: it is one segment of a path; write it without `/`, `?` and \
    ///      `#`, and percent-encoded",
    /// );
    /// ```
    ///
    /// # Errors
    ///
    /// When there is no name, or one is empty, `.` or `..`, or more or less than one segment of a path.
    pub fn new(names: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, CanonicalError> {
        let index_files = names
            .into_iter()
            .map(|name| checked(name.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        if index_files.is_empty() {
            return Err(CanonicalError::nothing("index files"));
        }
        Ok(Self {
            steps: PathSteps {
                index_files,
                ..PathSteps::none()
            },
        })
    }
}

/// A name that stands in a path as it is written.
fn checked(name: &str) -> Result<Box<str>, CanonicalError> {
    let why = "it is one segment of a path; write it without `/`, `?` and `#`, and percent-encoded";
    let fits = !name.is_empty()
        && !name.contains(['/', '?', '#'])
        && crate::location::LocalPath::new(&format!("/{name}"))
            .is_ok_and(|path| path.as_str().ends_with(name));
    if fits {
        Ok(name.into())
    } else {
        Err(CanonicalError::sentence("index file", name, why))
    }
}

impl Policy for IndexFile {
    type Target = Location;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<Location> {
        Normalizer::of_path(&self.steps).decide(request)
    }
}

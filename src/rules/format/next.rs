//! The redirects of Next.js: the list that `redirects()` in its configuration returns, as JSON.
//!
//! ```
//! use tower_redirect::rules::next;
//! use tower_redirect::testing;
//!
//! let rules = next::parse(
//!     r#"[{ "source": "/blog/:slug", "destination": "/posts/:slug", "permanent": true }]"#,
//! )?;
//! testing::get("/Blog/hello").through(&rules).assert_redirect("/posts/hello");
//! # Ok::<(), tower_redirect::rules::Diagnostics>(())
//! ```
//!
//! Everything is as [`vercel`](super::vercel) says, but for this: the case of a source makes no difference,
//! each entry has one of `permanent` and `statusCode`, `$1` in a destination is text, there is no `env`, and
//! as many entries as you like. There is no base path and no locale here: `basePath` and `locale` are warnings,
//! and the path is taken as it stands.

use super::{Parsed, vercel};
use crate::rules::{Diagnostics, Format, Rules};

/// The rules of a text in which nothing is wrong; warnings are not shown.
///
/// ```
/// use tower_redirect::rules::next;
///
/// let entry = r#"{ "source": "/a", "destination": "/b", "statusCode": 301 }"#;
/// assert_eq!(next::parse(&format!("[{entry}]"))?.len(), 1);
/// # Ok::<(), tower_redirect::rules::Diagnostics>(())
/// ```
///
/// # Errors
///
/// Everything to be said about the text, if there is an error among it.
pub fn parse(text: &str) -> Result<Rules, Diagnostics> {
    Format::Next.parse(text)
}

/// The rules, none where there is an error, and what is to be said about the text.
///
/// ```
/// use tower_redirect::rules::next;
///
/// let parsed = next::parse_lossy(r#"[{ "source": "/a", "destination": "/b" }]"#);
/// assert_eq!(
///     parsed.diagnostics.to_string(),
///     "rules:1:2: error: this redirect has neither `permanent` nor `statusCode`; write one of them",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::Next.parse_lossy(text)
}

/// Reads a document.
pub(super) fn read(text: &str) -> Parsed {
    vercel::read(text, vercel::Dialect::Next)
}

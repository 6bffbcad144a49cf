//! The redirects of Next.js, as JSON.
//!
//! Next.js writes them as code, in the `redirects()` function of `next.config.js`. Save the list
//! that the function returns as JSON (`JSON.stringify`), and load that file.
//!
//! ```
//! use tower_redirect::rules::next;
//! use tower_redirect::testing;
//!
//! let rules = next::parse(
//!     r#"[{ "source": "/blog/:slug", "destination": "/posts/:slug", "permanent": true }]"#,
//! )?;
//! testing::get("/Blog/hello").through(&rules).assert_redirect("/posts/hello");
//! # Ok::<(), tower_redirect::rules::Findings>(())
//! ```
//!
//! The syntax is the same as in a [`vercel.json`](super::vercel), with these differences:
//!
//! | syntax | what it does here |
//! |---|---|
//! | `/a` as a source | also matches `/A` |
//! | any source | never matches a path that begins with `/_next`, which Next.js serves itself |
//! | `/:path*` as a source | also matches `/` |
//! | `/:a-:b` as a source | `:b` can't contain the `-`, so `/1-2-3` is `1-2` and `3` |
//! | `/:a:b` as a source | an error |
//! | `/b/:path*` as a destination | without anything below, the slash before it is left out: `/b` |
//! | `/:path*` as a destination | without anything to insert, it is `/`; Next.js then sends only the query, which leads to the requested path again |
//! | `:a` in a destination, and in neither the source nor a condition | an error in a path; in a URL a warning, and requests that the entry matches pass through |
//! | `permanent`, `statusCode` | each entry has exactly one of them; otherwise it is an error |
//! | a `statusCode` that isn't a redirect | an error |
//! | `{:name}` in a destination | a group in the path and the fragment, and text in the query |
//! | `$1` in a destination | plain text |
//! | `basePath`, `locale` | a warning; no base path and no locale is added to the source |
//! | `env` | an error |
//! | more than 2,048 entries | allowed |
//!
//! What Next.js rejects is an error, and then no rule of the file is used. What is only ignored or
//! not supported is a warning about one entry.

use super::Parsed;
use crate::rules::{Findings, Format, Rules};

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::next;
///
/// let entry = r#"{ "source": "/a", "destination": "/b", "statusCode": 301 }"#;
/// assert_eq!(next::parse(&format!("[{entry}]"))?.len(), 1);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Errors
///
/// Returns all findings, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Findings> {
    Format::Next.parse(text)
}

/// Parses a file and returns its rules and all findings. If there is an error, there are no
/// rules.
///
/// ```
/// use tower_redirect::rules::next;
///
/// let parsed = next::parse_lossy(r#"[{ "source": "/a", "destination": "/b" }]"#);
/// assert_eq!(
///     parsed.findings.to_string(),
///     "rules:1:4: error: this redirect has neither `permanent` nor `statusCode`; \
///      add one of them, for example `\"permanent\": true`",
/// );
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::Next.parse_lossy(text)
}

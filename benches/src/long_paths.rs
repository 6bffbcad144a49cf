//! Canonical URLs for long paths: the cost grows at most linearly with the length.

use http::Uri;
use tower::{Layer, service_fn};
use tower_redirect::{
    Location, Policy, RedirectLayer,
    policy::{LowerCase, MergeSlashes, TrailingSlash},
};

use crate::{
    canonical::{HOST, PEER, all_steps, index},
    case::{Case, RequestTemplate},
    rules,
    services::async_fn,
};

/// The lengths of a request target, in bytes. The last is the longest that `http::Uri` accepts.
pub(crate) const LENGTHS: [usize; 3] = [1 << 10, 1 << 15, (1 << 16) - 2];
/// What a long path consists of.
const CONTENTS: [(&str, &str); 4] = [
    ("letters", "a"),
    ("upper case", "A"),
    ("slashes", "/"),
    ("escapes", "%C3%a9"),
];
const INDEX_FILES: (&str, &str) = ("index files", "/index.html");
/// The most that the last length may cost, as a multiple of the one before, which is half as long.
pub(crate) const MAX_GROWTH: f64 = 2.3;

/// One policy, and requests for longer and longer paths of one content.
pub(crate) struct LongPath {
    /// The name of the row.
    pub(crate) name: String,
    /// One case for each length.
    pub(crate) cases: [Case; LENGTHS.len()],
}

/// Returns each step on the path, and all steps, with long paths of several contents.
pub(crate) fn long_paths() -> Vec<LongPath> {
    [
        long_path_rows("Trim", &CONTENTS, || TrailingSlash::Trim),
        long_path_rows("Append", &CONTENTS, || TrailingSlash::Append),
        long_path_rows("MergeSlashes", &CONTENTS, || MergeSlashes),
        long_path_rows("LowerCase", &CONTENTS, || LowerCase),
        long_path_rows("IndexFile", &CONTENTS, index),
        long_path_rows("IndexFile", &[INDEX_FILES], index),
        long_path_rows("all steps", &CONTENTS, all_steps),
        long_path_rows("all steps", &[INDEX_FILES], all_steps),
        long_path_rows("all steps, then 1k rules", &CONTENTS, || {
            all_steps().then(rules::policy())
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn long_path_rows<P>(step: &str, contents: &[(&str, &str)], policy: impl Fn() -> P) -> Vec<LongPath>
where
    P: Policy<Target = Location> + 'static,
{
    let row = |&(content, piece): &(&str, &str)| long_path(step, content, piece, &policy);
    contents.iter().map(row).collect()
}

fn long_path<P>(step: &str, content: &str, piece: &str, policy: impl Fn() -> P) -> LongPath
where
    P: Policy<Target = Location> + 'static,
{
    let cases = LENGTHS.map(|length| {
        let pieces = (length - 2) / piece.len();
        let filled = "b".repeat(length - 1 - pieces * piece.len());
        let uri = Uri::try_from(format!("/{filled}{}", piece.repeat(pieces)));
        let template = RequestTemplate::get_each([uri.expect("it is no longer than allowed")])
            .with_fields("http", HOST)
            .with_extension(PEER);
        let layer = RedirectLayer::permanent(policy());
        Case::with_any_status("", &template, layer.layer(service_fn(async_fn)))
    });
    LongPath {
        name: format!("{step}: {content}"),
        cases,
    }
}

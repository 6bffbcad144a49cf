//! The canonical form of a path.
//!
//! All steps run at once, so one redirect is enough. Each step looks at the result of the earlier
//! ones: with `index.html` as an index file and `TrailingSlash::Trim`, `/a/index.html/` becomes
//! `/a/index.html`, then `/a/`, then `/a`.
//!
//! Invariants:
//!
//! - The result is a fixed point: its canonical form is itself. Otherwise the redirect would loop
//!   (R9).
//! - `None` means that nothing changes. This is the common case, and it allocates nothing.
//! - Nothing is decoded (R2). `PathForm` writes the parts of the received path that are kept.

use super::{TrailingSlash, acme::is_acme_challenge, subtree::is_well_known};
use crate::location::{PathForm, RECEIVED_PATH, encode_received, scan};

/// The configured steps on the path. They don't read the query.
#[derive(Clone, Debug, Default)]
pub(super) struct PathSteps {
    pub(super) lower_case: bool,
    pub(super) merge_slashes: bool,
    pub(super) index_files: Vec<Box<str>>,
    pub(super) trailing_slash: Option<TrailingSlash>,
    /// Whether the steps apply to paths below `/.well-known/` too.
    pub(super) normalizes_well_known: bool,
}

impl PathSteps {
    pub(super) const fn none() -> Self {
        Self {
            lower_case: false,
            merge_slashes: false,
            index_files: Vec::new(),
            trailing_slash: None,
            normalizes_well_known: false,
        }
    }

    /// Returns the canonical form, or `None` if the path already has it.
    #[inline]
    pub(super) fn normalize<'p>(&self, path: &'p str) -> Option<PathForm<'p>> {
        let (kept, end) = self.split_end(path);
        let merge_slashes = self.merge_slashes && has_double_slash(kept);
        let lower_case = self.lower_case && !is_lower_case(kept);
        let stays = kept.len() == path.len() && end.is_empty() && !merge_slashes && !lower_case;
        if stays || self.skips(path) {
            return None;
        }
        Some(PathForm {
            path: kept,
            merge_slashes,
            lower_case,
            end,
        })
    }

    /// Returns `true` if no step applies to this path: its clients compare it byte for byte (R12).
    fn skips(&self, path: &str) -> bool {
        !self.normalizes_well_known && is_well_known(path) || is_acme_challenge(path)
    }

    /// Returns the part of the path that is kept, and the text that is appended to it.
    fn split_end<'p>(&self, path: &'p str) -> (&'p str, &'static str) {
        let mut kept = path;
        // Removing an index file may uncover a slash, and removing a slash may uncover an index
        // file.
        loop {
            if self.trailing_slash == Some(TrailingSlash::Trim) {
                kept = without_trailing_slashes(kept);
            }
            if self.index_files.is_empty() {
                break;
            }
            let last = last_segment(kept);
            if last.is_empty() || !self.is_index_file(last) {
                break;
            }
            kept = kept.strip_suffix(last).unwrap_or(kept);
        }
        let appends = match self.trailing_slash {
            None | Some(TrailingSlash::Trim) => false,
            Some(TrailingSlash::Append) => !kept.ends_with('/'),
            Some(TrailingSlash::AppendToFolders) => {
                !kept.ends_with('/') && !has_extension(last_segment(kept))
            }
        };
        (kept, if appends { "/" } else { "" })
    }

    fn is_index_file(&self, segment: &str) -> bool {
        self.index_files
            .iter()
            .any(|name| self.is_encoded_as(segment, name))
    }

    /// Whether a segment, percent-encoded as in a location, equals this name.
    fn is_encoded_as(&self, segment: &str, name: &str) -> bool {
        // Encoding makes a segment longer and adds a `%`. If neither is the case, compare directly.
        if segment.len() == name.len() || !name.contains('%') {
            return segment == name || self.lower_case && segment.eq_ignore_ascii_case(name);
        }
        let mut rest = name;
        let is_prefix = encode_received(segment.as_bytes(), RECEIVED_PATH).all(|piece| {
            let Some((front, tail)) = rest.split_at_checked(piece.len()) else {
                return false;
            };
            rest = tail;
            front == piece || self.lower_case && front.eq_ignore_ascii_case(piece)
        });
        is_prefix && rest.is_empty()
    }
}

/// Removes the slashes at the end. A path of slashes becomes `/`.
fn without_trailing_slashes(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => path.get(..1).unwrap_or(path),
        kept => kept,
    }
}

fn last_segment(path: &str) -> &str {
    match path.bytes().rposition(|byte| byte == b'/') {
        Some(slash) => path.get(slash + 1..).unwrap_or_default(),
        None => path,
    }
}

/// Whether a segment has an extension: `style.css` has one, `.well-known` and `v2.` don't.
fn has_extension(segment: &str) -> bool {
    segment
        .rsplit_once('.')
        .is_some_and(|(name, extension)| !name.is_empty() && !extension.is_empty())
}

#[inline]
fn has_double_slash(path: &str) -> bool {
    scan::any_pair(path.as_bytes(), |a, b| (a == b'/') & (b == b'/'))
}

/// Whether letters are in lower case and the hex digits of escapes in upper case.
///
/// A `%` with two hex digits is an escape. Any other `%` is text.
#[inline]
fn is_lower_case(path: &str) -> bool {
    let bytes = path.as_bytes();
    !scan::any(bytes, |byte| (byte == b'%') | byte.is_ascii_uppercase())
        || is_lower_case_outside_escapes(bytes)
}

fn is_lower_case_outside_escapes(path: &[u8]) -> bool {
    let mut rest = path;
    loop {
        rest = match rest {
            [] => return true,
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                if high.is_ascii_lowercase() || low.is_ascii_lowercase() {
                    return false;
                }
                tail
            }
            [byte, tail @ ..] => {
                if byte.is_ascii_uppercase() {
                    return false;
                }
                tail
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{PathForm, PathSteps, TrailingSlash};

    fn normalized(steps: &PathSteps, path: &str) -> String {
        let Some(spelling) = steps.normalize(path) else {
            return path.to_owned();
        };
        let mut written = Vec::new();
        spelling.write(&mut written, false);
        String::from_utf8(written).unwrap()
    }

    fn steps(trailing_slash: Option<TrailingSlash>) -> PathSteps {
        PathSteps {
            trailing_slash,
            ..PathSteps::none()
        }
    }

    #[test]
    fn trailing_slashes() {
        use TrailingSlash::{Append, AppendToFolders, Trim};
        for (path, trimmed, appended, appended_to_folders) in [
            ("/", "/", "/", "/"),
            ("//", "/", "//", "//"),
            ("/a", "/a", "/a/", "/a/"),
            ("/a/", "/a", "/a/", "/a/"),
            ("/a////", "/a", "/a////", "/a////"),
            ("/a.css", "/a.css", "/a.css/", "/a.css"),
            ("/a.css/", "/a.css", "/a.css/", "/a.css/"),
            (
                "/.well-known",
                "/.well-known",
                "/.well-known/",
                "/.well-known/",
            ),
            ("/v2.", "/v2.", "/v2./", "/v2./"),
            ("/a.b/c", "/a.b/c", "/a.b/c/", "/a.b/c/"),
        ] {
            assert_eq!(normalized(&steps(Some(Trim)), path), trimmed);
            assert_eq!(normalized(&steps(Some(Append)), path), appended);
            assert_eq!(
                normalized(&steps(Some(AppendToFolders)), path),
                appended_to_folders
            );
            assert_eq!(normalized(&steps(None), path), path);
        }
    }

    #[test]
    fn lower_case_and_escapes() {
        let steps = PathSteps {
            lower_case: true,
            ..PathSteps::none()
        };
        for (path, expected) in [
            ("/Caf%c3%a9", "/caf%C3%A9"),
            ("/caf%C3%A9", "/caf%C3%A9"),
            ("/%4A%4a", "/%4A%4A"),
            ("/%", "/%"),
            ("/%G1%A", "/%25g1%25a"),
            ("/%%AB", "/%%AB"),
            ("/%%ab", "/%25%AB"),
            ("/a[%b]", "/a[%b]"),
            ("/A[%5b]", "/a%5B%5B%5D"),
            ("/ÄÉA", "/%C3%84%C3%89a"),
            ("/%aé\"A", "/%25a%C3%A9%22a"),
        ] {
            assert_eq!(normalized(&steps, path), expected);
        }
    }

    #[test]
    fn index_files_with_each_trailing_slash() {
        let steps = |trailing_slash| PathSteps {
            index_files: vec!["index.html".into()],
            trailing_slash,
            ..PathSteps::none()
        };
        for (path, kept, trimmed, appended) in [
            ("/index.html", "/", "/", "/"),
            ("/a/index.html", "/a/", "/a", "/a/"),
            ("/a/index.html/", "/a/index.html/", "/a", "/a/index.html/"),
            (
                "/index.html/index.html",
                "/index.html/",
                "/",
                "/index.html/",
            ),
            (
                "/xindex.html",
                "/xindex.html",
                "/xindex.html",
                "/xindex.html/",
            ),
            ("/Index.html", "/Index.html", "/Index.html", "/Index.html/"),
        ] {
            assert_eq!(normalized(&steps(None), path), kept);
            assert_eq!(normalized(&steps(Some(TrailingSlash::Trim)), path), trimmed);
            assert_eq!(
                normalized(&steps(Some(TrailingSlash::Append)), path),
                appended
            );
        }
    }

    #[test]
    fn every_canonical_form_is_a_fixed_point() {
        let parts = ["/", "a", "A", ".", "%c3", "index.html", "%", "["];
        let longer = |mut paths: Vec<String>, rounds| {
            for _ in 0..rounds {
                let longer = paths
                    .iter()
                    .flat_map(|path| parts.iter().map(move |part| format!("{path}{part}")));
                paths = paths.iter().cloned().chain(longer).collect();
            }
            paths
        };
        let mut paths = longer(vec!["/".to_owned()], 4);
        for start in [
            "/.well-known",
            "/.well-known/A%",
            "/.WELL-KNOWN",
            "//.well-known/",
        ] {
            paths.extend(longer(vec![start.to_owned()], 2));
        }
        let slashes = [
            None,
            Some(TrailingSlash::Trim),
            Some(TrailingSlash::Append),
            Some(TrailingSlash::AppendToFolders),
        ];
        for trailing_slash in slashes {
            for bits in 0..16 {
                let steps = PathSteps {
                    lower_case: bits & 1 != 0,
                    merge_slashes: bits & 2 != 0,
                    index_files: (bits & 4 != 0)
                        .then(|| "index.html".into())
                        .into_iter()
                        .collect(),
                    trailing_slash,
                    normalizes_well_known: bits & 8 != 0,
                };
                for path in &paths {
                    let once = normalized(&steps, path);
                    assert_eq!(
                        steps.normalize(&once),
                        None,
                        "{path} -> {once} by {steps:?}"
                    );
                    assert!(once.starts_with('/'));
                    // If only the host changes, the path is sent as received, and that must do.
                    if once == *path {
                        let mut sent = Vec::new();
                        PathForm::as_received(path).write(&mut sent, false);
                        let sent = String::from_utf8(sent).unwrap();
                        assert_eq!(
                            steps.normalize(&sent),
                            None,
                            "{path} as {sent} by {steps:?}"
                        );
                    }
                }
            }
        }
    }
}

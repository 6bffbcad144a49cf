//! The path of an address, as WHATWG reads it.

/// A text behind the origin of an address.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Path<'t> {
    /// With a `/` in front, and no dot segments.
    pub(super) path: String,
    /// With its `?`, or empty.
    pub(super) query: &'t str,
    /// With its `#`, or empty.
    pub(super) fragment: &'t str,
    /// Whether there were dot segments.
    pub(super) resolved: bool,
}

impl<'t> Path<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let split = |text: &'t str, mark| {
            let at = text.find(mark).unwrap_or(text.len());
            text.split_at_checked(at).unwrap_or((text, ""))
        };
        let (address, fragment) = split(text, '#');
        let (path, query) = split(address, '?');
        let mut segments: Vec<&str> = Vec::new();
        let mut resolved = false;
        let mut all = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
        while let Some(segment) = all.next() {
            let is_last = all.peek().is_none();
            match dots(segment) {
                0 => segments.push(segment),
                count => {
                    resolved = true;
                    if count == 2 {
                        segments.pop();
                    }
                    if is_last {
                        segments.push("");
                    }
                }
            }
        }
        Self {
            path: format!("/{}", segments.join("/")),
            query,
            fragment,
            resolved,
        }
    }
}

/// How many dots a segment is, escaped or not; 0 where it is anything else.
fn dots(segment: &str) -> usize {
    match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
        "." => 1,
        ".." => 2,
        _ => 0,
    }
}

/// One slash where several follow each other.
pub(super) fn merged(path: &str) -> String {
    let mut before = ' ';
    path.chars()
        .filter(|c| std::mem::replace(&mut before, *c) != '/' || *c != '/')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Path, merged};

    #[test]
    fn paths_are_those_of_the_url_crate() {
        for text in [
            "/a/./b",
            "/a/../b",
            "/../b",
            "/a/.",
            "/a/..",
            "/a/b/..",
            "/%2e/a",
            "/a/%2E.",
            "/a/.%2e/b",
            "/a//../b",
            "/",
            "",
            "a",
            "/a?b#c",
            "/a#b?c",
            "/.../a",
            "/a/...",
            "?a",
            "//a",
            "http://x/y",
        ] {
            let with_slash = if text.starts_with('/') {
                text.to_owned()
            } else {
                format!("/{text}")
            };
            let url = url::Url::parse(&format!("relative://host{with_slash}")).unwrap();
            let query = url
                .query()
                .map_or(String::new(), |query| format!("?{query}"));
            let fragment = url
                .fragment()
                .map_or(String::new(), |part| format!("#{part}"));
            let ours = Path::of(text);
            assert_eq!(
                (&*ours.path, ours.query, ours.fragment),
                (url.path(), &*query, &*fragment),
                "{text}"
            );
        }
    }

    #[test]
    fn runs_of_slashes_become_one() {
        for (path, expected) in [
            ("/a//b", "/a/b"),
            ("///", "/"),
            ("/a/b/", "/a/b/"),
            ("/a/b///c//", "/a/b/c/"),
        ] {
            assert_eq!(merged(path), expected);
        }
    }
}

//! Resolves a relative reference against the requested path and query.
//!
//! For example, `../g` on `/b/c/d` is `/b/g`. As browsers do, it takes `%2e` for a dot.
//!
//! Source: RFC 3986 §5.2.

use super::parse::{split, split_before};

/// Returns the path and query of `reference`, resolved against `base`.
///
/// `reference` has neither an authority nor a fragment. `base` is a path and query.
pub(super) fn path_and_query(reference: &str, base: &str) -> String {
    let (base_path, base_query, _) = split(base);
    let (path, query) = split_before(reference, '?');
    if path.is_empty() {
        let query = if query.is_empty() { base_query } else { query };
        return format!("{base_path}{query}");
    }
    let folder = match base_path.rfind('/') {
        _ if path.starts_with('/') => "",
        Some(at) => base_path.get(..=at).unwrap_or("/"),
        None => "/",
    };
    let mut resolved = without_dot_segments(&format!("{folder}{path}"));
    resolved.push_str(query);
    resolved
}

fn without_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut ends_in_folder = false;
    for segment in path.split('/').skip(1) {
        ends_in_folder = true;
        if is_dots(segment, 1) {
            continue;
        }
        if is_dots(segment, 2) {
            kept.pop();
            continue;
        }
        kept.push(segment);
        ends_in_folder = false;
    }
    let mut resolved = String::with_capacity(path.len());
    for segment in &kept {
        resolved.push('/');
        resolved.push_str(segment);
    }
    if ends_in_folder || kept.is_empty() {
        resolved.push('/');
    }
    resolved
}

/// Returns `true` if the segment is `count` dots, each written `.` or `%2e`.
fn is_dots(segment: &str, count: usize) -> bool {
    let mut rest = segment;
    for _ in 0..count {
        let Some(tail) = rest
            .strip_prefix('.')
            .or_else(|| rest.strip_prefix("%2e"))
            .or_else(|| rest.strip_prefix("%2E"))
        else {
            return false;
        };
        rest = tail;
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::path_and_query;

    #[test]
    fn rfc_3986_section_5_4_as_far_as_the_forms_go() {
        let base = "/b/c/d;p?q";
        for (reference, expected) in [
            ("./g", "/b/c/g"),
            ("./g/", "/b/c/g/"),
            ("/g", "/g"),
            ("/./g/../h", "/h"),
            ("?y", "/b/c/d;p?y"),
            ("./g?y", "/b/c/g?y"),
            ("./", "/b/c/"),
            ("../", "/b/"),
            ("../g", "/b/g"),
            ("../../", "/"),
            ("../../g", "/g"),
            ("../../../g", "/g"),
            ("./../g", "/b/g"),
            ("./g/.", "/b/c/g/"),
            ("./g/%2e%2E", "/b/c/"),
            ("./g/../h", "/b/c/h"),
        ] {
            assert_eq!(path_and_query(reference, base), expected, "{reference}");
        }
        assert_eq!(path_and_query("./x", "/"), "/x");
        assert_eq!(path_and_query("?", "/x?y"), "/x?");
    }
}

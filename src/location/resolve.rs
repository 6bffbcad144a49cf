//! Resolves a reference against the requested URL, as browsers do.
//!
//! For example, `../g` on `/b/c/d` is `/b/g`. Browsers take `%2e` for a dot, `\` for `/`, and skip
//! tabs. On an https page, `http:host` and `/\host` name a host, but `https:path` is a relative
//! path.
//!
//! The parts stay as they are written. [`journey`](crate::journey) encodes them.
//!
//! Source: WHATWG URL, basic URL parser.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::{
    HttpScheme, Origin, is_valid_punycode,
    parse::{parse_host, split},
    reference,
};

/// Where a browser goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Resolved {
    Web(WebTarget),
    /// The host isn't one that this crate accepts, or there is none.
    Unresolvable,
    /// The scheme isn't http or https.
    UnsupportedScheme,
}

/// A target on http or https.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WebTarget {
    /// `None` for the requested origin.
    pub(crate) origin: Option<Origin>,
    /// The path without dot segments.
    pub(crate) path: String,
    /// The query with its `?`, or an empty text.
    pub(crate) query: String,
    /// The fragment with its `#`, or an empty text.
    pub(crate) fragment: String,
}

/// Resolves any text against the requested scheme, and the requested path and query.
pub(crate) fn resolve(text: &str, scheme: HttpScheme, requested: &str) -> Resolved {
    let text = without_ignored(text);
    let (written_scheme, after_scheme) = text
        .split_at_checked(reference::scheme_len(text.as_bytes()))
        .unwrap_or(("", &text));
    let named_scheme = match written_scheme.strip_suffix(':') {
        None => None,
        Some(name) => match name.parse::<HttpScheme>() {
            Ok(scheme) => Some(scheme),
            Err(_) => return Resolved::UnsupportedScheme,
        },
    };
    let after_slashes = after_scheme.trim_start_matches(is_slash);
    let slashes = after_scheme.len() - after_slashes.len();
    // On a page of the same scheme, `https:x` is a relative path.
    let is_relative = slashes < 2 && named_scheme.is_none_or(|named| named == scheme);
    if is_relative {
        return Resolved::Web(on_origin(None, after_scheme, requested));
    }
    let end = after_slashes
        .find(['/', '\\', '?', '#'])
        .unwrap_or(after_slashes.len());
    let (authority, rest) = after_slashes
        .split_at_checked(end)
        .unwrap_or((after_slashes, ""));
    let Some(origin) = read_origin(named_scheme.unwrap_or(scheme), authority) else {
        return Resolved::Unresolvable;
    };
    Resolved::Web(on_origin(Some(origin), rest, "/"))
}

/// Resolves a reference without an authority against the requested path and query.
///
/// After an origin, `requested` is `/`.
pub(crate) fn on_origin(origin: Option<Origin>, text: &str, requested: &str) -> WebTarget {
    let (path, query, fragment) = split(text);
    let (path, query) = path_and_query(path, query, requested);
    WebTarget {
        origin,
        path,
        query,
        fragment: fragment.to_owned(),
    }
}

/// Returns the text without what browsers ignore: spaces and controls around it, and tabs and
/// newlines in it.
fn without_ignored(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim_matches(|character| character <= ' ');
    let is_ignored = ['\t', '\n', '\r'];
    if trimmed.contains(is_ignored) {
        trimmed.replace(is_ignored, "").into()
    } else {
        trimmed.into()
    }
}

const fn is_slash(character: char) -> bool {
    matches!(character, '/' | '\\')
}

/// Reads an authority as browsers do. A user name doesn't change the host, so it's dropped.
///
/// Returns `None` if a browser rejects the authority, or if its host isn't one that this crate
/// accepts: for example `0x7f.1`, which browsers read as `127.0.0.1`.
fn read_origin(scheme: HttpScheme, authority: &str) -> Option<Origin> {
    let host_and_port = authority.rsplit('@').next()?;
    let after_address = host_and_port.rfind(']').unwrap_or_default();
    let colon = host_and_port
        .get(after_address..)?
        .find(':')
        .map_or(host_and_port.len(), |at| after_address + at);
    let (host, port) = host_and_port.split_at_checked(colon)?;
    let host = percent_decode_str(host).decode_utf8().ok()?;
    let host = parse_host(&host).ok()?;
    if !is_valid_punycode(&host, &host) {
        return None;
    }
    // A port may be empty, and may begin with zeros.
    let digits = port.strip_prefix(':').unwrap_or_default();
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let port = match digits {
        "" => None,
        digits => Some(digits.parse::<u16>().ok()?),
    };
    let port = port.filter(|port| *port != scheme.default_port());
    Some(Origin::from_parts(scheme, host.into(), port))
}

/// Returns the path and query of a reference, resolved against the requested path and query.
fn path_and_query(path: &str, query: &str, requested: &str) -> (String, String) {
    let (requested_path, requested_query, _) = split(requested);
    if path.is_empty() {
        let query = if query.is_empty() {
            requested_query
        } else {
            query
        };
        return (requested_path.to_owned(), query.to_owned());
    }
    let path = path.replace('\\', "/");
    let folder = match requested_path.rfind('/') {
        _ if path.starts_with('/') => "",
        Some(at) => requested_path.get(..=at).unwrap_or("/"),
        None => "/",
    };
    let path = without_dot_segments(&format!("{folder}{path}"));
    (path, query.to_owned())
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
    use super::{HttpScheme, Resolved, resolve};

    fn path_and_query(reference: &str, base: &str) -> String {
        match resolve(reference, HttpScheme::Https, base) {
            Resolved::Web(web) if web.origin.is_none() => web.path + &web.query,
            resolved => panic!("{reference}: {resolved:?}"),
        }
    }

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

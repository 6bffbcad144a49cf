//! Which variable a map is of: what its keys are compared with.

use super::tokens::{End, Token, Tokens};

/// Whether keys have a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Has {
    Never,
    Maybe,
    Always,
}

/// What the keys of a map are compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Variable {
    /// As the file writes it; empty if it doesn't.
    pub(super) text: String,
    host: Has,
    path: Has,
    /// Whether the text has the query of the request.
    pub(super) has_query: bool,
}

const HOSTS: [&str; 3] = ["$host", "$http_host", "$server_name"];
const PATHS: [&str; 3] = ["$uri", "$document_uri", "$request_uri"];

impl Variable {
    /// Reads it from the line `map $request_uri $new {`; `None` if it is neither host nor path.
    pub(super) fn new(text: &str) -> Option<Self> {
        let plain = text.replace(['{', '}'], "");
        let behind = HOSTS.iter().find_map(|host| plain.strip_prefix(host));
        let path = behind.unwrap_or(&plain);
        let is_path = PATHS.contains(&path);
        (is_path || path.is_empty() && behind.is_some()).then(|| Self {
            text: text.to_owned(),
            host: behind.map_or(Has::Never, |_| Has::Always),
            path: if is_path { Has::Always } else { Has::Never },
            has_query: path == "$request_uri",
        })
    }

    /// What a file without that line is read as: keys are paths, hosts or both. A key with a query
    /// shows that the map is of `$request_uri`.
    pub(super) fn of_entries(text: &str) -> Self {
        Self {
            text: String::new(),
            host: Has::Maybe,
            path: Has::Maybe,
            has_query: text.contains('?') && has_key_with_query(text),
        }
    }

    /// Whether the keys are hosts only.
    #[cfg(feature = "regex")]
    pub(super) fn is_host(&self) -> bool {
        self.path == Has::Never
    }

    /// Whether each key is a host and a path.
    #[cfg(feature = "regex")]
    pub(super) fn is_host_and_path(&self) -> bool {
        (self.host, self.path) == (Has::Always, Has::Always)
    }

    /// Why a key of this host and this path never matches: what keys of this map are instead.
    pub(super) fn rejects(&self, host: &str, path: &str) -> Option<&'static str> {
        let fits = |has, part: &str| match has {
            Has::Never => part.is_empty(),
            Has::Maybe => true,
            Has::Always => !part.is_empty(),
        };
        if fits(self.host, host) && fits(self.path, path) {
            return None;
        }
        Some(match (self.host, self.path) {
            (Has::Always, Has::Always) => "write a host and a path, for example `example.com/path`",
            (Has::Always, _) => "write a host, for example `example.com`",
            _ => "write a path, for example `/path`",
        })
    }
}

/// Whether a key that isn't in a block has a `?` that begins a query.
fn has_key_with_query(text: &str) -> bool {
    let mut tokens = Tokens::new(text);
    let mut entry: Vec<Token<'_>> = Vec::new();
    loop {
        match tokens.next_entry(&mut entry) {
            Ok(End::Semicolon) => {
                let [key, _] = &*entry else { continue };
                let is_query = match key.text.strip_prefix('~') {
                    None => key.text.contains('?'),
                    Some(regex) => asks_for_query(regex),
                };
                if is_query {
                    return true;
                }
            }
            Ok(End::Text) => return false,
            Ok(End::Open | End::Close) | Err(_) => {}
        }
    }
}

/// Whether every text that a regex matches has a `?`, as far as a short look tells.
pub(super) fn asks_for_query(regex: &str) -> bool {
    let mut depth = 0_usize;
    let mut rest = regex.as_bytes();
    let mut found = false;
    loop {
        let is_optional = |behind: &[u8]| matches!(behind, [b'?' | b'*' | b'{', ..]);
        rest = match rest {
            [] => return found,
            [b'\\', b'?', behind @ ..] | [b'[', b'?', b']', behind @ ..] => {
                found |= depth == 0 && !is_optional(behind);
                behind
            }
            [b'\\', _, behind @ ..] => behind,
            // One of several.
            [b'|', ..] if depth == 0 => return false,
            [b'(', behind @ ..] => {
                depth += 1;
                behind
            }
            [b')', behind @ ..] => {
                depth = depth.saturating_sub(1);
                behind
            }
            [b'[', b'^', b']', behind @ ..] | [b'[', b']', behind @ ..] | [b'[', behind @ ..] => {
                let end = behind.iter().position(|byte| *byte == b']');
                behind
                    .get(end.map_or(behind.len(), |end| end + 1)..)
                    .unwrap_or_default()
            }
            [_, behind @ ..] => behind,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Variable, asks_for_query};

    #[test]
    fn a_map_is_of_a_host_or_a_path_or_both() {
        for (text, host, path, query) in [
            ("$uri", false, true, false),
            ("${request_uri}", false, true, true),
            ("$document_uri", false, true, false),
            ("$host", true, false, false),
            ("$http_host$request_uri", true, true, true),
            ("$host$uri", true, true, false),
        ] {
            let variable = Variable::new(text).unwrap();
            assert_eq!(variable.has_query, query, "{text}");
            let fits = |host, path| variable.rejects(host, path).is_none();
            assert_eq!(fits("", "/a"), path && !host, "{text}");
            assert_eq!(fits("h.example", ""), host && !path, "{text}");
            assert_eq!(fits("h.example", "/a"), host && path, "{text}");
        }
        for text in [
            "$http_user_agent",
            "$uri$host",
            "uri",
            "",
            "$hostname",
            "$uri/",
        ] {
            assert_eq!(Variable::new(text), None, "{text}");
        }
    }

    #[test]
    fn a_query_is_asked_for_or_not() {
        for (regex, asks) in [
            (r"^/a\?b=1$", true),
            (r"^/a[?]b=(\d+)$", true),
            (r"^/a\?", true),
            (r"^/a(\?.*)?$", false),
            (r"^/a(\?|$)", false),
            (r"^/a\?b|^/c", false),
            (r"^/a\??$", false),
            (r"^/a/(.*)$", false),
            (r"^/a/([^/]+)$", false),
            (r"^/a/([^/?]+)$", false),
            (r"^/a/(\d+)$", false),
            (r"^/a\.*$", false),
            (r"^/a", false),
            (r"^/a\$", false),
            (r"^/[?a]b$", false),
            ("", false),
            ("\\", false),
            ("[", false),
        ] {
            assert_eq!(asks_for_query(regex), asks, "{regex}");
        }
    }

    #[test]
    fn a_file_without_the_line_shows_what_it_is_of() {
        for (text, query) in [
            ("/a /b; /c /d?e;", false),
            ("/a?x=1 /b;", true),
            (r"~^/a\?x /b;", true),
            (r"~^/a(?:b)? /b;", false),
            ("# ?\n/a /b;", false),
        ] {
            assert_eq!(Variable::of_entries(text).has_query, query, "{text}");
        }
    }
}

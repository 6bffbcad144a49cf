//! Folders whose paths are treated differently, compared as received (R12).
//!
//! A path is in a folder only if all common servers agree. `/health/../admin` begins with
//! `/health/`, but an app may serve `/admin` for it. So a path that some server resolves to another
//! one is in no folder.
//!
//! | path | in `/health`? |
//! |---|---|
//! | `/health`, `/health/`, `/health/db.json` | yes |
//! | `/healthz`, `/HEALTH/db`, `//health/db` | no, the bytes differ |
//! | `/health/../admin`, `/health/%2e%2e/admin`, `/health/..;/admin` | no |
//! | `/health//admin`, `/health/x%2Fadmin`, `/health/x\admin`, `/health/%252e` | no |

/// Returns `true` if the path is below `/.well-known/` (RFC 8615 §3).
///
/// `/.well-known` itself is an ordinary path. A repeated slash and an encoded percent sign are
/// allowed, because nothing depends on them but the path itself. A location has `%25` for a `%`
/// that begins no escape, so both must count alike. Otherwise a redirect would need another one.
pub(super) fn is_well_known(path: &str) -> bool {
    path.starts_with("/.well-known/") && !has_hidden_segments(path)
}

/// Returns `true` if the path is this folder or below it.
///
/// `folder` has no slash at its end and isn't empty.
pub(super) fn is_in_folder(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|below| below.is_empty() || below.starts_with('/'))
        && !has_hidden_segments(path)
        && !path.contains("//")
        && !path.contains("%25")
}

/// Returns `true` if some server finds other segments in the path than those between its slashes.
fn has_hidden_segments(path: &str) -> bool {
    path.contains('\\')
        || has_ambiguous_escape(path.as_bytes())
        || path.split('/').any(is_dot_segment)
}

/// Returns `true` for `.` and `..`. Some servers drop a parameter (`;x`) before they resolve them.
fn is_dot_segment(segment: &str) -> bool {
    let (name, _) = segment.split_once(';').unwrap_or((segment, ""));
    matches!(name, "." | "..")
}

/// Returns `true` if an escape encodes a dot, a slash or a backslash.
fn has_ambiguous_escape(path: &[u8]) -> bool {
    path.windows(3).any(|escape| {
        matches!(
            escape,
            [b'%', b'2', b'e' | b'E' | b'f' | b'F'] | [b'%', b'5', b'c' | b'C']
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{is_in_folder, is_well_known};

    /// Paths that some server takes for a path outside the folder, as they go on after `/x`.
    const AMBIGUOUS: [&str; 20] = [
        "/..",
        "/../admin",
        "/./a",
        "/.",
        "/a/../b",
        "/%2e%2e/admin",
        "/%2E./admin",
        "/a%2eb",
        "/..;/admin",
        "/..;a=b/admin",
        "/.;/admin",
        "/%252e%252e/admin",
        "/a%2fb",
        "/a%2Fb",
        "/a%5cb",
        "/a%5Cb",
        "/a\\b",
        "\\admin",
        "//admin",
        "/a//",
    ];

    #[test]
    fn r12_a_path_that_servers_read_differently_is_in_no_folder() {
        for rest in AMBIGUOUS {
            assert!(!is_in_folder(&format!("/x{rest}"), "/x"), "{rest}");
            let well_known = is_well_known(&format!("/.well-known{rest}"));
            let is_allowed = rest.contains("//") || rest.contains("%25");
            assert_eq!(well_known, is_allowed, "{rest}");
        }
    }

    #[test]
    fn r12_folders_are_whole_segments() {
        for (path, is_in) in [
            ("/x", true),
            ("/x/", true),
            ("/x/a", true),
            ("/x/a.json", true),
            ("/x/.hidden", true),
            ("/x/...", true),
            ("/x/a%20b;c=d", true),
            ("/x/%2", true),
            ("/xy", false),
            ("/x%2Fa", false),
            ("/x;a", false),
            ("/X/a", false),
            ("/%78/a", false),
            ("//x/a", false),
            ("/a/x/a", false),
            ("/", false),
            ("", false),
            ("*", false),
        ] {
            assert_eq!(is_in_folder(path, "/x"), is_in, "{path}");
        }
    }
}

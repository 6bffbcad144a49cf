//! ACME challenges, with which a certificate authority checks who controls a host.

/// Whether a path is `/.well-known/acme-challenge/` and one token (RFC 8555 §8.3).
pub(super) fn is_acme_challenge(path: &str) -> bool {
    path.strip_prefix("/.well-known/acme-challenge/")
        .is_some_and(|token| {
            !token.is_empty()
                && token
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
}

//! Two WHATWG URL parsers that share no code: `url` (Rust) and `ada-url` (C++).

use url::Url;

/// What a parser makes of a reference.
#[derive(Debug, PartialEq)]
pub struct Seen {
    /// The whole address.
    pub href: String,
    /// Scheme, host and port.
    pub origin: String,
    /// Whether it is of the web, and has no user name.
    pub clean: bool,
}

/// What the `url` crate makes of it.
///
/// # Panics
///
/// When the base is no address.
#[must_use]
pub fn with_url(reference: &str, base: &str) -> Option<Seen> {
    let url = Url::parse(base).unwrap().join(reference).ok()?;
    Some(Seen {
        origin: url.origin().ascii_serialization(),
        clean: matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none(),
        href: url.into(),
    })
}

/// What ada makes of it.
#[must_use]
pub fn with_ada(reference: &str, base: &str) -> Option<Seen> {
    let url = ada_url::Url::parse(reference, Some(base)).ok()?;
    Some(Seen {
        origin: url.origin(),
        clean: matches!(url.protocol(), "http:" | "https:")
            && url.username().is_empty()
            && url.password().is_empty(),
        href: url.href().to_owned(),
    })
}

/// A byte that may stand in a location.
#[must_use]
pub fn sendable(byte: u8) -> bool {
    (0x21..=0x7e).contains(&byte) && !b"\"<>\\^`{|}".contains(&byte)
}

/// A text with every `%` escaped that begins no escape.
#[must_use]
pub fn with_escaped_percents(text: &str) -> String {
    let mut parts = text.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let begins_escape =
            part.len() > 1 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
        out.push_str(if begins_escape { "%" } else { "%25" });
        out.push_str(part);
    }
    out
}

/// What stands before query and fragment.
#[must_use]
pub fn path_of(reference: &str) -> &str {
    reference.split(['?', '#']).next().unwrap_or_default()
}

//! Host names in punycode.

/// Whether browsers take a name for a host, of which the part `below` a configured domain is anybody's:
/// punycode that means nothing is none.
#[cfg(feature = "idn")]
pub(crate) fn is_readable(name: &str, _below: &str) -> bool {
    // The domain counts too: which letters may stand in a label depends on the others (RFC 5893 §2).
    !has_punycode(name)
        || idna::domain_to_ascii_cow(name.as_bytes(), idna::AsciiDenyList::URL)
            .is_ok_and(|ascii| ascii == name)
}

/// The same where nobody can tell: names in punycode are listed one by one.
#[cfg(not(feature = "idn"))]
pub(crate) fn is_readable(_name: &str, below: &str) -> bool {
    !has_punycode(below)
}

fn has_punycode(name: &str) -> bool {
    name.split('.').any(|label| label.starts_with("xn--"))
}

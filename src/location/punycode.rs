//! Host names in punycode.

/// Returns `true` if browsers accept the host name. They reject invalid punycode.
///
/// `_labels` are the labels of the name before a configured domain. They come from a request.
#[cfg(feature = "idn")]
pub(crate) fn is_valid_punycode(name: &str, _labels: &str) -> bool {
    // Check the domain too: the letters of one label restrict those of the others (RFC 5893 §2).
    !has_punycode(name)
        || idna::domain_to_ascii_cow(name.as_bytes(), idna::AsciiDenyList::URL)
            .is_ok_and(|ascii| ascii == name)
}

/// Returns `true` if the labels before a configured domain have no punycode.
///
/// Without the `idn` feature, the crate can't check punycode. List each punycode name instead.
#[cfg(not(feature = "idn"))]
pub(crate) fn is_valid_punycode(_name: &str, labels: &str) -> bool {
    !has_punycode(labels)
}

fn has_punycode(name: &str) -> bool {
    name.split('.').any(|label| label.starts_with("xn--"))
}

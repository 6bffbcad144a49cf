//! The parameters of a query: their names and values, as received and as plain text.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The pairs of a query; a key without a `=` has an empty value.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// Whether a received part of a query means this plain text.
pub(super) fn means(received: &str, plain: &str) -> bool {
    if is_encoded(received) {
        form_bytes(received).eq(plain.bytes())
    } else {
        received == plain
    }
}

/// A received part of a query as plain text; what is not UTF-8 is replaced.
pub(super) fn plain(received: &str) -> Cow<'_, str> {
    if is_encoded(received) {
        let bytes: Vec<u8> = form_bytes(received).collect();
        Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
    } else {
        Cow::Borrowed(received)
    }
}

/// The bytes that a received part of a query means.
pub(super) fn meaning(received: &str) -> Cow<'_, [u8]> {
    if is_encoded(received) {
        Cow::Owned(form_bytes(received).collect())
    } else {
        Cow::Borrowed(received.as_bytes())
    }
}

fn is_encoded(received: &str) -> bool {
    received.bytes().any(|byte| matches!(byte, b'%' | b'+'))
}

/// A `+` is a space and `%XX` a byte (WHATWG URL, `application/x-www-form-urlencoded`).
pub(super) fn form_bytes(received: &str) -> impl Iterator<Item = u8> + '_ {
    received.split('+').enumerate().flat_map(|(at, piece)| {
        let space = (at > 0).then_some(b' ');
        space.into_iter().chain(percent_decode_str(piece))
    })
}

#[cfg(test)]
mod tests {
    use super::{means, pairs, plain};

    #[test]
    fn parts_of_a_query_are_read_as_those_of_a_form() {
        assert!(means("a+b%2B%C3%A9", "a b+\u{e9}") && means("a", "a"));
        assert!(!means("a+", "a") && !means("a", "b") && !means("%41", "%41"));
        assert_eq!(plain("a+b%FF"), "a b\u{fffd}");
        let all: Vec<_> = pairs("a=1=2&&b&=c&").collect();
        assert_eq!(all, [("a", "1=2"), ("b", ""), ("", "c")]);
    }
}

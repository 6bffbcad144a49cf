//! What a policy's decision depends on, recorded while the policy runs.
//!
//! A policy only has a shared reference to the request, so the record consists of `Cell`s. It's on
//! the stack and has a fixed size: a request that passes through allocates nothing for it.
//!
//! For example, a policy that reads `Cookie` and then `Accept-Language` leaves the text
//! `cookie, accept-language`, which becomes the value of `Vary`.

use std::cell::Cell;

use http::HeaderValue;

/// The header fields that a policy has read.
pub(crate) struct HeaderReads {
    /// The names so far, in lower case and separated by `, `.
    text: [Cell<u8>; Self::CAPACITY],
    length: Cell<usize>,
    /// Whether the names didn't fit.
    too_many: Cell<bool>,
}

impl HeaderReads {
    /// If the names don't fit, the response gets `Vary: *`, and no cache reuses it.
    const CAPACITY: usize = 96;

    #[inline]
    pub(crate) const fn new() -> Self {
        Self {
            text: [const { Cell::new(0) }; Self::CAPACITY],
            length: Cell::new(0),
            too_many: Cell::new(false),
        }
    }

    /// Records the name of a field once. Ignores `Host`, which is part of the URL.
    pub(super) fn add(&self, name: &str) {
        if name.eq_ignore_ascii_case("host") || self.contains(name) {
            return;
        }
        let before = self.length.get();
        let separator = if before == 0 { "" } else { ", " };
        let free = self.text.get(before..).unwrap_or_default();
        let Some((for_separator, for_name)) = free.split_at_checked(separator.len()) else {
            self.too_many.set(true);
            return;
        };
        if name.len() > for_name.len() {
            self.too_many.set(true);
            return;
        }
        for (slot, byte) in for_separator.iter().zip(separator.bytes()) {
            slot.set(byte);
        }
        for (slot, byte) in for_name.iter().zip(name.bytes()) {
            slot.set(byte.to_ascii_lowercase());
        }
        self.length.set(before + separator.len() + name.len());
    }

    /// Returns `true` if the policy has read no field.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.length.get() == 0 && !self.too_many.get()
    }

    /// Returns `true` if the policy has read this field.
    fn contains(&self, name: &str) -> bool {
        self.length.get() > 0
            && self
                .written()
                .split(|byte| byte.get() == b',')
                .map(|other| match other {
                    [first, rest @ ..] if first.get() == b' ' => rest,
                    _ => other,
                })
                .any(|other| {
                    other.len() == name.len()
                        && other
                            .iter()
                            .zip(name.bytes())
                            .all(|(byte, wanted)| byte.get() == wanted.to_ascii_lowercase())
                })
    }

    /// Returns `true` if the response is for one visitor only.
    pub(crate) fn is_personal(&self) -> bool {
        self.too_many.get() || self.contains("cookie") || self.contains("authorization")
    }

    /// Returns the value of `Vary`, if the response needs one.
    pub(crate) fn vary(&self) -> Option<HeaderValue> {
        if self.too_many.get() {
            return Some(HeaderValue::from_static("*"));
        }
        let text: Vec<u8> = self.written().iter().map(Cell::get).collect();
        // A policy may have read a name that isn't a valid header name. No request can have it.
        (!text.is_empty())
            .then(|| HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("*")))
    }

    fn written(&self) -> &[Cell<u8>] {
        self.text.get(..self.length.get()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::HeaderReads;

    #[test]
    fn names_once_in_lower_case_and_never_the_host() {
        let reads = HeaderReads::new();
        assert_eq!(reads.vary(), None);
        for name in [
            "Accept-Language",
            "host",
            "Cookie",
            "accept-language",
            "HOST",
        ] {
            reads.add(name);
        }
        assert_eq!(reads.vary().unwrap(), "accept-language, cookie");
        assert!(reads.contains("COOKIE") && !reads.contains("cook"));
        assert!(reads.is_personal());
    }

    #[test]
    fn too_many_names_become_a_star() {
        let reads = HeaderReads::new();
        for n in 0..20 {
            reads.add(&format!("x-header-{n}"));
        }
        assert_eq!(reads.vary().unwrap(), "*");
        assert!(reads.is_personal());
    }
}

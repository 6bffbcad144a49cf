use std::cell::Cell;

use http::HeaderValue;

/// Which header fields a decision has looked at, as the value of the `Vary` that its answer needs,
/// whether the request may be passed on, and whether caches may keep a redirect of it.
///
/// It is filled while a policy looks, whether the field was there or not, and lies on the stack: a
/// request that passes allocates nothing for it.
pub(crate) struct HeaderReads {
    text: [Cell<u8>; Self::CAPACITY],
    length: Cell<usize>,
    too_many: Cell<bool>,
    closed: Cell<bool>,
    presumed: Cell<bool>,
}

impl HeaderReads {
    /// More names than fit become `Vary: *`: such an answer is nobody else's.
    const CAPACITY: usize = 96;

    #[inline]
    pub(crate) const fn new() -> Self {
        Self {
            text: [const { Cell::new(0) }; Self::CAPACITY],
            length: Cell::new(0),
            too_many: Cell::new(false),
            closed: Cell::new(false),
            presumed: Cell::new(false),
        }
    }

    /// Takes the name of a field down, once, but for `Host`, which is part of the target.
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

    /// Says that the request must not be passed on (R11).
    pub(super) fn close(&self) {
        self.closed.set(true);
    }

    /// Whether somebody has said that the request must not be passed on.
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Says that the scheme was presumed.
    #[cfg(feature = "trust")]
    pub(super) fn presume(&self) {
        self.presumed.set(true);
    }

    /// Whether somebody has presumed the scheme.
    #[inline]
    pub(crate) fn is_presumed(&self) -> bool {
        self.presumed.get()
    }

    /// Whether no field was looked at.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.length.get() == 0 && !self.too_many.get()
    }

    /// Whether a field of this name was looked at.
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

    /// Whether the answer is of one visitor.
    pub(crate) fn personal(&self) -> bool {
        self.too_many.get() || self.contains("cookie") || self.contains("authorization")
    }

    /// The value of `Vary`, where there has to be one.
    pub(crate) fn vary(&self) -> Option<HeaderValue> {
        if self.too_many.get() {
            return Some(HeaderValue::from_static("*"));
        }
        let text: Vec<u8> = self.written().iter().map(Cell::get).collect();
        // A text that is no header name was never there either.
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
        assert!(reads.personal());
    }

    #[test]
    fn more_than_fit_is_everything() {
        let reads = HeaderReads::new();
        for n in 0..20 {
            reads.add(&format!("x-header-{n}"));
        }
        assert_eq!(reads.vary().unwrap(), "*");
        assert!(reads.personal());
    }
}

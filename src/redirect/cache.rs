use std::{fmt, time::Duration};

use http::HeaderValue;

/// How long the answer may be kept: the `Cache-Control` that a redirect sends.
///
/// A permanent redirect without it is kept by browsers for as long as they like, and cannot be
/// called back. With a bounded lifetime it can be.
///
/// ```
/// use std::time::Duration;
/// use tower_redirect::redirect::CacheControl;
///
/// let day = CacheControl::max_age(Duration::from_secs(86_400));
/// assert_eq!(day.to_string(), "max-age=86400");
/// assert_eq!(day.private().to_string(), "private, max-age=86400");
/// assert_eq!(CacheControl::no_store().to_string(), "no-store");
/// ```
///
/// Source: RFC 9111 §5.2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheControl {
    lifetime: Lifetime,
    private: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Lifetime {
    NoStore,
    /// As long as the status allows.
    Unsaid,
    Seconds(u32),
}

impl CacheControl {
    /// Every cache may keep the answer for this long, in whole seconds, at most 2³¹ of them.
    ///
    /// ```
    /// # use {std::time::Duration, tower_redirect::redirect::CacheControl};
    /// let minute = CacheControl::max_age(Duration::from_secs(60));
    /// assert_eq!(minute.to_string(), "max-age=60");
    /// let forever = CacheControl::max_age(Duration::MAX);
    /// assert_eq!(forever.to_string(), "max-age=2147483648");
    /// ```
    ///
    /// Source: RFC 9111 §5.2.2.1; the bound is §1.2.2's.
    #[must_use]
    pub const fn max_age(lifetime: Duration) -> Self {
        const MOST: u64 = 1 << 31;
        let seconds = if lifetime.as_secs() < MOST {
            lifetime.as_secs()
        } else {
            MOST
        };
        Self {
            lifetime: Lifetime::Seconds(seconds as u32),
            private: false,
        }
    }

    /// No cache may keep the answer, the browser's own included.
    ///
    /// ```
    /// # use tower_redirect::redirect::CacheControl;
    /// assert_eq!(CacheControl::no_store().to_string(), "no-store");
    /// ```
    #[must_use]
    pub const fn no_store() -> Self {
        Self {
            lifetime: Lifetime::NoStore,
            private: false,
        }
    }

    /// In the browser of this visitor only, for as long as the status allows.
    pub(crate) const fn private_only() -> Self {
        Self {
            lifetime: Lifetime::Unsaid,
            private: true,
        }
    }

    /// The same lifetime, in the browser of this visitor only.
    ///
    /// ```
    /// # use {std::time::Duration, tower_redirect::redirect::CacheControl};
    /// let minute = CacheControl::max_age(Duration::from_secs(60)).private();
    /// assert_eq!(minute.to_string(), "private, max-age=60");
    /// ```
    #[must_use]
    pub const fn private(mut self) -> Self {
        self.private = true;
        self
    }
}

/// [`CacheControl::max_age`].
impl From<Duration> for CacheControl {
    fn from(lifetime: Duration) -> Self {
        Self::max_age(lifetime)
    }
}

impl fmt::Display for CacheControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lifetime, self.private) {
            (Lifetime::NoStore, _) => f.write_str("no-store"),
            (Lifetime::Unsaid, _) => f.write_str("private"),
            (Lifetime::Seconds(seconds), true) => write!(f, "private, max-age={seconds}"),
            (Lifetime::Seconds(seconds), false) => write!(f, "max-age={seconds}"),
        }
    }
}

impl From<CacheControl> for HeaderValue {
    fn from(cache: CacheControl) -> Self {
        // Letters, digits, `=`, `,` and blanks: always a value.
        Self::try_from(cache.to_string()).unwrap_or_else(|_| Self::from_static("no-store"))
    }
}

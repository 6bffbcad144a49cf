use std::{fmt, time::Duration};

use http::HeaderValue;

/// The `Cache-Control` header of a redirect: how long caches may keep it.
///
/// Browsers keep a permanent redirect without this header as long as they like, and you can't
/// revoke it. Set a `max-age` to limit the time.
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
    /// No `max-age`, so the status decides.
    Unspecified,
    Seconds(u32),
}

impl CacheControl {
    /// Allows every cache to keep the redirect this long, in whole seconds up to 2³¹.
    ///
    /// ```
    /// # use {std::time::Duration, tower_redirect::redirect::CacheControl};
    /// let minute = CacheControl::max_age(Duration::from_secs(60));
    /// assert_eq!(minute.to_string(), "max-age=60");
    /// let forever = CacheControl::max_age(Duration::MAX);
    /// assert_eq!(forever.to_string(), "max-age=2147483648");
    /// ```
    ///
    /// Source: RFC 9111 §5.2.2.1, and §1.2.2 for the upper limit.
    #[must_use]
    pub const fn max_age(lifetime: Duration) -> Self {
        const MAX_SECONDS: u64 = 1 << 31;
        let seconds = if lifetime.as_secs() < MAX_SECONDS {
            lifetime.as_secs()
        } else {
            MAX_SECONDS
        };
        Self {
            lifetime: Lifetime::Seconds(seconds as u32),
            private: false,
        }
    }

    /// Forbids every cache from keeping the redirect, even the browser's own.
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

    /// Allows only the visitor's browser to keep the redirect, as long as the status allows.
    pub(crate) const fn private_only() -> Self {
        Self {
            lifetime: Lifetime::Unspecified,
            private: true,
        }
    }

    /// Allows only the visitor's browser to keep the redirect, with the same cache lifetime.
    ///
    /// ```
    /// # use {std::time::Duration, tower_redirect::redirect::CacheControl};
    /// let minute = CacheControl::max_age(Duration::from_secs(60)).private();
    /// assert_eq!(minute.to_string(), "private, max-age=60");
    /// ```
    ///
    /// It changes nothing if no cache may keep the redirect.
    #[must_use]
    pub const fn private(mut self) -> Self {
        self.private = !matches!(self.lifetime, Lifetime::NoStore);
        self
    }
}

/// Does the same as [`CacheControl::max_age`].
impl From<Duration> for CacheControl {
    fn from(lifetime: Duration) -> Self {
        Self::max_age(lifetime)
    }
}

/// Writes the value of the header.
impl fmt::Display for CacheControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.lifetime, self.private) {
            (Lifetime::NoStore, _) => f.write_str("no-store"),
            (Lifetime::Unspecified, _) => f.write_str("private"),
            (Lifetime::Seconds(seconds), true) => write!(f, "private, max-age={seconds}"),
            (Lifetime::Seconds(seconds), false) => write!(f, "max-age={seconds}"),
        }
    }
}

impl From<CacheControl> for HeaderValue {
    fn from(cache: CacheControl) -> Self {
        // Letters, digits, `=`, `,` and spaces are always valid, so the fallback is never used.
        Self::try_from(cache.to_string()).unwrap_or_else(|_| Self::from_static("no-store"))
    }
}

//! What happens to requests for unknown hosts.

use std::{fmt, str::FromStr};

use super::CanonicalError;

/// What happens to a request for a host that isn't configured.
///
/// ```
/// use tower_redirect::{policy::{CanonicalHost, UnknownHost}, testing};
///
/// let host = CanonicalHost::with_aliases("example.com", ["www.example.com"])?
///     .unknown_host(UnknownHost::Pass)?;
/// testing::get("/").header("host", "10.0.0.7").through(&host).assert_pass();
/// # Ok::<(), tower_redirect::policy::CanonicalError>(())
/// ```
///
/// `Display` and `FromStr` use `pass`, `redirect` and `refuse`:
///
/// ```
/// use tower_redirect::policy::UnknownHost;
///
/// assert_eq!("refuse".parse(), Ok(UnknownHost::Refuse));
/// assert_eq!(UnknownHost::Pass.to_string(), "pass");
///
/// let error = "reject".parse::<UnknownHost>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "invalid unknown-host setting `reject`: use `pass`, `redirect` or `refuse`",
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnknownHost {
    /// The request passes through to the app. If [`Https`](super::Https) enforces https, a
    /// plaintext request is refused with 421 instead, unless you call
    /// [`dangerously_pass_unknown_hosts`](super::HttpsEnforcement::dangerously_pass_unknown_hosts).
    Pass,
    /// The client is redirected to the canonical host, or to the first of
    /// [several](super::CanonicalHost::one_of).
    Redirect,
    /// The request is refused with 421 Misdirected Request.
    Refuse,
}

impl UnknownHost {
    const ALL: [Self; 3] = [Self::Pass, Self::Redirect, Self::Refuse];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Redirect => "redirect",
            Self::Refuse => "refuse",
        }
    }
}

impl fmt::Display for UnknownHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for UnknownHost {
    type Err = CanonicalError;

    fn from_str(text: &str) -> Result<Self, CanonicalError> {
        let message = "use `pass`, `redirect` or `refuse`";
        Self::ALL
            .into_iter()
            .find(|unknown| unknown.as_str() == text)
            .ok_or_else(|| CanonicalError::message("unknown-host setting", text, message))
    }
}

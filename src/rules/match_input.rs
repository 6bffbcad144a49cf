//! What a table looks at in a request.

use std::borrow::Cow;

use super::{
    capture::MatchCache,
    named::Named,
    parameters::{meaning, means, pairs},
};
use crate::{
    policy::Refusal,
    request::{RequestHead, host::NormalizedHost},
};
use http::header;

/// A request, as far as rules are concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct MatchInput<'h, 'a> {
    pub(super) head: &'h RequestHead<'a>,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    /// The host without its port, in lower case; only tables that know hosts read it.
    pub(super) host: Option<&'h str>,
    pub(super) cache: &'h MatchCache<'a>,
}

impl<'h, 'a> MatchInput<'h, 'a> {
    /// A request, and the host that it is for where the table knows hosts.
    #[inline]
    pub(super) fn new(
        head: &'h RequestHead<'a>,
        host: Option<&'h NormalizedHost<'_>>,
        cache: &'h MatchCache<'a>,
    ) -> Self {
        Self {
            head,
            path: head.path(),
            query: head.query(),
            host: host.map(|host| &*host.name),
            cache,
        }
    }

    /// The pairs of the query as they were received.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        pairs(self.query.unwrap_or_default())
    }

    /// The last value of a parameter, as it was received.
    pub(super) fn last_value(&self, key: &str) -> Option<&'a str> {
        match self.known_pairs() {
            Some(known) => known.last(key).copied(),
            None => self
                .pairs()
                .filter(|(received, _)| means(received, key))
                .last()
                .map(|(_, value)| value),
        }
    }

    /// The values of a header field; what is not UTF-8 in them is replaced.
    pub(super) fn header(&self, name: &str) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.lines(name).map(lossy)
    }

    /// The parameters by their names, where many conditions ask for some.
    pub(super) fn known_pairs(&self) -> Option<&'h Named<'a, &'a str>> {
        let query = self.query?;
        self.cache.query.after_a_few(|| {
            Named::new(pairs(query).map(|(key, value)| (meaning(key), meaning(value), value)))
        })
    }

    /// The values of a cookie; what is not UTF-8 in them is replaced, and other cookies are not
    /// touched by it.
    pub(super) fn cookie(&self, name: &str) -> impl Iterator<Item = Cow<'a, str>> {
        self.cookies()
            .filter(move |(key, _)| *key == name.as_bytes())
            .map(|(_, value)| lossy(value))
    }

    /// The cookies by their names, where many conditions ask for some.
    pub(super) fn known_cookies(&self) -> Option<&'h Named<'a, Cow<'a, str>>> {
        self.head.depends_on(header::COOKIE.as_str());
        if !self.head.headers().contains_key(header::COOKIE) {
            return None;
        }
        self.cache.cookies.after_a_few(|| {
            Named::new(self.cookies().map(|(key, value)| {
                let value = lossy(value);
                let meaning = match value.clone() {
                    Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                    Cow::Owned(text) => Cow::Owned(text.into_bytes()),
                };
                (Cow::Borrowed(key), meaning, value)
            }))
        })
    }

    /// The first two letters of the language that is preferred; a cookie of this name comes first.
    pub(super) fn language(&self, cookie: &str) -> Option<[u8; 2]> {
        let by_cookie = match self.known_cookies() {
            Some(known) => known.of(cookie).first().cloned(),
            None => self.cookie(cookie).next(),
        };
        let preferred = by_cookie.or_else(|| self.header("accept-language").next())?;
        let letters = preferred.trim().as_bytes().first_chunk::<2>()?;
        Some(letters.map(|letter| letter.to_ascii_lowercase()))
    }

    fn cookies(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        self.lines(header::COOKIE.as_str())
            .flat_map(|line| line.split(|&byte| byte == b';'))
            .filter_map(|cookie| {
                let equals = cookie.iter().position(|&byte| byte == b'=')?;
                let (key, value) = cookie.split_at_checked(equals)?;
                Some((key.trim_ascii(), value.get(1..)?.trim_ascii()))
            })
    }

    fn lines(&self, name: &str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.head.depends_on(name);
        let lines = self.head.headers().get_all(name).iter();
        lines.map(http::HeaderValue::as_bytes)
    }
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The host that a request is for, `None` where it names none.
#[inline(never)]
pub(super) fn asked_host<'h>(
    head: &'h RequestHead<'_>,
) -> Result<Option<NormalizedHost<'h>>, Refusal> {
    match head.authority() {
        Some(authority) => match NormalizedHost::read(authority) {
            Some(host) => Ok(Some(host)),
            None => Err(Refusal::INVALID_HOST),
        },
        None if head.names_no_host() => Ok(None),
        None => Err(Refusal::CONFLICTING_HOSTS),
    }
}

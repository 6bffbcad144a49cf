use std::{fmt, str::FromStr};

use http::HeaderValue;

use super::{
    Location,
    check::{self, Form},
    parse,
    problem::{LocationError, Problem},
    valid_bytes,
};

/// A path on this site, with an optional query and fragment. It can't lead to another host.
///
/// Use it for text that comes from a request. Even if the text is hostile, the result stays on this
/// site, or you get an error.
///
/// ```
/// use tower_redirect::LocalPath;
///
/// const MAINTENANCE: LocalPath = LocalPath::from_static("/maintenance");
///
/// let post = LocalPath::from_static("/posts").join_encoded("2024/h%C3%A9llo")?;
/// assert_eq!(post, "/posts/2024/h%C3%A9llo");
///
/// assert!(LocalPath::new("//stranger.example").is_err());
/// assert!(LocalPath::from_static("/").join_encoded("//stranger.example").is_err());
/// # Ok::<(), tower_redirect::location::LocationError>(())
/// ```
///
/// The segments `.` and `..` are an error, even if written with `%2e`, because clients resolve
/// them. Nothing is decoded: `%XX` stays as written. Each other `%` becomes `%25`.
///
/// `LocalPath` implements `FromStr` and `TryFrom`, which do the same as [`LocalPath::new`].
///
/// Source: RFC 3986 §4.2 (`path-absolute`), WHATWG URL (`//` and `/\` begin an authority).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LocalPath(Location);

impl LocalPath {
    /// Creates a path from a literal. In a `const`, a bad literal doesn't compile.
    ///
    /// ```
    /// use tower_redirect::LocalPath;
    ///
    /// const RECEIPT: LocalPath = LocalPath::from_static("/receipt#top");
    /// assert_eq!(RECEIPT, "/receipt#top");
    /// ```
    ///
    /// ```compile_fail
    /// # use tower_redirect::LocalPath;
    /// const RECEIPT: LocalPath = LocalPath::from_static("receipt");
    /// ```
    ///
    /// If necessary, percent-encode the literal yourself, because a constant can't change its text.
    ///
    /// # Panics
    ///
    /// If the literal isn't a local path. The panic names the caller's line. In a `const`, the
    /// compiler reports it.
    #[must_use]
    #[track_caller]
    pub const fn from_static(literal: &'static str) -> Self {
        if !matches!(literal.as_bytes(), [b'/', ..]) {
            super::refuse_literal(Problem::NotLocal.text().sentence);
        }
        Self(Location::from_static(literal))
    }

    /// Parses a path with an optional query and fragment. Percent-encodes bytes that can't be sent.
    ///
    /// ```
    /// use tower_redirect::LocalPath;
    ///
    /// assert_eq!(LocalPath::new("/stra\u{df}e?q=a b#c|d")?, "/stra%C3%9Fe?q=a%20b#c%7Cd");
    /// assert_eq!(LocalPath::new("/100%25")?, "/100%25");
    /// assert_eq!(LocalPath::new("/100%/a[1]?b[]=c")?, "/100%25/a%5B1%5D?b[]=c");
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text
    ///
    /// - doesn't begin with exactly one `/`,
    /// - contains a control character or a segment `.` or `..`, or
    /// - is longer than 8,000 bytes when encoded.
    pub fn new(text: &str) -> Result<Self, LocationError> {
        let bytes = text.as_bytes();
        valid_bytes::control(bytes)?;
        match bytes {
            [b'/', rest @ ..] if matches!(rest, [b'/' | b'\\', ..]) => {
                Err(LocationError::new(Problem::OffSite, 1, rest))
            }
            [b'/', ..] => {
                let mut out = String::with_capacity(text.len());
                parse::encode(text, &mut out, 0)?;
                Self::finish(out)
            }
            [] => Err(LocationError::new(Problem::Empty, 0, bytes)),
            _ => Err(LocationError::new(Problem::NotLocal, 0, bytes)),
        }
    }

    /// Appends path text **as received**: `%XX` stays, and `/` separates segments.
    ///
    /// Use it for a part of [`RequestHead::path`](crate::request::RequestHead::path). Use
    /// [`segment`](Self::segment) for plain text.
    ///
    /// - The two parts are joined by exactly one `/`, even if both have one or neither has one.
    /// - The query and the fragment of this path stay at the end.
    /// - A `?` or `#` in the received text is encoded, because a received path contains neither.
    ///
    /// ```
    /// use tower_redirect::LocalPath;
    ///
    /// let docs = LocalPath::from_static("/docs/?v=2");
    /// assert_eq!(docs.join_encoded("a%20b/c")?, "/docs/a%20b/c?v=2");
    /// assert_eq!(docs.join_encoded("/x")?, "/docs/x?v=2");
    /// assert!(docs.join_encoded("../admin").is_err());
    /// assert!(docs.join_encoded("%2e%2e/admin").is_err());
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if
    ///
    /// - the result would leave the site (`/` joined with `//stranger.example`),
    /// - the result would be longer than 8,000 bytes, or
    /// - the text contains a segment `.` or `..`, or a control character.
    pub fn join_encoded(&self, received: &str) -> Result<Self, LocationError> {
        let tail = received.strip_prefix('/').unwrap_or(received);
        self.extend_path(tail, parse::push_path)
    }

    /// Appends one segment of **plain text**. Encodes `/`, `%`, `?` and all other reserved
    /// characters.
    ///
    /// Use it for a name from a database or a form. Use [`join_encoded`](Self::join_encoded) for
    /// text of a received path, which is encoded already. This method would turn its `%C3` into
    /// `%25C3`.
    ///
    /// ```
    /// use tower_redirect::LocalPath;
    ///
    /// let tags = LocalPath::from_static("/tags");
    /// assert_eq!(tags.segment("C/C++ 100%")?, "/tags/C%2FC%2B%2B%20100%25");
    /// assert!(tags.segment("..").is_err());
    /// assert!(tags.segment("").is_err());
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text is empty, is `.` or `..`, or contains a control character, or
    /// if the result would be longer than 8,000 bytes.
    pub fn segment(&self, text: &str) -> Result<Self, LocationError> {
        if text.is_empty() {
            return Err(LocationError::new(Problem::EmptySegment, 0, &[]));
        }
        self.extend_path(text, parse::push_plain)
    }

    /// Appends a query **as received** after the existing query.
    ///
    /// Pass it [`RequestHead::query`](crate::request::RequestHead::query), which doesn't begin with
    /// `?`. `None` appends nothing.
    ///
    /// ```
    /// use tower_redirect::LocalPath;
    ///
    /// let search = LocalPath::from_static("/search?lang=en#results");
    /// let found = search.append_encoded_query(Some("q=a%20b"))?;
    /// assert_eq!(found, "/search?lang=en&q=a%20b#results");
    /// assert_eq!(search.append_encoded_query(None)?, search);
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the query contains a control character, or if the result would be longer
    /// than 8,000 bytes.
    pub fn append_encoded_query(&self, received: Option<&str>) -> Result<Self, LocationError> {
        let Some(received) = received else {
            return Ok(self.clone());
        };
        valid_bytes::control(received.as_bytes())?;
        if received.is_empty() && self.as_str().contains('?') {
            return Ok(self.clone());
        }
        self.extend_query(|out| parse::push_query(out, received))
    }

    /// Appends one query parameter of **plain text** after the existing query.
    ///
    /// ```
    /// use tower_redirect::LocalPath;
    ///
    /// let login = LocalPath::from_static("/login");
    /// assert_eq!(login.param("next", "/a?b=c&d")?, "/login?next=%2Fa%3Fb%3Dc%26d");
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the result would be longer than 8,000 bytes.
    pub fn param(&self, key: &str, value: &str) -> Result<Self, LocationError> {
        self.extend_query(|out| {
            parse::push_plain(out, key);
            out.push('=');
            parse::push_plain(out, value);
        })
    }

    /// Returns the text that is sent.
    ///
    /// ```
    /// # use tower_redirect::LocalPath;
    /// assert_eq!(LocalPath::from_static("/x").as_str(), "/x");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the path without the query and the fragment.
    pub(crate) fn path(&self) -> &str {
        parse::split(self.as_str()).0
    }

    /// Returns the path without the query parameters whose name satisfies `is_named`.
    pub(crate) fn without_param(&self, is_named: impl Fn(&str) -> bool) -> Self {
        let (path, query, fragment) = parse::split(self.as_str());
        let pairs = query.strip_prefix('?').unwrap_or_default().split('&');
        let kept: Vec<&str> = pairs
            .filter(|pair| !is_named(pair.split('=').next().unwrap_or_default()))
            .collect();
        let mark = if kept.is_empty() { "" } else { "?" };
        // A shorter query doesn't make the path invalid, so the fallback is never used.
        Self::finish(format!("{path}{mark}{}{fragment}", kept.join("&")))
            .unwrap_or_else(|_| self.clone())
    }

    /// Parses a literal that a caller passes to a policy. Encodes it if necessary.
    ///
    /// # Panics
    ///
    /// If the literal isn't a local path, at the caller's line.
    #[track_caller]
    pub(super) fn from_literal(literal: &'static str) -> Self {
        if !literal.starts_with('/') {
            super::refuse_literal(Problem::NotLocal.text().sentence);
        }
        Self(Location::from_literal(literal))
    }

    pub(super) fn into_location(self) -> Location {
        self.0
    }

    fn extend_path(
        &self,
        added: &str,
        push: impl FnOnce(&mut String, &str),
    ) -> Result<Self, LocationError> {
        valid_bytes::control(added.as_bytes())?;
        if let Some(error) = check::dot_segment(added.as_bytes()) {
            return Err(error);
        }
        let (path, query, fragment) = parse::split(self.as_str());
        let path = path.strip_suffix('/').unwrap_or(path);
        // If nothing needs encoding, this is the exact length. The header then takes over the
        // buffer without a copy.
        let length = path.len() + 1 + added.len() + query.len() + fragment.len();
        let mut out = String::with_capacity(length);
        out.push_str(path);
        out.push('/');
        push(&mut out, added);
        out.push_str(query);
        out.push_str(fragment);
        Self::finish(out)
    }

    fn extend_query(&self, push: impl FnOnce(&mut String)) -> Result<Self, LocationError> {
        let (path, query, fragment) = parse::split(self.as_str());
        let mut out = format!("{path}{query}");
        match query {
            "" => out.push('?'),
            "?" => {}
            _ => out.push('&'),
        }
        push(&mut out);
        out.push_str(fragment);
        Self::finish(out)
    }

    fn finish(text: String) -> Result<Self, LocationError> {
        if let Some(error) = check::dot_segment(text.as_bytes()) {
            return Err(error);
        }
        let location = Location::finish(text)?;
        match location.form {
            Form::Local => Ok(Self(location)),
            _ => Err(LocationError::new(Problem::NotLocal, 0, &[])),
        }
    }
}

impl FromStr for LocalPath {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        Self::new(text)
    }
}

impl TryFrom<&str> for LocalPath {
    type Error = LocationError;

    fn try_from(text: &str) -> Result<Self, LocationError> {
        Self::new(text)
    }
}

impl TryFrom<String> for LocalPath {
    type Error = LocationError;

    fn try_from(text: String) -> Result<Self, LocationError> {
        Self::new(&text)
    }
}

impl From<LocalPath> for HeaderValue {
    fn from(path: LocalPath) -> Self {
        path.0.into()
    }
}

impl AsRef<str> for LocalPath {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalPath").field(&self.as_str()).finish()
    }
}

impl PartialEq<str> for LocalPath {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for LocalPath {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

//! Where a redirect leads: texts that cannot leave the site by accident.

use std::{
    borrow::Cow,
    fmt,
    hash::{Hash, Hasher},
};

use bytes::Bytes;
use http::HeaderValue;

mod allowed;
mod assemble;
mod authority;
mod check;
mod local_path;
mod origin;
mod parse;
mod place;
#[cfg(feature = "rules")]
mod prepared;
mod problem;
mod punycode;
mod resolve;
mod returned;
pub(crate) mod scan;
mod spelling;

use check::{Bounds, Form};
use problem::Problem;

pub(crate) use allowed::Allowed;
pub(crate) use assemble::{Site, Spelling};
pub(crate) use check::MAX_LEN;
#[cfg(feature = "rules")]
pub(crate) use check::sendable;
pub use local_path::LocalPath;
pub use origin::{HttpScheme, Origin};
#[cfg(feature = "rules")]
pub(crate) use parse::RECEIVED_QUERY;
pub(crate) use parse::{RECEIVED_PATH, parse_origin};
pub use place::IntoLocation;
#[cfg(feature = "rules")]
pub(crate) use prepared::{Astray, Ends, has_dot_segment, is_settled};
pub use problem::LocationError;
pub(crate) use punycode::is_readable;
pub(crate) use spelling::may_ask_for;

/// A finished URI reference that is safe to send in a `Location` header.
///
/// ```
/// use tower_redirect::{LocalPath, Location, location::Origin};
///
/// const DOCS: Location = Location::from_static("https://docs.example/guide");
/// assert_eq!(DOCS, "https://docs.example/guide");
///
/// let path = LocalPath::new("/caf\u{e9} menu")?;
/// assert_eq!(Location::from(path), "/caf%C3%A9%20menu");
/// # Ok::<(), tower_redirect::location::LocationError>(())
/// ```
///
/// It is one of these, at most 8,000 bytes long, in visible ASCII without ``" < > \ ^ ` { | }``:
///
/// - a path on this site: `/` and then anything but `/` and `\`;
/// - `http(s)://host[:port]/…` on an origin that comes from configuration, or from the list of a
///   [`ReturnTo`](crate::policy::ReturnTo);
/// - from a literal only, `./x`, `../x` and `?x=1`, which the client resolves.
///
/// # Which door
///
/// | what there is | door |
/// |---|---|
/// | a literal in a `const` | [`Location::from_static`], [`LocalPath::from_static`]: a bad one does not compile |
/// | a literal handed to a policy or a layer | as it is: `RedirectLayer::found("/x")`, `LoginRedirect::to("/x")`; a bad one panics there |
/// | a path, also from the request | [`LocalPath::new`], [`LocalPath::join_encoded`], [`LocalPath::segment`] |
/// | a path and an origin of yours | [`Origin::location`] |
/// | a target from a configuration file | [`Location::from_config`] |
/// | where a client wants to go back to | [`ReturnTo`](crate::policy::ReturnTo) |
/// | another scheme, a relative path | [`Location::unchecked`] |
///
/// There is no `FromStr`: text of a request that is parsed into a `Location` is an open redirect.
/// A path from the request is parsed into a [`LocalPath`], which cannot leave the site.
///
/// Source: RFC 9110 §10.2.2, RFC 3986 §4.2.
#[derive(Clone)]
pub struct Location {
    value: HeaderValue,
    form: Form,
    bounds: Bounds,
    asked_over: Option<HttpScheme>,
    /// Whether it is on the host that was asked for, where a policy knows that host and the request does
    /// not name it.
    stays_on_the_host: Option<bool>,
}

impl Location {
    /// Takes a literal that is written as it is sent; in a `const`, a bad one does not compile.
    ///
    /// ```
    /// use tower_redirect::Location;
    ///
    /// const LOGIN: Location = Location::from_static("/login?from=menu#form");
    /// assert_eq!(LOGIN.as_str(), "/login?from=menu#form");
    /// ```
    ///
    /// ```compile_fail
    /// # use tower_redirect::Location;
    /// const STRANGER: Location = Location::from_static("//stranger.example/");
    /// ```
    ///
    /// What needs encoding must be written encoded here: a constant cannot be changed.
    ///
    /// # Panics
    ///
    /// When the literal is not a location, at the caller's line; in a `const`, while compiling.
    #[must_use]
    #[track_caller]
    pub const fn from_static(literal: &'static str) -> Self {
        match check::literal_form(literal.as_bytes()) {
            Ok(form) => Self::of_literal(literal, form),
            Err(error) => refuse_literal(error.problem.sentence()),
        }
    }

    /// Reads a target from configuration: a path on this site, or an `http(s)` address.
    ///
    /// What is not sent as it is gets percent-encoded; host and port are brought into the
    /// spelling of browsers. **Never hand it text of a request**: it takes any host.
    ///
    /// ```
    /// use tower_redirect::Location;
    ///
    /// assert_eq!(Location::from_config("HTTP://Example.com:80")?, "http://example.com/");
    /// assert_eq!(Location::from_config("/a b?c=\"d\"")?, "/a%20b?c=%22d%22");
    ///
    /// let error = Location::from_config("javascript:alert(1)").unwrap_err();
    /// assert!(error.to_string().contains("only `http://` and `https://`"));
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Says which byte is wrong and how to mend it.
    pub fn from_config(text: &str) -> Result<Self, LocationError> {
        check::control(text.as_bytes())?;
        if text.starts_with('/') {
            return LocalPath::new(text).map(Self::from);
        }
        if parse::scheme(text).is_none() {
            // Says which of the forms is missed, and refuses those for literals too.
            let error = match check::form_of(text.as_bytes()) {
                Err(error) => error,
                Ok(_) => LocationError::new(Problem::NoSlash, 0, text.as_bytes()),
            };
            return Err(error);
        }
        let (origin, rest) = parse_origin(text)?;
        let mut out = origin.to_string();
        if !rest.starts_with('/') {
            out.push('/');
        }
        parse::encode(rest, &mut out, text.len() - rest.len())?;
        Self::finish(out)
    }

    /// Takes anything that can be written in a `Location` header, wherever it leads.
    ///
    /// The name is for the reviewer: form and origin are **not checked**, so that text of a request
    /// that arrives here is an open redirect. The bytes are: control characters are refused, and
    /// what cannot be sent is percent-encoded.
    ///
    /// ```
    /// use tower_redirect::Location;
    ///
    /// let app = Location::unchecked("myapp://open/42")?;
    /// assert_eq!(app, "myapp://open/42");
    /// assert!(Location::unchecked("/x\r\nSet-Cookie: a=b").is_err());
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the text is empty, has a control character or is longer than 8,000 bytes.
    pub fn unchecked(text: &str) -> Result<Self, LocationError> {
        check::control(text.as_bytes())?;
        let (address, fragment) = parse::split_before(text, '#');
        let mut out = String::with_capacity(text.len());
        parse::push_query(&mut out, address);
        if let Some(fragment) = fragment.strip_prefix('#') {
            out.push('#');
            parse::push_query(&mut out, fragment);
        }
        if out.is_empty() {
            return Err(LocationError::new(Problem::Empty, 0, &[]));
        }
        if out.len() > MAX_LEN {
            return Err(LocationError::new(Problem::TooLong, MAX_LEN, &[]));
        }
        if let Some(error) = check::unsendable(out.as_bytes()) {
            return Err(error);
        }
        let bounds = Bounds::of(out.as_bytes(), Form::Unchecked);
        Self::checked(out.into(), Form::Unchecked, bounds)
    }

    /// Says over which scheme the client asked, for a policy that knows it.
    ///
    /// Behind a TLS proxy a plaintext and an encrypted request look alike, so a redirect to another
    /// scheme of the same address is held to be a loop and is not sent. A policy that has
    /// established the scheme (a listener of its own, a trusted proxy) says so here.
    ///
    /// ```
    /// use tower_redirect::{Location, Policy, Status, location::HttpScheme, policy_fn, testing};
    ///
    /// // This service stands behind the plaintext listener and no other.
    /// let to_https = policy_fn(|_| {
    ///     let home = Location::from_static("https://example.com/");
    ///     Some(home.asked_over(HttpScheme::Http))
    /// });
    ///
    /// testing::get("/")
    ///     .header("host", "example.com")
    ///     .through(&to_https)
    ///     .assert_redirect("https://example.com/");
    /// ```
    #[must_use]
    pub const fn asked_over(mut self, scheme: HttpScheme) -> Self {
        self.asked_over = Some(scheme);
        self
    }

    /// The text that is sent.
    ///
    /// ```
    /// # use tower_redirect::Location;
    /// assert_eq!(Location::from_static("/x").as_str(), "/x");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Every constructor made sure of visible ASCII.
        self.value.to_str().unwrap_or_default()
    }

    pub(crate) fn on(origin: &Origin, path: &LocalPath) -> Result<Self, LocationError> {
        Self::finish(format!("{origin}{path}"))
    }

    /// A literal at the place of use: encoded where it can be, else refused at the caller's line.
    #[track_caller]
    pub(crate) fn from_literal(literal: &'static str) -> Self {
        if let Ok(form) = check::literal_form(literal.as_bytes()) {
            return Self::of_literal(literal, form);
        }
        let parsed = match literal.as_bytes() {
            [b'?', ..] | [b'.', b'/', ..] | [b'.', b'.', b'/', ..] => Self::relative(literal),
            _ => Self::from_config(literal),
        };
        match parsed {
            Ok(location) => location,
            Err(error) => refuse_literal(&format!("{literal:?} is {error}")),
        }
    }

    fn relative(literal: &str) -> Result<Self, LocationError> {
        check::control(literal.as_bytes())?;
        let mut out = String::with_capacity(literal.len());
        parse::encode(literal, &mut out, 0)?;
        Self::finish(out)
    }

    /// The finished text, with the form that it has.
    fn finish(text: impl Into<Bytes>) -> Result<Self, LocationError> {
        let text = text.into();
        let (form, bounds) = check::form_and_bounds(&text)?;
        Self::checked(text, form, bounds)
    }

    fn checked(text: Bytes, form: Form, bounds: Bounds) -> Result<Self, LocationError> {
        let value = HeaderValue::from_maybe_shared(text)
            .map_err(|_| LocationError::new(Problem::Control, 0, &[]))?;
        Ok(Self {
            value,
            form,
            bounds,
            asked_over: None,
            stays_on_the_host: None,
        })
    }

    const fn of_literal(literal: &'static str, form: Form) -> Self {
        Self {
            value: HeaderValue::from_static(literal),
            form,
            bounds: Bounds::of(literal.as_bytes(), form),
            asked_over: None,
            stays_on_the_host: None,
        }
    }

    /// R1 on the finished bytes: the last look before the header is written.
    #[inline]
    pub(crate) fn is_sendable(&self) -> bool {
        check::still_sendable(self.value.as_bytes(), self.form, self.bounds)
    }

    /// Whether a page may link to it: the unchecked door lets `javascript:` through.
    pub(crate) fn is_checked(&self) -> bool {
        self.form != Form::Unchecked
    }

    pub(crate) const fn scheme_asked_over(&self) -> Option<HttpScheme> {
        self.asked_over
    }

    /// Records what only the policy knew about the request: its scheme, and whether this location is on
    /// the requested host (R9).
    pub(crate) const fn with_request_facts(
        mut self,
        scheme: Option<HttpScheme>,
        stays_on_the_host: Option<bool>,
    ) -> Self {
        self.asked_over = scheme;
        self.stays_on_the_host = stays_on_the_host;
        self
    }

    pub(crate) const fn stays_on_the_host(&self) -> Option<bool> {
        self.stays_on_the_host
    }

    /// Whether some clients spell path or query in another way.
    #[inline]
    pub(crate) const fn may_be_respelled(&self) -> bool {
        self.bounds.respelled
    }

    /// Path and query where they are plain: no origin before them, nothing to resolve.
    #[inline]
    pub(crate) fn plain_path(&self) -> Option<&[u8]> {
        match self.form {
            Form::Local | Form::Absolute if !self.bounds.dots => Some(self.written_path()),
            _ => None,
        }
    }

    /// What stands between origin and fragment, as it is sent.
    #[inline]
    pub(crate) fn written_path(&self) -> &[u8] {
        let (from, to) = (self.bounds.origin, self.bounds.fragment);
        let path = usize::from(from)..usize::from(to);
        self.value.as_bytes().get(path).unwrap_or_default()
    }

    /// The origin, where the location has one, and path and query as a client resolves them that
    /// asked for `asked`, a path and query itself.
    pub(crate) fn resolved(&self, asked: &str) -> (Option<Origin>, String) {
        let address = self
            .as_str()
            .get(..usize::from(self.bounds.fragment))
            .unwrap_or_default();
        let with_scheme = if self.is_checked() {
            Cow::Borrowed(address)
        } else {
            Cow::Owned(parse::as_browsers_read(address))
        };
        match parse_origin(&with_scheme) {
            Ok((origin, path)) => (Some(origin), resolve::path_and_query(path, "/")),
            Err(_) => (None, resolve::path_and_query(address, asked)),
        }
    }

    /// The same place for a client that is sent to `base` on the way: what has no origin is on the site
    /// of `base`.
    pub(crate) fn on_site_of(&self, base: &Self) -> Result<Self, LocationError> {
        let site = match base.form {
            Form::Absolute => base
                .as_str()
                .get(..usize::from(base.bounds.origin))
                .unwrap_or_default(),
            Form::Local | Form::Relative | Form::Unchecked => "",
        };
        let mut moved = match self.form {
            Form::Local if site.is_empty() => self.clone(),
            Form::Local => Self::finish([site, self.as_str()].concat())?,
            Form::Relative => {
                let path = self.resolved(&base.resolved("/").1).1;
                Self::finish(format!("{site}{path}{}", self.fragment()))?
            }
            Form::Unchecked if self.is_path() => Self::unchecked(&format!("{site}{self}"))?,
            Form::Absolute | Form::Unchecked => self.clone(),
        };
        moved.bounds.dots |= self.bounds.dots;
        // A rule was asked as if for `base`, of which the client knows nothing.
        moved.stays_on_the_host = None;
        Ok(moved)
    }

    /// Whether there is a path and nothing in front of it: two slashes begin a host.
    fn is_path(&self) -> bool {
        self.as_str().starts_with('/') && !self.as_str().starts_with("//")
    }

    /// The same place with its path in another spelling; `None` where that is the one it has.
    pub(crate) fn respelled(
        &self,
        respell: impl FnOnce(&str) -> Option<Spelling<'_>>,
    ) -> Option<Self> {
        let (origin, rest) = self
            .as_str()
            .split_at_checked(usize::from(self.bounds.origin))?;
        let has_path = !origin.is_empty() || self.is_path();
        if self.bounds.dots || !has_path {
            return None;
        }
        let (path, query, fragment) = parse::split(rest);
        let spelling = respell(path)?;
        let mut out = Vec::with_capacity(self.as_str().len() + spelling.end.len());
        out.extend_from_slice(origin.as_bytes());
        // It was encoded when this location was built.
        spelling.write(&mut out, true);
        out.extend_from_slice(query.as_bytes());
        out.extend_from_slice(fragment.as_bytes());
        let mut moved = Self::finish(out).ok()?;
        if !self.is_checked() {
            // What was not checked before is not checked by another spelling: it may have dot segments.
            moved.form = Form::Unchecked;
        }
        moved.asked_over = self.asked_over;
        moved.stays_on_the_host = self.stays_on_the_host;
        Some(moved)
    }

    /// Whether a browser goes there itself, and hands it to no other program.
    pub(crate) fn is_of_the_web(&self) -> bool {
        self.is_checked() || self.origin().is_some() || !parse::has_scheme(self.as_str())
    }

    /// Scheme, and host with its port where there is one, as they are sent; of a location whose origin is
    /// in the spelling of browsers.
    pub(crate) fn written_origin(&self) -> Option<(HttpScheme, &str)> {
        if self.form != Form::Absolute {
            return None;
        }
        let origin = self.value.as_bytes().get(..self.bounds.origin.into())?;
        let origin = std::str::from_utf8(origin).ok()?;
        [HttpScheme::Https, HttpScheme::Http]
            .into_iter()
            .find_map(|scheme| {
                let authority = origin.strip_prefix(scheme.as_str())?;
                Some((scheme, authority.strip_prefix("://")?))
            })
    }

    /// Reads scheme and authority, where the location has them.
    pub(crate) fn with_origin<R>(&self, read: impl FnOnce(HttpScheme, &str) -> R) -> Option<R> {
        if let Some((scheme, authority)) = self.written_origin() {
            return Some(read(scheme, authority));
        }
        if self.is_checked() {
            return None;
        }
        // What came through the unchecked door is read as a browser reads it.
        let origin = self.origin()?;
        let text = origin.to_string();
        let (_, authority) = text.split_once("://")?;
        Some(read(origin.scheme(), authority))
    }

    /// The origin, where the location has one.
    pub(crate) fn origin(&self) -> Option<Origin> {
        self.resolved("/").0
    }

    /// The fragment with its `#`, or nothing.
    pub(crate) fn fragment(&self) -> &str {
        let start = usize::from(self.bounds.fragment);
        self.as_str().get(start..).unwrap_or_default()
    }
}

/// The one place where a bad literal panics; in a constant, it fails to compile.
#[track_caller]
#[expect(clippy::panic, reason = "a bad literal is a mistake in the program")]
const fn refuse_literal(message: &str) -> ! {
    panic!("{}", message)
}

/// The error for an origin that has more behind it.
pub(crate) fn not_an_origin(text: &str, rest: &str) -> LocationError {
    LocationError::new(
        Problem::NotAnOrigin,
        text.len() - rest.len(),
        rest.as_bytes(),
    )
}

impl From<LocalPath> for Location {
    fn from(path: LocalPath) -> Self {
        path.into_location()
    }
}

impl From<&LocalPath> for Location {
    fn from(path: &LocalPath) -> Self {
        path.clone().into_location()
    }
}

impl From<Location> for HeaderValue {
    fn from(location: Location) -> Self {
        location.value
    }
}

impl AsRef<str> for Location {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Location").field(&self.as_str()).finish()
    }
}

impl PartialEq for Location {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Location {}

impl Hash for Location {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl PartialEq<str> for Location {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Location {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

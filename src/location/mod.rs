//! Checked targets of redirects: [`Location`], [`LocalPath`] and [`Origin`].
//!
//! A [`Location`] is what the `Location` header contains. A [`LocalPath`] is a location that can't
//! leave the site, so you may build it from text of a request. An [`Origin`] is a scheme, a host
//! and a port from your configuration.
//!
//! ```
//! use tower_redirect::{LocalPath, location::Origin};
//!
//! // Text of a request stays on this site …
//! let page = LocalPath::from_static("/docs").join_encoded("a%20b/c")?;
//! assert_eq!(page, "/docs/a%20b/c");
//! assert!(LocalPath::new("//stranger.example/").is_err());
//!
//! // … or goes to an origin that you have configured.
//! let docs = Origin::new("https://docs.example")?;
//! assert_eq!(docs.join(&page)?, "https://docs.example/docs/a%20b/c");
//! # Ok::<(), tower_redirect::location::LocationError>(())
//! ```
//!
//! These invariants hold for every location:
//!
//! - **R1** Each constructor checks the finished bytes, and the layer checks them again before it
//!   sends the header.
//! - **R2** Nothing is decoded: `%XX` stays as it was received. A `%` that begins no escape becomes
//!   `%25`.
//! - **R4** A path with a segment `.` or `..` is an error, because clients resolve it. The
//!   exceptions are relative literals, [`Location::unchecked`], and a URL that a client hands back
//!   ([`ReturnTo`](crate::policy::ReturnTo)).
//! - **R6** The host of an absolute location comes from configuration. Text of a request can only
//!   name a configured host, a subdomain of a configured `*.` pattern, or the first label below a
//!   configured domain (R3).
//! - **R10** A location has at most 8,000 bytes.

// The check has no import circle. Each of these files only imports those before it: limits, scan,
// problem, authority, valid_bytes, reference, check. The parsers and the types import all of them.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use bytes::Bytes;
use http::HeaderValue;

mod allowed;
mod assemble;
mod authority;
mod check;
mod facts;
mod into_location;
#[cfg(feature = "rules")]
mod labelled_origin;
mod limits;
mod local_path;
mod origin;
mod parse;
#[cfg(feature = "rules")]
mod prepared;
mod problem;
mod punycode;
mod reference;
mod resolve;
mod rewrites;
pub(crate) mod scan;
mod valid_bytes;
mod with_dots;

use check::{Bounds, Form};
use problem::Problem;

pub(crate) use allowed::Allowed;
pub(crate) use assemble::{PathForm, Site};
pub(crate) use authority::host_of;
pub(crate) use facts::is_local_path;
pub use into_location::IntoLocation;
#[cfg(feature = "rules")]
pub(crate) use labelled_origin::{BelowError, LabelledOrigin, OriginBelow};
pub(crate) use limits::MAX_LEN;
pub use local_path::LocalPath;
pub use origin::{HttpScheme, Origin, ParseSchemeError};
#[cfg(feature = "rules")]
pub(crate) use parse::{RECEIVED_FRAGMENT, RECEIVED_QUERY};
pub(crate) use parse::{RECEIVED_PATH, encode_received, parse_origin};
#[cfg(feature = "rules")]
pub(crate) use prepared::{PartEnds, PrepareError, has_dot_segment, is_settled};
pub use problem::LocationError;
pub(crate) use punycode::is_valid_punycode;
pub(crate) use resolve::{Resolved, WebTarget, resolve};
pub(crate) use rewrites::may_request;
#[cfg(feature = "rules")]
pub(crate) use valid_bytes::sendable;

/// A checked URI reference for the `Location` header.
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
/// A location has at most 8,000 bytes of visible ASCII without ``" < > \ ^ ` { | }``. A `%` stands
/// only before two hex digits, and brackets stand only in IPv6 hosts and queries. It has one of
/// these forms:
///
/// - A path on this site: `/`, not followed by `/` or `\`.
/// - `http(s)://host[:port]/…`. The origin comes from configuration, or is one of the allowed
///   origins of a [`ReturnTo`](crate::policy::ReturnTo). In a rule table, the first label of the
///   host can come from the request, below a configured domain.
/// - `./x`, `../x` or `?x=1`, from a literal only. The client resolves it.
/// - Any other reference, from [`Location::unchecked`].
///
/// # Constructors
///
/// | you have | use |
/// |---|---|
/// | a literal for a `const` | [`Location::from_static`], [`LocalPath::from_static`] |
/// | a literal for a policy or a layer | the literal itself: `RedirectLayer::found("/x")` |
/// | a path, even from the request | [`LocalPath::new`], [`join_encoded`], [`segment`] |
/// | a path and one of your origins | [`Origin::join`] |
/// | a target from a configuration file | [`Location::from_config`] |
/// | the URL that a client returns to after its login | [`ReturnTo`](crate::policy::ReturnTo) |
/// | another scheme, or a relative path | [`Location::unchecked`] |
///
/// A bad literal doesn't compile in a `const`. If you pass one to a policy or a layer, that call
/// panics.
///
/// [`join_encoded`]: LocalPath::join_encoded
/// [`segment`]: LocalPath::segment
///
/// `Location` doesn't implement `FromStr`, because parsing text of a request into a location would
/// be an open redirect. Parse a path from the request into a [`LocalPath`], which can't leave the
/// site.
///
/// Source: RFC 9110 §10.2.2, RFC 3986 §4.2.
#[derive(Clone)]
pub struct Location {
    value: HeaderValue,
    form: Form,
    bounds: Bounds,
}

impl Location {
    /// Creates a location from a literal. In a `const`, a bad literal doesn't compile.
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
    /// If necessary, percent-encode the literal yourself, because a constant can't change its text.
    ///
    /// # Panics
    ///
    /// If the literal isn't a valid location. The panic names the caller's line. In a `const`, the
    /// compiler reports it.
    #[must_use]
    #[track_caller]
    pub const fn from_static(literal: &'static str) -> Self {
        match check::literal_form(literal.as_bytes()) {
            Ok(form) => Self::of_literal(literal, form),
            Err(error) => refuse_literal(error.problem.text().sentence),
        }
    }

    /// Parses a target from configuration: a path on this site, or an `http(s)` URL.
    ///
    /// It percent-encodes bytes that can't be sent, and normalizes the host and the port as
    /// browsers do. **Never pass it text of a request**, because it accepts any host.
    ///
    /// ```
    /// use tower_redirect::Location;
    ///
    /// assert_eq!(Location::from_config("HTTP://Example.com:80")?, "http://example.com/");
    /// assert_eq!(Location::from_config("/a b?c=\"d\"")?, "/a%20b?c=%22d%22");
    /// assert_eq!(Location::from_config("/100%/[1]?a[]=b")?, "/100%25/%5B1%5D?a[]=b");
    ///
    /// let error = Location::from_config("javascript:alert(1)").unwrap_err();
    /// assert!(error.to_string().contains("only `http://` and `https://`"));
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text isn't a valid target. The error names the byte and the fix.
    pub fn from_config(text: &str) -> Result<Self, LocationError> {
        valid_bytes::control(text.as_bytes())?;
        if text.starts_with('/') {
            return LocalPath::new(text).map(Self::from);
        }
        if parse::scheme(text).is_none() {
            // `form_of` knows why the text has no valid form. The relative forms that it accepts
            // are for literals only.
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

    /// Creates a location without checking its form and its origin.
    ///
    /// The name warns reviewers: **if you pass it text of a request, you build an open redirect**.
    /// It skips the rules on form and origin, and keeps two promises:
    ///
    /// - It sends only bytes that a location may contain. Bytes after the host are percent-encoded
    ///   if necessary. Control characters are an error.
    /// - A browser reads the same host in the given text and in the text that is sent. A byte in or
    ///   before the host whose encoding could change that is an error, for example a `\`.
    ///
    /// ```
    /// use tower_redirect::Location;
    ///
    /// let app = Location::unchecked("myapp://open/42")?;
    /// assert_eq!(app, "myapp://open/42");
    /// assert!(Location::unchecked("/x\r\nSet-Cookie: a=b").is_err());
    ///
    /// // Browsers read `\` as `/`, so the host is `trusted.example`.
    /// let error = Location::unchecked(r"https://trusted.example\@evil.example/").unwrap_err();
    /// assert_eq!(error.position(), 23);
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text
    ///
    /// - is empty, or longer than 8,000 bytes when encoded,
    /// - contains a control character, or begins with a space, or
    /// - has a byte in or before its host that can't be sent: ``\``, a space, ``" < > ^ ` { | }``,
    ///   a `%` before anything but two hex digits, or a bracket that isn't part of an IPv6 address.
    ///
    /// Source: WHATWG URL, basic URL parser (how a browser reads a host).
    pub fn unchecked(text: &str) -> Result<Self, LocationError> {
        valid_bytes::control(text.as_bytes())?;
        if text.is_empty() {
            return Err(LocationError::new(Problem::Empty, 0, &[]));
        }
        let authority = reference::check_authority(text.as_bytes())?;
        let (before_path, rest) = text.split_at_checked(authority.end).unwrap_or((text, ""));
        let mut out = String::with_capacity(text.len());
        // Only bytes outside ASCII are encoded here.
        parse::push_query(&mut out, before_path);
        parse::encode_with_dots(rest, &mut out);
        if out.len() > MAX_LEN {
            return Err(LocationError::too_long());
        }
        if let Some(error) = reference::unsendable(out.as_bytes()) {
            return Err(error);
        }
        let bounds = Bounds::of(out.as_bytes(), Form::Unchecked);
        Self::checked(out.into(), Form::Unchecked, bounds)
    }

    /// Returns the text that is sent.
    ///
    /// ```
    /// # use tower_redirect::Location;
    /// assert_eq!(Location::from_static("/x").as_str(), "/x");
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Every constructor has checked that the bytes are visible ASCII.
        self.value.to_str().unwrap_or_default()
    }

    pub(crate) fn on(origin: &Origin, path: &LocalPath) -> Result<Self, LocationError> {
        Self::finish(format!("{origin}{path}"))
    }

    /// Parses a literal that a caller passes to a policy or a layer. Encodes it if necessary.
    ///
    /// # Panics
    ///
    /// If the literal isn't a valid location, at the caller's line.
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
            Err(error) => refuse_literal(&format!("{literal:?}: {error}")),
        }
    }

    fn relative(literal: &str) -> Result<Self, LocationError> {
        valid_bytes::control(literal.as_bytes())?;
        let mut out = String::with_capacity(literal.len());
        parse::encode(literal, &mut out, 0)?;
        Self::finish(out)
    }

    /// Checks the finished text.
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
        })
    }

    const fn of_literal(literal: &'static str, form: Form) -> Self {
        Self {
            value: HeaderValue::from_static(literal),
            form,
            bounds: Bounds::of(literal.as_bytes(), form),
        }
    }
}

/// Panics because of a bad literal. In a constant, this is a compile error.
#[track_caller]
#[expect(clippy::panic, reason = "a bad literal is a mistake in the program")]
const fn refuse_literal(message: &str) -> ! {
    panic!("{}", message)
}

/// Returns the error for an origin that is followed by `rest`.
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

use std::{error::Error, fmt, str::FromStr};

use super::{LocalPath, Location, LocationError};

/// The scheme of an origin or of a request: `http` or `https`.
///
/// ```
/// use tower_redirect::location::HttpScheme;
///
/// assert_eq!(HttpScheme::Https.as_str(), "https");
/// assert_eq!(HttpScheme::Http.default_port(), 80);
/// ```
///
/// The enum is exhaustive: a checked location has one of these two schemes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HttpScheme {
    /// HTTP without TLS.
    Http,
    /// HTTP over TLS.
    Https,
}

impl HttpScheme {
    /// Returns the scheme as it is written in a URL.
    ///
    /// ```
    /// # use tower_redirect::location::HttpScheme;
    /// assert_eq!(HttpScheme::Http.as_str(), "http");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// Returns the port of a URL without a port.
    ///
    /// ```
    /// # use tower_redirect::location::HttpScheme;
    /// assert_eq!(HttpScheme::Https.default_port(), 443);
    /// ```
    ///
    /// Source: RFC 9110 §4.2.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for HttpScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads `http` or `https`, in upper or lower case.
///
/// ```
/// use tower_redirect::location::HttpScheme;
///
/// assert_eq!("https".parse(), Ok(HttpScheme::Https));
/// assert_eq!("HTTP".parse(), Ok(HttpScheme::Http));
///
/// let error = "ftp".parse::<HttpScheme>().unwrap_err();
/// assert_eq!(error.to_string(), "not an HTTP scheme; use `http` or `https`");
/// ```
impl FromStr for HttpScheme {
    type Err = ParseSchemeError;

    fn from_str(text: &str) -> Result<Self, ParseSchemeError> {
        [Self::Http, Self::Https]
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.as_str()))
            .ok_or(ParseSchemeError { _private: () })
    }
}

/// Why a text can't be parsed as an [`HttpScheme`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ParseSchemeError {
    _private: (),
}

impl fmt::Display for ParseSchemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an HTTP scheme; use `http` or `https`")
    }
}

impl Error for ParseSchemeError {}

/// A scheme, a host and a port from configuration, in their canonical form.
///
/// ```
/// use tower_redirect::{LocalPath, location::Origin};
///
/// let shop = Origin::new("HTTPS://Shop.Example:443")?;
/// assert_eq!(shop.to_string(), "https://shop.example");
///
/// let cart = LocalPath::from_static("/cart");
/// assert_eq!(shop.join(&cart)?, "https://shop.example/cart");
/// # Ok::<(), tower_redirect::location::LocationError>(())
/// ```
///
/// The host is a name, an IPv4 address or an IPv6 address in brackets. The canonical form is that
/// of browsers: the host is in lower case, and the default port is left out. A user name is an
/// error.
///
/// Hosts with characters outside ASCII need the `idn` feature. Punycode that you write yourself
/// (`xn--…`) isn't checked.
///
/// Source: RFC 6454 §4, RFC 3986 §3.2, WHATWG URL (serialization of hosts).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: HttpScheme,
    host: Box<str>,
    port: Option<u16>,
}

impl Origin {
    /// Parses `http(s)://host[:port]`, with or without one `/` at its end.
    ///
    /// ```
    /// use tower_redirect::location::Origin;
    ///
    /// assert_eq!(Origin::new("http://127.0.0.1:8080/")?.port(), 8080);
    /// assert!(Origin::new("https://shop.example/cart").is_err());
    /// assert!(Origin::new("https://user@shop.example").is_err());
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text isn't an origin. The error names the byte and the fix.
    pub fn new(text: &str) -> Result<Self, LocationError> {
        let (origin, rest) = super::parse_origin(text)?;
        match rest {
            "" | "/" => Ok(origin),
            rest => Err(super::not_an_origin(text, rest)),
        }
    }

    pub(crate) const fn from_parts(scheme: HttpScheme, host: Box<str>, port: Option<u16>) -> Self {
        Self { scheme, host, port }
    }

    /// Returns the scheme.
    ///
    /// ```
    /// # use tower_redirect::location::{HttpScheme, Origin};
    /// assert_eq!(Origin::new("https://shop.example")?.scheme(), HttpScheme::Https);
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    #[must_use]
    pub const fn scheme(&self) -> HttpScheme {
        self.scheme
    }

    /// Returns the host without the port. An IPv6 address keeps its brackets.
    ///
    /// ```
    /// # use tower_redirect::location::Origin;
    /// assert_eq!(Origin::new("http://[0:0::1]:3000")?.host(), "[::1]");
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    #[must_use]
    pub const fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, or the default port of the scheme if the origin has none.
    ///
    /// ```
    /// # use tower_redirect::location::Origin;
    /// assert_eq!(Origin::new("https://shop.example")?.port(), 443);
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.default_port())
    }

    /// Returns the port, unless it's the default port.
    pub(crate) const fn written_port(&self) -> Option<u16> {
        self.port
    }

    /// Returns the URL of a path on this origin.
    ///
    /// The path can't lead to another host, even if it comes from a request.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, location::Origin};
    ///
    /// let docs = Origin::new("https://docs.example")?;
    /// let page = LocalPath::from_static("/guide#install");
    /// assert_eq!(docs.join(&page)?, "https://docs.example/guide#install");
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the URL would be longer than 8,000 bytes.
    #[doc(alias = "location")]
    pub fn join(&self, path: &LocalPath) -> Result<Location, LocationError> {
        Location::on(self, path)
    }
}

impl FromStr for Origin {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        Self::new(text)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port } = self;
        write!(f, "{scheme}://{host}")?;
        match port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

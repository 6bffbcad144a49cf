use std::{fmt, str::FromStr};

use crate::location::{self, LocalPath, Location, LocationError};

/// `http` or `https`: the two schemes that a redirect may lead to.
///
/// ```
/// use tower_redirect::location::HttpScheme;
///
/// assert_eq!(HttpScheme::Https.as_str(), "https");
/// assert_eq!(HttpScheme::Http.default_port(), 80);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HttpScheme {
    /// Plaintext.
    Http,
    /// HTTP over TLS.
    Https,
}

impl HttpScheme {
    /// The scheme as it stands in a URI.
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

    /// The port that is meant where none is written (RFC 9110 §4.2).
    ///
    /// ```
    /// # use tower_redirect::location::HttpScheme;
    /// assert_eq!(HttpScheme::Https.default_port(), 443);
    /// ```
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

/// A scheme, a host and a port that come from configuration, in the spelling that is sent.
///
/// ```
/// use tower_redirect::{LocalPath, location::Origin};
///
/// let shop = Origin::new("HTTPS://Shop.Example:443")?;
/// assert_eq!(shop.to_string(), "https://shop.example");
///
/// let cart = LocalPath::from_static("/cart");
/// assert_eq!(shop.location(&cart)?, "https://shop.example/cart");
/// # Ok::<(), tower_redirect::location::LocationError>(())
/// ```
///
/// The host is a name, an IPv4 address or an IPv6 address in brackets. It is written in lower case,
/// without the default port; a user name is refused. Hosts outside ASCII need feature `idn`. Whether
/// punycode that was written by hand (`xn--…`) means anything is not checked.
///
/// Source: RFC 6454 §4, RFC 3986 §3.2; the spelling is that of the WHATWG URL standard.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    scheme: HttpScheme,
    host: Box<str>,
    port: Option<u16>,
}

impl Origin {
    /// Reads `http(s)://host[:port]`, with or without one `/` at its end.
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
    /// Says which byte is wrong and how to mend it.
    pub fn new(text: &str) -> Result<Self, LocationError> {
        let (origin, rest) = location::parse_origin(text)?;
        match rest {
            "" | "/" => Ok(origin),
            rest => Err(location::not_an_origin(text, rest)),
        }
    }

    pub(crate) const fn from_parts(scheme: HttpScheme, host: Box<str>, port: Option<u16>) -> Self {
        Self { scheme, host, port }
    }

    /// The scheme.
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

    /// The host, without the port; an IPv6 address keeps its brackets.
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

    /// The port, also where it is the default one and not written.
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

    /// The port, where it is written.
    pub(crate) const fn written_port(&self) -> Option<u16> {
        self.port
    }

    /// The address of a path on this origin.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, location::Origin};
    ///
    /// let docs = Origin::new("https://docs.example")?;
    /// let page = LocalPath::from_static("/guide#install");
    /// assert_eq!(docs.location(&page)?, "https://docs.example/guide#install");
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When both together are longer than 8,000 bytes.
    pub fn location(&self, path: &LocalPath) -> Result<Location, LocationError> {
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

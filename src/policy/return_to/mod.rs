//! Redirects back to the URL that was requested before the login, without becoming an open
//! redirect.

use http::HeaderName;

use crate::location::{Allowed, IntoLocation, Location, LocationError, Origin, parse_origin};

mod source;

pub use source::ReturnFrom;
use source::Source;
pub(crate) use source::form_decoded;

/// The maximum length of a value, in bytes.
const MAX_LEN: usize = 2_048;

/// Redirects visitors back to the URL that they requested before the login, without becoming an
/// open redirect.
///
/// ```
/// use tower_redirect::{LocalPath, policy::ReturnTo};
///
/// const HOME: LocalPath = LocalPath::from_static("/home");
/// let return_to = ReturnTo::new(HOME).allow("https://docs.example")?;
///
/// // A form field, or any other text from the client:
/// assert_eq!(return_to.location("/account?tab=2"), "/account?tab=2");
/// assert_eq!(return_to.location("https://docs.example/guide"), "https://docs.example/guide");
/// assert_eq!(return_to.location("https://stranger.example/"), "/home");
/// assert_eq!(return_to.location("//stranger.example"), "/home");
/// # Ok::<(), tower_redirect::location::LocationError>(())
/// ```
///
/// The policy accepts a value if it is one of these:
///
/// - a path on this site,
/// - a URL on [this site's own origin](Self::own_origin), which is reduced to its path, query and
///   fragment,
/// - a URL on an https origin that you [allowed](Self::allow).
///
/// It uses the fallback instead of a value that:
///
/// - is longer than 2,048 bytes,
/// - contains a control character, a space or a backslash,
/// - is a URL with a user name,
/// - leads anywhere else.
///
/// Characters that can't be sent in a header are percent-encoded. An origin is sent in the form
/// that browsers use. Nothing is decoded. The query and the fragment stay. Unlike in a
/// [`LocalPath`](crate::location::LocalPath), the segments `.` and `..` stay too. If such segments
/// resolve to a path on this site that begins with `//`, the policy uses the fallback.
///
/// | The value is in | Use |
/// |---|---|
/// | a form field, a session | [`location`](Self::location), [`check`](Self::check) |
/// | the query | [`query`](Self::query) |
/// | a cookie | [`cookie`](Self::cookie) |
/// | a header | [`header`](Self::header) |
///
/// The policy reads `Referer` only if you configure it with [`header`](Self::header).
/// [`LoginRedirect`](crate::policy::LoginRedirect) is the counterpart that writes the value.
///
/// Source: R7; OWASP, "Unvalidated Redirects and Forwards"; CWE-601.
#[derive(Clone, Debug)]
#[must_use = "a `ReturnTo` checks nothing until it gets a value"]
pub struct ReturnTo {
    fallback: Location,
    own: Vec<Origin>,
    allowed: Vec<Allowed>,
}

impl ReturnTo {
    /// Accepts paths on this site, and uses `fallback` if a value is missing or rejected.
    ///
    /// ```
    /// # use tower_redirect::policy::ReturnTo;
    /// let return_to = ReturnTo::new("/home");
    /// assert_eq!(return_to.location(""), "/home");
    /// ```
    ///
    /// # Panics
    ///
    /// If a literal isn't a valid location. The message has the caller's line.
    #[track_caller]
    pub fn new(fallback: impl IntoLocation<Location>) -> Self {
        Self {
            fallback: fallback.into_location(),
            own: Vec::new(),
            allowed: Vec::new(),
        }
    }

    /// Accepts URLs on this site's own origin, and reduces them to their path, query and fragment.
    ///
    /// Some clients send the whole URL: a `Referer` always is one, and scripts often send
    /// `location.href`. Call it once for each origin of this site. The scheme, the host and the
    /// port must be the same. The origin may use `http`, because only the path is sent: the client
    /// stays on the origin that it requested.
    ///
    /// ```
    /// # use tower_redirect::policy::ReturnTo;
    /// let return_to = ReturnTo::new("/home").own_origin("https://example.com")?;
    ///
    /// assert_eq!(return_to.location("https://example.com/account?tab=2"), "/account?tab=2");
    /// assert_eq!(return_to.location("https://example.com"), "/");
    /// assert_eq!(return_to.location("https://example.com//stranger.example"), "/home");
    /// assert_eq!(return_to.location("http://example.com/account"), "/home");
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text isn't `http(s)://host[:port]`, with or without a `/` at its
    /// end.
    pub fn own_origin(mut self, origin: &str) -> Result<Self, LocationError> {
        self.own.push(Origin::own(origin)?);
        Ok(self)
    }

    /// Allows an https origin besides this site, or all subdomains of a domain.
    ///
    /// - `https://docs.example` allows that host on that port only.
    /// - `https://*.tenant.example` allows every subdomain at any depth, on the default port. It
    ///   doesn't allow `tenant.example` itself.
    ///
    /// Anyone who controls a subdomain can receive your visitors. Never put `*.` before a domain
    /// where strangers can register a name (`co.uk`, `github.io`). A subdomain in punycode
    /// (`xn--…`) is allowed only with the `idn` feature, which validates it. Without that feature,
    /// allow these hosts one by one.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, policy::ReturnTo};
    /// let return_to = ReturnTo::new(LocalPath::from_static("/"))
    ///     .allow("https://docs.example:8443")?
    ///     .allow("https://*.tenant.example")?;
    ///
    /// assert!(return_to.check("https://docs.example:8443/a").is_some());
    /// assert!(return_to.check("https://docs.example/a").is_none());
    /// assert!(return_to.check("https://one.tenant.example").is_some());
    /// assert!(return_to.check("https://tenant.example").is_none());
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text doesn't begin with `https://`, or if it has a user name, a path
    /// or an invalid host. Also returns an error if `*.` isn't at the front, comes before an IP
    /// address or a single label, or is used with a port.
    pub fn allow(mut self, origin: &str) -> Result<Self, LocationError> {
        self.allowed.push(Allowed::parse(origin)?);
        Ok(self)
    }

    /// Allows an origin on the developer's own computer, even without https.
    ///
    /// The host must be `localhost`, `127.0.0.1` or `[::1]`. Use it for a frontend that runs on a
    /// port of its own while you develop. Don't use it in production: the redirect would lead
    /// visitors to whatever program listens on that port of their own computer.
    ///
    /// ```
    /// # use tower_redirect::policy::ReturnTo;
    /// let mut return_to = ReturnTo::new("/home");
    /// if cfg!(debug_assertions) {
    ///     return_to = return_to.allow_for_development("http://localhost:5173")?;
    /// }
    /// # if cfg!(debug_assertions) {
    /// assert_eq!(return_to.location("http://localhost:5173/a"), "http://localhost:5173/a");
    /// # }
    /// assert_eq!(return_to.location("http://localhost:8080/a"), "/home");
    ///
    /// assert!(ReturnTo::new("/home").allow_for_development("http://example.com").is_err());
    /// # Ok::<(), tower_redirect::location::LocationError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the text isn't `http(s)://host[:port]` with one of these three hosts.
    pub fn allow_for_development(mut self, origin: &str) -> Result<Self, LocationError> {
        self.allowed.push(Allowed::parse_for_development(origin)?);
        Ok(self)
    }

    /// Returns the location for a value, or the fallback.
    ///
    /// The value is plain text, as a form extractor returns it. It isn't decoded again.
    ///
    /// ```
    /// use http::{Response, header::LOCATION};
    /// use tower_redirect::{LocalPath, Redirect, policy::ReturnTo};
    ///
    /// let return_to = ReturnTo::new(LocalPath::from_static("/home"));
    ///
    /// // The handler of POST /login:
    /// let next = "/account?tab=2"; // from the form
    /// let response: Response<String> = Redirect::see_other(return_to.location(next)).into();
    /// assert_eq!(response.headers()[LOCATION], "/account?tab=2");
    /// ```
    #[must_use]
    pub fn location(&self, value: &str) -> Location {
        self.check(value).unwrap_or_else(|| self.fallback.clone())
    }

    /// Returns the location for a value, or `None` if the value is rejected.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, policy::ReturnTo};
    /// let return_to = ReturnTo::new(LocalPath::from_static("/"));
    /// assert_eq!(return_to.check("/caf\u{e9}").unwrap(), "/caf%C3%A9");
    /// assert_eq!(return_to.check("/\\stranger.example"), None);
    /// assert_eq!(return_to.check("javascript:alert(1)"), None);
    /// ```
    #[must_use]
    pub fn check(&self, value: &str) -> Option<Location> {
        if value.starts_with('/') {
            return local(value);
        }
        if !is_plain(value) {
            return None;
        }
        let (origin, rest) = parse_origin(value).ok()?;
        if self.own.contains(&origin) {
            return match rest.as_bytes() {
                [b'/', ..] => local(rest),
                _ => local(&format!("/{rest}")),
            };
        }
        if !self.allowed.iter().any(|allowed| allowed.covers(&origin)) {
            return None;
        }
        Location::on_with_dots(&origin, rest).ok()
    }

    /// Returns a policy that reads the value from a query parameter, and redirects every request.
    ///
    /// Names and values are decoded like those of a form: `+` is a space, and `%XX` is a byte. The
    /// fallback is used if the parameter is missing, occurs twice or isn't UTF-8.
    ///
    /// With `after_success`, the redirect replaces every 2xx response to an unsafe method, for
    /// example POST. The form itself, a 2xx response to GET, stays. A failed login must respond
    /// with another status, for example 422 Unprocessable Content. Otherwise the visitor is
    /// redirected as if the login had succeeded.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, RedirectLayer, policy::ReturnTo, testing};
    ///
    /// let return_to = ReturnTo::new(LocalPath::from_static("/home"));
    ///
    /// // The login form is posted to `/login?next=…`:
    /// let layer = RedirectLayer::see_other(return_to.query("next")).after_success();
    /// let login = |target: &str| testing::post(target).through_layer(&layer);
    ///
    /// login("/login?next=%2Faccount%3Ftab%3D2").assert_redirect("/account?tab=2");
    /// login("/login?next=%2F%2Fstranger.example").assert_redirect("/home");
    /// login("/login?next=/a&next=/b").assert_redirect("/home");
    /// login("/login").assert_redirect("/home");
    /// ```
    ///
    /// Source: WHATWG URL, `application/x-www-form-urlencoded`.
    pub fn query(&self, name: &str) -> ReturnFrom {
        ReturnFrom::new(self, Source::Query(name.into()))
    }

    /// Returns a policy that reads the value from a cookie, and redirects every request.
    ///
    /// The value is used as received: nothing is decoded, quotes stay, and a `;` ends it. So write
    /// the URL into the cookie percent-encoded, as in a link. The fallback is used if the cookie is
    /// missing or occurs twice. The response names `Cookie` in `Vary`.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, policy::ReturnTo, testing};
    ///
    /// let policy = ReturnTo::new(LocalPath::from_static("/home")).cookie("next");
    /// let login = |cookie: &str| testing::post("/login").header("cookie", cookie).through(&policy);
    ///
    /// login("theme=dark; next=/account?tab=2").assert_redirect("/account?tab=2");
    /// login("next=/a; next=/b").assert_redirect("/home");
    /// ```
    ///
    /// Source: RFC 6265 §5.4.
    pub fn cookie(&self, name: &str) -> ReturnFrom {
        ReturnFrom::new(self, Source::Cookie(name.into()))
    }

    /// Returns a policy that reads the value from a header, and redirects every request.
    ///
    /// The value is used as received. The fallback is used if the header is missing or has several
    /// lines. The response names the header in `Vary`. For `Referer`, set the
    /// [own origin](Self::own_origin) of this site, because browsers send the whole URL.
    ///
    /// ```
    /// use http::HeaderName;
    /// use tower_redirect::{LocalPath, policy::ReturnTo, testing};
    ///
    /// let return_to = ReturnTo::new(LocalPath::from_static("/home"));
    /// let policy = return_to.header(HeaderName::from_static("x-return-to"));
    ///
    /// testing::post("/login").header("x-return-to", "/a").through(&policy).assert_redirect("/a");
    /// testing::post("/login").header("referer", "/a").through(&policy).assert_redirect("/home");
    /// ```
    pub fn header(&self, name: HeaderName) -> ReturnFrom {
        ReturnFrom::new(self, Source::Header(name))
    }
}

/// Returns the location for a path on this site. This check needs no allowed origins.
pub(crate) fn local(value: &str) -> Option<Location> {
    is_plain(value)
        .then(|| Location::local_with_dots(value).ok())
        .flatten()
}

/// Whether a value is short enough and free of characters that clients interpret differently:
/// browsers drop tabs and line breaks and read `\` as `/`.
fn is_plain(value: &str) -> bool {
    value.len() <= MAX_LEN && !value.contains(|c: char| c.is_control() || matches!(c, ' ' | '\\'))
}

use http::HeaderName;

use crate::location::{Allowed, IntoLocation, Location, LocationError, parse_origin};

mod source;

pub use source::ReturnFrom;
use source::Source;
pub(crate) use source::form_decoded;

/// The longest value that is looked at, in bytes.
const MAX_LEN: usize = 2_048;

/// Takes back the address that a visitor was on before the login, and sends nobody to a stranger.
///
/// ```
/// use tower_redirect::{LocalPath, policy::ReturnTo};
///
/// const HOME: LocalPath = LocalPath::from_static("/home");
/// let return_to = ReturnTo::new(HOME).allow("https://docs.example")?;
///
/// // A form field, or whatever else a client sends:
/// assert_eq!(return_to.location("/account?tab=2"), "/account?tab=2");
/// assert_eq!(return_to.location("https://docs.example/guide"), "https://docs.example/guide");
/// assert_eq!(return_to.location("https://stranger.example/"), "/home");
/// assert_eq!(return_to.location("//stranger.example"), "/home");
/// # Ok::<(), tower_redirect::location::LocationError>(())
/// ```
///
/// A value is sent where it is a path on this site or an address on an https origin that was
/// [allowed](Self::allow). It has at most 2,048 bytes and no control character, space or backslash,
/// and an address has no user name; otherwise the fallback is sent.
///
/// What cannot stand in a header is percent-encoded, and an origin is sent in the spelling of
/// browsers; nothing is decoded. Query and fragment are kept. The segments `.` and `..` are kept too,
/// unlike in a [`LocalPath`](crate::location::LocalPath), unless the path that a client makes of them begins with
/// `//`.
///
/// | the value stands in | |
/// |---|---|
/// | a form field, a session | [`location`](Self::location), [`check`](Self::check) |
/// | the query | [`query`](Self::query) |
/// | a cookie | [`cookie`](Self::cookie) |
/// | a header field | [`header`](Self::header) |
///
/// Nothing reads `Referer` by itself. [`LoginRedirect`](crate::policy::LoginRedirect) is the counterpart that
/// writes the value.
///
/// Source: R7; OWASP, "Unvalidated Redirects and Forwards"; CWE-601.
#[derive(Clone, Debug)]
#[must_use = "it checks nothing until a value is given to it"]
pub struct ReturnTo {
    fallback: Location,
    allowed: Vec<Allowed>,
}

impl ReturnTo {
    /// Checks values, and answers with `fallback` where one is missing or refused.
    ///
    /// ```
    /// # use tower_redirect::policy::ReturnTo;
    /// let return_to = ReturnTo::new("/home");
    /// assert_eq!(return_to.location(""), "/home");
    /// ```
    ///
    /// # Panics
    ///
    /// When it is handed a literal that is not a location, at the caller's line.
    #[track_caller]
    pub fn new(fallback: impl IntoLocation<Location>) -> Self {
        Self {
            fallback: fallback.into_location(),
            allowed: Vec::new(),
        }
    }

    /// Allows an https origin beside this site, or all subdomains of one.
    ///
    /// `https://docs.example` is that host on that port and nothing else. `https://*.tenant.example` is
    /// every subdomain, however deep, on the default port, and not `tenant.example` itself. Whoever can
    /// get a subdomain is allowed with it: never write `*.` before a name under which strangers
    /// register (`co.uk`, `github.io`). Punycode (`xn--…`) is a subdomain only with feature `idn`, which
    /// reads it; else allow such names one by one.
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
    /// When it is not `https://`, has a user name, a path or a bad host; when `*.` stands elsewhere than
    /// at the front, before an address or before a single label, or with a port.
    pub fn allow(mut self, origin: &str) -> Result<Self, LocationError> {
        self.allowed.push(Allowed::parse(origin)?);
        Ok(self)
    }

    /// The address that a value names, or the fallback.
    ///
    /// The value is plain text, as a form gives it; it is not decoded once more.
    ///
    /// ```
    /// use http::{Response, header::LOCATION};
    /// use tower_redirect::{LocalPath, Redirect, policy::ReturnTo};
    ///
    /// let return_to = ReturnTo::new(LocalPath::from_static("/home"));
    ///
    /// // What a handler answers to POST /login:
    /// let next = "/account?tab=2"; // from the form
    /// let answer: Response<String> = Redirect::see_other(return_to.location(next)).into();
    /// assert_eq!(answer.headers()[LOCATION], "/account?tab=2");
    /// ```
    #[must_use]
    pub fn location(&self, value: &str) -> Location {
        self.check(value).unwrap_or_else(|| self.fallback.clone())
    }

    /// The address that a value names; `None` where the fallback would be sent.
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
        if !self.allowed.iter().any(|allowed| allowed.covers(&origin)) {
            return None;
        }
        Location::on_with_dots(&origin, rest).ok()
    }

    /// A policy that reads the one query parameter of this name, and always answers.
    ///
    /// Names and values are decoded as those of a form are: `+` is a space, `%XX` a byte. Where the
    /// parameter is missing, stands there twice or is not UTF-8, the fallback is sent.
    ///
    /// With `after_success`, every 2xx answer of the app is replaced. A login that has failed must answer
    /// with another status, 422 Unprocessable Content say, or the form sends its visitor away as if it
    /// had not.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, RedirectLayer, policy::ReturnTo, testing};
    ///
    /// let return_to = ReturnTo::new(LocalPath::from_static("/home"));
    ///
    /// // On the route of the login form, which is posted to `/login?next=…`:
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

    /// A policy that reads the one cookie of this name, and always answers.
    ///
    /// The value is taken as it was sent: nothing is decoded and no quotes are removed, and a `;` ends
    /// it, so that the address should be written percent-encoded as it stands in a link. The answer
    /// names `Cookie` in `Vary`.
    ///
    /// ```
    /// use tower_redirect::{LocalPath, policy::ReturnTo, testing};
    ///
    /// let policy = ReturnTo::new(LocalPath::from_static("/home")).cookie("next");
    /// let answer = |cookies: &str| testing::post("/login").header("cookie", cookies).through(&policy);
    ///
    /// answer("theme=dark; next=/account?tab=2").assert_redirect("/account?tab=2");
    /// answer("next=/a; next=/b").assert_redirect("/home");
    /// ```
    ///
    /// Source: RFC 6265 §5.4.
    pub fn cookie(&self, name: &str) -> ReturnFrom {
        ReturnFrom::new(self, Source::Cookie(name.into()))
    }

    /// A policy that reads the one line of a header field, and always answers.
    ///
    /// The value is taken as it was sent; more than one line is the fallback. The answer names the field
    /// in `Vary`. For `Referer`, allow the origin of this site: browsers send the whole address.
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

/// The part of the rule that needs no list: a path on this site.
pub(crate) fn local(value: &str) -> Option<Location> {
    is_plain(value)
        .then(|| Location::local_with_dots(value).ok())
        .flatten()
}

/// Whether a value is short enough, and without what makes readers disagree on where it leads.
fn is_plain(value: &str) -> bool {
    value.len() <= MAX_LEN && !value.contains(|c: char| c.is_control() || matches!(c, ' ' | '\\'))
}

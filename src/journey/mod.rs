//! Follows redirects as a browser does: the next request after a redirect, and the whole journey.
//!
//! For example, a browser that posts `/form#total` and gets `303 /receipt` requests `/receipt` with
//! GET, and keeps the fragment `#total`.

use std::fmt;

use http::{HeaderValue, Method, Uri, header};

mod next;
mod request;

pub use next::{NextRequest, next_request};
pub use request::TestRequest;
pub(crate) use request::fail;

use crate::{
    guard::{Proposed, Verdict},
    location::{HttpScheme, Location, Origin, Resolved},
    policy::{Policy, Refusal},
    redirect::{DisabledExemptions, Redirect},
    status::Status,
};

/// The number of redirects that a browser follows (Fetch §4.4).
const MAX_REDIRECTS: usize = 20;

/// Follows the redirects of a policy as a browser does.
///
/// - [`Status::next_method`] chooses the method of the next request.
/// - A location without a fragment inherits the fragment of the request.
/// - Locations are resolved as [`next_request`] resolves them.
/// - After 20 redirects, it gives up.
/// - It only follows redirects that a layer would send.
/// - If a policy trusts a proxy with the prefix, the proxy strips it from each request.
/// - It assumes that the response of the inner service meets the condition of a redirect
///   [after](crate::redirect::Timing) that response.
///
/// The policy must choose a status: it returns a [`Redirect`], or you add [`Policy::with`].
///
/// ```should_panic
/// use tower_redirect::{LocalPath, Redirect, policy_fn, testing};
///
/// // Each redirect is right alone, but together they are a loop.
/// let policy = policy_fn(|request| match request.path() {
///     "/a" => Some(Redirect::found(LocalPath::from_static("/b"))),
///     "/b" => Some(Redirect::found(LocalPath::from_static("/a"))),
///     _ => None,
/// });
///
/// // Panics with the list of the 20 redirects.
/// testing::follow(&policy, testing::get("/a")).assert_arrives_at("/b");
/// ```
///
/// To allow more or fewer redirects, use [`follow_at_most`].
///
/// Source: Fetch §4.4, HTTP-redirect fetch.
#[must_use = "assert something: `.assert_arrives_at(\"/x\")`"]
pub fn follow<P>(policy: &P, request: TestRequest) -> Journey
where
    P: Policy<Target = Redirect> + ?Sized,
{
    follow_at_most(policy, request, MAX_REDIRECTS)
}

/// Follows at most this many redirects, as [`follow`] does. Some clients stop after fewer than 20.
///
/// ```
/// use tower_redirect::{Canonical, Redirect, testing};
///
/// // One redirect is enough.
/// let policy = Canonical::any_host().merge_slashes().lower_case().then(None::<Redirect>);
/// testing::follow_at_most(&policy, testing::get("//A"), 1).assert_arrives_at("/a");
/// ```
#[must_use = "assert something: `.assert_arrives_at(\"/x\")`"]
pub fn follow_at_most<P>(policy: &P, request: TestRequest, max_redirects: usize) -> Journey
where
    P: Policy<Target = Redirect> + ?Sized,
{
    let mut client = Client::new(request);
    let mut hops = Vec::new();
    let end = loop {
        let head = client.request.head();
        let decision = policy.decide(&head);
        let (sent, status) = match decision.judge(&head, DisabledExemptions::default()) {
            Verdict::Send(sent, status) => (sent, status),
            Verdict::Pass(_) => break End::Arrived,
            Verdict::Refuse(refusal, _) => break End::Refused(refusal),
        };
        if hops.len() >= max_redirects {
            break End::TooManyRedirects;
        }
        client.learn_prefix(&sent);
        hops.push(Hop {
            method: client.request.request.method().clone(),
            url: client.url(),
            status,
            location: sent.redirect.location.clone(),
        });
        match client.follow(status, &sent) {
            Followed::Requested => {}
            Followed::UnsupportedScheme => break End::UnsupportedScheme(sent.redirect.location),
            Followed::Unresolvable => break End::Unresolvable(sent.redirect.location),
        }
    };
    Journey {
        hops,
        end,
        url: client.url(),
        method: client.request.request.method().clone(),
    }
}

/// The redirects that [`follow`] followed, and how they ended.
///
/// ```
/// use tower_redirect::{LocalPath, Redirect, policy_fn, testing};
///
/// let policy = policy_fn(|request| match request.path() {
///     "/form" => Some(Redirect::see_other(LocalPath::from_static("/receipt"))),
///     _ => None,
/// });
///
/// let journey = testing::follow(&policy, testing::post("/form#total"));
/// assert_eq!(journey.hops().len(), 1);
/// assert_eq!(journey.url(), "/receipt#total");
/// assert_eq!(journey.method(), "GET");
/// assert_eq!(
///     journey.to_string(),
///     "POST /form#total -> 303 /receipt\nGET /receipt#total: arrived",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Journey {
    hops: Vec<Hop>,
    end: End,
    url: String,
    method: Method,
}

/// One redirect of a [`Journey`].
///
/// ```
/// use tower_redirect::{LocalPath, Policy, Status, testing};
///
/// let policy = LocalPath::from_static("/y").with(Status::Found);
/// let journey = testing::follow(&policy, testing::post("/x"));
/// let hop = &journey.hops()[0];
/// assert_eq!((hop.method.as_str(), hop.url.as_str()), ("POST", "/x"));
/// assert_eq!((hop.status, &hop.location), (Status::Found, &policy_location()));
/// # fn policy_location() -> tower_redirect::Location { LocalPath::from_static("/y").into() }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Hop {
    /// The method of the redirected request.
    pub method: Method,
    /// The requested URL, with the fragment that a browser keeps.
    pub url: String,
    /// The status of the redirect.
    pub status: Status,
    /// The location of the redirect.
    pub location: Location,
}

/// How a [`Journey`] ended.
///
/// ```
/// use tower_redirect::{LocalPath, Policy, Status, testing::{self, End}};
///
/// let policy = LocalPath::from_static("/y").with(Status::Found);
/// assert_eq!(testing::follow(&policy, testing::get("/x")).end(), &End::Arrived);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum End {
    /// The policy passes the request through to the app.
    Arrived,
    /// The policy refuses the request.
    Refused(Refusal),
    /// The browser gives up, after 20 redirects unless you choose [another limit](follow_at_most).
    TooManyRedirects,
    /// An unchecked location has a scheme that a browser doesn't follow itself.
    UnsupportedScheme(Location),
    /// An unchecked location has no host, or not one that this crate accepts. Browsers may accept
    /// it.
    Unresolvable(Location),
}

impl Journey {
    /// Returns the redirects in order.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Policy, Status, testing};
    /// let policy = LocalPath::from_static("/y").with(Status::Found);
    /// assert!(testing::follow(&policy, testing::get("/y")).hops().is_empty());
    /// ```
    #[must_use]
    pub fn hops(&self) -> &[Hop] {
        &self.hops
    }

    /// Returns how the journey ended.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Policy, Status, testing::{self, End}};
    /// let policy = LocalPath::from_static("/y").with(Status::Found);
    /// assert_eq!(testing::follow(&policy, testing::get("/x")).end(), &End::Arrived);
    /// ```
    #[must_use]
    pub const fn end(&self) -> &End {
        &self.end
    }

    /// Returns the last URL with its fragment. The URL has no origin if the origin isn't known.
    ///
    /// ```
    /// # use tower_redirect::{Location, Policy, Status, testing};
    /// let policy = Location::from_static("https://docs.example/").with(Status::Found);
    /// let journey = testing::follow(&policy, testing::get("/x"));
    /// assert_eq!(journey.url(), "https://docs.example/");
    /// ```
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the method of the last request.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Policy, Status, testing};
    /// let policy = LocalPath::from_static("/y").with(Status::TemporaryRedirect);
    /// assert_eq!(testing::follow(&policy, testing::put("/x")).method(), "PUT");
    /// ```
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }
}

/// Writes one line for each redirect, and one for the end.
impl fmt::Display for Journey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for hop in &self.hops {
            let Hop {
                method,
                url,
                status,
                location,
            } = hop;
            writeln!(f, "{method} {url} -> {} {location}", status.as_u16())?;
        }
        let Self { method, url, .. } = self;
        match &self.end {
            End::Arrived => write!(f, "{method} {url}: arrived"),
            End::Refused(refusal) => write!(f, "{method} {url}: refused with {refusal}"),
            End::TooManyRedirects => {
                let limit = self.hops.len();
                let noun = if limit == 1 { "redirect" } else { "redirects" };
                write!(f, "{method} {url}: more than {limit} {noun}")
            }
            End::UnsupportedScheme(location) => write!(f, "browsers don't follow {location}"),
            End::Unresolvable(location) => write!(f, "unknown host in {location}"),
        }
    }
}

/// A client with its next request, and the origin if it's known.
pub(crate) struct Client {
    pub(crate) request: TestRequest,
    origin: Option<Origin>,
    /// The prefix that a trusted proxy strips from the path of each request.
    prefix: String,
    /// The scheme of the request, as a browser sees it.
    scheme: HttpScheme,
}

/// What a client did with a redirect.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Followed {
    Requested,
    UnsupportedScheme,
    Unresolvable,
}

impl Client {
    pub(crate) fn new(request: TestRequest) -> Self {
        // An absolute URL names its scheme. Otherwise assume https, as browsers do.
        let written = request.request.uri().scheme_str();
        let is_http = written == Some(HttpScheme::Http.as_str());
        let scheme = request.scheme.unwrap_or(if is_http {
            HttpScheme::Http
        } else {
            HttpScheme::Https
        });
        let origin = request
            .head()
            .authority()
            .and_then(|authority| Origin::new(&format!("{scheme}://{authority}")).ok());
        Self {
            request,
            origin,
            prefix: String::new(),
            scheme,
        }
    }

    pub(crate) fn url(&self) -> String {
        let origin = self.origin.as_ref().map(Origin::to_string);
        let head = self.request.head();
        let fragment = &self.request.fragment;
        let path = head.uri().path_and_query().map_or("", |path| path.as_str());
        format!(
            "{}{}{path}{fragment}",
            origin.unwrap_or_default(),
            self.prefix
        )
    }

    /// Notes the prefix that a policy has read from the request.
    fn learn_prefix(&mut self, sent: &Proposed) {
        if sent.facts.has_prefix {
            let head = self.request.head().reading_prefix();
            self.prefix = head.stripped_prefix().unwrap_or_default().to_owned();
        }
    }

    /// Returns the path that the proxy sends to the app. A path outside of the prefix goes to
    /// another app, which has no prefix.
    fn through_proxy(&mut self, path: String) -> String {
        if self.prefix.is_empty() {
            return path;
        }
        let below = path.strip_prefix(&self.prefix);
        match below.filter(|below| below.is_empty() || below.starts_with(['/', '?'])) {
            Some(below) if below.starts_with('/') => below.to_owned(),
            Some(below) => format!("/{below}"),
            None => {
                self.prefix.clear();
                let headers = self.request.request.headers_mut();
                headers.remove("x-forwarded-prefix");
                path
            }
        }
    }

    /// Returns what the layer does with a redirect.
    #[cfg(feature = "rules")]
    pub(crate) fn judge(&self, redirect: Redirect) -> Verdict {
        let decision = crate::policy::Decision::redirect(redirect);
        decision.judge(&self.request.head(), DisabledExemptions::default())
    }

    /// Follows a redirect to the next request, if a browser follows it.
    pub(crate) fn follow(&mut self, status: Status, sent: &Proposed) -> Followed {
        let location = &sent.redirect.location;
        let requested = self.request.head().uri().clone();
        let base = requested.path_and_query().map_or("/", |path| path.as_str());
        // A policy may know the scheme better.
        let scheme = sent.facts.scheme.unwrap_or(self.scheme);
        let target = match location.resolve(scheme, &format!("{}{base}", self.prefix)) {
            Resolved::Web(target) => target,
            Resolved::Unresolvable => return Followed::Unresolvable,
            Resolved::UnsupportedScheme => return Followed::UnsupportedScheme,
        };
        let path = self.through_proxy(next::path_and_query(&target));
        let Ok(uri) = Uri::try_from(path) else {
            return Followed::Unresolvable;
        };
        let fragment = next::fragment(&target.fragment);
        let request = &mut self.request.request;
        let method = status.next_method(request.method());
        if method != *request.method() {
            let headers = request.headers_mut();
            for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
                headers.remove(name);
            }
        }
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        // The next target is only a path. If the target of this request contained the host, move it
        // to `Host`.
        let host = requested
            .authority()
            .and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
        // The original URI of a router belongs to this request, and not to the next one.
        self.request.reads_original_uri = false;
        #[cfg(feature = "axum")]
        request
            .extensions_mut()
            .remove::<axum::extract::OriginalUri>();
        if let Some(origin) = target.origin {
            let text = origin.to_string();
            let authority = text
                .split_once("://")
                .map_or("", |(_, authority)| authority);
            if let Ok(host) = HeaderValue::from_str(authority) {
                request.headers_mut().insert(header::HOST, host);
            }
            // If the scheme of this request is known, that of the next one is known too.
            if self.request.scheme.is_some() || sent.facts.scheme.is_some() {
                self.request.scheme = Some(origin.scheme());
            }
            if self.request.authority.is_some() {
                self.request.authority = Some(authority.to_owned());
            }
            self.scheme = origin.scheme();
            self.origin = Some(origin);
        } else if let Some(host) = host {
            request.headers_mut().insert(header::HOST, host);
        }
        if !fragment.is_empty() {
            self.request.fragment = fragment;
        }
        Followed::Requested
    }
}

//! What a client does with a redirect: the next request, and the whole way.

use std::fmt;

use http::{HeaderValue, Method, Uri, header};

mod request;

pub use request::TestRequest;
pub(crate) use request::fail;

use crate::{
    guard::{self, Verdict},
    location::{HttpScheme, Location, Origin},
    policy::{Decision, Policy, Refusal},
    redirect::DisabledExemptions,
    redirect::Redirect,
    request::HeaderReads,
    status::Status,
};

/// As many as a browser follows (Fetch §4.4).
const MOST_HOPS: usize = 20;

/// Walks redirects as a browser does, and reports the way.
///
/// The method is rewritten as [`Status::next_method`] has it, a fragment is inherited by a location
/// without one, relative locations are resolved, and after 20 redirects it gives up. What the
/// service never sends is not followed. A redirect [after](crate::redirect::Timing) the inner service's answer is taken
/// as if the answer met its condition.
///
/// The policy says how: a [`Redirect`], or [`Policy::with`] a status.
///
/// ```should_panic
/// use tower_redirect::{LocalPath, Redirect, policy_fn, testing};
///
/// // Two rules, each right alone.
/// let policy = policy_fn(|request| match request.path() {
///     "/a" => Some(Redirect::found(LocalPath::from_static("/b"))),
///     "/b" => Some(Redirect::found(LocalPath::from_static("/a"))),
///     _ => None,
/// });
///
/// // Panics, and prints the 20 hops.
/// testing::follow(&policy, testing::get("/a")).assert_arrives_at("/b");
/// ```
///
/// Source: Fetch §4.4, HTTP-redirect fetch.
#[must_use = "assert something: `.assert_arrives_at(\"/x\")`"]
pub fn follow<P>(policy: &P, request: TestRequest) -> Journey
where
    P: Policy<Target = Redirect> + ?Sized,
{
    let mut traveller = Traveller::new(request);
    let mut hops = Vec::new();
    let end = loop {
        let reads = HeaderReads::new();
        let head = traveller.request.head().recording(&reads);
        let redirect = match policy.decide(&head) {
            Decision::Pass if reads.is_closed() => break End::Refused(guard::CLOSED),
            Decision::Pass => break End::Arrived,
            Decision::Refuse(refusal) => break End::Refused(refusal),
            Decision::Redirect(redirect) => redirect,
        };
        let status = match guard::judge(&head, &redirect, DisabledExemptions::default()) {
            Verdict::Send(status) => status,
            Verdict::Pass(_) => break End::Arrived,
            Verdict::Refuse(_, refusal) => break End::Refused(refusal),
        };
        if hops.len() == MOST_HOPS {
            break End::TooManyRedirects;
        }
        hops.push(Hop {
            method: traveller.request.request.method().clone(),
            url: traveller.url(),
            status,
            location: redirect.location.clone(),
        });
        if !traveller.go(status, &redirect.location) {
            break End::LeftTheWeb(redirect.location);
        }
    };
    Journey {
        hops,
        end,
        url: traveller.url(),
        method: traveller.request.request.method().clone(),
    }
}

/// The way that [`follow`] went.
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
/// assert_eq!(journey.to_string(), "POST /form#total -> 303 /receipt\nGET /receipt#total: arrived");
/// ```
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hop {
    /// The method of the request that was redirected.
    pub method: Method,
    /// The address it asked for, with the fragment that a browser keeps.
    pub url: String,
    /// The status that came.
    pub status: Status,
    /// The location that came.
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
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The policy passes: the app answers.
    Arrived,
    /// The policy refuses.
    Refused(Refusal),
    /// The browser gives up: more than 20 redirects.
    TooManyRedirects,
    /// The location, from the unchecked door, is not of the web.
    LeftTheWeb(Location),
}

impl Journey {
    /// The redirects, in order.
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

    /// How it ended.
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

    /// The address at which it ended, with its fragment; without an origin where none is known.
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

    /// The method of the last request.
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
                write!(f, "{method} {url}: more than {MOST_HOPS} redirects, a loop")
            }
            End::LeftTheWeb(location) => write!(f, "left the web for {location}"),
        }
    }
}

/// The request that comes next, and the origin as far as it is known.
pub(crate) struct Traveller {
    pub(crate) request: TestRequest,
    origin: Option<Origin>,
}

impl Traveller {
    pub(crate) fn new(request: TestRequest) -> Self {
        // An address that was asked for as a whole names its scheme.
        let written = request.request.uri().scheme_str();
        let over_http = written == Some(HttpScheme::Http.as_str());
        let scheme = request.scheme.unwrap_or(if over_http {
            HttpScheme::Http
        } else {
            HttpScheme::Https
        });
        let origin = request
            .head()
            .authority()
            .and_then(|authority| Origin::new(&format!("{scheme}://{authority}")).ok());
        Self { request, origin }
    }

    pub(crate) fn url(&self) -> String {
        let origin = self.origin.as_ref().map(Origin::to_string);
        let head = self.request.head();
        let fragment = &self.request.fragment;
        let path = head.uri().path_and_query().map_or("", |path| path.as_str());
        format!("{}{path}{fragment}", origin.unwrap_or_default())
    }

    /// What the service makes of a redirect.
    #[cfg(feature = "rules")]
    pub(crate) fn judge(&self, redirect: &Redirect) -> Verdict {
        guard::judge(
            &self.request.head(),
            redirect,
            DisabledExemptions::default(),
        )
    }

    /// Makes the next request; `false` where a browser has none to make.
    pub(crate) fn go(&mut self, status: Status, location: &Location) -> bool {
        let asked = self.request.head().uri().clone();
        let base = asked.path_and_query().map_or("/", |path| path.as_str());
        let (origin, path) = location.resolved(base);
        let Some(uri) = Uri::try_from(path)
            .ok()
            .filter(|_| location.is_of_the_web())
        else {
            return false;
        };
        let fragment = location.fragment();
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
        // The next target is a path; where this one named the host, `Host` does.
        let host = asked
            .authority()
            .and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
        // What a router noted was for the request before.
        self.request.reads_original_uri = false;
        #[cfg(feature = "axum")]
        request
            .extensions_mut()
            .remove::<axum::extract::OriginalUri>();
        if let Some(origin) = origin {
            let text = origin.to_string();
            let authority = text
                .split_once("://")
                .map_or("", |(_, authority)| authority);
            if let Ok(host) = HeaderValue::from_str(authority) {
                request.headers_mut().insert(header::HOST, host);
            }
            // Whoever knew the scheme of this request knows that of the next.
            if self.request.scheme.is_some() || location.request_scheme().is_some() {
                self.request.scheme = Some(origin.scheme());
            }
            if self.request.authority.is_some() {
                self.request.authority = Some(authority.to_owned());
            }
            self.origin = Some(origin);
        } else if let Some(host) = host {
            request.headers_mut().insert(header::HOST, host);
        }
        if !fragment.is_empty() {
            self.request.fragment = fragment.to_owned();
        }
        true
    }
}

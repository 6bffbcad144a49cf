//! A tower layer that answers requests with the right redirect, and never with an open one.
//!
//! ```
//! use axum::{Router, routing::get};
//! use tower_redirect::{LocalPath, RedirectLayer, policy_fn, testing};
//!
//! const POSTS: LocalPath = LocalPath::from_static("/posts"); // a bad literal does not compile
//!
//! // Everything below `/blog/` has moved for good, query and all.
//! let blog = policy_fn(|request| {
//!     let rest = request.path().strip_prefix("/blog/")?;
//!     Some(POSTS.join_encoded(rest).and_then(|path| path.append_encoded_query(request.query())))
//! });
//!
//! testing::get("/blog/hello?page=2").through(&blog).assert_redirect("/posts/hello?page=2");
//!
//! let app: Router = Router::new()
//!     .route("/posts/{slug}", get(|| async { "a post" }))
//!     .layer(RedirectLayer::permanent(blog));
//! ```
//!
//! # The parts
//!
//! | what | where |
//! |---|---|
//! | the five status codes, and what each does to the method | [`Status`], [`Intent`], [`StatusChoice`] |
//! | where to: texts that cannot leave the site | [`LocalPath`], [`Location`], [`Origin`] |
//! | where, how and when | [`Redirect`], [`Timing`], [`CacheControl`] |
//! | who decides | [`Policy`], [`policy_fn`], [`Decision`], [`Refusal`], [`RequestHead`] |
//! | one canonical address: https, host, slashes, case | [`Canonical`], [`Https`], [`CanonicalHost`], [`TrailingSlash`], [`MergeSlashes`], [`LowerCase`], [`IndexFile`] |
//! | a candidate beside the live policy | [`Shadow`], [`Difference`] |
//! | to the login page, and back to where the visitor was | [`LoginRedirect`], [`ReturnTo`] |
#![cfg_attr(
    feature = "rules",
    doc = "| tables of redirects, from code and from files | [`rules`] |"
)]
#![cfg_attr(
    feature = "reload",
    doc = "| policies that are changed while requests are served | [`Reloadable`], [`Handle`] |"
)]
#![cfg_attr(
    feature = "trust",
    doc = "| which proxy is believed about scheme and host | [`Trust`], [`TrustedPeers`], [`ProxyHeader`] |"
)]
#![cfg_attr(
    feature = "watch",
    doc = "| files and folders that are read again when they change | [`watch`] |"
)]
//! | the middleware | [`RedirectLayer`], [`RedirectService`], [`ResponseFuture`], [`body`] |
//! | which redirect was sent, for layers in front | [`Redirected`] |
//! | policies tested alone | [`testing`] |
#![cfg_attr(doc, doc = "| what has changed | [`_changelog`] |")]
//!
//! # What holds always
//!
//! Tests carry the numbers.
//!
//! - **R1** The finished bytes of every `Location` are checked once more before it is sent: a path on
//!   this site, an address on an origin from configuration, or a relative literal, in visible ASCII
//!   without ``" < > \ ^ ` { | }``. Three doors take any host, and are not for text of a request:
//!   [`Location::from_config`], [`Origin::new`] and [`Location::unchecked`].
//! - **R2** Nothing is decoded: `%XX` stays as it was received. **R4** A path with a segment `.` or `..`
//!   is no location, but where a client hands its own address back ([`ReturnTo`]). **R3** The host of a
//!   rule's target is literal, and ends before its first placeholder.
//! - **R5** Only a request for a path is redirected; `*` and an authority are passed on. A policy that
//!   reads the host refuses a request that contradicts itself: two `Host` fields, a `Host` that is not
//!   the target's.
//! - **R6** A host that a request names is compared, and the configured spelling is sent. Below a
//!   configured `*.example.com` it is the name that was asked for, which has the grammar of a host, where
//!   the host stays: with [`CanonicalHost::one_of`], and with [`Plaintext::same_host_first`].
//! - **R7** An address that a request names to go back to is sent where it stands there once and leads
//!   to this site or to an https origin that was allowed; otherwise the fallback is.
//! - **R8** A redirect has no body but the hypertext note, and no header but `Location` is built from
//!   text of the request.
//! - **R9** A redirect to the address that was asked for is never sent, also where a client is known to
//!   spell it otherwise. In an axum router that nests, that address is known with feature `axum` only.
//! - **R10** A location has at most 8,000 bytes; every request is decided in time linear in its length.
//! - **R11** Where https is enforced, plaintext that cannot be redirected is refused; only challenges of
//!   certificate authorities and the paths that were exempted pass, whatever stands around the policy. All
//!   other policies pass what they cannot redirect. A bad configuration is an error where it is built.
//! - **R12** CORS preflights, WebSocket handshakes, CONNECT and `OPTIONS *` are passed on, until
//!   [`RedirectLayer::without_exemption`].
//! - **R13** No forwarded header is believed by default. Feature `trust` believes one that is named, of
//!   peers in named networks, and counts hops; a request without a known peer is not believed, and is
//!   refused where https is enforced.
//!
//! A redirect that depends on a header field names it in `Vary`; a permanent one that depends on `Cookie` or
//! `Authorization` is `private`. An answer that is passed on stays as the app made it, `Vary` and all.
//!
//! A redirect is a service to clients and **no access control**: where one cannot be sent, the request
//! is passed on, but for [`Https`]. What must not be seen, the app has to refuse.
//!
//! A request that is not redirected costs a few dozen instructions and what the policy costs, and no
//! allocation. `Error` is the inner service's; the future has a name; nothing is boxed.
//!
//! # Features
//!
//! None is on by default, and each only adds.
//!
//! - `axum`: `RedirectLayer::original_uri` for nested routers, and the whole address of a nested
//!   request where loops are looked for. It reads what axum 0.8 leaves on a request.
//! - `csv`, `json`, `toml`: files of rules that are CSV, JSON and TOML.
//! - `idn`: hosts outside ASCII, written as punycode.
//! - `metrics`: counters of redirects, passes and refusals; `describe_metrics` lists them.
//! - `regex`: rules that are regexes, and conditions on values by regex.
//! - `reload`: `Reloadable` and its `ReloadHandle`, for a policy that is changed while requests are served.
//! - `rules`: tables of redirects, and the files of rules that need no further crate.
//! - `snippets`: what is said about files of rules, with carets under what is meant.
//! - `tracing`: an event at level debug for each redirect, with its rule, each that was not sent, each refusal,
//!   and each difference that a [`Shadow`] finds; with `trust`, one at level trace for what a proxy was
//!   believed, at level warn where no peer is known; with `reload`, one at level info for each set that
//!   serves, at level warn for each that was refused.
//! - `trust`: `TrustedProxies`, `Plaintext::behind` and `Policy::behind`, for apps behind a proxy that ends TLS.
//! - `watch`: `ReloadHandle::watch`, for sets that are read from a file or a folder, and read again when it changes.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]

// The decision half: knows nothing of tower. A module imports only those above it.
mod guard;
mod journey;
#[cfg(feature = "reload")]
#[cfg_attr(docsrs, doc(cfg(feature = "reload")))]
pub mod live;
pub mod location;
pub mod observe;
pub mod policy;
pub mod redirect;
pub mod request;
#[cfg(feature = "rules")]
#[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
pub mod rules;
pub mod status;
#[cfg(feature = "trust")]
#[cfg_attr(docsrs, doc(cfg(feature = "trust")))]
pub mod trust;

// The mechanism half: knows no concrete policy.
pub mod middleware;
pub mod testing;

/// What has changed.
#[cfg(doc)]
pub mod _changelog {
    #![doc = include_str!("docs/changelog.md")]
}

pub use location::{LocalPath, Location};
pub use middleware::RedirectLayer;
pub use policy::{Canonical, Decision, Policy, policy_fn};
pub use redirect::Redirect;
pub use request::RequestHead;
pub use status::Status;

/// The code of the README is compiled and run with the other examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

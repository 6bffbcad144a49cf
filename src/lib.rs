//! HTTP redirects for tower and axum: the right status code, no open redirects, no redirect loops.
//!
//! ```
//! use axum::{Router, routing::get};
//! use tower_redirect::{LocalPath, RedirectLayer, policy_fn, testing};
//!
//! const POSTS: LocalPath = LocalPath::from_static("/posts"); // a bad literal doesn't compile
//!
//! // Everything below `/blog/` has moved for good. The query stays.
//! let blog = policy_fn(|request| {
//!     let rest = request.path().strip_prefix("/blog/")?;
//!     let path = POSTS.join_encoded(rest).ok()?;
//!     path.append_encoded_query(request.query()).ok()
//! });
//!
//! testing::get("/blog/hello?page=2").through(&blog).assert_redirect("/posts/hello?page=2");
//!
//! let app: Router = Router::new()
//!     .route("/posts/{slug}", get(|| async { "a post" }))
//!     .layer(RedirectLayer::permanent(blog));
//! ```
//!
//! # What do you want to do?
//!
//! | task | use |
//! |---|---|
//! | [choose a status](guide::status) | [`RedirectLayer`], [`Redirect`], [`Status`] |
//! | [write and test a policy](guide::testing) | [`policy_fn`], [`Policy`], [`LocalPath`], [`testing`] |
//! | [one URL for each page: https, host, slashes](guide::canonical_urls) | [`Canonical`] |
//! | [run behind a proxy](guide::canonical_urls#behind-a-tls-terminating-proxy) | [`trust`] |
//! | [send visitors to the login page and back](guide::login) | [`LoginRedirect`](policy::LoginRedirect), [`ReturnTo`](policy::ReturnTo) |
//! | [many redirects, from code or from a file](guide::rules) | [`rules`] |
//! | [fix what a check or a parser reports](guide::findings) | [`FindingCode`](rules::FindingCode) |
//! | [change rules while the server runs](guide::production) | [`live`] |
//! | [see what was redirected](guide::production#what-was-redirected) | [`observe`] |
//! | [combine the layer with other middleware](guide::other_middleware) | [`middleware`] |
//! | [read the security model](guide::security) | |
//! | [read how it works inside](guide::internals) | |
//! | [read the figures](guide::performance) | |
//!
//! # Features
//!
//! No feature is on by default. Features only add to the crate.
//!
//! - The `axum` feature adds [`Redirect`] as a response of handlers,
//!   [`RedirectLayer::original_uri`] for nested routers, and loop detection
//!   inside them.
//! - The `rules` feature adds [`rules`]: tables, checks, and the file formats that need no parser
//!   crate.
//! - The `regex` feature adds regex rules, and conditions that match a regex.
//! - The `csv`, `json` and `toml` features add rule files in these syntaxes.
//! - The `snippets` feature adds messages that show the line of a rule file.
//! - The `serde` feature adds `Serialize` for the findings about rules.
//! - The `trust` feature adds [`trust`]: trusted proxies.
//! - The `reload` feature adds [`live`]: policies that change at run time.
//! - The `watch` feature adds [`live::watch`]: files and folders that reload when they change.
//! - The `metrics` feature adds counters, through the `metrics` facade.
//! - The `tracing` feature adds one event for each redirect, refusal and reload.
//! - The `idn` feature adds international host names in targets.

#![cfg_attr(docsrs, feature(doc_cfg))]
// The front page and the guide link to items of every feature. docs.rs and CI enable all of them.
#![cfg_attr(
    not(all(
        feature = "axum",
        feature = "metrics",
        feature = "rules",
        feature = "snippets",
        feature = "trust",
        feature = "watch"
    )),
    allow(rustdoc::broken_intra_doc_links)
)]
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

// The decision half knows nothing of tower. A module imports only modules above it; the blank lines
// keep rustfmt from sorting them.
pub mod status;

pub mod location;

pub mod request;

pub mod redirect;

pub mod observe;

#[cfg(feature = "trust")]
#[cfg_attr(docsrs, doc(cfg(feature = "trust")))]
pub mod trust;

mod guard;

pub mod policy;

mod journey;

#[cfg(feature = "rules")]
#[cfg_attr(docsrs, doc(cfg(feature = "rules")))]
pub mod rules;

#[cfg(feature = "reload")]
#[cfg_attr(docsrs, doc(cfg(feature = "reload")))]
pub mod live;

// The mechanism half knows no concrete policy.
pub mod middleware;

pub mod testing;

/// Guide: one page for each task.
#[cfg(doc)]
pub mod guide {
    #[doc = include_str!("docs/guide/status.md")]
    pub mod status {}
    #[doc = include_str!("docs/guide/canonical_urls.md")]
    pub mod canonical_urls {}
    #[doc = include_str!("docs/guide/login.md")]
    pub mod login {}
    #[doc = include_str!("docs/guide/rules.md")]
    pub mod rules {}
    #[doc = include_str!("docs/guide/findings.md")]
    pub mod findings {}
    #[doc = include_str!("docs/guide/production.md")]
    pub mod production {}
    #[doc = include_str!("docs/guide/testing.md")]
    pub mod testing {}
    #[doc = include_str!("docs/guide/other_middleware.md")]
    pub mod other_middleware {}
    #[doc = include_str!("docs/guide/security.md")]
    pub mod security {}
    #[doc = include_str!("docs/guide/internals.md")]
    pub mod internals {}
    #[doc = include_str!("docs/guide/performance.md")]
    pub mod performance {}
    #[doc = include_str!("docs/changelog.md")]
    pub mod changelog {}
}

/// The laws of request sets share a generator with the tests outside of the crate.
#[cfg(all(test, feature = "rules"))]
extern crate self as tower_redirect;

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

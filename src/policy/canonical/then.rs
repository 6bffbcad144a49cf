//! Rules for canonical URLs.

use std::fmt;

use http::Uri;

use super::{Canonical, normalizer::below_prefix};
use crate::{
    location::Location,
    policy::{
        Decision, DecisionKind, Policy,
        target::{Sealed, Target},
    },
    request::{RequestHead, host::NormalizedHost},
    status::{Status, StatusChoice},
};

/// Applies rules to the canonical URL, so both together need only one redirect. [`Canonical::then`]
/// returns it.
///
/// ```
/// use tower_redirect::{Canonical, LocalPath, Policy, testing};
///
/// let rules = LocalPath::from_static("/about").when(|request| request.path() == "/about-us");
/// let policy = Canonical::any_host().trim_trailing_slash().then(rules);
///
/// testing::get("/about-us/").through(&policy).assert_redirect("/about");
/// testing::get("/contact/").through(&policy).assert_redirect("/contact");
/// ```
pub struct Then<P, H = super::OurHosts> {
    canonical: Canonical<H>,
    rules: P,
    status_choice: StatusChoice,
}

impl<H> Canonical<H> {
    /// Applies rules to the canonical URL, and sends one redirect.
    ///
    /// 1. If a rule matches, the layer redirects to its target. The target is on the canonical host
    ///    unless the rule names another one. A target on this site gets its canonical form. If the
    ///    rule has a status, the redirect uses it. If the rule refuses, the layer refuses the
    ///    request.
    /// 2. If no rule matches, or the rule passes, the layer redirects to the canonical URL. If the
    ///    rules have statuses of their own, the status is [308](Status::PermanentRedirect), unless
    ///    you change it with [`otherwise`](Then::otherwise).
    /// 3. A rule that waits for the response of the app applies only to the canonical URL. Other
    ///    URLs are redirected to it first.
    ///
    /// # Which targets are on this site
    ///
    /// - a path,
    /// - an absolute URL on the canonical host, on one of [several](super::CanonicalHost::one_of),
    ///   or on an alias that you listed by name. The port must be the default port or the
    ///   configured one.
    ///
    /// Their canonical form has the scheme, the host, the port and the path that this policy would
    /// send a request for them to. `http://` becomes `https://`, unless the request is known to use
    /// http and https isn't enforced. If the result is the requested URL, the request passes
    /// through.
    ///
    /// All other targets are sent as written: other ports, other hosts, hosts below a wildcard
    /// (`*.example.com`), [unchecked](Location::unchecked) locations, and relative locations if the
    /// request is already canonical.
    ///
    /// ```
    /// use tower_redirect::{Canonical, Location, policy::SchemeSource, testing};
    ///
    /// // The rule was written before the site had https.
    /// let policy = Canonical::host("example.com")?
    ///     .https(SchemeSource::tls_listener())
    ///     .trim_trailing_slash()
    ///     .then(Location::from_static("http://example.com/new/"));
    ///
    /// let get = |path: &str| testing::get(path).header("host", "example.com");
    /// get("/old").through(&policy).assert_redirect("https://example.com/new");
    /// # let layer = tower_redirect::RedirectLayer::permanent(policy);
    /// # get("/new").through_layer(&layer).assert_pass();
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    ///
    /// # What the rules see
    ///
    /// The rules see the whole URL, even inside a nested router (with the `axum` feature).
    ///
    /// Enforce https with [`https`](Self::https) and not with a rule, because rules see the
    /// canonical URL instead of the received one. The rules don't apply to plaintext requests for
    /// [exempt](super::HttpsEnforcement::exempt) paths and ACME challenges, which pass through.
    ///
    /// ```
    /// use tower_redirect::{
    ///     Canonical, LocalPath, Redirect, RedirectLayer, Status, policy::SchemeSource,
    /// };
    /// use tower_redirect::{policy_fn, testing};
    ///
    /// const ABOUT: LocalPath = LocalPath::from_static("/about");
    /// let rules = policy_fn(|request| match request.path() {
    ///     "/about-us" => Some(Redirect::moved_permanently(ABOUT)),
    ///     _ => None,
    /// });
    /// let policy = Canonical::host("example.com")?
    ///     .https(SchemeSource::plaintext_listener())
    ///     .lower_case()
    ///     .then(rules);
    ///
    /// testing::get("/About-Us").header("host", "www.example.com").through(&policy)
    ///     .assert_redirect("https://example.com/about")
    ///     .assert_status(Status::MovedPermanently);
    ///
    /// let layer = RedirectLayer::new(policy);
    /// # Ok::<(), tower_redirect::policy::CanonicalError>(())
    /// ```
    #[must_use]
    pub fn then<P: Policy>(self, rules: P) -> Then<P, H> {
        Then {
            canonical: self,
            rules,
            status_choice: Status::PermanentRedirect.into(),
        }
    }
}

impl<P, H> Then<P, H> {
    /// Sets the status of a redirect to the canonical URL if no rule matches.
    ///
    /// ```
    /// use tower_redirect::{Canonical, Redirect, Status, status::Intent, testing};
    ///
    /// let policy = Canonical::any_host()
    ///     .trim_trailing_slash()
    ///     .then(None::<Redirect>)
    ///     .otherwise(Intent::Temporary);
    /// testing::get("/a/").through(&policy).assert_status(Status::Found);
    /// ```
    #[must_use]
    pub fn otherwise(mut self, status: impl Into<StatusChoice>) -> Self {
        self.status_choice = status.into();
        self
    }
}

impl<P: Policy, H> Policy for Then<P, H> {
    type Target = P::Target;

    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        let normalizer = self.canonical.normalizer();
        let mut established = normalizer.establish(request);
        // A nested router has shortened the path. The canonical URL needs the whole one.
        established.head = established.head.reading_original_uri(true);
        let head = &established.head;
        // A client that needs plaintext here would not follow a redirect of the rules.
        if normalizer.passes_plaintext(head) {
            return Decision::pass();
        }
        let decision = match normalizer.decide_established(&established).into_kind() {
            DecisionKind::Pass => {
                let decision = self.rules.decide(head);
                let is_final = decision.has_prefix();
                decision.map(|target| {
                    target.map_location(|location| {
                        if is_final {
                            return location;
                        }
                        let normalized = normalizer.normalize_target(&location, None, head);
                        normalized.unwrap_or(location)
                    })
                })
            }
            DecisionKind::Refuse(refusal) => Decision::refuse(refusal),
            DecisionKind::Redirect(canonical) => self.decide_for_canonical(canonical, head),
            DecisionKind::Enforce(canonical) => {
                self.decide_for_canonical(canonical, head).enforced()
            }
        };
        decision.seen_in(head)
    }
}

impl<P: Policy, H> Then<P, H> {
    /// Applies the rules to the canonical URL of a request that isn't canonical.
    #[cold]
    fn decide_for_canonical(
        &self,
        canonical: Location,
        head: &RequestHead<'_>,
    ) -> Decision<P::Target> {
        let Ok(uri) = Uri::try_from(canonical.written_path()) else {
            return self.to_canonical(canonical, head);
        };
        let mut canonical_head = head.for_uri(&uri);
        if let Some((scheme, authority)) = canonical.written_origin() {
            canonical_head = canonical_head
                .with_scheme(scheme)
                .with_authority(Some(authority));
        }
        let decision = self.rules.decide(&canonical_head);
        let has_prefix = decision.has_prefix();
        // A new decision: the rules saw the canonical URL, which the client hasn't requested.
        let (target, is_enforced) = match decision.into_kind() {
            DecisionKind::Pass => return self.to_canonical(canonical, head),
            DecisionKind::Refuse(refusal) => return Decision::refuse(refusal),
            DecisionKind::Redirect(target) if target.waits() => {
                return self.to_canonical(canonical, head);
            }
            DecisionKind::Redirect(target) => (target, false),
            DecisionKind::Enforce(target) => (target, true),
        };
        let location = if has_prefix {
            target.location().on_site_of(&canonical).ok()
        } else {
            let is_same = |location: &Location| is_same_url(location, &canonical, head);
            self.canonical
                .normalizer()
                .normalize_target(target.location(), Some(&canonical), head)
                .ok()
                // If the target is the canonical URL itself, the rule changes nothing.
                .filter(|location| is_enforced || !is_same(location))
                .and_then(|location| with_prefix_of(target.location(), location, head))
        };
        let decision = match location {
            Some(location) => {
                let decision = Decision::redirect(target.map_location(|_| location));
                if has_prefix || head.stripped_prefix().is_some() {
                    decision.with_prefix()
                } else {
                    decision
                }
            }
            None => self.to_canonical(canonical, head),
        };
        if is_enforced {
            decision.enforced()
        } else {
            decision
        }
    }

    /// Redirects to the canonical URL.
    fn to_canonical(&self, canonical: Location, head: &RequestHead<'_>) -> Decision<P::Target> {
        below_prefix(Decision::redirect(canonical), head)
            .map(|canonical| P::Target::from_location(canonical, self.status_choice))
    }
}

/// Adds the prefix that a proxy has stripped to `location`, if the rule's target is a path.
fn with_prefix_of(
    target: &Location,
    location: Location,
    head: &RequestHead<'_>,
) -> Option<Location> {
    let is_path = target.is_checked() && target.written_origin().is_none();
    match head.stripped_prefix().filter(|_| is_path) {
        Some(prefix) => location.below(prefix).ok(),
        None => Some(location),
    }
}

/// Returns `true` if both locations are the same URL, apart from the fragment.
///
/// A canonical URL without an origin is on the requested host, over the scheme of the request.
fn is_same_url(location: &Location, canonical: &Location, head: &RequestHead<'_>) -> bool {
    let is_same_origin = match (location.written_origin(), canonical.written_origin()) {
        (Some((scheme, authority)), None) => {
            head.scheme() == Some(scheme)
                && head
                    .authority()
                    .and_then(NormalizedHost::read)
                    .is_some_and(|requested| requested.is_same_host(authority, head.scheme()))
        }
        (own, canonical) => own == canonical,
    };
    is_same_origin && location.written_path() == canonical.written_path()
}

impl<P: Clone, H> Clone for Then<P, H> {
    fn clone(&self) -> Self {
        Self {
            canonical: self.canonical.clone(),
            rules: self.rules.clone(),
            status_choice: self.status_choice,
        }
    }
}

impl<P: fmt::Debug, H> fmt::Debug for Then<P, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Then")
            .field("canonical", &self.canonical)
            .field("rules", &self.rules)
            .field("status_choice", &self.status_choice)
            .finish()
    }
}

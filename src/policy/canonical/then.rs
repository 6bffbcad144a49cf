use std::fmt;

use http::Uri;

use super::Canonical;
use crate::{
    location::Location,
    policy::{
        Decision, Policy,
        target::{Sealed, Target},
    },
    request::RequestHead,
    status::{Status, StatusChoice},
};

/// Asks rules about the canonical address, so that both together are one redirect;
/// [`Canonical::then`] makes it.
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
    how: StatusChoice,
}

impl<H> Canonical<H> {
    /// Asks these rules about the canonical address, and sends one redirect.
    ///
    /// Where a rule answers, its location is sent, on the canonical host, in the canonical spelling of
    /// this site's paths, and its status if it has one.
    /// They see the whole address, also inside a router that nests (with feature `axum`).
    /// Where none does, the canonical address is sent, with [308](Status::PermanentRedirect) if the rules
    /// say how themselves; [`Then::otherwise`] changes that. A rule that waits for the app's answer
    /// is asked again when the address is canonical.
    ///
    /// What may come in plaintext ([`HttpsEnforcement::exempt`](super::HttpsEnforcement::exempt), challenges of certificate
    /// authorities) passes without them. Enforce [`https`](Self::https) here and not by a rule, which is
    /// asked about the canonical address and not about the one that came.
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
            how: Status::PermanentRedirect.into(),
        }
    }
}

impl<P, H> Then<P, H> {
    /// How the canonical address is sent where no rule answers.
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
    pub fn otherwise(mut self, how: impl Into<StatusChoice>) -> Self {
        self.how = how.into();
        self
    }
}

impl<P: Policy, H> Policy for Then<P, H> {
    type Target = P::Target;

    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        let parts = self.canonical.parts();
        let mut view = parts.view(request);
        // The address that was asked for, before a router that nests shortened it.
        view.head = view.head.reading_original_uri(true);
        let head = &view.head;
        // What may come in plaintext would not follow a redirect of the rules.
        if parts.lets_through(head) {
            return Decision::Pass;
        }
        match parts.decide_on(&view) {
            Decision::Pass => self.rules.decide(head).map(|target| {
                target.map_location(|location| head.annotate(parts.in_our_spelling(location)))
            }),
            Decision::Refuse(refusal) => Decision::Refuse(refusal),
            Decision::Redirect(canonical) => self.ask_about(canonical, head),
        }
    }
}

impl<P: Policy, H> Then<P, H> {
    #[cold]
    fn ask_about(&self, canonical: Location, head: &RequestHead<'_>) -> Decision<P::Target> {
        let alone = |canonical| Decision::Redirect(P::Target::from_location(canonical, self.how));
        let Ok(uri) = Uri::try_from(canonical.written_path()) else {
            return alone(canonical);
        };
        let mut view = head.for_uri(&uri);
        if let Some((scheme, authority)) = canonical.written_origin() {
            view = view.with_scheme(scheme).with_authority(Some(authority));
        }
        match self.rules.decide(&view) {
            Decision::Pass => alone(canonical),
            Decision::Refuse(refusal) => Decision::Refuse(refusal),
            Decision::Redirect(target) if target.waits() => alone(canonical),
            Decision::Redirect(target) => match target.location().on_site_of(&canonical) {
                Ok(location) => {
                    let spelled = self.canonical.parts().in_our_spelling(location);
                    Decision::Redirect(target.map_location(|_| head.annotate(spelled)))
                }
                Err(_) => alone(canonical),
            },
        }
    }
}

impl<P: Clone, H> Clone for Then<P, H> {
    fn clone(&self) -> Self {
        Self {
            canonical: self.canonical.clone(),
            rules: self.rules.clone(),
            how: self.how,
        }
    }
}

impl<P: fmt::Debug, H> fmt::Debug for Then<P, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Then")
            .field("canonical", &self.canonical)
            .field("rules", &self.rules)
            .field("how", &self.how)
            .finish()
    }
}

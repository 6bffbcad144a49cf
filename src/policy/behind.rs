use super::{Decision, Policy, target::Sealed};
use crate::{RequestHead, Trust};

/// Asks a policy about the request as a proxy tells it; [`Policy::behind`] makes it.
///
/// ```
/// use tower_redirect::{LocalPath, Policy, ProxyHeader, Scheme, Trust, testing};
///
/// // The app listens on a unix socket that only the proxy can open.
/// let trust = Trust::dangerously_any_peer().believe(ProxyHeader::XForwardedProto);
/// let policy = LocalPath::from_static("/insecure")
///     .when(|request| request.scheme() == Some(Scheme::Http))
///     .behind(trust);
///
/// testing::get("/").header("x-forwarded-proto", "http").through(&policy).assert_redirect("/insecure");
/// testing::get("/").header("x-forwarded-proto", "https").through(&policy).assert_pass();
/// testing::get("/").through(&policy).assert_pass();
/// ```
#[derive(Clone, Debug)]
pub struct Behind<P> {
    policy: P,
    trust: Trust,
}

impl<P> Behind<P> {
    pub(super) const fn new(policy: P, trust: Trust) -> Self {
        Self { policy, trust }
    }
}

impl<P: Policy> Policy for Behind<P> {
    type Target = P::Target;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        let view = self.trust.view(request);
        self.policy
            .decide(&view)
            .map(|target| target.map_location(|location| location.answering(&view)))
    }
}

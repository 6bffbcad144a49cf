use super::{Decision, Policy, target::Sealed};
use crate::{request::RequestHead, trust::TrustedProxies};

/// Asks a policy about the request as a proxy tells it; [`Policy::behind`] makes it.
///
/// ```
/// use tower_redirect::{
///     LocalPath, Policy, location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies},
/// };
///
/// // The app listens on a unix socket that only the proxy can open.
/// let trust = TrustedProxies::dangerously_any_peer().header(ForwardedHeader::XForwardedProto);
/// let policy = LocalPath::from_static("/insecure")
///     .when(|request| request.scheme() == Some(HttpScheme::Http))
///     .trusting(trust);
///
/// testing::get("/").header("x-forwarded-proto", "http").through(&policy).assert_redirect("/insecure");
/// testing::get("/").header("x-forwarded-proto", "https").through(&policy).assert_pass();
/// testing::get("/").through(&policy).assert_pass();
/// ```
#[derive(Clone, Debug)]
pub struct Trusting<P> {
    policy: P,
    trust: TrustedProxies,
}

impl<P> Trusting<P> {
    pub(super) const fn new(policy: P, trust: TrustedProxies) -> Self {
        Self { policy, trust }
    }
}

impl<P: Policy> Policy for Trusting<P> {
    type Target = P::Target;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        let view = self.trust.view(request);
        self.policy
            .decide(&view)
            .map(|target| target.map_location(|location| view.annotate(location)))
    }
}

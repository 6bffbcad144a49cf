use super::{Decision, Policy};
use crate::{request::RequestHead, trust::TrustedProxies};

/// Gives a policy the scheme, and optionally the host and the prefix, that a trusted proxy
/// forwards. [`Policy::trusting`] returns it.
///
/// ```
/// use tower_redirect::{
///     LocalPath, Policy, location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies},
/// };
///
/// // The app listens on a unix socket that only the proxy can open.
/// let proxies = TrustedProxies::dangerously_any_peer().header(ForwardedHeader::XForwardedProto);
/// let policy = LocalPath::from_static("/insecure")
///     .when(|request| request.scheme() == Some(HttpScheme::Http))
///     .trusting(proxies);
///
/// let get = |scheme: &str| testing::get("/").header("x-forwarded-proto", scheme).through(&policy);
/// get("http").assert_redirect("/insecure");
/// get("https").assert_pass();
/// testing::get("/").through(&policy).assert_pass();
/// ```
#[derive(Clone, Debug)]
pub struct Trusting<P> {
    policy: P,
    proxies: TrustedProxies,
}

impl<P> Trusting<P> {
    pub(super) const fn new(policy: P, proxies: TrustedProxies) -> Self {
        Self { policy, proxies }
    }
}

impl<P: Policy> Policy for Trusting<P> {
    type Target = P::Target;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        let head = self.proxies.view(request);
        self.policy.decide(&head).seen_in(&head)
    }
}

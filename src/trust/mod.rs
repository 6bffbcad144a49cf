//! Trusted proxies: which forwarded headers of which peers are read.
//!
//! By default, no forwarded header is read (R13). With [`TrustedProxies`], a request gets its
//! scheme and host in these steps:
//!
//! 1. If the scheme is already known, neither the scheme nor the host is read.
//! 2. The address of the peer must be known and in one of the trusted networks.
//! 3. The element at the configured number of hops is read from the one configured header.
//! 4. A valid scheme becomes the scheme of the request. If the host is trusted too, a valid host
//!    becomes its authority. With a malformed host, the request has no authority. If the prefix is
//!    trusted too, a valid one is kept for the redirects.

use std::{fmt, net::IpAddr, num::NonZeroU8};

use http::Extensions;

use crate::request::RequestHead;

mod error;
mod forwarded;
mod header;
mod peers;
mod values;

#[cfg(feature = "axum")]
pub use peers::connect_info;
pub use {error::TrustError, header::ForwardedHeader, peers::TrustedNetworks};

use values::{ForwardedValues, UntrustedReason};

/// The proxies that you trust, and the header in which they forward the scheme that the client
/// used. Optionally, they forward the host and the prefix of the path too.
///
/// ```
/// use std::net::IpAddr;
/// use tower_redirect::{location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies}};
///
/// /// The server stores this in the extensions of each request.
/// #[derive(Clone)]
/// struct Peer(IpAddr);
///
/// let proxies = TrustedProxies::networks(["10.0.0.0/8", "fd00::/8"], |extensions| {
///     Some(extensions.get::<Peer>()?.0)
/// })?
/// .header(ForwardedHeader::XForwardedProto);
///
/// let request = testing::get("/").header("x-forwarded-proto", "https");
/// let proxy = request.clone().extension(Peer(IpAddr::from([10, 0, 0, 7])));
/// let stranger = request.clone().extension(Peer(IpAddr::from([198, 51, 100, 7])));
///
/// assert_eq!(proxies.view(&proxy.head()).scheme(), Some(HttpScheme::Https));
/// assert_eq!(proxies.view(&stranger.head()).scheme(), None);
/// assert_eq!(proxies.view(&request.head()).scheme(), None, "the peer is unknown");
/// # Ok::<(), tower_redirect::trust::TrustError>(())
/// ```
///
/// Pass it to [`SchemeSource::trusted_proxy`](crate::policy::SchemeSource::trusted_proxy) or to
/// [`Policy::trusting`](crate::policy::Policy::trusting). With axum, `connect_info` returns the
/// address of the peer.
///
/// # Requirements
///
/// Anyone can send a forwarded header. Trust it only if:
///
/// - The proxy **overwrites** the header on every request, or **appends** to it. If it forwards
///   what the client sent, the client chooses the value. Name the header that *your* proxy writes:
///   it forwards all others unchanged.
/// - Only the proxy can connect from the networks that you name. A private network is only as
///   trustworthy as the least secure machine in it. Name the addresses of the proxies if you know
///   them.
/// - Each proxy that you count as a hop writes its own element. If the second of two proxies
///   overwrites the element of the first, count one hop.
///
/// nginx forwards a header unchanged unless you set it. This overwrites both headers:
///
/// ```text
/// proxy_set_header X-Forwarded-Proto $scheme;
/// proxy_set_header X-Forwarded-Host  $host;      # for `.and_host()`
/// proxy_set_header X-Forwarded-Prefix /shop;     # for `.and_prefix()`
/// ```
///
/// In HAProxy, `set-header` overwrites and `add-header` appends:
///
/// ```text
/// http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
/// http-request set-header X-Forwarded-Host  %[req.hdr(host)]      # for `.and_host()`
/// ```
///
/// # Which value counts
///
/// `Forwarded`, `X-Forwarded-Proto` and `X-Forwarded-Host` are lists. All lines of one header form
/// one list. The crate reads the element at position [`hops`](Self::hops), counted from the
/// **right**. The outermost trusted proxy wrote this element. Everything to the left of it comes
/// from the client. An empty element counts as an element. So if a proxy writes an empty element,
/// the client's text doesn't move into its position.
///
/// The scheme is `http` or `https` in any letter case. Some proxies write `ws` or `wss` for
/// WebSockets, which count as `http` and `https`. The scheme stays unknown if the value is anything
/// else, if the list is too short, or if the header is missing.
///
/// If the peer is trusted, a redirect or a refusal names the header in `Vary`, even if the request
/// doesn't have it. A response of your app stays as it is.
///
/// Source: RFC 7239 §4, §5 and §8; R13.
#[derive(Clone)]
pub struct TrustedProxies {
    peers: TrustedNetworks,
    header: ForwardedHeader,
    hops: NonZeroU8,
    reads_host: bool,
    reads_prefix: bool,
}

impl TrustedProxies {
    /// Trusts peers in these networks. `peer` returns the IP address of the peer.
    ///
    /// ```
    /// use tower_redirect::trust::{TrustedProxies, connect_info};
    ///
    /// let networks = ["10.0.0.0/8", "fd00::/8", "192.0.2.7"];
    /// assert!(TrustedProxies::networks(networks, connect_info).is_ok());
    ///
    /// let error = TrustedProxies::networks(["10.1.2.3/8"], connect_info).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "invalid network `10.1.2.3/8`: the address has bits beyond the prefix; write \
    ///      `10.0.0.0/8`, or the address alone",
    /// );
    /// ```
    ///
    /// A network is an IP address, or an IP address, `/` and a prefix length. An IPv4-mapped IPv6
    /// address counts as the IPv4 address, in peers and in networks. For example, the peer
    /// `::ffff:10.1.2.3` is in `10.0.0.0/8`, and `::ffff:10.0.0.0/104` is that network.
    ///
    /// `peer` reads what the server stores in the extensions of the request. It must return the
    /// address of the other end of the connection, never one from a header. If it returns `None`,
    /// the forwarded header is ignored. This means that the server isn't set up to store the
    /// address, so the `tracing` feature logs an event at level warn.
    ///
    /// # Errors
    ///
    /// Returns an error if no network is listed or if one of them:
    ///
    /// - isn't an IP address with an optional prefix length,
    /// - has bits beyond the prefix,
    /// - contains every address (`0.0.0.0/0`). Use
    ///   [`dangerously_any_peer`](Self::dangerously_any_peer) for that.
    ///
    /// Source: RFC 4632 §3.1, RFC 4291 §2.3 and §2.5.5.2.
    pub fn networks(
        networks: impl IntoIterator<Item = impl AsRef<str>>,
        peer: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Result<TrustedNetworks, TrustError> {
        TrustedNetworks::in_networks(networks, peer)
    }

    /// Trusts every peer, even if its address is unknown: **anyone who can connect to the port can
    /// set the header**.
    ///
    /// ```
    /// use tower_redirect::{
    ///     location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies},
    /// };
    ///
    /// // Every request comes through the router of the platform, which overwrites the header.
    /// let proxies = TrustedProxies::dangerously_any_peer()
    ///     .header(ForwardedHeader::XForwardedProto);
    ///
    /// let request = testing::get("/").header("x-forwarded-proto", "https");
    /// assert_eq!(proxies.view(&request.head()).scheme(), Some(HttpScheme::Https));
    /// ```
    ///
    /// Use it only:
    ///
    /// - on a unix socket that only the proxy can open,
    /// - on a platform whose router has no fixed address, if the router is the only way in and
    ///   always overwrites the header.
    ///
    /// Don't use it if anything else can connect to the port: the internet, another container,
    /// another machine.
    pub const fn dangerously_any_peer() -> TrustedNetworks {
        TrustedNetworks::any()
    }

    /// Reads the element at this position, counted from the right. The default is 1.
    ///
    /// ```
    /// use std::num::NonZeroU8;
    /// use tower_redirect::{
    ///     location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies},
    /// };
    ///
    /// // A CDN and a load balancer each append an element.
    /// const TWO: NonZeroU8 = NonZeroU8::new(2).unwrap();
    /// let proxies = TrustedProxies::dangerously_any_peer()
    ///     .header(ForwardedHeader::Forwarded)
    ///     .hops(TWO);
    /// let request = testing::get("/")
    ///     .header("forwarded", "proto=https;for=192.0.2.43, proto=http");
    /// assert_eq!(proxies.view(&request.head()).scheme(), Some(HttpScheme::Https));
    /// ```
    ///
    /// One hop is one trusted proxy that writes an element. `X-Forwarded-Ssl`, `Front-End-Https`
    /// and `CloudFront-Forwarded-Proto` aren't lists, so the number of hops doesn't matter for
    /// them.
    #[must_use]
    pub const fn hops(mut self, hops: NonZeroU8) -> Self {
        self.hops = hops;
        self
    }

    /// Reads the host too: from the `host` parameter of the same element of `Forwarded`, or from
    /// `X-Forwarded-Host` with any other header.
    ///
    /// ```
    /// use tower_redirect::{testing, trust::{ForwardedHeader, TrustedProxies}};
    ///
    /// let proxies = TrustedProxies::dangerously_any_peer()
    ///     .header(ForwardedHeader::Forwarded)
    ///     .and_host();
    /// let request = testing::get("/")
    ///     .header("host", "backend:8080")
    ///     .header("forwarded", "proto=https;host=shop.example");
    /// assert_eq!(proxies.view(&request.head()).authority(), Some("shop.example"));
    ///
    /// // A malformed host is unknown. A policy that reads it refuses the request.
    /// let request = testing::get("/")
    ///     .header("host", "backend")
    ///     .header("forwarded", "host=\"a b\"");
    /// assert_eq!(proxies.view(&request.head()).authority(), None);
    /// ```
    ///
    /// The proxy must overwrite `X-Forwarded-Host` or append to it too. Hops are counted as for the
    /// scheme. If the header is missing, has too few elements, or has no `host` parameter, the
    /// received host stays.
    ///
    /// A valid host is a name of letters, digits, `-`, `.` and `_`, an IPv4 address, or an IPv6
    /// address in brackets. A port may follow.
    #[must_use]
    pub const fn and_host(mut self) -> Self {
        self.reads_host = true;
        self
    }

    /// Also reads the prefix that the proxy strips from the path, from `X-Forwarded-Prefix`.
    ///
    /// A proxy may publish your app below `/shop` and send it `/cart` for `/shop/cart`. Then the
    /// redirect to `/login` must lead the client to `/shop/login`:
    ///
    /// ```
    /// use tower_redirect::{
    ///     LocalPath, Policy, RedirectLayer, testing, trust::{ForwardedHeader, TrustedProxies},
    /// };
    ///
    /// let proxies = TrustedProxies::dangerously_any_peer()
    ///     .header(ForwardedHeader::XForwardedProto)
    ///     .and_prefix();
    /// let policy = LocalPath::from_static("/login").trusting(proxies);
    /// let layer = RedirectLayer::see_other(policy);
    ///
    /// let get = |path: &str| testing::get(path).header("x-forwarded-prefix", "/shop");
    /// get("/cart").through_layer(&layer).assert_redirect("/shop/login");
    /// // The client requested `/shop/login`.
    /// get("/login").through_layer(&layer).assert_pass();
    /// ```
    ///
    /// Policies see the path without the prefix, and rules are written without it. The prefix is
    /// added to:
    ///
    /// - a location without an origin: a [`LocalPath`](crate::LocalPath), a path of a rule,
    /// - the canonical URL of the request, which [`Canonical`](crate::Canonical),
    ///   [`Https`](crate::policy::Https) and [`CanonicalHost`](crate::policy::CanonicalHost) send,
    /// - the URL in a [`LoginRedirect`](crate::policy::LoginRedirect), so
    ///   [`ReturnTo`](crate::policy::ReturnTo) sends that URL as it is.
    ///
    /// Other absolute URLs, relative locations and [unchecked](crate::Location::unchecked) locations
    /// don't get it.
    ///
    /// Each layer learns the prefix for itself. So add
    /// [`trusting`](crate::policy::Policy::trusting) to every policy that doesn't know the proxies
    /// by its scheme source, for example to a `LoginRedirect`, a `ReturnTo` and to rules.
    ///
    /// The proxy must overwrite the header. The value is one path, percent-encoded, without a query
    /// or a `,`. If the header is missing, has several lines or isn't valid, there is no prefix.
    #[must_use]
    pub const fn and_prefix(mut self) -> Self {
        self.reads_prefix = true;
        self
    }

    /// Returns the head with the scheme that the header forwards. With
    /// [`and_host`](Self::and_host), the head has the forwarded host too. With
    /// [`and_prefix`](Self::and_prefix), it has the forwarded prefix too.
    ///
    /// ```
    /// use tower_redirect::{
    ///     location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies},
    /// };
    ///
    /// let proxies = TrustedProxies::dangerously_any_peer()
    ///     .header(ForwardedHeader::XForwardedProto);
    ///
    /// // The client sent `https`, and the proxy appended `http`.
    /// let request = testing::get("/").header("x-forwarded-proto", "https, http");
    /// assert_eq!(proxies.view(&request.head()).scheme(), Some(HttpScheme::Http));
    ///
    /// // A known scheme stays.
    /// let request = request.scheme(HttpScheme::Https);
    /// assert_eq!(proxies.view(&request.head()).scheme(), Some(HttpScheme::Https));
    /// ```
    ///
    /// Returns an unchanged head if the peer isn't trusted. A known scheme stays, and then the host
    /// isn't read either. The prefix is read even then, unless it's already known. The method
    /// allocates only to check a host with an unusual form, and takes time linear in the length of
    /// the header. The `tracing` feature logs an event at level trace with the values, or with the
    /// reason why they are unknown.
    #[must_use]
    pub fn view<'a>(&self, head: &RequestHead<'a>) -> RequestHead<'a> {
        self.look(head).0
    }

    /// Returns the same as `view`, and whether the address of the peer is missing.
    pub(crate) fn look<'a>(&self, head: &RequestHead<'a>) -> (RequestHead<'a>, bool) {
        let peer = self.peers.address(head.extensions());
        let mut values = match self.check(head, peer) {
            Ok(()) => {
                let reads_host = self.reads_host && !head.has_established_host();
                self.header.read(head, self.hops, reads_host)
            }
            Err(reason) => ForwardedValues::unused(reason),
        };
        // The prefix is read even if the scheme is known, and only once.
        if self.reads_prefix && head.stripped_prefix().is_none() {
            let prefix = self.peers.check(peer).and_then(|()| values::prefix(head));
            values.prefix = Some(prefix);
        }
        self.log(peer, &values);
        (
            values.apply_to(*head),
            values.scheme == Err(UntrustedReason::NoPeer),
        )
    }

    /// Checks that the header of this request counts.
    fn check(&self, head: &RequestHead<'_>, peer: Option<IpAddr>) -> Result<(), UntrustedReason> {
        if head.scheme().is_some() {
            return Err(UntrustedReason::SchemeKnown);
        }
        self.peers.check(peer)
    }

    #[cfg(feature = "tracing")]
    fn log(&self, peer: Option<IpAddr>, values: &ForwardedValues<'_>) {
        if values.scheme == Err(UntrustedReason::NoPeer) {
            tracing::warn!(
                target: "tower_redirect",
                header = self.header.name().as_str(),
                "no peer address, so no proxy is trusted; serve with \
                 `into_make_service_with_connect_info`"
            );
            return;
        }
        tracing::trace!(
            target: "tower_redirect",
            peer = peer.map(tracing::field::display),
            header = self.header.name().as_str(),
            scheme = values.scheme.ok().map(crate::location::HttpScheme::as_str),
            scheme_unknown = values.scheme.err().map(UntrustedReason::as_str),
            host = values.host.and_then(Result::ok),
            host_unknown = values.host.and_then(Result::err).map(UntrustedReason::as_str),
            prefix = values.prefix.and_then(Result::ok),
            prefix_unknown = values.prefix.and_then(Result::err).map(UntrustedReason::as_str),
            "forwarded values"
        );
    }

    #[cfg(not(feature = "tracing"))]
    #[allow(clippy::unused_self, reason = "callers need no `cfg`")]
    const fn log(&self, _: Option<IpAddr>, _: &ForwardedValues<'_>) {}
}

impl TrustedNetworks {
    /// Reads this header if the peer is trusted. By default, that is its last element, which is one
    /// [hop](TrustedProxies::hops).
    ///
    /// ```
    /// use tower_redirect::{
    ///     location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies},
    /// };
    ///
    /// let proxies = TrustedProxies::dangerously_any_peer()
    ///     .header(ForwardedHeader::XForwardedProto);
    /// let request = testing::get("/").header("x-forwarded-proto", "https, http");
    /// assert_eq!(proxies.view(&request.head()).scheme(), Some(HttpScheme::Http));
    /// ```
    #[must_use]
    pub const fn header(self, header: ForwardedHeader) -> TrustedProxies {
        TrustedProxies {
            peers: self,
            header,
            hops: NonZeroU8::MIN,
            reads_host: false,
            reads_prefix: false,
        }
    }
}

impl fmt::Debug for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TrustedProxies")
            .field("peers", &self.peers)
            .field("header", &self.header)
            .field("hops", &self.hops)
            .field("reads_host", &self.reads_host)
            .field("reads_prefix", &self.reads_prefix)
            .finish()
    }
}

//! Trusted proxies: whose forwarded headers count.

use std::{fmt, net::IpAddr, num::NonZeroU8};

use http::Extensions;

use crate::request::RequestHead;

mod forwarded;
mod header;
mod peers;
mod problem;
mod told;

#[cfg(feature = "axum")]
pub use peers::connect_info;
pub use {header::ForwardedHeader, peers::TrustedNetworks, problem::TrustError};

use told::{Told, UntrustedReason};

/// Which proxy is believed about the scheme, and by choice the host, that a client used.
///
/// ```
/// use std::net::IpAddr;
/// use tower_redirect::{location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies}};
///
/// /// What the server leaves on each request.
/// #[derive(Clone)]
/// struct Peer(IpAddr);
///
/// let trust = TrustedProxies::networks(["10.0.0.0/8", "fd00::/8"], |extensions| Some(extensions.get::<Peer>()?.0))?
///     .header(ForwardedHeader::XForwardedProto);
///
/// let request = testing::get("/").header("x-forwarded-proto", "https");
/// let proxy = request.clone().extension(Peer(IpAddr::from([10, 0, 0, 7])));
/// let stranger = request.clone().extension(Peer(IpAddr::from([198, 51, 100, 7])));
///
/// assert_eq!(trust.view(&proxy.head()).scheme(), Some(HttpScheme::Https));
/// assert_eq!(trust.view(&stranger.head()).scheme(), None);
/// assert_eq!(trust.view(&request.head()).scheme(), None, "no peer, no belief");
/// # Ok::<(), tower_redirect::trust::TrustError>(())
/// ```
///
/// [`Policy::behind`](crate::policy::Policy::behind) puts it around a policy. With axum,
/// `connect_info` tells the address of the peer.
///
/// # What must be true of the proxy
///
/// A forwarded header is text that anybody can send. It is worth believing where
///
/// - the proxy **overwrites** the header on every request, or **appends** to it. One that hands on
///   what the client sent makes the client the one who is believed. Name the header that *your* proxy
///   writes, and no other: the rest of them it hands on;
/// - nothing but the proxy can speak from the networks that are named. A whole private network is as
///   trustworthy as the least of its machines: name the proxies' own addresses where they are known;
/// - each proxy that is counted as a hop writes its own element. Where the last of two overwrites
///   what the first said, that is one hop.
///
/// nginx hands on what it is not told to write; this overwrites:
///
/// ```text
/// proxy_set_header X-Forwarded-Proto $scheme;
/// proxy_set_header X-Forwarded-Host  $host;      # for `.and_host()`
/// ```
///
/// HAProxy; `set-header` overwrites, `add-header` appends:
///
/// ```text
/// http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
/// http-request set-header X-Forwarded-Host  %[req.hdr(host)]      # for `.and_host()`
/// ```
///
/// # What is established
///
/// Of `Forwarded`, `X-Forwarded-Proto` and `X-Forwarded-Host`, all lines are one list, and the element
/// that counts is the *hops*-th from the **right**: what the outermost trusted proxy wrote. What stands
/// left of it is the client's. An empty element counts as one, so that a proxy with nothing to say does
/// not move the client's text into its place.
///
/// The scheme is `http` or `https`; `ws` and `wss`, which some proxies write for WebSockets, are taken
/// as these. Letter case does not matter. Anything else, a list with fewer elements, an absent header:
/// no scheme is established.
///
/// A redirect or a refusal of a trusted peer's request names the header in `Vary`, also where it was
/// absent; an answer that is passed on does not.
///
/// Source: RFC 7239 §4, §5 and §8; R13.
#[derive(Clone)]
pub struct TrustedProxies {
    peers: TrustedNetworks,
    header: ForwardedHeader,
    hops: NonZeroU8,
    host: bool,
}

impl TrustedProxies {
    /// Trusts peers in these networks, where `peer` tells the address of the peer.
    ///
    /// ```
    /// use tower_redirect::trust::{TrustedProxies, connect_info};
    ///
    /// assert!(TrustedProxies::networks(["10.0.0.0/8", "fd00::/8", "192.0.2.7"], connect_info).is_ok());
    ///
    /// let error = TrustedProxies::networks(["10.1.2.3/8"], connect_info).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "not a network of peers, \"10.1.2.3/8\": the address has bits beyond the prefix; \
    ///      write `10.0.0.0/8`, or the address alone",
    /// );
    /// ```
    ///
    /// A network is an address, or an address, `/` and the number of bits that count. An IPv4 address
    /// that is mapped into IPv6 is the IPv4 address, of peers and of networks: a peer
    /// `::ffff:10.1.2.3` is in `10.0.0.0/8`, and `::ffff:10.0.0.0/104` is that network.
    ///
    /// `peer` reads what the server leaves among the extensions of a request: the address of the other
    /// end of the connection, never one from a header. Where it answers `None`, nothing is believed; that is
    /// a mistake in how the app is served, and feature `tracing` leaves an event at level warn.
    ///
    /// # Errors
    ///
    /// Where there is no network, where one is none, where its address has bits beyond the prefix,
    /// and where it is everybody (`0.0.0.0/0`): that is said with
    /// [`dangerously_any_peer`](Self::dangerously_any_peer).
    ///
    /// Source: RFC 4632 §3.1, RFC 4291 §2.3 and §2.5.5.2.
    pub fn networks(
        networks: impl IntoIterator<Item = impl AsRef<str>>,
        peer: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Result<TrustedNetworks, TrustError> {
        TrustedNetworks::in_networks(networks, peer)
    }

    /// Trusts whoever connects, known or not: **everybody who reaches the port can say anything**.
    ///
    /// ```
    /// use tower_redirect::{
    ///     location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies},
    /// };
    ///
    /// // The platform's router is the only way in, and overwrites the header on every request.
    /// let trust = TrustedProxies::dangerously_any_peer().header(ForwardedHeader::XForwardedProto);
    ///
    /// let request = testing::get("/").header("x-forwarded-proto", "https");
    /// assert_eq!(trust.view(&request.head()).scheme(), Some(HttpScheme::Https));
    /// ```
    ///
    /// It is right on a unix socket that only the proxy can open, and on a platform whose router has no
    /// fixed address, is the only way in, and always overwrites the header. It is wrong wherever the
    /// port can be reached past the proxy: from the internet, from another container, from the next
    /// machine.
    pub const fn dangerously_any_peer() -> TrustedNetworks {
        TrustedNetworks::any()
    }

    /// The same trust, in the element that this many hops from the right wrote; it is one hop before.
    ///
    /// ```
    /// use std::num::NonZeroU8;
    /// use tower_redirect::{
    ///     location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies},
    /// };
    ///
    /// // A CDN, then a load balancer; each appends an element.
    /// const TWO: NonZeroU8 = NonZeroU8::new(2).unwrap();
    /// let trust = TrustedProxies::dangerously_any_peer().header(ForwardedHeader::Forwarded).hops(TWO);
    /// let request = testing::get("/").header("forwarded", "proto=https;for=192.0.2.43, proto=http");
    /// assert_eq!(trust.view(&request.head()).scheme(), Some(HttpScheme::Https));
    /// ```
    ///
    /// One hop is one trusted proxy that writes an element. Headers that are no list (`X-Forwarded-Ssl`,
    /// `Front-End-Https`, `CloudFront-Forwarded-Proto`) say the same for any number.
    #[must_use]
    pub const fn hops(mut self, hops: NonZeroU8) -> Self {
        self.hops = hops;
        self
    }

    /// The same trust, also for the host: the `host` of the same element of `Forwarded`, and
    /// `X-Forwarded-Host` with any other header.
    ///
    /// ```
    /// use tower_redirect::{testing, trust::{ForwardedHeader, TrustedProxies}};
    ///
    /// let trust = TrustedProxies::dangerously_any_peer().header(ForwardedHeader::Forwarded).and_host();
    /// let request = testing::get("/")
    ///     .header("host", "backend:8080")
    ///     .header("forwarded", "proto=https;host=shop.example");
    /// assert_eq!(trust.view(&request.head()).authority(), Some("shop.example"));
    ///
    /// // What makes no sense is nobody's host: a policy that reads it refuses.
    /// let request = testing::get("/").header("host", "backend").header("forwarded", "host=\"a b\"");
    /// assert_eq!(trust.view(&request.head()).authority(), None);
    /// ```
    ///
    /// The proxy must overwrite or append this one too. Hops are counted as for the scheme. Where
    /// nothing is said of the host (no header, fewer elements than hops, no `host` in the element), the
    /// host is the received one.
    ///
    /// A host is a name of letters, digits, `-`, `.` and `_`, an IPv4 address, or an IPv6 address in
    /// brackets; a port may follow.
    #[must_use]
    pub const fn and_host(mut self) -> Self {
        self.host = true;
        self
    }

    /// The head with the scheme, and by choice the host, that the header establishes.
    ///
    /// ```
    /// use tower_redirect::{
    ///     location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies},
    /// };
    ///
    /// let trust = TrustedProxies::dangerously_any_peer().header(ForwardedHeader::XForwardedProto);
    ///
    /// // The client wrote the first, the proxy appended the second.
    /// let request = testing::get("/").header("x-forwarded-proto", "https, http");
    /// assert_eq!(trust.view(&request.head()).scheme(), Some(HttpScheme::Http));
    ///
    /// // What is established already stays.
    /// let request = request.scheme(HttpScheme::Https);
    /// assert_eq!(trust.view(&request.head()).scheme(), Some(HttpScheme::Https));
    /// ```
    ///
    /// Where nothing is believed, and where the scheme is established already, it is the same head. It
    /// allocates nothing, but for a host in an odd spelling, and takes time linear in the length of the
    /// header. With feature `tracing` it
    /// leaves an event at level trace, which says what was believed, or why nothing was.
    #[must_use]
    pub fn view<'a>(&self, head: &RequestHead<'a>) -> RequestHead<'a> {
        self.look(head).0
    }

    /// The same head, and whether nobody told the address of a peer that is to be known.
    pub(crate) fn look<'a>(&self, head: &RequestHead<'a>) -> (RequestHead<'a>, bool) {
        let peer = self.peers.address(head.extensions());
        let told = match self.admit(head, peer) {
            Ok(()) => {
                let host = self.host && !head.has_established_host();
                self.header.told(head, self.hops, host)
            }
            Err(doubt) => Told::nothing(doubt),
        };
        self.log(peer, &told);
        (
            told.view(*head),
            told.scheme == Err(UntrustedReason::NoPeer),
        )
    }

    /// Whether the peer is believed about this request.
    fn admit(&self, head: &RequestHead<'_>, peer: Option<IpAddr>) -> Result<(), UntrustedReason> {
        if head.scheme().is_some() {
            return Err(UntrustedReason::Established);
        }
        self.peers.admit(peer)
    }

    #[cfg(feature = "tracing")]
    fn log(&self, peer: Option<IpAddr>, told: &Told<'_>) {
        if told.scheme == Err(UntrustedReason::NoPeer) {
            tracing::warn!(
                target: "tower_redirect",
                header = self.header.name().as_str(),
                "no peer address, so that no proxy is believed; serve with \
                 `into_make_service_with_connect_info`"
            );
            return;
        }
        tracing::trace!(
            target: "tower_redirect",
            peer = peer.map(tracing::field::display),
            header = self.header.name().as_str(),
            scheme = told.scheme.ok().map(crate::location::HttpScheme::as_str),
            scheme_unknown = told.scheme.err().map(UntrustedReason::sentence),
            host = told.host.and_then(Result::ok),
            host_unknown = told.host.and_then(Result::err).map(UntrustedReason::sentence),
            "what a proxy says"
        );
    }

    #[cfg(not(feature = "tracing"))]
    #[allow(clippy::unused_self, reason = "it is the same call")]
    const fn log(&self, _: Option<IpAddr>, _: &Told<'_>) {}
}

impl TrustedNetworks {
    /// Believes this header of them, and what the last proxy wrote: one [hop](TrustedProxies::hops).
    ///
    /// ```
    /// use tower_redirect::{
    ///     location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies},
    /// };
    ///
    /// let trust = TrustedProxies::dangerously_any_peer().header(ForwardedHeader::XForwardedProto);
    /// let request = testing::get("/").header("x-forwarded-proto", "https, http");
    /// assert_eq!(trust.view(&request.head()).scheme(), Some(HttpScheme::Http));
    /// ```
    #[must_use]
    pub const fn header(self, header: ForwardedHeader) -> TrustedProxies {
        TrustedProxies {
            peers: self,
            header,
            hops: NonZeroU8::MIN,
            host: false,
        }
    }
}

impl fmt::Debug for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("peers", &self.peers)
            .field("header", &self.header)
            .field("hops", &self.hops)
            .field("host", &self.host)
            .finish()
    }
}

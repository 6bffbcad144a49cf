//! The peers that count as trusted proxies.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use http::Extensions;
use ipnet::IpNet;

use super::{
    error::{ErrorKind, TrustError},
    values::UntrustedReason,
};

/// The peers that are trusted. [`header`](Self::header) says which of their headers is read.
///
/// ```
/// use tower_redirect::trust::{ForwardedHeader, TrustedProxies, connect_info};
///
/// let networks = TrustedProxies::networks(["10.0.0.0/8"], connect_info)?;
/// assert_eq!(format!("{networks:?}"), "[10.0.0.0/8]");
///
/// let proxies = networks.header(ForwardedHeader::XForwardedProto);
/// # Ok::<(), tower_redirect::trust::TrustError>(())
/// ```
///
/// [`TrustedProxies::networks`](crate::trust::TrustedProxies::networks) and
/// [`dangerously_any_peer`](crate::trust::TrustedProxies::dangerously_any_peer) return it.
#[derive(Clone)]
#[must_use = "nothing is trusted until you add `.header(ForwardedHeader::XForwardedProto)`"]
pub struct TrustedNetworks(Peers);

#[derive(Clone)]
enum Peers {
    Networks {
        networks: Arc<[IpNet]>,
        peer: Arc<PeerAddress>,
    },
    Any,
}

/// Reads the address of the peer from the extensions of a request.
type PeerAddress = dyn Fn(&Extensions) -> Option<IpAddr> + Send + Sync;

/// Returns the IP address of the peer from axum's `ConnectInfo<SocketAddr>`.
///
/// ```
/// use std::net::SocketAddr;
/// use axum::{Router, extract::ConnectInfo};
/// use tower_redirect::{
///     LocalPath, Policy, RedirectLayer, location::HttpScheme, testing,
///     trust::{ForwardedHeader, TrustedProxies, connect_info},
/// };
///
/// let proxies = TrustedProxies::networks(["127.0.0.1"], connect_info)?
///     .header(ForwardedHeader::XForwardedProto);
/// let policy = LocalPath::from_static("/insecure")
///     .when(|request| request.scheme() == Some(HttpScheme::Http))
///     .trusting(proxies);
/// let app: Router = Router::new().layer(RedirectLayer::found(policy.clone()));
///
/// // Only this constructor makes axum store the address of the peer.
/// let service = app.into_make_service_with_connect_info::<SocketAddr>();
/// # drop(service);
///
/// let proxy = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 4711)));
/// testing::get("/")
///     .header("x-forwarded-proto", "http")
///     .extension(proxy)
///     .through(&policy)
///     .assert_redirect("/insecure");
/// # Ok::<(), tower_redirect::trust::TrustError>(())
/// ```
///
/// It returns `None` if the app is served without `into_make_service_with_connect_info`. Then the
/// forwarded header is ignored, and the `tracing` feature logs an event at level warn for each
/// request. [`SchemeSource::trusted_proxy`](crate::policy::SchemeSource::trusted_proxy) refuses
/// these requests.
#[cfg(feature = "axum")]
#[must_use]
pub fn connect_info(extensions: &Extensions) -> Option<IpAddr> {
    use axum::extract::ConnectInfo;
    use std::net::SocketAddr;

    extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| address.ip())
}

impl TrustedNetworks {
    pub(super) fn in_networks(
        networks: impl IntoIterator<Item = impl AsRef<str>>,
        peer: impl Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    ) -> Result<Self, TrustError> {
        let networks = networks
            .into_iter()
            .map(|text| network(text.as_ref()))
            .collect::<Result<Arc<[IpNet]>, _>>()?;
        if networks.is_empty() {
            return Err(TrustError::new("", ErrorKind::NoNetworks));
        }
        let peer = Arc::new(peer);
        Ok(Self(Peers::Networks { networks, peer }))
    }

    pub(super) const fn any() -> Self {
        Self(Peers::Any)
    }

    /// Returns the address of the peer if it is needed and known, with an IPv4-mapped address as
    /// IPv4.
    pub(super) fn address(&self, extensions: &Extensions) -> Option<IpAddr> {
        match &self.0 {
            Peers::Networks { peer, .. } => peer(extensions).map(|address| address.to_canonical()),
            Peers::Any => None,
        }
    }

    /// Checks that the peer is trusted.
    pub(super) fn check(&self, peer: Option<IpAddr>) -> Result<(), UntrustedReason> {
        let Peers::Networks { networks, .. } = &self.0 else {
            return Ok(());
        };
        let peer = peer.ok_or(UntrustedReason::NoPeer)?;
        let is_trusted = networks.iter().any(|network| network.contains(&peer));
        if is_trusted {
            Ok(())
        } else {
            Err(UntrustedReason::UntrustedPeer)
        }
    }
}

/// Parses `10.0.0.0/8`, or one address.
fn network(text: &str) -> Result<IpNet, TrustError> {
    let error = |kind| TrustError::new(text, kind);
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    // The parser of `std` rejects `010.0.0.0`, which some programs read as octal.
    let written: IpAddr = address
        .parse()
        .map_err(|_| error(ErrorKind::NotAnAddress))?;
    let bits: u8 = if written.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        Some(digits) => decimal(digits)
            .filter(|prefix| *prefix <= bits)
            .ok_or_else(|| error(ErrorKind::PrefixLength { max: bits }))?,
        None => bits,
    };
    let (address, prefix) = match (written, mapped(written), prefix.checked_sub(96)) {
        (_, Some(inner), Some(prefix)) => (inner, prefix),
        _ => (written, prefix),
    };
    let network =
        IpNet::new(address, prefix).map_err(|_| error(ErrorKind::PrefixLength { max: bits }))?;
    if prefix == 0 {
        return Err(error(ErrorKind::EveryAddress));
    }
    if network.trunc().addr() != network.addr() {
        return Err(error(ErrorKind::HostBits(network.trunc())));
    }
    Ok(network)
}

/// Returns the IPv4 address that is mapped into this IPv6 address.
fn mapped(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Ipv6Addr::to_ipv4_mapped(&address).map(IpAddr::V4),
    }
}

/// Parses digits without a sign or a leading zero.
fn decimal(digits: &str) -> Option<u8> {
    let plain = digits == "0" || !digits.starts_with(['0', '+']);
    digits.parse().ok().filter(|_| plain)
}

impl fmt::Debug for TrustedNetworks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Peers::Networks { networks, .. } => f.debug_list().entries(networks.iter()).finish(),
            Peers::Any => f.write_str("any"),
        }
    }
}

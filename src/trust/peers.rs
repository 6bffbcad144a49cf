use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use http::Extensions;
use ipnet::IpNet;

use super::{
    problem::{Problem, TrustError},
    told::UntrustedReason,
};

/// Who may say how the client came; [`header`](Self::header) says which of their words count.
///
/// ```
/// use tower_redirect::trust::{ForwardedHeader, TrustedProxies, connect_info};
///
/// let peers = TrustedProxies::networks(["10.0.0.0/8"], connect_info)?;
/// assert_eq!(format!("{peers:?}"), "[10.0.0.0/8]");
///
/// let trust = peers.header(ForwardedHeader::XForwardedProto);
/// # Ok::<(), tower_redirect::trust::TrustError>(())
/// ```
///
/// [`TrustedProxies::peers`](crate::trust::TrustedProxies::peers) makes it.
#[derive(Clone)]
#[must_use = "say what is believed: `.header(ProxyHeader::XForwardedProto)`"]
pub struct TrustedNetworks(Who);

#[derive(Clone)]
enum Who {
    Networks {
        networks: Arc<[IpNet]>,
        peer: Arc<PeerOf>,
    },
    Anybody,
}

/// Where the address of the peer comes from.
type PeerOf = dyn Fn(&Extensions) -> Option<IpAddr> + Send + Sync;

/// The address of the peer, from axum's `ConnectInfo<SocketAddr>`.
///
/// ```
/// use std::net::SocketAddr;
/// use axum::{Router, extract::ConnectInfo};
/// use tower_redirect::{
///     LocalPath, Policy, RedirectLayer, testing,
///     trust::{ForwardedHeader, TrustedProxies, connect_info},
/// };
///
/// let trust = TrustedProxies::networks(["127.0.0.1"], connect_info)?.header(ForwardedHeader::XForwardedProto);
/// let policy = LocalPath::from_static("/insecure")
///     .when(|request| request.scheme() == Some(tower_redirect::location::HttpScheme::Http))
///     .trusting(trust);
/// let app: Router = Router::new().layer(RedirectLayer::found(policy.clone()));
///
/// // axum leaves the address only on requests of a service that is made with it.
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
/// Without `into_make_service_with_connect_info`, it answers `None`: nothing is believed, feature `tracing`
/// leaves an event at level warn for each request, and [`Plaintext::behind`](crate::policy::Plaintext::behind)
/// refuses.
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
            return Err(TrustError::new("", Problem::Nobody));
        }
        let peer = Arc::new(peer);
        Ok(Self(Who::Networks { networks, peer }))
    }

    pub(super) const fn any() -> Self {
        Self(Who::Anybody)
    }

    /// The address of the peer, where it is asked for and known; a mapped one is unfolded.
    pub(super) fn address(&self, extensions: &Extensions) -> Option<IpAddr> {
        match &self.0 {
            Who::Networks { peer, .. } => peer(extensions).map(|address| address.to_canonical()),
            Who::Anybody => None,
        }
    }

    pub(super) fn admit(&self, peer: Option<IpAddr>) -> Result<(), UntrustedReason> {
        let Who::Networks { networks, .. } = &self.0 else {
            return Ok(());
        };
        let peer = peer.ok_or(UntrustedReason::NoPeer)?;
        let known = networks.iter().any(|network| network.contains(&peer));
        if known {
            Ok(())
        } else {
            Err(UntrustedReason::Stranger)
        }
    }
}

/// `10.0.0.0/8`, or one address.
fn network(text: &str) -> Result<IpNet, TrustError> {
    let wrong = |problem| TrustError::new(text, problem);
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    // The parser of `std` refuses `010.0.0.0`, which some read as octal.
    let written: IpAddr = address.parse().map_err(|_| wrong(Problem::Address))?;
    let bits: u8 = if written.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        Some(digits) => decimal(digits)
            .filter(|prefix| *prefix <= bits)
            .ok_or_else(|| wrong(Problem::Prefix { bits }))?,
        None => bits,
    };
    let (address, prefix) = match (written, mapped(written), prefix.checked_sub(96)) {
        (_, Some(inner), Some(prefix)) => (inner, prefix),
        _ => (written, prefix),
    };
    let network = IpNet::new(address, prefix).map_err(|_| wrong(Problem::Prefix { bits }))?;
    if prefix == 0 {
        return Err(wrong(Problem::Everybody));
    }
    if network.trunc().addr() != network.addr() {
        return Err(wrong(Problem::HostBits(network.trunc())));
    }
    Ok(network)
}

/// The IPv4 address that is mapped into this IPv6 address.
fn mapped(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => Ipv6Addr::to_ipv4_mapped(&address).map(IpAddr::V4),
    }
}

/// Digits without a sign or a leading zero.
fn decimal(digits: &str) -> Option<u8> {
    let plain = digits == "0" || !digits.starts_with(['0', '+']);
    digits.parse().ok().filter(|_| plain)
}

impl fmt::Debug for TrustedNetworks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Who::Networks { networks, .. } => f.debug_list().entries(networks.iter()).finish(),
            Who::Anybody => f.write_str("anybody"),
        }
    }
}

//! The values that a proxy forwards, and how their texts are read.

use crate::{
    location::HttpScheme,
    request::{ForwardedPrefix, RequestHead, X_FORWARDED_PREFIX, host::NormalizedHost},
};

/// The values that a trusted proxy forwards, or why a value isn't used.
#[derive(Clone, Copy)]
pub(super) struct ForwardedValues<'a> {
    pub(super) scheme: Result<HttpScheme, UntrustedReason>,
    /// `None` if the configuration doesn't trust the proxy with the host.
    pub(super) host: Option<Result<&'a str, UntrustedReason>>,
    /// `None` if the configuration doesn't trust the proxy with the prefix.
    pub(super) prefix: Option<Result<&'a str, UntrustedReason>>,
}

/// Why a forwarded value isn't used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UntrustedReason {
    SchemeKnown,
    NoPeer,
    UntrustedPeer,
    NoHeader,
    TooFewElements,
    SeveralLines,
    NoParameter,
    Malformed,
}

impl UntrustedReason {
    #[cfg(feature = "tracing")]
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::SchemeKnown => "scheme already known",
            Self::NoPeer => "peer unknown",
            Self::UntrustedPeer => "peer not trusted",
            Self::NoHeader => "no header",
            Self::TooFewElements => "fewer elements than hops",
            Self::SeveralLines => "several lines",
            Self::NoParameter => "parameter missing",
            Self::Malformed => "malformed",
        }
    }
}

impl<'a> ForwardedValues<'a> {
    pub(super) const fn unused(reason: UntrustedReason) -> Self {
        Self {
            scheme: Err(reason),
            host: None,
            prefix: None,
        }
    }

    /// Returns the head with these values.
    ///
    /// A malformed host isn't replaced by the received one: the head then has no host, and a policy
    /// that reads the host refuses the request (R5).
    pub(super) const fn apply_to(self, mut head: RequestHead<'a>) -> RequestHead<'a> {
        if let Some(Ok(prefix)) = self.prefix {
            head = head.with_prefix(prefix);
        }
        if let Ok(scheme) = self.scheme {
            head = head.with_scheme(scheme);
        }
        match self.host {
            Some(Ok(host)) => head.with_authority(Some(host)),
            Some(Err(UntrustedReason::Malformed)) => head.with_authority(None),
            Some(Err(_)) | None => head,
        }
    }
}

/// Reads the prefix that a proxy has stripped from the path.
pub(super) fn prefix<'a>(head: &RequestHead<'a>) -> Result<&'a str, UntrustedReason> {
    head.depends_on(X_FORWARDED_PREFIX.as_str());
    match ForwardedPrefix::read(head.headers()) {
        ForwardedPrefix::Valid(prefix) => Ok(prefix),
        ForwardedPrefix::Missing => Err(UntrustedReason::NoHeader),
        ForwardedPrefix::SeveralLines => Err(UntrustedReason::SeveralLines),
        ForwardedPrefix::Malformed => Err(UntrustedReason::Malformed),
    }
}

/// Parses the name of a scheme. A WebSocket uses the connection of its http or https handshake.
pub(super) fn scheme(text: &[u8]) -> Result<HttpScheme, UntrustedReason> {
    const NAMES: [(&[u8], HttpScheme); 4] = [
        (b"https", HttpScheme::Https),
        (b"http", HttpScheme::Http),
        (b"wss", HttpScheme::Https),
        (b"ws", HttpScheme::Http),
    ];
    named(text, &NAMES)
}

/// Parses `on` and `off`, which say whether the client used TLS.
pub(super) fn switch(text: &[u8]) -> Result<HttpScheme, UntrustedReason> {
    named(
        text,
        &[(b"on", HttpScheme::Https), (b"off", HttpScheme::Http)],
    )
}

fn named(text: &[u8], names: &[(&[u8], HttpScheme)]) -> Result<HttpScheme, UntrustedReason> {
    names
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text))
        .map(|(_, scheme)| *scheme)
        .ok_or(UntrustedReason::Malformed)
}

/// Parses a host with an optional port.
///
/// It rejects the rare characters that RFC 3986 §3.2.2 also allows in a host. A policy compares the
/// host with configured names, which never contain them.
pub(super) fn authority(text: &[u8]) -> Result<&str, UntrustedReason> {
    // A name, its last dot, a colon and a port.
    const MAX_LEN: usize = 253 + 1 + 1 + 5;
    if text.len() > MAX_LEN {
        return Err(UntrustedReason::Malformed);
    }
    std::str::from_utf8(text)
        .ok()
        .filter(|text| text.is_ascii() && NormalizedHost::read(text).is_some())
        .ok_or(UntrustedReason::Malformed)
}

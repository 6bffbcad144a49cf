use crate::{
    location::HttpScheme,
    request::{RequestHead, host::RequestHost},
};

/// What is believed of a request.
#[derive(Clone, Copy)]
pub(super) struct Told<'a> {
    pub(super) scheme: Result<HttpScheme, UntrustedReason>,
    /// `None` where the host was not asked for.
    pub(super) host: Option<Result<&'a str, UntrustedReason>>,
}

/// Why something is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UntrustedReason {
    Established,
    NoPeer,
    Stranger,
    Absent,
    TooFew,
    SeveralLines,
    Unsaid,
    Malformed,
}

impl UntrustedReason {
    #[cfg(feature = "tracing")]
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Established => "the scheme is established already",
            Self::NoPeer => "the peer is not known",
            Self::Stranger => "the peer is not trusted",
            Self::Absent => "the header is absent",
            Self::TooFew => "the list has fewer elements than hops",
            Self::SeveralLines => "the header has several lines",
            Self::Unsaid => "the element does not say it",
            Self::Malformed => "it is malformed",
        }
    }
}

impl<'a> Told<'a> {
    pub(super) const fn nothing(doubt: UntrustedReason) -> Self {
        Self {
            scheme: Err(doubt),
            host: None,
        }
    }

    /// The head of which this was told.
    pub(super) const fn view(self, mut head: RequestHead<'a>) -> RequestHead<'a> {
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

/// A scheme by its name; those of WebSockets are the same connection.
pub(super) fn scheme(text: &[u8]) -> Result<HttpScheme, UntrustedReason> {
    const NAMES: [(&[u8], HttpScheme); 4] = [
        (b"https", HttpScheme::Https),
        (b"http", HttpScheme::Http),
        (b"wss", HttpScheme::Https),
        (b"ws", HttpScheme::Http),
    ];
    named(text, &NAMES)
}

/// `on` and `off`, of TLS.
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

/// A host, and a port where there is one. What a policy compares it with are names from
/// configuration, so that rare characters of RFC 3986 §3.2.2 are no loss.
pub(super) fn authority(text: &[u8]) -> Result<&str, UntrustedReason> {
    // A name, its last dot, a colon, a port.
    const LONGEST: usize = 253 + 1 + 1 + 5;
    if text.len() > LONGEST {
        return Err(UntrustedReason::Malformed);
    }
    std::str::from_utf8(text)
        .ok()
        .filter(|text| text.is_ascii() && RequestHost::read(text).is_some())
        .ok_or(UntrustedReason::Malformed)
}

//! The headers in which proxies forward the scheme and the host of a request.

use std::{fmt, num::NonZeroU8, str::FromStr};

use http::{HeaderName, HeaderValue, header, header::GetAll};

use super::{
    TrustError,
    error::ErrorKind,
    forwarded,
    values::{self, ForwardedValues, UntrustedReason},
};
use crate::request::RequestHead;

/// The header in which a proxy forwards the scheme that the client used.
///
/// ```
/// use tower_redirect::{location::HttpScheme, testing, trust::{ForwardedHeader, TrustedProxies}};
///
/// for (header, name, value) in [
///     (ForwardedHeader::Forwarded, "forwarded", "for=192.0.2.43;proto=https"),
///     (ForwardedHeader::XForwardedProto, "x-forwarded-proto", "https"),
///     (ForwardedHeader::XForwardedSsl, "x-forwarded-ssl", "on"),
///     (ForwardedHeader::FrontEndHttps, "front-end-https", "on"),
///     (ForwardedHeader::CloudFrontForwardedProto, "cloudfront-forwarded-proto", "https"),
/// ] {
///     let proxies = TrustedProxies::dangerously_any_peer().header(header);
///     let request = testing::get("/").header(name, value);
///     assert_eq!(proxies.view(&request.head()).scheme(), Some(HttpScheme::Https), "{name}");
/// }
/// ```
///
/// Use the header that your proxy writes on every request. A client can set any header that the
/// proxy doesn't write.
///
/// The `Display` text is the name of the header. `FromStr` parses the name in any letter case:
///
/// ```
/// use tower_redirect::trust::ForwardedHeader;
///
/// let header: ForwardedHeader = "X-Forwarded-Proto".parse()?;
/// assert_eq!(header, ForwardedHeader::XForwardedProto);
/// assert_eq!(header.to_string(), "x-forwarded-proto");
///
/// let error = "x-real-ip".parse::<ForwardedHeader>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown forwarded header `x-real-ip`; use `forwarded`, `x-forwarded-proto`, \
///      `x-forwarded-ssl`, `front-end-https` or `cloudfront-forwarded-proto`",
/// );
/// # Ok::<(), tower_redirect::trust::TrustError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// `Forwarded: for=192.0.2.43;proto=https, …`: a list of elements with parameters (RFC 7239
    /// §4).
    ///
    /// The parser accepts quoted values, several lines, parameter names in any letter case, and
    /// spaces around `,` and `;`. It reads the lines from the last one until it has counted the
    /// [hops](crate::trust::TrustedProxies::hops). The header is malformed if one of these lines:
    ///
    /// - breaks the grammar anywhere,
    /// - names a parameter twice in one element,
    /// - has more than 16 parameters in one element.
    ///
    /// Then the scheme stays unknown. If the proxy is trusted with the
    /// [host](crate::trust::TrustedProxies::and_host) too, the host is unknown as well, and a
    /// policy that reads it refuses the request.
    ///
    /// A value with special characters needs quotes (`host="shop.example:8443"`), which must end on
    /// the same line. A scheme or host with a backslash isn't valid.
    ///
    /// If a proxy appends to the line of the client, the client can break the grammar of that line.
    /// Configure the proxy to overwrite the header or to add a line of its own.
    Forwarded,
    /// `X-Forwarded-Proto: https`: a list, if proxies append to it.
    XForwardedProto,
    /// `X-Forwarded-Ssl: on` or `off`: one line.
    XForwardedSsl,
    /// `Front-End-Https: on` or `off`: one line.
    FrontEndHttps,
    /// `CloudFront-Forwarded-Proto: https`: one line.
    CloudFrontForwardedProto,
}

impl fmt::Display for ForwardedHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name().as_str())
    }
}

impl FromStr for ForwardedHeader {
    type Err = TrustError;

    fn from_str(name: &str) -> Result<Self, TrustError> {
        Self::ALL
            .into_iter()
            .find(|header| header.name().as_str().eq_ignore_ascii_case(name))
            .ok_or_else(|| TrustError::new(name, ErrorKind::UnknownHeader))
    }
}

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

impl ForwardedHeader {
    const ALL: [Self; 5] = [
        Self::Forwarded,
        Self::XForwardedProto,
        Self::XForwardedSsl,
        Self::FrontEndHttps,
        Self::CloudFrontForwardedProto,
    ];

    pub(super) const fn name(self) -> HeaderName {
        match self {
            Self::Forwarded => header::FORWARDED,
            Self::XForwardedProto => const { HeaderName::from_static("x-forwarded-proto") },
            Self::XForwardedSsl => const { HeaderName::from_static("x-forwarded-ssl") },
            Self::FrontEndHttps => const { HeaderName::from_static("front-end-https") },
            Self::CloudFrontForwardedProto => {
                const { HeaderName::from_static("cloudfront-forwarded-proto") }
            }
        }
    }

    /// Reads the values that this header forwards. The caller has checked that the peer is trusted.
    pub(super) fn read<'a>(
        self,
        head: &RequestHead<'a>,
        hops: NonZeroU8,
        host: bool,
    ) -> ForwardedValues<'a> {
        let lines = lines_of(head, &self.name());
        let scheme = match self {
            Self::Forwarded => return read_forwarded(&lines, hops, host),
            Self::XForwardedProto => element(&lines, hops).and_then(values::scheme),
            Self::CloudFrontForwardedProto => single(&lines).and_then(values::scheme),
            Self::XForwardedSsl | Self::FrontEndHttps => single(&lines).and_then(values::switch),
        };
        let host = host.then(|| {
            let lines = lines_of(head, &X_FORWARDED_HOST);
            element(&lines, hops).and_then(values::authority)
        });
        ForwardedValues {
            scheme,
            host,
            prefix: None,
        }
    }
}

/// Returns all lines of a header, and records that the decision depends on it.
fn lines_of<'a>(head: &RequestHead<'a>, name: &HeaderName) -> GetAll<'a, HeaderValue> {
    head.depends_on(name.as_str());
    head.headers().get_all(name)
}

fn read_forwarded<'a>(
    lines: &GetAll<'a, HeaderValue>,
    hops: NonZeroU8,
    host: bool,
) -> ForwardedValues<'a> {
    let element = forwarded::element(lines, hops);
    let required = |value: Option<&'a [u8]>| value.ok_or(UntrustedReason::NoParameter);
    ForwardedValues {
        scheme: element
            .and_then(|element| required(element.proto))
            .and_then(values::scheme),
        host: host.then(|| {
            element
                .and_then(|element| required(element.host))
                .and_then(values::authority)
        }),
        prefix: None,
    }
}

/// Returns the element of a list at position `hops`, counted from the right.
fn element<'a>(
    lines: &GetAll<'a, HeaderValue>,
    hops: NonZeroU8,
) -> Result<&'a [u8], UntrustedReason> {
    let mut lines = lines.iter().rev().peekable();
    lines.peek().ok_or(UntrustedReason::NoHeader)?;
    lines
        .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','))
        .nth(usize::from(hops.get()) - 1)
        .map(<[u8]>::trim_ascii)
        .ok_or(UntrustedReason::TooFewElements)
}

/// Returns the value of a header that isn't a list and must have one line.
fn single<'a>(lines: &GetAll<'a, HeaderValue>) -> Result<&'a [u8], UntrustedReason> {
    let mut lines = lines.iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => Ok(line.as_bytes().trim_ascii()),
        (None, _) => Err(UntrustedReason::NoHeader),
        (Some(_), Some(_)) => Err(UntrustedReason::SeveralLines),
    }
}

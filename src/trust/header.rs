use std::num::NonZeroU8;

use http::{HeaderName, HeaderValue, header, header::GetAll};

use super::{
    forwarded,
    told::{self, Told, UntrustedReason},
};
use crate::request::RequestHead;

/// The header in which a proxy says over which scheme the client came.
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
///     let trust = TrustedProxies::dangerously_any_peer().header(header);
///     let request = testing::get("/").header(name, value);
///     assert_eq!(trust.view(&request.head()).scheme(), Some(HttpScheme::Https), "{name}");
/// }
/// ```
///
/// Take the one that the proxy writes, and make sure that it does: what it does not write, the client
/// does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// `Forwarded: for=192.0.2.43;proto=https, …`: a list of elements of pairs (RFC 7239 §4).
    ///
    /// It is read in full: quoted values, several lines, names in any letter case, spaces around `,`
    /// and `;`. Lines are read from the last one until the hops are counted. Where one of them breaks
    /// the grammar anywhere, names a parameter twice in one element, or has more than 16 parameters in
    /// one, nothing is believed; a host that was asked for is then nobody's. A value that needs quotes
    /// must have them (`host="shop.example:8443"`), and those end on their line. A scheme or host with a
    /// backslash in it is none.
    ///
    /// A proxy that appends to the line of the client lets the client break it: have it overwrite the
    /// header, or write a line of its own.
    Forwarded,
    /// `X-Forwarded-Proto: https`, a list where proxies append.
    XForwardedProto,
    /// `X-Forwarded-Ssl: on` or `off`, on one line.
    XForwardedSsl,
    /// `Front-End-Https: on` or `off`, on one line.
    FrontEndHttps,
    /// `CloudFront-Forwarded-Proto: https`, on one line.
    CloudFrontForwardedProto,
}

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

impl ForwardedHeader {
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

    /// What this header says, of a peer that is trusted.
    pub(super) fn told<'a>(self, head: &RequestHead<'a>, hops: NonZeroU8, host: bool) -> Told<'a> {
        let lines = lines_of(head, &self.name());
        let scheme = match self {
            Self::Forwarded => return forwarded_told(&lines, hops, host),
            Self::XForwardedProto => listed(&lines, hops).and_then(told::scheme),
            Self::CloudFrontForwardedProto => alone(&lines).and_then(told::scheme),
            Self::XForwardedSsl | Self::FrontEndHttps => alone(&lines).and_then(told::switch),
        };
        let host = host.then(|| {
            let lines = lines_of(head, &X_FORWARDED_HOST);
            listed(&lines, hops).and_then(told::authority)
        });
        Told { scheme, host }
    }
}

/// All lines of a field, on which the decision depends from here on.
fn lines_of<'a>(head: &RequestHead<'a>, name: &HeaderName) -> GetAll<'a, HeaderValue> {
    head.depends_on(name.as_str());
    head.headers().get_all(name)
}

fn forwarded_told<'a>(lines: &GetAll<'a, HeaderValue>, hops: NonZeroU8, host: bool) -> Told<'a> {
    let element = forwarded::element(lines, hops);
    let said = |value: Option<&'a [u8]>| value.ok_or(UntrustedReason::Unsaid);
    Told {
        scheme: element
            .and_then(|element| said(element.proto))
            .and_then(told::scheme),
        host: host.then(|| {
            element
                .and_then(|element| said(element.host))
                .and_then(told::authority)
        }),
    }
}

/// The element of a list that so many hops from the right wrote.
fn listed<'a>(
    lines: &GetAll<'a, HeaderValue>,
    hops: NonZeroU8,
) -> Result<&'a [u8], UntrustedReason> {
    let mut lines = lines.iter().rev().peekable();
    lines.peek().ok_or(UntrustedReason::Absent)?;
    lines
        .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','))
        .nth(usize::from(hops.get()) - 1)
        .map(<[u8]>::trim_ascii)
        .ok_or(UntrustedReason::TooFew)
}

/// The one line of a field that is no list.
fn alone<'a>(lines: &GetAll<'a, HeaderValue>) -> Result<&'a [u8], UntrustedReason> {
    let mut lines = lines.iter();
    match (lines.next(), lines.next()) {
        (Some(line), None) => Ok(line.as_bytes().trim_ascii()),
        (None, _) => Err(UntrustedReason::Absent),
        (Some(_), Some(_)) => Err(UntrustedReason::SeveralLines),
    }
}

//! Origins that text of a request may name (R7).

use std::net::Ipv4Addr;

use super::{
    parse_origin,
    problem::{LocationError, Problem},
};
use crate::{
    location::is_readable,
    location::{HttpScheme, Origin},
};

/// An origin, or all subdomains of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    Origin(Origin),
    /// `.tenant.example`, on the default port.
    Subdomains(Box<str>),
}

impl Allowed {
    /// Reads `https://host[:port]` or `https://*.host`, with or without one `/` at its end.
    pub(crate) fn parse(text: &str) -> Result<Self, LocationError> {
        let Some((before, name)) = text.split_once("://*") else {
            return origin(text).map(Self::Origin);
        };
        let star = before.len() + "://".len();
        let fail = |problem, at| {
            let rest = text.as_bytes().get(at..).unwrap_or_default();
            LocationError::new(problem, at, rest)
        };
        let Some(name) = name.strip_prefix('.') else {
            return Err(fail(Problem::Wildcard, star));
        };
        let behind_star = |error: LocationError| {
            if error.at < star {
                error
            } else {
                error.moved("*.".len())
            }
        };
        let origin = origin(&format!("{before}://{name}")).map_err(behind_star)?;
        let host = origin.host();
        let is_name = !host.starts_with('[')
            && host.parse::<Ipv4Addr>().is_err()
            && host.trim_end_matches('.').contains('.');
        if !is_name {
            return Err(fail(Problem::Wildcard, star));
        }
        if origin.port() != HttpScheme::Https.default_port() {
            let colon = text.rfind(':').unwrap_or(star);
            return Err(fail(Problem::WildcardPort, colon));
        }
        Ok(Self::Subdomains(format!(".{host}").into()))
    }

    /// Whether this is the origin, or one of the origins, that is meant.
    pub(crate) fn covers(&self, origin: &Origin) -> bool {
        match self {
            Self::Origin(allowed) => allowed == origin,
            Self::Subdomains(suffix) => {
                origin.scheme() == HttpScheme::Https
                    && origin.port() == HttpScheme::Https.default_port()
                    && origin
                        .host()
                        .strip_suffix(&**suffix)
                        .is_some_and(|below| !below.is_empty() && is_readable(origin.host(), below))
            }
        }
    }
}

/// An https origin and nothing behind it.
fn origin(text: &str) -> Result<Origin, LocationError> {
    let not_https = LocationError::new(Problem::NotHttps, 0, text.as_bytes());
    let (origin, rest) = parse_origin(text).map_err(|error| match error.problem {
        Problem::HttpScheme => not_https,
        _ => error,
    })?;
    if origin.scheme() != HttpScheme::Https {
        return Err(not_https);
    }
    match rest {
        "" | "/" => Ok(origin),
        rest => Err(super::not_an_origin(text, rest)),
    }
}

//! Origins that text of a request may name (R7).

use std::net::Ipv4Addr;

use super::{
    HttpScheme, Origin, is_valid_punycode, parse_origin,
    problem::{LocationError, Problem},
};

/// An https origin, or all subdomains of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Allowed {
    Origin(Origin),
    /// `.tenant.example` on the default port, for `https://*.tenant.example`.
    Subdomains(Box<str>),
}

impl Allowed {
    /// Parses `https://host[:port]` or `https://*.host`, with or without one `/` at its end.
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
        let after_star = |error: LocationError| {
            if error.at < star {
                error
            } else {
                error.moved("*.".len())
            }
        };
        let origin = origin(&format!("{before}://{name}")).map_err(after_star)?;
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

    /// Returns `true` if the origin is allowed.
    pub(crate) fn covers(&self, origin: &Origin) -> bool {
        match self {
            Self::Origin(allowed) => allowed == origin,
            Self::Subdomains(suffix) => {
                origin.scheme() == HttpScheme::Https
                    && origin.port() == HttpScheme::Https.default_port()
                    && origin.host().strip_suffix(&**suffix).is_some_and(|labels| {
                        !labels.is_empty() && is_valid_punycode(origin.host(), labels)
                    })
            }
        }
    }
}

/// Parses an https origin without a path.
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

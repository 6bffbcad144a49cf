//! Origins that text of a request may name (R7): this site's own ones, and others that are allowed.

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

    /// Parses `http(s)://` and a loopback host, with or without a port and one `/` at its end.
    pub(crate) fn parse_for_development(text: &str) -> Result<Self, LocationError> {
        let not_loopback = LocationError::new(Problem::NotLoopback, 0, text.as_bytes());
        let (origin, rest) = parse_origin(text).map_err(|error| match error.problem {
            Problem::HttpScheme => not_loopback,
            _ => error,
        })?;
        if !is_loopback(&origin) {
            return Err(not_loopback);
        }
        without_path(text, origin, rest).map(Self::Origin)
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

impl Origin {
    /// Parses this site's own origin. Its error doesn't suggest an unchecked location.
    pub(crate) fn own(text: &str) -> Result<Self, LocationError> {
        let (origin, rest) = parse_origin(text).map_err(|error| match error.problem {
            Problem::HttpScheme => LocationError::new(Problem::NoScheme, 0, text.as_bytes()),
            _ => error,
        })?;
        without_path(text, origin, rest)
    }
}

/// Parses an https origin without a path.
fn origin(text: &str) -> Result<Origin, LocationError> {
    let fail = |problem| LocationError::new(problem, 0, text.as_bytes());
    let (origin, rest) = parse_origin(text).map_err(|error| match error.problem {
        Problem::HttpScheme if lacks_only_the_scheme(text) => fail(Problem::NoScheme),
        Problem::HttpScheme => fail(Problem::NotHttps),
        _ => error,
    })?;
    match origin.scheme() {
        HttpScheme::Https => without_path(text, origin, rest),
        HttpScheme::Http if is_loopback(&origin) => Err(fail(Problem::HttpLoopback)),
        HttpScheme::Http => Err(fail(Problem::NotHttps)),
    }
}

/// Returns `true` for `example.com`, `*.example.com` and `example.com:8443`.
fn lacks_only_the_scheme(text: &str) -> bool {
    let host = text.strip_prefix("*.").unwrap_or(text);
    parse_origin(&format!("https://{host}")).is_ok()
}

fn without_path(text: &str, origin: Origin, rest: &str) -> Result<Origin, LocationError> {
    match rest {
        "" | "/" => Ok(origin),
        rest => Err(super::not_an_origin(text, rest)),
    }
}

/// Returns `true` if the host always means the client's own computer (RFC 6761 §6.3).
fn is_loopback(origin: &Origin) -> bool {
    matches!(origin.host(), "localhost" | "127.0.0.1" | "[::1]")
}

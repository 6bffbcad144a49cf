//! A location that is computed from a request: measured, then written once into one buffer.

use percent_encoding::{AsciiSet, utf8_percent_encode};

use super::{
    Location, check,
    parse::{RECEIVED_PATH, RECEIVED_QUERY},
    problem::LocationError,
};
use crate::Scheme;

/// Scheme, host and port of a location; they come from configuration (R6).
pub(crate) struct Site<'a> {
    pub(crate) scheme: Scheme,
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
}

impl Location {
    /// Path and query **as they were received**, on a site or, without one, on this one.
    ///
    /// # Errors
    ///
    /// When the path has a segment `.` or `..` (R4), begins with `//` and there is no site, or the
    /// whole is too long.
    pub(crate) fn assemble(
        site: Option<&Site<'_>>,
        path: &str,
        end: &str,
        query: Option<&str>,
    ) -> Result<Self, LocationError> {
        if let Some(error) = check::dot_segment(path.as_bytes()) {
            return Err(error);
        }
        let (scheme, host) = match site {
            Some(site) => (site.scheme.as_str(), site.host),
            None => ("", ""),
        };
        let port = site
            .and_then(|site| site.port.filter(|&port| port != site.scheme.default_port()))
            .map(|port| format!(":{port}"))
            .unwrap_or_default();
        let separator = if site.is_some() { "://" } else { "" };
        let mark = if query.is_some() { "?" } else { "" };
        let query = query.unwrap_or_default();

        let length = scheme.len()
            + separator.len()
            + host.len()
            + port.len()
            + encoded_len(path, RECEIVED_PATH)
            + end.len()
            + mark.len()
            + encoded_len(query, RECEIVED_QUERY);
        if length > check::MAX_LEN {
            return Err(LocationError::too_long());
        }
        let mut out = String::with_capacity(length);
        for text in [scheme, separator, host, &port] {
            out.push_str(text);
        }
        out.extend(utf8_percent_encode(path, RECEIVED_PATH));
        out.push_str(end);
        out.push_str(mark);
        out.extend(utf8_percent_encode(query, RECEIVED_QUERY));
        Self::finish(out)
    }
}

fn encoded_len(text: &str, set: &'static AsciiSet) -> usize {
    utf8_percent_encode(text, set).map(str::len).sum()
}

//! Builds a location from the parts of a request.
//!
//! It computes the length first and then writes the text once into a buffer of that length. The
//! header takes over the buffer, so nothing is copied.

use std::{fmt, io::Write, iter};

use percent_encoding::AsciiSet;

use super::{
    HttpScheme, Location, check,
    limits::MAX_LEN,
    parse::{RECEIVED_PATH, RECEIVED_QUERY, encode_received},
    problem::LocationError,
    scan,
    valid_bytes::sendable,
};

/// The scheme, the host and the port of a location. They come from configuration (R6).
pub(crate) struct Site<'a> {
    pub(crate) scheme: HttpScheme,
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
}

impl Site<'_> {
    /// Returns the port, unless it's the default port of the scheme.
    fn written_port(&self) -> Option<u16> {
        self.port.filter(|&port| port != self.scheme.default_port())
    }
}

impl fmt::Display for Site<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.host)?;
        match self.written_port() {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// A received path, and how to rewrite it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PathForm<'p> {
    pub(crate) path: &'p str,
    /// Replaces consecutive slashes by one.
    pub(crate) merge_slashes: bool,
    /// Writes ASCII letters in lower case, and the digits of escapes in upper case.
    pub(crate) lower_case: bool,
    /// `/` to append one, or empty.
    pub(crate) end: &'static str,
}

impl Location {
    /// Creates a location with a path and query **as received**. Without a site, it's on this site.
    ///
    /// # Errors
    ///
    /// Returns an error if the path has a segment `.` or `..` (R4), if it begins with `//` and
    /// there is no site, or if the location is too long.
    pub(crate) fn assemble(
        site: Option<&Site<'_>>,
        path: &PathForm<'_>,
        query: Option<&str>,
    ) -> Result<Self, LocationError> {
        if let Some(error) = check::dot_segment_of_received(path.path.as_bytes()) {
            return Err(error);
        }
        let (scheme, separator, host) = match site {
            Some(site) => (site.scheme.as_str(), "://", site.host),
            None => ("", "", ""),
        };
        let port = site.and_then(Site::written_port);
        let port_len = port.map_or(0, |port| 2 + port.checked_ilog10().unwrap_or(0) as usize);
        let (mark, query) = query.map_or(("", ""), |query| ("?", query));

        let received_path = path.path.as_bytes();
        let encoded = written_len(received_path, stays_in_path, RECEIVED_PATH) - path.path.len();
        let path_len = path.pieces().map(<[u8]>::len).sum::<usize>() + encoded + path.end.len();
        let query = query.as_bytes();
        let query_len = written_len(query, stays_in_query, RECEIVED_QUERY);
        let length = scheme.len()
            + separator.len()
            + host.len()
            + port_len
            + path_len
            + mark.len()
            + query_len;
        if length > MAX_LEN {
            return Err(LocationError::too_long());
        }
        let mut out = Vec::with_capacity(length);
        for text in [scheme, separator, host] {
            out.extend_from_slice(text.as_bytes());
        }
        if let Some(port) = port {
            // Writing to a `Vec` can't fail.
            let _ = write!(out, ":{port}");
        }
        path.write(&mut out, encoded == 0);
        out.extend_from_slice(mark.as_bytes());
        write_encoded(&mut out, query, query_len == query.len(), RECEIVED_QUERY);
        Self::finish(out)
    }
}

impl<'p> PathForm<'p> {
    pub(crate) const fn as_received(path: &'p str) -> Self {
        Self {
            path,
            merge_slashes: false,
            lower_case: false,
            end: "",
        }
    }

    /// Returns the pieces of the path without the slashes to leave out.
    fn pieces(&self) -> impl Iterator<Item = &'p [u8]> {
        let merges = self.merge_slashes;
        let mut rest = Some(self.path.as_bytes());
        iter::from_fn(move || {
            let text = rest.take()?;
            let slashes = merges
                .then(|| text.windows(2).position(|pair| pair == b"//"))
                .flatten();
            let Some((piece, tail)) = slashes.and_then(|at| text.split_at_checked(at + 1)) else {
                return Some(text);
            };
            let slashes = tail.iter().take_while(|&&byte| byte == b'/').count();
            rest = tail.get(slashes..);
            Some(piece)
        })
    }

    /// Writes the path. If it `is_sendable`, nothing needs encoding.
    pub(crate) fn write(&self, out: &mut Vec<u8>, is_sendable: bool) {
        let start = out.len();
        for piece in self.pieces() {
            write_encoded(out, piece, is_sendable, RECEIVED_PATH);
        }
        if self.lower_case {
            // This includes the escapes that were written just now.
            lower_case(out.get_mut(start..).unwrap_or_default());
        }
        out.extend_from_slice(self.end.as_bytes());
    }
}

/// Returns `true` for the bytes that aren't in [`RECEIVED_PATH`].
#[inline]
fn stays_in_path(byte: u8) -> bool {
    stays_in_query(byte) & (byte != b'?') & (byte != b'[') & (byte != b']')
}

/// Returns `true` for the bytes that aren't in [`RECEIVED_QUERY`].
#[inline]
fn stays_in_query(byte: u8) -> bool {
    sendable(byte) & (byte != b'#')
}

#[inline]
fn written_len(text: &[u8], stays: impl Fn(u8) -> bool, set: &'static AsciiSet) -> usize {
    // A `%` stays if it begins an escape. Few texts have one.
    if scan::any(text, |byte| !stays(byte) | (byte == b'%')) {
        encode_received(text, set).map(str::len).sum()
    } else {
        text.len()
    }
}

#[inline]
fn write_encoded(out: &mut Vec<u8>, text: &[u8], is_sendable: bool, set: &'static AsciiSet) {
    if is_sendable {
        out.extend_from_slice(text);
    } else {
        for piece in encode_received(text, set) {
            out.extend_from_slice(piece.as_bytes());
        }
    }
}

/// Writes letters in lower case, except the digits of escapes, which it writes in upper case.
fn lower_case(path: &mut [u8]) {
    path.make_ascii_lowercase();
    let mut rest = path;
    while let Some(percent) = rest.iter().position(|&byte| byte == b'%') {
        let from_percent = rest.get_mut(percent..).unwrap_or_default();
        let is_escape = match from_percent {
            [_, high, low, ..] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
            _ => false,
        };
        let length = if is_escape { 3 } else { 1 };
        let Some((escape, tail)) = from_percent.split_at_mut_checked(length) else {
            return;
        };
        escape.make_ascii_uppercase();
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::{
        AsciiSet, RECEIVED_PATH, RECEIVED_QUERY, encode_received, stays_in_path, stays_in_query,
        written_len,
    };

    fn encoded(text: &str, set: &'static AsciiSet) -> String {
        encode_received(text.as_bytes(), set).collect()
    }

    #[test]
    fn the_computed_length_is_the_written_length() {
        for byte in (0..0x80_u8).filter(|byte| *byte != b'%') {
            let text = char::from(byte).to_string();
            let written = |set| encoded(&text, set) == text;
            assert_eq!(stays_in_path(byte), written(RECEIVED_PATH), "{byte:#x}");
            assert_eq!(stays_in_query(byte), written(RECEIVED_QUERY), "{byte:#x}");
        }
        assert!(!stays_in_path(0x80) && !stays_in_query(0xff));
    }

    #[test]
    fn r1_a_lone_percent_is_encoded_and_escapes_stay() {
        for (text, path, query) in [
            ("%", "%25", "%25"),
            ("%4", "%254", "%254"),
            ("%zz", "%25zz", "%25zz"),
            ("%41%c3%A9", "%41%c3%A9", "%41%c3%A9"),
            ("%%41%", "%25%41%25", "%25%41%25"),
            ("%\u{e9}1", "%25%C3%A91", "%25%C3%A91"),
            ("50%|a[%5b]", "50%25%7Ca%5B%5b%5D", "50%25%7Ca[%5b]"),
        ] {
            assert_eq!(encoded(text, RECEIVED_PATH), path);
            assert_eq!(encoded(text, RECEIVED_QUERY), query);
            let text = text.as_bytes();
            assert_eq!(written_len(text, stays_in_path, RECEIVED_PATH), path.len());
            assert_eq!(
                written_len(text, stays_in_query, RECEIVED_QUERY),
                query.len()
            );
        }
    }
}

//! The parts of a destination, which is a path or a URL.

use super::VercelFormat;

/// A part of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Origin,
    Path,
    Query,
    Fragment,
}

impl Part {
    /// Whether braces make a group here. Elsewhere they are text.
    pub(super) fn has_groups(self, format: VercelFormat, destination: &str) -> bool {
        match (format, self) {
            // Vercel encodes those of a path before it looks for groups, but for simple paths.
            (VercelFormat::Vercel, Self::Path) => {
                destination.starts_with('/') && !destination.contains('#')
            }
            (VercelFormat::Vercel, part) => part == Self::Query,
            (VercelFormat::Next, part) => matches!(part, Self::Path | Self::Fragment),
        }
    }

    /// Whether a name that nothing has is text here. The format doesn't check these parts.
    pub(super) const fn takes_unknown_names(self, format: VercelFormat) -> bool {
        match format {
            VercelFormat::Vercel => matches!(self, Self::Fragment),
            VercelFormat::Next => matches!(self, Self::Query),
        }
    }
}

/// Whether a destination leads somewhere by itself: it is a path or a URL.
pub(super) fn is_absolute(destination: &str) -> bool {
    destination.starts_with('/') || scheme_len(destination) > 0
}

/// Whether a `:` begins a name; in an origin it may begin a port, too.
pub(super) fn is_name(behind: &str, in_host: bool) -> bool {
    match behind.bytes().next() {
        Some(first) if in_host => first.is_ascii_alphabetic() || first == b'_',
        Some(first) => first.is_ascii_alphanumeric() || first == b'_',
        None => false,
    }
}

/// The length of a scheme, with its colon.
pub(super) fn scheme_len(destination: &str) -> usize {
    let of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let end = destination.bytes().position(|byte| !of_scheme(byte));
    end.filter(|&end| end > 0 && destination.as_bytes().get(end) == Some(&b':'))
        .map_or(0, |end| end + 1)
}

/// Where the path of a destination begins.
pub(in crate::rules::format) fn path_at(destination: &str) -> usize {
    let Some(scheme) = destination
        .find("://")
        .filter(|_| !destination.starts_with('/'))
    else {
        return 0;
    };
    let host = destination.get(scheme + 3..).unwrap_or_default();
    let length = host.find(['/', '?', '#']).unwrap_or(host.len());
    scheme + 3 + length
}

/// The length of a regex in parentheses; in a destination it says nothing.
pub(super) fn regex_len(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if std::mem::take(&mut escaped) => {}
            b'\\' => escaped = true,
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return if byte == b')' { at + 1 } else { 0 };
        }
    }
    0
}

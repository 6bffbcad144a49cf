//! The one spelling of a path in which tables compare: hex digits of escapes in upper case, escaped
//! unreserved characters decoded, everything escaped that cannot be sent in a path (browsers send
//! `[` and `]`, and locations never have them there), and every `%` that begins no escape, so that
//! none is made of what stands behind it.
//!
//! `%2F` stays an escape, and so never equals `/` (RFC 3986 §6.2.2).

use crate::location::{scan, sendable};

/// What one piece of a text is in that spelling, and how many bytes of the text it takes.
struct Piece {
    taken: usize,
    bytes: [u8; 3],
    length: usize,
}

impl Piece {
    /// The first piece of a text that is not empty.
    fn first(text: &[u8], fold: bool) -> Option<Self> {
        let plain = |taken, byte: u8| Self {
            taken,
            bytes: [
                if fold {
                    byte.to_ascii_lowercase()
                } else {
                    byte
                },
                0,
                0,
            ],
            length: 1,
        };
        Some(match text {
            [] => return None,
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let byte = hex_value(*high) << 4 | hex_value(*low);
                if is_unreserved(byte) {
                    plain(3, byte)
                } else {
                    Self {
                        taken: 3,
                        bytes: [b'%', high.to_ascii_uppercase(), low.to_ascii_uppercase()],
                        length: 3,
                    }
                }
            }
            [b'%', ..] => Self {
                taken: 1,
                bytes: *b"%25",
                length: 3,
            },
            [byte, ..] if sendable(*byte) && !matches!(byte, b'[' | b']') => plain(1, *byte),
            [byte, ..] => Self {
                taken: 1,
                bytes: [b'%', hex_digit(byte >> 4), hex_digit(byte & 0xf)],
                length: 3,
            },
        })
    }

    fn spelled(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Adds a text in the spelling that is compared.
pub(super) fn push(out: &mut Vec<u8>, text: &[u8], fold: bool) {
    if is_spelled(text, fold) {
        out.extend_from_slice(text);
        return;
    }
    let mut rest = text;
    while let Some(piece) = Piece::first(rest, fold) {
        out.extend_from_slice(piece.spelled());
        rest = rest.get(piece.taken..).unwrap_or_default();
    }
}

/// Writes a text in the spelling that is compared; `None` where there is no room for it.
pub(super) fn write<'b>(buffer: &'b mut [u8], text: &[u8], fold: bool) -> Option<&'b [u8]> {
    let mut written = 0;
    let mut rest = text;
    while let Some(piece) = Piece::first(rest, fold) {
        let room = buffer.get_mut(written..written + piece.length)?;
        room.copy_from_slice(piece.spelled());
        written += piece.length;
        rest = rest.get(piece.taken..).unwrap_or_default();
    }
    buffer.get(..written)
}

/// Whether a path is in that spelling already; nearly all are.
#[inline]
pub(super) fn is_spelled(path: &[u8], fold: bool) -> bool {
    is_settled_path(path, fold) || has_only_spelled(path, fold)
}

/// The same of a path without any escape; most are.
#[inline]
pub(super) fn is_settled_path(path: &[u8], fold: bool) -> bool {
    if fold {
        !scan::any(path, |byte| !is_plain(byte) | byte.is_ascii_uppercase())
    } else {
        !scan::any(path, |byte| !is_settled(byte))
    }
}

/// Whether a byte is itself in that spelling, wherever it stands: most are, and it is asked for
/// each.
#[inline]
const fn is_settled(byte: u8) -> bool {
    // Signed numbers are compared at once; what is not ASCII is below all of it. The successors of
    // `;` to `>` and of `[` to `^` have these bits in common, and no other byte between the two
    // has them. `;` and `=` are rare, and cost a closer look.
    ((byte as i8) >= b'-' as i8)
        & ((byte as i8) <= b'z' as i8)
        & (byte.wrapping_add(1) & 0x1c != 0x1c)
        & (byte != b'`')
}

/// Whether a text has letters, digits, `-`, `.`, `/` and `_` only, which are themselves everywhere.
#[inline]
pub(super) fn all_plain(text: &[u8]) -> bool {
    !scan::any(text, |byte| !is_plain(byte))
}

#[inline]
const fn is_plain(byte: u8) -> bool {
    // Between the digits and `A`, and between `Z` and `_`, other bytes stand.
    (byte.wrapping_sub(b'-') <= b'z' - b'-')
        & (byte.wrapping_sub(b':') > b'@' - b':')
        & (byte.wrapping_sub(b'[') > b'^' - b'[')
        & (byte != b'`')
}

/// Whether a text is a path that is compared, and sent, as it is written: plain, and without any
/// segment that begins with a dot.
#[inline]
pub(super) fn is_plain_path(text: &str) -> bool {
    let text = text.as_bytes();
    text.starts_with(b"/")
        && !scan::any_pair(text, |byte, next| {
            !is_plain(byte) | ((byte == b'/') & (next == b'.'))
        })
}

#[cold]
pub(super) fn has_only_spelled(path: &[u8], fold: bool) -> bool {
    let mut rest = path;
    while let Some(piece) = Piece::first(rest, fold) {
        match rest.strip_prefix(piece.spelled()) {
            Some(tail) if piece.taken == piece.length => rest = tail,
            _ => return false,
        }
    }
    true
}

/// How many bytes of a text as it was received make up so many bytes of its spelling; `None` where
/// those end within an escape.
pub(super) fn received_len(received: &[u8], spelled: usize) -> Option<usize> {
    let (mut rest, mut left) = (received, spelled);
    while left > 0 {
        let piece = Piece::first(rest, false)?;
        left = left.checked_sub(piece.length)?;
        rest = rest.get(piece.taken..)?;
    }
    Some(received.len() - rest.len())
}

pub(super) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit.wrapping_sub(b'A').wrapping_add(10),
    }
}

const fn hex_digit(value: u8) -> u8 {
    if value < 10 {
        b'0' + value
    } else {
        b'A' + value - 10
    }
}

#[cfg(test)]
mod tests {
    use super::{is_plain, is_settled, is_spelled, push, received_len, write};
    use crate::location::sendable;

    fn spelled(text: &str, fold: bool) -> String {
        let mut out = Vec::new();
        push(&mut out, text.as_bytes(), fold);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn one_spelling_for_each_path() {
        for (text, exact, folded) in [
            ("/Caf%c3%a9", "/Caf%C3%A9", "/caf%C3%A9"),
            ("/café", "/caf%C3%A9", "/caf%C3%A9"),
            ("/%41%7eB", "/A~B", "/a~b"),
            ("/a%2fb", "/a%2Fb", "/a%2Fb"),
            ("/100%", "/100%25", "/100%25"),
            ("/%4", "/%254", "/%254"),
            ("/%G1", "/%25G1", "/%25g1"),
            ("/a%%32Fb", "/a%252Fb", "/a%252fb"),
            ("/a|b{c}", "/a%7Cb%7Bc%7D", "/a%7Cb%7Bc%7D"),
            ("/a[1]", "/a%5B1%5D", "/a%5B1%5D"),
            ("/a%5b=;%5D", "/a%5B=;%5D", "/a%5B=;%5D"),
        ] {
            assert_eq!(spelled(text, false), exact);
            assert_eq!(spelled(text, true), folded);
            let mut buffer = [0; 20];
            let written = write(&mut buffer, text.as_bytes(), true);
            assert_eq!(written, Some(folded.as_bytes()));
            assert_eq!(
                write(&mut buffer[..folded.len() - 1], text.as_bytes(), true),
                None
            );
            assert!(is_spelled(exact.as_bytes(), false), "{exact}");
            assert!(is_spelled(folded.as_bytes(), true), "{folded}");
            assert_eq!(is_spelled(text.as_bytes(), false), text == exact, "{text}");
        }
    }

    #[test]
    fn plain_bytes_are_few() {
        for byte in 0..=u8::MAX {
            let plain = byte.is_ascii_alphanumeric() || b"-./_".contains(&byte);
            assert_eq!(is_plain(byte), plain, "{byte:#x}");
            let rare = b"[];=".contains(&byte);
            let settled = (b'-'..=b'z').contains(&byte) && sendable(byte) && !rare;
            assert_eq!(is_settled(byte), settled, "{byte:#x}");
        }
    }

    #[test]
    fn the_received_text_behind_a_spelled_prefix() {
        for (received, spelled, expected) in [
            ("abc", 2, Some(2)),
            ("%41bc", 1, Some(3)),
            ("%c3%a9x", 3, Some(3)),
            ("%c3%a9x", 2, None),
            ("\u{e9}x", 6, Some(2)),
            ("a", 9, None),
        ] {
            assert_eq!(received_len(received.as_bytes(), spelled), expected);
        }
    }
}

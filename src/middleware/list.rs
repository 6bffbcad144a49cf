//! Splits a header that is a list: elements between commas, which may contain quoted text.

use http::HeaderValue;

/// Returns the elements of a line, without the spaces around them (RFC 9110 §5.6.1).
///
/// A comma in a quoted text ends no element. If the quote isn't closed, it does.
pub(super) fn elements(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let line = line.as_bytes();
    let mut quotes = Quotes::default();
    line.iter().for_each(|&byte| quotes.read(byte));
    let is_closed = !quotes.is_open;

    let mut quotes = Quotes::default();
    let elements = line.split(move |&byte| {
        quotes.read(byte);
        byte == b',' && !(is_closed && quotes.is_open)
    });
    elements.map(<[u8]>::trim_ascii)
}

/// Whether a text is inside a quoted string (RFC 9110 §5.6.4).
#[derive(Default)]
struct Quotes {
    is_open: bool,
    is_escaped: bool,
}

impl Quotes {
    fn read(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' => self.is_escaped = self.is_open,
            b'"' => self.is_open = !self.is_open,
            _ => {}
        }
    }
}

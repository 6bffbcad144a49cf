//! Reads `Accept`: the media types that a client names, and their weights (RFC 9110 §12.5.1).

use http::{HeaderMap, header};

use super::list;

/// Returns the media ranges of a request, each with its weight in thousandths.
pub(super) fn ranges(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], u16)> {
    let lines = headers.get_all(header::ACCEPT).iter();
    lines.flat_map(list::elements).map(|range| {
        let mut parts = range.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
        let name = parts.next().unwrap_or_default();
        (name, parts.find_map(weight).unwrap_or(1000))
    })
}

/// Returns the weight of a text type in thousandths, from the most specific media range that
/// covers it.
pub(super) fn quality_of_text(headers: &HeaderMap, kind: &[u8]) -> u16 {
    let (mut best_precision, mut best_weight) = (0, 0);
    for (name, weight) in ranges(headers) {
        let precision = if name.eq_ignore_ascii_case(kind) {
            3
        } else if name.eq_ignore_ascii_case(b"text/*") {
            2
        } else if name == b"*/*" {
            1
        } else {
            continue;
        };
        if precision > best_precision {
            (best_precision, best_weight) = (precision, weight);
        }
    }
    best_weight
}

/// Parses the parameter `q=0.5` into thousandths; returns `None` for any other parameter.
fn weight(parameter: &[u8]) -> Option<u16> {
    let (b'q' | b'Q', [b'=', value @ ..]) = parameter.split_first()? else {
        return None;
    };
    let value = std::str::from_utf8(value).ok()?;
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    let thousandths = decimals
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(3)
        .try_fold(0, |sum, digit| {
            digit
                .is_ascii_digit()
                .then(|| sum * 10 + u16::from(digit - b'0'))
        })?;
    match whole {
        "0" | "" => Some(thousandths),
        _ => Some(1000),
    }
}

//! Tests on every byte of a text, sixteen bytes at a time, or eight in a `u64`.
//!
//! The loops have no early exit and a fixed chunk size, so the compiler can vectorize them. The
//! last chunk overlaps with the one before it. That avoids a loop over the remaining bytes: a text
//! of 20 bytes is tested as bytes 0 to 15 and 4 to 19.

/// Returns `true` if `is` returns `true` for any byte. Keep `is` cheap: it's called for every byte.
#[inline]
pub(crate) fn any(text: &[u8], is: impl Fn(u8) -> bool) -> bool {
    let Some(last) = text.last_chunk::<16>() else {
        return any_of_few(text, is);
    };
    let mut found = [false; 16];
    let mut rest = text;
    while !rest.is_empty() {
        // The last chunk overlaps with the one before.
        let (chunk, tail) = rest.split_first_chunk().unwrap_or((last, &[]));
        for (found, &byte) in found.iter_mut().zip(chunk) {
            *found |= is(byte);
        }
        rest = tail;
    }
    found != [false; 16]
}

/// Does the same for fewer than sixteen bytes.
#[inline]
fn any_of_few(text: &[u8], is: impl Fn(u8) -> bool) -> bool {
    match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => {
            let mut found = [false; 8];
            for (found, (&one, &other)) in found.iter_mut().zip(first.iter().zip(last)) {
                *found = is(one) | is(other);
            }
            found != [false; 8]
        }
        _ => text.iter().any(|&byte| is(byte)),
    }
}

/// Returns the position of the first byte that `mark` marks, or the length of the text.
///
/// `mark` gets eight bytes as a `u64` and sets the high bit of each byte that it marks. It may also
/// mark bytes after the first one by mistake.
#[cfg(feature = "rules")]
#[inline]
pub(crate) fn first(text: &[u8], mark: impl Fn(u64) -> u64) -> usize {
    let position = |marks: u64| marks.trailing_zeros() as usize / 8;
    let Some(last) = text.last_chunk() else {
        return position(mark(word(text))).min(text.len());
    };
    let mut rest = text;
    while let Some((chunk, tail)) = rest.split_first_chunk() {
        let marks = mark(u64::from_le_bytes(*chunk));
        if marks != 0 {
            return text.len() - rest.len() + position(marks);
        }
        rest = tail;
    }
    // The last chunk overlaps with bytes that are known to be unmarked.
    match mark(u64::from_le_bytes(*last)) {
        0 => text.len(),
        marks => text.len() - 8 + position(marks),
    }
}

/// Returns fewer than eight bytes as a `u64`, padded with zeroes.
#[cfg(feature = "rules")]
#[inline]
pub(crate) fn word(text: &[u8]) -> u64 {
    let at = |byte: u8, position: usize| u64::from(byte) << (8 * position);
    match (text, text.first_chunk(), text.last_chunk()) {
        (_, Some(first), Some(last)) => {
            let last = u64::from(u32::from_le_bytes(*last));
            u64::from(u32::from_le_bytes(*first)) | last << (8 * (text.len() - 4))
        }
        ([], ..) => 0,
        ([one], ..) => at(*one, 0),
        ([one, two], ..) => at(*one, 0) | at(*two, 1),
        ([one, two, three, ..], ..) => at(*one, 0) | at(*two, 1) | at(*three, 2),
    }
}

#[cfg(feature = "rules")]
const ONES: u64 = u64::from_le_bytes([1; 8]);

/// Marks the first of eight bytes that equals `byte`.
#[cfg(feature = "rules")]
#[inline]
pub(crate) const fn equal(word: u64, byte: u8) -> u64 {
    below(word ^ u64::from_le_bytes([byte; 8]), 1)
}

/// Marks the first of eight bytes that is less than `byte`.
#[cfg(feature = "rules")]
#[inline]
pub(crate) const fn below(word: u64, byte: u8) -> u64 {
    word.wrapping_sub(u64::from_le_bytes([byte; 8])) & !word & (ONES << 7)
}

/// Returns `true` if `is` returns `true` for any byte and its successor. After the last byte, the
/// successor is 0.
#[inline]
pub(crate) fn any_pair(text: &[u8], is: impl Fn(u8, u8) -> bool) -> bool {
    let Some(&last) = text.last() else {
        return false;
    };
    let Some(end) = text.last_chunk::<17>() else {
        return is(last, 0) || any_pair_of_few(text, is);
    };
    let mut found = [is(last, 0); 16];
    let mut rest = text;
    while rest.len() > 1 {
        // The last chunk overlaps with the one before.
        let chunk = rest.first_chunk::<17>().unwrap_or(end);
        let ([bytes @ .., _], [_, nexts @ ..]) = (chunk, chunk);
        mark(&mut found, bytes, nexts, &is);
        rest = rest.get(16..).unwrap_or_default();
    }
    found != [false; 16]
}

/// Marks the pairs for which `is` returns `true`.
///
/// In a function of its own, the compiler knows that the arguments don't overlap.
#[inline]
fn mark(found: &mut [bool; 16], bytes: &[u8; 16], nexts: &[u8; 16], is: impl Fn(u8, u8) -> bool) {
    for (found, (&byte, &next)) in found.iter_mut().zip(bytes.iter().zip(nexts)) {
        *found |= is(byte, next);
    }
}

/// Does the same for fewer than sixteen pairs.
#[inline]
fn any_pair_of_few(text: &[u8], is: impl Fn(u8, u8) -> bool) -> bool {
    let mut pairs = text.iter().zip(text.iter().skip(1));
    pairs.any(|(&byte, &next)| is(byte, next))
}

#[cfg(test)]
mod tests {
    use super::{any, any_pair};

    #[test]
    fn one_byte_and_one_pair_are_found_at_any_position() {
        for length in (0..100).chain([8_000]) {
            let mut text = vec![b'a'; length];
            assert!(!any(&text, |byte| byte == b'!'), "{length}");
            assert!(!any_pair(&text, |a, b| (a == b'!') & (b == b'a')));
            for at in (0..length).step_by(length / 100 + 1) {
                text[at] = b'!';
                assert!(any(&text, |byte| byte == b'!'), "{at} of {length}");
                #[cfg(feature = "rules")]
                assert_eq!(super::first(&text, |word| super::equal(word, b'!')), at);
                let pair = |a, b| any_pair(&text, |x, y| (x == a) & (y == b));
                assert_eq!(pair(b'!', b'a'), at + 1 < length, "{at} of {length}");
                assert_eq!(pair(b'a', b'!'), at > 0, "{at} of {length}");
                assert!(!pair(b'!', b'!'));
                assert_eq!(pair(b'!', 0), at + 1 == length, "{at} of {length}");
                text[at] = b'a';
            }
        }
    }
}

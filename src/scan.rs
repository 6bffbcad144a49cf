//! Questions about every byte of a text, sixteen at a time where there are as many.

/// Whether the answer is yes for any byte; it must be cheap, because it is asked about all of them.
#[inline]
pub(crate) fn any(text: &[u8], is: impl Fn(u8) -> bool) -> bool {
    let Some(last) = text.last_chunk::<16>() else {
        return text.iter().any(|&byte| is(byte));
    };
    let mut found = [false; 16];
    let mut rest = text;
    while !rest.is_empty() {
        // The last sixteen overlap with those before.
        let (chunk, behind) = rest.split_first_chunk().unwrap_or((last, &[]));
        for (found, &byte) in found.iter_mut().zip(chunk) {
            *found |= is(byte);
        }
        rest = behind;
    }
    found != [false; 16]
}

/// Where the first byte is for which the answer is yes; the length where there is none.
#[cfg(feature = "rules")]
#[inline]
pub(crate) fn first(text: &[u8], is: impl Fn(u8) -> bool) -> usize {
    let mut rest = text;
    while let Some((chunk, behind)) = rest.split_first_chunk::<16>() {
        if chunk.map(&is) != [false; 16] {
            break;
        }
        rest = behind;
    }
    let at = rest.iter().position(|&byte| is(byte));
    text.len() - rest.len() + at.unwrap_or(rest.len())
}

/// The same of any two bytes that follow each other.
#[inline]
pub(crate) fn any_pair(text: &[u8], is: impl Fn(u8, u8) -> bool) -> bool {
    let (Some((_, firsts)), Some((_, seconds))) = (text.split_last(), text.split_first()) else {
        return false;
    };
    let (Some(last_firsts), Some(last_seconds)) = (firsts.last_chunk(), seconds.last_chunk())
    else {
        return firsts.iter().zip(seconds).any(|(&a, &b)| is(a, b));
    };
    let mut found = [false; 16];
    let mut look = |firsts: &[u8; 16], seconds: &[u8; 16]| {
        for (found, (&a, &b)) in found.iter_mut().zip(firsts.iter().zip(seconds)) {
            *found |= is(a, b);
        }
    };
    let chunks = firsts.chunks_exact(16).zip(seconds.chunks_exact(16));
    for (firsts, seconds) in chunks {
        if let (Some(firsts), Some(seconds)) = (firsts.first_chunk(), seconds.first_chunk()) {
            look(firsts, seconds);
        }
    }
    look(last_firsts, last_seconds);
    found != [false; 16]
}

#[cfg(test)]
mod tests {
    use super::{any, any_pair};

    #[test]
    fn one_byte_and_one_pair_are_found_wherever_they_stand() {
        for length in (0..100).chain([8_000]) {
            let mut text = vec![b'a'; length];
            assert!(!any(&text, |byte| byte == b'!'), "{length}");
            assert!(!any_pair(&text, |a, b| (a == b'!') & (b == b'a')));
            for at in (0..length).step_by(length / 100 + 1) {
                text[at] = b'!';
                assert!(any(&text, |byte| byte == b'!'), "{at} of {length}");
                #[cfg(feature = "rules")]
                assert_eq!(super::first(&text, |byte| byte == b'!'), at);
                let pair = |a, b| any_pair(&text, |x, y| (x == a) & (y == b));
                assert_eq!(pair(b'!', b'a'), at + 1 < length, "{at} of {length}");
                assert_eq!(pair(b'a', b'!'), at > 0, "{at} of {length}");
                assert!(!pair(b'!', b'!'));
                text[at] = b'a';
            }
        }
    }
}

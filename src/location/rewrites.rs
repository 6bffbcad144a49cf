//! How clients rewrite a URL before they request it (R9).
//!
//! A redirect to the requested URL is a loop, so the layer doesn't send it. "The requested URL"
//! includes every form in which a client may request the target:
//!
//! | in the target | requested |
//! |---|---|
//! | an empty query, `/a?` | `/a` |
//! | `'` in a query | `%27` |
//! | `[`, `]` in a query | `%5B`, `%5D` |
//! | the digits of an escape | the same digits in upper case |
//! | an escaped letter, digit, `-`, `.`, `_` or `~` | the character itself |
//! | `%5B`, `%5D` | `[`, `]` |
//! | `%25` | `%`, if it begins no escape |
//! | the escape of another byte that a location can't contain | that byte |
//!
//! The last three rows are what the constructors of a location encode. A redirect from `/a[` to
//! `/a%5B` leads to the same page, and wouldn't tell the client anything.
//!
//! The rules only go from the target to the request. A redirect from `/%61` to `/a` is therefore
//! sent, but one from `/a` to `/%61` isn't.

use super::valid_bytes::{begins_escape, sendable};

/// Returns `true` if a client that is redirected to `target` may request `requested`.
#[cold]
pub(crate) fn may_request(target: &[u8], requested: &[u8]) -> bool {
    let (mut target, mut requested) = (target, requested);
    let mut in_query = false;
    loop {
        (target, requested) = match (target, requested) {
            ([], []) => return true,
            ([b'?'], []) if !in_query => return true,
            ([b'\'', target @ ..], [b'%', b'2', b'7', requested @ ..]) if in_query => {
                (target, requested)
            }
            ([b'[', target @ ..], [b'%', b'5', b'B', requested @ ..])
            | ([b']', target @ ..], [b'%', b'5', b'D', requested @ ..]) => (target, requested),
            ([b'%', high, low, target_tail @ ..], requested) if begins_escape(target) => {
                let escape = [high.to_ascii_uppercase(), low.to_ascii_uppercase()];
                match requested {
                    [b'%', a, b, requested @ ..] if [*a, *b] == escape || (a, b) == (high, low) => {
                        (target_tail, requested)
                    }
                    [byte, tail @ ..]
                        if escape == hex_digits(*byte) && stands_for_escape(requested) =>
                    {
                        (target_tail, tail)
                    }
                    _ => return false,
                }
            }
            ([byte, target @ ..], [other, requested @ ..]) if byte == other => {
                in_query |= *byte == b'?';
                (target, requested)
            }
            _ => return false,
        };
    }
}

/// Returns `true` if the first byte of a requested text means the same as its escape.
fn stands_for_escape(requested: &[u8]) -> bool {
    match requested {
        [b'%', ..] => !begins_escape(requested),
        [b'[' | b']', ..] => true,
        [byte, ..] => unreserved(*byte) || !sendable(*byte),
        [] => false,
    }
}

const fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn hex_digits(byte: u8) -> [u8; 2] {
    const fn digit(value: u8) -> u8 {
        if value < 10 {
            b'0' + value
        } else {
            b'A' + value - 10
        }
    }
    [digit(byte >> 4), digit(byte & 0xf)]
}

//! How clients rewrite a URL before they request it (R9).
//!
//! A redirect to the requested URL is a loop, so the layer doesn't send it. "The requested URL"
//! includes every form in which a client may request the target:
//!
//! | in the target | a client may request |
//! |---|---|
//! | an empty query, `/a?` | `/a` |
//! | `'` in a query | `%27` |
//! | `[`, `]` | `%5B`, `%5D` |
//! | a lone `%`, which begins no escape | `%25` |
//! | any escape, if the target has a lone `%` too | `%25` and the two digits |
//! | the digits of an escape | the same digits in upper case |
//! | an escaped letter, digit, `-`, `.`, `_` or `~` | the character itself |
//!
//! The rules only go from the target to the request. A redirect from `/%61` to `/a` is therefore
//! sent, but one from `/a` to `/%61` isn't.

/// Returns `true` if a client that is redirected to `target` may request `requested`.
#[cold]
pub(crate) fn may_request(target: &[u8], requested: &[u8]) -> bool {
    let (mut target, mut requested) = (target, requested);
    let mut in_query = false;
    let has_lone_percent = has_lone_percent(target);
    loop {
        (target, requested) = match (target, requested) {
            ([], []) => return true,
            ([b'?'], []) if !in_query => return true,
            ([b'\'', target @ ..], [b'%', b'2', b'7', requested @ ..]) if in_query => {
                (target, requested)
            }
            ([b'[', target @ ..], [b'%', b'5', b'B', requested @ ..])
            | ([b']', target @ ..], [b'%', b'5', b'D', requested @ ..]) => (target, requested),
            ([b'%', high, low, target @ ..], requested)
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let escape = [high.to_ascii_uppercase(), low.to_ascii_uppercase()];
                match requested {
                    [b'%', b'2', b'5', a, b, requested @ ..]
                        if has_lone_percent
                            && [a.to_ascii_uppercase(), b.to_ascii_uppercase()] == escape =>
                    {
                        (target, requested)
                    }
                    [b'%', a, b, requested @ ..] if [*a, *b] == escape || (a, b) == (high, low) => {
                        (target, requested)
                    }
                    [byte, requested @ ..] if unreserved(*byte) && escape == hex_digits(*byte) => {
                        (target, requested)
                    }
                    _ => return false,
                }
            }
            ([b'%', target @ ..], [b'%', b'2', b'5', requested @ ..]) => (target, requested),
            ([byte, target @ ..], [other, requested @ ..]) if byte == other => {
                in_query |= *byte == b'?';
                (target, requested)
            }
            _ => return false,
        };
    }
}

/// Returns `true` if the text has a `%` that begins no escape.
fn has_lone_percent(text: &[u8]) -> bool {
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return false,
            [b'%', high, low, tail @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                tail
            }
            [b'%', ..] => return true,
            [_, tail @ ..] => tail,
        };
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

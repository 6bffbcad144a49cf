//! The spellings that clients bring an address into.

/// Whether a client that is sent to `target` may ask for `asked`: byte for byte, or in the spelling
/// that some clients bring an address into.
///
/// They are known to drop an empty query, to write `'` in a query, `[`, `]` and a lone `%` as `%27`,
/// `%5B`, `%5D` and `%25` (beside a lone `%`, the `%` of every escape too), to write the digits of an
/// escape in upper case, and to decode an escaped letter, digit, `-`, `.`, `_` or `~`. It goes one way
/// only, so that a redirect from another spelling to the right one is sent.
#[cold]
pub(crate) fn may_ask_for(target: &[u8], asked: &[u8]) -> bool {
    let (mut target, mut asked) = (target, asked);
    let mut in_query = false;
    let beside_lone_percent = has_lone_percent(target);
    loop {
        (target, asked) = match (target, asked) {
            ([], []) => return true,
            ([b'?'], []) if !in_query => return true,
            ([b'\'', target @ ..], [b'%', b'2', b'7', asked @ ..]) if in_query => (target, asked),
            ([b'[', target @ ..], [b'%', b'5', b'B', asked @ ..])
            | ([b']', target @ ..], [b'%', b'5', b'D', asked @ ..]) => (target, asked),
            ([b'%', high, low, target @ ..], asked)
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let escape = [high.to_ascii_uppercase(), low.to_ascii_uppercase()];
                match asked {
                    [b'%', b'2', b'5', a, b, asked @ ..]
                        if beside_lone_percent
                            && [a.to_ascii_uppercase(), b.to_ascii_uppercase()] == escape =>
                    {
                        (target, asked)
                    }
                    [b'%', a, b, asked @ ..] if [*a, *b] == escape || (a, b) == (high, low) => {
                        (target, asked)
                    }
                    [byte, asked @ ..] if unreserved(*byte) && escape == hex_digits(*byte) => {
                        (target, asked)
                    }
                    _ => return false,
                }
            }
            ([b'%', target @ ..], [b'%', b'2', b'5', asked @ ..]) => (target, asked),
            ([byte, target @ ..], [other, asked @ ..]) if byte == other => {
                in_query |= *byte == b'?';
                (target, asked)
            }
            _ => return false,
        };
    }
}

/// Whether there is a `%` that begins no escape.
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

//! Transforms of a captured text in a target: `{slug|dash|lower}`.
//!
//! A transform changes ASCII bytes only, and leaves each `%XX` as it is (R2): `caf%C3%89_A` becomes
//! `caf%C3%89-a` with `|dash|lower`. So it keeps the length of a text, and a text that was
//! transformed once doesn't change if it is transformed again. The analysis relies on both.

use std::fmt;

/// What a placeholder does to its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Transforms {
    case: Option<Case>,
    /// `_` becomes `-`.
    dash: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Case {
    Lower,
    Upper,
}

/// The bit that all transforms have in a finished target, where other bytes have other meanings.
const MARK: u8 = 0x10;
const LOWER: u8 = 1;
const UPPER: u8 = 2;
const DASH: u8 = 4;

impl Transforms {
    /// Adds one by its name. Returns what is wrong and how to fix it.
    pub(super) fn add(&mut self, name: &str) -> Result<(), (&'static str, &'static str)> {
        let two_cases = (
            "a placeholder has one case",
            "write `lower` or `upper`, once",
        );
        match name {
            "lower" | "upper" if self.case.is_some() => return Err(two_cases),
            "lower" => self.case = Some(Case::Lower),
            "upper" => self.case = Some(Case::Upper),
            "dash" if self.dash => return Err(("`dash` is here twice", "remove one of them")),
            "dash" => self.dash = true,
            _ => return Err(("unknown transform", "write `lower`, `upper` or `dash`")),
        }
        Ok(())
    }

    pub(super) const fn is_none(self) -> bool {
        self.case.is_none() && !self.dash
    }

    /// Returns the byte of a finished target.
    pub(super) const fn byte(self) -> Option<u8> {
        let case = match self.case {
            None => 0,
            Some(Case::Lower) => LOWER,
            Some(Case::Upper) => UPPER,
        };
        match (case, self.dash) {
            (0, false) => None,
            (case, false) => Some(MARK | case),
            (case, true) => Some(MARK | case | DASH),
        }
    }

    pub(super) const fn from_byte(byte: u8) -> Option<Self> {
        let case = match byte & !DASH {
            MARK => None,
            byte if byte == MARK | LOWER => Some(Case::Lower),
            byte if byte == MARK | UPPER => Some(Case::Upper),
            _ => return None,
        };
        Some(Self {
            case,
            dash: byte & DASH != 0,
        })
    }

    /// Transforms a text in which each `%` before two hex digits begins an escape.
    pub(super) fn apply(self, text: &mut [u8]) {
        let mut left_of_escape = 0;
        for at in 0..text.len() {
            if let Some([b'%', first, second]) = text.get(at..at + 3) {
                if first.is_ascii_hexdigit() && second.is_ascii_hexdigit() {
                    left_of_escape = 3;
                }
            }
            if left_of_escape > 0 {
                left_of_escape -= 1;
            } else if let Some(byte) = text.get_mut(at) {
                *byte = self.of(*byte);
            }
        }
    }

    const fn of(self, byte: u8) -> u8 {
        match (byte, self.case) {
            (b'_', _) if self.dash => b'-',
            (_, Some(Case::Lower)) => byte.to_ascii_lowercase(),
            (_, Some(Case::Upper)) => byte.to_ascii_uppercase(),
            (_, None) => byte,
        }
    }

    /// Returns `true` if the transforms don't change a text, even if parts of it get
    /// percent-encoded or decoded.
    pub(super) fn keep(self, text: &[u8]) -> bool {
        text.iter().all(|byte| self.of(*byte) == *byte)
    }

    /// Returns `true` if these don't change a text that `done` has transformed.
    pub(super) fn keep_what(self, done: Self) -> bool {
        (self.case.is_none() || self.case == done.case) && (!self.dash || done.dash)
    }

    /// Returns what is true of a text that these transform after `done`.
    pub(super) fn after(self, done: Self) -> Self {
        Self {
            case: self.case.or(done.case),
            dash: self.dash || done.dash,
        }
    }
}

/// Writes the transforms as they follow a name in braces.
impl fmt::Display for Transforms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.dash { "|dash" } else { "" })?;
        f.write_str(match self.case {
            None => "",
            Some(Case::Lower) => "|lower",
            Some(Case::Upper) => "|upper",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Transforms;

    fn read(names: &str) -> Transforms {
        let mut transforms = Transforms::default();
        for name in names.split('|').skip(1) {
            transforms.add(name).unwrap();
        }
        transforms
    }

    const ALL: [&str; 6] = [
        "",
        "|lower",
        "|upper",
        "|dash",
        "|dash|lower",
        "|dash|upper",
    ];

    #[test]
    fn each_has_a_text_and_a_byte_of_its_own() {
        for names in ALL {
            let transforms = read(names);
            assert_eq!(transforms.to_string(), names);
            let byte = transforms.byte();
            assert_eq!(byte.is_none(), transforms.is_none());
            let again = byte.map_or_else(Transforms::default, |byte| {
                Transforms::from_byte(byte).unwrap()
            });
            assert_eq!(again, transforms);
        }
        assert_eq!(read("|upper|dash"), read("|dash|upper"));
        let bytes = (0..=u8::MAX).filter_map(Transforms::from_byte);
        assert_eq!(bytes.filter(|one| !one.is_none()).count(), 5);
    }

    #[test]
    fn r2_escapes_stay_as_they_are() {
        for (names, text, expected) in [
            ("|lower", "A%2FB_C%c3%A9%", "a%2Fb_c%c3%A9%"),
            ("|upper", "a%2fb_%zz%4", "A%2fB_%ZZ%4"),
            ("|dash", "a_b%5Fc__", "a-b%5Fc--"),
            ("|dash|upper", "\u{e9}_x", "\u{e9}-X"),
            ("|lower", "%%41A", "%%41a"),
        ] {
            let mut bytes = text.as_bytes().to_vec();
            read(names).apply(&mut bytes);
            assert_eq!(String::from_utf8(bytes).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_the_analysis_relies_on() {
        let texts = ["aB_-", "%4a%4A_A", "A", "a", "_", ""];
        for (one, other) in ALL
            .iter()
            .flat_map(|one| ALL.map(|other| (read(one), read(other))))
        {
            for text in texts {
                let mut once = text.as_bytes().to_vec();
                one.apply(&mut once);
                assert_eq!(once.len(), text.len());
                let mut twice = once.clone();
                other.apply(&mut twice);
                if other.keep_what(one) {
                    assert_eq!(once, twice, "{one} {other} {text}");
                }
                let mut again = twice.clone();
                other.after(one).apply(&mut again);
                assert_eq!(again, twice, "{one} {other} {text}");
                if one.keep(text.as_bytes()) {
                    assert_eq!(once, text.as_bytes());
                }
            }
        }
    }
}

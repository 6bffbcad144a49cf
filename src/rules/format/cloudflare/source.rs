//! A source with `*` and `:name`, as a native pattern where it is one, and as a regex where not.

use crate::rules::{
    Source,
    format::placeholders::{Name, is_of_name},
    syntax::{self, TailKind},
};

/// What `*` is called in a destination.
const SPLAT: &str = "splat";

/// A source in pieces.
#[derive(Debug)]
pub(super) struct Pattern<'s> {
    pieces: Vec<Piece<'s>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'s> {
    Literal(&'s str),
    /// `:name`: something, and no slash.
    Name(&'s str),
    /// `*`: anything.
    Splat,
}

impl Piece<'_> {
    /// Returns how many bytes of the source it is.
    const fn length(self) -> usize {
        match self {
            Self::Literal(text) => text.len(),
            Self::Name(name) => name.len() + 1,
            Self::Splat => 1,
        }
    }
}

impl<'s> Pattern<'s> {
    pub(super) fn of(source: &'s str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = source;
        let mut literal = 0;
        while let Some(at) = rest.get(literal..).and_then(|rest| rest.find(['*', ':'])) {
            let (before, marked) = rest.split_at_checked(literal + at).unwrap_or((rest, ""));
            let (piece, behind) = if let Some(behind) = marked.strip_prefix('*') {
                (Piece::Splat, behind)
            } else {
                let text = marked.get(1..).unwrap_or_default();
                if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    literal += at + 1;
                    continue;
                }
                let end = text.find(|c| !is_of_name(c)).unwrap_or(text.len());
                let (name, behind) = text.split_at_checked(end).unwrap_or((text, ""));
                (Piece::Name(name), behind)
            };
            if !before.is_empty() {
                pieces.push(Piece::Literal(before));
            }
            pieces.push(piece);
            rest = behind;
            literal = 0;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest));
        }
        Self { pieces }
    }

    /// Whether it has no placeholder.
    pub(super) fn is_static(&self) -> bool {
        matches!(&*self.pieces, [] | [Piece::Literal(_)])
    }

    /// The placeholders; or the one that is there twice, as it is written.
    pub(super) fn names(&self) -> Result<Vec<Name>, String> {
        let mut names: Vec<Name> = Vec::new();
        for piece in &self.pieces {
            let (name, written) = match piece {
                Piece::Literal(_) => continue,
                Piece::Name(name) => (*name, format!(":{name}")),
                Piece::Splat => (SPLAT, "*".to_owned()),
            };
            if names.iter().any(|other| other.written == name) {
                // `*` is `:splat` by another name.
                let is_named = self.pieces.contains(&Piece::Name(SPLAT));
                return Err(if name == SPLAT && is_named {
                    format!(":{SPLAT}")
                } else {
                    written
                });
            }
            names.push(Name::new(name));
        }
        Ok(names)
    }

    pub(super) fn source(&self) -> Source {
        match self.native() {
            Some(pattern) => pattern.into(),
            None => self.regex(),
        }
    }

    /// The native pattern, where a segment has one placeholder at most and the splat is the last
    /// one.
    fn native(&self) -> Option<syntax::Pattern> {
        let mut pattern = syntax::Pattern::default();
        let mut at = 0;
        for (number, piece) in self.pieces.iter().enumerate() {
            let range = at..at + piece.length();
            at = range.end;
            match *piece {
                Piece::Literal(text) => pattern.push_text(text, range),
                Piece::Name(name) => pattern.push_name(name, range),
                Piece::Splat if number + 1 < self.pieces.len() => None,
                Piece::Splat => pattern.push_tail(TailKind::AfterSlash, SPLAT, range),
            }?;
        }
        Some(pattern)
    }

    #[cfg(feature = "regex")]
    fn regex(&self) -> Source {
        let regex = self.pieces.iter().fold(String::new(), |mut regex, piece| {
            match piece {
                Piece::Literal(text) => {
                    let mut spelled = Vec::new();
                    crate::rules::spelling::push(&mut spelled, text.as_bytes(), false);
                    let escaped = regex::escape(&String::from_utf8_lossy(&spelled));
                    // A regex sees the path as received, and browsers don't encode `[` and `]`.
                    let escaped = escaped.replace("%5B", r"(?:\[|%5B)");
                    regex.push_str(&escaped.replace("%5D", r"(?:\]|%5D)"));
                }
                Piece::Name(name) => regex.push_str(&format!("(?<{name}>[^/]+)")),
                Piece::Splat => regex.push_str(&format!("(?<{SPLAT}>.*)")),
            }
            regex
        });
        Source::regex(&regex)
    }

    /// A source that is refused, with what it needs.
    #[cfg(not(feature = "regex"))]
    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    fn regex(&self) -> Source {
        use crate::rules::{source::SourceKind, syntax::Word};

        Source::new(SourceKind::Regex(Word::EMPTY))
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn what_is_native_and_what_is_a_regex() {
        for (text, native, regex) in [
            ("/a/:b/c", Some("/a/{b}/c"), ""),
            ("/a/:b.html", Some("/a/{b}.html"), ""),
            ("/a/x:b-y/*", Some("/a/x{b}-y/{*splat?}"), ""),
            ("/*", Some("/{*splat?}"), ""),
            ("/12:30/{x}", Some("/12:30/{{x}}"), ""),
            ("/::a", Some("/:{a}"), ""),
            ("/a*", None, "/a(?<splat>.*)"),
            ("/a/*/b", None, "/a/(?<splat>.*)/b"),
            ("/:a-:b", None, "/(?<a>[^/]+)\\-(?<b>[^/]+)"),
            ("/:a/:b*", None, "/(?<a>[^/]+)/(?<b>[^/]+)(?<splat>.*)"),
            ("/é.x*", None, "/%C3%A9\\.x(?<splat>.*)"),
        ] {
            let pattern = Pattern::of(text);
            let written = pattern.native().map(|pattern| pattern.to_string());
            assert_eq!(written.as_deref(), native, "{text}");
            if native.is_none() {
                assert_eq!(pattern.source().text(), regex);
            }
        }
    }
}

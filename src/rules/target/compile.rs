//! Reads and checks the right side of a rule.

use std::borrow::Cow;

use super::{Piece, Place, Target, Write, pieces, write::encode};
use crate::{
    location::{
        Location, MAX_LEN, RECEIVED_FRAGMENT, RECEIVED_PATH, RECEIVED_QUERY, is_settled,
        parse_origin,
    },
    rules::{
        capture::{Kind, Slot},
        error::Flaw,
        pattern::{Token, is_name, tokens},
        spelling,
    },
};

/// A target that is kept as it is written, on this site or on an origin that was checked before;
/// `None` where it needs a closer look.
pub(in crate::rules) fn plain<'t>(text: &'t str, known_origin: &str) -> Option<Target<'t>> {
    let path = match text.strip_prefix('/') {
        Some(_) => text,
        None if known_origin.is_empty() => return None,
        None => text.strip_prefix(known_origin)?,
    };
    let is_plain =
        spelling::is_plain_path(path) && !path.starts_with("//") && text.len() <= MAX_LEN;
    let origin = u16::try_from(text.len() - path.len()).unwrap_or_default();
    is_plain.then_some(Target {
        text: Cow::Borrowed(text.as_bytes()),
        origin,
        has_slots: false,
        has_query: false,
        has_fragment: false,
        // Plain bytes are, and the origin was checked before.
        is_settled: true,
    })
}

/// Checks a target and writes it in the form that is kept.
///
/// `known_origin` is one that was checked before, as it is sent.
pub(in crate::rules) fn compile<'t>(
    text: &str,
    slots: &[Slot],
    known_origin: &str,
) -> Result<Target<'t>, Flaw> {
    let tokens = tokens(text)?;
    let is_known = text
        .strip_prefix(known_origin)
        .is_some_and(|path| path.starts_with('/') && !known_origin.is_empty());
    let (mut out, behind) = if is_known {
        (known_origin.as_bytes().to_vec(), known_origin.len())
    } else {
        origin(text, &tokens)?
    };
    let origin = out.len();
    let mut place = Place::Path;
    let mut has_slots = false;
    let mut has_query = false;
    if origin > 0 && !text.get(behind..).is_some_and(|rest| rest.starts_with('/')) {
        out.push(b'/');
    }
    for (at, token) in tokens {
        match token {
            Token::Literal(literal) => {
                let skipped = behind.saturating_sub(at);
                let Some(literal) = literal.get(skipped..) else {
                    continue;
                };
                let control = literal.bytes().position(|byte| byte.is_ascii_control());
                if let Some(control) = control {
                    let why = "control characters can't be sent; remove it";
                    return Err(Flaw::at(at + skipped + control, why));
                }
                push_literal(&mut out, literal, &mut place, &mut has_query);
            }
            Token::Placeholder(inside) => {
                has_slots = true;
                let (write, index) = slot(inside, at, slots, place, out.last() == Some(&b'/'))?;
                out.extend([write as u8, index]);
            }
        }
    }
    let origin = u16::try_from(origin).unwrap_or_default();
    let target = Target {
        origin,
        has_slots,
        has_query,
        has_fragment: place == Place::Fragment,
        is_settled: !has_slots && is_settled(&out, origin),
        text: Cow::Owned(out),
    };
    target.check(text)?;
    Ok(target)
}

/// The origin of a target as it is sent, empty on this site, and where the path begins.
fn origin(text: &str, tokens: &[(usize, Token<'_>)]) -> Result<(Vec<u8>, usize), Flaw> {
    let first = match tokens.first() {
        Some((_, Token::Literal(first))) => *first,
        Some((at, Token::Placeholder(_))) => {
            let why = "a target can't start with a placeholder; start it with `/` or `https://`";
            return Err(Flaw::at(*at, why));
        }
        None => return Err(Flaw::at(0, "empty target; write `/` for the home page")),
    };
    if first.starts_with('/') {
        if let Some(b'/' | b'\\') = text.as_bytes().get(1) {
            let error = Location::from_config(text).err();
            return Err(error.map_or_else(
                || Flaw::at(1, "`//` redirects to another host; write one `/`"),
                |error| Flaw::location(error, 0),
            ));
        }
        return Ok((Vec::new(), 0));
    }
    let has_scheme = ["https://", "http://"].iter().any(|scheme| {
        first
            .get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !has_scheme {
        return Err(match Location::from_config(first) {
            Err(error) => Flaw::location(error, 0),
            Ok(_) => Flaw::at(0, "a target must start with `/` or `https://`"),
        });
    }
    let (origin, rest) = parse_origin(first).map_err(|error| match tokens.get(1) {
        // Nothing is wrong with the host but that it is not all there.
        Some((at, Token::Placeholder(_))) if error.position() + 1 >= first.len() => host_slot(*at),
        _ => Flaw::location(error, 0),
    })?;
    if rest.is_empty() {
        if let Some((at, _)) = tokens.get(1) {
            return Err(host_slot(*at));
        }
    }
    Ok((origin.to_string().into_bytes(), first.len() - rest.len()))
}

fn host_slot(at: usize) -> Flaw {
    Flaw::at(
        at,
        "a host can't contain a placeholder; write the host out, and use placeholders after its `/`",
    )
}

fn push_literal(out: &mut Vec<u8>, literal: &str, place: &mut Place, has_query: &mut bool) {
    let mut rest = literal;
    loop {
        let (set, marks): (_, &[char]) = match place {
            Place::Path => (RECEIVED_PATH, &['?', '#']),
            Place::Query => (RECEIVED_QUERY, &['#']),
            Place::Fragment => (RECEIVED_FRAGMENT, &[]),
        };
        let end = rest.find(marks).unwrap_or(rest.len());
        let (part, marked) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if spelling::all_plain(part.as_bytes()) {
            out.extend_from_slice(part.as_bytes());
        } else {
            encode(out, part, set);
        }
        match marked.as_bytes() {
            [] => return,
            [mark, ..] => {
                out.push(*mark);
                *has_query |= *mark == b'?';
                *place = if *mark == b'?' {
                    Place::Query
                } else {
                    Place::Fragment
                };
                rest = marked.get(1..).unwrap_or_default();
            }
        }
    }
}

fn slot(
    inside: &str,
    at: usize,
    slots: &[Slot],
    place: Place,
    behind_slash: bool,
) -> Result<(Write, u8), Flaw> {
    let name = inside.strip_prefix("/*").unwrap_or(inside);
    let name = name.strip_prefix('*').unwrap_or(name);
    if !is_name(name) {
        let why = "invalid placeholder name; use letters, digits and `_`, or write `{{` for a literal brace";
        return Err(Flaw::at(at, why));
    }
    let Some(index) = slots.iter().rposition(|slot| slot.name == name) else {
        let known: Vec<_> = slots
            .iter()
            .map(|slot| format!("`{{{}}}`", slot.name))
            .collect();
        let why = if known.is_empty() {
            format!("unknown placeholder `{{{name}}}`; the source has no placeholders")
        } else {
            format!(
                "unknown placeholder `{{{name}}}`; the source has {}",
                known.join(", ")
            )
        };
        return Err(Flaw::at(at, why));
    };
    let kind = slots.get(index).map_or(Kind::Plain, |slot| slot.kind);
    let write = if inside.starts_with("/*") {
        if kind != Kind::Tail || place != Place::Path || behind_slash {
            let why = "`{/*name}` is the tail of the source with its slash; write it in the path, without \
                       a slash before it";
            return Err(Flaw::at(at, why));
        }
        Write::WholeTail
    } else {
        Write::of(kind, place)
    };
    Ok((write, index.try_into().unwrap_or_default()))
}

impl Target<'_> {
    /// Its origin, where `text` begins with it as it is sent.
    pub(in crate::rules) fn origin_in<'t>(&self, text: &'t str) -> Option<&'t str> {
        let origin = text.get(..usize::from(self.origin))?;
        let same = self.text.starts_with(origin.as_bytes());
        (same && !origin.is_empty()).then_some(origin)
    }

    /// The same target, the tail of the source behind its path: what a prefix is replaced by.
    pub(in crate::rules) fn with_tail(self, index: u8) -> Self {
        let mut text = self.text.into_owned();
        let path = text
            .iter()
            .position(|byte| matches!(byte, b'?' | b'#'))
            .unwrap_or(text.len());
        let mut behind = text.split_off(path);
        if text.ends_with(b"/") {
            text.pop();
        }
        text.extend([Write::WholeTail as u8, index]);
        text.append(&mut behind);
        Self {
            text: Cow::Owned(text),
            has_slots: true,
            is_settled: false,
            ..self
        }
    }

    /// What would be wrong with it whatever the request.
    fn check(&self, text: &str) -> Result<(), Flaw> {
        let sample = pieces(&self.text).fold(String::new(), |mut sample, piece| {
            match piece {
                Piece::Text(text) => sample.push_str(&String::from_utf8_lossy(text)),
                Piece::Slot(Write::WholeTail, _) => sample.push_str("/x"),
                Piece::Slot(..) => sample.push('x'),
            }
            sample
        });
        let origin = sample.get(..usize::from(self.origin)).unwrap_or_default();
        if plain(&sample, origin).is_some() {
            return Ok(());
        }
        Location::from_config(&sample).map_err(|error| {
            // The sample is not what was written; the end of what both share is near enough.
            let at = error.position().min(text.len());
            Flaw {
                at,
                ..Flaw::location(error, 0)
            }
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tests::slots, compile};

    #[test]
    fn r3_the_host_is_literal_and_ends_before_the_first_placeholder() {
        for (text, at, why) in [
            ("https://x{seg}", 9, "can't contain a placeholder"),
            ("https://{seg}/", 8, "can't contain a placeholder"),
            (
                "https://new.example:{seg}/",
                20,
                "can't contain a placeholder",
            ),
            (
                "https://new.example{/*tail}",
                19,
                "can't contain a placeholder",
            ),
            ("{seg}", 0, "start with a placeholder"),
            ("", 0, "empty"),
            ("new/{seg}", 0, "begin with `/`"),
            ("//{seg}", 1, "start of a host"),
            ("/\\{seg}", 1, "start of a host"),
            ("javascript:{seg}", 0, "https://"),
            ("https://u@x.example/", 9, "user name"),
            ("/{no}", 1, "unknown placeholder"),
            ("/{seg", 1, "unclosed"),
            ("/a/../{seg}", 3, "`.` and `..`"),
            ("/x{/*seg}", 2, "tail of the source"),
            ("/a\n", 2, "control"),
        ] {
            let flaw = compile(text, &slots(), "").unwrap_err();
            assert!(flaw.sentence().contains(why), "{text}: {flaw}");
            assert_eq!(flaw.at, at, "{text}: {flaw}");
        }
    }
}

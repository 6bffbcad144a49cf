//! Reads and checks the right side of a rule.

use std::borrow::Cow;

use super::{
    Piece, Place, Target, Write, merge_slashes,
    origin::{Origin, label, origin},
    pieces,
    write::encode,
};
use crate::{
    location::{Location, MAX_LEN, RECEIVED_FRAGMENT, RECEIVED_PATH, RECEIVED_QUERY, is_settled},
    rules::{
        Finding,
        capture::{Kind, Slot},
        spelling,
        syntax::{Placeholder, Template, TemplatePart},
        text_range::TextRange,
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
        host_label: None,
        // Plain bytes are, and the origin was checked before.
        is_settled: true,
    })
}

/// Checks a target and writes it in the form that is kept.
///
/// `known_origin` is one that was checked before, as it is sent. Only some targets may have a
/// placeholder in their host.
pub(in crate::rules) fn compile<'t>(
    template: &Template,
    slots: &[Slot],
    known_origin: &str,
    allows_label: bool,
) -> Result<Target<'t>, Finding> {
    let Some(first) = template.parts.first() else {
        let message = "empty target";
        return Err(Finding::whole(message, "write `/` for the home page"));
    };
    let TemplatePart::Literal(first) = first else {
        return Err(Finding::at(
            first.range(),
            "a target can't start with a placeholder",
            "start it with `/` or `https://`",
        ));
    };
    let is_known = first
        .text
        .strip_prefix(known_origin)
        .is_some_and(|path| path.starts_with('/') && !known_origin.is_empty());
    let Origin {
        text: mut out,
        part: first_part,
        path_at,
        host_label,
    } = if is_known {
        Origin::literal(known_origin.as_bytes().to_vec(), known_origin.len())
    } else if let Some(placeholder) = label(template).filter(|_| allows_label) {
        Origin::with_label(&template.parts, placeholder, slots)?
    } else {
        origin(first, template.parts.get(1))?
    };
    let origin = out.len();
    let first_path = match template.parts.get(first_part) {
        Some(TemplatePart::Literal(literal)) => literal.text.get(path_at..),
        _ => None,
    };
    let mut place = Place::Path;
    // A label needs what is captured, too.
    let mut has_slots = host_label.is_some();
    let mut has_query = false;
    if origin > 0 && !first_path.is_some_and(|rest| rest.starts_with('/')) {
        out.push(b'/');
    }
    for (number, part) in template.parts.iter().enumerate().skip(first_part) {
        match part {
            TemplatePart::Literal(literal) => {
                let skipped = if number == first_part { path_at } else { 0 };
                let text = literal.text.get(skipped..).unwrap_or_default();
                if let Some(at) = text.bytes().position(|byte| byte.is_ascii_control()) {
                    return Err(Finding::at(
                        literal.nth(skipped + at),
                        "control characters can't be sent",
                        "remove it",
                    ));
                }
                push_literal(&mut out, text, &mut place, &mut has_query);
            }
            TemplatePart::Placeholder(placeholder) => {
                has_slots = true;
                let is_after_slash = out.last() == Some(&b'/');
                let (write, index) = slot(placeholder, slots, place, is_after_slash)?;
                out.extend(placeholder.transforms.byte());
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
        host_label,
        is_settled: !has_slots && is_settled(&out, origin),
        text: Cow::Owned(out),
    };
    target.check(template)?;
    Ok(target)
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

/// Returns what a placeholder writes here, and the number of its slot.
pub(super) fn slot(
    placeholder: &Placeholder,
    slots: &[Slot],
    place: Place,
    is_after_slash: bool,
) -> Result<(Write, u8), Finding> {
    let name = &*placeholder.name.text;
    let Some(index) = slots.iter().rposition(|slot| slot.name == name) else {
        let known: Vec<_> = slots
            .iter()
            .map(|slot| format!("`{{{}}}`", slot.name))
            .collect();
        let help = if known.is_empty() {
            "the source has no placeholders".to_owned()
        } else {
            format!("the source has {}", known.join(", "))
        };
        let message = format!("unknown placeholder `{{{name}}}`");
        return Err(Finding::at(placeholder.name.range, message, help));
    };
    let kind = slots.get(index).map_or(Kind::Plain, |slot| slot.kind);
    let write = if placeholder.has_slash {
        if kind != Kind::Tail || place != Place::Path || is_after_slash {
            return Err(Finding::at(
                placeholder.name.range,
                "`{/*name}` is the tail of the source with its slash",
                "write it in the path, without a slash before it",
            ));
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

    /// Makes one slash of several in the path.
    pub(in crate::rules) fn with_merged_slashes(self) -> Self {
        let mut text = self.text.into_owned();
        let path = text.iter().position(|byte| matches!(byte, b'?' | b'#'));
        let mut after = text.split_off(path.unwrap_or(text.len()));
        merge_slashes(&mut text, self.origin.into());
        text.append(&mut after);
        Self {
            text: Cow::Owned(text),
            ..self
        }
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

    /// Returns an error if no request can have this target.
    fn check(&self, template: &Template) -> Result<(), Finding> {
        let mut sample = pieces(&self.text).fold(String::new(), |mut sample, piece| {
            match piece {
                Piece::Text(text) => sample.push_str(&String::from_utf8_lossy(text)),
                Piece::Slot(Write::WholeTail, ..) => sample.push_str("/x"),
                Piece::Slot(..) => sample.push('x'),
            }
            sample
        });
        let mut origin = usize::from(self.origin);
        if let (Some(_), Some(scheme)) = (self.host_label, sample.find("://")) {
            sample.insert(scheme + "://".len(), 'x');
            origin += 1;
        }
        let origin = sample.get(..origin).unwrap_or_default();
        if plain(&sample, origin).is_some() {
            return Ok(());
        }
        match Location::from_config(&sample) {
            Ok(_) => Ok(()),
            Err(error) => {
                let range = written_range(template, &sample, error.position());
                Err(Finding::location(error, range))
            }
        }
    }
}

/// Returns where the byte of a sample was written, as far as both texts are the same.
fn written_range(template: &Template, sample: &str, at: usize) -> TextRange {
    let mut rest = sample;
    let mut range = TextRange::default();
    for part in &template.parts {
        range = part.range();
        let sampled = match part {
            TemplatePart::Literal(literal) => &*literal.text,
            TemplatePart::Placeholder(placeholder) if placeholder.has_slash => "/x",
            TemplatePart::Placeholder(_) => "x",
        };
        let begin = sample.len() - rest.len();
        match rest.strip_prefix(sampled) {
            Some(after) if at >= sample.len() - after.len() => rest = after,
            _ => return range.nth(at.saturating_sub(begin)),
        }
    }
    range
}

#[cfg(test)]
mod tests {
    use super::{super::tests::slots, compile};
    use crate::rules::syntax::template;

    #[test]
    fn r3_the_host_is_literal_and_ends_before_the_first_placeholder() {
        for (text, at, why) in [
            ("https://x{seg}", 9, "can't contain a placeholder"),
            ("https://{seg}/", 8, "can't contain a placeholder"),
            (
                "https://{seg}x.example.com/",
                8,
                "can't contain a placeholder",
            ),
            (
                "https://a.{seg}.example.com/",
                10,
                "can't contain a placeholder",
            ),
            (
                "https://{seg}.{seg}.example.com/",
                14,
                "can't contain a placeholder",
            ),
            (
                "https://{seg}.example.com:{seg}/",
                26,
                "can't contain a placeholder",
            ),
            (
                "https://{seg}.example.com{/*tail}",
                25,
                "can't contain a placeholder",
            ),
            (
                "https://{seg}.example.{seg}",
                22,
                "can't contain a placeholder",
            ),
            (
                "https://{seg}@example.com/",
                8,
                "can't contain a placeholder",
            ),
            ("https://{seg}.u@example.com/", 15, "user name"),
            ("https://{seg}.com/", 8, "at least two labels"),
            ("https://{seg}.1.2.3/", 13, "number"),
            ("https://{tail}.example.com/", 8, "can't be a host label"),
            ("https://{/*tail}.example.com/", 8, "can't be a host label"),
            ("https://{no}.example.com/", 8, "unknown placeholder"),
            ("https://{seg}.example.com/../", 26, "`.` and `..`"),
            ("ftp://{seg}.example.com/", 0, "https://"),
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
            let compiled =
                template(text).and_then(|template| compile(&template, &slots(), "", true));
            let error = compiled.unwrap_err();
            assert!(error.to_string().contains(why), "{text}: {error}");
            assert_eq!(error.position().unwrap_or_default(), at, "{text}: {error}");
        }
    }
}

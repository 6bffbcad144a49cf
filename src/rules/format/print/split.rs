//! Splits rules that a format can express only as two entries.

use super::entry::{Parts, write_slashes};
use crate::rules::{
    Rule,
    source::SourceKind,
    syntax::{Pattern, Tail, TailKind, Template, TemplatePart, Word},
};

/// Splits a rule into two that together are the same: with and without a slash at the end, or with
/// and without the tail.
pub(super) fn split(rule: &Rule) -> Option<[Rule; 2]> {
    let Parts { path, target } = Parts::of(rule).ok()?;
    let with = |path: &Pattern, target: &Template| {
        let mut own = rule.clone();
        own.source.kind = match own.source.kind {
            SourceKind::Exact(_) => {
                let text = path.to_string();
                let range = 0..text.len();
                SourceKind::Exact(Word::new(text, range))
            }
            SourceKind::Pattern(_) => SourceKind::Pattern(path.clone()),
            _ => SourceKind::Text(path.to_string()),
        };
        own.target = target.to_string().into();
        own.options.matching.ignore_trailing_slash = false;
        own
    };
    match &path.tail {
        Some(tail) if tail.kind == TailKind::Optional => {
            let mut without = path.clone();
            without.tail = None;
            let mut below = path.clone();
            below.tail = Some(Tail {
                kind: TailKind::AfterSlash,
                name: tail.name.clone(),
            });
            let mut empty = target.clone();
            let is_tail = |part: &TemplatePart| match part {
                TemplatePart::Placeholder(one) => one.name == tail.name,
                TemplatePart::Literal(_) => false,
            };
            empty.parts.retain(|part| !is_tail(part));
            let mut filled = target.clone();
            write_slashes(&mut filled);
            Some([with(&without, &empty), with(&below, &filled)])
        }
        None if rule.options.matching.ignore_trailing_slash => {
            let without = path.without_trailing_slash();
            // The path `/` with one more slash is `//`.
            let mut slashed = without.clone();
            slashed.push_literal("", 0..0);
            Some([with(&without, &target), with(&slashed, &target)])
        }
        _ => None,
    }
}

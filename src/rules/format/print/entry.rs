//! What all printers need: the trees of a rule, and what no other format can say.

use super::Reason;
use crate::{
    rules::{
        Finding, Outcome, Rule,
        condition::Place,
        options::Options,
        source::{self, SourceKind},
        syntax::{self, Pattern, Placeholder, Segment, TailKind, Template, TemplatePart, Word},
        target,
    },
    status::{Status, StatusChoice},
};

/// What `*` is called in a target.
pub(in crate::rules::format) const SPLAT: &str = "splat";

/// Why a condition that ignores the case of a header isn't printed.
pub(in crate::rules::format) const IN_ANY_CASE: &str =
    "the format can't ignore the case of a header";

/// The trees of a rule. They are the same for all kinds of source.
pub(in crate::rules::format) struct Parts {
    pub(in crate::rules::format) path: Pattern,
    pub(in crate::rules::format) target: Template,
}

impl Parts {
    pub(in crate::rules::format) fn of(rule: &Rule) -> Result<Self, Reason> {
        Self::read(rule).map_err(|error| error.message().to_owned().into())
    }

    fn read(rule: &Rule) -> Result<Self, Finding> {
        let mut target = match rule.outcome {
            Outcome::Redirect(_) => printable(rule.target.template()?.into_owned())?,
            Outcome::Pass | Outcome::Refuse(_) => Template::default(),
        };
        let path = match &rule.source.kind {
            SourceKind::Text(text) => syntax::source(text)?.path,
            SourceKind::Pattern(pattern) => pattern.clone(),
            SourceKind::Exact(path) => Pattern::literal(path)?,
            SourceKind::Prefix(path) => {
                add_tail(&mut target);
                source::prefix(path, Word::new(SPLAT, 0..0))?
            }
            SourceKind::Regex(_) => {
                return Err(Finding::whole("its source is a regex", ""));
            }
        };
        let mut parts = Self { path, target };
        parts.simplify();
        Ok(parts)
    }

    /// Every path has its first slash, so a tail for the whole path isn't optional.
    fn simplify(&mut self) {
        if let (true, Some(tail)) = (self.path.segments.is_empty(), &mut self.path.tail) {
            if tail.kind == TailKind::Optional {
                tail.kind = TailKind::AfterSlash;
                write_slashes(&mut self.target);
            }
        }
    }

    /// Names the placeholders by their numbers, after a prefix.
    pub(in crate::rules::format) fn number(&mut self, prefix: &str) {
        let names: Vec<String> = self.path.names().map(|name| name.text.clone()).collect();
        let number = |name: &mut String| {
            if let Some(at) = names.iter().position(|own| own == name) {
                *name = format!("{prefix}{}", at + 1);
            }
        };
        for segment in &mut self.path.segments {
            if let Segment::Placeholder { name, .. } = segment {
                number(&mut name.text);
            }
        }
        if let Some(tail) = &mut self.path.tail {
            number(&mut tail.name.text);
        }
        for part in &mut self.target.parts {
            if let TemplatePart::Placeholder(Placeholder { name, .. }) = part {
                number(&mut name.text);
            }
        }
    }

    /// Calls placeholders as a format does: the tail, and the others.
    pub(in crate::rules::format) fn names(&self) -> Names<'_> {
        Names {
            tail: self.path.tail.as_ref().map(|tail| &*tail.name.text),
        }
    }
}

/// What placeholders are called. Names begin with a letter, and only the tail is `splat`.
#[derive(Default)]
pub(in crate::rules::format) struct Names<'p> {
    tail: Option<&'p str>,
}

impl Names<'_> {
    pub(in crate::rules::format) fn is_tail(&self, name: &str) -> bool {
        self.tail == Some(name)
    }

    pub(in crate::rules::format) fn get(&self, name: &str) -> String {
        if self.is_tail(name) {
            return SPLAT.to_owned();
        }
        match name.starts_with(|c: char| c.is_ascii_alphabetic()) && name != SPLAT {
            true => name.to_owned(),
            false => format!("p{name}"),
        }
    }

    /// Writes a placeholder of a target as `:name`, and the rest of a path with its slash as
    /// `/:name` and these characters.
    pub(in crate::rules::format) fn colon(&self, placeholder: &Placeholder, rest: &str) -> String {
        let name = self.get(&placeholder.name.text);
        match placeholder.has_slash {
            true => format!("/:{name}{rest}"),
            false => format!(":{name}"),
        }
    }

    /// Writes a target with `:name`.
    pub(in crate::rules::format) fn with_colons(
        &self,
        target: &Template,
        rest: &str,
    ) -> Result<String, Reason> {
        let placeholder = |one: &Placeholder| Ok(self.colon(one, rest));
        self::target(target, &placeholder, |text| Ok(text.to_owned()))
    }
}

/// Prints a placeholder of a target.
pub(in crate::rules::format) type PrintPlaceholder<'p> =
    &'p dyn Fn(&Placeholder) -> Result<String, Reason>;

/// Prints a target.
pub(in crate::rules::format) fn target(
    target: &Template,
    placeholder: PrintPlaceholder<'_>,
    literal: impl Fn(&str) -> Result<String, Reason>,
) -> Result<String, Reason> {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Literal(text) => literal(&text.text),
        TemplatePart::Placeholder(one) => placeholder(one),
    };
    target.parts.iter().map(part).collect()
}

/// Prints the segments of a path, each after its slash. A placeholder is between two texts.
pub(in crate::rules::format) fn segments(
    path: &Pattern,
    literal: impl Fn(&str) -> Result<String, Reason>,
    placeholder: impl Fn([&str; 3]) -> Result<String, Reason>,
) -> Result<String, Reason> {
    let segment = |segment: &Segment| match segment {
        Segment::Literal(text) => Ok(format!("/{}", literal(&text.text)?)),
        Segment::Placeholder {
            before,
            name,
            after,
        } => {
            let name = placeholder([&before.text, &name.text, &after.text])?;
            Ok(format!(
                "/{}{name}{}",
                literal(&before.text)?,
                literal(&after.text)?
            ))
        }
    };
    path.segments.iter().map(segment).collect()
}

/// Writes a `\` before some characters.
pub(in crate::rules::format) fn escaped(text: &str, is_special: impl Fn(char) -> bool) -> String {
    let mut out = String::new();
    for char in text.chars() {
        if is_special(char) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// Checks that a target has nothing that only native rules have.
fn printable(target: Template) -> Result<Template, Finding> {
    let has_transforms = |part: &TemplatePart| match part {
        TemplatePart::Placeholder(placeholder) => !placeholder.transforms.is_none(),
        TemplatePart::Literal(_) => false,
    };
    let message = if target.parts.iter().any(has_transforms) {
        "the format has no transforms"
    } else if target::has_host_label(&target) {
        "the format has no placeholders in hosts"
    } else {
        return Ok(target);
    };
    Err(Finding::whole(message, ""))
}

/// Adds the tail of a prefix after the path of its target, instead of the slash at its end.
fn add_tail(target: &mut Template) {
    fn push_tail(parts: &mut Vec<TemplatePart>) {
        if let Some(TemplatePart::Literal(last)) = parts.last_mut() {
            if last.text.ends_with('/') {
                last.text.pop();
            }
        }
        let tail = Placeholder::new(Word::new(SPLAT, 0..0), true);
        parts.push(TemplatePart::Placeholder(tail));
    }
    let mut parts = Vec::new();
    let mut has_tail = false;
    for part in std::mem::take(&mut target.parts) {
        let TemplatePart::Literal(text) = &part else {
            parts.push(part);
            continue;
        };
        let end = text.text.find(['?', '#']).filter(|_| !has_tail);
        let Some((path, after)) = end.and_then(|end| text.text.split_at_checked(end)) else {
            parts.push(part);
            continue;
        };
        if !path.is_empty() {
            parts.push(TemplatePart::Literal(Word::new(path, 0..0)));
        }
        push_tail(&mut parts);
        parts.push(TemplatePart::Literal(Word::new(after, 0..0)));
        has_tail = true;
    }
    if !has_tail {
        push_tail(&mut parts);
    }
    target.parts = parts;
}

/// Writes the slash of a tail as text.
pub(super) fn write_slashes(target: &mut Template) {
    let mut parts = Vec::new();
    for part in std::mem::take(&mut target.parts) {
        match part {
            TemplatePart::Placeholder(Placeholder {
                name,
                has_slash: true,
                ..
            }) => {
                parts.push(TemplatePart::Literal(Word::new("/", 0..0)));
                parts.push(TemplatePart::Placeholder(Placeholder::new(name, false)));
            }
            part => parts.push(part),
        }
    }
    target.parts = parts;
}

/// Returns the status of a redirect.
pub(in crate::rules::format) fn status(rule: &Rule) -> Result<Option<Status>, Reason> {
    match rule.outcome {
        Outcome::Redirect(StatusChoice::Status(status)) => Ok(Some(status)),
        Outcome::Redirect(StatusChoice::Intent(_)) => {
            Err("the format can't choose the status by the method".into())
        }
        Outcome::Pass => Ok(None),
        Outcome::Refuse(_) => Err("the format can't refuse requests".into()),
    }
}

/// Returns the status of a redirect, in a format without rules that pass.
pub(in crate::rules::format) fn redirect_status(rule: &Rule) -> Result<Status, Reason> {
    status(rule)?.ok_or_else(|| "the format can't pass requests through".into())
}

/// What only some formats can say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::rules::format) enum Feature {
    Cache,
    Methods,
    Excludes,
    Edits,
}

/// Returns the reason if the options use a condition, wait for a response, or use a feature that
/// isn't in `supported`.
pub(in crate::rules::format) fn check_no_conditions(
    options: &Options,
    supported: &[Feature],
) -> Result<(), Reason> {
    check_features(options, supported)?;
    check_no_wait(options)?;
    match options.conditions.first() {
        Some((_, condition)) => Err(unsupported_condition(&condition.place)),
        None => Ok(()),
    }
}

/// Returns the reason in a format that has no such conditions.
pub(in crate::rules::format) fn unsupported_condition(place: &Place) -> Reason {
    match place {
        Place::Query(_) => "the format has no conditions on the query",
        Place::Header(_) | Place::HeaderInAnyCase(_) => "the format has no conditions on headers",
        Place::Cookie(_) => "the format has no conditions on cookies",
        Place::Host => "the format has no conditions on the host",
        Place::Path(_) => "the format has no conditions on the path",
        Place::Language(_) => "the format has no conditions on the language",
    }
    .into()
}

/// Returns the reason if the options use a feature that isn't in `supported`.
pub(in crate::rules::format) fn check_features(
    options: &Options,
    supported: &[Feature],
) -> Result<(), Reason> {
    let reasons = [
        (
            Feature::Cache,
            options.cache.is_some(),
            "the format has no cache lifetimes",
        ),
        (
            Feature::Methods,
            !options.methods.is_all(),
            "the format has no rules for methods",
        ),
        (
            Feature::Excludes,
            !options.except.is_empty(),
            "the format can't exclude paths",
        ),
        (
            Feature::Edits,
            !options.edits.is_empty(),
            "the format can't edit the query",
        ),
    ];
    let mut reasons = reasons.into_iter();
    match reasons.find(|(feature, is_set, _)| *is_set && !supported.contains(feature)) {
        Some((_, _, reason)) => Err(reason.into()),
        None => Ok(()),
    }
}

/// Returns the reason if the rule waits for a response.
pub(in crate::rules::format) fn check_no_wait(options: &Options) -> Result<(), Reason> {
    match options.after {
        Some(_) => Err("the format has no rules that wait for a response".into()),
        None => Ok(()),
    }
}

/// Returns the reason if the rule is for a scheme.
pub(in crate::rules::format) fn check_no_scheme(options: &Options) -> Result<(), Reason> {
    match options.scheme {
        Some(_) => Err("the format has no rules for a scheme".into()),
        None => Ok(()),
    }
}

/// Returns the host of a rule, or the reason if the rule is for its subdomains, too.
pub(in crate::rules::format) fn exact_host(options: &Options) -> Result<Option<&str>, Reason> {
    match options.host.as_deref() {
        Some(host) if host.starts_with(['*', '.']) => {
            Err("the format has no hosts with subdomains".into())
        }
        host => Ok(host),
    }
}

/// Returns the reason if the rule is for a host or a scheme.
pub(in crate::rules::format) fn check_no_host(options: &Options) -> Result<(), Reason> {
    match options.host.is_some() || options.scheme.is_some() {
        true => Err("the format has no rules for a host".into()),
        false => Ok(()),
    }
}

/// Returns a text percent-encoded, as a key or a value of a query.
pub(in crate::rules::format) fn encoded(text: &str) -> String {
    let mut out = Vec::new();
    target::push_plain(&mut out, text);
    String::from_utf8_lossy(&out).into_owned()
}

/// Says that a format has no placeholders.
pub(in crate::rules::format) fn no_placeholders<T>() -> Result<T, Reason> {
    Err("the format has no placeholders".into())
}

/// Returns a path without placeholders.
pub(in crate::rules::format) fn literal(path: &Pattern) -> Result<String, Reason> {
    match path.tail {
        Some(_) => no_placeholders(),
        None => segments(path, |text| Ok(text.to_owned()), |_| no_placeholders()),
    }
}

/// Returns a target without placeholders.
pub(in crate::rules::format) fn plain_target(target: &Template) -> Result<String, Reason> {
    self::target(target, &|_| no_placeholders(), |text| Ok(text.to_owned()))
}

/// Returns `true` for `/{*rest?}`.
pub(in crate::rules::format) fn is_everything(path: &Pattern) -> bool {
    let tail = path.tail.as_ref().map(|tail| tail.kind);
    path.segments.is_empty() && tail == Some(TailKind::AfterSlash)
}

/// Prints a placeholder whose name is the number of a group, as `$1`.
pub(in crate::rules::format) fn dollar(placeholder: &Placeholder) -> Result<String, Reason> {
    match placeholder.name.text.parse() {
        Ok(1..=9_u8) if !placeholder.has_slash => Ok(format!("${}", placeholder.name.text)),
        _ => Err("a target can insert only the first nine groups in the format".into()),
    }
}

//! From a destination to a target: `:name` becomes a placeholder.

use std::ops::Range;

use super::{
    VercelFormat,
    names::{Names, Slot},
    url::{Part, is_name, path_at, regex_len, scheme_len},
};
use crate::rules::{
    format::{messages::quoted, path_to_regexp::Modifier, placeholders::name_of},
    syntax::Template,
};

/// What keeps a destination from being translated.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) bytes: Range<usize>,
    pub(super) message: String,
    pub(super) help: &'static str,
    /// The format accepts the file, so only this redirect can't be sent.
    pub(super) is_known: bool,
}

/// The target that a destination means.
pub(super) fn translate(destination: &str, names: &Names) -> Result<Template, Wrong> {
    let path_at = path_at(destination);
    let at = scheme_len(destination);
    let mut writer = Writer {
        text: destination,
        names,
        path_at,
        at,
        literal: 0,
        part: if at < path_at {
            Part::Origin
        } else {
            Part::Path
        },
        out: Template::default(),
    };
    while let Some(char) = writer.rest().chars().next() {
        if writer.at >= path_at && writer.part == Part::Origin {
            writer.part = Part::Path;
        }
        writer.step(char)?;
    }
    writer.flush(destination.len());
    writer.check_scheme(true)?;
    Ok(writer.out)
}

struct Writer<'d> {
    text: &'d str,
    names: &'d Names,
    path_at: usize,
    at: usize,
    /// Where the literal text begins that isn't part of the target yet.
    literal: usize,
    part: Part,
    out: Template,
}

/// A placeholder, and the bytes of what stands around it in its braces.
struct Group {
    slot: Slot,
    prefix: Range<usize>,
    suffix: Range<usize>,
    is_optional: bool,
    bytes: Range<usize>,
}

impl<'d> Writer<'d> {
    fn rest(&self) -> &'d str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn slice(&self, bytes: Range<usize>) -> &'d str {
        self.text.get(bytes).unwrap_or_default()
    }

    fn step(&mut self, char: char) -> Result<(), Wrong> {
        let start = self.at;
        self.at += char.len_utf8();
        let behind = self.rest();
        match char {
            '\\' if self.part != Part::Origin => {
                self.flush(start);
                self.at += behind.chars().next().map_or(0, char::len_utf8);
            }
            ':' if is_name(behind, self.part == Part::Origin) => {
                if let Some((slot, end)) = self.name(start)? {
                    self.at = end;
                    self.put(start, slot, [start..start, end..end])?;
                }
            }
            '{' if self.part.has_groups(self.names.format, self.text) => self.braces(start)?,
            '(' if self.part == Part::Path && !self.names.has_unnamed() => {
                self.check_parenthesis(start)?;
            }
            '$' => {
                if let Some((group, digits)) = self.names.numbered(behind) {
                    self.at += digits;
                    self.flush(start);
                    self.out
                        .push_placeholder(&group.name, start..self.at, false);
                }
            }
            '?' if self.part != Part::Fragment => {
                self.part = Part::Query;
                // A query without anything in it is none.
                if behind.is_empty() || behind.starts_with('#') {
                    self.flush(start);
                }
            }
            '#' => self.part = Part::Fragment,
            _ => {}
        }
        Ok(())
    }

    /// Adds the literal text before this byte. The next one begins where the writer is.
    fn flush(&mut self, end: usize) {
        self.out.push_literal(self.text, self.literal..end);
        self.literal = self.at;
    }

    /// What the name inserts that begins with a colon here, and where it ends.
    fn name(&self, start: usize) -> Result<Option<(Slot, usize)>, Wrong> {
        let behind = self.text.get(start + 1..).unwrap_or_default();
        let name = name_of(behind);
        let end = start + 1 + name.len();
        match self.names.get(name) {
            Some(slot) => {
                // A regex behind it means nothing here.
                let behind = self.text.get(end..).unwrap_or_default();
                Ok(Some((slot, end + regex_len(behind))))
            }
            None if self.part.takes_unknown_names(self.names.format) => Ok(None),
            None => {
                let name = quoted(&format!(":{name}"));
                Err(Wrong {
                    bytes: start..end,
                    message: format!(
                        "neither the source nor a condition has the placeholder {name}"
                    ),
                    help: "add it to the source, or write `%3A` for a plain colon",
                    is_known: self.is_unchecked(),
                })
            }
        }
    }

    /// Returns `true` if Next doesn't check the placeholders of this destination before it sends
    /// it.
    fn is_unchecked(&self) -> bool {
        self.names.format == VercelFormat::Next && !self.text.starts_with('/')
    }

    /// Returns an error if a parenthesis begins a group.
    fn check_parenthesis(&self, start: usize) -> Result<(), Wrong> {
        let length = regex_len(self.slice(start..self.text.len()));
        if length <= 2 || self.rest().starts_with('?') {
            return Ok(());
        }
        self.check_scheme(false)?;
        let bytes = start..start + length;
        let group = quoted(self.slice(bytes.clone()));
        Err(Wrong {
            bytes,
            message: format!("the source has no group for {group}"),
            help: "write `%28` and `%29` for plain parentheses",
            is_known: self.is_unchecked(),
        })
    }

    fn check_scheme(&self, is_known: bool) -> Result<(), Wrong> {
        let bytes = 0..scheme_len(self.text);
        let scheme = self.slice(bytes.clone());
        if ["", "http:", "https:"]
            .iter()
            .any(|own| scheme.eq_ignore_ascii_case(own))
        {
            return Ok(());
        }
        Err(Wrong {
            bytes,
            message: "only `http://` and `https://` URLs are allowed".to_owned(),
            help: "use one of them, or a path that begins with `/`",
            is_known: is_known || self.is_unchecked(),
        })
    }

    /// Adds `{prefix:name(regex)suffix}`. Other braces are text.
    fn braces(&mut self, start: usize) -> Result<(), Wrong> {
        let text_until = |at: usize| {
            let rest = self.text.get(at..).unwrap_or_default();
            at + rest
                .find(['{', '}', ':', '(', ')', '*', '+', '?', '\\', '#'])
                .unwrap_or(rest.len())
        };
        let colon = text_until(start + 1);
        let from_colon = self.text.get(colon..).unwrap_or_default();
        let behind = from_colon.strip_prefix(':');
        if !behind.is_some_and(|behind| is_name(behind, false)) {
            return Ok(());
        }
        let Some((slot, name_end)) = self.name(colon)? else {
            return Ok(());
        };
        let end = text_until(name_end);
        if self.slice(end..end + 1) != "}" {
            return Ok(());
        }
        self.at = end + 1;
        self.put(start, slot, [start + 1..colon, name_end..end])
    }

    /// Adds a placeholder, and the literal text before it.
    fn put(&mut self, start: usize, slot: Slot, around: [Range<usize>; 2]) -> Result<(), Wrong> {
        // A `?` begins the query, even behind a name.
        let mark = self.rest().chars().next().filter(|mark| *mark != '?');
        let is_optional = mark.and_then(Modifier::of).is_some();
        self.at += usize::from(is_optional);
        self.flush(start);
        let [prefix, suffix] = around;
        let group = Group {
            slot,
            prefix,
            suffix,
            is_optional,
            bytes: start..self.at,
        };
        let bytes = group.bytes.clone();
        if let Some((name, is_tail)) = self.with_slash(&group)? {
            self.out.push_placeholder(name, bytes, *is_tail);
            return Ok(());
        }
        self.out.push_literal(self.text, group.prefix);
        match &group.slot {
            Slot::Text(text) => self.out.push_text(text, bytes),
            Slot::Capture(capture) => self.out.push_placeholder(&capture.name, bytes, false),
        }
        self.out.push_literal(self.text, group.suffix);
        Ok(())
    }

    /// Returns how a placeholder is inserted if the slash before it is missing with it, and removes
    /// that slash from the target.
    fn with_slash<'g>(&mut self, group: &'g Group) -> Result<Option<&'g (String, bool)>, Wrong> {
        let Slot::Capture(capture) = &group.slot else {
            return Ok(None);
        };
        // On Vercel, the group is always there, and what it inserts may be empty.
        let may_be_missing =
            self.names.format == VercelFormat::Next && group.is_optional && capture.may_be_missing;
        if !may_be_missing || group.prefix.is_empty() && self.part != Part::Path {
            return Ok(None);
        }
        let before = self.slice(self.path_at..group.bytes.start);
        let prefix = self.slice(group.prefix.clone());
        // The slash at the start of the path stays.
        let is_first = before.is_empty() || prefix.is_empty() && matches!(before, "/" | "\\/");
        let brings_slash = prefix == "/" && self.part == Part::Path;
        let has_suffix = !group.suffix.is_empty();
        match &capture.with_slash {
            Some(with_slash)
                if !has_suffix
                    && !is_first
                    && (brings_slash || prefix.is_empty() && self.out.pop_slash()) =>
            {
                Ok(Some(with_slash))
            }
            _ if !has_suffix
                && (is_first && brings_slash
                    || prefix.is_empty() && (is_first || !self.out.pop_slash())) =>
            {
                Ok(None)
            }
            _ => Err(Wrong {
                bytes: group.bytes.clone(),
                message: "a group whose placeholder may be missing isn't supported".to_owned(),
                help: "write a redirect for each case, one of them without the placeholder",
                is_known: true,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{VercelFormat, translate};
    use crate::rules::{
        format::vercel::names::{Capture, Names, Slot, uses},
        syntax::TemplatePart,
    };

    fn names(format: VercelFormat) -> Names {
        let mut names = Names::new(format);
        names.capture("c");
        let host = Slot::Text("x.example".to_owned());
        names.conditions.push(("host".to_owned(), host));
        let optional = |name: &str, with_slash| Capture {
            with_slash,
            may_be_missing: true,
            ..Capture::new(name)
        };
        names.path = [
            ("a", Capture::new("a")),
            ("p", optional("p", Some(("p".to_owned(), true)))),
            ("o", optional("4", None)),
            ("c", Capture::new("2")),
            ("a", Capture::new("a2")),
        ]
        .map(|(name, capture)| (Some(name.to_owned()), capture))
        .into();
        names.groups = names
            .path
            .iter()
            .map(|(_, capture)| capture.clone())
            .collect();
        names
    }

    #[test]
    fn names_become_placeholders() {
        for (text, vercel, next) in [
            ("/x", "/x", "/x"),
            ("/x/:a/:a-y", "/x/{a2}/{a2}-y", "/x/{a2}/{a2}-y"),
            ("/x/:p*", "/x/{p}", "/x{/*p}"),
            ("/x/:p", "/x/{p}", "/x/{p}"),
            ("/x/:a*", "/x/{a2}", "/x/{a2}"),
            ("/x/:p*?q=:p*#:p*", "/x/{p}?q={p}#{p}", "/x{/*p}?q={p}#{p}"),
            ("/:p*", "/{p}", "/{p}"),
            ("/x?a=:a&b=:c", "/x?a={a2}&b={c}", "/x?a={a2}&b={c}"),
            ("/x/:a?b=c", "/x/{a2}?b=c", "/x/{a2}?b=c"),
            ("/x/:a?", "/x/{a2}", "/x/{a2}"),
            ("/x?#:a", "/x#{a2}", "/x#{a2}"),
            (r"/x/:a(\d+\))/y", "/x/{a2}/y", "/x/{a2}/y"),
            (r"/x\:a\{", "/x:a{{", "/x:a{{"),
            ("https://h:84/:p*", "https://h:84/{p}", "https://h:84/{p}"),
            ("https://h/y/:p*", "https://h/y/{p}", "https://h/y{/*p}"),
            (
                "https://:host/:a",
                "https://x.example/{a2}",
                "https://x.example/{a2}",
            ),
            ("/x/$1/$3/$9", "/x/{a}/{4}/$9", "/x/$1/$3/$9"),
            ("/g-{:a}", "/g-{a2}", "/g-{a2}"),
            ("/g{-:a.x}/y", "/g-{a2}.x/y", "/g-{a2}.x/y"),
            ("/g{/:p}*", "/g/{p}", "/g{/*p}"),
            ("/g{-:a}?b=c", "/g-{a2}?b=c", "/g-{a2}?b=c"),
            ("/g?x={:a}", "/g?x={a2}", "/g?x={{{a2}}}"),
            ("/g#{:a}", "/g#{{{a2}}}", "/g#{a2}"),
            ("/{:a}#x", "/{{{a2}}}#x", "/{a2}#x"),
            ("https://h/{:a}", "https://h/{{{a2}}}", "https://h/{a2}"),
            ("/g{x}{:a:a}", "/g{{x}}{{{a2}{a2}}}", "/g{{x}}{{{a2}{a2}}}"),
            ("/g/(x", "/g/(x", "/g/(x"),
            ("/g?x=(y)", "/g?x=(y)", "/g?x=(y)"),
        ] {
            for (format, expected) in [(VercelFormat::Vercel, vercel), (VercelFormat::Next, next)] {
                let target = translate(text, &names(format)).unwrap().to_string();
                assert_eq!(target, expected, "{format:?} {text}");
            }
        }
        assert!(uses("/x?y=:abc", "abc") && !uses("/:abcd", "abc") && !uses("/abc", "abc"));
    }

    #[test]
    fn what_a_part_comes_from_is_known() {
        let text = r"https://é.example/\{:a{-:c}x/:p*";
        let target = translate(text, &names(VercelFormat::Next)).unwrap();
        assert_eq!(target.to_string(), "https://é.example/{{{a2}-{c}x{/*p}");
        let written: Vec<_> = target
            .parts
            .iter()
            .map(|part| &text[part.range().start..part.range().end])
            .collect();
        let expected = ["https://é.example/", "{", ":a", "-", "{-:c}", "x", ":p*"];
        assert_eq!(written, expected);
        // The origin is one part, whatever it is made of.
        let target = translate("https://:host/:a", &names(VercelFormat::Vercel)).unwrap();
        let TemplatePart::Literal(origin) = &target.parts[0] else {
            panic!("{target:?}");
        };
        assert_eq!(origin.text, "https://x.example/");
        assert_eq!(origin.nth(3).end, 14);
    }

    #[test]
    fn what_is_not_known() {
        use VercelFormat::{Next, Vercel};
        for (format, text, bytes, is_known) in [
            (Vercel, "/x/:no/y", ":no", false),
            (Vercel, "/:ax", ":ax", false),
            (Vercel, "/x?t=12:30", ":30", false),
            (Next, "/x#:no", ":no", false),
            (Vercel, "/x{-:no}", ":no", false),
            (Vercel, "/wiki/Foo_(bar)", "(bar)", false),
            (Vercel, "javascript:alert(1)", "javascript:", false),
            (Next, "/wiki/Foo_(bar)/x", "(bar)", false),
            (Vercel, "ftp://h/", "ftp:", true),
            (Next, "javascript:alert(1)", "javascript:", true),
            (Next, "https://h/(bar)/x?y", "(bar)", true),
            (Next, "https://h/:no", ":no", true),
            (Vercel, "https://h/:no", ":no", false),
            (Next, "/x{-:o}*", "{-:o}*", true),
            (Next, "/x/:o*", ":o*", true),
        ] {
            let wrong = translate(text, &names(format))
                .map(|to| to.to_string())
                .unwrap_err();
            assert_eq!(
                (&text[wrong.bytes], wrong.is_known),
                (bytes, is_known),
                "{text}"
            );
        }
        // The formats don't look at these.
        for (format, text) in [(Vercel, "/x#:~:text=a"), (Next, "/x?t=12:30&u=:no")] {
            assert_eq!(translate(text, &names(format)).unwrap().to_string(), text);
        }
    }
}

//! From a destination to a target: `:name` becomes a placeholder.

use std::ops::Range;

use super::{
    Dialect,
    names::{Capture, Mapped, Names, Slot},
    url::{Part, is_name, path_at, regex_len, scheme_len},
};
use crate::rules::format::{name_of, path_to_regexp::Modifier, quoted};

/// What keeps a destination from being translated.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) bytes: Range<usize>,
    pub(super) message: String,
    pub(super) cure: &'static str,
    /// The format has it, and it isn't supported here.
    pub(super) is_known: bool,
}

/// The target that a destination means.
pub(super) fn translate(destination: &str, names: &Names) -> Result<Mapped, Wrong> {
    let path_at = path_at(destination);
    let at = scheme_len(destination);
    let mut writer = Writer {
        text: destination,
        names,
        at,
        part: if at < path_at {
            Part::Origin
        } else {
            Part::Path
        },
        out: Mapped::default(),
        path_begin: 0,
    };
    let scheme = destination.get(..at).unwrap_or_default();
    writer.out.literal(scheme, 0..at);
    while let Some(char) = writer.rest().chars().next() {
        if writer.at >= path_at && writer.part == Part::Origin {
            writer.part = Part::Path;
            writer.path_begin = writer.out.text.len();
        }
        writer.step(char)?;
    }
    Ok(writer.out)
}

struct Writer<'d> {
    text: &'d str,
    names: &'d Names,
    at: usize,
    part: Part,
    out: Mapped,
    /// Where the path begins in the target.
    path_begin: usize,
}

/// A placeholder, and what stands around it in its braces.
struct Group<'g> {
    slot: Slot,
    prefix: &'g str,
    suffix: &'g str,
    is_optional: bool,
    bytes: Range<usize>,
}

impl<'d> Writer<'d> {
    fn rest(&self) -> &'d str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn step(&mut self, char: char) -> Result<(), Wrong> {
        let start = self.at;
        let behind = self.text.get(start + char.len_utf8()..).unwrap_or_default();
        match char {
            '\\' if self.part != Part::Origin => {
                let escaped = behind.chars().next().map_or(0, char::len_utf8);
                let text = behind.get(..escaped).unwrap_or_default();
                self.at += 1 + escaped;
                self.out.literal(text, start..self.at);
            }
            ':' if is_name(behind, self.part == Part::Origin) => return self.placeholder(),
            '{' if self.part.has_groups(self.names.dialect, self.text) => {
                if let Some(group) = self.braces()? {
                    return self.put(&group);
                }
                self.literal(char);
            }
            '(' if self.part == Part::Path && !self.names.has_unnamed() => {
                let length = regex_len(self.rest());
                if length > 2 && !behind.starts_with('?') {
                    let scheme = scheme_len(self.text);
                    if !matches!(self.text.get(..scheme), Some("" | "http:" | "https:")) {
                        return Err(Wrong {
                            bytes: 0..scheme,
                            message: "only `http://` and `https://` URLs are allowed".to_owned(),
                            cure: "use one of them, or a path that begins with `/`",
                            is_known: false,
                        });
                    }
                    let bytes = start..start + length;
                    let group = quoted(self.text.get(bytes.clone()).unwrap_or_default());
                    return Err(Wrong {
                        bytes,
                        message: format!("the source has no group for {group}"),
                        cure: "write `%28` and `%29` for plain parentheses",
                        is_known: false,
                    });
                }
                self.literal(char);
            }
            '$' => match self.names.numbered(behind) {
                Some((group, digits)) => {
                    self.at += 1 + digits;
                    self.out.placeholder(&group.name, start..self.at);
                }
                None => self.literal(char),
            },
            // A query without anything in it is none.
            '?' if self.part != Part::Fragment
                && (behind.is_empty() || behind.starts_with('#')) =>
            {
                self.part = Part::Query;
                self.at += 1;
            }
            '?' if self.part != Part::Fragment => {
                self.part = Part::Query;
                self.literal(char);
            }
            '#' => {
                self.part = Part::Fragment;
                self.literal(char);
            }
            _ => self.literal(char),
        }
        Ok(())
    }

    fn literal(&mut self, char: char) {
        let start = self.at;
        self.at += char.len_utf8();
        let text = char.encode_utf8(&mut [0; 4]).to_owned();
        self.out.literal(&text, start..self.at);
    }

    /// `:name`, perhaps with a regex, which means nothing here, and what says how often.
    fn placeholder(&mut self) -> Result<(), Wrong> {
        let start = self.at;
        let Some((slot, end)) = self.name(start)? else {
            self.literal(':');
            return Ok(());
        };
        self.at = end;
        let is_optional = self.modifier();
        self.put(&Group {
            slot,
            prefix: "",
            suffix: "",
            is_optional,
            bytes: start..self.at,
        })
    }

    /// What the name inserts that begins with a colon here, and where it ends.
    fn name(&self, start: usize) -> Result<Option<(Slot, usize)>, Wrong> {
        let behind = self.text.get(start + 1..).unwrap_or_default();
        let name = name_of(behind);
        let end = start + 1 + name.len();
        match self.names.get(name) {
            Some(slot) => {
                let behind = self.text.get(end..).unwrap_or_default();
                Ok(Some((slot, end + regex_len(behind))))
            }
            None if self.part.takes_unknown_names(self.names.dialect) => Ok(None),
            None => Err(Wrong {
                bytes: start..end,
                message: format!(
                    "neither the source nor a condition has the placeholder {}",
                    quoted(&format!(":{name}"))
                ),
                cure: "add it to the source, or write `%3A` for a plain colon",
                is_known: false,
            }),
        }
    }

    /// Takes `*` or `+`. A `?` begins the query, even behind a name.
    fn modifier(&mut self) -> bool {
        let mark = self.rest().chars().next().filter(|mark| *mark != '?');
        let modifier = mark.and_then(Modifier::of);
        self.at += usize::from(modifier.is_some());
        modifier.is_some()
    }

    /// `{prefix:name(regex)suffix}`, and what says how often; `None` if it isn't a group.
    fn braces(&mut self) -> Result<Option<Group<'d>>, Wrong> {
        let start = self.at;
        let text_until = |at: usize| {
            let rest = self.text.get(at..).unwrap_or_default();
            at + rest
                .find(['{', '}', ':', '(', ')', '*', '+', '?', '\\', '#'])
                .unwrap_or(rest.len())
        };
        let colon = text_until(start + 1);
        let name_begins = self
            .text
            .get(colon..)
            .and_then(|rest| rest.strip_prefix(':'));
        if !name_begins.is_some_and(|behind| is_name(behind, false)) {
            return Ok(None);
        }
        let Some((slot, name_end)) = self.name(colon)? else {
            return Ok(None);
        };
        let end = text_until(name_end);
        if !self
            .text
            .get(end..)
            .is_some_and(|rest| rest.starts_with('}'))
        {
            return Ok(None);
        }
        self.at = end + 1;
        let is_optional = self.modifier();
        Ok(Some(Group {
            slot,
            prefix: self.text.get(start + 1..colon).unwrap_or_default(),
            suffix: self.text.get(name_end..end).unwrap_or_default(),
            is_optional,
            bytes: start..self.at,
        }))
    }

    fn put(&mut self, group: &Group<'_>) -> Result<(), Wrong> {
        let from = group.bytes.clone();
        let capture = match &group.slot {
            Slot::Text(text) => {
                self.around(group, |out| out.literal(text, from));
                return Ok(());
            }
            Slot::Capture(capture) => capture,
        };
        // On Vercel, the group is always there, and what it inserts may be empty.
        let may_be_missing =
            self.names.dialect == Dialect::Next && group.is_optional && capture.may_be_missing;
        if !may_be_missing || group.prefix.is_empty() && self.part != Part::Path {
            self.around(group, |out| out.placeholder(&capture.name, from));
            return Ok(());
        }
        self.put_missing(group, capture)
    }

    /// Adds a placeholder of which the slash before it is missing with it.
    fn put_missing(&mut self, group: &Group<'_>, capture: &Capture) -> Result<(), Wrong> {
        let path = self.out.text.get(self.path_begin..).unwrap_or_default();
        let (has_path, ends_in_slash) = match group.prefix {
            "" => (path.len() > 1, path.ends_with('/')),
            _ => (
                !path.is_empty(),
                group.prefix == "/" && self.part == Part::Path,
            ),
        };
        // The slash at the start of the path stays.
        let is_alone = match group.prefix {
            "" => !has_path || !ends_in_slash,
            _ => !has_path && ends_in_slash,
        };
        match &capture.with_slash {
            Some(with_slash) if has_path && ends_in_slash && group.suffix.is_empty() => {
                if group.prefix.is_empty() {
                    self.out.text.pop();
                }
                self.out.placeholder(with_slash, group.bytes.clone());
            }
            _ if is_alone && group.suffix.is_empty() => {
                self.around(group, |out| {
                    out.placeholder(&capture.name, group.bytes.clone());
                });
            }
            _ => {
                return Err(Wrong {
                    bytes: group.bytes.clone(),
                    message: "a group whose placeholder may be missing isn't supported".to_owned(),
                    cure: "write a redirect for each case, one of them without the placeholder",
                    is_known: true,
                });
            }
        }
        Ok(())
    }

    fn around(&mut self, group: &Group<'_>, inside: impl FnOnce(&mut Mapped)) {
        self.out.literal(group.prefix, group.bytes.clone());
        inside(&mut self.out);
        self.out.literal(group.suffix, group.bytes.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::{Dialect, translate};
    use crate::rules::format::vercel::names::{Capture, Names, Slot, uses};

    fn names(dialect: Dialect) -> Names {
        let mut names = Names::new(dialect);
        names.capture("c");
        let host = Slot::Text("x.example".to_owned());
        names.conditions.push(("host".to_owned(), host));
        let optional = |name: &str, with_slash: Option<&str>| Capture {
            with_slash: with_slash.map(str::to_owned),
            may_be_missing: true,
            ..Capture::new(name)
        };
        names.path = [
            ("a", Capture::new("a")),
            ("p", optional("p", Some("/*p"))),
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
            for (dialect, expected) in [(Dialect::Vercel, vercel), (Dialect::Next, next)] {
                let target = translate(text, &names(dialect)).unwrap().text;
                assert_eq!(target, expected, "{dialect:?} {text}");
            }
        }
        assert!(uses("/x?y=:abc", "abc") && !uses("/:abcd", "abc") && !uses("/abc", "abc"));
    }

    #[test]
    fn what_a_part_comes_from_is_known() {
        let text = r"https://é.example/\{:a{-:c}x";
        let target = translate(text, &names(Dialect::Next)).unwrap();
        assert_eq!(target.text, "https://é.example/{{{a2}-{c}x");
        for (part, from) in [
            ("é", "é"),
            ("{{", r"\{"),
            ("{a2}", ":a"),
            ("{c}", "{-:c}"),
            ("x", "x"),
        ] {
            let at = target.text.rfind(part).unwrap();
            assert_eq!(&text[target.origin(at).unwrap()], from, "{part}");
        }
    }

    #[test]
    fn what_is_not_known() {
        use Dialect::{Next, Vercel};
        for (dialect, text, bytes, is_known) in [
            (Vercel, "/x/:no/y", ":no", false),
            (Vercel, "/:ax", ":ax", false),
            (Vercel, "/x?t=12:30", ":30", false),
            (Next, "/x#:no", ":no", false),
            (Vercel, "/x{-:no}", ":no", false),
            (Vercel, "/wiki/Foo_(bar)", "(bar)", false),
            (Vercel, "javascript:alert(1)", "javascript:", false),
            (Next, "/wiki/Foo_(bar)/x", "(bar)", false),
            (Next, "/x{-:o}*", "{-:o}*", true),
            (Next, "/x/:o*", ":o*", true),
        ] {
            let wrong = translate(text, &names(dialect))
                .map(|to| to.text)
                .unwrap_err();
            assert_eq!(
                (&text[wrong.bytes], wrong.is_known),
                (bytes, is_known),
                "{text}"
            );
        }
        // The formats don't look at these.
        for (dialect, text) in [(Vercel, "/x#:~:text=a"), (Next, "/x?t=12:30&u=:no")] {
            assert_eq!(translate(text, &names(dialect)).unwrap().text, text);
        }
    }
}

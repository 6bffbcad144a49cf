//! The regexes of JavaScript, written for the `regex` crate.
//!
//! Both have most of their syntax in common. What differs is rewritten: `[\w-.]` becomes
//! `[0-9A-Za-z_\-\.]`, `[^]` becomes `[\s\S]`, and `\d` means the ten digits of ASCII. A negative
//! look-ahead at the start is taken out, since "`(?!a)b` matches" means the same as "`b` matches,
//! and `a.*` doesn't". Other look-around and references to groups have no counterpart.
//!
//! The regex is read as a browser or Node.js reads it without the flags `u` and `v`.

use std::ops::Range;

mod class;

use class::push;

/// A regex in the syntax of the `regex` crate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Translated {
    pub(super) text: String,
    /// How many of its groups capture.
    pub(super) captures: usize,
    /// The names of those that have one.
    pub(super) names: Vec<String>,
    /// Whether what it matches may contain a slash.
    pub(super) may_have_slash: bool,
    /// What must not follow where it starts, each a look-ahead.
    pub(super) excluded: Vec<Excluded>,
}

/// What a look-ahead excludes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Excluded {
    pub(super) regex: String,
    /// Its alternatives, if each is plain text that clients never encode.
    pub(super) texts: Option<Vec<String>>,
}

/// What keeps a regex from being translated, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) bytes: Range<usize>,
    pub(super) message: &'static str,
    pub(super) help: &'static str,
    /// JavaScript has it, and it isn't supported here.
    pub(super) is_known: bool,
}

/// What becomes of the groups with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Groups {
    Named,
    /// They become groups with a number.
    Numbered,
}

/// Translates a regex.
pub(super) fn translate(regex: &str, groups: Groups) -> Result<Translated, Wrong> {
    let mut reader = Reader {
        text: regex,
        at: 0,
        groups,
        open: Vec::new(),
        follows_atom: false,
        out: Translated::default(),
    };
    while let Some(char) = reader.next() {
        reader.step(char)?;
    }
    match reader.open.pop() {
        None => Ok(reader.out),
        Some(open) => Err(wrong(open..open + 1, "this `(` isn't closed", CLOSE)),
    }
}

const CLOSE: &str = "add `)`, or write `\\\\(` for a plain parenthesis";
const REPEAT: &str = "write a character before it, or `\\\\` before it for plain text";

const fn wrong(bytes: Range<usize>, message: &'static str, help: &'static str) -> Wrong {
    Wrong {
        bytes,
        message,
        help,
        is_known: false,
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    groups: Groups,
    /// Where the groups begin that aren't closed yet.
    open: Vec<usize>,
    /// Whether the last thing can be repeated.
    follows_atom: bool,
    out: Translated,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next(&mut self) -> Option<char> {
        let char = self.rest().chars().next()?;
        self.at += char.len_utf8();
        Some(char)
    }

    fn next_if(&mut self, text: &str) -> bool {
        let follows = self.rest().starts_with(text);
        self.at += if follows { text.len() } else { 0 };
        follows
    }

    /// Reads what begins with a character, which was taken already.
    fn step(&mut self, char: char) -> Result<(), Wrong> {
        let start = self.at - char.len_utf8();
        let counts = self.counts().filter(|_| char == '{');
        match char {
            '\\' => return self.escape(start),
            '[' => return self.class(start),
            '(' => return self.group(start),
            ')' => {
                if self.open.pop().is_none() {
                    let help = "remove it, or write `\\\\)` for a plain parenthesis";
                    return Err(wrong(start..self.at, "this `)` has no matching `(`", help));
                }
                self.put(")", true);
            }
            '|' => {
                if let Some(end) = self.look_ahead_of_all() {
                    return Err(Wrong {
                        is_known: true,
                        ..wrong(
                            end,
                            LOOK_AROUND,
                            "put what follows it in a group: `(?!…)(?:…)`",
                        )
                    });
                }
                self.put("|", false);
            }
            '^' | '$' => self.put(if char == '^' { "^" } else { "$" }, false),
            '*' | '+' | '?' => return self.quantifier(start),
            '{' if counts.is_some() => {
                self.at += counts.unwrap_or_default();
                return self.quantifier(start);
            }
            '.' => {
                self.out.may_have_slash = true;
                self.put(".", true);
            }
            char => self.literal(char),
        }
        Ok(())
    }

    fn put(&mut self, text: &str, is_atom: bool) {
        self.out.text.push_str(text);
        self.follows_atom = is_atom;
    }

    fn literal(&mut self, char: char) {
        push(&mut self.out.text, char);
        self.out.may_have_slash |= char == '/';
        self.follows_atom = true;
    }

    /// The bytes of the look-aheads at the start, if the regex is an alternative of theirs here.
    fn look_ahead_of_all(&self) -> Option<Range<usize>> {
        let is_outside = self.open.is_empty() && !self.out.excluded.is_empty();
        is_outside.then(|| self.text.find("(?!").unwrap_or_default()..self.at - 1)
    }

    /// The length of `{2}`, `{2,}` or `{2,3}` behind its brace.
    fn counts(&self) -> Option<usize> {
        let (inside, _) = self.rest().split_once('}')?;
        let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_count = !least.is_empty() && is_number(least) && is_number(most);
        is_count.then_some(inside.len() + 1)
    }

    fn quantifier(&mut self, start: usize) -> Result<(), Wrong> {
        if !self.follows_atom {
            let message = "there is nothing before this to repeat";
            return Err(wrong(start..self.at, message, REPEAT));
        }
        self.next_if("?");
        let text = self.text.get(start..self.at).unwrap_or_default();
        self.put(text, false);
        Ok(())
    }

    fn group(&mut self, start: usize) -> Result<(), Wrong> {
        if !self.rest().starts_with('?') {
            self.out.captures += 1;
            self.open.push(start);
            self.put("(", false);
            return Ok(());
        }
        if self.next_if("?:") {
            self.open.push(start);
            self.put("(?:", false);
            return Ok(());
        }
        if ["?=", "?!", "?<=", "?<!"]
            .iter()
            .any(|mark| self.rest().starts_with(mark))
        {
            return self.look_around(start);
        }
        let name = self
            .rest()
            .strip_prefix("?<")
            .and_then(|rest| rest.split_once('>'));
        let is_name = |name: &str| {
            !name.starts_with(|char: char| char.is_ascii_digit())
                && crate::rules::syntax::is_name(name)
        };
        let Some((name, _)) = name.filter(|(name, _)| is_name(name)) else {
            let help = "write `(?:…)`, `(?<name>…)` or `\\\\(`";
            return Err(wrong(
                start..self.at + 1,
                "a group can't begin like this",
                help,
            ));
        };
        self.at += "?<>".len() + name.len();
        self.out.captures += 1;
        self.open.push(start);
        match self.groups {
            Groups::Numbered => self.put("(", false),
            Groups::Named => {
                self.out.names.push(name.to_owned());
                self.put(&format!("(?<{name}>"), false);
            }
        }
        Ok(())
    }

    /// Takes a negative look-ahead out, if nothing stands before it.
    fn look_around(&mut self, start: usize) -> Result<(), Wrong> {
        let begin = self.at + 2;
        let end = end_of_group(self.text, begin).unwrap_or(self.text.len());
        let whole = start..(end + 1).min(self.text.len());
        let is_negative = self.rest().starts_with("?!");
        let is_first = self.open.is_empty() && matches!(&*self.out.text, "" | "^");
        let unsupported = |help| Wrong {
            is_known: true,
            ..wrong(whole.clone(), LOOK_AROUND, help)
        };
        if !is_negative || !is_first {
            let help = match is_negative {
                true => "move it to the start of the regex, or write a redirect for each path",
                false => "write a redirect for each path, without the look-around",
            };
            return Err(unsupported(help));
        }
        let inside = self.text.get(begin..end).unwrap_or_default();
        let inner = translate(inside, Groups::Numbered).map_err(|wrong| Wrong {
            bytes: begin + wrong.bytes.start..begin + wrong.bytes.end,
            ..wrong
        })?;
        if !inner.excluded.is_empty() {
            return Err(unsupported("write it without the look-ahead inside"));
        }
        let texts = inside.split('|').map(plain_text).collect();
        self.out.excluded.push(Excluded {
            regex: inner.text,
            texts,
        });
        self.at = whole.end;
        Ok(())
    }
}

const LOOK_AROUND: &str = "this look-around isn't supported";

/// Where the group ends whose inside begins here.
fn end_of_group(text: &str, begin: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let (mut is_escaped, mut in_class) = (false, false);
    for (at, char) in text.get(begin..)?.char_indices() {
        match char {
            _ if std::mem::take(&mut is_escaped) => {}
            '\\' => is_escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '(' if !in_class => depth += 1,
            ')' if !in_class && depth == 0 => return Some(begin + at),
            ')' if !in_class => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The text that a regex means, if it is nothing but letters, digits, `/`, `_`, `~`, and a `-` or
/// `.` as text.
fn plain_text(regex: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = regex.chars();
    while let Some(char) = chars.next() {
        text.push(match char {
            '\\' => chars
                .next()
                .filter(|char| matches!(char, '.' | '/' | '-' | '_'))?,
            '/' | '_' | '-' | '~' => char,
            char if char.is_ascii_alphanumeric() => char,
            _ => return None,
        });
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{Groups, translate};

    #[test]
    fn what_differs_is_rewritten() {
        for (regex, expected) in [
            ("abc", "abc"),
            (r"\d+", "[0-9]+"),
            (r"[\w-.]+", r"[0-9A-Za-z_\-\.]+"),
            (r"[a-\d]", r"[a\-0-9]"),
            (r"[\D/]", "[[^0-9]/]"),
            (r"[\w--a]", r"[0-9A-Za-z_\-\-a]"),
            ("[^]", r"[\s\S]"),
            ("[]", r"[^\s\S]"),
            ("[^]]", r"[\s\S]\]"),
            ("[[a&&b~~c+--d]", r"[\[a\&\&b\~\~c\+-\-d]"),
            ("[a-z-]", r"[a-z\-]"),
            ("[-a]", r"[\-a]"),
            (r"\/a\-b\_c", r"/a\-b_c"),
            (r"\a\e\z\A\p", "aezAp"),
            (r"\x41\u00e9\cJ\0\u{2}", r"A\u{e9}\x{a}\x{0}u{2}"),
            (r"a{2,3}?b{2}c{2,}", "a{2,3}?b{2}c{2,}"),
            (r"a{b}{,2}", r"a\{b\}\{,2\}"),
            ("a]b}c#d&e~f-g", r"a\]b\}c\#d\&e\~f\-g"),
            ("^a$|(?:b)*?", "^a$|(?:b)*?"),
            ("(?<n>a)(b)", "(?<n>a)(b)"),
            (r"\bx\B", r"(?-u:\b)x\B"),
            (r"[\b]", r"[\x{8}]"),
        ] {
            let expected = expected.replace(r"\u{e9}", "\u{e9}");
            let translated = translate(regex, Groups::Named).unwrap();
            assert_eq!(translated.text, expected, "{regex}");
            #[cfg(feature = "regex")]
            assert!(regex::Regex::new(&translated.text).is_ok(), "{regex}");
        }
        let numbered = translate("(?<n>a)(b)", Groups::Numbered).unwrap();
        assert_eq!((&*numbered.text, numbered.captures), ("(a)(b)", 2));
        assert!(numbered.names.is_empty());
    }

    #[test]
    fn look_aheads_at_the_start_are_taken_out() {
        for (regex, rest, excluded, texts) in [
            ("(?!api).*", ".*", "api", Some("api")),
            (r"(?!a|b\/c|d\.e).+", ".+", r"a|b/c|d\.e", Some("a b/c d.e")),
            ("(?!fav.ico).*", ".*", "fav.ico", None),
            (r"^(?!www\.).*", "^.*", r"www\.", Some("www.")),
            ("(?!(?:a|[)]b)$)c|d", "", "", None),
            (r"(?!a(?:b|\))$)(?:c|d)", "(?:c|d)", r"a(?:b|\))$", None),
            ("(?!|a).*", ".*", "|a", None),
        ] {
            let Ok(translated) = translate(regex, Groups::Named) else {
                assert!(rest.is_empty(), "{regex}");
                continue;
            };
            let [own] = &*translated.excluded else {
                panic!("{translated:?}");
            };
            assert_eq!(
                (&*translated.text, &*own.regex),
                (rest, excluded),
                "{regex}"
            );
            let own_texts = own.texts.as_ref().map(|texts| texts.join(" "));
            assert_eq!(own_texts.as_deref(), texts, "{regex}");
        }
        let two = translate("(?!a)(?!b).*", Groups::Named).unwrap();
        assert_eq!((two.excluded.len(), &*two.text), (2, ".*"));
    }

    #[test]
    fn whether_a_slash_can_be_matched_is_known() {
        for (regex, expected) in [
            ("abc", false),
            ("a|b", false),
            (r"\d\w\s[a-z]", false),
            ("[^/]+", false),
            (r"[^\W]", false),
            (r"[.-9]", true),
            ("[^a]", true),
            (r"\D", true),
            (r"[\S]", true),
            (r"[a-\W]", true),
            (".", true),
            ("a/b", true),
            (r"\x2f", true),
        ] {
            let translated = translate(regex, Groups::Named).unwrap();
            assert_eq!(translated.may_have_slash, expected, "{regex}");
        }
    }

    #[test]
    fn what_is_no_regex_says_where() {
        for (regex, bytes, why, is_known) in [
            ("a(b", "(", "isn't closed", false),
            ("ab)", ")", "no matching", false),
            ("a[b", "[", "isn't closed", false),
            ("a[b-", "[", "isn't closed", false),
            (r"a[b\]", "[", "isn't closed", false),
            ("a**", "*", "nothing before", false),
            ("+", "+", "nothing before", false),
            ("a{2}{3}", "{3}", "nothing before", false),
            ("x[z-a]", "z-a", "ends before", false),
            ("a\\", "\\", "no character", false),
            ("a(?P<n>b)", "(?", "can't begin", false),
            ("a(?<1>b)", "(?", "can't begin", false),
            ("a(?i)b", "(?", "can't begin", false),
            ("a(?=b)c", "(?=b)", "look-around", true),
            ("a(?!b)c", "(?!b)", "look-around", true),
            ("a(?<!b[)])c", "(?<!b[)])", "look-around", true),
            ("((?!b)c)", "(?!b)", "look-around", true),
            ("(?!b)c|d", "(?!b)c", "look-around", true),
            ("(?!(?!b))c", "(?!(?!b))", "look-around", true),
            ("(?!a(?=b))c", "(?=b)", "look-around", true),
            (r"(a)\1", r"\1", "references", true),
            (r"(?<n>a)\k<n>", r"\k", "references", true),
        ] {
            let wrong = translate(regex, Groups::Named).unwrap_err();
            assert!(wrong.message.contains(why), "{regex}: {wrong:?}");
            assert_eq!(&regex[wrong.bytes.clone()], bytes, "{regex}: {wrong:?}");
            assert_eq!(wrong.is_known, is_known, "{regex}: {wrong:?}");
        }
    }
}

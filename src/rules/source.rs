use std::borrow::Cow;

use super::{
    capture::{Kind, Slot},
    error::{Flaw, Part},
    host_pattern::{NO_PLACEHOLDER, TWO_HOSTS},
    options::Options,
    pattern::{self, Parts, Tail},
    record::{PATTERN, REGEX},
    table::without_slash,
};
#[cfg(feature = "regex")]
use super::{regexes::Room, verify::regex_beginning};
use crate::location::HttpScheme;

/// The source of a rule: which paths the rule matches.
///
/// A `&str` or `String` converts to a path with placeholders, as [`Rule`](super::Rule#sources)
/// describes.
///
/// ```
/// use tower_redirect::rules::{Rule, Rules, Source};
/// use tower_redirect::testing;
///
/// let rules = Rules::new([
///     Rule::permanent(Source::exact("/a/{b}"), "/literally"),
///     Rule::permanent(Source::prefix("/old"), "/new"),
/// ])?;
/// testing::get("/a/%7Bb%7D").through(&rules).assert_redirect("/literally");
/// testing::get("/old").through(&rules).assert_redirect("/new");
/// testing::get("/old/a/b").through(&rules).assert_redirect("/new/a/b");
/// testing::get("/older").through(&rules).assert_pass();
/// # Ok::<(), tower_redirect::rules::RulesError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    pub(super) kind: SourceKind,
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum SourceKind {
    /// A path with placeholders, perhaps with an origin before it and a query behind it.
    Native,
    /// A path, every byte of which is literal.
    Exact,
    /// A path and everything below it.
    Prefix,
    /// A regex on the path; without the feature, a file may ask for it, and is refused.
    Regex,
}

impl Source {
    /// Matches exactly this path, in which every character is literal.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules, Source};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent(Source::exact("/{a}/:b"), "/b")])?;
    /// testing::get("/%7Ba%7D/:b").through(&rules).assert_redirect("/b");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// A path has no query, so a `?` or `#` is an error when the table is built. Match the query
    /// with [`Condition::query`](super::Condition::query), or write `%3F` and `%23`:
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, Rule, Rules, Source};
    /// use tower_redirect::testing;
    ///
    /// let errors = Rules::new([Rule::permanent(Source::exact("/a?b=1"), "/c")]).unwrap_err();
    /// assert!(errors.to_string().contains("`Condition::query`"));
    ///
    /// let b = Condition::query("b").equal_to("1");
    /// let rules = Rules::new([Rule::permanent(Source::exact("/a"), "/c").when(b)])?;
    /// testing::get("/a?b=1").through(&rules).assert_redirect("/c");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    #[must_use]
    pub fn exact(path: &str) -> Self {
        Self::new(SourceKind::Exact, path)
    }

    /// Matches this path and every path below it, and appends the rest to the path of the target.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules, Source};
    /// use tower_redirect::testing;
    ///
    /// let rules = Rules::new([Rule::permanent(Source::prefix("/old"), "https://new.example")])?;
    /// testing::get("/old/a?b=c").through(&rules).assert_redirect("https://new.example/a?b=c");
    /// testing::get("/old").through(&rules).assert_redirect("https://new.example/");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// The target of a prefix has no placeholders. Its query follows the whole path. A `?` or `#`
    /// in the prefix is an error, as in [`exact`](Self::exact).
    ///
    /// Source: Gateway API, `ReplacePrefixMatch`.
    #[must_use]
    pub fn prefix(path: &str) -> Self {
        Self::new(SourceKind::Prefix, path)
    }

    /// Matches every path that this regex matches as a whole.
    ///
    /// The target can use each group: `{name}` for a named group, `{1}` for a group without a name.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules, Source};
    /// use tower_redirect::testing;
    ///
    /// let post = Source::regex(r"/(?<year>\d{4})/(\d+)");
    /// let rules = Rules::new([Rule::permanent(post, "/posts/{year}-{2}")])?;
    /// testing::get("/2024/17").through(&rules).assert_redirect("/posts/2024-17");
    /// # Ok::<(), tower_redirect::rules::RulesError>(())
    /// ```
    ///
    /// The regex sees the path as received, and takes time linear in its length. It doesn't match a
    /// path of more than 8,000 bytes, because no `Location` is that long. If the regex is invalid,
    /// or compiles to more than a megabyte, building the table returns an error. It also does if
    /// the regex begins with text that no path has, for example `/a\?b`.
    ///
    /// Source: the syntax of the `regex` crate.
    #[cfg(feature = "regex")]
    #[cfg_attr(docsrs, doc(cfg(feature = "regex")))]
    #[must_use]
    pub fn regex(regex: &str) -> Self {
        Self::new(SourceKind::Regex, regex)
    }

    fn new(kind: SourceKind, text: &str) -> Self {
        Self {
            kind,
            text: text.to_owned(),
        }
    }
}

impl From<&str> for Source {
    fn from(text: &str) -> Self {
        Self::new(SourceKind::Native, text)
    }
}

impl From<String> for Source {
    fn from(text: String) -> Self {
        Self {
            kind: SourceKind::Native,
            text,
        }
    }
}

const NO_FRAGMENT: &str = "a request has no fragment; remove it, or write `%23`";
pub(super) const TWO_SCHEMES: &str = "the rule has two schemes; remove one of them";

/// A rule that was found wrong: which part, its text, and why.
pub(super) type Wrong = (Part, String, Flaw);

/// What a source becomes.
pub(super) struct Compiled {
    pub(super) flags: u16,
    pub(super) slots: Vec<Slot>,
    /// The placeholder that a prefix has for what follows it.
    pub(super) tail: Option<u8>,
    #[cfg(feature = "regex")]
    pub(super) regex: Option<regex::Regex>,
    #[cfg(not(feature = "regex"))]
    pub(super) regex: (),
}

/// The name of the tail of a prefix; a target cannot write it.
const PREFIX_TAIL: &str = "";

pub(super) fn compile_source(
    kind: SourceKind,
    text: &str,
    options: &Options,
    out: &mut Vec<u8>,
    #[cfg(feature = "regex")] room: &mut Room,
) -> Result<Compiled, Flaw> {
    let fold = options.matching.ignore_case;
    let mut compiled = Compiled {
        flags: 0,
        slots: Vec::new(),
        tail: None,
        regex: Default::default(),
    };
    match kind {
        SourceKind::Native => {
            let text = if options.matching.ignore_trailing_slash {
                without_own_slash(text)
            } else {
                Cow::Borrowed(text)
            };
            if pattern::compile(&text, fold, out)? {
                compiled.flags = PATTERN;
                compiled.slots = slots(out);
            }
        }
        SourceKind::Exact | SourceKind::Prefix => {
            let begin = out.len();
            literal(text, fold, out)?;
            let trims = kind == SourceKind::Prefix || options.matching.ignore_trailing_slash;
            let path = out.get(begin..).unwrap_or_default();
            if trims && without_slash(path).len() < path.len() {
                out.pop();
            }
            if kind == SourceKind::Prefix {
                if out.ends_with(b"/") {
                    out.pop();
                }
                out.extend(b"{/*}");
                compiled.flags = PATTERN;
                compiled.slots = vec![Slot {
                    name: PREFIX_TAIL.to_owned(),
                    kind: Kind::Tail,
                }];
                compiled.tail = Some(0);
            }
        }
        #[cfg(feature = "regex")]
        SourceKind::Regex => {
            if text.len() > usize::from(u16::MAX) {
                let why = "the regex is longer than 65,535 bytes; shorten it";
                return Err(Flaw::at(0, why));
            }
            let regex = room.whole(text, fold)?;
            if let Some(flaw) = not_in_the_path_of_a_regex(text) {
                return Err(flaw);
            }
            compiled.flags = REGEX;
            compiled.slots = super::regexes::slots(&regex)?;
            compiled.regex = Some(regex);
            out.extend(text.bytes());
        }
        #[cfg(not(feature = "regex"))]
        SourceKind::Regex => {
            compiled.flags = REGEX;
            return Err(Flaw::at(0, "this needs the `regex` feature"));
        }
    }
    Ok(compiled)
}

/// A source whose slash at the end makes no difference, that before a tail which may be nothing
/// included.
fn without_own_slash(text: &str) -> Cow<'_, str> {
    if let Some((front, name)) = text
        .strip_suffix("?}")
        .and_then(|text| text.rsplit_once("/{*"))
    {
        if !front.is_empty() {
            return Cow::Owned(format!("{front}{{/*{name}}}"));
        }
    }
    let path = text.strip_suffix('/').filter(|text| !text.is_empty());
    Cow::Borrowed(path.unwrap_or(text))
}

fn slots(pattern: &[u8]) -> Vec<Slot> {
    let parts = Parts::of(pattern);
    let names: Vec<_> = parts.names().collect();
    let last = names.len().wrapping_sub(1);
    let slot = |(at, name): (usize, &[u8])| Slot {
        name: String::from_utf8_lossy(name).into_owned(),
        kind: if at == last && parts.tail != Tail::None {
            Kind::Tail
        } else {
            Kind::Segment
        },
    };
    names.into_iter().enumerate().map(slot).collect()
}

/// A path that is compared as it stands.
fn literal(text: &str, fold: bool, out: &mut Vec<u8>) -> Result<(), Flaw> {
    if let Some(flaw) = not_in_a_path(text) {
        return Err(flaw);
    }
    if !text.contains(['{', '}']) {
        return pattern::compile(text, fold, out).map(|_| ());
    }
    pattern::compile(&pattern::escape(text), fold, out).map(|_| ())
}

/// The first character that the path of a request never has, where its query or a fragment begins.
fn not_in_a_path(text: &str) -> Option<Flaw> {
    let at = text.find(['?', '#'])?;
    let why = if text.get(at..)?.starts_with('?') {
        "a source path can't contain `?`; match the query with a condition (`Condition::query`), \
         or write `%3F`"
    } else {
        NO_FRAGMENT
    };
    Some(Flaw::at(at, why))
}

/// The same for a regex, as far as what it begins with shows it.
#[cfg(feature = "regex")]
fn not_in_the_path_of_a_regex(regex: &str) -> Option<Flaw> {
    let beginning = regex_beginning(regex);
    let flaw = not_in_a_path(&beginning)?;
    // A `\?` of the regex is one character of the path, and a `#` may have a backslash too.
    let is_query = beginning.get(flaw.at..)?.starts_with('?');
    let at = regex.find(if is_query { "\\?" } else { "#" });
    Some(Flaw {
        at: at.unwrap_or_default(),
        ..flaw
    })
}

/// Takes scheme, host and query off a source.
pub(super) fn native<'s>(
    text: &'s str,
    options: &mut Options,
) -> Result<(&'s str, &'s str), Wrong> {
    let mut path = text;
    for scheme in [HttpScheme::Http, HttpScheme::Https] {
        let Some(rest) = text
            .strip_prefix(scheme.as_str())
            .and_then(|rest| rest.strip_prefix("://"))
        else {
            continue;
        };
        if let Some(host) = &options.host {
            return Err((Part::Host, host.to_string(), Flaw::at(0, TWO_HOSTS)));
        }
        if options.scheme.is_some() {
            return Err((Part::Source, text.to_owned(), Flaw::at(0, TWO_SCHEMES)));
        }
        let end = rest.find(['/', '?', '{']).unwrap_or(rest.len());
        let (host, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if behind.starts_with('{') && !behind.starts_with("{/") {
            let at = text.len() - behind.len();
            return Err((Part::Source, text.to_owned(), Flaw::at(at, NO_PLACEHOLDER)));
        }
        options.scheme = Some(scheme);
        options.host = Some(host.into());
        path = if behind.is_empty() { "/" } else { behind };
    }
    let (path, query) = split_query(path);
    if let Some(mark) = query.find('#') {
        let at = text.len() - query.len() + mark;
        return Err((Part::Source, text.to_owned(), Flaw::at(at, NO_FRAGMENT)));
    }
    Ok((path, query))
}

/// Splits at the first `?` that is no part of a placeholder.
fn split_query(text: &str) -> (&str, &str) {
    let mut inside = false;
    let mut bytes = text.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        let doubled =
            bytes.next_if(|(_, next)| *next == byte && !inside && matches!(byte, b'{' | b'}'));
        match byte {
            _ if doubled.is_some() => {}
            b'{' => inside = true,
            b'}' => inside = false,
            b'?' if !inside => {
                let (path, query) = text.split_at_checked(at).unwrap_or((text, ""));
                return (path, query.get(1..).unwrap_or_default());
            }
            _ => {}
        }
    }
    (text, "")
}

/// A segment that is a placeholder elsewhere, `:id` or `*`, and would be nothing but text here.
pub(super) fn foreign(source: &Source) -> Option<Flaw> {
    if source.kind != SourceKind::Native || !source.text.contains([':', '*']) {
        return None;
    }
    let (path, _) = split_query(&source.text);
    let mut at = 0;
    for segment in path.split('/') {
        let rest = segment.trim_start_matches([':', '*']);
        let mark = segment.get(..segment.len() - rest.len())?;
        let is_name = rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let why = match mark {
            ":" if is_name => {
                "`:name` isn't a placeholder; write `{name}`, or use `Source::exact` for a literal `:`"
            }
            "*" | "**" if is_name || rest.is_empty() => {
                "`*` isn't a placeholder; write `{*rest}`, or use `Source::exact` for a literal `*`"
            }
            _ => "",
        };
        // `{/*rest}` is a tail with its slash.
        let in_braces = path.get(..at).is_some_and(|before| before.ends_with("{/"));
        if at > 0 && !in_braces && !why.is_empty() {
            return Some(Flaw::at(at, why));
        }
        at += segment.len() + 1;
    }
    None
}

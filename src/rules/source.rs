//! The source of a rule, and how it compiles.

use std::borrow::Cow;

use super::{
    Finding, Part,
    capture::{Kind, Slot},
    compiled_rule::PATTERN,
    condition::Condition,
    host_pattern::{TWO_HOSTS, checked_host},
    options::Options,
    parameters,
    syntax::{self, Parameter, ParameterValue, Pattern, Tail, TailKind, Word},
};
#[cfg(feature = "regex")]
use super::{FindingCode, analysis::Beginning, compiled_rule::REGEX, regexes::Room};

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
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    pub(super) kind: SourceKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum SourceKind {
    /// Native syntax, which is read when the table is built.
    Text(String),
    /// The path that a format has read.
    Pattern(Pattern),
    /// A path, every byte of which is literal.
    Exact(Word),
    /// A path and everything below it.
    Prefix(Word),
    /// A regex on the path. Without the `regex` feature, building the table returns an error.
    Regex(Word),
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
    /// # Ok::<(), tower_redirect::rules::Findings>(())
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
    /// assert!(errors.to_string().contains("match the query with a condition"));
    ///
    /// let b = Condition::query("b").equal_to("1");
    /// let rules = Rules::new([Rule::permanent(Source::exact("/a"), "/c").when(b)])?;
    /// testing::get("/a?b=1").through(&rules).assert_redirect("/c");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub fn exact(path: &str) -> Self {
        Self::new(SourceKind::Exact(word(path)))
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
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// The target of a prefix has no placeholders. Its query follows the whole path. A `?` or `#`
    /// in the prefix is an error, as in [`exact`](Self::exact).
    ///
    /// Source: Gateway API, `ReplacePrefixMatch`.
    #[must_use]
    pub fn prefix(path: &str) -> Self {
        Self::new(SourceKind::Prefix(word(path)))
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
    /// # Ok::<(), tower_redirect::rules::Findings>(())
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
        Self::new(SourceKind::Regex(word(regex)))
    }

    pub(super) const fn new(kind: SourceKind) -> Self {
        Self { kind }
    }

    /// Returns the text as it was written.
    pub(super) fn text(&self) -> Cow<'_, str> {
        match &self.kind {
            SourceKind::Text(text) => text.into(),
            SourceKind::Pattern(pattern) => pattern.to_string().into(),
            SourceKind::Exact(text) | SourceKind::Prefix(text) | SourceKind::Regex(text) => {
                (&*text.text).into()
            }
        }
    }
}

/// A text that a constructor got.
fn word(text: &str) -> Word {
    Word::new(text, 0..text.len())
}

impl From<&str> for Source {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for Source {
    fn from(text: String) -> Self {
        Self::new(SourceKind::Text(text))
    }
}

impl From<Pattern> for Source {
    fn from(pattern: Pattern) -> Self {
        Self::new(SourceKind::Pattern(pattern))
    }
}

pub(super) const TWO_SCHEMES: (&str, &str) = ("the rule has two schemes", "remove one of them");

/// What a source becomes.
pub(super) struct Compiled {
    pub(super) flags: u16,
    pub(super) slots: Vec<Slot>,
    /// Whether the rest of the path follows the path of the target.
    pub(super) is_prefix: bool,
    #[cfg(feature = "regex")]
    pub(super) regex: Option<regex::Regex>,
    #[cfg(not(feature = "regex"))]
    pub(super) regex: (),
}

/// Returns the pattern of a path and everything below it.
pub(super) fn prefix(path: &Word, name: Word) -> Result<Pattern, Finding> {
    let mut pattern = Pattern::literal(path)?.without_trailing_slash();
    // The prefix `/` is every path.
    if pattern.is_root() {
        pattern.segments.clear();
    }
    pattern.tail = Some(Tail {
        kind: TailKind::Optional,
        name,
    });
    Ok(pattern)
}

/// Checks a source, and writes it in the form that is compared.
///
/// Adds its host, scheme and query to the options.
pub(super) fn compile_source(
    source: &Source,
    options: &mut Options,
    out: &mut Vec<u8>,
    #[cfg(feature = "regex")] room: &mut Room,
) -> Result<Compiled, Finding> {
    let wrong = |error: Finding| error.in_part(Part::Source, &source.text());
    let matching = options.matching;
    let pattern = match &source.kind {
        SourceKind::Text(text) => {
            let read = syntax::source(text).map_err(wrong)?;
            if let Some((scheme, host)) = read.origin {
                if let Some(host) = &options.host {
                    let error = Finding::whole(TWO_HOSTS.0, TWO_HOSTS.1);
                    return Err(error.in_part(Part::Host, host));
                }
                if options.scheme.is_some() {
                    return Err(wrong(Finding::whole(TWO_SCHEMES.0, TWO_SCHEMES.1)));
                }
                options.scheme = Some(scheme);
                options.host = Some(checked_host(&host.text)?);
            }
            let conditions = read.query.iter().map(condition);
            options.conditions.extend(conditions.map(|one| (true, one)));
            Cow::Owned(read.path)
        }
        SourceKind::Pattern(pattern) => Cow::Borrowed(pattern),
        SourceKind::Exact(path) => Cow::Owned(Pattern::literal(path).map_err(wrong)?),
        // No target can name the tail.
        SourceKind::Prefix(path) => Cow::Owned(prefix(path, Word::EMPTY).map_err(wrong)?),
        SourceKind::Regex(text) => {
            #[cfg(feature = "regex")]
            return compile_regex(&text.text, matching.ignore_case, out, room).map_err(wrong);
            #[cfg(not(feature = "regex"))]
            {
                let _ = text;
                return Err(wrong(Finding::needs_regex()));
            }
        }
    };
    let pattern = if matching.ignore_trailing_slash {
        Cow::Owned(pattern.into_owned().without_trailing_slash())
    } else {
        pattern
    };
    syntax::compile(&pattern, matching.ignore_case, out).map_err(wrong)?;
    let slots = slots(&pattern);
    Ok(Compiled {
        flags: if slots.is_empty() { 0 } else { PATTERN },
        slots,
        is_prefix: matches!(source.kind, SourceKind::Prefix(_)),
        regex: Default::default(),
    })
}

#[cfg(feature = "regex")]
fn compile_regex(
    text: &str,
    ignore_case: bool,
    out: &mut Vec<u8>,
    room: &mut Room,
) -> Result<Compiled, Finding> {
    if text.len() > usize::from(u16::MAX) {
        let message = "the regex is longer than 65,535 bytes";
        return Err(Finding::new(FindingCode::Limit, message, "shorten it"));
    }
    let regex = room.whole(text, ignore_case)?;
    if let Some(error) = not_in_the_path_of_a_regex(text) {
        return Err(error);
    }
    out.extend(text.bytes());
    Ok(Compiled {
        flags: REGEX,
        slots: super::regexes::slots(&regex)?,
        is_prefix: false,
        regex: Some(regex),
    })
}

/// A parameter that a source requires, as a condition.
fn condition(parameter: &Parameter) -> Condition {
    let condition = Condition::query(&parameters::plain(&parameter.key.text));
    match &parameter.value {
        None => condition,
        Some(ParameterValue::Literal(value)) => condition.equal_to(&parameters::plain(&value.text)),
        Some(ParameterValue::Placeholder(name)) => condition.captured_as(&name.text),
    }
}

fn slots(pattern: &Pattern) -> Vec<Slot> {
    let in_segments = pattern.names().count() - usize::from(pattern.tail.is_some());
    let slot = |(at, name): (usize, &Word)| Slot {
        name: name.text.clone(),
        kind: if at < in_segments {
            Kind::Segment
        } else {
            Kind::Tail
        },
    };
    pattern.names().enumerate().map(slot).collect()
}

/// Returns an error if a regex begins with text that no path has.
#[cfg(feature = "regex")]
fn not_in_the_path_of_a_regex(regex: &str) -> Option<Finding> {
    let beginning = Beginning::of(regex, false).text;
    let is_query = *beginning.iter().find(|byte| b"?#".contains(byte))? == b'?';
    // A `\?` of the regex is one character of the path, and a `#` may have a backslash too.
    let at = if is_query {
        regex.find("\\?").or_else(|| regex.find("[?]"))
    } else {
        regex.find('#')
    };
    let at = at.unwrap_or_default();
    Some(if is_query {
        Finding::no_query(at)
    } else {
        Finding::no_fragment(at)
    })
}

/// Returns an error if a segment is a placeholder elsewhere, `:id` or `*`, and would be plain text
/// here.
pub(super) fn foreign(source: &Source) -> Option<Finding> {
    let SourceKind::Text(text) = &source.kind else {
        return None;
    };
    if !text.contains([':', '*']) {
        return None;
    }
    let path = text.split(['?', '#']).next()?;
    let mut at = 0;
    for segment in path.split('/') {
        let rest = segment.trim_start_matches([':', '*']);
        let mark = segment.get(..segment.len() - rest.len())?;
        let is_name = rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let found = match mark {
            ":" if is_name => Some((
                "`:name` isn't a placeholder",
                "write `{name}`, or make the source exact for a literal `:`",
            )),
            "*" | "**" if is_name || rest.is_empty() => Some((
                "`*` isn't a placeholder",
                "write `{*rest}`, or make the source exact for a literal `*`",
            )),
            _ => None,
        };
        // `{/*rest}` is a tail with its slash.
        let in_braces = path.get(..at).is_some_and(|before| before.ends_with("{/"));
        if let Some((message, help)) = found.filter(|_| at > 0 && !in_braces) {
            return Some(Finding::at(at..at + segment.len(), message, help));
        }
        at += segment.len() + 1;
    }
    None
}

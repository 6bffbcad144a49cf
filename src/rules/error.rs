use std::{borrow::Cow, error::Error, fmt, slice};

use super::{builder::cut, text_range::TextRange};
use crate::{location::LocationError, observe::escaped::Escaped};

/// What is wrong with a part of a rule, where, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) range: TextRange,
    kind: FlawKind,
    message: Cow<'static, str>,
    /// Empty if the message already says how to fix it.
    help: Cow<'static, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FlawKind {
    Invalid,
    /// The source and the target are the same URL.
    ToItself,
}

impl Flaw {
    pub(super) fn new(
        range: impl Into<TextRange>,
        message: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            range: range.into(),
            kind: FlawKind::Invalid,
            message: message.into(),
            help: help.into(),
        }
    }

    /// A flaw of a part as a whole.
    pub(super) fn whole(
        message: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(TextRange::default(), message, help)
    }

    pub(super) fn table_too_large() -> Self {
        Self::whole("the table is larger than 2 GB", "split it")
    }

    pub(super) fn no_slash(at: usize) -> Self {
        let message = "a source path must start with `/`";
        Self::new(TextRange::byte(at), message, "")
    }

    pub(super) fn no_fragment(at: usize) -> Self {
        let message = "a request has no fragment";
        Self::new(TextRange::byte(at), message, "remove it, or write `%23`")
    }

    pub(super) fn no_query(at: usize) -> Self {
        Self::new(
            TextRange::byte(at),
            "a source path can't contain `?`",
            "match the query with a condition (`Condition::query`), or write `%3F`",
        )
    }

    #[cfg(not(feature = "regex"))]
    pub(super) fn needs_regex() -> Self {
        Self::whole("this needs the `regex` feature", "")
    }

    pub(super) fn duplicate_name(range: TextRange) -> Self {
        let message = "duplicate placeholder name";
        Self::new(range, message, "give each placeholder its own name")
    }

    /// What is wrong with a location in this part of a target.
    pub(super) fn location(error: LocationError, range: TextRange) -> Self {
        Self::new(range, error.message(), error.help())
    }

    /// A target that is the source of its own rule, as the file writes it.
    pub(super) fn to_itself(target: &str) -> Self {
        // A file writes its placeholders in its own way.
        let target = if target.contains(['{', '}']) {
            "the target".to_owned()
        } else {
            format!("`{}`", cut(target))
        };
        let message = format!("endless redirect: {target} matches this rule again");
        Self {
            kind: FlawKind::ToItself,
            ..Self::whole(message, "remove this rule or change its target")
        }
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn help(&self) -> &str {
        &self.help
    }

    /// Writes the message and the help as one sentence.
    fn fmt_sentence(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.help.is_empty() {
            Ok(())
        } else {
            write!(f, "; {}", self.help)
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: ", self.range.start)?;
        self.fmt_sentence(f)
    }
}

/// The part of a rule that an error is about.
///
/// ```
/// use tower_redirect::rules::{Part, Rule, Rules};
///
/// let errors = Rules::new([Rule::permanent("about-us", "/about")]).unwrap_err();
/// assert_eq!(errors.iter().next().unwrap().part(), Part::Source);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// The source.
    Source,
    /// The target.
    Target,
    /// The host, from [`Rule::host`](super::Rule::host) or from a source with an origin.
    Host,
    /// A condition on the query, a header or a cookie.
    Condition,
    /// The rule as a whole, or the rule together with others.
    Rule,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Target => "target",
            Self::Host => "host",
            Self::Condition => "condition",
            Self::Rule => "rule",
        })
    }
}

/// An error in one rule: the part, the byte, what is wrong, and how to fix it.
///
/// ```
/// use tower_redirect::rules::{Part, Rule, Rules};
///
/// let errors = Rules::new([Rule::permanent("/u/{user}", "https://{user}.example/")]).unwrap_err();
/// let error = errors.iter().next().unwrap();
/// assert_eq!((error.rule(), error.part(), error.position()), (0, Part::Target, 8));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    pub(super) rule: u32,
    pub(super) name: Option<Box<str>>,
    pub(super) part: Part,
    pub(super) text: Box<str>,
    pub(super) flaw: Flaw,
}

impl RuleError {
    /// Returns the number of the rule, counted from 0 in the order in which the rules were added.
    #[must_use]
    pub const fn rule(&self) -> u32 {
        self.rule
    }

    /// Returns the name of the rule, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the part of the rule.
    #[must_use]
    pub const fn part(&self) -> Part {
        self.part
    }

    /// Returns the byte within that part, counted from 0.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.flaw.range.start
    }

    /// Returns what is wrong.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let errors = Rules::new([Rule::permanent("/{a", "/b")]).unwrap_err();
    /// let error = errors.iter().next().unwrap();
    /// assert_eq!(error.message(), "unclosed `{`");
    /// assert_eq!(error.help(), "write `{name}`, or `{{` for a literal brace");
    /// ```
    #[must_use]
    pub fn message(&self) -> &str {
        self.flaw.message()
    }

    /// Returns how to fix it.
    ///
    /// If the message already says how, this is empty.
    #[must_use]
    pub fn help(&self) -> &str {
        self.flaw.help()
    }

    /// Whether the rule leads to itself, and would be right in another table.
    pub(super) fn is_loop(&self) -> bool {
        self.flaw.kind == FlawKind::ToItself
    }

    /// The same error, with the target as a file writes it, if it names the target.
    pub(super) fn with_target(&self, target: &str) -> Option<Self> {
        self.is_loop().then(|| Self {
            flaw: Flaw::to_itself(target),
            ..self.clone()
        })
    }

    /// Returns the text of that part as it was written.
    ///
    /// A text of more than 200 characters is cut.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {}", self.rule)?;
        if let Some(name) = &self.name {
            write!(f, " ({})", Escaped(name))?;
        }
        let Self {
            part, text, flaw, ..
        } = self;
        let text = text.escape_debug();
        match part {
            Part::Rule => {
                write!(f, ", `{text}`: ")?;
                flaw.fmt_sentence(f)
            }
            _ => write!(f, ", {part} `{text}`, {flaw}"),
        }
    }
}

impl Error for RuleError {}

/// The errors in a table of rules.
///
/// ```
/// use tower_redirect::rules::{Rule, Rules};
///
/// let errors = Rules::new([
///     Rule::permanent("about-us", "/about"),
///     Rule::permanent("/u/{user}", "https://{user}.example/"),
/// ])
/// .unwrap_err();
/// assert_eq!(
///     errors.to_string(),
///     "rule 0, source `about-us`, byte 0: a source path must start with `/`\n\
///      rule 1, target `https://{user}.example/`, byte 8: a host can't contain a placeholder; \
///      write the host out, and use placeholders after its `/`",
/// );
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct RulesError {
    pub(super) errors: Vec<RuleError>,
}

impl RulesError {
    /// Returns the errors in the order of the rules. There is at least one.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &RuleError> + DoubleEndedIterator + Clone {
        self.errors.iter()
    }
}

impl<'e> IntoIterator for &'e RulesError {
    type Item = &'e RuleError;
    type IntoIter = slice::Iter<'e, RuleError>;

    fn into_iter(self) -> Self::IntoIter {
        self.errors.iter()
    }
}

impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, error) in self.errors.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

// `main() -> Result<(), RulesError>` prints this; it has to help as much.
impl fmt::Debug for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RulesError({self})")
    }
}

impl Error for RulesError {}

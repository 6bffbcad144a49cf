use std::{borrow::Cow, error::Error, fmt, slice};

use super::builder::cut;
use crate::{location::LocationError, observe::escaped::Escaped};

/// One thing that is wrong with a part of a rule: where, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) at: usize,
    pub(super) why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Sentence(Cow<'static, str>),
    Location(LocationError),
    /// Source and target are the same address; the sentence about it.
    ToItself(Box<str>),
}

impl Flaw {
    pub(super) fn at(at: usize, why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            at,
            why: Why::Sentence(why.into()),
        }
    }

    /// What is wrong with a location, in a text that has `offset` more bytes in front.
    pub(super) fn location(error: LocationError, offset: usize) -> Self {
        Self {
            at: error.position() + offset,
            why: Why::Location(error),
        }
    }

    /// A target that is the source of its own rule, as the file writes it.
    pub(super) fn to_itself(target: &str) -> Self {
        // A file writes its placeholders in its own way.
        let target = if target.contains(['{', '}']) {
            "the target".to_owned()
        } else {
            format!("`{}`", cut(target))
        };
        let sentence = format!(
            "endless redirect: {target} matches this rule again; remove this rule or change its \
             target"
        );
        Self {
            at: 0,
            why: Why::ToItself(sentence.into()),
        }
    }

    /// What is wrong, without where.
    pub(super) fn sentence(&self) -> &str {
        match &self.why {
            Why::Sentence(sentence) => sentence,
            Why::Location(error) => error.sentence(),
            Why::ToItself(sentence) => sentence,
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.at, self.sentence())
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
        self.flaw.at
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
        self.message_and_help().0
    }

    /// Returns how to fix it.
    ///
    /// If the message already says how, this is empty.
    #[must_use]
    pub fn help(&self) -> &str {
        self.message_and_help().1
    }

    fn message_and_help(&self) -> (&str, &str) {
        let sentence = self.sentence();
        sentence.split_once("; ").unwrap_or((sentence, ""))
    }

    /// Message and help as one sentence.
    pub(super) fn sentence(&self) -> &str {
        self.flaw.sentence()
    }

    /// Whether the rule leads to itself, and would be right in another table.
    pub(super) fn is_loop(&self) -> bool {
        matches!(self.flaw.why, Why::ToItself(_))
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
            Part::Rule => write!(f, ", `{text}`: {}", flaw.sentence()),
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

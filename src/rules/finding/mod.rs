//! What is wrong with rules. The parsers, the builder, the check and the route check all make
//! findings.
//!
//! A finding is made where a problem is noticed, with a code, a message and a help text. Its
//! callers add what they know: the part of the rule and the byte in it, then the rule, or the file
//! and the line.

use std::{borrow::Cow, error::Error, fmt, sync::Arc};

use super::{RuleRef, lines::Lines, text_range::TextRange};
use crate::{journey::TestRequest, location::LocationError, observe::escaped::Escaped};

mod code;
mod excerpt;
mod list;
mod make;
mod part;
mod related;
#[cfg(feature = "serde")]
mod serialize;
#[cfg(feature = "snippets")]
mod snippets;

pub use code::{FindingCode, Severity, UnknownFindingCode};
pub(super) use excerpt::{Excerpt, SHOWN};
pub use list::Findings;
pub(super) use make::cut;
pub use part::Part;
pub use related::RelatedRule;

/// A problem with rules or with their file: what is wrong, how severe it is, where it is, and how
/// to fix it.
///
/// A finding about a file has a file, a line and a column:
///
/// ```
/// use tower_redirect::rules::{FindingCode, Severity, netlify};
///
/// let findings = netlify::parse_lossy("/a /b\n  /c\n").findings;
/// let finding = findings.iter().next().unwrap();
/// assert_eq!(finding.code(), FindingCode::InvalidEntry);
/// assert_eq!(finding.severity(), Severity::Error);
/// assert_eq!((finding.line(), finding.column()), (Some(2), Some(3)));
/// assert_eq!(finding.message(), "the source `/c` has no target");
/// assert_eq!(finding.help(), "write it after the source, for example `/old /new`");
/// ```
///
/// A finding about a rule from code has a rule, a part of it, and a position in that part:
///
/// ```
/// use tower_redirect::rules::{Part, Rule, Rules};
///
/// let errors = Rules::new([Rule::permanent("/u/{user}", "https://{user}.example/")]).unwrap_err();
/// let error = errors.iter().next().unwrap();
/// assert_eq!((error.rule(), error.part()), (Some(0), Some(Part::Target)));
/// assert_eq!(error.position(), Some(8));
/// assert_eq!(
///     error.to_string(),
///     "rule 0, target `https://{user}.example/`, byte 8: error: a domain of at least two labels \
///      must follow the placeholder; write it out: `https://{name}.example.com/`",
/// );
/// ```
///
/// `Display` writes the place, the severity, the message and the help on one line. It leaves the
/// code out, because the message names the problem in words.
///
/// # JSON
///
/// With the `serde` feature, a finding implements `Serialize`. Codes, severities and parts are
/// their names. A field that the finding doesn't have is left out.
///
#[cfg_attr(all(feature = "serde", feature = "json"), doc = "```")]
#[cfg_attr(not(all(feature = "serde", feature = "json")), doc = "```ignore")]
/// use tower_redirect::rules::netlify;
///
/// let rules = netlify::parse("/a /b\n/b /c\n")?.in_file("_redirects");
/// let chain = rules.check().iter().next().unwrap().clone();
/// assert_eq!(
///     serde_json::to_value(&chain)?,
///     serde_json::json!({
///         "code": "redirect-chain",
///         "severity": "warning",
///         "message": "redirect chain: `/b` is redirected again by line 2",
///         "help": "point this rule at `/c`, unless the app has a page at `/b`",
///         "file": "_redirects",
///         "line": 1,
///         "rule": 0,
///         "related": [{ "rule": 1, "file": "_redirects", "line": 2 }],
///     }),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Finding(Box<Fields>);

/// Findings are returned as errors, so they are one pointer.
#[derive(Clone, PartialEq, Eq)]
struct Fields {
    code: FindingCode,
    message: Cow<'static, str>,
    /// Empty if the message already says how to fix it.
    help: Cow<'static, str>,
    rule: Option<u32>,
    name: Option<Box<str>>,
    /// The part of the rule and its text.
    part: Option<(Part, Box<str>)>,
    /// The bytes in the text of the part. Without a range, the finding is about all of it.
    range: Option<TextRange>,
    file: Option<Arc<str>>,
    line: Option<u32>,
    /// The line of the finding, then some of the related lines, as far as their text is known.
    excerpts: Vec<Excerpt>,
    related: Box<[RelatedRule]>,
    /// The URLs of a loop, and a request that enters it.
    urls: Box<[String]>,
    request: Option<Box<TestRequest>>,
    also_affected: Vec<RelatedRule>,
}

impl Finding {
    /// Returns the code: the kind of problem, under a stable name.
    #[must_use]
    pub const fn code(&self) -> FindingCode {
        self.0.code
    }

    /// Returns the severity, which depends only on the code.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.code().severity()
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns how to fix it.
    ///
    /// If the message already says how, this is empty.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.0.help
    }

    /// Returns the file, if the rule was read from a file and its name is known.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.0.file.as_deref()
    }

    /// Returns the line, counted from 1, if the rule was read from a file.
    #[must_use]
    pub const fn line(&self) -> Option<u32> {
        self.0.line
    }

    /// Returns the column in characters, counted from 1, if it is known.
    ///
    /// Findings of [`Rules::check`](super::Rules::check) have one only after
    /// [`Findings::with_text`].
    ///
    /// ```
    /// let findings = tower_redirect::rules::netlify::parse_lossy("/\u{e9} /b 200").findings;
    /// assert_eq!(findings.iter().next().unwrap().column(), Some(7));
    /// ```
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        Some(self.0.excerpts.first()?.marked.start + 1)
    }

    /// Returns the column after the last character, if it is known.
    ///
    /// If the problem spans several lines, this is a column of its first line.
    ///
    /// ```
    /// let findings = tower_redirect::rules::netlify::parse_lossy("/a /b 200").findings;
    /// assert_eq!(findings.iter().next().unwrap().end_column(), Some(10));
    /// ```
    #[must_use]
    pub fn end_column(&self) -> Option<usize> {
        Some(self.0.excerpts.first()?.marked.end + 1)
    }

    /// Returns the number of the rule, counted from 0 in the order in which the rules were added.
    ///
    /// A rule of a file that has an error has no number.
    #[must_use]
    pub const fn rule(&self) -> Option<u32> {
        self.0.rule
    }

    /// Returns the name of the rule, if it has one.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let errors = Rules::new([Rule::permanent("/a", "/a").named("home")]).unwrap_err();
    /// assert_eq!(errors.iter().next().unwrap().rule_name(), Some("home"));
    /// ```
    #[must_use]
    pub fn rule_name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Returns the part of the rule, if the finding is about a part or about a rule from code.
    #[must_use]
    pub fn part(&self) -> Option<Part> {
        Some(self.0.part.as_ref()?.0)
    }

    /// Returns the text of that part as it was written.
    ///
    /// A text of more than 200 characters is cut.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        Some(&self.0.part.as_ref()?.1)
    }

    /// Returns the byte within that text, counted from 0, or `None` if the finding is about all of
    /// it.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        Some(self.0.range?.start)
    }

    /// Returns the other rules in the finding, sorted by number: the rest of the loop or chain, or
    /// the rule that shadows this one. Of a possible chain, these are the first few.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let rules = [Rule::found("/a", "/b"), Rule::found("/b", "/c"), Rule::found("/c", "/a")];
    /// let errors = Rules::new(rules).unwrap_err();
    /// let error = errors.iter().next().unwrap();
    /// assert_eq!(error.rule(), Some(2));
    /// assert_eq!(error.related().iter().map(|other| other.rule()).collect::<Vec<_>>(), [0, 1]);
    /// ```
    #[must_use]
    pub fn related(&self) -> &[RelatedRule] {
        &self.0.related
    }

    /// Returns the URLs of a redirect loop, in the order in which a client requests them. Of a long
    /// loop, these are the first six. Without a loop, or if the URLs aren't known, it is empty.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let errors = Rules::new([Rule::found("/a", "/b"), Rule::found("/b", "/a")]).unwrap_err();
    /// assert_eq!(errors.iter().next().unwrap().urls(), ["/a", "/b"]);
    /// ```
    #[must_use]
    pub fn urls(&self) -> &[String] {
        &self.0.urls
    }

    /// Returns a request that the rules redirect again and again, if the finding is about a loop
    /// and such a request is known.
    ///
    /// ```
    /// use tower_redirect::rules::{Condition, FindingCode, Rule, Rules};
    ///
    /// let beta = Condition::cookie("beta");
    /// let rules = Rules::new([
    ///     Rule::found("/a", "/b").when(beta),
    ///     Rule::found("/b", "/a").when(Condition::header("x-test")),
    /// ])?;
    /// let findings = rules.check();
    /// let is_loop = |code| code == FindingCode::PossibleLoop;
    /// let finding = findings.iter().find(|finding| is_loop(finding.code())).unwrap();
    /// let request = finding.request().unwrap();
    /// assert_eq!(request.head().header("cookie").unwrap(), "beta=1");
    /// request.clone().through(&rules).assert_redirect("/b");
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub fn request(&self) -> Option<&TestRequest> {
        self.0.request.as_deref()
    }

    /// Returns the later rules that have the same finding.
    ///
    /// The list has such a finding once, for the first rule.
    ///
    /// ```
    /// use tower_redirect::rules::netlify;
    ///
    /// let file = "/a /x/1\n/b /x/2\n/c /x/3\n/x/:id /y/:id 302 Language=de\n";
    /// let findings = netlify::parse(file)?.check();
    /// let finding = findings.iter().next().unwrap();
    /// let others: Vec<_> = finding.also_affected().iter().map(|other| other.line()).collect();
    /// assert_eq!((finding.line(), others), (Some(1), vec![Some(2), Some(3)]));
    /// assert_eq!(
    ///     finding.to_string(),
    ///     "rules:1: note: possible redirect chain: line 4 may redirect the target \
    ///      (2 more rules have this finding); \
    ///      point this rule at the final target, if that is always the same URL",
    /// );
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    #[must_use]
    pub fn also_affected(&self) -> &[RelatedRule] {
        &self.0.also_affected
    }

    /// The message, and how many other rules have the same finding.
    fn title(&self) -> String {
        let message = &self.0.message;
        match self.0.also_affected.len() {
            0 => message.to_string(),
            1 => format!("{message} (1 more rule has this finding)"),
            more => format!("{message} ({more} more rules have this finding)"),
        }
    }

    /// The file name to print.
    fn file_or_default(&self) -> &str {
        self.file().unwrap_or("rules")
    }

    /// Writes where the problem is: the file and the line, or else the rule, and the part of it.
    fn write_place(&self, f: &mut impl fmt::Write) -> fmt::Result {
        let mut separator = "";
        if let Some(line) = self.line() {
            write!(f, "{}:{line}", Escaped(self.file_or_default()))?;
            separator = ", ";
            if let Some(column) = self.column() {
                write!(f, ":{column}")?;
            }
        } else if let Some(rule) = self.rule() {
            write!(f, "rule {rule}")?;
            separator = ", ";
        } else if self.0.part.is_none() {
            f.write_str(self.file_or_default())?;
        }
        if let Some(name) = self.rule_name() {
            write!(f, " ({})", Escaped(name))?;
        }
        if let Some((part, text)) = &self.0.part {
            f.write_str(separator)?;
            if *part != Part::Rule {
                write!(f, "{part} ")?;
            }
            write!(f, "`{}`", Escaped(text))?;
            if let Some(range) = self.0.range {
                write!(f, ", byte {}", range.start)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_place(f)?;
        write!(f, ": {}: {}", self.severity(), Escaped(self.title()))?;
        match self.help() {
            "" => Ok(()),
            help => write!(f, "; {}", Escaped(help)),
        }
    }
}

// `main() -> Result<(), Finding>` prints this; it has to help as much.
impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Finding({self})")
    }
}

impl Error for Finding {}

//! Rules of a table as rules that another table can be built from.
//!
//! A compiled source is text in native syntax, and a compiled target can be written as text. So a
//! rule needs only a source of the right kind. It is one that compiles to the same text:
//!
//! | compiled source | source |
//! |---|---|
//! | `/a/{x}` | this text |
//! | `/:a` | `Source::exact("/:a")`, because the text would be taken for a mistake |
//! | `/a{/*}` | `Source::prefix("/a")`, because the tail has no name |

use super::RuleRef;
use crate::rules::{
    compiled_rule::{PATTERN, REGEX},
    options::Matching,
    rule::Rule,
    source::{Source, SourceKind, foreign},
    syntax::{self, Word},
    target_text::TargetText,
};

/// The tail of a prefix, as it is compiled.
const PREFIX_TAIL: &str = "{/*}";

/// The rule of a table, for another table or for a [native file](crate::rules::native).
///
/// ```
/// use tower_redirect::rules::{Rule, Rules, netlify};
/// use tower_redirect::testing;
///
/// let rules = netlify::parse("/blog/:slug /posts/:slug 302!")?;
/// let native: Vec<Rule> = rules.iter().map(Rule::from).collect();
/// assert_eq!(
///     native[0].to_string(),
///     "/blog/{slug} -> /posts/{slug} 302 query=target-wins ignore-trailing-slash",
/// );
///
/// let rules = Rules::new(native)?;
/// testing::get("/blog/a/").through(&rules).assert_redirect("/posts/a");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A table of these rules with the same [`Precedence`](crate::rules::Precedence) decides like
/// the table that they come from. The rule has no file and no line.
impl From<RuleRef<'_>> for Rule {
    fn from(rule: RuleRef<'_>) -> Self {
        let compiled = rule.compiled();
        let mut options = rule.options().cloned().unwrap_or_default();
        // They're found when the table is built.
        options.own_target = None;
        options.host_label = None;
        let matching = options.matching;
        for pattern in &mut options.except {
            *pattern = with_slash(pattern, matching).into();
        }
        let mut target = rule.target();
        let source = rule.source();
        let kind = if compiled.has(REGEX) {
            SourceKind::Regex(word(source.to_owned()))
        } else if let Some(front) = source.strip_suffix(PREFIX_TAIL) {
            prefix(front, &mut target)
        } else {
            let text = with_slash(source, matching);
            let is_foreign = foreign(&Source::from(&*text)).is_some();
            match (is_foreign, compiled.has(PATTERN)) {
                (true, true) => match syntax::source(&text) {
                    Ok(read) => SourceKind::Pattern(read.path),
                    // A compiled pattern can always be read.
                    Err(_) => SourceKind::Text(text),
                },
                (true, false) => SourceKind::Exact(word(text)),
                (false, _) => SourceKind::Text(text),
            }
        };
        Self {
            source: Source::new(kind),
            target: TargetText::Native(target),
            outcome: rule.outcome(),
            options,
            conflict: None,
        }
    }
}

/// The source of a rule that was a prefix. Removes the tail from its target.
///
/// Flattening keeps such a target, so the tail is at the end of its path.
fn prefix(front: &str, target: &mut String) -> SourceKind {
    let path_end = target.find(['?', '#']).unwrap_or(target.len());
    let (path, after) = target.split_at_checked(path_end).unwrap_or((target, ""));
    if let Some(path) = path.strip_suffix(PREFIX_TAIL) {
        *target = format!("{}{after}", ending_in_slash(path));
    }
    SourceKind::Prefix(word(ending_in_slash(front)))
}

/// A path that loses one slash at its end when it is compiled.
fn ending_in_slash(path: &str) -> String {
    match path.is_empty() || path.ends_with('/') {
        true => format!("{path}/"),
        false => path.to_owned(),
    }
}

/// A source or an exception as it is before it is compiled.
fn with_slash(source: &str, matching: Matching) -> String {
    match matching.ignore_trailing_slash && source.len() > 1 && source.ends_with('/') {
        true => format!("{source}/"),
        false => source.to_owned(),
    }
}

fn word(text: String) -> Word {
    let range = 0..text.len();
    Word::new(text, range)
}

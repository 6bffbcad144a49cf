//! The redirects of an Apache `.htaccess` file.
//!
//! ```
//! use tower_redirect::rules::apache;
//! use tower_redirect::testing;
//!
//! let rules = apache::parse(
//!     "Redirect 301 /old https://new.example/\n\
//!      RewriteEngine On\n\
//!      RewriteRule ^blog/([^/]+)$ /posts/$1 [R=301,L]\n",
//! )?;
//! testing::get("/old/a").through(&rules).assert_redirect("https://new.example/a");
//! testing::get("/blog/hello?a=b").through(&rules).assert_redirect("/posts/hello?a=b");
//! # Ok::<(), tower_redirect::rules::Findings>(())
//! ```
//!
//! # Syntax
//!
//! A line is one directive. A `\` at its end joins the next line to it. The file belongs to the
//! folder of the site's first page.
//!
//! Quote a word that contains white space. In `RewriteCond` and `RewriteRule`, a quoted word ends
//! at the next quote, even after a `\`, and `\` followed by a space is a part of a word without
//! quotes. In the other directives, `\\` is one `\`, and `\"` in a quoted word is a quote.
//!
//! | directive | what it does here |
//! |---|---|
//! | `Redirect [status] /old URL` | matches this path and every path below; what follows it is appended to the URL |
//! | `RedirectMatch [status] regex URL` | matches paths; `$1` in the URL inserts a group |
//! | `RedirectPermanent`, `RedirectTemp` | `Redirect` with 301 or 302 |
//! | `RewriteEngine On` | is required for the directives below |
//! | `RewriteBase /a` | comes before a relative target |
//! | `RewriteCond test pattern [NC,OR]` | a condition on the next `RewriteRule` |
//! | `RewriteRule pattern target [flags]` | matches paths, without their first slash |
//! | `<IfModule x>` | is read through; `<IfModule !x>` is skipped |
//! | `#` at the start of a line | starts a comment |
//!
//! A status is 301, 302 (the default), 303, 307, 308, a 4xx status without a URL, `permanent`,
//! `temp`, `seeother` or `gone`. Regexes may match anywhere in the path. `^` and `$` bind them to
//! its start and end. Most need the `regex` feature.
//!
//! | flag | what it does here |
//! |---|---|
//! | `R`, `R=301` | redirects |
//! | `F`, `G`, `R=404` | refuses with 403, 410 or this 4xx status |
//! | `L`, `END` | with the target `-`: requests that the rule matches pass through |
//! | `NC` | ignores case |
//! | `QSA`, `QSD` | appends, or drops, the query of the request; without them, a query in the target replaces it |
//! | `NE` | sends `#` in the target as it is |
//!
//! | test of a condition | pattern |
//! |---|---|
//! | `%{HTTP_HOST}`, `%{REQUEST_URI}`, `%{HTTP:Name}`, `%{HTTP_USER_AGENT}`, `%{HTTP_REFERER}` | a regex, `=text`, or the same after `!` |
//! | `%{HTTPS}`, `%{REQUEST_SCHEME}`, `%{SERVER_PORT}` | `on` or `off`, `https` or `http`, `443` or `80` |
//! | `%{REQUEST_METHOD}` | methods, as in `^(GET\|HEAD)$` |
//! | `%{QUERY_STRING}` | `^key=value$`, `(^\|&)key=value(&\|$)` or `^$` |
//! | `%{REQUEST_FILENAME}` | `!-f` and `!-d`: the rule waits for a 404 of the app |
//!
//! Targets insert `$1` from the rule, `%1` from its last condition, and `%{REQUEST_URI}`. Right
//! after a host, only a group is inserted that begins with a slash or is empty, such as `(/.*)?`.
//! `%{REQUEST_SCHEME}://%{HTTP_HOST}` before a path redirects on the same site.
//!
//! Rewrite rules come before `Redirect`, except those after a rule that passes requests through.
//!
//! # Not supported
//!
//! | syntax | what happens |
//! |---|---|
//! | a rule without `R` (an internal rewrite), the flags `P`, `N` and `S` | a warning; requests that the rule matches pass through |
//! | `%{HTTP_HOST}` and other variables in a target, any other group right after a host, `%1` of a condition with `!` or on the method | a warning; requests that the rule matches pass through |
//! | any other condition, look-around and references to groups in a regex, the flag `C` | a warning; the rule never matches |
//! | rewrite rules without `RewriteEngine On` | a warning |
//! | a redirect in another section, such as `<Files>` | a warning; it is skipped |
//! | other directives | nothing |
//!
//! # Differences from Apache
//!
//! - A regex sees the path as the client sent it, with its percent-encoding.
//! - A redirect always ends the rules, as if it had the flag `L`.
//! - An internal rewrite always ends the rules. Apache begins again with the new path.
//! - A relative target without `RewriteBase` follows a `/`. Apache sends the path of the folder on
//!   the disk.
//! - `Redirect` puts one `/` between a path and what it appends, and always one after a host. What
//!   it appends comes before the query and the fragment of the URL.
//! - `%{QUERY_STRING}` in a target and the flag `QSA` send the query once.
//! - The path isn't changed before it is matched. Apache merges its slashes.
//! - `%{HTTP_HOST}` is in lower case and has no port.
//! - `%20` in a target is a space if the last condition has no groups.

use std::ops::Range;

use super::{
    Parsed,
    document::Document,
    file_format::{FileFormat, FileReader},
    messages::{quoted, similar_name},
    print::{Reason, entry::PrintPlaceholder},
    rewrite::OriginalEntry,
    spots::{ApacheTarget, Spot},
};
use crate::rules::{
    FindingCode, Findings, Format, Outcome, Part, Precedence, QueryPolicy, Rule, Rules,
    syntax::Template,
};

mod alias;
mod condition;
mod lines;
mod print;
mod regex;
mod rewrite;
mod target;

use condition::Cond;
use lines::{Word, lines};
use regex::Unsupported;

/// Parses a file and returns its rules. Warnings are dropped.
///
/// ```
/// use tower_redirect::rules::apache;
///
/// assert_eq!(apache::parse("Redirect 301 /a /b")?.len(), 1);
/// # Ok::<(), tower_redirect::rules::Findings>(())
/// ```
///
/// # Errors
///
/// Returns all findings, warnings included, if one of them is an error.
pub fn parse(text: &str) -> Result<Rules, Findings> {
    Format::Apache.parse(text)
}

/// Parses a file and returns the valid rules and all findings. Lines with errors are skipped.
///
/// ```
/// use tower_redirect::rules::apache;
///
/// let parsed = apache::parse_lossy("Redirect 301 /a /b\nRedirect 301 /c\n");
/// assert_eq!(parsed.rules.len(), 1);
/// assert!(parsed.findings.to_string().starts_with("rules:2:14: error: "));
/// ```
#[must_use]
pub fn parse_lossy(text: &str) -> Parsed {
    Format::Apache.parse_lossy(text)
}

/// See [`Format::Apache`].
pub(super) struct Apache;

impl FileFormat for Apache {
    fn reader(&self) -> FileReader {
        FileReader::Document(Precedence::FirstMatch, Box::new(read))
    }

    fn print_entry(&self, rule: &Rule) -> Result<String, Reason> {
        print::entry(rule)
    }

    fn frame(&self) -> [&'static str; 3] {
        ["RewriteEngine On\n", "\n", "\n"]
    }

    fn print_target(
        &self,
        target: &Template,
        placeholder: PrintPlaceholder<'_>,
    ) -> Result<String, Reason> {
        print::target(target, placeholder)
    }

    fn rewrite_target(
        &self,
        target: String,
        query: QueryPolicy,
        old: &OriginalEntry<'_>,
    ) -> Result<String, Reason> {
        print::new_target(target, query, old)
    }

    fn rewrite_status(&self, status: u16, old: &OriginalEntry<'_>) -> Result<String, Reason> {
        Ok(print::new_status(status, old))
    }
}

/// A directive that redirects, or says how.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Directive {
    Redirect,
    RedirectMatch,
    RedirectPermanent,
    RedirectTemp,
    RewriteBase,
    RewriteCond,
    RewriteEngine,
    RewriteRule,
}

const DIRECTIVES: [(&str, Directive); 8] = [
    ("Redirect", Directive::Redirect),
    ("RedirectMatch", Directive::RedirectMatch),
    ("RedirectPermanent", Directive::RedirectPermanent),
    ("RedirectTemp", Directive::RedirectTemp),
    ("RewriteBase", Directive::RewriteBase),
    ("RewriteCond", Directive::RewriteCond),
    ("RewriteEngine", Directive::RewriteEngine),
    ("RewriteRule", Directive::RewriteRule),
];

impl Directive {
    fn of(name: &str) -> Option<Self> {
        let mut known = DIRECTIVES.into_iter();
        let found = known.find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, directive)| directive)
    }
}

/// A rule, and the words that it comes from.
struct Entry {
    rule: Rule,
    source: Word,
    target: Word,
    /// The word that says the status.
    status: Option<Range<usize>>,
    apache: ApacheTarget,
}

impl Entry {
    /// Adds the rule, or reports what is wrong with it.
    fn add(self, document: &mut Document<'_>) {
        let source = &self.source.bytes;
        document.spot(|| {
            let mut spot = Spot::new(&self.target.text, self.target.bytes.clone());
            spot.apache = Some(self.apache);
            spot.status(self.status.clone())
        });
        let Err(error) = document.try_rule(source.start, source, self.rule.clone()) else {
            return;
        };
        let is_target = error.part() == Some(Part::Target);
        let word = if is_target {
            &self.target
        } else {
            &self.source
        };
        let offset = match error.part() {
            Some(Part::Source | Part::Target) => error.position().unwrap_or_default(),
            _ => 0,
        };
        let bytes = word.bytes_from(document.text, offset);
        let (message, help) = (error.message(), error.help());
        if error.code().is_loop() {
            document.report(error.code(), &bytes, message, help);
        } else if is_target {
            // Later rules must not take the URLs of one that can't be sent.
            let message = format!("{message}, so requests for this rule pass through");
            document.report(FindingCode::UnsupportedTarget, &bytes, &message, help);
            let _ = document.try_rule(source.start, source, passing(self.rule));
        } else {
            let message = format!("{message}, so this rule is skipped");
            document.report(error.code(), &bytes, &message, help);
        }
    }
}

/// What is reported about a line: the code, the bytes, the message and the help.
type Report = (FindingCode, Range<usize>, String, String);

/// What a line comes to.
#[derive(Default)]
struct Output {
    entries: Vec<Entry>,
    reports: Vec<Report>,
}

struct Reader {
    /// Whether the last `RewriteEngine` of the file is on. It counts for the whole file.
    engine: bool,
    said_engine: bool,
    /// The last `RewriteBase` of the file, which counts for the whole file.
    base: String,
    conds: Vec<Cond>,
    /// Whether a condition of the next rule wasn't understood.
    is_broken: bool,
    /// Whether the next rule only runs if the one before it matches.
    is_chained: bool,
    /// Of the line that is being read.
    output: Output,
}

fn read(document: Document<'_>) -> Parsed {
    let text = document.text;
    let last = |directive| {
        let of = lines(text).filter(|line| Directive::of(&line.name.text) == Some(directive));
        let word = of.last().and_then(|line| line.arguments.into_iter().next());
        word.map_or_else(String::new, |word| word.text)
    };
    let mut reader = Reader {
        engine: last(Directive::RewriteEngine).eq_ignore_ascii_case("on"),
        said_engine: false,
        base: last(Directive::RewriteBase),
        conds: Vec::new(),
        is_broken: false,
        is_chained: false,
        output: Output::default(),
    };
    let (mut aliases, mut rewrites) = (Vec::new(), Vec::new());
    // The sections that are open, and whether they are read through.
    let mut sections: Vec<(String, bool)> = Vec::new();
    for line in lines(text) {
        let name = &*line.name.text;
        let mut outputs = &mut aliases;
        if name.starts_with("</") {
            sections.pop();
        } else if let Some(section) = name.strip_prefix('<') {
            let is_module = section.eq_ignore_ascii_case("IfModule");
            let of = line
                .arguments
                .first()
                .is_some_and(|word| !word.text.starts_with('!'));
            sections.push((name.trim_end_matches('>').to_owned() + ">", is_module && of));
        } else if let Some(directive) = Directive::of(name) {
            match sections.iter().find(|(_, is_read)| !is_read) {
                None => match directive {
                    Directive::RewriteEngine | Directive::RewriteBase => {}
                    Directive::RewriteCond | Directive::RewriteRule => {
                        outputs = &mut rewrites;
                        reader.rewrite(line, directive);
                    }
                    _ => reader.alias(&line, directive),
                },
                // Every module counts as loaded.
                Some((section, _)) if section.eq_ignore_ascii_case("<IfModule>") => {}
                Some((section, _)) => {
                    let message = format!(
                        "the section {} isn't supported, so this line is skipped",
                        quoted(section)
                    );
                    reader.report(
                        FindingCode::UnsupportedOption,
                        &line.name,
                        &message,
                        "move it out of the section",
                    );
                }
            }
        } else if let Some(meant) = similar_name(name, &DIRECTIVES.map(|(name, _)| name)) {
            let message = format!("unknown directive {}", quoted(name));
            let help = format!("did you mean `{meant}`?");
            reader.report(FindingCode::Syntax, &line.name, &message, &help);
        }
        outputs.push(std::mem::take(&mut reader.output));
    }
    // Rewriting comes before `Redirect`, and a rule that ends it doesn't end that.
    let passes = |entry: &Entry| matches!(entry.rule.outcome, Outcome::Pass);
    let first = rewrites
        .iter()
        .position(|output| output.entries.iter().any(passes));
    let later = rewrites.split_off(first.unwrap_or(rewrites.len()));
    let mut document = document.with_sources();
    for output in rewrites.into_iter().chain(aliases).chain(later) {
        document.begin_entry();
        for (code, bytes, message, help) in output.reports {
            document.report(code, &bytes, &message, &help);
        }
        for entry in output.entries {
            entry.add(&mut document);
        }
    }
    document.finish()
}

impl Reader {
    fn report(&mut self, code: FindingCode, word: &Word, message: &str, help: &str) {
        let bytes = word.bytes.clone();
        let report = (code, bytes, message.to_owned(), help.to_owned());
        self.output.reports.push(report);
    }

    /// Says that a rule isn't supported, and that it is left out.
    fn never_matches(&mut self, word: &Word, (message, help): Unsupported) {
        let message =
            format!("{message}, so the rule never matches, and later rules may match its URLs");
        self.report(FindingCode::UnsupportedCondition, word, &message, help);
    }

    /// Says that the outcome of a rule isn't supported. Returns the rule that passes instead.
    fn passes(
        &mut self,
        code: FindingCode,
        word: &Word,
        (message, help): Unsupported,
        rule: Rule,
    ) -> Rule {
        let message = format!("{message}, so requests for this rule pass through");
        self.report(code, word, &message, help);
        passing(rule)
    }
}

/// A rule that passes requests through instead of redirecting them.
fn passing(mut rule: Rule) -> Rule {
    rule.outcome = Outcome::Pass;
    rule.target = String::new().into();
    rule.options.query = QueryPolicy::Keep;
    rule.options.after = None;
    rule
}

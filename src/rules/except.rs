//! Paths that a rule excludes.
//!
//! Each exception is a pattern, compared as the source is. For a source without placeholders, all
//! are decided when the table is built. Then either no exception matches the path, and the table
//! keeps none, or one does, and the rule is an error.

use super::{
    Finding, Part,
    analysis::covers,
    compiled_rule::{PATTERN, REGEX},
    options::{Matching, Options},
    pattern::PatternRef,
    rule::Rule,
    source::{Source, foreign},
    syntax,
    table::first_match,
};

impl Rule {
    /// Excludes paths. The rule doesn't match them, and the table tries the next rule.
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    /// use tower_redirect::testing;
    ///
    /// let english = Rule::found("/{*rest}", "/en/{rest}").except(["/en{/*rest}", "/api{/*rest}"]);
    /// let rules = Rules::new([english])?;
    /// testing::get("/blog").through(&rules).assert_redirect("/en/blog");
    /// testing::get("/en/blog").through(&rules).assert_pass();
    /// testing::get("/api").through(&rules).assert_pass();
    /// # Ok::<(), tower_redirect::rules::Findings>(())
    /// ```
    ///
    /// An exception is a path in the syntax of a [source](Self#sources), without host and query. It
    /// is compared as the source is: [`ignore_case`](Self::ignore_case) and
    /// [`ignore_trailing_slash`](Self::ignore_trailing_slash) apply to it, too. Its placeholders
    /// capture nothing. A second call adds exceptions. A lookup tries them one after the other.
    ///
    /// If an exception matches all paths of the source, building the table returns an error:
    ///
    /// ```
    /// use tower_redirect::rules::{Rule, Rules};
    ///
    /// let errors = Rules::new([Rule::found("/a/b", "/c").except(["/a/{x}"])]).unwrap_err();
    /// assert!(errors.to_string().contains("excludes every path of the source"));
    /// ```
    pub fn except<I>(mut self, patterns: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let patterns = patterns.into_iter().map(|pattern| pattern.into().into());
        self.options.except.extend(patterns);
        self
    }
}

impl Options {
    /// Compiles the exceptions of a rule with this compiled source.
    pub(super) fn compile_exceptions(&mut self, source: &[u8], flags: u16) -> Result<(), Finding> {
        let matching = self.matching;
        for exception in &mut self.except {
            let wrong = |error: Finding| error.in_part(Part::Source, exception);
            let compiled: Box<str> = compile(exception, matching).map_err(wrong)?.into();
            let is_emptied = match flags & (PATTERN | REGEX) {
                0 => std::str::from_utf8(source)
                    .is_ok_and(|path| first_match(path, matching, [&*compiled]).is_some()),
                PATTERN => covers(
                    PatternRef::of(source),
                    PatternRef::of(compiled.as_bytes()),
                    matching,
                ),
                _ => false,
            };
            if is_emptied {
                let message = "this exception excludes every path of the source";
                return Err(wrong(Finding::whole(
                    message,
                    "narrow it, or remove the rule",
                )));
            }
            *exception = compiled;
        }
        if flags & (PATTERN | REGEX) == 0 {
            self.except.clear();
        }
        Ok(())
    }
}

/// Writes an exception in the form that is compared.
fn compile(text: &str, matching: Matching) -> Result<String, Finding> {
    if let Some(error) = foreign(&Source::from(text)) {
        return Err(error);
    }
    let read = syntax::source(text)?;
    let message = "an exception is a path";
    if let Some((_, host)) = read.origin {
        return Err(Finding::at(
            host.range,
            message,
            "remove the scheme and the host",
        ));
    }
    if let Some(parameter) = read.query.first() {
        return Err(Finding::at(
            parameter.key.range,
            message,
            "remove the query",
        ));
    }
    let path = if matching.ignore_trailing_slash {
        read.path.without_trailing_slash()
    } else {
        read.path
    };
    let mut out = Vec::new();
    syntax::compile(&path, matching.ignore_case, &mut out)?;
    Ok(String::from_utf8_lossy(&out).into_owned())
}

//! How findings are made, and what their callers add.

use super::{
    Arc, Cow, Excerpt, Fields, Finding, FindingCode, Lines, LocationError, Part, RelatedRule,
    RuleRef, TestRequest, TextRange,
};
use crate::rules::RuleNumber;

impl Finding {
    pub(in crate::rules) fn new(
        code: FindingCode,
        message: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Fields {
            code,
            message: message.into(),
            help: help.into(),
            rule: None,
            name: None,
            part: None,
            range: None,
            file: None,
            line: None,
            excerpts: Vec::new(),
            related: Box::default(),
            urls: Box::default(),
            request: None,
            also_affected: Vec::new(),
        }))
    }

    /// A part of a rule that can't be parsed or compiled. The part decides the code.
    pub(in crate::rules) fn whole(
        message: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(FindingCode::Syntax, message, help)
    }

    /// The same, about some bytes of the part.
    pub(in crate::rules) fn at(
        range: impl Into<TextRange>,
        message: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::whole(message, help).with_range(range.into())
    }

    pub(in crate::rules) fn table_too_large() -> Self {
        Self::new(
            FindingCode::Limit,
            "the table is larger than 2 GB",
            "split it",
        )
    }

    pub(in crate::rules) fn no_slash(at: usize) -> Self {
        let message = "a source path must start with `/`";
        Self::at(TextRange::byte(at), message, "")
    }

    pub(in crate::rules) fn no_fragment(at: usize) -> Self {
        let message = "a request has no fragment";
        Self::at(TextRange::byte(at), message, "remove it, or write `%23`")
    }

    pub(in crate::rules) fn no_query(at: usize) -> Self {
        Self::at(
            TextRange::byte(at),
            "a source path can't contain `?`",
            "match the query with a condition, or write `%3F`",
        )
    }

    #[cfg(not(feature = "regex"))]
    pub(in crate::rules) fn needs_regex() -> Self {
        let message = "this needs the `regex` feature";
        Self::new(FindingCode::MissingFeature, message, "")
    }

    pub(in crate::rules) fn duplicate_name() -> Self {
        let message = "duplicate placeholder name";
        Self::whole(message, "give each placeholder its own name")
    }

    /// What is wrong with a location in this part of a target.
    pub(in crate::rules) fn location(error: LocationError, range: TextRange) -> Self {
        Self::at(range, error.message(), error.help())
    }

    /// A target that is the source of its own rule, as the file writes it.
    pub(in crate::rules) fn to_itself(target: &str) -> Self {
        // A file writes its placeholders in its own way.
        let target = if target.contains(['{', '}']) {
            "the target".to_owned()
        } else {
            format!("`{}`", cut(target))
        };
        Self::new(
            FindingCode::EndlessRedirect,
            format!("endless redirect: {target} matches this rule again"),
            "remove this rule or change its target",
        )
    }

    /// A problem with a rule of a table.
    pub(crate) fn of_rule(
        code: FindingCode,
        rule: RuleRef<'_>,
        message: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) -> Self {
        let text = rule.to_string();
        let without_status = text.rsplit_once(" (").map_or(&*text, |(text, _)| text);
        let mut finding = Self::new(code, message, help)
            .in_table(rule.rule_number(), rule.lines())
            .in_part(Part::Rule, without_status);
        finding.0.name = rule.name().map(Into::into);
        finding
    }

    pub(in crate::rules) fn with_range(mut self, range: TextRange) -> Self {
        self.0.range = Some(range);
        self
    }

    pub(in crate::rules) const fn range(&self) -> Option<TextRange> {
        self.0.range
    }

    /// Adds the part of the rule and its text.
    pub(crate) fn in_part(mut self, part: Part, text: &str) -> Self {
        if self.0.code == FindingCode::Syntax {
            self.0.code = part.code();
        }
        self.0.part = Some((part, cut(text)));
        self
    }

    /// Adds the rule.
    pub(in crate::rules) fn in_rule(mut self, number: RuleNumber, name: Option<&str>) -> Self {
        self.0.rule = Some(number.0);
        self.0.name = name.map(Into::into);
        self
    }

    pub(in crate::rules) fn name_rule(&mut self, name: Option<&str>) {
        self.0.name = name.map(Into::into);
    }

    /// Adds the number of a rule of a table, and the line that the rule was read from.
    pub(in crate::rules) fn in_table(mut self, number: RuleNumber, lines: &Lines) -> Self {
        self.0.rule = Some(number.0);
        self.0.file = lines.file(number).cloned();
        self.0.line = lines.get(number);
        self
    }

    pub(super) fn in_file(&mut self, name: &Arc<str>) {
        if self.0.line.is_some() {
            self.0.file = Some(Arc::clone(name));
        }
    }

    /// Adds the line, and the part of it that is meant.
    pub(in crate::rules) fn on_line(mut self, excerpt: Excerpt) -> Self {
        self.0.line = Some(excerpt.line);
        self.0.excerpts = vec![excerpt];
        self
    }

    /// Adds the other rules that the problem is about.
    pub(in crate::rules) fn with_related(mut self, rules: &[RuleNumber], lines: &Lines) -> Self {
        let related = rules.iter().map(|rule| RelatedRule::new(*rule, lines));
        self.0.related = related.collect();
        self
    }

    /// Adds the later rules with the same finding.
    pub(in crate::rules) fn also_in(mut self, rules: &[RuleNumber], lines: &Lines) -> Self {
        let rules = rules.iter().map(|rule| RelatedRule::new(*rule, lines));
        self.0.also_affected = rules.collect();
        self
    }

    /// The rule of this finding, as another finding refers to it.
    pub(super) fn as_related(&self, rule: u32) -> RelatedRule {
        RelatedRule::of(rule, self.0.file.clone(), self.0.line)
    }

    /// Adds the URLs of a loop, and a request that enters it.
    pub(in crate::rules) fn with_urls(
        mut self,
        urls: &[String],
        request: Option<TestRequest>,
    ) -> Self {
        self.0.urls = urls.into();
        self.0.request = request.map(Box::new);
        self
    }
}

/// A text that fits a message.
pub(in crate::rules) fn cut(text: &str) -> Box<str> {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()).into(),
        None => text.into(),
    }
}

//! Writes a rule as one line.

use std::fmt::{self, Display as _};

use super::words::{Bare, Quoted};
use crate::{
    rules::{
        Outcome, QueryPolicy, Rule,
        condition::{Condition, PathTest, Place, ValueMatcher},
        options::{Edit, Options},
        source::{Source, SourceKind},
    },
    status::{Status, StatusChoice},
};

/// Characters that end a bare word in a list or in a pair.
const MARKS: &[char] = &['|', ',', ':', '=', '~', '#'];

/// Writes the rule in the syntax of a [native file](crate::rules::native).
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_source(&self.source, f)?;
        f.write_str(" -> ")?;
        match self.outcome {
            Outcome::Redirect(status) => {
                Target(&self.target.native()).fmt(f)?;
                fmt_status(status, f)
            }
            Outcome::Pass => f.write_str("pass"),
            Outcome::Refuse(http::StatusCode::GONE) => f.write_str("gone"),
            Outcome::Refuse(status) => write!(f, "refuse {}", status.as_u16()),
        }?;
        fmt_options(&self.options, f)
    }
}

/// Writes a target, in quotes if a line would have another meaning without them.
pub(super) struct Target<'t>(pub(super) &'t str);

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            keyword @ ("pass" | "gone" | "refuse") => Quoted(keyword).fmt(f),
            target => Bare(target, &[]).fmt(f),
        }
    }
}

fn fmt_source(source: &Source, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match &source.kind {
        SourceKind::Text(text) => {
            let is_other = ["~", "prefix:", "exact:", "pattern:", "any://"];
            if is_other.iter().any(|start| text.starts_with(start)) {
                Quoted(text).fmt(f)
            } else {
                Bare(text, &[]).fmt(f)
            }
        }
        SourceKind::Pattern(pattern) => {
            write!(f, "pattern:{}", Bare(&pattern.to_string(), &[]))
        }
        SourceKind::Exact(path) => write!(f, "exact:{}", Bare(&path.text, &[])),
        SourceKind::Prefix(path) => write!(f, "prefix:{}", Bare(&path.text, &[])),
        SourceKind::Regex(regex) => write!(f, "~{}", Quoted(&regex.text)),
    }
}

fn fmt_status(status: StatusChoice, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match status {
        StatusChoice::Status(Status::PermanentRedirect) => Ok(()),
        StatusChoice::Status(status) => write!(f, " {}", status.as_u16()),
        StatusChoice::Intent(intent) => write!(f, " {intent}"),
    }
}

fn fmt_options(options: &Options, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // No field can be forgotten here.
    let Options {
        scheme,
        host,
        methods,
        conditions,
        except,
        query,
        edits,
        cache,
        after,
        name,
        matching,
        merge_slashes,
        repeats_asked,
        shadows,
        last_value,
        only_these_parameters,
        // They're found when the table is built.
        own_target: _,
        host_label: _,
        stands_with_patterns,
    } = options;
    if let Some(name) = name {
        write!(f, " name={}", Bare(name, MARKS))?;
    }
    if let Some(scheme) = scheme {
        write!(f, " scheme={scheme}")?;
    }
    if let Some(host) = host {
        write!(f, " host={}", Bare(host, MARKS))?;
    }
    for (at, method) in methods.list.iter().enumerate() {
        let separator = match (at, methods.is_excluded) {
            (0, false) => " methods=",
            (0, true) => " not-methods=",
            _ => ",",
        };
        write!(f, "{separator}{method}")?;
    }
    for (expected, condition) in conditions {
        f.write_str(if *expected { " " } else { " not:" })?;
        fmt_condition(condition, f)?;
    }
    for pattern in except {
        write!(f, " except={}", Bare(pattern, MARKS))?;
    }
    if let Some(status) = after {
        write!(f, " after={}", status.as_u16())?;
    }
    if let Some(cache) = cache {
        let directives = cache.to_string();
        for directive in directives.split(", ") {
            write!(f, " {directive}")?;
        }
    }
    match query {
        QueryPolicy::Keep => Ok(()),
        QueryPolicy::Drop => f.write_str(" query=drop"),
        QueryPolicy::Merge => f.write_str(" query=merge"),
        QueryPolicy::TargetWins => f.write_str(" query=target-wins"),
    }?;
    for edit in edits {
        match edit {
            Edit::Remove(key) => write!(f, " remove={}", Bare(key, MARKS)),
            Edit::Rename(from, to) => {
                write!(f, " rename={}:{}", Bare(from, MARKS), Bare(to, MARKS))
            }
            Edit::Set(key, value) => write!(f, " set={}:{}", Bare(key, MARKS), Bare(value, MARKS)),
        }?;
    }
    for (is_set, flag) in [
        (matching.ignore_case, "ignore-case"),
        (matching.ignore_trailing_slash, "ignore-trailing-slash"),
        (*merge_slashes, "merge-slashes"),
        (*repeats_asked, "repeat-parameters"),
        (*shadows, "last-capture"),
        (*last_value, "last-value"),
        (*only_these_parameters, "only-these-parameters"),
        (*stands_with_patterns, "after-exact"),
    ] {
        if is_set {
            write!(f, " {flag}")?;
        }
    }
    Ok(())
}

fn fmt_condition(condition: &Condition, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match &condition.place {
        Place::Query(name) => write!(f, "query:{}", Bare(name, MARKS)),
        Place::Header(name) => write!(f, "header:{}", Bare(name, MARKS)),
        Place::HeaderInAnyCase(name) => write!(f, "header-in-any-case:{}", Bare(name, MARKS)),
        Place::Cookie(name) => write!(f, "cookie:{}", Bare(name, MARKS)),
        Place::Host => f.write_str("host:"),
        Place::Path(PathTest::Any) => f.write_str("path:"),
        Place::Path(PathTest::EmptySegment) => f.write_str("path:empty-segment"),
        Place::Path(PathTest::BeginsWith(text, ignore_case)) => {
            let case = if *ignore_case { "-in-any-case" } else { "" };
            write!(f, "path:begins-with{case}:{}", Bare(text, MARKS))
        }
        Place::Language(cookie) => write!(f, "language:{}", Bare(cookie, MARKS)),
    }?;
    let ValueMatcher {
        one_of,
        regexes,
        captures,
        captures_empty,
    } = &condition.value;
    for (at, value) in one_of.iter().flatten().enumerate() {
        let separator = if at == 0 { "=" } else { "|" };
        write!(f, "{separator}{}", Bare(value, MARKS))?;
    }
    for regex in regexes {
        write!(f, "~{}", Quoted(regex))?;
    }
    let optional = if *captures_empty { "?" } else { "" };
    for name in captures {
        write!(f, " as {name}{optional}")?;
    }
    Ok(())
}

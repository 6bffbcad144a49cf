//! Prints redirects of Netlify.

use http::StatusCode;

use super::conditions::LANGUAGE_COOKIE;
use crate::rules::{
    Rule,
    condition::{Condition, Place},
    format::print::{
        Reason,
        entry::{
            Feature, Names, Parts, check_features, encoded, segments, status, unsupported_condition,
        },
    },
    options::Options,
    syntax::{Pattern, TailKind},
};

/// What a redirect says.
pub(in crate::rules::format) struct Redirect {
    pub(in crate::rules::format) from: String,
    pub(in crate::rules::format) query: Vec<(String, String)>,
    pub(in crate::rules::format) to: String,
    pub(in crate::rules::format) status: u16,
    pub(in crate::rules::format) force: bool,
    pub(in crate::rules::format) conditions: Vec<(&'static str, String)>,
}

/// A line of a `_redirects` file.
pub(super) fn line(rule: &Rule) -> Result<String, Reason> {
    let Redirect {
        from,
        query,
        to,
        status,
        force,
        conditions,
    } = redirect(rule)?;
    let mut line = from;
    for (key, value) in query {
        line.push_str(&format!(" {key}={value}"));
    }
    line.push_str(&format!(" {to} {status}"));
    line.push_str(if force { "!" } else { "" });
    for (key, value) in conditions {
        line.push_str(&format!(" {key}={value}"));
    }
    Ok(line)
}

pub(in crate::rules::format) fn redirect(rule: &Rule) -> Result<Redirect, Reason> {
    let status = status(rule)?;
    // A rule with `*` excludes its own target in the format.
    let excludes_target = |path: &str| path.ends_with("{/*_rest}") && rule.options.after.is_none();
    let excludes: &[Feature] = match &*rule.options.except {
        [path] if excludes_target(path) => &[Feature::Excludes],
        _ => &[],
    };
    check_features(&rule.options, excludes)?;
    let parts = Parts::of(rule)?;
    let names = parts.names();
    let path = path(&parts.path, &names)?;
    let mut redirect = Redirect {
        from: format!("{}{path}", origin(&rule.options)?),
        query: Vec::new(),
        // A rewrite to the same URL passes the request through.
        to: path.replace("/*", "/:splat"),
        status: 200,
        force: false,
        conditions: Vec::new(),
    };
    if let Some(status) = status {
        redirect.to = names.with_colons(&parts.target, "")?;
        redirect.status = status.as_u16();
        redirect.force = match rule.options.after {
            None => true,
            Some(StatusCode::NOT_FOUND) => false,
            Some(_) => return Err("the format has only rules that wait for a 404".into()),
        };
    }
    for (is_expected, condition) in &rule.options.conditions {
        if !is_expected {
            return Err("the format has no conditions that must not be met".into());
        }
        redirect.condition(condition, &names)?;
    }
    Ok(redirect)
}

fn origin(options: &Options) -> Result<String, Reason> {
    match (options.scheme, &options.host) {
        (None, None) => Ok(String::new()),
        (Some(scheme), Some(host)) => Ok(format!("{scheme}://{host}")),
        (None, Some(_)) => Err("a rule for a host needs a scheme in the format".into()),
        (Some(_), None) => Err("a rule for a scheme needs a host in the format".into()),
    }
}

fn path(path: &Pattern, names: &Names<'_>) -> Result<String, Reason> {
    let literal = |text: &str| match text.contains('*') || text.starts_with(':') {
        true => Err("`*` and `:` can't be plain text in the format".into()),
        false => Ok(text.to_owned()),
    };
    let mut out = segments(path, literal, |[before, name, after]| {
        match before.is_empty() && after.is_empty() {
            true => Ok(format!(":{}", names.get(name))),
            false => Err("a placeholder must be a whole segment in the format".into()),
        }
    })?;
    match path.tail.as_ref().map(|tail| tail.kind) {
        None => {}
        Some(TailKind::AfterSlash) if out.is_empty() => out.push_str("/*"),
        Some(TailKind::Optional) => out.push_str("/*"),
        Some(_) => return Err("`/a/*` also matches `/a` in the format".into()),
    }
    Ok(out)
}

impl Redirect {
    fn condition(&mut self, condition: &Condition, names: &Names<'_>) -> Result<(), Reason> {
        let Condition { place, value } = condition;
        if !value.regexes.is_empty() {
            return Err("the format has no conditions with regexes".into());
        }
        match (place, value.only_listed(), &*value.captures) {
            (Place::Query(key), Some([value]), []) => {
                self.query.push((encoded(key), encoded(value)));
            }
            (Place::Query(key), None, [name]) => {
                self.query
                    .push((encoded(key), format!(":{}", names.get(name))));
            }
            (Place::Language(cookie), Some(languages), []) if **cookie == *LANGUAGE_COOKIE => {
                self.conditions.push(("Language", languages.join(",")));
            }
            (Place::Cookie(name), None, []) => self.conditions.push(("Cookie", name.to_string())),
            (Place::Query(_), ..) => {
                return Err("a condition on a parameter has one value in the format".into());
            }
            (Place::Cookie(_), ..) => {
                return Err("the format doesn't compare the values of cookies".into());
            }
            (Place::Language(_), ..) => {
                return Err("the format reads the language only from the cookie `nf_lang`".into());
            }
            (place, ..) => return Err(unsupported_condition(place)),
        }
        Ok(())
    }
}

//! A redirect of Netlify's, from whichever of its files: what it says, and the rules that it
//! becomes.

use std::borrow::Cow;

use http::StatusCode;

use super::{FindingCode, Headers, LeftOut, Loader, Place, Rule, source::Names};
use crate::{
    rules::{
        Condition, Outcome, QueryPolicy,
        format::{
            messages::{STATUS_HELP, quoted},
            placeholders,
            spots::Spot,
        },
        syntax::Template,
    },
    status::Status as OurStatus,
};

/// What a redirect says.
#[derive(Clone, Debug)]
pub(in crate::rules::format) struct Entry<'l> {
    pub(in crate::rules::format) from: Word<'l>,
    pub(in crate::rules::format) query: Vec<Pair<'l>>,
    pub(in crate::rules::format) to: Option<Word<'l>>,
    pub(in crate::rules::format) status: Option<Status<'l>>,
    pub(in crate::rules::format) force: bool,
    pub(in crate::rules::format) conditions: Vec<Pair<'l>>,
    /// Whether it is written as TOML, for the fixes that show how.
    pub(in crate::rules::format) in_toml: bool,
}

/// A text, and where it stands.
#[derive(Clone, Debug)]
pub(in crate::rules::format) struct Word<'l> {
    pub(in crate::rules::format) text: Cow<'l, str>,
    pub(in crate::rules::format) place: Place<'l>,
}

/// A key and perhaps a value; conditions have lists, with `,` between their parts.
#[derive(Clone, Debug)]
pub(in crate::rules::format) struct Pair<'l> {
    pub(in crate::rules::format) key: Cow<'l, str>,
    pub(in crate::rules::format) value: Option<Cow<'l, str>>,
    pub(in crate::rules::format) place: Place<'l>,
}

/// A status, whatever it is.
#[derive(Clone, Debug)]
pub(in crate::rules::format) struct Status<'l> {
    pub(in crate::rules::format) code: i64,
    pub(in crate::rules::format) place: Place<'l>,
}

/// The name of the tail in a target.
pub(super) const SPLAT: &str = "splat";

impl<'l> Word<'l> {
    pub(super) fn of(place: Place<'l>) -> Self {
        Self {
            text: place.text().into(),
            place,
        }
    }
}

impl<'l> Pair<'l> {
    /// What is left and right of the first `=`, up to the next.
    pub(super) fn of(word: &Word<'l>) -> Self {
        let mut parts = word.text.split('=');
        Self {
            key: parts.next().unwrap_or_default().to_owned().into(),
            value: parts.next().map(|value| value.to_owned().into()),
            place: word.place.clone(),
        }
    }
}

impl<'l> Entry<'l> {
    /// Adds the rules, or says why there are none.
    pub(in crate::rules::format) fn add(&self, headers: &Headers, loader: &mut Loader) {
        if let Err(left_out) = self.try_add(headers, loader) {
            loader.leave_out(&left_out);
        }
    }

    fn try_add(&self, headers: &Headers, loader: &mut Loader) -> Result<(), LeftOut<'l>> {
        let target = self.target()?;
        let mut names = Names::default();
        let matched = self.source(&mut names, loader)?;
        let (conditions, cookies) = self.conditions(headers, loader)?;
        let query = self.query(&mut names, loader);
        let mut rule = if let Some(status) = self.redirect_status() {
            self.warn_of_slashes(&target, loader);
            let template = template(&target, &names, loader);
            let rule = Rule::of_file(status, matched.source.clone(), template);
            let rule = rule.query(QueryPolicy::TargetWins);
            match self.force {
                true => rule.except(self.own_target(&target.text)),
                false => rule.after(StatusCode::NOT_FOUND),
            }
        } else {
            self.warn_of_status(loader);
            Rule::pass(matched.source.clone())
        };
        rule.options.last_value = !query.is_empty();
        rule = matched.restrict(rule);
        rule = query.into_iter().chain(conditions).fold(rule, Rule::when);
        // With `!`, it is an error of the table.
        if !self.force && rule.names_one_address_twice() {
            let target = quoted(&target.text);
            let message = format!("{target} is the source of this rule, so nothing is redirected");
            let help = "remove this rule, or change its target";
            loader.report_at(FindingCode::OwnTarget, &self.from.place, &message, help);
        }
        loader.spot(|| {
            let status = self.status.as_ref().map(|status| &status.place);
            Spot::new(&target.text, &target.place).status(status)
        });
        // One of the cookies is enough: a rule for each.
        let rules: Vec<_> = match &*cookies {
            [] => vec![rule],
            some => some
                .iter()
                .map(|name| rule.clone().when(Condition::cookie(name)))
                .collect(),
        };
        for rule in rules {
            // Pages with one source are no copies, and the first of them takes the URLs.
            if rule.outcome == Outcome::Pass {
                loader.rule_at(&self.from.place, &target.place, rule);
                continue;
            }
            if let Some(line) = loader.last_copy(&self.from.place, &target.place, rule) {
                let message =
                    format!("line {line} has the same rule, and only the last one counts");
                let help = "remove one of the two";
                loader.report_at(
                    FindingCode::UnreachableRule,
                    &self.from.place,
                    &message,
                    help,
                );
            }
        }
        Ok(())
    }

    /// Where it leads; a rewrite of everything below a path may leave it out.
    fn target(&self) -> Result<Word<'l>, LeftOut<'l>> {
        if let Some(to) = &self.to {
            return Ok(to.clone());
        }
        let front = self.from.text.strip_suffix("/*");
        let code = self.status.as_ref().map_or(0, |status| status.code);
        match front.filter(|_| (200..300).contains(&code)) {
            Some(front) => Ok(Word {
                text: format!("{front}/:{SPLAT}").into(),
                place: self.from.place.clone(),
            }),
            None => Err(self.from.place.wrong(
                FindingCode::InvalidEntry,
                format!("the source {} has no target", quoted(&self.from.text)),
                if self.in_toml {
                    "add it, for example `to = \"/new\"`"
                } else {
                    "write it after the source, for example `/old /new`"
                },
            )),
        }
    }

    /// Says where only a slash at the end is appended or trimmed.
    fn warn_of_slashes(&self, target: &Word<'_>, loader: &mut Loader) {
        let (from, to) = (&*self.from.text, &*target.text);
        let is_one = from.trim_end_matches('/') == to.trim_end_matches('/');
        if from != to && is_one && self.query.is_empty() {
            let (from, to) = (quoted(from), quoted(to));
            let message =
                format!("Netlify treats {from} and {to} as one URL, so this is a loop there");
            let help = "remove the rule, and use the policy `TrailingSlash` in the app";
            loader.report_at(FindingCode::PossibleLoop, &target.place, &message, help);
        }
    }

    /// The status, if it is one of a redirect.
    fn redirect_status(&self) -> Option<OurStatus> {
        let Some(Status { code, .. }) = &self.status else {
            return Some(OurStatus::MovedPermanently);
        };
        OurStatus::try_from(u16::try_from(*code).ok()?).ok()
    }

    /// Says that a rule doesn't redirect. It still keeps later rules away from its URLs.
    fn warn_of_status(&self, loader: &mut Loader) {
        let Some(Status { code, place }) = &self.status else {
            return;
        };
        let (what, help) = match code {
            200 => ("a rewrite, not a redirect", "serve these URLs from the app"),
            404 => (
                "an error page, not a redirect",
                "send the error page from the app",
            ),
            _ => ("no redirect", STATUS_HELP),
        };
        let message = format!("status {code} is {what}, so these URLs pass through");
        loader.report_at(FindingCode::UnsupportedOutcome, place, &message, help);
    }
}

/// The native form of a target, with its placeholders.
fn template(target: &Word<'_>, names: &Names, loader: &mut Loader) -> Template {
    let (template, findings) =
        placeholders::target(&target.text, names.in_target(), "Netlify replaces");
    for (bytes, message, help) in findings {
        let place = target.place.part(&bytes);
        loader.report_at(FindingCode::Misleading, &place, &message, help);
    }
    template
}

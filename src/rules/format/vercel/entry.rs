//! One redirect of a list: what the format's site rejects is an error, and what it ignores, or what
//! only isn't supported here, is a warning that leaves this redirect out.

use std::ops::Range;

use super::{
    VercelFormat, destination,
    names::Names,
    source::{self, Problem},
    url,
};
use crate::{
    rules::{
        Finding, FindingCode, Outcome, Part, QueryPolicy, Rule,
        condition::{Condition, PathTest},
        format::{
            document::Document,
            json::{Object, Value},
            messages::{STATUS_HELP, quoted},
            path_to_regexp::{self, Matched, Modifier, Piece},
            spots::Spot,
        },
        source::SourceKind,
        syntax::Template,
    },
    status::Status,
};

/// Paths that Next serves itself, and never redirects.
const OF_NEXT: &str = "/_next";

/// An entry that is being read.
#[derive(Debug)]
pub(super) struct Entry<'d, 't> {
    pub(super) document: &'d mut Document<'t>,
    pub(super) format: VercelFormat,
    pub(super) destination: String,
    pub(super) names: Names,
}

/// A text of the entry, and where it stands.
pub(super) struct Text<'t> {
    pub(super) value: Value<'t>,
    pub(super) text: String,
}

/// What becomes of the requests that a redirect matches.
enum To {
    Target(Template),
    /// The outcome isn't supported here.
    Pass,
}

impl<'t> Entry<'_, 't> {
    /// Reads an entry, and reports what is wrong with it.
    pub(super) fn read(document: &mut Document<'t>, format: VercelFormat, entry: Value<'t>) {
        let mut own = Entry {
            document,
            format,
            destination: String::new(),
            names: Names::new(format),
        };
        own.rule(entry);
    }

    /// Adds the rule of an entry; `None` if it was left out.
    fn rule(&mut self, entry: Value<'t>) -> Option<()> {
        let Some(object) = entry.object() else {
            let help = "write it as `{ \"source\": …, \"destination\": … }`";
            return self.error(
                FindingCode::InvalidEntry,
                entry.bytes(),
                "a redirect must be an object",
                help,
            );
        };
        self.check_keys(&object)?;
        let source = self.text(entry, &object, "source")?;
        let target = self.text(entry, &object, "destination")?;
        self.destination.clone_from(&target.text);
        let status = self.status(entry, &object)?;

        let mut rule = self.matched(&source)?;
        let mut conditions = source.value.inside();
        for (key, expected) in [("has", true), ("missing", false)] {
            if let Some(list) = object.get(key) {
                conditions = list.bytes();
                rule = self.conditions(*list, expected, rule)?;
            }
        }
        rule.options.shadows = !self.names.conditions.is_empty();

        let place = source.value.inside();
        let at = entry.bytes().start;
        self.document.spot(|| {
            let status = object.get("statusCode").or(object.get("permanent"));
            Spot::new(&target.text, target.value.bytes()).status(status.map(Value::bytes))
        });
        if let To::Target(to) = self.outcome(&object, &target)? {
            let mut redirect = rule.clone().query(QueryPolicy::Merge);
            redirect.outcome = Outcome::Redirect(Status::try_from(status).ok()?.into());
            redirect.target = to.into();
            match self.document.try_rule(at, &place, redirect) {
                Ok(()) => return Some(()),
                Err(error) => {
                    self.not_added(&error, &rule, [&source, &target], &conditions)?;
                }
            }
        }
        // Later redirects must not take the URLs of one that can't be sent.
        if let Err(error) = self.document.try_rule(at, &place, rule.clone()) {
            self.not_added(&error, &rule, [&source, &target], &conditions)?;
        }
        Some(())
    }

    /// The rule of a source, which passes requests through so far.
    fn matched(&mut self, source: &Text<'t>) -> Option<Rule> {
        let pieces = match path_to_regexp::parse(&source.text) {
            Ok(pieces) => pieces,
            Err(wrong) if !source.text.contains("://") => {
                let bytes = source.value.part(wrong.bytes);
                return self.error(FindingCode::InvalidSource, bytes, wrong.message, wrong.help);
            }
            Err(_) => {
                let message = format!("the source {} isn't a path", quoted(&source.text));
                let help = "start it with `/`, and write the host as a condition in `has`";
                return self.error(
                    FindingCode::InvalidSource,
                    source.value.inside(),
                    &message,
                    help,
                );
            }
        };
        if !may_begin_with_slash(&pieces) {
            let message = format!("the source {} isn't a path", quoted(&source.text));
            return self.left_out(
                FindingCode::NeverMatches,
                source.value.inside(),
                &message,
                "start it with `/`",
            );
        }
        let translated = match source::translate(&pieces, self.format) {
            Ok(translated) => translated,
            #[cfg(not(feature = "regex"))]
            Err(Problem::NeedsRegex) => return self.needs_regex(source.value.inside()),
            Err(Problem::Regex(wrong)) => {
                let bytes = source.value.part(wrong.bytes);
                return match wrong.is_known {
                    true => self.left_out(
                        FindingCode::UnsupportedRegex,
                        bytes,
                        wrong.message,
                        wrong.help,
                    ),
                    false => {
                        self.error(FindingCode::InvalidRegex, bytes, wrong.message, wrong.help)
                    }
                };
            }
        };
        self.names.path = translated.path;
        self.names.groups = translated.groups;
        let mut rule = Rule::pass(translated.source);
        rule.options.repeats_asked = true;
        rule.options.last_value = true;
        for condition in translated.excluded {
            rule = rule.unless(condition);
        }
        if self.format == VercelFormat::Next {
            rule = rule.ignore_case();
            if !begins_otherwise(&pieces, OF_NEXT) {
                rule = rule.unless(Condition::path(PathTest::BeginsWith(OF_NEXT.into(), true)));
            }
        }
        Some(rule)
    }

    fn outcome(&mut self, object: &Object<'t>, target: &Text<'t>) -> Option<To> {
        if let Some(env) = object.get("env") {
            let help = "remove it, and write the values into the destination";
            return self.passes(
                FindingCode::UnsupportedTarget,
                env.bytes(),
                "`env` isn't supported",
                help,
            );
        }
        let code = object.get("statusCode");
        let is_redirect = |code: &Value<'_>| {
            let status = code.integer().map(Status::try_from);
            status.is_some_and(|status| status.is_ok())
        };
        if let Some(code) = code.filter(|code| !is_redirect(code)) {
            let message = self.no_status(*code);
            return self.passes(
                FindingCode::UnsupportedOutcome,
                code.bytes(),
                &message,
                STATUS_HELP,
            );
        }
        if !url::is_absolute(&target.text) {
            let written = quoted(&target.text);
            let message = format!("the destination {written} is neither a path nor a URL");
            return self.left_out(
                FindingCode::UnsupportedTarget,
                target.value.inside(),
                &message,
                "start it with `/`",
            );
        }
        self.target(target)
    }

    fn target(&mut self, target: &Text<'t>) -> Option<To> {
        let to = match destination::translate(&target.text, &self.names) {
            Ok(to) => to,
            Err(wrong) => {
                let bytes = target.value.part(wrong.bytes);
                return match wrong.is_known {
                    true => self.passes(
                        FindingCode::UnsupportedTarget,
                        bytes,
                        &wrong.message,
                        wrong.help,
                    ),
                    false => self.error(
                        FindingCode::InvalidTarget,
                        bytes,
                        &wrong.message,
                        wrong.help,
                    ),
                };
            }
        };
        for group in self.names.unknown_groups(&target.text) {
            let written = quoted(target.text.get(group.clone()).unwrap_or_default());
            let message = format!("the source has no group {written}, so it is sent as text");
            let bytes = target.value.part(group);
            let help = "add the group to the source, or write `%24` for the dollar sign";
            self.document
                .report(FindingCode::Misleading, &bytes, &message, help);
        }
        Some(To::Target(to))
    }

    /// Says why a redirect can't be added.
    fn not_added(
        &mut self,
        error: &Finding,
        rule: &Rule,
        [source, target]: [&Text<'t>; 2],
        conditions: &Range<usize>,
    ) -> Option<To> {
        // The places in a regex are those of its own text.
        let is_regex = matches!(rule.source.kind, SourceKind::Regex(_));
        let bytes = match error.part() {
            Some(Part::Source) if !is_regex => source.value.place(error),
            Some(Part::Target) => target.value.place(error),
            Some(Part::Condition) => conditions.clone(),
            _ => source.value.inside(),
        };
        match error.part() {
            _ if error.code().is_loop() => self.document.report_in(&bytes, error),
            Some(Part::Target) => {
                return self.passes(
                    FindingCode::UnsupportedTarget,
                    bytes,
                    error.message(),
                    error.help(),
                );
            }
            _ => {
                return self.left_out(
                    FindingCode::UnsupportedSource,
                    bytes,
                    error.message(),
                    error.help(),
                );
            }
        }
        None
    }

    #[cfg(not(feature = "regex"))]
    pub(super) fn needs_regex<T>(&mut self, bytes: Range<usize>) -> Option<T> {
        self.left_out(
            FindingCode::UnsupportedRegex,
            bytes,
            "this pattern needs a regex, and the `regex` feature is off",
            "enable the `regex` feature of tower-redirect",
        )
    }

    /// Something that the format's site rejects, and with it the whole file.
    pub(super) fn error<T>(
        &mut self,
        code: FindingCode,
        bytes: Range<usize>,
        message: &str,
        help: &str,
    ) -> Option<T> {
        self.document.report(code, &bytes, message, help);
        None
    }

    /// An outcome that isn't supported here, of a redirect that matches.
    #[expect(clippy::unnecessary_wraps, reason = "as outcomes are returned")]
    fn passes(
        &mut self,
        code: FindingCode,
        bytes: Range<usize>,
        message: &str,
        help: &str,
    ) -> Option<To> {
        let message = format!("{message}, so requests for this redirect pass through");
        self.document.report(code, &bytes, &message, help);
        Some(To::Pass)
    }

    /// Something that the format's site ignores, or that isn't supported here.
    pub(super) fn left_out<T>(
        &mut self,
        code: FindingCode,
        bytes: Range<usize>,
        message: &str,
        help: &str,
    ) -> Option<T> {
        let message = format!("{message}, so this redirect is skipped");
        self.document.report(code, &bytes, &message, help);
        None
    }
}

/// Whether a pattern matches any path, each of which begins with a slash.
fn may_begin_with_slash(pieces: &[Piece]) -> bool {
    match pieces.first() {
        None => false,
        Some(Piece::Text(literal)) => literal.text.starts_with('/'),
        Some(Piece::Group(group)) => {
            let is_optional = matches!(group.modifier, Modifier::Optional | Modifier::ZeroOrMore);
            is_optional
                || group.prefix.starts_with('/')
                || group.prefix.is_empty()
                    && match group.matched {
                        Matched::Regex(_) => true,
                        Matched::Nothing => group.suffix.starts_with('/'),
                        Matched::Segment => false,
                    }
        }
    }
}

/// Whether every path of a pattern begins with other text than this.
fn begins_otherwise(pieces: &[Piece], text: &str) -> bool {
    let Some(Piece::Text(literal)) = pieces.first() else {
        return false;
    };
    let mut both = literal.text.bytes().zip(text.bytes());
    let is_short = literal.text.len() < text.len();
    let differs = both.any(|(own, other)| !own.eq_ignore_ascii_case(&other));
    // A single path that ends before it is another one, too.
    differs || is_short && pieces.len() == 1
}

#[cfg(all(test, feature = "regex"))]
mod tests {
    use super::begins_otherwise;
    use crate::{
        rules::{Format, Rules, format::path_to_regexp::parse},
        testing,
    };

    /// Every path of up to so many bytes.
    fn paths(length: u32) -> impl Iterator<Item = String> {
        let letters = ['/', 'a', 'b', '.'];
        (0..4_usize.pow(length)).map(move |number| {
            let digits = (0..length).map(|at| letters[number / 4_usize.pow(at) % 4]);
            format!("/{}", digits.collect::<String>())
        })
    }

    #[test]
    fn native_sources_match_what_their_regexes_match() {
        // A group that may be missing makes a regex of a pattern, and matches nothing here.
        for (pattern, destination) in [
            ("/a/:x", "https://new.example/t/:x"),
            ("/:x/b", "https://new.example/t?x=:x"),
            ("/a:x.b", "https://new.example/t/:x"),
            ("/:x/:y.a", "https://new.example/t/:y/:x"),
            ("/a/(.*)", "https://new.example/t/$1"),
            ("/:x/:y(.+)", "https://new.example/t/:y?x=:x"),
            ("/a/:x*", "https://new.example/t/:x*"),
            ("/:x/:y+", "https://new.example/t/:x/:y*"),
            ("/:x*", "https://new.example/t/:x*"),
            ("/:x/:x", "https://new.example/t/:x"),
            ("/((?!a|b/).*)", "https://new.example/t/$1"),
            ("/:x/((?!a).*)", "https://new.example/t/$2"),
            ("/a//(.*)", "https://new.example/t/$1"),
        ] {
            let rules = |pattern: &str| {
                let source = serde_json::to_string(pattern).unwrap();
                let file = format!(r#"[{{"source":{source},"destination":"{destination}"}}]"#);
                Format::Vercel.parse(&file).unwrap()
            };
            let (native, regex) = (rules(pattern), rules(&format!("{pattern}{{zz}}?")));
            let mut found = 0;
            for path in (0..7).flat_map(paths) {
                let answer = |rules: &Rules| {
                    let answer = testing::get(&path).through(rules);
                    let redirect = answer.decision().clone().into_target();
                    redirect.map(|to| to.location().as_str().to_owned())
                };
                assert_eq!(answer(&native), answer(&regex), "{pattern} {path}");
                found += usize::from(answer(&native).is_some());
            }
            assert!(found >= 10, "{pattern}: {found}");
        }
    }

    #[test]
    fn sources_that_never_match_the_paths_of_next_are_known() {
        for (pattern, expected) in [
            ("/a/:x*", true),
            ("/_nex", true),
            ("/_nex:x", false),
            ("/_NEXT/:x", false),
            ("/_next", false),
            ("/:x*", false),
            ("/", true),
            ("/{a}?", false),
        ] {
            let pieces = parse(pattern).unwrap();
            assert_eq!(begins_otherwise(&pieces, "/_next"), expected, "{pattern}");
        }
    }
}

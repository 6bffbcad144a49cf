//! Reads line by line: a source, a destination and perhaps a status.

use std::collections::HashMap;

use super::{
    path::{self, Path},
    source::Pattern,
};
use crate::{
    rules::{
        FindingCode, QueryPolicy, Rule,
        format::{
            loader::{LeftOut, Line, Loader, Place},
            messages::{STATUS_HELP, quoted},
            netlify::{APACHE, ARROWS},
            placeholders,
            read::ByLine,
            spots::Spot,
        },
    },
    status::Status,
};

/// The most characters of a line.
const LONGEST: usize = 2_000;

/// The most rules without placeholders.
const MOST_STATIC: usize = 2_000;

/// The most other rules.
const MOST_DYNAMIC: usize = 100;

/// Reads line by line.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Each source, and its line.
    seen: HashMap<String, u32>,
    count_static: usize,
    count_dynamic: usize,
    is_full: bool,
}

impl ByLine for Reader {
    fn line(&mut self, line: Line<'_>, loader: &mut Loader) {
        if let Err(left_out) = self.try_line(line, loader) {
            loader.leave_out(&left_out);
        }
    }
}

impl Reader {
    fn try_line<'l>(&mut self, line: Line<'l>, loader: &mut Loader) -> Result<(), LeftOut<'l>> {
        let words: Vec<_> = line
            .words()
            .take_while(|word| !word.text().starts_with('#'))
            .collect();
        let Some(first) = words.first().filter(|_| !self.is_full) else {
            return Ok(());
        };
        if line.text.trim().encode_utf16().nth(LONGEST).is_some() {
            return Err(first.wrong(
                FindingCode::Limit,
                "this line has more than 2,000 characters",
                "shorten it",
            ));
        }
        if let Some(arrow) = words.iter().find(|word| ARROWS.contains(&word.text())) {
            let message = format!("{} isn't part of this format", quoted(arrow.text()));
            return Err(arrow.wrong(FindingCode::Syntax, message, "remove it"));
        }
        if APACHE.contains(&first.text()) {
            let message = format!("{} is a directive of Apache", quoted(first.text()));
            let help = "write it as `/old /new 301`";
            return Err(first.wrong(FindingCode::Syntax, message, help));
        }
        let (from, to, status) = match &*words {
            [from, to] => (from, to, None),
            [from, to, status] => (from, to, Some(status)),
            [from] => {
                let message = format!("the source {} has no destination", quoted(from.text()));
                let help = "write it after the source, for example `/old /new`";
                return Err(from.wrong(FindingCode::InvalidEntry, message, help));
            }
            _ => {
                let fourth = words.get(3).unwrap_or(first);
                let message = format!("unexpected {} after the status", quoted(fourth.text()));
                let help = "remove it, since a line has only a source, a destination and a status";
                return Err(fourth.wrong(FindingCode::Syntax, message, help));
            }
        };

        let source = source_path(from, loader)?;
        let pattern = Pattern::of(&source);
        let is_static = pattern.is_static() && self.count_dynamic == 0;
        self.count(is_static, from)?;
        // The first of them was reported.
        if is_static && self.count_static > MOST_STATIC {
            return Ok(());
        }
        let destination = destination(to, loader)?;
        let status = self::status(status)?;
        if is_loop(&source, &destination) {
            let message = format!(
                "Cloudflare rejects this rule as a loop, since it redirects {} to its folder",
                quoted(to.text())
            );
            let help = "remove it, or redirect to a page that isn't called `index` or `index.html`";
            return Err(to.wrong(FindingCode::RedirectLoop, message, help));
        }
        if let Some(line) = self.seen.get(&source) {
            let source = quoted(from.text());
            return Err(from.wrong(
                FindingCode::UnreachableRule,
                format!("line {line} already has the source {source}, so this rule is skipped"),
                "remove one of the two",
            ));
        }
        self.seen.insert(source.clone(), line.number);
        let names = pattern.names().map_err(|name| {
            let (message, help) = match &*name {
                "*" => (
                    "the source has more than one `*`".to_owned(),
                    "use `*` once, which counts as `:splat`",
                ),
                ":splat" => (
                    "the source has the placeholder `:splat` twice".to_owned(),
                    "use another name, since `*` counts as `:splat`",
                ),
                name => (
                    format!("the source has the placeholder {} twice", quoted(name)),
                    "give each placeholder its own name",
                ),
            };
            from.wrong(FindingCode::InvalidSource, message, help)
        })?;
        let mut rule = if let Some(status) = status {
            let (template, findings) =
                placeholders::target(&destination, &names, "older Cloudflare versions replace");
            for (bytes, message, help) in findings {
                let place = to.part(&bytes);
                loader.report_at(FindingCode::Misleading, &place, &message, help);
            }
            let mut rule = Rule::of_file(status, pattern.source(), template);
            rule.options.merge_slashes = !names.is_empty() && destination.starts_with('/');
            rule.query(QueryPolicy::TargetWins)
        } else {
            let message = "status 200 is a rewrite, not a redirect, so these URLs pass through";
            let place = words.get(2).unwrap_or(to);
            let help = "serve these URLs from the app";
            loader.report_at(FindingCode::UnsupportedOutcome, place, message, help);
            Rule::pass(pattern.source())
        };
        rule.options.stands_with_patterns = pattern.is_static() && !is_static;
        loader.spot(|| Spot::new(&destination, to).status(words.get(2)));
        loader.rule_at(from, to, rule);
        Ok(())
    }

    /// Counts a rule, as long as the site takes any.
    fn count<'l>(&mut self, is_static: bool, from: &Place<'l>) -> Result<(), LeftOut<'l>> {
        if is_static {
            self.count_static += 1;
            if self.count_static == MOST_STATIC + 1 {
                return Err(from.wrong(
                    FindingCode::Limit,
                    "the file has more than 2,000 rules without placeholders, so this one and those \
                     after it are skipped",
                    "remove some, or move them to a file of bulk redirects",
));
            }
        } else {
            self.count_dynamic += 1;
            if self.count_dynamic > MOST_DYNAMIC {
                self.is_full = true;
                return Err(from.wrong(
                    FindingCode::Limit,
                    "the file has more than 100 rules from the first one with a placeholder on, so the \
                     rest is skipped",
                    "remove some, and move the rules without placeholders to the top",
));
            }
        }
        Ok(())
    }
}

/// The path that a source means, in the spelling of an address.
fn source_path<'l>(from: &Place<'l>, loader: &mut Loader) -> Result<String, LeftOut<'l>> {
    let text = from.text();
    if has_host(text) {
        let message = format!("the source {} has a host", quoted(text));
        let help = "write only the path, which matches on every host";
        return Err(from.wrong(FindingCode::InvalidSource, message, help));
    }
    let Path {
        path,
        query,
        fragment,
        resolved,
    } = Path::of(text);
    let mut warn =
        |message: &str, help: &str| loader.report_at(FindingCode::Misleading, from, message, help);
    let read_as = || format!("the source {} is read as {}", quoted(text), quoted(&path));
    if !text.starts_with('/') {
        let help = if text.contains("://") {
            "write only the path, which matches on every host"
        } else {
            "start it with `/`"
        };
        warn(&read_as(), help);
    }
    if !query.is_empty() || !fragment.is_empty() {
        let ignored = quoted(&format!("{query}{fragment}"));
        let message = format!("{ignored} is ignored, since only the path of a source is compared");
        warn(&message, "remove it");
    }
    if resolved {
        let help = format!("write {}, without `.` and `..`", quoted(&path));
        warn(&read_as(), &help);
    }
    Ok(path)
}

/// Where a rule leads, in the spelling of an address.
fn destination<'l>(to: &Place<'l>, loader: &mut Loader) -> Result<String, LeftOut<'l>> {
    let text = to.text();
    let (origin, rest) = if text.starts_with('/') {
        ("", text)
    } else if has_host(text) {
        let at = text
            .get(HTTPS.len()..)
            .and_then(|rest| rest.find(['/', '?', '#']));
        let end = at.map_or(text.len(), |at| at + HTTPS.len());
        text.split_at_checked(end).unwrap_or((text, ""))
    } else {
        let text = quoted(text);
        let (message, help) = if text.starts_with("`http://") {
            let message = format!("Cloudflare doesn't redirect to `http://` ({text})");
            (message, "write `https://`")
        } else {
            let message = format!("the destination {text} isn't a path or URL");
            (message, "start it with `/` or `https://`")
        };
        return Err(to.wrong(FindingCode::InvalidTarget, message, help));
    };
    let Path {
        path,
        query,
        fragment,
        resolved,
    } = Path::of(rest);
    if resolved {
        let read = quoted(&format!("{origin}{path}"));
        let message = format!("the destination {} is read as {read}", quoted(text));
        let help = format!("write {read}, without `.` and `..`");
        loader.report_at(FindingCode::Misleading, to, &message, &help);
    }
    // What leads to another host is left for the check of targets.
    let is_local = origin.is_empty() && !path.starts_with("//");
    let path = if is_local { path::merged(&path) } else { path };
    Ok(format!("{origin}{path}{query}{fragment}"))
}

const HTTPS: &str = "https://";

fn has_host(text: &str) -> bool {
    text.strip_prefix(HTTPS)
        .is_some_and(|rest| !rest.is_empty())
}

/// The status; nothing, where it is that of a page.
fn status<'l>(word: Option<&Place<'l>>) -> Result<Option<Status>, LeftOut<'l>> {
    let Some(word) = word else {
        return Ok(Some(Status::Found));
    };
    let code = word.text().parse::<u16>().unwrap_or_default();
    match Status::try_from(code) {
        Ok(status) => Ok(Some(status)),
        Err(_) if code == 200 => Ok(None),
        Err(_) => Err(word.wrong(
            FindingCode::InvalidStatus,
            format!("{} isn't a redirect status", quoted(word.text())),
            match word.text() {
                text if text.ends_with('!') => {
                    "remove the `!`, since rules come before pages on Cloudflare"
                }
                text if text.contains('=') => {
                    "remove it, since rules have no conditions on Cloudflare"
                }
                _ => STATUS_HELP,
            },
        )),
    }
}

/// Whether the site's handling of pages leads back to the source.
fn is_loop(source: &str, destination: &str) -> bool {
    let from_all = source.ends_with("/*") || source.ends_with('/');
    let to_index = destination.ends_with("/index") || destination.ends_with("/index.html");
    from_all && to_index && destination.starts_with('/')
}

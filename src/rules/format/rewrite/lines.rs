//! Formats with one rule a line.

use super::{Edit, New, ONE_STATUS, READ_OTHERWISE, Writer, Written, plain};
use crate::rules::{
    Format,
    format::{
        haproxy_map,
        loader::{Line, Place},
        native, netlify,
        placeholders::{Name, is_of_name},
    },
    syntax::{self, Placeholder, TemplatePart},
};

/// What `*` is called in a target.
const SPLAT: &str = "splat";

pub(in crate::rules::format) fn netlify(text: &str, writer: &mut Writer<'_>) {
    by_line(text, Format::Netlify, writer, |line, new| {
        let entry = netlify::entry(line).ok().flatten();
        let Some((entry, to)) = entry.and_then(|entry| Some((entry.clone(), entry.to?))) else {
            return Err(READ_OTHERWISE);
        };
        let query = entry.query.iter().filter_map(|pair| pair.value.as_deref());
        let names = names(std::iter::once(&*entry.from.text).chain(query));
        let mut edits = vec![Edit::new(
            to.place.bytes.clone(),
            with_colons(new.target, &names)?,
        )];
        let status = entry.status.map(|status| status.place);
        edits.extend(status_edit(new.status, status.as_ref(), &to.place));
        Ok(edits)
    });
}

pub(in crate::rules::format) fn cloudflare(text: &str, writer: &mut Writer<'_>) {
    by_line(text, Format::Cloudflare, writer, |line, new| {
        let mut words = line.words();
        let (Some(from), Some(to)) = (words.next(), words.next()) else {
            return Err(READ_OTHERWISE);
        };
        let names = names([from.text()]);
        let mut edits = vec![Edit::new(
            to.bytes.clone(),
            with_colons(new.target, &names)?,
        )];
        let status = words.next().filter(|word| !word.text().starts_with('#'));
        edits.extend(status_edit(new.status, status.as_ref(), &to));
        Ok(edits)
    });
}

pub(in crate::rules::format) fn native(text: &str, writer: &mut Writer<'_>) {
    by_line(text, Format::Native, writer, |line, new| {
        let [target, status] = native::target_and_status(line.text).ok_or(READ_OTHERWISE)?;
        let mut edits = vec![Edit::new(target, native::written_target(new.target))];
        edits.extend(new.status.map(|code| Edit::new(status, format!(" {code}"))));
        Ok(edits)
    });
}

pub(in crate::rules::format) fn haproxy_map(text: &str, writer: &mut Writer<'_>) {
    by_line(text, Format::HaproxyMap, writer, |line, new| {
        if new.status.is_some() {
            return Err(ONE_STATUS);
        }
        let (_, value) = haproxy_map::pair(line.text).ok_or(READ_OTHERWISE)?;
        Ok(vec![Edit::new(value, plain(new.target)?)])
    });
}

/// Takes every line for an entry.
fn by_line(
    text: &str,
    format: Format,
    writer: &mut Writer<'_>,
    write: impl Fn(Line<'_>, &New<'_>) -> Written,
) {
    let mut begin = 0;
    for (number, whole) in (1..).zip(text.split_inclusive('\n')) {
        let text = whole.strip_suffix('\n').unwrap_or(whole);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let line = Line::new(number, text);
        let alone = || format.parse_lossy(text).rules;
        writer.entry(number, alone, |new| {
            let mut edits = write(line, new)?;
            for edit in &mut edits {
                edit.bytes.start += begin;
                edit.bytes.end += begin;
            }
            Ok(edits)
        });
        begin += whole.len();
    }
}

/// The status in place of the one that is there, or behind the target.
fn status_edit(new: Option<u16>, old: Option<&Place<'_>>, target: &Place<'_>) -> Option<Edit> {
    let new = new?;
    let Some(old) = old else {
        return Some(Edit::insert(target.bytes.end, format!(" {new}")));
    };
    // `301!` keeps its mark.
    let behind = old.text().trim_start_matches(|c: char| c.is_ascii_digit());
    let end = old.bytes.end - behind.len();
    Some(Edit::new(old.bytes.start..end, new.to_string()))
}

/// The placeholders of a source.
pub(super) fn names<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<Name> {
    let mut names = vec![Name::new(SPLAT)];
    for text in texts {
        for behind in text.split(':').skip(1) {
            let end = behind.find(|c| !is_of_name(c) && c != '-');
            // Netlify has `-` in names, and Cloudflare has not.
            for end in [end, behind.find(|c| !is_of_name(c))] {
                let name = behind.get(..end.unwrap_or(behind.len()));
                names.extend(name.map(Name::new));
            }
        }
    }
    names
}

/// A target with `:name` in place of `{name}`.
pub(super) fn with_colons(target: &str, names: &[Name]) -> Result<String, &'static str> {
    let template = syntax::template(target).map_err(|_| READ_OTHERWISE)?;
    template
        .parts
        .into_iter()
        .map(|part| match part {
            TemplatePart::Literal(text) => Ok(text.text),
            TemplatePart::Placeholder(Placeholder { name: native, .. }) => names
                .iter()
                .find(|name| name.native == native.text)
                .map(|name| format!(":{}", name.written))
                .ok_or(READ_OTHERWISE),
        })
        .collect()
}

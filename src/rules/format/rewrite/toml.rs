//! Netlify's redirects in a `netlify.toml`.

use std::ops::Range;

use toml::de::DeTable;

use super::{
    Edit, New, READ_OTHERWISE, Writer, Written,
    lines::{names, with_colons},
};
use crate::rules::{
    Precedence,
    format::{
        document::Document,
        loader::Loader,
        netlify::{Headers, entry::Entry},
        netlify_toml,
    },
};

pub(in crate::rules::format) fn write(text: &str, writer: &mut Writer<'_>) {
    let mut document = Document::new(text, Precedence::FirstMatch);
    let Ok(table) = DeTable::parse(text) else {
        return;
    };
    let redirects = table.get_ref().get("redirects");
    let list = redirects.and_then(|redirects| redirects.get_ref().as_array());
    for one in list.into_iter().flat_map(|list| list.iter()) {
        let span = one.span();
        let Some(table) = one.get_ref().as_table() else {
            continue;
        };
        let Ok(entry) = netlify_toml::entry(table, &span, &mut document) else {
            continue;
        };
        let alone = || {
            let mut loader = Loader::new(Precedence::FirstMatch);
            entry.add(&Headers::default(), &mut loader);
            loader.finish(|| Ok(text.as_bytes())).rules
        };
        let is_inline = text.get(span).is_some_and(|table| table.starts_with('{'));
        writer.entry(entry.from.place.line.number, alone, |new| {
            redirect(table, is_inline, &entry, new)
        });
    }
}

fn redirect(table: &DeTable<'_>, is_inline: bool, entry: &Entry<'_>, new: &New<'_>) -> Written {
    let span = |name: &str| -> Option<Range<usize>> { Some(table.get(name)?.span()) };
    let query = entry.query.iter().filter_map(|pair| pair.value.as_deref());
    let names = names(std::iter::once(&*entry.from.text).chain(query));
    let to = span("to").or_else(|| span("destination"));
    let to = to.ok_or(READ_OTHERWISE)?;
    let behind = to.end;
    let target = with_colons(new.target, &names)?;
    let target = target.replace('\\', "\\\\").replace('"', "\\\"");
    let mut edits = vec![Edit::new(to, format!("\"{target}\""))];
    if let Some(status) = new.status {
        edits.push(match (span("status"), is_inline) {
            (Some(old), _) => Edit::new(old, status.to_string()),
            (None, true) => Edit::insert(behind, format!(", status = {status}")),
            (None, false) => Edit::insert(behind, format!("\nstatus = {status}")),
        });
    }
    Ok(edits)
}

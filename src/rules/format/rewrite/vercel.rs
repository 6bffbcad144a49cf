//! The redirects of Vercel and Next.js.

use super::{Edit, New, READ_OTHERWISE, Writer, Written};
use crate::rules::{
    Format, Precedence,
    format::{
        document::Document,
        json::{Object, Value},
        vercel::print,
    },
    syntax,
};

/// The statuses that `permanent` stands for.
const PERMANENT: u16 = 308;
const TEMPORARY: u16 = 307;

pub(in crate::rules::format) fn write(text: &str, writer: &mut Writer<'_>, format: Format) {
    let Ok(value) = Value::parse(text, 0) else {
        return;
    };
    let list = match value.object() {
        Some(object) => object.get("redirects").and_then(Value::list),
        None => value.list(),
    };
    let mut document = Document::new(text, Precedence::default());
    for entry in list.unwrap_or_default() {
        let bytes = entry.bytes();
        let line = document.line_number(bytes.start);
        let alone = || {
            let alone = format!("[{}]", text.get(bytes).unwrap_or_default());
            format.parse_lossy(&alone).rules
        };
        writer.entry(line, alone, |new| {
            object(&entry.object().ok_or(READ_OTHERWISE)?, new)
        });
    }
}

fn object(object: &Object<'_>, new: &New<'_>) -> Written {
    let destination = object.get("destination").ok_or(READ_OTHERWISE)?.bytes();
    let template = syntax::template(new.target).map_err(|_| READ_OTHERWISE)?;
    let target = print::text(&print::target(&template, str::to_owned));
    let mut edits = vec![Edit::new(destination.clone(), target)];
    if let Some(status) = new.status {
        edits.push(match (object.get("statusCode"), object.get("permanent")) {
            (Some(old), _) => Edit::new(old.bytes(), status.to_string()),
            (None, Some(old)) if matches!(status, PERMANENT | TEMPORARY) => {
                Edit::new(old.bytes(), (status == PERMANENT).to_string())
            }
            (None, Some(_)) => return Err("`permanent` can't express the new status"),
            (None, None) => Edit::insert(destination.end, format!(", \"statusCode\": {status}")),
        });
    }
    Ok(edits)
}

//! Vercel's bulk redirects as a JSON list, or with one object a line.

use super::{Edit, New, READ_OTHERWISE, Writer, Written, plain};
use crate::rules::{
    Format, Precedence,
    format::{document::Document, json::Value},
};

pub(in crate::rules::format) fn write(text: &str, writer: &mut Writer<'_>) {
    let mut document = Document::new(text, Precedence::default());
    let mut entry = |value: Value<'_>| {
        let bytes = value.bytes();
        let line = document.line_number(bytes.start);
        let alone = || {
            let alone = format!("[{}]", text.get(bytes).unwrap_or_default());
            Format::VercelBulk.parse_lossy(&alone).rules
        };
        writer.entry(line, alone, |new| object(value, new));
    };
    if text.trim_start().starts_with('[') {
        let list = Value::parse(text, 0).ok().and_then(|value| value.list());
        list.unwrap_or_default().into_iter().for_each(entry);
        return;
    }
    let mut begin = 0;
    for line in text.split_inclusive('\n') {
        if let Ok(value) = Value::parse(line.trim_end(), begin) {
            entry(value);
        }
        begin += line.len();
    }
}

fn object(value: Value<'_>, new: &New<'_>) -> Written {
    let object = value.object().ok_or(READ_OTHERWISE)?;
    let destination = object.get("destination").ok_or(READ_OTHERWISE)?.bytes();
    let target = serde_json::to_string(plain(new.target)?).map_err(|_| READ_OTHERWISE)?;
    let behind = destination.end;
    let mut edits = vec![Edit::new(destination, target)];
    if let Some(status) = new.status {
        edits.push(match object.get("statusCode") {
            Some(old) => Edit::new(old.bytes(), status.to_string()),
            None => Edit::insert(behind, format!(", \"statusCode\": {status}")),
        });
    }
    let query = object.get("query").filter(|_| !new.keeps_query);
    if let Some(query) = query.filter(|query| query.bool() == Some(true)) {
        edits.push(Edit::new(query.bytes(), "false"));
    }
    Ok(edits)
}

//! The bulk redirects of a JSON list, and of a file with one object a line.

use std::ops::Range;

use super::{Entry, Field, MOST, add, too_many, unknown};
use crate::{
    rules::{
        FindingCode,
        format::{
            document::{Document, Places},
            json::{self, NoJson, Object, Value},
            messages::quoted,
            spots::Spot,
        },
    },
    status::Status,
};

/// What keeps an object from being an entry.
type Wrong = (FindingCode, Range<usize>, String, &'static str);

pub(super) fn read(document: &mut Document<'_>) {
    let text = document.text;
    if text.trim_start().starts_with('[') {
        list(document, text);
    } else {
        lines(document, text);
    }
}

fn list(document: &mut Document<'_>, text: &str) {
    let entries = match Value::parse(text, 0) {
        Ok(value) => value.list().unwrap_or_default(),
        Err(error) => return no_json(document, &error),
    };
    for (at, value) in entries.into_iter().enumerate() {
        if at >= MOST {
            return too_many(document, &value.bytes());
        }
        entry(document, value);
    }
}

fn lines(document: &mut Document<'_>, text: &str) {
    // One object on several lines.
    if let Ok(value) = Value::parse(text, 0) {
        return entry(document, value);
    }
    let mut at = 0;
    let mut count = 0;
    for line in text.split_inclusive('\n') {
        let begin = at;
        at += line.len();
        if line.trim().is_empty() {
            continue;
        }
        count += 1;
        if count > MOST {
            return too_many(document, &(begin..at));
        }
        match Value::parse(line.trim_end(), begin) {
            Ok(value) => entry(document, value),
            Err(error) => {
                document.begin_entry();
                no_json(document, &error);
            }
        }
    }
}

fn no_json(document: &mut Document<'_>, error: &NoJson) {
    let bytes = error.at..error.at + 1;
    let help = "fix the syntax, and write one list in `[ … ]` or one object on each line";
    document.report(FindingCode::Syntax, &bytes, &error.message, help);
}

fn entry(document: &mut Document<'_>, value: Value<'_>) {
    document.begin_entry();
    let Some(object) = value.object() else {
        let message = "a redirect must be an object";
        let help = "write it as `{ \"source\": …, \"destination\": … }`";
        document.report(FindingCode::InvalidEntry, &value.bytes(), message, help);
        return;
    };
    if let Some(list) = object.get("redirects") {
        let key = json::key(document.text, "redirects", list);
        let message = "this is a `vercel.json`, not a file of bulk redirects";
        let help = "load it in the format `vercel`, or write only the list";
        document.report(FindingCode::InvalidEntry, &key, message, help);
        return;
    }
    for (name, value) in &object {
        if Field::of(name).is_none() {
            let key = json::key(document.text, name, value);
            unknown(document, "key", &key, name);
        }
    }
    if let Err((code, bytes, message, help)) = rule(document, value, &object) {
        document.report(code, &bytes, &message, help);
    }
}

fn rule(document: &mut Document<'_>, value: Value<'_>, object: &Object<'_>) -> Result<(), Wrong> {
    let text = |name| {
        let Some(text) = object.get(name) else {
            return Err((
                FindingCode::InvalidEntry,
                json::first_key(document.text, object, &value),
                format!("this redirect has no `{name}`"),
                "write both `source` and `destination`",
            ));
        };
        let string = text.string().ok_or_else(|| {
            let message = format!("`{name}` must be text");
            (
                FindingCode::InvalidEntry,
                text.bytes(),
                message,
                "write it in quotes",
            )
        })?;
        Ok((string, text.inside()))
    };
    let is_true = |name| match object.get(name) {
        None => Ok(false),
        Some(value) => value.bool().ok_or_else(|| {
            let message = format!("`{name}` must be true or false");
            (
                FindingCode::InvalidEntry,
                value.bytes(),
                message,
                "write `true` or `false` without quotes",
            )
        }),
    };
    let (source, source_at) = text("source")?;
    let (destination, target) = text("destination")?;
    let status = match object.get("statusCode") {
        None => None,
        Some(code) => match code.integer().map(Status::try_from) {
            Some(Ok(status)) => Some(status),
            _ => {
                let written = quoted(document.text.get(code.bytes()).unwrap_or_default());
                let message = format!("{written} isn't a redirect status");
                return Err((
                    FindingCode::InvalidStatus,
                    code.bytes(),
                    message,
                    "use 301, 302, 303, 307 or 308 without quotes",
                ));
            }
        },
    };
    let entry = Entry {
        source: &source,
        destination: &destination,
        status,
        permanent: is_true("permanent")?,
        case_sensitive: is_true("sensitive")? || is_true("caseSensitive")?,
        query: is_true("query")?,
    };
    let places = Places {
        entry: value.bytes(),
        host: source_at.clone(),
        source: source_at,
        target,
        conditions: value.bytes(),
    };
    document.spot(|| {
        let of = |name: &str| object.get(name).map(Value::bytes);
        let spot = Spot::new(&destination, places.target.clone());
        spot.status(of("statusCode")).query(of("query"))
    });
    add(document, &places, &entry);
    Ok(())
}

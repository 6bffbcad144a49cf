//! The keys of a redirect, and what their values must be.

use super::{
    KEYS, LONGEST, VercelFormat,
    entry::{Entry, Text},
};
use crate::{
    rules::{
        FindingCode,
        format::{
            json::{self, Object, Value},
            messages::{STATUS_HELP, quoted, unknown_key_help},
        },
    },
    status::Status,
};

impl<'t> Entry<'_, 't> {
    pub(super) fn check_keys(&mut self, object: &Object<'t>) -> Option<()> {
        for (name, value) in object {
            match (&**name, self.format) {
                ("source" | "destination" | "permanent" | "statusCode" | "has" | "missing", _)
                | ("env", VercelFormat::Vercel) => {}
                ("basePath" | "locale", VercelFormat::Next) => {
                    self.document.report(
                        FindingCode::UnknownKey,
                        &json::key(self.document.text, name, value),
                        &format!("`{name}` is ignored, since paths are used as written"),
                        "remove it, and write whole paths in `source` and `destination`",
                    );
                }
                _ => self.unknown_key(name, *value)?,
            }
        }
        Some(())
    }

    /// A text that has to be there.
    pub(super) fn text(
        &mut self,
        entry: Value<'t>,
        object: &Object<'t>,
        key: &str,
    ) -> Option<Text<'t>> {
        let Some(value) = object.get(key).copied() else {
            let message = format!("this redirect has no `{key}`");
            let help = format!("add `\"{key}\": \"…\"`");
            let first = json::first_key(self.document.text, object, &entry);
            return self.error(FindingCode::InvalidEntry, first, &message, &help);
        };
        let Some(text) = value.string() else {
            let message = format!("`{key}` must be text");
            return self.error(
                FindingCode::InvalidEntry,
                value.bytes(),
                &message,
                "write it in quotes",
            );
        };
        if text.chars().nth(LONGEST).is_some() {
            let message = format!("`{key}` has more than 4,096 characters");
            return self.error(FindingCode::Limit, value.inside(), &message, "shorten it");
        }
        Some(Text { value, text })
    }

    /// The status of a redirect, or one that is none.
    pub(super) fn status(&mut self, entry: Value<'t>, object: &Object<'t>) -> Option<u16> {
        let permanent = match object.get("permanent") {
            None => None,
            Some(value) => match value.bool() {
                Some(true) => Some(308),
                Some(false) => Some(307),
                None => {
                    let message = "`permanent` must be true or false";
                    let help = "write `true` or `false` without quotes";
                    return self.error(FindingCode::InvalidEntry, value.bytes(), message, help);
                }
            },
        };
        let Some(code) = object.get("statusCode") else {
            if permanent.is_none() && self.format == VercelFormat::Next {
                let first = json::first_key(self.document.text, object, &entry);
                let message = "this redirect has neither `permanent` nor `statusCode`";
                let help = "add one of them, for example `\"permanent\": true`";
                return self.error(FindingCode::InvalidEntry, first, message, help);
            }
            return Some(permanent.unwrap_or(308));
        };
        if permanent.is_some() {
            let message = "this redirect has both `permanent` and `statusCode`";
            return self.error(
                FindingCode::InvalidEntry,
                code.bytes(),
                message,
                "remove one of them",
            );
        }
        let allowed = |code: &u16| match self.format {
            VercelFormat::Vercel => (100..=999).contains(code),
            VercelFormat::Next => Status::try_from(*code).is_ok(),
        };
        match code.integer() {
            Some(number) if allowed(&number) => Some(number),
            number => {
                let help = match number {
                    Some(_) => STATUS_HELP,
                    None => "use 301, 302, 303, 307 or 308 without quotes",
                };
                let message = self.no_status(*code);
                self.error(FindingCode::InvalidStatus, code.bytes(), &message, help)
            }
        }
    }

    pub(super) fn no_status(&self, code: Value<'t>) -> String {
        let written = self.document.text.get(code.bytes()).unwrap_or_default();
        format!("{} isn't a redirect status", quoted(written))
    }

    pub(super) fn unknown_key(&mut self, name: &str, value: Value<'_>) -> Option<()> {
        let key = json::key(self.document.text, name, &value);
        let message = format!("unknown key {}", quoted(name));
        self.error(
            FindingCode::InvalidEntry,
            key,
            &message,
            &unknown_key_help(name, &KEYS),
        )
    }
}

//! The rules that were published, and the last good ones, which are active.

use std::hash::Hash;

use tower_redirect::{
    live::ReloadHandle,
    rules::{Format, Rules, Severity, Summary},
};

use crate::copy::SavedCopy;

/// The maximum length of a version.
pub(crate) const MAX_VERSION_LEN: usize = 64;
/// The maximum length of the rules.
pub(crate) const MAX_RULES_LEN: usize = 64 << 20;

/// The fields of the hash in Redis.
#[derive(Debug, Hash)]
pub(crate) struct Published {
    pub(crate) version: Field,
    pub(crate) rules: Field,
}

/// The value of a field.
#[derive(Debug, Hash)]
pub(crate) enum Field {
    Absent,
    /// It has this many bytes, so it wasn't read.
    TooLong(usize),
    Bytes(Vec<u8>),
}

impl Field {
    /// Checks the length again, because the field may have grown since it was measured.
    pub(crate) fn new(bytes: Option<Vec<u8>>, max_len: usize) -> Self {
        match bytes {
            None => Self::Absent,
            Some(bytes) if bytes.len() > max_len => Self::TooLong(bytes.len()),
            Some(bytes) => Self::Bytes(bytes),
        }
    }

    /// Returns the bytes, or why there are none.
    fn bytes(&self, name: &str, max_len: usize) -> Result<&[u8], Rejected> {
        let reason = match self {
            Self::Bytes(bytes) => return Ok(bytes),
            Self::Absent => {
                "the key or one of its fields doesn't exist; publish `version` and `rules`"
                    .to_owned()
            }
            Self::TooLong(length) => {
                format!("`{name}` has {length} bytes; publish at most {max_len}")
            }
        };
        Err(Rejected(reason))
    }

    /// Returns the bytes as text for a message.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Absent | Self::TooLong(_) => String::new(),
        }
    }
}

/// Escapes untrusted text for terminals and logs.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '"' | '\'' | '\\' => escaped.push(c),
            _ => escaped.extend(c.escape_debug()),
        }
    }
    escaped
}

/// Why rules are rejected.
#[derive(Debug)]
pub(crate) struct Rejected(pub(crate) String);

/// The active rules: the last good ones, even if bad ones were published later.
pub(crate) struct LastGood {
    format: Format,
    handle: ReloadHandle<Rules>,
    copy: Option<SavedCopy>,
}

impl LastGood {
    pub(crate) fn new(
        format: Format,
        handle: ReloadHandle<Rules>,
        copy: Option<SavedCopy>,
    ) -> Self {
        Self {
            format,
            handle,
            copy,
        }
    }

    /// Activates the rules of the copy, if there is one.
    pub(crate) fn load_copy(&self) -> Result<(), Rejected> {
        let Some(copy) = &self.copy else {
            return Ok(());
        };
        let name = copy.path().to_string_lossy();
        match copy.read() {
            Ok(Some(rules)) => self.activate(&name, &rules),
            Ok(None) => Ok(()),
            Err(reason) => Err(Rejected(format!("{name}: {reason}"))),
        }
    }

    /// Activates and saves the published rules, if they are good.
    pub(crate) fn update(&self, published: &Published) -> Result<(), Rejected> {
        published.version.bytes("version", MAX_VERSION_LEN)?;
        let rules = published.rules.bytes("rules", MAX_RULES_LEN)?;
        let version = published.version.text().escape_debug().to_string();
        self.activate(&version, rules)?;
        self.save_copy(rules);
        Ok(())
    }

    /// The number of active rules, and of skipped lines.
    pub(crate) fn summary(&self) -> Summary {
        self.handle.current().summary()
    }

    fn activate(&self, name: &str, rules: &[u8]) -> Result<(), Rejected> {
        let compiled = compile(self.format, name, rules);
        self.handle.try_update(|_| compiled).map_err(Rejected)
    }

    fn save_copy(&self, rules: &[u8]) {
        let Some(copy) = &self.copy else { return };
        if let Err(error) = copy.write(rules) {
            eprintln!(
                "{}: {error}; the copy has older rules",
                copy.path().display()
            );
        }
    }
}

/// Compiles the rules, or returns all that is wrong with them.
fn compile(format: Format, name: &str, rules: &[u8]) -> Result<Rules, String> {
    if rules.trim_ascii().is_empty() {
        return Err(format!(
            "{name}: the rules are empty; to remove all redirects, publish a comment"
        ));
    }
    let rules = format
        .read_lossy(rules)
        .into_result()
        .map_err(|findings| findings.in_file(name).to_string())?;
    let report = rules.check();
    let mut findings = report.iter();
    if findings.any(|finding| finding.severity() == Severity::Error) {
        return Err(format!("{name}: {report}"));
    }
    Ok(rules)
}
